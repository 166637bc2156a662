"""The review of a month's run: causes marked, exceptions answered, submitted, returned, answered, approved."""

import re
from datetime import date
from html import unescape

import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext

from gugan.accounts import services as accounts
from gugan.accounts.models import Grant, TrailEntry
from gugan.lifecycle.pay import services
from gugan.lifecycle.pay.models import CAUSE, EXCEPTION, ReviewMark
from gugan.runs import services as runs
from gugan.runs.models import DRAFT, SEALED, Handover
from tests.lifecycle.world import OTHER_PAYER, PAYER, World, moment

WHY = "报到表里没有学历，下周补"


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
        "谭伟豪": world.hire("谭伟豪", years={"2025": "合格"}),
    }


@pytest.fixture
def november(world, people):
    """After a sealed October: a degree, somebody new, somebody new without a degree, somebody gone."""
    october = services.run(payer=PAYER, month="2026-10", by=world.clerk, now=moment("2026-10-31 18:00"))
    runs.approve(run=october, by=world.approver, now=moment("2026-10-31 19:00"))
    world.hire("吕家俊", on="2026-11-01", at="2026-11-02 09:00")
    people["区倩仪"] = world.hire("区倩仪", on="2026-11-01", education=None, at="2026-11-02 09:00")
    world.note("离职", people["谭伟豪"], "2026-10-31", {"末日": "2026-10-31"}, at="2026-11-03 09:00")
    world.note("学历", people["孔嘉俊"], "2026-11-01", {"学历": "硕士研究生"}, at="2026-11-04 09:00")
    return compute(world, "2026-11-30 12:00")


def compute(world, at):
    return services.run(payer=PAYER, month="2026-11", by=world.clerk, now=moment(at))


def as_(client, user):
    client.force_login(user)
    client.get("/search/")
    return client


def text(response) -> str:
    """The words of a page's middle."""
    body = response.content.decode()
    body = body[body.find("<main") : body.find("</main>")]
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", body)).strip()


def opened(client, run, name) -> str:
    """The address that the run's page gives to a cause or exception."""
    page = client.get(f"/pay/{run.pk}/").content.decode()
    links = re.findall(r'<a href="(\?look=[^"#]+)#people"[^>]*>(.*?)</a>', page, re.S)
    return f"/pay/{run.pk}/" + next(unescape(link) for link, words in links if name in words)


def fields(response) -> dict[str, str]:
    """The hidden fields of the form that marks."""
    form = re.search(r'<form method="post" action="/pay/\d+/mark/">(.*?)</form>', response.content.decode(), re.S)[1]
    return dict(re.findall(r'<input type="hidden" name="(digest|point|figures)" value="([^"]+)">', form))


def mark(client, run, name, **typed):
    return client.post(f"/pay/{run.pk}/mark/", fields(client.get(opened(client, run, name))) | typed)


def steps(response) -> dict[str, str]:
    """Each step and whether it is done or now."""
    strip = re.search(r'<ol class="gg-steps">(.*?)</ol>', response.content.decode(), re.S)[1]
    return {
        re.sub(r"<[^>]+>", "", name): state
        for state, name in re.findall(r'<li class="(?:gg-)?(\w*)"[^>]*>(.*?</b>)', strip, re.S)
    }


# --- marking and answering


