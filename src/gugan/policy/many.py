"""The verb evaluate over the caller's own tables: many people, many divisions, many months, in one call.

The table is cut into blocks of people; a block goes through all months before the next block is touched, so that what one
month carries to the next never leaves the cache. Blocks are shared out to threads (NumPy and Numba let go of the lock).
Rows are read and written where they lie: nothing is sorted, nothing is joined, the answers are in the caller's order.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from threading import Lock
from typing import Any, Protocol

import numpy as np

from gugan.policy.answers import Answers, Store
from gugan.policy.arrow import table_of
from gugan.policy.bound import Bound, Given
from gugan.policy.encode import Column
from gugan.policy.errors import PolicyErrors, Problem, fail, problem
from gugan.policy.family import Family, Texts, shape
from gugan.policy.groups import Columns, groups_behind
from gugan.policy.kernel import BACKENDS, Compiled, column_of, compiled
from gugan.policy.lower import ALL, FULL, NONE, SOME
from gugan.policy.numbers import decimal_text
from gugan.policy.pack import Pack
from gugan.policy.sources import Table, shortened
from gugan.policy.spans import refuse
from gugan.policy.table import Period, Result
from gugan.policy.to_numpy import Array, Rows, fixed

Bind = Callable[[Pack, Period], Bound]


class Sink(Protocol):
    """What takes answers block by block instead of keeping them (sums.py). `by`: columns of the table it groups by."""

    by: Sequence[str]

    def start(self, labels: dict[str, tuple[str, ...]], store: Store) -> None:
        """Be told the labels of the grouping columns, and what the answers are."""

    def add(self, month: int, keys: dict[str, Array], values: dict[str, Array], known: dict[str, Array | None]) -> None:
        """Take a block's answers, which the next block overwrites; called from several threads."""

    def result(self) -> Any:
        """Return what has become of them."""


@dataclass(frozen=True)
class Month:
    """A month of a group: its plan, and its place in the plan's family."""

    plan: Compiled
    number: int


@dataclass
class Group:
    """The rows whose packs share their shape in every month. rows: their numbers, None for all; pack: the number of the
    pack that governs each row."""

    months: list[Month]
    rows: Array | None
    pack: Array | None
    sources: dict[str, Any]
    carry: dict[str, Given]


def evaluate_many(
    packs: Pack | Mapping[str, Pack],
    given: Any,
    periods: Sequence[Period],
    want: Sequence[str],
    bind: Bind,
    *,
    by: str | None = None,
    carry: Mapping[str, str | int] | None = None,
    backend: str = "numpy",
    threads: int | None = None,
    sink: Sink | None = None,
    whole: bool = False,
) -> Any:
    """Return Answers, or what a sink makes of them. See gugan.policy.evaluate for the meaning of everything."""
    call = _Call(packs, table_of(given), list(periods), list(dict.fromkeys(want)), bind, by, dict(carry or {}), whole)
    return call.run(backend, threads, sink)


