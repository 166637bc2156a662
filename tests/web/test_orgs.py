"""机构: the tree of the scope with counts that lead to the people, in a constant number of statements."""

import re
from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from gugan.accounts.models import Grant
from gugan.lifecycle.pay import services as pay
from gugan.records import lists, services
from gugan.records.models import Action, Org
from gugan.runs import services as runs
from gugan.web.pages.orgs import tree
from tests.lifecycle.world import OTHER_PAYER, PAYER, World, moment

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
    assert "蓬江区3 个社区和村，在岗 2 人" in words and "2 个社区和村没有在册的人" in words
    assert "还没有核定员额" in words and "缺人的在前" not in words
    assert "白沙街道 街道 440703002 白沙街道 2 — —" in words and "羊桥社区 社区 440703002001 羊桥社区 2 — —" in words
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
    assert "潮连街道1 个社区和村，在岗 1 人" in words and "潮连街道" in words and "白沙" not in words


def test_many_places_are_folded_by_street(clerk, world, monkeypatch):
    world.hire()
    monkeypatch.setattr(tree, "MOST_LINES", 3)
    folded, opened = text(clerk.get("/orgs/")), text(clerk.get("/orgs/?open=440703002"))
    assert "看 2 个社区" in folded and "羊桥社区" not in folded
    assert "羊桥社区" in opened and "富冈社区" not in opened
    assert "没有这个代码的机构" in text(clerk.get("/orgs/?open=440704001"))


def test_nothing_in_scope(client, world):
    client.force_login(world.officer("远方", Grant.Role.CLERK, prefix="450000"))
    page = client.get("/orgs/")
    assert page.status_code == 200 and "还没有机构" in text(page)


SHEEP, EAST, FU = "440703002001", "440703002002", "440703005001"
STREET = "440703002"


def ask(**typed) -> dict:
    """A form as the page of what follows posts it."""
    return {"on": "2026-11-01", "basis": "蓬府函〔2026〕8号"} | typed


def refused(client, address: str, **typed) -> str:
    """The words of a form that is shown again, by both doors; nothing was posted."""
    before = Action.objects.count()
    answers = client.get(address, ask(look="1", **typed)), client.post(address, ask(once="x", **typed))
    assert [answer.status_code for answer in answers] == [422, 422] and Action.objects.count() == before
    first, second = (text(answer) for answer in answers)
    assert "还不能收下" in first and "还不能收下" in second
    return first


def test_rename_is_shown_then_done(clerk, world, settings):
    address = f"/orgs/{SHEEP}/rename/"
    assert clerk.get(address).status_code == 200
    before = Action.objects.count()
    words = text(clerk.get(address, ask(look="1", name="羊桥一社区")))
    assert "2026-11-01 起，“羊桥社区”叫“羊桥一社区”；那以前的日子仍叫“羊桥社区”" in words
    assert Action.objects.count() == before
    done = clerk.post(address, ask(name="羊桥一社区", once="a"), follow=True)
    assert "已记：更名：羊桥社区 → 羊桥一社区。" in text(done)
    assert "羊桥一社区" in text(clerk.get("/orgs/?on=2026-11-01")) and "羊桥一社区" not in text(clerk.get("/orgs/"))
    settings.GUGAN_TODAY = date(2026, 11, 2)
    today, then = text(clerk.get("/orgs/")), text(clerk.get("/orgs/?on=2026-10-31"))
    assert "羊桥一社区" in today and "羊桥一社区" not in then and "这是 2026-10-31 的样子" in then
    words = text(clerk.get(f"/orgs/{SHEEP}/"))
    assert "羊桥一社区 生效 2026-11-01 记录 2026-10-31" in words and services.verify() == []


def test_a_form_sent_twice_is_recorded_once(clerk, world):
    typed = ask(name="羊桥一社区", once="b")
    first, second = (clerk.post(f"/orgs/{SHEEP}/rename/", typed, follow=True) for _ in range(2))
    assert "已记：" in text(first) and "刚才已经记下" in text(second)
    assert Action.objects.filter(kind="机构变更").count() == 1


