"""Turns the columns of a catalogue into plans for the roster's fold, and reads whole-period columns. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from gugan.policy import Catalogue, Column, Fact, Period
from gugan.records.employment import Row
from gugan.records.entries import FROM, LEAVE, TO

LATEST, FIRST, HIGHEST, SUM, COUNT, BY_YEAR = "最新", "最早", "最高", "合计", "计数", "逐年"
MONTH = "月份"
Read = tuple[Any, tuple[int, ...]]
"""A value and the ids of the actions it was read from."""
Source = tuple[str, str, str | None, bool]
"""Kind, fact, name of the kind's key, whether the kind is ranged."""


@dataclass
class KindPlan:
    """What the columns that may split a period read from one kind.

    latest: (fact, column) that follow the last value. keyed: the same, by the value of the key fact. careful: columns
    that are read otherwise. ranged: the kind has 起 and 止: an action with 起 begins a record, one without amends it.
    """

    key: str | None
    ranged: bool
    latest: list[tuple[str, str]] = field(default_factory=list)
    keyed: dict[str, list[tuple[str, str]]] = field(default_factory=dict)
    careful: list[tuple[str, Column]] = field(default_factory=list)


@dataclass
class Plan:
    """How a list of columns is read. kinds: what may split the period, by kind; whole_of: columns read once per period,
    by kind; empty: column → value where nothing was recorded; leave: (fact, column) of 离职.
    """

    kinds: dict[str, KindPlan] = field(default_factory=dict)
    whole_of: dict[str, list[WholeColumn]] = field(default_factory=dict)
    empty: dict[str, Any] = field(default_factory=dict)
    leave: list[tuple[str, str]] = field(default_factory=list)


@dataclass
class WholeColumn:
    """A column read once per period, and its sources."""

    column: Column
    sources: list[Source]


def plan(catalogue: Catalogue, names: Iterable[str]) -> Plan:
    """Return how to read the columns `names`; those that rooms supply are passed over. KeyError names an unknown one."""
    made = Plan()
    for name in dict.fromkeys(names):
        column = catalogue.columns[name]
        if column.room is not None:
            continue
        if not column.cuts or column.month_only:
            _place_whole(made, catalogue, column)
            continue
        for fact in column.sources:
            if fact.kind == LEAVE and column.reading == LATEST:
                made.leave.append((fact.name, name))
            else:
                _place(made, catalogue, fact, column)
    return made


def _place(made: Plan, catalogue: Catalogue, fact: Fact, column: Column) -> None:
    kind = catalogue.kinds[fact.kind]
    own = made.kinds.setdefault(fact.kind, KindPlan(kind.key, _ranged(catalogue, fact.kind)))
    if column.reading != LATEST or own.ranged:
        own.careful.append((fact.name, column))
    elif column.key is None:
        own.latest.append((fact.name, column.name))
    else:
        own.keyed.setdefault(column.key, []).append((fact.name, column.name))


def _place_whole(made: Plan, catalogue: Catalogue, column: Column) -> None:
    whole = WholeColumn(
        column,
        [
            (fact.kind, fact.name, catalogue.kinds[fact.kind].key, _ranged(catalogue, fact.kind))
            for fact in column.sources
        ],
    )
    for kind in dict.fromkeys(fact.kind for fact in column.sources):
        made.whole_of.setdefault(kind, []).append(whole)
    if column.empty is not None:
        made.empty[column.name] = column.empty


def _ranged(catalogue: Catalogue, kind: str) -> bool:
    facts = catalogue.kinds[kind].facts
    return FROM in facts and TO in facts


def apply(own: KindPlan, row: Row, records: list[Record], values: dict[str, Any], sources: dict[str, Any]) -> None:
    """Let one action bear on the running values of a person. records: those of its kind, where it is ranged."""
    facts, ids = row.facts, (row.id,)
    for fact, column in own.latest:
        if fact in facts:
            values[column], sources[column] = facts[fact], ids
    if own.keyed:
        for fact, column in own.keyed.get(facts.get(own.key), ()):
            if fact in facts:
                values[column], sources[column] = facts[fact], ids
    if own.careful:
        if own.ranged:
            amend(records, row, own.key)
        for fact, column in own.careful:
            _apply_careful(own, fact, column, row, records, values, sources)


