"""Writes a checked batch: seals, new people and organisations, caches, actions; in a fixed number of statements."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime

from gugan.accounts import sealing
from gugan.accounts.bulk import among
from gugan.accounts.models import User
from gugan.policy import Catalogue
from gugan.records import caches, store
from gugan.records.clock import china_day
from gugan.records.drafts import Draft, Drafts
from gugan.records.employment import Row, in_force
from gugan.records.entries import HIRE, PAYER, NewOrg, NewPerson
from gugan.records.models import Action, Batch, Org, Person


def seal_facts(batch: Drafts, *, now: datetime, catalogue: Catalogue) -> None:
    """Seal, in place, what the catalogue declares sealed; new people get their keys. A destroyed key is a problem."""
    fresh = batch.fresh(NewPerson)
    keys = {}
    for person, key in zip(fresh, sealing.new_keys(len(fresh), now=now), strict=True):
        person.key_id = key.id
        keys[key.id] = key
    waiting = [(draft, draft.subject, names) for draft in batch.drafts if (names := _sealed_names(draft, catalogue))]
    keys |= sealing.keys({subject.key_id for _, subject, _ in waiting if isinstance(subject, Person)} - keys.keys())
    for draft, subject, names in waiting:
        if isinstance(subject, Org):
            batch.problems.append(draft.problem(names[0], "封存的事实只能属于人"))
        elif (key := keys[subject.key_id]).secret is None:
            batch.problems.append(draft.problem(names[0], "此人的密钥已抹除，不能再记封存的事实"))
        else:
            for name in names:
                path = f"{draft.entry.kind}.{name}"
                draft.facts[name] = sealing.seal(draft.facts[name], key, path).as_fact()


def write(batch: Drafts, *, by: User, now: datetime, given: Batch | None, approved_by: User | None) -> list[Action]:
    """Insert what is new, in the order that foreign keys ask for, with caches as of `now`; return the actions."""
    _write_orgs(batch, china_day(now))
    _write_people(batch, china_day(now))
    actions = [_action(draft, by=by, now=now, given=given, approved_by=approved_by) for draft in batch.drafts]
    store.insert_actions(actions)
    return actions


def refold(person: Person, standing: list[Row], on: date) -> bool:
    """Set the caches of `person` as of `on`, or of the later day they stand at; return whether any changed."""
    day = max(on, person.cached_on) if person.cached_on else on
    values = caches.of_person(standing, day)
    into = values.pop("merged_into")
    # one look-up more, for the few that were merged
    values["merged_into_id"] = Person.objects.values_list("pk", flat=True).get(public_id=into) if into else None
    return store.fill(person, values)


def refold_orgs(
    orgs: Iterable[Org], record: dict[int, list[Row]], known: dict[str, int], on: date | None = None
) -> list[Org]:
    """Set the caches of `orgs` from all their rows; return those that changed. known: code → id, looked up further.

    As of `on`, or of the later day that an organisation stands at.
    """
    folded = {org.pk: caches.of_org(in_force(record.get(org.pk, [])), _later(org.cached_on, on)) for org in orgs}
    named = {values[name] for values in folded.values() for name in ("parent_code", "merged_code")}
    if absent := named - known.keys() - {""}:
        known = known | dict(Org.objects.filter(code__in=among(absent)).order_by().values_list("code", "id"))
    changed = []
    for org in orgs:
        values = folded[org.pk]
        above, into = values.pop("parent_code"), values.pop("merged_code")
        ids = {"parent_id": known[above] if above else None, "merged_into_id": known[into] if into else None}
        if store.fill(org, values | ids):
            changed.append(org)
    return changed


def _later(one: date | None, other: date | None) -> date | None:
    return max(one, other) if one and other else one or other


def _write_orgs(batch: Drafts, on: date) -> None:
    orgs = {d.subject.pk: d.subject for d in batch.drafts if isinstance(d.subject, Org)}
    if not orgs:
        return
    fresh = batch.fresh(NewOrg)
    new_ids = {org.pk for org in fresh}
    known = batch.org_ids | {org.code: org.pk for org in fresh}
    refold_orgs(orgs.values(), batch.org_record, known, on)
    store.insert_orgs(fresh)
    store.update_orgs(org for pk, org in orgs.items() if pk not in new_ids)


def _write_people(batch: Drafts, on: date) -> None:
    people = {d.subject.pk: d.subject for d in batch.drafts if isinstance(d.subject, Person)}
    fresh = batch.fresh(NewPerson)
    new_ids = {person.pk for person in fresh}
    for pk, person in people.items():
        refold(person, batch.standing[pk], on)
    store.insert_people(fresh)
    # all of them: what the caller holds may be older than the row
    store.update_people(person for pk, person in people.items() if pk not in new_ids)


def _sealed_names(draft: Draft, catalogue: Catalogue) -> list[str]:
    kind = catalogue.kinds.get(draft.entry.kind)
    return [name for name in draft.facts if kind and kind.facts[name].sealed]


def _action(draft: Draft, *, by: User, now: datetime, given: Batch | None, approved_by: User | None) -> Action:
    entry, is_person = draft.entry, isinstance(draft.subject, Person)
    action = Action(
        pk=draft.row.id, kind=entry.kind, person=draft.subject if is_person else None,
        org=None if is_person else draft.subject, effective_on=entry.effective_on, date_unknown=entry.date_unknown,
        recorded_at=now, recorded_by=by, approved_by=approved_by, basis=entry.basis, facts=draft.facts,
        replaces_id=entry.replaces, batch=given, payer_code=draft.facts.get(PAYER, "") if entry.kind == HIRE else "")  # fmt: skip
    action.digest = store.digest(action)
    return action
