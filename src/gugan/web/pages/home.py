"""首页: what stands between an officer and this month's pay. A worker is sent to the own pages."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode

from django.db.models import Count, Exists, Min, OuterRef, Q
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import path, reverse
from django.utils.translation import gettext as _

from gugan.lifecycle.pay import looks
from gugan.lifecycle.pay import queries as pay_queries
from gugan.lifecycle.pay.compute import REVIEW, ROOM
from gugan.lifecycle.pay.money import grouped
from gugan.records import lists
from gugan.records import queries as records
from gugan.records.models import EMPLOYED
from gugan.runs import queries
from gugan.runs.models import COMPUTED, DRAFT, PAID, SEALED, STATES, UNKNOWN, Handover, Outcome, Run
from gugan.web.access import Request, page
from gugan.web.lists import page_of
from gugan.web.pages.pay.steps import steps_of, unsubmitted, waits_for
from gugan.web.pages.pay.words import month_words, signed
from gugan.web.pages.people.grades import MISSING
from gugan.web.pages.todo import of_facts, waiting_rows

SOON = 60
"""Days before its end in which a contract is named."""
OVER = "over"
MOST_MISSING = 4


@page(own=True)
def home(request: Request) -> HttpResponse:
    """The officer's home."""
    if not request.scope.prefixes("see"):
        return HttpResponseRedirect(reverse("me"))
    found = queries.runs(request.scope).filter(state__in=queries.LIVE).first()
    people = _of_people(request)
    here = people["n"]
    listed = looks.exceptions(request.scope, found) if found is not None else []
    last = queries.last_handover(found) if found is not None else None
    card = _card(request, found, listed, last) if found is not None else None
    rows = [
        *waiting_rows(request, but=found),
        *_of_run(found, listed),
        *_without_grade(people),
        *_of_contracts(request, people),
        *_late_facts(request),
    ]
    finding = _finding(request, found, here, last)
    if card is not None and card["waits"] in finding:
        card["waits"] = ""
    context = {
        "finding": finding,
        "here": f"{here:,}",
        "today": request.today,
        "card": card,
        "run": found,
        # what waits longest for a hand first; sorting keeps the order otherwise
        "todo": sorted(rows, key=lambda row: not row["urgent"]),
        "todo_head": _("等您办的事") if request.scope.prefixes("pay") else _("要留意的事"),
        "next": _next_step(request, found),
    }
    return render(request, "home/home.html", context)


def _finding(request: Request, found: Run | None, here: int, last: Handover | None) -> str:
    if found is None:
        return _("这个月的工资还没有核算") if here else _("还没有花名册")
    month = found.period_start.month
    if _over(request, found):
        return _("{month} 月工资还没有核算").format(month=found.period_end.month)
    if found.state == DRAFT:
        submitted = queries.submitted(found, last)
        if last is not None and not submitted:
            return _("{month} 月工资{why}").format(month=month, why=_unsubmitted(request, found, last))
        if found.totals["unknown"] and not submitted:
            return _("{month} 月工资还有 {n:,} 人算不出").format(month=month, n=found.totals["unknown"])
        if not submitted:
            return _("{month} 月工资算好了，{why}").format(month=month, why=_unsubmitted(request, found, last))
        said = _("{month} 月工资等您审批") if _may_approve(request, found) else _("{month} 月工资等另一人审批")
        return said.format(month=month)
    if found.state == SEALED and request.scope.allows("finance", found.payer_code):
        return _("{month} 月工资已封存，等您标为已发放").format(month=month)
    return _("{month} 月工资{state}").format(month=month, state=STATES[found.state])


def _over(request: Request, found: Run) -> bool:
    """Whether the next month has begun and nothing was computed for it."""
    return found.state in (SEALED, PAID) and found.period_end <= request.today


def _may_approve(request: Request, found: Run) -> bool:
    maker = request.user.pk in (found.created_by_id, found.computed_by_id)
    return request.scope.allows("approve", found.payer_code) and not maker


def _next_step(request: Request, found: Run | None) -> dict[str, str] | None:
    """The one button: what this visitor can do next for the month's pay."""
    month_page = {"text": _("核算一个月"), "url": reverse("pay-month")}
    if found is None:
        return month_page if request.scope.prefixes("pay") else None
    month = month_words(found.period_start)
    address = reverse("run", kwargs={"number": found.pk})
    if _over(request, found) and request.scope.allows("pay", found.payer_code):
        return month_page | {"text": _("核算 {month}工资").format(month=month_words(found.period_end))}
    if found.state == DRAFT and _may_approve(request, found):
        return {"text": _("先看 {month}的变化和例外").format(month=month), "url": address}
    if found.state == SEALED and request.scope.allows("finance", found.payer_code):
        return {"text": _("标为已发放"), "url": reverse("run-paid", kwargs={"number": found.pk})}
    return {"text": _("看 {month}工资").format(month=month), "url": address}


