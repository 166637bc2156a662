"""工资: the months, one run (changes, exceptions, totals, everyone), and what is done with it: compute, approve, pay, void."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from functools import partial
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.db.models import OuterRef, Subquery
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import path, reverse
from django.utils.translation import gettext as _

from gugan.accounts import queries as accounts
from gugan.accounts.services import NotAllowed
from gugan.lifecycle.pay import changes, compute, export, looks, services
from gugan.lifecycle.pay import queries as pay_queries
from gugan.lifecycle.pay.money import grouped
from gugan.records.clock import CHINA
from gugan.records.models import Org, Person
from gugan.runs import queries
from gugan.runs import services as runs
from gugan.runs.errors import RunError
from gugan.runs.models import COMPUTED, DRAFT, PAID, SEALED, STATES, Outcome, Run
from gugan.web import clock
from gugan.web.access import Request, page
from gugan.web.lists import clean, page_of

FEW_PLACES = 14
"""Up to so many streets and communities the table of totals shows all of them at once."""
SOME_NAMES = 6
MOST_LISTED = 8
"""Exceptions that are shown at once; the rest are folded."""
BAR = 44
"""Half the width of a cause's bar."""
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
FORM = "GET POST"


# --- the months


@page()
def pay(request: Request) -> HttpResponse:
    """Every run that the visitor may see, newest first."""
    found = page_of(request, queries.runs(request.scope))
    briefs = pay_queries.briefs(request.scope, found.items)
    may = bool(request.scope.prefixes("pay"))
    return render(request, "pay/pay.html", {"page": found, "runs": briefs, "may": may, "finding": _months(briefs)})


def _months(briefs: list[dict]) -> str:
    if not briefs:
        return _("还没有核算过工资")
    last = briefs[0]
    return _("{payer}{month}工资{state}").format(payer=last["payer"], month=last["month"], state=last["state"])


# --- one run


@page()
def run(request: Request, number: int) -> HttpResponse:
    """One run: why it differs from last month, what to look at, what it comes to, and everyone."""
    found = _seen(request, number)
    whole = request.scope.allows("see", found.payer_code)
    before = queries.month_before(found) if whole else None
    bridge = changes.bridge(found, before)
    listed = looks.exceptions(request.scope, found)
    caused = looks.changes(bridge)
    look = next((one for one in [*listed, *caused] if one.key == request.GET.get("look")), None)
    shown = _people_page(request, found, before, look, whole)
    rows = queries.by_place(request.scope, found)
    codes = {row["place_code"] for row in rows} | {one.place_code for one in shown.items} | {found.payer_code}
    names = pay_queries.names_of(codes | {code[: pay_queries.STREET] for code in codes})
    streets = pay_queries.streets_of(rows, names)
    total = pay_queries.total_of(streets)
    month = month_words(found.period_start)
    context = {
        "run": found,
        "payer": names.get(found.payer_code, found.payer_code),
        "month": month,
        "state": STATES[found.state],
        "finding": _finding(found, bridge, total),
        "tiles": [
            {"head": f"{head}（元）", "value": money, "url": "" if look else "#totals"}
            for head, money in zip(pay_queries.HEADS.values(), total.money, strict=True)
        ],
        "heads": list(pay_queries.HEADS.values()),
        "bridge": bridge,
        "causes": _causes(bridge, caused),
        **_bridge_words(bridge),
        "whole": whole,
        "listed": listed[:MOST_LISTED],
        "unlisted": listed[MOST_LISTED:],
        "listed_count": len(listed),
        "steps": steps_of(found, _("{n} 类").format(n=len(bridge.causes)) if bridge else _("首月"), len(listed)),
        "streets": streets,
        "open_street": "all" if sum(1 + len(one.parts) for one in streets) <= FEW_PLACES else request.GET.get("street", ""),
        "total": total,
        "look": look,
        "page": shown,
        "page_count": f"{shown.count:,}",
        "people": _lines(shown.items, names, bridge, look),
        "illustrative": pay_queries.illustrative(found),
        "pins": found.packs[-1] if found.packs else None,
        "acts": _acts(request, found),
    }  # fmt: skip
    return render(request, "pay/run.html", context)


