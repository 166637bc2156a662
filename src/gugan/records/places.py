"""Organisations as they are on a day: names, where they stand, closed or not, and who is at work there. Only reads."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import orjson
from django.db.models import Count, Q, TextField
from django.db.models.functions import Cast

from gugan.accounts.bulk import among
from gugan.accounts.queries import within
from gugan.accounts.scope import NATION, Scope
from gugan.records import caches, queries, store
from gugan.records.employment import Row, in_force, spans
from gugan.records.entries import CLOSE, HIRE, LEAVE, SET_UP, WORKPLACE
from gugan.records.models import EMPLOYED, Action, Batch, Org, Person

STREET, COMMUNITY = 9, 12
"""Characters of the codes of streets and communities."""
OPENS_WITH = '"'
"""What stands before a code in the text of facts."""


@dataclass(frozen=True)
class Life:
    """One organisation with its actions that stand, in ledger order."""

    org: Org
    rows: list[Row]

    @property
    def begins(self) -> str | None:
        """The day it was set up; None where that day is 不详."""
        first = next((row for row in self.rows if row.kind == SET_UP), None)
        return None if first is None or first.unknown else first.day

    @property
    def closes(self) -> str | None:
        """The first day it is no longer there; None where no closing stands, also one to come."""
        return next((row.day for row in reversed(self.rows) if row.kind == CLOSE), None)

    def on(self, day: date) -> dict[str, Any]:
        """What holds on a day: caches.ORG_COLUMNS."""
        return caches.of_org(self.rows, day)

    def names_from(self, day: date) -> set[str]:
        """Every name it has on a day or later."""
        later = [row for row in self.rows if row.day > day.isoformat() and not row.unknown]
        return {row.facts["名称"] for row in later if "名称" in row.facts} | {self.on(day)["name"]}


@dataclass
class Place:
    """An organisation on a day, counted. people: at work in it and below, own: right here.

    settled: the establishment, its own or the sum of those below, None where none was posted; short and over: people
    missing and too many, never set off against each other; closed: from which day it is no longer there, "" while it is;
    closing: that day, where it is still to come; into: the code of what it was merged into.
    """

    code: str
    name: str
    kind: str
    closed: str = ""
    closing: str = ""
    into: str = ""
    into_name: str = ""
    establishment: int | None = None
    own: int = 0
    people: int = 0
    settled: int | None = None
    short: int = 0
    over: int = 0
    parts: list[Place] = field(default_factory=list)

    @property
    def local(self) -> bool:
        """Whether the code is a local one."""
        return is_local(self.code)


@dataclass(frozen=True)
class Move:
    """Somebody a merger moves. days: from which days on the new workplace has to be said; now: at work there already."""

    person: int
    days: tuple[date, ...]
    now: bool


@dataclass(frozen=True)
class OrgLine:
    """One action about an organisation. into, parent: as named on record (codes). batch: the posting, if it can be undone."""

    note: queries.ActionNote
    facts: dict[str, Any]
    batch: Batch | None
    replaced: bool
    is_void: bool

    @property
    def stands(self) -> bool:
        """Whether it counts today."""
        return not self.replaced and not self.is_void


def is_local(code: str) -> bool:
    """Whether a code was given here (自编码): the state's have digits only."""
    return not code.isdigit()


def find(scope: Scope, code: str) -> Org | None:
    """Return the organisation, or None: not there, or not to be seen."""
    org = Org.objects.select_related("parent", "merged_into").filter(code=code).first()
    return org if org is not None and scope.allows("see", org.code) else None


def lives(condition: Q) -> list[Life]:
    """Return the organisations that fit, by code, each with its record: two statements."""
    orgs = list(Org.objects.filter(condition).select_related("parent").order_by("code"))
    _people, record = store.history([], [org.pk for org in orgs])
    return [Life(org, in_force(record.get(org.pk, []))) for org in orgs]


