"""工资: the months, one run (changes, exceptions, totals, everyone), and what is done with it: compute, approve, pay, void."""

from __future__ import annotations

from functools import partial
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.utils.translation import gettext as _

from gugan.jobs.models import FAILED
from gugan.lifecycle.pay import compute, export, services
from gugan.lifecycle.pay import queries as pay_queries
from gugan.lifecycle.pay.money import grouped
from gugan.runs import queries
from gugan.runs import services as runs
from gugan.runs.errors import RunError
from gugan.runs.models import DRAFT, PAID, SEALED, STATES
from gugan.web import clock
from gugan.web.access import Request, page
from gugan.web.lists import clean, page_of
from gugan.web.pages.jobs import follow
from gugan.web.pages.pay import arrears, reviewing
from gugan.web.pages.pay.acts import act_on, asked_for, confirm, refused, seen, settle
from gugan.web.pages.pay.figures import figures_of, handed_over
from gugan.web.pages.pay.months import compute_beside, month_problem, next_month, payers_of, ready_lists
from gugan.web.pages.pay.steps import unsubmitted
from gugan.web.pages.pay.words import already, month_words, months_finding, people_and_money

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
FORM = "GET POST"

# the views stand here: the shell tells the room by the name of a view's module


@page()
def pay(request: Request) -> HttpResponse:
    """Every run that the visitor may see, newest first."""
    found = page_of(request, queries.runs(request.scope))
    briefs = pay_queries.briefs(request.scope, found.items)
    may = bool(request.scope.prefixes("pay"))
    return render(
        request, "pay/pay.html", {"page": found, "runs": briefs, "may": may, "finding": months_finding(briefs)}
    )


@page()
def run(request: Request, number: int) -> HttpResponse:
    """One run: why it differs from last month, what to look at, what it comes to, and everyone."""
    return render(request, "pay/run.html", figures_of(request, seen(request, number)))


@page()
def workbook(request: Request, number: int) -> HttpResponse:
    """The printed workbook of a run, with the people in scope."""
    found = seen(request, number)
    if not queries.outcomes(request.scope, found).exists():
        raise Http404
    content = export.workbook(run=found, scope=request.scope, now=clock.now(request))
    return HttpResponse(
        content,
        content_type=XLSX,
        headers={"Content-Disposition": f'attachment; filename="{found.payer_code}-{found.month}-{found.pk}.xlsx"'},
    )


@page(methods=FORM)
def approve(request: Request, number: int) -> HttpResponse:
    """Another person approves, and seals in the same act."""
    found = asked_for(request, number, "approve")
    month = month_words(found.period_start)
    if found.state != DRAFT:
        return refused(request, already(found), found)
    last = queries.last_handover(found)
    if request.user.pk in queries.makers(found, last):
        return refused(request, _("开批、核算或交审的人不能审批自己算的这一批。请另一位有审批权的人来批。"), found, 403)
    if not queries.submitted(found, last):
        return refused(request, _("还不能审批：{why}。").format(why=unsubmitted(found, last)), found)
    if request.method != "POST":
        left = found.people - found.totals["computed"]
        will = _("{what}（实发 {net} 元）封存，工资条给到本人。").format(
            what=people_and_money(found), net=grouped(found.net_fen)
        ) + (_("另有 {n} 人不在里面。").format(n=left) if left else "")
        return confirm(
            request,
            found,
            _("审批后，{month}工资就封存了").format(month=month),
            will=will,
            loses=_("这个月任何人的数都不能再改。"),
            later=_("发放前，两个人可以作废这一批再重算；发放后，记一件事，下月补发或扣回。"),
            act=_("封存 {month}工资，{what}").format(month=month, what=people_and_money(found)),
            may_return=True,
            **handed_over(request, found, last),
        )
    sentence = _("{month}工资已审批封存，{what}。").format(month=month, what=people_and_money(found))
    return act_on(request, found, lambda: runs.approve(run=found, by=request.user, now=clock.now(request)), sentence)


@page(methods=FORM)
def paid(request: Request, number: int) -> HttpResponse:
    """Finance marks a sealed run as paid out."""
    return settle(
        request,
        number,
        right="finance",
        state=SEALED,
        do=runs.mark_paid,
        otherwise=_("{month}工资{state}；只有已封存的批次可以标为已发放。"),
        title=_("标为已发放后，{month}工资不能再作废"),
        will=_("{n:,} 人实发 {net} 元，记为已发放。"),
        loses=_("这一批不能再作废。"),
        later=_("记一件事，下月补发或扣回。"),
        act=_("把 {month}工资标为已发放，{n:,} 人"),
        afterwards=_("{month}工资已标为发放。"),
    )


@page(methods=FORM)
def discard(request: Request, number: int) -> HttpResponse:
    """The clerk gives up a draft."""
    return settle(
        request,
        number,
        right="pay",
        state=DRAFT,
        do=runs.discard,
        otherwise=_("{month}工资{state}，不能撤销。封存后、发放前，可由两个人作废。"),
        title=_("撤销后，这一批草稿的数就没有了"),
        will=_("{what}的草稿撤销，事实一条也不动。"),
        loses=_("这一批算出的数不再能看。"),
        later=_("随时可以重新核算这个月。"),
        act=_("撤销 {month}工资的草稿"),
        afterwards=_("{month}的草稿已撤销。"),
        danger=True,
    )


