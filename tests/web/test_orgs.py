"""机构: the tree of the scope with counts that lead to the people, in a constant number of statements."""

import re
from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from gugan.accounts.models import Grant
from gugan.web.pages import orgs
from tests.lifecycle.world import OTHER_PAYER, World

TODAY = date(2026, 10, 31)


@pytest.fixture
def world(db, settings) -> World:
    settings.GUGAN_TODAY = TODAY
    return World("2026-10-01 09:00")


@pytest.fixture
def clerk(client, world):
    client.force_login(world.clerk)
    return client


def text(response) -> str:
    """The words of a page."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode())).strip()


def test_tree_with_counts(clerk, world):
    world.hire()
    world.hire()
    gone = world.hire(place="440703005001")
    world.note("离职", gone, "2026-09-30", {"类别": "辞职", "末日": "2026-09-30"})
    world.hire(payer=OTHER_PAYER, place="440704001001")
    page = clerk.get("/orgs/")
    words = text(page)
    assert "2 人在 1 个社区和村工作" in words and "另有 2 个社区和村没有在册的人" in words
    assert "白沙街道 街道 440703002 白沙街道 2" in words and "羊桥社区 社区 440703002001 羊桥社区 2" in words
    assert "富冈社区 社区 440703005001 0" in words and "江海" not in words and "江南" not in words
    html = page.content.decode()
    assert 'href="/people/?street=440703002"' in html
    assert 'href="/people/?street=440703002&amp;community=440703002001"' in html
    assert clerk.get("/people/?street=440703002&community=440703002001").status_code == 200


def test_only_where_there_are_people(clerk, world):
    world.hire()
    words = text(clerk.get("/orgs/?only=people"))
    assert "羊桥社区" in words and "富冈社区" not in words


def test_a_street_sees_its_own(client, world):
    world.hire()
    world.hire(place="440703005001")
    client.force_login(world.officer("街道", Grant.Role.CLERK, prefix="440703005"))
    words = text(client.get("/orgs/"))
    assert "1 人在 1 个社区和村工作" in words and "潮连街道" in words and "白沙" not in words


def test_many_places_are_folded_by_street(clerk, world, monkeypatch):
    world.hire()
    monkeypatch.setattr(orgs, "MOST_LINES", 3)
    folded, opened = text(clerk.get("/orgs/")), text(clerk.get("/orgs/?open=440703002"))
    assert "看 2 个社区" in folded and "羊桥社区" not in folded
    assert "羊桥社区" in opened and "富冈社区" not in opened
    assert "没有这个代码的机构" in text(clerk.get("/orgs/?open=440704001"))


def test_nothing_in_scope(client, world):
    client.force_login(world.officer("远方", Grant.Role.CLERK, prefix="450000"))
    page = client.get("/orgs/")
    assert page.status_code == 200 and "还没有机构" in text(page)


def test_constant_number_of_statements(clerk, world):
    world.hire()
    clerk.get("/orgs/")
    counts = []
    for _round in range(2):
        with CaptureQueriesContext(connection) as found:
            clerk.get("/orgs/")
        counts.append(len(found))
        for number in range(30):
            world.hire(place=("440703002001", "440703002002", "440703005001")[number % 3])
    assert counts[0] == counts[1] <= 15
