"""疑问 as pages show it: what each is about, what was written, and where it is answered; for the worker and the officer."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from gugan.lifecycle.pay import doubts
from gugan.lifecycle.pay.models import OPEN, Doubt
from gugan.records.models import Action, Person
from gugan.runs.models import COMPUTED, Outcome
from gugan.runs.queries import FINAL
from gugan.web.access import Request
from gugan.web.pages.pay.words import month_words

MOST = 100
"""Doubts about a person's facts that one page shows."""


def of_slip(request: Request, outcome: Outcome, person: Person) -> dict[str, Any]:
    """What doubts/ask.html takes as `doubts`: what was asked about this slip, and the form where it is the own one.

    `outcome` comes with its run; `person` is whose slip it is. At most two statements.
    """
    found = doubts.visible(request.scope).filter(run=outcome.run_id, person=person)
    own = request.scope.is_own(person.public_id) and outcome.run.state in FINAL and outcome.state == COMPUTED
    return {
        "shown": rows_of(request, found),
        "lines": doubts.lines_of(outcome.run) if own else [],
        "url": reverse("doubt-ask", kwargs={"number": outcome.run_id, "person": person.public_id}),
        "longest": doubts.LONGEST,
    }


def mine(request: Request, person: Person) -> dict[str, Any]:
    """What doubts/list.html takes as `doubts`: what the person asked about the own pay, newest first."""
    found = doubts.visible(request.scope).filter(person=person, action=None)
    return {"shown": rows_of(request, found[:20])}


def of_facts(request: Request, person: Person) -> list[dict[str, Any]]:
    """What was asked about facts of this person, newest first. At most two statements."""
    return rows_of(request, doubts.visible(request.scope).filter(person=person, action__isnull=False)[:MOST])


def open_of_person(request: Request, person: Person) -> list[dict[str, Any]]:
    """What waits for an answer about facts of this person; what was written is read on the doubt's page. One statement."""
    found = doubts.visible(request.scope).filter(person=person, action__isnull=False, state=OPEN)
    return [row_of(request, doubts.Shown(one, "", "")) for one in found[:MOST]]


def rows_of(request: Request, found: Any) -> list[dict[str, Any]]:
    """Doubts as doubts/list.html shows them; their keys are one statement."""
    return [row_of(request, one) for one in doubts.opened(found)]


def row_of(request: Request, one: doubts.Shown) -> dict[str, Any]:
    """One doubt: url is where the visitor may answer it, "" where not."""
    doubt = one.doubt
    answering = doubt.state == OPEN and doubts.may_answer(request.scope, doubt)
    return {
        "doubt": doubt,
        "words": one.words,
        "answer": one.answer,
        "open": doubt.state == OPEN,
        "title": title_of(doubt),
        "month": month_words(doubt.run.period_start) if doubt.run is not None else "",
        "there": address_of(request, doubt),
        "url": reverse("doubt", kwargs={"number": doubt.pk}) if answering else "",
    }


def title_of(doubt: Doubt) -> str:
    """What it is about, in short: the line of the slip, or the fact by its kind and day; never its values."""
    return doubt.line if doubt.action is None else fact_words(doubt.action)


def fact_words(action: Action) -> str:
    """A fact by its kind and the day from which it counts."""
    day = _("日期不详") if action.date_unknown else _("{day} 起").format(day=f"{action.effective_on:%Y-%m-%d}")
    return f"{action.kind}（{day}）"


def address_of(request: Request, doubt: Doubt) -> str:
    """Where the doubted thing is shown: the slip, the own facts, or what happened to the person."""
    public_id = doubt.person.public_id
    if doubt.action is None:
        return reverse("slip", kwargs={"number": doubt.run_id, "person": public_id}) + "#doubts"
    if request.scope.is_own(public_id):
        return reverse("my-facts") + f"#e{doubt.action_id}"
    return reverse("person", kwargs={"public_id": public_id}) + f"#e{doubt.action_id}"
