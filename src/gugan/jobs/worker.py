"""The process that does the jobs, one after another: `python -m gugan.jobs.worker`, kept alive by `gugan serve`."""

from __future__ import annotations

import itertools
import logging
import os
import select
import signal
import sys
from collections.abc import Callable
from datetime import datetime
from typing import Any

POLL = 0.25
"""Seconds between two looks for work: one statement each."""
STANDBY = 1.0
"""Seconds between two tries to become the worker while there is another one."""
CHECKED = 40
"""Looks between two checks that the lock is still ours: an idle connection may be cut on its way."""
KEPT = "--kept"
"""Given by whoever keeps this process: end when standard input does, for then the keeper has died."""


def work(*, clock: Callable[[], datetime], pause: Callable[[float], bool]) -> None:
    """Do what waits, and wait for more, until `pause` (seconds) says False or the process is asked to end.

    Raises errors of the database: the lock may be lost with the connection, so the process begins anew.
    """
    from django.db import OperationalError, connection

    from gugan.jobs import doing, presence, services

    here = presence.presence()
    try:
        while not here.take():
            if not pause(STANDBY):
                return
        services.stop_running(now=clock())
        for look in itertools.count(1):
            try:
                job = services.take_next(now=clock())
            except OperationalError:
                # on SQLite somebody else writes for long; elsewhere the connection is gone
                if connection.vendor != "sqlite":
                    raise
                job = None
            if job is not None:
                doing.do(job, note=here.note, clock=clock)
            elif not pause(POLL):
                return
            if look % CHECKED == 0:
                here.check()
    finally:
        here.leave()


def main(argv: list[str]) -> int:
    """Run until told to end: SIGTERM, Ctrl C, or the end of the process that keeps this one."""
    kept = KEPT in argv
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "gugan.web.settings")
    import django

    django.setup()
    from django.utils import timezone

    from gugan.jobs.doing import Stopped

    def stop(number: int, frame: Any) -> None:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        raise Stopped

    signal.signal(signal.SIGTERM, stop)
    # Ctrl C reaches the whole group; the keeper decides then
    signal.signal(signal.SIGINT, signal.SIG_IGN if kept else stop)
    watched = [sys.stdin] if kept else []
    try:
        work(clock=timezone.now, pause=lambda seconds: not select.select(watched, [], [], seconds)[0])
    except Stopped:
        return 0
    except Exception:
        # by its place alone: Python's own traceback would tell the words of the error too
        logging.getLogger("gugan.jobs").exception("the worker cannot go on")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
