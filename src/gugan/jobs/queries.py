"""What can be asked: one job as its visitor may see it, how far it is, and whether it has ended."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, Protocol

from gugan.jobs import presence
from gugan.jobs.models import LIVE, RUNNING, STOPPED, WAITING, Job

PAUSE = 0.03
"""Seconds between two looks of `wait`."""


class Allows(Protocol):
    """What a scope is asked here; accounts.queries.Scope is one."""

    def allows(self, right: str, code: str) -> bool:
        """Whether `right` is granted for `code`."""
        ...


def find(number: int, *, user: Any, scope: Allows) -> Job | None:
    """The job, for whoever asked for it or holds its right; brought up to what its worker noted last.

    A job whose process died is shown as stopped, though no worker has written it down yet.
    """
    job = Job.objects.select_related("asked_by").filter(pk=number).first() if number < 2**63 else None
    if job is None or not (job.asked_by_id == user.pk or scope.allows(job.right, job.code)):
        return None
    presence.read_progress(job)
    if job.state == RUNNING and not presence.is_anybody_there():
        # it may have ended, well, between the two looks
        job.refresh_from_db(fields=["state", "result", "said", "error_number"])
        job.state = STOPPED if job.state == RUNNING else job.state
    return job


def latest(count: int) -> list[Job]:
    """The newest jobs of the installation, newest first, brought up to what their worker noted; for whoever has a shell."""
    return [presence.read_progress(job) for job in Job.objects.order_by("-pk")[:count]]


def is_worked() -> bool:
    """Whether a worker is there."""
    return presence.is_anybody_there()


def before(job: Job) -> int:
    """How many jobs are done before a waiting one."""
    return Job.objects.filter(state__in=LIVE, pk__lt=job.pk).count()


def seconds_left(job: Job) -> int | None:
    """About how long the step still takes; None before a tenth of it is done, or where it is not counted."""
    if not job.total or job.done * 10 < job.total or job.stepped_at is None or job.moved_at is None:
        return None
    took = (job.moved_at - job.stepped_at).total_seconds()
    return max(1, round(took * (job.total - job.done) / job.done))


def wait(job: Job, *, seconds: float, sleep: Callable[[float], None] = time.sleep) -> Job:
    """Look again and again until the job has ended, at most for `seconds`; return it as it is then."""
    looks = int(seconds / PAUSE)
    while job.state in LIVE and looks > 0:
        sleep(PAUSE)
        looks -= 1
        job.refresh_from_db()
    return job


def is_stuck(job: Job) -> bool:
    """Whether a job waits while nobody works."""
    return job.state == WAITING and not is_worked()
