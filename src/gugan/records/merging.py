"""Two records of one person become one: what differs is chosen, nothing is lost, and it can be taken back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import pairwise
from typing import Any

from django.db import transaction
from django.db.models import Q

from gugan.accounts import sealing
from gugan.accounts import services as accounts
from gugan.accounts.bulk import among
from gugan.accounts.models import User
from gugan.accounts.scope import OPERATOR, Scope
from gugan.accounts.sm3 import digest_of
from gugan.policy import Catalogue, Kind
from gugan.records import idnumber, ledger, queries, services, store
from gugan.records.clock import china_day
from gugan.records.employment import Row, Span, in_force, spans
from gugan.records.entries import (
    FROM,
    HIRE,
    ID_NUMBER,
    ID_PATH,
    IDENTITY,
    LEAVE,
    MERGE,
    MERGE_BATCHES,
    MERGED_INTO,
    NUMBER_GIVEN,
    Entry,
)
from gugan.records.models import Action, Batch, Person

MERGED, UNDONE = MERGE_BATCHES
KEEP, TAKE, BOTH = "keep", "take", "both"
"""What is chosen where two records differ: what the kept one says, what the other says, or both, each from its day."""
SAME, LACKS, MORE, DIFFERS = "same", "lacks", "more", "differs"
"""How a point stands: alike; only the other has it, so it is taken over; only the kept one has it; to be chosen."""
EMPLOYMENT = "任职"
"""入职 and 离职 are chosen together: half of each would make an employment that nobody had."""
HAPPENED = ("奖励",)
"""Kinds without a key of which there may be any number: what the other record has is added, nothing is to be chosen."""
MONTH = "月份"
BASIS = "自并入的记录"
SUGGESTED = 10


class MergeError(Exception):
    """Nothing was merged or taken back; says why in Chinese. problems: every sentence."""

    def __init__(self, *problems: str) -> None:
        self.problems = problems
        super().__init__("\n".join(problems))


@dataclass(frozen=True)
class Point:
    """What two records say about one thing: a fact of 个人信息, all of 任职, or a kind (with its key).

    kept, other: the rows that stand, in ledger order. state: SAME, LACKS, MORE or DIFFERS. added: rows of the other
    that the kept one lacks.
    """

    name: str
    kind: str
    fact: str
    kept: tuple[Row, ...]
    other: tuple[Row, ...]
    state: str
    added: tuple[Row, ...] = ()

    @property
    def choices(self) -> tuple[str, ...]:
        """What may be chosen here; a fact of 个人信息 has one value."""
        if self.state != DIFFERS:
            return ()
        return (KEEP, TAKE) if self.fact else (KEEP, TAKE, BOTH)


@dataclass(frozen=True)
class Comparison:
    """Two records side by side, in the catalogue's order. token: changes with every entry about either of them."""

    points: list[Point]
    token: str

    @property
    def open(self) -> list[Point]:
        """The points where somebody must choose."""
        return [point for point in self.points if point.state == DIFFERS]

    @property
    def two_numbers(self) -> bool:
        """Whether the two have different ID numbers, which are both valid: usually two people."""
        return any(point.fact == ID_NUMBER and point.state == DIFFERS for point in self.points)


@dataclass(frozen=True)
class Merged:
    """What came of it. batch: None where it was only tried. done_before: somebody had done it already.

    spans: when the person is employed now. entries: how many facts were taken over or corrected.
    """

    batch: Batch | None
    done_before: bool = False
    spans: list[Span] = field(default_factory=list)
    entries: int = 0


# --- what can be asked


def compare(kept: Person, other: Person, catalogue: Catalogue) -> Comparison:
    """Return what the two records say, side by side. Two reads."""
    record, _orgs = store.history([kept.pk, other.pk], [])
    mine, theirs = (in_force(record.get(one.pk, [])) for one in (kept, other))
    points = [*_identity(mine, theirs, catalogue), *_kinds(mine, theirs, catalogue)]
    token = digest_of([sorted(row.id for rows in record.values() for row in rows), kept.pk, other.pk])
    return Comparison(points, token)


