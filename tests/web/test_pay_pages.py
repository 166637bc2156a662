"""工资: a run's page says why, what to look at and what it comes to; acts are refused helpfully and change nothing."""

import re
from datetime import date

import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext

from gugan.accounts.models import Grant
from gugan.lifecycle.pay import changes, services
from gugan.runs import queries
from gugan.runs import services as runs
from gugan.runs.models import DISCARDED, DRAFT, PAID, SEALED, VOID, Run
from tests.lifecycle.world import OTHER_PAYER, PAYER, World, moment

OCTOBER, NOVEMBER = moment("2026-10-31 18:00"), moment("2026-11-30 18:00")


@pytest.fixture
def world(db, settings) -> World:
    settings.GUGAN_TODAY = date(2026, 11, 30)
    cache.clear()
    return World()


@pytest.fixture
def people(world):
    return {
        "孔嘉俊": world.hire("孔嘉俊", years={"2025": "合格"}),
        "林惠珊": world.hire("林惠珊", place="440703005001", years={"2025": "合格"}),
        "区倩仪": world.hire("区倩仪", education=None, years={"2025": "合格"}),
        "谭伟豪": world.hire("谭伟豪", years={"2025": "合格"}),
    }


@pytest.fixture
def october(world, people):
    return services.run(payer=PAYER, month="2026-10", by=world.clerk, now=OCTOBER)


@pytest.fixture
def sealed(world, october):
    return runs.approve(run=october, by=world.approver, now=moment("2026-10-31 19:00"))


@pytest.fixture
def november(world, people, sealed):
    """Somebody new, somebody gone, a degree, a fact that was missing, and 2027's nothing."""
    world.hire("吕家俊", on="2026-11-01", at="2026-11-02 09:00")
    world.note("离职", people["谭伟豪"], "2026-10-31", {"末日": "2026-10-31"}, at="2026-11-03 09:00")
    world.note("学历", people["孔嘉俊"], "2026-11-01", {"学历": "硕士研究生"}, at="2026-11-04 09:00")
    world.note("学历", people["区倩仪"], "2026-11-01", {"学历": "本科"}, at="2026-11-05 09:00")
    return services.run(payer=PAYER, month="2026-11", by=world.clerk, now=moment("2026-11-30 12:00"))


def as_(client, user):
    client.force_login(user)
    client.get("/search/")
    return client


def text(response) -> str:
    """The words of a page's middle."""
    body = response.content.decode()
    body = body[body.find("<main") : body.find("</main>")]
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", body)).strip()


def h1(response) -> str:
    return re.search(r"<h1[^>]*>(.*?)</h1>", response.content.decode())[1]


# --- lists and the page of a run


def test_list_names_every_run(client, world, october):
    words = text(as_(client, world.clerk).get("/pay/"))
    assert "2026年10月" in words and "待审批" in words and "示例" in words and "核算一个月" in words
    assert "核算一个月" not in text(as_(client, world.approver).get("/pay/"))


def test_empty_list_says_what_to_do(client, world):
    assert h1(as_(client, world.clerk).get("/pay/")) == "还没有核算过工资"


def test_first_month_says_so(client, world, october):
    words = text(as_(client, world.clerk).get(f"/pay/{october.pk}/"))
    assert "3 人应发 12,720.00 元" in words and "首月" in words and "1 人缺" in words
    assert "算不出 缺学历 还没有说明 1 人" in words and "示例政策" in words
    assert "等经办看完变化和例外，交审" in text(as_(client, world.approver).get(f"/pay/{october.pk}/"))
    assert "应发工资（元） 12,720.00" in words and "白沙街道 2 8,480.00" in words and "富冈社区 1 4,240.00" in words
    assert "区倩仪" in words and "算不出 缺学历" in words and october.digest[:8] in words


def test_second_month_is_bridged_to_the_fen(client, world, november):
    before = queries.month_before(november)
    bridge = changes.bridge(november, before)
    causes = {cause.name: (len(cause.people), cause.fen) for cause in bridge.causes}
    assert causes["新进"] == (1, 424000) and causes["离岗或不在这里发"] == (1, -424000)
    assert causes["上月没有算出"] == (1, 424000) and causes["学历"][0] == 1 and causes["学历"][1] > 0
    assert bridge.causes[0].name == "学历"
    assert sum(fen for _, fen in causes.values()) == november.gross_fen - before.gross_fen
    assert sum(fen for _, fen in bridge.lines) == bridge.difference
    words = text(as_(client, world.clerk).get(f"/pay/{november.pk}/"))
    assert re.match(r".*比 10 月多 4,[\d,.]+ 元，来自 4 类变化", words)
    assert "10 月应发 3 12,720.00" in words and "新进 1 +4,240.00" in words and "离岗或不在这里发 1 −4,240.00" in words


