from datetime import UTC, date, datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from gugan.accounts.queries import NOTHING, OPERATOR, Scope
from gugan.policy import Period
from gugan.records import roster
from gugan.records.clock import end_of_day
from tests.records.conftest import hiring
from tests.records.kinds import CATALOGUE

OCTOBER = Period.month("2026-10")
KNOWN = datetime(2026, 10, 31, 4, tzinfo=UTC)


def read(*columns, scope=OPERATOR, period=OCTOBER, known_at=KNOWN, **more):
    """The table as (person, first day, last day inclusive, values)."""
    return [
        (one.person, one.start.isoformat(), date.fromordinal(one.end.toordinal() - 1).isoformat(), dict(one.values))
        for one in roster.table(scope, period, known_at, columns, CATALOGUE, **more)
    ]


def value(column, **more):
    """The one value of a column in a table of one stretch, or None."""
    [(_person, _start, _end, values)] = read(column, **more)
    return values.get(column)


def test_whole_month_is_one_stretch(book):
    anna = book.hire("安娜")
    assert read("姓名", "用人单位", "学历") == [
        (anna.pk, "2026-10-01", "2026-10-31", {"姓名": "安娜", "用人单位": "440703"})
    ]


def test_change_inside_the_month_cuts(book):
    anna = book.hire("安娜")
    book.add(anna, "岗位", "2021-01-01", 岗位类别="工作人员", 职务="社工")
    book.add(anna, "岗位", "2026-10-12", 岗位类别="副职")
    book.add(anna, "学历", "2026-10-12", 学历="本科")
    assert read("岗位类别", "职务", "学历") == [
        (anna.pk, "2026-10-01", "2026-10-11", {"岗位类别": "工作人员", "职务": "社工"}),
        (anna.pk, "2026-10-12", "2026-10-31", {"岗位类别": "副职", "职务": "社工", "学历": "本科"}),
    ]


@pytest.mark.parametrize("on", ["2026-10-01", "2026-11-01"])
def test_change_on_the_edge_does_not_cut(book, on):
    anna = book.hire("安娜")
    book.add(anna, "岗位", "2021-01-01", 岗位类别="工作人员")
    book.add(anna, "岗位", on, 岗位类别="副职")
    assert value("岗位类别") == ("副职" if on == "2026-10-01" else "工作人员")


def test_what_is_not_asked_or_does_not_differ_does_not_cut(book):
    anna = book.hire("安娜")
    book.add(anna, "岗位", "2021-01-01", 岗位类别="工作人员")
    book.add(anna, "岗位", "2026-10-12", 岗位类别="工作人员")
    book.add(anna, "学历", "2026-10-13", 学历="本科")
    assert read("岗位类别") == [(anna.pk, "2026-10-01", "2026-10-31", {"岗位类别": "工作人员"})]


def test_unknown_date_never_cuts(book):
    anna = book.hire("安娜")
    book.add(anna, "学历", "2026-10-12", unknown=True, 学历="本科")
    assert read("学历") == [(anna.pk, "2026-10-01", "2026-10-31", {"学历": "本科"})]


def test_joiner_and_leaver_keep_their_days(book):
    anna, boris = book.hire("安娜", "2026-10-05", serial=1), book.hire("波里", serial=2)
    book.add(boris, "离职", "2026-10-20", 类别="辞职", 末日="2026-10-20")
    assert read("姓名", "离职末日") == [
        (anna.pk, "2026-10-05", "2026-10-31", {"姓名": "安娜"}),
        (boris.pk, "2026-10-01", "2026-10-20", {"姓名": "波里", "离职末日": "2026-10-20"}),
    ]
    assert [row[0] for row in read("姓名", period=Period.month("2026-11"))] == [anna.pk]
    assert [row[0] for row in read("姓名", period=Period.month("2026-09"))] == [boris.pk]


def test_returning_inside_the_month_leaves_a_gap(book):
    anna = book.hire("安娜")
    book.add(anna, "离职", "2026-10-05", 末日="2026-10-05")
    book.add(anna, "入职", "2026-10-20", 用人单位="440703")
    assert read("姓名", "离职末日") == [
        (anna.pk, "2026-10-01", "2026-10-05", {"姓名": "安娜", "离职末日": "2026-10-05"}),
        (anna.pk, "2026-10-20", "2026-10-31", {"姓名": "安娜"}),
    ]


