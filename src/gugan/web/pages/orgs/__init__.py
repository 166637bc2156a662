"""机构与员额: the tree on a day; one organisation; add, rename, close, merge, establishment, each shown before it is done."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import path

from gugan.records import lists
from gugan.web.access import Request, page
from gugan.web.pages.orgs.acts import ADD, CLOSE, ESTABLISH, MERGE, RENAME, enter
from gugan.web.pages.orgs.one import find, find_to_change, shown
from gugan.web.pages.orgs.tree import shown_tree
from gugan.web.pages.orgs.withdrawing import take_back

# the views stand here: the shell tells the room by the name of a view's module


@page()
def orgs(request: Request) -> HttpResponse:
    """The tree on a day, with people, establishment and what is missing."""
    lists.bring_up_to(request.today)
    return render(request, "orgs/orgs.html", shown_tree(request))


@page()
def org(request: Request, org: str) -> HttpResponse:
    """One organisation."""
    lists.bring_up_to(request.today)
    return render(request, "orgs/org.html", shown(request, find(request, org)))


@page(methods="GET POST")
def add(request: Request, org: str) -> HttpResponse:
    """A new community under a street."""
    return enter(request, find_to_change(request, org), ADD)


@page(methods="GET POST")
def rename(request: Request, org: str) -> HttpResponse:
    """A new name."""
    return enter(request, find_to_change(request, org), RENAME)


@page(methods="GET POST")
def close(request: Request, org: str) -> HttpResponse:
    """The end of an organisation in which nobody works any more."""
    return enter(request, find_to_change(request, org), CLOSE)


@page(methods="GET POST")
def merge(request: Request, org: str) -> HttpResponse:
    """The end of a community whose people go on in another."""
    return enter(request, find_to_change(request, org), MERGE)


@page(methods="GET POST")
def establishment(request: Request, org: str) -> HttpResponse:
    """How many people are approved."""
    return enter(request, find_to_change(request, org), ESTABLISH)


@page(methods="GET POST")
def withdraw(request: Request, org: str, number: int) -> HttpResponse:
    """Take back a whole batch, after a page that says what that does."""
    return take_back(request, find_to_change(request, org), number)


urlpatterns = [
    path("orgs/", orgs, name="orgs"),
    path("orgs/<str:org>/", org, name="org"),
    path("orgs/<str:org>/add/", add, name="org-add"),
    path("orgs/<str:org>/rename/", rename, name="org-rename"),
    path("orgs/<str:org>/close/", close, name="org-close"),
    path("orgs/<str:org>/merge/", merge, name="org-merge"),
    path("orgs/<str:org>/establishment/", establishment, name="org-establishment"),
    path("orgs/<str:org>/batches/<int:number>/withdraw/", withdraw, name="org-withdraw"),
]
