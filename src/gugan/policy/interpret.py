"""One person, exactly: this file is the specification of the language; every other reading must agree with it.

Numbers are exact fractions, money in yuan. Missing is a value, `Unknown`, which names what is missing; it passes
through arithmetic, and 且, 或 and 若 look only at what decides.
"""

from __future__ import annotations

import calendar
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from gugan.policy import nodes
from gugan.policy.bound import Bound
from gugan.policy.catalogue import FIRST_YEAR, LAST_YEAR, MONEY
from gugan.policy.errors import fail
from gugan.policy.given import check_stretches, read
from gugan.policy.nodes import Core, Row, Type
from gugan.policy.numbers import decimal_text, decimals, round_to
from gugan.policy.table import Period, Stretch

if TYPE_CHECKING:  # it asks this file about each row
    from gugan.policy.whole import Groups


@dataclass(frozen=True)
class Unknown:
    """Cannot be said; `names` are the facts that are missing."""

    names: tuple[str, ...]

    @staticmethod
    def join(*items: object) -> Unknown:
        """Return one Unknown naming everything the given unknowns name, once, in order."""
        return Unknown(tuple(dict.fromkeys(n for i in items if isinstance(i, Unknown) for n in i.names)))


Value = Any
Key = tuple[str, int | None]
"""A rule, and the stretch it is asked on (None: the person)."""
CELL_MISSING = "来源里缺的一格"
THIS_RULE = "\0本规则"
SHALLOW = 60
"""Up to so many rules behind an answer are followed by recursion."""
CONFLICT = "两条例外同时适用"


