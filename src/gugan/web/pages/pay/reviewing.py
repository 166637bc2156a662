"""Between maker and approver: a cause marked 看过, an exception answered, the draft submitted, or returned with a reason."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import path, reverse
from django.utils.translation import gettext as _

from gugan.lifecycle.pay import review as reviews
from gugan.lifecycle.pay.models import CAUSE
from gugan.lifecycle.pay.review import Review
from gugan.runs import queries
from gugan.runs import services as runs
from gugan.runs.errors import RunError
from gugan.runs.models import DRAFT, RETURNED, STATES, STEPS, Run
from gugan.web import clock
from gugan.web.access import Request, page
from gugan.web.lists import clean
from gugan.web.pages.pay.acts import act_on, asked_for, confirm, refused
from gugan.web.pages.pay.figures import figures_of
from gugan.web.pages.pay.steps import next_of
from gugan.web.pages.pay.words import month_words, people_and_money

FORM = "GET POST"


@page(methods="POST")
def mark(request: Request, number: int) -> HttpResponse:
    """Mark one cause 看过, answer one exception, or take either back; then on to the next."""
    found = asked_for(request, number, "pay")
    if found.state != DRAFT:
        return refused(request, no_draft(found), found)
    moment = clock.now(request)
    key, words = clean(request.POST.get("point", ""), 64), typed(request)
    shown = reviews.reviewed(found, request.user, moment)
    point = shown.of(key)
    if point is not None and point.kind != CAUSE and "back" not in request.POST and not _fits(words):
        problem = _("写一句：怎么回事，怎么办。") if not words else too_long(words)
        context = figures_of(
            request, found, look=point.look.key, words=words, problems=[{"text": problem, "field": "words"}]
        )
        return render(request, "pay/run.html", context, status=422)
    try:
        with transaction.atomic():
            # the run is locked first, so that what is marked is what was shown
            standing = Run.objects.select_for_update().values_list("digest", flat=True).get(pk=found.pk)
            if request.POST.get("digest") != standing or point is None:
                raise RunError(_("您打开那一页之后，这一批重新核算过了。看看现在的数，再决定。"))
            said = _keep(request, found, point, words, moment)
    except RunError as error:
        return refused(request, str(error), found)
    messages.success(request, said, extra_tags="pine")
    return HttpResponseRedirect(_next(found, reviews.reviewed(found, request.user, moment), point, request))


def _keep(request: Request, found: Run, point: reviews.Point, words: str, moment: Any) -> str:
    """Do what the form asks; return what was done."""
    name = point.look.text
    if "back" in request.POST:
        reviews.unmark(run=found, key=point.key, by=request.user, now=moment)
        return _("“{name}”已撤回，还要再看。").format(name=name)
    count = reviews.mark(
        run=found,
        key=point.key,
        digest=request.POST.get("figures", ""),
        by=request.user,
        now=moment,
        words=words,
        alike="alike" in request.POST,
    )
    if point.kind == CAUSE:
        return _("“{name}” {n} 人已标看过。").format(name=name, n=point.look.many)
    return _("“{name}”已写下说明。").format(name=name) + (
        _("同样的说明用在 {n} 处。").format(n=count) if count > 1 else ""
    )


def _next(found: Run, review: Review, point: reviews.Point, request: Request) -> str:
    """The next point of the same kind that is left; else the run's page."""
    here = reverse("run", kwargs={"number": found.pk})
    if "back" in request.POST:
        return f"{here}?{urlencode({'look': point.look.key})}#people"
    one = next((one for one in review.left if one.kind == point.kind), None)
    return f"{here}?{urlencode({'look': one.look.key})}#people" if one is not None else here


