"""Whole packs over columns: a million cells against the interpreter, many divisions and months in one call, exact sums."""

import os
import random

import numpy as np
import pytest

from gugan import policy
from gugan.policy import many, nodes, to_numba, to_numpy
from gugan.policy.interpret import Interpreter
from gugan.policy.lower import Lower
from gugan.policy.plan import OPS
from tests.policy.columns import cells, disagreements, law, someone, table_of
from tests.policy.helpers import OCTOBER, POLICIES, base, folder, rules

MORE = int(os.environ.get("FUZZ", "1"))
"""FUZZ=100 looks a hundred times as long."""
CELLS = 1_000_000 * MORE
BATCH = 2_000
BACKENDS = ("numpy", "numba")
CODES = sorted(policy.folders(POLICIES))


def wanted(pack: policy.Pack) -> list[str]:
    """Return every rule of a pack in force in October that makes a column."""
    bound = policy.bind(pack, OCTOBER)
    own = [n for n, rule in pack.rules.items() if rule.local or rule.block(OCTOBER.on)]
    return [n for n in own if not bound.rule(n).problems and bound.rule(n).type.kind != "逐年"]


# ── a million cells ──


def test_whole_packs_agree_in_a_million_cells():
    draw, done = random.Random(os.environ.get("SEED", "2026")), 0
    packs = [policy.load(code, POLICIES) for code in CODES]
    while done < CELLS:
        for pack in packs:
            want = wanted(pack)
            names = policy.columns_needed(pack, OCTOBER, want)
            people = [someone(pack, names, draw) for _ in range(min(BATCH, 200 if pack.code == "00" else BATCH))]
            assert disagreements(pack, people, want, BACKENDS) == []
            done += len(people) * len(want) * len(BACKENDS)


# ── every primitive has its reading ──


def test_every_core_node_is_lowered_and_interpreted():
    core = {c.__name__ for c in nodes.Core.__subclasses__()}
    assert {name for name in core if not hasattr(Lower, f"_{name}")} == set()
    assert {name for name in core if not hasattr(Interpreter, f"_{name}")} == set()


def test_every_operation_is_carried_out_by_every_backend():
    carried = set(OPS) - set(to_numpy.GIVEN)
    assert set(to_numpy.FUNCTIONS) == carried
    special = {name for name in carried if hasattr(to_numba._Writer, f"_{name}")}
    years = {"years_none", "years_pick", "years_fill"}
    assert set(to_numba.LINES) | special | years | to_numba.LEFT == carried


# ── many divisions ──

PLACE = """
规则:
  基数: {单位: 元, 依据: {文件: 例, 参照: 试验}, 自 2020-01-01: %s}
  津贴: {单位: 元, 依据: {文件: 例, 参照: 试验}, 取整: 四舍五入到分, 自 2020-01-01: "基数 × 系数[岗位] + 封顶(工资 × %s, %s)"}
  税: {单位: 元, 依据: {文件: 例, 参照: 试验}, 取整: 四舍五入到分, 自 2020-01-01: "税率[工资]"}
  级差: {单位: 元, 依据: {文件: 例, 参照: 试验}, 自 2020-01-01: "分级[级数]"}
表:
  系数: {依据: {文件: 例, 参照: 试验}, 键: [岗位], 值: 比例, 自 2020-01-01: {正职: %s, 副职: 1.1, 其余: 缺}}
  税率: {依据: {文件: 例, 参照: 试验}, 累进: 元, 值: "%%", 自 2020-01-01: {0: 3, %s: 10}}
  分级: {依据: {文件: 例, 参照: 试验}, 分档: 级, 值: 元, 自 2020-01-01: {%s}}
"""
NUMBERS = (
    ("100", "5%", "500", "1.5", "36000", "1: 10, 2: 20"),
    ("88.05", "12.345%", "333.33", "1.05", "30000.5", "1: 10, 2: 20, 3: 30.5"),
    ("0", "0.5%", "0.01", "2", "144000", "0.5: 7"),
)
OTHER = """
规则:
  津贴: {单位: 元, 依据: {文件: 例, 参照: 试验}, 自 2020-01-01: 工资}
  税: {单位: 元, 依据: {文件: 例, 参照: 试验}, 自 2020-01-01: 0}
  级差: {单位: 元, 依据: {文件: 例, 参照: 试验}, 自 2020-01-01: 1}
"""