def test_the_maker_marks_every_cause_and_answers_every_exception(client, world, november):
    as_(client, world.clerk)
    page = client.get(f"/pay/{november.pk}/")
    assert "已看 0 / 3 类" in text(page) and "下一类：学历 1 人" in text(page)
    assert steps(page)["看变化"] == "now" and steps(page)["看例外"] == ""
    there = client.get(opened(client, november, "学历"))
    assert "孔嘉俊 白沙街道" not in text(there) and "这 1 人看过了" in text(there) and "硕士研究生" in text(there)
    assert "生效 2026-11-01 记录 2026-11-04" in text(there)
    done = mark(client, november, "学历")
    assert done.status_code == 302 and "look=cause" in done["Location"]
    assert "“学历” 1 人已标看过" in text(client.get(done["Location"]))
    for name in ("新进", "离岗"):
        mark(client, november, name)
    page = client.get(f"/pay/{november.pk}/")
    assert "已看 3 / 3 类" in text(page) and steps(page)["看变化"] == "done" and steps(page)["看例外"] == "now"
    assert ReviewMark.objects.filter(kind=CAUSE, by=world.clerk).count() == 3

    empty = mark(client, november, "缺学历", words="  ")
    assert empty.status_code == 422 and "写一句：怎么回事，怎么办。" in text(empty)
    long = mark(client, november, "缺学历", words="长" * 501)
    assert long.status_code == 422 and "长" * 501 in long.content.decode() and "现在 501 字" in text(long)
    mark(client, november, "缺学历", words=WHY)
    left = client.get(f"/pay/{november.pk}/submit/")
    assert "处没有看过或说明，看完再交审" in text(left) and "算不出" not in text(left)
    for one in re.findall(r'href="(/pay/\d+/\?look=default[^"#]+)', left.content.decode()):
        client.post(f"/pay/{november.pk}/mark/", fields(client.get(unescape(one))) | {"words": "按缺省"})
    page = client.get(f"/pay/{november.pk}/")
    assert steps(page)["收齐事实"] == "done" and steps(page)["看合计"] == "now" and WHY in text(page)
    assert "交给另一人审批" in text(page)


def test_one_sentence_may_answer_all_of_a_kind(client, world, november):
    as_(client, world.clerk)
    assert text(client.get(f"/pay/{november.pk}/")).count("用缺省") > 1
    mark(client, november, "缺学历", words=WHY, alike="1")
    assert ReviewMark.objects.filter(kind=EXCEPTION).count() == 1
    page = client.get(f"/pay/{november.pk}/").content.decode()
    first = unescape(re.search(r'href="(\?look=default[^"#]+)', page)[1])
    client.post(
        f"/pay/{november.pk}/mark/",
        fields(client.get(f"/pay/{november.pk}/{first}")) | {"words": "资料不全，先按缺省", "alike": "1"},
    )
    assert "还没有说明" not in text(client.get(f"/pay/{november.pk}/"))


def test_a_mark_may_be_taken_back(client, world, november):
    as_(client, world.clerk)
    mark(client, november, "学历")
    mark(client, november, "学历", back="1")
    assert not ReviewMark.objects.exists()
    acts = [entry.act for entry in TrailEntry.objects.filter(subject=f"run:{november.pk}").order_by("seq")]
    assert acts == ["看过", "撤回看过"]


def test_computing_again_keeps_marks_where_nothing_changed(client, world, people, november):
    world.submit(november, "2026-11-30 13:00", words=WHY)
    marks = dict(ReviewMark.objects.values_list("pk", "digest"))
    compute(world, "2026-11-30 13:30")
    as_(client, world.clerk)
    page = text(client.get(f"/pay/{november.pk}/"))
    assert "核算后有变" not in page and "已看 3 / 3 类" in page and WHY in page
    world.note("岗位", people["林惠珊"], "2026-11-01", {"岗位类别": "副职"}, at="2026-11-30 14:00")
    world.hire("容淑芬", on="2026-11-01", at="2026-11-30 14:00")
    november = compute(world, "2026-11-30 14:30")
    page = client.get(f"/pay/{november.pk}/")
    assert "已看 2 / 4 类" in text(page) and "新进 核算后有变" in text(page) and steps(page)["看变化"] == "now"
    assert dict(ReviewMark.objects.values_list("pk", "digest")) == marks
    assert "等经办看完" not in text(page)
    assert "交审之后重新核算过，等经办再交审" in text(as_(client, world.approver).get(f"/pay/{november.pk}/"))


