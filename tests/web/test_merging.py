"""合并另一份记录: find it, choose, read what will be, confirm; both stay readable; taken back; paid months. 人物为虚构."""

import re
from datetime import date
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from gugan.accounts import services as accounts
from gugan.accounts.models import Grant
from gugan.lifecycle.pay import services as pay
from gugan.records import services as records
from gugan.records.models import Action, Person
from gugan.runs import queries as runs
from gugan.runs import services as run_services
from gugan.runs.errors import RunError
from gugan.runs.models import Outcome
from gugan.runs.verify import verify
from tests.lifecycle.world import OTHER_PAYER, PAYER, World, id_number, moment

TODAY = date(2026, 11, 20)


@pytest.fixture
def world(db, settings) -> World:
    settings.GUGAN_TODAY = TODAY
    return World("2026-01-05 09:00")


@pytest.fixture
def two(world):
    """林惠珊, entered twice with another digit; the second record knows her bank account."""
    kept = world.hire("林惠珊", on="2025-01-01", years={"2025": "合格"})
    other = world.hire("林惠珊", on="2025-01-01", place="440703002002", years={"2025": "合格"})
    world.note("银行账户", other, "2025-01-01", {"账号": "6222000011112222"})
    return kept, other


@pytest.fixture
def clerk(client, world):
    client.force_login(world.clerk)
    return client


def address(kept, other=None, rest="merge/") -> str:
    return f"/people/{kept.public_id}/{rest}" + (f"{other.public_id}/" if other else "")


def sent(page, words="", **chosen) -> dict[str, str]:
    """What the form of a page sends: its hidden fields, and of each choice the value of `chosen` by the point's name."""
    text = page.content.decode()
    found = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', text))
    found.pop("csrfmiddlewaretoken", None)
    for name, field in re.findall(r'<legend class="gg-hidden">(.+?)用哪个</legend>.*?name="(c\d+)"', text, re.DOTALL):
        if name in chosen:
            found[field] = chosen[name]
    return found | ({"reason": words} if words else {})


CHOSEN = {"个人信息.证件号码": "keep", "任职": "keep"}


def merged(client, kept, other, **chosen):
    """The page after merging, by way of the page that asks."""
    page = client.post(
        address(kept, other), sent(client.get(address(kept, other)), "核对身份证原件", **(CHOSEN | chosen))
    )
    assert page.status_code == 200, page.content.decode()
    return client.post(address(kept, other), sent(page), follow=True)


def test_from_finding_to_the_two_pages(clerk, two, words):
    kept, other = two
    assert f'href="{address(kept)}"' in clerk.get(f"/people/{kept.public_id}/").content.decode()
    found = clerk.get(address(kept))
    assert "同名，出生日期相同" in words(found) and f'href="{address(kept, other)}"' in found.content.decode()
    assert f'href="{address(kept, other)}"' in clerk.get(address(kept) + "?q=lhs").content.decode()
    look = clerk.get(address(kept, other))
    assert "有 2 项两份记得不一样，请选" in words(look) and "通常是两个人" in words(look)
    assert "6222000011112222" not in look.content.decode() and id_number(1) not in look.content.decode()
    asked = clerk.post(address(kept, other), sent(look, "核对身份证原件", **CHOSEN))
    assert "还没有合并" in words(asked) and "带过来 1 件事" in words(asked)
    assert "2025-01-01 起在蓬江区" in words(asked)
    assert Person.objects.get(pk=other.pk).merged_into is None
    done = clerk.post(address(kept, other), sent(asked), follow=True)
    assert done.redirect_chain == [(f"/people/{kept.public_id}/", 302)]
    assert "已合并：带过来 1 件事" in words(done) and "以前分开记的" in words(done) and "自并入的记录" in words(done)
    page = words(clerk.get(f"/people/{other.public_id}/"))
    assert "这份记录已并入 林惠珊 （2026-11-20 由经办记录，核对身份证原件）" in page and "记一件事" not in page
    assert "后四位 2222" in page and "良化东社区" in page
    assert records.verify() == []


