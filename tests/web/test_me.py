"""A worker's own pages: pay and why it changed, grade and the next step, what is known and who looked."""

import re
from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from gugan.accounts import services as accounts
from gugan.accounts.models import Grant, User
from gugan.lifecycle.pay import services
from gugan.runs import services as runs
from gugan.runs.models import Outcome
from gugan.web.pages.me.paying import why
from tests.lifecycle.world import PAYER, POLICIES, World, moment

TODAY = date(2026, 11, 30)
PAGES = ("/me/", "/me/pay/", "/me/grade/", "/me/facts/")


@pytest.fixture
def world(db, settings) -> World:
    settings.GUGAN_TODAY = TODAY
    settings.GUGAN_POLICIES = POLICIES
    return World("2025-01-02 09:00")


def worker(world, person) -> User:
    """An account of one's own."""
    user = accounts.create_user(f"本人{person.pk}", display_name=person.name, by=None, now=world.now)
    ref = str(person.public_id)
    accounts.grant(user, Grant.Role.WORKER, person_ref=ref, since=date(2020, 1, 1), by=None, now=world.now)
    return user


@pytest.fixture
def lin(world):
    """A deputy of grade 10: 4 + 1 + 1 + 4 steps, since 2012."""
    years = {str(year): "合格" for year in range(2012, 2026)}
    person = world.hire("林惠珊", post="副职", on="2012-03-01", years=years, steps=4)
    world.note("职业资格", person, "2025-01-01", {"级别": "社会工作师", "取得日期": "2024-06-20", "聘任": True})
    return person


@pytest.fixture
def own(client, world, lin):
    client.force_login(worker(world, lin))
    return client


def seal(world, month: str, day: str):
    run = services.run(payer=PAYER, month=month, by=world.clerk, now=moment(f"{day} 18:00"))
    return runs.approve(run=run, by=world.approver, now=moment(f"{day} 19:00"))


def text(response) -> str:
    """The words of a page."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


def test_nothing_sealed_yet(own):
    words = text(own.get("/me/"))
    assert "还没有封存的工资" in words
    assert own.get("/me/pay/").status_code == 200


def test_first_month_says_so(own, world):
    seal(world, "2026-10", "2026-10-31")
    words = text(own.get("/me/"))
    assert "10 月是首月" in words and "首月：这里没有更早的月份可以比" in words
    assert "基本报酬 4,312.00" in words and "已封存 2026.10.31" in words


def test_draft_is_not_shown(own, world):
    services.run(payer=PAYER, month="2026-10", by=world.clerk, now=moment("2026-10-31 18:00"))
    assert "还没有封存的工资" in text(own.get("/me/"))


def test_why_it_differs_adds_up(own, world, lin):
    seal(world, "2026-10", "2026-10-31")
    world.note("月度事项", lin, "2026-11-30", {"月份": "2026-11", "项目": "值班", "数量": 3}, at="2026-11-30 09:00")
    world.note("核定等级", lin, "2026-11-01", {"核定等级": 11}, at="2026-11-02 09:00")
    seal(world, "2026-11", "2026-11-30")
    now, before = Outcome.objects.filter(person=lin).order_by("-run_id")
    lines = why(now, before)
    assert len(lines) <= 4 and sum(fen for _, fen in lines) == now.net_fen - before.net_fen
    words = text(own.get("/me/"))
    assert "11 月比 10 月多" in words and "基本报酬（等级 10 → 11） +168.00" in words and "值班补贴 +150.00" in words
    assert "2026-11" in text(own.get("/me/pay/"))


def test_amounts_can_be_covered(own, world):
    seal(world, "2026-10", "2026-10-31")
    words = text(own.get("/me/?hide=1"))
    assert "4,312.00" not in words and "＊＊＊＊" in words and "显示金额" in words
    assert "4,312.00" not in text(own.get("/me/")) and "＊＊＊＊" in text(own.get("/me/pay/"))
    assert "4,312.00" in text(own.get("/me/?hide=0")) and "＊＊＊＊" not in text(own.get("/me/pay/"))


def test_grade_on_the_ladder_and_the_next_step(own):
    words = text(own.get("/me/grade/"))
    assert "我是 10 级" in words and "副职：4 至 15 级" in words
    assert "副职从 4 级起" in words and "学历 本科，加 1 级" in words and "晋级，加 4 级" in words
    # 14 accepted years are four times three and two: one is missing
    assert "届满晋级 ：已满 2 个，还差 2026 共 1 个年度考核合格以上，最早 2027年1月晋 1 级" in words
    assert "2026、2027 连续 2 个年度优秀，2028年1月起可以再晋 1 级" in words
    assert "学历升为硕士研究生：到 11 级，月薪酬标准多 240.00 元；最早从 2026年12月起" in words
    assert "下一次可能晋级：2027年1月" in words
    assert "取得高级社会工作师并聘任：到 11 级" in words
    assert "聘任 是" in words and "True" not in words


def test_at_the_top_there_is_no_next_step(client, world):
    person = world.hire("麦永强", post="副职", education="博士研究生", steps=12)
    client.force_login(worker(world, person))
    words = text(client.get("/me/grade/"))
    assert "我是 15 级，已到本岗位最高" in words and "还差" not in words


def test_grade_that_cannot_be_said_names_what_is_missing(client, world):
    person = world.hire("区倩仪", education=None)
    client.force_login(worker(world, person))
    assert "算不出等级：缺 学历" in text(client.get("/me/grade/"))


def test_facts_with_both_dates_and_source(own, world, lin):
    old = world.note("学历", lin, "2025-02-01", {"学历": "大专"}, at="2026-10-12 09:00")
    page = own.get("/me/facts/")
    words = text(page)
    assert "生效 2025-02-01 记录 2026-10-12" in words and "工作社区 羊桥社区" in words
    assert f"**************{lin.id_last4}" in words and "还没有人单独打开过" in words
    accounts.record(
        [accounts.Note("查看", f"person:{lin.pk}", "0" * 64)], by=world.clerk, now=moment("2026-11-01 10:00")
    )
    page = own.get("/me/facts/")
    assert "经办 查看 2026-11-01 10:00" in text(page)
    everybody = f"/people/{lin.public_id}/looks/"
    assert f'href="{everybody}"' in page.content.decode() and "被看过 1 次" in text(own.get(everybody))
    assert old.pk


def test_others_are_not_seen(own, world, lin):
    other = world.hire("谭伟豪", at="2026-10-01 09:00")
    seal(world, "2026-10", "2026-10-31")
    for address in PAGES:
        assert other.name not in text(own.get(address))


@pytest.mark.parametrize("address", PAGES)
def test_officer_without_a_person_is_told(client, world, address):
    client.force_login(world.clerk)
    answer = client.get(address)
    assert answer.status_code == 403 and "没有连到一位社区工作者" in text(answer)


@pytest.mark.parametrize("address", PAGES)
def test_few_statements_and_no_inline_style(own, world, address):
    seal(world, "2026-10", "2026-10-31")
    own.get(address)
    with CaptureQueriesContext(connection) as made:
        page = own.get(address).content
    assert len(made) <= 15, [query["sql"][:100] for query in made]
    assert b"style=" not in page and b"<script>" not in page and len(page) < 150_000
