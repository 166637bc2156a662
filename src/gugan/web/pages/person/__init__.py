"""人: what is true of this person on a day, as known on a day; the grade and why; what happened; 记一件事, 更正, 撤销."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import path

from gugan.records import queries
from gugan.records.entries import MERGE
from gugan.web.access import Request, page
from gugan.web.lists import clean
from gugan.web.pages.person import looking, merging
from gugan.web.pages.person.reading import View, find
from gugan.web.pages.person.recording import already_replaced, enter, find_to_change, standing
from gugan.web.pages.person.showing import show
from gugan.web.pages.person.voiding import take_back

# the views stand here: the shell tells the room by the name of a view's module


@page(own=True)
def person(request: Request, public_id: UUID) -> HttpResponse:
    """The person's page; looking at somebody else leaves a trace."""
    return show(request, find(request, public_id), "查看")


@page(methods="POST")
def id_number(request: Request, public_id: UUID) -> HttpResponse:
    """The page with the ID number shown whole; a trace of its own."""
    found = find(request, public_id)
    return show(request, found, "看证件号码", number=queries.open_id_number(request.scope, found) or "")


@page(methods="GET POST")
def record(request: Request, public_id: UUID) -> HttpResponse:
    """Record one thing that happened: choose its kind, then only its facts are asked."""
    found = find_to_change(request, public_id)
    view = View(request, found)
    kinds = [kind for kind in view.catalogue.kinds.values() if kind.subject == "人" and kind.name != MERGE]
    kind = next((one for one in kinds if one.name == request.GET.get("kind")), None)
    if kind is None:
        context = {"person": found, "kinds": kinds, "unknown": clean(request.GET.get("kind", ""), 20)}
        return render(request, "person/kinds.html", context)
    return enter(request, view, kind, None)


@page(methods="GET POST")
def correct(request: Request, public_id: UUID, number: int) -> HttpResponse:
    """Put another entry in the place of one that is wrong."""
    found = find_to_change(request, public_id)
    view = View(request, found)
    line = standing(view, number)
    kind = view.catalogue.kinds.get(line.note.kind) if line else None
    if line is None or kind is None:
        return already_replaced(request, found)
    return enter(request, view, kind, line)


@page(methods="GET POST")
def void(request: Request, public_id: UUID, number: int) -> HttpResponse:
    """Take an entry back, after a page that says what that does."""
    found = find_to_change(request, public_id)
    view = View(request, found)
    line = standing(view, number)
    if line is None:
        return already_replaced(request, found)
    return take_back(request, view, line)


urlpatterns = [
    path("people/<uuid:public_id>/", person, name="person"),
    path("people/<uuid:public_id>/id-number/", id_number, name="person-id-number"),
    path("people/<uuid:public_id>/record/", record, name="person-record"),
    path("people/<uuid:public_id>/entries/<int:number>/correct/", correct, name="person-correct"),
    path("people/<uuid:public_id>/entries/<int:number>/void/", void, name="person-void"),
    *looking.urlpatterns,
    *merging.urlpatterns,
]
