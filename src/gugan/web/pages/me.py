"""本人: a worker's own pay and why it changed, grade and the next step, and what is known about oneself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import NoReverseMatch, path, reverse
from django.utils.translation import gettext as _

from gugan import policy
from gugan.accounts.queries import trail_of
from gugan.accounts.services import NotAllowed
from gugan.lifecycle.pay.money import grouped
from gugan.lifecycle.pay.queries import names_of
from gugan.policy.nodes import Const, Extreme, History, Ref, parts
from gugan.records import queries, roster
from gugan.records.models import Person
from gugan.runs.models import COMPUTED, STATES, Outcome
from gugan.runs.queries import FINAL, visible
from gugan.web import clock
from gugan.web.access import Request, page
from gugan.web.lists import page_of
from gugan.web.pages.policies.reading import load
from gugan.web.trees import prepare, pretty

MOST_LINES = 4
"""Lines in which a change of pay is told; together they add up."""
MOST_LOOKS = 50
COVERED = "＊＊＊＊"
GRADE, START, STEPS, CERTIFICATE, STANDARD = "岗位等级", "起点等级", "晋级级数", "职业资格加级", "月薪酬标准"
RANGE, GUESSED = "等级区间", "推算晋级"
"""Names that the pack of a place uses; what it does not have is not shown."""


def _own(request: Request) -> Person:
    """Return the worker behind the account; an officer without one is told so."""
    person = Person.objects.filter(public_id=request.scope.person).first() if request.scope.person else None
    if person is None:
        raise NotAllowed(_("这几页给社区工作者看自己的资料；您的账号没有连到一位社区工作者。"))
    return person


def _outcomes(request: Request, person: Person) -> Any:
    """The person's own sealed outcomes, newest first."""
    found = Outcome.objects.filter(visible(request.scope), person=person, run__state__in=FINAL)
    return found.select_related("run").defer("inputs", "digest").order_by("-run__period_start", "-run_id")


def _slip_url(person: Person, outcome: Outcome) -> str:
    """The address of one's own slip, or "" as long as that page is not there."""
    try:
        return reverse("slip", args=[outcome.run_id, person.public_id])
    except NoReverseMatch:
        return ""


# --- pay


@page(own=True)
def me(request: Request) -> HttpResponse:
    """The latest pay, and why it differs from the month before."""
    person = _own(request)
    found = list(_outcomes(request, person)[:6])
    latest = found[0] if found else None
    context: dict[str, Any] = {"person": person, "hidden": "hide" in request.GET}
    if latest is not None:
        before = next(
            (
                one
                for one in found[1:]
                if one.payer_code == latest.payer_code and one.run.period_start < latest.run.period_start
            ),
            None,
        )
        money = _covered if context["hidden"] else grouped
        context |= _pay(latest, before, money) | {"url": _slip_url(person, latest)}
    return render(request, "me/me.html", context)


def _covered(fen: int) -> str:
    return COVERED


def _pay(latest: Outcome, before: Outcome | None, money: Callable[[int], str]) -> dict[str, Any]:
    """One month as its owner sees it."""
    run = latest.run
    known = latest.state == COMPUTED
    shown: dict[str, Any] = {
        "outcome": latest,
        "run": run,
        "month": run.period_start,
        "known": known,
        "net": money(latest.net_fen),
        "grade": latest.values.get(GRADE),
        "state": STATES[run.state],
        "example": any(pack["code"].startswith("99") for pack in run.packs),
    }
    if not known:
        return shown
    slip = run.slip
    shown["gross"] = money(latest.gross_fen)
    shown["earnings"] = [
        (name, money(latest.values.get(name) or 0)) for name in slip["earnings"] if latest.values.get(name)
    ]
    shown["deductions"] = [
        (name, money(-(latest.values.get(name) or 0))) for name in slip["deductions"] if latest.values.get(name)
    ]
    if before is not None and before.state == COMPUTED:
        change = latest.net_fen - before.net_fen
        shown |= {
            "before": before.run.period_start,
            "change": change,
            "change_text": money(abs(change)),
            "why": [(name, _signed(fen, money)) for name, fen in why(latest, before)],
        }
    return shown


def _signed(fen: int, money: Callable[[int], str]) -> str:
    return ("+" if fen > 0 else "−") + money(abs(fen))


