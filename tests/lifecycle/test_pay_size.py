"""One read, one computation, few writes: the number of statements does not grow with the number of people."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from bench import people
from gugan import policy
from gugan.lifecycle.pay import services
from gugan.runs import services as runs
from tests.lifecycle.world import POLICIES, moment

FOUNDED, NOW, LATER = moment("2026-10-01 09:00"), moment("2026-10-31 18:00"), moment("2026-10-31 19:00")
RUN, AGAIN, APPROVE = 19, 21, 21


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


@pytest.mark.parametrize("count", [12, 1214, pytest.param(12_140, marks=pytest.mark.slow)])
def test_a_run_takes_the_same_few_statements_whatever_its_size(db, count):
    assert statements(count) == {"run": RUN, "again": AGAIN, "approve": APPROVE}


def test_that_is_fewer_than_sixty():
    assert max(RUN, AGAIN, APPROVE) < 60
