"""What can be done to a run: save, approve (which seals), discard, void by two, mark as paid, verify."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import orjson
from django.db import IntegrityError, connection, transaction

from gugan import __version__, policy
from gugan.accounts import services as accounts
from gugan.accounts.bulk import insert_rows
from gugan.accounts.models import User
from gugan.records.clock import china_day
from gugan.runs import digests, queries, replay
from gugan.runs.errors import RunError
from gugan.runs.models import (
    COMPUTED,
    DISCARDED,
    DRAFT,
    EXCLUDED,
    PAID,
    SEALED,
    STATES,
    UNKNOWN,
    VOID,
    Claim,
    Outcome,
    PackBytes,
    Run,
)
from gugan.runs.verify import check_content, verify

__all__ = ["Draft", "Row", "approve", "ask_void", "confirm_void", "discard", "mark_paid", "save", "verify"]


@dataclass(frozen=True, slots=True)
class Row:
    """One person's outcome before it is stored. Money is fen; inputs as `replay.inputs_of` gives them."""

    person: int
    place: str
    state: str
    reason: str
    inputs: list[list]
    values: dict
    defaults: Sequence[str] = ()
    gross: int = 0
    net: int = 0
    tax: int = 0
    personal: int = 0
    employer: int = 0
    additional: int = 0

    def plain(self, payer: str) -> tuple:
        """The fields of digests.OUTCOME_FIELDS, in order."""
        return (
            payer, self.place, self.state, self.reason,
            self.gross, self.net, self.tax, self.personal, self.employer, self.additional,
        )  # fmt: skip


@dataclass(frozen=True)
class Draft:
    """Everything a computation hands over to be kept.

    slip: {earnings, deductions, employer: [rule], totals: {role: rule}}. lines: {rule: fen} over people whose pay came out.
    """

    room: str
    section: str
    payer: str
    period: policy.Period
    known_at: datetime
    pack: policy.Pack
    columns: Sequence[str]
    wanted: Sequence[str]
    rows: Sequence[Row]
    slip: dict[str, Any]
    lines: dict[str, int]
    prior: Sequence[int] = ()
    findings: Sequence[dict] = field(default_factory=list)


def save(*, draft: Draft, by: User, now: datetime) -> Run:
    """Keep a computation as a draft run: a new one, or in the place of this payer and month's draft.

    A handful of statements whatever the number of people. Raises NotAllowed; RunError where the month is sealed,
    paid, or being computed by somebody else.
    """
    accounts.require(by, "pay", draft.payer, on=china_day(now))
    try:
        with transaction.atomic():
            run = _draft_run(draft, by, now)
            _keep_packs(draft.pack)
            _describe(run, draft, by, now)
            prepared = [_prepare(row, draft.payer) for row in draft.rows]
            run.digest = digests.run_digest(run, ((p[0], p[-1]) for p in prepared))
            run.save()
            _write_rows(run, prepared)
    except IntegrityError as error:
        raise RunError(
            f"有人正在另一批里算 {draft.payer} {draft.period.label} 的同一些人。看看批次列表，留下一批再算。"
        ) from error
    return run


def _draft_run(draft: Draft, by: User, now: datetime) -> Run:
    """The row to write into: this month's draft, emptied, or a new one that names the voided run it replaces."""
    month = draft.period.start
    run = queries.live_run(draft.section, draft.payer, month)
    if run is None:
        last = Run.objects.filter(
            section=draft.section, payer_code=draft.payer, period_start=month, state=VOID
        ).order_by("-pk")
        return Run(created_by=by, created_at=now, replaces=last.first())
    run = _locked(run.pk)
    if run.state != DRAFT:
        raise RunError(refusal_to_recompute(run))
    Outcome.objects.filter(run=run).delete()
    Claim.objects.filter(run=run).delete()
    return run


def refusal_to_recompute(run: Run) -> str:
    """Why a run that is no draft is not computed again, and what to do instead."""
    if run.state == PAID:
        return f"{_named(run)}已发放，不能重算。要改，请记一件事，下月补发或扣回。"
    return f"{_named(run)}{STATES[run.state]}，不能重算。要改，先由两个人作废这一批，再重新核算；或记一件事，下月补发或扣回。"


def _named(run: Run) -> str:
    return f"{run.payer_code} {run.month} {run.section}（第 {run.pk} 批）"


