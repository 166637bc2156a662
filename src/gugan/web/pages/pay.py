"""工资: the months, and one run: what it comes to, by street and community, and its people."""

from __future__ import annotations

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import path

from gugan.lifecycle.pay import queries as pay_queries
from gugan.runs import queries
from gugan.web.access import Request, page
from gugan.web.lists import page_of


@page()
def pay(request: Request) -> HttpResponse:
    """Every run that the visitor may see, newest first."""
    found = page_of(request, queries.runs(request.scope))
    return render(request, "pay/pay.html", {"page": found, "runs": pay_queries.briefs(request.scope, found.items)})


@page()
def run(request: Request, number: int) -> HttpResponse:
    """One run."""
    found = queries.runs(request.scope).filter(pk=number).first()
    if found is None:
        raise Http404
    outcomes = queries.outcomes(request.scope, found).select_related("person").defer("inputs", "digest")
    shown = page_of(request, outcomes)
    context = pay_queries.overview(request.scope, found)
    return render(request, "pay/run.html", context | {"page": shown, "people": pay_queries.people(shown.items)})


urlpatterns = [
    path("pay/", pay, name="pay"),
    path("runs/<int:number>/", run, name="run"),
]
