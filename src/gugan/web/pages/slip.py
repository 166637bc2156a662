"""工资条: one person's month: what is paid, why, what of it was tax so far; down to clause and fact."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import path, reverse
from django.utils.translation import gettext as _

from gugan.lifecycle.pay import changes, looks
from gugan.lifecycle.pay import queries as pay_queries
from gugan.lifecycle.pay.explaining import explain_outcome
from gugan.lifecycle.pay.money import grouped
from gugan.lifecycle.pay.settling import LINE
from gugan.records.clock import CHINA
from gugan.runs import queries
from gugan.runs.errors import RunError
from gugan.runs.models import COMPUTED, DRAFT, STATES, Outcome
from gugan.web import clock, doubting, printing, trees
from gugan.web.access import Request, page
from gugan.web.pages.me.own import covers, remember_cover
from gugan.web.pages.me.paying import covered
from gugan.web.pages.pay.arrears import lines_of
from gugan.web.pages.pay.words import month_words, signed
from gugan.web.pages.person.looking import READ_SLIP, leave_trace

TAX_LINES = (
    ("累计收入", ""),
    ("累计减除费用", "−"),
    ("累计专项扣除", "−"),
    ("累计专项附加扣除", "−"),
    ("累计应纳税所得额", "="),
    ("累计应预扣税额", ""),
    ("累计已预扣税额", "−"),
)
"""The year's ledger of the tax as its rules name it; shown where the pack has all of them."""
MOST_REASONS = 4
LATE = 30
"""Days after which a fact that is recorded counts as late."""


@page(own=True)
def slip(request: Request, number: int, person: uuid.UUID) -> HttpResponse:
    """One person's slip of one run; what may not be seen is not there."""
    found = (
        Outcome.objects.filter(queries.visible(request.scope), run_id=min(number, 2**63 - 1), person__public_id=person)
        .select_related("run", "run__sealed_by", "person")
        .first()
    )
    if found is None:
        raise Http404
    run, who = found.run, found.person
    own = request.scope.is_own(who.public_id)
    if request.scope.prefixes("see") and not own:
        leave_trace(request, who, READ_SLIP, str(run.pk))
    hidden = own and covers(request)
    money = covered if hidden else grouped
    printed = request.GET.get("print") == "1" and found.state == COMPUTED and not hidden
    depth = trees.depth_of(request.GET.get("depth"))
    totals = run.slip["totals"]
    tree, problem = None, ""
    try:
        # the reasons say the amounts: where these are covered, they wait
        tree = None if hidden else explain_outcome(found, totals["实发"]).as_dict()["tree"]
    except RunError as error:
        problem = str(error)
    before = _before(request, found)
    names = pay_queries.names_of({found.place_code, found.place_code[: pay_queries.STREET]}, run)
    officer = request.scope.allows("see", found.payer_code) or request.scope.allows("see", found.place_code)
    context = {
        "run": run,
        "person": who,
        "outcome": found,
        "officer": officer,
        "month": month_words(run.period_start),
        "state": STATES[run.state],
        "draft": run.state == DRAFT,
        "place": " ".join(dict.fromkeys(filter(None, (names.get(c, "") for c in (found.place_code[:9], found.place_code))))),
        "grade": found.values.get("岗位等级"),
        "computed": found.state == COMPUTED,
        "finding": _finding(found, before, money),
        "own": own,
        "hidden": hidden,
        "depth": depth,
        "tree": trees.prepare(tree, depth) if tree is not None else None,
        "problem": problem,
        "illustrative": pay_queries.illustrative(run),
        "pins": run.packs[-1],
        "doubts": doubting.of_slip(request, found, who),
    }  # fmt: skip
    if found.state == COMPUTED:
        shown = LINE in found.values and not hidden
        settled = queries.settlements(request.scope, run).filter(person=who) if shown else ()
        context |= {"settled": lines_of(settled)}
        context |= _figures(found, before, money)
        context |= {"tax": _tax(tree, found, totals["个税"]) if tree is not None else []}
    if printed:
        return _printed(request, context, tree)
    response = render(request, "slip/slip.html", context)
    return remember_cover(request, response) if own else response


def _printed(request: Request, context: dict[str, Any], tree: dict[str, Any] | None) -> HttpResponse:
    """The slip on paper: a page of its own, without the frame; by whom and when stands at its foot."""
    run, totals = context["run"], context["run"].slip["totals"]
    rows = [(name, amount, False) for name, amount in context["earnings"]]
    rows.append((totals["应发"], context["gross"], True))
    rows += [(name, amount, False) for name, amount in context["deductions"]]
    rows.append((totals["实发"], context["net"], True))
    full = trees.prepare(tree, trees.SOURCES) if tree is not None else None
    return render(
        request,
        "slip/print.html",
        context
        | {
            "sheet": printing.sheet_of(full, rows),
            "payer": pay_queries.names_of({context["outcome"].payer_code}).get(context["outcome"].payer_code, ""),
            "printed_by": request.user,
            "printed_at": clock.now(request),
            "here": reverse("slip", kwargs={"number": run.pk, "person": context["person"].public_id}),
        },
    )


