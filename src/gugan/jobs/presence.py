"""Whether somebody works: a lock that ends with the process that holds it, and the place it notes its progress.

On SQLite the lock is on a file beside the database, and the progress is written into it: while the work's transaction is
open nobody else can write a row there. On PostgreSQL both go over a connection of their own. Neither guesses by time.
"""

from __future__ import annotations

import fcntl
import json
import os
from typing import Any, Protocol

from django.db import connection, connections
from django.utils.dateparse import parse_datetime

from gugan.jobs.models import RUNNING, Job

PROGRESS = ("step", "step_number", "done", "total", "stepped_at", "moved_at")
KEY = (0x67756761, 1)
"""Of PostgreSQL's advisory lock: "guga", the first and only worker."""


class Presence(Protocol):
    """The one worker of an installation."""

    def take(self) -> bool:
        """Become the worker; False while there is another one."""
        ...

    def note(self, job: Job) -> None:
        """Write down how far `job` is, at once and to be seen by everybody."""
        ...

    def check(self) -> None:
        """Raise an error of the database where the lock may be lost."""
        ...

    def leave(self) -> None:
        """Be no longer the worker."""
        ...


def presence() -> Presence:
    """The kind of presence that fits the database."""
    return _FilePresence(_lock_file()) if connection.vendor == "sqlite" else _SessionPresence()


def is_anybody_there() -> bool:
    """Whether a worker is running now. One statement on PostgreSQL, none on SQLite."""
    if connection.vendor == "sqlite":
        return _is_locked(_lock_file())
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND granted AND objsubid = 2"
            " AND classid = %s AND objid = %s"
            " AND database = (SELECT oid FROM pg_database WHERE datname = current_database()))",
            KEY,
        )
        return bool(cursor.fetchone()[0])


def read_progress(job: Job) -> Job:
    """Bring a running job's progress up to what its worker noted last; the row itself is not written."""
    if connection.vendor == "sqlite" and job.state == RUNNING:
        noted = _read(_lock_file())
        if noted.get("job") == job.pk and noted.get("started_at") == _text(job.started_at):
            for name in PROGRESS:
                value = noted[name]
                setattr(job, name, parse_datetime(value) if name.endswith("_at") and value else value)
    return job


class _FilePresence:
    def __init__(self, path: str) -> None:
        self.path, self.file = path, -1

    def take(self) -> bool:
        self.file = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o664)
        try:
            fcntl.flock(self.file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self.leave()
            return False
        return True

    def note(self, job: Job) -> None:
        noted = {"job": job.pk, "started_at": _text(job.started_at)}
        noted |= {name: _text(value) if name.endswith("_at") else value for name, value in _progress_of(job).items()}
        # one write of one size, so that a reader never meets half of it
        os.pwrite(self.file, json.dumps(noted).ljust(2000).encode(), 0)

    def check(self) -> None:
        """The file is ours as long as we live."""

    def leave(self) -> None:
        if self.file >= 0:
            os.close(self.file)
            self.file = -1


class _SessionPresence:
    def __init__(self) -> None:
        # not the connection of the work: what is noted must be seen while the work's transaction is open
        self.connection = connections.create_connection("default")

    def take(self) -> bool:
        with self.connection.cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", KEY)
            return bool(cursor.fetchone()[0])

    def note(self, job: Job) -> None:
        progress = _progress_of(job)
        names = ", ".join(f"{self.connection.ops.quote_name(name)} = %s" for name in progress)
        table = self.connection.ops.quote_name(Job._meta.db_table)
        with self.connection.cursor() as cursor:
            cursor.execute(
                f"UPDATE {table} SET {names} WHERE id = %s AND state = %s", [*progress.values(), job.pk, RUNNING]
            )

    def check(self) -> None:
        with self.connection.cursor() as cursor:
            cursor.execute("SELECT 1")

    def leave(self) -> None:
        self.connection.close()


def _progress_of(job: Job) -> dict[str, Any]:
    return {name: getattr(job, name) for name in PROGRESS}


def _text(moment: Any) -> str | None:
    return moment.isoformat() if moment else None


def _lock_file() -> str:
    return f"{connection.settings_dict['NAME']}.jobs"


def _is_locked(path: str) -> bool:
    try:
        file = os.open(path, os.O_RDONLY)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(file)
    return False


def _read(path: str) -> dict[str, Any]:
    try:
        with open(path, "rb") as file:
            return json.loads(file.read(2000) or b"{}")
    except (FileNotFoundError, ValueError):
        return {}
