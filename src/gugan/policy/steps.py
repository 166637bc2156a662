"""Steps up by yearly results: what a rule that counts them asks for, and what somebody still lacks. Read from the rule."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from gugan.policy.bound import Bound
from gugan.policy.nodes import Const, Extreme, History, Ref, parts


@dataclass(frozen=True)
class Way:
    """A way up that a pack counts by yearly results. resets: a year that is not accepted begins anew; most: how often, or None."""

    rule: str
    history: str
    every: int
    accepts: frozenset[str]
    resets: bool
    most: int | None


@dataclass(frozen=True)
class Step:
    """The next step on one way. counted: years that count already; years: those still lacking; on: from when at the earliest.

    used_up: it has been taken as often as the rule allows. label: the least result that is accepted.
    """

    rule: str
    counted: int
    years: tuple[int, ...]
    label: str
    more_accepted: bool
    on: date
    used_up: bool
    resets: bool

    @property
    def lacking(self) -> int:
        """Number of years still lacking."""
        return len(self.years)


def ways_up(bound: Bound, rules: Iterable[str]) -> list[Way]:
    """Return every 满期次数 in `rules` (of a pack as bound to a day), the regular ones first."""
    found = []
    for rule in rules:
        every = list(parts(bound.rule(rule).node))
        limits = [
            one.items[1].value
            for one in every
            if isinstance(one, Extreme) and one.word == "封顶" and isinstance(one.items[1], Const)
        ]
        most = int(limits[0]) if limits and not isinstance(limits[0], str | bool | date) else None
        found += [
            Way(rule, one.history.name, one.every, one.accepts, one.resets, most)
            for one in every
            if isinstance(one, History) and one.word == "满期次数" and isinstance(one.history, Ref)
        ]
    return sorted(found, key=lambda one: one.resets)


def next_step(way: Way, results: Mapping[Any, str], today: date) -> Step:
    """Return what the way still lacks, given the results by year. A step counts from 1 January after the last year."""
    by_year = {int(year): label for year, label in results.items()}
    years = sorted(by_year)
    counted, reached = 0, 0
    for year in years:
        if by_year[year] in way.accepts:
            counted += 1
        elif way.resets:
            counted = 0
        if counted == way.every:
            counted, reached = 0, reached + 1
    first = (years[-1] if years else today.year - 1) + 1
    lacking = tuple(range(first, first + way.every - counted))
    lowest = next((label for label in ("合格", "优秀") if label in way.accepts), "、".join(sorted(way.accepts)))
    used_up = way.most is not None and reached >= way.most
    return Step(
        way.rule, counted, lacking, lowest, len(way.accepts) > 1, date(lacking[-1] + 1, 1, 1), used_up, way.resets
    )
