"""An officer who asks for work, and the same with transactions that do end, so that other processes see them."""

import os
import subprocess
import sys
from datetime import UTC, date, datetime
from pathlib import Path
from urllib.parse import quote

import pytest
from django.contrib.sessions.models import Session
from django.db import connection

from gugan.accounts.models import Grant, User
from gugan.jobs import services
from gugan.jobs.models import Job
from tests.jobs import kinds as _kinds  # noqa: F401

ROOT = Path(__file__).parents[2]
NOW = datetime(2026, 10, 31, 10, tzinfo=UTC)


def officer(name: str, prefix: str = "440703", role: str = Grant.Role.CLERK) -> User:
    user = User.objects.create(username=name, display_name=name)
    Grant.objects.create(user=user, role=role, prefix=prefix, since=date(2020, 1, 1))
    return user


def ask(by: User, kind: str = "test.well", subject: str = "440703 2026-10", **args) -> Job:
    return services.start(
        kind=kind, subject=subject, args=args, label="核算蓬江区2026年10月工资", right="pay", code="440703",
        back="/pay/month/", by=by, now=NOW,
    )  # fmt: skip


@pytest.fixture
def clerk(db):
    return officer("经办")


@pytest.fixture
def committed(django_db_setup, django_db_blocker, settings):
    """A database whose transactions do end, and no work done at once; emptied afterwards."""
    settings.GUGAN_JOBS_AT_ONCE = False
    # pytest-django makes a test database only where one of the tests chosen asks for `db`
    assert "test" in str(connection.settings_dict["NAME"]), "run the whole file: this test alone has no database"
    with django_db_blocker.unblock():
        yield
        for model in (Job, Grant, Session, User):
            model.objects.all().delete()
        connection.close()


def environment() -> dict[str, str]:
    """What a process of ours needs to work on the database of this test."""
    found = connection.settings_dict
    if connection.vendor == "sqlite":
        url = f"sqlite:///{found['NAME']}"
    else:
        who = quote(found["USER"]) + (f":{quote(found['PASSWORD'])}" if found["PASSWORD"] else "")
        url = f"postgresql://{who}@/{found['NAME']}?host={quote(found['HOST'])}"
        url += f"&port={found['PORT']}" if found["PORT"] else ""
    path = os.pathsep.join((str(ROOT / "src"), str(ROOT)))
    return os.environ | {"GUGAN_DATABASE": url, "PYTHONPATH": path}


@pytest.fixture
def start_worker(committed):
    """Start the real worker; whatever still runs at the end is killed."""
    running = []

    def start() -> subprocess.Popen:
        process = subprocess.Popen([sys.executable, "-m", "tests.jobs.process"], cwd=ROOT, env=environment())
        running.append(process)
        return process

    yield start
    for process in running:
        process.kill()
        process.wait()
