"""Answers over the caller's rows: whole columns as NumPy arrays or by the Arrow interface, in the caller's order."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

import numpy as np

from gugan.policy.arrow import pyarrow
from gugan.policy.catalogue import MONEY
from gugan.policy.dates import day_of
from gugan.policy.errors import fail
from gugan.policy.family import Texts
from gugan.policy.kernel import Compiled
from gugan.policy.nodes import Type
from gugan.policy.table import Period, Result
from gugan.policy.to_numpy import Array

FEN = 2
_UNIX = day_of(date(1970, 1, 1))


class Store:
    """What the answers of several plans have in common: type, decimals and labels of each wanted name; with `keep`, room
    for all of them."""

    def __init__(
        self,
        count: int,
        periods: Sequence[Period],
        want: Sequence[str],
        plans: Sequence[Compiled],
        texts: Texts,
        keep: bool,
    ):
        self.count, self.periods, self.want, self.texts = count, list(periods), list(want), texts
        self.types: dict[str, Type] = {}
        self.places: dict[str, int] = {}
        self.labels: dict[str, tuple[str, ...]] = {}
        self.most: dict[str, int] = {}
        """No number of an answer is further from zero."""
        self._recoded: dict[tuple[int, str], Array] = {}
        self._always: dict[str, bool] = {}
        for name in want:
            self._common(name, plans)
        self.values: dict[str, Array] = {}
        self.known: dict[str, Array | None] = {}
        shape = (len(self.periods), count)
        numbers = [name for name in want if keep and self._dtype(name) is np.int64]
        # one piece of memory, which the system hands out in large pages
        self.values |= dict(zip(numbers, np.empty((len(numbers), *shape), dtype=np.int64), strict=True))
        for name in want if keep else ():
            self.values.setdefault(name, np.empty(0 if name in numbers else shape, dtype=self._dtype(name)))
            self.known[name] = None if self._always[name] else np.empty(shape, dtype=bool)

    def _common(self, name: str, plans: Sequence[Compiled]) -> None:
        found = [plan.answers[name] for plan in plans]
        kinds = {(kind.kind, kind.unit) for _, kind in found}
        if len(kinds) > 1 or found[0][1].kind == "逐年":
            what = "是逐年的，不成一列" if found[0][1].kind == "逐年" else "在各政策包里单位不同"
            raise fail("G508", what=f"“{name}”{what}")
        kind = self.types[name] = found[0][1]
        self.places[name] = FEN if kind.unit == MONEY else max(val.scale for val, _ in found)
        ranges = [plan.plan.range(val.value) for plan, (val, _) in zip(plans, found, strict=True)]
        self.most[name] = max(abs(end) * 10 ** self.places[name] for span in ranges for end in span)
        self._always[name] = all(val.known == plan.plan.yes for plan, (val, _) in zip(plans, found, strict=True))
        labels: dict[str, int] = {}
        for plan, (_, own) in zip(plans, found, strict=True):
            codes = [labels.setdefault(label, len(labels)) for label in (own.table.labels if own.table else ())]
            if codes != list(range(len(codes))):
                self._recoded[id(plan), name] = np.array(codes, dtype=np.int64)
        self.labels[name] = tuple(labels)

    def _dtype(self, name: str) -> Any:
        return {"是否": np.bool_, "日期": np.int32, "代码": np.int16}.get(self.types[name].kind, np.int64)

    def unified(
        self, plan: Compiled, outputs: list[Any], count: int
    ) -> tuple[dict[str, Array], dict[str, Array | None]]:
        """Return a block's answers as all plans give them (known: None where everywhere). Raises PolicyErrors G203."""
        pairs = {name: self._unified(plan, name, place, outputs, count) for place, name in enumerate(self.want)}
        return {name: pair[0] for name, pair in pairs.items()}, {name: pair[1] for name, pair in pairs.items()}

    def _unified(
        self, plan: Compiled, name: str, place: int, outputs: list[Any], count: int
    ) -> tuple[Array, Array | None]:
        value, said = (
            o if isinstance(o, np.ndarray) else np.broadcast_to(o, count) for o in outputs[2 * place : 2 * place + 2]
        )
        val, kind = plan.answers[name]
        if kind.kind == "数" and val.scale != self.places[name]:
            value = self._rescaled(name, value, said, val.scale)
        elif (id(plan), name) in self._recoded:
            value = self._recoded[id(plan), name].take(value)
        return value, None if outputs[2 * place + 1] is True else said

    def _rescaled(self, name: str, value: Array, known: Any, scale: int) -> Array:
        if scale < self.places[name]:
            return value * 10 ** (self.places[name] - scale)
        whole, rest = np.divmod(value, 10 ** (scale - self.places[name]))
        if np.any((rest != 0) & known):
            raise fail("G203", name=name)
        return whole

    def rooms(self, month: int, rows: Any, plan: Compiled) -> list[Array | None]:
        """Return, for each output of a plan, where it may be written straight away."""
        found: list[Array | None] = []
        for name in self.want:
            val, kind = plan.answers[name]
            straight = isinstance(rows, slice) and kind.kind in ("数", "是否") and val.scale == self.places[name]
            known = self.known[name]
            found.append(self.values[name][month, rows] if straight else None)
            found.append(known[month, rows] if known is not None and isinstance(rows, slice) else None)
        return found + [None] * (len(plan.outputs) - len(found))

    def put(self, month: int, rows: Any, plan: Compiled, outputs: list[Any], count: int, rooms: list) -> None:
        """Keep a block's answers; those in their rooms are kept already."""
        for place, name in enumerate(self.want):
            value_there = rooms[2 * place] is not None and outputs[2 * place] is rooms[2 * place]
            room = self.known[name]
            known_there = room is None or (
                rooms[2 * place + 1] is not None and outputs[2 * place + 1] is rooms[2 * place + 1]
            )
            if value_there and known_there:
                continue
            value, known = self._unified(plan, name, place, outputs, count)
            if not value_there:
                self.values[name][month, rows] = value
            if room is not None and not known_there:
                room[month, rows] = True if known is None else known