class Interpreter:
    """Answers about one person over one period under one bound pack."""

    def __init__(self, bound: Bound, stretches: Sequence[Stretch], period: Period, groups: Groups | None = None):
        self.groups = groups
        if not stretches:
            raise fail("G505", what="一段也没有")
        check_stretches(stretches, period)
        self.bound, self.stretches, self.period = bound, list(stretches), period
        self.defaults: dict[tuple[str, int], nodes.Default] = {}
        """Each 缺省 that stood in on the way to the answers so far, by its rule and its identity."""
        self._memo: dict[tuple[str, int | None], Value] = {}
        self._rule = ""
        self._asking: Key = ("", None)
        self._asked: dict[Key, dict[Key, None]] = {}
        self._stood_in: dict[Key, dict[tuple[str, int], nodes.Default]] = {}
        self._foreseen = False

    # ── names ──

    def rule(self, name: str, segment: int | None = None) -> Value:
        """Return the answer of a rule: for a per-month rule segment is None."""
        bound = self.bound.rule(name)
        key = (name, segment if bound.rule.per == "段" else None)
        if not self._rule:
            self._foresee(name, key)
        else:
            self._asked.setdefault(self._asking, {})[key] = None
        if key not in self._memo:
            asking, self._asking = self._asking, key
            self._memo[key] = self._answer(name, key[1])
            self._asking = asking
        return self._memo[key]

    def _foresee(self, name: str, key: Key) -> None:
        """Answer everything below a rule, the lowest first, where the chain may be too long to follow by recursion; of the
        defaults met there, only those on the way that the answer really takes are told."""
        if key not in self._memo:
            below = self.bound.behind([name]).downward
            if len(below) <= SHALLOW:
                return
            told, self._foreseen = dict(self.defaults), True
            for one in reversed(below):
                self._rule = one  # nothing is foreseen below here: it is there already
                for segment in (
                    (None, *range(len(self.stretches))) if self.bound.rule(one).rule.per == "段" else (None,)
                ):
                    self.rule(one, segment)
                self._rule = ""
            self.defaults = told
        if self._foreseen:
            found, stack = set[Key](), [key]
            while stack:
                one = stack.pop()
                if one not in found:
                    found.add(one)
                    self.defaults |= self._stood_in.get(one, {})
                    stack += self._asked.get(one, ())

    def _answer(self, name: str, segment: int | None) -> Value:
        raw, node = self.given(name, segment), self.bound.rule(name).node
        if raw is not None:
            return read(self.bound.given(name), raw)
        if node is None:
            return Unknown((name,))
        asking, self._rule = self._rule, name
        try:
            value = self.value(node, segment)
        finally:
            self._rule = asking
        if isinstance(value, Unknown) and THIS_RULE in value.names:
            return Unknown(tuple(name if n == THIS_RULE else n for n in value.names))
        return value

    def given(self, name: str, segment: int | None) -> Any:
        """Return the raw value given for a column or rule, or None."""
        return self.stretches[-1 if segment is None else segment].values.get(name)

    def column(self, name: str, segment: int | None) -> Value:
        """Return the value of a catalogue column: on the segment, or on the last one."""
        raw, given = self.given(name, segment), self.bound.given(name)
        if raw is None:
            raw = given.empty
        return Unknown((name,)) if raw is None else read(given, raw)

    def builtin(self, name: str, segment: int | None) -> Value:
        """Return a built-in day or count of days."""
        stretch = self.stretches[-1 if segment is None else segment]
        return {
            "核算日": self.period.on,
            "本期首日": self.period.start,
            "本期末日": self.period.last,
            "当月天数": Fraction(self.period.days),
            "段首日": stretch.start,
            "段末日": stretch.end - timedelta(days=1),
            "段内天数": Fraction((stretch.end - stretch.start).days),
        }[name]

    # ── primitives ──

    def value(self, node: Core, segment: int | None) -> Value:
        """Return the value of a core node, or Unknown."""
        return getattr(self, f"_{type(node).__name__}")(node, segment)

    def _Const(self, node: nodes.Const, _: int | None) -> Value:
        return Unknown((THIS_RULE,)) if node.value is None else node.value

    def _Ref(self, node: nodes.Ref, segment: int | None) -> Value:
        return {"规则": self.rule, "列": self.column, "内置": self.builtin}[node.kind](node.name, segment)

    def _Arith(self, node: nodes.Arith, segment: int | None) -> Value:
        a, b = self.value(node.left, segment), self.value(node.right, segment)
        if isinstance(a, Unknown) or isinstance(b, Unknown):
            return Unknown.join(a, b)
        if node.op == "+":
            return a + b
        if node.op == "-":
            return a - b
        if node.op == "×":
            return a * b
        return a / b if b else Unknown((f"除数“{node.right.at}”是零",))

    def _Compare(self, node: nodes.Compare, segment: int | None) -> Value:
        a, b = self.value(node.left, segment), self.value(node.right, segment)
        if isinstance(a, Unknown) or isinstance(b, Unknown):
            return Unknown.join(a, b)
        if node.op in ("=", "≠"):
            return (a == b) == (node.op == "=")
        table = node.left.type.table or node.right.type.table
        if table:
            a, b = table.labels.index(a), table.labels.index(b)
        return {"<": a < b, "≤": a <= b, ">": a > b, "≥": a >= b}[node.op]

    def _Logic(self, node: nodes.Logic, segment: int | None) -> Value:
        values = [self.value(item, segment) for item in node.items]
        if node.op == "非":
            return values[0] if isinstance(values[0], Unknown) else not values[0]
        decisive = node.op == "或"
        if any(v is decisive for v in values):
            return decisive
        return Unknown.join(*values) if any(isinstance(v, Unknown) for v in values) else not decisive

    def _Choose(self, node: nodes.Choose, segment: int | None) -> Value:
        condition = self.value(node.condition, segment)
        if isinstance(condition, Unknown):
            return condition
        return self.value(node.then if condition else node.other, segment)

    def _Extreme(self, node: nodes.Extreme, segment: int | None) -> Value:
        values = [self.value(item, segment) for item in node.items]
        if any(isinstance(v, Unknown) for v in values):
            return Unknown.join(*values)
        return max(values) if node.op == "最高" else min(values)

    def _Round(self, node: nodes.Round, segment: int | None) -> Value:
        value = self.value(node.operand, segment)
        return value if isinstance(value, Unknown) else round_to(value, node.per, node.mode)

    def _Lookup(self, node: nodes.Lookup, segment: int | None) -> Value:
        keys = [self.value(key, segment) for key in node.keys]
        if any(isinstance(k, Unknown) for k in keys):
            return Unknown.join(*keys)
        table = self.bound.table(node.table)
        row = table.cells.get(tuple(keys), table.rest)
        if row is None:
            return Unknown((f"表“{node.table}”没有“{'、'.join(map(plain, keys))}”这一行",))
        cell = row[node.column or ""].value
        return Unknown((CELL_MISSING,)) if cell is None else cell

    def _Bracket(self, node: nodes.Bracket, segment: int | None) -> Value:
        value = self.value(node.operand, segment)
        if isinstance(value, Unknown):
            return value
        table = self.bound.table(node.table)
        starts, values, quick = table.steps
        marginal = table.table.mode == "累进"
        step = max((i for i, start in enumerate(starts) if _reached(value, start, marginal)), default=None)
        if step is None:
            return Fraction(0) if marginal else Unknown((f"表“{node.table}”不到起点",))
        if marginal:
            return value * values[step] - quick[step]
        return Unknown((CELL_MISSING,)) if values[step] is None else values[step]

    def _DateMath(self, node: nodes.DateMath, segment: int | None) -> Value:
        args = [self.value(a, segment) for a in node.args]
        return Unknown.join(*args) if any(isinstance(a, Unknown) for a in args) else date_word(node.word, args)

    def _Segments(self, node: nodes.Segments, _: int | None) -> Value:
        values = [self.value(node.operand, index) for index in range(len(self.stretches))]
        if any(isinstance(v, Unknown) for v in values):
            return Unknown.join(*values)
        days = [(s.end - s.start).days for s in self.stretches]
        return sum((v * d for v, d in zip(values, days, strict=True)), Fraction(0)) / self.period.days

    def _Has(self, node: nodes.Has, segment: int | None) -> Value:
        return not isinstance(self.value(node.operand, segment), Unknown)

    def _Default(self, node: nodes.Default, segment: int | None) -> Value:
        value = self.value(node.operand, segment)
        if not isinstance(value, Unknown):
            return value
        other = self.value(node.other, segment)
        if not isinstance(other, Unknown):
            self.defaults[self._rule, id(node)] = node
            self._stood_in.setdefault(self._asking, {})[self._rule, id(node)] = node
        return other

    def _History(self, node: nodes.History, segment: int | None) -> Value:
        history = self.value(node.history, segment)
        args = [self.value(a, segment) for a in node.args]
        if node.word == "补全" and isinstance(history, Unknown):
            history = {}
        if isinstance(history, Unknown) or any(isinstance(a, Unknown) for a in args):
            return Unknown.join(history, *args)
        if node.word == "某年":
            year = int(args[0])
            label = history.get(year)
            return Unknown((f"{year}年{node.history.at}",)) if label is None else label
        if node.word == "补全":
            return filled(history, int(args[0]), int(args[1]), *node.accepts)
        if node.word == "近几年":
            return lately(history, node.every, int(args[0]), str(node.history.at) if node.gapless else "")
        if node.word in ("连续次数", "最长连续"):
            runs = accepted_runs(history, node.accepts)
            return Fraction(runs.get(int(args[0]), 0) if args else max(runs.values(), default=0))
        return completed_terms(history, node.every, node.accepts, node.resets)

    def _Group(self, node: nodes.Group, segment: int | None) -> Value:
        for part in nodes.children(node):
            self.value(part, segment)  # what stood in for the own value is told, too
        if self.groups is None:
            raise fail("G243", node.at, word=node.word)
        return self.groups.answer(node, self.stretches[0].person)

    # ── forms ──

    def _Exceptions(self, node: nodes.Exceptions, segment: int | None) -> Value:
        chosen = self.winner(node, segment)
        if isinstance(chosen, Unknown):
            return chosen
        return self.value(node.general if chosen is None else chosen.value, segment)

    def winner(self, node: nodes.Exceptions, segment: int | None) -> Row | Unknown | None:
        """Return the exception that applies, None for the general rule, Unknown where it cannot be said or two apply."""
        conditions = [self.value(row.condition, segment) if row.condition else True for row in node.rows]
        applying = [row for row, c in zip(node.rows, conditions, strict=True) if c is True]
        if len(applying) > 1:
            return Unknown((f"{CONFLICT}：{'；'.join(row.at for row in applying)}",))
        if any(isinstance(c, Unknown) for c in conditions):
            return Unknown.join(*conditions)
        return applying[0] if applying else None

    def _FirstOf(self, node: nodes.FirstOf, segment: int | None) -> Value:
        for row in node.rows:
            condition = self.value(row.condition, segment) if row.condition else True
            if isinstance(condition, Unknown):
                return condition
            if condition:
                return self.value(row.value, segment)
        return Unknown((f"“{self._rule}”没有一行合适",))

    def rows(self, rows: tuple[Row, ...], segment: int | None) -> list[Value]:
        """Return the values of the rows whose condition holds; unknown conditions stay in as Unknown."""
        found = []
        for row in rows:
            condition = self.value(row.condition, segment) if row.condition else True
            if isinstance(condition, Unknown):
                found.append(condition)
            elif condition:
                found.append(self.value(row.value, segment))
        return found

    def _SumOf(self, node: nodes.SumOf, segment: int | None) -> Value:
        values = self.rows(node.rows, segment)
        return Unknown.join(*values) if any(isinstance(v, Unknown) for v in values) else sum(values, Fraction(0))

    def _HighestOf(self, node: nodes.HighestOf, segment: int | None) -> Value:
        values = self.rows(node.rows, segment)
        if any(isinstance(v, Unknown) for v in values):
            return Unknown.join(*values)
        return max(values, default=Fraction(0))

    def _AllOf(self, node: nodes.AllOf, segment: int | None) -> Value:
        values = [self.value(row.condition, segment) for row in node.rows if row.condition]
        if any(v is False for v in values):
            return False
        return Unknown.join(*values) if any(isinstance(v, Unknown) for v in values) else True


