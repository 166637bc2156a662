"""Why this figure: the tree of a payslip line, word for word, and what it must say of every rule."""

import json
import re
import unicodedata
from decimal import Decimal

import pytest

from gugan import policy
from tests.policy.helpers import OCTOBER, POLICIES, person, rules

REAL = policy.load("9901", POLICIES)
LIN = {
    "岗位类别": "副职",
    "学历": "本科",
    "社工师聘任": True,
    "社工师登记日期": "2025-06-20",
    "历年晋级": 4,
    "历年考核": {str(year): "合格" for year in range(2012, 2026)},
    "从事社区工作日期": "2012-03-01",
    "值班次数": 3,
    "养老缴费基数": "6020.00",
    "身份": "社区工作者",
}
EXAMPLE = "〔示例〕示例（参照 domain.md §2.2 的薪酬公式，不是任何地方的文件），参照："
GRADES = "〔示例〕示例（参照三岗十八级的通行写法，不是任何地方的文件），参照："
WHERE = "  自 2024-07-01  [9901-示例三岗十八级]"


def explain(want, **values):
    return policy.explain(REAL, person(**{**LIN, **values}), OCTOBER, want)


def test_line_of_a_payslip_word_for_word():
    assert explain("基本报酬").as_text() == "\n".join(
        [
            "基本报酬 = 4312.00 元",
            "│ 月薪酬标准 6160.00 × 基本占比 70%",
            f"│ 依据 {EXAMPLE}月薪酬标准的百分之七十，按月发放；月中进出或变动的按日历天数折算{WHERE}",
            "│ 月薪酬标准 = 6160.00 元",
            "│ │ 薪酬基准 4000.00 × 等级系数 1.54",
            f"│ │ 依据 {EXAMPLE}薪酬基准乘以等级系数{WHERE}",
            "│ │ 薪酬基准 = 4000.00 元",
            "│ │ │ 4000",
            f"│ │ │ 依据 {EXAMPLE}薪酬基准每年公布  自 2026-01-01  [9901-示例三岗十八级]",
            "│ │ 岗位等级 = 10 级",
            "│ │ │ 起点等级 6 + 晋级级数 4，不超过 等级区间.止 15",
            f"│ │ │ 例外 不适用：本地核定了等级（没有 核定等级）  依据 {GRADES}本地核定的，按核定",
            f"│ │ │ 依据 {GRADES}等级不超过所任岗位最高等级{WHERE}",
            "│ │ │ ▣ 核定等级 没有记录",
            "│ │ │ 起点等级 = 6 级",
            "│ │ │ │ 等级区间.起 4 + 学历加级 1 + 职业资格加级 1",
            f"│ │ │ │ 依据 {GRADES}从所任岗位最低等级起定；学历、职业资格各加级{WHERE}",
            "│ │ │ │ ▣ 岗位类别 副职",
            "│ │ │ │ 等级区间.起［岗位类别 副职］ = 4 级",
            f"│ │ │ │ │ 依据 {GRADES}正职7至18级，副职4至15级，工作人员1至12级{WHERE}",
            "│ │ │ │ ▣ 学历 本科",
            "│ │ │ │ 学历加级［学历 本科］ = 1 级",
            f"│ │ │ │ │ 依据 {GRADES}本科加1级，硕士加2级，博士加3级{WHERE}",
            "│ │ │ │ 职业资格加级 = 1 级",
            "│ │ │ │ │ 社会工作师已聘任：1",
            "│ │ │ │ │ 就高 采用：社会工作师已聘任（有 社工师聘任 且 社工师聘任 是） 1 级",
            "│ │ │ │ │ 就高 不适用：高级社会工作师已聘任（没有 高级聘任）",
            f"│ │ │ │ │ 依据 {GRADES}取得并聘任的，社会工作师加1级，高级社会工作师加2级，就高不叠加{WHERE}",
            "│ │ │ │ │ ▣ 社工师聘任 是",
            "│ │ │ │ │ ▣ 高级聘任 没有记录",
            "│ │ │ 晋级级数 = 4 级",
            "│ │ │ │ 历年晋级 4",
            f"│ │ │ │ 依据 {GRADES}按台账上历次晋级和期初晋级数相加；都没有记录的才按推算{WHERE}",
            "│ │ │ │ ▣ 历年晋级 4 级",
            "│ │ │ ▣ 岗位类别 副职",
            "│ │ │ 等级区间.止［岗位类别 副职］ = 15 级",
            f"│ │ │ │ 依据 {GRADES}正职7至18级，副职4至15级，工作人员1至12级{WHERE}",
            "│ │ 等级系数［岗位等级 10］ = 1.54",
            f"│ │ │ 依据 {EXAMPLE}一级系数为1.00，每高一级增加0.06{WHERE}",
            "│ 基本占比 = 70%",
            "│ │ 70%",
            f"│ │ 依据 {EXAMPLE}月薪酬标准的百分之七十作为基本报酬{WHERE}",
        ]
    )


