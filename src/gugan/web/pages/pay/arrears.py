"""补发扣回: what a run settles of earlier months, both ways with the limit, and one line's two trees side by side."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from typing import Any

from django.db.models import F, Q, Sum
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.utils.translation import gettext as _

from gugan.lifecycle.pay import queries as pay_queries
from gugan.lifecycle.pay.explaining import BothTrees, explain_settlement
from gugan.lifecycle.pay.money import grouped
from gugan.lifecycle.pay.settling import MOST_BACK
from gugan.runs import queries
from gugan.runs.errors import RunError
from gugan.runs.models import DRAFT, STATES, Outcome, Run, Settlement
from gugan.web import trees
from gugan.web.access import Request, page
from gugan.web.lists import page_of
from gugan.web.pages.pay.acts import seen
from gugan.web.pages.pay.words import month_words, signed
from gugan.web.pages.person.looking import READ_SLIP, leave_trace


@page()
def arrears(request: Request, number: int) -> HttpResponse:
    """Everything that a run settles of earlier months, or leaves for later."""
    run = seen(request, number)
    rows = queries.settlements(request.scope, run)
    sums = rows.order_by().aggregate(
        paid=Sum("amount_fen", filter=Q(amount_fen__gt=0), default=0),
        back=Sum("amount_fen", filter=Q(amount_fen__lt=0), default=0),
        rest=Sum(F("new_fen") - F("old_fen") - F("amount_fen"), default=0),
    )
    shown = page_of(request, rows)
    people = {one.person_id for one in shown.items}
    outcomes = Outcome.objects.filter(run=run, person_id__in=people).values_list("person_id", "values")
    most = {person: values.get(MOST_BACK) for person, values in outcomes}
    rests = rows.order_by().filter(person_id__in=people).values("person_id")
    totals = {
        row["person_id"]: row
        for row in rests.annotate(
            amount=Sum("amount_fen"), rest=Sum(F("new_fen") - F("old_fen") - F("amount_fen"), default=0)
        )
    }
    context = {
        "run": run,
        "month": month_words(run.period_start),
        "state": STATES[run.state],
        "draft": run.state == DRAFT,
        "finding": _finding(run, sums, shown.count),
        "page": shown,
        "people": _by_person(shown.items, most, totals),
        "illustrative": pay_queries.illustrative(run),
    }
    return render(request, "pay/arrears.html", context)


def _finding(run: Run, sums: dict[str, int], count: int) -> str:
    if not count:
        return _("{month}没有要补发或扣回的").format(month=month_words(run.period_start))
    said = _("补发 {paid} 元，扣回 {back} 元").format(paid=grouped(sums["paid"]), back=grouped(-sums["back"]))
    if sums["rest"]:
        said += _("，余下 {rest} 元没有结清").format(rest=grouped(abs(sums["rest"])))
    return said


def lines_of(rows: Iterable[Settlement]) -> list[dict[str, Any]]:
    """One line per earlier month and item, as text."""
    return [
        {
            "row": one,
            "origin": f"{one.month:%Y-%m}",
            "old": grouped(one.old_fen),
            "new": grouped(one.new_fen),
            "more": signed(one.new_fen - one.old_fen),
            "amount": signed(one.amount_fen),
            "rest": signed(one.rest_fen) if one.rest_fen else "",
        }
        for one in rows
    ]


def _by_person(
    rows: list[Settlement], most: dict[int, int | None], totals: dict[int, dict[str, Any]]
) -> list[dict[str, Any]]:
    """The lines of each person, and how far the month can take back."""
    found: list[dict[str, Any]] = []
    for line in lines_of(rows):
        person = line["row"].person
        if not found or found[-1]["person"] != person:
            amount, rest = totals[person.pk]["amount"], totals[person.pk]["rest"]
            found.append(
                {"person": person, "lines": [], "said": _limit(most, person.pk, amount, rest), "amount": signed(amount)}
            )
        found[-1]["lines"].append(line)
    return found


def _limit(most: dict[int, int | None], person: int, amount: int, rest: int) -> str:
    """本月最多扣 812.40，余下 388.00 转下月"""
    if person not in most and rest < 0:
        return _("已离岗，工资里扣不了，要另行追回 {rest}").format(rest=grouped(-rest))
    limit = most.get(person)
    if limit is None or (amount >= 0 and not rest):
        return _("本月没有算出，{rest} 转下月").format(rest=signed(rest)) if rest else ""
    said = _("本月最多扣 {most}").format(most=grouped(limit))
    return said + (_("，余下 {rest} 转下月").format(rest=grouped(-rest)) if rest else _("，本月扣完"))


@page(own=True)
def arrears_line(request: Request, number: int, person: uuid.UUID, origin: str, line: str) -> HttpResponse:
    """One line of an earlier month: what was paid, what is known now, and why, side by side."""
    run = Run.objects.filter(pk=min(number, 2**63 - 1)).first()
    one = None
    if run is not None:
        found = queries.settlements(request.scope, run).filter(person__public_id=person, line=line)
        one = next(
            (row for row in found.select_related("person", "origin", "run") if f"{row.month:%Y-%m}" == origin), None
        )
    if run is None or one is None:
        raise Http404
    if request.scope.prefixes("see") and not request.scope.is_own(one.person.public_id):
        leave_trace(request, one.person, READ_SLIP, str(run.pk))
    problem, both = "", BothTrees(None, None)
    try:
        both = explain_settlement(one)
    except RunError as error:
        problem = str(error)
    depth = trees.depth_of(request.GET.get("depth"))
    then, now = (
        trees.prepare(tree, depth, prefix=prefix) if tree is not None else None
        for prefix, tree in (("a", both.then), ("b", both.now))
    )
    word = _("少发") if one.new_fen > one.old_fen else _("多发")
    context = {
        "run": run,
        "person": one.person,
        "one": lines_of([one])[0],
        "month": month_words(run.period_start),
        "origin": month_words(one.month),
        "finding": _("{name} {month}{line}{word} {size} 元").format(
            name=one.person.name,
            month=month_words(one.month),
            line=one.line,
            word=word,
            size=grouped(abs(one.new_fen - one.old_fen)),
        ),
        "depth": depth,
        "then": then,
        "now": now,
        "problem": problem,
        "illustrative": pay_queries.illustrative(run),
        "officer": request.scope.allows("see", run.payer_code),
    }
    return render(request, "pay/arrears_line.html", context)


urlpatterns = [
    path("pay/<int:number>/arrears/", arrears, name="run-arrears"),
    path("pay/<int:number>/<uuid:person>/arrears/<str:origin>/<str:line>/", arrears_line, name="slip-arrears"),
]
