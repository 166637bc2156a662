"""What an act on a run goes through: whose it is, the form that asks, the lock it is done under, or why it is refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from gugan.accounts import queries as accounts
from gugan.accounts.services import NotAllowed
from gugan.lifecycle.pay import queries as pay_queries
from gugan.lifecycle.pay.money import grouped
from gugan.runs import queries
from gugan.runs.errors import RunError
from gugan.runs.models import STATES, Run
from gugan.web import clock
from gugan.web.access import Request
from gugan.web.pages.pay.words import month_words, people_and_money


def seen(request: Request, number: int) -> Run:
    """The run, 404 where the visitor may not see it."""
    found = queries.runs(request.scope).filter(pk=number).select_related(
        "created_by", "computed_by", "sealed_by", "paid_by", "void_asked_by", "voided_by"
    ).first() if number < 2**63 else None  # fmt: skip
    if found is None:
        raise Http404
    return found


def asked_for(request: Request, number: int, right: str) -> Run:
    """The run, for an act that needs `right`: 404 where it is not to be seen, NotAllowed with names where it is."""
    found = seen(request, number)
    if not request.scope.allows(right, found.payer_code):
        if not request.scope.allows("see", found.payer_code):
            raise Http404
        able = "、".join(map(str, accounts.who_may(right, found.payer_code, on=request.today)[:5]))
        raise NotAllowed(
            _("这件事您的角色不能办。可以办的人：{names}。").format(names=able or _("目前没有人，请管理员授权"))
        )
    return found


def refused(request: Request, sentence: str, found: Run | None = None, status: int = 409) -> HttpResponse:
    """Say that nothing was changed, and why, and where to go on."""
    if found is not None:
        found.refresh_from_db()
    context = {"sentence": sentence, "run": found, "month": month_words(found.period_start) if found else ""}
    return render(request, "pay/refused.html", context, status=status)


def confirm(request: Request, found: Run, title: str, **context: Any) -> HttpResponse:
    """The form that says what an act will do, before it is done."""
    shared = {
        "run": found,
        "month": month_words(found.period_start),
        "title": title,
        "back": reverse("run", kwargs={"number": found.pk}),
        "url": request.path,
        "fields": [("digest", found.digest)],
        "illustrative": pay_queries.illustrative(found),
    }
    return render(request, "pay/confirm.html", shared | context)


def act_on(request: Request, found: Run, do: Callable[[], object], sentence: str) -> HttpResponse:
    """Do what the form asks, on the very figures it showed: under the run's lock, and only if they still stand."""
    try:
        with transaction.atomic():
            standing = Run.objects.select_for_update().values_list("digest", flat=True).get(pk=found.pk)
            same = request.POST.get("digest") == standing
            if same:
                do()
    except RunError as error:
        return refused(request, str(error), found)
    if not same:
        return refused(request, _("您打开那一页之后，这一批重新核算过了。看看现在的数，再决定。"), found)
    return done(request, found, sentence)


def done(request: Request, found: Run, sentence: str) -> HttpResponse:
    """Back to the run, with what was done said above it."""
    messages.success(request, sentence, extra_tags="pine")
    return HttpResponseRedirect(reverse("run", kwargs={"number": found.pk}))


def settle(
    request: Request,
    number: int,
    *,
    right: str,
    state: str,
    do: Callable[..., object],
    otherwise: str,
    afterwards: str,
    danger: bool = False,
    **question: str,
) -> HttpResponse:
    """An act that one person decides alone, on a run in `state`: refuse it, ask, or do it.

    otherwise, afterwards: sentences with {month} and {state}; question: those of the form, which may also use
    {what}, {n} (people computed) and {net}.
    """
    found = asked_for(request, number, right)
    words: dict[str, Any] = {"month": month_words(found.period_start), "state": STATES[found.state]}
    if found.state != state:
        return refused(request, otherwise.format(**words), found)
    if request.method != "POST":
        words |= {"what": people_and_money(found), "n": found.totals["computed"], "net": grouped(found.net_fen)}
        said = {name: text.format(**words) for name, text in question.items()}
        return confirm(request, found, said.pop("title"), danger=danger, **said)
    sentence = afterwards.format(**words)
    return act_on(request, found, lambda: do(run=found, by=request.user, now=clock.now(request)), sentence)
