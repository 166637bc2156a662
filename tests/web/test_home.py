"""首页: the state of the month's pay, the next step of each role, and counts that open what they count."""

import re
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
    settings.GUGAN_TODAY = date(2026, 10, 31)
    return World("2025-01-02 09:00")


def compute(world):
    return services.run(payer=PAYER, month="2026-10", by=world.clerk, now=moment("2026-10-31 12:00"))


def text(response) -> str:
    """The words of a page's middle."""
    body = response.content.decode()
    body = body[body.find("<main") : body.find("</main>")]
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", body)).strip()


def see(client, user, path="/") -> str:
    client.force_login(user)
    return text(client.get(path))


def test_before_anything_there_is_a_first_step(client, world):
    assert see(client, world.clerk).startswith("还没有花名册")
    world.hire()
    words = see(client, world.clerk)
    assert words.startswith("这个月的工资还没有核算") and "在册 1 人" in words and "核算一个月" in words
    assert "核算一个月" not in see(client, world.approver) and "都办完了。" in words


def test_who_left_yesterday_is_not_counted_today(client, world, settings):
    world.hire("孔嘉俊")
    leaver = world.hire("区倩仪")
    world.note("离职", leaver, "2026-11-10", {"类别": "辞职", "末日": "2026-11-10"})
    settings.GUGAN_TODAY = date(2026, 11, 10)
    assert "在册 2 人" in see(client, world.clerk)
    settings.GUGAN_TODAY = date(2026, 11, 11)
    assert "在册 1 人" in see(client, world.clerk)


def test_each_role_sees_its_own_next_step(client, world):
    world.hire("孔嘉俊")
    world.hire("区倩仪", education=None)
    run = compute(world)
    words = see(client, world.clerk)
    assert words.startswith("10 月工资还有 1 人算不出") and "等您看完变化和例外，交审" in words
    assert "1 人 10 月工资算不出 缺学历 看是谁" in words and "种缺的事实先用了缺省" in words
    assert f"/pay/{run.pk}/?look=missing:" in client.get("/").content.decode()
    assert "先看 2026年10月的变化和例外" in see(client, world.approver)
    runs.approve(run=run, by=world.approver, now=moment("2026-10-31 19:00"))
    assert see(client, world.finance).startswith("10 月工资已封存，等您标为已发放")
    assert see(client, world.clerk).startswith("10 月工资已封存")


def test_a_new_month_asks_to_be_computed(client, world, settings):
    world.hire()
    runs.approve(run=compute(world), by=world.approver, now=moment("2026-10-31 19:00"))
    settings.GUGAN_TODAY = date(2026, 11, 1)
    words = see(client, world.clerk)
    assert words.startswith("11 月工资还没有核算") and "核算 2026年11月工资" in words


def test_a_sealed_month_waits_for_finance_while_the_next_is_open(client, world, settings):
    world.hire()
    october = runs.approve(run=compute(world), by=world.approver, now=moment("2026-10-31 19:00"))
    settings.GUGAN_TODAY = date(2026, 11, 27)
    services.run(payer=PAYER, month="2026-11", by=world.clerk, now=moment("2026-11-27 15:00"))
    said = "2026年10月工资已封存，还没有标为已发放"
    assert said in see(client, world.finance) and f"/pay/{october.pk}/paid/" in client.get("/").content.decode()
    assert said not in see(client, world.clerk)
    runs.mark_paid(run=october, by=world.finance, now=moment("2026-11-27 18:00"))
    assert said not in see(client, world.finance)


def test_links_open_what_they_count(client, world):
    world.hire("孔嘉俊")
    world.hire("区倩仪", education=None)
    compute(world)
    client.force_login(world.clerk)
    for link in re.findall(r'<a class="gg-btn" href="([^"]+)">看', client.get("/").content.decode()):
        assert client.get(link.replace("&amp;", "&")).status_code == 200
    link = re.search(r'href="(/pay/\d+/\?look=missing:[^"#]+)', client.get("/").content.decode())[1]
    assert "区倩仪" in text(client.get(link)) and "孔嘉俊" not in text(client.get(link))


def test_contracts_that_end_are_counted_and_listed(client, world):
    for name, until in (("孔嘉俊", "2026-12-30"), ("林惠珊", "2026-12-31"), ("谭伟豪", "2026-10-30")):
        person = world.hire(name)
        world.note("劳动合同", person, "2025-01-01", {"合同号": name, "起": "2025-01-01", "止": until})
    words = see(client, world.clerk)
    assert "1 份合同 60 天内到期 最早 2026年12月30日 看名单" in words
    assert "1 份合同已到期未续 最早 2026年10月30日到期，过了 1 天" in words
    assert words.index("已到期未续") < words.index("60 天内到期"), "what is over comes first"
    words = see(client, world.clerk, "/home/contracts/")
    assert "孔嘉俊" in words and "60 天" in words and "林惠珊" not in words and "谭伟豪" not in words
    words = see(client, world.clerk, "/home/contracts/?which=over")
    assert words.startswith("1 份合同已到期未续") and "谭伟豪" in words and "1 天" in words and "孔嘉俊" not in words


def test_who_has_no_grade_is_counted_as_the_roster_finds_them(client, world):
    world.hire("孔嘉俊")
    world.hire("区倩仪", education=None)
    assert "没有等级" not in see(client, world.clerk), "nothing was computed yet"
    compute(world)
    world.hire("林惠珊", at="2026-10-31 20:00")
    assert "2 人没有等级" in see(client, world.clerk)
    words = see(client, world.clerk, "/people/?grade=缺")
    assert "区倩仪" in words and "林惠珊" in words and "孔嘉俊" not in words


def test_others_are_not_counted(client, world):
    person = world.hire("容淑芬", payer=OTHER_PAYER, place="440704001001")
    world.note("劳动合同", person, "2025-01-01", {"合同号": "1", "起": "2025-01-01", "止": "2026-11-30"})
    world.note("学历", person, "2026-07-01", {"学历": "硕士研究生"}, at="2026-10-12 10:00")
    assert see(client, world.clerk).startswith("还没有花名册")
    for path in ("/home/contracts/", "/home/contracts/?which=over", "/todo/late/"):
        assert "容淑芬" not in see(client, world.clerk, path)


def test_a_worker_goes_to_the_own_pages(client, world):
    person = world.hire()
    user = accounts.create_user("本人", by=None, now=world.now)
    accounts.grant(
        user, Grant.Role.WORKER, person_ref=str(person.public_id), since=date(2020, 1, 1), by=None, now=world.now
    )
    client.force_login(user)
    assert client.get("/").headers["Location"] == "/me/"
    for path in ("/home/contracts/", "/todo/late/", "/pay/"):
        assert client.get(path).status_code == 403


def test_statements_do_not_grow_with_people(client, world):
    client.force_login(world.clerk)
    client.get("/search/")
    counts = []
    for size in (2, 30):
        while world.made < size:
            person = world.hire(education=("本科", None)[world.made % 2])
            facts = {"合同号": str(world.made), "起": "2025-01-01", "止": "2026-11-30"}
            world.note("劳动合同", person, "2025-01-01", facts)
            world.note("参加工作", person, "2026-07-01", {"参加工作日期": "2020-07-01"}, at="2026-10-12 10:00")
        compute(world)
        for path in ("/", "/home/contracts/", "/todo/late/"):
            with CaptureQueriesContext(connection) as captured:
                assert client.get(path).status_code == 200
            counts.append(len(captured))
    assert counts[:3] == counts[3:] and max(counts) <= 15
