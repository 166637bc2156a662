"""The first lock of every page: who may open it. A view without `page` or `open_page` is not served (middleware below).

    @page()                          any officer (the right "see" somewhere); only reading: GET and HEAD
    @page("pay", methods="GET POST")  whoever may compute pay somewhere; a form
    @page("pay", methods="POST")     the same, an act without a page of its own
    @page(own=True)                  officers and workers alike; a worker has `request.scope.person` and nothing else
    @open_page()                     no sign-in: the sign-in page itself

A view gets `request.scope`, `request.today`. Rights for a single record are asked with `request.scope.allows(right, code)`
or `accounts.services.require`; what may not be seen answers exactly as what is not there: `raise Http404`.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from functools import wraps
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.cache import patch_cache_control
from django.utils.translation import gettext as _

from gugan.accounts.models import User
from gugan.accounts.queries import Scope, scope_of, who_may
from gugan.accounts.scope import RIGHTS
from gugan.accounts.services import NotAllowed
from gugan.records.queries import stand_in
from gugan.web import clock, keeping

View = Callable[..., HttpResponse]
ONE_MOMENT = 15 * 60
"""Seconds after which a visit lengthens its session again; not at every request, since that costs a write."""


class Request(HttpRequest):
    """What a view behind `page` gets; for annotations."""

    user: User  # ty: ignore[incompatible-mutable-override]
    scope: Scope
    today: date


def page(right: str | None = None, *, own: bool = False, methods: str = "GET") -> Callable[[View], View]:
    """Let in whoever is signed in and holds `right` somewhere (default: any officer; own: a worker too)."""
    if right is not None and right not in RIGHTS:
        raise ValueError(f"unknown right {right!r}")

    def decorate(view: View) -> View:
        @wraps(view)
        def wrapped(request: Any, *args: Any, **kwargs: Any) -> HttpResponse:
            if not request.user.is_authenticated:
                return keeping.ask_to_sign_in(request)
            enter(request)
            _check(request, right, own, one_thing=bool(args or kwargs))
            _stay(request)
            response = view(request, *args, **kwargs) if _suits(request, methods) else _wrong_method(request, methods)
            patch_cache_control(response, private=True, no_cache=True)
            return response

        return _marked(wrapped, right or ("own" if own else "see"))

    return decorate


def open_page(methods: str = "GET") -> Callable[[View], View]:
    """Let in anybody."""

    def decorate(view: View) -> View:
        @wraps(view)
        def wrapped(request: Any, *args: Any, **kwargs: Any) -> HttpResponse:
            return view(request, *args, **kwargs) if _suits(request, methods) else _wrong_method(request, methods)

        return _marked(wrapped, "open")

    return decorate


def enter(request: Any) -> None:
    """Put `today` and `scope` on the request, once."""
    if not hasattr(request, "scope"):
        request.today = clock.today(request)
        request.scope = stand_in(scope_of(request.user, on=request.today))


class DenyByDefault:
    """Middleware: a view that says nothing about who may open it is not there."""

    def __init__(self, get_response: View):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Pass the request on."""
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: View, args: Any, kwargs: Any) -> None:
        """Refuse an unmarked view."""
        if not hasattr(view, "gugan_access"):
            raise Http404


def _marked(view: View, access: str) -> View:
    setattr(view, "gugan_access", access)  # noqa: B010
    return view


def _suits(request: HttpRequest, methods: str) -> bool:
    return (request.method or "").replace("HEAD", "GET") in methods.split()


def _wrong_method(request: HttpRequest, methods: str) -> HttpResponse:
    response = render(request, "web/405.html", status=405)
    response["Allow"] = ", ".join(methods.replace("GET", "GET HEAD").split())
    return response


def _check(request: Request, right: str | None, own: bool, one_thing: bool) -> None:
    scope = request.scope
    if scope.prefixes(right or "see") or (own and (scope.person or scope.prefixes("see"))):
        return
    if one_thing and right is None:
        # the same answer as for what does not exist
        raise Http404
    raise NotAllowed(_refusal(request, right))


def _refusal(request: Request, right: str | None) -> str:
    if request.scope == Scope():
        return _("还没有人给您授权。请本单位的管理员在“管理”里给您一个角色。")
    if right is None:
        return _("这一页给管人事的同事看。您自己的资料和工资在“我的”里。")
    codes = request.scope.prefixes("see")
    able = who_may(right, codes[0], on=request.today)[:5] if codes else []
    sentence = _("这一页只给能{right}的人看。").format(right=RIGHTS[right])
    return sentence + (_("可以办的人：{names}。").format(names="、".join(map(str, able))) if able else "")


def _stay(request: Request) -> None:
    """Lengthen the session of somebody who is at work; sign-in notes the first moment."""
    moment = int(clock.real_now().timestamp())
    if moment - request.session.get("seen", moment) > ONE_MOMENT:
        request.session["seen"] = moment
