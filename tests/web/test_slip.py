"""工资条: what is paid, why, and who may see it."""

import re
import uuid
from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from gugan.accounts import services as accounts
from gugan.accounts.models import Grant
from gugan.lifecycle.pay import services
from gugan.runs import services as runs
from tests.lifecycle.world import OTHER_PAYER, PAYER, World, moment


@pytest.fixture
def world(db, settings) -> World:
    settings.GUGAN_TODAY = date(2026, 11, 30)
    return World()


@pytest.fixture
def kong(world):
    return world.hire("孔嘉俊", years={"2025": "合格"})


@pytest.fixture
def ou(world):
    return world.hire("区倩仪", education=None)


@pytest.fixture
def october(world, kong, ou):
    return services.run(payer=PAYER, month="2026-10", by=world.clerk, now=moment("2026-10-31 18:00"))


def worker(world, person):
    user = accounts.create_user(f"本人{person.pk}", by=None, now=world.now)
    accounts.grant(
        user, Grant.Role.WORKER, person_ref=str(person.public_id), since=date(2020, 1, 1), by=None, now=world.now
    )
    return user


def address(run, person) -> str:
    return f"/pay/{run.pk}/{person.public_id}/"


def text(response) -> str:
    """The words of a page's middle."""
    body = response.content.decode()
    body = body[body.find("<main") : body.find("</main>")]
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", body)).strip()


def test_slip_says_what_is_paid_and_why(client, world, october, kong):
    client.force_login(world.clerk)
    page = client.get(address(october, kong))
    words = text(page)
    assert "孔嘉俊 10 月实发 3,550.67" in words and "待审批 还可能变" in words and "示例政策" in words
    assert "基本报酬 2,968.00" in words and "绩效报酬 1,272.00" in words and "应发工资 4,240.00" in words
    assert "养老保险个人 −363.68" in words and "应发 4,240.00 − 代扣 689.33" in words
    assert "首月" in words and "其余 5 项为 0" in words and "以后任何时候重算，结果相同" in words
    assert "月薪酬标准 4,240.00 × 基本占比 70%" in words and "▣ 学历" in words


def test_tax_is_told_from_the_year(client, world, october, kong):
    client.force_login(world.clerk)
    words = text(client.get(address(october, kong)))
    assert "个税是累计算的 个税是累计算的（元） 累计收入 4,240.00 累计减除费用 −5,000.00" in words
    assert "累计应纳税所得额 0.00" in words and "本月个人所得税 0.00" in words


def test_depth_opens_the_tree(client, world, october, kong):
    client.force_login(world.clerk)
    opened = [client.get(address(october, kong), {"depth": at}).content.count(b"<details open") for at in (1, 2, 3)]
    assert opened[0] < opened[1] <= opened[2]
    assert client.get(address(october, kong), {"depth": "x" * 5000}).status_code == 200


def test_change_since_last_month_adds_up(client, world, october, kong):
    runs.approve(run=october, by=world.approver, now=moment("2026-10-31 19:00"))
    world.note("学历", kong, "2026-11-01", {"学历": "硕士研究生"}, at="2026-11-04 09:00")
    november = services.run(payer=PAYER, month="2026-11", by=world.clerk, now=moment("2026-11-30 12:00"))
    client.force_login(world.clerk)
    words = text(client.get(address(november, kong)))
    assert re.search(r"孔嘉俊 11 月实发 [\d,.]+，比 10 月多 [\d.]+", words)
    found = re.search(r"比 10 月 为什么变 (.*?) 合计 ([+−][\d,.]+)", words)
    cents = [int(re.sub(r"[,.+]", "", one).replace("−", "-")) for one in re.findall(r"[+−][\d,.]+", found[1])]
    assert "学历 硕士" in words and "生效 2026-11-01 记录 2026-11-04" in words
    assert cents and sum(cents) == int(re.sub(r"[,.+]", "", found[2]).replace("−", "-"))


def test_who_could_not_be_computed_reads_why(client, world, october, ou):
    client.force_login(world.clerk)
    page = client.get(address(october, ou))
    assert page.status_code == 200 and "区倩仪 10 月算不出：缺学历" in text(page) and "实发（元）" not in text(page)


def test_a_worker_sees_the_own_slip_once_sealed(client, world, october, kong, ou):
    client.force_login(worker(world, kong))
    assert client.get(address(october, kong)).status_code == 404
    runs.approve(run=october, by=world.approver, now=moment("2026-10-31 19:00"))
    page = client.get(address(october, kong))
    assert page.status_code == 200 and "已封存" in text(page)
    assert f'href="/pay/{october.pk}/"' not in page.content.decode()
    assert client.get(address(october, ou)).status_code == 404
    assert client.get(f"/pay/{october.pk}/").status_code == 404