def test_what_is_missing_is_said_at_once_and_kept(clerk, two, words):
    kept, other = two
    typed = sent(clerk.get(address(kept, other)), **{"任职": "both"})
    page = clerk.post(address(kept, other), typed)
    assert page.status_code == 422
    assert "“个人信息.证件号码”两份记得不一样，请选一个。" in words(page) and "请写明理由和凭据" in words(page)
    assert re.search(r'value="both" checked', page.content.decode())
    stale = clerk.post(address(kept, other), sent(clerk.get(address(kept, other)), "原件", **CHOSEN) | {"token": "x"})
    assert stale.status_code == 422 and "又记了事" in words(stale)


def test_a_second_time_finds_it_done(clerk, two, words):
    kept, other = two
    asked = clerk.post(address(kept, other), sent(clerk.get(address(kept, other)), "原件", **CHOSEN))
    clerk.post(address(kept, other), sent(asked))
    count = Action.objects.count()
    again = clerk.post(address(kept, other), sent(asked), follow=True)
    assert "已经合并了，没有再办一次" in words(again) and Action.objects.count() == count


def test_taken_back_both_are_there_again(clerk, two, words):
    kept, other = two
    merged(clerk, kept, other)
    back = address(other, rest="unmerge/")
    assert f'href="{back}"' in clerk.get(f"/people/{other.public_id}/").content.decode()
    assert clerk.post(back).status_code == 422
    page = clerk.post(back, {"reason": "是两个人"}, follow=True)
    assert "已撤销合并" in words(page) and "已并入" not in words(clerk.get(f"/people/{kept.public_id}/"))
    assert words(clerk.get("/search/?q=林惠珊")).count("林惠珊") >= 3
    assert "没有什么要撤销" in words(clerk.post(back, {"reason": "再来"}, follow=True))


def test_lists_and_search_have_one(clerk, two, words):
    kept, other = two
    merged(clerk, kept, other)
    assert "找到 1 人" in words(clerk.get("/search/?q=林惠珊"))
    found = clerk.get(f"/search/?q={other.id_last4}")
    assert "已并入 林惠珊" in words(found) and f'<a href="/people/{kept.public_id}/">' in found.content.decode()
    assert str(other.public_id) not in clerk.get("/people/").content.decode()
    listed = clerk.get(f"/people/?q={other.id_last4}")
    assert "已并入 林惠珊 ，名单里只有那一份" in words(listed) and "没有找到" not in words(listed)
    assert f'<a href="/people/{kept.public_id}/">' in listed.content.decode()


def test_outside_the_scope_is_not_there_and_who_only_sees_may_not(client, clerk, world, two, words):
    kept, other = two
    stranger = world.hire("谭伟豪", payer=OTHER_PAYER, place="440704001001")
    for one in (stranger.public_id, uuid4()):
        assert clerk.get(f"{address(kept)}{one}/").status_code == 404
        assert clerk.post(f"{address(kept)}{one}/").status_code == 404
        assert clerk.get(f"/people/{one}/merge/").status_code == clerk.get(f"/people/{one}/unmerge/").status_code == 404
    assert "同一份记录" in words(clerk.get(address(kept, kept), follow=True))
    client.force_login(world.approver)
    assert client.get(address(kept, other)).status_code == client.post(address(kept, other)).status_code == 403
    assert "合并另一份记录" not in words(client.get(f"/people/{kept.public_id}/"))


def test_both_in_a_draft_must_be_computed_again(clerk, world, two, words):
    kept, other = two
    run = pay.run(payer=PAYER, month="2026-10", by=world.clerk, now=moment("2026-11-01 15:00"))
    look = words(clerk.get(address(kept, other)))
    assert "有 1 个月两份都有工资" in look and "还没封存：合并后须重新核算" in look
    merged(clerk, kept, other)
    later = moment("2026-11-21 09:00")
    assert runs.changed_since(run, later) == [kept.pk, other.pk]
    with pytest.raises(RunError, match="2 人的事实变了"):
        run_services.approve(run=run, by=world.approver, now=later)
    again = pay.run(payer=PAYER, month="2026-10", by=world.clerk, now=later)
    assert list(Outcome.objects.filter(run=again).values_list("person", flat=True)) == [kept.pk]
    assert runs.changed_since(again, later) == []


def seal(world, month, now, **more):
    run = pay.run(payer=PAYER, month=month, by=world.clerk, now=moment(now))
    return run_services.approve(run=run, by=world.approver, now=moment(now))


