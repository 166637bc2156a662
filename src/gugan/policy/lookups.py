"""Tables as gathers: a table of codes or small numbers is one dense array; scales count the steps that are reached."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any

import numpy as np

from gugan.policy.bound import BoundTable
from gugan.policy.catalogue import CodeTable
from gugan.policy.dates import day_of
from gugan.policy.family import Family, written_text
from gugan.policy.intervals import Range, bounded
from gugan.policy.nodes import Type
from gugan.policy.numbers import decimals
from gugan.policy.plan import Plan
from gugan.policy.scaled import Val, multiply, rescaled

DENSE = 1 << 16
"""More places than this and numbers are searched for, not counted out."""
FOUND, CUT, NO_ROW = 0, 1, 2
"""What a cell may be: there, 缺 in the source, or not there."""

Axis = tuple[int, int, Callable[[Any], int | None]]
"""An operation that counts places from 0, how many there are, and the place of a table's key (None: unreachable)."""


def coded(value: Any, kind: Type, scale: int) -> int:
    """Return a constant as the whole number that stands for it in a plan."""
    if kind.kind == "数":
        return int(value * 10**scale)
    if kind.kind == "日期":
        return day_of(value)
    if kind.kind in ("文", "日期窗"):
        return written_text(str(value))
    return bool(value) if kind.table is None else kind.table.labels.index(value)


def scale_of(values: Sequence[Any], kind: Type) -> int:
    """Return the smallest scale that holds all of some numbers."""
    return max((decimals(v) for v in values if v is not None), default=0) if kind.kind == "数" else 0


def stacked(plan: Plan, tables: list[np.ndarray], index: int, size: int) -> tuple[np.ndarray, int]:
    """Return one table for all variants and the index into it; `index` is proven in [0, size)."""
    if all(np.array_equal(table, tables[0]) for table in tables):
        return tables[0], index
    offsets = plan.slot([number * size for number in range(len(tables))])
    return np.concatenate(tables), plan.add(index, offsets)


# ── tables with keys ──


def lookup(plan: Plan, family: Family, name: str, column: str, keys: list[Val], kind: Type) -> tuple[Val, int]:
    """Return (the cell at keys, its state: FOUND, CUT or NO_ROW)."""
    tables = family.tables(name)
    axes = [
        _axis(plan, family, key, own, {keys[number] for t in tables for keys in t.cells})
        for number, (key, own) in enumerate(zip(keys, tables[0].key_types, strict=True))
    ]
    size = int(np.prod([axis[1] for axis in axes], dtype=object))
    if size > DENSE:
        axes = [_searched(plan, axis, number, tables) for number, axis in enumerate(axes)]
        size = int(np.prod([axis[1] for axis in axes], dtype=object))
    bounded(0, size)
    index = plan.zero
    for place, count, _ in axes:
        index = plan.add(plan.mul(index, plan.const(count)), place)
    everything = [row[column].value for t in tables for row in (*t.cells.values(), *([t.rest] if t.rest else []))]
    scale = scale_of(everything, kind)
    known = plan.both(*(key.known for key in keys))
    cells, states = zip(*(_filled(family, t, column, axes, size, kind, scale) for t in tables), strict=True)
    table, at = stacked(plan, list(cells), index, size)
    value = plan.take(table, at)
    table, at = stacked(plan, list(states), index, size)
    return Val(value, known, scale), plan.take(table, at)


def _axis(plan: Plan, family: Family, key: Val, kind: Type, wanted: set[Any]) -> Axis:
    """Return how a key counts: labels and texts by their number, numbers from the lowest they can be."""
    if kind.kind == "数":
        low, high = plan.range(key.value)
        ten = 10**key.scale

        def place(number: Fraction) -> int | None:
            whole = number * ten
            return int(whole) - low if whole.denominator == 1 and low <= whole <= high else None

        return plan.sub(key.value, plan.const(low)), high - low + 1, place
    if isinstance(kind.table, CodeTable):
        labels = kind.table.labels
        return key.value, len(labels), labels.index
    codes = {text: written_text(text) for text in sorted(wanted)}
    most = max(codes.values(), default=-1) + 1
    return plan.min(key.value, plan.const(most)), most + 1, codes.get


def _searched(plan: Plan, axis: Axis, number: int, tables: list[BoundTable]) -> Axis:
    """Return an axis that counts only the places that some row has, the one past them being any other."""
    op, _, place = axis
    places = sorted({p for t in tables for keys in t.cells if (p := place(keys[number])) is not None})
    if not places:
        return plan.zero, 1, lambda key: None
    at = plan.max(plan.sub(plan.count(op, places, False), plan.one), plan.zero)
    same = plan.eq(plan.take(np.array(places), at), op)
    order = {p: n for n, p in enumerate(places)}

    def searched(key: Any) -> int | None:
        found = place(key)
        return None if found is None else order[found]

    return plan.select(same, at, plan.const(len(places))), len(places) + 1, searched