def refusals(kept: Person, other: Person) -> list[str]:
    """Return why these two cannot be merged at all; [] where they can. One read at most."""
    if kept.pk == other.pk:
        return ["这是同一份记录，不用合并。"]
    if kept.merged_into_id is not None:
        return [f"“{kept.name}”这份记录已并入另一份；请到那一份里办。"]
    if other.merged_into_id is not None:
        return [f"“{other.name}”这份记录已经并入别的记录，不能再合并一次。"]
    if Person.objects.filter(merged_into=other).exists():
        return [f"另一份“{other.name}”下面已经并入过一份记录。请反过来：打开那一份，把这一份并进去。"]
    return []


def suggested(scope: Scope, person: Person) -> list[tuple[Person, str]]:
    """Return people in scope who may be the same, each with the reason: at most SUGGESTED. Three reads.

    Same name and birth date; same name and last four; or ID numbers that one wrong or swapped digit makes of each other.
    """
    number = queries.open_id_number(OPERATOR, person) if queries.sees(scope, person) else None
    near = {sealing.digest(one, ID_PATH) for one in near_numbers(number)} if number else set()
    alike = Q(id_digest__in=among(sorted(near))) if near else Q(pk__in=[])
    if person.born_on is not None:
        alike |= Q(name=person.name, born_on=person.born_on)
    if person.id_last4:
        alike |= Q(name=person.name, id_last4=person.id_last4)
    found = queries.people(scope).filter(alike).exclude(pk=person.pk)[:SUGGESTED]
    return [(one, _why(person, one, near)) for one in found]


def near_numbers(number: str) -> set[str]:
    """Return the valid ID numbers that one wrong digit, or two neighbours swapped, would have made of this one.

    The check digit follows: a number with a single wrong digit is never valid, so somebody worked it out anew.
    """
    first = number[:17]
    changed = {first[:at] + digit + first[at + 1 :] for at in range(17) for digit in "0123456789"}
    swapped = {first[:at] + b + a + first[at + 2 :] for at, (a, b) in enumerate(pairwise(first))}
    found = set()
    for text in (changed | swapped) - {first}:
        try:
            found.add(idnumber.read(text + idnumber.check_digit(text)).number)
        except idnumber.IdNumberError:
            continue
    return found


def merged_at(known_at: datetime) -> dict[int, int]:
    """Return which records were merged as known at a moment: {id: id of the one that stands in}. Two reads at most."""
    return _at(_merges(), known_at)


def moved_between(one: datetime, other: datetime) -> set[int]:
    """Return the ids of people who were merged by what is known at one of two moments and not at the other. Two reads at most."""
    merges = _merges()
    return {person for pair in _at(merges, one).items() ^ _at(merges, other).items() for person in pair}


def _merges() -> list[tuple[int, int, datetime, datetime | None]]:
    """Return every merge there ever was: who, into whom, when it was recorded, and when that was taken back."""
    found = Action.objects.filter(batch__kind=MERGED, kind=MERGE).order_by()
    rows = list(found.values_list("person_id", "facts", "recorded_at", "replaced_by__recorded_at"))
    wanted = {facts[MERGED_INTO] for _who, facts, *_moments in rows}
    known = Person.objects.filter(public_id__in=wanted).values_list("public_id", "pk") if wanted else ()
    ids = {str(public_id): pk for public_id, pk in known}
    return [(who, ids[facts[MERGED_INTO]], since, until) for who, facts, since, until in rows]


def _at(merges: list[tuple[int, int, datetime, datetime | None]], moment: datetime) -> dict[int, int]:
    return {who: kept for who, kept, since, until in merges if since <= moment and (until is None or until > moment)}


