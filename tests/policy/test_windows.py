"""Windows of birth dates, whose ends say whether they are inside, and numbers that say their unit."""

from datetime import date, timedelta

import pytest

from gugan import policy
from tests.policy.helpers import OCTOBER, answer, both, person, rules

WINDOW = "1990-08-01（含）至 2008-08-31（不含）"
AROUND = ("1990-07-31", "1990-08-01", "1990-08-02", "2008-08-30", "2008-08-31", "2008-09-01")


def inside(window: str) -> list[bool]:
    """Return which days around the ends lie in a window."""
    pack = rules(**{"报考": f"是否 | 入职 在 {window}"})
    return both(pack, [s for day in AROUND for s in person(day, 入职=day)], ["报考"])["报考"]


@pytest.mark.parametrize(
    ("window", "expected"),
    [
        (WINDOW, "否是是是否否"),
        ("1990-08-01（不含）至 2008-08-31（含）", "否否是是是否"),
        ("1990-08-01(含)至2008-08-31(含)", "否是是是是否"),
        ("1990-08-01（不含） 至 2008-08-31（不含）", "否否是是否否"),
        ("1990-08-01（含）以后", "否是是是是是"),
        ("1990-08-01（不含）之后", "否否是是是是"),
        ("2008-08-31（含）以前", "是是是是是否"),
        ("2008-08-31（不含）之前", "是是是是否否"),
    ],
)
def test_each_end_says_whether_it_is_inside(window, expected):
    assert inside(window) == [letter == "是" for letter in expected]


def test_window_agrees_with_a_walk_through_the_calendar():
    pack = rules(**{"报考": "是否 | 入职 在 2024-02-27（不含）至 2024-03-02（含）"})
    days = [date(2024, 2, 25) + timedelta(days=n) for n in range(9)]
    found = both(pack, [s for day in days for s in person(day, 入职=day.isoformat())], ["报考"])["报考"]
    assert [day.isoformat() for day, yes in zip(days, found, strict=True) if yes] == [
        "2024-02-28",
        "2024-02-29",
        "2024-03-01",
        "2024-03-02",
    ]


BY_POST = """
  报考窗:
    单位: 日期窗
    依据: {文件: 例, 参照: 试验}
    自 2020-01-01:
      一般: 1990-08-01（含）至 2008-08-31（不含）
      例外:
        - {当: 学历 = 本科, 得: 1985-08-01（含）至 2008-08-31（不含）}
  可报: {单位: 是否, 依据: {文件: 例, 参照: 试验}, 自 2020-01-01: 入职 在 报考窗 且 非 入职 在 2000-01-01（含）至 2000-12-31（含）}
"""


def test_rule_may_name_a_window_and_choose_it():
    pack = rules(BY_POST)
    assert policy.check(pack) == []
    people = [
        *person(1, 学历="大专", 入职="1988-01-01"),
        *person(2, 学历="本科", 入职="1988-01-01"),
        *person(3, 学历="大专", 入职="2000-06-01"),
        *person(4, 学历="大专", 入职="1999-06-01"),
        *person(5, 入职="1999-06-01"),
        *person(6, 学历="大专"),
    ]
    assert both(pack, people, ["可报", "报考窗"]) == {
        "可报": [False, True, False, True, None, None],
        "报考窗": [
            WINDOW,
            "1985-08-01（含）至 2008-08-31（不含）",
            WINDOW,
            WINDOW,
            None,
            WINDOW,
        ],
    }
    missing = policy.evaluate(pack, people, OCTOBER, ["可报"]).missing["可报"]
    assert missing == {5: ("学历",), 6: ("入职",)}
    assert policy.columns_needed(pack, OCTOBER, ["可报"]) == ["入职", "学历"]
    tree = policy.explain(pack, person(学历="大专", 入职="1988-01-01"), OCTOBER, "可报")
    assert tree.substituted.startswith("入职 1988-01-01 ≥ 1990-08-01 且 入职 1988-01-01 < 2008-08-31")


def test_window_of_a_nearer_pack_is_not_known_above():
    text = """
  报考窗: {单位: 日期窗, 由: 地方}
  可报: {单位: 是否, 依据: {文件: 例, 参照: 试验}, 自 2020-01-01: 入职 在 报考窗}
"""
    assert answer(rules(text), "可报", 入职="2000-01-01") is None


# ── numbers with their unit ──


@pytest.mark.parametrize("amount", ["20 元", "20元", "20.00 元", "２０元"])
def test_amount_says_its_unit(amount):
    pack = rules(**{"甲": f"元 | 工资 + {amount}", "乙": f"元 | {amount}"})
    assert both(pack, person(工资="1.00"), ["甲", "乙"]) == {"甲": [2100], "乙": [2000]}


def test_each_unit_fits_what_it_meets():
    pack = rules(
        **{
            "甲": "是否 | 足年(入职, 核算日) ≥ 3 年 且 足月(入职, 核算日) ≥ 36月 且 相隔天数(入职, 核算日) > 1000天",
            "乙": "级 | 级数 + 1级",
            "丙": "是否 | 次数(考核, 优秀) ≥ 2 次",
            "丁": "级 | 满期次数(考核, 每 2 个, 优秀) + 1 级",
        }
    )
    assert policy.check(pack) == []
    people = person(入职="2023-10-31", 级数=3, 考核={"2024": "优秀", "2025": "优秀"})
    assert both(pack, people, ["甲", "乙", "丙", "丁"]) == {"甲": [True], "乙": [4], "丙": [True], "丁": [2]}
    tree = policy.explain(pack, people, OCTOBER, "乙")
    assert tree.substituted == "级数 3 + 1 级"
