"""Before a month is computed: who pays, which month is next, and who is ready."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from gugan.lifecycle.pay import looks, services
from gugan.records.models import Org, Person
from gugan.runs import queries
from gugan.runs.models import Run
from gugan.web.access import Request

SOME_NAMES = 6


def payers_of(request: Request) -> list[Org]:
    """Organisations that pay, in the visitor's scope."""
    named = Org.objects.exclude(pack_code="").filter(closed_on=None)
    return [one for one in named if request.scope.allows("pay", one.code)]


def next_month(request: Request, payers: list[Org]) -> str:
    """The month after the last sealed one, at most today's."""
    last = (
        Run.objects.filter(payer_code__in=[one.code for one in payers], state__in=queries.FINAL)
        .order_by("-period_start")
        .values_list("period_end", flat=True)
        .first()
    )
    first = last if last is not None and last <= request.today else request.today.replace(day=1)
    return f"{first:%Y-%m}"


def ready_lists(ready: services.Readiness) -> list[dict]:
    """What is missing, left out and assumed, each with the first few names."""
    parts = (
        (_("算不出"), ready.missing, "ochre"),
        (_("用缺省"), ready.defaults, ""),
        (_("不核算"), ready.excluded, ""),
    )
    few = {person for _kind, part, _tone in parts for people in part.values() for person in people[:SOME_NAMES]}
    people = Person.objects.in_bulk(few)
    return [
        {
            "kind": kind,
            "tone": tone,
            "text": looks.said(text),
            "count": f"{len(ids):,}",
            "people": [people[one] for one in ids[:SOME_NAMES]],
            "more": max(0, len(ids) - SOME_NAMES),
            "more_words": f"{len(ids) - SOME_NAMES:,}",
        }
        for kind, part, tone in parts
        for text, ids in sorted(part.items(), key=lambda item: (-len(item[1]), item[0]))
    ]


def month_problem(request: Request, context: dict[str, Any], text: str, field: str) -> HttpResponse:
    """The form again, with what is wrong at its field."""
    context["problems"] = [{"text": text, "field": field}]
    return render(request, "pay/month.html", context, status=422)