def test_transfer_belongs_to_each_payer_for_its_days(book):
    anna = book.hire("安娜")
    book.add(anna, "入职", "2026-10-16", 用人单位="440704", 工作社区="440704001101")
    here, there = (Scope(frozenset({("see", code)})) for code in ("440703", "440704"))
    assert read("用人单位", scope=here) == [(anna.pk, "2026-10-01", "2026-10-15", {"用人单位": "440703"})]
    assert read("用人单位", scope=there) == [(anna.pk, "2026-10-16", "2026-10-31", {"用人单位": "440704"})]
    assert len(read("用人单位")) == 2
    assert read("用人单位", payer="440704") == read("用人单位", scope=there)
    assert read("用人单位", scope=here, payer="440704") == []


def test_moving_to_another_community_keeps_the_payer(book):
    anna = book.hire("安娜")
    book.add(anna, "入职", "2026-10-16", 工作社区="440703006101")
    assert read("用人单位", "工作社区") == [
        (anna.pk, "2026-10-01", "2026-10-15", {"用人单位": "440703", "工作社区": "440703002101"}),
        (anna.pk, "2026-10-16", "2026-10-31", {"用人单位": "440703", "工作社区": "440703006101"}),
    ]


def test_nothing_is_seen_without_the_right(book):
    book.hire("安娜", serial=1)
    book.hire("波里", serial=2, payer="440704", place="440704001101")
    assert read("姓名", scope=NOTHING) == []
    assert read("姓名", scope=Scope(frozenset({("pay", "440703")}))) == []
    assert [row[3]["姓名"] for row in read("姓名", scope=Scope(frozenset({("see", "440704")})))] == ["波里"]
    assert read("姓名", scope=Scope(frozenset({("see", "440703002")}))) == []
    assert len(read("姓名", scope=Scope(frozenset({("see", "4407")})))) == 2


def test_worker_sees_only_the_own_person(book):
    anna = book.hire("安娜", serial=1)
    book.hire("波里", serial=2)
    assert [row[0] for row in read("姓名", scope=Scope(person=str(anna.public_id)))] == [anna.pk]
    assert read("姓名", scope=Scope(person="00000000-0000-0000-0000-000000000000")) == []


def test_only_the_people_asked_for(book):
    anna, boris = book.hire("安娜", serial=1), book.hire("波里", serial=2)
    assert [row[0] for row in read("姓名", person_ids=[boris.pk])] == [boris.pk]
    assert read("姓名", person_ids=[]) == []
    assert [row[0] for row in read("姓名")] == [anna.pk, boris.pk]


def test_known_at_brings_back_what_was_known(book):
    anna = book.hire("安娜")
    days = [datetime(2026, 10, day, tzinfo=UTC) for day in (5, 10, 15)]
    first = book.add(anna, "岗位", "2021-01-01", 岗位类别="工作人员", now=days[0])
    second = book.correct(first, "2021-01-01", 岗位类别="正职", now=days[1])
    book.void(second, now=days[2])
    seen = [value("岗位类别", known_at=end_of_day(date(2026, 10, day))) for day in (4, 5, 9, 10, 14, 15)]
    assert seen == [None, "工作人员", "工作人员", "正职", "正职", None]


def test_corrected_void_stands_again(book):
    anna = book.hire("安娜")
    first = book.add(anna, "岗位", "2021-01-01", 岗位类别="工作人员")
    void = book.void(first)
    book.correct(void, "2021-01-01", 岗位类别="副职")
    assert value("岗位类别") == "副职"


def test_readings(book):
    anna = book.hire("安娜")
    book.add(anna, "职业资格", "2022-01-01", 级别="社会工作师", 登记日期="2022-01-01")
    book.add(anna, "职业资格", "2023-01-01", 级别="助理社会工作师", 登记日期="2023-01-01")
    book.add(anna, "职业资格", "2024-01-01", 级别="社会工作师", 聘任=True)
    for year, result in (("2023", "合格"), ("2024", "优秀"), ("2025", "合格")):
        book.add(anna, "年度考核", f"{year}-12-31", 年度=year, 结果=result)
    book.add(anna, "期初余额", "2026-09-30", 已晋级数=3, 累计应发="66263.94")
    book.add(anna, "期初余额", "2026-09-30", 累计应发="0.06")
    book.add(anna, "晋级", "2026-10-15", 级数=1, 因="年度考核优秀")
    book.add(anna, "入职", "2024-01-01", 从事社区工作日期="2015-01-01")
    [(_person, _start, _end, values)] = read(
        "职业资格级别", "社工师登记日期", "历年考核", "历年晋级", "累计应发", "从事社区工作日期", "子女教育月额", "值班次数", "学历",
        "已发月数",
    )  # fmt: skip
    assert values == {
        "职业资格级别": "社会工作师", "社工师登记日期": "2022-01-01",
        "历年考核": {"2023": "合格", "2024": "优秀", "2025": "合格"}, "历年晋级": 4, "累计应发": "66264.00",
        "从事社区工作日期": "2020-03-01", "子女教育月额": "0", "值班次数": 0,
    }  # fmt: skip


