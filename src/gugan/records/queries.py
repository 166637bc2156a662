"""What can be asked: people, their history, single actions, organisations. Outside the scope is the same as not there."""

from __future__ import annotations

import contextlib
import dataclasses
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import Q, QuerySet

from gugan.accounts import sealing
from gugan.accounts.bulk import among
from gugan.accounts.queries import within
from gugan.accounts.scope import Scope
from gugan.records import idnumber
from gugan.records.entries import ID_NUMBER, ID_PATH, NAME_PACK, PACK
from gugan.records.models import Action, Org, Person

LEVELS = 6
"""Province, city, district, street, community, and what may lie below; a deeper tree only costs further reads."""


class Ambiguous(LookupError):
    """More than one person fits; says how many and what would tell them apart."""


@dataclass(frozen=True)
class ActionNote:
    """What an explanation says about an action: kind, its two dates, basis, who recorded it, and whether the day is 不详."""

    id: int
    kind: str
    effective_on: date
    recorded_at: datetime
    basis: str
    recorder: str
    date_unknown: bool

    def as_dict(self) -> dict[str, Any]:
        """Return it fit for JSON."""
        return {"id": self.id, "kind": self.kind, "effective_on": self.effective_on.isoformat(),
                "recorded_at": self.recorded_at.isoformat(), "basis": self.basis, "recorder": self.recorder,
                "date_unknown": self.date_unknown}  # fmt: skip


@dataclass(frozen=True)
class HistoryLine:
    """One action of a person's history; facts as stored (sealed ones in their fact form).

    replaced_by: the action that took its place, or None. A void replaces and has no facts.
    """

    note: ActionNote
    facts: dict[str, Any]
    replaces: int | None
    replaced_by: int | None

    @property
    def stands(self) -> bool:
        """Whether the action counts today."""
        return self.replaced_by is None and bool(self.facts)


def people(
    scope: Scope, *, on: date | None = None, state: str | None = None, text: str = "", under: str = ""
) -> QuerySet[Person]:
    """Return people whose payer or workplace is in scope, by workplace and name; a worker sees the own person.

    A record that was merged into another is nobody of its own and left out.
    on: employed on that day by what the cached columns say. state: 在册, 离岗 or 待入职. text: part of the name, or the
    beginning of its pinyin or initials. under: payer or workplace below this code.
    """
    found = Person.objects.filter(_visible(scope), merged_into=None)
    if on is not None:
        found = found.filter(Q(left_on=None) | Q(left_on__gte=on), hired_on__lte=on)
    if state is not None:
        found = found.filter(state=state)
    if text := text.strip():
        spelled = text.lower()
        found = found.filter(Q(name__contains=text) | Q(pinyin__startswith=spelled) | Q(initials__startswith=spelled))
    if under:
        found = found.filter(Q(payer_code__startswith=under) | Q(workplace_code__startswith=under))
    return found.order_by("workplace_code", "pinyin", "id")


def merged(scope: Scope) -> QuerySet[Person]:
    """Return the records in scope that were merged into another, by name."""
    return Person.objects.filter(_visible(scope)).exclude(merged_into=None).order_by("pinyin", "id")


def find_person(scope: Scope, text: str) -> Person | None:
    """Return the person in scope whom `text` names, or None: ID number, id of the person, public id, last four, name.

    Ambiguous if several fit. What names a merged record names the one that stands in for it, if that is in scope.
    """
    text = text.strip()
    visible = Person.objects.filter(_visible(scope))
    for condition in _readings(text):
        found = list({one.pk: one for one in followed(scope, visible.filter(condition)[:20])}.values())
        if len(found) > 1:
            raise Ambiguous(
                f"有 {len(found)} 人都符合，请用证件号码，或人员编号："
                + "、".join(f"{one.pk}（{one.id_last4}）" for one in found[:5])
            )
        if found:
            return found[0]
    return None


def people_by_id_number(scope: Scope, numbers: Iterable[str]) -> dict[str, Person]:
    """Return the people in scope by ID number (18 characters), of those numbers that are known: one read."""
    digests = {sealing.digest(number, ID_PATH): number for number in set(numbers)}
    if not digests:
        return {}
    found = Person.objects.filter(_visible(scope), id_digest__in=among(list(digests)))
    numbered = {person.pk: digests[person.id_digest] for person in found}
    return {numbered[person.pk]: followed(scope, [person])[0] for person in found}