def _unsubmitted(request: Request, found: Run, last: Handover | None) -> str:
    return unsubmitted(found, last, yours=request.scope.allows("pay", found.payer_code))


def _card(request: Request, found: Run, listed: list[looks.Look], last: Handover | None) -> dict[str, Any]:
    """The run in its steps, with its figures where the whole payer is within sight."""
    whole = request.scope.allows("see", found.payer_code)
    before = queries.month_before(found) if whole else None
    address = reverse("run", kwargs={"number": found.pk})
    changed = _("比 {month} 月").format(month=before.period_start.month) if before is not None else _("首月")
    tiles: list[dict[str, Any]] = []
    if whole:
        tiles.append({"head": _("应发合计（元）"), "value": grouped(found.gross_fen), "url": address})
        if before is not None:
            change = signed(found.gross_fen - before.gross_fen)
            tiles.append({"head": changed, "value": change, "url": f"{address}#changes"})
        people = f"{found.totals['computed']:,}"
        tiles.append({"head": _("人数"), "value": people, "unit": _("人"), "url": f"{address}#people"})
    waits = ""
    if found.state == DRAFT and not queries.submitted(found, last):
        waits = _unsubmitted(request, found, last)
    elif found.state == DRAFT and not _may_approve(request, found):
        waits = waits_for(request, found, last)
    return {
        "month": month_words(found.period_start),
        "state": STATES[found.state],
        "illustrative": pay_queries.illustrative(found),
        "steps": steps_of(found, changed, len(listed), address, last),
        "tiles": tiles,
        "waits": waits,
    }


def _of_run(found: Run | None, listed: list[looks.Look]) -> list[dict[str, Any]]:
    """What the run says should be looked at: who cannot be computed by fact, 待复核, defaults in one line."""
    if found is None:
        return []
    address = reverse("run", kwargs={"number": found.pk})
    month = found.period_start.month
    rows = []
    unknown = [one for one in listed if one.kind == UNKNOWN]
    for one in unknown[:MOST_MISSING]:
        rows.append(
            {
                "urgent": True,
                "text": _("{n} 人 {month} 月工资算不出").format(n=one.many, month=month),
                "note": one.text,
                "url": f"{address}?look={one.key}#people",
                "act": _("看是谁"),
            }
        )
    if len(unknown) > MOST_MISSING:
        rows.append(
            {
                "urgent": True,
                "text": _("另有 {n} 种缺事实").format(n=len(unknown) - MOST_MISSING),
                "note": "",
                "url": f"{address}#exceptions",
                "act": _("都看看"),
            }
        )
    for one in listed:
        if one.kind == REVIEW:
            text = _("{n} 人等级要复核").format(n=one.many)
            url = f"{address}?look={one.key}#people"
            rows.append({"urgent": True, "text": text, "note": one.text, "url": url, "act": _("看名单")})
    assumed = [one for one in listed if one.kind == "用缺省"]
    if assumed:
        rows.append(
            {
                "urgent": False,
                "text": _("{n} 种缺的事实先用了缺省").format(n=len(assumed)),
                "note": _("最多的一种 {n} 人：{text}").format(n=assumed[0].many, text=assumed[0].text),
                "url": f"{address}#exceptions",
                "act": _("逐种看"),
            }
        )
    return rows


def _of_people(request: Request) -> dict[str, Any]:
    """Who is there, who has no grade, and whose contract has ended or is about to; one statement.

    The same statement says whether something took effect since the lists were brought up to the day; then they are.
    """
    payer_computed, graded = _graded()
    here = Q(state=EMPLOYED)
    over = here & Q(contract_until__lt=request.today)
    soon = here & Q(contract_until__gte=request.today, contract_until__lte=request.today + timedelta(days=SOON))
    asked = records.people(request.scope).order_by()
    counts = {
        "n": Count("pk", filter=here),
        "no_grade": Count("pk", filter=here & payer_computed & ~graded),
        "over": Count("pk", filter=over),
        "over_since": Min("contract_until", filter=over),
        "soon": Count("pk", filter=soon),
        "soon_first": Min("contract_until", filter=soon),
        "next_change": Min("next_change_on"),
    }
    found = asked.aggregate(**counts)
    if found["next_change"] and found["next_change"] <= request.today:
        lists.bring_up_to(request.today)
        found = asked.aggregate(**counts)
    return found


