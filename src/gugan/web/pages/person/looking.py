"""谁看过: the trace that looking at a person's file leaves, once a day, and the list of traces."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet, prefetch_related_objects
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import path

from gugan.accounts import services as accounts
from gugan.accounts.models import TrailEntry
from gugan.accounts.sm3 import digest_of
from gugan.records.clock import china_day
from gugan.records.models import Person
from gugan.web import clock
from gugan.web.access import Request, page
from gugan.web.lists import page_of
from gugan.web.pages.person.reading import find

LOOKED, READ_NUMBER, READ_SLIP = "查看", "看证件号码", "看工资条"
"""What the trail calls looking at the page, at the ID number, and at a pay slip."""
RECENT = 50
"""How many of a person's last traces are read to know whether today's is there; more than that a day only repeats one."""


def leave_trace(
    request: Request,
    found: Person,
    act: str,
    about: str = "",
    *,
    once_a_day: bool = True,
    known: list[TrailEntry] | None = None,
) -> bool:
    """Note in the trail that the visitor looked at this person: of each act one entry a person, user and day.

    One read where it is noted already; the trail's end is locked only where it is not, and asked again under the lock.
    Looking at one's own leaves none: the caller knows. known: the last RECENT traces, where the caller has read them.
    Returns whether there are traces that `known` has not.
    """
    subject, now = f"person:{found.pk}", clock.now(request)
    day = china_day(now)
    if once_a_day and known is not None and _among(known, request, subject, act, day):
        return False
    if once_a_day and known is None and _left(request, subject, act, day):
        return False
    with transaction.atomic():
        accounts.lock_trail()
        if once_a_day and _left(request, subject, act, day):
            return True
        note = accounts.Note(act, subject, digest_of([act, str(found.public_id), about]))
        accounts.record([note], by=request.user, now=now)
    return True


def traces(found: Person) -> QuerySet[TrailEntry]:
    """Who looked at this person, or at a record that was merged into it, newest first."""
    # read once for a person, however many parts of a page ask
    prefetch_related_objects([found], "merged")
    subjects = [f"person:{one.pk}" for one in (found, *found.merged.all())]  # ty: ignore[missing-attribute]
    return TrailEntry.objects.filter(subject__in=subjects).select_related("by").order_by("-seq")


@page(own=True)
def looks(request: Request, public_id: UUID) -> HttpResponse:
    """Everybody who looked, newest first; the person sees it too."""
    found = find(request, public_id)
    shown = page_of(request, traces(found))
    context: dict[str, Any] = {"person": found, "page": shown, "own": request.scope.is_own(found.public_id)}
    return render(request, "person/looks.html", context)


def _among(known: list[TrailEntry], request: Request, subject: str, act: str, day: date) -> bool:
    mine = (one for one in known if one.by_id == request.user.pk and (one.subject, one.act) == (subject, act))
    return any(china_day(one.at) == day for one in mine)


def _left(request: Request, subject: str, act: str, day: date) -> bool:
    last = TrailEntry.objects.filter(subject=subject).order_by("-seq").values_list("by_id", "act", "at")[:RECENT]
    return any(by == request.user.pk and one == act and china_day(at) == day for by, one, at in last)


urlpatterns = [path("people/<uuid:public_id>/looks/", looks, name="person-looks")]
