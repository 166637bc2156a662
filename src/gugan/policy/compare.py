"""What differs between two packs or two days, rule by rule and cell by cell, in words; what moves money comes first."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from gugan.policy import grammar, nodes
from gugan.policy.bound import Bound
from gugan.policy.catalogue import MONEY
from gugan.policy.errors import PolicyErrors
from gugan.policy.explain import formula_of
from gugan.policy.numbers import read_number
from gugan.policy.pack import Basis, Block, Document, Pack, PackTable, Rule, RuleRow, TableBlock

Part = tuple[str, str, str]
"""What is different (part), what it was, what it is now; "" where it is not there."""
_FORMAL = ("依据", "原文", "参照")


@dataclass(frozen=True)
class Difference:
    """One thing that differs. kind: 规则, 表 or 文件; part: what of it ("" the formula, or all of it), what it said
    before and says now ("" where it is not there), since: from when it says so; money: whether the payslip depends on it."""

    kind: str
    name: str
    before: str
    after: str
    part: str = ""
    since: date | None = None
    money: bool = False

    def __str__(self) -> str:
        of = f"{self.kind}“{self.name}”" + (f"的{self.part}" if self.part else "")
        since = f"（自 {self.since}）" if self.since else ""
        if not self.before:
            return f"{of}新增：{self.after}{since}"
        if not self.after:
            return f"{of}取消，原为：{self.before}"
        return f"{of}由 {self.before} 改为 {self.after}{since}"


def compare(a: Pack, b: Pack, *, on_a: date, on_b: date) -> list[Difference]:
    """Return the differences from pack a on day on_a to pack b on day on_b: first what the payslip depends on, then the
    other rules and tables, then where only the basis differs, then documents; each by name."""
    money = _money(a, on_a) | _money(b, on_b)
    found: list[Difference] = []
    for name in sorted(a.rules.keys() | b.rules.keys()):
        old, new = _rule(a, name, on_a), _rule(b, name, on_b)
        since = new[1].since if new else None
        for part, before, after in _rule_parts(old, new):
            found.append(Difference("规则", name, before, after, part, _since(part, since), ("规则", name) in money))
    for name in sorted(a.tables.keys() | b.tables.keys()):
        old_table, new_table = _table(a, name, on_a), _table(b, name, on_b)
        since = new_table[1].since if new_table else None
        for part, before, after in _table_parts(old_table, new_table):
            found.append(Difference("表", name, before, after, part, _since(part, since), ("表", name) in money))
    for name in sorted(a.documents.keys() & b.documents.keys()):
        for part, before, after in _document_parts(a.documents[name], b.documents[name]):
            found.append(Difference("文件", name, before, after, part))
    return sorted(found, key=_rank)


def _since(part: str, since: date | None) -> date | None:
    """Return from when a difference is so; a day that differs says it itself."""
    return None if part in ("起始日", "止") else since


def _rank(one: Difference) -> tuple:
    formal = one.part.rpartition("的")[2] in _FORMAL
    return (one.kind == "文件", formal, not one.money, one.name)


def _money(pack: Pack, on: date) -> set[tuple[str, str]]:
    """Return the rules and tables that the payslip depends on; all rules in 元 where there is none or it cannot be read."""
    slip = [name for name in pack.slip.places if name in pack.rules]
    try:
        bound = Bound(pack, on)
        rules = bound.behind(slip).rules
        tables = {
            part.table
            for name in rules
            for part in nodes.parts(bound.rule(name).node)
            if isinstance(part, nodes.Lookup | nodes.Bracket)
        }
        if rules:
            return {*(("规则", name) for name in rules), *(("表", name) for name in tables)}
    except (PolicyErrors, RecursionError):
        pass
    return {("规则", name) for name, rule in pack.rules.items() if rule.unit == MONEY}


# ── rules ──


def _rule(pack: Pack, name: str, on: date) -> tuple[Rule, Block] | None:
    rule = pack.rules.get(name)
    block = rule.block(on) if rule else None
    return (rule, block) if rule and block else None


def _rule_parts(old: tuple[Rule, Block] | None, new: tuple[Rule, Block] | None) -> Iterator[Part]:
    if old is None or new is None:
        before, after = (_whole(*side) if side else "" for side in (old, new))
        if before or after:
            yield "", before, after
        return
    (rule_a, a), (rule_b, b) = old, new
    said = list(_block_parts(a, b))
    yield from said
    if a is not b and not said and a.since != b.since:
        yield "起始日", str(a.since), str(b.since)
    pairs = (
        ("单位", rule_a.unit, rule_b.unit),
        ("取整", a.rounding or "不取整", b.rounding or "不取整"),
        ("算法", f"按{rule_a.per}", f"按{rule_b.per}"),
        ("止", _end(rule_a.until), _end(rule_b.until)),
        ("补发", "可补" if rule_a.arrears else "不补", "可补" if rule_b.arrears else "不补"),
    )
    yield from ((part, before, after) for part, before, after in pairs if before != after)
    yield from _basis_parts(a.basis or rule_a.basis, b.basis or rule_b.basis)


def _whole(rule: Rule, block: Block) -> str:
    return formula_of(block) + (f"，{block.rounding}" if block.rounding else "")


def _end(until: date | None) -> str:
    return str(until) if until else "没有止"


def _block_parts(a: Block, b: Block) -> Iterator[Part]:
    """Yield how the formula differs: as a whole where the form is another, else piece by piece."""
    if a.form != b.form or _label_twice(a) or _label_twice(b):
        if _formula(formula_of(a)) != _formula(formula_of(b)):
            yield "", formula_of(a), formula_of(b)
        return
    if _formula(a.general) != _formula(b.general):
        yield "", _on_one_line(a.general), _on_one_line(b.general)
    rows_a, rows_b = ({_label(row): row for row in block.rows} for block in (a, b))
    word = "例外" if a.form == "算式" else "一行"
    for label in dict.fromkeys((*rows_a, *rows_b)):
        yield from _row_parts(f"{word}“{label}”", rows_a.get(label), rows_b.get(label))
    kept_a, kept_b = ([label for label in one if label in other] for one, other in ((rows_a, rows_b), (rows_b, rows_a)))
    if a.form == "首个" and kept_a != kept_b:
        yield "行的先后", "、".join(kept_a), "、".join(kept_b)
    if _formula(a.cap) != _formula(b.cap):
        yield "封顶", str(a.cap or ""), str(b.cap or "")


def _label(row: RuleRow) -> str:
    return str(row.at) or _on_one_line(row.when) or "其余"


def _label_twice(block: Block) -> bool:
    return len({_label(row) for row in block.rows}) != len(block.rows)


def _row_parts(name: str, a: RuleRow | None, b: RuleRow | None) -> Iterator[Part]:
    if a is None or b is None:
        yield name, _row_said(a), _row_said(b)
        return
    if _formula(a.when) != _formula(b.when):
        yield f"{name}的当", str(a.when or "任何情况"), str(b.when or "任何情况")
    if _formula(a.get) != _formula(b.get):
        yield f"{name}的得", str(a.get or ""), str(b.get or "")
    for part, before, after in _basis_parts(a.basis, b.basis):
        yield f"{name}的{part}", before, after


def _row_said(row: RuleRow | None) -> str:
    if row is None:
        return ""
    when = f"当 {row.when}" if row.when else "其余"
    return f"{when} 得 {row.get}" if row.get else when


def _on_one_line(text: str | None) -> str:
    return " ".join(str(text or "").split())


def _formula(text: str | None) -> str:
    """Return a formula so that two ways to write the same are equal: spaces and full-width signs do not count."""
    return "".join(grammar.normalise(str(text or "")).split())


# ── tables ──


def _table(pack: Pack, name: str, on: date) -> tuple[PackTable, TableBlock] | None:
    table = pack.tables.get(name)
    block = table.block(on) if table else None
    return (table, block) if table and block else None


def _table_parts(old: tuple[PackTable, TableBlock] | None, new: tuple[PackTable, TableBlock] | None) -> Iterator[Part]:
    if old is None or new is None:
        before, after = (_cells(side[1]) if side else "" for side in (old, new))
        if before or after:
            yield "", before, after
        return
    (table_a, a), (table_b, b) = old, new
    shapes = [(table.mode, table.keys, tuple(table.columns)) for table in (table_a, table_b)]
    if shapes[0] != shapes[1]:
        yield "", _cells(a), _cells(b)
    else:
        said = list(_cell_parts(a, b))
        yield from said
        if a is not b and not said and a.since != b.since:
            yield "起始日", str(a.since), str(b.since)
    if table_a.columns != table_b.columns:
        yield "单位", "、".join(table_a.columns.values()), "、".join(table_b.columns.values())
    if table_a.until != table_b.until:
        yield "止", _end(table_a.until), _end(table_b.until)
    yield from _basis_parts(a.basis or table_a.basis, b.basis or table_b.basis)


def _cells(block: TableBlock) -> str:
    return "；".join(f"{'、'.join(keys)} {'／'.join(cells.values())}" for keys, cells in block.cells.items())


def _cell_parts(a: TableBlock, b: TableBlock) -> Iterator[Part]:
    rows_a, rows_b = ({tuple(map(_cell, keys)): (keys, row) for keys, row in block.cells.items()} for block in (a, b))
    for key in dict.fromkeys((*rows_a, *rows_b)):
        old, new = rows_a.get(key), rows_b.get(key)
        row = "、".join((old or new or ((), {}))[0])
        if old is None or new is None:
            yield f"“{row}”一行", "／".join(old[1].values() if old else ()), "／".join(new[1].values() if new else ())
            continue
        for column in dict.fromkeys((*old[1], *new[1])):
            before, after = old[1].get(column, ""), new[1].get(column, "")
            if _cell(before) != _cell(after):
                yield f"“{row}{'，' + column if column else ''}”", str(before), str(after)


def _cell(text: str) -> object:
    """Return a cell so that 1.2 and 1.20 are equal."""
    number = read_number(text)
    return str(text) if number is None or "%" in text else number


# ── what stands behind ──


def _basis_parts(a: Basis | None, b: Basis | None) -> Iterator[Part]:
    old, new = _basis(a), _basis(b)
    yield from ((part, old[part], new[part]) for part in _FORMAL if old[part] != new[part])


def _basis(basis: Basis | None) -> Mapping[str, str]:
    if basis is None:
        return {"依据": "没有", "原文": "", "参照": ""}
    cited = f"《{basis.document.title}》{basis.clause}" if basis.clause else f"《{basis.document.title}》"
    return {"依据": cited, "原文": basis.words, "参照": basis.modelled_on}


def _document_parts(a: Document, b: Document) -> Iterator[Part]:
    pairs = (("名称", a.title, b.title), ("文号", a.number, b.number), ("性质", a.nature, b.nature))
    yield from ((part, before, after) for part, before, after in pairs if before != after)
