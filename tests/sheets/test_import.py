"""From a workbook into the ledger: what is posted, what is not, and that nothing is left behind where it fails."""

from datetime import UTC, date, datetime

import pytest

from gugan import policy
from gugan.accounts import services as accounts
from gugan.accounts.models import Grant, TrailEntry
from gugan.records import divisions, queries
from gugan.records import services as records
from gugan.records.models import Action, Batch, Person
from gugan.sheets import services
from gugan.sheets.models import RememberedMapping
from tests.sheets.conftest import DEMO, ROOT, TODAY, number_of, workbook

NOW = datetime(2026, 10, 31, 1, tzinfo=UTC)
A, B = number_of(123, "19900415"), number_of(124, "19881203")
TITLE = [["花名册"], ["填报时间：2026年10月31日"]]
HEADER = ["姓名", "性别", "身份证号码", "社区", "岗位类别", "从事社区工作时间", "社工证级别", "取得日期", "登记日期", "合同起始", "合同终止",
          "上年度考核", "联系电话"]  # fmt: skip
ZHOU = ["周甲", "男", A, "白沙街道羊桥社区", "正职", "2015.07", "社工师", "2018-06-20", "2019-03-05", "2024-01-01", "2026-12-31", "优秀",
        "13900000001"]  # fmt: skip
WU = [
    "吴乙",
    "女",
    B,
    "白沙街道迦南社区",
    "工作人员",
    "2020-03-01",
    "无",
    "",
    "",
    "2023-03-01",
    "2026-02-28",
    "合格",
    "13900000002",
]
OPENING = [
    "姓名",
    "身份证号码",
    "年初至今应发合计",
    "养老等缴费基数",
    "子女教育(月)",
    "职业水平是否聘任",
    "银行账号",
    "2024年考核",
]


@pytest.fixture
def clerk(db):
    user = accounts.create_user("经办", by=None, now=NOW)
    accounts.grant(user, Grant.Role.CLERK, prefix="440703", since=date(2024, 1, 1), by=None, now=NOW)
    rows = [("44", "广东省", "省", ""), ("4407", "江门市", "市", "44"),
            *divisions.read_csv(DEMO / "pengjiang_440703.csv")]  # fmt: skip
    rows = list({row[0]: row for row in rows}.values())
    records.load_divisions(rows, by=user, now=NOW, catalogue=policy.load("00", ROOT / "policies").catalogue)
    return user


@pytest.fixture
def bring(clerk, tmp_path):
    """Import rows under the heading of a roster, or a whole workbook."""

    def bring(rows, header=HEADER, title=TITLE, by=clerk, today=TODAY, name="名册.xlsx", **terms):
        path = tmp_path / name
        path.write_bytes(workbook(("表", [*title, header, *rows])))
        return services.import_file(path, by=by, now=NOW, today=today, **terms)

    return bring


def changed(row, **values):
    return [values.get(name, value) for name, value in zip(HEADER, row, strict=True)]


def actions(kind=None, name="周甲"):
    found = Person.objects.get(name=name).actions.order_by("effective_on", "recorded_at", "id")
    return [
        (str(each.effective_on), each.date_unknown, plain(each.facts)) for each in found if kind in (None, each.kind)
    ]


def plain(facts):
    return {name: value for name, value in facts.items() if not isinstance(value, dict)}


def codes(result):
    return [(each.row, each.column, each.code) for each in result.errors]


def counts():
    return Action.objects.count(), Person.objects.count(), Batch.objects.count(), TrailEntry.objects.count()


