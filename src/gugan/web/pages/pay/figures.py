"""One run as its page shows it: why it differs from last month, what it comes to, and everyone in it."""

from __future__ import annotations

from typing import Any

from django.db.models import OuterRef, Subquery
from django.utils.translation import gettext as _

from gugan.lifecycle.pay import changes, looks
from gugan.lifecycle.pay import queries as pay_queries
from gugan.lifecycle.pay.money import grouped
from gugan.runs import queries
from gugan.runs.models import COMPUTED, STATES, Outcome, Run
from gugan.web.access import Request
from gugan.web.lists import page_of
from gugan.web.pages.pay.steps import buttons, steps_of
from gugan.web.pages.pay.words import bridge_words, finding, month_words, signed

FEW_PLACES = 14
"""Up to so many streets and communities the table of totals shows all of them at once."""
MOST_LISTED = 8
"""Exceptions that are shown at once; the rest are folded."""
BAR = 44
"""Half the width of a cause's bar."""


def figures_of(request: Request, found: Run) -> dict[str, Any]:
    """What pay/run.html is given."""
    whole = request.scope.allows("see", found.payer_code)
    before = queries.month_before(found) if whole else None
    bridge = changes.bridge(found, before)
    listed = looks.exceptions(request.scope, found)
    caused = looks.changes(bridge)
    look = next((one for one in [*listed, *caused] if one.key == request.GET.get("look")), None)
    shown = _people_page(request, found, before, look, whole)
    rows = queries.by_place(request.scope, found)
    codes = {row["place_code"] for row in rows} | {one.place_code for one in shown.items} | {found.payer_code}
    names = pay_queries.names_of(codes | {code[: pay_queries.STREET] for code in codes})
    streets = pay_queries.streets_of(rows, names)
    total = pay_queries.total_of(streets)
    month = month_words(found.period_start)
    return {
        "run": found,
        "payer": names.get(found.payer_code, found.payer_code),
        "month": month,
        "state": STATES[found.state],
        "finding": finding(found, bridge, total),
        "tiles": [
            {"head": f"{head}（元）", "value": money, "url": "" if look else "#totals"}
            for head, money in zip(pay_queries.HEADS.values(), total.money, strict=True)
        ],
        "heads": list(pay_queries.HEADS.values()),
        "bridge": bridge,
        "causes": _causes(bridge, caused),
        **bridge_words(bridge),
        "whole": whole,
        "listed": listed[:MOST_LISTED],
        "unlisted": listed[MOST_LISTED:],
        "listed_count": len(listed),
        "steps": steps_of(found, _("{n} 类").format(n=len(bridge.causes)) if bridge else _("首月"), len(listed)),
        "streets": streets,
        "open_street": "all" if sum(1 + len(one.parts) for one in streets) <= FEW_PLACES else request.GET.get("street", ""),
        "total": total,
        "look": look,
        "page": shown,
        "page_count": f"{shown.count:,}",
        "people": _people_lines(shown.items, names, bridge, look),
        "illustrative": pay_queries.illustrative(found),
        "pins": found.packs[-1] if found.packs else None,
        "acts": buttons(request, found),
    }  # fmt: skip


def _people_page(request: Request, found: Run, before: Run | None, look: looks.Look | None, whole: bool) -> Any:
    of = before if look is not None and look.before and before is not None else found
    outcomes = queries.outcomes(request.scope, of).select_related("person").defer("inputs", "digest")
    if before is not None and of is found:
        there = Outcome.objects.filter(run=before, person=OuterRef("person"), state=COMPUTED)
        outcomes = outcomes.annotate(was=Subquery(there.values("gross_fen")[:1]))
    if look is not None:
        outcomes = outcomes.filter(look.which)
    count = look.count if look is not None else found.people if whole and found.state != "discarded" else None
    return page_of(request, outcomes, count)


def _people_lines(
    outcomes: list[Outcome], names: dict[str, str], bridge: changes.Bridge | None, look: looks.Look | None
) -> list[dict]:
    gone = look is not None and look.before
    lines = []
    for one in outcomes:
        was = getattr(one, "was", None)
        lines.append(
            {
                "person": one.person,
                "run": one.run_id,
                "place": names.get(one.place_code, one.place_code),
                "grade": one.values.get("岗位等级"),
                "state": one.state,
                "reason": looks.said(one.reason),
                "money": [grouped(getattr(one, name)) for name in queries.SUMS] if one.state == COMPUTED else None,
                "change": signed(-one.gross_fen) if gone else signed(one.gross_fen - (was or 0)) if bridge else "",
                "cause": bridge.by_person.get(one.person_id, "") if bridge else "",
            }
        )
    return lines


def _causes(bridge: changes.Bridge | None, caused: list[looks.Look]) -> list[dict]:
    if bridge is None:
        return []
    most = max((abs(cause.fen) for cause in bridge.causes), default=0) or 1
    rows = []
    for cause, look in zip(bridge.causes, caused, strict=True):
        width = max(1, abs(cause.fen) * BAR // most) if cause.fen else 0
        bar = {"x": BAR if cause.fen > 0 else BAR - width, "width": width}
        rows.append({"look": look, "name": cause.name, "count": look.many, "money": signed(cause.fen), "bar": bar})
    return rows
