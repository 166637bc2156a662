"""改, 增 and 废: a nearer pack writes only what differs, from the day from which it differs."""

import pytest

from gugan import policy
from tests.policy.helpers import base, both, folder, person

MONTHS = {year: policy.Period.month(f"{year}-10") for year in (2022, 2024, 2025, 2026, 2027)}
BASIS = "依据: {文件: 例, 参照: 试验}"
ABOVE = f"""
规则:
  补贴:
    单位: 元
    {BASIS}
    取整: 去尾到元
    自 2020-01-01: 工资 × 0.1
    自 2024-01-01: 工资 × 0.2
    自 2027-01-01: 工资 × 0.4
  系数: {{单位: 元, {BASIS}, 自 2020-01-01: "岗位表[岗位]"}}
  级差: {{单位: 元, {BASIS}, 自 2020-01-01: "分级表[级数]"}}
表:
  岗位表:
    {BASIS}
    键: [岗位]
    值: 元
    自 2020-01-01: {{正职: 300, 副职: 200, 工作人员: 100}}
    自 2027-01-01: {{正职: 330, 副职: 220, 工作人员: 110}}
  分级表: {{{BASIS}, 分档: 级, 值: 元, 自 2020-01-01: {{0: 0, 3: 10, 6: 20}}}}
"""


def packs(text: str, above: str = ABOVE) -> policy.Pack:
    """Return a pack of a city under a province."""
    upper, own = folder("44", "上级", {"规则.yaml": above}), folder("4407", "试", {"规则.yaml": text})
    return policy.build([base(), upper, own])


def by_year(pack: policy.Pack, name: str, **values) -> dict[int, object]:
    """Return a rule's answer in October of some years."""
    return {year: both(pack, person(period=month, **values), [name], month)[name][0] for year, month in MONTHS.items()}


RAISED = f"规则: {{改 补贴: {{单位: 元, {BASIS}, 取整: 四舍五入到元, 自 2026-01-01: 工资 × 0.3}}}}"


def test_what_is_said_above_stays_until_the_change_begins():
    pack = packs(RAISED)
    assert policy.check(pack) == []
    # 12.9 元以下去尾，自 2026 年起四舍五入；上级 2027 年的新规定不再管这里
    assert by_year(pack, "补贴", 工资="129.00") == {2022: 1200, 2024: 2500, 2025: 2500, 2026: 3900, 2027: 3900}


def test_explanation_names_the_pack_that_said_it():
    pack, people = packs(RAISED), {year: person(period=month, 工资="100.00") for year, month in MONTHS.items()}
    told = {year: policy.explain(pack, people[year], MONTHS[year], "补贴").pack for year in (2025, 2026)}
    assert told == {2025: "44-上级", 2026: "4407-试"}


def test_pack_is_checked_from_the_day_of_its_own_rules_on():
    assert str(packs(RAISED).life()[0]) == "2026-01-01"


def test_end_of_what_was_above_stays_an_end():
    above = f"规则: {{补贴: {{单位: 元, {BASIS}, 止: 2023-12-31, 自 2020-01-01: 10}}}}"
    pack = packs(f"规则: {{改 补贴: {{单位: 元, {BASIS}, 自 2026-01-01: 20}}}}", above)
    for year, expected in ((2022, 1000), (2026, 2000)):
        assert policy.evaluate(pack, person(period=MONTHS[year]), MONTHS[year], ["补贴"]).values == {"补贴": [expected]}
    with pytest.raises(policy.PolicyErrors, match="G301 “补贴”在 2025-10-31 还没有值"):
        policy.evaluate(pack, person(period=MONTHS[2025]), MONTHS[2025], ["补贴"])


def test_rule_in_another_unit_begins_anew():
    pack = packs(f"规则: {{改 补贴: {{单位: 级, {BASIS}, 自 2026-01-01: 3}}}}")
    assert policy.evaluate(pack, person(period=MONTHS[2026]), MONTHS[2026], ["补贴"]).values == {"补贴": [3]}
    with pytest.raises(policy.PolicyErrors, match="G301"):
        policy.evaluate(pack, person(period=MONTHS[2025]), MONTHS[2025], ["补贴"])


def test_table_keeps_its_rows_until_the_change_begins():
    pack = packs(f"表: {{改 岗位表: {{{BASIS}, 自 2025-01-01: {{正职: 3, 副职: 2, 工作人员: 1}}}}}}")
    assert by_year(pack, "系数", 岗位="正职") == {2022: 30000, 2024: 30000, 2025: 300, 2026: 300, 2027: 300}


def test_rows_that_are_not_named_follow_the_table_above():
    pack = packs(f"表: {{改 岗位表: {{{BASIS}, 自 2025-01-01: {{改 正职: 999}}}}}}")
    assert policy.check(pack) == []
    assert by_year(pack, "系数", 岗位="正职") == {2022: 30000, 2024: 30000, 2025: 99900, 2026: 99900, 2027: 99900}
    assert by_year(pack, "系数", 岗位="副职") == {2022: 20000, 2024: 20000, 2025: 20000, 2026: 20000, 2027: 22000}


def test_rows_are_added_and_taken_out():
    text = f"表: {{改 分级表: {{{BASIS}, 自 2025-01-01: {{废 6: , 增 9: 50}}}}}}"
    pack = packs(text)
    assert by_year(pack, "级差", 级数=6) == {2022: 2000, 2024: 2000, 2025: 1000, 2026: 1000, 2027: 1000}
    assert by_year(pack, "级差", 级数=9) == {2022: 2000, 2024: 2000, 2025: 5000, 2026: 5000, 2027: 5000}


def test_rule_that_is_taken_out_is_gone_for_good():
    pack = packs("规则: {废 补贴: }")
    assert "补贴" not in pack.rules
    assert policy.check(pack) == []


def test_values_of_an_enumeration_are_changed_added_and_taken_out():
    pack = packs(f"""
代码:
  改 学历:
    值: {{废 1: , 改 2: 专科, 增 4: 硕士}}
    别名: {{研究生: 硕士}}
规则:
  学: {{单位: 是否, {BASIS}, 自 2020-01-01: 学历 ≥ 专科}}
""")
    assert policy.check(pack) == []
    table = pack.catalogue.tables["学历"]
    assert (table.labels, table.ordered, table.read("研究生")) == (("专科", "本科", "硕士"), True, "硕士")
    assert by_year(pack, "学", 学历="硕士")[2026] is True
