"""One run as its page shows it: why it differs from last month, what it comes to, and everyone in it."""

from __future__ import annotations

import re
from typing import Any

from django.db.models import OuterRef, Subquery
from django.utils.translation import gettext as _

from gugan.lifecycle.pay import changes, doubts, looks
from gugan.lifecycle.pay import queries as pay_queries
from gugan.lifecycle.pay.models import CAUSE
from gugan.lifecycle.pay.money import grouped
from gugan.lifecycle.pay.review import LONGEST, Review, review_of
from gugan.lifecycle.pay.settling import LINE
from gugan.runs import queries
from gugan.runs.models import COMPUTED, DRAFT, HANDED, STATES, STEPS, Handover, Outcome, Run
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
GRADE = "岗位等级"
MOST_FACTS = 2
DAY = re.compile(r"\d{4}-\d\d-\d\d")


def figures_of(request: Request, found: Run, **typed: Any) -> dict[str, Any]:
    """What pay/run.html is given. typed: look, words and problems of an answer that was refused."""
    whole = request.scope.allows("see", found.payer_code)
    before = queries.month_before(found) if whole else None
    bridge = changes.bridge(found, before)
    listed = looks.exceptions(request.scope, found)
    review = review_of(found, bridge, listed) if whole and found.state != "discarded" else None
    handed = queries.handovers(found)
    last = handed[-1] if handed else None
    wanted = typed.get("look") or request.GET.get("look")
    look = next((one for one in [*listed, *looks.changes(bridge)] if one.key == wanted), None)
    shown = _people_page(request, found, before, look, whole)
    rows = queries.by_place(request.scope, found)
    codes = {row["place_code"] for row in rows} | {one.place_code for one in shown.items} | {found.payer_code}
    names = pay_queries.names_of(codes | {code[: pay_queries.STREET] for code in codes}, found)
    streets = pay_queries.streets_of(rows, names)
    total = pay_queries.total_of(streets)
    acts = buttons(request, found, last, review, look.key if look is not None else "")
    point = review.at(look.key) if review is not None and look is not None else None
    may_mark = found.state == DRAFT and request.scope.allows("pay", found.payer_code)
    return {
        "run": found,
        "payer": names.get(found.payer_code, found.payer_code),
        "month": month_words(found.period_start),
        "state": STATES[found.state],
        "finding": finding(found, bridge, total),
        "tiles": [] if look else tiles_of(total),
        "heads": list(pay_queries.HEADS.values()),
        "bridge": bridge,
        "causes": causes_of(bridge, review),
        **bridge_words(bridge),
        "whole": whole,
        "exceptions": exceptions_of(listed, review),
        "few": len(listed) if look else MOST_LISTED,
        "steps": steps_of(
            found, _("{n} 类").format(n=len(bridge.causes)) if bridge else _("首月"), len(listed), handed=last, review=review
        ),
        "streets": streets,
        "open_street": "all" if sum(1 + len(one.parts) for one in streets) <= FEW_PLACES else request.GET.get("street", ""),
        "total": total,
        "look": look,
        "cause": point is not None and point.kind == CAUSE,
        "point": point,
        "may_mark": may_mark and point is not None,
        "review": review,
        "left": len(review.left) if review is not None else 0,
        "bar": tiles_of(total) if look and found.state == DRAFT else [],
        "page": shown,
        "page_count": f"{shown.count:,}",
        "people": _people_lines(shown.items, names, bridge, look, _behind(before, found, look, shown.items)),
        "illustrative": pay_queries.illustrative(found),
        "pins": found.packs[-1] if found.packs else None,
        "acts": acts,
        "handed": handed_words(handed),
        "last": last,
        "returned": handed_words([last])[0] if last is not None and last.kind == "returned" and found.state == DRAFT else None,
        "asked": _asked(request, found),
        "settles": signed(found.totals["lines"][LINE]) if found.totals["lines"].get(LINE) is not None and whole else "",
        "longest": LONGEST,
        "words": typed.get("words", point.mark.words if point is not None and point.mark is not None else ""),
        "problems": typed.get("problems"),
    }  # fmt: skip


def tiles_of(total: pay_queries.Place) -> list[dict[str, Any]]:
    """The five totals."""
    return [
        {"head": f"{head}（元）", "value": money, "url": "#totals"}
        for head, money in zip(pay_queries.HEADS.values(), total.money, strict=True)
    ]


def handed_words(handed: list[Handover]) -> list[dict[str, Any]]:
    """Each 交审 and 退回 as a line: who, when, to which step, and why."""
    return [
        {
            "by": one.by,
            "at": one.at,
            "act": HANDED[one.kind] + (_("到“{step}”").format(step=STEPS[one.step]) if one.step else ""),
            "words": one.words,
        }
        for one in handed
    ]


