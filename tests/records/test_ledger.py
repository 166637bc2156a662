from datetime import UTC, date, datetime

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from gugan.accounts import queries as accounts
from gugan.accounts import sealing
from gugan.accounts.models import TrailEntry
from gugan.records import ledger, queries, services
from gugan.records.entries import Entry, LedgerError, NewOrg, NewPerson
from gugan.records.models import EMPLOYED, LEFT, WAITING, Action, Org, Person
from tests.records.conftest import NOW, hiring, number
from tests.records.kinds import CATALOGUE

D = date.fromisoformat


def refused(book, *entries) -> list[str]:
    """Post and return the problems; nothing may have been written."""
    before = Action.objects.count(), Person.objects.count(), TrailEntry.objects.count()
    with pytest.raises(LedgerError) as caught, transaction.atomic():
        book.post(*entries)
    assert (Action.objects.count(), Person.objects.count(), TrailEntry.objects.count()) == before
    return [str(problem) for problem in caught.value.problems]


def test_hire_creates_person_with_caches(book):
    anna = book.hire("单雄信", "2021-05-06", serial=7)
    book.add(anna, "岗位", "2021-05-06", 岗位类别="副职", 职务="副书记")
    anna.refresh_from_db()
    assert (anna.name, anna.pinyin, anna.initials) == ("单雄信", "shan xiong xin", "sxx")
    assert (anna.payer_code, anna.workplace_code) == ("440703", "440703002101")
    assert (anna.post, anna.title, anna.state) == ("副职", "副书记", EMPLOYED)
    assert (anna.hired_on, anna.left_on, anna.born_on) == (D("2021-05-06"), None, D("1990-02-15"))
    assert anna.id_last4 == number(7)[-4:]


def test_caches_stand_at_a_day_and_follow_when_it_comes(book):
    anna = book.hire("安娜", "2026-11-01")
    assert (anna.state, anna.payer_code, anna.next_change_on) == (WAITING, "440703", D("2026-11-01"))
    book.add(anna, "岗位", "2026-11-01", 岗位类别="工作人员")
    book.add(anna, "岗位", "2027-01-01", 岗位类别="正职")
    assert services.refresh_caches(D("2026-11-01")) == 1
    anna.refresh_from_db()
    assert (anna.state, anna.post, anna.next_change_on) == (EMPLOYED, "工作人员", D("2027-01-01"))
    assert services.refresh_caches(D("2026-11-02")) == 0
    book.add(anna, "离职", "2027-02-03", 类别="辞职", 末日="2027-02-03")
    services.refresh_caches(D("2027-02-04"))
    anna.refresh_from_db()
    assert (anna.state, anna.post, anna.left_on) == (LEFT, "正职", D("2027-02-03"))


def test_orm_and_sql_cannot_change_an_action(book):
    anna = book.hire("安娜")
    action = Action.objects.filter(person=anna).first()
    action.basis = "改了"
    for attempt in (
        action.save,
        action.delete,
        lambda: Action.objects.filter(pk=action.pk).update(basis="x"),
        lambda: Action.objects.bulk_update([action], ["basis"]),
    ):
        with pytest.raises(IntegrityError, match="只能追加"), transaction.atomic():
            attempt()
    statements = ["UPDATE records_action SET basis = 'x'", "DELETE FROM records_action"]
    if connection.vendor == "sqlite":
        statements.append(f"INSERT OR REPLACE INTO records_action SELECT * FROM records_action WHERE id = {action.pk}")
    else:
        statements.append("SET CONSTRAINTS ALL IMMEDIATE; TRUNCATE records_action CASCADE")
    for statement in statements:
        with pytest.raises(IntegrityError, match="只能追加"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)
    assert services.verify() == []


