"""疑问: what a worker asks about a line of the own slip or an own fact, and the officer's answer to it."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import path, reverse
from django.utils.translation import gettext as _

from gugan.lifecycle.pay import doubts
from gugan.lifecycle.pay.models import OPEN, Doubt
from gugan.lifecycle.pay.money import grouped
from gugan.records.models import Person
from gugan.runs.errors import RunError
from gugan.runs.models import COMPUTED, Outcome
from gugan.runs.queries import FINAL
from gugan.web import clock, doubting
from gugan.web.access import Request, page
from gugan.web.lists import clean, page_of
from gugan.web.pages.pay.words import month_words
from gugan.web.pages.person.reading import View

FORM = "GET POST"
LARGEST = 2**63 - 1
"""The largest number a database takes; a larger one in an address is no number of ours."""


@page(own=True)
def listed(request: Request) -> HttpResponse:
    """Every doubt that the visitor may see: an officer's people, a worker's own."""
    found = page_of(request, doubts.visible(request.scope))
    rows = doubting.rows_of(request, found.items)
    officer = bool(request.scope.prefixes("see"))
    return render(request, "doubts/doubts.html", {"page": found, "rows": rows, "officer": officer})


@page(own=True, methods=FORM)
def ask(request: Request, number: int, person: uuid.UUID) -> HttpResponse:
    """Choose a line of the own slip and ask; a line that is asked about already is found again."""
    if not request.scope.is_own(person):
        raise Http404
    found = Outcome.objects.filter(
        run_id=min(number, LARGEST), person__public_id=person, run__state__in=FINAL, state=COMPUTED
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
        "doubts": doubting.of_slip(request, outcome, outcome.person),
        "line": line,
        "words": words,
        "problems": problems,
        "month": month_words(outcome.run.period_start),
        "run": outcome.run,
        "person": outcome.person,
    }
    return render(request, "doubts/asking.html", context, status=422 if problems else 200)


@page(own=True, methods=FORM)
def ask_about_fact(request: Request, number: int) -> HttpResponse:
    """不对: say what is wrong with one own fact; a fact that is asked about already is found again."""
    own = request.scope.person
    person = Person.objects.filter(public_id=own).first() if own else None
    view = View(request, person) if person is not None else None
    line = next((one for one in view.lines if one.note.id == number and one.facts), None) if view else None
    if view is None or line is None:
        raise Http404
    words = _typed(request)
    problems = []
    there = reverse("my-facts") + f"#e{number}"
    if request.method == "POST":
        try:
            doubts.ask_about_fact(action=number, words=words, by=request.user, now=clock.now(request))
        except RunError as error:
            problems = [{"text": str(error), "field": "doubt-words"}]
        else:
            messages.success(request, _("“{kind}”这一条已经送到经办，答复会在这一条下面。").format(kind=line.note.kind))
            return HttpResponseRedirect(there)
    context = {
        "note": line.note,
        "facts": view.parts(line),
        "stands": line.stands,
        "words": words,
        "problems": problems,
        "longest": doubts.LONGEST,
        "there": there,
    }
    return render(request, "doubts/asking_fact.html", context, status=422 if problems else 200)


@page(methods=FORM)
def answer(request: Request, number: int) -> HttpResponse:
    """One doubt as the officer answers it: what was asked, the figure or the fact, and what is behind it."""
    found = doubts.visible(request.scope).filter(pk=min(number, LARGEST)).first()
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
            text = _("已答复{name}对“{line}”的疑问。").format(name=found.person.name, line=doubting.title_of(found))
            messages.success(request, text, extra_tags="pine")
            return HttpResponseRedirect(reverse("doubt", kwargs={"number": found.pk}))
    behind = _of_line(found) if found.action_id is None else _of_fact(request, found)
    context = {
        "row": doubting.row_of(request, doubts.opened([found])[0]),
        "person": found.person,
        "run": found.run,
        **behind,
        "words": words or (behind.get("suggested", "") if request.method == "GET" else ""),
        "problems": problems,
        "longest": doubts.LONGEST,
    }
    return render(request, "doubts/doubt.html", context, status=status)


def _of_line(found: Doubt) -> dict[str, Any]:
    """The amount that is doubted."""
    outcome = Outcome.objects.filter(run=found.run_id, person=found.person_id).first()
    value = outcome.values.get(found.line) if outcome is not None else None
    return {"value": grouped(value) if isinstance(value, int) else ""}


def _of_fact(request: Request, found: Doubt) -> dict[str, Any]:
    """The fact that is doubted: its values, where it is corrected, and what took its place since."""
    view = View(request, found.person)
    by_id = {one.note.id: one for one in view.lines}
    line = by_id.get(found.action_id or 0)
    if line is None:
        return {}
    new = by_id.get(line.replaced_by or 0)
    at = {"public_id": found.person.public_id, "number": found.action_id}
    suggested = ""
    if new is not None:
        suggested = _("已更正为：{words}").format(words=view.sentence(new)) if new.facts else _("这一条已撤回")
    return {
        "note": line.note,
        "facts": view.parts(line),
        "replaced": new,
        "correct": reverse("person-correct", kwargs=at) if line.stands and view.may_record else "",
        "suggested": suggested,
    }


def _typed(request: Request) -> str:
    """The words as they were typed, on one line; far more than is taken, so that what is too long is said, not cut."""
    return clean(" ".join(request.POST.get("words", "").split()), 5000)


def _seen_as_officer(request: Request, *codes: str) -> bool:
    return any(request.scope.allows("see", code) for code in codes)


urlpatterns = [
    path("doubts/", listed, name="doubts"),
    path("doubts/<int:number>/", answer, name="doubt"),
    path("doubts/ask/<int:number>/<uuid:person>/", ask, name="doubt-ask"),
    path("doubts/fact/<int:number>/", ask_about_fact, name="doubt-ask-fact"),
]
