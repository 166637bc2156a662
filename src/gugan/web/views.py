"""One plain page per run: what it comes to, by street and community, and its people."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps

from django.conf import settings
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import render
from django.utils import timezone

from gugan.accounts.queries import OPERATOR, Scope, scope_of
from gugan.lifecycle.pay import queries as pay
from gugan.runs import queries

PAGE = 50


def with_scope(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Hand the view what its visitor may see; in a demonstration everybody sees everything, else one signs in first."""

    @wraps(view)
    def wrapped(request: HttpRequest, *args, **kwargs) -> HttpResponse:
        if request.method not in ("GET", "HEAD"):
            return HttpResponseNotAllowed(["GET", "HEAD"])
        scope = OPERATOR if settings.GUGAN_DEMO else scope_of(request.user, on=timezone.localdate())
        if not settings.GUGAN_DEMO and scope == Scope():
            return render(request, "web/closed.html", status=403)
        return view(request, scope, *args, **kwargs)

    return wrapped


@with_scope
def home(request: HttpRequest, scope: Scope) -> HttpResponse:
    """Every run that the visitor may see, newest first."""
    page = Paginator(queries.runs(scope), PAGE).get_page(request.GET.get("page"))
    return render(
        request,
        "web/runs.html",
        {"page": page, "runs": pay.briefs(scope, page.object_list), "demo": settings.GUGAN_DEMO},
    )


@with_scope
def run(request: HttpRequest, scope: Scope, number: int) -> HttpResponse:
    """One run."""
    found = queries.runs(scope).filter(pk=number).first()
    if found is None:
        raise Http404
    page = Paginator(queries.outcomes(scope, found).select_related("person").defer("inputs", "digest"), PAGE).get_page(
        request.GET.get("page")
    )
    context = pay.overview(scope, found) | {
        "page": page,
        "people": pay.people(page.object_list),
        "demo": settings.GUGAN_DEMO,
    }
    return render(request, "web/run.html", context)
