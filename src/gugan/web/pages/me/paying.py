"""One month of pay as its owner sees it, and why it differs from the month before."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.utils.translation import gettext as _

from gugan.runs.models import COMPUTED, STATES, Outcome

MOST_LINES = 4
"""Lines in which a change of pay is told; together they add up."""
COVERED = "＊＊＊＊"
GRADE = "岗位等级"


def covered(fen: int) -> str:
    return COVERED


def month_of(latest: Outcome, before: Outcome | None, money: Callable[[int], str]) -> dict[str, Any]:
    """One month as its owner sees it."""
    run = latest.run
    known = latest.state == COMPUTED
    shown: dict[str, Any] = {
        "outcome": latest,
        "run": run,
        "month": run.period_start,
        "known": known,
        "net": money(latest.net_fen),
        "grade": latest.values.get(GRADE),
        "state": STATES[run.state],
        "example": any(pack["code"].startswith("99") for pack in run.packs),
    }
    if not known:
        return shown
    slip = run.slip
    shown["gross"] = money(latest.gross_fen)
    shown["earnings"] = [
        (name, money(latest.values.get(name) or 0)) for name in slip["earnings"] if latest.values.get(name)
    ]
    shown["deductions"] = [
        (name, money(-(latest.values.get(name) or 0))) for name in slip["deductions"] if latest.values.get(name)
    ]
    if before is not None and before.state == COMPUTED:
        change = latest.net_fen - before.net_fen
        shown |= {
            "before": before.run.period_start,
            "change": change,
            "change_text": money(abs(change)),
            "why": [(name, _signed(fen, money)) for name, fen in why(latest, before)],
        }
    return shown


def _signed(fen: int, money: Callable[[int], str]) -> str:
    return ("+" if fen > 0 else "−") + money(abs(fen))


def why(latest: Outcome, before: Outcome) -> list[tuple[str, int]]:
    """Return what changed the net pay since `before`, largest first, in at most four lines that add up to the change."""
    parts_of: dict[str, int] = {}
    for run, values, sign in ((latest.run, latest.values, 1), (before.run, before.values, -1)):
        for name in run.slip["earnings"]:
            parts_of[name] = parts_of.get(name, 0) + sign * (values.get(name) or 0)
        for name in run.slip["deductions"]:
            parts_of[name] = parts_of.get(name, 0) - sign * (values.get(name) or 0)
    lines = sorted(((name, fen) for name, fen in parts_of.items() if fen), key=lambda line: (-abs(line[1]), line[0]))
    total = latest.net_fen - before.net_fen
    if len(lines) > MOST_LINES or sum(fen for _name, fen in lines) != total:
        kept = lines[: MOST_LINES - 1]
        rest = total - sum(fen for _name, fen in kept)
        lines = [*kept, (_("其余 {count} 项").format(count=max(len(lines) - len(kept), 1)), rest)]
    grades = before.values.get(GRADE), latest.values.get(GRADE)
    raised = grades[0] != grades[1] and None not in grades
    return [
        (f"{name}（{_('等级')} {grades[0]} → {grades[1]}）" if raised and name == "基本报酬" else name, fen)
        for name, fen in lines
        if fen
    ]
