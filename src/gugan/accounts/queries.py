"""What can be asked: the scope of a user, who may do something, and whether the trail is whole."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from typing import Any

from django.db import connection
from django.db.models import Q
from django.utils.translation import gettext as _

from gugan.accounts import guards
from gugan.accounts.models import Grant, TrailEntry, TrailHead, User
from gugan.accounts.scope import NATION, NOTHING, OPERATOR, Scope
from gugan.accounts.trail import START, Note, chain_hash

__all__ = ["NOTHING", "OPERATOR", "Scope", "scope_of", "trail_of", "verify_trail", "who_may", "within"]

ROLE_RIGHTS = {
    Grant.Role.CLERK: ("see", "import", "pay"),
    Grant.Role.APPROVER: ("see", "approve"),
    Grant.Role.FINANCE: ("see", "finance"),
    Grant.Role.ADMINISTRATOR: ("see", "admin"),
    Grant.Role.WORKER: (),
}
"""Role → rights under its prefix. A worker has none: the own person is seen through Scope.person."""
_BLOCK = 5000


def scope_of(user: Any, *, on: date) -> Scope:
    """Return what `user` may do on the day `on`; nothing for a user who is inactive, unsaved or anonymous."""
    if not getattr(user, "pk", None) or not user.is_active:
        return NOTHING
    pairs: set[tuple[str, str]] = set()
    person = None
    for role, prefix, person_ref in _in_force(on).filter(user_id=user.pk).values_list("role", "prefix", "person_ref"):
        pairs.update((right, prefix) for right in ROLE_RIGHTS[Grant.Role(role)])
        person = person_ref or person
    return Scope(frozenset(pairs), person)


def who_may(right: str, code: str, *, on: date) -> list[User]:
    """Return the active users who hold `right` for `code` on that day, by name."""
    return who_may_each([right], code, on=on)[right]


def who_may_each(rights: Iterable[str], code: str, *, on: date) -> dict[str, list[User]]:
    """Return, for each of several rights, what `who_may` says: one statement."""
    wanted = list(rights)
    roles = [role for role, own in ROLE_RIGHTS.items() if set(wanted) & set(own)]
    grants = list(_in_force(on).filter(role__in=roles, user__is_active=True).select_related("user"))
    there = [given for given in grants if given.prefix == NATION or code.startswith(given.prefix)]
    found = {right: {given.user for given in there if right in ROLE_RIGHTS[given.role]} for right in wanted}
    return {right: sorted(users, key=lambda user: user.username) for right, users in found.items()}


def within(scope: Scope, right: str, *columns: str) -> Q:
    """Return the condition that one of the code `columns` lies under a prefix with `right`; none fits no row."""
    seen = Q(pk__in=[])
    for prefix in scope.prefixes(right):
        for column in columns:
            seen |= ~Q(**{column: ""}) if prefix == NATION else Q(**{f"{column}__startswith": prefix})
    return seen


def trail_of(subject: str) -> list[TrailEntry]:
    """Return the entries about one subject ("action:12"), oldest first."""
    return list(TrailEntry.objects.filter(subject=subject).select_related("by"))


def verify_trail() -> list[str]:
    """Walk the whole chain in blocks; return a sentence for each entry that was changed, removed or moved.

    A tail that was cut off together with a forged head is only found by an anchor outside (a later issue).
    """
    problems = [
        _("留痕表缺少防改触发器：{table}").format(table=table)
        for table in guards.missing(connection, [TrailEntry._meta.db_table])
    ]
    number, previous = 0, START
    for entry in _walk():
        if entry.seq != number + 1:
            problems.append(_("缺第 {first} 至 {last} 条").format(first=number + 1, last=entry.seq - 1))
        elif entry.previous != previous:
            problems.append(_("第 {seq} 条不接上一条").format(seq=entry.seq))
        note = Note(entry.act, entry.subject, entry.digest)
        if chain_hash(entry.seq, entry.at, entry.by_id, note, entry.previous) != entry.hash:
            problems.append(
                _("第 {seq} 条（{act} {subject}）被改动").format(seq=entry.seq, act=entry.act, subject=entry.subject)
            )
        number, previous = entry.seq, entry.hash
    head = TrailHead.objects.first() or TrailHead()
    if (head.seq, head.hash) != (number, previous):
        problems.append(
            _("末端记着第 {head} 条，表里到第 {last} 条：末尾有增删或改动").format(head=head.seq, last=number)
        )
    return problems


def _walk() -> Iterator[TrailEntry]:
    last = -1
    while block := list(TrailEntry.objects.filter(seq__gt=last).order_by("seq")[:_BLOCK]):
        yield from block
        last = block[-1].seq


def _in_force(on: date) -> Any:
    return Grant.objects.filter(since__lte=on).filter(Q(until=None) | Q(until__gt=on))
