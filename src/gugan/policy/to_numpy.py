"""A whole table at once: the core trees of a bound pack walked over NumPy columns, in blocks of people.

Agrees with interpret.py on every cell (tests/policy). Nothing is looked up by name in a loop over people.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import groupby
from typing import Any

import numpy as np

from gugan.policy import nodes
from gugan.policy.bind import MONEY, Bound, BoundTable, column_type
from gugan.policy.encode import EPOCH, encode
from gugan.policy.errors import fail, hint
from gugan.policy.interpret import Interpreter, Unknown
from gugan.policy.nodes import Core, Row, Type
from gugan.policy.pack import DEFAULT_RANGES
from gugan.policy.table import Period, Result, Stretch
from gugan.policy.vectors import (
    TooLarge,
    Vec,
    add,
    bounded,
    choose,
    decimals,
    divide,
    exact,
    extreme,
    multiply,
    over_one,
    rescaled,
    round_to,
)
from gugan.policy.written import defaults_in, written

BLOCK = 16_384


def evaluate(bound: Bound, stretches: Sequence[Stretch], period: Period, want: Sequence[str]) -> Result:
    """Return the answers to `want` for everyone; raises PolicyErrors for bad packs or facts, never for missing ones."""
    for name in want:
        if name not in bound.pack.rules and name not in bound.pack.catalogue.columns:
            raise fail("G504", None, name=name, hint=hint(name, bound.pack.rules))
    result = Result([], {name: [] for name in want}, {name: {} for name in want}, {})
    block: list[Stretch] = []
    people = 0
    for _, group in groupby(stretches, key=lambda s: s.person):
        block += group
        people += 1
        if people % BLOCK == 0:
            _evaluate_block(bound, block, period, want, result)
            block = []
    if block:
        _evaluate_block(bound, block, period, want, result)
    return result


def _evaluate_block(bound: Bound, block: list[Stretch], period: Period, want: Sequence[str], result: Result) -> None:
    walker = Walker(bound, block, period)
    answers = {name: walker.answer(name) for name in want}
    bound.raise_problems()
    people = [block[i].person for i in walker.last]
    result.people += people
    unknown = np.zeros(len(people), dtype=bool)
    for name, (vec, kind) in answers.items():
        result.values[name] += _output(vec, kind, name)
        unknown |= ~vec.known
    for index in np.flatnonzero(unknown):
        first = walker.last[index - 1] + 1 if index else 0
        one = Interpreter(bound, block[first : walker.last[index] + 1], period)
        for name, (vec, _) in answers.items():
            if not vec.known[index]:
                value = one.rule(name) if name in bound.pack.rules else one.column(name, None)
                result.missing[name][people[index]] = value.names if isinstance(value, Unknown) else ()
    for sentence, used in walker.defaults(want):
        for index in np.flatnonzero(used):
            result.defaults[people[index]] = (*result.defaults.get(people[index], ()), sentence)


def _output(vec: Vec, kind: Type, name: str) -> list[Any]:
    """Return canonical answers: money int fen, whole numbers int, other numbers Decimal, text, bool, date; None unknown."""
    known = vec.known
    if kind.kind == "数":
        scale = max(vec.scale, 2) if kind.unit == MONEY else vec.scale
        vec = rescaled(vec, scale)
        if kind.unit == MONEY:
            factor = 10 ** (scale - 2)
            if factor > 1 and np.any((vec.values % factor != 0) & known):
                raise fail("G203", None, name=name)
            numbers: list[Any] = (vec.values // factor).tolist()
        elif scale == 0:
            numbers = vec.values.tolist()
        else:
            numbers = [Decimal(v).scaleb(-scale) for v in vec.values.tolist()]
    elif kind.kind == "是否":
        numbers = vec.values.astype(bool).tolist()
    elif kind.kind == "日期":
        numbers = [EPOCH + timedelta(days=d) for d in vec.values.tolist()]
    elif kind.kind == "逐年":
        return [_years(vec, kind, i) for i in range(len(known))]
    else:
        labels = kind.table.labels if kind.table else ()
        numbers = [labels[c] if 0 <= c < len(labels) else None for c in vec.values.tolist()]
    return numbers if known.all() else [n if k else None for n, k in zip(numbers, known.tolist(), strict=True)]


def _years(vec: Vec, kind: Type, index: int) -> dict[int, str] | None:
    if not vec.known[index] or kind.table is None:
        return None
    return {vec.first + y: kind.table.labels[c] for y, c in enumerate(vec.values[:, index].tolist()) if c >= 0}


def prove(bound: Bound, name: str, period: Period) -> Vec:
    """Walk a rule over no rows: returns its scale and bounds; raises PolicyErrors where they cannot be held."""
    return Walker(bound, [], period).answer(name)[0]


class Walker:
    """Columns of one block: rows are stretches for per-段 nodes, people for per-月 nodes."""

    def __init__(self, bound: Bound, block: list[Stretch], period: Period):
        self.bound, self.block, self.period = bound, block, period
        persons = [s.person for s in block]
        self.last = [i for i in range(len(block)) if i + 1 == len(block) or persons[i + 1] != persons[i]]
        starts = [0, *(i + 1 for i in self.last[:-1])] if self.last else []
        self.starts, self.lasts = np.array(starts, dtype=np.int64), np.array(self.last, dtype=np.int64)
        self.month_rows = [block[i] for i in self.last]
        self._columns: dict[tuple[str, bool], Vec] = {}
        self._rules: dict[str, Vec] = {}
        self._default_sites: dict[str, np.ndarray] = {}

    def rows(self, seg: bool) -> list[Stretch]:
        """Return the stretches that stand behind the rows."""
        return self.block if seg else self.month_rows

    def answer(self, name: str) -> tuple[Vec, Type]:
        """Return a wanted column and its type."""
        if name in self.bound.pack.rules:
            vec = self.rule(name)
            kind = self.bound.rule(name).type
            if self.bound.rule(name).rule.per == "段":
                vec = self.at_last(vec)
            return vec, kind
        return self.column(name, False), column_type(self.bound.pack, name)

    def at_last(self, vec: Vec) -> Vec:
        """Return a per-段 column as it is on each person's last stretch."""
        values = vec.values[:, self.lasts] if vec.values.ndim == 2 else vec.values[self.lasts]
        den = None if vec.den is None else vec.den[self.lasts]
        return replace(vec, values=values, known=vec.known[self.lasts], den=den)

    # ── names ──

    def rule(self, name: str) -> Vec:
        """Return the column of a rule, in its own rows."""
        if name not in self._rules:
            bound = self.bound.rule(name)
            seg = bound.rule.per == "段"
            kind = bound.type if bound.type.kind != "?" else Type("数")
            vec = None
            if bound.node is not None:
                try:
                    vec = self.walk(bound.node, seg)
                except TooLarge as error:
                    raise fail("G503", bound.rule.at, rule=name, high=error.bound) from None
                if vec.den is not None:
                    raise fail("G204", bound.rule.at)
            if vec is None or any(name in row.values for row in self.rows(seg)):
                vec = self.override(name, kind, vec, seg)
            self._rules[name] = vec
        return self._rules[name]

    def override(self, name: str, kind: Type, computed: Vec | None, seg: bool) -> Vec:
        """Put the given values of a rule over the computed ones."""
        given = self.encoded(name, kind, seg, *DEFAULT_RANGES.get(kind.unit, DEFAULT_RANGES[""]))
        if computed is None:
            return given
        if kind.kind == "逐年":
            given, computed = _same_years(given, computed)
        everywhere = np.ones(len(given), dtype=bool)
        picked = Vec(given.known, everywhere)
        return choose(picked, given, computed, kind.kind == "数")

    def encoded(self, name: str, kind: Type, seg: bool, low: int, high: int, empty: Any = None) -> Vec:
        """Encode canonical raw values of one name."""
        return encode([row.values.get(name, empty) for row in self.rows(seg)], kind, name, low, high, empty)

    def column(self, name: str, seg: bool) -> Vec:
        """Return a catalogue column."""
        key = (name, seg)
        if key not in self._columns:
            column = self.bound.pack.catalogue.columns[name]
            low, high = column.low or 0, column.high or 0
            self._columns[key] = self.encoded(name, column_type(self.bound.pack, name), seg, low, high, column.empty)
        return self._columns[key]

    def builtin(self, name: str, seg: bool) -> Vec:
        """Return a built-in day or count of days."""
        rows = self.rows(seg)
        fixed = {
            "核算日": self.period.on,
            "本期首日": self.period.start,
            "本期末日": self.period.last,
            "当月天数": self.period.days,
        }
        if name in fixed:
            return self.constant(fixed[name], len(rows))
        if name == "段内天数":
            days = np.array([(r.end - r.start).days for r in rows], dtype=np.int64)
            return Vec(days, np.ones(len(rows), dtype=bool), 0, 0, 31)
        days = np.array([((r.start if name == "段首日" else r.end) - EPOCH).days for r in rows], dtype=np.int64)
        return Vec(days - (name == "段末日"), np.ones(len(rows), dtype=bool))

    def constant(self, value: Any, count: int) -> Vec:
        """Return one value for every row."""
        known = np.ones(count, dtype=bool)
        if isinstance(value, bool):
            return Vec(np.full(count, value), known)
        if isinstance(value, date):
            return Vec(np.full(count, (value - EPOCH).days, dtype=np.int64), known)
        scale = decimals(Fraction(value))
        scaled = int(Fraction(value) * 10**scale)
        bounded(scaled, scaled)
        return Vec(np.full(count, scaled, dtype=np.int64), known, scale, scaled, scaled)

    # ── primitives ──

    def walk(self, node: Core, seg: bool) -> Vec:
        """Return the column of a core node."""
        return getattr(self, f"_{type(node).__name__}")(node, seg)

    def _Const(self, node: nodes.Const, seg: bool) -> Vec:
        count = len(self.rows(seg))
        if node.value is None:
            return Vec(np.zeros(count, dtype=np.int64), np.zeros(count, dtype=bool))
        if node.type.kind == "代码" and node.type.table:
            code = node.type.table.labels.index(node.value)
            return Vec(np.full(count, code, dtype=np.int64), np.ones(count, dtype=bool))
        return self.constant(node.value, count)

    def _Ref(self, node: nodes.Ref, seg: bool) -> Vec:
        if node.kind == "内置":
            return self.builtin(node.name, seg)
        if node.kind == "列":
            return self.column(node.name, seg)
        vec = self.rule(node.name)
        if seg and self.bound.rule(node.name).rule.per == "月":
            return self.spread(vec)
        return vec

    def spread(self, vec: Vec) -> Vec:
        """Repeat a per-月 column over each person's stretches."""
        counts = np.diff(np.append(self.starts, len(self.block)))
        index = np.repeat(np.arange(len(self.starts)), counts)
        values = vec.values[:, index] if vec.values.ndim == 2 else vec.values[index]
        return replace(vec, values=values, known=vec.known[index], den=None if vec.den is None else vec.den[index])

    def _Arith(self, node: nodes.Arith, seg: bool) -> Vec:
        a, b = self.walk(node.left, seg), self.walk(node.right, seg)
        if node.op in ("+", "-"):
            return add(a, b, 1 if node.op == "+" else -1)
        return multiply(a, b) if node.op == "×" else divide(a, b)

    def _Compare(self, node: nodes.Compare, seg: bool) -> Vec:
        a, b = self.walk(node.left, seg), self.walk(node.right, seg)
        if node.left.type.kind == "数":
            a, b = over_one(a, b)
        x, y = a.values, b.values
        compare = {"=": np.equal, "≠": np.not_equal, "<": np.less, "≤": np.less_equal, ">": np.greater, "≥": np.greater_equal}
        return Vec(compare[node.op](x, y), a.known & b.known)

    def _Logic(self, node: nodes.Logic, seg: bool) -> Vec:
        items = [self.walk(item, seg) for item in node.items]
        if node.op == "非":
            return Vec(~items[0].values.astype(bool), items[0].known)
        return _kleene(items, decisive=node.op == "或")

    def _Choose(self, node: nodes.Choose, seg: bool) -> Vec:
        then, other = self.walk(node.then, seg), self.walk(node.other, seg)
        return self.pick(self.walk(node.condition, seg), then, other, node.type)

    def pick(self, condition: Vec, then: Vec, other: Vec, kind: Type) -> Vec:
        """Choose between two columns of one type."""
        if kind.kind == "逐年":
            then, other = _same_years(then, other)
        return choose(condition, then, other, kind.kind == "数")

    def _Extreme(self, node: nodes.Extreme, seg: bool) -> Vec:
        best = self.walk(node.items[0], seg)
        for item in node.items[1:]:
            best = extreme(best, self.walk(item, seg), node.op == "最高")
        return best

    def _Round(self, node: nodes.Round, seg: bool) -> Vec:
        return round_to(self.walk(node.operand, seg), node.per, node.mode)

    def _Lookup(self, node: nodes.Lookup, seg: bool) -> Vec:
        table = self.bound.table(node.table)
        keys = [self.walk(key, seg) for key in node.keys]
        position, known = _positions(table, keys)
        cells = [row[node.column or ""].value for row in table.cells.values()]
        cells.append(table.rest[node.column or ""].value if table.rest else None)
        values, cell_known, scale = _cells(cells, table.column_type(node.column or ""))
        low, high = (int(values.min(initial=0)), int(values.max(initial=0))) if node.type.kind == "数" else (0, 0)
        return Vec(values[position], known & cell_known[position], scale, low, high)

    def _Bracket(self, node: nodes.Bracket, seg: bool) -> Vec:
        table = self.bound.table(node.table)
        starts, rates, quick = table.steps
        operand = self.walk(node.operand, seg)
        scale = max([operand.scale, *(decimals(s) for s in starts)])
        operand = rescaled(operand, scale)
        edges, _ = exact(list(starts), scale)
        marginal = table.table.mode == "累进"
        if operand.den is not None:
            raise fail("G204", node.at)
        step = np.searchsorted(edges, operand.values, side="left" if marginal else "right") - 1
        inside = step >= 0
        step = np.maximum(step, 0)
        rate_scale = max(decimals(r) for r in rates)
        rate = Vec(exact(list(rates), rate_scale)[0][step], operand.known, rate_scale, *_ends(rates, rate_scale))
        if not marginal:
            return replace(rate, known=operand.known & inside)
        quick_scale = max(decimals(q) for q in quick)
        less = Vec(exact(list(quick), quick_scale)[0][step], operand.known, quick_scale, *_ends(quick, quick_scale))
        result = add(multiply(operand, rate), less, -1)
        return replace(result, values=np.where(inside, result.values, 0))

    def _DateMath(self, node: nodes.DateMath, seg: bool) -> Vec:
        args = [self.walk(a, seg) for a in node.args]
        known = np.logical_and.reduce([a.known for a in args])
        days = [np.where(known, a.values, 0) for a in args]
        return Vec(_date_word(node.word, days), known, 0, -1_000_000, 1_000_000)

    def _Segments(self, node: nodes.Segments, _: bool) -> Vec:
        vec = self.walk(node.operand, True)
        if vec.den is not None:
            raise fail("G204", node.at)
        days = self.builtin("段内天数", True)
        low, high = bounded(min(vec.low, 0) * 31, max(vec.high, 0) * 31)
        values, known = vec.values * days.values, vec.known
        if len(self.starts):
            values = np.add.reduceat(np.where(known, values, 0), self.starts)
            known = np.logical_and.reduceat(known, self.starts)
        return divide(replace(vec, values=values, known=known, low=low, high=high), self.builtin("当月天数", False))

    def _Has(self, node: nodes.Has, seg: bool) -> Vec:
        vec = self.walk(node.operand, seg)
        return Vec(vec.known.copy(), np.ones(len(vec), dtype=bool))

    def _Default(self, node: nodes.Default, seg: bool) -> Vec:
        value, other = self.walk(node.operand, seg), self.walk(node.other, seg)
        known = Vec(value.known, np.ones(len(value), dtype=bool))
        return self.pick(known, value, other, node.type)

    def _History(self, node: nodes.History, seg: bool) -> Vec:
        history = self.walk(node.history, seg)
        args = [self.walk(a, seg) for a in node.args]
        table = node.history.type.table
        assert table is not None
        if node.word == "某年":
            return _year_of(history, args[0])
        if node.word == "补全":
            (fill,) = node.accepts
            return _filled(history, args[0], args[1], table.labels.index(fill))
        accepted = [table.labels.index(label) for label in node.accepts]
        return _terms(history, node.every, accepted, node.resets)

    # ── forms ──

    def _Exceptions(self, node: nodes.Exceptions, seg: bool) -> Vec:
        result = self.walk(node.general, seg)
        applying = np.zeros(len(result), dtype=np.int64)
        known = np.ones(len(result), dtype=bool)
        for row in node.rows:
            condition = self.condition(row, seg)
            applying += condition.values.astype(bool) & condition.known
            known &= condition.known
            result = self.pick(Vec(condition.values, np.ones_like(known)), self.walk(row.value, seg), result, node.type)
        return replace(result, known=result.known & known & (applying <= 1))

    def condition(self, row: Row, seg: bool) -> Vec:
        """Return a row's condition; a row without one always applies."""
        return self.walk(row.condition, seg) if row.condition else self.constant(True, len(self.rows(seg)))

    def _FirstOf(self, node: nodes.FirstOf, seg: bool) -> Vec:
        count = len(self.rows(seg))
        result = replace(self.walk(node.rows[-1].value, seg), known=np.zeros(count, dtype=bool))
        for row in reversed(node.rows):
            result = self.pick(self.condition(row, seg), self.walk(row.value, seg), result, node.type)
        return result

    def _rows_or_zero(self, rows: Iterable[Row], seg: bool, kind: Type) -> list[Vec]:
        zero = self.constant(Fraction(0), len(self.rows(seg)))
        return [self.pick(self.condition(row, seg), self.walk(row.value, seg), zero, kind) for row in rows]

    def _SumOf(self, node: nodes.SumOf, seg: bool) -> Vec:
        total = self.constant(Fraction(0), len(self.rows(seg)))
        for vec in self._rows_or_zero(node.rows, seg, node.type):
            total = add(total, vec)
        return total

    def _HighestOf(self, node: nodes.HighestOf, seg: bool) -> Vec:
        best = self.constant(Fraction(0), len(self.rows(seg)))
        for vec in self._rows_or_zero(node.rows, seg, node.type):
            best = extreme(best, vec, highest=True)
        return best

    def _AllOf(self, node: nodes.AllOf, seg: bool) -> Vec:
        return _kleene([self.condition(row, seg) for row in node.rows], decisive=False)

    # ── defaults ──

    def defaults(self, want: Sequence[str]) -> list[tuple[str, np.ndarray]]:
        """Return (sentence, mask over people) for each 缺省 in the rules behind `want`: missing, and the other known."""
        found = []
        for rule, node in defaults_in(self.bound, want):
            seg = self.bound.rule(rule).rule.per == "段"
            used = ~self.walk(node.operand, seg).known & self.walk(node.other, seg).known
            used &= np.array([row.values.get(rule) is None for row in self.rows(seg)], dtype=bool)
            if seg and len(self.starts):
                used = np.logical_or.reduceat(used, self.starts)
            if used.any():
                found.append((f"{rule}：缺{written(node.operand)}，按{written(node.other)}", used))
        return found


