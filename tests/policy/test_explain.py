"""Why this figure: the tree of a payslip line, word for word, and what it must say of every rule."""

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
            "│ │ │ 注：没有例外：本地核定了等级",
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


def test_unknown_name_is_told():
    with pytest.raises(policy.PolicyErrors, match="G504 没有事实或规则“应发工姿”；是否“应发工资”？"):
        explain("应发工姿")
