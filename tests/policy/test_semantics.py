"""What the language means, against oracles that share no code with it."""

from datetime import date, timedelta
from decimal import ROUND_DOWN, ROUND_HALF_UP, ROUND_UP, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gugan import policy
from tests.policy.helpers import OCTOBER, POLICIES, answer, both, person, rules

MODES = {"四舍五入": ROUND_HALF_UP, "见": ROUND_UP, "去尾": ROUND_DOWN}
ROUNDING_WORDS = {
    "四舍五入到分": "0.01",
    "四舍五入到角": "0.1",
    "四舍五入到元": "1",
    "见厘进分": "0.01",
    "见分进角": "0.1",
    "见角进元": "1",
    "去尾到分": "0.01",
    "去尾到角": "0.1",
    "去尾到元": "1",
}
ROUND = rules(**{word: f"元 | {word}(工资 × 0.0125)" for word in ROUNDING_WORDS})


# ── rounding ──


@given(st.lists(st.integers(-10_000_000, 10_000_000), min_size=1, max_size=20))
def test_rounding_is_symmetric_about_zero_in_every_mode(fens):
    people = [s for n, fen in enumerate(fens) for s in person(n, 工资=f"{Decimal(fen) / 100:.2f}")]
    answers = both(ROUND, people, list(ROUNDING_WORDS))
    for word, unit in ROUNDING_WORDS.items():
        mode = next(mode for start, mode in MODES.items() if word.startswith(start))
        exact = [(Decimal(fen) / 100 * Decimal("0.0125")).quantize(Decimal(unit), mode) for fen in fens]
        assert answers[word] == [int(value * 100) for value in exact]


@pytest.mark.parametrize(
    ("word", "up", "down"),
    [
        ("四舍五入到分", 1, -1),
        ("见厘进分", 1, -1),
        ("去尾到分", 0, 0),
    ],
)
def test_half_a_fen_goes_the_same_way_on_both_sides(word, up, down):
    pack = rules(**{"例": f"元 | {word}(工资 × 0.5)"})
    assert answer(pack, "例", 工资="0.01") == up
    assert answer(pack, "例", 工资="-0.01") == down


def test_division_is_exact_until_it_is_rounded():
    pack = rules(**{"例": "元 | 四舍五入到分(工资 ÷ 3 × 3)", "比": "元 | 四舍五入到分(工资 ÷ 天数)"})
    assert answer(pack, "例", 工资="0.05") == 5
    assert answer(pack, "比", 工资="100.00", 天数="21.75") == 460
    assert answer(pack, "比", 工资="-100.00", 天数="21.75") == -460


def test_division_by_zero_is_missing_and_says_so():
    pack = rules(**{"例": "元 | 四舍五入到分(工资 ÷ 天数)"})
    people = person(工资="1.00", 天数="0")
    assert both(pack, people, ["例"]) == {"例": [None]}
    assert policy.evaluate(pack, people, OCTOBER, ["例"]).missing["例"] == {1: ("除数“天数”是零",)}


# ── dates ──

DATES = rules(
    **{
        "满年": "年 | 足年(入职, 离职)",
        "满月": "月 | 足月(入职, 离职)",
        "天": "天 | 相隔天数(入职, 离职)",
        "次月": "日期 | 次月起(入职)",
        "次年": "日期 | 次年1月起(入职)",
        "月首": "日期 | 月初(入职)",
    }
)
DAYS = st.dates(date(1996, 1, 1), date(2032, 12, 31))


def months_later(start: date, months: int) -> date:
    """Return the day some months later; where that month lacks the day, its last."""
    year, month = divmod(start.year * 12 + start.month - 1 + months, 12)
    day = start.day
    while True:
        try:
            return date(year, month + 1, day)
        except ValueError:
            day -= 1