def _kleene(items: list[Vec], decisive: bool) -> Vec:
    """And (decisive False) or or (decisive True): one decisive known item settles it."""
    hits = [(v.values.astype(bool) == decisive) & v.known for v in items]
    settled = np.logical_or.reduce(hits)
    return Vec(settled if decisive else ~settled, settled | np.logical_and.reduce([v.known for v in items]))


def _ends(numbers: Sequence[Fraction], scale: int) -> tuple[int, int]:
    return int(min(numbers) * 10**scale), int(max(numbers) * 10**scale)


def _positions(table: BoundTable, keys: list[Vec]) -> tuple[np.ndarray, np.ndarray]:
    """Return (index into the table's rows, the last being 其余; known) for each row of keys."""
    known = np.logical_and.reduce([k.known for k in keys])
    combined = np.zeros(len(known), dtype=np.int64)
    inside = np.ones(len(known), dtype=bool)
    codes = [np.zeros(0, dtype=np.int64)] * len(keys)
    row_code = np.zeros(len(table.cells), dtype=np.int64)
    for number, (vec, kind) in enumerate(zip(keys, table.key_types, strict=True)):
        values = [key[number] for key in table.cells]
        if kind.table is not None:
            wanted = np.array([kind.table.labels.index(str(v)) for v in values], dtype=np.int64)
            own = vec.values
        else:
            scale = max([vec.scale, *(decimals(Fraction(v)) for v in values)])
            wanted = exact([Fraction(v) for v in values], scale)[0]
            own = rescaled(vec, scale).values
        distinct, wanted_code = np.unique(wanted, return_inverse=True)
        at = np.clip(np.searchsorted(distinct, own), 0, max(len(distinct) - 1, 0))
        inside &= distinct[at] == own
        combined = combined * len(distinct) + at
        row_code = row_code * len(distinct) + wanted_code
        codes[number] = at
    order = np.argsort(row_code)
    sorted_codes = row_code[order]
    at = np.clip(np.searchsorted(sorted_codes, combined), 0, max(len(order) - 1, 0))
    inside &= sorted_codes[at] == combined
    return np.where(inside & known, order[at], len(table.cells)), known


