"""花名册: who is there, as of a date."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import path

from gugan.web.access import Request, page


@page()
def people(request: Request) -> HttpResponse:
    """The list."""
    return render(request, "people/people.html")


urlpatterns = [path("people/", people, name="people")]