def standing_merge(other: Person) -> Action | None:
    """Return the action that says that this record was merged into another, or None."""
    found = Action.objects.filter(person=other, kind=MERGE, replaced_by=None).exclude(facts={})
    return found.select_related("batch", "recorded_by").first()


# --- what can be done


@transaction.atomic
def merge(
    kept: Person,
    other: Person,
    choices: Mapping[str, str],
    *,
    token: str,
    reason: str = "",
    by: User,
    now: datetime,
    catalogue: Catalogue,
    only_try: bool = False,
) -> Merged:
    """Merge the record `other` into `kept`; return what came of it. The caller has asked accounts.require for both.

    choices: name of a point → KEEP, TAKE or BOTH, for every point that differs. token: of the comparison that was
    looked at. reason: needed where both have a valid ID number. only_try: say what would come of it and undo it.
    Raises MergeError, LedgerError; then nothing was written.
    """
    accounts.lock_trail()
    kept, other = (Person.objects.get(pk=one.pk) for one in (kept, other))
    if other.merged_into_id == kept.pk and (done := standing_merge(other)) is not None:
        return Merged(done.batch, done_before=True)
    found = compare(kept, other, catalogue)
    _check(kept, other, found, choices, token=token, reason=reason)
    own = _entries(found, choices, kept)
    label = f"{other.pk} 并入 {kept.pk}"
    batch = services.open_batch(MERGED, label, by=by, now=now)
    facts = {MERGED_INTO: str(kept.public_id), NUMBER_GIVEN: _number_given(found, choices)}
    last = Entry(MERGE, other, china_day(now), facts, reason or "核对为同一个人")
    # first, so that its ID number is free for the kept one
    ledger.post([last], by=by, now=now, catalogue=catalogue, batch=batch)
    ledger.post(own, by=by, now=now, catalogue=catalogue, batch=batch)
    record, _orgs = store.history([kept.pk], [])
    employed = spans(in_force(record.get(kept.pk, [])))
    if only_try:
        transaction.set_rollback(True)
        return Merged(None, spans=employed, entries=len(own))
    return Merged(batch, spans=employed, entries=len(own))


@transaction.atomic
def undo(other: Person, *, by: User, now: datetime, catalogue: Catalogue, reason: str) -> Batch | None:
    """Take a merge back: everything that came in with it is voided, what it replaced stands again; None if that is done.

    Refused once an entry that was taken over has been corrected: which of the two records the correction is about, only
    people know. One that was taken back by itself stays so. Raises MergeError, LedgerError (as where an ID number that
    would come back has become somebody else's).
    """
    accounts.lock_trail()
    other = Person.objects.get(pk=other.pk)
    merged = standing_merge(other)
    if merged is None or merged.batch is None:
        return None
    if not reason.strip():
        raise MergeError("请写明为什么撤销合并。")
    came = list(Action.objects.filter(batch=merged.batch).exclude(pk=merged.pk).select_related("person", "replaces"))
    later = {one.replaces_id: one for one in Action.objects.filter(replaces__batch=merged.batch)}
    corrected = [one for one in came if one.pk in later and later[one.pk].facts]
    if corrected:
        raise MergeError(*(
            f"合并时带过来的“{one.kind}”（{one.effective_on} 生效）后来更正过，不能整批撤销；请逐条更正。" for one in corrected
        ))  # fmt: skip
    batch = services.open_batch(UNDONE, merged.batch.label, by=by, now=now)
    back = [_back(one, reason) for one in came if one.pk not in later]
    last = Entry(MERGE, other, merged.effective_on, {}, reason, False, merged.pk)
    ledger.post(_cleared(back), by=by, now=now, catalogue=catalogue, batch=batch)
    ledger.post([last], by=by, now=now, catalogue=catalogue, batch=batch)
    return batch


# --- inside: comparing