def handed_over(request: Request, found: Run, last: Handover | None) -> dict[str, Any]:
    """What the approver is shown before sealing, as somebody who sees it for the first time: marks, answers, words."""
    if not request.scope.allows("see", found.payer_code):
        return {}
    bridge = changes.bridge(found, queries.month_before(found))
    listed = looks.exceptions(request.scope, found)
    review = review_of(found, bridge, listed)
    return {
        "review": review,
        "bridge": bridge,
        "causes": causes_of(bridge, review),
        "exceptions": exceptions_of(listed, review),
        "few": len(listed),
        "said": last,
        **bridge_words(bridge),
    }


def _asked(request: Request, found: Run) -> int:
    """How many doubts about this run wait for an answer; there are none before it is sealed."""
    if found.state not in queries.FINAL:
        return 0
    return doubts.visible(request.scope).filter(run=found, state=doubts.OPEN).count()


def _people_page(request: Request, found: Run, before: Run | None, look: looks.Look | None, whole: bool) -> Any:
    of = before if look is not None and look.before and before is not None else found
    outcomes = queries.outcomes(request.scope, of).select_related("person").defer("inputs", "digest")
    if before is not None and of is found:
        there = Outcome.objects.filter(run=before, person=OuterRef("person"), state=COMPUTED)
        outcomes = outcomes.annotate(was=Subquery(there.values("gross_fen")[:1]))
    if look is not None:
        outcomes = outcomes.filter(look.which)
    count = look.count if look is not None else found.people if whole and found.state != "discarded" else None
    return page_of(request, outcomes, count, by_key=True)


def _behind(before: Run | None, found: Run, look: looks.Look | None, shown: list[Outcome]) -> dict[int, tuple]:
    """What stands behind the change of a cause's people; nothing where no cause is opened."""
    if before is None or look is None or not look.key.startswith("cause:") or look.before:
        return {}
    return changes.behind(before, found, [one.person_id for one in shown])


def _people_lines(
    outcomes: list[Outcome],
    names: dict[str, str],
    bridge: changes.Bridge | None,
    look: looks.Look | None,
    behind: dict[int, tuple],
) -> list[dict]:
    gone = look is not None and look.before
    lines = []
    for one in outcomes:
        was = getattr(one, "was", None)
        old, facts = behind.get(one.person_id, ({}, []))
        lines.append(
            {
                "person": one.person,
                "run": one.run_id,
                "place": names.get(one.place_code, one.place_code),
                "grade": one.values.get(GRADE),
                "old_grade": old.get(GRADE) if old.get(GRADE) != one.values.get(GRADE) else None,
                "facts": [_fact(fact) for fact in facts[:MOST_FACTS]],
                "more_facts": max(0, len(facts) - MOST_FACTS),
                "state": one.state,
                "reason": looks.said(one.reason),
                "money": [grouped(getattr(one, name)) for name in queries.SUMS] if one.state == COMPUTED else None,
                "change": signed(-one.gross_fen) if gone else signed(one.gross_fen - (was or 0)) if bridge else "",
                "cause": bridge.by_person.get(one.person_id, "") if bridge else "",
            }
        )
    return lines


def _fact(action: Any) -> dict[str, Any]:
    """An entry behind a change: what it says, and its two dates; sealed values are not shown."""
    values = [str(value) for value in action.facts.values() if not isinstance(value, dict)]
    # days are said below, as the dates of the fact itself
    said = [value for value in values if not DAY.fullmatch(value)] or values
    return {"kind": action.kind, "value": "，".join(said), "action": action}


def causes_of(bridge: changes.Bridge | None, review: Review | None) -> list[dict]:
    """The causes with their bars and marks."""
    if bridge is None or review is None:
        return []
    most = max((abs(cause.fen) for cause in bridge.causes), default=0) or 1
    rows = []
    for cause, point in zip(bridge.causes, review.causes, strict=True):
        width = max(1, abs(cause.fen) * BAR // most) if cause.fen else 0
        bar = {"x": BAR if cause.fen > 0 else BAR - width, "width": width}
        look = point.look
        rows.append(
            {
                "look": look,
                "name": cause.name,
                "count": look.many,
                "money": signed(cause.fen),
                "bar": bar,
                "point": point,
                "less": cause.fen < 0,
            }
        )
    return rows


def exceptions_of(listed: list[looks.Look], review: Review | None) -> list[dict]:
    """The exceptions with their answers, where the visitor sees the whole payer."""
    return [{"look": one, "point": review.at(one.key) if review is not None else None} for one in listed]
