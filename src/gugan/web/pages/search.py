"""找人: the box at the top of every officer's page."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import path

from gugan.lifecycle.pay.queries import names_of
from gugan.records import lists
from gugan.web.access import Request, page
from gugan.web.lists import LONGEST, clean, page_of


@page()
def search(request: Request) -> HttpResponse:
    """People whom the words fit."""
    typed = request.GET.get("q", "")
    text = clean(typed)
    found = page_of(request, lists.people(request.scope, lists.Asked(text=text))) if text else page_of(request, [])
    names = names_of({one.workplace_code for one in found})
    rows = [{"person": one, "place": names.get(one.workplace_code, "")} for one in found]
    merged = lists.merged_away(request.scope, text)
    context = {
        "text": text,
        "merged": merged,
        "cut": len(typed.strip()) > LONGEST,
        "longest": LONGEST,
        "page": found,
        "rows": rows,
    }
    return render(request, "search/search.html", context)


urlpatterns = [path("search/", search, name="search")]
