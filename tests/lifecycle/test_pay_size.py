"""One read, one computation, few writes: the number of statements does not grow with the number of people."""

import shutil

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from bench import people
from gugan import policy
from gugan.lifecycle.pay import services
from gugan.runs import services as runs
from tests.lifecycle.world import POLICIES, moment

FOUNDED, NOW, LATER = moment("2026-10-01 09:00"), moment("2026-10-31 18:00"), moment("2026-10-31 19:00")
RUN, AGAIN, APPROVE = 15, 16, 16


def statements(count: int) -> dict[str, int]:
    """How many statements computing, computing again and approving take for `count` people."""
    catalogue = policy.load("9901", root=POLICIES).catalogue
    clerk, approver = people.officers(FOUNDED)
    people.found(count, by=clerk, now=FOUNDED, catalogue=catalogue, plain=True)
    counts = {}
    for name in ("run", "again"):
        with CaptureQueriesContext(connection) as captured:
            run = services.run(payer=people.PAYER, month="2026-10", by=clerk, now=NOW)
        counts[name] = len(captured)
    with CaptureQueriesContext(connection) as captured:
        runs.approve(run=run, by=approver, now=LATER)
    counts["approve"] = len(captured)
    assert run.totals["computed"] == count
    return counts


@pytest.fixture
def own_database(request, tmp_path, chosen_db):
    """A database that this test may fill: on SQLite a copy of the empty one, outside the test's own transaction.

    Within one, SQLite keeps every statement's journal in memory and walks it for each row: quadratic time.
    """
    if chosen_db == "postgresql":
        request.getfixturevalue("db")
        yield
        return
    request.getfixturevalue("django_db_setup")
    with request.getfixturevalue("django_db_blocker").unblock():
        settings, name = connection.settings_dict, connection.settings_dict["NAME"]
        connection.close()
        copy = tmp_path / "own.sqlite3"
        shutil.copy(name, copy)
        settings["NAME"] = str(copy)
        try:
            yield
        finally:
            connection.close()
            settings["NAME"] = name


@pytest.mark.parametrize("count", [12, 1214])
def test_a_run_takes_the_same_few_statements_whatever_its_size(db, count):
    assert statements(count) == {"run": RUN, "again": AGAIN, "approve": APPROVE}


@pytest.mark.slow
def test_a_run_of_12140_people_takes_no_more(own_database):
    counts = statements(12_140)
    inside = 0 if transaction.get_connection().in_atomic_block else 2  # BEGIN and COMMIT in the place of a savepoint
    assert max(counts.values()) <= max(RUN, AGAIN, APPROVE) + inside < 60
