"""Entries on their way into the ledger: read against the catalogue, given subjects and numbers, checked against the record."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from gugan.accounts import sealing
from gugan.accounts.bulk import among
from gugan.policy import Catalogue
from gugan.records import facts, rules, store
from gugan.records.employment import Row, in_force
from gugan.records.entries import (
    HIRE,
    ID_NUMBER,
    ID_PATH,
    IDENTITY,
    SET_UP,
    WORKPLACE,
    Entry,
    NewOrg,
    NewPerson,
    Problem,
    Subject,
)
from gugan.records.models import Action, Org, Person


@dataclass
class Draft:
    """One entry with its subject, its clean facts, and the row it will be. The row shares the facts."""

    index: int
    entry: Entry
    subject: Person | Org
    facts: dict[str, Any]
    row: Row

    def problem(self, fact: str, message: str) -> Problem:
        """Return a problem of this entry."""
        return Problem(self.index, self.entry.kind, fact, message)


@dataclass
class Drafts:
    """A batch of drafts, the record of everybody concerned (old rows and new), and everything that is wrong.

    standing: by person id, the rows that will stand, in ledger order; org_record: by organisation id, all rows.
    """

    drafts: list[Draft]
    problems: list[Problem]
    org_ids: dict[str, int]
    standing: dict[int, list[Row]] = field(default_factory=dict)
    org_record: dict[int, list[Row]] = field(default_factory=dict)

    def fresh(self, kind: type) -> list[Any]:
        """Return the subjects to be created: kind is NewPerson or NewOrg."""
        found = {d.subject.pk: d.subject for d in self.drafts if isinstance(d.entry.subject, kind)}
        return list(found.values())


def prepare(entries: Sequence[Entry], *, now: datetime, catalogue: Catalogue) -> Drafts:
    """Read and check a batch; nothing is written. Only under the lock of the trail: ids are taken here."""
    org_ids = _org_ids(entries, catalogue)
    problems: list[Problem] = []
    orgs = org_ids.keys() | {entry.subject.code for entry in entries if isinstance(entry.subject, NewOrg)}
    clean = [_read(index, entry, catalogue, orgs, problems) for index, entry in enumerate(entries)]
    subjects = _subjects(entries)
    first = store.next_id(Action)
    drafts = []
    for index, (entry, read) in enumerate(zip(entries, clean, strict=True)):
        row = Row(
            entry.effective_on.isoformat(), now, first + index, entry.kind, entry.date_unknown, read, entry.replaces
        )
        drafts.append(Draft(index, entry, subjects[entry.subject], read, row))
    batch = Drafts(drafts, problems, org_ids)
    _check_new_orgs(batch)
    _check_identity(batch)
    _check_record(batch)
    return batch


def _org_ids(entries: Sequence[Entry], catalogue: Catalogue) -> dict[str, int]:
    """Look up every organisation code that the batch mentions: code → id of those that exist."""
    codes = {entry.subject.code for entry in entries if isinstance(entry.subject, NewOrg)}
    named = {
        kind.name: [fact.name for fact in kind.facts.values() if fact.type == "机构"]
        for kind in catalogue.kinds.values()
    }
    for entry in entries:
        for name in named.get(entry.kind, ()):
            if isinstance(code := entry.facts.get(name), str):
                codes.add(code)
    if not codes:
        return {}
    return dict(Org.objects.filter(code__in=among(codes)).order_by().values_list("code", "id"))


def _read(
    index: int, entry: Entry, catalogue: Catalogue, orgs: Collection[str], problems: list[Problem]
) -> dict[str, Any]:
    """Return the clean facts of an entry; what is wrong is added to `problems`. A void has none to read."""
    if entry.replaces is not None and not entry.facts:
        return {}
    kind = catalogue.kinds.get(entry.kind)
    if kind is None:
        problems.append(Problem(index, entry.kind, "", facts.unknown(entry.kind, catalogue.kinds, "事项")))
        return {}
    about = "人" if isinstance(entry.subject, Person | NewPerson) else "机构"
    if kind.subject != about:
        problems.append(Problem(index, entry.kind, "", f"这一事项说的是{kind.subject}，不是{about}"))
    clean, wrong = facts.check(kind, entry.facts, orgs)
    problems.extend(Problem(index, entry.kind, name, message) for name, message in wrong)
    return clean


def _subjects(entries: Sequence[Entry]) -> dict[Subject, Person | Org]:
    """Return the row of each subject; new ones get their ids here, and are not written yet."""
    found: dict[Subject, Person | Org] = {}
    next_person = next_org = 0
    for subject in dict.fromkeys(entry.subject for entry in entries):
        if isinstance(subject, NewPerson):
            next_person = next_person or store.next_id(Person)
            found[subject] = Person(pk=next_person, public_id=uuid.uuid4())
            next_person += 1
        elif isinstance(subject, NewOrg):
            next_org = next_org or store.next_id(Org)
            found[subject] = Org(pk=next_org, code=subject.code)
            next_org += 1
        else:
            found[subject] = subject
    return found


def _check_new_orgs(batch: Drafts) -> None:
    """A new organisation begins with its own 机构设立, has a code that nobody has, and from then on may be named."""
    begun = set()
    for draft in batch.drafts:
        if isinstance(draft.entry.subject, NewOrg) and draft.subject.pk not in begun:
            begun.add(draft.subject.pk)
            code = draft.entry.subject.code
            if code in batch.org_ids:
                batch.problems.append(draft.problem("代码", f"已有代码为“{code}”的机构"))
            elif draft.entry.kind != SET_UP or draft.facts.get("代码") != code:
                batch.problems.append(draft.problem("代码", f"新机构 {code} 的第一条须是{SET_UP}，代码须一致"))
            elif draft.facts.get("上级") == code:
                batch.problems.append(draft.problem("上级", "不能以自己为上级"))


def _check_identity(batch: Drafts) -> None:
    """Each new person has an ID number, and no number belongs to two people."""
    owners: dict[str, Draft] = {}
    stated = set()
    for draft in batch.drafts:
        if draft.entry.kind == IDENTITY and draft.entry.facts.get(ID_NUMBER) is not None:
            stated.add(draft.subject.pk)
            if number := draft.facts.get(ID_NUMBER):
                first = owners.setdefault(sealing.digest(number, ID_PATH), draft)
                if first.subject.pk != draft.subject.pk:
                    batch.problems.append(
                        draft.problem(ID_NUMBER, f"与第 {first.index + 1} 条是同一个证件号码，却是两个人")
                    )
    if owners:
        taken = Person.objects.filter(id_digest__in=among(list(owners))).order_by().values_list("id_digest", "id")
        batch.problems.extend(
            owners[digest].problem(ID_NUMBER, "这个证件号码已在册；请记在此人名下")
            for digest, person in taken
            if person != owners[digest].subject.pk
        )
    for draft in batch.drafts:
        if isinstance(draft.entry.subject, NewPerson) and draft.subject.pk not in stated:
            stated.add(draft.subject.pk)
            batch.problems.append(draft.problem(ID_NUMBER, "新人须有证件号码"))


def _check_record(batch: Drafts) -> None:
    """Load the record of everybody concerned, add the drafts to it, and apply the rules."""
    known = [d.subject for d in batch.drafts if not isinstance(d.entry.subject, NewPerson | NewOrg)]
    orgs = {s.pk for s in known if isinstance(s, Org)}
    places = {batch.org_ids[d.facts[WORKPLACE]] for d in _hires(batch) if d.facts[WORKPLACE] in batch.org_ids}
    of_people, of_orgs = store.history({s.pk for s in known if isinstance(s, Person)}, orgs | places)
    batch.org_record = {pk: rows for pk, rows in of_orgs.items() if pk in orgs}
    posted: dict[int, dict[int, int]] = {}
    for draft in batch.drafts:
        is_person = isinstance(draft.subject, Person)
        record = (of_people if is_person else batch.org_record).setdefault(draft.subject.pk, [])
        if draft.row.replaces is not None:
            batch.problems.extend(_replacement_problems(draft, record))
        record.append(draft.row)
        if is_person:
            posted.setdefault(draft.subject.pk, {})[draft.row.id] = draft.index
    for pk, rows in of_people.items():
        batch.standing[pk] = in_force(rows)
        batch.problems.extend(rules.person_problems(batch.standing[pk], posted[pk]))
    of_orgs |= batch.org_record
    standing = {place: in_force(of_orgs.get(pk, [])) for place, pk in batch.org_ids.items() if pk in places}
    batch.problems.extend(
        draft.problem(WORKPLACE, message)
        for draft in _hires(batch)
        if (message := rules.place_problem(standing.get(draft.facts[WORKPLACE], []), draft.row.day))
    )


def _hires(batch: Drafts) -> list[Draft]:
    """The 入职 that name a workplace and a day."""
    named = (d for d in batch.drafts if d.row.kind == HIRE and d.facts.get(WORKPLACE))
    return [draft for draft in named if not draft.row.unknown]


def _replacement_problems(draft: Draft, record: Sequence[Row]) -> list[Problem]:
    gone = next((row for row in record if row.id == draft.row.replaces), None)
    if gone is None:
        return [draft.problem("", f"此人或机构没有第 {draft.row.replaces} 号记录，不能更正")]
    if gone.kind != draft.row.kind:
        return [draft.problem("", f"第 {gone.id} 号是{gone.kind}，不能更正成{draft.row.kind}；请撤销后另记")]
    if any(row.replaces == gone.id for row in record):
        return [draft.problem("", f"第 {gone.id} 号已被更正或撤销；请更正最新的那一条")]
    return []