def _seen(request: Request, number: int) -> Run:
    found = queries.runs(request.scope).filter(pk=number).select_related(
        "created_by", "computed_by", "sealed_by", "paid_by", "void_asked_by", "voided_by"
    ).first() if number < 2**63 else None  # fmt: skip
    if found is None:
        raise Http404
    return found


def month_words(day: date) -> str:
    """2026年10月"""
    return f"{day.year}年{day.month}月"


def _people_page(request: Request, found: Run, before: Run | None, look: looks.Look | None, whole: bool) -> Any:
    of = before if look is not None and look.before and before is not None else found
    outcomes = queries.outcomes(request.scope, of).select_related("person").defer("inputs", "digest")
    if before is not None and of is found:
        there = Outcome.objects.filter(run=before, person=OuterRef("person"), state=COMPUTED)
        outcomes = outcomes.annotate(was=Subquery(there.values("gross_fen")[:1]))
    if look is not None:
        outcomes = outcomes.filter(look.which)
    count = look.count if look is not None else found.people if whole and found.state != "discarded" else None
    return page_of(request, outcomes, count)


def _lines(
    outcomes: list[Outcome], names: dict[str, str], bridge: changes.Bridge | None, look: looks.Look | None
) -> list[dict]:
    gone = look is not None and look.before
    lines = []
    for one in outcomes:
        was = getattr(one, "was", None)
        lines.append(
            {
                "person": one.person,
                "run": one.run_id,
                "place": names.get(one.place_code, one.place_code),
                "grade": one.values.get("岗位等级"),
                "state": one.state,
                "reason": looks.said(one.reason),
                "money": [grouped(getattr(one, name)) for name in queries.SUMS] if one.state == COMPUTED else None,
                "change": signed(-one.gross_fen) if gone else signed(one.gross_fen - (was or 0)) if bridge else "",
                "cause": bridge.by_person.get(one.person_id, "") if bridge else "",
            }
        )
    return lines


def signed(fen: int) -> str:
    """+931.19, −29.88, 0.00"""
    return f"+{grouped(fen)}" if fen > 0 else grouped(fen)


def _finding(found: Run, bridge: changes.Bridge | None, total: pay_queries.Place) -> str:
    """What could be said aloud."""
    if found.state == "discarded":
        return _("{month}的这一批草稿已撤销").format(month=month_words(found.period_start))
    if bridge is None:
        return pay_queries.plain_sentence(total)
    if not bridge.difference:
        word = _("与 {month}相同").format(month=bridge.month)
    else:
        size = grouped(abs(bridge.difference))
        word = (_("比 {month}多 {size} 元") if bridge.difference > 0 else _("比 {month}少 {size} 元")).format(
            month=bridge.month, size=size
        )
    return word + (_("，来自 {n} 类变化").format(n=len(bridge.causes)) if bridge.causes else "")


def _bridge_words(bridge: changes.Bridge | None) -> dict[str, Any]:
    """The sums of a bridge as people read them."""
    if bridge is None:
        return {}
    return {
        "before_people": f"{bridge.before_people:,}",
        "after_people": f"{bridge.after_people:,}",
        "before_money": grouped(bridge.before),
        "after_money": grouped(bridge.after),
        "difference": signed(bridge.difference),
        "changed": f"{bridge.changed:,}",
        "lines": [(name, signed(fen)) for name, fen in bridge.lines],
    }


