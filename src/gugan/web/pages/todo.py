"""待办: what waits for the visitor: drafts to hand over or approve, voids to confirm, months to pay, doubts, late facts."""

from __future__ import annotations

from typing import Any

from django.db.models import Count
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import path, reverse
from django.utils.translation import gettext as _

from gugan.lifecycle.pay import doubts, todo
from gugan.lifecycle.pay.models import ANSWERED, Doubt
from gugan.runs.models import STEPS, Run
from gugan.web import doubting
from gugan.web.access import Request, page
from gugan.web.lists import page_of
from gugan.web.pages.pay.words import month_words, people_and_money

FEW = 12
"""Up to so many things stand in one list; more are grouped by kind."""
SHOWN = 50
"""Things of a kind that are listed; the others are counted."""


@page(own=True)
def todo_page(request: Request) -> HttpResponse:
    """Everything that waits for the visitor."""
    kinds = [*_of_runs(request), *_of_doubts(request), *of_facts(request), *_of_worker(request)]
    if kinds and not kinds[0].get("aside"):
        kinds[0]["rows"][0]["first"] = True
    count = sum(kind["count"] for kind in kinds if not kind.get("aside"))
    total = sum(kind["count"] for kind in kinds)
    finding = _("{n:,} 件事等您办").format(n=count) if count else _("都办完了")
    if not count and total:
        finding = _("没有等您办的事，有 {n} 件可以看看").format(n=total)
    context = {
        "finding": finding,
        "kinds": kinds,
        "flat": sum(len(kind["rows"]) for kind in kinds) <= FEW,
        "today": request.today,
    }
    return render(request, "todo/todo.html", context)


def waiting_rows(request: Request, *, but: Run | None) -> list[dict[str, Any]]:
    """What waits for the visitor as lines of the home page, which itself tells of `but`. At most three statements."""
    return [
        {"urgent": row["urgent"], "text": row["text"], "note": row["note"], "url": row["url"], "act": row["act"]}
        for kind in _of_runs(request)
        if kind["key"] in (todo.RETURN, todo.VOID, todo.PAY)
        for row in kind["rows"]
        if kind["key"] != todo.PAY or but is None or row["run"] != but.pk
    ] + [
        {
            "urgent": True,
            "text": _("{n} 条疑问等答复").format(n=kind["count"]),
            "note": kind["rows"][0]["text"],
            "url": reverse("todo"),
            "act": _("看是哪些"),
        }
        for kind in _of_doubts(request)
    ]


def _of_runs(request: Request) -> list[dict[str, Any]]:
    """The runs that wait, by what they wait for."""
    found = todo.waiting(request.scope, request.user)
    heads = {
        todo.RETURN: _("退回给您的"),
        todo.APPROVE: _("等您审批的"),
        todo.VOID: _("等您确认作废的"),
        todo.PAY: _("等您标为已发放的"),
        todo.HAND: _("等您看完交审的"),
    }
    kinds = []
    for key, head in heads.items():
        rows = [_row_of_run(one) for one in found if one.what == key]
        if rows:
            kinds.append({"key": key, "head": head, "count": len(rows), "rows": rows[:SHOWN]})
    return kinds


def _row_of_run(one: todo.Waiting) -> dict[str, Any]:
    run, last = one.run, one.last
    here = {"number": run.pk}
    words = {"payer": one.payer, "month": month_words(run.period_start)}
    figures = people_and_money(run)
    text, note, name, act = {
        todo.RETURN: (_("{payer}{month}工资被退回"), _returned(last), "run", _("去改")),
        todo.APPROVE: (_("{payer}{month}工资等您审批"), figures, "run", _("先看变化")),
        todo.VOID: (
            _("{payer}{month}工资有人申请作废"),
            f"{run.void_asked_by}：{run.void_reason}",
            "run-void",
            _("看看再定"),
        ),
        todo.PAY: (_("{payer}{month}工资已封存，还没有标为已发放"), figures, "run-paid", _("标为已发放")),
        todo.HAND: (_("{payer}{month}工资等您看完交审"), figures, "run", _("接着看")),
    }[one.what]
    return {
        "run": run.pk,
        "urgent": one.what in (todo.RETURN, todo.VOID),
        "text": text.format(**words),
        "note": note,
        "url": reverse(name, kwargs=here),
        "act": act,
    }


