"""整批撤回: what taking a batch back does, said first; refused while a sealed month rests on it."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from gugan.accounts import services as accounts
from gugan.records import ledger, orgs
from gugan.records.models import Action, Batch, Org
from gugan.runs import queries as runs
from gugan.runs.models import Run
from gugan.web import clock
from gugan.web.access import Request
from gugan.web.lists import clean
from gugan.web.pages.orgs.following import sealed_months
from gugan.web.pages.orgs.one import catalogue_for


def take_back(request: Request, org: Org, number: int) -> HttpResponse:
    """Say what taking the batch back does; take it back if that is what was posted."""
    batch = Batch.objects.filter(pk=number, kind=orgs.KIND, actions__org=org).distinct().first()
    if batch is None:
        raise Http404
    actions = list(Action.objects.filter(batch=batch).select_related("person"))
    if request.method != "POST":
        months = _resting_on(batch, actions)
        return _page(request, org, batch, actions, [_refusal(months)] if months else [], 200)
    try:
        with transaction.atomic():
            # no run may be sealed in between: approving takes the same lock
            accounts.lock_trail()
            if months := _resting_on(batch, actions):
                return _page(request, org, batch, actions, [_refusal(months)], 422)
            done = orgs.withdraw(
                batch=batch, basis=clean(request.POST.get("basis", ""), 200), by=request.user, now=clock.now(request),
                catalogue=catalogue_for(org.code),
            )  # fmt: skip
    except ledger.LedgerError as error:
        return _page(request, org, batch, actions, [problem.message for problem in error.problems], 422)
    if done.again:
        messages.success(request, _("这一批刚才已经撤回，没有再撤一次。"), extra_tags="ochre")
    else:
        messages.success(request, _("已撤回：{label}。").format(label=batch.label))
    return HttpResponseRedirect(reverse("org", args=[org.code]))


def _resting_on(batch: Batch, actions: list[Action]) -> str:
    """Sealed months of whom the batch moved that were reckoned with it, in words; "" where none was."""
    people = [action.person_id for action in actions if action.person_id is not None]
    if not people:
        return ""
    reached = runs.affected(people, min(action.effective_on for action in actions))
    runs_of = {one["run_id"] for one in reached}
    knew = set(Run.objects.filter(pk__in=runs_of, known_at__gte=batch.created_at).values_list("pk", flat=True))
    return sealed_months(one["month"] for one in reached if one["run_id"] in knew)


def _refusal(months: str) -> str:
    return _("{months}的工资已按这一批算过并封存，不能整批撤回；请逐人记新的工作社区，机构另设。").format(months=months)


def _page(
    request: Request, org: Org, batch: Batch, actions: list[Action], problems: list[str], status: int
) -> HttpResponse:
    people = {action.person_id for action in actions if action.person_id is not None}
    will = _("“{label}”这一批 {count} 条不再算数，记录仍留着，划掉显示。").format(label=batch.label, count=len(actions))
    if people:
        will += _("{count} 人回到原来的社区。").format(count=len(people))
    context: dict[str, Any] = {
        "org": org,
        "batch": batch,
        "problems": [{"text": text, "field": ""} for text in problems],
        "will": will,
        "later": _("撤错了，把同一件事重新办一次。"),
        "act": _("撤回“{label}”").format(label=batch.label),
        "back": reverse("org", args=[org.code]),
    }
    return render(request, "orgs/withdraw.html", context, status=status)
