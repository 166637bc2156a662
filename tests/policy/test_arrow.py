"""Tables from and to other libraries: types, gaps, and everything that is wrong told with column and row at once."""

import sys
from datetime import date
from decimal import Decimal

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from gugan import policy
from tests.policy.helpers import OCTOBER, rules

PACK = rules(
    甲="元 | 工资 + 扣款",
    乙="级 | 级数",
    丙="日期 | 入职",
    丁="学历 | 学历",
    戊="是否 | 聘任",
    己="文 | 职务",
    庚="结果 | 某年(考核, 2025)",
)
WANT = ["甲", "乙", "丙", "丁", "戊", "己", "庚"]


def told(table, want=("甲",)) -> list[str]:
    """Return what is said of a table that must be refused."""
    with pytest.raises(policy.PolicyErrors) as refused:
        policy.evaluate(PACK, table, OCTOBER, list(want))
    return [str(problem) for problem in refused.value.problems]


def pay(table) -> list[int]:
    return policy.evaluate(PACK, table, OCTOBER, ["甲"]).numpy("甲").tolist()


# ── in ──


@pytest.mark.parametrize("library", ["pyarrow", "polars", "pandas"])
def test_frames_of_every_library_are_read(library):
    columns = {
        "工资": [Decimal("1.05"), None],
        "级数": [2.5, 3.0],
        "入职": [date(2020, 2, 29), None],
        "学历": ["本科", "大专"],
        "聘任": [True, False],
        "职务": ["书记", None],
        "考核@2025": ["合格", None],
    }
    table = pa.table(columns)
    given = {
        "pyarrow": lambda: table,
        "polars": lambda: pl.from_arrow(table),
        "pandas": lambda: table.to_pandas(types_mapper=pd.ArrowDtype),
    }
    answers = policy.evaluate(PACK, given[library](), OCTOBER, WANT)
    assert pa.table(answers).to_pylist() == [
        {
            "甲": Decimal("1.05"),
            "乙": Decimal("2.50"),
            "丙": date(2020, 2, 29),
            "丁": "本科",
            "戊": True,
            "己": "书记",
            "庚": "合格",
        },
        {"甲": None, "乙": Decimal("3.00"), "丙": None, "丁": "大专", "戊": False, "己": None, "庚": None},
    ]
    assert answers.numpy("甲").tolist() == [105, 0]
    assert answers.known("甲").tolist() == [True, False]


def test_answers_go_into_any_frame():
    answers = policy.evaluate(PACK, {"工资_fen": np.array([105])}, OCTOBER, ["甲"])
    assert pl.from_arrow(pa.table(answers)).to_dicts() == [{"甲": Decimal("1.05")}]
    assert pl.DataFrame(answers).to_dicts() == [{"甲": Decimal("1.05")}]


@pytest.mark.parametrize(
    "column",
    [
        {"工资_fen": np.array([105, -7])},
        {"工资_fen": np.array([105, -7], dtype=np.int16)},
        {"工资": np.array([1.05, -0.07])},
        pa.table({"工资": pa.array([Decimal("1.05"), Decimal("-0.07")], pa.decimal128(18, 2))}),
        pa.table({"工资": pa.array([Decimal("1.05"), Decimal("-0.07")], pa.decimal128(38, 2))}),
        pa.table([pa.array([105, -7])], schema=pa.schema([pa.field("工资", pa.int64(), metadata={"unit": "fen"})])),
        pa.table({"头": [1, 2, 3], "工资_fen": [9, 105, -7]}).slice(1),
        pa.chunked_array([[105], [-7]], pa.int32()),
    ],
    ids=["fen", "narrow", "whole floats", "decimal", "wide decimal", "metadata", "sliced", "chunks"],
)
def test_money_is_read_exactly_whatever_its_form(column):
    table = pa.table({"工资_fen": column}) if isinstance(column, pa.ChunkedArray) else column
    assert pay(table) == [105, -7]


def test_gaps_are_gaps_in_every_form():
    given = [
        {"工资_fen": np.ma.array([105, 9], mask=[False, True])},
        {"工资": np.array([1.05, np.nan])},
        pa.table({"工资_fen": pa.array([105, None])}),
        pl.DataFrame({"工资_fen": [105, None]}),
    ]
    for table in given:
        answers = policy.evaluate(PACK, table, OCTOBER, ["甲"])
        assert (answers.numpy("甲").tolist(), answers.known("甲").tolist()) == ([105, 0], [True, False])


