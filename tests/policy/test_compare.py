"""What differs between two packs or two days, as an official reads it before the new one takes effect."""

from datetime import date

from gugan import policy
from tests.policy.helpers import OCTOBER, base, folder

DOCUMENTS = """
文件:
  办法: {名称: 某市办法, 性质: 现行}
"""
OLD = (
    DOCUMENTS
    + """
表:
  等级表:
    依据: {文件: 办法, 条: 第三条}
    键: [岗位]
    列: {起: 级, 系数: 比例}
    自 2024-07-01:
      正职: [7, 1.50]
      副职: [4, 1.20]
      其余: [1, 1.00]
规则:
  标准:
    单位: 元
    依据: {文件: 办法, 条: 第四条, 原文: 标准为三千八百元}
    自 2024-07-01: 3800
  基本:
    单位: 元
    取整: 四舍五入到分
    依据: {文件: 办法, 条: 第五条}
    自 2024-07-01: 标准 × 等级表[岗位].系数
  年资:
    单位: 级
    依据: {文件: 办法, 条: 第六条}
    自 2024-07-01:
      一般: 级数
      例外:
        - {说: 高中, 当: 学历 = 高中, 得: 0}
        - {说: 本科, 当: 学历 = 本科 且 级数 > 3, 得: 5}
  津贴:
    单位: 元
    依据: {文件: 办法, 条: 第七条}
    自 2024-07-01:
      首个:
        - {当: 级数 > 10, 得: 300}
        - {当: 级数 > 5, 得: 200}
        - {得: 100}
  补助: {单位: 元, 依据: {文件: 办法, 条: 第八条}, 自 2024-07-01: 50}
工资条:
  应发: [基本, 津贴, 补助]
"""
)


def said(new: str, old: str = OLD) -> list[str]:
    """Return the differences between two writings of one pack in October 2026."""
    packs = [policy.build([base(), folder("4407", "试", {"规则.yaml": text})]) for text in (old, new)]
    return [str(one) for one in policy.compare(*packs, on_a=OCTOBER.on, on_b=OCTOBER.on)]


def test_equal_packs_do_not_differ():
    assert said(OLD) == []


def test_another_way_to_write_the_same_is_no_difference():
    new = OLD.replace("标准 × 等级表[岗位].系数", "标准×等级表［岗位］.系数").replace("1.50", "1.5")
    assert new != OLD
    assert said(new) == []


def test_a_changed_cell_is_told_by_its_row_and_column():
    assert said(OLD.replace("副职: [4, 1.20]", "副职: [5, 1.20]")) == [
        "表“等级表”的“副职，起”由 4 改为 5（自 2024-07-01）"
    ]


def test_rows_of_a_table_come_and_go():
    new = OLD.replace("      副职: [4, 1.20]\n", "      工作人员: [2, 1.10]\n")
    assert said(new) == [
        "表“等级表”的“副职”一行取消，原为：4／1.20",
        "表“等级表”的“工作人员”一行新增：2／1.10（自 2024-07-01）",
    ]


def test_exceptions_are_told_one_by_one():
    new = OLD.replace("级数 > 3, 得: 5", "级数 > 4, 得: 6").replace(
        "        - {说: 高中, 当: 学历 = 高中, 得: 0}\n", "        - {说: 大专, 当: 学历 = 大专, 得: 3}\n"
    )
    assert said(new) == [
        "规则“年资”的例外“高中”取消，原为：当 学历 = 高中 得 0",
        "规则“年资”的例外“本科”的当由 学历 = 本科 且 级数 > 3 改为 学历 = 本科 且 级数 > 4（自 2024-07-01）",
        "规则“年资”的例外“本科”的得由 5 改为 6（自 2024-07-01）",
        "规则“年资”的例外“大专”新增：当 学历 = 大专 得 3（自 2024-07-01）",
    ]


def test_the_order_of_rows_counts_where_the_first_wins():
    first, second = "        - {当: 级数 > 10, 得: 300}\n", "        - {当: 级数 > 5, 得: 200}\n"
    assert said(OLD.replace(first + second, second + first)) == [
        "规则“津贴”的行的先后由 级数 > 10、级数 > 5、其余 改为 级数 > 5、级数 > 10、其余（自 2024-07-01）"
    ]


