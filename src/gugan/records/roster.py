"""The only way facts leave in bulk: period, known_at → table of stretches, folded from one read of the ledger."""

from __future__ import annotations

import gc
from collections.abc import Collection, Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import orjson
from django.db import connection

from gugan.accounts.scope import NATION, Scope
from gugan.policy import Catalogue, Period, Stretch
from gugan.records import readings
from gugan.records.caches import merged_by
from gugan.records.employment import Row, Span, in_force, spans
from gugan.records.entries import HIRE, LEAVE, MERGE
from gugan.records.models import Person

Piece = tuple[str, str, dict[str, Any], dict[str, Any]]
"""Over [start, end), ISO days: values and sources."""


def table(
    scope: Scope,
    period: Period,
    known_at: datetime,
    columns: Iterable[str],
    pack: Any,
    *,
    person_ids: Sequence[int] | None = None,
    payer: str | None = None,
) -> list[Stretch]:
    """Return the stretches of everybody employed in `period` by a payer in `scope`, as known at `known_at`.

    pack: a policy.Pack, or a Catalogue; `columns`: names of it (those that rooms supply stay absent; KeyError for an
    unknown one). payer: only stretches of exactly this payer. person_ids: only these people. A worker's scope gives
    the own person. A stretch ends where the employment or the period does, and where a column that cuts changes
    inside the period. Person is the person's id; people are in order of id, their stretches in date order.
    One SELECT (a worker's own person takes one more).
    """
    catalogue: Catalogue = getattr(pack, "catalogue", pack)
    plan = readings.plan(catalogue, columns)
    own = _own_person(scope)
    if own is None and not scope.prefixes("see"):
        return []
    fold = Fold(plan, period, scope, payer, own)
    return _folded([fold], scope, known_at, own, person_ids, payer)[0]


@dataclass(frozen=True)
class Ask:
    """One table of several: see `table`. also: people who get one stretch over the whole period though not employed."""

    period: Period
    columns: Sequence[str]
    catalogue: Catalogue
    also: frozenset[int] = frozenset()


def tables(
    scope: Scope,
    asks: Sequence[Ask],
    known_at: datetime,
    *,
    person_ids: Sequence[int] | None = None,
    payer: str | None = None,
) -> list[list[Stretch]]:
    """Return what `table` would for each of `asks`, from one SELECT whatever their number."""
    if not asks or not scope.prefixes("see"):
        return [[] for _ in asks]
    folds = [
        Fold(readings.plan(ask.catalogue, ask.columns), ask.period, scope, payer, None, also=ask.also) for ask in asks
    ]
    return _folded(folds, scope, known_at, None, person_ids, payer)


def _folded(
    folds: Sequence[Fold],
    scope: Scope,
    known_at: datetime,
    own: int | None,
    person_ids: Sequence[int] | None,
    payer: str | None,
) -> list[list[Stretch]]:
    """Return the table of each fold, people in order of id."""
    kinds = {HIRE, LEAVE, MERGE}.union(*({*fold.plan.kinds, *fold.plan.whole_of} for fold in folds))
    with _no_collection():
        rows = _select(scope, known_at, kinds, own, person_ids, payer)
        people: dict[int, list[Row]] = {}
        loads, make = orjson.loads, Row._make
        for person, day, recorded_at, number, kind, unknown, facts, replaces in rows:
            row = make((day, recorded_at, number, kind, unknown, loads(facts), replaces))
            if person in people:
                people[person].append(row)
            else:
                people[person] = [row]
        found: list[list[Stretch]] = [[] for _ in folds]
        for person in sorted(people):
            standing = in_force(people[person])
            for fold, own_table in zip(folds, found, strict=True):
                own_table += fold.stretches(person, standing)
        return found