def why(latest: Outcome, before: Outcome) -> list[tuple[str, int]]:
    """Return what changed the net pay since `before`, largest first, in at most four lines that add up to the change."""
    parts_of: dict[str, int] = {}
    for run, values, sign in ((latest.run, latest.values, 1), (before.run, before.values, -1)):
        for name in run.slip["earnings"]:
            parts_of[name] = parts_of.get(name, 0) + sign * (values.get(name) or 0)
        for name in run.slip["deductions"]:
            parts_of[name] = parts_of.get(name, 0) - sign * (values.get(name) or 0)
    lines = sorted(((name, fen) for name, fen in parts_of.items() if fen), key=lambda line: (-abs(line[1]), line[0]))
    total = latest.net_fen - before.net_fen
    if len(lines) > MOST_LINES or sum(fen for _name, fen in lines) != total:
        kept = lines[: MOST_LINES - 1]
        rest = total - sum(fen for _name, fen in kept)
        lines = [*kept, (_("其余 {count} 项").format(count=max(len(lines) - len(kept), 1)), rest)]
    grades = before.values.get(GRADE), latest.values.get(GRADE)
    raised = grades[0] != grades[1] and None not in grades
    return [
        (f"{name}（{_('等级')} {grades[0]} → {grades[1]}）" if raised and name == "基本报酬" else name, fen)
        for name, fen in lines
        if fen
    ]


@page(own=True)
def pay(request: Request) -> HttpResponse:
    """Every month, newest first."""
    person = _own(request)
    found = page_of(request, _outcomes(request, person))
    rows = [
        {
            "month": one.run.period_start,
            "known": one.state == COMPUTED,
            "reason": one.reason,
            "gross": grouped(one.gross_fen),
            "net": grouped(one.net_fen),
            "state": one.run.state,
            "state_text": STATES[one.run.state],
            "url": _slip_url(person, one),
        }
        for one in found
    ]
    return render(request, "me/pay.html", {"person": person, "page": found, "rows": rows})


# --- grade


@dataclass
class _Rung:
    """One grade of the post's range. steps: how one came to it; now: the own grade; next: what comes next."""

    grade: int
    steps: list[str] = field(default_factory=list)
    now: bool = False
    passed: bool = False


@page(own=True)
def grade(request: Request) -> HttpResponse:
    """The own grade on the ladder of the post, how each step came, and the next possible one."""
    person = _own(request)
    context: dict[str, Any] = {"person": person}
    payer = queries.payer_for(person.payer_code) if person.payer_code else None
    if payer is None:
        return render(request, "me/grade.html", context | {"cannot": _("还没有写明按哪个政策包定级。")})
    try:
        pack = load(payer.pack_code)
        context |= _grade(request, person, pack)
    except policy.PolicyErrors:
        context["cannot"] = _("现在读不了政策包，等级没有变；过一会儿再看。")
    return render(request, "me/grade.html", context)


def _grade(request: Request, person: Person, pack: policy.Pack) -> dict[str, Any]:
    if GRADE not in pack.rules:
        return {"cannot": _("适用的政策包没有写等级。")}
    period = policy.Period.around(request.today)
    wanted = [name for name in (GRADE, START, CERTIFICATE, STEPS, GUESSED, STANDARD) if name in pack.rules]
    promotions = _promotions(pack, period, GUESSED if GUESSED in pack.rules else GRADE)
    wanted += [name for name in dict.fromkeys(one.history for one in promotions) if name in pack.rules]
    columns = policy.columns_needed(pack, period, wanted)
    stretches = roster.table(request.scope, period, clock.now(request), columns, pack, person_ids=[person.pk])
    if not stretches:
        return {"cannot": _("这个月您不在册，没有等级可算。")}
    # on the day itself: the stretch that holds it, else the last before it
    today = [one for one in stretches if one.start <= request.today] or stretches[:1]
    last = replace(today[-1], start=period.start, end=period.end)
    result = policy.evaluate(pack, [last], period, wanted)
    values = {name: result.values[name][0] for name in wanted}
    tree = policy.explain(pack, [last], period, GRADE).as_dict()
    found: dict[str, Any] = {
        "grade": _whole(values[GRADE]),
        "missing": result.missing[GRADE].get(person.pk, ()),
        "tree": prepare(_with_sources(tree, _sources(request, person)), depth=2, prefix="g"),
        "on": request.today,
        "pack": pack,
        "example": pack.code.startswith("99"),
        "post": last.values.get("岗位类别") or "",
    }
    if found["grade"] is None:
        return found
    low, top = _range(pack, period, found["post"])
    found |= {"low": low, "top": top, "at_top": top is not None and found["grade"] >= top}
    found["ladder"] = _ladder(values, low, top, last, found["post"])
    found["promotions"] = (
        [] if found["at_top"] else [_next(one, values.get(one.history) or {}, request.today) for one in promotions]
    )
    found["guess"] = _whole(values.get(GUESSED)) if values.get(GUESSED) != values.get(STEPS) else None
    found["steps"] = _whole(values.get(STEPS))
    found["gains"] = _gains(pack, period, last, values) if not found["at_top"] else []
    return found


def _whole(value: Any) -> int | None:
    return None if value is None else int(value)


