"""Packs of several divisions: which apply, what a nearer one changes, and what differs between two."""

from datetime import date

import pytest

from gugan import policy
from gugan.policy.build import chain
from tests.policy.helpers import OCTOBER, base, folder, person, rules

ABOVE = """
规则:
  津贴: {单位: 元, 依据: {文件: 例, 参照: 试验}, 自 2020-01-01: 标准 × 2}
  标准: {单位: 元, 依据: {文件: 例, 参照: 试验}, 自 2020-01-01: 100}
  本地: {单位: 元, 由: 地方}
  总额: {单位: 元, 依据: {文件: 例, 参照: 试验}, 自 2020-01-01: 津贴 + 本地}
算例:
  - {说: 上级的数, 算式: 100 × 2, 日: 2026-10-31, 有: {}, 得: {津贴: "200.00"}}
"""


def build(*own: str) -> policy.Pack:
    codes = ["44", "4407", "440703"]
    return policy.build(
        [base(), *(folder(code, "试", {"规则.yaml": text}) for code, text in zip(codes, own, strict=False))]
    )


def evaluate(pack, name, **values):
    return policy.evaluate(pack, person(**values), OCTOBER, [name]).values[name][0]


def test_nearer_pack_changes_one_rule_and_keeps_the_rest():
    near = "规则: {改 标准: {单位: 元, 依据: {文件: 例, 参照: 试验}, 自 2020-01-01: 150}}"
    assert evaluate(build(ABOVE), "津贴") == 20000
    assert evaluate(build(ABOVE, near), "津贴") == 30000


def test_worked_cases_of_an_upper_pack_bind_only_the_upper_pack():
    near = "规则: {改 标准: {单位: 元, 依据: {文件: 例, 参照: 试验}, 自 2020-01-01: 150}}"
    assert policy.check(build(ABOVE, near)) == []


def test_rule_left_to_the_place_is_written_there_without_a_verb():
    near = "规则: {本地: {单位: 元, 依据: {文件: 例, 参照: 试验}, 自 2020-01-01: 50}}"
    assert evaluate(build(ABOVE), "总额") is None
    assert evaluate(build(ABOVE), "总额", 本地="10.00") == 21000
    assert evaluate(build(ABOVE, near), "总额") == 25000


def test_rule_may_be_abolished_and_what_reads_it_is_told():
    near = "规则: {废 标准: {}}"
    pack = build(ABOVE, near)
    assert "标准" not in pack.rules
    with pytest.raises(policy.PolicyErrors, match="G103 没有“标准”"):
        evaluate(pack, "津贴")


def test_enumeration_grows():
    near = """
代码: {增 学历: {值: {"4": 硕士}, 别名: {研究生: 硕士}}}
规则: {高: {单位: 是否, 依据: {文件: 例, 参照: 试验}, 自 2020-01-01: 学历 > 本科}}
"""
    pack = build(ABOVE, near)
    assert pack.catalogue.tables["学历"].read("研究生") == "硕士"
    assert evaluate(pack, "高", 学历="硕士") is True


def test_kind_of_action_grows():
    near = "事项: {增 事: {事实: {补助: {类型: 数, 单位: 元}}}}\n列: {补助: {来自: 事.补助}}"
    facts = build(ABOVE, near).catalogue.kinds["事"].facts
    assert {"工资", "补助"} <= set(facts)


def test_code_prefix_decides_which_packs_apply():
    known = dict.fromkeys(["00", "44", "4407", "440703", "9901", "990101"], None)
    assert chain("440703", known) == ["00", "44", "4407", "440703"]  # type: ignore[arg-type]
    assert chain("440703001", known) == ["00", "44", "4407", "440703"]  # type: ignore[arg-type]
    assert chain("440111", known) == ["00", "44"]  # type: ignore[arg-type]
    assert chain("35", known) == ["00"]  # type: ignore[arg-type]
    assert chain("9901", known) == ["00", "9901"]  # type: ignore[arg-type]


def test_nearest_folder_and_order_decide_the_digest():
    assert build(ABOVE).digest != build(ABOVE, "规则: {}").digest
    assert build(ABOVE).digest == build(ABOVE).digest