def test_two_stretches_are_shown_with_their_days():
    people = [*person(1, (1, 15), **LIN), *person(1, (16, 31), **{**LIN, "历年晋级": 5})]
    tree = policy.explain(REAL, people, OCTOBER, "基本报酬")
    assert tree.value == "4398.71"
    assert tree.substituted == (
        "（月薪酬标准 6160.00 × 15/31 天 + 月薪酬标准 6400.00 × 16/31 天） × 基本占比 70% ＝ 4398.709677…，四舍五入到分"
    )
    assert [child.name for child in tree.children] == ["月薪酬标准", "月薪酬标准", "基本占比"]


def every(tree):
    yield tree
    for child in tree.children:
        yield from every(child)


@pytest.mark.parametrize("want", ["实发工资", "单位承担", "岗位等级", "纳入核算", "推算晋级"])
@pytest.mark.parametrize(
    "values", [{}, {"学历": None, "历年晋级": None}, {"核定等级": 12}], ids=["known", "missing", "fixed"]
)
def test_every_rule_in_the_tree_has_a_basis_a_start_and_a_pack(want, values):
    found = list(every(explain(want, **values)))
    assert found
    for tree in found:
        if tree.kind in ("规则", "表") and not tree.repeat:
            assert tree.basis["文件"] and (tree.basis.get("条") or tree.basis.get("参照")), tree.name
            assert tree.since and tree.pack, tree.name
        if tree.kind == "规则" and not tree.repeat:
            assert tree.formula and tree.substituted, tree.name


def test_fact_names_where_it_came_from():
    stretch = policy.Stretch(1, OCTOBER.start, OCTOBER.end, LIN, {"学历": (17,), "历年考核": (3, 5)})
    tree = policy.explain(REAL, [stretch], OCTOBER, "起点等级")
    (leaf,) = [t for t in every(tree) if t.name == "学历" and t.kind == "事实"]
    assert leaf.as_dict() == {
        "name": "学历",
        "kind": "事实",
        "value": "本科",
        "known": True,
        "source": (17,),
        "children": [],
    }


def test_what_is_missing_is_said_all_the_way_up():
    tree = explain("应发工资", 学历=None)
    assert not tree.known
    assert tree.value == "算不出：缺学历"
    assert "▣ 学历 没有记录" in tree.as_text()


def test_exception_that_wins_is_named_with_its_own_basis():
    tree = explain("岗位等级", 核定等级=12)
    assert (tree.value, tree.note) == ("12", "例外：本地核定了等级")
    assert tree.basis["参照"] == "本地核定的，按核定"
    assert tree.substituted == "核定等级 12"


def test_general_rule_names_the_exceptions_that_were_considered():
    assert explain("岗位等级").note == "没有例外：本地核定了等级"


def test_first_that_fits_is_named():
    tree = explain("纳入核算", 身份="公务员")
    assert (tree.value, tree.note) == ("否", "身份是公务员，不由街道签劳动合同，工资不在这里核算")


def test_default_is_named():
    tree = explain("上年考核", 历年考核={"2024": "优秀"})
    assert (tree.value, tree.note) == ("合格", "缺上年考核记录，按合格（缺省）")


def test_value_that_was_given_says_so():
    tree = explain("应发工资", 应发工资="5000.00")
    assert (tree.kind, tree.value, tree.note) == ("给定", "5000.00", "直接给出的值，没有按规则算")
    assert tree.children == []