def _range(pack: policy.Pack, period: policy.Period, post: str) -> tuple[int | None, int | None]:
    """The lowest and highest grade of a post, where the pack has such a table."""
    if RANGE not in pack.tables:
        return None, None
    cells = policy.bind(pack, period).table(RANGE).cells.get((post,), {})
    low, top = (cells[name].value if name in cells else None for name in ("起", "止"))
    return _whole(low), _whole(top)


def _ladder(values: dict[str, Any], low: int | None, top: int | None, last: policy.Stretch, post: str) -> list[_Rung]:
    """The rungs of the post's range from the top down, with how each was reached."""
    now = int(values[GRADE])
    if low is None or top is None:
        return [_Rung(now, [_("现在")], now=True)]
    rungs = {number: _Rung(number, now=number == now, passed=number <= now) for number in range(low, max(top, now) + 1)}
    rungs[low].steps.append(_("{post}从 {low} 级起").format(post=post, low=low))
    if last.values.get("核定等级") is not None:
        rungs[now].steps.append(_("本地核定"))
        return [rungs[number] for number in sorted(rungs, reverse=True)]
    certificate, start, steps = (_whole(values.get(name)) or 0 for name in (CERTIFICATE, START, STEPS))
    education = start - low - certificate
    at = low
    for count, words in (
        (education, _("学历 {value}").format(value=last.values.get("学历") or "")),
        (certificate, _("职业资格")),
        (steps, _("晋级")),
    ):
        if count > 0:
            at = min(at + count, top)
            rungs[at].steps.append(_("{words}，加 {count} 级").format(words=words, count=count))
    return [rungs[number] for number in sorted(rungs, reverse=True)]


@dataclass(frozen=True)
class _Promotion:
    """A way up that a pack counts by yearly results. most: how often at most, or None."""

    rule: str
    history: str
    every: int
    accepts: frozenset[str]
    resets: bool
    most: int | None


def _promotions(pack: policy.Pack, period: policy.Period, name: str) -> list[_Promotion]:
    """Every 满期次数 behind a rule, the regular one first."""
    bound, found = policy.bind(pack, period), []
    for rule in policy.rules_needed(pack, period, [name]):
        node = bound.rule(rule).node
        limits = [
            part.items[1].value
            for part in parts(node)
            if isinstance(part, Extreme) and part.word == "封顶" and isinstance(part.items[1], Const)
        ]
        for part in parts(node):
            if isinstance(part, History) and part.word == "满期次数" and isinstance(part.history, Ref):
                most = int(limits[0]) if limits and not isinstance(limits[0], str | bool | date) else None
                found.append(_Promotion(rule, part.history.name, part.every, part.accepts, part.resets, most))
    return sorted(found, key=lambda one: one.resets)


def _next(one: _Promotion, results: dict[Any, str], today: date) -> dict[str, Any]:
    """What a way up still lacks: how many accepted years, which at the earliest, and from when it counts."""
    by_year = {int(year): label for year, label in results.items()}
    years = sorted(by_year)
    counted, reached = 0, 0
    for year in years:
        if by_year[year] in one.accepts:
            counted += 1
        elif one.resets:
            counted = 0
        if counted == one.every:
            counted, reached = 0, reached + 1
    lacking = one.every - counted
    first = (years[-1] if years else today.year - 1) + 1
    lowest = next((label for label in ("合格", "优秀") if label in one.accepts), "、".join(sorted(one.accepts)))
    return {
        "rule": one.rule,
        "lacking": lacking,
        "counted": counted,
        "years": "、".join(str(first + at) for at in range(lacking)),
        "label": lowest + (_("以上") if len(one.accepts) > 1 else ""),
        "from": date(first + lacking, 1, 1),
        "used_up": one.most is not None and reached >= one.most,
        "resets": one.resets,
    }


def _gains(
    pack: policy.Pack, period: policy.Period, last: policy.Stretch, values: dict[str, Any]
) -> list[dict[str, Any]]:
    """What the next degree or certificate that counts would change today; everything tried in one call."""
    tries: list[tuple[str, str, dict[str, Any]]] = []
    columns = pack.catalogue.columns
    education = columns.get("学历")
    own = last.values.get("学历")
    if education is not None and education.table is not None and own in education.table.labels:
        labels = education.table.labels
        tries += [
            ("学历", _("学历升为{label}").format(label=one), {"学历": one}) for one in labels[labels.index(own) + 1 :]
        ]
    for word, title in (("社工师", "社会工作师"), ("高级", "高级社会工作师")):
        if f"{word}聘任" in last.values or f"{word}聘任" in columns:
            tries.append(("职业资格", _("取得{title}并聘任").format(title=title), {f"{word}聘任": True}))
    wanted = [name for name in (GRADE, STANDARD) if name in pack.rules]
    rows = [
        replace(last, person=number, values={**last.values, **more})
        for number, (_kind, _words, more) in enumerate(tries)
    ]
    result = policy.evaluate(pack, rows, period, wanted)
    found: list[dict[str, Any]] = []
    for at, (kind, words, _more) in enumerate(tries):
        reached = _whole(result.values[GRADE][at])
        if reached is None or reached <= int(values[GRADE]) or any(one["kind"] == kind for one in found):
            continue
        more = None
        if STANDARD in wanted and isinstance(values.get(STANDARD), int) and result.values[STANDARD][at] is not None:
            more = grouped(result.values[STANDARD][at] - values[STANDARD])
        found.append({"kind": kind, "words": words, "grade": reached, "more": more})
    return found


