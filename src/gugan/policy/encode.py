"""Canonical values of one name become a NumPy column; each distinct value is read once, as the specification reads it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

import numpy as np

from gugan.policy.bound import Given
from gugan.policy.given import read
from gugan.policy.numbers import read_scaled
from gugan.policy.vectors import Vec, bounded

EPOCH = date(1970, 1, 1)


class Texts:
    """Gives each text a number, so that texts can be compared as columns."""

    def __init__(self) -> None:
        self.codes: dict[str, int] = {}

    def code(self, text: str) -> int:
        """Return the number of a text."""
        return self.codes.setdefault(text, len(self.codes))

    def all(self) -> list[str]:
        """Return the texts in order of their numbers."""
        return list(self.codes)


def encode(given: Given, raw: list[Any], texts: Texts) -> Vec:
    """Return the column of raw canonical values; None (after `empty`) is unknown. Raises PolicyErrors G501, G502, G211."""
    if given.type.kind == "逐年":
        return _years(given, raw)
    distinct = _distinct(given, raw)
    codes = {value: _code(given, value, texts) for value in distinct if value is not None}
    codes[None] = codes[given.empty] if given.empty is not None and None in distinct else 0
    values = np.fromiter(map(codes.__getitem__, raw), dtype=np.int64, count=len(raw))
    known = np.ones(len(raw), dtype=bool)
    if given.empty is None and None in distinct:
        known = np.fromiter((value is not None for value in raw), dtype=bool, count=len(raw))
    if given.type.kind != "数":
        return Vec(values, known)
    factor = 10**given.places
    return Vec(values, known, given.places, *bounded(given.low * factor, given.high * factor))


def _distinct(given: Given, raw: list[Any]) -> set[Any]:
    """Return the distinct values, 是否 apart from numbers (in Python True is 1, and 1.0 is 1)."""
    types = set(map(type, raw))
    if not (types <= {str, int, type(None)} or types <= {str, bool, type(None)}):
        for value in raw:
            if value is not None:
                read(given, value)
    distinct = set(raw)
    if None in distinct and given.empty is not None:
        distinct.add(given.empty)
    return distinct


def _code(given: Given, value: Any, texts: Texts) -> int:
    kind = given.type
    if kind.kind == "数":
        fast = read_scaled(value, given.places) if type(value) is str else None
        if fast is not None and given.low <= fast // 10**given.places < given.high:
            return fast
        return int(read(given, value) * 10**given.places)
    answer = read(given, value)
    if kind.kind == "日期":
        return (answer - EPOCH).days
    if kind.kind == "是否":
        return int(answer)
    if kind.kind == "代码" and kind.table:
        return kind.table.labels.index(answer)
    return texts.code(answer)


def _years(given: Given, raw: list[Any]) -> Vec:
    known = np.array([value is not None for value in raw], dtype=bool)
    table = given.type.table
    assert table is not None
    codes = {label: index for index, label in enumerate(table.labels)}
    seen: dict[Any, tuple[int, int]] = {}
    rows: list[int] = []
    cells: list[tuple[int, int]] = []
    for index, history in enumerate(raw):
        if history is None:
            continue
        if not isinstance(history, dict) or not all(
            label is None or isinstance(label, str) for label in history.values()
        ):
            read(given, history)
        for item in history.items():
            cell = seen.get(item)
            if cell is None:
                cell = next(((y, codes[c]) for y, c in read(given, dict([item])).items()), (0, -1))
                seen[item] = cell
            if cell[1] >= 0:
                rows.append(index)
                cells.append(cell)
    return _grid(known, rows, cells)


def _grid(known: np.ndarray, rows: list[int], cells: Iterable[tuple[int, int]]) -> Vec:
    pairs = np.array(list(cells), dtype=np.int64).reshape(-1, 2)
    if not len(pairs):
        return Vec(np.full((0, len(known)), -1, dtype=np.int64), known)
    first = int(pairs[:, 0].min())
    out = np.full((int(pairs[:, 0].max()) - first + 1, len(known)), -1, dtype=np.int64)
    out[pairs[:, 0] - first, np.array(rows)] = pairs[:, 1]
    return Vec(out, known, first=first)
