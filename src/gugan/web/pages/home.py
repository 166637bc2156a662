"""首页: what stands between an officer and this month's pay. A worker is sent to the own pages."""

from __future__ import annotations

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import path, reverse

from gugan.web.access import Request, page


@page(own=True)
def home(request: Request) -> HttpResponse:
    """The officer's home."""
    if not request.scope.prefixes("see"):
        return HttpResponseRedirect(reverse("me"))
    return render(request, "home/home.html")


urlpatterns = [path("", home, name="home")]
