"""A plan over NumPy columns: one block of rows at a time, in buffers that are used again as soon as they are free.

FUNCTIONS is the whole backend: one entry per operation of plan.OPS. An operation with `out` writes into a buffer of the
kernel; the others make a new array. Nothing is looked up by name, and nothing is decided, while rows go by.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gugan.policy.plan import FIXED, PERSON, STRETCH, Op, Plan, needed

Array = NDArray[Any]
FEW = 12
"""Up to so many numbers, comparing with each is faster than searching."""


def _nobody() -> Array:
    return np.zeros(0, dtype=np.int64)


@dataclass
class Rows:
    """Which rows a block has. starts, lasts: each person's first and last stretch; owner: each stretch's person (none of
    them where everybody has one stretch); pack: the number of the pack that governs each person."""

    persons: int
    stretches: int
    starts: Array = field(default_factory=_nobody)
    lasts: Array = field(default_factory=_nobody)
    owner: Array = field(default_factory=_nobody)
    pack: Array = field(default_factory=_nobody)

    @classmethod
    def plain(cls, count: int, pack: Array | None = None) -> Rows:
        """Rows of people with one stretch each."""
        return cls(count, count, pack=_nobody() if pack is None else pack)

    @classmethod
    def parted(cls, starts: Array, stretches: int) -> Rows:
        """Rows of people with several stretches each, starting where `starts` says."""
        ends = np.append(starts[1:], stretches)
        owner = np.repeat(np.arange(len(starts)), ends - starts)
        return cls(len(starts), stretches, starts, ends - 1, owner)

    def size(self, space: int) -> int:
        """Return how many rows a space has."""
        return self.stretches if space == STRETCH else self.persons


@dataclass(frozen=True)
class Years:
    """Yearly results: labels by year and row, −1 for none; the first year. No rows of years: nobody has any."""

    labels: Array
    first: int = 0

    def grid(self, first: int, end: int, count: int) -> Array:
        """Return the labels of the years from first to end."""
        out = np.full((end - first, count), -1, dtype=np.int16)
        begin, stop = max(first, self.first), min(end, self.first + len(self.labels))
        if begin < stop:
            out[begin - first : stop - first] = self.labels[begin - self.first : stop - self.first]
        return out

    def at(self, index: Array) -> Years:
        """Return the rows at an index."""
        return Years(self.labels[:, index], self.first)


# ── the operations ──


def _gather(value: Any, index: Array) -> Any:
    return value.at(index) if isinstance(value, Years) else value.take(index)


def _count(x: Array, edges: tuple[int, ...], strict: bool) -> Array:
    if len(edges) > FEW:
        return np.searchsorted(np.array(edges), x, side="left" if strict else "right")
    above = np.greater if strict else np.greater_equal
    found = above(x, edges[0]).view(np.int8)
    hit = np.empty(x.shape, dtype=bool)
    for edge in edges[1:]:
        above(x, edge, out=hit)
        found += hit.view(np.int8)
    return found.astype(np.int64)


def _years_pick(condition: Any, a: Years, b: Years) -> Years:
    spans = [(y.first, y.first + len(y.labels)) for y in (a, b) if len(y.labels)]
    if not spans:
        return a
    first, end = min(s[0] for s in spans), max(s[1] for s in spans)
    count = max(a.labels.shape[1], b.labels.shape[1])
    return Years(np.where(condition, a.grid(first, end, count), b.grid(first, end, count)), first)


def _years_fill(years: Years, first: Any, last: Any, label: int) -> Years:
    count = years.labels.shape[1]
    first, last = np.broadcast_to(first, count), np.broadcast_to(last, count)
    wanted = first <= last
    if not wanted.any():
        return Years(np.full((0, count), -1, dtype=np.int16))
    low, high = int(first[wanted].min()), int(last[wanted].max())
    out = years.grid(low, high + 1, count)
    for row, year in zip(out, range(low, high + 1), strict=True):
        inside = (first <= year) & (year <= last)
        np.copyto(row, label, where=inside & (row < 0))
        np.copyto(row, -1, where=~inside)
    return Years(out, low)


def _years_at(years: Years, year: Any) -> Array:
    count = years.labels.shape[1]
    if not len(years.labels):
        return np.full(count, -1, dtype=np.int64)
    if isinstance(year, int):
        inside = years.first <= year < years.first + len(years.labels)
        return years.labels[year - years.first].astype(np.int64) if inside else np.full(count, -1, dtype=np.int64)
    row = np.broadcast_to(year, count) - years.first
    inside = (row >= 0) & (row < len(years.labels))
    codes = years.labels[np.clip(row, 0, len(years.labels) - 1), np.arange(count)]
    return np.where(inside, codes, -1).astype(np.int64)


def _years_run(years: Years, year: Any, accepted: tuple[int, ...], longest: bool) -> Array:
    count = years.labels.shape[1]
    found, run = np.zeros(count, dtype=np.int64), np.zeros(count, dtype=np.int64)
    for number, codes in enumerate(years.labels, years.first):
        good = np.isin(codes, accepted)
        run = (run + good) * good
        found = np.maximum(found, run) if longest else np.where(year == number, run, found)
    return found


def _years_terms(years: Years, every: int, accepted: tuple[int, ...], anew: bool) -> Array:
    count = years.labels.shape[1]
    terms, run = np.zeros(count, dtype=np.int16), np.zeros(count, dtype=np.int16)
    good = np.empty(count, dtype=bool)
    for codes in years.labels:
        np.equal(codes, accepted[0], out=good)
        for label in accepted[1:]:
            good |= codes == label
        run += good
        if anew:
            run *= good
        full = run == every
        terms += full
        run[full] = 0
    return terms.astype(np.int64)


def _none(rows: Rows) -> Years:
    return Years(np.full((0, rows.persons), -1, dtype=np.int16))


Maker = Callable[["Kernel", Op, Plan], Callable[..., Any]]


def _plain(function: Callable[..., Any]) -> Maker:
    return lambda kernel, op, plan: function


def _is_last(rows: Rows) -> Array:
    found = np.zeros(rows.stretches, dtype=bool)
    found[rows.lasts] = True
    return found


def _row(kernel: Kernel, op: Op, _: Plan) -> Callable[..., Any]:
    def row(value: Any) -> Any:
        rows = kernel.rows
        if isinstance(value, int):
            return np.full(rows.size(op.space), value)
        pack = rows.pack.take(rows.owner) if op.space == STRETCH else rows.pack
        return value.take(pack)

    return row


class _Unsigned:
    """Divides what is proven not negative; halves the time of a signed division, which must look at the sign."""

    def __call__(self, x: Array, by: int, out: Array) -> Array:
        np.floor_divide(x.view(np.uint64), by, out=out.view(np.uint64))
        return out


def _div(kernel: Kernel, op: Op, plan: Plan) -> Callable[..., Any]:
    top, bottom = (plan.ops[a] for a in op.args)
    plain = top.space != FIXED and top.low >= 0 and bottom.code == "const"
    return _Unsigned() if plain else np.floor_divide


def _take(kernel: Kernel, op: Op, plan: Plan) -> Callable[..., Any]:
    table = plan.tables[op.extra]
    return lambda index: table.take(index)


FUNCTIONS: dict[str, Maker] = {
    "add": _plain(np.add),
    "sub": _plain(np.subtract),
    "mul": _plain(np.multiply),
    "div": _div,
    "max": _plain(np.maximum),
    "min": _plain(np.minimum),
    "lt": _plain(np.less),
    "le": _plain(np.less_equal),
    "eq": _plain(np.equal),
    "and": _plain(np.logical_and),
    "or": _plain(np.logical_or),
    "not": _plain(np.logical_not),
    "select": _plain(np.where),
    "mark": _plain(lambda a: a),
    "take": _take,
    "count": lambda kernel, op, plan: lambda x: _count(x, *op.extra),
    "row": _row,
    "spread": lambda kernel, op, plan: lambda a: _gather(a, kernel.rows.owner),
    "last": lambda kernel, op, plan: lambda a: _gather(a, kernel.rows.lasts),
    "total": lambda kernel, op, plan: lambda a: np.add.reduceat(a, kernel.rows.starts),
    "all": lambda kernel, op, plan: lambda a: np.logical_and.reduceat(a, kernel.rows.starts),
    "any": lambda kernel, op, plan: lambda a: np.logical_or.reduceat(a, kernel.rows.starts),
    "is_last": lambda kernel, op, plan: lambda: _is_last(kernel.rows),
    "years_none": lambda kernel, op, plan: lambda: _none(kernel.rows),
    "years_pick": _plain(_years_pick),
    "years_fill": lambda kernel, op, plan: lambda y, a, b: _years_fill(y, a, b, op.extra),
    "years_at": _plain(_years_at),
    "years_run": lambda kernel, op, plan: lambda y, a: _years_run(y, a, *op.extra),
    "years_terms": lambda kernel, op, plan: lambda y: _years_terms(y, *op.extra),
}
GIVEN = ("const", "slot", "input", "known")
"""Operations that are not carried out but given: constants, parameters, columns."""


def fixed(plan: Plan, order: Iterable[int], month: int) -> dict[int, Any]:
    """Return what is the same for all rows of a pack in a month: ints, or arrays over the packs where there are several."""
    found: dict[int, Any] = {}
    kernel = Kernel.__new__(Kernel)
    for number in order:
        op = plan.ops[number]
        if op.space != FIXED:
            continue
        if op.code == "const":
            found[number] = op.extra
        elif op.code == "slot":
            values = np.array(op.extra[month * plan.packs : (month + 1) * plan.packs])
            found[number] = values.item() if plan.packs == 1 else values
        else:
            args = [np.atleast_1d(found[a]) for a in op.args]
            value = np.broadcast_to(FUNCTIONS[op.code](kernel, op, plan)(*args), plan.packs)
            found[number] = value.item() if plan.packs == 1 else value
    return found


class Kernel:
    """A plan made ready for one thread: `run` gives the outputs for one block. `inputs`: the (operation's code, name) of
    each column it wants, in order."""

    BLOCK = 16_384
    """Rows at a time: what a block is made of stays in the cache."""

    def __init__(self, plan: Plan, outputs: Sequence[int]):
        self.plan, self.outputs = plan, list(outputs)
        self.order = needed(plan, outputs)
        self.given = [n for n in self.order if plan.ops[n].code in ("input", "known")]
        self.inputs = [(plan.ops[n].code, plan.ops[n].extra) for n in self.given]
        self.fixed = [n for n in self.order if plan.ops[n].space == FIXED]
        self.rows = Rows(0, 0)
        self.values: list[Any] = [None] * len(plan.ops)
        self._buffers: list[Array] = []
        self._sizes = (-1, -1)
        self._direct: list[tuple[int, int]] = []
        """Which outputs have a buffer of their own, and so may be written where they are to go."""
        self._steps, self._kinds = self._schedule()

    def _schedule(self) -> tuple[list[tuple], list[tuple[type, int]]]:
        """Return (steps, kinds of buffers): each step a function, its arguments, its result, and its buffer or −1. A
        buffer is free again after the last step that reads it."""
        plan, steps, kinds = self.plan, [], []
        carried = [n for n in self.order if plan.ops[n].space != FIXED and plan.ops[n].code not in GIVEN]
        last_use = {a: step for step, n in enumerate(carried) for a in plan.ops[n].args}
        last_use |= {n: len(carried) for n in self.outputs}
        last_use |= {n: len(carried) for n in self._alive_through(carried)}
        wanted = set(self.outputs)
        free: dict[tuple[type, int], list[int]] = {}
        held: dict[int, int] = {}
        for step, number in enumerate(carried):
            op = plan.ops[number]
            function = FUNCTIONS[op.code](self, op, plan)
            buffer = -1
            if isinstance(function, np.ufunc | _Unsigned):
                kind = (bool if op.kind == "b" else np.int64, op.space)
                if number in wanted or not free.get(kind):
                    free.setdefault(kind, []).append(len(kinds))
                    kinds.append(kind)
                buffer = held[number] = free[kind].pop()
                if number in wanted:
                    self._direct.append((self.outputs.index(number), buffer))
            steps.append((function, op.args, number, buffer))
            for arg in set(op.args):
                if last_use[arg] == step and arg in held:
                    index = held.pop(arg)
                    free[kinds[index]].append(index)
        return steps, kinds

    def _alive_through(self, carried: list[int]) -> list[int]:
        """Return what outputs alias: a mark is its argument."""
        return [a for n in carried if self.plan.ops[n].code == "mark" for a in self.plan.ops[n].args]

    def run(
        self, columns: Sequence[Any], constants: dict[int, Any], rows: Rows, rooms: Sequence[Array | None] = ()
    ) -> list[Any]:
        """Return the outputs over a block: arrays that the next run overwrites, or single values for all rows.

        rooms: for each output an array of the block's size that it may be written into (it is then the output), or None.
        """
        self.rows, values = rows, self.values
        for number, value in constants.items():
            values[number] = value
        for number, value in zip(self.given, columns, strict=True):
            values[number] = value
        self._prepare(rows)
        buffers = self._buffers
        if rooms:
            buffers = list(buffers)
            for place, index in self._direct:
                room = rooms[place]
                buffers[index] = buffers[index] if room is None else room
        for function, args, number, buffer in self._steps:
            if buffer >= 0:
                values[number] = function(*[values[a] for a in args], out=buffers[buffer])
            else:
                values[number] = function(*[values[a] for a in args])
        return [values[number] for number in self.outputs]

    def _prepare(self, rows: Rows) -> None:
        """Have buffers of the block's size."""
        sizes = (rows.persons, rows.stretches)
        if sizes != self._sizes:
            self._sizes = sizes
            self._buffers = [np.empty(sizes[space == STRETCH], dtype=kind) for kind, space in self._kinds]


assert PERSON < STRETCH
