"""Nothing typed is lost: a form that meets an ended session (or a stale token) is kept, signed, and offered again.

The fields travel in the page itself, signed with their address and the user who typed; nothing is stored here. They are
never sent by themselves: after sign-in the user sees where they go and presses the button.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode, urlsplit

from django.core import signing
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme

SALT = "gugan.kept"
WHO_SALT = "gugan.who"
WHO_COOKIE = "gugan_who"
WHO_SECONDS = 30 * 24 * 3600
KEPT_SECONDS = 24 * 3600
MOST = 512 * 1024
"""Characters of a form that is kept; above it the user is told to go back, where the browser still has it."""
NEVER = {"csrfmiddlewaretoken", "password", "username", "kept"}


def ask_to_sign_in(request: HttpRequest) -> HttpResponse:
    """Answer a visitor who is not signed in: with the sign-in page, keeping what was posted."""
    if request.method in ("GET", "HEAD"):
        partial = request.headers.get("HX-Request") == "true"
        address = urlsplit(request.headers.get("HX-Current-URL", "")) if partial else None
        back = (address.path + (f"?{address.query}" if address.query else "")) if address else request.get_full_path()
        target = f"{reverse('signin')}?{urlencode({'next': back})}"
        if partial:
            response = HttpResponse(status=204)
            response["HX-Redirect"] = target
            return response
        return HttpResponseRedirect(target)
    from gugan.web.signin import show_sign_in

    kept, files = keep(request)
    response = show_sign_in(request, kept=kept, files=files, ended=True, status=401)
    if request.headers.get("HX-Request") == "true":
        response.status_code = 200
        response["HX-Retarget"], response["HX-Reswap"] = "body", "innerHTML"
    return response


def keep(request: HttpRequest) -> tuple[str, bool]:
    """Return the posted fields, signed, and whether there were files besides (which no page can give back).

    "" where the form is too large to travel.
    """
    fields = [(name, value) for name in request.POST if name not in NEVER for value in request.POST.getlist(name)]
    if sum(len(value) for _, value in fields) > MOST:
        return "", bool(request.FILES)
    data = {"to": request.get_full_path(), "fields": fields, "who": last_user(request)}
    return signing.dumps(data, salt=SALT, compress=True), bool(request.FILES)


def open_kept(text: str) -> dict[str, Any] | None:
    """Return {"to", "fields", "who"} of a kept form, or None: damaged, too old, or none."""
    try:
        return signing.loads(text, salt=SALT, max_age=KEPT_SECONDS) if text else None
    except signing.BadSignature:
        return None


def offer_again(request: HttpRequest, kept: dict[str, Any]) -> HttpResponse:
    """Show where the kept form goes, with one button that sends it; another user is not offered a stranger's form."""
    mine = kept["who"] in (None, request.user.pk)
    context = {"to": kept["to"], "fields": kept["fields"] if mine else [], "mine": mine}
    return render(request, "web/kept.html", context)


def safe_path(request: HttpRequest, path: str) -> str:
    """Return `path` if it is one of ours, else home."""
    fits = path.startswith("/") and url_has_allowed_host_and_scheme(path, {request.get_host()}, request.is_secure())
    return path if fits else reverse("home")


def last_user(request: HttpRequest) -> int | None:
    """Who signed in last in this browser, as a signed cookie says."""
    try:
        return int(request.get_signed_cookie(WHO_COOKIE, salt=WHO_SALT, max_age=WHO_SECONDS) or "")
    except (KeyError, signing.BadSignature, ValueError):
        return None


def remember_user(request: HttpRequest, response: HttpResponse, pk: int) -> None:
    """Note in the browser who signed in."""
    response.set_signed_cookie(
        WHO_COOKIE,
        str(pk),
        salt=WHO_SALT,
        max_age=WHO_SECONDS,
        httponly=True,
        samesite="Lax",
        secure=request.is_secure(),
    )