@given(DAYS, DAYS)
def test_full_years_and_months_count_what_has_passed(start, end):
    months = 0
    while months_later(min(start, end), months + 1) <= max(start, end):
        months += 1
    sign = 1 if start <= end else -1
    values = {"入职": start.isoformat(), "离职": end.isoformat()}
    found = both(DATES, person(**values), ["满年", "满月", "天"])
    assert found == {"满年": [sign * (months // 12)], "满月": [sign * months], "天": [(end - start).days]}


@pytest.mark.parametrize(
    ("start", "end", "years", "months"),
    [
        ("2020-02-29", "2021-02-27", 0, 11),
        ("2020-02-29", "2021-02-28", 1, 12),
        ("2020-02-29", "2024-02-28", 3, 47),
        ("2020-02-29", "2024-02-29", 4, 48),
        ("2026-01-31", "2026-02-27", 0, 0),
        ("2026-01-31", "2026-02-28", 0, 1),
        ("2026-01-31", "2026-04-30", 0, 3),
        ("2023-07-01", "2026-06-30", 2, 35),
        ("2023-07-01", "2026-07-01", 3, 36),
        ("2026-07-01", "2023-07-01", -3, -36),
    ],
)
def test_full_years_at_month_ends(start, end, years, months):
    found = both(DATES, person(入职=start, 离职=end), ["满年", "满月"])
    assert found == {"满年": [years], "满月": [months]}


@given(DAYS)
def test_first_days(day):
    found = both(DATES, person(入职=day.isoformat()), ["次月", "次年", "月首"])
    after = day.replace(day=28) + timedelta(days=4)
    assert found == {
        "次月": [after.replace(day=1)],
        "次年": [date(day.year + 1, 1, 1)],
        "月首": [day.replace(day=1)],
    }


# ── yearly results ──

GOOD, BAD = ("合格", "优秀"), "不合格"


@pytest.mark.parametrize(
    ("results", "delayed", "restarted"),
    [
        ("合合合", 1, 1),
        ("合合", 0, 0),
        ("合合坏合", 1, 0),
        ("合坏合坏合", 1, 0),
        ("合合坏合合合", 1, 1),
        ("合合缺合", 1, 0),
        ("合合合合合合", 2, 2),
        ("", 0, 0),
        ("坏坏坏", 0, 0),
    ],
)
def test_bad_or_missing_year_delays_or_starts_anew(results, delayed, restarted):
    pack = rules(
        **{
            "顺延": "级 | 满期次数(考核, 每 3 个, 合格以上, 中断：顺延)",
            "重算": "级 | 满期次数(考核, 每 3 个, 合格以上, 中断：重新起算)",
            "默认": "级 | 满期次数(考核, 每 3 个, 合格以上)",
        }
    )
    labels = {"合": "合格", "坏": "不合格", "缺": None}
    history = {str(2018 + n): labels[r] for n, r in enumerate(results)}
    found = both(pack, person(考核=history), ["顺延", "重算", "默认"])
    assert found == {"顺延": [delayed], "重算": [restarted], "默认": [delayed]}


def test_filling_stands_in_only_where_nothing_is_recorded():
    pack = rules(
        **{"补": "逐年: 结果 | 补全(考核, 2023, 2025, 合格)", "坏补": "逐年: 结果 | 补全(考核, 2025, 2023, 合格)"}
    )
    assert answer(pack, "补", 考核={"2022": "优秀", "2024": "不合格"}) == {2023: "合格", 2024: "不合格", 2025: "合格"}
    assert answer(pack, "补") == {2023: "合格", 2024: "合格", 2025: "合格"}
    assert answer(pack, "坏补", 考核={"2024": "优秀"}) == {}


def test_year_without_result_is_named():
    pack = rules(**{"去年": "结果 | 某年(考核, 年(核算日) − 1)"})
    people = [*person(1, 考核={"2025": "优秀"}), *person(2, 考核={"2024": "优秀"}), *person(3)]
    assert both(pack, people, ["去年"]) == {"去年": ["优秀", None, None]}
    missing = policy.evaluate(pack, people, OCTOBER, ["去年"]).missing["去年"]
    assert missing == {2: ("2025年考核",), 3: ("考核",)}


# ── missing values ──


@pytest.mark.parametrize(
    ("expression", "yes", "no", "unknown"),
    [
        ("聘任 且 工资 > 0", None, False, None),
        ("聘任 或 工资 > 0", True, None, None),
        ("非 聘任", False, True, None),
        ("聘任 且 非 聘任", False, False, None),
        ("有 聘任 且 聘任", True, False, False),
        ("非 有 聘任 或 聘任", True, False, True),
    ],
)
def test_and_or_look_only_at_what_decides(expression, yes, no, unknown):
    pack = rules(**{"例": f"是否 | {expression}"})
    assert answer(pack, "例", 聘任=True) is yes
    assert answer(pack, "例", 聘任=False) is no
    assert answer(pack, "例") is unknown


def test_highest_with_an_unknown_condition_is_unknown_and_names_it():
    pack = rules(
        """
  津贴:
    单位: 元
    依据: {文件: 例, 参照: 试验}
    自 2020-01-01:
      就高:
        - {当: 聘任, 得: 300}
        - {当: 学历 ≥ 本科, 得: 100}
"""
    )
    assert answer(pack, "津贴", 聘任=True, 学历="本科") == 30000
    assert answer(pack, "津贴", 聘任=False, 学历="高中") == 0
    people = person(聘任=True)
    assert both(pack, people, ["津贴"]) == {"津贴": [None]}
    assert policy.evaluate(pack, people, OCTOBER, ["津贴"]).missing["津贴"] == {1: ("学历",)}


def test_highest_of_negatives_is_not_zero():
    pack = rules(
        """
  扣:
    单位: 元
    依据: {文件: 例, 参照: 试验}
    自 2020-01-01:
      就高:
        - {当: 聘任, 得: −300}
        - {当: 学历 ≥ 本科, 得: −100}
"""
    )
    assert answer(pack, "扣", 聘任=True, 学历="高中") == -30000
    assert answer(pack, "扣", 聘任=True, 学历="本科") == -10000
    assert answer(pack, "扣", 聘任=False, 学历="高中") == 0


FIRST = """
  档:
    单位: 级
    依据: {文件: 例, 参照: 试验}
    自 2020-01-01:
      首个:
        - {当: 学历 ≥ 本科, 得: 3}
        - {当: 聘任, 得: 2}
        - {得: 1}
"""


def test_first_that_fits_waits_for_an_unknown_earlier_row():
    pack = rules(FIRST)
    assert answer(pack, "档", 学历="本科") == 3
    assert answer(pack, "档", 学历="高中", 聘任=True) == 2
    assert answer(pack, "档", 学历="高中", 聘任=False) == 1
    assert answer(pack, "档", 聘任=True) is None
    assert answer(pack, "档", 学历="高中") is None


EXCEPTIONS = """
  等级:
    单位: 级
    依据: {文件: 例, 参照: 试验}
    自 2020-01-01:
      一般: 级数
      例外:
        - {说: 已聘任, 当: 有 聘任 且 聘任, 得: 10}
        - {说: 本科以上, 当: 学历 ≥ 本科, 得: 20}
"""


def test_two_exceptions_that_both_apply_are_missing_and_name_both():
    pack = rules(EXCEPTIONS)
    assert answer(pack, "等级", 级数=5, 聘任=False, 学历="高中") == 5
    assert answer(pack, "等级", 聘任=True, 学历="高中") == 10
    assert answer(pack, "等级", 聘任=False, 学历="本科") == 20
    people = person(级数=5, 聘任=True, 学历="本科")
    assert both(pack, people, ["等级"]) == {"等级": [None]}
    missing = policy.evaluate(pack, people, OCTOBER, ["等级"]).missing["等级"]
    assert missing == {1: ("两条例外同时适用：已聘任；本科以上",)}


def test_exception_whose_condition_is_unknown_leaves_the_answer_unknown():
    pack = rules(EXCEPTIONS)
    assert answer(pack, "等级", 级数=5, 聘任=True) is None
    assert answer(pack, "等级", 级数=5) is None


def test_all_conditions_report_every_failure():
    pack = rules(
        """
  可晋级:
    依据: {文件: 例, 参照: 试验}
    自 2020-01-01:
      条件组:
        - {说: 本科以上, 当: 学历 ≥ 本科}
        - {说: 已聘任, 当: 聘任}
        - {说: 满三级, 当: 级数 ≥ 3}
"""
    )
    assert answer(pack, "可晋级", 学历="本科", 聘任=True, 级数=3) is True
    assert answer(pack, "可晋级", 学历="高中") is False
    assert answer(pack, "可晋级", 学历="本科", 级数=3) is None
    tree = policy.explain(pack, person(学历="高中", 级数=3), OCTOBER, "可晋级")
    assert tree.substituted == (
        "本科以上：不符合（学历 高中 ≥ 本科）；已聘任：算不出（聘任 算不出：缺聘任）；满三级：符合（级数 3 ≥ 3）"
    )


def test_missing_cell_of_a_table_is_missing_and_names_the_source():
    pack = rules(
        tables="表: {津贴表: {依据: {文件: 例, 参照: 试验}, 键: [岗位], 值: 元, 自 2020-01-01: {正职: 缺, 副职: 200, 其余: 0}}}",
        **{"津贴": "元 | 津贴表[岗位]"},
    )
    assert answer(pack, "津贴", 岗位="副职") == 20000
    assert answer(pack, "津贴", 岗位="工作人员") == 0
    people = person(岗位="正职")
    assert both(pack, people, ["津贴"]) == {"津贴": [None]}
    assert policy.evaluate(pack, people, OCTOBER, ["津贴"]).missing["津贴"] == {1: ("来源里缺的一格",)}


def test_default_is_named_only_where_it_stood_in():
    pack = rules(
        **{
            "年资": "级 | 缺省(级数, 1)",
            "等级": "级 | 若 学历 ≥ 本科 则 5 否则 年资",
            "总": "级 | 等级 + 1",
        }
    )
    people = [
        *person("用了", 学历="高中"),
        *person("没用到", 学历="本科"),
        *person("不缺", 学历="高中", 级数=2),
        *person("等级已给", 学历="高中", 等级=7),
        *person("算不出"),
    ]
    assert both(pack, people, ["总"]) == {"总": [2, 6, 3, 8, None]}
    result = policy.evaluate(pack, people, OCTOBER, ["总"])
    assert result.defaults == {"用了": ("年资：缺级数，按1",)}


def test_given_rule_replaces_its_formula():
    pack = rules(**{"甲": "元 | 工资 + 1", "乙": "元 | 甲 × 2"})
    people = [*person(1, 工资="1.00"), *person(2, 工资="1.00", 甲="5.00"), *person(3, 甲="7.00")]
    assert both(pack, people, ["乙"]) == {"乙": [400, 1000, 1400]}


def test_has_of_a_rule_sees_whether_it_has_an_answer():
    pack = rules(**{"甲": "元 | 工资 + 1", "乙": "是否 | 有 甲"})
    people = [*person(1, 工资="1.00"), *person(2), *person(3, 甲="5.00")]
    assert both(pack, people, ["乙"]) == {"乙": [True, False, True]}


def test_missing_written_out_takes_the_type_it_meets():
    pack = rules(
        **{
            "日": "日期 | 若 聘任 则 入职 否则 缺",
            "码": "学历 | 若 聘任 则 学历 否则 缺",
            "年": "逐年: 结果 | 若 聘任 则 考核 否则 缺",
            "元": "元 | 若 聘任 则 工资 否则 缺",
        }
    )
    values = {"入职": "2020-01-01", "学历": "本科", "考核": {"2020": "合格"}, "工资": "1.00"}
    people = [*person(1, 聘任=True, **values), *person(2, 聘任=False, **values)]
    assert both(pack, people, ["日", "码", "年", "元"]) == {
        "日": [date(2020, 1, 1), None],
        "码": ["本科", None],
        "年": [{2020: "合格"}, None],
        "元": [100, None],
    }


# ── tables and scales ──

SCALE = """
表:
  税率: {依据: {文件: 例, 参照: 试验}, 累进: 元, 值: "%", 自 2020-01-01: {0: 3, 36000: 10, 144000: 20}}
  起征: {依据: {文件: 例, 参照: 试验}, 累进: 元, 值: "%", 自 2020-01-01: {5000: 10, 8000: 20}}
  补贴: {依据: {文件: 例, 参照: 试验}, 分档: 年, 值: 元, 自 2020-01-01: {0: 0, 3: 50, 10: 缺}}
  等次: {依据: {文件: 例, 参照: 试验}, 分档: 级, 值: 结果, 自 2020-01-01: {0: 不合格, 60: 合格, 90: 优秀}}
  工种: {依据: {文件: 例, 参照: 试验}, 键: [职务], 值: 元, 自 2020-01-01: {书记: 500, 委员: 200, 其余: 0}}
  两键: {依据: {文件: 例, 参照: 试验}, 键: [岗位, 级], 值: 元, 自 2020-01-01: {"正职、1": 10, "正职、2": 20, "副职、1": 5}}
"""
SCALES = rules(
    tables=SCALE,
    **{
        "税": "元 | 四舍五入到分 | 税率[工资]",
        "起": "元 | 四舍五入到分 | 起征[工资]",
        "贴": "元 | 补贴[足年(入职, 核算日)]",
        "评": "结果 | 等次[级数]",
        "工": "元 | 工种[职务]",
        "双": "元 | 两键[岗位, 级数]",
    },
)


@pytest.mark.parametrize(
    ("income", "tax"),
    [
        ("-5.00", 0),
        ("0", 0),
        ("0.01", 0),
        ("35999.99", 108000),
        ("36000.00", 108000),
        ("36000.01", 108000),
        ("36000.10", 108001),
        ("144000.00", 1188000),
        ("144000.01", 1188000),
        ("144000.03", 1188001),
    ],
)
def test_marginal_scale_at_its_edges(income, tax):
    assert answer(SCALES, "税", 工资=income) == tax


@pytest.mark.parametrize(("income", "tax"), [("5000", 0), ("5000.05", 1), ("8000", 30000), ("8001", 30020)])
def test_marginal_scale_that_begins_above_zero_spares_what_is_below(income, tax):
    assert answer(SCALES, "起", 工资=income) == tax


def test_quick_deductions_are_derived_and_are_the_published_ones():
    pack = policy.load("00", POLICIES)
    table = policy.bind(pack, OCTOBER).table("综合所得税率")
    assert [int(q) for q in table.steps[2]] == [0, 2520, 16920, 31920, 52920, 85920, 181920]


@pytest.mark.parametrize(
    ("since", "fen"),
    [
        ("2026-10-31", 0),
        ("2023-11-01", 0),
        ("2023-10-31", 5000),
        ("2016-11-01", 5000),
        ("2016-10-31", None),
        ("2027-12-01", None),
    ],
)
def test_step_scale_at_its_edges(since, fen):
    assert answer(SCALES, "贴", 入职=since) == fen


@pytest.mark.parametrize(
    ("score", "label"), [("59.99", "不合格"), (60, "合格"), ("89.99", "合格"), (90, "优秀"), (-1, None)]
)
def test_step_scale_may_give_labels(score, label):
    assert answer(SCALES, "评", 级数=score) == label


def test_table_may_be_keyed_by_text():
    people = [*person(1, 职务="书记"), *person(2, 职务="委员"), *person(3, 职务="主任"), *person(4)]
    assert both(SCALES, people, ["工"]) == {"工": [50000, 20000, 0, None]}


def test_table_of_two_keys_without_a_row_says_which():
    people = [*person(1, 岗位="正职", 级数=2), *person(2, 岗位="副职", 级数=2), *person(3, 岗位="正职", 级数="1.5")]
    assert both(SCALES, people, ["双"]) == {"双": [2000, None, None]}
    missing = policy.evaluate(SCALES, people, OCTOBER, ["双"]).missing["双"]
    assert missing == {2: ("表“两键”没有“副职、2”这一行",), 3: ("表“两键”没有“正职、1.5”这一行",)}


def test_table_with_nothing_but_the_rest():
    pack = rules(
        tables="表: {平: {依据: {文件: 例, 参照: 试验}, 键: [岗位], 值: 元, 自 2020-01-01: {其余: 7}}}",
        **{"甲": "元 | 平[岗位]"},
    )
    assert answer(pack, "甲", 岗位="正职") == 700
    assert answer(pack, "甲") is None


# ── texts and labels ──


def test_texts_are_compared_as_texts():
    pack = rules(
        **{"书记": "是否 | 职务 = “书记”", "不是": "是否 | 职务 ≠ “书记”", "称": "文 | 若 聘任 则 职务 否则 “无”"}
    )
    people = [*person(1, 职务="书记", 聘任=True), *person(2, 职务="委员", 聘任=False), *person(3)]
    assert both(pack, people, ["书记", "不是", "称"]) == {
        "书记": [True, False, None],
        "不是": [False, True, None],
        "称": ["书记", "无", None],
    }


def test_labels_compare_in_the_order_of_their_table():
    pack = rules(**{"例": "是否 | 学历 ≥ 大专", "反": "是否 | 大专 > 学历"})
    people = [s for n, label in enumerate(("高中", "大专", "本科")) for s in person(n, 学历=label)]
    assert both(pack, people, ["例", "反"]) == {"例": [False, True, True], "反": [True, False, False]}


# ── stretches ──

SEGMENTS = rules(
    **{
        "标准": "元 | 按段 | 四舍五入到分 | 工资 × 比率",
        "月额": "元 | 四舍五入到分(合计各段(标准))",
        "段天": "天 | 按段 | 段内天数",
        "混": "元 | 按段 | 四舍五入到分 | 标准 + 月额",
        "最后": "元 | 四舍五入到分(合计各段(混))",
    }
)


def test_month_is_the_sum_of_its_stretches_by_calendar_days():
    whole = person(1, 工资="3100.00", 比率=1)
    joiner = person(2, (12, 31), 工资="3100.00", 比率=1)
    first = person(3, (1, 11), 工资="3100.00", 比率=1)
    raised = [*person(4, (1, 15), 工资="3100.00", 比率=1), *person(4, (16, 31), 工资="6200.00", 比率=1)]
    gap = [*person(5, (1, 10), 工资="3100.00", 比率=1), *person(5, (22, 31), 工资="3100.00", 比率=1)]
    found = both(SEGMENTS, [*whole, *joiner, *first, *raised, *gap], ["月额"])
    assert found == {"月额": [310000, 200000, 110000, 470000, 200000]}


def test_one_stretch_that_is_missing_makes_the_month_missing():
    people = [*person(1, (1, 15), 工资="3100.00", 比率=1), *person(1, (16, 31), 比率=1)]
    assert both(SEGMENTS, people, ["月额", "标准"]) == {"月额": [None], "标准": [None]}
    assert policy.evaluate(SEGMENTS, people, OCTOBER, ["月额"]).missing["月额"] == {1: ("工资",)}


def test_rules_per_stretch_and_per_month_read_each_other():
    people = [
        *person(1, (1, 15), 工资="3100.00", 比率=1),
        *person(1, (16, 31), 工资="6200.00", 比率="0.5"),
        *person(2, (31, 31)),
    ]
    assert both(SEGMENTS, people, list(SEGMENTS.rules)) == {
        "标准": [310000, None],
        "月额": [310000, None],
        "段天": [16, 1],
        "混": [620000, None],
        "最后": [620000, None],
    }


# ── one person among many ──


def test_number_of_decimals_does_not_depend_on_the_others():
    pack = rules(**{"甲": "级 | 级数", "乙": "数 | 比率"})
    people = [*person(1, 级数="2", 比率="1"), *person(2, 级数="1.5", 比率="0.25")]
    assert both(pack, people, ["甲", "乙"]) == {"甲": [2, Decimal("1.5")], "乙": [1, Decimal("0.25")]}
    assert both(pack, people[:1], ["甲", "乙"]) == {"甲": [2], "乙": [1]}


def test_nobody_gives_an_empty_result():
    pack = rules(**{"甲": "级 | 级数"})
    result = policy.evaluate(pack, [], OCTOBER, ["甲"])
    assert result == policy.Result([], {"甲": []}, {"甲": {}}, {})


def test_wanted_twice_is_answered_once():
    pack = rules(**{"甲": "级 | 级数"})
    assert policy.evaluate(pack, person(级数=1), OCTOBER, ["甲", "甲"]).values == {"甲": [1]}


def test_blocks_do_not_part_a_person(monkeypatch):
    import importlib

    module = importlib.import_module("gugan.policy.evaluate")
    people = [s for n in range(7) for s in person(n, (1, 10), (11, 20), (21, 31), 工资=f"{n}.00", 比率=1)]
    together = policy.evaluate(SEGMENTS, people, OCTOBER, ["月额"])
    monkeypatch.setattr(module, "BLOCK", 4)
    assert policy.evaluate(SEGMENTS, people, OCTOBER, ["月额"]) == together
