"""When a person was employed and by whom: spans of days folded from 入职 and 离职. Pure; days are ISO text."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, NamedTuple

from gugan.records.entries import HIRE, LAST_DAY, LEAVE, PAYER


class Row(NamedTuple):
    """An action as folds read it. Sorted, rows of one person are in ledger order. day: effective_on as ISO text."""

    day: str
    recorded_at: Any
    id: int
    kind: str
    unknown: bool
    facts: dict[str, Any]
    replaces: int | None


@dataclass(slots=True)
class Span:
    """Employed by `payer` over [start, end); end is None while it lasts. leave: the 离职 that ended it."""

    start: str
    end: str | None
    payer: str
    leave: Row | None = None


def in_force(rows: Iterable[Row]) -> list[Row]:
    """Return the rows of one person that stand, in ledger order: without replaced ones and without voids."""
    kept = list(rows)
    gone = {row.replaces for row in kept if row.replaces is not None}
    return sorted(row for row in kept if row.id not in gone and row.facts)


def spans(rows: Iterable[Row]) -> list[Span]:
    """Return the spans of employment from rows that stand, in ledger order (other kinds are passed over).

    A 入职 of another payer while employed is a transfer and ends the earlier span; one of the same payer changes
    workplace only; one that names no payer keeps the payer. 离职.末日 is the last day employed.
    """
    found: list[Span] = []
    payer = ""
    for row in rows:
        if row.kind == HIRE:
            payer = row.facts.get(PAYER) or payer
            _hire(found, row.day, payer)
        elif row.kind == LEAVE:
            _leave(found, row)
    return [span for span in found if span.end is None or span.start < span.end]


def day_after(day: str) -> str:
    """Return the day after `day`."""
    return (date.fromisoformat(day) + timedelta(days=1)).isoformat()


def day_before(day: str) -> str:
    """Return the day before `day`."""
    return (date.fromisoformat(day) - timedelta(days=1)).isoformat()


def _hire(found: list[Span], day: str, payer: str) -> None:
    last = found[-1] if found else None
    if last is not None and (last.end is None or last.end > day):
        if last.payer == payer:
            return
        last.end = day
    found.append(Span(day, None, payer))


def _leave(found: list[Span], row: Row) -> None:
    last_day = row.facts.get(LAST_DAY) or row.day
    for span in reversed(found):
        if span.start <= last_day:
            end = day_after(last_day)
            if span.end is None or end < span.end:
                span.end, span.leave = end, row
            return
