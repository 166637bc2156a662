"""疑问: “对这笔有疑问” of a worker about one line of the own slip, and the officer's answer to it."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import path, reverse
from django.utils.translation import gettext as _

from gugan.lifecycle.pay import doubts
from gugan.lifecycle.pay.models import OPEN
from gugan.lifecycle.pay.money import grouped
from gugan.records.models import Person
from gugan.runs.errors import RunError
from gugan.runs.models import COMPUTED, Outcome
from gugan.runs.queries import FINAL
from gugan.web import clock
from gugan.web.access import Request, page
from gugan.web.lists import clean, page_of
from gugan.web.pages.pay.words import month_words

FORM = "GET POST"


def panel(request: Request, outcome: Outcome, person: Person) -> dict[str, Any]:
    """What doubts/ask.html takes as `doubts`: what was asked about this slip, and the form where it is the own one.

    `outcome` comes with its run; `person` is whose slip it is. At most two statements.
    """
    found = doubts.visible(request.scope).filter(run=outcome.run_id, person=person)
    shown = [_row(request, one) for one in doubts.opened(found)]
    own = request.scope.is_own(person.public_id) and outcome.run.state in FINAL and outcome.state == COMPUTED
    return {
        "shown": shown,
        "lines": doubts.lines_of(outcome.run) if own else [],
        "url": reverse("doubt-ask", kwargs={"number": outcome.run_id, "person": person.public_id}),
        "longest": doubts.LONGEST,
    }


def _row(request: Request, one: doubts.Shown) -> dict[str, Any]:
    doubt = one.doubt
    answering = doubt.state == OPEN and doubts.may_answer(request.scope, doubt)
    return {
        "doubt": doubt,
        "words": one.words,
        "answer": one.answer,
        "open": doubt.state == OPEN,
        "month": month_words(doubt.run.period_start),
        "slip": reverse("slip", kwargs={"number": doubt.run_id, "person": doubt.person.public_id}),
        "url": reverse("doubt", kwargs={"number": doubt.pk}) if answering else "",
    }


@page(own=True)
def listed(request: Request) -> HttpResponse:
    """Every doubt that the visitor may see: an officer's people, a worker's own."""
    found = page_of(request, doubts.visible(request.scope))
    rows = [_row(request, one) for one in doubts.opened(found.items)]
    officer = bool(request.scope.prefixes("see"))
    return render(request, "doubts/doubts.html", {"page": found, "rows": rows, "officer": officer})


@page(own=True, methods=FORM)
def ask(request: Request, number: int, person: uuid.UUID) -> HttpResponse:
    """Choose a line of the own slip and ask; a line that is asked about already is found again."""
    if not request.scope.is_own(person):
        raise Http404
    found = Outcome.objects.filter(
        run_id=min(number, 2**63 - 1), person__public_id=person, run__state__in=FINAL, state=COMPUTED
    )
    outcome = found.select_related("run", "person").first()
    if outcome is None:
        raise Http404
    line = clean(request.POST.get("line", "") or request.GET.get("line", ""), 100)
    words = _typed(request)
    problems = []
    if request.method == "POST":
        try:
            doubts.ask(
                run=outcome.run, person=outcome.person, line=line, words=words, by=request.user, now=clock.now(request)
            )
        except RunError as error:
            problems = [{"text": str(error), "field": "doubt-words" if len(words) > doubts.LONGEST else "doubt-line"}]
        else:
            messages.success(request, _("“{line}”的疑问已经送到经办，答复会在这张工资条上。").format(line=line))
            slip = reverse("slip", kwargs={"number": outcome.run_id, "person": person})
            return HttpResponseRedirect(slip + "#doubts")
    context = {
        "doubts": panel(request, outcome, outcome.person),
        "line": line,
        "words": words,
        "problems": problems,
        "month": month_words(outcome.run.period_start),
        "run": outcome.run,
        "person": outcome.person,
    }
    return render(request, "doubts/asking.html", context, status=422 if problems else 200)


@page(methods=FORM)
def answer(request: Request, number: int) -> HttpResponse:
    """One doubt as the officer answers it: what was asked, the figure, and the slip behind it."""
    found = doubts.visible(request.scope).filter(pk=min(number, 2**63 - 1)).first()
    if found is None or not _seen_as_officer(request, found.payer_code, found.place_code):
        raise Http404
    words = _typed(request)
    problems = []
    status = 200
    if request.method == "POST":
        try:
            doubts.answer(doubt=found, words=words, by=request.user, now=clock.now(request))
        except RunError as error:
            found.refresh_from_db()
            status = 422 if found.state == OPEN else 409
            problems = [{"text": str(error), "field": "answer" if found.state == OPEN else ""}]
        else:
            text = _("已答复{name}对“{line}”的疑问。").format(name=found.person.name, line=found.line)
            messages.success(request, text, extra_tags="pine")
            return HttpResponseRedirect(reverse("doubt", kwargs={"number": found.pk}))
    outcome = Outcome.objects.filter(run=found.run_id, person=found.person_id).first()
    value = outcome.values.get(found.line) if outcome is not None else None
    context = {
        "row": _row(request, doubts.opened([found])[0]),
        "person": found.person,
        "run": found.run,
        "month": month_words(found.run.period_start),
        "value": grouped(value) if isinstance(value, int) else "",
        "words": words,
        "problems": problems,
        "longest": doubts.LONGEST,
    }
    return render(request, "doubts/doubt.html", context, status=status)


def _typed(request: Request) -> str:
    """The words as they were typed, on one line; far more than is taken, so that what is too long is said, not cut."""
    return clean(" ".join(request.POST.get("words", "").split()), 5000)


def _seen_as_officer(request: Request, *codes: str) -> bool:
    return any(request.scope.allows("see", code) for code in codes)


def mine(request: Request, person: Person) -> dict[str, Any]:
    """What doubts/list.html takes as `doubts` on the worker's own pages: everything the person asked, newest first."""
    found = doubts.visible(request.scope).filter(person=person)
    return {"shown": [_row(request, one) for one in doubts.opened(found[:20])]}


urlpatterns = [
    path("doubts/", listed, name="doubts"),
    path("doubts/<int:number>/", answer, name="doubt"),
    path("doubts/ask/<int:number>/<uuid:person>/", ask, name="doubt-ask"),
]
