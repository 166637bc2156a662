"""The page put together for a day as known on a day, and the trace that looking leaves."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from gugan import policy
from gugan.accounts.queries import who_may_each
from gugan.lifecycle.pay.money import grouped
from gugan.records import lists, queries
from gugan.records.models import EMPLOYED, LEFT, Person
from gugan.runs import queries as runs
from gugan.runs.models import COMPUTED, STATES, Outcome
from gugan.web import doubting, timeline, trees
from gugan.web.access import Request
from gugan.web.climbing import climb, step_words
from gugan.web.lists import address
from gugan.web.pages.person.comparing import Moment, differences, sentence
from gugan.web.pages.person.happening import BY_RECORDED, happened
from gugan.web.pages.person.holding import arranged, shown_group
from gugan.web.pages.person.looking import READ_NUMBER, RECENT, leave_trace, traces
from gugan.web.pages.person.merging import panel
from gugan.web.pages.person.reading import View, day_of, end_of

LOOKS = 8
"""Who looked last, so many times."""
LISTED = 30
"""What happened longer ago than this many lines is folded."""


def show(request: Request, found: Person, act: str, number: str = "") -> HttpResponse:
    """The page as an act of looking."""
    wrong: list[str] = []
    here = Moment(day_of(request, "on", wrong), min(day_of(request, "known", wrong), request.today))
    view = View(request, found)
    lines = lists.known(view.lines, end_of(here.known) if here.known < request.today else None)
    first, rest = arranged(lists.facts_on(view.catalogue, lines, here.on))
    grade = view.grade(here.on, here.known)
    names = view.org_names
    own = request.scope.is_own(found.public_id)
    looks = list(traces(found)[:RECENT])
    about = f"{here.on} {here.known}"
    if (not own or number) and leave_trace(request, found, act, about, once_a_day=act != READ_NUMBER, known=looks):
        looks = list(traces(found)[:LOOKS])
    context = {
        "person": found,
        "number": number,
        "own": own,
        "state_tone": {EMPLOYED: "pine", LEFT: ""}.get(found.state, "ochre"),
        "place": names.get(found.workplace_code, ""),
        "street": names.get(found.workplace_code[: lists.STREET], ""),
        "payer": names.get(found.payer_code, ""),
        "on": here.on,
        "known": here.known,
        "today": request.today,
        "moved": here != Moment(request.today, request.today),
        "wrong": wrong,
        "facts": [shown_group(view, group) for group in first],
        "rest": [shown_group(view, group) for group in rest],
        "grade": grade,
        "next": _next(view, here),
        "trial": reverse("policy-try", args=[view.pack.code]) + f"?person={found.public_id}" if view.pack else "",
        "depth": trees.depth_of(request.GET.get("depth")),
        "slips": _slips(request, found),
        "looks": looks[:LOOKS],
        "doubts": doubting.open_of_person(request, found),
        "merging": panel(view),
        "may_record": view.may_record,
        **_events(view, lines, here),
        **_compared(view, here, wrong),
    }
    # what is asked again for other days, and who may do what, is never read at once
    if not context["compared"]:
        context["otherwise"] = sentence(view, here, grade)
        if view.may_record and not context["moved"]:
            context["who"] = _who(view)
    return render(request, "person/person.html", context)


def _events(view: View, lines: list[queries.HistoryLine], here: Moment) -> dict[str, Any]:
    """What happened, as a drawing and as a list in the order that the address asks for."""
    request = view.request
    order = BY_RECORDED if request.GET.get("order") == BY_RECORDED else ""
    found = happened(view, lines, here.on, order)
    drawn = [
        timeline.Event(one.note.kind, one.note.effective_on, one.recorded, one.note.date_unknown, one.late, one.first)
        for one in found
        if not one.gone and one.words
    ]
    return {
        "picture": timeline.draw(drawn, here.on, here.known, request.today),
        "recent": found[:LISTED],
        "older": found[LISTED:],
        "count": len(found),
        "by_recorded": bool(order),
        "orders": [
            (_("按生效日"), "" if not order else address(request, order=None) + "#happened"),
            (_("按记录日"), "" if order else address(request, order=BY_RECORDED) + "#happened"),
        ],
        "kept": [(name, request.GET[name]) for name in ("order", "depth") if request.GET.get(name)],
    }


def _compared(view: View, here: Moment, wrong: list[str]) -> dict[str, Any]:
    """比较两个时刻: what differs from a second moment, where the address names one."""
    request = view.request
    asked = bool(request.GET.get("with_on") or request.GET.get("with_known"))
    there = Moment(day_of(request, "with_on", wrong), min(day_of(request, "with_known", wrong), request.today))
    return {"compared": asked, "there": there, "differing": differences(view, here, there) if asked else []}


def _next(view: View, here: Moment) -> dict[str, Any] | None:
    """The next step up, as known at the moment shown; None where there is no grade."""
    if view.pack is None:
        return None
    try:
        found = climb(view.person, view.pack, here.on, view.stretches(here.on, here.known))
    except policy.PolicyErrors:
        return None
    if found.grade is None:
        return None
    return {"step": found.next, "steps": [(one.rule, step_words(one)) for one in found.steps], "climb": found}


def _who(view: View) -> list[tuple[str, str]]:
    """Who may do what about this person: (act, names)."""
    acts = {"import": _("记事、更正"), "pay": _("核算"), "approve": _("审批")}
    found = who_may_each(acts, view.person.payer_code, on=view.request.today)
    return [(acts[right], "、".join(str(one) for one in users) or "—") for right, users in found.items()]


def _slips(request: Request, found: Person) -> list[dict[str, Any]]:
    outcomes = (
        Outcome.objects.filter(runs.visible(request.scope), person=found, state=COMPUTED, run__state__in=runs.LIVE)
        .order_by("-run__period_start", "-run_id")
        .values("run_id", "run__period_start", "run__state", "gross_fen", "net_fen")
    )
    return [
        {
            "run": one["run_id"],
            "month": one["run__period_start"],
            "state": one["run__state"],
            "word": STATES[one["run__state"]],
            "gross": grouped(one["gross_fen"]),
            "net": grouped(one["net_fen"]),
        }
        for one in outcomes[:36]
    ]