def test_tax_shows_the_derived_quick_deduction():
    pack = policy.load("00", POLICIES)
    tree = policy.explain(pack, person(累计应纳税所得额="37000.00"), OCTOBER, "累计应预扣税额")
    assert tree.substituted == "累计应纳税所得额 37000.00 × 10% − 速算扣除数 2520.00"
    assert tree.value == "1180.00"


def test_quotation_is_printed_with_its_clause():
    pack = policy.load("00", POLICIES)
    tree = policy.explain(pack, person(累计月数=10), OCTOBER, "累计减除费用")
    assert tree.as_text(0) == "\n".join(
        [
            "累计减除费用 = 50000.00 元",
            "│ 每月减除费用 5000.00 × 累计月数 10",
            "│ 依据 《个人所得税扣缴申报管理办法（试行）》第六条“累计减除费用，按照5000元/月乘以纳税人当年截至本月在本单位的"
            "任职受雇月份数计算。”  自 2019-01-01  [00-全国]",
        ]
    )


def test_unknown_earlier_row_is_what_has_to_be_known():
    pack = rules(
        """
  档:
    单位: 级
    依据: {文件: 例, 参照: 试验}
    自 2020-01-01:
      首个:
        - {说: 本科以上, 当: 学历 ≥ 本科, 得: 3}
        - {说: 其他人, 得: 1}
"""
    )
    tree = policy.explain(pack, person(), OCTOBER, "档")
    assert (tree.value, tree.substituted) == ("算不出：缺学历", "要先知道：本科以上")


def test_depth_cuts_the_text_not_the_data():
    tree = explain("应发工资")
    assert tree.as_text(0).count("\n") == 2
    assert tree.as_dict()["children"][0]["children"]


FORMS = rules(
    """
  津贴:
    单位: 元
    依据: {文件: 例, 参照: 试验}
    自 2020-01-01:
      累加:
        - {说: 聘任的, 当: 聘任, 得: 100}
        - {说: 本科的, 当: 学历 = 本科, 得: 工资 × 2, 依据: {文件: 例, 参照: 本科的另加}}
        - {说: 正职的, 当: 岗位 = 正职, 得: 50}
      封顶: 300
  资格:
    依据: {文件: 例, 参照: 试验}
    自 2020-01-01:
      条件组:
        - {说: 本科以上, 当: 学历 ≥ 本科, 依据: {文件: 例, 参照: 学历一条}}
        - {说: 已聘任, 当: 聘任, 依据: {文件: 例, 参照: 聘任一条}}
        - {说: 不是正职, 当: 岗位 < 正职}
  标准:
    单位: 元
    依据: {文件: 例, 参照: 试验}
    自 2020-01-01:
      一般: 10
      例外:
        - {说: 本科的, 当: 学历 = 本科, 得: 20}
        - {说: 正职的, 当: 岗位 = 正职, 得: 30}
        - {说: 女的, 当: 性别 = 女, 得: 40}
"""
)


def looked(pack, want, **values):
    """Each row that was looked at: what it says, its state, why, its value, and whether it is in the answer."""
    tree = policy.explain(pack, person(**values), OCTOBER, want)
    return tree.choice, [(row.says, row.state, row.why, row.value, row.won) for row in tree.considered]


def test_every_exception_is_named_with_what_became_of_it():
    assert looked(FORMS, "标准", 学历="大专", 岗位="正职", 性别="男") == (
        "例外",
        [
            ("本科的", "不适用", "学历 大专 = 本科", "", False),
            ("正职的", "适用", "岗位 正职 = 正职", "30.00", True),
            ("女的", "不适用", "性别 男 = 女", "", False),
        ],
    )


def test_exception_that_cannot_be_told_keeps_the_answer_back():
    tree = policy.explain(FORMS, person(学历="大专", 岗位="正职"), OCTOBER, "标准")
    assert [(row.state, row.won) for row in tree.considered] == [("不适用", False), ("适用", False), ("算不出", False)]
    assert (tree.considered[2].why, [fact["name"] for fact in tree.missing]) == ("缺性别", ["性别"])


