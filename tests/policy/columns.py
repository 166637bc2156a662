"""Tables for the tests: the same people as stretches, for the interpreter, and as an Arrow table, for the columns."""

from __future__ import annotations

import random
from datetime import date
from decimal import Decimal
from typing import Any

import pyarrow as pa

from gugan import policy
from gugan.policy.interpret import Interpreter, canonical
from gugan.policy.numbers import read_number
from tests.policy.generated import EDGES
from tests.policy.helpers import OCTOBER

DAYS = (
    "2008-02-29", "2016-02-29", "2019-01-01", "2020-12-31", "2024-12-31", "2025-01-01", "2025-10-31", "2026-09-30",
    "2026-10-01", "2026-10-31", "2026-12-01",
)  # fmt: skip


def table_of(pack: policy.Pack, people: list[dict[str, Any]]) -> pa.Table:
    """Return people's facts as an Arrow table: money and numbers decimal, days date32, labels text, one column a year."""
    columns: dict[str, Any] = {"序号": pa.array(range(len(people)))}
    for name in dict.fromkeys(name for one in people for name in one):
        column = pack.catalogue.columns[name]
        raw = [one.get(name) for one in people]
        if column.reading == "逐年":
            for year in sorted({str(year) for history in raw for year in history or ()}) or ["2025"]:
                columns[f"{name}@{year}"] = pa.array([_year(history, year) for history in raw], pa.string())
        elif column.type in ("数", "年"):
            columns[name] = pa.array([None if v is None else _decimal(v) for v in raw], pa.decimal128(18, 5))
            columns[name] = columns[name].cast(pa.decimal128(18, policy.bind(pack, OCTOBER).given(name).places))
        elif column.type == "日期":
            columns[name] = pa.array([None if v is None else date.fromisoformat(v) for v in raw], pa.date32())
        elif column.type == "是否":
            columns[name] = pa.array([None if v is None else v in (True, "是") for v in raw], pa.bool_())
        else:
            columns[name] = pa.array(raw, pa.string()).dictionary_encode()
    return pa.table(columns)


def _decimal(value: Any) -> Decimal:
    number = read_number(str(value))
    assert number is not None
    return Decimal(int(number * 10**5)).scaleb(-5)


def _year(history: dict | None, year: str) -> str | None:
    return next((label for own, label in (history or {}).items() if str(own) == year), None)


def cells(answers: policy.Answers, name: str) -> list[Any]:
    """Return a column of answers in canonical form."""
    places, values, known = answers.places(name), answers.numpy(name).tolist(), answers.known(name).tolist()
    money = answers.unit(name) == "元"
    return [_cell(v, 0 if money else places) if said else None for v, said in zip(values, known, strict=True)]


def _cell(value: Any, places: int) -> Any:
    if places and isinstance(value, int) and not isinstance(value, bool):
        whole, rest = divmod(value, 10**places)
        return Decimal(value).scaleb(-places) if rest else whole
    return value


def law(pack: policy.Pack, people: list[dict[str, Any]], want: list[str], period: policy.Period = OCTOBER) -> dict:
    """Return what the interpreter says of everybody, in canonical form: name → list."""
    bound = policy.bind(pack, period)
    found: dict[str, list[Any]] = {name: [] for name in want}
    for values in people:
        one = Interpreter(bound, [policy.Stretch(0, period.start, period.end, values)], period)
        for name in want:
            found[name].append(canonical(one.rule(name), bound.rule(name).type))
    return found


def disagreements(pack: policy.Pack, people: list[dict], want: list[str], backends: tuple[str, ...]) -> list[Any]:
    """Return (backend, name, row, said, law) of every cell of a table on which a backend and the interpreter differ."""
    expected = law(pack, people, want)
    table = table_of(pack, people)
    found = []
    for backend in backends:
        answers = policy.evaluate(pack, table, OCTOBER, want, backend=backend)
        for name in want:
            pairs = zip(cells(answers, name), expected[name], strict=True)
            found += [(backend, name, row, a, b) for row, (a, b) in enumerate(pairs) if (a, type(a)) != (b, type(b))]
    return found


def someone(pack: policy.Pack, names: list[str], draw: random.Random) -> dict[str, Any]:
    """Return facts of one person of a real pack: on both sides of every edge, anything missing."""
    sparse = draw.choice((0, 1, 5))
    found = {}
    for name in names:
        column = pack.catalogue.columns[name]
        if column.reading == "逐年":
            labels = ("不合格", "基本合格", "合格", "合格", "优秀", "优秀")
            years = range(draw.randint(2012, 2026), 2027)
            found[name] = {str(year): draw.choice(labels) for year in years if draw.random() < 0.9}
        elif draw.randrange(10) >= sparse:
            found[name] = _fact(column, draw)
    return found


def _fact(column: policy.Column, draw: random.Random) -> Any:
    if column.table:
        return draw.choice(column.table.labels)
    if column.type == "日期":
        return (
            draw.choice(DAYS) if draw.random() < 0.7 else date.fromordinal(draw.randint(733_000, 739_920)).isoformat()
        )
    if column.type == "是否":
        return draw.random() < 0.5
    if column.unit == "元":
        if draw.random() < 0.4:
            return draw.choice(EDGES)
        fen = draw.randint(0, 10 ** draw.randint(1, 8))
        return f"{fen // 100}.{fen % 100:02d}"
    if column.type == "数":
        low = max(column.low or 0, 0)
        whole = draw.randint(low, min(column.high or 0, 40))
        return whole if column.unit == "月" or draw.random() < 0.7 else f"{low}.5"
    return draw.choice(("甲", "乙"))