def test_a_first_import_dates_facts_by_themselves_or_by_the_first_known_day(bring):
    result = bring([ZHOU, WU])
    assert (result.taken, result.counts, result.payer) == (True, {"新增": 2, "变化": 0, "相同": 0}, "440703002")
    person = Person.objects.get(name="周甲")
    kinds = [(str(each.effective_on), each.kind, each.date_unknown, plain(each.facts))
             for each in person.actions.order_by("effective_on", "kind", "id")]  # fmt: skip
    assert kinds == [
        ("2015-07-01", "个人信息", True, {"姓名": "周甲", "出生日期": "1990-04-15", "性别": "男性"}),
        (
            "2015-07-01",
            "入职",
            False,
            {"用人单位": "440703002", "工作社区": "440703002101", "从事社区工作日期": "2015-07-01"},
        ),
        ("2015-07-01", "岗位", True, {"岗位类别": "正职"}),
        ("2018-06-20", "职业资格", False, {"级别": "社会工作师", "取得日期": "2018-06-20"}),
        ("2019-03-05", "职业资格", False, {"级别": "社会工作师", "登记日期": "2019-03-05"}),
        ("2024-01-01", "劳动合同", False, {"合同号": "无号-2024-01-01", "起": "2024-01-01", "止": "2026-12-31"}),
        ("2025-12-31", "年度考核", False, {"年度": "2025", "结果": "优秀"}),
    ]
    assert "职业资格" not in [each.kind for each in Person.objects.get(name="吴乙").actions.all()]
    first = person.actions.first()
    assert first.basis == "名册.xlsx 表 第 4 行"
    assert first.batch == result.batch
    assert (result.batch.kind, result.batch.label, len(result.batch.source_digest)) == ("导入", "名册.xlsx", 64)
    assert first.recorded_at == NOW


def test_personal_numbers_are_sealed_and_in_no_trail(bring):
    bring([ZHOU])
    stored = str(list(Action.objects.values_list("facts", "basis"))) + str(list(TrailEntry.objects.values()))
    assert A not in stored
    assert "13900000001" not in stored


def test_the_same_file_again_changes_nothing(bring):
    bring([ZHOU, WU])
    before = counts()
    result = bring([ZHOU, WU])
    assert (result.posted, result.taken, result.batch) == (0, True, None)
    assert result.counts == {"新增": 0, "变化": 0, "相同": 2}
    assert counts() == before


def test_the_whole_demo_twice(clerk):
    for name, posted in (("roster-pengjiang-2026-10.xlsx", 10156), ("opening-pengjiang-2026-09.xlsx", 17861)):
        for expected in (posted, 0):
            result = services.import_file(DEMO / name, by=clerk, now=NOW, today=TODAY)
            assert (result.people, result.posted, result.errors) == (1214, expected, [])
    assert Person.objects.count() == 1214
    assert Batch.objects.count() == 2


def test_with_an_error_nothing_is_taken(bring):
    before = counts()
    result = bring([ZHOU, changed(WU, 合同终止="2019.13")])
    assert (result.taken, result.posted, result.refused) == (False, 0, 1)
    assert codes(result) == [(5, "K", "S301")]
    assert counts() == before


def test_good_rows_are_taken_only_when_told_and_bad_ones_left_out_whole(bring):
    result = bring([ZHOU, changed(WU, 合同终止="2019.13")], skip_bad_rows=True)
    assert (result.taken, result.refused) == (True, 1)
    assert list(Person.objects.values_list("name", flat=True)) == ["周甲"]
    again = bring([ZHOU, WU], skip_bad_rows=True)
    assert again.counts == {"新增": 1, "变化": 0, "相同": 1}


def test_the_faulty_roster_leaves_nothing_and_then_its_good_rows(clerk):
    before = counts()
    path = DEMO / "roster-with-faults.xlsx"
    stopped = services.import_file(path, by=clerk, now=NOW, today=TODAY)
    assert (stopped.taken, len(stopped.errors)) == (False, 20)
    assert counts() == before
    taken = services.import_file(path, by=clerk, now=NOW, today=TODAY, skip_bad_rows=True)
    assert (taken.taken, taken.refused, Person.objects.count()) == (True, 22, 278)


def test_a_dry_run_writes_nothing_and_needs_nobody(bring):
    before = counts()
    result = bring([ZHOU], by=None, dry_run=True)
    assert (result.taken, result.posted, result.would_post, result.counts["新增"]) == (False, 0, 7, 1)
    assert counts() == before
    with pytest.raises(services.ImportRefused):
        bring([ZHOU], by=None)


def test_what_the_ledger_refuses_is_a_problem_of_its_row_and_leaves_nothing(bring):
    before = counts()
    early = changed(WU, 合同起始="2019-03-01", 合同终止="2022-02-28")
    result = bring([ZHOU, early])
    assert codes(result) == [(5, "", "S508")]
    assert "早于入职日期 2020-03-01" in result.errors[0].message
    assert (result.taken, counts()) == (False, before)
    taken = bring([ZHOU, early], skip_bad_rows=True)
    assert (taken.taken, taken.refused, Person.objects.count()) == (True, 1, 1)


