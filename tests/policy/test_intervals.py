"""Nothing is silently wrong: each trap of whole numbers in columns, on every backend, and the proofs that keep them away."""

import numpy as np
import pytest

from gugan import policy
from gugan.policy import intervals
from gugan.policy.family import Family
from gugan.policy.lower import Lower
from gugan.policy.plan import Plan, needed
from tests.policy.columns import disagreements
from tests.policy.helpers import OCTOBER, rules

BACKENDS = ("numpy", "numba")


def ops(pack: policy.Pack, name: str) -> list[str]:
    """Return the operations of one rule, in order."""
    lower = Lower(Family([(policy.bind(pack, OCTOBER), OCTOBER)]), {}, "full")
    val, _ = lower.answer(name)
    return [lower.plan.ops[n].code for n in needed(lower.plan, [val.value])]


@pytest.mark.parametrize("mode", ["四舍五入", "去尾"])
@pytest.mark.parametrize("unit", ["分", "角", "元"])
def test_halves_of_negatives_round_away_from_zero_or_are_cut(mode, unit):
    pack = rules(
        甲=f"元 | {mode}到{unit}(工资 ÷ 2)",
        乙=f"元 | {mode}到{unit}(工资 × 12.5%)",
        丙=f"元 | {mode}到{unit}(工资 ÷ 7)",
    )
    fen = (-7, -5, -1, 0, 1, 5, 7, 4, -4, 50, -50, 49, -49, 150, -150, 1234, -1234)
    people = [{"工资": f"{'-' if n < 0 else ''}{abs(n) // 100}.{abs(n) % 100:02d}"} for n in fen]
    assert disagreements(pack, people, ["甲", "乙", "丙"], BACKENDS) == []


@pytest.mark.parametrize("word", ["见厘进分", "见分进角", "见角进元"])
def test_rounding_up_goes_away_from_zero(word):
    pack = rules(甲=f"元 | {word}(工资 ÷ 3)")
    people = [{"工资": f"{n}.0{abs(n) % 10}"} for n in range(-12, 13)]
    assert disagreements(pack, people, ["甲"], BACKENDS) == []


def test_division_by_zero_cannot_be_said():
    pack = rules(甲="元 | 四舍五入到分(工资 ÷ 天数)", 乙="元 | 四舍五入到分(工资 ÷ (级数 − 1))")
    people = [{"工资": "10.00", "天数": d, "级数": s} for d in (0, 1, 3) for s in (0, 1, 3, -2)]
    assert disagreements(pack, people, ["甲", "乙"], BACKENDS) == []


def test_what_could_leave_int64_is_refused_with_formula_and_size():
    pack = rules(甲="元 | 四舍五入到分(工资 × 比率 × 比率 × 比率 × 比率)")
    with pytest.raises(policy.PolicyErrors, match="G503 “甲”可能算到 10 的 20 次方，超出了能精确表示的范围"):
        policy.evaluate(pack, {"工资_fen": np.array([1]), "比率": np.array([0.5])}, OCTOBER, ["甲"])


@pytest.mark.parametrize("kind", [np.int8, np.int16, np.int32, np.uint8, np.uint64])
def test_narrow_ints_are_widened_before_anything_is_done(kind):
    pack = rules(甲="元 | 工资 × 100")
    answers = policy.evaluate(pack, {"工资_fen": np.array([100, 127], dtype=kind)}, OCTOBER, ["甲"])
    assert answers.numpy("甲").tolist() == [10_000, 12_700]


def test_an_unsigned_number_past_int64_is_told_not_wrapped():
    pack = rules(甲="元 | 工资")
    table = {"工资_fen": np.array([1, 2**63 + 5], dtype=np.uint64)}
    with pytest.raises(
        policy.PolicyErrors, match=r"列“工资”:2:1 G502 “工资”的值 92233720368547758\.13 超出了说明的范围"
    ):
        policy.evaluate(pack, table, OCTOBER, ["甲"])


def test_a_gather_past_either_end_is_no_row_not_the_last():
    tables = "表: {级表: {依据: {文件: 例, 参照: 试验}, 键: [级], 值: 元, 自 2020-01-01: {1: 10, 2: 20, 3: 30}}}"
    pack = rules(甲="元 | 级表[级数]", 乙="元 | 级表[级数 − 5]", tables=tables)
    people = [{"级数": n} for n in (-100, -2, -1, 0, 1, 2, "2.5", 3, 4, 6, 7, 8, 9, 100)]
    assert disagreements(pack, people, ["甲", "乙"], BACKENDS) == []


def test_highest_with_a_gap_cannot_be_said():
    pack = rules(甲="元 | 最高(工资, 已发)", 乙="元 | 最低(工资, 已发, 3)")
    people = [{"工资": "5.00", "已发": "7.00"}, {"工资": "5.00"}, {"已发": "1.00"}, {}]
    assert disagreements(pack, people, ["甲", "乙"], BACKENDS) == []


def test_a_table_out_of_its_plan_is_refused_when_it_is_compiled():
    plan = Plan()
    index = plan.input("甲", (0, 5))
    with pytest.raises(intervals.TooLarge):
        plan.take(np.arange(5), index)


def test_a_divisor_that_may_be_zero_is_refused_when_it_is_compiled():
    plan = Plan()
    with pytest.raises(intervals.TooLarge):
        plan.div(plan.one, plan.input("甲", (0, 5)))


def test_what_is_proven_not_negative_takes_the_short_form():
    pack = rules(短="元 | 四舍五入到分(最高(工资, 0) × 5%)", 长="元 | 四舍五入到分(工资 × 5%)")
    assert "select" not in ops(pack, "短")
    assert "select" in ops(pack, "长")


def test_what_nobody_wants_is_not_computed_and_what_is_equal_is_computed_once():
    pack = rules(甲="元 | 四舍五入到分(工资 × 5%) + 四舍五入到分(工资 × 5%)", 乙="元 | 四舍五入到分(已发 × 7%)")
    assert ops(pack, "甲").count("div") == 1
    assert "已发" not in [extra for extra in ops(pack, "甲")]


def test_what_the_ranges_decide_is_decided_once():
    pack = rules(甲="元 | 若 比率 ≤ 1 则 工资 否则 四舍五入到分(工资 ÷ 3)")
    assert ops(pack, "甲") == ["input"]


@pytest.mark.parametrize(
    ("function", "a", "b", "expected"),
    [
        (intervals.add, (-3, 5), (2, 4), (-1, 9)),
        (intervals.sub, (-3, 5), (2, 4), (-7, 3)),
        (intervals.mul, (-3, 5), (-2, 4), (-12, 20)),
        (intervals.div, (-7, 9), (2, 4), (-4, 4)),
        (intervals.highest, (-3, 5), (2, 4), (2, 5)),
        (intervals.lowest, (-3, 5), (2, 4), (-3, 4)),
    ],
)
def test_a_range_holds_every_result_and_no_more(function, a, b, expected):
    python = {
        "add": lambda x, y: x + y,
        "sub": lambda x, y: x - y,
        "mul": lambda x, y: x * y,
        "div": lambda x, y: x // y,
    }
    python |= {"highest": max, "lowest": min}
    every = [python[function.__name__](x, y) for x in range(a[0], a[1] + 1) for y in range(b[0], b[1] + 1)]
    assert function(a, b) == (min(every), max(every)) == expected