def _identity(mine: Sequence[Row], theirs: Sequence[Row], catalogue: Catalogue) -> Iterable[Point]:
    """Yield one point per fact of 个人信息: of each side the last row that states it."""
    for fact in catalogue.kinds[IDENTITY].facts:
        kept, other = _last(mine, fact), _last(theirs, fact)
        if kept is None and other is None:
            continue
        if kept is None or other is None:
            state = LACKS if kept is None else MORE
        else:
            state = SAME if _plain(kept.facts[fact]) == _plain(other.facts[fact]) else DIFFERS
        rows = tuple(tuple(filter(None, [row])) for row in (kept, other))
        yield Point(f"{IDENTITY}.{fact}", IDENTITY, fact, *rows, state, rows[1] if state == LACKS else ())


def _last(rows: Sequence[Row], fact: str) -> Row | None:
    return next((row for row in reversed(rows) if row.kind == IDENTITY and fact in row.facts), None)


def _kinds(mine: Sequence[Row], theirs: Sequence[Row], catalogue: Catalogue) -> Iterable[Point]:
    """Yield one point per kind and key; 入职 and 离职 are one."""
    sides: dict[str, tuple[str, list[Row], list[Row]]] = {}
    for side, rows in ((1, mine), (2, theirs)):
        for row in rows:
            if row.kind not in (IDENTITY, MERGE):
                name, kind = _name(row, catalogue.kinds.get(row.kind))
                sides.setdefault(name, (kind, [], []))[side].append(row)
    order = {kind: at for at, kind in enumerate(catalogue.kinds)} | {EMPLOYMENT: -1}
    for name, (kind, kept, other) in sorted(sides.items(), key=lambda one: (order.get(one[1][0], 999), one[0])):
        said = {_said(row) for row in kept}
        added = tuple(row for row in other if _said(row) not in said)
        state = _state(kept, other, added, _happens(catalogue.kinds.get(kind)))
        yield Point(name, kind, "", tuple(kept), tuple(other), state, added)


def _state(kept: Sequence[Row], other: Sequence[Row], added: Sequence[Row], happens: bool) -> str:
    if not added:
        return SAME if other else MORE
    return LACKS if happens or not kept else DIFFERS


def _name(row: Row, kind: Kind | None) -> tuple[str, str]:
    """Return the name of the point that a row belongs to, and its kind."""
    if row.kind in (HIRE, LEAVE):
        return EMPLOYMENT, EMPLOYMENT
    key = str(row.facts.get(kind.key, "")) if kind and kind.key else ""
    parts = [row.kind, key, str(row.facts.get(MONTH, ""))]
    return "·".join(filter(None, parts)), row.kind


def _happens(kind: Kind | None) -> bool:
    """Whether there may be any number of this kind: then two of them do not contradict each other."""
    return kind is not None and kind.key is None and (FROM in kind.facts or kind.name in HAPPENED)


def _said(row: Row) -> tuple[Any, ...]:
    """Return what a row says, so that equal ones are equal; a day that is 不详 is no day."""
    facts = tuple(sorted((name, str(_plain(value))) for name, value in row.facts.items()))
    return row.kind, "" if row.unknown else row.day, facts


def _plain(value: Any) -> Any:
    return value.get("摘要") if sealing.is_sealed(value) else value


def _why(person: Person, one: Person, near: set[str]) -> str:
    if one.name == person.name and one.born_on is not None and one.born_on == person.born_on:
        return "同名，出生日期相同"
    if one.name == person.name and one.id_last4 == person.id_last4:
        return "同名，证件号码后四位相同"
    return "证件号码只差一位，或两位颠倒"


# --- inside: writing


def _check(
    kept: Person, other: Person, found: Comparison, choices: Mapping[str, str], *, token: str, reason: str
) -> None:
    problems = refusals(kept, other)
    if problems:
        raise MergeError(*problems)
    if token != found.token:
        raise MergeError("您看的时候，其中一份记录又记了事。请重新看一遍再合并，什么也没有改。")
    for point in found.open:
        if choices.get(point.name) not in point.choices:
            problems.append(f"“{point.name}”两份记得不一样，请选一个。")
    if found.two_numbers and not reason.strip():
        problems.append("两份的证件号码都有效而不同，通常是两个人。确是同一个人，请写明理由和凭据。")
    if problems:
        raise MergeError(*problems)