def test_a_changed_fact_without_a_date_asks_from_when(bring):
    bring([ZHOU])
    promoted = changed(ZHOU, 岗位类别="副职", 社区="白沙街道迦南社区")
    before = counts()
    result = bring([promoted])
    assert [(each.row, each.column, each.code, each.message) for each in result.errors] == [
        (
            4,
            "D",
            "S502",
            "“工作社区”由“羊桥社区居委会”变成“迦南社区居委会”，表里没有写从哪天起。请用 --effective 给出生效日，再导入。",
        ),
        (4, "E", "S502", "“岗位类别”由“正职”变成“副职”，表里没有写从哪天起。请用 --effective 给出生效日，再导入。"),
    ]
    assert counts() == before
    taken = bring([promoted], effective_on=date(2026, 11, 1))
    assert (taken.posted, taken.counts["变化"]) == (2, 1)
    assert actions("岗位")[-1] == ("2026-11-01", False, {"岗位类别": "副职"})
    assert actions("入职")[-1] == ("2026-11-01", False, {"用人单位": "440703002", "工作社区": "440703002102"})
    assert bring([promoted]).posted == 0


def test_a_changed_date_corrects_the_action_it_stood_in(bring):
    bring([ZHOU])
    result = bring(
        [changed(ZHOU, 取得日期="2018-06-25", 合同终止="2027-01-31", 上年度考核="合格", 从事社区工作时间="2015-06-15")]
    )
    assert (result.errors, result.posted) == ([], 4)
    person = Person.objects.get(name="周甲")
    replaced = {each.kind: (each.replaces.facts, each.facts, str(each.effective_on))
                for each in person.actions.exclude(replaces=None)}  # fmt: skip
    assert replaced["职业资格"] == (
        {"级别": "社会工作师", "取得日期": "2018-06-20"},
        {"级别": "社会工作师", "取得日期": "2018-06-25"},
        "2018-06-25",
    )
    assert replaced["劳动合同"][1]["止"] == "2027-01-31"
    assert replaced["年度考核"][1] == {"年度": "2025", "结果": "合格"}
    assert replaced["入职"][1] == {
        "用人单位": "440703002",
        "工作社区": "440703002101",
        "从事社区工作日期": "2015-06-15",
    }
    assert person.hired_on is None or str(Person.objects.get(name="周甲").hired_on) == "2015-06-15"


def test_a_new_contract_and_certificate_are_actions_of_their_own(bring):
    bring([ZHOU])
    result = bring(
        [
            changed(
                ZHOU,
                合同起始="2027-01-01",
                合同终止="2029-12-31",
                社工证级别="高级",
                取得日期="2026-09-01",
                登记日期="",
            )
        ]
    )
    assert (result.errors, result.posted) == ([], 2)
    assert actions("劳动合同")[-1][2]["合同号"] == "无号-2027-01-01"
    assert actions("职业资格")[-1] == ("2026-09-01", False, {"级别": "高级社会工作师", "取得日期": "2026-09-01"})


def test_a_blank_never_takes_a_fact_away_and_a_filled_one_is_as_of_the_first_day(bring):
    bring([changed(ZHOU, 岗位类别="", 联系电话="")])
    assert bring([ZHOU]).posted == 2
    assert actions("岗位") == [("2015-07-01", True, {"岗位类别": "正职"})]
    assert bring([changed(ZHOU, 岗位类别="", 联系电话="", 上年度考核="")]).posted == 0


def test_opening_balances_belong_to_people_who_are_known(bring):
    bring([ZHOU, WU])
    rows = [["周甲", A, 56230.1, 6020, 2000, "是", "6200000006087013615", "优秀"]]
    title = [["期初数据(截至2026年9月30日)"]]
    result = bring(rows, OPENING, title)
    assert result.errors == []
    assert actions("期初余额") == [("2026-09-30", False, {"截至": "2026-09-30", "累计应发": "56230.10"})]
    assert actions("缴费基数") == [
        ("2015-07-01", True, {"险种": name, "基数": "6020.00"})
        for name in ("养老保险", "医疗保险", "失业保险", "工伤保险")
    ]
    assert actions("专项附加扣除") == [("2015-07-01", True, {"项目": "子女教育", "月额": "2000.00"})]
    assert ("2015-07-01", True, {"级别": "社会工作师", "聘任": True}) in actions("职业资格")
    assert actions("年度考核") == [
        ("2024-12-31", False, {"年度": "2024", "结果": "优秀"}),
        ("2025-12-31", False, {"年度": "2025", "结果": "优秀"}),
    ]
    assert bring(rows, OPENING, title).posted == 0