def test_month_entries_count_in_their_month_only(book):
    anna = book.hire("安娜")
    book.add(anna, "月度事项", "2026-10-31", 月份="2026-10", 项目="值班", 数量=2)
    book.add(anna, "月度事项", "2026-11-03", 月份="2026-10", 项目="值班", 数量=1)
    book.add(anna, "月度事项", "2026-10-31", 月份="2026-10", 项目="事假", 数量=4)
    book.add(anna, "月度事项", "2026-10-02", 月份="2026-09", 项目="值班", 数量=8)
    assert value("值班次数") == 3
    assert value("值班次数", period=Period.month("2026-09")) == 8
    assert value("值班次数", period=Period.month("2026-11")) == 0


def test_ranges_begin_afresh_or_amend(book):
    anna = book.hire("安娜")
    book.add(anna, "专项附加扣除", "2025-01-01", 项目="子女教育", 月额="1000", 起="2025-01-01", 止="2025-12-31")
    book.add(anna, "专项附加扣除", "2026-03-01", 项目="子女教育", 月额="2000", 起="2026-03-01")
    book.add(anna, "专项附加扣除", "2026-03-01", 项目="赡养老人", 月额="3000", 起="2026-03-01")
    months = ("2025-12", "2026-02", "2026-03", "2026-10")
    assert [value("子女教育月额", period=Period.month(month)) for month in months] == ["1000", "0", "2000", "2000"]
    book.add(anna, "专项附加扣除", "2026-09-30", 项目="子女教育", 止="2026-09-30")
    assert [value("子女教育月额", period=Period.month(month)) for month in ("2026-09", "2026-10")] == ["2000", "0"]


def test_contract_without_an_end_has_none(book):
    anna = book.hire("安娜")
    book.add(anna, "劳动合同", "2022-01-01", 合同号="1", 起="2022-01-01", 止="2024-12-31")
    book.add(anna, "劳动合同", "2024-12-31", 合同号="1", 止="2026-10-14")
    assert value("合同止", period=Period.month("2025-01")) == "2026-10-14"
    book.add(anna, "劳动合同", "2026-10-15", 合同号="2", 起="2026-10-15")
    assert read("合同起", "合同止", "合同数") == [
        (anna.pk, "2026-10-01", "2026-10-14", {"合同起": "2022-01-01", "合同止": "2026-10-14", "合同数": 2}),
        (anna.pk, "2026-10-15", "2026-10-31", {"合同起": "2026-10-15", "合同数": 2}),
    ]


def test_sources_name_the_actions(book):
    anna = book.hire("安娜")
    first = book.add(anna, "岗位", "2021-01-01", 岗位类别="工作人员", 职务="社工")
    second = book.add(anna, "岗位", "2022-01-01", 岗位类别="副职")
    steps = [book.add(anna, "晋级", f"{year}-07-01", 级数=1).pk for year in (2024, 2025)]
    [stretch] = roster.table(OPERATOR, OCTOBER, KNOWN, ["岗位类别", "职务", "历年晋级", "学历"], CATALOGUE)
    assert stretch.sources == {"岗位类别": (second.pk,), "职务": (first.pk,), "历年晋级": tuple(steps)}


def test_unknown_column_is_an_error(book):
    with pytest.raises(KeyError, match="学例"):
        read("学例")


@pytest.mark.parametrize("people", [1, 30])
def test_table_is_one_statement(book, people):
    book.post(*(entry for i in range(people) for entry in hiring("安娜", serial=i)))
    with CaptureQueriesContext(connection) as statements:
        assert len(read(*CATALOGUE.columns)) == people
    assert len(statements) == 1


def test_result_does_not_depend_on_who_else_is_there(book):
    anna = book.hire("安娜", serial=1)
    book.add(anna, "岗位", "2026-10-12", 岗位类别="副职")
    alone = read(*CATALOGUE.columns)
    book.post(*(entry for i in range(2, 9) for entry in hiring("波里", serial=i)))
    assert [row for row in read(*CATALOGUE.columns) if row[0] == anna.pk] == alone
