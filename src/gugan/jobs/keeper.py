"""Keeps one worker process alive beside the pages, and lets none outlive them."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import threading
import time
from collections.abc import Sequence

from gugan.jobs.worker import KEPT

log = logging.getLogger("gugan.jobs")
COMMAND = (sys.executable, "-m", "gugan.jobs.worker", KEPT)
PATIENCE = 5.0
"""Seconds a worker has to end when asked; a job it is in the middle of is stopped, with nothing kept."""
SHORTEST, LONGEST = 0.5, 30.0
"""Seconds before another is started: doubled for a worker that dies again and again."""


class Keeper:
    """Starts a worker and starts another when it dies: `with Keeper(): serve()`."""

    def __init__(self, command: Sequence[str] = COMMAND) -> None:
        self.command = command
        self.process: subprocess.Popen | None = None
        self._ending = threading.Event()
        self._turn = threading.Lock()
        self._thread = threading.Thread(target=self._keep, name="jobs-keeper", daemon=True)
        # the server forks: a copy of our end of the pipe would keep the worker from seeing that we died
        os.register_at_fork(before=self._turn.acquire, after_in_parent=self._turn.release, after_in_child=self._let_go)

    def __enter__(self) -> Keeper:
        self._start()
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._ending.set()
        with self._turn:
            process = self.process
            if process is not None:
                process.terminate()
        if process is not None:
            try:
                process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                process.kill()
        self._thread.join(PATIENCE)

    def _keep(self) -> None:
        process, pause = self.process, SHORTEST
        while process is not None:
            began = time.monotonic()
            code = process.wait()
            if self._ending.is_set():
                return
            log.warning("the jobs worker ended with %s; starting another", code)
            if time.monotonic() - began > LONGEST:
                pause = SHORTEST
            self._ending.wait(pause)
            pause = min(LONGEST, pause * 2)
            process = self._start()

    def _start(self) -> subprocess.Popen | None:
        with self._turn:
            if self._ending.is_set():
                return None
            # GUGAN_SERVING asks for a pool of connections, which is for pages
            own = {name: value for name, value in os.environ.items() if name != "GUGAN_SERVING"}
            self.process = subprocess.Popen(self.command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, env=own)
            return self.process

    def _let_go(self) -> None:
        if self.process is not None and self.process.stdin is not None:
            self.process.stdin.close()
        self._turn.release()
