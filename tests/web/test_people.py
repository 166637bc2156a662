"""花名册: what is found, what is said when nothing is, what leaves as a workbook, and how many statements it takes."""

import io
import re
from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from openpyxl import load_workbook

from gugan.accounts import services as accounts
from gugan.accounts.models import Grant, TrailEntry
from gugan.lifecycle.pay import services as pay
from gugan.records import services
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


def names(response) -> list[str]:
    """Whom the list shows, in order."""
    return re.findall(r'<th scope="row">.*?class="gg-name"[^>]*>([^<]+)<', response.content.decode())


def rows(response) -> list[str]:
    """The addresses of those people."""
    return re.findall(r'<th scope="row">.*?href="([^"]+)"', response.content.decode())


def finding(response) -> str:
    return re.search(r'<h1 id="finding">(.*?)</h1>', response.content.decode())[1]


def cast(world):
    world.hire("单雄", post="正职", education="硕士研究生", place="440703005001")
    lin = world.hire("林惠珊", post="副职")
    world.hire("欧阳慧", education="大专")
    world.note("职业资格", lin, "2025-06-20", {"级别": "社会工作师"})
    world.note("劳动合同", lin, "2025-01-01", {"合同号": "1", "起": "2025-01-01", "止": "2026-12-31"})
    return lin


def test_list_says_who_is_there(clerk, world):
    cast(world)
    page = clerk.get("/people/")
    assert page.status_code == 200 and finding(page) == "3 人在册"
    assert names(page) == ["林惠珊", "欧阳慧", "单雄"]
    words = text(page)
    assert "身份证号，后四位" in words and "2026-12-31 剩 61 天" in words and "导出这 3 人" in words
    assert "440799" not in page.content.decode()


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("惠珊", ["林惠珊"]),
        ("ouyang", ["欧阳慧"]),
        ("ou yang", ["欧阳慧"]),
        ("oyh", ["欧阳慧"]),
        ("SX", ["单雄"]),
        ("shan", ["单雄"]),
        ("富冈", ["单雄"]),
        ("羊桥 林", ["林惠珊"]),
        ("%", []),
    ],
)
def test_search(clerk, world, typed, found):
    cast(world)
    page = clerk.get("/people/", {"q": typed})
    assert names(page) == found and page.status_code == 200


def test_last_four_and_a_whole_number(clerk, world):
    lin = cast(world)
    assert "林惠珊" in names(clerk.get("/people/", {"q": lin.id_last4}))
    whole = f"44079919900101002{lin.id_last4[-1]}"
    answer = clerk.get("/people/", {"q": whole, "sort": "-name"})
    assert answer.status_code == 302 and answer["Location"] == f"?q={lin.id_last4}&sort=-name"


def test_filters_live_in_the_address(clerk, world):
    cast(world)
    page = clerk.get("/people/", {"street": "440703002", "education": "本科", "certificate": "社会工作师"})
    assert names(page) == ["林惠珊"]
    assert finding(page) == "1 人在册：白沙街道、本科、社会工作师"
    assert "占在册 3 人的 33%" in text(page)
    assert "/people/export/?street=440703002&amp;education=" in page.content.decode()
    assert names(clerk.get("/people/", {"community": "440703005001"})) == ["单雄"]
    assert names(clerk.get("/people/", {"post": "副职"})) == ["林惠珊"]


def test_orders(clerk, world):
    cast(world)
    assert names(clerk.get("/people/?sort=name")) == ["林惠珊", "欧阳慧", "单雄"]
    assert names(clerk.get("/people/?sort=-education")) == ["单雄", "林惠珊", "欧阳慧"]
    assert names(clerk.get("/people/?sort=contract"))[0] == "林惠珊"
    assert names(clerk.get("/people/?sort=-contract"))[0] == "林惠珊"
    assert names(clerk.get("/people/?sort=certificate"))[-1] == "林惠珊"
    assert 'aria-sort="descending"' in clerk.get("/people/?sort=-post").content.decode()
    assert clerk.get("/people/?sort=password").status_code == 200