def test_a_month_paid_twice_is_said_and_the_year_adds_both(clerk, world, two, words):
    kept, other = two
    september = seal(world, "2026-09", "2026-09-30 15:00")
    rows = {row.person_id: row for row in Outcome.objects.filter(run=september)}
    look = words(clerk.get(address(kept, other)))
    assert "2026年9月" in look and "已封存：多发的不会自动扣回" in look
    done = merged(clerk, kept, other)
    assert "2026年9月两份都发过工资" in words(done)
    later = moment("2026-11-21 09:00")
    names = ["应发工资", "个人所得税"]
    sums = runs.paid([september.pk], names, known_at=later)
    both = [rows[kept.pk], rows[other.pk]]
    assert sums == {
        kept.pk: {
            "months": 1,
            "first": date(2026, 9, 1),
            "应发工资": sum(row.gross_fen for row in both),
            "个人所得税": sum(row.tax_fen for row in both),
        }
    }
    before = runs.paid([september.pk], names, known_at=moment("2026-11-01 09:00"))
    assert {person: row["应发工资"] for person, row in before.items()} == {pk: rows[pk].gross_fen for pk in rows}
    assert runs.paid([september.pk], names, [kept.pk], known_at=later) == sums
    assert verify(september) == []
    page = clerk.get(f"/people/{kept.public_id}/").content.decode()
    assert f'href="/pay/{september.pk}/{other.public_id}/"' in page
    assert clerk.get(f"/pay/{september.pk}/{other.public_id}/").status_code == 200


def test_pay_in_other_months_joins_the_year(clerk, world, words):
    kept = world.hire("林惠珊", on="2026-09-01", at="2026-10-05 09:00")
    other = world.hire("林惠珊", on="2025-01-01", at="2026-01-06 09:00")
    world.note("离职", other, "2026-08-31", {"类别": "辞职", "末日": "2026-08-31"}, at="2026-09-01 09:00")
    august = seal(world, "2026-08", "2026-09-02 15:00")
    draft = pay.run(payer=PAYER, month="2026-10", by=world.clerk, now=moment("2026-11-01 15:00"))
    merged(clerk, kept, other, 岗位="keep", 学历="keep")
    later = moment("2026-11-21 09:00")
    assert runs.changed_since(draft, later) == [kept.pk]
    again = pay.run(payer=PAYER, month="2026-10", by=world.clerk, now=later)
    columns = again.columns
    inputs = Outcome.objects.get(run=again, person=kept).inputs[-1][2]
    paid = Outcome.objects.get(run=august, person=other)
    assert inputs[columns.index("已发月数")] == 1
    assert inputs[columns.index("已发累计应发")] == f"{paid.gross_fen // 100}.{paid.gross_fen % 100:02}"


def test_the_worker_of_the_other_record_sees_the_kept_one(client, clerk, world, two, words):
    kept, other = two
    september = seal(world, "2026-09", "2026-09-30 15:00")
    worker = accounts.create_user("本人", by=None, now=world.now)
    accounts.grant(worker, Grant.Role.WORKER, person_ref=other.public_id, since=TODAY, by=None, now=world.now)
    client.force_login(worker)
    assert client.get(f"/people/{kept.public_id}/").status_code == 404
    client.force_login(world.clerk)
    merged(client, kept, other)
    client.force_login(worker)
    assert client.get(f"/people/{kept.public_id}/").status_code == 200
    for one in two:
        assert client.get(f"/pay/{september.pk}/{one.public_id}/").status_code == 200
    assert "自并入的记录" in words(client.get("/me/facts/"))
    assert "撤销合并" not in words(client.get(f"/people/{other.public_id}/"))


def test_constant_number_of_statements(clerk, world, two):
    kept, other = two
    counts = []
    for years in ((), range(2010, 2025)):
        for year in years:
            world.note("年度考核", other, "2025-12-30", {"年度": str(year), "结果": "合格"})
        with CaptureQueriesContext(connection) as find:
            clerk.get(address(kept))
        with CaptureQueriesContext(connection) as look:
            clerk.get(address(kept, other))
        counts.append((len(find), len(look)))
    assert counts[0] == counts[1] and max(counts[0]) <= 15
