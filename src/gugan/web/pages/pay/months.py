"""Before a month is computed: who pays, which month is next, and who is ready."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from gugan.jobs import services as jobs
from gugan.jobs.models import Job
from gugan.lifecycle.pay import looks, services
from gugan.policy import Period
from gugan.records.models import Org, Person
from gugan.runs import queries
from gugan.runs.models import Run
from gugan.web import clock
from gugan.web.access import Request
from gugan.web.pages.jobs import ended_soon
from gugan.web.pages.pay.words import month_words
from gugan.web.work import COMPUTE

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


def compute_beside(request: Request, payer: Org, period: Period) -> Job:
    """Have a month computed as a job; as it is when it has ended, or after a short wait."""
    month = f"{period.start:%Y-%m}"
    job = jobs.start(
        kind=COMPUTE,
        subject=f"{payer.code} {month}",
        args={"payer": payer.code, "month": month},
        label=_("核算{payer}{month}工资").format(payer=payer.name, month=month_words(period.start)),
        right="pay",
        code=payer.code,
        back=f"{reverse('pay-month')}?{urlencode({'payer': payer.code, 'month': month})}",
        by=request.user,
        now=clock.now(request),
    )
    return ended_soon(job)


def month_problem(request: Request, context: dict[str, Any], text: str, field: str) -> HttpResponse:
    """The form again, with what is wrong at its field."""
    context["problems"] = [{"text": text, "field": field}]
    return render(request, "pay/month.html", context, status=422)
