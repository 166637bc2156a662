"""What can be done to an organisation: a form, then a page that says what follows, then the act."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from gugan.accounts.sm3 import digest_of
from gugan.records import ledger, orgs
from gugan.records.models import Org
from gugan.records.orgs import Plan, Recorded
from gugan.web import clock
from gugan.web.access import Request
from gugan.web.lists import clean
from gugan.web.pages.orgs import following
from gugan.web.pages.orgs.following import Following
from gugan.web.pages.orgs.forms import FIELD_OF, ActForm, AddForm, MergeForm, NameForm, NumberForm, ReasonForm
from gugan.web.pages.orgs.one import catalogue_for


@dataclass(frozen=True)
class Act:
    """title: over the form. plan: what the service would do, only read. subject: what both call the organisation.

    follows: the plan in words.
    """

    name: str
    title: str | Promise
    form: type[ActForm]
    service: Callable[..., Recorded]
    plan: Callable[..., Plan]
    follows: Callable[[Request, Org, dict[str, Any], Plan], Following]
    subject: str = "org"


ADD = Act(
    "add", gettext_lazy("设一个社区"), AddForm, orgs.add_community, orgs.plan_adding, following.of_adding, "parent"
)
RENAME = Act("rename", gettext_lazy("更名"), NameForm, orgs.rename, orgs.plan_renaming, following.of_renaming)
CLOSE = Act("close", gettext_lazy("撤销"), ReasonForm, orgs.close, orgs.plan_closing, following.of_closing)
MERGE = Act("merge", gettext_lazy("并入别的社区"), MergeForm, orgs.merge, orgs.plan_merging, following.of_merging)
ESTABLISH = Act(
    "establishment",
    gettext_lazy("核定员额"),
    NumberForm,
    orgs.set_establishment,
    orgs.plan_settling,
    following.of_settling,
)


def enter(request: Request, org: Org, act: Act) -> HttpResponse:
    """GET: the form; with ?look= what would follow from it. POST: the act."""
    typed = request.POST if request.method == "POST" else request.GET if "look" in request.GET else None
    form = act.form(request, org, typed)
    if typed is None:
        return _form(request, org, act, form, 200)
    if not form.is_valid():
        return _form(request, org, act, form, 422)
    try:
        if request.method == "POST":
            return _done(request, org, _record(request, org, act, form))
        told = act.follows(request, org, form.cleaned_data, act.plan(**_given(org, act, form)))
    except ledger.LedgerError as error:
        for problem in error.problems:
            name = FIELD_OF.get(problem.fact, "")
            form.add_error(name if name in form.fields else None, problem.message)
        return _form(request, org, act, form, 422)
    return _look(request, org, act, form, told)


def _record(request: Request, org: Org, act: Act, form: ActForm) -> Recorded:
    token = clean(request.POST.get("once", ""), 64)
    return act.service(
        **_given(org, act, form), by=request.user, now=clock.now(request), catalogue=catalogue_for(org.code),
        once=digest_of([act.name, request.user.pk, org.code, token]) if token else "",
    )  # fmt: skip


def _given(org: Org, act: Act, form: ActForm) -> dict[str, Any]:
    cleaned = form.cleaned_data
    return {act.subject: org, **form.rest, "effective_on": cleaned["on"], "basis": cleaned["basis"]}


def _done(request: Request, org: Org, recorded: Recorded) -> HttpResponse:
    if recorded.again:
        messages.success(request, _("这件事刚才已经记下，没有再记一次。"), extra_tags="ochre")
    else:
        messages.success(request, _("已记：{label}。").format(label=recorded.batch.label))
    return HttpResponseRedirect(reverse("org", args=[org.code]))


def _form(request: Request, org: Org, act: Act, form: ActForm, status: int) -> HttpResponse:
    context = {"org": org, "act": act, "form": form, "adds": act is ADD}
    return render(request, "orgs/form.html", context, status=status)


def _look(request: Request, org: Org, act: Act, form: ActForm, told: Following) -> HttpResponse:
    fields = [(name, request.GET.get(name, "")) for name in form.fields]
    change = request.GET.copy()
    change.pop("look", None)
    change.pop("page", None)
    context = {
        "org": org,
        "act": act,
        "told": told,
        "fields": [*fields, ("once", secrets.token_hex(16))],
        "back": reverse(f"org-{act.name}", args=[org.code]) + "?" + change.urlencode(),
    }
    return render(request, "orgs/look.html", context)