def _before(request: Request, found: Outcome) -> Outcome | None:
    """The same person's sealed outcome of the month before, if the visitor may see it."""
    run = queries.month_before(found.run)
    if run is None:
        return None
    seen = Outcome.objects.filter(queries.visible(request.scope), run=run, person_id=found.person_id, state=COMPUTED)
    return seen.select_related("run").first()


def _facts(before: Outcome, after: Outcome) -> list[dict[str, Any]]:
    """The facts behind the change, as their chips show them; late ones say so."""
    chips = []
    for one in changes.fresh_facts(before, after):
        late = (one.recorded_at.astimezone(CHINA).date() - one.effective_on).days
        said = "，".join(str(value) for value in one.facts.values() if not isinstance(value, dict))
        chips.append({"action": one, "value": said, "late": late if late > LATE and not one.date_unknown else None})
    return chips


def _finding(found: Outcome, before: Outcome | None, money: Callable[[int], str]) -> str:
    name, month = found.person.name, found.run.period_start.month
    if found.state != COMPUTED:
        return _("{name} {month} 月{state}：{reason}").format(
            name=name, month=month, state=found.state, reason=looks.said(found.reason)
        )
    said = _("{name} {month} 月实发 {net}").format(name=name, month=month, net=money(found.net_fen))
    if before is None:
        return said
    more = found.net_fen - before.net_fen
    last = before_month(found)
    if not more:
        return said + _("，与 {month} 月相同").format(month=last)
    word = _("，比 {month} 月多 {size}") if more > 0 else _("，比 {month} 月少 {size}")
    return said + word.format(month=last, size=money(abs(more)))


def before_month(found: Outcome) -> int:
    """The number of the month before."""
    return (found.run.period_start.month - 2) % 12 + 1


def _figures(found: Outcome, before: Outcome | None, money: Callable[[int], str]) -> dict[str, Any]:
    """The lines of the slip as text, and why the net differs from last month, in lines that add up."""
    slip, totals = found.run.slip, found.run.slip["totals"]
    values = found.values

    def lines(part: str, sign: int = 1) -> list[tuple[str, str]]:
        return [(name, money(sign * values[name])) for name in slip[part] if values[name]]

    tax = totals["个税"]
    deductions = slip["deductions"] if tax in slip["deductions"] else [*slip["deductions"], tax]
    zero = [name for part in ("earnings", "deductions") for name in slip[part] if not values[name]]
    context: dict[str, Any] = {
        "earnings": lines("earnings"),
        "deductions": [(name, money(-values[name])) for name in deductions if values[name]],
        "employer": lines("employer"),
        "zero": zero,
        "net": money(found.net_fen),
        "gross": money(found.gross_fen),
        "withheld": money(found.gross_fen - found.net_fen),
        "cost": money(found.employer_fen),
        # a default says its amount
        "defaults": found.defaults if money is grouped else [],
    }
    if before is None:
        return context | {"first": True}
    old = before.values
    moved = [(name, values[name] - (old.get(name) or 0)) for name in slip["earnings"]]
    moved += [(name, (old.get(name) or 0) - values[name]) for name in deductions]
    moved = sorted(((name, fen) for name, fen in moved if fen), key=lambda one: -abs(one[1]))
    more = found.net_fen - before.net_fen
    shown = moved if len(moved) <= MOST_REASONS else moved[: MOST_REASONS - 1]
    rest = more - sum(fen for _name, fen in shown)
    if rest:
        shown = [*shown, (_("其余 {n} 项").format(n=len(moved) - len(shown)), rest)]
    return context | {
        "reasons": [(name, signed(fen) if money is grouped else money(fen)) for name, fen in shown],
        "more": signed(more) if money is grouped else money(more),
        "facts": _facts(before, found) if moved and money is grouped else [],
        "last_month": before_month(found),
    }


def _tax(tree: dict[str, Any], found: Outcome, name: str) -> list[dict[str, Any]]:
    """The year-to-date ledger of the tax; nothing where the pack computes it in another way."""
    known = {node["name"]: node for node in _walk(tree)}
    if not all(line in known and known[line]["known"] for line, _sign in TAX_LINES):
        return []
    rows: list[dict[str, Any]] = [
        {
            "name": line,
            "value": trees.pretty(
                ("−" if sign == "−" and known[line]["value"] != "0.00" else "") + known[line]["value"]
            ),
            "total": sign == "=",
        }
        for line, sign in TAX_LINES
    ]
    return [*rows, {"name": _("本月{name}").format(name=name), "value": grouped(found.tax_fen), "total": True}]


def _walk(tree: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield tree
    for child in tree["children"]:
        yield from _walk(child)


urlpatterns = [path("pay/<int:number>/<uuid:person>/", slip, name="slip")]
