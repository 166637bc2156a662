"""本人: the worker's own pay, grade, facts."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import path

from gugan.web.access import Request, page


@page(own=True)
def me(request: Request) -> HttpResponse:
    """The worker's home."""
    return render(request, "me/me.html")


urlpatterns = [path("me/", me, name="me")]
