"""Signing in and out. In a demonstration its accounts, which have no password, are one click each."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.auth import authenticate, login, logout
from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.cache import add_never_cache_headers
from django.utils.translation import gettext as _

from gugan.accounts import services as accounts
from gugan.accounts.models import Grant, User
from gugan.accounts.sm3 import digest_of
from gugan.web import clock, keeping
from gugan.web.access import open_page

BACKEND = "django.contrib.auth.backends.ModelBackend"
TRIES, PAUSE = 5, 15 * 60
"""Wrong passwords for one name before it rests, and the seconds of rest."""
LONGEST_NAME = 150
ENTERED, LEFT, REFUSED = "进入", "退出", "进入不成"
"""What the trail calls signing in, signing out, and a wrong password."""
UNKNOWN, MOST_UNKNOWN = "signin-unknown", 100
"""How many tries at names that nobody has are noted within PAUSE."""
DEMO_WORDS = {
    Grant.Role.CLERK: ("收表、记事、核算工资"),
    Grant.Role.APPROVER: ("看变化和例外，审批封存"),
    Grant.Role.FINANCE: ("看封存的工资，标为已发"),
    Grant.Role.ADMINISTRATOR: ("管账号和授权"),
    Grant.Role.WORKER: ("看自己的工资、等级和资料"),
}
"""What each role of the demonstration is for, in the order of the page."""


@open_page(methods="GET POST")
def sign_in(request: HttpRequest) -> HttpResponse:
    """The sign-in page; after it, where one wanted to go, or the form that was kept."""
    if request.method != "POST":
        if request.user.is_authenticated:
            return HttpResponseRedirect(keeping.safe_path(request, request.GET.get("next", "")))
        return show_sign_in(request)
    name = request.POST.get("username", "").strip()
    if "demo" in request.POST:
        user, problem = _demo_user(request.POST["demo"]), _("没有这个示范账号。")
    else:
        user, problem = _with_password(request, name, request.POST.get("password", ""))
    kept = request.POST.get("kept", "")
    if user is None:
        return show_sign_in(
            request, kept=kept, name=name, problem=problem, status=200 if "demo" not in request.POST else 404
        )
    return _enter(request, user, kept)


@open_page(methods="POST")
def sign_out(request: HttpRequest) -> HttpResponse:
    """Leave; what the browser still shows by going back is cleared."""
    if request.user.is_authenticated:
        _note(request, LEFT, request.user)
    logout(request)
    response = HttpResponseRedirect(reverse("signin") + "?out=1")
    response["Clear-Site-Data"] = '"cache"'
    return response


def show_sign_in(
    request: HttpRequest,
    *,
    kept: str = "",
    files: bool = False,
    ended: bool = False,
    name: str = "",
    problem: str = "",
    status: int = 200,
) -> HttpResponse:
    """Show the sign-in page; kept: a form that waits, signed. ended: the session ended in the middle of it."""
    context = {
        "kept": kept,
        "files": files,
        "ended": ended,
        "name": name[:LONGEST_NAME],
        "problem": problem,
        "next": request.POST.get("next") or request.GET.get("next", ""),
        "out": "out" in request.GET,
        "accounts": _demo_accounts(),
    }
    response = render(request, "web/signin.html", context, status=status)
    add_never_cache_headers(response)
    return response


def _enter(request: HttpRequest, user: User, kept: str) -> HttpResponse:
    target = request.POST.get("next", "")
    login(request, user, backend=BACKEND)
    _note(request, ENTERED, user)
    request.session["seen"] = int(clock.real_now().timestamp())
    waiting = keeping.open_kept(kept)
    response = (
        keeping.offer_again(request, waiting)
        if waiting is not None
        else HttpResponseRedirect(keeping.safe_path(request, target))
    )
    keeping.remember_user(request, response, user.pk)
    return response


def _with_password(request: HttpRequest, name: str, password: str) -> tuple[User | None, str]:
    """Return the user, or None and the sentence to show; the same sentence whether or not the name exists."""
    if not name.isprintable() or "\x00" in password or len(name) > LONGEST_NAME or len(password) > 4096:
        return None, _("账号或密码不对。看看大小写；还不行，请本单位的管理员重设。")
    key = f"signin:{name.encode().hex()}"
    if cache.get(key, 0) >= TRIES:
        return None, _("这个账号连着输错 {tries} 次，歇 15 分钟再试。").format(tries=TRIES)
    user: Any = authenticate(request, username=name, password=password)
    if user is None:
        cache.add(key, 0, PAUSE)
        cache.incr(key)
        _note_failure(request, name)
        return None, _("账号或密码不对。看看大小写；还不行，请本单位的管理员重设。")
    cache.delete(key)
    return user, ""


def _note_failure(request: HttpRequest, name: str) -> None:
    """Note a wrong password: whose account it was tried on, never what was typed.

    A name that nobody has is noted as nobody's, so that both take the same time; not without end, since anybody may type
    names (an account rests after a few tries by itself).
    """
    user = User.objects.filter(username=name).first()
    cache.add(UNKNOWN, 0, PAUSE)
    if user is not None or cache.incr(UNKNOWN) <= MOST_UNKNOWN:
        _note(request, REFUSED, user)


def _note(request: HttpRequest, act: str, user: Any) -> None:
    now = clock.now(request)
    subject = f"user:{user.pk}" if user is not None else "user:?"
    note = accounts.Note(act, subject, digest_of([act, subject, now.isoformat()]))
    # who was refused is not known to be that user
    accounts.record([note], by=user if act != REFUSED else None, now=now)


def _demo_user(name: str) -> User | None:
    return next((one["user"] for one in _demo_accounts() if one["user"].username == name), None)


def _demo_accounts() -> list[dict[str, Any]]:
    """The demonstration's accounts: those without a password; nobody outside a demonstration."""
    if not settings.GUGAN_DEMO:
        return []
    grants = Grant.objects.filter(user__is_active=True, user__password__startswith=UNUSABLE_PASSWORD_PREFIX)
    order = list(DEMO_WORDS)
    found: dict[int, dict[str, Any]] = {}
    for grant in sorted(grants.select_related("user").order_by("pk"), key=lambda g: order.index(Grant.Role(g.role))):
        words = DEMO_WORDS[Grant.Role(grant.role)]
        found.setdefault(grant.user_id, {"user": grant.user, "role": grant.get_role_display(), "words": words})
    return list(found.values())