def _keep_packs(pack: policy.Pack) -> None:
    known = set(PackBytes.objects.filter(digest__in=[f.digest for f in pack.folders]).values_list("digest", flat=True))
    fresh = [
        PackBytes(digest=f.digest, code=f.code, name=f.name, content=replay.zip_folder(f))
        for f in pack.folders
        if f.digest not in known
    ]
    if fresh:
        PackBytes.objects.bulk_create(fresh)


def _describe(run: Run, draft: Draft, by: User, now: datetime) -> None:
    run.room, run.section, run.payer_code = draft.room, draft.section, draft.payer
    run.period_start, run.period_end, run.known_at = draft.period.start, draft.period.end, draft.known_at
    run.packs = [{"code": f.code, "name": f.name, "digest": f.digest} for f in draft.pack.folders]
    run.columns, run.wanted, run.prior = list(draft.columns), list(draft.wanted), list(draft.prior)
    run.slip = draft.slip
    run.engine, run.state = __version__, DRAFT
    computed = [row for row in draft.rows if row.state == COMPUTED]
    run.people = len(draft.rows)
    run.gross_fen, run.net_fen = sum(r.gross for r in computed), sum(r.net for r in computed)
    run.tax_fen, run.personal_fen = sum(r.tax for r in computed), sum(r.personal for r in computed)
    run.employer_fen = sum(r.employer for r in computed)
    run.totals = {
        "people": len(draft.rows),
        "computed": len(computed),
        "excluded": sum(r.state == EXCLUDED for r in draft.rows),
        "unknown": sum(r.state == UNKNOWN for r in draft.rows),
        "communities": len({r.place for r in computed}),
        "lines": draft.lines,
    }
    run.findings = list(draft.findings)
    run.computed_by, run.computed_at = by, now


def _prepare(row: Row, payer: str) -> tuple:
    """The values of an outcome's columns but its run: person, OUTCOME_FIELDS, three JSON texts, digest."""
    plain = row.plain(payer)
    inputs, values = orjson.dumps(row.inputs), orjson.dumps(row.values, default=str)
    defaults = orjson.dumps(list(row.defaults))
    digest = digests.outcome_digest(row.person, plain, inputs, values, defaults)
    return (row.person, *plain, inputs.decode(), values.decode(), defaults.decode(), digest)


def _write_rows(run: Run, prepared: list[tuple]) -> None:
    columns = ("person", *digests.OUTCOME_FIELDS, "inputs", "values", "defaults", "digest", "run")
    state = columns.index("state")
    claims = [(row[0], run.payer_code, run.period_start, run.pk) for row in prepared if row[state] == COMPUTED]
    with connection.wrap_database_errors:
        insert_rows(Outcome, columns, [(*row, run.pk) for row in prepared])
        insert_rows(Claim, ("person", "payer_code", "period_start", "run"), claims)


@transaction.atomic
def approve(*, run: Run | int, by: User, now: datetime) -> Run:
    """Seal a draft in the act of approving it, by somebody who neither opened nor computed it.

    Reads the facts again as known `now` and refuses where they differ from what was computed, saying for how many
    people; refuses where the stored rows are not those that were computed. Writes one trail entry with the digest
    of the whole run. Raises NotAllowed, RunError.
    """
    run = _locked(run)
    accounts.require(by, "approve", run.payer_code, on=china_day(now))
    if run.state != DRAFT:
        raise RunError(f"{_named(run)}{STATES[run.state]}，不用再审批。")
    if by.pk in (run.created_by_id, run.computed_by_id):
        raise RunError("开批或核算的人不能审批自己算的这一批。请另一位有审批权的人来批。")
    if run.totals["computed"] == 0:
        raise RunError(f"{_named(run)}里没有一个人算出工资，没有可封存的。先补齐缺的事实再核算。")
    _refuse_out_of_order(run)
    changed = queries.changed_since(run, now)
    if changed:
        raise RunError(f"核算之后有 {len(changed)} 人的事实变了，这一批已经不是现在该发的数。请重新核算，再来审批。")
    if problems := check_content(run):
        raise RunError(f"{_named(run)}存下的内容与核算时不一致（{problems[0]}）。请重新核算，再来审批。")
    run.state, run.sealed_by, run.sealed_at = SEALED, by, now
    run.save(update_fields=["state", "sealed_by", "sealed_at"])
    _record(run, "封存", by, now)
    return run


