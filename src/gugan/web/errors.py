"""Pages for what went wrong: each says what happened and what to do next, and none says what it must not."""

from __future__ import annotations

import logging
from typing import Any
from urllib.parse import urlsplit

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.translation import gettext as _

from gugan.accounts.services import NotAllowed
from gugan.jobs.doing import error_number
from gugan.web import keeping

log = logging.getLogger("gugan.web")


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """400: the browser sent what no page of ours asks for."""
    return HttpResponse(render_to_string("web/500.html", {"bad": True}), status=400)


def not_allowed(request: HttpRequest, exception: Exception) -> HttpResponse:
    """403: a room that is closed to this user; only our own sentence is shown."""
    sentence = str(exception) if isinstance(exception, NotAllowed) else _("这一页您的角色不能打开。")
    return render(request, "web/403.html", {"sentence": sentence}, status=403)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """404: not there, or not to be seen: the same words."""
    return render(request, "web/404.html", status=404)


def server_error(request: HttpRequest) -> HttpResponse:
    """500: nothing was changed, and a number to quote; no database, no frame."""
    number = error_number()
    log.error("%s %s", number, getattr(getattr(request, "resolver_match", None), "route", "-"))
    return HttpResponse(render_to_string("web/500.html", {"number": number}), status=500)


def stale_form(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form with an old token: sent from our own page it is offered again, with a new one; else it is refused."""
    context: dict[str, Any] = {}
    if _from_here(request) and request.user.is_authenticated:
        kept, _files = keeping.keep(request)
        waiting = keeping.open_kept(kept)
        if waiting is not None and waiting["fields"]:
            waiting["who"] = None
            response = keeping.offer_again(request, waiting)
            response.status_code = 403
            return response
    return render(request, "web/csrf.html", context, status=403)


def _from_here(request: HttpRequest) -> bool:
    """Whether the browser itself says that the form came from a page of this site."""
    origin = request.headers.get("Origin", "")
    return bool(origin) and origin != "null" and urlsplit(origin).netloc == request.get_host()
