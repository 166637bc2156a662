"""机构与员额: the tree, the establishment, changes of communities."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import path

from gugan.web.access import Request, page


@page()
def orgs(request: Request) -> HttpResponse:
    """The tree."""
    return render(request, "orgs/orgs.html")


urlpatterns = [path("orgs/", orgs, name="orgs")]
