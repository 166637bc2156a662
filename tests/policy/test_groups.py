"""Words over the whole table: places with ties, quotas, sums, means and counts by group, and what is done about gaps."""

import contextlib
import importlib
import random
from decimal import Decimal
from unittest import mock

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gugan import policy
from tests.policy.helpers import OCTOBER, both, person, rules

PACK = rules(
    **{
        "分": "级 | 级数",
        "占位": "名 | 名次(分, 岗位, 并列：占位, 缺：不计)",
        "连号": "名 | 名次(分, 岗位, 并列：连号, 缺：不计)",
        "取后": "名 | 名次(分, 岗位, 并列：取后, 缺：不计)",
        "总名次": "名 | 名次(级数, 全表, 并列：占位, 缺：算不出)",
        "合计": "元 | 组计(工资, 岗位, 缺：不计)",
        "合计齐": "元 | 组计(工资, 岗位, 缺：算不出)",
        "平均": "元 | 四舍五入到分 | 组平均(工资, 岗位, 学历, 缺：不计)",
        "人数": "人 | 组人数(岗位)",
        "总人数": "人 | 组人数(全表)",
        "优秀": "是否 | 入围(分, 去尾到个(组人数(岗位) × 20%), 岗位, 并列：都不进, 缺：不计)",
        "面试": "是否 | 入围(分, 3, 岗位, 并列：都进, 缺：不计)",
    }
)


def staff(*scores: object, post: str = "正职") -> list:
    """Return people with scores."""
    return [s for n, score in enumerate(scores) for s in person(f"{post}{n}", 岗位=post, 级数=score)]


def answers(name: str, people: list) -> list:
    """Return a rule's answers in the table's order, on both readings."""
    return both(PACK, people, [name])[name]


def test_places_with_ties():
    people = staff(90, 95, 90, 80, 95, 90, None)
    assert answers("占位", people) == [3, 1, 3, 6, 1, 3, None]
    assert answers("连号", people) == [2, 1, 2, 3, 1, 2, None]
    assert answers("取后", people) == [5, 2, 5, 6, 2, 5, None]


def test_each_group_has_its_own_places_and_the_order_of_rows_is_kept():
    people = [*staff(3, 1), *staff(2, 9, post="副职"), *staff(50, post="工作人员")]
    mixed = [people[n] for n in (4, 0, 2, 1, 3)]
    assert answers("占位", mixed) == [1, 1, 2, 2, 1]
    assert answers("人数", mixed) == [1, 2, 2, 2, 2]
    assert answers("总人数", mixed) == [5] * 5


def test_quota_of_a_fifth_is_rounded_as_the_rule_says_and_ties_do_not_break_it():
    eighty_seven = staff(*range(1, 88))
    assert answers("优秀", eighty_seven).count(True) == 17  # 87 × 20% = 17.4
    tied = staff(*[90] * 3, *[80] * 7)  # 10 × 20% = 2, three share the first place
    assert answers("优秀", tied).count(True) == 0
    assert answers("面试", staff(90, 80, 70, 70, 60)) == [True, True, True, True, False]


def test_gap_is_passed_over_or_leaves_the_group_without_an_answer():
    people = [
        *person(1, 岗位="正职", 工资="100.00", 学历="本科"),
        *person(2, 岗位="正职", 学历="本科"),
        *person(3, 岗位="副职", 工资="30.00", 学历="本科"),
        *person(4, 工资="7.00", 学历="本科"),
        *person(5, 岗位="正职", 工资="0.01", 学历="本科"),
    ]
    assert answers("合计", people) == [10001, 10001, 3000, None, 10001]
    assert answers("合计齐", people) == [None, None, 3000, None, None]
    assert answers("平均", people) == [5001, 5001, 3000, None, 5001]
    missing = policy.evaluate(PACK, people, OCTOBER, ["合计齐", "占位"], whole=True).missing
    lacking = ("组里有人算不出“工资”",)
    assert missing["合计齐"] == {1: lacking, 2: lacking, 4: ("岗位",), 5: lacking}
    assert missing["占位"][1] == ("级数",)
    assert answers("总名次", staff(1, None)) == [None, None]


def test_nobody_in_the_group_has_the_value():
    people = person(1, 岗位="正职", 学历="本科")
    assert both(PACK, people, ["合计", "平均"]) == {"合计": [0], "平均": [None]}