def places() -> dict[str, policy.Pack]:
    """Three packs that differ in numbers, one of another shape, one below another."""
    texts = {code: PLACE % numbers for code, numbers in zip(("4401", "4402", "440305"), NUMBERS, strict=True)}
    texts["4403"] = OTHER
    return {code: policy.build([base(), folder(code, "试", {"规则.yaml": text})]) for code, text in texts.items()}


def everyone(count: int) -> list[dict]:
    draw = random.Random(5)
    codes = ("440103", "4402", "440305001", "440306", "4401")
    return [
        {
            "职务": draw.choice(codes),
            "岗位": draw.choice(("正职", "副职", "工作人员")),
            "工资": draw.choice(("0", "0.01", "36000.00", "36000.01", "144000.01", "30000.50", "1234.56", "-5.05")),
            "级数": draw.choice((0, 1, 2, 3, "0.5", "2.5", None)),
        }
        for _ in range(count)
    ]


@pytest.mark.parametrize("backend", BACKENDS)
def test_people_of_many_divisions_are_one_call_in_the_callers_order(backend):
    packs, people, want = places(), everyone(400), ["津贴", "税", "级差"]
    table = table_of(packs["4401"], people)
    answers = policy.evaluate(packs, table, OCTOBER, want, by="职务", backend=backend)
    own = {"440103": "4401", "4401": "4401", "4402": "4402", "440305001": "440305", "440306": "4403"}
    alone = {code: law(pack, people, want) for code, pack in packs.items()}
    for name in want:
        expected = [alone[own[one["职务"]]][name][row] for row, one in enumerate(people)]
        assert cells(answers, name) == expected


def test_packs_that_differ_in_numbers_share_one_plan():
    packs, people = places(), everyone(40)
    call = many._Call(
        packs, many.table_of(table_of(packs["4401"], people)), [OCTOBER], ["津贴"], policy.bind, "职务", {}
    )
    assert sorted(0 if group.pack is None else len(set(group.pack.tolist())) for group in call.groups) == [0, 3]


def test_labels_mean_the_same_whatever_their_order_in_a_pack():
    text = (
        "代码: {职级: {有序: 是, 值: %s}}\n规则: {级别: {单位: 职级, 依据: {文件: 例, 参照: 试验}, 自 2020-01-01: %s}}"
    )
    said = {
        "4401": ('{"1": 甲, "2": 乙}', "乙"),
        "4402": ('{"1": 乙, "2": 甲}', "甲"),
        "4403": ('{"1": 乙, "2": 甲}', "乙"),
    }
    packs = {c: policy.build([base(), folder(c, "试", {"规则.yaml": text % own})]) for c, own in said.items()}
    answers = policy.evaluate(packs, {"区": np.array(["4402", "4401", "4403"])}, OCTOBER, ["级别"], by="区")
    assert answers.numpy("级别").tolist() == ["甲", "乙", "乙"]


def test_division_that_no_pack_governs_is_told_with_its_rows():
    packs, people = places(), everyone(3)
    people[1]["职务"] = "3502"
    with pytest.raises(policy.PolicyErrors) as refused:
        policy.evaluate(packs, table_of(packs["4401"], people), OCTOBER, ["津贴"], by="职务")
    assert [str(p) for p in refused.value.problems] == [
        "列“职务”:2:2 G007 没有政策包“3502”；现有：4401、4402、440305、4403"
    ]


# ── many months ──