class Answers:
    """Answers in the caller's order of rows. With several months every column has a row of answers for each month."""

    def __init__(self, store: Store):
        self._store = store
        self.names = list(store.want)
        self.periods = list(store.periods)

    def __len__(self) -> int:
        return self._store.count

    def places(self, name: str) -> int:
        """Return how many decimals a number's ints stand for: 2 for money, which is in fen."""
        return self._store.places[name]

    def unit(self, name: str) -> str:
        """Return the unit of a number, "" where it has none."""
        return self._store.types[name].unit

    def known(self, name: str) -> Array:
        """Return where an answer can be said: bool, one a row; months × rows where there are several months."""
        found = self._store.known[name]
        return self._shaped(np.ones(self._store.values[name].shape, dtype=bool) if found is None else found)

    def numpy(self, name: str) -> Array:
        """Return an answer: int64 × 10**places(name) for numbers (fen for money), datetime64[D], bool, or text as objects.

        What cannot be said is 0, False, NaT or None; `known` tells it apart. months × rows for several months.
        """
        store, values = self._store, self._store.values[name]
        known, kind = store.known[name], store.types[name]
        if kind.kind == "数" or kind.kind == "是否":
            return self._shaped(values if known is None else np.where(known, values, np.zeros(1, dtype=values.dtype)))
        if kind.kind == "日期":
            days = (values.astype(np.int64) - _UNIX).astype("datetime64[D]")
            return self._shaped(days if known is None else np.where(known, days, np.datetime64("NaT")))
        said = np.ones(values.shape, dtype=bool) if known is None else known
        if kind.table is not None:
            labels = np.array([*store.labels[name], None], dtype=object)
            return self._shaped(labels[np.where(said, values, len(labels) - 1)])
        found = np.full(values.shape, None, dtype=object)
        for code in np.unique(values[said]).tolist():
            found[said & (values == code)] = store.texts.label(code)
        return self._shaped(found)

    def _shaped(self, array: Array) -> Array:
        return array[0] if len(self.periods) == 1 else array

    def as_result(self) -> Result:
        """Return the answers of one month as lists, people being the numbers of the rows; what is missing is not named."""
        values = {name: self._listed(name) for name in self.names}
        return Result(list(range(len(self))), values, {name: _Unnamed() for name in self.names}, {})

    def _listed(self, name: str) -> list[Any]:
        """Return an answer as canonical values (see Result)."""
        found, places = self.numpy(name).tolist(), self.places(name)
        if self._store.types[name].kind == "数" and self.unit(name) != MONEY and places:
            found = [Decimal(value).scaleb(-places) for value in found]
        known = self._store.known[name]
        return (
            found if known is None else [v if said else None for v, said in zip(found, known[0].tolist(), strict=True)]
        )

    def arrow(self) -> Any:
        """Return a pyarrow.Table: money decimal128(18,2), other numbers int64 or decimal, text as dictionary; with several
        months a column 月份 and one row a person and month. Raises PolicyErrors G507."""
        pa = pyarrow()
        columns: dict[str, Any] = {}
        if len(self.periods) > 1:
            labels = pa.array([p.label for p in self.periods])
            columns["月份"] = pa.DictionaryArray.from_arrays(
                pa.array(np.repeat(np.arange(len(self.periods), dtype=np.int8), len(self))), labels
            )
        for name in self.names:
            columns[name] = self._arrow(pa, name)
        return pa.table(columns)

    def _arrow(self, pa: Any, name: str) -> Any:
        store, values = self._store, self._store.values[name].reshape(-1)
        known, kind = store.known[name], store.types[name]
        mask = None if known is None else ~known.reshape(-1)
        if kind.kind == "数" and store.places[name]:
            return _decimal(pa, values, mask, store.places[name])
        if kind.kind == "日期":
            return pa.array((values - _UNIX).astype(np.int32), mask=mask).cast(pa.date32())
        if kind.table is not None:
            codes = pa.array(values.astype(np.int16), mask=mask)
            return pa.DictionaryArray.from_arrays(codes, pa.array(store.labels[name]))
        if kind.kind in ("数", "是否"):
            return pa.array(values, mask=mask)
        return pa.array(self.numpy(name).reshape(-1).tolist(), pa.string())

    def __arrow_c_stream__(self, requested_schema: Any = None) -> Any:
        return self.arrow().__arrow_c_stream__(requested_schema)


class _Unnamed(dict):
    """Says of every row that nothing is named."""

    def __contains__(self, row: object) -> bool:
        return True

    def __missing__(self, row: Hashable) -> tuple[str, ...]:
        return ()


def _decimal(pa: Any, values: Array, mask: Any, places: int) -> Any:
    """Return whole numbers as decimals: the words of 128 bits, without a copy by way of text."""
    words = np.empty((len(values), 2), dtype=np.int64)
    words[:, 0], words[:, 1] = values, values >> 63
    valid = None if mask is None else pa.array(~mask).buffers()[1]
    return pa.Array.from_buffers(pa.decimal128(18, places), len(values), [valid, pa.py_buffer(words)])
