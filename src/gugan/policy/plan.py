"""A plan: the answers of a pack as one list of whole-number operations, which every column backend carries out.

Core nodes (nodes.py) become operations in lower.py; a backend is one function per operation of OPS and nothing else, so
a new word of the language usually needs no backend at all. Equal operations are one operation; what the ranges prove
constant is a constant; nothing is emitted that could leave int64.

Every operation is total: where an answer cannot be said, its value is some number inside the proven range and a
boolean operation beside it says that it is not known. So no gather needs a check and no division a guard.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np

from gugan.policy import intervals
from gugan.policy.intervals import Range

FIXED, PERSON, STRETCH = 0, 1, 2
"""Spaces: one value per pack and month; one per person; one per stretch of a person."""

OPS = {
    "const": "a whole number or a truth (extra: the value)",
    "slot": "a parameter that differs between the packs or months of a family (extra: its values)",
    "input": "a given column (extra: its name)",
    "known": "where a given column has a value (extra: its name)",
    "add": "a + b",
    "sub": "a − b",
    "mul": "a × b",
    "div": "a ÷ b rounded down; b is proven positive",
    "max": "the higher of a and b",
    "min": "the lower of a and b",
    "lt": "a < b",
    "le": "a ≤ b",
    "eq": "a = b",
    "and": "a and b",
    "or": "a or b",
    "not": "not a",
    "select": "b where a holds, else c",
    "take": "the cell of a table at a (extra: the table); a is proven inside it",
    "count": "how many of some ascending numbers a is above, or at or above (extra: (numbers, strictly))",
    "row": "a FIXED value of the pack that governs each row",
    "spread": "a person's value at each stretch",
    "last": "the value at each person's last stretch",
    "total": "the sum over each person's stretches",
    "all": "whether it holds at all of a person's stretches",
    "any": "whether it holds at any of a person's stretches",
    "is_last": "whether a stretch is its person's last",
    "mark": "a, kept apart from what is equal to it (extra: why); names what is missing",
    "years_none": "no yearly results",
    "years_pick": "yearly results b where a holds, else c",
    "years_fill": "yearly results a from year b to c; label `extra` for every other year there, −1: none",
    "years_at": "the label of yearly results a in year b, −1 where there is none",
    "years_run": "how many counting labels in a row end in year b of yearly results a, or at most (extra: (labels, longest))",
    "years_terms": "full terms in yearly results a (extra: (every, labels that count, starts anew))",
}
"""Every operation and its meaning. Kinds: whole numbers, truths (lt … not, known, all, any, mark) and yearly results."""


class Op(NamedTuple):
    """One operation: `args` are earlier operations; kind is i(nteger), b(oolean) or y(ears); low, high its range."""

    code: str
    args: tuple[int, ...]
    extra: Any
    kind: str
    space: int
    low: int
    high: int


class Plan:
    """A growing list of operations. `packs`: how many divisions' packs share it; `parted`: whether people have several
    stretches, so that persons and stretches are different rows."""

    def __init__(self, packs: int = 1, parted: bool = False):
        self.packs, self.parted = packs, parted
        self.ops: list[Op] = []
        self.tables: list[np.ndarray] = []
        self._numbers: dict[bytes, int] = {}
        self._seen: dict[tuple, int] = {}
        self.no, self.yes = self.truth(False), self.truth(True)
        self.zero, self.one = self.const(0), self.const(1)

    def _new(self, code: str, args: tuple[int, ...], extra: Any, kind: str, space: int, span: Range) -> int:
        key = (code, args, extra, kind)
        found = self._seen.get(key)
        if found is None:
            found = self._seen[key] = len(self.ops)
            self.ops.append(Op(code, args, extra, kind, space, *span))
        return found

    def range(self, op: int) -> Range:
        """Return the proven range of an operation."""
        return self.ops[op].low, self.ops[op].high

    def value(self, op: int) -> int | None:
        """Return the value of what is proven constant, else None."""
        found = self.ops[op]
        return found.extra if found.code == "const" else None

    # ── leaves ──

    def const(self, value: int) -> int:
        """A whole number."""
        return self._new("const", (), value, "i", FIXED, intervals.bounded(value, value))

    def truth(self, value: bool) -> int:
        """A truth."""
        return self._new("const", (), value, "b", FIXED, (value, value))

    def slot(self, values: Sequence[int]) -> int:
        """A number, or a truth, for each pack and month of a family."""
        if len(set(values)) == 1:
            return self.truth(values[0]) if isinstance(values[0], bool) else self.const(values[0])
        kind = "b" if isinstance(values[0], bool) else "i"
        return self._new("slot", (), tuple(values), kind, FIXED, intervals.bounded(min(values), max(values)))

    def input(self, name: str, span: Range, kind: str = "i", space: int = STRETCH) -> int:
        """A given column, one value per stretch."""
        return self._new("input", (), name, kind, space if self.parted else PERSON, intervals.bounded(*span))

    def known(self, name: str) -> int:
        """Where a given column has a value."""
        return self._new("known", (), name, "b", STRETCH if self.parted else PERSON, (0, 1))

    # ── whole numbers ──

    def _op(self, code: str, args: tuple[int, ...], span: Range, kind: str = "i", extra: Any = None) -> int:
        if kind == "i" and span[0] == span[1]:
            return self.const(span[0])
        space = max(self.ops[a].space for a in args)
        return self._new(code, tuple(self._rows(a, space) for a in args), extra, kind, space, span)

    def _rows(self, op: int, space: int) -> int:
        found = self.ops[op]
        if found.space == FIXED and space != FIXED and self.packs > 1 and found.code != "const":
            return self._new("row", (op,), space, found.kind, space, (found.low, found.high))
        if found.space == PERSON and space == STRETCH:
            return self.spread(op)
        return op

    def add(self, a: int, b: int) -> int:
        """a + b."""
        if self.value(a) == 0 or self.value(b) == 0:
            return a if self.value(b) == 0 else b
        return self._op("add", (a, b), intervals.add(self.range(a), self.range(b)))

    def sub(self, a: int, b: int, within: Range | None = None) -> int:
        """a − b; `within` is a narrower range that the caller has proven."""
        if self.value(b) == 0 or a == b:
            return self.zero if a == b else a
        span = intervals.sub(self.range(a), self.range(b))
        return self._op("sub", (a, b), within or span)

    def mul(self, a: int, b: int) -> int:
        """a × b."""
        if self.value(a) == 1 or self.value(b) == 1:
            return a if self.value(b) == 1 else b
        return self._op("mul", (a, b), intervals.mul(self.range(a), self.range(b)))

    def div(self, a: int, b: int) -> int:
        """a ÷ b rounded down, for positive b."""
        return a if self.value(b) == 1 else self._op("div", (a, b), intervals.div(self.range(a), self.range(b)))

    def max(self, a: int, b: int) -> int:
        """The higher."""
        (low, high), (other_low, other_high) = self.range(a), self.range(b)
        if a == b or low >= other_high:
            return a
        return b if other_low >= high else self._op("max", (a, b), intervals.highest((low, high), self.range(b)))

    def min(self, a: int, b: int) -> int:
        """The lower."""
        (low, high), (other_low, other_high) = self.range(a), self.range(b)
        if a == b or high <= other_low:
            return a
        return b if other_high <= low else self._op("min", (a, b), intervals.lowest((low, high), self.range(b)))

    def scaled(self, a: int, places: int) -> int:
        """a × 10 ** places."""
        intervals.bounded(0, 10**places)
        return self.mul(a, self.const(10**places))

    # ── truths ──

    def lt(self, a: int, b: int) -> int:
        """a < b."""
        told = False if a == b else intervals.below(self.range(a), self.range(b), True)
        return self._op("lt", (a, b), (0, 1), "b") if told is None else self.truth(told)

    def le(self, a: int, b: int) -> int:
        """a ≤ b."""
        told = True if a == b else intervals.below(self.range(a), self.range(b), False)
        return self._op("le", (a, b), (0, 1), "b") if told is None else self.truth(told)

    def eq(self, a: int, b: int) -> int:
        """a = b."""
        if self.ops[a].kind == "b":
            return self.either(self.both(a, b), self.both(self.negate(a), self.negate(b)))
        told = True if a == b else intervals.equal(self.range(a), self.range(b))
        return self._op("eq", (a, b), (0, 1), "b") if told is None else self.truth(told)

    def both(self, *items: int) -> int:
        """Whether all hold."""
        found = self.yes
        for item in items:
            if found == self.yes or found == item:
                found = item
            elif self.no in (found, item):
                found = self.no
            elif item != self.yes:
                found = self._op("and", (found, item), (0, 1), "b")
        return found

    def either(self, *items: int) -> int:
        """Whether any holds."""
        found = self.no
        for item in items:
            if found == self.no or found == item:
                found = item
            elif self.yes in (found, item):
                found = self.yes
            elif item != self.no:
                found = self._op("or", (found, item), (0, 1), "b")
        return found

    def negate(self, a: int) -> int:
        """Whether it does not hold."""
        op = self.ops[a]
        if op.code == "const":
            return self.truth(not op.extra)
        return op.args[0] if op.code == "not" else self._op("not", (a,), (0, 1), "b")

    def mark(self, a: int, why: Any) -> int:
        """The same truth, kept apart."""
        return self._new("mark", (a,), why, "b", self.ops[a].space, (0, 1))

    # ── choice, tables ──

    def select(self, condition: int, a: int, b: int) -> int:
        """a where the condition holds, else b; of numbers, truths or yearly results."""
        if a == b or condition == self.yes:
            return a
        if condition == self.no:
            return b
        op = self.ops[condition]
        if op.code == "not":
            return self.select(op.args[0], b, a)
        kind = self.ops[a].kind
        if kind == "b":
            return self.either(self.both(condition, a), self.both(self.negate(condition), b))
        code = "select" if kind == "i" else "years_pick"
        return self._op(code, (condition, a, b), intervals.either(self.range(a), self.range(b)), kind)

    def take(self, table: np.ndarray, index: int, base: int = 0) -> int:
        """table[index − base]; raises TooLarge where the index is not proven inside."""
        low, high = self.range(index)
        if low < base or high >= base + len(table):
            raise intervals.TooLarge(max(abs(low), abs(high)))
        cells = np.ascontiguousarray(table[low - base : high - base + 1], dtype=np.int64)
        if not np.any(cells != cells[0]):
            return self.const(int(cells[0]))
        number = self._numbers.setdefault(cells.tobytes(), len(self.tables))
        if number == len(self.tables):
            self.tables.append(cells)
        span = (int(cells.min()), int(cells.max()))
        return self._op("take", (self.sub(index, self.const(low)),), span, "i", number)

    def count(self, a: int, edges: Sequence[int], strict: bool) -> int:
        """How many of some ascending numbers a is above (strict), or at or above."""
        low, high = self.range(a)
        under = sum(1 for e in edges if (low > e if strict else low >= e))
        over = sum(1 for e in edges if (high > e if strict else high >= e))
        asked = tuple(edges[under:over])
        if not asked:
            return self.const(under)
        found = self._op("count", (a,), (0, len(asked)), "i", (asked, strict))
        return self.add(found, self.const(under))

    # ── persons and stretches ──

    def spread(self, op: int) -> int:
        """A person's value at each stretch."""
        found = self.ops[op]
        if not self.parted or found.space != PERSON:
            return op
        return self._new("spread", (op,), None, found.kind, STRETCH, (found.low, found.high))

    def last(self, op: int) -> int:
        """The value at each person's last stretch."""
        found = self.ops[op]
        if found.space != STRETCH:
            return op
        return self._new("last", (op,), None, found.kind, PERSON, (found.low, found.high))

    def total(self, op: int, span: Range) -> int:
        """The sum over each person's stretches, within a range that the caller proves."""
        if not self.parted:
            return op
        return self._new("total", (self._stretch(op),), None, "i", PERSON, intervals.bounded(*span))

    def every(self, op: int) -> int:
        """Whether it holds at all of a person's stretches."""
        if self.ops[op].space != STRETCH:
            return op
        return self._new("all", (op,), None, "b", PERSON, (0, 1))

    def some(self, op: int) -> int:
        """Whether it holds at any of a person's stretches."""
        if self.ops[op].space != STRETCH:
            return op
        return self._new("any", (op,), None, "b", PERSON, (0, 1))

    def is_last(self) -> int:
        """Whether a stretch is its person's last."""
        return self._new("is_last", (), None, "b", STRETCH, (0, 1)) if self.parted else self.yes

    def _stretch(self, op: int) -> int:
        return self._new("row", (op,), STRETCH, "i", STRETCH, self.range(op)) if self.ops[op].space == FIXED else op

    # ── yearly results ──

    def years_none(self) -> int:
        """No yearly results."""
        return self._new("years_none", (), None, "y", PERSON, (-1, -1))

    def years_fill(self, years: int, first: int, last: int, label: int) -> int:
        """Yearly results with a label for every other year from first to last."""
        most = max(self.ops[years].high, label)
        return self._op("years_fill", (years, first, last), (-1, most), "y", label)

    def years_at(self, years: int, year: int) -> int:
        """The label of one year, −1 where there is none."""
        return self._op("years_at", (years, year), (-1, self.ops[years].high))

    def years_run(self, years: int, year: int, accepted: Iterable[int], longest: bool, most: int) -> int:
        """How many accepted years in a row end in a year, or the longest such row."""
        return self._op("years_run", (years, year), (0, most), "i", (tuple(accepted), longest))

    def years_terms(self, years: int, every: int, accepted: Iterable[int], anew: bool, most: int) -> int:
        """Full terms of accepted years."""
        return self._op("years_terms", (years,), (0, most), "i", (every, tuple(accepted), anew))


def needed(plan: Plan, outputs: Iterable[int]) -> list[int]:
    """Return the operations that outputs depend on, themselves included, each after what it needs."""
    found: set[int] = set()
    stack = list(outputs)
    while stack:
        op = stack.pop()
        if op not in found:
            found.add(op)
            stack += plan.ops[op].args
    return sorted(found)
