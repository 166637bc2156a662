"""Doing one job: what its function is given, and how its end is written down, good or bad."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from gugan.jobs.kinds import kind_of
from gugan.jobs.models import DONE, FAILED, RUNNING, STOPPED, Job
from gugan.jobs.presence import PROGRESS

log = logging.getLogger("gugan.jobs")
APART = timedelta(seconds=0.5)
"""Counts within a step are noted no more often than this; a new step is noted at once."""
Note = Callable[[Job], None]


class Stopped(BaseException):
    """The process was asked to end in the middle of a job."""


class Doing:
    """A job under way, as its function sees it: who asked, the moment it acts at, and what it can tell."""

    def __init__(self, job: Job, note: Note, clock: Callable[[], datetime]) -> None:
        self.job, self._note, self._clock = job, note, clock

    @property
    def by(self) -> Any:
        """The user in whose name the work is done."""
        return self.job.asked_by

    @property
    def now(self) -> datetime:
        """The moment the work acts at."""
        return self.job.asked_at

    def tell(self, step: str, done: int = 0, total: int = 0) -> None:
        """Say which step this is, and how much of it is done of how much (0 of 0: not counted)."""
        job, moment = self.job, self._clock()
        step = step[:200]
        fresh = step != job.step
        job.step, job.done, job.total = step, done, total
        if fresh:
            job.step_number, job.stepped_at = job.step_number + 1, moment
        elif job.moved_at and moment - job.moved_at < APART:
            return
        job.moved_at = moment
        self._note(job)

    def finish(self, address: str = "", said: str = "") -> None:
        """Write that the work is done: inside its transaction, so that both are kept or neither is.

        address: where what came of it is shown. said: what came of it, in words; names no person.
        """
        end(self.job, DONE, self._clock(), result=address, said=said)


def do(job: Job, *, note: Note, clock: Callable[[], datetime]) -> None:
    """Do a job that was taken, and write down how it ended. Raises only Stopped, and errors of the database itself."""
    refusals: tuple[type[Exception], ...] = ()
    try:
        kind = kind_of(job.kind)
        refusals = kind.refusals
        kind.do(Doing(job, note, clock), **job.args)
    except refusals as refusal:
        end(job, FAILED, clock(), said=str(refusal))
    except Stopped:
        end(job, STOPPED, clock())
        raise
    except Exception:
        number = error_number()
        log.exception("%s job %s %s", number, job.pk, job.kind)
        end(job, FAILED, clock(), error_number=number)
    else:
        end(job, DONE, clock())


def end(job: Job, state: str, moment: datetime, **words: str) -> bool:
    """Write the end of a running job, with the step it had reached; False where its end is written already."""
    progress = {name: getattr(job, name) for name in PROGRESS}
    running = Job.objects.filter(pk=job.pk, state=RUNNING)
    return bool(running.update(**progress, state=state, ended_at=moment, **words))


def error_number() -> str:
    """A number to quote where the fault is ours; the log has it too."""
    return f"E-{secrets.token_hex(2).upper()}"


def nowhere(job: Job) -> None:
    """Note progress nowhere: nobody can look before the work is done."""
