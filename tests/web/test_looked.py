"""谁看过: looking at somebody's file leaves one trace a person, user and day; officers and the person see the list."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from gugan.accounts.models import TrailEntry
from gugan.accounts.queries import verify_trail
from gugan.lifecycle.pay import services as pay
from gugan.web import clock
from tests.lifecycle.world import OTHER_PAYER, PAYER, moment


@pytest.fixture
def lin(worker):
    return worker.person


def acts(person) -> list[tuple[str, str]]:
    return [(one.act, str(one.by)) for one in TrailEntry.objects.filter(subject=f"person:{person.pk}")]


def test_one_trace_a_day_of_each_that_looked(client, world, lin, settings):
    for day in ("2026-11-02", "2026-11-03"):
        settings.GUGAN_TODAY = moment(f"{day} 12:00").date()
        for user in (world.clerk, world.approver, world.clerk):
            client.force_login(user)
            assert [client.get(f"/people/{lin.public_id}/").status_code for _ in range(2)] == [200, 200]
    assert acts(lin) == [("查看", "经办"), ("查看", "审批")] * 2
    assert verify_trail() == []


def test_the_number_is_noted_every_time_and_a_slip_once(client, world, lin):
    run = pay.run(payer=PAYER, month="2026-10", by=world.clerk, now=moment("2026-10-31 15:00"))
    client.force_login(world.clerk)
    for _ in range(2):
        assert client.post(f"/people/{lin.public_id}/id-number/").status_code == 200
        assert client.get(f"/pay/{run.pk}/{lin.public_id}/").status_code == 200
    assert acts(lin) == [("看证件号码", "经办"), ("看工资条", "经办"), ("看证件号码", "经办")]


def test_a_second_look_costs_one_read_and_no_write(client, world, lin):
    client.force_login(world.clerk)
    client.get(f"/people/{lin.public_id}/")
    with CaptureQueriesContext(connection) as found:
        client.get(f"/people/{lin.public_id}/")
    assert not [one for one in found if re.match("INSERT|UPDATE", one["sql"])]


def test_many_looks_of_others_do_not_hide_the_own(client, world, lin):
    client.force_login(world.clerk)
    client.get(f"/people/{lin.public_id}/")
    for number in range(30):
        client.force_login(world.officer(f"经办{number}", "clerk"))
        client.get(f"/people/{lin.public_id}/")
    client.force_login(world.clerk)
    client.get(f"/people/{lin.public_id}/")
    assert len(acts(lin)) == 31


def test_the_list_is_for_officers_and_for_the_person(client, world, worker, lin, words):
    client.force_login(world.clerk)
    client.get(f"/people/{lin.public_id}/")
    address = f"/people/{lin.public_id}/looks/"
    assert f'href="{address}"' in client.get(f"/people/{lin.public_id}/").content.decode()
    for user in (world.clerk, world.approver, worker):
        client.force_login(user)
        page = words(client.get(address))
        assert "林惠珊的资料被看过 1 次" in page and f"{clock.real_now():%Y}" in page and "经办 查看" in page
    assert len(acts(lin)) == 1
    other = world.hire("孔嘉俊")
    assert client.get(f"/people/{other.public_id}/looks/").status_code == 404
    client.force_login(world.officer("江海经办", "clerk", OTHER_PAYER))
    assert client.get(address).status_code == 404


def test_the_list_turns_pages_in_constant_statements(client, world, lin, words):
    client.force_login(world.clerk)
    address, counts = f"/people/{lin.public_id}/looks/", []
    assert "还没有人看过林惠珊的资料" in words(client.get(address))
    for times in (1, 60):
        for _ in range(times):
            client.post(f"/people/{lin.public_id}/id-number/")
        with CaptureQueriesContext(connection) as found:
            page = words(client.get(address))
        counts.append(len(found))
    assert counts[0] == counts[1] <= 15
    assert "1–50" in page and "共 61 次" in page
    assert client.get(f"{address}?page=2").content.decode().count("<tr>") == 1 + 11
