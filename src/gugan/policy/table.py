"""What goes into the engine and what comes out: stretches of people over a period, and columns of answers."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any


@dataclass(frozen=True)
class Period:
    """A half-open period of days: one calendar month or one calendar year. `on` is the day whose rules are read."""

    start: date
    end: date
    on: date

    @classmethod
    def month(cls, label: str) -> Period:
        """Return the month "2026-10"; ValueError if it is none."""
        year, _, month = label.partition("-")
        start = date(int(year), int(month), 1)
        end = date(start.year + start.month // 12, start.month % 12 + 1, 1)
        return cls(start, end, end - timedelta(days=1))

    @classmethod
    def year(cls, year: int) -> Period:
        """Return a calendar year, read by the rules of its last day."""
        return cls(date(year, 1, 1), date(year + 1, 1, 1), date(year, 12, 31))

    @property
    def is_year(self) -> bool:
        """Whether it is a calendar year."""
        return self.days > 31

    @classmethod
    def around(cls, on: date) -> Period:
        """Return the month that holds `on`, with the rules of that very day."""
        period = cls.month(f"{on.year:04d}-{on.month:02d}")
        return cls(period.start, period.end, on)

    @property
    def last(self) -> date:
        """The last day, inclusive."""
        return self.end - timedelta(days=1)

    @property
    def days(self) -> int:
        """Number of days."""
        return (self.end - self.start).days

    @property
    def label(self) -> str:
        """The month as "2026-10", the year as "2026"."""
        return f"{self.start.year:04d}" if self.is_year else f"{self.start.year:04d}-{self.start.month:02d}"


@dataclass(frozen=True, slots=True)
class Stretch:
    """One person over [start, end) inside a period, with the values of columns and rules that are given.

    `values` are canonical (see catalogue.py); a name that is absent or None is missing. `sources` names, by column,
    the opaque ids of the actions that a value was read from.
    """

    person: Hashable
    start: date
    end: date
    values: Mapping[str, Any]
    sources: Mapping[str, tuple[Any, ...]] = field(default_factory=dict)


@dataclass
class Result:
    """Answers of a whole table, person by person, in the caller's order.

    values: name → list; money is int fen, other numbers int or Decimal, text, bool, or None for "cannot say".
    missing: name → {person: names of the facts that are missing}. defaults: {person: sentences on each default used}.
    """

    people: list[Hashable]
    values: dict[str, list[Any]]
    missing: dict[str, dict[Hashable, tuple[str, ...]]]
    defaults: dict[Hashable, tuple[str, ...]]
