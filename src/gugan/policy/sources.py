"""The caller's columns, read block by block: cast, brought to the engine's whole numbers, and held to what was declared.

Nothing is converted as a whole: an int64 column of fen is read where it lies, and every check of a value is done while
its block is in the cache. What is wrong is told with column and row, all at once.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Any

import numpy as np

from gugan.policy.bound import Given
from gugan.policy.catalogue import MONEY
from gugan.policy.dates import day_of
from gugan.policy.encode import Column, filler
from gugan.policy.errors import PolicyErrors, Problem, hint, problem
from gugan.policy.family import Texts
from gugan.policy.given import read
from gugan.policy.lower import ALL, SOME
from gugan.policy.numbers import decimal_text
from gugan.policy.to_numpy import Array, Years

FEN = "_fen"
"""An int column of money in fen is called by its name and this."""
YEAR = "@"
"""One year of a 逐年 column is a column of its own: 历年考核@2025."""
SHOWN = 5
"""So many rows of a column are named; of the rest, how many there are."""
_UNIX = day_of(date(1970, 1, 1))
_WHOLE = 1 << 53


@dataclass(frozen=True)
class Raw:
    """A column as it lies: an array of ints, floats or truths (or codes of `labels`), where it has values (None:
    everywhere), and how many decimals an int stands for (None: not said)."""

    data: Array
    valid: Array | None = None
    labels: tuple[Any, ...] | None = None
    places: int | None = None
    days: bool = False


@dataclass
class Source:
    """A column of the engine, and how a block of it is read: value = lut[raw], or raw × factor + offset."""

    given: Given
    place: int
    data: Array
    valid: Array | None
    factor: int = 1
    offset: int = 0
    lut: Array | None = None
    labels: tuple[Any, ...] = ()
    low: int = 0
    high: int = 0

    @property
    def state(self) -> str:
        """Return how much of it has values; nobody is not looked for."""
        return ALL if self.valid is None or self.given.empty is not None else SOME

    def block(self, rows: Any, offset: int, problems: list[Problem]) -> Column:
        """Return some rows (a slice, or their numbers); `offset` is the row of the first. Adds problems G501, G502, G211."""
        raw = self.data[rows]
        valid = None if self.valid is None else self.valid[rows]
        values, bad = self._labelled(raw, valid) if self.lut is not None else self._scaled(raw, valid)
        if bad is not None and bad.any():
            problems += self._tell(np.flatnonzero(bad), raw, rows, offset)
        if valid is None:
            return Column(values)
        empty = filler(self.given) if self.given.empty is None else self._empty()
        values = np.where(valid, values, empty)
        return Column(values, valid if self.given.empty is None else None)

    def _labelled(self, raw: Array, valid: Array | None) -> tuple[Array, Array | None]:
        assert self.lut is not None
        values = self.lut.take(raw if valid is None else np.where(valid, raw, 0), mode="clip")
        if self.given.type.kind == "是否":
            return values.astype(bool), None
        bad = values < 0
        return values, bad if valid is None else bad & valid

    def _scaled(self, raw: Array, valid: Array | None) -> tuple[Array, Array | None]:
        if self.given.type.kind == "是否":
            return raw.astype(bool, copy=False), None
        if raw.dtype.kind == "f":
            return self._whole(raw, valid)
        asked = raw if valid is None else raw[valid]
        bad = None
        low, high = -(-(self.low - self.offset) // self.factor), (self.high - self.offset) // self.factor
        if asked.size and not (low <= int(asked.min()) and int(asked.max()) <= high):
            # compared as exact ints: a narrow or unsigned column must not wrap on the way
            bad = np.fromiter((not low <= v <= high for v in raw.tolist()), dtype=bool, count=len(raw))
            bad = bad if valid is None else bad & valid
            raw = np.where(bad, 0, raw)
        values = raw.astype(np.int64, copy=False)
        if self.factor != 1:
            values = values * self.factor
        return values + self.offset if self.offset else values, bad

    def _whole(self, raw: Array, valid: Array | None) -> tuple[Array, Array | None]:
        """Read floats, each of which must be a whole number of the smallest unit."""
        ten = 10**self.given.places
        with np.errstate(invalid="ignore", over="ignore"):
            scaled = np.rint(raw * ten)
            good = (scaled / ten == raw) & (np.abs(scaled) < _WHOLE) & (scaled >= self.low) & (scaled <= self.high)
        values = np.where(good, scaled, 0).astype(np.int64)
        return values, ~good if valid is None else ~good & valid

    def _empty(self) -> int:
        given = self.given
        value = read(given, given.empty)
        return int(value * 10**given.places) if given.type.kind == "数" else int(value)

    def _tell(self, bad: Array, raw: Array, rows: Any, offset: int) -> list[Problem]:
        """Return located problems of some rows."""
        numbers = rows if isinstance(rows, np.ndarray) else np.arange(offset, offset + len(raw))
        return [self._problem(raw[n].item(), int(numbers[n]) + 1) for n in bad]

    def _problem(self, value: Any, row: int) -> Problem:
        given = self.given
        if self.lut is not None:
            label = self.labels[value]
            known = given.type.table.labels if given.type.table else ("是", "否")
            found = problem("G211", value=label, table=given.name, hint=hint(str(label), known))
        elif isinstance(value, float) and not _is_whole(value, given.places):
            want = f"最多 {given.places} 位小数" if given.places else "要整数"
            found = problem("G501", name=given.name, value=value, want=want)
        elif given.type.kind == "日期":
            found = problem("G501", name=given.name, value=f"{value} 天", want="日期要在 1900 至 2200 年之间")
        else:
            own = Fraction(value) if isinstance(value, float) else Fraction(value * self.factor, 10**given.places)
            found = problem("G502", name=given.name, value=decimal_text(own), low=given.low, high=given.high)
        return Problem(f"列“{given.name}”", row, self.place, found.code, found.message)


def _is_whole(value: float, places: int) -> bool:
    return abs(value) < _WHOLE and round(value * 10**places) / 10**places == value


class Table:
    """A caller's table: raw columns by name, all of one length."""

    def __init__(self, columns: Mapping[str, Raw], count: int):
        self.columns, self.count = dict(columns), count
        self.places = {name: number for number, name in enumerate(columns, 1)}

    def has(self, name: str) -> bool:
        """Return whether a column of the engine is given here."""
        return name in self.columns or name + FEN in self.columns or bool(self.years(name))

    def years(self, name: str) -> dict[int, str]:
        """Return the columns that hold one year each of a 逐年 column."""
        found = {}
        for own in self.columns:
            head, at, year = own.rpartition(YEAR)
            if at and head == name and year.isdecimal():
                found[int(year)] = own
        return found

    def source(self, given: Given, texts: Texts) -> Source | YearSource:
        """Return how a column is read. Raises PolicyErrors for a column of another type."""
        if given.type.kind == "逐年":
            return YearSource.of(self, given)
        own = given.name if given.name in self.columns else given.name + FEN
        raw = self.columns[own]
        source = Source(given, self.places[own], raw.data, raw.valid)
        kind = given.type.kind
        refuse = _refuse(given, self.places[own])
        if raw.labels is not None:
            return self._labelled(source, raw, texts, refuse)
        if kind == "数" and raw.data.dtype.kind in "iuf" and not raw.days:
            ten = 10**given.places
            source.low, source.high = given.low * ten, given.high * ten
            places = 2 if own.endswith(FEN) and own != given.name else raw.places
            if raw.data.dtype.kind != "f":
                if places is None and given.type.unit == MONEY:
                    raise refuse(f"元的整数列要写成“{given.name}{FEN}”（单位分），或用 decimal(18,2)")
                if (places or 0) > given.places:
                    raise refuse(f"最多 {given.places} 位小数")
                source.factor = 10 ** (given.places - (places or 0))
        elif kind == "日期" and raw.days:
            source.low, source.high, source.offset = 0, day_of(date(2200, 12, 31)), _UNIX
        elif not (kind == "是否" and raw.data.dtype.kind == "b"):
            raise refuse({"日期": "要用日期列（date32）", "是否": "要用是否列（bool）"}.get(kind, "要用文字列"))
        return source

    def _labelled(self, source: Source, raw: Raw, texts: Texts, refuse: Any) -> Source:
        given, labels = source.given, tuple(raw.labels or ())
        kind = given.type
        if kind.kind == "文":
            codes = [texts.code(str(label)) for label in labels]
        elif kind.table is not None:
            codes = [kind.table.labels.index(v) if v in kind.table.labels else -1 for v in labels]
        elif kind.kind == "是否" and all(label in ("是", "否") for label in labels):
            codes = [label == "是" for label in labels]
        else:
            raise refuse({"日期": "要用日期列（date32）", "数": "要用数字列"}.get(kind.kind, "写 是 或 否"))
        source.lut, source.labels = np.array(codes or [0], dtype=np.int64), labels
        return source