def test_who_left_is_said_to_have_left(clerk, world):
    lin = cast(world)
    world.note("离职", lin, "2026-08-31", {"类别": "辞职", "末日": "2026-08-31"}, at="2026-09-01 09:00")
    assert finding(clerk.get("/people/")) == "2 人在册"
    page = clerk.get("/people/", {"q": "林惠珊"})
    assert "林惠珊 已离岗，末日 2026-08-31。" in text(page) and "看离岗的人" in text(page)
    assert finding(clerk.get("/people/?state=离岗")) == "1 人离岗"
    assert finding(clerk.get("/people/?state=全部")) == "3 人"


def test_what_was_known_ahead_takes_effect_by_itself(clerk, world, settings):
    lin = cast(world)
    world.note("离职", lin, "2026-11-15", {"类别": "辞职", "末日": "2026-11-15"})
    assert finding(clerk.get("/people/")) == "3 人在册"
    settings.GUGAN_TODAY = date(2026, 11, 16)
    assert finding(clerk.get("/people/")) == "2 人在册"
    lin.refresh_from_db()
    assert lin.state == "离岗" and services.verify() == []
    world.note("岗位", lin, "2026-01-02", {"岗位类别": "正职"})
    assert "离岗" in text(clerk.get(f"/people/{lin.public_id}/"))


def test_empty_list_says_which_condition_to_drop(clerk, world):
    cast(world)
    words = text(clerk.get("/people/", {"post": "副职", "education": "大专"}))
    assert "没有人同时符合这 2 个条件。" in words
    assert "去掉“副职”后有 1 人。" in words and "去掉“大专”后有 1 人。" in words


def test_name_that_is_there_but_fits_no_condition(clerk, world):
    cast(world)
    page = clerk.get("/people/", {"q": "林", "post": "正职", "education": "大专"})
    assert finding(page) == "没有人符合：林、在册、正职、大专"
    assert "只查“林”，不加别的条件，有 1 人。" in text(page)
    assert names(clerk.get("/people/", {"q": "林", "state": "全部"})) == ["林惠珊"]


def test_outside_the_scope_is_the_same_as_nobody(clerk, world):
    world.hire("谭伟豪", payer=OTHER_PAYER, place="440704001001")
    there, nowhere = (clerk.get("/people/", {"q": name}) for name in ("谭伟豪", "谭伟毫"))
    assert text(there).replace("谭伟豪", "…") == text(nowhere).replace("谭伟毫", "…")
    assert "没有找到“谭伟豪”" in text(there)


def test_bad_addresses_answer_helpfully(clerk, world):
    cast(world)
    assert "没有第 99 页，这是最后一页。" in text(clerk.get("/people/?page=99"))
    assert clerk.get("/people/?page=-1&sort=;drop").status_code == 200
    page = clerk.get("/people/?street=440704001&education=<b>")
    assert page.status_code == 200 and "街道、学历：没有这个选项" in text(page) and finding(page) == "3 人在册"
    long = clerk.get("/people/", {"q": "林" * 10_000})
    assert long.status_code == 200 and "只用了前 60 个" in text(long)


def test_nobody_at_all(clerk, world):
    page = clerk.get("/people/")
    assert "还没有花名册" in text(page) and "导出" not in text(page)


def test_export_is_what_is_shown(clerk, world):
    lin = cast(world)
    before = TrailEntry.objects.count()
    answer = clerk.get("/people/export/", {"street": "440703002", "sort": "-name"})
    assert answer.status_code == 200 and "attachment" in answer["Content-Disposition"]
    rows = list(load_workbook(io.BytesIO(answer.content)).active.iter_rows(values_only=True))
    assert [row[1] for row in rows[3:5]] == ["欧阳慧", "林惠珊"]
    assert rows[4][2] == lin.id_last4 and "2 人在册：白沙街道" in str(rows[1])
    assert not any("440799" in str(cell) for row in rows for cell in row)
    note = TrailEntry.objects.order_by("-seq").first()
    assert TrailEntry.objects.count() == before + 1 and (note.act, note.subject) == ("导出", "people")


