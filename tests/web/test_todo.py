"""待办: what waits for whom: drafts, returns, voids, payments, doubts, late facts; nobody else's."""

import re
from datetime import date

import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext

from gugan.accounts import services as accounts
from gugan.accounts.models import Grant
from gugan.accounts.queries import scope_of
from gugan.lifecycle.pay import doubts, services, todo
from gugan.records import ledger
from gugan.records.ledger import Entry
from gugan.records.models import Action
from gugan.runs import services as runs
from tests.lifecycle.world import OTHER_PAYER, PAYER, World, moment


@pytest.fixture
def world(db, settings) -> World:
    settings.GUGAN_TODAY = date(2026, 11, 30)
    cache.clear()
    return World()


@pytest.fixture
def kong(world):
    return world.hire("孔嘉俊", years={"2025": "合格"})


@pytest.fixture
def october(world, kong):
    return services.run(payer=PAYER, month="2026-10", by=world.clerk, now=moment("2026-10-31 18:00"))


def worker(world, person):
    user = accounts.create_user(f"本人{person.pk}", display_name=person.name, by=None, now=world.now)
    accounts.grant(
        user, Grant.Role.WORKER, person_ref=str(person.public_id), since=date(2020, 1, 1), by=None, now=world.now
    )
    return user


def text(response) -> str:
    """The words of a page's middle."""
    body = response.content.decode()
    body = body[body.find("<main") : body.find("</main>")]
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", body)).strip()


def see(client, user, path="/todo/") -> str:
    client.force_login(user)
    return text(client.get(path))


def number(client, user) -> str:
    """The number beside 待办 in the menu, "" where there is none."""
    client.force_login(user)
    found = re.search(r'>待办</span><span class="gg-count">(\d+)', client.get("/search/").content.decode())
    return found[1] if found else ""


def test_nothing_waits_at_first(client, world):
    for user in (world.clerk, world.approver, world.finance):
        assert see(client, user).startswith("都办完了") and number(client, user) == ""


def test_a_month_goes_from_hand_to_hand(client, world, october):
    assert "蓬江区2026年10月工资等您看完交审" in see(client, world.clerk) and number(client, world.clerk) == "1"
    assert see(client, world.approver).startswith("都办完了")

    world.submit(october, "2026-10-31 18:30")
    assert see(client, world.clerk).startswith("都办完了")
    for user in (world.approver, world.second):
        assert "蓬江区2026年10月工资等您审批" in see(client, user) and number(client, user) == "1"

    now = moment("2026-10-31 19:00")
    runs.send_back(run=october, by=world.approver, now=now, step="totals", words="合计再核")
    assert "工资被退回 审批退回到“看合计”：合计再核 去改" in see(client, world.clerk)
    assert "工资被退回" in see(client, world.clerk, "/") and "已退回，等您改好再交审" in see(client, world.clerk, "/")
    assert see(client, world.approver).startswith("都办完了")

    runs.submit(run=october, by=world.clerk, now=now)
    runs.approve(run=october, by=world.second, now=now)
    assert "已封存，还没有标为已发放" in see(client, world.finance) and number(client, world.finance) == "1"
    assert see(client, world.second).startswith("都办完了")

    runs.ask_void(run=october, by=world.approver, now=now, reason="算错了")
    assert "有人申请作废 审批：算错了 看看再定" in see(client, world.second) and number(client, world.second) == "1"
    for user in (world.approver, world.finance):
        assert see(client, user).startswith("都办完了") and number(client, user) == ""


def test_computed_again_waits_for_the_maker_again(client, world, october):
    world.submit(october, "2026-10-31 18:30")
    world.hire("林惠珊", on="2026-10-01", at="2026-10-31 18:40")
    services.run(payer=PAYER, month="2026-10", by=world.clerk, now=moment("2026-10-31 18:50"))
    assert "等您看完交审" in see(client, world.clerk) and see(client, world.approver).startswith("都办完了")


def test_doubts_wait_for_the_clerk_and_answers_for_the_worker(client, world, kong, october):
    runs.approve(run=october, by=world.approver, now=moment("2026-10-31 19:00"))
    user = worker(world, kong)
    assert see(client, user).startswith("都办完了") and number(client, user) == ""
    asked = doubts.ask(run=october, person=kong, line="基本报酬", words="少了", by=user, now=moment("2026-11-28 20:00"))
    words = see(client, world.clerk)
    assert "孔嘉俊对2026年10月“基本报酬”有疑问 2 天了 答复" in words and "少了" not in words
    assert number(client, world.clerk) == "1" and number(client, world.approver) == ""
    assert "1 条疑问等答复" in see(client, world.clerk, "/")
    doubts.answer(doubt=asked, words="下月补", by=world.clerk, now=moment("2026-11-29 09:00"))
    assert see(client, world.clerk).startswith("都办完了")
    assert "您对2026年10月“基本报酬”的疑问有答复了" in see(client, user)


