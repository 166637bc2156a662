"""What can be done: users and grants, a required right, entries in the trail, the end of a seal key."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from datetime import date, datetime

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils.translation import gettext as _

from gugan.accounts import queries
from gugan.accounts.bulk import insert_rows
from gugan.accounts.models import Grant, SealKey, TrailEntry, TrailHead, User
from gugan.accounts.scope import RIGHTS
from gugan.accounts.sm3 import digest_of
from gugan.accounts.trail import Note, chain_hash

__all__ = ["NotAllowed", "Note", "create_user", "destroy_key", "end_grant", "grant", "lock_trail", "record", "require"]


class NotAllowed(PermissionDenied):
    """The user lacks a right; says in Chinese which, where, and who may do it."""


def require(user: User, right: str, code: str, *, on: date) -> None:
    """Raise NotAllowed unless `user` holds `right` (a key of RIGHTS) for the division `code` on the day `on`."""
    if right not in RIGHTS:
        raise ValueError(f"unknown right {right!r}")
    if queries.scope_of(user, on=on).allows(right, code):
        return
    able = queries.who_may(right, code, on=on)
    names = "、".join(str(one) for one in able[:5]) or _("目前没有人，请管理员授权")
    raise NotAllowed(
        _("{user}不能在 {code} {right}。可以办的人：{names}").format(
            user=user if user.is_authenticated else _("没有登录的人"), code=code, right=RIGHTS[right], names=names
        )
    )


@transaction.atomic
def create_user(
    username: str, *, display_name: str = "", password: str | None = None, by: User | None, now: datetime
) -> User:
    """Create a user without any right, and note it in the trail. Without a password nobody can sign in as this user."""
    user = User.objects.create_user(username, password=password, display_name=display_name, date_joined=now)
    record([Note("建用户", f"user:{user.pk}", digest_of([user.pk, username, display_name]))], by=by, now=now)
    return user


@transaction.atomic
def grant(
    user: User,
    role: str,
    *,
    prefix: str = "",
    person_ref: str = "",
    since: date,
    until: date | None = None,
    by: User | None,
    now: datetime,
) -> Grant:
    """Give `user` a role (a value of Grant.Role) under `prefix`, or over the own person `person_ref` for a worker.

    Holds over [since, until). The database refuses a worker with a prefix and an officer without one (IntegrityError).
    """
    if role not in Grant.Role.values:
        raise ValueError(f"unknown role {role!r}")
    given = Grant.objects.create(
        user=user, role=role, prefix=prefix, person_ref=str(person_ref), since=since, until=until, granted_by=by
    )
    record([Note("授权", f"grant:{given.pk}", _grant_digest(given))], by=by, now=now)
    return given


@transaction.atomic
def end_grant(given: Grant, *, until: date, by: User, now: datetime) -> Grant:
    """Let a grant end: `until` is the first day without it."""
    given.until = until
    given.save(update_fields=["until"])
    record([Note("收回授权", f"grant:{given.pk}", _grant_digest(given))], by=by, now=now)
    return given


def lock_trail() -> TrailHead:
    """Lock the end of the trail until the transaction ends, so that one writer at a time goes on.

    Must be called inside a transaction; the ledger takes it first, and numbers its rows under it.
    """
    head = TrailHead.objects.select_for_update().first()
    if head is None:
        TrailHead.objects.bulk_create([TrailHead()], ignore_conflicts=True)
        head = TrailHead.objects.select_for_update().get()
    return head


def record(entries: Iterable[Note], *, by: User | None, now: datetime) -> range:
    """Append one trail entry per note, in order, inside the caller's transaction; return their numbers.

    A fixed number of statements however many notes. by: None for the installation itself.
    """
    notes = list(entries)
    if not notes:
        return range(0)
    with transaction.atomic():
        head = lock_trail()
        first, previous = head.seq + 1, head.hash
        by_id = by.pk if by is not None else None
        rows = []
        for seq, note in enumerate(notes, start=first):
            own = chain_hash(seq, now, by_id, Note(*note), previous)
            rows.append((seq, now, by_id, note[0], note[1], note[2], previous, own))
            previous = own
        insert_rows(TrailEntry, ["seq", "at", "by", "act", "subject", "digest", "previous", "hash"], rows)
        head.seq, head.hash = head.seq + len(notes), previous
        head.save(update_fields=["seq", "hash"])
    return range(first, first + len(notes))


@transaction.atomic
def destroy_key(key_id: uuid.UUID, *, by: User, now: datetime, reason: str) -> None:
    """Destroy a person's seal key: what it sealed can never be read again. Noted in the trail; SealKey.DoesNotExist."""
    key = SealKey.objects.select_for_update().get(pk=key_id)
    if key.destroyed_at is not None:
        return
    key.wrapped, key.destroyed_at = b"", now
    key.save(update_fields=["wrapped", "destroyed_at"])
    record([Note("抹除", f"key:{key_id}", digest_of([str(key_id), reason]))], by=by, now=now)


def _grant_digest(given: Grant) -> str:
    return digest_of([given.pk, given.user_id, given.role, given.prefix, given.person_ref, given.since, given.until])