def _number_given(found: Comparison, choices: Mapping[str, str]) -> bool:
    """Whether the kept record takes the ID number of the other one."""
    point = next((one for one in found.points if one.fact == ID_NUMBER), None)
    return point is not None and (point.state == LACKS or choices.get(point.name) == TAKE)


def _entries(found: Comparison, choices: Mapping[str, str], kept: Person) -> list[Entry]:
    """Return what is to be posted about the kept record, its sealed facts in clear."""
    made: list[Entry] = []
    fresh: dict[int, tuple[Row, dict[str, Any]]] = {}
    changed: dict[int, tuple[Row, dict[str, Any]]] = {}
    for point in found.points:
        chosen = choices.get(point.name) if point.state == DIFFERS else None
        if point.fact:
            if point.state == LACKS:
                row = point.other[0]
                fresh.setdefault(row.id, (row, {}))[1][point.fact] = row.facts[point.fact]
            elif chosen == TAKE:
                row = point.kept[0]
                changed.setdefault(row.id, (row, dict(row.facts)))[1][point.fact] = point.other[0].facts[point.fact]
            continue
        if chosen == TAKE:
            theirs = {_said(row) for row in point.other}
            gone = [row for row in point.kept if _said(row) not in theirs]
            made += [_entry(row, kept, {}, replaces=row.id) for row in gone]
        if point.state == LACKS or chosen in (TAKE, BOTH):
            made += [_entry(row, kept, row.facts) for row in point.added]
    made += [_entry(row, kept, facts) for row, facts in fresh.values()]
    made += [_entry(row, kept, facts, replaces=row.id) for row, facts in changed.values()]
    return _cleared(made)


def _entry(row: Row, kept: Person, facts: Mapping[str, Any], replaces: int | None = None) -> Entry:
    return Entry(row.kind, kept, date.fromisoformat(row.day), facts, BASIS, row.unknown, replaces)


def _back(came: Action, reason: str) -> Entry:
    """Return what takes one action of a merge back: it is voided, or what it replaced is said again."""
    was = came.replaces
    if was is None:
        return Entry(came.kind, came.person, came.effective_on, {}, reason, came.date_unknown, came.pk)
    return Entry(was.kind, came.person, was.effective_on, was.facts, was.basis, was.date_unknown, came.pk)


def _cleared(entries: Sequence[Entry]) -> list[Entry]:
    """Return the entries with their sealed facts in clear; one that was 抹除 cannot be taken over and is left out."""
    places = [
        (at, name, f"{entry.kind}.{name}", value)
        for at, entry in enumerate(entries)
        for name, value in entry.facts.items()
        if sealing.is_sealed(value)
    ]
    opened = sealing.open_facts([(path, value) for _at, _name, path, value in places])
    facts = [dict(entry.facts) for entry in entries]
    for (at, name, _path, _value), clear in zip(places, opened, strict=True):
        facts[at][name] = clear
    made = []
    for entry, own in zip(entries, facts, strict=True):
        kept = {name: value for name, value in own.items() if value is not None}
        if kept or not entry.facts:
            made.append(Entry(entry.kind, entry.subject, entry.effective_on, kept, entry.basis, entry.date_unknown,
                              entry.replaces))  # fmt: skip
    return made


__all__ = [
    "BOTH", "DIFFERS", "KEEP", "LACKS", "MORE", "SAME", "TAKE", "Comparison", "MergeError", "Merged", "Point",
    "compare", "merge", "merged_at", "moved_between", "near_numbers", "refusals", "standing_merge", "suggested", "undo",
]  # fmt: skip