def test_new_community_with_a_local_code(clerk, world):
    words = text(clerk.get(f"/orgs/{STREET}/add/", ask(look="1", name="滨江社区", kind="社区", number="9")))
    assert "代码 440703002J01（自编码" in words and "核定员额 9 人" in words
    assert not Org.objects.filter(code__contains="J").exists()
    done = clerk.post(f"/orgs/{STREET}/add/", ask(name="滨江社区", kind="社区", number="9", once="c"), follow=True)
    assert "已记：设立：滨江社区。" in text(done)
    tree_words = text(clerk.get("/orgs/?on=2026-11-01"))
    assert "滨江社区 自编码 社区 440703002J01 0 9 缺 9" in tree_words and "滨江社区" not in text(clerk.get("/orgs/"))
    assert "自编码" in text(clerk.get("/orgs/440703002J01/"))
    world.hire("孔嘉俊", place="440703002J01", on="2026-11-01", at="2026-10-31 10:00")
    assert clerk.get("/people/?street=440703002&community=440703002J01&state=全部").status_code == 200


def test_merge_names_who_moves(clerk, world):
    for name in ("孔嘉俊", "林惠珊"):
        world.hire(name)
    world.hire("周珊佩", place=EAST)
    address = f"/orgs/{SHEEP}/merge/"
    page = clerk.get(address, ask(look="1", into=EAST))
    words = text(page)
    assert "2026-11-01 起羊桥社区并入良化东社区，转走 2 人：孔嘉俊、林惠珊。" in words
    assert "要转走的 2 人" in words and "把羊桥社区并入良化东社区，转走 2 人" in words
    assert not Action.objects.filter(kind="机构撤销").exists()
    clerk.post(address, ask(into=EAST, once="d"))
    on_the_day = text(clerk.get("/orgs/?on=2026-11-01"))
    assert "羊桥社区 2026-11-01 撤销 并入良化东社区" in on_the_day and "良化东社区 3 — —" in on_the_day
    assert "羊桥社区 将于 2026-11-01 撤销" in text(clerk.get("/orgs/"))


def test_merged_community_can_still_be_read(clerk, world, settings):
    person = world.hire("孔嘉俊", years={"2025": "合格"})
    run = pay.run(payer=PAYER, month="2026-10", by=world.clerk, now=moment("2026-10-31 10:00"))
    runs.approve(run=run, by=world.approver, now=moment("2026-10-31 11:00"))
    clerk.post(f"/orgs/{SHEEP}/merge/", ask(into=EAST, once="e"))
    settings.GUGAN_TODAY = date(2026, 11, 2)
    words = text(clerk.get(f"/orgs/{SHEEP}/"))
    assert "羊桥社区自 2026-11-01 起已撤销" in words and "在这里工作的人都转到了良化东社区" in words
    assert "并入这里的： 羊桥社区" in text(clerk.get(f"/orgs/{EAST}/"))
    people = text(clerk.get(f"/people/?street={STREET}&community={EAST}"))
    assert "孔嘉俊" in people
    past = text(clerk.get(f"/people/?on=2026-10-31&street={STREET}&community={SHEEP}"))
    assert "孔嘉俊" in past and "羊桥社区" in past and "没有这个选项" not in past
    assert "羊桥社区" in text(clerk.get(f"/people/{person.public_id}/?on=2026-10-31"))
    assert clerk.get(f"/pay/{run.pk}/").status_code == 200
    for form in ("rename", "close", "merge", "establishment"):
        assert f"/orgs/{SHEEP}/{form}/" not in clerk.get(f"/orgs/{SHEEP}/").content.decode()


def test_merge_is_taken_back_as_a_whole(clerk, world):
    person = world.hire("孔嘉俊")
    clerk.post(f"/orgs/{SHEEP}/merge/", ask(into=EAST, on="2026-10-01", once="f"))
    person.refresh_from_db()
    assert person.workplace_code == EAST
    address = re.search(rf"/orgs/{SHEEP}/batches/\d+/withdraw/", clerk.get(f"/orgs/{SHEEP}/").content.decode())[0]
    assert "1 人回到原来的社区" in text(clerk.get(address))
    assert "已撤回：合并：羊桥社区 → 良化东社区。" in text(clerk.post(address, follow=True))
    person.refresh_from_db()
    assert person.workplace_code == SHEEP and Org.objects.get(code=SHEEP).closed_on is None
    assert "刚才已经撤回" in text(clerk.post(address, follow=True)) and services.verify() == []


def test_merge_that_was_paid_by_is_not_taken_back(clerk, world):
    world.hire("孔嘉俊", years={"2025": "合格"})
    clerk.post(f"/orgs/{SHEEP}/merge/", ask(into=EAST, on="2026-10-16", once="g"))
    batch = Action.objects.get(kind="机构撤销").batch
    address = f"/orgs/{SHEEP}/batches/{batch.pk}/withdraw/"
    run = pay.run(payer=PAYER, month="2026-10", by=world.clerk, now=moment("2026-10-31 23:59"))
    assert "回到原来的社区" in text(clerk.get(address))
    runs.approve(run=run, by=world.approver, now=moment("2026-10-31 23:59"))
    answer = clerk.post(address)
    assert answer.status_code == 422 and "2026年10月的工资已按这一批算过并封存" in text(answer)
    assert Org.objects.get(code=SHEEP).merged_into.code == EAST


