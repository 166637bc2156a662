"""What can be done to a run: save, submit, send back, approve (which seals), discard, void by two, mark as paid, verify."""

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
from gugan.accounts.sm3 import digest_of
from gugan.records.clock import china_day
from gugan.runs import arrears, digests, queries, replay
from gugan.runs.arrears import Owed
from gugan.runs.errors import RunError
from gugan.runs.models import (
    COMPUTED,
    DISCARDED,
    DRAFT,
    EXCLUDED,
    PAID,
    RETURNED,
    SEALED,
    STATES,
    STEPS,
    SUBMITTED,
    UNKNOWN,
    VOID,
    Claim,
    Handover,
    Outcome,
    PackBytes,
    Run,
    Settlement,
)
from gugan.runs.verify import check_content, verify

__all__ = [
    "Draft",
    "Row",
    "approve",
    "ask_void",
    "confirm_void",
    "discard",
    "mark_paid",
    "save",
    "send_back",
    "submit",
    "verify",
]
LONGEST = 500
"""Characters of what a maker or an approver writes."""


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
    settlements: Sequence[tuple[Owed, int]] = ()
    """What is owed for earlier months, each with the fen of it that this run settles."""


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
            settled = [_settled(one, fen) for one, fen in draft.settlements]
            run.digest = digests.run_digest(run, ((p[0], p[-1]) for p in prepared), settled)
            run.save()
            _write_rows(run, prepared)
            _write_settlements(run, settled)
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
    Settlement.objects.filter(run=run).delete()
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


def _settled(one: Owed, fen: int) -> tuple:
    """The values of digests.SETTLEMENT_FIELDS."""
    return (one.person, one.month, one.line, one.origin, one.old, one.new, fen, one.cause, list(one.sources))


def _write_settlements(run: Run, settled: Sequence[tuple]) -> None:
    columns = ("person", "month", "line", "origin", "old_fen", "new_fen", "amount_fen", "cause", "sources", "run")
    rows = [(*one[:-1], orjson.dumps(one[-1]).decode(), run.pk) for one in settled]
    with connection.wrap_database_errors:
        insert_rows(Settlement, columns, rows)


@transaction.atomic
def submit(*, run: Run | int, by: User, now: datetime, words: str = "") -> Handover:
    """Hand a draft to the approver (交审): a new one, one that was returned, or one computed again since.

    words: what the maker says to it, at most LONGEST characters. Raises NotAllowed, RunError.
    """
    run = _locked(run)
    accounts.require(by, "pay", run.payer_code, on=china_day(now))
    if run.state != DRAFT:
        raise RunError(f"{_named(run)}{STATES[run.state]}，不用交审。")
    if queries.submitted(run, queries.last_handover(run)):
        raise RunError(f"{_named(run)}已经交审，等另一人审批。")
    return _hand(run, SUBMITTED, "", words, by, now)


@transaction.atomic
def send_back(*, run: Run | int, by: User, now: datetime, step: str, words: str) -> Handover:
    """Return a draft to a step (a key of STEPS) with a reason; until it is submitted again nobody approves it.

    By whoever may approve it. Raises NotAllowed, RunError.
    """
    run = _locked(run)
    accounts.require(by, "approve", run.payer_code, on=china_day(now))
    if run.state != DRAFT:
        raise RunError(f"{_named(run)}{STATES[run.state]}，不能退回。")
    last = queries.last_handover(run)
    _refuse_maker(run, last, by, "退回")
    if last is not None and last.kind == RETURNED:
        raise RunError(f"{_named(run)}已由{last.by}退回，等经办改好再交审。")
    if step not in STEPS:
        raise RunError("选一步退回。")
    if not words.strip():
        raise RunError("退回要写明原因。")
    return _hand(run, RETURNED, step, words, by, now)


def _hand(run: Run, kind: str, step: str, words: str, by: User, now: datetime) -> Handover:
    words = words.strip()
    if len(words) > LONGEST:
        raise RunError(f"至多 {LONGEST} 字，现在 {len(words)} 字。")
    handed = Handover.objects.create(run=run, kind=kind, step=step, words=words, digest=run.digest, by=by, at=now)
    content = digest_of([run.pk, kind, step, words, run.digest])
    accounts.record([accounts.Note(handed.get_kind_display(), f"run:{run.pk}", content)], by=by, now=now)
    return handed


def _refuse_maker(run: Run, last: Handover | None, by: User, act: str) -> None:
    if by.pk in queries.makers(run, last):
        raise RunError(f"开批、核算或交审的人不能{act}自己算的这一批。请另一位有审批权的人来办。")


@transaction.atomic
def approve(*, run: Run | int, by: User, now: datetime) -> Run:
    """Seal a draft in the act of approving it, by somebody who neither opened nor computed it.

    Reads the facts again as known `now` and refuses where they differ from what was computed, saying for how many
    people; refuses where the stored rows are not those that were computed, and a draft that was returned and not
    submitted again. Writes one trail entry with the digest of the whole run. Raises NotAllowed, RunError.
    """
    run = _locked(run)
    accounts.require(by, "approve", run.payer_code, on=china_day(now))
    if run.state != DRAFT:
        raise RunError(f"{_named(run)}{STATES[run.state]}，不用再审批。")
    last = queries.last_handover(run)
    _refuse_maker(run, last, by, "审批")
    if last is not None and last.kind == RETURNED:
        raise RunError(f"{_named(run)}已由{last.by}退回（{last.words}），经办还没有再交审。")
    if run.totals["computed"] == 0:
        raise RunError(f"{_named(run)}里没有一个人算出工资，没有可封存的。先补齐缺的事实再核算。")
    _refuse_out_of_order(run)
    changed = {*queries.changed_since(run, now), *arrears.changed(run, now)}
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
    Settlement.objects.filter(run=run).delete()
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