def test_worker_and_stranger_do_not_get_in(client, world):
    lin = cast(world)
    assert client.get("/people/").status_code == 302
    worker = accounts.create_user("本人", by=None, now=world.now)
    accounts.grant(worker, Grant.Role.WORKER, person_ref=lin.public_id, since=TODAY, by=None, now=world.now)
    client.force_login(worker)
    assert client.get("/people/").status_code == client.get("/people/export/").status_code == 403


def test_fifty_a_page_and_a_constant_number_of_statements(clerk, world):
    world.hire("孔嘉俊")
    world.hire("区倩仪", place="440703005001")
    pay.run(payer=PAYER, month="2026-10", by=world.clerk, now=moment("2026-10-31 18:00"))
    clerk.get("/people/")
    counts = []
    for _round in range(2):
        for address in (
            "/people/",
            "/people/?q=kjj&post=工作人员&col=payer&col=grade&sort=grade",
            "/people/?q=无&post=工作人员",
            "/people/?on=2026-09-30&q=kjj&col=payer&col=grade&sort=grade",
            "/people/export/",
        ):
            with CaptureQueriesContext(connection) as found:
                assert clerk.get(address).status_code == 200
            counts.append(len(found))
        for _one in range(55):
            world.hire(place="440703002002")
    assert counts[:5] == counts[5:] and max(counts[:4]) <= 15
    first, second = clerk.get("/people/?sort=name"), clerk.get("/people/?sort=name&page=2")
    assert len(names(first)) == len(names(second)) == 50 and not set(rows(first)) & set(rows(second))


def test_grade_is_that_of_the_last_run(clerk, world):
    world.hire("孔嘉俊", years={"2025": "合格"})
    pay.run(payer=PAYER, month="2026-10", by=world.clerk, now=moment("2026-10-31 18:00"))
    page = clerk.get("/people/")
    assert "本科" in text(page) and re.search(r"<b>2</b>", page.content.decode())


# --- grades


def graded(world):
    """A street's people with and without a grade: 林惠珊 6, 孔嘉俊 2, 区倩仪 of whom the post is unknown, 何嘉怡 hired later."""
    world.hire("孔嘉俊")
    world.hire("林惠珊", post="副职", education="硕士研究生", years={"2025": "合格"})
    world.hire("区倩仪", post=None)
    run = pay.run(payer=PAYER, month="2026-10", by=world.clerk, now=moment("2026-10-31 18:00"))
    world.hire("何嘉怡", at="2026-10-31 19:00")
    return run


def test_list_sorts_by_grade_and_who_has_none_comes_last(clerk, world):
    graded(world)
    assert names(clerk.get("/people/?sort=grade"))[:2] == ["孔嘉俊", "林惠珊"]
    assert names(clerk.get("/people/?sort=-grade"))[:2] == ["林惠珊", "孔嘉俊"]
    words = text(clerk.get("/people/?sort=-grade"))
    # whose grades these are is said once, over the list
    assert "等级按2026年10月核算" in words and "等级（2026年10月核算）" not in words


def test_list_narrows_to_a_grade_and_to_those_without(clerk, world):
    graded(world)
    page = clerk.get("/people/", {"grade": "6"})
    assert names(page) == ["林惠珊"] and finding(page) == "1 人在册：6 级"
    missing = clerk.get("/people/", {"grade": "缺"})
    assert names(missing) == ["何嘉怡", "区倩仪"]
    assert "缺 这次核算没有此人" in text(missing) and re.search(r"缺 [^ ]*岗位类别", text(missing))
    assert "等级：没有这个选项" in text(clerk.get("/people/?grade=17"))


def test_before_any_run_there_is_no_grade_to_choose(clerk, world):
    world.hire("孔嘉俊")
    page = clerk.get("/people/")
    assert "缺 还没核算过" in text(page) and 'name="grade"' not in page.content.decode()
    assert names(clerk.get("/people/?sort=grade")) == ["孔嘉俊"]