def _returned(last: Any) -> str:
    if last is None:
        return ""
    return (
        _("{who}退回到“{step}”：{words}").format(who=last.by, step=STEPS[last.step], words=last.words)
        if last.step
        else ""
    )


def _of_doubts(request: Request) -> list[dict[str, Any]]:
    """Doubts that the visitor may answer; what was written is read on the doubt's own page."""
    if not any(request.scope.prefixes(right) for right in (doubts.OF_LINES, doubts.OF_FACTS)):
        return []
    found = list(doubts.waiting(request.scope)[: SHOWN + 1])
    if not found:
        return []
    count = len(found) if len(found) <= SHOWN else doubts.waiting(request.scope).count()
    rows = [
        {
            "urgent": True,
            "text": _("{name}对{line}有疑问").format(name=one.person.name, line=_about(one)),
            "note": _("{n} 天了").format(n=(request.today - one.asked_at.date()).days)
            if (request.today - one.asked_at.date()).days > 0
            else _("今天"),
            "url": reverse("doubt", kwargs={"number": one.pk}),
            "act": _("答复"),
        }
        for one in found[:SHOWN]
    ]
    return [{"key": "doubts", "head": _("等您答复的疑问"), "count": count, "rows": rows}]


def _about(one: Doubt) -> str:
    """What a doubt is about, in words; a line with its month."""
    return (month_words(one.run.period_start) if one.run is not None else "") + f"“{doubting.title_of(one)}”"


def of_facts(request: Request) -> list[dict[str, Any]]:
    """Facts that came after the last sealed month: one line, since they ask to be looked at, not to be done."""
    if not request.scope.prefixes("pay"):
        return []
    found = (
        todo.late_facts(request.scope, request.today)
        .order_by()
        .aggregate(n=Count("pk"), people=Count("person", distinct=True))
    )
    if not found["n"]:
        return []
    row = {
        "urgent": False,
        "text": _("{n:,} 件事在上次封存之后才记下，涉及 {people:,} 人").format(**found),
        "note": _("它们从已封存的月份或更早起算，可能要补发或扣回"),
        "url": reverse("todo-late"),
        "act": _("看是哪些"),
    }
    return [{"key": "late", "head": _("封存以后才记下的"), "count": 1, "rows": [row], "aside": True}]


def _of_worker(request: Request) -> list[dict[str, Any]]:
    """Answers to the visitor's own doubts."""
    if request.scope.person is None:
        return []
    found = doubts.visible(request.scope).filter(person__public_id=request.scope.person, state=ANSWERED)[:FEW]
    rows = [
        {
            "urgent": False,
            "text": _("您对{line}的疑问有答复了").format(line=_about(one)),
            "note": str(one.answered_by),
            "url": doubting.address_of(request, one),
            "act": _("看答复"),
        }
        for one in found
    ]
    return (
        [{"key": "answers", "head": _("给您的答复"), "count": len(rows), "rows": rows, "aside": True}] if rows else []
    )


@page("pay")
def late(request: Request) -> HttpResponse:
    """The facts that came after the last sealed month."""
    found = page_of(request, todo.late_facts(request.scope, request.today).select_related("person", "replaces"))
    rows = [
        {
            "action": one,
            "how": _("撤销") if not one.facts else _("更正") if one.replaces_id else "",
            "said": _said(one.facts or (one.replaces.facts if one.replaces else {})),
            "was": _said(one.replaces.facts) if one.facts and one.replaces else "",
        }
        for one in found
    ]
    finding = _("{n:,} 件事在上次封存之后才记下").format(n=found.count) if found.count else _("没有封存以后才记下的事")
    return render(request, "todo/late.html", {"page": found, "rows": rows, "finding": finding})


def _said(facts: dict[str, Any]) -> str:
    """What was recorded, in a line, in one order on every database; sealed values are not shown."""
    return "，".join(f"{name} {_plain(value)}" for name, value in sorted(facts.items()) if not isinstance(value, dict))


def _plain(value: Any) -> str:
    return (_("是") if value else _("否")) if isinstance(value, bool) else str(value)


urlpatterns = [path("todo/", todo_page, name="todo"), path("todo/late/", late, name="todo-late")]
