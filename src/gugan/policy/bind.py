"""Names and types: the written tree of every rule in force on a day becomes a typed core tree, with all errors at once."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction
from functools import cached_property

from gugan.policy import grammar, nodes
from gugan.policy.catalogue import CodeTable
from gugan.policy.errors import PolicyErrors, Problem, fail, hint, problem
from gugan.policy.nodes import BOOL, DATE, NUMBER, Core, Row, Type, Written
from gugan.policy.pack import ROUNDINGS, Basis, Block, Pack, PackTable, Rule, RuleRow, TableBlock
from gugan.policy.source import Text
from gugan.policy.vocabulary import BUILTINS, PER_SEGMENT, WORDS

MONEY = "元"
ERROR = Type("?")
_CODE_COLUMN = {"代码": "代码", "机构": "文", "文": "文", "日期": "日期", "月份": "文", "年": "数", "是否": "是否", "数": "数", "逐年": "逐年"}


@dataclass(frozen=True)
class BoundRule:
    """A rule on a day: the block in force and its core tree (None: the rule is for a nearer pack, or had errors)."""

    rule: Rule
    block: Block | None
    node: Core | None
    type: Type


@dataclass(frozen=True)
class Cell:
    """A table cell on a day: exact number, label or date, or None for 缺."""

    value: Fraction | str | date | None


class Bound:
    """A pack read on one day. `rules` are bound on demand; `problems` gathers what was wrong with those asked for."""

    def __init__(self, pack: Pack, on: date):
        self.pack, self.on = pack, on
        self.problems: list[Problem] = []
        self._rules: dict[str, BoundRule] = {}
        self._under_way: list[str] = []
        self._tables: dict[str, BoundTable] = {}

    def rule(self, name: str) -> BoundRule:
        """Return a bound rule; a cycle is a problem and ends the rule."""
        if name in self._rules:
            return self._rules[name]
        rule = self.pack.rules[name]
        if name in self._under_way:
            path = " → ".join([*self._under_way[self._under_way.index(name) :], name])
            raise fail("G107", rule.at, path=path)
        self._under_way.append(name)
        try:
            bound = self._bind(rule)
        except PolicyErrors as errors:
            self.problems += errors.problems
            bound = BoundRule(rule, None, None, ERROR)
        finally:
            self._under_way.pop()
        self._rules[name] = bound
        return bound

    def table(self, name: str) -> BoundTable:
        """Return a table with its cells of the day."""
        if name not in self._tables:
            self._tables[name] = BoundTable(self, self.pack.tables[name])
        return self._tables[name]

    def raise_problems(self) -> None:
        """Raise PolicyErrors if anything bound so far was wrong."""
        if self.problems:
            raise PolicyErrors(self.problems)

    # ── one rule ──

    def _bind(self, rule: Rule) -> BoundRule:
        declared = self.declared(rule)
        if rule.local:
            return BoundRule(rule, None, None, declared)
        block = rule.block(self.on)
        if block is None:
            if rule.until and self.on > rule.until:
                raise fail("G302", rule.at, name=rule.name, until=rule.until, on=self.on)
            first = min((b.since for b in rule.blocks), default="—")
            raise fail("G301", rule.at, name=rule.name, on=self.on, first=first)
        node = _Binder(self, rule).form(block, declared)
        if rule.rounding:
            per, mode = ROUNDINGS[rule.rounding]
            node = nodes.Round(node.at, replace(node.type, literal=False), node, per, mode, rule.rounding)
        found = self.agree(rule, node, declared)
        return BoundRule(rule, block, node, found)

    def declared(self, rule: Rule) -> Type:
        """Return the type that 单位 declares; no 单位 means "whatever the expression is"."""
        unit = rule.unit
        if unit in ("", "是否"):
            return BOOL if unit == "是否" else ERROR
        if unit == "日期":
            return DATE
        if unit in self.pack.catalogue.tables:
            return Type("代码", table=self.pack.catalogue.tables[unit])
        if unit.startswith("逐年"):
            return Type("逐年", table=self.pack.catalogue.tables.get(unit.removeprefix("逐年").strip("：: ")))
        return Type("数", "" if unit in ("数", "%", "比例") else unit)

    def agree(self, rule: Rule, node: Core, declared: Type) -> Type:
        if declared.kind == ERROR.kind or node.type.kind == ERROR.kind:
            return node.type
        found = node.type
        if found.kind == "数" and found.literal:
            found = declared if declared.kind == "数" else found
        if (found.kind, found.unit) != (declared.kind, declared.unit):
            raise fail("G209", rule.at, name=rule.name, declared=declared, got=found)
        return declared


class BoundTable:
    """A table's cells on a day. `cells`: {key tuple → {column → Cell}}; keys are labels or Fractions; 其余 is `rest`."""

    def __init__(self, bound: Bound, table: PackTable):
        self.table, self.bound = table, bound
        block = table.block(bound.on)
        if block is None:
            first = min((b.since for b in table.blocks), default="—")
            raise fail("G301", table.at, name=table.name, on=bound.on, first=first)
        self.block: TableBlock = block
        self.key_types = tuple(self._key_type(key) for key in table.keys) or (Type("数", table.threshold_unit),)
        self.cells: dict[tuple, dict[str, Cell]] = {}
        self.rest: dict[str, Cell] | None = None
        for texts, row in block.cells.items():
            cells = {column: self._cell(text, table.columns.get(column, "")) for column, text in row.items()}
            if texts == ("其余",):
                self.rest = cells
                continue
            if len(texts) != len(self.key_types):
                raise fail("G008", texts[0], want=f"{len(self.key_types)} 个键", got="、".join(texts))
            self.cells[tuple(self._key(t, k) for t, k in zip(texts, self.key_types, strict=True))] = cells
        if table.mode:
            self._ascending()

    def _key_type(self, key: Text) -> Type:
        catalogue = self.bound.pack.catalogue
        if key in catalogue.tables:
            return Type("代码", table=catalogue.tables[key])
        if key in catalogue.columns:
            return column_type(self.bound.pack, key)
        if key in self.bound.pack.rules:
            return self.bound.declared(self.bound.pack.rules[key])
        return Type("数", str(key))

    def _key(self, text: Text, kind: Type) -> Fraction | str:
        if kind.kind == "代码" and kind.table:
            if text not in kind.table.labels:
                raise fail("G211", text, value=text, table=kind.table.name, hint=hint(text, kind.table.labels))
            return str(text)
        return self._number(text)

    def _number(self, text: Text) -> Fraction:
        try:
            return Fraction(text.removesuffix("%")) / (100 if text.endswith("%") else 1)
        except (ValueError, ZeroDivisionError):
            raise fail("G008", text, want="数", got=f"“{text}”") from None

    def _cell(self, text: Text, unit: str) -> Cell:
        if text == "缺":
            return Cell(None)
        tables = self.bound.pack.catalogue.tables
        if unit in tables:
            return Cell(str(self._key(text, Type("代码", table=tables[unit]))))
        if unit == "日期":
            return Cell(date.fromisoformat(text))
        number = self._number(text)
        return Cell(number / 100 if unit == "%" and not text.endswith("%") else number)

    def _ascending(self) -> None:
        starts = [key[0] for key in self.cells]
        if any(b <= a for a, b in zip(starts, starts[1:], strict=False)):
            raise fail("G210", self.table.at, what="、".join(map(str, starts)))

    @cached_property
    def steps(self) -> tuple[tuple[Fraction, ...], tuple[Fraction, ...], tuple[Fraction, ...]]:
        """Of a scale: starts, values, and the derived quick deductions (速算扣除数): value × start − what the steps below gave."""
        starts = tuple(Fraction(key[0]) for key in self.cells)
        values = tuple(Fraction(row[""].value or 0) for row in self.cells.values())
        quick = [Fraction(0)]
        for index in range(1, len(starts)):
            quick.append(quick[-1] + starts[index] * (values[index] - values[index - 1]))
        return starts, values, tuple(quick)

    def column_type(self, column: str) -> Type:
        """Return the type of a cell in a column."""
        unit = self.table.columns[column]
        tables = self.bound.pack.catalogue.tables
        if unit in tables:
            return Type("代码", table=tables[unit])
        return DATE if unit == "日期" else Type("数", "" if unit in ("%", "数", "比例") else unit)