def _apply_careful(
    own: KindPlan,
    fact: str,
    column: Column,
    row: Row,
    records: list[Record],
    values: dict[str, Any],
    sources: dict[str, Any],
) -> None:
    name = column.name
    if column.reading == LATEST:
        record = next((r for r in reversed(records) if column.key is None or r.key == column.key), None)
        if record is not None and fact in record.facts:
            values[name], sources[name] = record.facts[fact], (record.sources[fact],)
        else:
            values.pop(name, None)
            sources.pop(name, None)
        return
    value = row.facts.get(fact)
    if value is None or (column.key is not None and row.facts.get(own.key) != column.key):
        return
    if name not in values or (column.reading == HIGHEST and _higher(column, value, values[name])):
        values[name], sources[name] = value, (row.id,)


def _higher(column: Column, value: Any, than: Any) -> bool:
    """Whether `value` is above `than`: by the order of the code table, else as numbers, else as text (dates)."""
    if column.table is not None:
        labels = column.table.labels
        return labels.index(value) > labels.index(than)
    if column.type == "数":
        return Decimal(str(value)) > Decimal(str(than))
    return value > than


@dataclass
class Record:
    """A record of a ranged kind: facts amended over time, and for each the id of the action it came from."""

    key: Any
    facts: dict[str, Any]
    sources: dict[str, int]


def amend(records: list[Record], row: Row, key_name: str | None) -> None:
    """Add an action of a ranged kind: one with 起, or of a key that has no record, begins a record; others amend it."""
    key = row.facts.get(key_name) if key_name else None
    if FROM not in row.facts:
        for record in reversed(records):
            if record.key == key:
                record.facts.update(row.facts)
                record.sources.update(dict.fromkeys(row.facts, row.id))
                return
    records.append(Record(key, dict(row.facts), dict.fromkeys(row.facts, row.id)))


class Window:
    """The period as whole-period columns ask for it: days and the month as text."""

    def __init__(self, period: Period) -> None:
        self.start, self.end, self.month = period.start.isoformat(), period.end.isoformat(), period.label


def read_whole(made: Plan, rows: Mapping[str, Sequence[Row]], window: Window) -> dict[str, Read]:
    """Return the whole-period columns of one person that something was recorded for. rows: by kind, ledger order."""
    read: dict[str, Read] = {}
    records: dict[str, list[Record]] = {}
    for kind in rows:
        for whole in made.whole_of[kind]:
            if whole.column.name not in read:
                found: list = []
                for source in whole.sources:
                    if source[0] in rows:
                        found += _found(whole.column, source, rows[source[0]], window, records)
                if found:
                    read[whole.column.name] = _reduce(whole.column, found)
    return read


def _found(
    column: Column, source: Source, rows: Sequence[Row], window: Window, records: dict[str, list[Record]]
) -> list:
    """Return (holder of facts, value, action id) of what `column` reads from one kind."""
    kind, fact, key_name, ranged = source
    if column.in_force and ranged:
        if kind not in records:
            records[kind] = _in_force(rows, key_name, window)
        return [
            (record, record.facts[fact], record.sources[fact])
            for record in records[kind]
            if fact in record.facts and (column.key is None or record.key == column.key)
        ]
    return [
        (row, row.facts[fact], row.id)
        for row in rows
        if fact in row.facts
        and (column.key is None or row.facts.get(key_name) == column.key)
        and (row.facts.get(MONTH) == window.month if column.month_only else row.day < window.end)
    ]


def _in_force(rows: Sequence[Row], key_name: str | None, window: Window) -> list[Record]:
    """Return the records of a ranged kind that cover some day of the period; no 起 or no 止 is open."""
    records: list[Record] = []
    for row in rows:
        if row.day < window.end:
            amend(records, row, key_name)
    return [
        record
        for record in records
        if record.facts.get(FROM, window.start) < window.end and record.facts.get(TO, window.start) >= window.start
    ]


def _reduce(column: Column, found: list) -> Read:
    """Apply the reading of `column` to (holder of facts, value, action id) in ledger order; `found` is not empty."""
    if column.reading in (SUM, COUNT):
        values = [value for _row, value, _id in found]
        ids = tuple(dict.fromkeys(one[2] for one in found))
        return total(values) if column.reading == SUM else len(values), ids
    if column.reading == BY_YEAR:
        years = {str(row.facts.get(column.by)): (value, own) for row, value, own in found if column.by in row.facts}
        return {year: years[year][0] for year in sorted(years)}, tuple(years[year][1] for year in sorted(years))
    best = found[0] if column.reading == FIRST else found[-1]
    if column.reading == HIGHEST:
        for one in found:
            if _higher(column, one[1], best[1]):
                best = one
    return best[1], (best[2],)


def total(numbers: Sequence[Any]) -> int | str:
    """Return the exact sum of canonical numbers: an int if all are, else text."""
    if all(isinstance(number, int) for number in numbers):
        return sum(numbers)
    return str(sum((Decimal(str(number)) for number in numbers), Decimal(0)))
