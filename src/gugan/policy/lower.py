"""From what is meant to what is done: every core node becomes operations of a plan, with its proof that nothing overflows.

This is the one column reading of the language; interpret.py is the law it must agree with. A new core node is one method
here (and only where no composition of plan.OPS says it, one operation more in each backend).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from gugan.policy import intervals, lookups, nodes, scaled
from gugan.policy.catalogue import FIRST_YEAR, LAST_YEAR, MONEY
from gugan.policy.dates import date_word, day_of
from gugan.policy.errors import fail
from gugan.policy.family import Family, Varying
from gugan.policy.intervals import TooLarge
from gugan.policy.nodes import Core, Row, Type
from gugan.policy.plan import Plan
from gugan.policy.scaled import Val

FEN = 2
"""Money leaves the engine in fen, so it must fit there."""
TEXTS = 1 << 40
"""Texts have numbers below this one."""
FULL, WHOLE, PARTED = "full", "whole", "parted"
"""Everybody is there the whole month; in one stretch; in one or more."""
ALL, SOME, NONE = "all", "some", "none"
"""A given column has a value for everybody, for some, for nobody."""
MOST_PEOPLE = 1_000_000
"""People in a table that group words can see."""
DAYS, FIRST_DAY, LAST_DAY = "段内天数", "段首日", "段末日"


class Lower:
    """Lowers the rules of a family on demand. `states`: how much of each column (and each given rule) has values; a
    column that is not named is SOME, a rule that is not named is not given. `naming` keeps apart what names what is
    missing (naming.py)."""

    def __init__(self, family: Family, states: Mapping[str, str], stretches: str = PARTED, naming: bool = False):
        self.family, self.states, self.stretches, self.naming = family, states, stretches, naming
        self.plan = Plan(family.packs, stretches == PARTED)
        self.inputs: dict[str, Type] = {}
        self.said_of: dict[int, list[int]] = {}
        """Of a mark whose sentence quotes values: those values."""
        self._rules: dict[str, Val] = {}
        self._nodes: dict[tuple[int, bool], Val] = {}
        self._rule = ""

    def answer(self, name: str) -> tuple[Val, Type]:
        """Return a wanted answer, one per person, and its type."""
        if name not in self.family.first.pack.rules:
            return self.column(name, False), self.family.type(name)
        return self.at_last(self.rule(name)), self.family.type(name)

    def at_last(self, val: Val) -> Val:
        """Return a per-段 answer as it is on each person's last stretch."""
        den = None if val.den is None else self.plan.last(val.den)
        return Val(self.plan.last(val.value), self.plan.last(val.known), val.scale, den)

    def is_seg(self, name: str) -> bool:
        """Return whether a rule is per 段."""
        return self.family.first.pack.rules[name].per == "段"

    # ── names ──

    def rule(self, name: str) -> Val:
        """Return the answer of a rule, in its own rows. Raises PolicyErrors G503."""
        # the lowest first, so that a long chain of rules needs no deep recursion
        stack = [(name, False)] if name not in self._rules and not self._rule else []
        while stack:
            one, leaving = stack.pop()
            if leaving:
                self._lower(one)
            elif one not in self._rules:
                reads = [r.name for r in self.family.first.reads(one) if isinstance(r, nodes.Ref) and r.kind == "规则"]
                stack += [(one, True), *((read, False) for read in reversed(reads))]
        return self._lower(name)

    def _lower(self, name: str) -> Val:
        if name not in self._rules:
            asking, self._rule = self._rule, name
            try:
                self._rules[name] = self._answer(name)
            except TooLarge as error:
                at = self.family.first.rule(name).rule.at
                raise fail("G503", at, rule=name, high=_large(error.bound)) from None
            finally:
                self._rule = asking
        return self._rules[name]

    def _answer(self, name: str) -> Val:
        node, kind, seg = self.family.node(name), self.family.type(name), self.is_seg(name)
        given = self.given(name, seg) if name in self.states or node is None else None
        if node is None:
            assert given is not None
            return given
        val = self.walk(node, seg)
        if kind.unit == MONEY:
            low, high = self.plan.range(val.value)
            places = 10 ** max(FEN - val.scale, 0)
            intervals.bounded(low * places, high * places)
        if given is None:
            return val
        return self.pick(Val(given.known, self.plan.yes), given, val, kind)

    def given(self, name: str, seg: bool) -> Val:
        """Return the values given under a name."""
        plan, given = self.plan, self.family.given(name)
        kind, empty = given.type, given.empty
        state = ALL if empty is not None else self.states.get(name, SOME)
        if state == NONE and not self.naming:
            return self.nothing(kind, ())
        self.inputs[name] = kind
        if kind.kind == "逐年":
            assert kind.table
            value = plan.input(name, (-1, len(kind.table.labels) - 1), "y")
        elif kind.kind == "是否":
            value = plan.input(name, (0, 1), "b")
        elif kind.kind == "数":
            ten = 10**given.places
            value = plan.input(name, (given.low * ten, given.high * ten))
        elif kind.kind == "日期":
            value = plan.input(name, (day_of(date(FIRST_YEAR, 1, 1)), day_of(date(LAST_YEAR, 12, 31))))
        else:
            value = plan.input(name, (0, len(kind.table.labels) - 1 if kind.table else TEXTS))
        known = plan.yes if state == ALL else plan.known(name)
        val = Val(value, known, given.places if kind.kind == "数" else 0)
        return val if seg else self.at_last(val)

    def column(self, name: str, seg: bool) -> Val:
        """Return a catalogue column; a person's is that of the last stretch."""
        return self.given(name, seg)

    def builtin(self, name: str, seg: bool) -> Val:
        """Return a built-in day or count of days."""
        periods = [period for _, period in self.family.variants]
        plan, full = self.plan, self.stretches == FULL
        if name == DAYS and not full:
            return self._of_stretch(name, (1, max(p.days for p in periods)), seg)
        if name in (FIRST_DAY, LAST_DAY) and not full:
            span = min(day_of(p.start) for p in periods), max(day_of(p.last) for p in periods)
            return self._of_stretch(name, span, seg)
        values = {
            "核算日": lambda p: day_of(p.on),
            "本期首日": lambda p: day_of(p.start),
            "本期末日": lambda p: day_of(p.last),
            "当月天数": lambda p: p.days,
            FIRST_DAY: lambda p: day_of(p.start),
            LAST_DAY: lambda p: day_of(p.last),
            DAYS: lambda p: p.days,
        }[name]
        return Val(plan.slot([values(p) for p in periods]), plan.yes)

    def _of_stretch(self, name: str, span: intervals.Range, seg: bool) -> Val:
        val = Val(self.plan.input(name, span), self.plan.yes)
        return val if seg else self.at_last(val)

    # ── primitives ──

    def walk(self, node: Core, seg: bool) -> Val:
        """Return the answer of a core node, per stretch (seg) or per person."""
        key = (id(node), seg)
        if key not in self._nodes:
            method: Callable[[Any, bool], Val] | None = getattr(self, f"_{type(node).__name__}", None)
            if method is None:
                raise NotImplementedError(f"lower.py has no reading of the core node {type(node).__name__}")
            self._nodes[key] = method(node, seg)
        return self._nodes[key]

    def unsaid(self, known: int, why: tuple, values: Sequence[int] = ()) -> int:
        """Return `known`; in naming kept apart by why it does not hold, and by the values that are quoted."""
        if not self.naming or known == self.plan.yes:
            return known
        mark = self.plan.mark(known, (self._rule, *why))
        self.said_of[mark] = list(values)
        return mark

    def _Const(self, node: nodes.Const, seg: bool) -> Val:
        plan, kind = self.plan, node.type
        if node.value is None:
            return self.nothing(kind, ("缺",))
        values = node.value.values if isinstance(node.value, Varying) else (node.value,) * len(self.family.variants)
        scale = lookups.scale_of(values, kind)
        return Val(plan.slot([lookups.coded(v, kind, scale) for v in values]), plan.yes, scale)

    def nothing(self, kind: Type, why: tuple) -> Val:
        """Return an answer of a type that cannot be said."""
        plan = self.plan
        value = plan.years_none() if kind.kind == "逐年" else plan.no if kind.kind == "是否" else plan.zero
        return Val(value, self.unsaid(plan.no, why))

    def _Ref(self, node: nodes.Ref, seg: bool) -> Val:
        if node.kind == "内置":
            return self.builtin(node.name, seg)
        return self.column(node.name, seg) if node.kind == "列" else self.rule(node.name)

    def _Arith(self, node: nodes.Arith, seg: bool) -> Val:
        a, b = self.walk(node.left, seg), self.walk(node.right, seg)
        if node.op in ("+", "-"):
            return scaled.add(self.plan, a, b, node.op == "-")
        if node.op == "×":
            return scaled.multiply(self.plan, a, b)
        nonzero = self.plan.negate(self.plan.eq(b.value, self.plan.zero))
        return scaled.divide(self.plan, a, b, self.unsaid(nonzero, ("零", str(node.right.at))))

    def _Compare(self, node: nodes.Compare, seg: bool) -> Val:
        plan, a, b = self.plan, self.walk(node.left, seg), self.walk(node.right, seg)
        if node.left.type.kind == "数":
            a, b = scaled.over_one(plan, a, b)
        compare = {
            "=": lambda: plan.eq(a.value, b.value),
            "≠": lambda: plan.negate(plan.eq(a.value, b.value)),
            "<": lambda: plan.lt(a.value, b.value),
            "≤": lambda: plan.le(a.value, b.value),
            ">": lambda: plan.lt(b.value, a.value),
            "≥": lambda: plan.le(b.value, a.value),
        }[node.op]
        return Val(compare(), plan.both(a.known, b.known))

    def _Logic(self, node: nodes.Logic, seg: bool) -> Val:
        items = [self.walk(item, seg) for item in node.items]
        if node.op == "非":
            return Val(self.plan.negate(items[0].value), items[0].known)
        return self.kleene(items, decisive=node.op == "或")

    def kleene(self, items: list[Val], decisive: bool) -> Val:
        """And (decisive False) or or (decisive True): one decisive known item settles it."""
        plan = self.plan
        hits = [plan.both(v.value if decisive else plan.negate(v.value), v.known) for v in items]
        settled = plan.either(*hits)
        known = plan.either(settled, plan.both(*(v.known for v in items)))
        return Val(settled if decisive else plan.negate(settled), known)

    def _Choose(self, node: nodes.Choose, seg: bool) -> Val:
        condition = self.walk(node.condition, seg)
        return self.pick(condition, self.walk(node.then, seg), self.walk(node.other, seg), node.type)

    def pick(self, condition: Val, then: Val, other: Val, kind: Type) -> Val:
        """Choose between two answers of one type; unknown where the condition is."""
        found = scaled.choose(self.plan, condition.value, then, other, kind.kind == "数")
        return Val(found.value, self.plan.both(condition.known, found.known), found.scale, found.den)

    def _Extreme(self, node: nodes.Extreme, seg: bool) -> Val:
        best = self.walk(node.items[0], seg)
        for item in node.items[1:]:
            best = scaled.extreme(self.plan, best, self.walk(item, seg), node.op == "最高")
        return best

    def _Round(self, node: nodes.Round, seg: bool) -> Val:
        return scaled.round_to(self.plan, self.walk(node.operand, seg), node.per, node.mode)

    def _Lookup(self, node: nodes.Lookup, seg: bool) -> Val:
        keys = [self.walk(key, seg) for key in node.keys]
        val, state = lookups.lookup(self.plan, self.family, node.table, node.column or "", keys, node.type)
        return self.there(val, state, node.table, [key.value for key in keys])

    def there(self, val: Val, state: int, table: str, keys: list[int]) -> Val:
        """Return a cell as known only where there is one."""
        plan = self.plan
        if self.naming:
            row = self.unsaid(plan.negate(plan.eq(state, plan.const(lookups.NO_ROW))), ("行", table), keys)
            known = plan.both(row, self.unsaid(plan.negate(plan.eq(state, plan.const(lookups.CUT))), ("格",)))
        else:
            known = plan.eq(state, plan.const(lookups.FOUND))
        return Val(val.value, plan.both(val.known, known), val.scale)

    def _Bracket(self, node: nodes.Bracket, seg: bool) -> Val:
        operand = self.walk(node.operand, seg)
        table = self.family.tables(node.table)[0]
        if table.table.mode == "累进":
            return lookups.marginal(self.plan, self.family, node.table, operand)
        val, state = lookups.steps(self.plan, self.family, node.table, operand, table.column_type(""))
        return self.there(val, state, node.table, [])

    def _DateMath(self, node: nodes.DateMath, seg: bool) -> Val:
        args = [self.walk(a, seg) for a in node.args]
        return Val(date_word(self.plan, node.word, [a.value for a in args]), self.plan.both(*(a.known for a in args)))

    def _Segments(self, node: nodes.Segments, _: bool) -> Val:
        plan, val = self.plan, self.walk(node.operand, True)
        if self.stretches == FULL:
            return val
        most = max(period.days for _, period in self.family.variants)
        low, high = plan.range(val.value)
        days = self.builtin(DAYS, True)
        total = plan.total(plan.mul(val.value, days.value), (min(low, 0) * most, max(high, 0) * most))
        whole = Val(total, plan.every(val.known), val.scale, val.den and plan.last(val.den))
        return scaled.divide(plan, whole, self.builtin("当月天数", False), plan.yes)

    def _Has(self, node: nodes.Has, seg: bool) -> Val:
        return Val(self.walk(node.operand, seg).known, self.plan.yes)

    def _Default(self, node: nodes.Default, seg: bool) -> Val:
        value, other = self.walk(node.operand, seg), self.walk(node.other, seg)
        found = scaled.choose(self.plan, value.known, value, other, node.type.kind == "数")
        return Val(found.value, self.plan.either(value.known, other.known), found.scale, found.den)

    def _Group(self, node: nodes.Group, _: bool) -> Val:
        plan, label, scale = self.plan, node.label, self.group_scale(node) if node.word == "组计" else 0
        span = 0, MOST_PEOPLE
        if node.word == "组计" and node.operand is not None:
            low, high = plan.range(self.walk(node.operand, False).value)
            own = 10 ** max(scale - self.walk(node.operand, False).scale, 0)
            span = min(low, 0) * own * MOST_PEOPLE, max(high, 0) * own * MOST_PEOPLE
        value = Val(plan.input(label, span), self.unsaid(plan.known(label), ("组", label)), scale)
        return self.at_last(value)

    def group_scale(self, node: nodes.Group) -> int:
        """Return the scale of a group word's operand whatever is known, so that it is the same in every block."""
        if node.operand is None:
            return 0
        anew = Lower(self.family, {})
        scale = anew.walk(node.operand, False).scale
        return max(scale, FEN) if node.operand.type.unit == MONEY else scale

    # ── yearly results ──

    def _History(self, node: nodes.History, seg: bool) -> Val:
        plan, history = self.plan, self.walk(node.history, seg)
        args = [self.walk(a, seg) for a in node.args]
        table = node.history.type.table
        labels = [table.labels.index(label) for label in node.accepts] if table else []
        if node.word == "某年":
            year = self.whole(args[0])
            found = plan.years_at(history.value, year)
            there = self.unsaid(plan.le(plan.zero, found), ("年", str(node.history.at)), [year])
            return Val(plan.max(found, plan.zero), plan.both(history.known, args[0].known, there))
        if node.word == "补全":
            first, last = self.whole(args[0]), self.whole(args[1])
            early, late = plan.lt(first, plan.const(FIRST_YEAR)), plan.lt(plan.const(LAST_YEAR), last)
            inside = self.unsaid(plan.negate(plan.either(early, late)), ("起止",))
            known = plan.both(args[0].known, args[1].known)
            first = plan.select(known, plan.max(first, plan.const(FIRST_YEAR)), plan.const(LAST_YEAR))
            last = plan.select(known, plan.min(last, plan.const(LAST_YEAR)), plan.const(FIRST_YEAR))
            recorded = plan.select(history.known, history.value, plan.years_none())
            filled = plan.years_fill(recorded, first, last, labels[0])
            return Val(filled, plan.both(known, inside))
        if node.word == "近几年":
            return self.lately(node, history, args[0])
        most = LAST_YEAR - FIRST_YEAR + 1
        if node.word in ("连续次数", "最长连续"):
            year = self.whole(args[0]) if args else plan.const(LAST_YEAR)
            run = plan.years_run(history.value, year, sorted(labels), node.word == "最长连续", most)
            return Val(run, plan.both(history.known, *(a.known for a in args)))
        terms = plan.years_terms(history.value, node.every, sorted(labels), node.resets, most)
        return Val(terms, history.known)

    def lately(self, node: nodes.History, history: Val, year: Val) -> Val:
        """Return the yearly results of some years up to one: a filling that fills nothing."""
        plan, last = self.plan, self.whole(year)
        known = plan.both(history.known, year.known)
        for back in range(node.every - 1, -1, -1) if node.gapless else ():
            asked = plan.sub(last, plan.const(back))
            there = plan.le(plan.zero, plan.years_at(history.value, asked))
            known = plan.both(known, self.unsaid(there, ("年", str(node.history.at)), [asked]))
        first = plan.max(plan.sub(last, plan.const(node.every - 1)), plan.const(FIRST_YEAR))
        first = plan.select(year.known, first, plan.const(LAST_YEAR))
        last = plan.select(year.known, plan.min(last, plan.const(LAST_YEAR)), plan.const(FIRST_YEAR))
        return Val(plan.years_fill(history.value, first, last, -1), known)

    def whole(self, val: Val) -> int:
        """Return a number cut to a whole one, towards zero."""
        return scaled.round_to(self.plan, val, 1, "去尾").value

    # ── forms ──

    def condition(self, row: Row, seg: bool) -> Val:
        """Return a row's condition; a row without one always applies."""
        return self.walk(row.condition, seg) if row.condition else Val(self.plan.yes, self.plan.yes)

    def applying(self, node: nodes.Exceptions, seg: bool) -> tuple[list[int], int, int]:
        """Return (where each row applies, whether that is known of all, whether two apply)."""
        plan = self.plan
        conditions = [self.condition(row, seg) for row in node.rows]
        applies = [plan.both(c.value, c.known) for c in conditions]
        once = twice = plan.no
        for one in applies:
            once, twice = plan.either(once, one), plan.either(twice, plan.both(once, one))
        return applies, plan.both(*(c.known for c in conditions)), twice

    def _Exceptions(self, node: nodes.Exceptions, seg: bool) -> Val:
        plan, numeric = self.plan, node.type.kind == "数"
        applies, known, twice = self.applying(node, seg)
        result = self.walk(node.general, seg)
        for row, one in zip(node.rows, applies, strict=True):
            result = scaled.choose(plan, one, self.walk(row.value, seg), result, numeric)
        alone = self.unsaid(plan.negate(twice), ("两条", *(str(row.at) for row in node.rows)))
        return Val(result.value, plan.both(result.known, known, alone), result.scale, result.den)

    def _FirstOf(self, node: nodes.FirstOf, seg: bool) -> Val:
        result = self.nothing(node.type, ("没有一行合适",))
        for row in reversed(node.rows):
            result = self.pick(self.condition(row, seg), self.walk(row.value, seg), result, node.type)
        return result

    def _SumOf(self, node: nodes.SumOf, seg: bool) -> Val:
        total = nothing = Val(self.plan.zero, self.plan.yes)
        for condition, value in self.rows(node.rows, seg):
            total = scaled.add(self.plan, total, self.pick(condition, value, nothing, node.type))
        return total

    def _HighestOf(self, node: nodes.HighestOf, seg: bool) -> Val:
        plan, best, found = self.plan, Val(self.plan.zero, self.plan.yes), self.plan.no
        for condition, value in self.rows(node.rows, seg):
            best, value = scaled.over_one(plan, best, value)
            applies = plan.both(condition.known, condition.value)
            take = plan.both(applies, plan.either(plan.negate(found), plan.lt(best.value, value.value)))
            said = plan.either(value.known, plan.negate(applies))
            known = plan.both(best.known, condition.known, said)
            best = Val(plan.select(take, value.value, best.value), known, best.scale, best.den)
            found = plan.either(found, applies)
        return best

    def rows(self, rows: Iterable[Row], seg: bool) -> list[tuple[Val, Val]]:
        """Return (condition, value) of each row."""
        return [(self.condition(row, seg), self.walk(row.value, seg)) for row in rows]

    def _AllOf(self, node: nodes.AllOf, seg: bool) -> Val:
        return self.kleene([self.condition(row, seg) for row in node.rows], decisive=False)


def _large(bound: int) -> str:
    """Return a bound as its size, for nobody reads twenty digits."""
    return f"10 的 {len(str(bound)) - 1} 次方"
