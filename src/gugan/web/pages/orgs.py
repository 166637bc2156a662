"""机构与员额: the divisions of the visitor's scope as a tree, with the people at work in each."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlencode

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import path, reverse

from gugan.records import lists
from gugan.web.access import Request, page
from gugan.web.lists import clean

STREET, COMMUNITY = 9, 12
"""Digits of the codes of streets and communities."""
MOST_LINES = 300
"""Above this, communities are shown for the street that is opened."""


@dataclass(frozen=True)
class Line:
    """One division. people_url: its people on the roster; open_url: the page with its communities, "" where shown."""

    branch: lists.Branch
    depth: int
    people_url: str
    open_url: str
    hidden: int


@page()
def orgs(request: Request) -> HttpResponse:
    """The tree, with counts; ?only=people leaves out where nobody works."""
    lists.bring_up_to(request.today)
    roots = lists.tree(request.scope)
    everything = [branch for root in roots for branch in _walk(root)]
    only, opened = request.GET.get("only") == "people", clean(request.GET.get("open", ""), 20)
    folded = len(everything) > MOST_LINES
    lines = [line for root in roots for line in _lines(root, 0, only, folded, opened)]
    communities = [branch for branch in everything if len(branch.code) == COMMUNITY]
    context = {
        "lines": lines,
        "only": only,
        "people": f"{sum(root.people for root in roots):,}",
        "streets": sum(len(branch.code) == STREET for branch in everything),
        "staffed": sum(bool(branch.people) for branch in communities),
        "empty": sum(not branch.people for branch in communities),
        "unknown": bool(opened) and opened not in {branch.code for branch in everything},
    }
    return render(request, "orgs/orgs.html", context)


def _walk(branch: lists.Branch) -> Iterator[lists.Branch]:
    yield branch
    for part in branch.parts:
        yield from _walk(part)


def _lines(branch: lists.Branch, depth: int, only: bool, folded: bool, opened: str) -> Iterator[Line]:
    if only and not branch.people:
        return
    shut = folded and len(branch.code) == STREET and not opened.startswith(branch.code)
    yield Line(
        branch,
        min(depth, 4),
        _people_url(branch.code) if branch.people else "",
        "?" + urlencode({"open": branch.code} | ({"only": "people"} if only else {})) if shut and branch.parts else "",
        len(branch.parts) if shut else 0,
    )
    for part in () if shut else branch.parts:
        yield from _lines(part, depth + 1, only, folded, opened)


def _people_url(code: str) -> str:
    if len(code) == STREET:
        return reverse("people") + "?" + urlencode({"street": code})
    if len(code) >= COMMUNITY:
        return reverse("people") + "?" + urlencode({"street": code[:STREET], "community": code})
    return reverse("people")


urlpatterns = [path("orgs/", orgs, name="orgs")]