def test_a_cause_opens_its_people(client, world, november):
    page = as_(client, world.clerk).get(f"/pay/{november.pk}/").content.decode()
    links = dict(re.findall(r'<a href="([^"]+)">([^<]+)</a></th><td class="gg-n">1', page))
    where = {name: link.replace("&amp;", "&") for link, name in links.items()}
    there = client.get(f"/pay/{november.pk}/{where['学历']}")
    assert "孔嘉俊" in text(there) and "吕家俊" not in text(there) and "回到全部的人" in text(there)
    gone = text(client.get(f"/pay/{november.pk}/{where['离岗或不在这里发']}"))
    assert "谭伟豪" in gone and "−4,240.00" in gone and "孔嘉俊" not in gone
    missing = text(client.get(f"/pay/{november.pk}/?look=default:1"))
    assert "回到全部的人" in missing
    assert client.get(f"/pay/{november.pk}/?look=nonsense").status_code == 200


def test_a_street_sees_its_own_part_only(client, world, november):
    user = world.officer("白沙经办", Grant.Role.CLERK, "440703002")
    words = text(as_(client, user).get(f"/pay/{november.pk}/"))
    assert "孔嘉俊" in words and "林惠珊" not in words and "富冈" not in words and "比 10 月" not in words
    assert "16,9" not in words and "打开看您那一部分" in text(client.get("/pay/"))
    as_(client, world.officer("江海", Grant.Role.CLERK, OTHER_PAYER))
    for path in ("", "approve/", "paid/", "void/", "discard/", "workbook/"):
        assert client.get(f"/pay/{november.pk}/{path}").status_code == 404, path
        assert client.get(f"/pay/{november.pk + 99}/{path}").status_code == 404


def test_the_workbook_comes_down(client, world, october):
    response = as_(client, world.clerk).get(f"/pay/{october.pk}/workbook/")
    assert response.content[:2] == b"PK" and f"440703-2026-10-{october.pk}.xlsx" in response["Content-Disposition"]


def test_statements_do_not_grow_with_people(client, world, settings):
    counts = {}
    as_(client, world.clerk)
    for size in (2, 30):
        cache.clear()
        while world.made < size:
            world.hire(place=("440703002001", "440703005001")[world.made % 2], education=("本科", None)[world.made % 2])
        first = services.run(payer=PAYER, month="2026-10", by=world.clerk, now=OCTOBER)
        with CaptureQueriesContext(connection) as captured:
            client.get(f"/pay/{first.pk}/")
        counts[size] = len(captured)
    assert counts[2] == counts[30] <= 15
    runs.approve(run=first, by=world.approver, now=moment("2026-10-31 20:00"))
    found = []
    for size in (32, 60):
        while world.made < size:
            world.hire(on="2026-11-01", at="2026-11-02 09:00")
        second = services.run(payer=PAYER, month="2026-11", by=world.clerk, now=moment("2026-11-30 12:00"))
        with CaptureQueriesContext(connection) as captured:
            page = client.get(f"/pay/{second.pk}/")
        found.append(len(captured))
        with CaptureQueriesContext(connection) as captured:
            client.get(f"/pay/month/?payer={PAYER}&month=2026-11")
        found.append(len(captured))
    assert found[:2] == found[2:] and max(found) <= 15
    assert "共 60 人" in text(page) and "没有第 9 页" in text(client.get(f"/pay/{second.pk}/?page=9"))


# --- acts


def test_a_month_is_opened_after_seeing_who_is_ready(client, world, people, sealed):
    as_(client, world.clerk)
    assert 'value="2026-11"' in client.get("/pay/month/").content.decode()
    ready = client.get("/pay/month/", {"payer": PAYER, "month": "2026-11"})
    assert h1(ready) == "4 人里可以算出 3 人" and "缺学历 区倩仪" in text(ready)
    assert "核算 2026年11月工资，3 人" in text(ready) and not Run.objects.filter(period_start="2026-11-01").exists()
    response = client.post("/pay/month/", {"payer": PAYER, "month": "2026-11"}, follow=True)
    assert "2026年11月算出 3 人。" in text(response) and Run.objects.get(period_start="2026-11-01").state == DRAFT
    client.post("/pay/month/", {"payer": PAYER, "month": "2026-11"})
    assert Run.objects.filter(period_start="2026-11-01").count() == 1


@pytest.mark.parametrize("month", ["2026-12", "2026-13", "十月", "2026-11-01"])
def test_a_month_that_cannot_be_read_keeps_what_was_typed(client, world, month):
    as_(client, world.clerk)
    for send in (client.get, client.post):
        response = send("/pay/month/", {"payer": PAYER, "month": month})
        assert response.status_code == 422 and month in response.content.decode()
    assert not Run.objects.exists()


def test_forged_payer_is_not_there(client, world):
    as_(client, world.clerk)
    assert client.post("/pay/month/", {"payer": OTHER_PAYER, "month": "2026-11"}).status_code == 404
    assert as_(client, world.approver).get("/pay/month/").status_code == 403


def test_a_sealed_month_is_not_computed_again(client, world, sealed):
    as_(client, world.clerk)
    for send in (client.get, client.post):
        response = send("/pay/month/", {"payer": PAYER, "month": "2026-10"})
        assert response.status_code == 409 and "已封存，不能重算" in text(response)
    sealed.refresh_from_db()
    assert sealed.state == SEALED


