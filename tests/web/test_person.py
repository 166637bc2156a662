"""人: two dates, grade with reasons, what happened, who looked; recording, correcting and taking back through the ledger."""

import re
from datetime import date
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from gugan.accounts import services as accounts
from gugan.accounts.models import Grant, TrailEntry
from gugan.lifecycle.pay import services as pay
from gugan.records.models import Action
from gugan.runs import services as runs
from tests.lifecycle.world import OTHER_PAYER, PAYER, World, id_number, moment

TODAY = date(2026, 10, 31)


@pytest.fixture
def world(db, settings) -> World:
    settings.GUGAN_TODAY = TODAY
    return World("2026-01-05 09:00")


@pytest.fixture
def clerk(client, world):
    client.force_login(world.clerk)
    return client


@pytest.fixture
def lin(world):
    person = world.hire("林惠珊", on="2025-01-01", education="大专", years={"2025": "合格"})
    world.note("学历", person, "2026-07-01", {"学历": "本科"}, at="2026-10-12 10:00")
    return person


def address(person, rest="") -> str:
    return f"/people/{person.public_id}/{rest}"


def text(response) -> str:
    """The words of a page."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode())).strip()


def once(response) -> str:
    return re.search(r'name="once" value="([0-9a-f]+)"', response.content.decode())[1]


def test_what_is_true_today_and_since_when(clerk, lin):
    page = clerk.get(address(lin))
    words = text(page)
    assert page.status_code == 200 and "今天的情况 按今天所知" in words
    assert "学历 本科 生效 2026-07-01 记录 2026-10-12" in words
    assert "工作社区 羊桥社区" in words and "身份证号，后四位" in words
    assert "晚记 103 天" in words and "发生过的事 6 件" in words
    assert id_number(1) not in page.content.decode()


def test_as_of_and_as_known(clerk, lin):
    assert "学历 大专 生效 2025-01-01" in text(clerk.get(address(lin, "?on=2026-06-30")))
    words = text(clerk.get(address(lin, "?on=2026-08-01&known=2026-10-11")))
    assert "2026-08-01 的情况 按 2026-10-11 所知" in words and "学历 大专" in words and "学历 本科" not in words
    assert "2026-08-01 的等级：按 2026-10-11 所知是 1 级，按今天所知是 2 级。" in words
    assert "学历：按 2026-10-11 所知是 大专，按今天所知是 本科。" in words
    assert "学历：2026-06-30 是 大专，今天是 本科。" in text(clerk.get(address(lin, "?on=2026-06-30")))
    assert "这两个日子和今天看到的没有差别。" in text(clerk.get(address(lin, "?on=2026-10-30")))
    assert "到 2025-12-31 为止，还没有记过此人的事。" in text(clerk.get(address(lin, "?known=2025-12-31")))
    assert "现在看的是今天，按今天所知。" in text(clerk.get(address(lin)))


def test_handles_stand_at_the_chosen_days(clerk, lin):
    page = clerk.get(address(lin, "?on=2026-08-01&known=2026-10-11")).content.decode()
    handles = re.findall(r'type="range" id="handle-(\w+)" data-field="\w+" min="0" max="(\d+)" value="(\d+)"', page)
    first = date.fromisoformat(re.search(r'data-first="([^"]+)"', page)[1])
    assert [(name, most) for name, most, _at in handles] == [("on", "1098"), ("known", "1098")]
    days = [date.fromordinal(first.toordinal() + int(at)).isoformat() for _name, _most, at in handles]
    assert days == re.findall(r'aria-valuetext="([^"]+)"', page) == ["2026-08-01", "2026-10-11"]
    assert page.count('class="gg-past"') == 2 and 'id="person-shown"' in page and 'hx-push-url="true"' in page


def test_two_moments_side_by_side(clerk, world, lin):
    page = clerk.get(address(lin, "?on=2026-08-01&known=2026-10-11&with_on=2026-08-01&with_known=2026-10-31"))
    table = re.search(r"<caption[^>]*>两个时刻的差别</caption>.*?</table>", page.content.decode(), re.S)[0]
    rows = re.findall(r'<th scope="row">([^<]+)</th><td>([^<]+)</td><td><b>([^<]+)</b>', table)
    assert rows == [("岗位等级", "1 级", "2 级"), ("学历", "大专", "本科")]
    same = clerk.get(address(lin, "?with_on=2026-10-30"))
    assert "这两个时刻没有差别。" in text(same)
    assert "这个日子读不懂" in text(clerk.get(address(lin, "?with_on=gestern")))


def test_next_step_and_what_would_change_it(clerk, lin):
    words = text(clerk.get(address(lin)))
    assert "下一次可能晋级：2028年1月" in words
    assert "届满晋级 ：已满 1 个，还差 2026、2027 共 2 个年度考核合格以上，最早 2028年1月晋 1 级" in words
    assert "学历升为硕士研究生：最早从 2026年11月起到 3 级" in words
    assert f'href="/policies/9901/try/?person={lin.public_id}"' in clerk.get(address(lin)).content.decode()
    assert "谁能做什么 记事、更正 经办 核算" in words and "审批 审批、审批二" in words


def test_order_of_what_happened_can_be_switched(clerk, world, lin):
    world.note("奖励", lin, "2025-03-01", {"名称": "先进"}, at="2026-10-20 10:00")

    def kinds(query):
        return re.findall(
            r'<tr id="e\d+"[^>]*>.*?<b>([^<]+)</b>', clerk.get(address(lin, query)).content.decode(), re.S
        )

    assert kinds("")[:3] == ["学历", "年度考核", "奖励"]
    assert kinds("?order=recorded")[:3] == ["奖励", "学历", "年度考核"]
    page = clerk.get(address(lin, "?order=recorded&on=2026-08-01"))
    assert "发生过的事，按记录日，新的在前" in text(page)
    assert 'href="?on=2026-08-01#happened"' in page.content.decode()
    assert '<input type="hidden" name="order" value="recorded">' in page.content.decode()


def test_two_axes_say_what_they_show(clerk, lin):
    page = clerk.get(address(lin)).content.decode()
    assert 'role="img" aria-label="共 6 件事，1 件晚记，最多晚 103 天"' in page
    assert page.count('<g class="gg-late">') == 1 and "style=" not in page


@pytest.mark.parametrize(
    "query", ["?on=2019.13", "?known=gestern", "?on=99999-01-01", "?on=0001-01-01&known=9999-12-31"]
)
def test_days_that_cannot_be_read(clerk, lin, query):
    page = clerk.get(address(lin, query))
    assert page.status_code == 200 and "这个日子读不懂" in text(page) and "今天的情况" in text(page)


def test_grade_with_its_reasons(clerk, lin):
    words = text(clerk.get(address(lin, "?depth=3")))
    assert "2 级，这样来的" in words and "学历加级" in words and "参照：本科加1级" in words
    entry = Action.objects.filter(person=lin, kind="学历").order_by("-pk").first()
    page = clerk.get(address(lin, "?depth=3")).content.decode()
    assert f'href="#e{entry.pk}"' in page and f'id="e{entry.pk}"' in page


def test_person_without_a_grade(clerk, world):
    waiting = world.hire("孔嘉俊", on="2026-12-01")
    assert "没有等级" in text(clerk.get(address(waiting)))
    unknown = world.hire("区倩仪", post=None)
    assert "等级还算不出" in text(clerk.get(address(unknown)))


def test_slips_lead_to_their_page(clerk, world, lin):
    run = pay.run(payer=PAYER, month="2026-10", by=world.clerk, now=moment("2026-10-31 15:00"))
    runs.approve(run=run, by=world.approver, now=moment("2026-10-31 16:00"))
    page = clerk.get(address(lin))
    assert f'href="/pay/{run.pk}/{lin.public_id}/"' in page.content.decode() and "2026年10月" in text(page)


def test_outside_the_scope_is_not_there(clerk, world):
    stranger = world.hire("谭伟豪", payer=OTHER_PAYER, place="440704001001")
    for rest in ("", "record/", "entries/1/correct/", "entries/1/void/"):
        there, nowhere = clerk.get(address(stranger, rest)), clerk.get(f"/people/{uuid4()}/{rest}")
        assert there.status_code == nowhere.status_code == 404 and text(there) == text(nowhere)
    assert clerk.post(address(stranger, "id-number/")).status_code == 404
    assert not TrailEntry.objects.filter(subject=f"person:{stranger.pk}").exists()


def test_worker_sees_only_the_own_page(client, world, lin):
    other = world.hire("孔嘉俊")
    worker = accounts.create_user("本人", by=None, now=world.now)
    accounts.grant(worker, Grant.Role.WORKER, person_ref=lin.public_id, since=TODAY, by=None, now=world.now)
    client.force_login(worker)
    page = client.get(address(lin))
    assert page.status_code == 200 and "2 级，这样来的" in text(page) and "记一件事" not in text(page)
    assert client.get(address(other)).status_code == client.get(address(lin, "record/")).status_code == 404
    assert not TrailEntry.objects.filter(subject=f"person:{lin.pk}").exists()


def test_a_look_leaves_a_trace(clerk, world, lin):
    clerk.get(address(lin))
    entry = TrailEntry.objects.get(subject=f"person:{lin.pk}")
    assert entry.act == "查看" and entry.by == world.clerk
    shown = clerk.post(address(lin, "id-number/"))
    assert id_number(1) in text(shown) and "看证件号码" in text(shown)
    assert clerk.get(address(lin, "id-number/")).status_code == 405
    assert list(TrailEntry.objects.filter(subject=f"person:{lin.pk}").values_list("act", flat=True)) == [
        "查看",
        "看证件号码",
    ]


def test_constant_number_of_statements(clerk, world, lin):
    clerk.get(address(lin))
    counts = []
    queries = ("", "?on=2026-08-01&known=2026-10-11", "?on=2026-08-01&known=2026-10-11&with_on=2026-07-01")
    for _round in range(2):
        for query in queries:
            with CaptureQueriesContext(connection) as found:
                assert clerk.get(address(lin, query)).status_code == 200
            counts.append(
                len([q for q in found if "SAVEPOINT" not in q["sql"] and not q["sql"].startswith(("BEGIN", "COMMIT"))])
            )
        for number in range(40):
            world.note("奖励", lin, "2026-01-06", {"名称": f"先进{number}"})
    assert counts[:3] == counts[3:] and max(counts) <= 15
    assert "更早的" in text(clerk.get(address(lin)))


# --- 记一件事


def test_kinds_then_only_their_facts(clerk, lin):
    page = clerk.get(address(lin, "record/"))
    assert "林惠珊发生了什么事？" in text(page) and "?kind=%E5%AD%A6%E5%8E%86" in page.content.decode()
    assert "机构设立" not in text(page)
    form = clerk.get(address(lin, "record/?kind=学历"))
    assert "毕业日期" in text(form) and "用人单位" not in text(form)
    assert "没有“机构设立”这种事" in text(clerk.get(address(lin, "record/?kind=机构设立")))


def test_record_and_its_consequence(clerk, world, lin):
    form = clerk.get(address(lin, "record/?kind=学历"))
    data = {"fact0": "硕士研究生", "on": "2026-10-01", "basis": "毕业证书扫描件", "once": once(form)}
    answer = clerk.post(address(lin, "record/?kind=学历"), data, follow=True)
    words = text(answer)
    assert answer.redirect_chain and "已记：学历，2026-10-01 起。今天的岗位等级 2 → 3。" in words
    action = Action.objects.filter(person=lin, kind="学历").order_by("-pk").first()
    assert (action.facts, action.basis, action.recorded_by) == ({"学历": "硕士研究生"}, "毕业证书扫描件", world.clerk)
    count = Action.objects.count()
    again = clerk.post(address(lin, "record/?kind=学历"), data, follow=True)
    assert "没有再记一次" in text(again) and Action.objects.count() == count


def test_look_at_the_consequence_first(clerk, world, lin):
    run = pay.run(payer=PAYER, month="2026-10", by=world.clerk, now=moment("2026-10-31 15:00"))
    runs.approve(run=run, by=world.approver, now=moment("2026-10-31 16:00"))
    actions, entries = Action.objects.count(), TrailEntry.objects.count()
    data = {"fact0": "硕士研究生", "on": "2026-10-01", "basis": "毕业证书", "once": "a"}
    page = clerk.post(address(lin, "record/?kind=学历"), data | {"look": "1"})
    assert page.status_code == 200 and 'value="毕业证书"' in page.content.decode()
    assert "后果，还没有记： 今天的岗位等级 2 → 3。2026年10月的工资已经封存" in text(page)
    assert (Action.objects.count(), TrailEntry.objects.count()) == (actions, entries)
    assert "已记：学历" in text(clerk.post(address(lin, "record/?kind=学历"), data, follow=True))
    same = clerk.post(
        address(lin, "record/?kind=政治面貌"),
        {"fact0": "中共党员", "on": "2026-11-01", "basis": "党员证明", "once": "b", "look": "1"},
    )
    assert "今天的岗位等级不变" in text(same)


def test_everything_wrong_is_said_at_once_and_nothing_typed_is_lost(clerk, lin):
    count = Action.objects.count()
    data = {"fact0": "", "fact1": "2026-02-30", "fact2": "2026-13-01", "on": "2019.13", "basis": "", "once": "a"}
    page = clerk.post(address(lin, "record/?kind=职业资格"), data)
    words = text(page)
    assert page.status_code == 422 and "还不能收下，有几处要改" in words
    assert "没有 2026-02-30 这一天" in words and "没有 2026-13-01 这一天" in words
    assert "这个日子读不懂" in words and "请写依据" in words
    assert 'value="2019.13"' in page.content.decode() and Action.objects.count() == count


def test_ledger_refusals_stand_in_the_form(clerk, lin):
    data = {"fact0": "副职", "on": "2020-01-01", "basis": "任命书", "once": "a"}
    page = clerk.post(address(lin, "record/?kind=岗位"), data)
    assert page.status_code == 422 and "早于入职日期 2025-01-01" in text(page)
    empty = clerk.post(address(lin, "record/?kind=岗位"), {"on": "2026-01-01", "basis": "任命书", "once": "b"})
    assert "没有任何事实" in text(empty)
    forged = clerk.post(
        address(lin, "record/?kind=学历"), {"fact0": "<b>大师", "on": "2026-01-01", "basis": "x", "once": "c"}
    )
    assert forged.status_code == 422 and "<b>大师" not in forged.content.decode()


def test_nobody_is_sent_outside_the_scope(clerk, lin):
    data = {"fact0": OTHER_PAYER, "fact1": "440704001001", "on": "2026-10-01", "basis": "调令", "once": "a"}
    page = clerk.post(address(lin, "record/?kind=入职"), data)
    assert page.status_code == 422 and "您不能往这里记人" in text(page)


def test_only_clerks_record(client, world, lin):
    client.force_login(world.approver)
    assert "记一件事" not in text(client.get(address(lin)))
    refused = client.get(address(lin, "record/"))
    assert refused.status_code == 403 and "经办" in text(refused)
    number = Action.objects.get(person=lin, kind="入职").pk
    assert client.post(address(lin, f"entries/{number}/void/")).status_code == 403


def test_correct_strikes_the_old_one_through(clerk, world, lin):
    wrong = Action.objects.filter(person=lin, kind="学历").order_by("-pk").first()
    form = clerk.get(address(lin, f"entries/{wrong.pk}/correct/"))
    assert '<option value="本科" selected>' in form.content.decode() and 'value="2026-07-01"' in form.content.decode()
    data = {"fact0": "大专", "on": "2026-07-01", "basis": "看错了", "once": once(form)}
    page = clerk.post(address(lin, f"entries/{wrong.pk}/correct/"), data, follow=True)
    assert "已更正：学历" in text(page) and "岗位等级 2 → 1" in text(page)
    assert "<s><b>学历</b> 本科</s>" in page.content.decode()
    assert "学历 大专 更正 原来是 本科" in text(page) and "看错了，经办 更正" in text(page)
    assert re.search(rf'<tr id="e{wrong.pk}" class="gg-gone">', page.content.decode()) and "已更正" in text(page)
    late = clerk.get(address(lin, f"entries/{wrong.pk}/correct/"), follow=True)
    assert "已经更正或撤销过了" in text(late)


def test_sealed_values_stay_when_left_blank(clerk, lin):
    identity = Action.objects.get(person=lin, kind="个人信息")
    form = clerk.get(address(lin, f"entries/{identity.pk}/correct/"))
    assert id_number(1) not in form.content.decode() and "不填就不变" in text(form)
    data = {"fact0": "林惠姗", "fact3": "1990-01-01", "on": "2025-01-01", "basis": "户口簿", "once": once(form)}
    clerk.post(address(lin, f"entries/{identity.pk}/correct/"), data)
    last4 = lin.id_last4
    lin.refresh_from_db()
    assert (lin.name, lin.id_last4) == ("林惠姗", last4)


def test_take_back_says_what_it_does_first(clerk, world, lin):
    run = pay.run(payer=PAYER, month="2026-10", by=world.clerk, now=moment("2026-10-31 15:00"))
    runs.approve(run=run, by=world.approver, now=moment("2026-10-31 16:00"))
    gone = Action.objects.filter(person=lin, kind="学历").order_by("-pk").first()
    confirm = clerk.get(address(lin, f"entries/{gone.pk}/void/"))
    assert "2026年10月的工资已经封存" in text(confirm) and "撤销这一条学历" in text(confirm)
    assert Action.objects.filter(replaces=gone).count() == 0
    page = clerk.post(address(lin, f"entries/{gone.pk}/void/"), follow=True)
    assert "已撤销：学历" in text(page) and "岗位等级 2 → 1" in text(page)
    assert "学历 本科 已撤回" in text(page) and "撤回 原来是 本科" in text(page)
    clerk.post(address(lin, f"entries/{gone.pk}/void/"))
    assert Action.objects.filter(replaces=gone).count() == 1


def test_entry_of_somebody_else_is_not_there(clerk, world, lin):
    other = world.hire("孔嘉俊")
    number = Action.objects.filter(person=other).first().pk
    assert clerk.post(address(lin, f"entries/{number}/void/")).status_code == 404
    assert clerk.get(address(lin, "entries/999999/correct/")).status_code == 404


@pytest.mark.parametrize(
    "typed",
    [
        {"fact0": "大" * 10_000},
        {"fact0": "\x00本科"},
        {"fact0": "本科", "on": "0001-01-01"},
        {"fact0": "本科", "on": "2026-01-01", "basis": "字" * 10_000},
        {"fact0": "本科", "once": "x" * 500},
        {"unknown": "maybe", "fact9": "nobody asked"},
        {},
    ],
)
def test_edited_form_fields(clerk, lin, typed):
    count = Action.objects.count()
    page = clerk.post(address(lin, "record/?kind=学历"), {"basis": "证书", "once": "a", "on": "2019-01-01x"} | typed)
    assert page.status_code == 422 and "还不能收下" in text(page) and Action.objects.count() == count


def test_void_of_what_was_voided_meanwhile(clerk, world, lin):
    gone = Action.objects.filter(person=lin, kind="学历").order_by("-pk").first()
    clerk.post(address(lin, f"entries/{gone.pk}/void/"))
    page = clerk.post(address(lin, f"entries/{gone.pk}/correct/"), {"fact0": "本科"}, follow=True)
    assert "已经更正或撤销过了" in text(page)