def _refuse_out_of_order(run: Run) -> None:
    if queries.prior(run.section, run.payer_code, run.period_start) != run.prior:
        raise RunError("核算之后，本年前面的月份有批次封存或作废了，个税累计要重算。请重新核算，再来审批。")
    later = queries.later(run.section, run.payer_code, run.period_start)
    if later is not None:
        raise RunError(f"{_named(later)}已经封存，它的个税累计里没有这个月。先作废后面的批次，再批这个月。")


@transaction.atomic
def discard(*, run: Run | int, by: User, now: datetime) -> Run:
    """Give up a draft: its outcomes go, the row stays as a note that there was one. Raises NotAllowed, RunError."""
    run = _locked(run)
    accounts.require(by, "pay", run.payer_code, on=china_day(now))
    if run.state != DRAFT:
        raise RunError(f"{_named(run)}{STATES[run.state]}，不能撤销。封存后、发放前，可由两个人作废。")
    Claim.objects.filter(run=run).delete()
    Outcome.objects.filter(run=run).delete()
    run.state = DISCARDED
    run.save(update_fields=["state"])
    _record(run, "撤销", by, now)
    return run


@transaction.atomic
def ask_void(*, run: Run | int, by: User, now: datetime, reason: str) -> Run:
    """Ask, with a reason, that a sealed run be voided; another person confirms. Raises NotAllowed, RunError."""
    run = _locked(run)
    accounts.require(by, "approve", run.payer_code, on=china_day(now))
    _refuse_void(run)
    if not reason.strip():
        raise RunError("作废要写明原因。")
    run.void_asked_by, run.void_asked_at, run.void_reason = by, now, reason.strip()
    run.save(update_fields=["void_asked_by", "void_asked_at", "void_reason"])
    _record(run, "申请作废", by, now)
    return run


@transaction.atomic
def confirm_void(*, run: Run | int, by: User, now: datetime) -> Run:
    """Void a sealed run that somebody else asked to void; it stays readable, its people may be computed again.

    Raises NotAllowed, RunError.
    """
    run = _locked(run)
    accounts.require(by, "approve", run.payer_code, on=china_day(now))
    _refuse_void(run)
    if run.void_asked_by_id is None:
        raise RunError("还没有人申请作废这一批。先由一个人写明原因提出，再由另一个人确认。")
    if run.void_asked_by_id == by.pk:
        raise RunError("作废要两个人：提出的人不能自己确认。请另一位有审批权的人确认。")
    run.state, run.voided_by, run.voided_at = VOID, by, now
    run.save(update_fields=["state", "voided_by", "voided_at"])
    Claim.objects.filter(run=run).delete()
    _record(run, "作废", by, now)
    return run


def _refuse_void(run: Run) -> None:
    if run.state == PAID:
        raise RunError(f"{_named(run)}已发放，不能作废。要改，请记一件事，下月补发或扣回。")
    if run.state != SEALED:
        raise RunError(f"{_named(run)}{STATES[run.state]}，没有可作废的。")
    later = queries.later(run.section, run.payer_code, run.period_start)
    if later is not None:
        raise RunError(f"{_named(later)}的个税累计用了这一批的数。先作废后面的批次，再作废这一批。")


@transaction.atomic
def mark_paid(*, run: Run | int, by: User, now: datetime) -> Run:
    """Mark a sealed run as paid out; from then on only arrears. Raises NotAllowed, RunError."""
    run = _locked(run)
    accounts.require(by, "finance", run.payer_code, on=china_day(now))
    if run.state != SEALED:
        raise RunError(f"{_named(run)}{STATES[run.state]}；只有已封存的批次可以标为已发放。")
    run.state, run.paid_by, run.paid_at = PAID, by, now
    run.save(update_fields=["state", "paid_by", "paid_at"])
    _record(run, "发放", by, now)
    return run


def _locked(run: Run | int) -> Run:
    """The run as it stands in the database, locked until the transaction ends. Raises RunError."""
    key = run if isinstance(run, int) else run.pk
    found = Run.objects.select_for_update().filter(pk=key).first()
    if found is None:
        raise RunError(f"没有第 {key} 批。用 gugan runs list 看有哪些批次。")
    return found


def _record(run: Run, act: str, by: User, now: datetime) -> None:
    accounts.record([accounts.Note(act, f"run:{run.pk}", run.digest)], by=by, now=now)