def test_a_row_of_a_first_that_pays_more():
    assert said(OLD.replace("{得: 100}", "{得: 120}")) == ["规则“津贴”的一行“其余”的得由 100 改为 120（自 2024-07-01）"]


def test_another_form_is_told_as_a_whole():
    assert said(OLD.replace("      首个:\n", "      就高:\n")) == [
        "规则“津贴”由 首个：当 级数 > 10 得 300；当 级数 > 5 得 200；其余 100 改为 就高：当 级数 > 10 得 300；当 级数 > 5 得 200；"
        "其余 100（自 2024-07-01）"
    ]


def test_a_cap_that_comes():
    old = OLD.replace("      首个:\n", "      累加:\n")
    new = old.replace("        - {得: 100}\n", "        - {得: 100}\n      封顶: 500\n")
    assert said(new, old) == ["规则“津贴”的封顶新增：500（自 2024-07-01）"]


def test_unit_rounding_arrears_and_end_are_told():
    new = OLD.replace("    取整: 四舍五入到分\n", "    取整: 见角进元\n    可补: 是\n    止: 2027-12-31\n")
    assert said(new) == [
        "规则“基本”的取整由 四舍五入到分 改为 见角进元（自 2024-07-01）",
        "规则“基本”的止由 没有止 改为 2027-12-31",
        "规则“基本”的补发由 不补 改为 可补（自 2024-07-01）",
    ]


def test_a_start_that_moves_without_another_value():
    new = OLD.replace("条: 第八条}, 自 2024-07-01: 50", "条: 第八条}, 自 2025-01-01: 50")
    assert said(new) == ["规则“补助”的起始日由 2024-07-01 改为 2025-01-01"]


def test_what_moves_money_comes_first_and_the_papers_last():
    new = (
        OLD.replace("一般: 级数", "一般: 级数 + 1")
        .replace("条: 第五条", "条: 第九条")
        .replace("自 2024-07-01: 50", "自 2024-07-01: 60")
        .replace("性质: 现行", "性质: 历史")
        .replace("三千八百元", "三千九百元")
    )
    assert said(new) == [
        "规则“补助”由 50 改为 60（自 2024-07-01）",
        "规则“年资”由 级数 改为 级数 + 1（自 2024-07-01）",
        "规则“基本”的依据由 《某市办法》第五条 改为 《某市办法》第九条（自 2024-07-01）",
        "规则“标准”的原文由 标准为三千八百元 改为 标准为三千九百元（自 2024-07-01）",
        "文件“办法”的性质由 现行 改为 历史",
    ]


def test_money_is_what_the_payslip_depends_on():
    new = OLD.replace("自 2024-07-01: 3800", "自 2024-07-01: 3900").replace("一般: 级数", "一般: 级数 + 1")
    packs = [policy.build([base(), folder("4407", "试", {"规则.yaml": text})]) for text in (OLD, new)]
    found = policy.compare(*packs, on_a=OCTOBER.on, on_b=OCTOBER.on)
    assert [(one.name, one.money) for one in found] == [("标准", True), ("年资", False)]


def test_where_a_rule_comes_from_is_no_difference():
    above = folder("44", "上级", {"规则.yaml": OLD})
    same = folder("4407", "试", {"规则.yaml": "文件: {}"})
    one, other = policy.build([base(), above, same]), policy.build([base(), folder("4407", "试", {"规则.yaml": OLD})])
    assert policy.compare(one, other, on_a=OCTOBER.on, on_b=OCTOBER.on) == []


def test_a_pack_that_does_not_bind_is_still_compared():
    assert said(OLD.replace("自 2024-07-01: 3800", "自 2024-07-01: 不在的")) == [
        "规则“标准”由 3800 改为 不在的（自 2024-07-01）"
    ]


def test_days_before_and_after_the_end_of_a_rule():
    pack = policy.build(
        [base(), folder("4407", "试", {"规则.yaml": OLD.replace("  补助: {单位", "  补助: {止: 2026-12-31, 单位")})]
    )
    found = policy.compare(pack, pack, on_a=date(2026, 12, 31), on_b=date(2027, 1, 1))
    assert [str(one) for one in found] == ["规则“补助”取消，原为：50"]
