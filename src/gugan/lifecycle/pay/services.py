"""What can be done with a month's pay: see who is ready, run it, approve it, explain any figure of it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime

from django.db import transaction

from gugan.accounts import services as accounts
from gugan.accounts.models import User
from gugan.lifecycle.pay.compute import SECTION, Progress, compute, no_collection, read_month, silent
from gugan.lifecycle.pay.explaining import Explained, explain
from gugan.records.clock import china_day
from gugan.runs import queries
from gugan.runs import services as runs
from gugan.runs.errors import RunError
from gugan.runs.models import COMPUTED, DRAFT, Run

__all__ = ["Explained", "Readiness", "explain", "readiness", "run"]


@dataclass(frozen=True)
class Readiness:
    """Who can be computed, who lacks which fact, and which default stands in for what is not known.

    missing, excluded, defaults: sentence → ids of people.
    """

    people: int
    ready: int
    missing: dict[str, list[int]] = field(default_factory=dict)
    excluded: dict[str, list[int]] = field(default_factory=dict)
    defaults: dict[str, list[int]] = field(default_factory=dict)

    def as_dict(self) -> dict:
        """Counts only, fit for JSON."""
        parts = {"missing": self.missing, "excluded": self.excluded, "defaults": self.defaults}
        counts = {name: {text: len(people) for text, people in part.items()} for name, part in parts.items()}
        return {"people": self.people, "ready": self.ready, **counts}


def readiness(
    *,
    payer: str,
    month: str,
    by: User,
    now: datetime,
    known_at: datetime | None = None,
    progress: Progress = silent,
) -> Readiness:
    """Say before computing who would come out, who lacks a fact, and which defaults would be used; keeps nothing.

    Raises NotAllowed, RunError.
    """
    accounts.require(by, "pay", payer, on=china_day(now))
    computation = compute(payer=payer, month=month, known_at=known_at or now, progress=progress, owing=False)
    lists: dict[str, dict[str, list[int]]] = {
        "算不出": defaultdict(list),
        "不核算": defaultdict(list),
        "缺省": defaultdict(list),
    }
    for row in computation.rows:
        if row.state != COMPUTED:
            lists[row.state][row.reason].append(row.person)
            continue
        for sentence in row.defaults:
            lists["缺省"][sentence].append(row.person)
    ready = sum(row.state == COMPUTED for row in computation.rows)
    return Readiness(len(computation.rows), ready, *(dict(part) for part in lists.values()))


def run(
    *,
    payer: str,
    month: str,
    by: User,
    now: datetime,
    known_at: datetime | None = None,
    today: date | None = None,
    progress: Progress = silent,
    kept: Callable[[Run], object] | None = None,
) -> Run:
    """Open or recompute the draft of a payer's month and keep it; the same row as long as it is a draft.

    month: "2026-10". known_at: facts recorded later are left out (default: now). today: the day it is in China
    (default: that of `now`); a month that has not begun is refused. kept: called with the run in the
    transaction that keeps it, so that both stand or neither. Fewer than 60 statements whatever the number of
    people. Raises NotAllowed, RunError (nothing is kept then).
    """
    today = today or china_day(now)
    accounts.require(by, "pay", payer, on=today)
    period = read_month(month)
    if period.start > today:
        raise RunError(f"{month} 还没有开始（今天 {today}），到了那个月再核算。")
    live = queries.live_run(SECTION, payer, period.start)
    if live is not None and live.state != DRAFT:
        raise RunError(runs.refusal_to_recompute(live))
    with no_collection():
        computation = compute(payer=payer, month=month, known_at=known_at or now, progress=progress)
        progress("保存结果")
        with transaction.atomic():
            found = runs.save(draft=computation.draft(), by=by, now=now)
            if kept is not None:
                kept(found)
        return found
