"""本人: a worker's own pay and why it changed, grade and the next step, and what is known about oneself."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import path
from django.utils.translation import gettext as _

from gugan import policy
from gugan.lifecycle.pay.money import grouped
from gugan.lifecycle.pay.queries import names_of
from gugan.records import queries
from gugan.runs.models import COMPUTED, STATES
from gugan.web import clock, doubting
from gugan.web.access import Request, page
from gugan.web.climbing import GRADE, climb, read, step_words
from gugan.web.lists import page_of
from gugan.web.pages.me.climbing import tree_of
from gugan.web.pages.me.knowing import catalogue_of, entry_of, looks_at, type_of
from gugan.web.pages.me.own import covers, own_person, remember_cover, sealed_outcomes, slip_url
from gugan.web.pages.me.paying import covered, month_of
from gugan.web.pages.policies.reading import load

# the views stand here: the shell tells the room by the name of a view's module


@page(own=True)
def me(request: Request) -> HttpResponse:
    """The latest pay, and why it differs from the month before."""
    person = own_person(request)
    found = list(sealed_outcomes(request, person)[:6])
    latest = found[0] if found else None
    context: dict[str, Any] = {"person": person, "hidden": covers(request)}
    if latest is not None:
        before = next(
            (
                one
                for one in found[1:]
                if one.payer_code == latest.payer_code and one.run.period_start < latest.run.period_start
            ),
            None,
        )
        money = covered if context["hidden"] else grouped
        context |= month_of(latest, before, money) | {"url": slip_url(person, latest)}
        context["doubts"] = doubting.of_slip(request, latest, person)
    return remember_cover(request, render(request, "me/me.html", context))


@page(own=True)
def pay(request: Request) -> HttpResponse:
    """Every month, newest first."""
    person = own_person(request)
    found = page_of(request, sealed_outcomes(request, person))
    hidden = covers(request)
    money = covered if hidden else grouped
    rows = [
        {
            "month": one.run.period_start,
            "known": one.state == COMPUTED,
            "reason": one.reason,
            "gross": money(one.gross_fen),
            "net": money(one.net_fen),
            "state": one.run.state,
            "state_text": STATES[one.run.state],
            "url": slip_url(person, one),
        }
        for one in found
    ]
    context = {"person": person, "page": found, "rows": rows, "doubts": doubting.mine(request, person)}
    return render(request, "me/pay.html", context)


@page(own=True)
def grade(request: Request) -> HttpResponse:
    """The own grade on the ladder of the post, how each step came, and the next possible one."""
    person = own_person(request)
    payer = queries.payer_for(person.payer_code) if person.payer_code else None
    context: dict[str, Any] = {"person": person, "on": request.today}
    if payer is None:
        return render(request, "me/grade.html", context | {"cannot": _("还没有写明按哪个政策包定级。")})
    try:
        pack = load(payer.pack_code)
        stretches = read(request.scope, person, pack, request.today, clock.now(request)) if GRADE in pack.rules else []
        found = climb(person, pack, request.today, stretches)
        context |= {"pack": pack, "example": pack.code.startswith("99"), "cannot": found.cannot, "own": found}
        context |= {"tree": tree_of(request, person, pack, found)}
        context |= {"steps": [(one, step_words(one)) for one in found.steps], "next": found.next}
    except policy.PolicyErrors:
        context["cannot"] = _("现在读不了政策包，等级没有变；过一会儿再看。")
    return render(request, "me/grade.html", context)


@page(own=True)
def facts(request: Request) -> HttpResponse:
    """What is known about oneself, since when, how it came in; and who looked."""
    person = own_person(request)
    lines = queries.history(request.scope, person)
    catalogue = catalogue_of(person)
    codes = {
        value
        for line in lines
        for name, value in line.facts.items()
        if isinstance(value, str) and type_of(catalogue, line.note.kind, name) == "机构"
    }
    names = names_of(codes)
    standing = [line for line in lines if line.stands]
    asked: dict[int | None, list[dict[str, Any]]] = {}
    for row in doubting.of_facts(request, person):
        asked.setdefault(row["doubt"].action_id, []).append(row)
    kinds: dict[str, list[dict[str, Any]]] = {}
    for line in sorted(standing, key=lambda line: (line.note.effective_on, line.note.id), reverse=True):
        kinds.setdefault(line.note.kind, []).append(
            entry_of(line, person, catalogue, names) | {"doubts": {"shown": asked.get(line.note.id, [])}}
        )
    order = {kind: at for at, kind in enumerate(catalogue.kinds if catalogue else ())}
    groups = sorted(kinds.items(), key=lambda item: (order.get(item[0], len(order)), item[0]))
    changed = [
        entry_of(line, person, catalogue, names) | {"doubts": {"shown": asked.get(line.note.id, [])}}
        for line in lines
        if not line.stands and line.facts
    ]
    context = {
        "person": person,
        "groups": groups,
        "count": len(standing),
        "changed": changed,
        "looks": looks_at(person),
    }
    return render(request, "me/facts.html", context)


urlpatterns = [
    path("me/", me, name="me"),
    path("me/pay/", pay, name="my-pay"),
    path("me/grade/", grade, name="my-grade"),
    path("me/facts/", facts, name="my-facts"),
]
