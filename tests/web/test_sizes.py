"""Every page of an officer takes the same number of statements at 30 and at 1,200 people, and at most fifteen."""

from datetime import date

from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from bench import people
from gugan import policy
from gugan.lifecycle.pay import services
from gugan.records.models import Person
from tests.lifecycle.world import POLICIES, moment
from tests.web.addresses import addresses

FOUNDED, NOW = moment("2026-10-01 09:00"), moment("2026-10-31 18:00")
SMALL, LARGE = 30, 1200
MOST = 15
FILES = {"people-export", "run-workbook"}
"""Addresses that give a file instead of a page."""


def statements(count: int) -> dict[str, int]:
    """Found `count` people, compute their month, and count what each page of a clerk asks of the database."""
    catalogue = policy.load("9901", root=POLICIES).catalogue
    clerk, _approver = people.officers(FOUNDED)
    people.found(count, by=clerk, now=FOUNDED, catalogue=catalogue, plain=True)
    run = services.run(payer=people.PAYER, month="2026-10", by=clerk, now=NOW)
    person = Person.objects.order_by("pk").first()
    known = {"number": run.pk, "uuid": person.public_id, "org": people.community(0), "month": "2026-10"}
    client = Client()
    client.force_login(clerk)
    found = {}
    for one in addresses():
        address = one.path(**known)
        client.get(address)  # what is made or brought up to the day at the first look is there after it
        with CaptureQueriesContext(connection) as captured:
            answer = client.get(address)
        if answer.status_code == 200 and one.name not in FILES:
            found[one.name] = len(captured)
    return found


def test_pages_take_the_same_few_statements_at_any_size(db, settings):
    settings.GUGAN_TODAY = date(2026, 10, 31)
    counted = {}
    for count in (SMALL, LARGE):
        with transaction.atomic():
            counted[count] = statements(count)
            transaction.set_rollback(True)
    assert {name: n for name, n in counted[LARGE].items() if n > MOST} == {}
    assert counted[SMALL] == counted[LARGE]
    assert len(counted[LARGE]) >= 20
