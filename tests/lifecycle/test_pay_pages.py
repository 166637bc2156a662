"""The plain page of a run: its finding, totals, places and people; the same few statements at any length."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from gugan.accounts.models import Grant
from gugan.lifecycle.pay import services
from gugan.runs import services as runs
from tests.lifecycle.world import PAYER, moment

NOW, LATER = moment("2026-10-31 18:00"), moment("2026-10-31 19:00")


@pytest.fixture
def run(world):
    world.hire("孔嘉俊", years={"2025": "合格"})
    world.hire("林惠珊", place="440703005001", years={"2025": "合格"})
    world.hire("区倩仪", education=None)
    return services.run(payer=PAYER, month="2026-10", by=world.clerk, now=NOW)


@pytest.fixture
def demo(settings, client, world):
    settings.GUGAN_DEMO = True
    client.force_login(world.clerk)


def text(response) -> str:
    """The words of a page."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


def test_page_says_what_the_run_comes_to(client, run, demo):
    words = text(client.get(f"/runs/{run.pk}/"))
    assert "2 人应发 8,480.00 元，实发 7,101.34 元" in words
    assert "蓬江区 2026年10月工资" in words and "待审批" in words and "示例政策" in words
    assert "人物为虚构" in words
    assert "应发工资（元） 8,480.00 个人五险一金（元） 1,378.66 个人所得税（元） 0.00" in words
    assert "白沙街道 1 4,240.00" in words and "富冈社区 1 4,240.00" in words
    assert "算不出 1 人 缺 学历" in words
    assert "区倩仪 羊桥社区 — 算不出：缺 学历" in words
    assert f"批次指纹 {run.digest[:8]}" in words


def test_sealed_run_names_who_sealed_it(client, world, run, demo):
    runs.approve(run=run, by=world.approver, now=LATER)
    words = text(client.get(f"/runs/{run.pk}/"))
    assert "已封存" in words and "审批 2026-10-31 19:00 审批封存" in words


def test_second_month_is_told_against_the_first(client, world, run, demo):
    runs.approve(run=run, by=world.approver, now=LATER)
    world.hire("谭伟豪", on="2026-11-01", at="2026-11-01 09:00")
    november = services.run(payer=PAYER, month="2026-11", by=world.clerk, now=moment("2026-11-30 18:00"))
    assert "3 人应发 12,720.00 元，比 10 月多 4,240.00 元" in text(client.get(f"/runs/{november.pk}/"))


def test_list_names_every_run(client, run, demo):
    words = text(client.get("/pay/"))
    assert "蓬江区2026年10月工资待审批，2 人应发 8,480.00 元" in words


def test_empty_list_says_what_to_do(client, db, demo):
    assert "还没有核算过工资" in text(client.get("/pay/"))


def test_pages_carry_no_inline_script_and_a_strict_policy(client, run, demo):
    for path in ("/pay/", f"/runs/{run.pk}/"):
        response = client.get(path)
        assert response.status_code == 200
        assert b"<script>" not in response.content and b" style=" not in response.content
        assert b"onclick" not in response.content
        policy = response["Content-Security-Policy"]
        assert "default-src 'none'" in policy and "unsafe-inline" not in policy


def test_unknown_run_is_not_there(client, db, demo):
    assert client.get("/runs/77/").status_code == 404


def test_posting_is_refused(client, run, demo):
    assert client.post(f"/runs/{run.pk}/").status_code == 405


def test_outside_a_demo_one_signs_in_first(client, world, run, settings):
    settings.GUGAN_DEMO = False
    for path in ("/pay/", f"/runs/{run.pk}/", "/runs/77/"):
        response = client.get(path, follow=True)
        assert response.redirect_chain[0][0].startswith("/signin/?next=")
        assert "孔嘉俊" not in text(response) and "8,480" not in text(response)
    client.force_login(world.clerk)
    assert "孔嘉俊" in text(client.get(f"/runs/{run.pk}/"))


def test_outside_a_demo_one_sees_what_was_granted(client, world, run, settings):
    settings.GUGAN_DEMO = False
    client.force_login(world.officer("白沙经办", Grant.Role.CLERK, "440703002"))
    words = text(client.get(f"/runs/{run.pk}/"))
    assert "孔嘉俊" in words and "林惠珊" not in words and "富冈社区" not in words and "8,480.00" not in words
    assert "8,480.00" not in text(client.get("/pay/"))
    client.force_login(world.officer("江海经办", Grant.Role.CLERK, "440704"))
    assert client.get(f"/runs/{run.pk}/").status_code == 404
    assert "还没有核算过工资" in text(client.get("/pay/"))


def test_people_come_by_fifty_with_the_same_statements(client, world, demo):
    counts = {}
    for size in (1, 30, 60):
        while world.made < size:
            world.hire(place=("440703002001", "440703005001")[world.made % 2])
        run = services.run(payer=PAYER, month="2026-10", by=world.clerk, now=NOW)
        with CaptureQueriesContext(connection) as captured:
            response = client.get(f"/runs/{run.pk}/")
        counts[size] = len(captured)
    assert len(set(counts.values())) == 1 and counts[60] <= 15
    assert "第 1–50 人，共 60 人" in text(response)
    assert "第 51–60 人，共 60 人" in text(client.get(f"/runs/{run.pk}/?page=2"))
    assert client.get(f"/runs/{run.pk}/?page=x").status_code == 200