def _sources(request: Request, person: Person) -> dict[int, dict[str, Any]]:
    """The ledger's entries about oneself, as the explanation shows them."""
    return {
        line.note.id: {
            "action": line.note.id,
            "kind": line.note.kind,
            "facts": {name: value for name, value in line.facts.items() if not isinstance(value, dict)},
            "effective_on": line.note.effective_on.isoformat(),
            "date_unknown": line.note.date_unknown,
            "recorded_at": line.note.recorded_at.isoformat(),
            "basis": line.note.basis,
        }
        for line in queries.history(request.scope, person)
    }


def _with_sources(tree: dict[str, Any], known: dict[int, dict[str, Any]]) -> dict[str, Any]:
    own = {"source": [known[number] for number in tree.get("source", ()) if number in known]}
    return tree | own | {"children": [_with_sources(child, known) for child in tree["children"]]}


# --- facts


@page(own=True)
def facts(request: Request) -> HttpResponse:
    """What is known about oneself, since when, how it came in; and who looked."""
    person = _own(request)
    lines = queries.history(request.scope, person)
    catalogue = _catalogue(person)
    codes = {
        value
        for line in lines
        for name, value in line.facts.items()
        if isinstance(value, str) and _type(catalogue, line.note.kind, name) == "机构"
    }
    names = names_of(codes)
    standing = [line for line in lines if line.stands]
    kinds: dict[str, list[dict[str, Any]]] = {}
    for line in sorted(standing, key=lambda line: (line.note.effective_on, line.note.id), reverse=True):
        kinds.setdefault(line.note.kind, []).append(_line(line, person, catalogue, names))
    order = {kind: at for at, kind in enumerate(catalogue.kinds if catalogue else ())}
    groups = sorted(kinds.items(), key=lambda item: (order.get(item[0], len(order)), item[0]))
    changed = [_line(line, person, catalogue, names) for line in lines if not line.stands and line.facts]
    context = {
        "person": person,
        "groups": groups,
        "count": len(standing),
        "changed": changed,
        "looks": _looks(person),
    }
    return render(request, "me/facts.html", context)


def _catalogue(person: Person) -> policy.Catalogue | None:
    payer = queries.payer_for(person.payer_code) if person.payer_code else None
    try:
        return load(payer.pack_code if payer else "00").catalogue
    except policy.PolicyErrors:
        return None


def _type(catalogue: policy.Catalogue | None, kind: str, name: str) -> str:
    known = catalogue.kinds.get(kind) if catalogue else None
    return known.facts[name].type if known and name in known.facts else ""


def _line(
    line: queries.HistoryLine, person: Person, catalogue: policy.Catalogue | None, names: dict[str, str]
) -> dict[str, Any]:
    """One entry with its facts in words; sealed ones stay sealed."""
    shown = []
    known = catalogue.kinds.get(line.note.kind) if catalogue else None
    order = list(known.facts) if known else []
    for name, value in sorted(line.facts.items(), key=lambda item: order.index(item[0]) if item[0] in order else 99):
        if value is None or value == "":
            continue
        if isinstance(value, dict):
            text = f"**************{person.id_last4}" if name == "证件号码" else _("已记录，封存不显示")
        elif isinstance(value, bool):
            text = _("是") if value else _("否")
        elif _type(catalogue, line.note.kind, name) == "机构":
            text = names.get(value, value)
        else:
            unit = known.facts[name].unit if known and name in known.facts and known.facts[name].type == "数" else ""
            text = f"{pretty(str(value))} {unit}".strip()
        shown.append((name, text))
    return {"note": line.note, "facts": shown}


def _looks(person: Person) -> list[dict[str, Any]]:
    """Who looked at or took something about this person, newest first."""
    found = [{"at": entry.at, "by": str(entry.by or ""), "act": entry.act} for entry in trail_of(f"person:{person.pk}")]
    return found[: -MOST_LOOKS - 1 : -1]


urlpatterns = [
    path("me/", me, name="me"),
    path("me/pay/", pay, name="my-pay"),
    path("me/grade/", grade, name="my-grade"),
    path("me/facts/", facts, name="my-facts"),
]
