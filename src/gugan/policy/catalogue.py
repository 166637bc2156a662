"""The catalogue of a pack: which kinds of action exist, their facts, and how columns read the ledger.

Declared in `事项.yaml` and `代码.yaml`, so that a city adds a kind without a migration. Values of facts travel
between rooms in one canonical form, fit for JSON:

| type 类型 | form |
| --- | --- |
| 文 机构 | text (an 机构 is its division code) |
| 代码 | the label of the code table, as text ("本科", never "20") |
| 数 | text or int, at most two decimals (none for 年 and 月, five where it has no unit): "66263.94" |
| 日期 | "2026-10-31", from 1900 to 2200 |
| 月份 | "2026-10" |
| 年 | int or text "2025" |
| 是否 | true / false |

A column read 逐年 is a mapping {"2024": "优秀"}. Missing is absence or None.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

MONEY = "元"
FIRST_YEAR, LAST_YEAR = 1900, 2200
"""The calendar the engine reckons in."""

_RANGES = {"元": (-100_000_000, 100_000_000), "级": (-100, 100), "": (-1000, 1000), "年": (FIRST_YEAR, LAST_YEAR)}
_OTHER_RANGE = (-1_000_000, 1_000_000)
_PLACES = {"": 5, "年": 0, "月": 0}


def plain_unit(unit: str) -> str:
    """Return the unit as types use it: a ratio, a per cent and a bare number have none."""
    return "" if unit in ("数", "%", "比例") else unit


def usual_range(unit: str) -> tuple[int, int]:
    """Return the range of numbers in a unit where none is declared."""
    return _RANGES.get(plain_unit(unit), _OTHER_RANGE)


def usual_places(unit: str) -> int:
    """Return how many decimals a number given in a unit may have: fen for 元, whole years and months, five for ratios."""
    return _PLACES.get(plain_unit(unit), 2)


@dataclass(frozen=True)
class CodeTable:
    """A list of labels with codes and the spellings offices use. `labels` are in order, lowest first when `ordered`."""

    name: str
    standard: str
    codes: Mapping[str, str]
    """code → label, in order."""
    aliases: Mapping[str, str] = field(default_factory=dict)
    """spelling → label."""
    ordered: bool = False

    @property
    def labels(self) -> tuple[str, ...]:
        """Distinct labels in declared order (lowest first where `ordered`)."""
        return tuple(dict.fromkeys(self.codes.values()))

    def read(self, text: str) -> str | None:
        """Return the label that a label, code or known spelling stands for, or None."""
        text = text.strip()
        if text in self.labels:
            return text
        return self.aliases.get(text) or self.codes.get(text)


@dataclass(frozen=True)
class Fact:
    """One fact of a kind of action."""

    name: str
    kind: str
    type: str
    unit: str = ""
    table: CodeTable | None = None
    sealed: bool = False
    synonyms: tuple[str, ...] = ()
    low: int | None = None
    high: int | None = None
    """Declared range in the fact's own unit, both ends inclusive; the engine proves there is no overflow within it."""

    @property
    def path(self) -> str:
        """`kind.fact`, unique in a catalogue."""
        return f"{self.kind}.{self.name}"


@dataclass(frozen=True)
class Kind:
    """A kind of action 事项: who it is about, its facts, and the fact that is its key, if any."""

    name: str
    subject: str
    facts: Mapping[str, Fact]
    key: str | None = None


@dataclass(frozen=True)
class Column:
    """A reading 读法 of the ledger, or a column that a room supplies (`room` set, `sources` empty).

    reading: 最新 (latest) · 最早 (first) · 最高 (highest of an ordered code table) · 合计 (sum) · 计数 (count) · 逐年 (by year).
    key: only actions whose key fact has this value. month_only: only actions whose 月份 is the period's month.
    in_force: only where the action's 起/止 cover some day of the period. by: the fact that names the year.
    empty: the value where nothing was recorded (None: missing).
    """

    name: str
    type: str
    reading: str
    sources: tuple[Fact, ...] = ()
    unit: str = ""
    table: CodeTable | None = None
    key: str | None = None
    month_only: bool = False
    in_force: bool = False
    by: str | None = None
    empty: str | int | None = None
    room: str | None = None
    low: int | None = None
    high: int | None = None

    @property
    def cuts(self) -> bool:
        """Whether a change of this column inside a month splits the month into stretches."""
        return self.reading in ("最新", "最早", "最高") and not self.in_force and self.room is None


@dataclass(frozen=True)
class Catalogue:
    """All kinds, columns and code tables of a pack and the packs above it."""

    kinds: Mapping[str, Kind]
    columns: Mapping[str, Column]
    tables: Mapping[str, CodeTable]

    def fact(self, path: str) -> Fact:
        """Return the fact at "kind.fact"; KeyError names the path."""
        kind, _, name = path.partition(".")
        return self.kinds[kind].facts[name]