def test_a_form_that_shows_older_figures_marks_nothing(client, world, people, november):
    as_(client, world.clerk)
    typed = fields(client.get(opened(client, november, "新进")))
    world.hire("容淑芬", on="2026-11-01", at="2026-11-30 14:00")
    compute(world, "2026-11-30 14:30")
    stale = client.post(f"/pay/{november.pk}/mark/", typed)
    assert stale.status_code == 409 and "重新核算过了" in text(stale)
    for forged in ({"point": "0" * 64}, {"figures": "0" * 64}, {"digest": ""}, {"point": ""}):
        now = fields(client.get(opened(client, november, "新进")))
        assert client.post(f"/pay/{november.pk}/mark/", now | forged).status_code == 409, forged
    assert not ReviewMark.objects.exists()
    assert client.post(f"/pay/{november.pk}/mark/", now).status_code == 302
    assert client.post(f"/pay/{november.pk}/mark/", now).status_code == 302
    assert ReviewMark.objects.count() == 1


def test_only_the_payers_clerk_marks(client, world, november):
    typed = fields(as_(client, world.clerk).get(opened(client, november, "新进")))
    street = world.officer("白沙经办", Grant.Role.CLERK, "440703002")
    other = world.officer("江海", Grant.Role.CLERK, OTHER_PAYER)
    for user, answer in ((world.approver, 403), (street, 404), (other, 404)):
        as_(client, user)
        for path in ("mark/", "submit/"):
            assert client.post(f"/pay/{november.pk}/{path}", typed).status_code == answer
    for user, answer in ((world.clerk, 403), (street, 404), (other, 404)):
        as_(client, user)
        assert client.post(f"/pay/{november.pk}/return/", typed | {"step": "facts", "words": "x"}).status_code == answer
    assert not ReviewMark.objects.exists() and not Handover.objects.exists()


def test_a_first_month_has_no_causes_to_see(client, world):
    world.hire("孔嘉俊", years={"2025": "合格"}, steps=0)
    run = services.run(payer=PAYER, month="2026-10", by=world.clerk, now=moment("2026-10-31 18:00"))
    page = as_(client, world.clerk).get(f"/pay/{run.pk}/")
    assert steps(page)["看变化"] == "done" and "首月" in text(page)
    world.submit(run, "2026-10-31 18:30")
    assert steps(client.get(f"/pay/{run.pk}/"))["另一人审批"] == "now"


# --- submitting and returning


def test_submit_lists_what_is_left(client, world, november):
    as_(client, world.clerk)
    for send in (client.get, client.post):
        page = send(f"/pay/{november.pk}/submit/", {"digest": november.digest})
        assert "变化 学历 还没有看过" in text(page) and "算不出 缺学历 还没有说明" in text(page)
    assert page.status_code == 409 and not Handover.objects.exists()


def test_the_approver_sees_what_the_maker_marked_and_wrote(client, world, november):
    as_(client, world.clerk)
    world.submit(november, "2026-11-30 13:00", words=WHY)
    assert "等另一人审批：审批、审批二" in text(client.get(f"/pay/{november.pk}/"))
    page = as_(client, world.approver).get(f"/pay/{november.pk}/")
    assert steps(page)["另一人审批"] == "now" and "审批2026年11月工资" in text(page) and "退回" in text(page)
    page = text(client.get(f"/pay/{november.pk}/approve/"))
    assert "经办 11-30 13:00" in page and WHY in page and "经办 2026-11-30 13:00 交审" in page and "学历" in page
    done = client.post(f"/pay/{november.pk}/approve/", {"digest": november.digest}, follow=True)
    assert "已审批封存" in text(done)
    for path in ("mark/", "submit/", "return/", "approve/"):
        late = client.post(f"/pay/{november.pk}/{path}", {"digest": november.digest, "step": "facts", "words": "x"})
        assert late.status_code == (403 if path in ("mark/", "submit/") else 409)
    as_(client, world.clerk)
    for path in ("mark/", "submit/"):
        late = client.post(f"/pay/{november.pk}/{path}", {"digest": november.digest})
        assert late.status_code == 409 and "已封存" in text(late)


