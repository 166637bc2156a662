"""政策: the packs that hold here, and what each says."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import path

from gugan.web.access import Request, page


@page()
def policies(request: Request) -> HttpResponse:
    """The packs."""
    return render(request, "policies/policies.html")


urlpatterns = [path("policies/", policies, name="policies")]