def test_facts_that_came_after_the_seal_are_listed(client, world, kong, october):
    runs.approve(run=october, by=world.approver, now=moment("2026-10-31 19:00"))
    world.note("学历", kong, "2026-11-01", {"学历": "硕士研究生"}, at="2026-11-05 09:00")
    assert see(client, world.clerk).startswith("都办完了")
    world.note("岗位", kong, "2026-09-01", {"岗位类别": "副职"}, at="2026-11-06 09:00")
    words = see(client, world.clerk)
    assert words.startswith("没有等您办的事，有 1 件可以看看") and "1 件事在上次封存之后才记下，涉及 1 人" in words
    words = see(client, world.clerk, "/todo/late/")
    assert "孔嘉俊 岗位 岗位类别 副职 生效 2026-09-01 记录 2026-11-06" in words and "学历" not in words
    assert number(client, world.clerk) == ""
    assert "1 件事在上次封存之后才记下，涉及 1 人" in see(client, world.clerk, "/")


def test_corrections_and_withdrawals_after_the_seal_are_late(client, world, kong):
    facts = {"级别": "社会工作师", "取得日期": "2022-04-05", "登记日期": "2022-04-05"}
    mistaken, spare = (world.note("职业资格", kong, day, facts) for day in ("2022-04-05", "2022-05-05"))
    degree = Action.objects.get(person=kong, kind="学历")
    october = services.run(payer=PAYER, month="2026-10", by=world.clerk, now=moment("2026-10-31 18:00"))
    runs.approve(run=october, by=world.approver, now=moment("2026-10-31 19:00"))
    given = {"by": world.clerk, "catalogue": world.pack.catalogue}
    ledger.void(mistaken.pk, now=moment("2026-11-05 09:00"), **given)
    # moved out of what was sealed: that too changes October
    ledger.correct(spare.pk, Entry("职业资格", kong, date(2026, 11, 2), facts), now=moment("2026-11-05 09:10"), **given)
    right = Entry("学历", kong, degree.effective_on, {"学历": "大专"})
    ledger.correct(degree.pk, right, now=moment("2026-11-05 09:20"), **given)
    # came and went since: October never knew it
    gone = world.note("岗位", kong, "2026-09-01", {"岗位类别": "副职"}, at="2026-11-06 09:00")
    ledger.void(gone.pk, now=moment("2026-11-06 10:00"), **given)
    words = see(client, world.clerk, "/todo/late/")
    assert words.startswith("3 件事在上次封存之后才记下") and "岗位" not in words
    assert "更正 学历 学历 大专（原为 学历 本科）" in words and "撤销 职业资格 取得日期 2022-04-05" in words
    assert "生效 2026-11-02 记录 2026-11-05" in words
    assert "3 件事在上次封存之后才记下，涉及 1 人" in see(client, world.clerk, "/")


def test_another_districts_things_do_not_wait(client, world, kong, october):
    user = worker(world, kong)
    other = world.officer("江海经办", Grant.Role.CLERK, OTHER_PAYER)
    boss = world.officer("江海审批", Grant.Role.APPROVER, OTHER_PAYER)
    street = world.officer("白沙经办", Grant.Role.CLERK, "440703002")
    world.submit(october, "2026-10-31 18:30")
    for one in (other, boss, street):
        assert see(client, one).startswith("都办完了") and number(client, one) == ""
    runs.approve(run=october, by=world.approver, now=moment("2026-10-31 19:00"))
    doubts.ask(run=october, person=kong, line="基本报酬", words="", by=user, now=moment("2026-11-28 20:00"))
    world.note("岗位", kong, "2026-09-01", {"岗位类别": "副职"}, at="2026-11-06 09:00")
    assert see(client, other).startswith("都办完了") and "孔嘉俊" not in see(client, other, "/todo/late/")
    assert "孔嘉俊对" in see(client, street) and number(client, street) == "1"


def test_many_things_are_grouped(client, world, october):
    runs.approve(run=october, by=world.approver, now=moment("2026-10-31 19:00"))
    people = [world.hire(f"孔{name}", on="2026-11-01", at="2026-11-02 09:00") for name in "甲乙"]
    run = services.run(payer=PAYER, month="2026-11", by=world.clerk, now=moment("2026-11-30 09:00"))
    runs.approve(run=run, by=world.approver, now=moment("2026-11-30 10:00"))
    users = [(person, worker(world, person)) for person in people]
    asked = [(person, user, line) for person, user in users for line in doubts.lines_of(run)]
    counts = []
    for person, user, line in asked:
        doubts.ask(run=run, person=person, line=line, words="", by=user, now=moment("2026-11-30 11:00"))
        if line not in (asked[0][2], asked[-1][2]):
            continue
        client.force_login(world.clerk)
        with CaptureQueriesContext(connection) as captured:
            page = client.get("/todo/")
        counts.append(len(captured))
    assert len(asked) > 12 and f"等您答复的疑问 {len(asked)} 件" in text(page)
    assert len(set(counts)) == 1 and counts[0] <= 15
    assert todo.count(scope_of(world.clerk, on=date(2026, 11, 30)), world.clerk) == len(asked)