def test_merge_recorded_after_the_month_was_sealed_can_be_taken_back(clerk, world):
    world.hire("孔嘉俊", years={"2025": "合格"})
    run = pay.run(payer=PAYER, month="2026-10", by=world.clerk, now=moment("2026-10-31 10:00"))
    runs.approve(run=run, by=world.approver, now=moment("2026-10-31 11:00"))
    page = clerk.get(f"/orgs/{SHEEP}/merge/", ask(look="1", into=EAST, on="2026-10-16"))
    assert "2026年10月的工资已经封存" in text(page)
    clerk.post(f"/orgs/{SHEEP}/merge/", ask(into=EAST, on="2026-10-16", once="h"))
    batch = Action.objects.get(kind="机构撤销").batch
    assert clerk.post(f"/orgs/{SHEEP}/batches/{batch.pk}/withdraw/").status_code == 302


def test_establishment_shows_what_is_missing(clerk, world):
    world.hire()
    for code, number in ((SHEEP, "3"), (EAST, "1")):
        words = text(clerk.get(f"/orgs/{code}/establishment/", ask(look="1", on="2026-10-01", number=number)))
        assert "原来没有核定" in words
        clerk.post(f"/orgs/{code}/establishment/", ask(on="2026-10-01", number=number, standard="", once=code))
    words = text(clerk.get("/orgs/?sort=gap"))
    assert "蓬江区3 个社区和村，在岗 1 人，其中 2 个核定 4 人，缺 3 人" in words
    assert words.index("羊桥社区 社区") < words.index("良化东社区 社区")
    assert "羊桥社区 1 3 缺 2" in words
    page = text(clerk.get(f"/orgs/{SHEEP}/"))
    assert "核定员额 3 人 缺口 缺 2" in page
    again = text(clerk.get(f"/orgs/{SHEEP}/establishment/", ask(look="1", number="1")))
    assert "核定员额 1 人（原来 3 人）；那一天在岗 1 人，正好。" in again


def test_bad_input_is_said_all_at_once(clerk, world):
    world.hire()
    words = refused(
        clerk, f"/orgs/{STREET}/add/", name="", kind="街道", number="-1", on="昨天", basis="", code="9" * 21
    )
    for sentence in (
        "请写名称",
        "请在列出的类别里选",
        "人数是 0 到 100000",
        "这个日子读不懂",
        "请写依据",
        "代码应是 12 位",
    ):
        assert sentence in words
    assert "年份不合理" in refused(clerk, f"/orgs/{SHEEP}/rename/", name="新名", on="0226-11-01")
    assert "白沙街道下已有“良化东社区”" in refused(clerk, f"/orgs/{SHEEP}/rename/", name="良化东社区")
    assert "还有 1 人在这里工作" in refused(clerk, f"/orgs/{SHEEP}/close/", reason="拆迁")
    assert "请在列出的社区里选" in refused(clerk, f"/orgs/{SHEEP}/merge/", into="440704001001")
    assert "已经用过" in refused(clerk, f"/orgs/{STREET}/add/", name="新社区", kind="社区", code=EAST)
    assert "不是街道或镇" in refused(clerk, f"/orgs/{SHEEP}/add/", name="新社区", kind="社区")
    kept = clerk.get(f"/orgs/{SHEEP}/close/", ask(look="1", reason="整体拆迁")).content.decode()
    assert 'value="整体拆迁"' in kept


def test_close_an_empty_community(clerk, world):
    words = text(clerk.get(f"/orgs/{FU}/close/", ask(look="1", reason="拆迁")))
    assert "那一天没有人在这里工作" in words and "不能再往这里记人" in words
    clerk.post(f"/orgs/{FU}/close/", ask(reason="拆迁", once="k"))
    assert "富冈社区 2026-11-01 撤销" in text(clerk.get("/orgs/?on=2026-11-05"))


def test_outside_the_scope_is_not_there(client, world):
    client.force_login(world.officer("潮连经办", Grant.Role.CLERK, prefix="440703005"))
    for form in ("", "rename/", "close/", "merge/", "establishment/", "add/", "batches/1/withdraw/"):
        assert client.get(f"/orgs/{SHEEP}/{form}").status_code == 404
        assert client.get(f"/orgs/440799999/{form}").status_code == 404
    assert client.post(f"/orgs/{SHEEP}/rename/", ask(name="新名")).status_code == 404
    assert SHEEP not in client.get(f"/orgs/{FU}/merge/").content.decode()
    answer = client.post(f"/orgs/{FU}/merge/", ask(into=SHEEP))
    assert answer.status_code == 422 and not Action.objects.filter(kind="机构撤销").exists()


