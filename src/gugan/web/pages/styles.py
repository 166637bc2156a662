"""样式册: each component with none, one, many, too long, missing. Only where people are invented."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path

from gugan.web import examples
from gugan.web.access import open_page
from gugan.web.lists import filters_of, order_of, page_of
from gugan.web.trees import depth_of, prepare


@open_page()
def styles(request: HttpRequest) -> HttpResponse:
    """The style book."""
    if not settings.GUGAN_DEMO:
        raise Http404
    depth = depth_of(request.GET.get("depth"))
    context: dict[str, Any] = {
        "depth": depth,
        "tree": prepare(examples.TREE, depth, prefix="t"),
        "unknown_tree": prepare(examples.UNKNOWN_TREE, depth, prefix="u"),
        "page": page_of(request, examples.PEOPLE),
        "order": order_of(request, examples.COLUMNS, "name"),
        "filters": filters_of(request, examples.FILTERS),
        "tiles": examples.TILES,
        "steps": examples.STEPS,
        "jobs": examples.JOBS,
        "problems": examples.PROBLEMS,
        "clauses": examples.CLAUSES,
        "names": examples.NAMES,
    }
    return render(request, "web/styles.html", context)


urlpatterns = [path("styles/", styles, name="styles")]