def test_grades_of_a_payer_outside_stay_unseen(client, world):
    """谭伟豪 works here for the other district: its run and the grade in it are of a workplace that may be seen."""
    guest = world.hire("谭伟豪", payer=OTHER_PAYER, place="440703005001")
    hidden = world.hire("容淑芬", payer=OTHER_PAYER, place="440704001001", post="正职", education="博士研究生")
    pay.run(
        payer=OTHER_PAYER, month="2026-10", by=world.officer("江海经办", Grant.Role.CLERK, OTHER_PAYER),
        now=moment("2026-10-31 18:00"),
    )  # fmt: skip
    client.force_login(world.clerk)
    page = client.get("/people/")
    assert names(page) == [guest.name] and hidden.name not in page.content.decode()
    options = re.search(r'name="grade".*?</select>', page.content.decode(), re.S)[0]
    assert "2 级" in options and "10 级" not in options


# --- columns


def heads(response) -> list[str]:
    """The heads of the table."""
    table = re.search(r"<thead>(.*?)</thead>", response.content.decode(), re.S)[1]
    return re.findall(r"<th[^>]*>(?:<a[^>]*>)?([^<]+)<", table)


def test_columns_are_chosen_in_the_address_and_kept(clerk, world):
    cast(world)
    page = clerk.get("/people/?col=street&col=grade&col=payer&col=nonsense&sort=street&post=副职&rows=loose")
    assert heads(page) == ["姓名", "街道", "等级", "用人单位"]
    assert "蓬江区" in text(page) and "白沙街道" in text(page)
    body = page.content.decode()
    assert 'class="gg-table gg-people gg-loose"' in body
    bar = re.search(r'<form class="gg-filters".*?</form>', body, re.S)[0]
    assert re.findall(r'type="hidden" name="(\w+)" value="([^"]+)"', bar) == [
        ("sort", "street"), ("col", "street"), ("col", "grade"), ("col", "payer"), ("col", "nonsense"), ("rows", "loose"),
    ]  # fmt: skip
    assert "col=street&amp;col=grade" in body
    assert 'class="gg-table gg-people gg-loose"' in clerk.get("/people/").content.decode()
    assert 'class="gg-table gg-people gg-tight"' in clerk.get("/people/?rows=tight").content.decode()


def test_every_column_can_be_shown_and_sorted_by(clerk, world):
    cast(world)
    keys = ["id", "sex", "age", "born", "street", "place", "post", "grade", "education", "certificate", "hired",
            "contract", "result", "payer", "state"]  # fmt: skip
    every = "&".join(f"col={key}" for key in keys)
    page = clerk.get(f"/people/?{every}")
    assert len(heads(page)) == 16
    assert len(re.findall(r'<th scope="col"[^>]*><a ', page.content.decode())) == 16
    for key in ["name", *keys]:
        for day in ("", "&on=2026-09-30"):
            up, down = (names(clerk.get(f"/people/?{every}&sort={turn}{key}{day}")) for turn in ("", "-"))
            assert len(up) == len(down) == 3, key


def test_export_has_the_columns_that_are_shown(clerk, world):
    cast(world)
    answer = clerk.get("/people/export/?col=post&col=contract&sort=-name")
    rows = list(load_workbook(io.BytesIO(answer.content)).active.iter_rows(values_only=True))
    assert rows[2][:5] == ("序号", "姓名", "岗位", "职务", "合同到期")
    assert [row[1] for row in rows[3:6]] == ["单雄", "欧阳慧", "林惠珊"]


# --- another day