def _causes(bridge: changes.Bridge | None, caused: list[looks.Look]) -> list[dict]:
    if bridge is None:
        return []
    most = max((abs(cause.fen) for cause in bridge.causes), default=0) or 1
    rows = []
    for cause, look in zip(bridge.causes, caused, strict=True):
        width = max(1, abs(cause.fen) * BAR // most) if cause.fen else 0
        bar = {"x": BAR if cause.fen > 0 else BAR - width, "width": width}
        rows.append({"look": look, "name": cause.name, "count": look.many, "money": signed(cause.fen), "bar": bar})
    return rows


def steps_of(found: Run, changed: str, exceptions: int, here: str = "") -> list[dict]:
    """The seven steps of a run. changed: words under 看变化. here: address of the run's page, "" on that page itself."""
    unknown, communities = found.totals["unknown"], found.totals["communities"]
    past = "done" if found.state in (SEALED, PAID) else ""
    ready = _("{n} 人缺").format(n=unknown) if unknown else _("{n:,} 人齐").format(n=found.people)
    sealed_on = f"{found.sealed_at.astimezone(CHINA):%Y-%m-%d}" if found.sealed_at else _("不再改动")
    approver = str(found.sealed_by) if found.sealed_by else _("要另一个人")
    rows = (
        (_("收齐事实"), ready, past if unknown else "done", "#exceptions"),
        (_("核算"), f"{found.computed_at.astimezone(CHINA):%m-%d %H:%M}", "done", "#pins"),
        (_("看变化"), changed, past or "now", "#changes"),
        (_("看例外"), _("{n} 处").format(n=exceptions), past, "#exceptions"),
        (_("看合计"), _("{n} 个社区").format(n=communities), past, "#totals"),
        (_("另一人审批"), approver, past, ""),
        (_("封存"), sealed_on, past, ""),
    )
    return [{"name": n, "note": note, "state": state, "url": at and here + at} for n, note, state, at in rows]


def _acts(request: Request, found: Run) -> list[dict]:
    """The buttons that this visitor has on this run; the first is the one filled. A line without url says who may."""
    may = {right for right in ("pay", "approve", "finance") if request.scope.allows(right, found.payer_code)}
    month, here = month_words(found.period_start), {"number": found.pk}
    recompute = f"{reverse('pay-month')}?payer={found.payer_code}&month={found.month}"
    maker = request.user.pk in (found.created_by_id, found.computed_by_id)
    acts: list[dict] = []
    if found.state == DRAFT:
        if "approve" in may and not maker:
            acts.append({"text": _("审批{month}工资").format(month=month), "url": reverse("run-approve", kwargs=here)})
        else:
            able = [one for one in accounts.who_may("approve", found.payer_code, on=request.today)
                    if one.pk not in (found.created_by_id, found.computed_by_id)]  # fmt: skip
            names = "、".join(map(str, able[:3])) or _("还没有人，请管理员授权")
            acts.append({"text": _("等另一人审批：{names}").format(names=names)})
        if "pay" in may:
            acts.append({"text": _("重新核算"), "url": recompute})
            acts.append({"text": _("撤销草稿"), "url": reverse("run-discard", kwargs=here)})
    elif found.state == SEALED:
        if "finance" in may:
            acts.append({"text": _("标为已发放"), "url": reverse("run-paid", kwargs=here)})
        if "approve" in may:
            text = (
                _("确认作废") if found.void_asked_by_id and found.void_asked_by_id != request.user.pk else _("申请作废")
            )
            if found.void_asked_by_id != request.user.pk:
                acts.append({"text": text, "url": reverse("run-void", kwargs=here)})
    return acts


@page()
def workbook(request: Request, number: int) -> HttpResponse:
    """The printed workbook of a run, with the people in scope."""
    found = _seen(request, number)
    if not queries.outcomes(request.scope, found).exists():
        raise Http404
    content = export.workbook(run=found, scope=request.scope, now=clock.now(request))
    return HttpResponse(
        content,
        content_type=XLSX,
        headers={"Content-Disposition": f'attachment; filename="{found.payer_code}-{found.month}-{found.pk}.xlsx"'},
    )


# --- acts


def _refused(request: Request, sentence: str, found: Run | None = None, status: int = 409) -> HttpResponse:
    """Say that nothing was changed, and why, and where to go on."""
    if found is not None:
        found.refresh_from_db()
    context = {"sentence": sentence, "run": found, "month": month_words(found.period_start) if found else ""}
    return render(request, "pay/refused.html", context, status=status)


def _asked(request: Request, number: int, right: str) -> Run:
    """The run, for an act that needs `right`: 404 where it is not to be seen, NotAllowed with names where it is."""
    found = _seen(request, number)
    if not request.scope.allows(right, found.payer_code):
        if not request.scope.allows("see", found.payer_code):
            raise Http404
        able = "、".join(map(str, accounts.who_may(right, found.payer_code, on=request.today)[:5]))
        raise NotAllowed(
            _("这件事您的角色不能办。可以办的人：{names}。").format(names=able or _("目前没有人，请管理员授权"))
        )
    return found


def _act(request: Request, found: Run, do: Callable[[], object], sentence: str) -> HttpResponse:
    """Do what the form asks, on the very figures it showed: under the run's lock, and only if they still stand."""
    try:
        with transaction.atomic():
            standing = Run.objects.select_for_update().values_list("digest", flat=True).get(pk=found.pk)
            same = request.POST.get("digest") == standing
            if same:
                do()
    except RunError as error:
        return _refused(request, str(error), found)
    if not same:
        return _refused(request, _("您打开那一页之后，这一批重新核算过了。看看现在的数，再决定。"), found)
    return _done(request, found, sentence)


def _people_and_money(found: Run) -> str:
    return _("{n:,} 人 {money} 元").format(n=found.totals["computed"], money=grouped(found.gross_fen))


def _confirm(request: Request, found: Run, title: str, **context: Any) -> HttpResponse:
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


def _done(request: Request, found: Run, sentence: str) -> HttpResponse:
    messages.success(request, sentence, extra_tags="pine")
    return HttpResponseRedirect(reverse("run", kwargs={"number": found.pk}))


@page(methods=FORM)
def approve(request: Request, number: int) -> HttpResponse:
    """Another person approves, and seals in the same act."""
    found = _asked(request, number, "approve")
    month = month_words(found.period_start)
    if found.state != DRAFT:
        return _refused(request, _already(found), found)
    if request.user.pk in (found.created_by_id, found.computed_by_id):
        return _refused(request, _("开批或核算的人不能审批自己算的这一批。请另一位有审批权的人来批。"), found, 403)
    if request.method != "POST":
        left = found.people - found.totals["computed"]
        will = _("{what}（实发 {net} 元）封存，工资条给到本人。").format(
            what=_people_and_money(found), net=grouped(found.net_fen)
        ) + (_("另有 {n} 人不在里面。").format(n=left) if left else "")
        return _confirm(
            request,
            found,
            _("审批后，{month}工资就封存了").format(month=month),
            will=will,
            loses=_("这个月任何人的数都不能再改。"),
            later=_("发放前，两个人可以作废这一批再重算；发放后，记一件事，下月补发或扣回。"),
            act=_("封存 {month}工资，{what}").format(month=month, what=_people_and_money(found)),
        )
    sentence = _("{month}工资已审批封存，{what}。").format(month=month, what=_people_and_money(found))
    return _act(request, found, lambda: runs.approve(run=found, by=request.user, now=clock.now(request)), sentence)


def _already(found: Run) -> str:
    """Why a run that is no draft cannot be approved."""
    month = month_words(found.period_start)
    if found.sealed_by is None or found.sealed_at is None:
        return _("{month}的这一批{state}，不用审批。").format(month=month, state=STATES[found.state])
    return _("{month}工资{at}已由{who}审批封存，现在{state}。").format(
        month=month,
        at=f" {found.sealed_at.astimezone(CHINA):%Y-%m-%d %H:%M} ",
        who=found.sealed_by,
        state=STATES[found.state],
    )


@page(methods=FORM)
def paid(request: Request, number: int) -> HttpResponse:
    """Finance marks a sealed run as paid out."""
    found = _asked(request, number, "finance")
    month = month_words(found.period_start)
    if found.state != SEALED:
        return _refused(request, _("{month}工资{state}；只有已封存的批次可以标为已发放。").format(
            month=month, state=STATES[found.state]), found)  # fmt: skip
    if request.method != "POST":
        return _confirm(
            request,
            found,
            _("标为已发放后，{month}工资不能再作废").format(month=month),
            will=_("{n:,} 人实发 {net} 元，记为已发放。").format(
                n=found.totals["computed"], net=grouped(found.net_fen)
            ),
            loses=_("这一批不能再作废。"),
            later=_("记一件事，下月补发或扣回。"),
            act=_("把 {month}工资标为已发放，{n:,} 人").format(month=month, n=found.totals["computed"]),
        )
    sentence = _("{month}工资已标为发放。").format(month=month)
    return _act(request, found, lambda: runs.mark_paid(run=found, by=request.user, now=clock.now(request)), sentence)


@page(methods=FORM)
def discard(request: Request, number: int) -> HttpResponse:
    """The clerk gives up a draft."""
    found = _asked(request, number, "pay")
    month = month_words(found.period_start)
    if found.state != DRAFT:
        return _refused(request, _("{month}工资{state}，不能撤销。封存后、发放前，可由两个人作废。").format(
            month=month, state=STATES[found.state]), found)  # fmt: skip
    if request.method != "POST":
        return _confirm(
            request,
            found,
            _("撤销后，这一批草稿的数就没有了"),
            will=_("{what}的草稿撤销，事实一条也不动。").format(what=_people_and_money(found)),
            loses=_("这一批算出的数不再能看。"),
            later=_("随时可以重新核算这个月。"),
            act=_("撤销 {month}工资的草稿").format(month=month),
            danger=True,
        )
    sentence = _("{month}的草稿已撤销。").format(month=month)
    return _act(request, found, lambda: runs.discard(run=found, by=request.user, now=clock.now(request)), sentence)


@page(methods=FORM)
def void(request: Request, number: int) -> HttpResponse:
    """Void a sealed run before it is paid: one asks with a reason, another confirms."""
    found = _asked(request, number, "approve")
    month = month_words(found.period_start)
    if found.state != SEALED:
        rest = _("要改，记一件事，下月补发或扣回。") if found.state == PAID else ""
        return _refused(
            request, _("{month}工资{state}，不能作废。").format(month=month, state=STATES[found.state]) + rest, found
        )
    if found.void_asked_by_id == request.user.pk:
        return _refused(request, _("您已经申请作废这一批，要另一位有审批权的人确认。"), found)
    confirming = found.void_asked_by_id is not None
    reason = request.POST.get("reason", "").strip()[:1000]
    problems = []
    if request.method == "POST":
        moment = clock.now(request)
        if confirming:
            sentence = _("{month}工资已作废，仍可查看，可以重新核算。").format(month=month)
            return _act(request, found, lambda: runs.confirm_void(run=found, by=request.user, now=moment), sentence)
        if reason:
            sentence = _("已申请作废{month}工资，等另一位有审批权的人确认。").format(month=month)
            ask = partial(runs.ask_void, run=found, by=request.user, now=moment, reason=reason)
            return _act(request, found, ask, sentence)
        problems = [{"text": _("写明为什么作废，另一位审批人要据此确认。"), "field": "reason"}]
    act = _("作废 {month}工资，{what}") if confirming else _("申请作废 {month}工资，{what}")
    response = _confirm(
        request,
        found,
        _("作废后，{month}可以重新核算").format(month=month),
        will=_("{what}作废，本人不再看到这张工资条。").format(what=_people_and_money(found)),
        loses=_("作废了的批次不能恢复，只能查看。"),
        later=_("改好事实，重新核算，再由另一人审批。"),
        act=act.format(month=month, what=_people_and_money(found)),
        danger=True,
        asking=not confirming,
        problems=problems,
        reason=reason,
    )
    if problems:
        response.status_code = 422
    return response


# --- open and compute a month


@page("pay", methods=FORM)
def month(request: Request) -> HttpResponse:
    """Choose a month, see who is ready, compute it."""
    data = request.POST if request.method == "POST" else request.GET
    payers = _payers(request)
    payer = clean(data.get("payer", "")) or (payers[0].code if len(payers) == 1 else "")
    asked = clean(data.get("month", ""), 10)
    context: dict[str, Any] = {"payers": payers, "payer": payer, "asked": asked, "illustrative": False}
    if not asked:
        context["asked"] = _next_month(request, payers)
        return render(request, "pay/month.html", context)
    chosen = next((one for one in payers if one.code == payer), None)
    if chosen is None:
        if payer:
            raise Http404
        return _month_problem(request, context, _("先选用人单位。"), "payer")
    try:
        period = compute.read_month(asked)
    except RunError as error:
        return _month_problem(request, context, str(error), "month")
    if period.start > request.today:
        text = _("{month}还没有开始，到了那个月再核算。").format(month=month_words(period.start))
        return _month_problem(request, context, text, "month")
    live = queries.live_run(compute.SECTION, payer, period.start)
    if live is not None and live.state != DRAFT:
        return _refused(request, runs.refusal_to_recompute(live), live)
    try:
        if request.method == "POST":
            found = services.run(payer=payer, month=asked, by=request.user, now=clock.now(request), today=request.today)
            text = _("{month}算出 {n:,} 人。").format(month=month_words(period.start), n=found.totals["computed"])
            return _done(request, found, text)
        ready = services.readiness(payer=payer, month=asked, by=request.user, now=clock.now(request))
    except RunError as error:
        return _month_problem(request, context, str(error), "month")
    context |= {
        "chosen": chosen,
        "ready": ready,
        "ready_people": f"{ready.ready:,}",
        "asked_people": f"{ready.people:,}",
        "live": live,
        "month": month_words(period.start),
        "lists": _ready_lists(ready),
        "illustrative": chosen.pack_code.startswith("99"),
    }
    return render(request, "pay/month.html", context)


def _month_problem(request: Request, context: dict[str, Any], text: str, field: str) -> HttpResponse:
    context["problems"] = [{"text": text, "field": field}]
    return render(request, "pay/month.html", context, status=422)


def _payers(request: Request) -> list[Org]:
    """Organisations that pay, in the visitor's scope."""
    named = Org.objects.exclude(pack_code="").filter(closed_on=None)
    return [one for one in named if request.scope.allows("pay", one.code)]


def _next_month(request: Request, payers: list[Org]) -> str:
    """The month after the last sealed one, at most today's."""
    last = (
        Run.objects.filter(payer_code__in=[one.code for one in payers], state__in=queries.FINAL)
        .order_by("-period_start")
        .values_list("period_end", flat=True)
        .first()
    )
    first = last if last is not None and last <= request.today else request.today.replace(day=1)
    return f"{first:%Y-%m}"


def _ready_lists(ready: services.Readiness) -> list[dict]:
    """What is missing, left out and assumed, each with the first few names."""
    parts = (
        (_("算不出"), ready.missing, "ochre"),
        (_("用缺省"), ready.defaults, ""),
        (_("不核算"), ready.excluded, ""),
    )
    few = {person for _kind, part, _tone in parts for people in part.values() for person in people[:SOME_NAMES]}
    people = Person.objects.in_bulk(few)
    return [
        {
            "kind": kind,
            "tone": tone,
            "text": looks.said(text),
            "count": f"{len(ids):,}",
            "people": [people[one] for one in ids[:SOME_NAMES]],
            "more": max(0, len(ids) - SOME_NAMES),
            "more_words": f"{len(ids) - SOME_NAMES:,}",
        }
        for kind, part, tone in parts
        for text, ids in sorted(part.items(), key=lambda item: (-len(item[1]), item[0]))
    ]


urlpatterns = [
    path("pay/", pay, name="pay"),
    path("pay/month/", month, name="pay-month"),
    path("pay/<int:number>/", run, name="run"),
    path("pay/<int:number>/workbook/", workbook, name="run-workbook"),
    path("pay/<int:number>/approve/", approve, name="run-approve"),
    path("pay/<int:number>/paid/", paid, name="run-paid"),
    path("pay/<int:number>/discard/", discard, name="run-discard"),
    path("pay/<int:number>/void/", void, name="run-void"),
]
