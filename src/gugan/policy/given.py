"""What is given about people: canonical values of facts are read exactly, one by one, and stretches are checked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from fractions import Fraction
from itertools import groupby
from typing import Any

from gugan.policy.bound import Given
from gugan.policy.catalogue import FIRST_YEAR, LAST_YEAR
from gugan.policy.errors import fail, hint
from gugan.policy.nodes import Type
from gugan.policy.numbers import decimal_text, read_day, read_number
from gugan.policy.table import Period, Stretch

_WANT = {
    "数": '要写成文字或整数，如 "4000.00"',
    "日期": "写成 2026-10-31，在 1900 至 2200 年之间",
    "是否": "写 是 或 否",
    "逐年": "写成 {年: 结果}",
    "代码": "写成文字",
    "文": "写成文字",
    "日期窗": "日期窗只由政策包写",
}


def read(given: Given, raw: Any) -> Any:
    """Return the exact value of a canonical raw value (catalogue.py); raises PolicyErrors G501, G502 or G211."""
    kind = given.type
    if kind.kind == "数":
        return _number(given, raw)
    if kind.kind == "日期":
        return _day(given, raw)
    if kind.kind == "是否":
        if isinstance(raw, bool):
            return raw
        if raw in ("是", "否"):
            return raw == "是"
    elif kind.kind == "逐年":
        if isinstance(raw, Mapping):
            return {_year(given, y): _label(given, kind, label) for y, label in raw.items() if label is not None}
    elif kind.kind == "代码":
        return _label(given, kind, raw)
    elif isinstance(raw, str) and kind.kind == "文":
        return raw
    raise fail("G501", name=given.name, value=raw, want=_WANT.get(kind.kind, "写成文字"))


def _number(given: Given, raw: Any) -> Fraction:
    number = None
    if isinstance(raw, Decimal):
        raw = format(raw, "f")
    if isinstance(raw, int | str) and not isinstance(raw, bool):
        number = read_number(str(raw))
    if number is None:
        raise fail("G501", name=given.name, value=raw, want=_WANT["数"])
    if not given.low * number.denominator <= number.numerator <= given.high * number.denominator:
        value = decimal_text(number)
        raise fail("G502", name=given.name, value=value, low=given.low, high=given.high)
    if 10**given.places % number.denominator:
        raise fail("G501", name=given.name, value=raw, want=f"最多 {given.places} 位小数" if given.places else "要整数")
    return number


def _day(given: Given, raw: Any) -> date:
    try:
        if isinstance(raw, str):
            return read_day(raw)
        if type(raw) is date and FIRST_YEAR <= raw.year <= LAST_YEAR:
            return raw
    except ValueError:
        pass
    raise fail("G501", name=given.name, value=raw, want=_WANT["日期"])


def _year(given: Given, raw: Any) -> int:
    text = str(raw)
    if not (len(text) == 4 and text.isdecimal() and text.isascii() and FIRST_YEAR <= int(text) <= LAST_YEAR):
        raise fail("G501", name=given.name, value=raw, want=f"年份在 {FIRST_YEAR} 至 {LAST_YEAR} 之间")
    return int(text)


def _label(given: Given, kind: Type, raw: Any) -> str:
    labels = kind.table.labels if kind.table else ()
    if not isinstance(raw, str):
        raise fail("G501", name=given.name, value=raw, want=_WANT["代码"])
    if kind.table and raw not in labels:
        raise fail("G211", value=raw, table=given.name, hint=hint(raw, labels))
    return raw


def check_stretches(stretches: Sequence[Stretch], period: Period) -> None:
    """Refuse stretches that leave the period, overlap or are out of order, and people met twice; raises PolicyErrors G505."""
    seen = set()
    for person, parts in groupby(stretches, key=lambda s: s.person):
        if person in seen:
            raise fail("G505", what=f"人员 {person} 的各段没有排在一起")
        seen.add(person)
        _check_one(person, parts, period)


def _check_one(person: Any, parts: Iterable[Stretch], period: Period) -> None:
    end = period.start
    for part in parts:
        if not end <= part.start < part.end <= period.end:
            last = date.fromordinal(part.end.toordinal() - 1)
            what = f"{part.start} 至 {last} 这一段不在 {period.label} 里，或和前一段重叠（人员 {person}）"
            raise fail("G505", what=what)
        end = part.end


def stretches_of(facts: Mapping[str, Any], period: Period, person: Any = 0) -> list[Stretch]:
    """Return the stretches that plain facts describe: one whole month, or those of 各段: [{自, 止, facts…}] (止 inclusive).

    Raises PolicyErrors G505.
    """
    common = {k: v for k, v in facts.items() if k != "各段"}
    parts = facts.get("各段")
    if not parts:
        return [Stretch(person, period.start, period.end, common)]
    if not isinstance(parts, list) or not all(isinstance(part, Mapping) for part in parts):
        raise fail("G505", what="各段写成 [{自: …, 止: …, 事实…}, …]")
    found = []
    for part in parts:
        try:
            start, last = (read_day(str(part.get(key))) for key in ("自", "止"))
        except ValueError:
            raise fail("G505", what="每一段要有“自”和“止”，写成 2026-10-01") from None
        values = {**common, **{k: v for k, v in part.items() if k not in ("自", "止")}}
        found.append(Stretch(person, start, date.fromordinal(last.toordinal() + 1), values))
    check_stretches(found, period)
    return found