def test_same_bytes_under_another_name_are_another_pack():
    first = policy.build([base(), folder("44", "甲", {"规则.yaml": ABOVE})])
    second = policy.build([base(), folder("44", "乙", {"规则.yaml": ABOVE})])
    trees = [policy.explain(pack, person(), OCTOBER, "标准") for pack in (first, second)]
    assert [tree.pack for tree in trees] == ["44-甲", "44-乙"]


# ── dates ──

DATED = """
规则:
  基准:
    单位: 元
    依据: {文件: 例, 参照: 试验}
    自 2024-07-01: 3800
    自 2026-01-01: 4000
    止: 2026-12-31
"""


@pytest.mark.parametrize(
    ("day", "fen"), [("2024-07-01", 380000), ("2025-12-31", 380000), ("2026-01-01", 400000), ("2026-12-31", 400000)]
)
def test_value_is_that_of_the_day(day, fen):
    period = policy.Period.around(date.fromisoformat(day))
    assert policy.evaluate(build(DATED), person(period=period), period, ["基准"]).values == {"基准": [fen]}


@pytest.mark.parametrize(
    ("day", "message"),
    [
        ("2024-06-30", "G301 “基准”在 2024-06-30 还没有值（最早自 2024-07-01）"),
        ("2027-01-01", "G302 “基准”到 2026-12-31 为止，2027-01-01 没有值"),
    ],
)
def test_day_without_a_value_is_refused(day, message):
    period = policy.Period.around(date.fromisoformat(day))
    with pytest.raises(policy.PolicyErrors, match=message):
        policy.evaluate(build(DATED), person(period=period), period, ["基准"])


def test_past_month_keeps_its_own_terms():
    pack = build(DATED)
    for label, fen in (("2025-12", 380000), ("2026-01", 400000), ("2025-12", 380000)):
        period = policy.Period.month(label)
        assert policy.evaluate(pack, person(period=period), period, ["基准"]).values == {"基准": [fen]}


def test_life_is_every_day_on_which_something_changes():
    assert build(DATED).life() == [date(2024, 7, 1), date(2026, 1, 1), date(2027, 1, 1)]


# ── what differs ──


def test_difference_between_two_days_in_words():
    pack = build(DATED)
    found = policy.compare(pack, pack, on_a=date(2025, 12, 31), on_b=date(2026, 1, 1))
    assert [str(d) for d in found] == ["规则“基准”由 3800 改为 4000（自 2026-01-01）"]
    gone = policy.compare(pack, pack, on_a=date(2026, 12, 31), on_b=date(2027, 1, 1))
    assert [str(d) for d in gone] == ["规则“基准”取消，原为：4000"]


def test_difference_between_two_packs_in_words():
    near = """
规则:
  改 标准: {单位: 元, 依据: {文件: 例, 参照: 试验}, 取整: 四舍五入到元, 自 2020-01-01: 150}
  新的: {单位: 元, 依据: {文件: 例, 参照: 试验}, 自 2020-01-01: 1}
表:
  甲表: {依据: {文件: 例, 参照: 试验}, 键: [岗位], 值: 元, 自 2020-01-01: {正职: 1, 其余: 2}}
"""
    found = policy.compare(build(ABOVE), build(ABOVE, near), on_a=OCTOBER.on, on_b=OCTOBER.on)
    assert [str(d) for d in found] == [
        "规则“新的”新增：1（自 2020-01-01）",
        "规则“标准”由 100 改为 150（自 2020-01-01）",
        "规则“标准”的取整由 不取整 改为 四舍五入到元（自 2020-01-01）",
        "表“甲表”新增：正职 1；其余 2（自 2020-01-01）",
    ]


# ── needed ──


def test_needed_rules_and_columns_are_named_in_order_of_meeting():
    pack = rules(甲="元 | 乙 + 工资", 乙="元 | 扣款 + 工资", 丙="元 | 已发")
    assert policy.rules_needed(pack, OCTOBER, ["甲"]) == ["甲", "乙"]
    assert policy.columns_needed(pack, OCTOBER, ["甲"]) == ["工资", "扣款"]
    assert policy.columns_needed(pack, OCTOBER, ["丙", "岗位"]) == ["已发", "岗位"]