def column_type(pack: Pack, name: str) -> Type:
    """Return the type of a catalogue column."""
    column = pack.catalogue.columns[name]
    return Type(_CODE_COLUMN[column.type], column.unit if column.type == "数" else ("年" if column.type == "年" else ""), column.table)


class _Binder:
    """Binds the expressions of one rule."""

    def __init__(self, bound: Bound, rule: Rule):
        self.bound, self.pack, self.rule = bound, bound.pack, rule
        self.in_segments = rule.per == "段"

    # ── forms ──

    def form(self, block: Block, declared: Type) -> Core:
        expected = declared.table
        if block.form == "算式":
            general = self.bind(grammar.parse(self._needed(block)), expected)
            if not block.rows:
                return general
            rows = self.rows(block.rows, expected)
            kind = self.common(block.at, [general, *(r.value for r in rows)])
            return nodes.Exceptions(block.at, kind, general, rows)
        rows = self.rows(block.rows, expected)
        if block.form == "条件组":
            return nodes.AllOf(block.at, BOOL, rows)
        kind = self.common(block.at, [r.value for r in rows])
        node: Core = {"首个": nodes.FirstOf, "就高": nodes.HighestOf, "累加": nodes.SumOf}[block.form](block.at, kind, rows)
        if block.cap is not None:
            cap = self.bind(grammar.parse(block.cap))
            node = nodes.Extreme(block.cap, self.common(block.cap, [node, cap]), "最低", (node, cap), "封顶")
        return node

    def _needed(self, block: Block) -> Text:
        if block.general is None:
            raise fail("G010", block.at, name="一般")
        return block.general

    def rows(self, rows: tuple[RuleRow, ...], expected: CodeTable | None) -> tuple[Row, ...]:
        bound = []
        for row in rows:
            condition = self.boolean(grammar.parse(row.when)) if row.when is not None else None
            value = self.bind(grammar.parse(row.get), expected) if row.get is not None else nodes.Const(row.at, BOOL, True)
            label = row.at if row.at else row.at.at(str(row.when or "其余"))
            bound.append(Row(label, condition, value, row.basis))
        return tuple(bound)

    # ── expressions ──

    def bind(self, tree: Written, expected: CodeTable | None = None) -> Core:
        return getattr(self, f"_{type(tree).__name__}")(tree, expected)

    def number(self, tree: Written, what: str = "算式") -> Core:
        node = self.bind(tree)
        if node.type.kind not in ("数", "?"):
            raise fail("G202", tree.at, what=what, want="数", got=node.type)
        return node

    def boolean(self, tree: Written) -> Core:
        node = self.bind(tree)
        if node.type.kind not in ("是否", "?"):
            raise fail("G202", tree.at, what="条件", want="是或否", got=node.type)
        return node

    def day(self, tree: Written) -> Core:
        node = self.bind(tree)
        if node.type.kind not in ("日期", "?"):
            raise fail("G202", tree.at, what=tree.at, want="日期", got=node.type)
        return node

    def common(self, at: Text, items: list[Core]) -> Type:
        """Return the one type of several nodes; a bare number takes the others' unit."""
        kind = next((n.type for n in items if not n.type.literal and n.type.kind != ERROR.kind), items[0].type)
        for node in items:
            if node.type.kind == ERROR.kind or node.type.literal and kind.kind == "数":
                continue
            if (node.type.kind, node.type.unit) != (kind.kind, kind.unit) or node.type.table is not kind.table:
                raise fail("G201", node.at or at, left=kind, op="和", right=node.type)
        return kind

    def _WNumber(self, tree: nodes.WNumber, _: object) -> Core:
        return nodes.Const(tree.at, replace(NUMBER, literal=not tree.percent), tree.value, tree.percent)

    def _WDate(self, tree: nodes.WDate, _: object) -> Core:
        return nodes.Const(tree.at, DATE, tree.value)

    def _WMissing(self, tree: nodes.WMissing, expected: CodeTable | None) -> Core:
        return nodes.Const(tree.at, Type("代码", table=expected) if expected else replace(NUMBER, literal=True), None)

    def _WEvery(self, tree: nodes.WEvery, _: object) -> Core:
        raise fail("G020", tree.at, near="每", what="“每 几 个”只能写在满期次数里")

    def _WName(self, tree: nodes.WName, expected: CodeTable | None) -> Core:
        name = tree.name
        if not tree.quoted:
            if name in self.pack.rules:
                return self.rule_ref(tree.at, name)
            if name in self.pack.catalogue.columns:
                return nodes.Ref(tree.at, column_type(self.pack, name), "列", name)
            if name in BUILTINS:
                kind, unit, _ = BUILTINS[name]
                if name in PER_SEGMENT and not self.in_segments:
                    raise fail("G206", tree.at, name=name)
                return nodes.Ref(tree.at, Type(kind, unit), "内置", name)
        if name in ("是", "否"):
            return nodes.Const(tree.at, BOOL, name == "是")
        if expected is not None and name in expected.labels:
            return nodes.Const(tree.at, Type("代码", table=expected), name)
        known = [*self.pack.rules, *self.pack.catalogue.columns, *BUILTINS, *(expected.labels if expected else ())]
        raise fail("G103", tree.at, name=name, hint=hint(name, known))

    def rule_ref(self, at: Text, name: str) -> Core:
        bound = self.bound.rule(name)
        if bound.rule.per == "段" and not self.in_segments:
            raise fail("G206", at, name=name)
        return nodes.Ref(at, bound.type, "规则", name)

    def _WUnary(self, tree: nodes.WUnary, _: object) -> Core:
        if tree.op == "有":
            operand = self.bind(tree.operand)
            if not isinstance(operand, nodes.Ref | nodes.History):
                raise fail("G202", tree.at, what="有", want="一个事实或规则的名字", got="算式")
            return nodes.Has(tree.at, BOOL, operand)
        if tree.op == "非":
            return nodes.Logic(tree.at, BOOL, "非", (self.boolean(tree.operand),))
        operand = self.number(tree.operand)
        return nodes.Arith(tree.at, operand.type, "-", nodes.Const(tree.at, replace(NUMBER, literal=True), Fraction(0)), operand)

    def _WBinary(self, tree: nodes.WBinary, _: object) -> Core:
        if tree.op in ("且", "或"):
            return nodes.Logic(tree.at, BOOL, tree.op, (self.boolean(tree.left), self.boolean(tree.right)))
        if tree.op in ("+", "-", "×", "÷"):
            return self.arith(tree)
        left, right = self.pair(tree.left, tree.right)
        kind = self.common(tree.at, [left, right])
        if kind.kind == "代码" and tree.op in ("<", "≤", ">", "≥") and kind.table and not kind.table.ordered:
            raise fail("G202", tree.at, what=kind.table.name, want="有高低次序的", got="没有次序的代码")
        return nodes.Compare(tree.at, BOOL, tree.op, left, right)

    def pair(self, left: Written, right: Written) -> tuple[Core, Core]:
        """Bind both sides; a bare label takes its code table from the other side."""
        try:
            first = self.bind(left)
        except PolicyErrors:
            second = self.bind(right)
            return self.bind(left, second.type.table), second
        return first, self.bind(right, first.type.table)

    def arith(self, tree: nodes.WBinary) -> Core:
        left, right = self.number(tree.left), self.number(tree.right)
        a, b = left.type, right.type
        if ERROR.kind in (a.kind, b.kind):
            return nodes.Arith(tree.at, ERROR, tree.op, left, right)
        if tree.op in ("+", "-"):
            if not (a.literal or b.literal) and a.unit != b.unit:
                raise fail("G201", tree.at, left=a, op=tree.op.replace("-", "−"), right=b)
            return nodes.Arith(tree.at, b if a.literal else a, tree.op, left, right)
        if MONEY in (a.unit, b.unit):
            if a.unit == b.unit:
                if tree.op == "×":
                    raise fail("G201", tree.at, left=a, op="×", right=b)
                unit = ""
            elif tree.op == "÷" and b.unit == MONEY:
                raise fail("G201", tree.at, left=a, op="÷", right=b)
            else:
                unit = MONEY
        elif tree.op == "÷" and a.unit == b.unit:
            unit = ""
        else:
            unit = a.unit or (b.unit if tree.op == "×" else "")
        kind = Type("数", unit, literal=a.literal and b.literal)
        return nodes.Arith(tree.at, kind, tree.op, left, right)

    def _WChoose(self, tree: nodes.WChoose, expected: CodeTable | None) -> Core:
        condition = self.boolean(tree.condition)
        then, other = self.bind(tree.then, expected), self.bind(tree.other, expected)
        return nodes.Choose(tree.at, self.common(tree.at, [then, other]), condition, then, other)

    def _WIndex(self, tree: nodes.WIndex, _: object) -> Core:
        if tree.table not in self.pack.tables:
            raise fail("G103", tree.at, name=tree.table, hint=hint(tree.table, self.pack.tables))
        table = self.bound.table(tree.table)
        if len(tree.keys) != len(table.key_types):
            raise fail("G205", tree.at, word=tree.table, want=len(table.key_types), got=len(tree.keys))
        keys = tuple(self.bind(k, t.table) for k, t in zip(tree.keys, table.key_types, strict=True))
        for key, kind in zip(keys, table.key_types, strict=True):
            if key.type.kind != ERROR.kind and key.type.kind != kind.kind:
                raise fail("G202", key.at, what=tree.table, want=kind, got=key.type)
        if table.table.mode:
            self.common(tree.at, [keys[0], nodes.Const(tree.at, table.key_types[0], 0)])
            unit = table.table.columns[""]
            result = Type("数", table.table.threshold_unit) if table.table.mode == "累进" else Type("数", "" if unit == "%" else unit)
            return nodes.Bracket(tree.at, result, tree.table, keys[0])
        column = tree.column or ""
        if column not in table.table.columns:
            raise fail("G208", tree.at, table=tree.table, name=column or "（没写列名）", hint=hint(column, table.table.columns))
        self.complete(tree, table, keys)
        return nodes.Lookup(tree.at, table.column_type(column), tree.table, keys, tree.column)

    def complete(self, tree: nodes.WIndex, table: BoundTable, keys: tuple[Core, ...]) -> None:
        """Refuse a table keyed by one code that lacks a row for one of its labels."""
        kind = table.key_types[0]
        if table.rest is None and len(keys) == 1 and kind.table is not None:
            missing = [label for label in kind.table.labels if (label,) not in table.cells]
            if missing:
                self.bound.problems.append(problem("G207", table.block.at, key=tree.keys[0].at, labels="、".join(missing), table=tree.table))

    def _WCall(self, tree: nodes.WCall, _: object) -> Core:
        word = WORDS.get(tree.word)
        if word is None:
            raise fail("G103", tree.at, name=tree.word, hint=hint(tree.word, WORDS))
        count = len(tree.args)
        if count != len(word.args) and not (word.variadic and count >= 2):
            raise fail("G205", tree.at, word=tree.word, want=len(word.args), got=count)
        return getattr(self, f"_word_{word.primitive}")(tree)

    def _word_extreme(self, tree: nodes.WCall) -> Core:
        items = tuple(self.bind(a) for a in tree.args)
        op = {"封顶": "最低", "保底": "最高"}.get(tree.word, tree.word)
        return nodes.Extreme(tree.at, self.common(tree.at, list(items)), op, items, tree.word)

    def _word_round(self, tree: nodes.WCall) -> Core:
        operand = self.number(tree.args[0], tree.word)
        per, mode = ROUNDINGS[tree.word]
        return nodes.Round(tree.at, operand.type, operand, per, mode, tree.word)

    def _word_date(self, tree: nodes.WCall) -> Core:
        unit = {"年": "年", "月": "月", "足年": "年", "足月": "月", "相隔天数": "天"}.get(tree.word)
        kind = Type("数", unit) if unit else DATE
        return nodes.DateMath(tree.at, kind, tree.word, tuple(self.day(a) for a in tree.args))

    def _word_default(self, tree: nodes.WCall) -> Core:
        value = self.bind(tree.args[0])
        other = self.bind(tree.args[1], value.type.table)
        return nodes.Default(tree.at, self.common(tree.at, [value, other]), value, other)

    def _word_segments(self, tree: nodes.WCall) -> Core:
        if self.in_segments:
            raise fail("G202", tree.at, what="合计各段", want="写在按月的规则里", got="按段的规则")
        self.in_segments = True
        try:
            operand = self.number(tree.args[0], "合计各段")
        finally:
            self.in_segments = False
        return nodes.Segments(tree.at, operand.type, operand)

    def _word_history(self, tree: nodes.WCall) -> Core:
        history = self.bind(tree.args[0])
        table = history.type.table
        if history.type.kind != "逐年" or table is None:
            raise fail("G202", tree.at, what=tree.word, want="逐年的事实", got=history.type)
        if tree.word == "满期次数":
            every, accepts = tree.args[1], self.accepts(tree.args[2], table)
            if not isinstance(every, nodes.WEvery):
                raise fail("G020", tree.args[1].at, near=tree.args[1].at, what="写成“每 3 个”")
            broken = tree.named.get("中断", "顺延")
            if broken not in ("顺延", "重新起算"):
                raise fail("G020", tree.at, near=broken, what="中断写 顺延 或 重新起算")
            return nodes.History(tree.at, Type("数", "级"), tree.word, history, (), every.count, accepts, broken == "重新起算")
        if tree.word == "某年":
            return nodes.History(tree.at, Type("代码", table=table), tree.word, history, (self.number(tree.args[1]),))
        years = tuple(self.number(a) for a in tree.args[1:3])
        return nodes.History(tree.at, history.type, tree.word, history, years, accepts=frozenset({self.label(tree.args[3], table)}))

    def accepts(self, tree: Written, table: CodeTable) -> frozenset[str]:
        name = tree.name if isinstance(tree, nodes.WName) else ""
        if name.endswith("以上") and name not in table.labels:
            label = self.label(nodes.WName(tree.at, name.removesuffix("以上")), table)
            return frozenset(table.labels[table.labels.index(label) :])
        return frozenset({self.label(tree, table)})

    def label(self, tree: Written, table: CodeTable) -> str:
        name = tree.name if isinstance(tree, nodes.WName) else str(tree.at)
        if name not in table.labels:
            raise fail("G211", tree.at, value=name, table=table.name, hint=hint(name, table.labels))
        return name


def basis_of(bound: BoundRule) -> Basis | None:
    """Return the basis that stands beside a bound rule: its block's, else its own."""
    return (bound.block.basis if bound.block else None) or bound.rule.basis