class Fold:
    """Folds the actions of one person after another into stretches."""

    def __init__(
        self,
        plan: readings.Plan,
        period: Period,
        scope: Scope,
        payer: str | None,
        own: int | None,
        also: Collection[int] = (),
    ) -> None:
        self.plan, self.period, self.scope, self.payer, self.own = plan, period, scope, payer, own
        self.also = also
        self.start, self.end = period.start.isoformat(), period.end.isoformat()
        self.window = readings.Window(period)
        self._visible: dict[str, bool] = {}

    def stretches(self, person: int, rows: list[Row]) -> Iterator[Stretch]:
        """Yield the stretches of one person from the rows that stand, in ledger order."""
        employed = [span for span in spans(rows) if self._counts(span, person)]
        if not employed and person in self.also:
            employed = [Span(self.start, self.end, self.payer or "")]
        if not employed or merged_by(rows) is not None:
            return
        pieces = self._pieces(rows)
        values, sources = self._whole(rows)
        for span in employed:
            for start, end, own_values, own_sources in pieces:
                since, until = max(start, span.start), min(end, span.end or self.end)
                if since < until:
                    yield self._stretch(person, since, until, span, own_values | values, own_sources | sources)

    def _counts(self, span: Span, person: int) -> bool:
        """Whether a span overlaps the period, with a payer that was asked for and may be seen."""
        if span.start >= self.end or (span.end is not None and span.end <= self.start):
            return False
        if self.payer is not None and span.payer != self.payer:
            return False
        if span.payer not in self._visible:
            self._visible[span.payer] = self.scope.allows("see", span.payer)
        return person == self.own or self._visible[span.payer]

    def _pieces(self, rows: list[Row]) -> list[Piece]:
        """Return the period in pieces over which no cutting column changes; dates that are 不详 never cut."""
        plans, start, end = self.plan.kinds, self.start, self.end
        values: dict[str, Any] = {}
        sources: dict[str, Any] = {}
        records: dict[str, list[readings.Record]] = {}
        pieces: list[Piece] = []
        for row in rows:
            own = plans.get(row.kind)
            if own is None:
                continue
            if row.day >= end:
                break
            if row.day > start and not row.unknown:
                before = values.copy(), sources.copy()
                readings.apply(own, row, records.setdefault(row.kind, []), values, sources)
                if values != before[0]:
                    pieces.append((start, row.day, *before))
                    start = row.day
                else:  # said again: the stretch still rests on what held at its start
                    sources = before[1]
            else:
                readings.apply(own, row, records.setdefault(row.kind, []), values, sources)
        pieces.append((start, end, values, sources))
        return pieces

    def _whole(self, rows: list[Row]) -> tuple[dict[str, Any], dict[str, Any]]:
        """Return values and sources of the columns that are read once per period."""
        whole_of, by_kind = self.plan.whole_of, {}
        for row in rows:
            if row.kind in whole_of:
                by_kind.setdefault(row.kind, []).append(row)
        values: dict[str, Any] = dict(self.plan.empty)
        sources: dict[str, Any] = {}
        for name, (value, ids) in readings.read_whole(self.plan, by_kind, self.window).items():
            values[name], sources[name] = value, ids
        return values, sources

    def _stretch(self, person: int, since: str, until: str, span: Span, values: dict, sources: dict) -> Stretch:
        leave = span.leave
        if leave is not None and leave.day < self.end:
            for fact, column in self.plan.leave:
                if fact in leave.facts:
                    values[column], sources[column] = leave.facts[fact], (leave.id,)
        start = self.period.start if since == self.start else date.fromisoformat(since)
        end = self.period.end if until == self.end else date.fromisoformat(until)
        return Stretch(person, start, end, values, sources)


def _own_person(scope: Scope) -> int | None:
    if scope.person is None:
        return None
    return Person.objects.filter(public_id=scope.person).values_list("pk", flat=True).first()


def _select(
    scope: Scope,
    known_at: datetime,
    kinds: Iterable[str],
    own: int | None,
    person_ids: Sequence[int] | None,
    payer: str | None,
) -> list[tuple[Any, ...]]:
    """Read the actions known at a moment of everybody a payer in scope ever hired: the one SELECT of the roster."""
    pg = connection.vendor == "postgresql"
    # as text: on SQLite too, where Django would parse each date; it sorts as the moments do
    cast = "{}::text" if pg else "{} || ''"
    day, at, facts = (cast.format(f"a.{name}") for name in ("effective_on", "recorded_at", "facts"))
    unknown = "a.date_unknown" if pg else "+a.date_unknown"
    moment = connection.ops.adapt_datetimefield_value(known_at)
    kinds = sorted(kinds)
    # COALESCE keeps planners off the index of recorded_at: almost every row was recorded by then, and before ANALYZE
    # PostgreSQL would walk that index once per person
    conditions = ["COALESCE(a.recorded_at, a.recorded_at) <= %s", f"a.kind IN ({', '.join(['%s'] * len(kinds))})"]
    parameters: list[Any] = [moment, *kinds]
    if person_ids is not None:
        conditions.append("a.person_id = ANY(%s)" if pg else "a.person_id IN (SELECT value FROM json_each(%s))")
        parameters.append(list(person_ids) if pg else orjson.dumps(list(person_ids)).decode())
    hired, named = _hired(scope, own, payer, conditions[2:], parameters[1 + len(kinds) :])
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT a.person_id, {day}, {at}, a.id, a.kind, {unknown}, {facts}, a.replaces_id
            FROM records_action a WHERE a.person_id IS NOT NULL AND {" AND ".join([*conditions, hired])}
        """,
            [*parameters, *named],
        )
        return cursor.fetchall()


def _hired(
    scope: Scope, own: int | None, payer: str | None, among: Sequence[str], people: Sequence[Any]
) -> tuple[str, list[Any]]:
    """Return the condition, with its parameters, that a payer in scope hired the person of `a` at some time.

    among: the condition that the person is one of `people`, [] for everybody; of a few, not everybody's hiring is read.
    """
    prefixes = scope.prefixes("see")
    choices, parameters = [], []
    if prefixes:
        wanted = ["payer_code <> ''", *(one.replace("a.person_id", "person_id", 1) for one in among)]
        parameters += people
        if payer is not None:
            wanted.append("payer_code = %s")
            parameters.append(payer)
        if NATION not in prefixes:
            wanted.append("(" + " OR ".join(["substr(payer_code, 1, %s) = %s"] * len(prefixes)) + ")")
            for prefix in prefixes:
                parameters += [len(prefix), prefix]
        choices.append(f"a.person_id IN (SELECT person_id FROM records_action WHERE {' AND '.join(wanted)})")
    if own is not None:
        choices.append("a.person_id = %s")
        parameters.append(own)
    return "(" + " OR ".join(choices) + ")", parameters


@contextmanager
def _no_collection() -> Generator[None]:
    """Keep the garbage collector from walking half a million new dictionaries again and again."""
    running = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if running:
            # straight to the oldest generation, or the next allocation would walk them all
            gc.freeze()
            gc.unfreeze()
            gc.enable()