@page(methods=FORM)
def void(request: Request, number: int) -> HttpResponse:
    """Void a sealed run before it is paid: one asks with a reason, another confirms."""
    found = asked_for(request, number, "approve")
    month = month_words(found.period_start)
    if found.state != SEALED:
        rest = _("要改，记一件事，下月补发或扣回。") if found.state == PAID else ""
        return refused(
            request, _("{month}工资{state}，不能作废。").format(month=month, state=STATES[found.state]) + rest, found
        )
    if found.void_asked_by_id == request.user.pk:
        return refused(request, _("您已经申请作废这一批，要另一位有审批权的人确认。"), found)
    confirming = found.void_asked_by_id is not None
    reason = request.POST.get("reason", "").strip()[:1000]
    problems = []
    if request.method == "POST":
        moment = clock.now(request)
        if confirming:
            sentence = _("{month}工资已作废，仍可查看，可以重新核算。").format(month=month)
            return act_on(request, found, lambda: runs.confirm_void(run=found, by=request.user, now=moment), sentence)
        if reason:
            sentence = _("已申请作废{month}工资，等另一位有审批权的人确认。").format(month=month)
            ask = partial(runs.ask_void, run=found, by=request.user, now=moment, reason=reason)
            return act_on(request, found, ask, sentence)
        problems = [{"text": _("写明为什么作废，另一位审批人要据此确认。"), "field": "reason"}]
    act = _("作废 {month}工资，{what}") if confirming else _("申请作废 {month}工资，{what}")
    response = confirm(
        request,
        found,
        _("作废后，{month}可以重新核算").format(month=month),
        will=_("{what}作废，本人不再看到这张工资条。").format(what=people_and_money(found)),
        loses=_("作废了的批次不能恢复，只能查看。"),
        later=_("改好事实，重新核算，再由另一人审批。"),
        act=act.format(month=month, what=people_and_money(found)),
        danger=True,
        asking="" if confirming else _("为什么作废"),
        hint=_("另一位审批人要据此确认；批次里一直看得到。"),
        field="reason",
        problems=problems,
        words=reason,
    )
    if problems:
        response.status_code = 422
    return response


@page("pay", methods=FORM)
def month(request: Request) -> HttpResponse:
    """Choose a month, see who is ready, compute it."""
    data = request.POST if request.method == "POST" else request.GET
    payers = payers_of(request)
    payer = clean(data.get("payer", "")) or (payers[0].code if len(payers) == 1 else "")
    asked = clean(data.get("month", ""), 10)
    context: dict[str, Any] = {"payers": payers, "payer": payer, "asked": asked, "illustrative": False}
    if not asked:
        context["asked"] = next_month(request, payers)
        return render(request, "pay/month.html", context)
    chosen = next((one for one in payers if one.code == payer), None)
    if chosen is None:
        if payer:
            raise Http404
        return month_problem(request, context, _("先选用人单位。"), "payer")
    try:
        period = compute.read_month(asked)
    except RunError as error:
        return month_problem(request, context, str(error), "month")
    if period.start > request.today:
        text = _("{month}还没有开始，到了那个月再核算。").format(month=month_words(period.start))
        return month_problem(request, context, text, "month")
    live = queries.live_run(compute.SECTION, payer, period.start)
    if live is not None and live.state != DRAFT:
        return refused(request, runs.refusal_to_recompute(live), live)
    if request.method == "POST":
        job = compute_beside(request, chosen, period)
        if job.state == FAILED and job.said:
            # what is refused at once is said where it was asked
            return month_problem(request, context, job.said, "month")
        return follow(request, job)
    try:
        ready = services.readiness(payer=payer, month=asked, by=request.user, now=clock.now(request))
    except RunError as error:
        return month_problem(request, context, str(error), "month")
    context |= {
        "chosen": chosen,
        "ready": ready,
        "ready_people": f"{ready.ready:,}",
        "asked_people": f"{ready.people:,}",
        "live": live,
        "month": month_words(period.start),
        "lists": ready_lists(ready),
        "illustrative": chosen.pack_code.startswith("99"),
    }
    return render(request, "pay/month.html", context)


urlpatterns = [
    path("pay/", pay, name="pay"),
    path("pay/month/", month, name="pay-month"),
    path("pay/<int:number>/", run, name="run"),
    path("pay/<int:number>/workbook/", workbook, name="run-workbook"),
    path("pay/<int:number>/approve/", approve, name="run-approve"),
    path("pay/<int:number>/paid/", paid, name="run-paid"),
    path("pay/<int:number>/discard/", discard, name="run-discard"),
    path("pay/<int:number>/void/", void, name="run-void"),
    *reviewing.urlpatterns,
    *arrears.urlpatterns,
]
