"""A plan as one loop over rows, compiled by Numba (the extra gugan[numba]): the same operations, fused.

LINES is the whole backend: one line of Python per operation of plan.OPS, over numbers of one row. Operations on people
with several stretches are left to NumPy.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence
from threading import Lock
from typing import Any

import numpy as np

from gugan.policy.errors import fail
from gugan.policy.plan import FIXED, Op, Plan
from gugan.policy.to_numpy import GIVEN, Array, Kernel, Rows

LINES: dict[str, str] = {
    "add": "{0} + {1}",
    "sub": "{0} - {1}",
    "mul": "{0} * {1}",
    "div": "{0} // {1}",
    "max": "max({0}, {1})",
    "min": "min({0}, {1})",
    "lt": "{0} < {1}",
    "le": "{0} <= {1}",
    "eq": "{0} == {1}",
    "and": "{0} & {1}",
    "or": "{0} | {1}",
    "not": "not {0}",
    "select": "{1} if {0} else {2}",
    "mark": "{0}",
    "row": "{0}[pack[i]]",
}
"""The value of an operation, from those of its arguments."""
LEFT = frozenset({"spread", "last", "total", "all", "any", "is_last"})
"""Operations on people with several stretches."""
KEPT = 32
_functions: OrderedDict[str, Any] = OrderedDict()
_lock = Lock()


class NumbaKernel(Kernel):
    """Like to_numpy.Kernel. Raises PolicyErrors G507 where Numba is not installed."""

    BLOCK = 32_768

    def __init__(self, plan: Plan, outputs: Sequence[int]):
        super().__init__(plan, outputs)
        writer = _Writer(plan, self)
        self.source = writer.text()
        self.tables = writer.tables
        self.handed = writer.handed
        self.written = writer.written
        self.function = _function(self.source) if self.written else None
        self._rooms: dict[int, Array] = {}

    def run(
        self, columns: Sequence[Any], constants: dict[int, Any], rows: Rows, rooms: Sequence[Array | None] = ()
    ) -> list[Any]:
        """Return the outputs over a block, as Kernel.run does."""
        if self.function is None:
            return [constants[n] for n in self.outputs]
        out = {n: room for n, room in zip(self.outputs, rooms, strict=False) if room is not None and n in self.written}
        for number in self.written:
            if number not in out:
                out[number] = self._room(number, rows.persons)
        given: list[Any] = []
        for column in columns:
            if hasattr(column, "labels"):
                given += [np.ascontiguousarray(column.labels), column.first]
            else:
                given.append(np.ascontiguousarray(column))
        own = [constants[n] for n in self.handed]
        self.function(rows.persons, rows.pack, *given, *self.tables, *own, *(out[n] for n in self.written))
        return [out[n] if n in out else constants[n] for n in self.outputs]

    def _room(self, number: int, count: int) -> Array:
        """Return an array of the kernel's own for an output."""
        room = self._rooms.get(number)
        if room is None or len(room) < count:
            kind = bool if self.plan.ops[number].kind == "b" else np.int64
            room = self._rooms[number] = np.empty(count, dtype=kind)
        return room[:count]


