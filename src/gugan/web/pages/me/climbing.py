"""The own grade on the ladder of the post, how each step came, and what would come next."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from gugan import policy
from gugan.lifecycle.pay.money import grouped
from gugan.policy.nodes import Const, Extreme, History, Ref, parts
from gugan.records import queries, roster
from gugan.records.models import Person
from gugan.web import clock
from gugan.web.access import Request
from gugan.web.trees import prepare

GRADE, START, STEPS, CERTIFICATE, STANDARD = "岗位等级", "起点等级", "晋级级数", "职业资格加级", "月薪酬标准"
RANGE, GUESSED = "等级区间", "推算晋级"
"""Names that the pack of a place uses; what it does not have is not shown."""


@dataclass
class _Rung:
    """One grade of the post's range. steps: how one came to it; now: the own grade; next: what comes next."""

    grade: int
    steps: list[str] = field(default_factory=list)
    now: bool = False
    passed: bool = False


def standing(request: Request, person: Person, pack: policy.Pack) -> dict[str, Any]:
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