YEAR = [policy.Period.month(f"2026-{month:02d}") for month in range(1, 13)]
CARRY = {
    "已发月数": 1,
    "已发累计应发": "应发工资",
    "已发累计专项扣除": "个人五险一金",
    "已发累计专项附加扣除": "本期专项附加扣除",
    "已发累计预扣税额": "个人所得税",
}


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_year_is_its_months_one_after_the_other(backend):
    pack, draw = policy.load("9901", POLICIES), random.Random(9)
    want = ["应发工资", "个人五险一金", "本期专项附加扣除", "个人所得税", "实发工资"]
    names = [n for n in policy.columns_needed(pack, OCTOBER, want) if n not in CARRY]
    people = [someone(pack, names, draw) for _ in range(40)]
    answers = policy.evaluate(pack, table_of(pack, people), YEAR, want, carry=CARRY, backend=backend)
    for row, facts in enumerate(people):
        paid: dict = {"已发月数": 0} | {name: 0 for name in CARRY if name != "已发月数"}
        for month, period in enumerate(YEAR):
            given = facts | {n: v if n == "已发月数" else f"{v // 100}.{v % 100:02d}" for n, v in paid.items()}
            expected = {n: v[0] for n, v in law(pack, [given], want, period).items()}
            found = {n: int(answers.numpy(n)[month, row]) if answers.known(n)[month, row] else None for n in want}
            assert found == expected
            if None in expected.values():
                break
            paid = {n: v + (1 if n == "已发月数" else expected[CARRY[n]]) for n, v in paid.items()}


def test_months_of_one_shape_share_one_plan():
    pack = policy.load("9901", POLICIES)
    table = many.table_of({"值班次数": np.array([1, 2])})
    call = many._Call(pack, table, YEAR, ["值班补贴"], policy.bind, None, {})
    assert len({id(month.plan) for month in call.groups[0].months}) == 1


def test_what_is_carried_out_of_its_range_is_refused():
    pack = rules(本月="元 | 已发 + 工资")
    table = {"工资_fen": np.array([100, 9_000_000_000]), "已发_fen": np.array([0, 0])}
    with pytest.raises(policy.PolicyErrors, match=r"列“已发”:2:0 G502 “已发”的值 270000000 超出了说明的范围"):
        policy.evaluate(pack, table, YEAR[:3], ["本月"], carry={"已发": "本月"})


# ── sums ──


@pytest.mark.parametrize("backend", BACKENDS)
def test_sums_are_exact_beyond_what_a_float_holds(backend):
    pack = rules(甲="元 | 工资 × 3")
    fen = np.array([9_999_999_999] * 70_000 + [1] * 3, dtype=np.int64)
    table = {"工资_fen": fen, "岗位": np.array(["正职"] * 70_000 + ["副职"] * 3)}
    found = policy.evaluate(pack, table, OCTOBER, ["甲"], sink=policy.Sums(["岗位"]), backend=backend)
    assert found == [
        {"岗位": "正职", "人数": 70_000, "甲": 70_000 * 29_999_999_997},
        {"岗位": "副职", "人数": 3, "甲": 9},
    ]


def test_sums_count_those_who_cannot_be_said():
    pack = rules(甲="元 | 工资")
    table = {"工资_fen": np.ma.array([100, 200, 300], mask=[False, True, False])}
    found = policy.evaluate(pack, table, OCTOBER, ["甲"], sink=policy.Sums())
    assert found == [{"人数": 3, "甲": 400, "甲 缺": 1}]


def test_the_order_of_rows_does_not_depend_on_threads_or_blocks(monkeypatch):
    pack = rules(甲="元 | 工资 × 2")
    fen = np.arange(100_000, dtype=np.int64)
    monkeypatch.setattr(to_numpy.Kernel, "BLOCK", 1_000)
    found = policy.evaluate(pack, {"工资_fen": fen}, OCTOBER, ["甲"], threads=4)
    assert np.array_equal(found.numpy("甲"), fen * 2)
