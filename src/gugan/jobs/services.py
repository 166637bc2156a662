"""What can be done with a job: start it, try it again, and what its worker writes: taken, done, failed, stopped."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Model

from gugan.jobs import doing, presence
from gugan.jobs.kinds import kind_of
from gugan.jobs.models import FAILED, LIVE, RUNNING, STOPPED, WAITING, Job

FRESH: dict[str, Any] = {
    "state": WAITING, "step": "", "step_number": 0, "done": 0, "total": 0, "result": "", "said": "", "error_number": "",
    "started_at": None, "stepped_at": None, "moved_at": None, "ended_at": None,
}  # fmt: skip


def start(
    *,
    kind: str,
    subject: str,
    args: dict[str, Any],
    label: str,
    right: str,
    code: str,
    by: Model,
    now: datetime,
    back: str = "",
) -> Job:
    """Ask for a piece of work, or return the one of that kind and subject which is waiting or running already.

    args: what the kind's function takes, fit for JSON. now: the moment the work acts at. right, code: who sees it; the
    caller has asked whether `by` may. Raises LookupError for an unknown kind.
    """
    kind_of(kind)
    settle_lost(now=now)
    fresh = Job(
        kind=kind, subject=subject, args=args, label=label, right=right, code=code, back=back, asked_by=by, asked_at=now
    )
    try:
        with transaction.atomic():
            fresh.save(force_insert=True)
    except IntegrityError:
        return _live(kind, subject)
    return _at_once(fresh)


def retry(*, job: Job, by: Model, now: datetime) -> Job:
    """Do a stopped or failed job once more, from its beginning, in the name of `by`; the same row and address.

    Returns it as it is where it waits, runs or is done, and the other one where another of its subject is live.
    """
    settle_lost(now=now)
    try:
        with transaction.atomic():
            ended = Job.objects.filter(pk=job.pk, state__in=(FAILED, STOPPED))
            again = ended.update(**FRESH, asked_by=by, asked_at=now)
    except IntegrityError:
        return _live(job.kind, job.subject)
    job.refresh_from_db()
    return _at_once(job) if again else job


def take_next(*, now: datetime) -> Job | None:
    """The worker's: the oldest waiting job, now running; None where there is none."""
    waiting = Job.objects.filter(state=WAITING).order_by("pk").values_list("pk", flat=True).first()
    if waiting is None or not _take(waiting, now):
        return None
    return Job.objects.select_related("asked_by").get(pk=waiting)


def settle_lost(*, now: datetime) -> int:
    """Mark as stopped what is said to run while nobody works: its process died, and its transaction with it.

    Returns how many.
    """
    found = _running()
    return _stop(found, now) if found and not presence.is_anybody_there() else 0


def stop_running(*, now: datetime) -> int:
    """The worker's, when it begins: whatever is said to run was left by one that died. Returns how many."""
    return _stop(_running(), now)


def _running() -> list[Job]:
    return list(Job.objects.filter(state=RUNNING))


def _stop(found: list[Job], now: datetime) -> int:
    """Mark jobs as stopped where they were noted last, unless they have ended or begun anew since they were read."""
    stopped = 0
    for job in map(presence.read_progress, found):
        progress = {name: getattr(job, name) for name in presence.PROGRESS}
        same = Job.objects.filter(pk=job.pk, state=RUNNING, started_at=job.started_at)
        stopped += same.update(**progress, state=STOPPED, ended_at=now)
    return stopped


def _live(kind: str, subject: str) -> Job:
    """The job in the way of another; where it ended just now, the newest of its subject."""
    of_subject = Job.objects.filter(kind=kind, subject=subject)
    return of_subject.filter(state__in=LIVE).first() or of_subject.latest("pk")


def _take(pk: int, now: datetime) -> bool:
    taken = Job.objects.filter(pk=pk, state=WAITING).update(state=RUNNING, started_at=now, stepped_at=now, moved_at=now)
    return bool(taken)


def _at_once(job: Job) -> Job:
    """Do the job here and now where the settings say so: in tests, which have no worker."""
    if settings.GUGAN_JOBS_AT_ONCE and _take(job.pk, job.asked_at):
        moment = job.asked_at
        job.refresh_from_db()
        doing.do(job, note=doing.nowhere, clock=lambda: moment)
        job.refresh_from_db()
    return job