class _Writer:
    """Writes the loop. tables, handed, written: what it wants as arguments after the columns: tables, operations that are
    the same for all rows of a pack, and rooms for the outputs."""

    def __init__(self, plan: Plan, kernel: Kernel):
        self.plan, self.kernel = plan, kernel
        self.tables: list[np.ndarray] = []
        self.places: dict[int, int] = {}
        self.handed = [n for n in kernel.fixed if plan.ops[n].code != "const"]
        self.written = [n for n in dict.fromkeys(kernel.outputs) if plan.ops[n].space != FIXED]
        self.lines: list[str] = []
        self.indent = " " * 8

    def text(self) -> str:
        """Return the source of the loop."""
        for number in self.kernel.order:
            op = self.plan.ops[number]
            if op.space != FIXED and op.kind != "y":
                self.line(f"v{number} = {self.value(number, op)}")
        self.lines += [f"{self.indent}out{n}[i] = v{n}" for n in self.written]
        arguments = ["n", "pack"]
        for number in self.kernel.given:
            arguments += [f"g{number}", f"first{number}"] if self.plan.ops[number].kind == "y" else [f"g{number}"]
        arguments += [f"t{place}" for place in range(len(self.tables))]
        arguments += [f"v{n}" for n in self.handed] + [f"out{n}" for n in self.written]
        return "\n".join([f"def loop({', '.join(arguments)}):", "    for i in range(n):", *self.lines, ""])

    def line(self, text: str) -> None:
        """Add a line."""
        self.lines.append(self.indent + text)

    def name(self, number: int) -> str:
        """Return how an argument is written: its value where it is constant."""
        op = self.plan.ops[number]
        return repr(op.extra) if op.code == "const" else f"v{number}"

    def value(self, number: int, op: Op) -> str:
        """Return the expression of an operation; lines that must come before it are written."""
        args = [self.name(a) for a in op.args]
        if op.code in GIVEN:
            return f"g{number}[i]"
        if op.code == "div" and self.plan.ops[op.args[0]].low >= 0 and self.plan.value(op.args[1]):
            return f"np.int64(np.uint64({args[0]}) // np.uint64({args[1]}))"
        special: Callable[[int, Op, list[str]], str] | None = getattr(self, f"_{op.code}", None)
        if special is not None:
            return special(number, op, args)
        if op.code not in LINES:
            raise NotImplementedError(f"to_numba.py has no line for the operation {op.code}")
        return LINES[op.code].format(*args)

    def _take(self, number: int, op: Op, args: list[str]) -> str:
        place = self.places.get(op.extra)
        if place is None:
            place = self.places[op.extra] = len(self.tables)
            table = self.plan.tables[op.extra]
            self.tables.append(
                table.astype(np.promote_types(np.min_scalar_type(table.min()), np.min_scalar_type(-table.max())))
            )
        return f"np.int64(t{place}[{args[0]}])"

    def _count(self, number: int, op: Op, args: list[str]) -> str:
        edges, strict = op.extra
        return " + ".join(f"np.int64({args[0]} {'>' if strict else '>='} {edge})" for edge in edges)

    def _years_at(self, number: int, op: Op, args: list[str]) -> str:
        self.line(f"t = {args[1]}")
        self.years(op.args[0])
        return f"np.int64(y{op.args[0]})"

    def _years_run(self, number: int, op: Op, args: list[str]) -> str:
        accepted, longest = op.extra
        low, high = self.span(op.args[0])
        good = " or ".join(f"y{op.args[0]} == {label}" for label in accepted)
        self.line("best = 0")
        self.line("run = 0")
        self.line(f"for t in range({low}, {high}):")
        outer, self.indent = self.indent, self.indent + "    "
        self.years(op.args[0])
        self.line(f"if {good}:")
        self.line("    run += 1")
        self.line("else:")
        self.line("    run = 0")
        self.line("if run > best:" if longest else f"if t == {args[1]}:")
        self.line("    best = run")
        self.indent = outer
        return "best"

    def _years_terms(self, number: int, op: Op, args: list[str]) -> str:
        every, accepted, anew = op.extra
        low, high = self.span(op.args[0])
        good = " or ".join(f"y{op.args[0]} == {label}" for label in accepted)
        self.line("terms = 0")
        self.line("run = 0")
        self.line(f"for t in range({low}, {high}):")
        outer, self.indent = self.indent, self.indent + "    "
        self.years(op.args[0])
        self.line(f"if {good}:")
        self.line("    run += 1")
        if anew:
            self.line("else:")
            self.line("    run = 0")
        self.line(f"if run == {every}:")
        self.line("    terms += 1")
        self.line("    run = 0")
        self.indent = outer
        return "terms"

    # ── yearly results: the label of year t, and the years there may be ──

    def years(self, number: int) -> None:
        """Write the lines that set y<number> to the label of year t."""
        op, own = self.plan.ops[number], f"y{number}"
        if op.code == "input":
            self.line(f"{own} = np.int64(-1)")
            self.line(f"if first{number} <= t and t < first{number} + g{number}.shape[0]:")
            self.line(f"    {own} = np.int64(g{number}[t - first{number}, i])")
        elif op.code == "years_none":
            self.line(f"{own} = np.int64(-1)")
        elif op.code == "years_pick":
            self.years(op.args[1])
            self.years(op.args[2])
            self.line(f"{own} = y{op.args[1]} if {self.name(op.args[0])} else y{op.args[2]}")
        elif op.code == "years_fill":
            first, last = self.name(op.args[1]), self.name(op.args[2])
            self.years(op.args[0])
            self.line(f"{own} = y{op.args[0]}")
            self.line(f"if t < {first} or t > {last}:")
            self.line(f"    {own} = np.int64(-1)")
            self.line(f"elif {own} < 0:")
            self.line(f"    {own} = np.int64({op.extra})")
        else:
            raise NotImplementedError(f"to_numba.py has no lines for the operation {op.code}")

    def span(self, number: int) -> tuple[str, str]:
        """Return the first year that may have a label, and the one after the last."""
        op = self.plan.ops[number]
        if op.code == "input":
            return f"first{number}", f"first{number} + g{number}.shape[0]"
        if op.code == "years_none":
            return "0", "0"
        if op.code == "years_fill":
            return self.name(op.args[1]), f"{self.name(op.args[2])} + 1"
        (low, high), (other_low, other_high) = self.span(op.args[1]), self.span(op.args[2])
        condition = self.name(op.args[0])
        return f"({low} if {condition} else {other_low})", f"({high} if {condition} else {other_high})"


def _function(source: str) -> Any:
    """Return the compiled loop of a source; the last ones used are kept."""
    with _lock:
        found = _functions.get(source)
        if found is not None:
            _functions.move_to_end(source)
            return found
        try:
            import numba
        except ImportError:
            raise fail("G507", what="用 numba 核算", name="numba", extra="numba") from None
        room: dict[str, Any] = {"np": np}
        exec(compile(source, "<gugan plan>", "exec"), room)
        found = _functions[source] = numba.njit(nogil=True, error_model="numpy")(room["loop"])
        if len(_functions) > KEPT:
            _functions.popitem(last=False)
        return found
