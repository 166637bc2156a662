"""Names and types: what a rule says in words becomes a typed core tree, with every error of the rule at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from fractions import Fraction
from itertools import product
from typing import TYPE_CHECKING, TypeVar

from gugan.policy import grammar, nodes
from gugan.policy.catalogue import MONEY
from gugan.policy.errors import PolicyErrors, Problem, fail, hint
from gugan.policy.nodes import BOOL, DATE, ERROR, MISSING, NUMBER, TEXT, WINDOW, Core, Row, Type, Written
from gugan.policy.pack import ROUNDINGS, Block, Rule, RuleRow
from gugan.policy.source import Text
from gugan.policy.spans import YEAR
from gugan.policy.vocabulary import BUILTINS, PER_SEGMENT, WORDS
from gugan.policy.windows import within
from gugan.policy.words import bind_word

if TYPE_CHECKING:  # it binds through this file
    from gugan.policy.bound import Bound, BoundTable

_T = TypeVar("_T")
_ORDER = ("<", "≤", ">", "≥")
_MAX_ROWS = 10_000
"""Tables over more combinations of codes than this are not searched for missing rows."""


def bind_block(bound: Bound, rule: Rule, block: Block, declared: Type) -> Core:
    """Return the typed tree of a rule's block, rounded as the rule says; raises PolicyErrors with everything wrong."""
    node = Binder(bound, rule).form(block, declared)
    if block.rounding:
        if node.type.kind not in ("数", ERROR.kind):
            raise fail("G202", rule.at, what="取整", want="数", got=node.type)
        per, mode = ROUNDINGS[block.rounding]
        node = nodes.Round(node.at, replace(node.type, literal=False), node, per, mode, block.rounding)
    _refuse_ratios(node, allowed=False)
    if node.type.kind != ERROR.kind and not _fits(node.type, declared):
        raise fail("G209", rule.at, name=rule.name, declared=declared, got=node.type)
    return replace(node, type=declared)


def _fits(own: Type, wanted: Type) -> bool:
    """Whether a type is the wanted one; a bare number is of any unit."""
    if own.literal and wanted.kind == "数":
        return True
    return (own.kind, own.unit, own.table) == (wanted.kind, wanted.unit, wanted.table)


def _refuse_ratios(node: Core, allowed: bool) -> None:
    """Refuse a division whose answer is not rounded: only comparing and rounding take an exact ratio."""
    match node:
        case nodes.Round():
            _refuse_ratios(node.operand, True)
        case nodes.Compare():
            _refuse_ratios(node.left, True)
            _refuse_ratios(node.right, True)
        case nodes.Arith():
            if node.op == "÷" and not allowed:
                raise fail("G204", node.at)
            _refuse_ratios(node.left, allowed)
            _refuse_ratios(node.right, allowed)
        case nodes.Segments():
            if not allowed:
                raise fail("G204", node.at)
            _refuse_ratios(node.operand, False)
        case nodes.Choose():
            _refuse_ratios(node.condition, False)
            _refuse_ratios(node.then, allowed)
            _refuse_ratios(node.other, allowed)
        case nodes.Extreme():
            for item in node.items:
                _refuse_ratios(item, allowed)
        case nodes.Default():
            _refuse_ratios(node.operand, allowed)
            _refuse_ratios(node.other, allowed)
        case nodes.Exceptions() | nodes.FirstOf() | nodes.SumOf() | nodes.HighestOf() | nodes.AllOf():
            if isinstance(node, nodes.Exceptions):
                _refuse_ratios(node.general, allowed)
            for row in node.rows:
                if row.condition:
                    _refuse_ratios(row.condition, False)
                _refuse_ratios(row.value, allowed)
        case _:
            for child in nodes.children(node):
                _refuse_ratios(child, False)


