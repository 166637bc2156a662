"""What pages and workbooks show of a run: its sentence, its totals, its places and its people."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta

from gugan.lifecycle.pay.money import grouped
from gugan.records import lists
from gugan.runs import queries
from gugan.runs.models import STATES, Run

SUMS = queries.SUMS
HEADS = {
    "gross_fen": "应发工资",
    "personal_fen": "个人五险一金",
    "tax_fen": "个人所得税",
    "net_fen": "实发工资",
    "employer_fen": "单位承担",
}
STREET = 9
"""Digits of a street's code."""


@dataclass
class Place:
    """A street or a community with its sums in fen. `parts`: a street's communities."""

    code: str
    name: str
    people: int = 0
    fen: dict[str, int] = field(default_factory=lambda: dict.fromkeys(SUMS, 0))
    parts: list[Place] = field(default_factory=list)

    def add(self, people: int, fen: dict[str, int]) -> None:
        """Count in a group of people."""
        self.people += people
        for name in SUMS:
            self.fen[name] += fen[name]

    @property
    def count(self) -> str:
        """The number of people as people read it."""
        return f"{self.people:,}"

    @property
    def money(self) -> list[str]:
        """The five sums as people read them."""
        return [grouped(self.fen[name]) for name in SUMS]


def streets(scope, run: Run) -> list[Place]:
    """The run's streets in code order, each with its communities and their sums. Two statements."""
    rows = queries.by_place(scope, run)
    names = names_of({row["place_code"] for row in rows} | {row["place_code"][:STREET] for row in rows}, run)
    return streets_of(rows, names)


def streets_of(rows: list[dict], names: dict[str, str]) -> list[Place]:
    """The streets of runs.queries.by_place, with names that the caller has read."""
    found: dict[str, Place] = {}
    for row in rows:
        code = row["place_code"]
        street = found.setdefault(
            code[:STREET], Place(code[:STREET], names.get(code[:STREET], code[:STREET] or "未写明"))
        )
        place = Place(code, names.get(code, code or "未写明工作社区"))
        place.add(row["people"], row)
        street.add(row["people"], row)
        street.parts.append(place)
    return list(found.values())


def names_of(codes: set[str], run: Run | None = None) -> dict[str, str]:
    """{code: name} of the organisations that are known; run: as they were called on the last day of its month."""
    return lists.org_names(codes - {""}, run.period_end - timedelta(days=1) if run is not None else None)


def total_of(places: Iterable[Place]) -> Place:
    """All streets together."""
    total = Place("", "合计")
    for street in places:
        total.add(street.people, street.fen)
    return total


def plain_sentence(total: Place) -> str:
    """The finding of a run without a month before."""
    return f"{total.people:,} 人应发 {grouped(total.fen['gross_fen'])} 元，实发 {grouped(total.fen['net_fen'])} 元"


def illustrative(run: Run) -> bool:
    """Whether the run was computed with a 示例 pack: its code begins with 99."""
    return any(pack["code"].startswith("99") for pack in run.packs)


def briefs(scope, runs: Iterable[Run]) -> list[dict]:
    """One line per run for a list; sums only where the whole payer is within sight."""
    runs = list(runs)
    names = names_of({run.payer_code for run in runs})
    return [
        {
            "run": run,
            "payer": names.get(run.payer_code, run.payer_code),
            "month": f"{run.period_start.year}年{run.period_start.month}月",
            "state": STATES[run.state],
            "people": f"{run.totals['computed']:,}" if scope.allows("see", run.payer_code) else None,
            "money": [grouped(getattr(run, name)) for name in SUMS] if scope.allows("see", run.payer_code) else None,
            "illustrative": illustrative(run),
        }
        for run in runs
    ]
