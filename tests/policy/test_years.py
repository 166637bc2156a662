"""Rules that are answered for a calendar year: stretches weigh by their days in it, and months and years do not mix."""

from datetime import date

import pytest

from gugan import policy
from tests.policy.helpers import OCTOBER, both, person, rules

YEAR = policy.Period.year(2026)
TEXT = """
  年标准: {单位: 元, 按: 段, 依据: {文件: 例, 参照: 试验}, 自 2020-01-01: 若 岗位 = 正职 则 36500 元 否则 7300 元}
  年终奖: {单位: 元, 按: 年, 取整: 四舍五入到分, 依据: {文件: 例, 参照: 试验}, 自 2020-01-01: 合计各段(年标准)}
  起薪: {单位: 元, 依据: {文件: 例, 参照: 试验}, 自 2020-01-01: 100 元}
  全年: {单位: 元, 按: 年, 依据: {文件: 例, 参照: 试验}, 自 2020-01-01: 年终奖 + 起薪}
  首日: {单位: 日期, 按: 年, 依据: {文件: 例, 参照: 试验}, 自 2020-01-01: 本期首日}
  月薪: {单位: 元, 取整: 四舍五入到分, 依据: {文件: 例, 参照: 试验}, 自 2020-01-01: 合计各段(年标准)}
  再读: {单位: 元, 依据: {文件: 例, 参照: 试验}, 自 2020-01-01: 月薪 + 1}
"""


def worked(person_: int, *parts: tuple[date, date, str]) -> list[policy.Stretch]:
    """Return the stretches of one person's year."""
    return [policy.Stretch(person_, start, end, {"岗位": post}) for start, end, post in parts]


def test_stretches_weigh_by_the_days_of_the_year():
    pack, new_year, july, next_year = rules(TEXT), date(2026, 1, 1), date(2026, 7, 20), date(2027, 1, 1)
    people = [
        *worked(1, (new_year, next_year, "正职")),
        *worked(2, (new_year, july, "副职"), (july, next_year, "正职")),  # 7300 × 200/365 + 36500 × 165/365
        *worked(3, (july, next_year, "副职")),  # 7300 × 165/365
    ]
    assert both(pack, people, ["年终奖", "全年", "首日"], YEAR) == {
        "年终奖": [3650000, 2050000, 330000],
        "全年": [3660000, 2060000, 340000],
        "首日": [new_year] * 3,
    }
    assert policy.explain(pack, people[:1], YEAR, "年终奖").value == "36500.00"


def test_leap_year_has_366_days():
    pack, leap = rules(TEXT), policy.Period.year(2028)
    people = worked(1, (date(2028, 1, 1), date(2028, 1, 2), "副职"))
    assert both(pack, people, ["年终奖"], leap) == {"年终奖": [1995]}  # 7300 ÷ 366 = 19.945…
    assert (leap.days, leap.label, leap.on) == (366, "2028", date(2028, 12, 31))


@pytest.mark.parametrize("name", ["月薪", "再读"])
def test_year_is_not_given_to_a_rule_of_a_month(name):
    with pytest.raises(policy.PolicyErrors, match="G253 “月薪”说的是一个月，要给一个月，这里给的是 2026 全年"):
        policy.evaluate(rules(TEXT), worked(1, (date(2026, 1, 1), date(2027, 1, 1), "正职")), YEAR, [name])


def test_month_is_not_given_to_a_rule_of_a_year():
    for ask in (
        lambda: policy.evaluate(rules(TEXT), person(岗位="正职"), OCTOBER, ["全年"]),
        lambda: policy.evaluate(rules(TEXT), {"岗位": []}, OCTOBER, ["全年"]),
        lambda: policy.explain(rules(TEXT), person(岗位="正职"), OCTOBER, "全年"),
    ):
        with pytest.raises(policy.PolicyErrors, match="G252 “全年”是按年的，要给一整年，这里给的是 2026-10"):
            ask()


def test_worked_case_of_a_year_is_a_year():
    case = """
算例:
  - {说: 半年副职半年正职, 算式: 7300 × 181/365 ＋ 36500 × 184/365 ＝ 3620 ＋ 18400, 日: 2026-12-31, 有: {各段: [
      {自: 2026-01-01, 止: 2026-06-30, 岗位: 副职}, {自: 2026-07-01, 止: 2026-12-31, 岗位: 正职}]}, 得: {年终奖: 22020.00}}
"""
    assert policy.check(rules(TEXT + case.replace("\n\n", "\n"))) == []