def test_two_exceptions_that_apply_are_both_seen_and_neither_stands():
    _, rows = looked(FORMS, "标准", 学历="本科", 岗位="正职", 性别="男")
    assert [(says, state, won) for says, state, _, _, won in rows] == [
        ("本科的", "适用", False),
        ("正职的", "适用", False),
        ("女的", "不适用", False),
    ]
    tree = policy.explain(FORMS, person(学历="本科", 岗位="正职", 性别="男"), OCTOBER, "标准")
    assert (tree.missing, tree.obstacles) == ((), ("两条例外同时适用：本科的；正职的",))


def test_rows_after_the_first_that_fits_were_not_looked_at():
    choice, rows = looked(REAL, "纳入核算", **{**LIN, "身份": "公务员"})
    assert (choice, [row[1] for row in rows], rows[0][4]) == ("首个", ["适用", "没有看", "没有看"], True)


def test_highest_names_the_rows_it_compared():
    dates = {"助理登记日期": "2020-01-05", "社工师登记日期": "2025-06-20"}
    assert [(says, state, value, won) for says, state, _, value, won in looked(REAL, "职业资格津贴", **dates)[1]] == [
        ("助理社会工作师", "适用", "100.00", False),
        ("社会工作师", "适用", "200.00", True),
        ("高级社会工作师", "不适用", "", False),
    ]


def test_sum_names_each_amount_and_the_cap_that_bit():
    tree = policy.explain(FORMS, person(聘任=True, 学历="本科", 工资="150.00", 岗位="副职"), OCTOBER, "津贴")
    assert (tree.value, tree.limits) == (
        "300.00",
        ({"word": "封顶", "before": "400.00", "limit": "300.00", "unit": "元"},),
    )
    assert [(row.says, row.value, row.won) for row in tree.considered] == [
        ("聘任的", "100.00", True),
        ("本科的", "300.00", True),
        ("正职的", "", False),
    ]
    assert tree.considered[1].basis["参照"] == "本科的另加"
    assert tree.as_text(0) == "\n".join(
        [
            "津贴 = 300.00 元",
            "│ 聘任的 100 + 本科的 工资 150.00 × 2，不超过 300",
            "│ 封顶起了作用：400.00 改为 300.00 元",
            "│ 累加 适用：聘任的（聘任 是） 100.00 元",
            "│ 累加 适用：本科的（学历 本科 = 本科） 300.00 元  依据 〔示例〕试验用的例子，参照：本科的另加",
            "│ 累加 不适用：正职的（岗位 副职 = 正职）",
            "│ 依据 〔示例〕试验用的例子，参照：试验  自 2020-01-01  [9999-试]",
        ]
    )
    calm = policy.explain(FORMS, person(聘任=True, 学历="大专", 岗位="副职"), OCTOBER, "津贴")
    assert (calm.value, calm.limits) == ("100.00", ())


def test_set_of_conditions_names_all_failures_and_all_unknowns_with_their_clauses():
    tree = policy.explain(FORMS, person(学历="大专", 岗位="正职"), OCTOBER, "资格")
    assert (tree.value, tree.choice) == ("否", "条件组")
    assert [(row.says, row.state, row.why, row.basis.get("参照")) for row in tree.considered] == [
        ("本科以上", "不符合", "学历 大专 ≥ 本科", "学历一条"),
        ("已聘任", "算不出", "缺聘任", "聘任一条"),
        ("不是正职", "不符合", "岗位 正职 < 正职", None),
    ]
    assert tree.formula == "条件组：学历 ≥ 本科；聘任；岗位 < 正职"


def test_table_says_which_cell_was_read_and_from_when():
    (leaf,) = [t for t in every(explain("起点等级")) if t.name.startswith("等级区间")]
    assert leaf.cell == {"table": "等级区间", "keys": [{"name": "岗位类别", "value": "副职"}], "column": "起"}
    assert (leaf.since, leaf.pack, leaf.value) == ("2024-07-01", "9901-示例三岗十八级", "4")


