"""Canonical values of one name become a column of whole numbers; each distinct value is read once, as the specification
reads it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np

from gugan.policy.bound import Given
from gugan.policy.dates import day_of
from gugan.policy.family import Texts
from gugan.policy.given import read
from gugan.policy.lower import ALL, NONE, SOME
from gugan.policy.numbers import read_scaled
from gugan.policy.to_numpy import Array, Years


class Column(NamedTuple):
    """A given column: numbers × 10**places, days since dates.EPOCH, places in a code table, numbers of texts, truths, or
    Years. known: where there is a value, None where everywhere; what stands where there is none is in the range."""

    values: Any
    known: Array | None = None

    @property
    def state(self) -> str:
        """Return how much of it has values."""
        return ALL if self.known is None else SOME if self.known.any() else NONE

    def mask(self) -> Array:
        """Return where there is a value."""
        if self.known is not None:
            return self.known
        count = self.values.labels.shape[1] if isinstance(self.values, Years) else len(self.values)
        return np.ones(count, dtype=bool)


def filler(given: Given) -> int:
    """Return what stands where there is no value: 0, or the end of the range nearest to it."""
    ten = 10**given.places
    return max(given.low * ten, min(0, given.high * ten)) if given.type.kind == "数" else 0


def encode(given: Given, raw: list[Any], texts: Texts) -> Column:
    """Return the column of raw canonical values; None (after `empty`) is unknown. Raises PolicyErrors G501, G502, G211."""
    if given.type.kind == "逐年":
        return _years(given, raw)
    distinct = _distinct(given, raw)
    codes = {value: _code(given, value, texts) for value in distinct if value is not None}
    codes[None] = codes[given.empty] if given.empty is not None and None in distinct else filler(given)
    kind = bool if given.type.kind == "是否" else np.int64
    values = np.fromiter(map(codes.__getitem__, raw), dtype=kind, count=len(raw))
    if given.empty is not None or None not in distinct:
        return Column(values)
    return Column(values, np.fromiter((value is not None for value in raw), dtype=bool, count=len(raw)))


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
        return day_of(answer)
    if kind.kind == "是否":
        return int(answer)
    if kind.kind == "代码" and kind.table:
        return kind.table.labels.index(answer)
    return texts.code(answer)


def _years(given: Given, raw: list[Any]) -> Column:
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
    return Column(grid(len(raw), rows, cells), None if known.all() else known)


def grid(count: int, rows: list[int], cells: Iterable[tuple[int, int]]) -> Years:
    """Return yearly results of `count` rows from (year, label) cells, each of a row."""
    pairs = np.array(list(cells), dtype=np.int64).reshape(-1, 2)
    if not len(pairs):
        return Years(np.full((0, count), -1, dtype=np.int16))
    first = int(pairs[:, 0].min())
    out = np.full((int(pairs[:, 0].max()) - first + 1, count), -1, dtype=np.int16)
    out[pairs[:, 0] - first, np.array(rows)] = pairs[:, 1]
    return Years(out, first)
