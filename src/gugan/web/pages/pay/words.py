"""How the pay pages say a month, a sum, a change and what a run comes to."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from gugan.lifecycle.pay import changes
from gugan.lifecycle.pay import queries as pay_queries
from gugan.lifecycle.pay.money import grouped
from gugan.records.clock import CHINA
from gugan.runs.models import STATES, Run


def month_words(day: date) -> str:
    """2026年10月"""
    return f"{day.year}年{day.month}月"


def signed(fen: int) -> str:
    """+931.19, −29.88, 0.00"""
    return f"+{grouped(fen)}" if fen > 0 else grouped(fen)


def people_and_money(found: Run) -> str:
    """How many people were computed, and their gross pay."""
    return _("{n:,} 人 {money} 元").format(n=found.totals["computed"], money=grouped(found.gross_fen))


def months_finding(briefs: list[dict]) -> str:
    """What could be said aloud of the newest run listed."""
    if not briefs:
        return _("还没有核算过工资")
    last = briefs[0]
    return _("{payer}{month}工资{state}").format(payer=last["payer"], month=last["month"], state=last["state"])


def finding(found: Run, bridge: changes.Bridge | None, total: pay_queries.Place) -> str:
    """What could be said aloud."""
    if found.state == "discarded":
        return _("{month}的这一批草稿已撤销").format(month=month_words(found.period_start))
    if bridge is None:
        return pay_queries.plain_sentence(total)
    if not bridge.difference:
        word = _("与 {month}相同").format(month=bridge.month)
    else:
        size = grouped(abs(bridge.difference))
        word = (_("比 {month}多 {size} 元") if bridge.difference > 0 else _("比 {month}少 {size} 元")).format(
            month=bridge.month, size=size
        )
    return word + (_("，来自 {n} 类变化").format(n=len(bridge.causes)) if bridge.causes else "")


def bridge_words(bridge: changes.Bridge | None) -> dict[str, Any]:
    """The sums of a bridge as people read them."""
    if bridge is None:
        return {}
    return {
        "before_people": f"{bridge.before_people:,}",
        "after_people": f"{bridge.after_people:,}",
        "before_money": grouped(bridge.before),
        "after_money": grouped(bridge.after),
        "difference": signed(bridge.difference),
        "changed": f"{bridge.changed:,}",
        "lines": [(name, signed(fen)) for name, fen in bridge.lines],
    }


def already(found: Run) -> str:
    """Why a run that is no draft cannot be approved."""
    month = month_words(found.period_start)
    if found.sealed_by is None or found.sealed_at is None:
        return _("{month}的这一批{state}，不用审批。").format(month=month, state=STATES[found.state])
    return _("{month}工资{at}已由{who}审批封存，现在{state}。").format(
        month=month,
        at=f" {found.sealed_at.astimezone(CHINA):%Y-%m-%d %H:%M} ",
        who=found.sealed_by,
        state=STATES[found.state],
    )