def test_list_of_another_day(clerk, world):
    lin = cast(world)
    world.note("离职", lin, "2026-08-31", {"类别": "辞职", "末日": "2026-08-31"}, at="2026-09-01 09:00")
    world.note("学历", world.hire("孔嘉俊", on="2026-08-01", education="大专"), "2026-09-15", {"学历": "本科"})
    page = clerk.get("/people/?on=2026-08-31")
    assert finding(page) == "按 2026-08-31，4 人在册"
    assert "读了 4 人的记录" in text(page) and 'name="state"' not in page.content.decode()
    before = clerk.get("/people/?on=2026-07-31")
    assert finding(before) == "按 2026-07-31，3 人在册" and names(before) == ["林惠珊", "欧阳慧", "单雄"]
    assert names(clerk.get("/people/?on=2026-09-01")) == ["孔嘉俊", "欧阳慧", "单雄"]
    assert names(clerk.get("/people/?on=2026-08-31&education=大专")) == ["孔嘉俊", "欧阳慧"]
    assert names(clerk.get("/people/?on=2026-09-30&education=大专")) == ["欧阳慧"]
    assert names(clerk.get("/people/?on=2026-08-31&q=羊桥 林")) == ["林惠珊"]
    assert names(clerk.get("/people/?on=2026-08-31&q=oyh&street=440703002")) == ["欧阳慧"]
    assert names(clerk.get("/people/?on=2026-08-31&post=副职&sort=-contract")) == ["林惠珊"]
    assert "2026-12-31" in text(clerk.get("/people/?on=2026-08-31&q=林惠珊"))
    assert finding(clerk.get("/people/?on=2019-01-01")) == "按 2019-01-01，没有人在册"
    rows = clerk.get("/people/export/?on=2026-07-31&col=state")
    sheet = list(load_workbook(io.BytesIO(rows.content)).active.iter_rows(values_only=True))
    assert [row[1] for row in sheet[3:6]] == ["林惠珊", "欧阳慧", "单雄"] and "按 2026-07-31" in str(sheet[1])
    assert "这个日子读不懂" in text(clerk.get("/people/?on=2019.13"))


def test_another_day_shows_the_workplace_and_grade_of_that_day(client, world):
    """孔嘉俊 moved to the other street in October: in September that street's officer did not have him."""
    kong = world.hire("孔嘉俊")
    pay.run(payer=PAYER, month="2026-09", by=world.clerk, now=moment("2026-10-02 18:00"))
    world.note("入职", kong, "2026-10-10", {"工作社区": "440703005001"})
    world.note("学历", kong, "2026-10-10", {"学历": "硕士研究生"})
    pay.run(payer=PAYER, month="2026-10", by=world.clerk, now=moment("2026-10-31 18:00"))
    client.force_login(world.officer("潮连", Grant.Role.CLERK, "440703005"))
    assert finding(client.get("/people/?on=2026-09-30")) == "按 2026-09-30，没有人在册"
    assert names(client.get("/people/?on=2026-10-30")) == ["孔嘉俊"]
    client.force_login(world.officer("白沙", Grant.Role.CLERK, "440703002"))
    assert names(client.get("/people/?on=2026-09-30")) == ["孔嘉俊"]
    assert names(client.get("/people/?on=2026-10-30")) == names(client.get("/people/")) == []
    client.force_login(world.clerk)
    before, after = client.get("/people/?on=2026-09-30&col=grade"), client.get("/people/?on=2026-10-30&col=grade")
    assert "等级按2026年9月核算" in text(before) and "等级按2026年10月核算" in text(after)
    assert [re.findall(r"<b>(\d+)</b>", one.content.decode()) for one in (before, after)] == [["2"], ["3"]]
    assert names(client.get("/people/?on=2026-09-30&grade=2")) == ["孔嘉俊"]
    assert "没有这个选项" in text(client.get("/people/?on=2026-09-30&grade=3"))


def test_too_many_to_read_says_how_to_narrow(clerk, world, monkeypatch):
    cast(world)
    monkeypatch.setattr("gugan.records.past.MOST", 2)
    for address in ("/people/?on=2026-09-30", "/people/export/?on=2026-09-30"):
        page = clerk.get(address)
        assert page.status_code == 200 and "这里有 3 人的记录，一次至多读 2 人" in text(page)
    assert names(clerk.get("/people/?on=2026-09-30&street=440703005")) == ["单雄"]


def test_long_list_is_sorted_by_what_is_indexed(clerk, world, monkeypatch):
    cast(world)
    monkeypatch.setattr("gugan.web.pages.people.answering.MOST_SORTED", 2)
    page = clerk.get("/people/?sort=-education")
    assert names(page) == ["林惠珊", "欧阳慧", "单雄"] and "超过 2 人，只能按" in text(page)
    assert names(clerk.get("/people/?sort=-name")) == ["单雄", "欧阳慧", "林惠珊"]
