"""A whole table at once: the core trees of a bound pack walked over NumPy columns.

Agrees with interpret.py on every cell (tests/policy). Nothing is looked up by name in a loop over people.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, timedelta
from fractions import Fraction
from itertools import chain
from typing import Any

import numpy as np

from gugan.policy import columns, nodes
from gugan.policy.bound import Bound
from gugan.policy.catalogue import MONEY
from gugan.policy.encode import Texts, encode
from gugan.policy.errors import fail
from gugan.policy.nodes import Core, Row, Type
from gugan.policy.table import Period, Stretch
from gugan.policy.vectors import (
    Array,
    TooLarge,
    Vec,
    add,
    bounded,
    choose,
    constant,
    constants,
    divide,
    extreme,
    gather,
    highest,
    multiply,
    over_one,
    rescaled,
    round_to,
)

FEN = 2
"""Money leaves the engine in fen, so it must fit there."""
_COMPARE = {
    "=": np.equal,
    "≠": np.not_equal,
    "<": np.less,
    "≤": np.less_equal,
    ">": np.greater,
    "≥": np.greater_equal,
}


class Walker:
    """Columns of one block: rows are stretches for per-段 nodes (seg), people for per-月 nodes."""

    def __init__(self, bound: Bound, block: list[Stretch], period: Period):
        self.bound, self.block, self.period = bound, block, period
        persons = [s.person for s in block]
        self.last = [i for i in range(len(block)) if i + 1 == len(block) or persons[i + 1] != persons[i]]
        self.lasts = np.array(self.last, dtype=np.int64)
        self.starts = np.append([0], self.lasts[:-1] + 1).astype(np.int64) if self.last else self.lasts
        self.counts = np.diff(np.append(self.starts, len(block)))
        self.whole = len(self.last) == len(block)
        """Whether everybody has one stretch, so that both kinds of rows are the same."""
        self.values = [s.values for s in block]
        self.given_names = set(chain.from_iterable(self.values))
        self.texts = Texts()
        self._columns: dict[tuple[str, bool], Vec] = {}
        self._rules: dict[str, Vec] = {}

    def count(self, seg: bool) -> int:
        """Return the number of rows."""
        return len(self.block) if seg else len(self.last)

    def is_seg(self, name: str) -> bool:
        """Return whether a rule is per 段."""
        return self.bound.pack.rules[name].per == "段"

    def answer(self, name: str) -> tuple[Vec, Type]:
        """Return a wanted column, one row per person, and its type."""
        if name not in self.bound.pack.rules:
            return self.column(name, False), self.bound.column_type(name)
        vec = self.rule(name)
        return self.at_last(vec) if self.is_seg(name) else vec, self.bound.rule(name).type

    def at_last(self, vec: Vec) -> Vec:
        """Return a per-段 column as it is on each person's last stretch."""
        return vec if self.whole else gather(vec, self.lasts)

    def spread(self, vec: Vec) -> Vec:
        """Repeat a per-月 column over each person's stretches."""
        return vec if self.whole else gather(vec, np.repeat(np.arange(len(self.last)), self.counts))

    def spread_mask(self, people: Array) -> Array:
        """Repeat a mask over people over their stretches."""
        return people if self.whole else np.repeat(people, self.counts)

    def any_of_person(self, stretches: Array) -> Array:
        """Return where any stretch of a person is in a mask."""
        return stretches if self.whole else np.logical_or.reduceat(stretches, self.starts)

    # ── names ──

    def rule(self, name: str) -> Vec:
        """Return the column of a rule, in its own rows."""
        if name not in self._rules:
            bound = self.bound.rule(name)
            seg = self.is_seg(name)
            vec = None
            try:
                if bound.node is not None:
                    vec = self.walk(bound.node, seg)
                    if bound.type.unit == MONEY:
                        rescaled(vec, max(vec.scale, FEN))
                if vec is None or name in self.given_names:
                    vec = self.override(name, vec, seg)
            except TooLarge as error:
                raise fail("G503", bound.rule.at, rule=name, high=_large(error.bound)) from None
            self._rules[name] = vec
        return self._rules[name]

    def override(self, name: str, computed: Vec | None, seg: bool) -> Vec:
        """Put the given values of a rule over the computed ones."""
        given = self.encoded(name, seg)
        if computed is None:
            return given
        return self.pick(Vec(given.known, np.ones_like(given.known)), given, computed, self.bound.given(name).type)

    def encoded(self, name: str, seg: bool) -> Vec:
        """Encode canonical raw values of one name."""
        rows = self.values if seg or self.whole else [self.values[i] for i in self.last]
        return encode(self.bound.given(name), [values.get(name) for values in rows], self.texts)

    def column(self, name: str, seg: bool) -> Vec:
        """Return a catalogue column; a person's is that of the last stretch."""
        key = (name, seg or self.whole)
        if key not in self._columns:
            self._columns[key] = self.encoded(name, seg)
        return self._columns[key]

    def builtin(self, name: str, seg: bool) -> Vec:
        """Return a built-in day or count of days."""
        count = self.count(seg)
        fixed: dict[str, Any] = {
            "核算日": self.period.on,
            "本期首日": self.period.start,
            "本期末日": self.period.last,
            "当月天数": Fraction(self.period.days),
        }
        if name in fixed:
            return self.constant(fixed[name], count)
        if name == "段内天数":
            days = [(s.end - s.start).days for s in self.block]
            return self.rows_of(Vec(np.array(days, dtype=np.int64), np.ones(len(days), dtype=bool), 0, 0, 31), seg)
        edges = [s.start if name == "段首日" else s.end - timedelta(days=1) for s in self.block]
        numbers = np.array([columns.day_of(d) for d in edges], dtype=np.int64)
        return self.rows_of(Vec(numbers, np.ones(len(numbers), dtype=bool)), seg)

    def rows_of(self, vec: Vec, seg: bool) -> Vec:
        """Return a column over stretches in the rows that are asked for."""
        return vec if seg else self.at_last(vec)

    def constant(self, value: Any, count: int) -> Vec:
        """Return one value for every row."""
        known = np.ones(count, dtype=bool)
        if isinstance(value, bool):
            return Vec(np.full(count, value), known)
        if isinstance(value, date):
            return Vec(np.full(count, columns.day_of(value), dtype=np.int64), known)
        return constant(value, count)

    # ── primitives ──

    def walk(self, node: Core, seg: bool) -> Vec:
        """Return the column of a core node."""
        return getattr(self, f"_{type(node).__name__}")(node, seg)

    def _Const(self, node: nodes.Const, seg: bool) -> Vec:
        count, kind = self.count(seg), node.type
        if node.value is None:
            shape = (0, count) if kind.kind == "逐年" else count
            return Vec(np.zeros(shape, dtype=np.int64), np.zeros(count, dtype=bool))
        if kind.kind == "代码" and kind.table:
            code = kind.table.labels.index(node.value)
        elif kind.kind == "文":
            code = self.texts.code(node.value)
        else:
            return self.constant(node.value, count)
        return Vec(np.full(count, code, dtype=np.int64), np.ones(count, dtype=bool))

    def _Ref(self, node: nodes.Ref, seg: bool) -> Vec:
        if node.kind == "内置":
            return self.builtin(node.name, seg)
        if node.kind == "列":
            return self.column(node.name, seg)
        vec = self.rule(node.name)
        return self.spread(vec) if seg and not self.is_seg(node.name) else vec

    def _Arith(self, node: nodes.Arith, seg: bool) -> Vec:
        a, b = self.walk(node.left, seg), self.walk(node.right, seg)
        if node.op in ("+", "-"):
            return add(a, b, 1 if node.op == "+" else -1)
        return multiply(a, b) if node.op == "×" else divide(a, b)

    def _Compare(self, node: nodes.Compare, seg: bool) -> Vec:
        a, b = self.walk(node.left, seg), self.walk(node.right, seg)
        if node.left.type.kind == "数":
            a, b = over_one(a, b)
        return Vec(_COMPARE[node.op](a.values, b.values), a.known & b.known)

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
            then, other = columns.same_years(then, other)
        return choose(condition, then, other, kind.kind == "数")

    def _Extreme(self, node: nodes.Extreme, seg: bool) -> Vec:
        best = self.walk(node.items[0], seg)
        for item in node.items[1:]:
            best = extreme(best, self.walk(item, seg), node.op == "最高")
        return best

    def _Round(self, node: nodes.Round, seg: bool) -> Vec:
        return round_to(self.walk(node.operand, seg), node.per, node.mode)

    def _Lookup(self, node: nodes.Lookup, seg: bool) -> Vec:
        table, column = self.bound.table(node.table), node.column or ""
        keys = [self.walk(key, seg) for key in node.keys]
        position, known = columns.positions(table, keys, self.texts)
        values = [row[column].value for row in table.cells.values()]
        found = columns.cells([*values, table.rest[column].value if table.rest else None], node.type)
        return replace(found, values=found.values[position], known=known & found.known[position])

    def _Bracket(self, node: nodes.Bracket, seg: bool) -> Vec:
        table = self.bound.table(node.table)
        starts, values, quick = table.steps
        marginal = table.table.mode == "累进"
        step, operand = columns.steps_at(starts, self.walk(node.operand, seg), marginal)
        inside, step = step >= 0, np.maximum(step, 0)
        found = gather(columns.cells(list(values), table.column_type("")), step)
        found = replace(found, known=found.known & operand.known)
        if not marginal:
            return replace(found, known=found.known & inside)
        less = gather(constants(quick), step)
        result = add(multiply(operand, found), less, -1)
        low, high = min(result.low, 0), max(result.high, 0)
        return replace(result, values=np.where(inside, result.values, 0), low=low, high=high)

    def _DateMath(self, node: nodes.DateMath, seg: bool) -> Vec:
        return columns.date_word(node.word, [self.walk(a, seg) for a in node.args])

    def _Segments(self, node: nodes.Segments, _: bool) -> Vec:
        vec = self.walk(node.operand, True)
        days = self.builtin("段内天数", True)
        low, high = bounded(min(vec.low, 0) * 31, max(vec.high, 0) * 31)
        values, known = np.where(vec.known, vec.values, 0) * days.values, vec.known
        if not self.whole:
            values = np.add.reduceat(values, self.starts)
            known = np.logical_and.reduceat(known, self.starts)
        total = replace(vec, values=values, known=known, low=low, high=high)
        return divide(total, self.builtin("当月天数", False))

    def _Has(self, node: nodes.Has, seg: bool) -> Vec:
        known = self.walk(node.operand, seg).known
        return Vec(known, np.ones_like(known))

    def _Default(self, node: nodes.Default, seg: bool) -> Vec:
        value, other = self.walk(node.operand, seg), self.walk(node.other, seg)
        return self.pick(Vec(value.known, np.ones_like(value.known)), value, other, node.type)

    def _History(self, node: nodes.History, seg: bool) -> Vec:
        history = self.walk(node.history, seg)
        args = [self.walk(a, seg) for a in node.args]
        labels = node.history.type.table.labels if node.history.type.table else ()
        accepted = [labels.index(label) for label in node.accepts]
        if node.word == "某年":
            return columns.year_of(history, args[0])
        if node.word == "补全":
            return columns.filled(history, args[0], args[1], accepted[0])
        return columns.completed_terms(history, node.every, accepted, node.resets)

    # ── forms ──

    def condition(self, row: Row, seg: bool) -> Vec:
        """Return a row's condition; a row without one always applies."""
        return self.walk(row.condition, seg) if row.condition else self.constant(True, self.count(seg))

    def winners(self, node: nodes.Exceptions, seg: bool) -> tuple[list[Array], Array]:
        """Return (where each row alone applies, where the general rule does); neither where that cannot be said."""
        conditions = [self.condition(row, seg) for row in node.rows]
        applying = [c.values.astype(bool) & c.known for c in conditions]
        count = np.add.reduce([a.astype(np.int64) for a in applying])
        known = np.logical_and.reduce([c.known for c in conditions])
        return [a & known & (count == 1) for a in applying], known & (count == 0)

    def _Exceptions(self, node: nodes.Exceptions, seg: bool) -> Vec:
        alone, general = self.winners(node, seg)
        result = self.walk(node.general, seg)
        for row, wins in zip(node.rows, alone, strict=True):
            result = self.pick(Vec(wins, np.ones_like(wins)), self.walk(row.value, seg), result, node.type)
        return replace(result, known=result.known & (general | np.logical_or.reduce(alone)))

    def _FirstOf(self, node: nodes.FirstOf, seg: bool) -> Vec:
        result = self._Const(nodes.Const(node.at, node.type, None), seg)
        for row in reversed(node.rows):
            result = self.pick(self.condition(row, seg), self.walk(row.value, seg), result, node.type)
        return result

    def _SumOf(self, node: nodes.SumOf, seg: bool) -> Vec:
        total = zero = constant(Fraction(0), self.count(seg))
        for condition, value in self.rows(node.rows, seg):
            total = add(total, choose(condition, value, zero, True))
        return total

    def _HighestOf(self, node: nodes.HighestOf, seg: bool) -> Vec:
        return highest(self.rows(node.rows, seg), self.count(seg))

    def rows(self, rows: Iterable[Row], seg: bool) -> list[tuple[Vec, Vec]]:
        """Return (condition, value) of each row."""
        return [(self.condition(row, seg), self.walk(row.value, seg)) for row in rows]

    def _AllOf(self, node: nodes.AllOf, seg: bool) -> Vec:
        return _kleene([self.condition(row, seg) for row in node.rows], decisive=False)


def _kleene(items: list[Vec], decisive: bool) -> Vec:
    """And (decisive False) or or (decisive True): one decisive known item settles it."""
    hits = [(v.values.astype(bool) == decisive) & v.known for v in items]
    settled = np.logical_or.reduce(hits)
    return Vec(settled if decisive else ~settled, settled | np.logical_and.reduce([v.known for v in items]))


def _large(bound: int) -> str:
    """Return a bound as its size, for nobody reads twenty digits."""
    return f"10 的 {len(str(bound)) - 1} 次方"