def test_subject_is_exactly_one(book):
    anna, org = book.hire("安娜"), Org.objects.get(code="44")
    row = dict(kind="学历", effective_on=D("2021-01-01"), recorded_at=NOW, recorded_by=book.clerk, facts={"专业": "法学"},
               digest="0" * 64)  # fmt: skip
    for subjects in ({}, {"person": anna, "org": org}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Action.objects.create(pk=9999, **row, **subjects)


def test_every_problem_of_a_batch_is_told_at_once(book):
    anna = book.hire("安娜", "2020-03-01")
    day = D("2021-01-01")
    assert refused(
        book,
        Entry("学例", anna, day, {"学历": "本科"}),
        Entry("学历", anna, day, {"学厉": "本科"}),
        Entry("学历", anna, day, {"学历": "大本"}),
        Entry("个人信息", anna, day, {"性别": "男"}),
        Entry("晋级", anna, day, {"级数": 19}),
        Entry("晋级", anna, day, {"级数": 1.5}),
        Entry("期初余额", anna, day, {"累计应发": "12.345"}),
        Entry("参加工作", anna, day, {"参加工作日期": "2019-02-30"}),
        Entry("月度事项", anna, day, {"月份": "2026-13", "项目": "值班", "数量": 1}),
        Entry("年度考核", anna, day, {"结果": "合格"}),
        Entry("职业资格", anna, day, {"级别": "社会工作师", "聘任": "是"}),
        Entry("劳动合同", anna, day, {"起": "2022-01-01", "止": "2021-12-31"}),
        Entry("入职", anna, day, {"工作社区": "440703999999"}),
        Entry("学历", anna, day, {}),
        Entry("适用政策包", anna, day, {"政策包": "9901"}),
        Entry("学历", anna, D("1990-02-14"), {"学历": "本科"}),
        Entry("岗位", anna, D("2020-02-29"), {"岗位类别": "正职"}),
        Entry("离职", anna, day, {"末日": "2019-12-31"}),
    ) == [
        "第 1 条 学例：没有“学例”这个事项；是否“学历”？",
        "第 2 条 学历.学厉：没有“学厉”这个事实；是否“学历”？",
        "第 3 条 学历.学历：没有“大本”这个代码表“学历”的说法；是否“本科”？",
        "第 4 条 个人信息.性别：“男”请写作“男性”",
        "第 5 条 晋级.级数：19 不在 -18 至 18 级 之间",
        '第 6 条 晋级.级数：小数须写成文本，如 "66263.94"',
        "第 7 条 期初余额.累计应发：金额至多两位小数",
        "第 8 条 参加工作.参加工作日期：没有 2019-02-30 这一天",
        "第 9 条 月度事项.月份：月份应写作 2026-10",
        "第 10 条 年度考核.年度：缺“年度”，分不清说的是哪一项",
        "第 11 条 职业资格.聘任：应是 true 或 false",
        "第 12 条 劳动合同.止：止 2021-12-31 早于起 2022-01-01",
        "第 13 条 入职.工作社区：没有代码为“440703999999”的机构",
        "第 14 条 学历：没有任何事实；要撤销一条记录请用撤销",
        "第 15 条 适用政策包：这一事项说的是机构，不是人",
        "第 16 条 学历：生效日期 1990-02-14 早于出生日期 1990-02-15",
        "第 17 条 岗位：生效日期 2020-02-29 早于入职日期 2020-03-01",
        "第 18 条 离职.末日：末日 2019-12-31 早于入职日期 2020-03-01",
    ]


def test_new_people_need_an_id_number_of_their_own(book):
    book.hire("安娜", serial=1)
    wrong = number(3)[:-1] + ("0" if number(3)[-1] != "0" else "1")
    who = [NewPerson(name) for name in "甲乙丙丁戊"]
    day = D("2021-01-01")
    assert refused(
        book,
        Entry("个人信息", who[0], day, {"姓名": "甲"}),
        Entry("个人信息", who[1], day, {"姓名": "乙", "证件号码": number(1)}),
        Entry("个人信息", who[2], day, {"姓名": "丙", "证件号码": number(2)}),
        Entry("个人信息", who[3], day, {"姓名": "丁", "证件号码": number(2)}),
        Entry("个人信息", who[4], day, {"姓名": "戊", "证件号码": wrong}),
    ) == [
        "第 1 条 个人信息.证件号码：新人须有证件号码",
        "第 2 条 个人信息.证件号码：这个证件号码已在册；请记在此人名下",
        "第 4 条 个人信息.证件号码：与第 3 条是同一个证件号码，却是两个人",
        f"第 5 条 个人信息.证件号码：校验码不对：最后一位应是 {number(3)[-1]}，请核对原件",
    ]


def test_errors_hold_no_sealed_value(book):
    problems = refused(
        book, Entry("个人信息", NewPerson("x"), D("2021-01-01"), {"姓名": "x", "证件号码": "440799199002150029"})
    )
    assert "440799199002150029" not in "".join(problems)


def test_a_long_list_of_problems_is_shown_in_part(book):
    anna = book.hire("安娜")
    with pytest.raises(LedgerError) as caught:
        book.post(*[Entry("学历", anna, D("2021-01-01"), {"学历": "大本"})] * 50)
    assert len(caught.value.problems) == 50
    assert str(caught.value).splitlines()[20:] == ["……共 50 处"]


def test_employment_needs_a_hire(book):
    who = NewPerson("x")
    assert refused(
        book,
        Entry("个人信息", who, D("2021-01-01"), {"姓名": "甲", "证件号码": number(1)}),
        Entry("岗位", who, D("2021-01-01"), {"岗位类别": "正职"}),
    ) == ["第 2 条 岗位：此人没有入职记录；请先记入职"]


def test_personal_facts_may_lie_before_the_hire(book):
    anna = book.hire("安娜", "2020-03-01")
    book.add(anna, "参加工作", "2012-07-01", 参加工作日期="2012-07-01")
    book.add(anna, "学历", "2012-06-30", 学历="本科")
    assert Action.objects.filter(person=anna).count() == 4


def test_second_leave_is_refused_until_the_first_is_taken_back(book):
    anna = book.hire("安娜")
    first = book.add(anna, "离职", "2026-05-31", 末日="2026-05-31")
    assert refused(book, Entry("离职", anna, D("2026-08-31"), {"末日": "2026-08-31"})) == [
        "第 1 条 离职.末日：2026-08-31 时此人不在职，可能已记过离职；要改请用更正"
    ]
    book.correct(first, "2026-08-31", 末日="2026-08-31")
    anna.refresh_from_db()
    assert anna.left_on == D("2026-08-31")


def test_correction_and_void_replace_once(book):
    anna = book.hire("安娜")
    first = book.add(anna, "岗位", "2021-01-01", 岗位类别="副职")
    second = book.correct(first, "2021-02-01", 岗位类别="正职")
    entry = Entry("岗位", anna, D("2021-01-01"), {"岗位类别": "工作人员"}, replaces=first.pk)
    assert refused(book, entry) == [f"第 1 条 岗位：第 {first.pk} 号已被更正或撤销；请更正最新的那一条"]
    book.void(second)
    anna.refresh_from_db()
    assert anna.post == ""
    lines = [(line.note.id, line.stands, line.replaces, line.replaced_by)
             for line in queries.history(accounts.OPERATOR, anna) if line.note.kind == "岗位"]  # fmt: skip
    void = second.pk + 1
    assert sorted(lines) == [(first.pk, False, None, second.pk), (second.pk, False, first.pk, void),
                             (void, False, second.pk, None)]  # fmt: skip
    acts = [entry.act for action in (first.pk, second.pk, void) for entry in accounts.trail_of(f"action:{action}")]
    assert acts == ["记录", "更正", "撤销"]


def test_caches_are_written_through_a_stale_object(book):
    anna = book.hire("安娜")
    stale = Person.objects.get(pk=anna.pk)
    post = book.add(anna, "岗位", "2021-01-01", 岗位类别="副职")
    book.post(Entry("岗位", stale, D("2021-01-01"), {}, replaces=post.pk))
    assert Person.objects.get(pk=anna.pk).post == ""
    assert services.verify() == []


def test_correction_keeps_subject_and_kind(book):
    anna, boris = book.hire("安娜", serial=1), book.hire("波里", serial=2)
    first = book.add(anna, "岗位", "2021-01-01", 岗位类别="副职")
    assert refused(book, Entry("岗位", boris, D("2021-01-01"), {"岗位类别": "正职"}, replaces=first.pk)) == [
        f"第 1 条 岗位：此人或机构没有第 {first.pk} 号记录，不能更正"
    ]
    assert refused(book, Entry("学历", anna, D("2021-01-01"), {"学历": "本科"}, replaces=first.pk)) == [
        f"第 1 条 学历：第 {first.pk} 号是岗位，不能更正成学历；请撤销后另记"
    ]


def test_same_day_order_is_recorded_then_id(book):
    anna = book.hire("安娜")
    later = datetime(2026, 10, 2, tzinfo=UTC)
    book.add(anna, "岗位", "2026-01-01", 岗位类别="正职", now=later)
    book.post(Entry("岗位", anna, D("2026-01-01"), {"岗位类别": "工作人员"}),
              Entry("岗位", anna, D("2026-01-01"), {"岗位类别": "副职"}), now=NOW)  # fmt: skip
    anna.refresh_from_db()
    assert anna.post == "正职"


def test_sealed_values_are_nowhere_in_clear(book, settings):
    anna = book.hire("安娜", serial=5)
    book.add(anna, "银行账户", "2021-01-01", 账号="6222029876543210123")
    secrets = (number(5), "13800000005", "6222029876543210123")
    with connection.cursor() as cursor:
        for name in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT * FROM "{name}"')
            text = repr([tuple(map(_plain, row)) for row in cursor.fetchall()])
            assert not [secret for secret in secrets if secret in text], name
    assert queries.open_id_number(accounts.OPERATOR, anna) == number(5)
    account = Action.objects.get(person=anna, kind="银行账户").facts["账号"]
    assert account["末四位"] == "0123"
    assert sealing.open_facts([("银行账户.账号", account)]) == ["6222029876543210123"]


def _plain(value):
    return bytes(value) if isinstance(value, memoryview) else value


def test_erasure_leaves_rows_and_takes_values(book):
    anna = book.hire("安娜", serial=5)
    services.erase(anna, by=book.clerk, now=NOW, reason="本人申请")
    assert queries.open_id_number(accounts.OPERATOR, anna) is None
    assert services.verify() == [] and accounts.verify_trail() == []
    assert services.rebuild_caches() == 0
    assert refused(book, Entry("银行账户", anna, D("2021-01-01"), {"账号": "6222029876543210123"})) == [
        "第 1 条 银行账户.账号：此人的密钥已抹除，不能再记封存的事实"
    ]


def test_statement_count_does_not_grow(book):
    def count(start: int, people: int) -> int:
        entries = [entry for i in range(people) for entry in hiring("安娜", serial=start + i)]
        with CaptureQueriesContext(connection) as statements:
            book.post(*entries)
        return len(statements)

    assert count(0, 10) == count(100, 300) <= 20


def test_rebuild_reproduces_and_verify_names_what_differs(book):
    anna, boris = book.hire("安娜", serial=1), book.hire("波里", serial=2)
    book.add(boris, "离职", "2026-05-31", 末日="2026-05-31")
    before = list(Person.objects.order_by("pk").values())
    assert services.verify() == [] and services.rebuild_caches() == 0
    Person.objects.filter(pk=anna.pk).update(name="别人", state=LEFT)
    Org.objects.filter(code="440704").update(name="别处")
    assert services.verify() == [
        f"第 {anna.pk} 号人员的列表缓存与台账不符：姓名、状态；用 gugan records rebuild 重建",
        "机构 440704 的缓存与台账不符；用 gugan records rebuild 重建",
    ]
    assert services.rebuild_caches() == 2
    assert list(Person.objects.order_by("pk").values()) == before


def test_organisations_come_from_actions(book):
    street = Org.objects.get(code="440703002")
    assert (street.name, street.kind, street.parent.code) == ("白沙街道", "街道", "440703")
    again = services.load_divisions(
        [("440703002", "白沙", "街道", "440703")], by=book.clerk, now=NOW, catalogue=CATALOGUE
    )
    assert [action.kind for action in again] == ["机构设立"]
    assert (
        services.load_divisions([("440703002", "白沙", "街道", "440703")], by=book.clerk, now=NOW, catalogue=CATALOGUE)
        == []
    )
    street.refresh_from_db()
    assert street.name == "白沙"
    assert queries.payer_for("440703002101") is None
    services.name_pack("440703", "9901", D("2024-07-01"), by=book.clerk, now=NOW, catalogue=CATALOGUE)
    assert queries.payer_for("440703002101").code == "440703"
    assert queries.payer_for("440704001101") is None
    assert refused(
        book,
        Entry("机构设立", NewOrg("440703"), D("2024-07-01"), {"代码": "440703", "名称": "又一个", "类别": "区县"}),
        Entry("机构设立", NewOrg("440705"), D("2024-07-01"), {"代码": "440705", "名称": "新会区", "类别": "区县", "上级": "4499"}),
    ) == ["第 1 条 机构设立.代码：已有代码为“440703”的机构", "第 2 条 机构设立.上级：没有代码为“4499”的机构"]  # fmt: skip


def test_post_of_nothing_writes_nothing(book):
    assert ledger.post([], by=book.clerk, now=NOW, catalogue=CATALOGUE) == []
