"""What it means for pay that two records are one person: the year's tax adds both up, and months may be paid twice."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from gugan.records.models import Person
from gugan.runs.models import COMPUTED, DRAFT, PAID, SEALED, Outcome


@dataclass(frozen=True)
class Twice:
    """A month for which both records have pay: by which payers, and how much of it is net (fen). draft: not sealed yet."""

    month: date
    kept_payer: str
    kept_fen: int
    other_payer: str
    other_fen: int
    draft: bool


def gathered(
    found: Mapping[int, dict[str, Any]], run_ids: Collection[int], names: Iterable[str], into: Mapping[int, int]
) -> dict[int, dict[str, Any]]:
    """Add what `queries.paid` found for merged records to those that stand in. into: {merged: stands in}.

    A month in which both were paid counts once among the months: who works for a payer in a month has one 减除费用.
    One statement where there is anything to add, else none.
    """
    sums = {person: dict(row) for person, row in found.items()}
    moved = {other: kept for other, kept in into.items() if other in sums}
    if not moved:
        return sums
    concerned = {*moved, *moved.values()}
    months: dict[int, set[date]] = {}
    rows = Outcome.objects.filter(run_id__in=run_ids, state=COMPUTED, person_id__in=concerned)
    for person, month in rows.order_by().values_list("person_id", "run__period_start"):
        months.setdefault(into.get(person, person), set()).add(month)
    for other, kept in moved.items():
        row = sums.pop(other)
        own = sums.setdefault(kept, {"first": row["first"]} | dict.fromkeys(names, 0))
        own |= {name: own[name] + row[name] for name in names}
        own |= {"first": min(own["first"], row["first"]), "months": len(months[kept])}
    return sums


def paid_twice(kept: Person, other: Person) -> list[Twice]:
    """Return the months for which both records have pay in live runs, by month. One statement."""
    found = Outcome.objects.filter(
        person__in=[kept, other], state=COMPUTED, run__state__in=(DRAFT, SEALED, PAID)
    ).order_by("run__period_start", "run_id")
    rows = list(found.values_list("person_id", "run__period_start", "run__state", "payer_code", "net_fen"))
    mine = {month: (state, payer, fen) for person, month, state, payer, fen in rows if person == kept.pk}
    return [
        Twice(month, mine[month][1], mine[month][2], payer, fen, DRAFT in (state, mine[month][0]))
        for person, month, state, payer, fen in rows
        if person == other.pk and month in mine
    ]
