"""Months one after another: each is computed on its last evening and sealed an hour later."""

from __future__ import annotations

from calendar import monthrange
from collections import Counter

from gugan.lifecycle.pay import services
from gugan.runs import arrears
from gugan.runs import services as runs
from gugan.runs.models import Outcome, Run, Settlement
from tests.lifecycle.world import PAYER, World, moment


def last_day(month: str) -> str:
    """The last day of "2026-02"."""
    year, number = map(int, month.split("-"))
    return f"{month}-{monthrange(year, number)[1]}"


def draft(world: World, month: str, payer: str = PAYER, by=None) -> Run:
    """The month's draft, by what is known on its last evening."""
    return services.run(payer=payer, month=month, by=by or world.clerk, now=moment(f"{last_day(month)} 18:00"))


def seal(world: World, month: str, payer: str = PAYER, by=None, approver=None) -> Run:
    """The month, computed and approved."""
    found = draft(world, month, payer, by)
    return runs.approve(run=found, by=approver or world.approver, now=moment(f"{last_day(month)} 19:00"))


def slip(run: Run, person) -> Outcome:
    """Somebody's outcome."""
    return Outcome.objects.get(run=run, person=person)


def settled(run: Run, person) -> dict[tuple[str, str], int]:
    """{(origin month, line): fen} that a run settles for somebody."""
    rows = Settlement.objects.filter(run=run, person=person)
    return {(f"{one.month:%Y-%m}", one.line): one.amount_fen for one in rows}


def open_at(known_at: str, before: str, payer: str = PAYER) -> Counter:
    """{(person, origin month, line): fen} that is still open at a moment."""
    month = moment(f"{before}-01 00:00").date()
    found = arrears.owed(section="工资", payer=payer, before=month, known_at=moment(known_at))
    return Counter({(one.person, f"{one.month:%Y-%m}", one.line): one.fen for one in found.owed})
