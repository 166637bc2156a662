"""Reads and writes rows of the ledger in bulk, in statements whose number does not grow with the rows."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import UTC
from itertools import groupby
from operator import itemgetter
from typing import Any

import orjson
from django.db.models import Max, Q

from gugan.accounts.bulk import among, insert_rows, update_rows
from gugan.accounts.sm3 import digest_of
from gugan.records.caches import PERSON_COLUMNS
from gugan.records.employment import Row
from gugan.records.models import Action, Org, Person

ROW_FIELDS = ("effective_on", "recorded_at", "id", "kind", "date_unknown", "facts", "replaces_id")
ACTION_FIELDS = (
    "id", "kind", "person", "org", "effective_on", "date_unknown", "recorded_at", "recorded_by", "approved_by", "basis",
    "facts", "replaces", "batch", "payer_code", "digest",
)  # fmt: skip
ORG_FIELDS = (
    "name", "kind", "parent", "closed_on", "merged_into", "establishment", "pack_code", "cached_on", "next_change_on",
)  # fmt: skip
_ORG_COLUMNS = tuple({"parent": "parent_id", "merged_into": "merged_into_id"}.get(name, name) for name in ORG_FIELDS)
_BLOCK = 2000


def history(people: Collection[int], orgs: Collection[int]) -> tuple[dict[int, list[Row]], dict[int, list[Row]]]:
    """Return all actions, replaced ones too, by person id and by organisation id: one read, none where nothing is asked."""
    of_people: dict[int, list[Row]] = {}
    of_orgs: dict[int, list[Row]] = {}
    if people or orgs:
        wanted = Q(person_id__in=among(people)) | Q(org_id__in=among(orgs))
        found = Action.objects.filter(wanted).order_by().values_list("person_id", "org_id", *ROW_FIELDS)
        for person, org, *values in found:
            rows = of_people.setdefault(person, []) if person is not None else of_orgs.setdefault(org, [])
            rows.append(as_row(values))
    return of_people, of_orgs


def walk_people() -> Iterator[list[tuple[Person, list[Row]]]]:
    """Yield blocks of people, by id, each with all actions of theirs."""
    last = -1
    while block := list(Person.objects.filter(pk__gt=last).order_by("pk")[:_BLOCK]):
        found = Action.objects.filter(person_id__gt=last, person_id__lte=block[-1].pk).order_by("person_id")
        rows = {
            person: [as_row(values[1:]) for values in group]
            for person, group in groupby(found.values_list("person_id", *ROW_FIELDS), key=itemgetter(0))
        }
        yield [(person, rows.get(person.pk, [])) for person in block]
        last = block[-1].pk


def as_row(values: Collection[Any]) -> Row:
    """Return the Row of the values of ROW_FIELDS."""
    effective_on, *rest = values
    return Row(effective_on.isoformat(), *rest)


def next_id(model: type[Action] | type[Person] | type[Org]) -> int:
    """Return the next free id; only safe under the lock of the trail."""
    return (model.objects.aggregate(last=Max("id"))["last"] or 0) + 1  # type: ignore[attr-defined]


def digest(action: Action) -> str:
    """Return the SM3 digest of an action's content: every stored column but the digest itself."""
    return digest_of({
        "id": action.pk, "kind": action.kind, "person": action.person_id, "org": action.org_id,
        "effective_on": action.effective_on.isoformat(), "date_unknown": action.date_unknown,
        "recorded_at": action.recorded_at.astimezone(UTC).isoformat(timespec="microseconds"),
        "recorded_by": action.recorded_by_id, "approved_by": action.approved_by_id, "basis": action.basis,
        "facts": action.facts, "replaces": action.replaces_id, "batch": action.batch_id, "payer": action.payer_code,
    })  # fmt: skip


def insert_actions(actions: Iterable[Action]) -> None:
    """Insert actions that have their ids and digests."""
    insert_rows(Action, ACTION_FIELDS, [
        (a.pk, a.kind, a.person_id, a.org_id, a.effective_on, a.date_unknown, a.recorded_at, a.recorded_by_id,
         a.approved_by_id, a.basis, orjson.dumps(a.facts, option=orjson.OPT_SORT_KEYS).decode(), a.replaces_id,
         a.batch_id, a.payer_code, a.digest)
        for a in actions])  # fmt: skip


def insert_people(people: Iterable[Person]) -> None:
    """Insert new people with the caches they hold."""
    names = ("id", "public_id", "key_id", *PERSON_COLUMNS)
    insert_rows(Person, ("id", "public_id", "key", *PERSON_COLUMNS), [_values(person, names) for person in people])


def update_people(people: Iterable[Person]) -> None:
    """Write the caches that people hold."""
    update_rows(Person, PERSON_COLUMNS, [_values(person, (*PERSON_COLUMNS, "id")) for person in people])


def insert_orgs(orgs: Iterable[Org]) -> None:
    """Insert new organisations with the caches they hold."""
    insert_rows(Org, ("id", "code", *ORG_FIELDS), [_values(org, ("id", "code", *_ORG_COLUMNS)) for org in orgs])


def update_orgs(orgs: Iterable[Org]) -> None:
    """Write the caches that organisations hold."""
    update_rows(Org, ORG_FIELDS, [_values(org, (*_ORG_COLUMNS, "id")) for org in orgs])


def fill(row: Person | Org, values: Mapping[str, Any]) -> bool:
    """Set cached columns on an object; return whether any differed."""
    changed = False
    for column, value in values.items():
        if getattr(row, column) != value:
            setattr(row, column, value)
            changed = True
    return changed


def _values(row: Any, names: Iterable[str]) -> tuple[Any, ...]:
    return tuple(getattr(row, name) for name in names)