def followed(scope: Scope, people: Iterable[Person]) -> list[Person]:
    """Return `people` with each merged record replaced by the one that stands in for it, where that is in scope."""
    found = list(people)
    wanted = [one.merged_into_id for one in found if one.merged_into_id is not None]
    kept = Person.objects.in_bulk(wanted) if wanted else {}
    return [kept[one.merged_into_id] if _leads(scope, kept, one) else one for one in found]


def stand_in(scope: Scope) -> Scope:
    """Return `scope` with the record that stands in for the own person's, where that one was merged; else as it is."""
    if scope.person is None:
        return scope
    kept = Person.objects.filter(merged__public_id=scope.person).values_list("public_id", flat=True).first()
    return scope if kept is None else dataclasses.replace(scope, person=str(kept))


def sees(scope: Scope, person: Person) -> bool:
    """Whether `person` is in scope."""
    return (
        scope.is_own(person.public_id)
        or scope.allows("see", person.payer_code)
        or scope.allows("see", person.workplace_code)
        or (scope.person is not None and person.merged_into is not None and scope.is_own(person.merged_into.public_id))
    )


def history(scope: Scope, person: Person) -> list[HistoryLine]:
    """Return every action of `person` in ledger order, replaced ones too; none for a person outside the scope."""
    if not sees(scope, person):
        return []
    found = list(Action.objects.filter(person=person).select_related("recorded_by"))
    replaced = {action.replaces_id: action.pk for action in found if action.replaces_id is not None}
    return [HistoryLine(note_of(action), action.facts, action.replaces_id, replaced.get(action.pk)) for action in found]


def action(scope: Scope, action_id: int) -> ActionNote | None:
    """Return what an explanation says about one action, or None."""
    return actions(scope, [action_id]).get(action_id)


def actions(scope: Scope, ids: Iterable[int]) -> dict[int, ActionNote]:
    """Return what explanations say about actions, by id; those about people or organisations outside are left out."""
    ids = list(ids)
    if not ids:
        return {}
    found = Action.objects.filter(pk__in=among(ids)).select_related("recorded_by", "person", "org").order_by()
    return {
        one.pk: note_of(one)
        for one in found
        if (sees(scope, one.person) if one.person else scope.allows("see", one.org.code))
    }


def open_id_number(scope: Scope, person: Person) -> str | None:
    """Return the ID number in clear, for a person in scope; None outside it, where none stands, or once 抹除."""
    lines = [line for line in history(scope, person) if line.stands and ID_NUMBER in line.facts]
    return sealing.open_facts([(ID_PATH, lines[-1].facts[ID_NUMBER])])[0] if lines else None


def pack_named(org: Org, *, on: date, known_at: datetime) -> str:
    """Return the code of the pack named for `org` on a day, as known at a moment; "" where none was."""
    rows = list(Action.objects.filter(org=org, kind=NAME_PACK, recorded_at__lte=known_at))
    replaced = {row.replaces_id for row in rows}
    standing = [row for row in rows if row.pk not in replaced and row.effective_on <= on]
    return str(standing[-1].facts.get(PACK) or "") if standing else ""


def payer_for(code: str) -> Org | None:
    """Return the nearest organisation at or above `code` that has a pack named, or None: it signs and pays there."""
    org = (
        Org.objects.filter(code=code)
        .select_related(*("__".join(["parent"] * depth) for depth in range(1, LEVELS)))
        .first()
    )
    while org is not None and not org.pack_code:
        org = org.parent
    return org


def _leads(scope: Scope, kept: dict[int, Person], one: Person) -> bool:
    return one.merged_into_id is not None and sees(scope, kept[one.merged_into_id])


def _visible(scope: Scope) -> Q:
    seen = within(scope, "see", "payer_code", "workplace_code")
    return seen | Q(public_id=scope.person) if scope.person is not None else seen


def _readings(text: str) -> Iterable[Q]:
    try:
        yield Q(id_digest=sealing.digest(idnumber.read(text).number, ID_PATH))
        return
    except idnumber.IdNumberError:
        pass
    with contextlib.suppress(ValueError):
        yield Q(public_id=uuid.UUID(text))
    if text.isascii() and text.isdigit() and len(text) < 15:
        yield Q(pk=int(text))
    if len(text) == 4:
        yield Q(id_last4=text.upper())
    if text:
        yield Q(name=text)


def note_of(action: Action) -> ActionNote:
    """Return what a page says about an action; its recorder is read with it (select_related)."""
    return ActionNote(
        action.pk,
        action.kind,
        action.effective_on,
        action.recorded_at,
        action.basis,
        str(action.recorded_by),
        action.date_unknown,
    )
