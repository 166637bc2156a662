"""The page put together for a day as known on a day, and the trace that looking leaves."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from gugan.accounts import services as accounts
from gugan.accounts.models import TrailEntry
from gugan.accounts.sm3 import digest_of
from gugan.lifecycle.pay.money import grouped
from gugan.records import lists
from gugan.records.models import EMPLOYED, LEFT, Person
from gugan.runs import queries as runs
from gugan.runs.models import COMPUTED, STATES, Outcome
from gugan.web import clock, timeline, trees
from gugan.web.access import Request
from gugan.web.pages.person.happening import line_of
from gugan.web.pages.person.holding import arranged, shown_group
from gugan.web.pages.person.reading import View, day_of, end_of

LISTED = 30
"""What happened longer ago than this many lines is folded."""


def show(request: Request, found: Person, act: str, number: str = "") -> HttpResponse:
    """The page as an act of looking."""
    wrong: list[str] = []
    on = day_of(request, "on", wrong)
    known_on = min(day_of(request, "known", wrong), request.today)
    view = View(request, found)
    lines = lists.known(view.lines, end_of(known_on) if known_on < request.today else None)
    groups = lists.facts_on(view.catalogue, lines, on)
    grade = view.grade(on, known_on)
    names = view.org_names
    first, rest = arranged(groups)
    happened = [line_of(view, line, on) for line in reversed(lines)]
    own = request.scope.is_own(found.public_id)
    if not own or number:
        _leave_trace(request, found, act, on, known_on)
    context = {
        "person": found,
        "number": number,
        "own": own,
        "state_tone": {EMPLOYED: "pine", LEFT: ""}.get(found.state, "ochre"),
        "place": names.get(found.workplace_code, ""),
        "street": names.get(found.workplace_code[: lists.STREET], ""),
        "payer": names.get(found.payer_code, ""),
        "on": on,
        "known": known_on,
        "today": request.today,
        "moved": (on, known_on) != (request.today, request.today),
        "wrong": wrong,
        "facts": [shown_group(view, group) for group in first],
        "rest": [shown_group(view, group) for group in rest],
        "grade": grade,
        "depth": trees.depth_of(request.GET.get("depth")),
        "picture": timeline.draw(
            [
                timeline.Event(one.note.kind, one.note.effective_on, one.recorded, one.note.date_unknown, one.late)
                for one in happened
                if not one.gone
            ],
            on,
            known_on,
            request.today,
        ),
        "otherwise": _otherwise(view, on, known_on, grade),
        "recent": happened[:LISTED],
        "older": happened[LISTED:],
        "count": len(happened),
        "slips": _slips(request, found),
        "looks": _looks(found),
        "may_record": view.may_record,
    }
    return render(request, "person/person.html", context)


def _leave_trace(request: Request, found: Person, act: str, on: date, known_on: date) -> None:
    digest = digest_of([act, str(found.public_id), on.isoformat(), known_on.isoformat()])
    note = accounts.Note(act, f"person:{found.pk}", digest)
    accounts.record([note], by=request.user, now=clock.now(request))


def _looks(found: Person) -> list[TrailEntry]:
    """Who looked last."""
    entries = TrailEntry.objects.filter(subject=f"person:{found.pk}").select_related("by").order_by("-seq")
    return list(entries[:8])


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


def _otherwise(view: View, on: date, known_on: date, grade: dict[str, Any] | None) -> str:
    """What the grade was by what was known then, beside what it is by what is known now."""
    if known_on >= view.request.today or grade is None:
        return ""
    now = view.grade(on, view.request.today)
    if now is None or now["value"] == grade["value"]:
        return ""
    return _("{on} 的等级：按 {known} 所知是 {then} 级，按今天所知是 {now} 级。").format(
        on=on, known=known_on, then=grade["value"], now=now["value"]
    )