def test_opening_balances_of_strangers_and_of_another_name_are_refused(bring):
    bring([ZHOU])
    before = counts()
    rows = [["周丙", A, 1, 6020, "", "", "", ""], ["吴乙", B, 1, 6020, "", "", "", ""]]
    result = bring(rows, OPENING, [["期初数据(截至2026年9月30日)"]])
    assert codes(result) == [(3, "A", "S507"), (4, "B", "S501")]
    assert counts() == before


def test_opening_balances_without_their_day_are_refused(bring):
    bring([ZHOU])
    result = bring([["周甲", A, 1, 6020, "", "", "", ""]], OPENING, [["期初数据"]])
    assert [each.code for each in result.errors] == ["S504"]
    assert result.taken is False


def test_a_new_base_of_somebody_who_has_one_asks_from_when(bring):
    bring([ZHOU])
    title = [["期初数据(截至2026年9月30日)"]]
    bring([["周甲", A, 1, 6020, "", "", "", ""]], OPENING, title)
    result = bring([["周甲", A, 1, 6500, "", "", "", ""]], OPENING, title)
    assert {each.code for each in result.errors} == {"S502"}
    assert len(result.errors) == 4
    taken = bring([["周甲", A, 1, 6500, "", "", "", ""]], OPENING, title, effective_on=date(2026, 7, 1))
    assert taken.posted == 4
    assert actions("缴费基数")[-1] == ("2026-07-01", False, {"险种": "工伤保险", "基数": "6500.00"})


def test_who_may_not_import_for_a_payer_posts_nothing(bring, clerk):
    other = accounts.create_user("外区", by=None, now=NOW)
    accounts.grant(other, Grant.Role.CLERK, prefix="440704", since=date(2024, 1, 1), by=None, now=NOW)
    before = counts()
    with pytest.raises(accounts.NotAllowed):
        bring([ZHOU], by=other)
    assert counts() == before


def test_the_payer_is_named_or_the_nearest_division_with_a_pack(bring, clerk):
    catalogue = policy.load("00", ROOT / "policies").catalogue
    records.name_pack("440703", "9901", date(2024, 7, 1), by=clerk, now=NOW, catalogue=catalogue)
    assert bring([ZHOU]).payer == "440703"
    assert bring([WU], payer="440703002").payer == "440703002"
    assert Person.objects.get(name="吴乙").payer_code == "440703002"
    with pytest.raises(services.ImportRefused, match="440799"):
        bring([WU], payer="440799")


def test_people_of_the_payer_who_are_not_in_the_sheet_are_counted_and_left_alone(bring):
    bring([ZHOU, WU], payer="440703")
    before = counts()
    assert bring([ZHOU], payer="440703").absent == 1
    assert counts() == before


def test_what_was_read_is_what_the_lists_show(bring, clerk):
    bring([ZHOU, WU])
    person = queries.find_person(accounts.queries.scope_of(clerk, on=TODAY), A)
    assert (person.name, person.post, person.workplace_code, person.id_last4) == (
        "周甲",
        "正职",
        "440703002101",
        A[-4:],
    )
    assert records.verify() == []


def test_a_mapping_is_remembered_by_form(bring, clerk):
    header = ["姓名", "身份证号码", "社区", "从事社区工作时间", "取证时间", "社工证级别"]
    row = ["周甲", A, "白沙街道羊桥社区", "2015-07-01", "2018-06-20", "社工师"]
    first = bring([row], header, dry_run=True)
    assert first.reading.confidence["取证时间"] == 88
    services.remember(
        first.reading.sheets[0].form, {**first.reading.mapped, "取证时间": "职业资格.登记日期"}, by=clerk, now=NOW
    )
    again = bring([row], header)
    assert again.reading.confidence["取证时间"] == 100
    assert actions("职业资格") == [("2018-06-20", False, {"级别": "社会工作师", "登记日期": "2018-06-20"})]
    services.remember(first.reading.sheets[0].form, {"取证时间": ""}, by=clerk, now=NOW)
    assert RememberedMapping.objects.count() == 1
    assert "取证时间" in bring([row], header, dry_run=True).reading.unmapped
