"""Arrears of many people over many months: the number of statements grows with neither."""

from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from bench import people
from gugan import policy
from gugan.lifecycle.pay import services
from gugan.records import ledger
from gugan.records.ledger import Entry
from gugan.records.models import Person
from gugan.runs import arrears
from gugan.runs.models import Run
from tests.lifecycle.months import last_day
from tests.lifecycle.world import POLICIES, moment

FOUNDED = moment("2025-09-01 09:00")
YEAR = ("2025-10", "2025-11", "2025-12", *(f"2026-{month:02d}" for month in range(1, 10)))
STATEMENTS = 8


def owed(count: int, months: tuple[str, ...]) -> tuple[int, int]:
    """Statements and differences found, where a degree came late for everybody."""
    catalogue = policy.load("9901", root=POLICIES).catalogue
    clerk, approver = people.officers(FOUNDED)
    people.found(count, by=clerk, now=FOUNDED, catalogue=catalogue, plain=True)
    for month in months:
        run = services.run(payer=people.PAYER, month=month, by=clerk, now=moment(f"{last_day(month)} 18:00"))
        sealed = {"state": "sealed", "sealed_by": approver, "sealed_at": moment(f"{last_day(month)} 19:00")}
        Run.objects.filter(pk=run.pk).update(**sealed)
    degrees = [Entry("学历", one, date(2025, 10, 1), {"学历": "博士研究生"}) for one in Person.objects.all()]
    ledger.post(degrees, by=clerk, now=moment("2026-10-05 10:00"), catalogue=catalogue)
    with CaptureQueriesContext(connection) as captured:
        found = arrears.owed(
            section="工资", payer=people.PAYER, before=date(2026, 10, 1), known_at=moment("2026-10-06 10:00")
        )
    assert {one.person for one in found.owed} == set(Person.objects.values_list("pk", flat=True))
    return len(captured), len(found.owed)


@pytest.mark.parametrize(("count", "months"), [(3, 1), (30, 1), (30, 4), pytest.param(300, 12, marks=pytest.mark.slow)])
def test_statements_grow_with_neither_people_nor_months(db, count, months):
    assert owed(count, YEAR[:months]) == (STATEMENTS, 2 * count * months)
