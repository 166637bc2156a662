"""Whose page it is, and the own sealed pay."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _

from gugan.accounts.services import NotAllowed
from gugan.records.models import Person
from gugan.runs.models import Outcome
from gugan.runs.queries import FINAL, visible
from gugan.web.access import Request

COVER_COOKIE = "gg-cover"
YEAR = 365 * 24 * 3600


def own_person(request: Request) -> Person:
    """Return the worker behind the account; an officer without one is told so."""
    person = Person.objects.filter(public_id=request.scope.person).first() if request.scope.person else None
    if person is None:
        raise NotAllowed(_("这几页给社区工作者看自己的资料；您的账号没有连到一位社区工作者。"))
    return person


def sealed_outcomes(request: Request, person: Person) -> Any:
    """The person's own sealed outcomes, newest first."""
    found = Outcome.objects.filter(visible(request.scope), person=person, run__state__in=FINAL)
    return found.select_related("run").defer("inputs", "digest").order_by("-run__period_start", "-run_id")


def slip_url(person: Person, outcome: Outcome) -> str:
    """The address of one's own slip, or "" as long as that page is not there."""
    try:
        return reverse("slip", args=[outcome.run_id, person.public_id])
    except NoReverseMatch:
        return ""


def covers(request: Request) -> bool:
    """Whether amounts are covered, for use among people: as was tapped now, else as was tapped last."""
    return (request.GET.get("hide") or request.COOKIES.get(COVER_COOKIE, "0")) == "1"


def remember_cover(request: Request, response: HttpResponse) -> HttpResponse:
    """Keep the choice for the next page."""
    if request.GET.get("hide") in ("0", "1"):
        response.set_cookie(COVER_COOKIE, request.GET["hide"], max_age=YEAR, samesite="Lax", httponly=True)
    return response