def test_forged_addresses_are_not_there(client, world, october, kong):
    stranger = world.hire("容淑芬", payer=OTHER_PAYER, place="440704001001")
    client.force_login(world.clerk)
    for path in (
        address(october, stranger),
        f"/pay/{october.pk}/{uuid.uuid4()}/",
        f"/pay/{october.pk + 7}/{kong.public_id}/",
        f"/pay/{10**30}/{kong.public_id}/",
        f"/pay/{10**30}/",
        f"/pay/{october.pk}/{kong.pk}/",
    ):
        assert client.get(path).status_code == 404, path
    client.force_login(world.officer("江海", Grant.Role.CLERK, OTHER_PAYER))
    assert client.get(address(october, kong)).status_code == 404


@pytest.mark.parametrize("asked", [{"depth": "3"}, {"print": "1"}], ids=["screen", "paper"])
def test_few_statements(client, world, october, kong, asked):
    client.force_login(world.clerk)
    # the day's first look also leaves its trace
    client.get(address(october, kong))
    with CaptureQueriesContext(connection) as captured:
        client.get(address(october, kong), asked)
    assert len(captured) <= 15


# --- covered amounts


def test_covered_amounts_stay_covered_on_the_own_slip(client, world, october, kong):
    runs.approve(run=october, by=world.approver, now=moment("2026-10-31 19:00"))
    world.note("核定等级", kong, "2026-11-01", {"核定等级": 5}, at="2026-11-02 09:00")
    november = services.run(payer=PAYER, month="2026-11", by=world.clerk, now=moment("2026-11-30 12:00"))
    runs.approve(run=november, by=world.approver, now=moment("2026-11-30 13:00"))
    client.force_login(worker(world, kong))
    shown = client.get(address(november, kong)).content.decode()
    assert re.search(r"\d\.\d\d", text(client.get(address(november, kong)))) and 'href="?hide=1"' in shown
    client.get("/me/?hide=1")
    for asked in ({}, {"depth": "3"}, {"print": "1"}):
        page = client.get(address(november, kong), asked)
        assert not re.search(r"(?<![\d.])[\d,]+\.\d\d(?![\d.])", text(page)), asked
        assert "实发 ＊＊＊＊，比 10 月多 ＊＊＊＊" in text(page) and "显示金额" in text(page)
        assert 'href="?print=1"' not in page.content.decode()
    assert "＊＊＊＊" not in text(client.get(address(november, kong), {"hide": "0"}))
    assert "＊＊＊＊" not in text(client.get("/me/"))
    # what one worker covers covers nothing for an officer
    client.force_login(world.clerk)
    client.cookies["gg-cover"] = "1"
    assert "＊＊＊＊" not in text(client.get(address(november, kong), {"hide": "1"}))


# --- on paper


def test_paper_has_lines_notes_facts_and_the_whole_tree(client, world, october, kong):
    client.force_login(world.clerk)
    assert 'href="?print=1"' in client.get(address(october, kong)).content.decode()
    page = client.get(address(october, kong), {"print": "1"})
    words = text(page)
    assert "基本报酬 ① 月薪酬标准 4,240.00 × 基本占比 70% 2,968.00" in words
    assert "应发工资 4,240.00" in words and "实发工资 3,550.67" in words
    assert "月薪酬标准 薪酬基准 4,000.00 × 等级系数 1.06 4,240.00" in words
    assert "学历 学历 本科，生效 2025-01-01，记录 2024-12-01" in words
    # the two lines of one clause have one note
    assert "① 示例，参照：月薪酬标准的百分之七十" in words and "养老保险个人 ③" in words and "医疗保险个人 ③" in words
    first, rest = words.split("附页：")
    assert "1.1.1 月薪酬标准 薪酬基准 4,000.00 × 等级系数 1.06 4,240.00" in rest and "1.1.1" not in first
    assert "1.2.1 月薪酬标准 同 1.1.1 4,240.00" in rest
    assert words.count("示例：按示例政策计算") == 2 and words.count("草稿，还可能变") == 2
    pack = october.packs[-1]
    foot = words[words.rindex("第 ") :]
    assert f"第 {october.pk} 批；政策包 9901-" in foot and f"指纹 {pack['digest'][:8]}" in foot
    assert "事实按 2026-10-31 18:00 所知" in foot and "经办 2026-11-30" in foot and "打印" in foot
    html = page.content.decode()
    assert "<details" not in html and 'class="gg-side"' not in html and "style=" not in html


def test_who_could_not_be_computed_is_not_printed(client, world, october, ou):
    client.force_login(world.clerk)
    page = client.get(address(october, ou), {"print": "1"})
    assert "算不出：缺学历" in text(page) and "附页" not in text(page)
    assert 'href="?print=1"' not in page.content.decode()