class _Call:
    """One call: its groups, and the blocks that go through them."""

    def __init__(
        self,
        packs: Pack | Mapping[str, Pack],
        table: Table,
        periods: list[Period],
        want: list[str],
        bind: Bind,
        by: str | None,
        carry: dict[str, str | int],
        whole: bool = False,
        ranked: Columns | None = None,
    ):
        self.table, self.periods, self.want, self.carry = table, periods, want, carry
        asked = list(dict.fromkeys([*want, *(rule for rule in carry.values() if isinstance(rule, str))]))
        self.asked = asked
        codes, own = ([""], [packs]) if isinstance(packs, Pack) else (list(packs), list(packs.values()))
        self.codes, self.texts = codes, Texts()
        self.bounds = [[bind(pack, period) for pack in own] for period in periods]
        for bound, period in ((bound, p) for month, p in zip(self.bounds, periods, strict=True) for bound in month):
            refuse(bound.pack, bound.require(asked).rules, bound.monthly, period)
        governed = None if isinstance(packs, Pack) else self._governed(by)
        self.groups = [self._group(members, governed) for members in self._shapes(governed)]
        self.ranked = self._ranked(whole, bind) if ranked is None else ranked
        self.problems: list[Problem] = []
        self.lock = Lock()

    def _ranked(self, whole: bool, bind: Bind) -> Columns | None:
        """Work out the group words behind the answers, over all rows, before any block. Raises PolicyErrors G243, G244."""
        found: Columns | None = None
        for bound in self.bounds[0]:
            for node in groups_behind(bound, bound.behind(self.asked)):
                if not whole:
                    raise fail("G243", node.at, word=node.word)
                if len(self.periods) > 1 or len(self.codes) > 1:
                    raise fail("G244", node.at, word=node.word)
                found = found or Columns(Family([(bound, self.periods[0])]))
                found.add(node, lambda names, known=found, pack=bound.pack: self._rows_of(pack, names, bind, known))
        return found

    def _rows_of(self, pack: Pack, names: list[str], bind: Bind, known: Columns) -> Result:
        """Return the answers to names as lists, one a row, as group words read them."""
        call = _Call(pack, self.table, self.periods, names, bind, None, {}, True, known)
        return call.run("numpy", None, None).as_result()

    # ── who is governed by what ──

    def _governed(self, by: str | None) -> Array:
        """Return the number of each row's pack: the longest code that its division begins with. Raises PolicyErrors."""
        raw = self.table.columns.get(by or "")
        if raw is None or raw.labels is None:
            raise fail("G508", what=f"多个政策包要用 by= 指明一列文字的区划代码，这里是“{by}”")
        longest = sorted(range(len(self.codes)), key=lambda n: -len(self.codes[n]))
        found = [next((n for n in longest if str(v).startswith(self.codes[n])), -1) for v in raw.labels]
        packs = np.array(found or [-1], dtype=np.int64).take(raw.data, mode="clip")
        if raw.valid is not None:
            packs = np.where(raw.valid, packs, -1)
        if self.table.count and packs.min(initial=0) < 0:
            rows, place = np.flatnonzero(packs < 0), self.table.places[by or ""]
            problems = []
            for row in rows.tolist():
                value = raw.labels[raw.data[row]] if raw.valid is None or raw.valid[row] else "缺"
                one = problem("G007", code=value, known="、".join(self.codes))
                problems.append(Problem(f"列“{by}”", row + 1, place, one.code, one.message))
            raise PolicyErrors(shortened(problems))
        return packs

    def _shapes(self, governed: Array | None) -> list[list[int]]:
        """Return the packs that govern anyone, in groups of one shape in each month."""
        present = [0] if governed is None else np.unique(governed).tolist()
        if len(present) == 1:
            return [present]
        groups: dict[Any, list[int]] = {}
        for number in present:
            key = tuple(shape(month[number], self.asked) for month in self.bounds)
            groups.setdefault(key, []).append(number)
        return list(groups.values())

    def _group(self, members: list[int], governed: Array | None) -> Group:
        rows = pack = None
        if governed is not None and len(members) < len(self.codes):
            rows = np.flatnonzero(np.isin(governed, members))
            rows = None if len(rows) == self.table.count else rows
        if governed is not None and len(members) > 1:
            order = np.full(len(self.codes), -1, dtype=np.int64)
            order[members] = np.arange(len(members))
            pack = order[governed if rows is None else governed[rows]]
        months = self._months(members)
        first = self.bounds[0][members[0]]
        behind = first.behind(self.asked)
        names = [name for name in (*behind.columns, *behind.rules) if self.table.has(name)]
        sources = {name: self.table.source(first.given(name), self.texts) for name in names}
        carry = {name: first.given(name) for name in self.carry if name in behind.columns}
        return Group(months, rows, pack, sources, carry)

    def _months(self, members: list[int]) -> list[Month]:
        """Return the months of some packs: those of one shape share a plan."""
        families: dict[Any, list[int]] = {}
        for number, month in enumerate(self.bounds):
            key = shape(month[members[0]], self.asked) if len(self.periods) > 1 else None
            families.setdefault(key, []).append(number)
        found: dict[int, Month] = {}
        for numbers in families.values():
            variants = [(self.bounds[m][p], self.periods[m]) for m in numbers for p in members]
            family = Family(variants, len(members))
            plan = self._compiled(family)
            for place, m in enumerate(numbers):
                found[m] = Month(plan, place)
        return [found[m] for m in range(len(self.periods))]

    def _compiled(self, family: Family) -> Compiled:
        """Return the plan of a family; what is carried may have gaps only where what feeds it may."""
        behind = family.first.behind(self.asked)
        states = {}
        for name in behind.columns:
            states[name] = self._state(family, name)
        for name in behind.rules:
            if self.table.has(name):
                states[name] = self._state(family, name)
        plan = compiled(family, self.asked, tuple(states.items()), FULL, False)
        gaps = [n for n, rule in self.carry.items() if isinstance(rule, str) and not self._always(plan, rule)]
        if gaps and any(states.get(name) == ALL for name in gaps) and len(self.periods) > 1:
            states |= dict.fromkeys(gaps, SOME)
            plan = compiled(family, self.asked, tuple(states.items()), FULL, False)
        return plan

    @staticmethod
    def _always(plan: Compiled, rule: str) -> bool:
        return plan.answers[rule][0].known == plan.plan.yes

    def _state(self, family: Family, name: str) -> str:
        if not self.table.has(name):
            return ALL if name in self.carry else NONE
        return self.table.source(family.given(name), Texts()).state

    # ── blocks ──

    def run(self, backend: str, threads: int | None, sink: Sink | None) -> Any:
        """Send every block through; return Answers or the sink's result. Raises PolicyErrors for values."""
        make = BACKENDS[backend]
        plans = [month.plan for group in self.groups for month in group.months]
        self.store = Store(self.table.count, self.periods, self.want, plans, self.texts, keep=sink is None)
        if sink is not None:
            sink.start({name: self._labels(name) for name in sink.by}, self.store)
        self.sink = sink
        tasks = [
            (group, start, min(start + make.BLOCK, count))
            for group in self.groups
            for count in [self.table.count if group.rows is None else len(group.rows)]
            for start in range(0, count, make.BLOCK)
        ]
        _share(tasks, threads or os.cpu_count() or 1, lambda task, own: self._block(*task, own, make))
        if self.problems:
            raise PolicyErrors(shortened(self.problems))
        return Answers(self.store) if sink is None else sink.result()

    def _labels(self, name: str) -> tuple[str, ...]:
        raw = self.table.columns.get(name)
        if raw is None or raw.labels is None:
            raise fail("G508", what=f"要分组的列“{name}”要是一列文字")
        return tuple(map(str, raw.labels))

    def _block(self, group: Group, start: int, end: int, own: dict[int, Any], make: Any) -> None:
        """Read a block, hold it to what was declared, and send it through all months."""
        rows: Any = slice(start, end) if group.rows is None else group.rows[start:end]
        problems: list[Problem] = []
        columns = {name: source.block(rows, start, problems) for name, source in group.sources.items()}
        if problems:
            self._tell(problems)
            return
        count = end - start
        for name in group.carry:
            if name not in columns:
                columns[name] = Column(np.zeros(count, dtype=np.int64))
            columns[name] = Column(np.array(columns[name].values), columns[name].known)
        block = Rows.plain(count, None if group.pack is None else group.pack[start:end])
        if self.ranked is not None:
            known = self.ranked.known
            columns |= {label: Column(v[rows], known[label][rows]) for label, v in self.ranked.values.items()}
        keys = {} if self.sink is None else {name: self._keys(name, rows) for name in self.sink.by}
        for number, month in enumerate(group.months):
            kernel = own.get(id(month.plan))
            if kernel is None:
                kernel = own[id(month.plan)] = make(month.plan.plan, month.plan.outputs)
            constants = own.get(-id(month))
            if constants is None:
                constants = own[-id(month)] = fixed(month.plan.plan, kernel.fixed, month.number)
            inputs = [self._input(columns, code, name, count) for code, name in kernel.inputs]
            rooms = [] if self.sink is not None else self.store.rooms(number, rows, month.plan)
            outputs = kernel.run(inputs, constants, block, rooms)
            if self.sink is not None:
                self.sink.add(number, keys, *self.store.unified(month.plan, outputs, count))
            else:
                self.store.put(number, rows, month.plan, outputs, count, rooms)
            more = number + 1 < len(group.months)
            if more and not self._carry(group, month.plan, columns, outputs, rows, start):
                return

    @staticmethod
    def _input(columns: dict[str, Column], code: str, name: str, count: int) -> Any:
        if name in columns:
            return column_of(columns, code, name)
        return np.zeros(count, dtype=bool if code == "known" else np.int64)

    def _keys(self, name: str, rows: Any) -> Array:
        raw = self.table.columns[name]
        assert raw.labels is not None
        keys = raw.data[rows]
        return keys if raw.valid is None else np.where(raw.valid[rows], keys, len(raw.labels))

    def _carry(self, group: Group, plan: Compiled, columns: dict, outputs: list, rows: Any, start: int) -> bool:
        """Add this month's answers to what the next month is given; refuse what leaves its range."""
        problems: list[Problem] = []
        for name, given in group.carry.items():
            column, rule, ten = columns[name], self.carry[name], 10**given.places
            known = column.known
            if isinstance(rule, int):
                column.values[:] += rule * ten
            else:
                place, val = self.asked.index(rule), plan.answers[rule][0]
                value, said = outputs[2 * place], outputs[2 * place + 1]
                np.add(column.values, value * 10 ** (given.places - val.scale), out=column.values)
                if said is not True:
                    known = np.logical_and(said, np.ones(len(column.values), dtype=bool) if known is None else known)
            low, high = given.low * ten, given.high * ten
            if known is not None:
                column.values[~known] = max(low, min(0, high))
            if len(column.values) and not (low <= column.values.min() and column.values.max() <= high):
                bad = np.flatnonzero((column.values < low) | (column.values > high))
                numbers = rows if isinstance(rows, np.ndarray) else np.arange(start, start + len(column.values))
                for n in bad.tolist():
                    value = decimal_text(Fraction(int(column.values[n]), ten))
                    one = problem("G502", name=given.name, value=value, low=given.low, high=given.high)
                    problems.append(Problem(f"列“{name}”", int(numbers[n]) + 1, 0, one.code, one.message))
            columns[name] = Column(column.values, known)
        self._tell(problems)
        return not problems

    def _tell(self, problems: list[Problem]) -> None:
        with self.lock:
            self.problems += problems


def _share(tasks: Sequence[Any], workers: int, work: Callable[[Any, dict], None]) -> None:
    """Have tasks worked off by threads, each with a dict of its own. Each begins with a stretch of neighbours, so that no
    two fault in the same pages of memory, and then helps where most is left."""
    workers = max(1, min(workers, len(tasks)))
    cuts = [len(tasks) * n // workers for n in range(workers + 1)]
    shares = [deque(tasks[a:b]) for a, b in pairwise(cuts)]

    def run(number: int) -> None:
        own: dict[int, Any] = {}
        while True:
            try:
                task = shares[number].popleft() if shares[number] else max(shares, key=len).pop()
            except IndexError:
                return
            work(task, own)

    if workers == 1:
        run(0)
        return
    with ThreadPoolExecutor(workers) as pool:
        list(pool.map(run, range(workers)))
