"""Exact sums of many people's answers by the labels of some columns, block by block; nothing is kept of anyone."""

from __future__ import annotations

from collections.abc import Sequence
from threading import Lock
from typing import Any

import numpy as np

from gugan.policy.answers import Store
from gugan.policy.errors import fail
from gugan.policy.to_numpy import Array

_EXACT = 1 << 53
"""Below this a float holds whole numbers exactly, so that a block's sum by groups may be one weighted count."""
_HALF = 26


class Sums:
    """A sink for gugan.policy.evaluate: `result()` is a list of dicts, one a group (and month) in order of labels: the
    labels, 人数, and for each wanted name its sum (money in int fen, other numbers × 10**places) and, where some answers
    cannot be said, `name 缺` how many."""

    def __init__(self, by: Sequence[str] = ()):
        self.by = list(by)
        self._lock = Lock()

    def start(self, labels: dict[str, tuple[str, ...]], store: Store) -> None:
        """Make room. Raises PolicyErrors G508 for answers that are no numbers."""
        self._labels, self._store = labels, store
        odd = [name for name in store.want if store.types[name].kind not in ("数", "是否")]
        if odd:
            raise fail("G508", what=f"“{odd[0]}”不是数，不能合计")
        self._sizes = [len(labels[name]) + 1 for name in self.by]
        shape = (len(store.periods), int(np.prod(self._sizes, dtype=np.int64)))
        self._people = np.zeros(shape, dtype=np.int64)
        self._sums = {name: np.zeros(shape, dtype=object) for name in store.want}
        self._unsaid = {name: np.zeros(shape, dtype=np.int64) for name in store.want}

    def add(self, month: int, keys: dict[str, Array], values: dict[str, Array], known: dict[str, Array | None]) -> None:
        """Add a block."""
        count = len(next(iter(values.values())))
        group = np.zeros(count, dtype=np.int64)
        for name, size in zip(self.by, self._sizes, strict=True):
            group *= size
            group += keys[name]
        size = self._people.shape[1]
        people = np.bincount(group, minlength=size)
        sums, unsaid = {}, {}
        for name, value in values.items():
            said = known[name]
            if said is not None:
                value = np.where(said, value, 0)
                if not said.all():
                    unsaid[name] = np.bincount(group[~said], minlength=size)
            sums[name] = _summed(group, value, size, self._store.most[name])
        with self._lock:
            self._people[month] += people
            for name, own in sums.items():
                self._sums[name][month] += own
            for name, own in unsaid.items():
                self._unsaid[name][month] += own

    def result(self) -> list[dict[str, Any]]:
        """Return the groups that have anyone."""
        found = []
        for month, period in enumerate(self._store.periods):
            for group in np.flatnonzero(self._people[month]).tolist():
                row: dict[str, Any] = {"月份": period.label} if len(self._store.periods) > 1 else {}
                row |= self._named(group)
                row["人数"] = int(self._people[month, group])
                for name, sums in self._sums.items():
                    row[name] = int(sums[month, group])
                    if self._unsaid[name][month, group]:
                        row[f"{name} 缺"] = int(self._unsaid[name][month, group])
                found.append(row)
        return found

    def _named(self, group: int) -> dict[str, str]:
        labels = {}
        for name, size in zip(reversed(self.by), reversed(self._sizes), strict=True):
            group, code = divmod(group, size)
            labels[name] = self._labels[name][code] if code < size - 1 else "缺"
        return dict(reversed(labels.items()))


def _summed(group: Array, value: Array, size: int, most: int) -> Array:
    """Return the exact sum of each group; `most` is proven of every value."""
    value = value.astype(np.int64, copy=False)
    if most * len(value) >= _EXACT:
        most = max(abs(int(value.max(initial=0))), abs(int(value.min(initial=0))))
    if most * len(value) < _EXACT:
        return np.bincount(group, weights=value, minlength=size).astype(np.int64)
    upper, lower = value >> _HALF, value & ((1 << _HALF) - 1)
    parts = [np.bincount(group, weights=part, minlength=size).astype(np.int64) for part in (upper, lower)]
    return (parts[0] << _HALF) + parts[1]
