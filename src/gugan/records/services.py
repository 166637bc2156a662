"""What can be done besides posting: divisions, packs of payers, batches, erasure; rebuilding and verifying the ledger."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, datetime
from pathlib import Path

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Q

from gugan.accounts import guards
from gugan.accounts import services as accounts
from gugan.accounts.models import TrailEntry, User
from gugan.policy import Catalogue
from gugan.records import divisions, ledger, store, writing
from gugan.records.caches import PERSON_COLUMNS
from gugan.records.clock import china_day
from gugan.records.employment import in_force
from gugan.records.entries import NAME_PACK, PACK, Entry
from gugan.records.models import Action, Batch, Org, Person

_BLOCK = 5000


def packs_root() -> Path:
    """Return the folder of the packs."""
    return Path(settings.GUGAN_POLICIES)


def load_divisions(
    rows: Iterable[tuple[str, str, str, str]], *, by: User, now: datetime, catalogue: Catalogue, on: date | None = None
) -> list[Action]:
    """Post a division tree given as (code, name, kind, parent code or ""); what is there already is not posted again.

    A division that is there under another name, kind or parent is changed by a new action. on: from which day, by
    default that of `now`. Return the actions posted; LedgerError, also for a parent that is neither there nor given.
    """
    with transaction.atomic():
        accounts.lock_trail()
        made = divisions.entries(rows, on or china_day(now))
        return ledger.post(made, by=by, now=now, catalogue=catalogue)


def name_pack(
    org_code: str, pack_code: str, effective_on: date, *, by: User, now: datetime, catalogue: Catalogue, basis: str = ""
) -> Action | None:
    """Say which pack governs the people whom `org_code` pays; None if it is said already. Org.DoesNotExist."""
    org = Org.objects.get(code=org_code)
    if org.pack_code == pack_code:
        return None
    entry = Entry(NAME_PACK, org, effective_on, {PACK: pack_code}, basis)
    return ledger.post([entry], by=by, now=now, catalogue=catalogue)[0]


def open_batch(kind: str, label: str, *, source_digest: str = "", by: User, now: datetime) -> Batch:
    """Create the batch that the actions of one import or round will name."""
    return Batch.objects.create(kind=kind, label=label, source_digest=source_digest, created_by=by, created_at=now)


def erase(person: Person, *, by: User, now: datetime, reason: str) -> None:
    """Destroy the key of a person's sealed values (抹除), and note it in the trail; rows, dates and digests stay."""
    accounts.destroy_key(person.key_id, by=by, now=now, reason=reason)


@transaction.atomic
def refresh_caches(on: date) -> int:
    """Bring the caches of people and organisations for which something takes effect up to `on`; return how many changed."""
    due = {person.pk: person for person in Person.objects.filter(next_change_on__lte=on)}
    due_orgs = list(Org.objects.filter(next_change_on__lte=on))
    record, of_orgs = store.history(list(due), [org.pk for org in due_orgs])
    changed = [person for pk, person in due.items() if writing.refold(person, in_force(record.get(pk, [])), on)]
    store.update_people(changed)
    changed_orgs = writing.refold_orgs(due_orgs, of_orgs, {}, on)
    store.update_orgs(changed_orgs)
    return len(changed) + len(changed_orgs)


@transaction.atomic
def rebuild_caches() -> int:
    """Fold every cached column again from the actions, as of the day each stands at; return how many rows differed."""
    accounts.lock_trail()
    count = 0
    for block in store.walk_people():
        wrong = [person for person, rows in block if writing.refold(person, in_force(rows), person.cached_on)]
        store.update_people(wrong)
        count += len(wrong)
    wrong_orgs = _refolded_orgs()
    store.update_orgs(wrong_orgs)
    return count + len(wrong_orgs)


def verify() -> list[str]:
    """Return a sentence for everything in which the ledger does not hold together; an empty list means it does.

    Compared: each action with its digest and with its trail entry (one that was removed or slipped in is named), each
    cached column with the fold of the actions, and the triggers that keep actions from being changed. Writes nothing.
    The chain of the trail itself is accounts.queries.verify_trail.
    """
    missing = guards.missing(connection, [Action._meta.db_table])
    return [*(f"台账表缺少防改触发器：{table}" for table in missing), *_digest_problems(), *_cache_problems()]


def _digest_problems() -> Iterator[str]:
    """Walk the actions and their trail entries side by side: both are in order of id."""
    noted = _noted()
    number, digest = next(noted, (None, ""))
    for action in _walk_actions():
        while number is not None and number < action.pk:
            yield f"第 {number} 号记录不见了，留痕里有"
            number, digest = next(noted, (None, ""))
        if store.digest(action) != action.digest:
            yield f"第 {action.pk} 号记录（{action.kind}）的内容与摘要不符：被改动"
        if number != action.pk:
            yield f"第 {action.pk} 号记录（{action.kind}）没有留痕：不是经台账记入的"
            continue
        if digest != action.digest:
            yield f"第 {action.pk} 号记录（{action.kind}）与留痕不符：被改动"
        number, digest = next(noted, (None, ""))
    while number is not None:
        yield f"第 {number} 号记录不见了，留痕里有"
        number, digest = next(noted, (None, ""))


def _noted() -> Iterator[tuple[int, str]]:
    """Yield (action id, digest) of the trail, in order; ids were given under the lock that orders the trail."""
    last = 0
    entries = TrailEntry.objects.filter(subject__startswith="action:").order_by("seq")
    while block := list(entries.filter(seq__gt=last).values_list("seq", "subject", "digest")[:_BLOCK]):
        for _seq, subject, digest in block:
            yield int(subject.removeprefix("action:")), digest
        last = block[-1][0]


def _walk_actions() -> Iterator[Action]:
    last = 0
    while block := list(Action.objects.filter(pk__gt=last).order_by("pk")[:_BLOCK]):
        yield from block
        last = block[-1].pk


def _cache_problems() -> Iterator[str]:
    for block in store.walk_people():
        for person, rows in block:
            before = {column: getattr(person, column) for column in PERSON_COLUMNS}
            if writing.refold(person, in_force(rows), person.cached_on):
                wrong = [column for column in PERSON_COLUMNS if getattr(person, column) != before[column]]
                names = "、".join(_label(column) for column in wrong)
                yield f"第 {person.pk} 号人员的列表缓存与台账不符：{names}；用 gugan records rebuild 重建"
    for org in _refolded_orgs():
        yield f"机构 {org.code} 的缓存与台账不符；用 gugan records rebuild 重建"


def _label(column: str) -> str:
    return str(getattr(Person._meta.get_field(column), "verbose_name", column))


def _refolded_orgs() -> list[Org]:
    """Return the organisations whose caches differ from their actions, with the caches put right."""
    orgs = list(Org.objects.all())
    record: dict[int, list] = {}
    found = Action.objects.filter(~Q(org=None)).order_by().values_list("org_id", *store.ROW_FIELDS)
    for org, *values in found.iterator(_BLOCK):
        record.setdefault(org, []).append(store.as_row(values))
    return writing.refold_orgs(orgs, record, {org.code: org.pk for org in orgs})