def test_a_column_that_is_not_given_is_missing_for_everybody():
    assert policy.evaluate(PACK, {"扣款_fen": np.array([1, 2])}, OCTOBER, ["甲"]).known("甲").tolist() == [False, False]


def test_a_table_of_nobody_gives_nobody():
    answers = policy.evaluate(PACK, pa.table({"工资_fen": pa.array([], pa.int64())}), OCTOBER, WANT)
    assert len(answers) == 0
    assert pa.table(answers).num_rows == 0


# ── what is wrong ──


def test_everything_wrong_is_told_at_once_with_column_and_row():
    table = pa.table(
        {
            "工资": [1.0, 1.005, None, 200_000_000.0],
            "学历": ["本科", "大本", "高中", "本科"],
            "入职": [date(2020, 1, 1), None, date(1850, 1, 1), None],
        }
    )
    assert told(table, WANT) == [
        "列“入职”:3:3 G501 “入职”的值“-43829 天”读不懂：日期要在 1900 至 2200 年之间",
        "列“学历”:2:2 G211 “大本”不在“学历”里；是否“本科”？",
        "列“工资”:2:1 G501 “工资”的值“1.005”读不懂：最多 2 位小数",
        "列“工资”:4:1 G502 “工资”的值 200000000 超出了说明的范围 -100000000 至 100000000",
    ]


def test_many_rows_of_one_kind_are_counted():
    assert told({"工资_fen": np.full(40_000, 10**11)})[-1] == "列“工资”:6:1 G506 还有 39995 行也是这样"


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ({"工资": np.array([1, 2])}, "列“工资”:1:1 G501 “工资”的值“整列”读不懂：元的整数列要写成“工资_fen”（单位分），或用 decimal(18,2)"),
        ({"工资": np.array(["1.00"])}, "列“工资”:1:1 G501 “工资”的值“整列”读不懂：要用数字列"),
        ({"工资_fen": np.array([1, 2]), "级数": np.array([1])}, "G508 表读不进来：各列的行数不一样：工资_fen 2、级数 1"),
        ({"工资_fen": np.ones((2, 2))}, "G508 表读不进来：列“工资_fen”不是一列数"),
        (pa.table({"工资": pa.array([b"1"])}), "G508 表读不进来：列“工资”的类型 binary 读不懂"),
        ({"工资": np.array([1.0, 2.0], dtype=complex)}, "G508 表读不进来：列“工资”的类型 complex128 读不懂"),
    ],
    ids=["ints of money", "text", "lengths", "two dimensions", "bytes", "complex"],
)  # fmt: skip
def test_a_column_of_another_type_is_told(table, message):
    assert told(table) == [message]


def test_moments_are_no_days():
    assert told({"入职": np.array(["2020-01-01T09:00"], dtype="M8[m]")}, ["丙"]) == [
        "G508 表读不进来：列“入职”不只有日期，还有时刻；改成日期"
    ]


def test_yearly_results_are_no_column_of_answers():
    pack = rules(甲="逐年: 结果 | 考核")
    with pytest.raises(policy.PolicyErrors, match="G508 表读不进来：“甲”是逐年的，不成一列"):
        policy.evaluate(pack, {"考核@2025": np.array(["合格"])}, OCTOBER, ["甲"])


@pytest.mark.parametrize(
    ("module", "call", "message"),
    [
        (
            "pyarrow",
            lambda: pl.DataFrame({"工资_fen": [1]}),
            "G507 读写 Arrow 表要先装 pyarrow：pip install 'gugan[arrow]'",
        ),
        ("numba", lambda: {"工资_fen": np.array([1])}, "G507 用 numba 核算要先装 numba：pip install 'gugan[numba]'"),
    ],
)
def test_an_extra_that_is_not_installed_is_named(monkeypatch, module, call, message):
    table = call()
    monkeypatch.setitem(sys.modules, module, None)
    pack = rules(甲="元 | 工资 + 0.07")
    with pytest.raises(policy.PolicyErrors) as refused:
        policy.evaluate(pack, table, OCTOBER, ["甲"], backend="numba")
    assert str(refused.value) == message


def test_numpy_arrays_need_no_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    assert pay({"工资_fen": np.array([105])}) == [105]