class Binder:
    """Binds the expressions of one rule."""

    def __init__(self, bound: Bound, rule: Rule):
        self.bound, self.pack, self.rule = bound, bound.pack, rule
        self.in_segments = rule.per == "段"

    def all(self, calls: Iterable[Callable[[], _T]]) -> list[_T]:
        """Return what each call gives; raises PolicyErrors with the problems of all that fail."""
        done: list[_T] = []
        problems: list[Problem] = []
        for call in calls:
            try:
                done.append(call())
            except PolicyErrors as errors:
                problems += errors.problems
        if problems:
            raise PolicyErrors(problems)
        return done

    # ── forms ──

    def form(self, block: Block, declared: Type) -> Core:
        """Return the tree of a block."""
        if block.form == "算式":
            return self.general(block, declared)
        rows = self.rows(block.rows, declared)
        if block.form == "条件组":
            return nodes.AllOf(block.at, BOOL, rows)
        kind, rows = self.common_rows(block.at, rows)
        if block.form in ("就高", "累加"):
            self.need(block.at, block.form, kind, "数")
        makers = {"首个": nodes.FirstOf, "就高": nodes.HighestOf, "累加": nodes.SumOf}
        node: Core = makers[block.form](block.at, kind, rows)
        if block.cap is not None:
            cap = self.number(grammar.parse(block.cap), "封顶")
            self.need(block.at, "封顶", kind, "数")
            kind, items = self.common(block.cap, [node, cap])
            node = nodes.Extreme(block.cap, kind, "最低", tuple(items), "封顶")
        return node

    def general(self, block: Block, declared: Type) -> Core:
        """Return a general rule with its exceptions."""
        text = block.general
        if text is None:
            raise fail("G010", block.at, name="一般")
        if not block.rows:
            return self.bind(grammar.parse(text), declared)
        calls: list[Callable[[], Core | tuple[Row, ...]]] = [
            lambda: self.bind(grammar.parse(text), declared),
            lambda: self.rows(block.rows, declared),
        ]
        general, rows = self.all(calls)
        assert isinstance(general, Core) and isinstance(rows, tuple)
        kind, (general, *values) = self.common(block.at, [general, *(r.value for r in rows)])
        rows = tuple(replace(row, value=value) for row, value in zip(rows, values, strict=True))
        return nodes.Exceptions(block.at, kind, general, rows)

    def rows(self, rows: tuple[RuleRow, ...], expected: Type) -> tuple[Row, ...]:
        """Return the rows of a form."""
        return tuple(self.all([lambda row=row: self.row(row, expected) for row in rows]))

    def row(self, row: RuleRow, expected: Type) -> Row:
        """Return one row."""
        when, get = row.when, row.get
        calls: list[Callable[[], Core]] = []
        if when is not None:
            calls.append(lambda: self.boolean(grammar.parse(when)))
        if get is not None:
            calls.append(lambda: self.bind(grammar.parse(get), expected))
        found = self.all(calls)
        condition = found[0] if when is not None else None
        value = found[-1] if get is not None else nodes.Const(row.at, BOOL, True)
        label = row.at if row.at else row.at.at(str(when or "其余"))
        return Row(label, condition, value, row.basis)

    def common_rows(self, at: Text, rows: tuple[Row, ...]) -> tuple[Type, tuple[Row, ...]]:
        """Bring the values of rows to one type."""
        kind, values = self.common(at, [row.value for row in rows])
        return kind, tuple(replace(row, value=value) for row, value in zip(rows, values, strict=True))

    # ── types ──

    def need(self, at: Text, what: str, kind: Type, *kinds: str) -> None:
        """Refuse a type that is none of `kinds`."""
        if kind.kind not in (*kinds, ERROR.kind):
            raise fail("G202", at, what=what, want="或".join(kinds), got=kind)

    def common(self, at: Text, items: list[Core]) -> tuple[Type, list[Core]]:
        """Return the one type of several nodes, and the nodes; a bare number takes the others' unit, 缺 their type."""
        plain = [n.type for n in items if n.type.kind not in (ERROR.kind, MISSING.kind)]
        kind = next((t for t in plain if not t.literal), plain[0] if plain else replace(NUMBER, literal=True))
        found = []
        for node in items:
            own = node.type
            if own.kind == MISSING.kind:
                node = replace(node, type=kind)
            elif not (own.kind == ERROR.kind or _fits(own, kind)):
                raise fail("G201", node.at or at, left=kind, op="和", right=own)
            found.append(node)
        return kind, found

    def number(self, tree: Written, what: str = "算式") -> Core:
        """Bind what must be a number."""
        node = self.bind(tree)
        if node.type.kind == MISSING.kind:
            return replace(node, type=replace(NUMBER, literal=True))
        self.need(tree.at, what, node.type, "数")
        return node

    def boolean(self, tree: Written) -> Core:
        """Bind what must be true or false."""
        node = self.bind(tree)
        if node.type.kind not in (BOOL.kind, ERROR.kind):
            raise fail("G202", tree.at, what="条件", want="是或否", got=node.type)
        return node

    # ── expressions ──

    def bind(self, tree: Written, expected: Type | None = None) -> Core:
        """Return the core tree of an expression; `expected` gives a bare label its code table and 缺 its type."""
        return getattr(self, f"_{type(tree).__name__}")(tree, expected)

    def _WNumber(self, tree: nodes.WNumber, _: Type | None) -> Core:
        kind = Type("数", tree.unit, literal=not (tree.percent or tree.unit))
        return nodes.Const(tree.at, kind, tree.value, tree.percent, tree.unit)

    def _WDate(self, tree: nodes.WDate, _: Type | None) -> Core:
        return nodes.Const(tree.at, DATE, tree.value)

    def _WWindow(self, tree: nodes.WWindow, _: Type | None) -> Core:
        return nodes.Const(tree.at, WINDOW, tree.value)

    def _WMissing(self, tree: nodes.WMissing, expected: Type | None) -> Core:
        return nodes.Const(tree.at, expected or MISSING, None)

    def _WEvery(self, tree: nodes.WEvery, _: Type | None) -> Core:
        raise fail("G020", tree.at, near="每", what="“每 几 个”只能写在满期次数里")

    def _WName(self, tree: nodes.WName, expected: Type | None) -> Core:
        name = tree.name
        table = expected.table if expected else None
        if not tree.quoted:
            if name in self.pack.rules:
                return self.rule_ref(tree.at, name)
            if name in self.pack.catalogue.columns:
                return nodes.Ref(tree.at, self.bound.column_type(name), "列", name)
            if name in BUILTINS:
                kind, unit, _ = BUILTINS[name]
                if name in PER_SEGMENT and not self.in_segments:
                    raise fail("G206", tree.at, name=name)
                if name == "当月天数" and self.rule.per == YEAR:
                    raise fail("G251", tree.at, name=name)
                return nodes.Ref(tree.at, Type(kind, unit), "内置", name)
            if name in ("是", "否"):
                return nodes.Const(tree.at, BOOL, name == "是")
        if expected is not None and table is not None and expected.kind == "代码" and name in table.labels:
            return nodes.Const(tree.at, expected, name)
        if expected is not None and expected.kind == TEXT.kind and tree.quoted:
            return nodes.Const(tree.at, TEXT, name)
        labels = table.labels if table else ()
        known = [*self.pack.rules, *self.pack.catalogue.columns, *BUILTINS, *labels]
        raise fail("G103", tree.at, name=name, hint=self.elsewhere(name) or hint(name, known))

    def elsewhere(self, name: str) -> str:
        """Return a hint where a name is known, but as something that is written another way."""
        if name in self.pack.tables:
            return f"；“{name}”是表，写成 {name}[…]"
        if name in WORDS:
            return f"；“{name}”后面要有括号"
        if name in self.pack.rules or name in self.pack.catalogue.columns:
            return f"；“{name}”是规则或事实，后面不用括号"
        return ""

    def rule_ref(self, at: Text, name: str) -> Core:
        """Return a reference to another rule."""
        bound = self.bound.rule(name)
        if bound.rule.per == "段" and not self.in_segments:
            raise fail("G206", at, name=name)
        if bound.rule.per == YEAR and self.rule.per != YEAR:
            raise fail("G250", at, name=name)
        if self.rule.per == YEAR and self.bound.monthly(name):
            raise fail("G251", at, name=name)
        return nodes.Ref(at, bound.type, "规则", name)

    def _WUnary(self, tree: nodes.WUnary, _: Type | None) -> Core:
        if tree.op == "有":
            operand = self.bind(tree.operand)
            if not isinstance(operand, nodes.Ref | nodes.History):
                raise fail("G202", tree.at, what="有", want="一个事实或规则的名字", got="算式")
            return nodes.Has(tree.at, BOOL, operand)
        if tree.op == "非":
            return nodes.Logic(tree.at, BOOL, "非", (self.boolean(tree.operand),))
        operand = self.number(tree.operand)
        zero = nodes.Const(tree.at, replace(NUMBER, literal=True), Fraction(0))
        return nodes.Arith(tree.at, operand.type, "-", zero, operand)

    def _WBinary(self, tree: nodes.WBinary, _: Type | None) -> Core:
        if tree.op in ("且", "或"):
            sides = self.all([lambda: self.boolean(tree.left), lambda: self.boolean(tree.right)])
            return nodes.Logic(tree.at, BOOL, tree.op, tuple(sides))
        if tree.op in ("+", "-", "×", "÷"):
            return self.arith(tree)
        if tree.op == "在":
            return self.within(tree)
        if isinstance(tree.left, nodes.WMissing) or isinstance(tree.right, nodes.WMissing):
            raise fail("G202", tree.at, what="缺", want="写成 有 … 或 非 有 …", got="比较")
        left, right = self.pair(tree.left, tree.right)
        kind, (left, right) = self.common(tree.at, [left, right])
        self.need(tree.at, tree.op, kind, "数", "日期", "代码", "是否", "文")
        ordered = kind.kind in ("数", "日期", ERROR.kind) or (kind.table is not None and kind.table.ordered)
        if tree.op in _ORDER and not ordered:
            what = kind.table.name if kind.table else tree.op
            raise fail("G202", tree.at, what=what, want="有高低次序的", got="没有次序的")
        return nodes.Compare(tree.at, BOOL, tree.op, left, right)

    def within(self, tree: nodes.WBinary) -> Core:
        """Bind a day 在 a window, written out or named by a rule."""
        day, window = self.all([lambda: self.bind(tree.left, DATE), lambda: self.bind(tree.right, WINDOW)])
        self.need(tree.left.at, str(tree.left.at), day.type, "日期")
        self.need(tree.right.at, str(tree.right.at), window.type, "日期窗")
        return within(tree.at, day, window, self.window_of)

    def window_of(self, ref: nodes.Ref) -> Core | None:
        """Return what a rule says that names a window; raises PolicyErrors with what is wrong with it."""
        found = self.bound.rule(ref.name)
        if found.problems:
            raise PolicyErrors(found.problems)
        return found.node

    def pair(self, left: Written, right: Written) -> tuple[Core, Core]:
        """Bind both sides of a comparison; a bare label takes its code table from the other side."""
        try:
            first = self.bind(left)
        except PolicyErrors as errors:
            try:
                second = self.bind(right)
            except PolicyErrors as others:
                may_be_label = isinstance(right, nodes.WName)
                raise PolicyErrors(errors.problems if may_be_label else (*errors.problems, *others.problems)) from None
            return self.bind(left, second.type), second
        return first, self.bind(right, first.type)

    def arith(self, tree: nodes.WBinary) -> Core:
        """Bind + − × ÷ and work out the unit."""
        left, right = self.all([lambda: self.number(tree.left), lambda: self.number(tree.right)])
        a, b = left.type, right.type
        if ERROR.kind in (a.kind, b.kind):
            return nodes.Arith(tree.at, ERROR, tree.op, left, right)
        if tree.op in ("+", "-"):
            if not (a.literal or b.literal) and a.unit != b.unit:
                raise fail("G201", tree.at, left=a, op=tree.op.replace("-", "−"), right=b)
            return nodes.Arith(tree.at, b if a.literal else a, tree.op, left, right)
        if MONEY in (a.unit, b.unit):
            if (a.unit == b.unit and tree.op == "×") or (a.unit != b.unit and tree.op == "÷" and b.unit == MONEY):
                raise fail("G201", tree.at, left=a, op=tree.op, right=b)
            unit = "" if a.unit == b.unit else MONEY
        elif tree.op == "÷" and a.unit == b.unit:
            unit = ""
        else:
            unit = a.unit or (b.unit if tree.op == "×" else "")
        kind = Type("数", unit, literal=a.literal and b.literal)
        return nodes.Arith(tree.at, kind, tree.op, left, right)

    def _WChoose(self, tree: nodes.WChoose, expected: Type | None) -> Core:
        condition, then, other = self.all(
            [
                lambda: self.boolean(tree.condition),
                lambda: self.bind(tree.then, expected),
                lambda: self.bind(tree.other, expected),
            ]
        )
        kind, (then, other) = self.common(tree.at, [then, other])
        return nodes.Choose(tree.at, kind, condition, then, other)

    # ── tables ──

    def _WIndex(self, tree: nodes.WIndex, _: Type | None) -> Core:
        if tree.table not in self.pack.tables:
            found = self.elsewhere(tree.table) or hint(tree.table, self.pack.tables)
            raise fail("G103", tree.at, name=tree.table, hint=found)
        table = self.bound.table(tree.table)
        if len(tree.keys) != len(table.key_types):
            raise fail("G205", tree.at, word=tree.table, want=len(table.key_types), got=len(tree.keys))
        pairs = list(zip(tree.keys, table.key_types, strict=True))
        keys = tuple(self.all([lambda k=k, t=t: self.key(tree.table, k, t) for k, t in pairs]))
        if table.table.mode:
            return self.scale(tree, table, keys[0])
        column = tree.column or ""
        if column not in table.table.columns:
            found = hint(column, table.table.columns)
            raise fail("G208", tree.at, table=tree.table, name=column or "（没写列名）", hint=found)
        self.complete(tree, table)
        return nodes.Lookup(tree.at, table.column_type(column), tree.table, keys, tree.column)

    def key(self, table: str, tree: Written, want: Type) -> Core:
        """Bind the key of a table; numbers may differ in unit, for tables are often keyed by plain numbers."""
        node = self.bind(tree, want)
        own = node.type
        if own.kind != ERROR.kind and (own.kind != want.kind or own.table != want.table):
            raise fail("G202", node.at, what=table, want=want, got=own)
        return node

    def scale(self, tree: nodes.WIndex, table: BoundTable, key: Core) -> Core:
        """Return a reading of a scale."""
        if tree.column:
            raise fail("G208", tree.at, table=tree.table, name=tree.column, hint="；分档和累进只有一列")
        self.common(tree.at, [nodes.Const(tree.at, table.key_types[0], 0), key])
        kind = table.key_types[0] if table.table.mode == "累进" else table.column_type("")
        return nodes.Bracket(tree.at, kind, tree.table, key)

    def complete(self, tree: nodes.WIndex, table: BoundTable) -> None:
        """Refuse a table keyed by codes that lacks a row for some of their labels."""
        tables = [kind.table for kind in table.key_types if kind.table is not None]
        if table.rest is not None or len(tables) != len(table.key_types):
            return
        count = 1
        for codes in tables:
            count *= len(codes.labels)
        if count > _MAX_ROWS:
            return
        missing = [" ".join(keys) for keys in product(*(codes.labels for codes in tables)) if keys not in table.cells]
        if missing:
            labels = "、".join(missing[:6]) + ("……" if len(missing) > 6 else "")
            key = "、".join(str(k.at) for k in tree.keys)
            raise fail("G207", table.block.at, key=key, labels=labels, table=tree.table)

    # ── words ──

    def _WCall(self, tree: nodes.WCall, expected: Type | None) -> Core:
        word = WORDS.get(tree.word)
        if word is None:
            raise fail("G103", tree.at, name=tree.word, hint=self.elsewhere(tree.word) or hint(tree.word, WORDS))
        count = len(tree.args)
        if count != len(word.args) and not (word.variadic and count >= 2):
            raise fail("G205", tree.at, word=tree.word, want=len(word.args), got=count)
        for name in tree.named:
            if name not in word.named:
                raise fail("G009", tree.at, name=f"{name}：", hint=hint(name, word.named))
        return bind_word(self, tree, word.primitive, expected)