def test_a_returned_draft_is_answered_and_sent_again(client, world, people, november):
    world.submit(november, "2026-11-30 13:00")
    url = f"/pay/{november.pk}/return/"
    as_(client, world.approver)
    assert "从哪一步改起" in text(client.get(url))
    empty = client.post(url, {"digest": november.digest, "words": "不对"})
    assert empty.status_code == 422 and "选一步" in text(empty) and "不对" in empty.content.decode()
    empty = client.post(url, {"digest": november.digest, "step": "changes", "words": " "})
    assert empty.status_code == 422 and "写明为什么退回" in text(empty) and "checked" in empty.content.decode()
    sent = client.post(
        url, {"digest": november.digest, "step": "changes", "words": "孔嘉俊的学历证书没见到"}, follow=True
    )
    assert "已退回，等经办改好再交审" in text(sent)
    again = client.post(url, {"digest": november.digest, "step": "changes", "words": "再退"})
    assert again.status_code == 409 and "已由审批退回" in text(again)
    early = client.post(f"/pay/{november.pk}/approve/", {"digest": november.digest})
    assert early.status_code == 409 and "已退回" in text(early)

    page = as_(client, world.clerk).get(f"/pay/{november.pk}/")
    assert re.search(r"审批 11-30 \d\d:\d\d 退回到“看变化”：孔嘉俊的学历证书没见到", text(page))
    assert steps(page)["看变化"] == "now" and "退回到这一步" in text(page) and "改好了，再交审" in text(page)
    compute(world, "2026-11-30 14:00")
    form = client.get(f"/pay/{november.pk}/submit/")
    assert "改了什么" in text(form) and "孔嘉俊的学历证书没见到" in text(form)
    november.refresh_from_db()
    client.post(f"/pay/{november.pk}/submit/", {"digest": november.digest, "words": "证书看过了"})
    twice = client.post(f"/pay/{november.pk}/submit/", {"digest": november.digest})
    assert twice.status_code == 409 and "已经交审" in text(twice)

    page = as_(client, world.approver).get(f"/pay/{november.pk}/approve/")
    assert "证书看过了" in text(page)
    client.post(f"/pay/{november.pk}/approve/", {"digest": november.digest})
    november.refresh_from_db()
    assert november.state == SEALED and november.sealed_by == world.approver
    kinds = [entry.act for entry in TrailEntry.objects.filter(subject=f"run:{november.pk}").order_by("seq")]
    assert [act for act in kinds if act not in ("看过", "说明例外")] == ["交审", "退回", "交审", "封存"]
    assert "经过" in text(client.get(f"/pay/{november.pk}/"))


def test_whoever_submits_does_not_approve(client, world, november):
    helper = world.officer("帮办", Grant.Role.CLERK)
    accounts.grant(helper, Grant.Role.APPROVER, prefix=PAYER, since=date(2020, 1, 1), by=None, now=world.now)
    world.submit(november, "2026-11-30 13:00")
    runs.send_back(run=november, by=world.approver, now=moment("2026-11-30 13:30"), step="totals", words="再看")
    runs.submit(run=november, by=helper, now=moment("2026-11-30 14:00"))
    as_(client, helper)
    for path in ("approve/", "return/"):
        assert client.post(f"/pay/{november.pk}/{path}", {"digest": november.digest}).status_code == 403
    november.refresh_from_db()
    assert november.state == DRAFT


def test_statements_stay_few(client, world, november):
    counts = []
    for size in (1, 30):
        while world.made < size:
            world.hire(on="2026-11-01", at="2026-11-02 09:00", education=("本科", None)[world.made % 2])
        run = compute(world, "2026-11-30 15:00")
        as_(client, world.clerk)
        pages = ["", *(opened(client, run, name)[len(f"/pay/{run.pk}/") :] for name in ("学历", "新进", "缺学历"))]
        for path in (*pages, "submit/"):
            with CaptureQueriesContext(connection) as captured:
                client.get(f"/pay/{run.pk}/{path}")
            counts.append(len(captured))
    assert counts[:5] == counts[5:] and max(counts) <= 15, counts


def test_the_approvers_page_reads_little(client, world, november):
    world.submit(november, "2026-11-30 13:00")
    as_(client, world.approver)
    for path in ("", "approve/", "return/"):
        with CaptureQueriesContext(connection) as captured:
            client.get(f"/pay/{november.pk}/{path}")
        assert len(captured) <= 15, path