def _filled(
    family: Family, table: BoundTable, column: str, axes: list[Axis], size: int, kind: Type, scale: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return (cells, states) of one variant's table as dense arrays."""
    rest = table.rest[column].value if table.rest else None
    numbers = [coded(r[column].value, kind, scale) for r in table.cells.values() if r[column].value is not None]
    usual = coded(rest, kind, scale) if rest is not None else (numbers[0] if numbers else 0)
    bounded(min([usual, *numbers]), max([usual, *numbers]))
    cells = np.full(size, usual, dtype=np.int64)
    states = np.full(size, NO_ROW if table.rest is None else CUT if rest is None else FOUND, dtype=np.int64)
    for keys, row in table.cells.items():
        places = [axis[2](key) for axis, key in zip(axes, keys, strict=True)]
        if None not in places:
            index = 0
            for (_, count, _), place in zip(axes, places, strict=True):
                index = index * count + int(place or 0)
            value = row[column].value
            states[index] = CUT if value is None else FOUND
            cells[index] = usual if value is None else coded(value, kind, scale)
    return cells, states


# ── scales ──


def steps(plan: Plan, family: Family, name: str, operand: Val, kind: Type) -> tuple[Val, int]:
    """Return (分档: the value of the step that is reached, its state)."""
    tables = family.tables(name)
    reached = _reached(plan, tables, operand, strict=False)
    scale = scale_of([v for t in tables for v in t.steps[1]], kind)
    size = max(len(t.steps[0]) for t in tables) + 1
    cells, states = [], []
    for table in tables:
        values = table.steps[1]
        numbers = [None if v is None else coded(v, kind, scale) for v in values]
        usual = next((n for n in numbers if n is not None), 0)
        bounded(usual, usual)
        padding = [numbers[-1]] * (size - 1 - len(numbers))
        row = [usual, *(usual if n is None else n for n in (*numbers, *padding))]
        bounded(min(row), max(row))
        cells.append(np.array(row, dtype=np.int64))
        state = [NO_ROW, *(CUT if n is None else FOUND for n in (*numbers, *padding))]
        states.append(np.array(state, dtype=np.int64))
    table, at = stacked(plan, cells, reached, size)
    value = plan.take(table, at)
    table, at = stacked(plan, states, reached, size)
    return Val(value, operand.known, scale), plan.take(table, at)


def marginal(plan: Plan, family: Family, name: str, operand: Val) -> Val:
    """Return 累进: x × rate − quick deduction of the step; below the first step that is 0, by raising x to it."""
    tables = family.tables(name)
    every = [t.steps for t in tables]
    starts_scale = max(scale_of(s[0], Type("数")) for s in every)
    x = rescaled(plan, operand, max(operand.scale, starts_scale))
    first = plan.slot([int(s[0][0] * 10**x.scale) for s in every])
    x = Val(plan.max(x.value, first), x.known, x.scale)
    reached = plan.max(_reached(plan, tables, x, strict=True), plan.one)
    size = max(len(s[0]) for s in every) + 1
    found = []
    for which in (1, 2):
        scale = max(scale_of(s[which], Type("数")) for s in every)
        rows = [[int(v * 10**scale) for v in s[which]] for s in every]
        bounded(min(min(r) for r in rows), max(max(r) for r in rows))
        table, at = stacked(plan, [np.array([r[0], *r, *[r[-1]] * (size - 1 - len(r))]) for r in rows], reached, size)
        found.append(Val(plan.take(table, at), plan.yes, scale))
    product, quick = multiply(plan, x, found[0]), found[1]
    scale = max(product.scale, quick.scale)
    product, quick = rescaled(plan, product, scale), rescaled(plan, quick, scale)
    span = _marginal_range(every, plan.range(x.value), x.scale, scale)
    return Val(plan.sub(product.value, quick.value, within=span), x.known, scale)


def _marginal_range(every: list[tuple], span: Range, x_scale: int, scale: int) -> Range:
    """Return what x × rate − quick can be: it is linear between the starts, so an end or a start is extreme."""
    found = []
    for starts, values, quick in every:
        ends = [Fraction(end, 10**x_scale) for end in span]
        for x in [*ends, *(s for s in starts if ends[0] <= s <= ends[1])]:
            step = max(bisect_left(starts, x) - 1, 0)
            found.append(int((max(x, starts[0]) * values[step] - quick[step]) * 10**scale))
    return min(found), max(found)


def _reached(plan: Plan, tables: list[BoundTable], operand: Val, strict: bool) -> int:
    """Return how many starts a number is above (strict), or at or above."""
    every = [t.steps[0] for t in tables]
    x = rescaled(plan, operand, max(operand.scale, *(scale_of(s, Type("数")) for s in every)))
    out = plan.range(x.value)[1] + 1
    edges = [[int(s * 10**x.scale) for s in starts] for starts in every]
    bounded(min(min(e) for e in edges), max(max(e) for e in edges))
    if all(e == edges[0] for e in edges):
        return plan.count(x.value, edges[0], strict)
    reached = plan.zero
    compare = plan.lt if strict else plan.le
    for number in range(max(map(len, edges))):
        edge = plan.slot([e[number] if number < len(e) else out for e in edges])
        reached = plan.add(reached, plan.select(compare(edge, x.value), plan.one, plan.zero))
    return reached