POSTS = st.sampled_from(["正职", "副职", None])


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.tuples(POSTS, st.sampled_from([None, 1, 2, "2.5", -3, 60]), st.sampled_from([None, "0.01", "-5", "99.99"]))
    )
)
def test_both_readings_agree_whatever_the_blocks(rows):
    people = [
        s for n, (post, score, pay) in enumerate(rows) for s in person(n, 岗位=post, 级数=score, 工资=pay, 学历="大专")
    ]
    names = [name for name in PACK.rules if name != "分"]
    found = both(PACK, people, names)
    with small_blocks():
        assert policy.evaluate(PACK, people, OCTOBER, names, whole=True).values == found
    shuffled = random.Random(1).sample(people, len(people))
    again = policy.evaluate(PACK, shuffled, OCTOBER, names, whole=True)
    order = [stretch.person for stretch in shuffled]
    assert {name: [again.values[name][order.index(n)] for n in range(len(rows))] for name in names} == found


@contextlib.contextmanager
def small_blocks():
    """Have blocks of two people, so that every group is in several."""
    with mock.patch.object(importlib.import_module("gugan.policy.evaluate"), "BLOCK", 2):
        yield


def test_people_in_several_stretches_are_one_row():
    people = [*person(1, (1, 9), (10, 31), 岗位="正职", 级数=3), *person(2, 岗位="正职", 级数=5)]
    assert answers("占位", people) == [2, 1]
    assert answers("人数", people) == [2, 2]


def test_groups_of_groups():
    pack = rules(
        **{
            "组里平均": "元 | 四舍五入到分 | 组平均(工资, 岗位, 缺：不计)",
            "名": "名 | 名次(组里平均, 全表, 并列：连号, 缺：不计)",
        }
    )
    people = [*person(1, 岗位="正职", 工资="9"), *person(2, 岗位="副职", 工资="30"), *person(3, 岗位="正职", 工资="12")]
    assert both(pack, people, ["名", "组里平均"]) == {"名": [2, 1, 2], "组里平均": [1050, 3000, 1050]}


def test_part_of_a_table_is_refused():
    people = staff(1, 2)
    for ask in (
        lambda: policy.evaluate(PACK, people, OCTOBER, ["占位"]),
        lambda: policy.explain(PACK, people[:1], OCTOBER, "占位"),
    ):
        with pytest.raises(policy.PolicyErrors, match="G243 “名次”要看全表，这里只有一部分人"):
            ask()
    table = as_table(people)
    with pytest.raises(policy.PolicyErrors, match="G243 “名次”要看全表，这里只有一部分人"):
        policy.evaluate(PACK, table, OCTOBER, ["占位"])
    months = [OCTOBER, policy.Period.month("2026-11")]
    with pytest.raises(policy.PolicyErrors, match="G244 “名次”一次只看一个政策包、一个月的表；分开来算"):
        policy.evaluate(PACK, table, months, ["占位"], whole=True)


def as_table(people: list) -> pa.Table:
    """Return people who are there the whole month as a table of their facts."""
    wages = [one.values.get("工资") for one in people]
    return pa.table(
        {
            "岗位": pa.array([one.values.get("岗位") for one in people]),
            "学历": pa.array([one.values.get("学历") for one in people]),
            "级数": pa.array([one.values.get("级数") for one in people], pa.int64()),
            "工资": pa.array([wage and Decimal(wage) for wage in wages], pa.decimal128(18, 2)),
        }
    )


@settings(max_examples=60)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["正职", "副职", None]),
            st.sampled_from([1, 2, 3, 60, None]),
            st.sampled_from(["0.01", "35.50", "-2.00", None]),
            st.sampled_from(["本科", "大专", None]),
        ),
        max_size=70,
    )
)
def test_tables_give_what_stretches_give(rows):
    names = ("岗位", "级数", "工资", "学历")
    people = [s for n, row in enumerate(rows) for s in person(n, **dict(zip(names, row, strict=True)))]
    want = [name for name in PACK.rules if name != "分"]
    expected = policy.evaluate(PACK, people, OCTOBER, want, whole=True)
    for backend in ("numpy", "numba") if len(rows) == 70 else ("numpy",):
        found = policy.evaluate(PACK, as_table(people), OCTOBER, want, whole=True, backend=backend)
        assert found.as_result().values == expected.values


def test_explanation_shows_the_place():
    people = staff(90, 95)
    tree = policy.explain(PACK, people[:1], OCTOBER, "占位", people)
    assert (tree.value, tree.substituted) == ("2", "名次(分，岗位，占位，不计) 2")


def test_table_that_is_too_large_is_refused():
    few = mock.patch.object(importlib.import_module("gugan.policy.groups"), "MOST_PEOPLE", 2)
    with few, pytest.raises(policy.PolicyErrors, match="G245 “名次”最多看 2 人"):
        policy.evaluate(PACK, staff(1, 2, 3), OCTOBER, ["占位"], whole=True)