@page(methods=FORM)
def submit(request: Request, number: int) -> HttpResponse:
    """交审: what was seen and answered goes to the approver; what is left is listed first."""
    found = asked_for(request, number, "pay")
    month = month_words(found.period_start)
    last = queries.last_handover(found)
    if found.state != DRAFT:
        return refused(request, no_draft(found), found)
    if queries.submitted(found, last):
        return refused(request, _("{month}工资已经交审，等另一人审批。").format(month=month), found)
    review = reviews.reviewed(found, request.user, clock.now(request))
    if review.left:
        context = {"run": found, "month": month, "left": review.left, "next": next_of(found, last, review)}
        return render(request, "pay/left.html", context, status=409 if request.method == "POST" else 200)
    words = typed(request)
    problems = [{"text": too_long(words), "field": "words"}] if len(words) > runs.LONGEST else []
    if request.method == "POST" and not problems:
        moment = clock.now(request)
        said = _("{month}工资已交审，等另一人审批。").format(month=month)
        return act_on(request, found, lambda: reviews.submit(run=found, by=request.user, now=moment, words=words), said)
    returned = last is not None and last.kind == RETURNED
    response = confirm(
        request,
        found,
        _("把{month}工资交给另一人审批").format(month=month),
        will=_("{what}，连同您看过的 {n} 类变化、写下的 {m} 处说明，一起给审批人看。").format(
            what=people_and_money(found), n=len(review.causes), m=len(review.exceptions)
        ),
        later=_("审批人可以写明原因退回；您也可以重新核算，再交一次。"),
        act=_("交审 {month}工资，{what}").format(month=month, what=people_and_money(found)),
        asking=_("改了什么") if returned else _("给审批人的话（可不填）"),
        hint=_("审批人退回时写的是：{words}").format(words=last.words) if returned and last else "",
        field="words",
        words=words,
        problems=problems,
    )
    response.status_code = 422 if problems else 200
    return response


@page(methods=FORM)
def send_back(request: Request, number: int) -> HttpResponse:
    """退回: the approver returns the draft to a step, with a reason that the maker reads."""
    found = asked_for(request, number, "approve")
    month = month_words(found.period_start)
    last = queries.last_handover(found)
    if found.state != DRAFT:
        return refused(
            request, _("{month}工资{state}，不能退回。").format(month=month, state=STATES[found.state]), found
        )
    if request.user.pk in queries.makers(found, last):
        return refused(request, _("开批、核算或交审的人不能退回自己算的这一批。"), found, 403)
    if last is not None and last.kind == RETURNED:
        return refused(
            request, _("{month}工资已由{who}退回：{words}").format(month=month, who=last.by, words=last.words), found
        )
    step, words = clean(request.POST.get("step", "")), typed(request)
    problems = []
    if request.method == "POST":
        if step not in STEPS:
            problems.append({"text": _("选一步：经办从哪里改起。"), "field": f"step-{next(iter(STEPS))}"})
        if not words:
            problems.append({"text": _("写明为什么退回，经办要照着改。"), "field": "words"})
        elif len(words) > runs.LONGEST:
            problems.append({"text": too_long(words), "field": "words"})
        if not problems:
            moment = clock.now(request)
            said = _("{month}工资已退回，等经办改好再交审。").format(month=month)
            return act_on(
                request,
                found,
                lambda: runs.send_back(run=found, by=request.user, now=moment, step=step, words=words),
                said,
            )
    context = {
        "run": found,
        "month": month,
        "steps": [(key, name, key == step) for key, name in STEPS.items()],
        "words": words,
        "problems": problems,
        "longest": runs.LONGEST,
    }
    return render(request, "pay/return.html", context, status=422 if problems else 200)


def no_draft(found: Run) -> str:
    """Why nothing is marked or submitted any more."""
    return _("{month}工资{state}，不用再看、再交。").format(
        month=month_words(found.period_start), state=STATES[found.state]
    )


def typed(request: Request) -> str:
    """The words as they were typed, on one line; far more than is taken, so that what is too long is said, not cut."""
    return clean(" ".join(request.POST.get("words", "").split()), 5000)


def too_long(words: str) -> str:
    """How much of what was typed is too much."""
    return _("至多 {n} 字，现在 {m} 字。").format(n=runs.LONGEST, m=len(words))


def _fits(words: str) -> bool:
    return 0 < len(words) <= runs.LONGEST


urlpatterns = [
    path("pay/<int:number>/mark/", mark, name="run-mark"),
    path("pay/<int:number>/submit/", submit, name="run-submit"),
    path("pay/<int:number>/return/", send_back, name="run-return"),
]