def test_scale_adds_up_step_by_step_to_what_the_quick_deduction_gives():
    pack = policy.load("00", POLICIES)
    tree = policy.explain(pack, person(累计应纳税所得额="200000.00"), OCTOBER, "累计应预扣税额")
    (leaf,) = [t for t in every(tree) if t.kind == "表"]
    assert leaf.step == {
        "table": "综合所得税率",
        "number": 3,
        "from": "144000.00",
        "to": "300000.00",
        "rate": "20%",
        "quick": "16920.00",
        "sum": "23080.00",
        "parts": [
            {"from": "0.00", "to": "36000.00", "of": "36000.00", "rate": "3%", "amount": "1080.00"},
            {"from": "36000.00", "to": "144000.00", "of": "108000.00", "rate": "10%", "amount": "10800.00"},
            {"from": "144000.00", "to": "300000.00", "of": "56000.00", "rate": "20%", "amount": "11200.00"},
        ],
    }
    assert "│ │ 超过 144000.00 至 300000.00 的部分 56000.00 × 20% = 11200.00" in tree.as_text().splitlines()


@pytest.mark.parametrize("base", ["0", "36000.00", "36000.01", "960000.00", "9000000.00"])
def test_steps_of_a_scale_always_add_up(base):
    tree = policy.explain(policy.load("00", POLICIES), person(累计应纳税所得额=base), OCTOBER, "累计应预扣税额")
    (leaf,) = [t for t in every(tree) if t.kind == "表"]
    assert sum((Decimal(part["amount"]) for part in leaf.step["parts"]), Decimal(0)) == Decimal(leaf.value)


def test_default_is_kept_with_its_value():
    assert explain("上年考核", 历年考核={"2024": "优秀"}).defaults == (
        {"missing": "上年考核记录", "used": "合格", "value": "合格"},
    )


def test_missing_facts_are_those_to_record_and_no_others():
    """With them the answer is there; without any one of them it is not; what else is unrecorded is not asked for."""
    lacking = {"学历": None, "岗位类别": None, "核定等级": None, "职务": None}
    tree = explain("应发工资", **lacking)
    names = [fact["name"] for fact in tree.missing]
    assert (names, tree.obstacles) == (["岗位类别", "学历"], ())
    assert explain("应发工资", **{**lacking, **{name: LIN[name] for name in names}}).known
    for name in names:
        assert [fact["name"] for fact in explain("应发工资", **{**LIN, name: None}).missing] == [name]


def test_missing_fact_says_which_kind_of_action_records_it():
    (fact,) = explain("应发工资", 岗位类别=None).missing
    assert fact == {
        "name": "岗位类别",
        "type": "代码",
        "values": ("工作人员", "副职", "正职"),
        "facts": ({"kind": "岗位", "fact": "岗位类别"},),
    }
    assert "│ 要补：岗位类别（事项 岗位）" in explain("应发工资", 岗位类别=None).as_text(0).splitlines()


def test_missing_year_of_a_yearly_fact_says_which():
    (fact,) = explain("上年考核记录", 历年考核={"2024": "优秀"}).missing
    assert (fact["name"], fact["year"], fact["facts"]) == ("历年考核", "2025", ({"kind": "年度考核", "fact": "结果"},))


def test_what_no_fact_can_mend_is_an_obstacle():
    pack = rules(档="级 | 缺")
    tree = policy.explain(pack, person(), OCTOBER, "档")
    assert (tree.value, tree.missing, tree.obstacles) == ("算不出：缺档", (), ("“档”在来源里缺着",))


def test_known_answer_lacks_nothing():
    tree = explain("应发工资")
    assert (tree.missing, tree.obstacles) == ((), ())


def test_json_has_a_form_at_the_root_only_and_leaves_empty_members_out():
    data = explain("基本报酬").as_dict()
    assert list(data) == [
        "name", "kind", "value", "unit", "known", "formula", "substituted", "basis", "since", "pack", "form", "children",
    ]  # fmt: skip
    assert data["form"] == 1
    assert "form" not in data["children"][0]
    assert json.loads(json.dumps(data, ensure_ascii=False)) == data


def test_text_keeps_to_a_hundred_columns_and_loses_nothing():
    tree = explain("实发工资")
    lines = tree.as_text(width=100).splitlines()
    assert max(sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in line) for line in lines) <= 100
    assert re.sub(r"[│\s]", "", "".join(lines)) == re.sub(r"[│\s]", "", tree.as_text())


def test_unknown_name_is_told():
    with pytest.raises(policy.PolicyErrors, match="G504 没有事实或规则“应发工姿”；是否“应发工资”？"):
        explain("应发工姿")
