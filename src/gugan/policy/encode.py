"""Canonical values of one name become a NumPy column; anything unreadable or out of range is a located problem."""

from __future__ import annotations

from datetime import date
from fractions import Fraction
from typing import Any

import numpy as np

from gugan.policy.errors import fail
from gugan.policy.interpret import decimal_text, read
from gugan.policy.nodes import Type
from gugan.policy.vectors import Vec, bounded, decimals

EPOCH = date(1970, 1, 1)


def encode(raw: list[Any], kind: Type, name: str, low: int, high: int, empty: Any = None) -> Vec:
    """Return the column of raw canonical values; None (after `empty`) is unknown. Raises PolicyErrors G501, G502, G211."""
    if empty is not None:
        raw = [empty if value is None else value for value in raw]
    known = np.array([value is not None for value in raw], dtype=bool)
    if kind.kind == "数":
        return _numbers(raw, known, kind, name, low, high)
    if kind.kind == "逐年":
        return _years(raw, known, kind, name)
    if kind.kind == "文":
        return Vec(np.zeros(len(raw), dtype=np.int64), known)
    cache: dict[Any, int] = {None: 0}
    codes = np.zeros(len(raw), dtype=np.int64)
    for index, value in enumerate(raw):
        code = cache.get(value)
        if code is None:
            code = cache[value] = _code(value, kind, name)
        codes[index] = code
    return Vec(codes, known)


def _code(value: Any, kind: Type, name: str) -> int:
    answer = read(kind, value, name)
    if kind.kind == "日期":
        return (answer - EPOCH).days
    if kind.kind == "是否":
        return int(answer)
    return kind.table.labels.index(answer) if kind.table else 0


def _numbers(raw: list[Any], known: np.ndarray, kind: Type, name: str, low: int, high: int) -> Vec:
    least = 2 if kind.unit == "元" else 0
    cache: dict[Any, Fraction] = {}
    numbers: list[Fraction] = []
    for value in raw:
        if value is None:
            numbers.append(_ZERO)
            continue
        number = cache.get(value)
        if number is None:
            number = cache[value] = read(kind, value, name)
            if not low <= number <= high:
                raise fail("G502", None, name=name, value=decimal_text(number), low=low, high=high)
        numbers.append(number)
    try:
        scale = max([least, *(decimals(n) for n in cache.values())])
    except ValueError:
        raise fail("G501", None, name=name, value="", want="小数位太多") from None
    factor = 10**scale
    bounded(low * factor, high * factor)
    values = np.array([n.numerator * (factor // n.denominator) for n in numbers], dtype=np.int64)
    return Vec(values, known, scale, low * factor, high * factor)


_ZERO = Fraction(0)


def _years(raw: list[Any], known: np.ndarray, kind: Type, name: str) -> Vec:
    histories = [{} if value is None else read(kind, value, name) for value in raw]
    years = [year for history in histories for year in history]
    first, last = (min(years), max(years)) if years else (0, -1)
    table = kind.table
    codes = {label: index for index, label in enumerate(table.labels)} if table else {}
    out = np.full((last - first + 1, len(raw)), -1, dtype=np.int64)
    for index, history in enumerate(histories):
        for year, label in history.items():
            out[year - first, index] = codes[label]
    return Vec(out, known, first=first)
