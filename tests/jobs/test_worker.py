"""The real worker, in a process of its own: it works, it is killed in the middle, and it ends with whoever keeps it."""

import re
import signal
import socket
import subprocess
import sys
import time

import pytest
from django.db import connection

from gugan.accounts.models import User
from gugan.accounts.queries import NOTHING
from gugan.jobs import presence, queries
from gugan.jobs.keeper import Keeper
from gugan.jobs.models import DONE, FAILED, RUNNING, STOPPED, Job
from tests.jobs.conftest import ROOT, ask, environment, officer

PATIENCE = 120.0


def until(truth, seconds: float = PATIENCE):
    """Wait until `truth()` is, and return what it says then."""
    for _look in range(int(seconds / 0.05)):
        if found := truth():
            return found
        time.sleep(0.05)
    raise AssertionError(f"not within {seconds} s")


def words(response) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


def look(job: Job) -> Job:
    return queries.find(job.pk, user=job.asked_by, scope=NOTHING)


def children(pid: int) -> list[int]:
    done = subprocess.run(["pgrep", "-P", str(pid)], capture_output=True, text=True)
    return [int(line) for line in done.stdout.split()]


def is_alive(pid: int) -> bool:
    state = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True).stdout.strip()
    return bool(state) and not state.startswith("Z")


def test_nobody_works_where_no_worker_was_started(clerk, settings):
    settings.GUGAN_JOBS_AT_ONCE = False
    assert not presence.is_anybody_there() and queries.is_stuck(ask(clerk, rows=1))


def test_jobs_are_done_beside_the_pages(start_worker):
    clerk = officer("经办")
    first, second = ask(clerk, rows=5), ask(clerk, "test.refuses")
    assert queries.is_stuck(first)
    start_worker()
    assert until(lambda: look(second).state == FAILED)
    assert (look(first).state, look(first).said) == (DONE, "比对了 5 行。")
    assert presence.is_anybody_there()
    third = ask(clerk, "test.refuses")
    assert queries.wait(third, seconds=5).state == FAILED
    assert third.started_at <= third.ended_at


def test_a_worker_killed_in_the_middle_leaves_nothing_half_done(start_worker, client, tmp_path):
    """With SIGKILL, while its transaction is open."""
    clerk, flag = officer("经办"), tmp_path / "reached"
    client.force_login(clerk)
    client.get("/search/")
    job = ask(clerk, "test.long", flag=str(flag))
    address = f"/jobs/{job.pk}/"
    worker = start_worker()
    until(flag.exists)
    # what it is at is seen while its transaction is open, on either database
    assert (look(job).state, look(job).step, look(job).step_number, look(job).done) == (RUNNING, "写入", 3, 7)
    assert "第 3 步：写入" in words(client.get(address)) and "7 / 9" in words(client.get(address))
    worker.kill()
    worker.wait()
    until(lambda: look(job).state == STOPPED)
    page = client.get(address)
    assert "停在第 3 步：写入。什么都没改动。" in words(page) and "再试一次" in words(page)
    assert not User.objects.filter(username="半截的").exists()
    again = client.post(f"{address}retry/")
    assert (again.status_code, again["Location"]) == (302, address)
    assert "没有在运行，所以还没有开始" in words(client.get(address))
    start_worker()
    assert until(lambda: look(job).state == DONE)
    assert User.objects.filter(username="半截的").count() == 1
    assert client.get(address + "?wait=1")["Location"] == "/pay/"


def test_the_next_worker_writes_down_where_the_last_one_stopped(start_worker, tmp_path):
    clerk, flag = officer("经办"), tmp_path / "reached"
    job = ask(clerk, "test.long", flag=str(flag))
    worker = start_worker()
    until(flag.exists)
    worker.kill()
    worker.wait()
    start_worker()
    until(lambda: Job.objects.filter(pk=job.pk, state=STOPPED).exists())
    job.refresh_from_db()
    assert (job.step, job.step_number, job.done, job.total) == ("写入", 3, 7, 9)


def test_a_worker_asked_to_end_stops_its_job_and_keeps_nothing(start_worker, tmp_path):
    clerk, flag = officer("经办"), tmp_path / "reached"
    job = ask(clerk, "test.long", flag=str(flag))
    worker = start_worker()
    until(flag.exists)
    worker.send_signal(signal.SIGTERM)
    assert worker.wait(PATIENCE) == 0
    job.refresh_from_db()
    assert (job.state, job.step) == (STOPPED, "写入")
    assert not User.objects.filter(username="半截的").exists()


def test_there_is_one_worker_and_another_takes_its_place(start_worker, tmp_path):
    clerk, flag = officer("经办"), tmp_path / "reached"
    first = start_worker()
    until(presence.is_anybody_there)
    long = ask(clerk, "test.long", flag=str(flag))
    until(flag.exists)
    second = start_worker()
    time.sleep(1.5)
    # it neither works nor takes the running job for a lost one
    assert look(long).state == RUNNING and second.poll() is None
    first.kill()
    first.wait()
    waiting = ask(clerk, subject="440703 2026-11", rows=1)
    assert until(lambda: look(waiting).state == DONE)
    assert look(long).state == STOPPED


def test_a_worker_that_loses_its_database_ends_and_leaves_the_rest_to_its_keeper(start_worker, chosen_db):
    if chosen_db == "sqlite":
        pytest.skip("a file has no sessions to lose")
    worker = start_worker()
    until(presence.is_anybody_there)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
    assert worker.wait(PATIENCE) == 1


def test_a_keeper_starts_another_worker_and_lets_none_outlive_it():
    patient = (sys.executable, "-c", "import sys; sys.stdin.read()")
    with Keeper(patient) as keeper:
        first = until(lambda: keeper.process)
        first.kill()
        second = until(lambda: keeper.process is not first and keeper.process)
        assert second.poll() is None
    assert second.poll() is not None


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


@pytest.fixture
def served(committed, tmp_path):
    """`gugan serve` as a person would start it; (process, its children)."""
    port = free_port()
    command = [
        sys.executable,
        "-c",
        f"from gugan.cli import main; raise SystemExit(main(['serve', '--port', '{port}']))",
    ]
    with (tmp_path / "log").open("wb") as log:
        process = subprocess.Popen(command, cwd=ROOT, env=environment(), stdout=log, stderr=log)

    def answers() -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", port)) == 0

    below = []
    try:
        until(lambda: answers() and presence.is_anybody_there())
        below = children(process.pid)
        yield process, below
    finally:
        # granian's own process lives on where its parent is killed
        for pid in {*below, *children(process.pid), process.pid}:
            if is_alive(pid):
                subprocess.run(["kill", "-9", str(pid)])
        process.wait()


def test_serving_keeps_a_worker_and_ends_with_it(served):
    process, below = served
    worker = next(pid for pid in below if "gugan.jobs.worker" in _command(pid))
    subprocess.run(["kill", "-9", str(worker)], check=True)
    until(lambda: worker not in children(process.pid) and len(children(process.pid)) == 2)
    until(presence.is_anybody_there)
    below = children(process.pid)
    process.send_signal(signal.SIGTERM)
    assert process.wait(PATIENCE) == 0
    assert not any(map(is_alive, below)) and not presence.is_anybody_there()


def test_a_worker_does_not_outlive_a_server_that_is_killed(served):
    process, _below = served
    process.kill()
    process.wait()
    assert until(lambda: not presence.is_anybody_there())


def _command(pid: int) -> str:
    return subprocess.run(["ps", "-o", "args=", "-p", str(pid)], capture_output=True, text=True).stdout