def _of_contracts(request: Request, people: dict[str, Any]) -> list[dict[str, Any]]:
    """Contracts that are over, louder, and those that are about to be."""
    rows = []
    if people["over"]:
        days = (request.today - people["over_since"]).days
        rows.append(
            {
                "urgent": True,
                "text": _("{n:,} 份合同已到期未续").format(n=people["over"]),
                "note": _("最早 {day}到期，过了 {days} 天；续签了就记上，没续的按离职办").format(
                    day=_day_words(people["over_since"]), days=days
                ),
                "url": reverse("home-contracts") + f"?which={OVER}",
                "act": _("看名单"),
            }
        )
    if people["soon"]:
        rows.append(
            {
                "urgent": False,
                "text": _("{n:,} 份合同 {days} 天内到期").format(n=people["soon"], days=SOON),
                "note": _("最早 {day}").format(day=_day_words(people["soon_first"])),
                "url": reverse("home-contracts"),
                "act": _("看名单"),
            }
        )
    return rows


def _day_words(day: date) -> str:
    return f"{day.year}年{day.month}月{day.day}日"


def _graded() -> tuple[Q, Q]:
    """Conditions on people: that their payer was computed at all, and that its last run came to a result for them."""
    live = Run.objects.filter(room=ROOM, state__in=queries.LIVE)
    later = live.filter(payer_code=OuterRef("payer_code"), period_start__gt=OuterRef("period_start"))
    last = live.exclude(Exists(later))
    own = Outcome.objects.filter(person=OuterRef("pk"), payer_code=OuterRef("payer_code"), state=COMPUTED)
    return Q(payer_code__in=last.values("payer_code")), Q(Exists(own.filter(run__in=last.values("pk"))))


def _without_grade(people: dict[str, Any]) -> list[dict[str, Any]]:
    """People whom the last run of their payer gave no grade, as the roster's own filter finds them."""
    if not people["no_grade"]:
        return []
    row = {
        "urgent": True,
        "text": _("{n:,} 人没有等级").format(n=people["no_grade"]),
        "note": _("最近一次核算缺事实算不出，或那时还不在册"),
        "url": reverse("people") + "?" + urlencode({"grade": MISSING}),
        "act": _("看是谁"),
    }
    return [row]


def _late_facts(request: Request) -> list[dict[str, Any]]:
    """The line of 待办, for whoever computes pay."""
    return [
        {"urgent": row["urgent"], "text": row["text"], "note": row["note"], "url": row["url"], "act": row["act"]}
        for kind in of_facts(request)
        for row in kind["rows"]
    ]


# --- what the counts open


@page()
def contracts(request: Request) -> HttpResponse:
    """Whose contract ends within SOON days, the first to end first; with ?which=over whose has ended."""
    is_over = request.GET.get("which") == OVER
    until = request.today + timedelta(days=SOON)
    employed = records.people(request.scope, state=EMPLOYED).order_by(
        "contract_until", "workplace_code", "pinyin", "id"
    )
    over = employed.filter(contract_until__lt=request.today)
    soon = employed.filter(contract_until__gte=request.today, contract_until__lte=until)
    found = page_of(request, over if is_over else soon)
    names = pay_queries.names_of({one.workplace_code for one in found})
    rows = [
        {
            "person": one,
            "place": names.get(one.workplace_code, one.workplace_code),
            "until": one.contract_until,
            "days": abs((one.contract_until - request.today).days) if one.contract_until else None,
        }
        for one in found
    ]
    context = {"page": found, "rows": rows, "finding": _of_list(found.count, is_over=is_over), "over": is_over}
    return render(request, "home/contracts.html", context | {"soon_days": SOON, "over_key": OVER})


def _of_list(count: int, *, is_over: bool) -> str:
    if is_over:
        return _("{n:,} 份合同已到期未续").format(n=count) if count else _("没有到期未续的合同")
    words = _("{n:,} 份合同 {days} 天内到期") if count else _("{days} 天内没有合同到期")
    return words.format(n=count, days=SOON)


urlpatterns = [
    path("", home, name="home"),
    path("home/contracts/", contracts, name="home-contracts"),
]
