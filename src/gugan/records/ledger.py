"""The only way a fact enters: post, correct, void. A batch is written whole or not at all, in a fixed number of statements."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from django.db import transaction

from gugan.accounts import services as accounts
from gugan.accounts.models import User
from gugan.policy import Catalogue
from gugan.records import writing
from gugan.records.drafts import prepare
from gugan.records.entries import MERGE, MERGE_BATCHES, Entry, LedgerError, NewOrg, NewPerson, Problem
from gugan.records.models import Action, Batch

__all__ = ["Entry", "LedgerError", "NewOrg", "NewPerson", "Problem", "correct", "post", "void"]


@transaction.atomic
def post(
    entries: Sequence[Entry],
    *,
    by: User,
    now: datetime,
    catalogue: Catalogue,
    batch: Batch | None = None,
    approved_by: User | None = None,
) -> list[Action]:
    """Post entries, in order, as actions recorded by `by` at `now`; return the actions, one per entry.

    The subject of an entry may be a NewPerson (with a 个人信息.证件号码 nobody has yet) or a NewOrg; the action's
    `.person` or `.org` is then the row created. Each action leaves its digest in the trail, and the cached columns of
    whom it is about follow. Facts are checked against `catalogue` and the rest of the record; LedgerError names
    everything that is wrong, and then nothing was written. The caller has asked accounts.require.
    """
    if not entries:
        return []
    accounts.lock_trail()
    drafts = prepare(entries, now=now, catalogue=catalogue)
    if not drafts.problems:
        writing.seal_facts(drafts, now=now, catalogue=catalogue)
    if batch is None or batch.kind not in MERGE_BATCHES:
        drafts.problems += [
            draft.problem("", "这种事只由“合并另一份记录”记入或撤销")
            for draft in drafts.drafts
            if draft.entry.kind == MERGE
        ]
    if drafts.problems:
        raise LedgerError(drafts.problems)
    actions = writing.write(drafts, by=by, now=now, given=batch, approved_by=approved_by)
    accounts.record(
        [accounts.Note(_act(action), f"action:{action.pk}", action.digest) for action in actions], by=by, now=now
    )
    return actions


def correct(
    action_id: int, entry: Entry, *, by: User, now: datetime, catalogue: Catalogue, approved_by: User | None = None
) -> Action:
    """Post `entry` in the place of an action about the same subject and of the same kind. LedgerError as in `post`."""
    return post([replace(entry, replaces=action_id)], by=by, now=now, catalogue=catalogue, approved_by=approved_by)[0]


def void(
    action_id: int, *, by: User, now: datetime, catalogue: Catalogue, basis: str = "", approved_by: User | None = None
) -> Action:
    """Take an action back: a replacement without facts. Action.DoesNotExist; LedgerError if it was replaced already."""
    gone = Action.objects.select_related("person", "org").get(pk=action_id)
    entry = Entry(gone.kind, gone.person or gone.org, gone.effective_on, {}, basis, gone.date_unknown, action_id)
    return post([entry], by=by, now=now, catalogue=catalogue, approved_by=approved_by)[0]


def _act(action: Action) -> str:
    if action.replaces_id is None:
        return "记录"
    return "更正" if action.facts else "撤销"