def test_another_person_approves_once(client, world, october):
    url = f"/pay/{october.pk}/approve/"
    assert as_(client, world.clerk).post(url).status_code == 403
    early = as_(client, world.approver).get(url)
    assert early.status_code == 409 and "还不能审批：等经办看完变化和例外，交审" in text(early)
    world.submit(october, "2026-10-31 18:30")
    page = as_(client, world.approver).get(url)
    assert (
        "封存 2026年10月工资，3 人 12,720.00 元" in text(page)
        and "以后不能" in text(page)
        and "要改怎么办" in text(page)
    )
    done = client.post(url, {"digest": october.digest}, follow=True)
    assert "2026年10月工资已审批封存" in text(done) and "已封存" in text(done)
    for send in (client.get, client.post):
        again = send(url, {"digest": october.digest})
        assert again.status_code == 409 and "什么都没有改动" in text(again) and "已由审批审批封存" in text(again)


def test_the_maker_does_not_approve(client, world, october):
    from gugan.accounts import services as accounts

    accounts.grant(world.clerk, Grant.Role.APPROVER, prefix=PAYER, since=date(2020, 1, 1), by=None, now=OCTOBER)
    world.submit(october, "2026-10-31 18:30")
    page = text(as_(client, world.clerk).get(f"/pay/{october.pk}/"))
    assert "等另一人审批：审批、审批二" in page and "审批2026年10月工资" not in page and "退回" not in page
    assert client.post(f"/pay/{october.pk}/approve/", {"digest": october.digest}).status_code == 403
    october.refresh_from_db()
    assert october.state == DRAFT


def test_what_was_computed_again_is_looked_at_again(client, world, people, october):
    world.note("学历", people["区倩仪"], "2026-01-01", {"学历": "本科"}, at="2026-10-31 18:10")
    world.submit(october, "2026-10-31 18:20")
    stale = as_(client, world.approver).post(f"/pay/{october.pk}/approve/", {"digest": october.digest})
    assert stale.status_code == 409 and "有 1 人的事实变了" in text(stale)
    services.run(payer=PAYER, month="2026-10", by=world.clerk, now=moment("2026-10-31 18:30"))
    stale = client.post(f"/pay/{october.pk}/approve/", {"digest": october.digest})
    assert stale.status_code == 409 and "交审之后重新核算过，等经办再交审" in text(stale)
    october.refresh_from_db()
    old = "0" * 64
    world.submit(october, "2026-10-31 18:40")
    stale = client.post(f"/pay/{october.pk}/approve/", {"digest": old})
    assert stale.status_code == 409 and "重新核算过了" in text(stale)
    assert client.post(f"/pay/{october.pk}/approve/").status_code == 409
    october.refresh_from_db()
    assert october.state == DRAFT


def test_finance_marks_as_paid_once(client, world, sealed):
    url = f"/pay/{sealed.pk}/paid/"
    assert as_(client, world.clerk).post(url).status_code == 403
    as_(client, world.finance)
    assert "把 2026年10月工资标为已发放，3 人" in text(client.get(url))
    assert "已标为发放" in text(client.post(url, {"digest": sealed.digest}, follow=True))
    assert client.post(url, {"digest": sealed.digest}).status_code == 409
    assert as_(client, world.approver).get(f"/pay/{sealed.pk}/void/").status_code == 409
    sealed.refresh_from_db()
    assert sealed.state == PAID


def test_two_people_void(client, world, sealed):
    url = f"/pay/{sealed.pk}/void/"
    as_(client, world.approver)
    empty = client.post(url, {"reason": "  ", "digest": sealed.digest})
    assert empty.status_code == 422 and "写明为什么作废" in text(empty)
    asked = client.post(url, {"reason": "算错了值班", "digest": sealed.digest}, follow=True)
    assert "审批申请作废这一批：算错了值班" in text(asked)
    assert client.post(url, {"digest": sealed.digest}).status_code == 409
    as_(client, world.second)
    assert "算错了值班" in text(client.get(url)) and "作废 2026年10月工资" in text(client.get(url))
    assert "这些数不再有效" in text(client.post(url, {"digest": sealed.digest}, follow=True))
    assert client.post(url, {"digest": sealed.digest}).status_code == 409
    sealed.refresh_from_db()
    assert sealed.state == VOID


def test_a_draft_is_given_up(client, world, october):
    url = f"/pay/{october.pk}/discard/"
    as_(client, world.clerk)
    assert "撤销 2026年10月工资的草稿" in text(client.get(url))
    assert "草稿已撤销" in text(client.post(url, {"digest": october.digest}, follow=True))
    assert client.post(url).status_code == 409
    october.refresh_from_db()
    assert october.state == DISCARDED


def test_pages_read_only(client, world, october):
    as_(client, world.clerk)
    assert client.post(f"/pay/{october.pk}/").status_code == 405
    for path in ("/pay/", f"/pay/{october.pk}/", "/pay/month/"):
        page = client.get(path).content
        assert b" style=" not in page and b"onclick" not in page
