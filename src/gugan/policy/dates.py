"""Date words as gathers: the calendar from 1900 on as dense tables, one cell per day."""

from __future__ import annotations

from datetime import date
from functools import cache

import numpy as np

from gugan.policy.plan import Plan

EPOCH = date(1900, 1, 1)
"""Days in columns are counted from here, so that they are places in a table."""
_END = np.datetime64("2320-01-01", "D")


def day_of(day: date) -> int:
    """Return a date as days since EPOCH."""
    return (day - EPOCH).days


@cache
def _calendar() -> dict[str, np.ndarray]:
    days = np.arange(np.datetime64(EPOCH, "D"), _END)
    months = days.astype("datetime64[M]")
    number = months.astype(np.int64)

    def first(month: np.ndarray) -> np.ndarray:
        return (month.astype("datetime64[M]").astype("datetime64[D]") - np.datetime64(EPOCH, "D")).astype(np.int64)

    return {
        "年": number // 12 + 1970,
        "月": number % 12 + 1,
        "月初": first(number),
        "次月起": first(number + 1),
        "次年1月起": first(number - number % 12 + 12),
        "月数": number,
        "日": (days - months).astype(np.int64) + 1,
        "月长": first(number + 1) - first(number),
    }


def date_word(plan: Plan, word: str, days: list[int]) -> int:
    """Return the operation of a date word; conventions as in interpret.date_word."""
    if word == "相隔天数":
        return plan.sub(days[1], days[0])
    if word not in ("足月", "足年"):
        return plan.take(_calendar()[word], days[0])
    start, end = plan.min(*days), plan.max(*days)
    of = {name: _calendar()[name] for name in ("月数", "日", "月长")}
    months = plan.sub(plan.take(of["月数"], end), plan.take(of["月数"], start))
    full_on = plan.min(plan.take(of["日"], start), plan.take(of["月长"], end))
    short = plan.lt(plan.take(of["日"], end), full_on)
    # the start is not after the end, so a month that is short is never before the first
    months = plan.max(plan.select(short, plan.sub(months, plan.one), months), plan.zero)
    if word == "足年":
        months = plan.div(months, plan.const(12))
    return plan.select(plan.lt(days[1], days[0]), plan.sub(plan.zero, months), months)