def _reached(value: Fraction, start: Fraction, marginal: bool) -> bool:
    """A marginal scale's step begins above its start ("超过36,000元至144,000元的部分"); a step scale's at it."""
    return value > start if marginal else value >= start


def filled(history: Mapping[int, str], first: int, last: int, label: str) -> Value:
    """Return the results of every year from first to last, `label` where there is none."""
    if first < FIRST_YEAR or last > LAST_YEAR:
        return Unknown(("补全的起止年份",))
    return {year: history.get(year, label) for year in range(first, last + 1)}


def lately(history: Mapping[int, str], count: int, last: int, strictly: str) -> Value:
    """Return the results of the last `count` years up to `last`; where `strictly` names the history, all must be there."""
    years = range(last - count + 1, last + 1)
    lacking = [f"{year}年{strictly}" for year in years if strictly and history.get(year) is None]
    return Unknown(tuple(lacking)) if lacking else {year: history[year] for year in years if year in history}


def accepted_runs(history: Mapping[int, str], accepts: frozenset[str]) -> dict[int, int]:
    """Return, for each accepted year, how many accepted years in a row end in it; a year without a result breaks the row."""
    runs: dict[int, int] = {}
    for year in sorted(history):
        if history[year] in accepts:
            runs[year] = runs.get(year - 1, 0) + 1
    return runs