def test_who_only_approves_reads(client, world):
    client.force_login(world.approver)
    page = client.get(f"/orgs/{SHEEP}/")
    assert page.status_code == 200 and "更名" not in text(page)
    answer = client.get(f"/orgs/{SHEEP}/rename/")
    assert answer.status_code == 403 and "经办" in text(answer)
    assert client.post(f"/orgs/{SHEEP}/rename/", ask(name="新名")).status_code == 403


def test_another_community_s_batch_is_not_there(clerk, world):
    clerk.post(f"/orgs/{FU}/rename/", ask(name="富冈一社区", once="m"))
    batch = Action.objects.get(kind="机构变更").batch
    assert clerk.get(f"/orgs/{SHEEP}/batches/{batch.pk}/withdraw/").status_code == 404


def test_a_day_that_cannot_be_read(clerk, world):
    words = text(clerk.get("/orgs/?on=昨天"))
    assert "这个日子读不懂" in words and "白沙街道" in words


def statements(clerk, address: str, **typed) -> int:
    with CaptureQueriesContext(connection) as found:
        assert clerk.get(address, typed).status_code == 200
    return len(found)


ADDRESSES = (
    ("/orgs/", {}), ("/orgs/", {"on": "2026-10-01"}), (f"/orgs/{SHEEP}/", {}), (f"/orgs/{SHEEP}/merge/", {}),
    (f"/orgs/{SHEEP}/rename/", {}), (f"/orgs/{STREET}/add/", {}),
    (f"/orgs/{STREET}/add/", ask(look="1", name="滨江社区", kind="社区", number="9")),
    (f"/orgs/{SHEEP}/rename/", ask(look="1", name="羊桥一社区")),
    (f"/orgs/{SHEEP}/establishment/", ask(look="1", number="9")), (f"/orgs/{FU}/close/", ask(look="1", reason="拆迁")),
    (f"/orgs/{SHEEP}/merge/", ask(look="1", into=EAST)),
)  # fmt: skip


def test_constant_number_of_statements(clerk, world):
    world.hire()
    clerk.get("/orgs/")
    counts = []
    for _round in range(2):
        counts.append([statements(clerk, address, **typed) for address, typed in ADDRESSES])
        rows = [(f"{STREET}J{n:02d}", f"{n}社区", "社区", STREET) for n in range(1, 31)]
        services.load_divisions(rows, by=world.clerk, now=world.now, catalogue=world.pack.catalogue)
        for number in range(30):
            world.hire(place=rows[number][0] if number % 2 else SHEEP)
        lists.bring_up_to(TODAY)
    assert counts[0] == counts[1] and max(counts[0]) <= 15


def test_looking_at_a_merger_takes_as_many_statements_for_thirty(clerk, world):
    world.hire()
    clerk.get("/orgs/")
    one = statements(clerk, f"/orgs/{SHEEP}/merge/", **ask(look="1", into=EAST))
    for _number in range(30):
        world.hire()
    assert statements(clerk, f"/orgs/{SHEEP}/merge/", **ask(look="1", into=EAST)) == one


def test_the_roster_and_the_pay_of_a_day_call_places_as_they_were(clerk, world, settings):
    person = world.hire("孔嘉俊", place=SHEEP)
    run = pay.run(payer="440703", month="2026-10", by=world.clerk, now=moment("2026-10-31 18:00"))
    clerk.post(f"/orgs/{SHEEP}/rename/", ask(name="羊桥一社区", once="a"))
    clerk.post(f"/orgs/{STREET}/rename/", ask(name="白沙新街道", once="b"))
    settings.GUGAN_TODAY = date(2026, 11, 2)
    then, today = text(clerk.get("/people/?on=2026-10-31")), text(clerk.get("/people/"))
    assert "羊桥社区" in then and "羊桥一社区" in today and "羊桥社区" not in today
    for address in (f"/pay/{run.pk}/", f"/pay/{run.pk}/{person.public_id}/"):
        words = text(clerk.get(address))
        assert "羊桥社区" in words and "羊桥一社区" not in words and "白沙新街道" not in words
    assert text(clerk.get("/people/?on=2026-10-31&q=羊桥一")).count("孔嘉俊") == 0