@dataclass
class YearSource:
    """A 逐年 column, from one column a year; everybody has it, perhaps with no result."""

    given: Given
    years: dict[int, Source]
    state: str = ALL

    @classmethod
    def of(cls, table: Table, given: Given) -> YearSource:
        """Return how the years are read. Raises PolicyErrors for columns that are no labels."""
        kind = given.type
        assert kind.table
        found = {}
        for year, own in sorted(table.years(given.name).items()):
            raw = table.columns[own]
            if raw.labels is None:
                raise _refuse(given, table.places[own])("要用文字列")
            lut = [kind.table.labels.index(v) if v in kind.table.labels else -1 for v in raw.labels]
            found[year] = Source(
                given, table.places[own], raw.data, raw.valid, lut=np.array(lut or [0]), labels=tuple(raw.labels)
            )
        return cls(given, found)

    def block(self, rows: Any, offset: int, problems: list[Problem]) -> Column:
        """Return some rows. Adds problems G211."""
        first, last = min(self.years), max(self.years)
        out = None
        for year, source in self.years.items():
            column = source.block(rows, offset, problems)
            if out is None:
                out = np.full((last - first + 1, len(column.values)), -1, dtype=np.int16)
            out[year - first] = np.where(column.mask(), column.values, -1)
        assert out is not None
        return Column(Years(out, first))


def _refuse(given: Given, place: int) -> Any:
    def refuse(want: str) -> PolicyErrors:
        found = problem("G501", name=given.name, value="整列", want=want)
        return PolicyErrors([Problem(f"列“{given.name}”", 1, place, found.code, found.message)])

    return refuse


def shortened(problems: list[Problem]) -> list[Problem]:
    """Return the first problems of each column, and how many more it has."""
    columns: dict[tuple[str, int], list[Problem]] = {}
    for one in sorted(problems):
        columns.setdefault((one.path, one.column), []).append(one)
    found = []
    for (path, place), own in columns.items():
        found += own[:SHOWN]
        if len(own) > SHOWN:
            more = problem("G506", count=len(own) - SHOWN)
            found.append(Problem(path, own[SHOWN].line, place, more.code, more.message))
    return found