def tree(scope: Scope, on: date, today: date) -> list[Place]:
    """Return what is there on the day `on` as trees in code order, counted: a fixed number of statements.

    Closed organisations are there too, marked; those not yet set up are not. Only people in scope are counted, at their
    workplace, or at their payer where no workplace is known.
    """
    places, above = _places(scope, on)
    counted = _counted_today(scope) if on == today else _counted(scope, on, today)
    for payer, workplace, count in counted:
        place = places.get(workplace) or places.get(payer)
        if place is not None:
            place.own += count
    roots = []
    for code, place in places.items():
        parent = places.get(above[code])
        (parent.parts if parent is not None and parent is not place else roots).append(place)
        if place.into in places:
            place.into_name = places[place.into].name
    for root in roots:
        _sum(root)
    return roots


def walk(roots: Iterable[Place]) -> Iterator[Place]:
    """Yield every place of the trees, from the top."""
    for place in roots:
        yield place
        yield from walk(place.parts)


def history(org: Org) -> list[OrgLine]:
    """Return every action about `org` in ledger order, replaced ones too, first those whose day is 不详: one statement."""
    found = list(Action.objects.filter(org=org).select_related("recorded_by", "batch"))
    found.sort(key=lambda action: not action.date_unknown)
    replaced = {action.replaces_id for action in found}
    return [
        OrgLine(queries.note_of(action), action.facts, action.batch, action.pk in replaced, not action.facts)
        for action in found
    ]


def employment_at(code: str) -> dict[int, list[Row]]:
    """Return the standing 入职 and 离职 of whoever was ever hired by or to `code`, by person id: one statement."""
    return _employment([code + OPENS_WITH])


def moves(code: str, on: date, employment: Mapping[int, list[Row]] | None = None) -> list[Move]:
    """Return whom it concerns that the workplace `code` ends with the day `on`: at work there, or to come later.

    employment: of `employment_at`, where it was read already.
    """
    found = []
    for person, rows in (employment_at(code) if employment is None else employment).items():
        days = [on] if (job := job_on(rows, on.isoformat())) and job[1] == code else []
        now = bool(days)
        for row in rows:
            # a later entry that names it again, for somebody who is employed then
            later = row.day > on.isoformat() and row.kind == HIRE and row.facts.get(WORKPLACE) == code
            if later and (job := job_on(rows, row.day)) and job[1] == code:
                days.append(date.fromisoformat(row.day))
        if days:
            found.append(Move(person, tuple(dict.fromkeys(days)), now))
    return found


def paid_by(code: str, on: date, employment: Mapping[int, list[Row]] | None = None) -> int:
    """Return how many people `code` employs on a day or later; employment as for `moves`."""
    day = on.isoformat()
    people = (employment_at(code) if employment is None else employment).values()
    return sum(any(s.payer == code and (s.end is None or s.end > day) for s in spans(rows)) for rows in people)


def job_on(rows: Sequence[Row], day: str) -> tuple[str, str] | None:
    """Return payer and workplace on a day, from rows that stand in ledger order; None for who is not employed. Pure."""
    span = next((one for one in spans(rows) if one.start <= day and (one.end is None or one.end > day)), None)
    if span is None:
        return None
    place = ""
    for row in rows:
        if row.kind == HIRE and row.day <= day:
            place = row.facts.get(WORKPLACE) or place
    return span.payer, place


def _places(scope: Scope, on: date) -> tuple[dict[str, Place], dict[str, str]]:
    """Return the places of a day by code, and the code above each: two statements."""
    national = NATION in scope.prefixes("see")
    orgs = Org.objects.filter(Q() if national else within(scope, "see", "code")).order_by("code")
    codes = dict(orgs.values_list("id", "code"))
    of_orgs = Action.objects.filter(~Q(org=None) if national else within(scope, "see", "org__code")).order_by()
    record: dict[int, list[Row]] = {}
    wanted = of_orgs.filter(kind__in=caches.ORG_KINDS).values_list("org_id", *store.ROW_FIELDS)
    for org, *values in wanted:
        record.setdefault(org, []).append(store.as_row(values))
    places, above = {}, {}
    for pk, code in codes.items():
        life = Life(Org(pk=pk, code=code), in_force(record.get(pk, [])))
        if life.begins is not None and life.begins > on.isoformat():
            continue
        held, closes = life.on(on), life.closes or ""
        closed = closes if held["closed_on"] else ""
        places[code] = Place(
            code, held["name"], held["kind"], closed, "" if closed else closes, held["merged_code"],
            establishment=held["establishment"],
        )  # fmt: skip
        above[code] = held["parent_code"]
    return places, above