def _cells(cells: list[Any], kind: Type) -> tuple[np.ndarray, np.ndarray, int]:
    """Encode a table column: (values, known, scale)."""
    if kind.kind == "数":
        scale = max((decimals(c) for c in cells if c is not None), default=0)
        return *exact(cells, scale), scale
    known = np.array([c is not None for c in cells], dtype=bool)
    if kind.kind == "日期":
        return np.array([0 if c is None else (c - EPOCH).days for c in cells], dtype=np.int64), known, 0
    labels = kind.table.labels if kind.table else ()
    return np.array([0 if c is None else labels.index(c) for c in cells], dtype=np.int64), known, 0


def _date_word(word: str, days: list[np.ndarray]) -> np.ndarray:
    """Date words over days since 1970; conventions as in interpret.date_word."""
    year, month, day = _parts(days[0])
    if word == "年":
        return year
    if word == "月":
        return month
    if word == "月初":
        return _days(year, month)
    if word == "次月起":
        return _days(year + month // 12, month % 12 + 1)
    if word == "次年1月起":
        return _days(year + 1, np.ones_like(month))
    if word == "相隔天数":
        return days[1] - days[0]
    backwards = days[1] < days[0]
    start, end = np.where(backwards, days[1], days[0]), np.where(backwards, days[0], days[1])
    (y1, m1, d1), (y2, m2, d2) = _parts(start), _parts(end)
    last = _days(y2 + m2 // 12, m2 % 12 + 1) - _days(y2, m2)
    months = (y2 - y1) * 12 + m2 - m1 - (d2 < np.minimum(d1, last))
    months = months if word == "足月" else months // 12
    return np.where(backwards, -months, months)


def _parts(days: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    dates = days.astype("datetime64[D]")
    months = dates.astype("datetime64[M]")
    number = months.astype(np.int64)
    return number // 12 + 1970, number % 12 + 1, (dates - months).astype(np.int64) + 1


def _days(year: np.ndarray, month: np.ndarray) -> np.ndarray:
    return ((year - 1970) * 12 + month - 1).astype("datetime64[M]").astype("datetime64[D]").astype(np.int64)


def _year_of(history: Vec, year: Vec) -> Vec:
    row = year.values - history.first
    inside = (row >= 0) & (row < len(history.values))
    if not len(history.values):
        return Vec(np.zeros(len(history), dtype=np.int64), np.zeros(len(history), dtype=bool))
    codes = history.values[np.clip(row, 0, len(history.values) - 1), np.arange(len(history))]
    return Vec(np.maximum(codes, 0), history.known & year.known & inside & (codes >= 0))


def _filled(history: Vec, first: Vec, last: Vec, code: int) -> Vec:
    known = first.known & last.known
    low = int(first.values[known].min()) if known.any() else history.first
    high = int(last.values[known].max()) if known.any() else low - 1
    years = np.arange(low, max(high, low - 1) + 1)[:, None]
    out = np.full((len(years), len(history)), -1, dtype=np.int64)
    for index, year in enumerate(years[:, 0]):
        row = year - history.first
        if 0 <= row < len(history.values):
            out[index] = np.where(history.known, history.values[row], -1)
    wanted = (years >= first.values) & (years <= last.values)
    out = np.where(wanted, np.where(out >= 0, out, code), -1)
    return Vec(out, known, first=low)


def _terms(history: Vec, every: int, accepted: list[int], resets: bool) -> Vec:
    terms = np.zeros(len(history), dtype=np.int64)
    run = np.zeros(len(history), dtype=np.int64)
    for codes in history.values:
        good = np.isin(codes, accepted)
        run = np.where(good, run + 1, 0) if resets else run + good
        full = run == every
        terms += full
        run = np.where(full, 0, run)
    return Vec(terms, history.known, 0, 0, 200)


def _same_years(a: Vec, b: Vec) -> tuple[Vec, Vec]:
    """Bring two columns of yearly results to one range of years."""
    first = min(a.first, b.first)
    end = max(a.first + len(a.values), b.first + len(b.values))

    def widened(vec: Vec) -> Vec:
        out = np.full((end - first, len(vec)), -1, dtype=np.int64)
        out[vec.first - first : vec.first - first + len(vec.values)] = vec.values
        return replace(vec, values=out, first=first)

    return widened(a), widened(b)
