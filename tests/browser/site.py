"""The demonstration as a site of its own: prepared once, copied for whoever changes something, served by `gugan serve`."""

from __future__ import annotations

import contextlib
import http.client
import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.postgres import _die_with_parent as die_with_parent

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 60


@dataclass(frozen=True)
class Site:
    """A running site: its address, and its folder."""

    address: str
    home: Path

    def ask(self, sql: str, *values: Any) -> list[tuple]:
        """Read rows of its database, past the application: only to find what a page should be opened for."""
        with contextlib.closing(sqlite3.connect(f"file:{self.home}/var/gugan.sqlite3?mode=ro", uri=True)) as base:
            return base.execute(sql, values).fetchall()


def environment(home: Path) -> dict[str, str]:
    """The settings of a demonstration in `home`, and none of the tests' own."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("GUGAN_", "DJANGO_"))}
    return kept | {
        "GUGAN_HOME": str(home),
        "GUGAN_POLICIES": str(ROOT / "policies"),
        "GUGAN_DEMO": "1",
        "PYTHONPATH": str(ROOT / "src"),
    }


def command(*words: str) -> list[str]:
    """The `gugan` command of this checkout."""
    return [sys.executable, "-c", "import sys; from gugan.cli import main; sys.exit(main())", *words]


def prepare(home: Path) -> None:
    """Make the demonstration in an empty folder."""
    (home / "var").mkdir(parents=True, exist_ok=True)
    done = subprocess.run(
        command("demo", "--check"),
        env=environment(home),
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    if done.returncode:
        raise RuntimeError(f"gugan demo --check:\n{done.stdout[-3000:]}")
    # so that a copy of the file is the whole database
    with contextlib.closing(sqlite3.connect(home / "var" / "gugan.sqlite3")) as base:
        base.execute("PRAGMA wal_checkpoint(TRUNCATE)")


@contextlib.contextmanager
def served(prepared: Path, home: Path) -> Iterator[Site]:
    """Serve a copy of a prepared demonstration from `home` on a free port; nothing of it outlives the block."""
    shutil.copytree(prepared, home)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with open(home / "log", "wb") as log:
        process = subprocess.Popen(
            command("serve", "--port", str(port)),
            env=environment(home),
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            # a group of its own, so that granian's worker and the jobs' worker end with it
            start_new_session=True,
            preexec_fn=die_with_parent if sys.platform == "linux" else None,
        )
    try:
        _wait(process, port, home / "log")
        yield Site(f"http://127.0.0.1:{port}", home)
    finally:
        _end(process)


def _wait(process: subprocess.Popen, port: int, log: Path) -> None:
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            asked = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
            asked.request("GET", "/signin/")
            if asked.getresponse().status == 200:
                return
        except OSError:
            pass
        if process.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(f"gugan serve:\n{log.read_text(errors='replace')[-3000:]}")
        time.sleep(0.1)


def _end(process: subprocess.Popen) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGTERM)
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(5)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait(5)