def _counted_today(scope: Scope) -> Iterable[tuple[str, str, int]]:
    """Count people by payer and workplace as the cached columns say."""
    found = queries.people(scope).filter(state=EMPLOYED).order_by()
    return found.values_list("payer_code", "workplace_code").annotate(count=Count("pk"))


def _counted(scope: Scope, on: date, today: date) -> Iterable[tuple[str, str, int]]:
    """Count people by payer and workplace on a day: as the cached columns say, but for whose employment changed since.

    Only theirs is folded. An end that was announced lies at the last day, not at the day of its action.
    """
    since = min(on, today)
    later = Q(kind__in=(HIRE, LEAVE), effective_on__gt=since, person__isnull=False)
    moved = set(Action.objects.filter(later).order_by().values_list("person_id", flat=True))
    moved.update(Person.objects.filter(left_on__gte=since).order_by().values_list("pk", flat=True))
    changed = sorted(moved)
    counts: dict[tuple[str, str], int] = {}
    still = queries.people(scope).filter(state=EMPLOYED).exclude(pk__in=among(changed)).order_by()
    for payer, place, count in still.values_list("payer_code", "workplace_code").annotate(count=Count("pk")):
        counts[payer, place] = count
    prefixes = scope.prefixes("see")
    for rows in _employment(None if NATION in prefixes else prefixes, changed).values():
        job = job_on(rows, on.isoformat())
        if job and (scope.allows("see", job[0]) or scope.allows("see", job[1])):
            counts[job] = counts.get(job, 0) + 1
    return [(payer, place, count) for (payer, place), count in counts.items()]


def _employment(named: Collection[str] | None, people: Collection[int] | None = None) -> dict[int, list[Row]]:
    """Return the standing 入职 and 离职 of whoever was ever hired by or to a code that begins so: one statement.

    named: None for everybody. people: only of these. The facts are searched as text, since SQLite cannot pick out a key
    that is not ASCII, and read as text, since Django would parse each date.
    """
    # a record merged into another is nobody of its own
    found = Action.objects.filter(kind__in=(HIRE, LEAVE), person__merged_into=None).order_by()
    only = Q() if people is None else Q(person_id__in=among(people))
    if named is not None:
        fits = Q(pk__in=[])
        for one in named:
            fits |= Q(text__contains=OPENS_WITH + one)
        hires = Action.objects.filter(only, kind=HIRE).order_by().alias(text=Cast("facts", TextField())).filter(fits)
        found = found.filter(person_id__in=hires.values("person_id"))
    found = found.filter(only)
    day, moment, facts = (Cast(name, TextField()) for name in ("effective_on", "recorded_at", "facts"))
    read = found.annotate(day=day, moment=moment, said=facts).values_list(
        "person_id", "day", "moment", "pk", "kind", "date_unknown", "said", "replaces_id"
    )
    record: dict[int, list[Row]] = {}
    for person, *values, said, replaces in read:
        record.setdefault(person, []).append(Row(*values, orjson.loads(said), replaces))
    return {person: in_force(rows) for person, rows in record.items()}


def _sum(place: Place) -> None:
    for part in place.parts:
        _sum(part)
    place.people = place.own + sum(part.people for part in place.parts)
    known = [part.settled for part in place.parts if part.settled is not None]
    if place.closed:
        return
    if place.establishment is not None:
        place.settled = place.establishment
        place.short = max(0, place.settled - place.people)
        place.over = max(0, place.people - place.settled)
    elif known:
        place.settled = sum(known)
        place.short = sum(part.short for part in place.parts)
        place.over = sum(part.over for part in place.parts)