def completed_terms(history: Mapping[int, str], every: int, accepts: frozenset[str], resets: bool) -> Fraction:
    """Count full terms of `every` accepted years, in order of years. A year that is not accepted delays, or with
    `resets` starts the count anew; with `resets` a year without a result does so too."""
    terms = run = 0
    previous = None
    for year in sorted(history):
        if resets and previous is not None and year != previous + 1:
            run = 0
        previous = year
        if history[year] in accepts:
            run += 1
        elif resets:
            run = 0
        if run == every:
            terms, run = terms + 1, 0
    return Fraction(terms)


def date_word(word: str, args: list[date]) -> Value:
    """Return the answer of a date word (vocabulary.py states each convention)."""
    first = args[0]
    if word == "年":
        return Fraction(first.year)
    if word == "月":
        return Fraction(first.month)
    if word == "月初":
        return first.replace(day=1)
    if word == "次月起":
        return date(first.year + first.month // 12, first.month % 12 + 1, 1)
    if word == "次年1月起":
        return date(first.year + 1, 1, 1)
    if word == "相隔天数":
        return Fraction((args[1] - first).days)
    months = full_months(first, args[1])
    return Fraction(months if word == "足月" else int(Fraction(months, 12)))


def full_months(start: date, end: date) -> int:
    """Count full months from start to end; negative where end is earlier. A month without that day is full at its end."""
    if end < start:
        return -full_months(end, start)
    months = (end.year - start.year) * 12 + end.month - start.month
    last = calendar.monthrange(end.year, end.month)[1]
    return months - (end.day < min(start.day, last))


def because(names: Sequence[str]) -> str:
    """Return why something cannot be said: the facts that are missing, then whatever else stands in the way."""
    facts = [name for name in names if name != CELL_MISSING and not ("“" in name or "：" in name)]
    others = [name for name in names if name not in facts]
    return "；".join([*(["缺" + "、".join(facts)] if facts else []), *others])


def plain(value: Value) -> str:
    """Return a value as short text: 10, 1.54, 本科, 2026-10-31, 是."""
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, Fraction):
        return decimal_text(value)
    if isinstance(value, dict):
        return "、".join(f"{year} {label}" for year, label in sorted(value.items())) or "没有"
    if isinstance(value, Unknown):
        return f"算不出：{because(value.names)}"
    return str(value)


def canonical(value: Value, kind: Type) -> Any:
    """Return an exact value as answers leave the engine: money int fen, whole numbers int, others Decimal; None unknown.

    Raises ValueError for money that is no whole fen.
    """
    if isinstance(value, Unknown):
        return None
    if isinstance(value, Fraction) and kind.kind == "数":
        if kind.unit == MONEY:
            value *= 100
            if value.denominator != 1:
                raise ValueError(value)
        if value.denominator == 1:
            return int(value)
        places = decimals(value)
        return Decimal(int(value * 10**places)).scaleb(-places)
    return str(value) if isinstance(value, str) else value
