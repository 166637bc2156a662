"""Grade and next step: the ladder of the post, how each step came, what comes next, and what one fact more would change.

Shown to the worker on 等级 and to the officer on the person's page.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any

from django.utils.translation import gettext as _

from gugan import policy
from gugan.accounts.scope import Scope
from gugan.lifecycle.pay.money import grouped
from gugan.policy.steps import Step, Way, next_step, ways_up
from gugan.records import roster
from gugan.records.models import Person

GRADE, START, STEPS, CERTIFICATE, STANDARD = "岗位等级", "起点等级", "晋级级数", "职业资格加级", "月薪酬标准"
RANGE, GUESSED = "等级区间", "推算晋级"
"""Names that the pack of a place uses; what it does not have is not shown."""


@dataclass
class Rung:
    """One grade of the post's range. steps: how one came to it; now: the own grade; passed: reached."""

    grade: int
    steps: list[str] = field(default_factory=list)
    now: bool = False
    passed: bool = False


@dataclass(frozen=True)
class Gain:
    """What one fact more would change: the grade reached, and 月薪酬标准 in yuan more ("" where it does not say), from `on`."""

    words: str
    grade: int
    more: str
    on: date


@dataclass(frozen=True)
class Climb:
    """One person's grade on a day and what follows. cannot: why there is nothing to say, else "".

    grade is None where `missing` names what is lacking. low, top: the post's range, None where the pack has no such table.
    posted, guessed: steps on the ledger, and computed from yearly results where the two differ.
    """

    cannot: str = ""
    grade: int | None = None
    missing: tuple[str, ...] = ()
    post: str = ""
    low: int | None = None
    top: int | None = None
    ladder: list[Rung] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)
    gains: list[Gain] = field(default_factory=list)
    posted: int | None = None
    guessed: int | None = None
    stretch: policy.Stretch | None = None

    @property
    def at_top(self) -> bool:
        """Whether the post's highest grade is reached."""
        return self.top is not None and self.grade is not None and self.grade >= self.top

    @property
    def next(self) -> Step | None:
        """The step that can come first."""
        return min(self.steps, key=lambda one: (one.on, one.resets), default=None)


def read(scope: Scope, person: Person, pack: policy.Pack, on: date, known_at: datetime) -> list[policy.Stretch]:
    """Read the person's month around a day, as known at a moment, with all that `climb` takes. One read of the roster."""
    period = policy.Period.around(on)
    columns = policy.columns_needed(pack, period, _plan(pack, period)[0])
    return roster.table(scope, period, known_at, columns, pack, person_ids=[person.pk])


def _plan(pack: policy.Pack, period: policy.Period) -> tuple[list[str], list[Way]]:
    """The rules that are computed, and the ways up."""
    wanted = [name for name in (GRADE, START, CERTIFICATE, STEPS, GUESSED, STANDARD) if name in pack.rules]
    base = GUESSED if GUESSED in pack.rules else GRADE
    ways = ways_up(policy.bind(pack, period), policy.rules_needed(pack, period, [base]))
    wanted += [name for name in dict.fromkeys(one.history for one in ways) if name in pack.rules]
    return wanted, ways


def climb(person: Person, pack: policy.Pack, on: date, stretches: list[policy.Stretch]) -> Climb:
    """Compute the person's grade on a day, from what `read` gave, and what may come next.

    Raises PolicyErrors where the pack cannot be computed by.
    """
    if GRADE not in pack.rules:
        return Climb(_("适用的政策包没有写等级。"))
    period = policy.Period.around(on)
    wanted, ways = _plan(pack, period)
    if not stretches:
        return Climb(_("这个月不在册，没有等级可算。"))
    # on the day itself: the stretch that holds it, else the last before it
    begun = [one for one in stretches if one.start <= on] or stretches[:1]
    last = replace(begun[-1], start=period.start, end=period.end)
    result = policy.evaluate(pack, [last], period, wanted)
    values = {name: result.values[name][0] for name in wanted}
    post, grade = last.values.get("岗位类别") or "", whole(values[GRADE])
    if grade is None:
        return Climb(missing=tuple(result.missing[GRADE].get(person.pk, ())), post=post, stretch=last)
    low, top = _range(pack, period, post)
    at_top = top is not None and grade >= top
    steps = [] if at_top else [next_step(one, values.get(one.history) or {}, on) for one in ways]
    return Climb(
        grade=grade,
        post=post,
        low=low,
        top=top,
        ladder=_ladder(values, low, top, last, post),
        steps=[one for one in steps if not one.used_up],
        gains=[] if at_top else _gains(pack, period, last),
        posted=whole(values.get(STEPS)),
        guessed=whole(values.get(GUESSED)) if values.get(GUESSED) != values.get(STEPS) else None,
        stretch=last,
    )


def step_words(one: Step) -> str:
    """What one step still lacks, in a sentence."""
    years, label = "、".join(str(year) for year in one.years), one.label + (_("以上") if one.more_accepted else "")
    day = _("{year}年{month}月").format(year=one.on.year, month=one.on.month)
    if one.resets:
        return _("{years} 连续 {count} 个年度{label}，{day}起可以再晋 1 级").format(
            years=years, count=one.lacking, label=label, day=day
        )
    return _("已满 {done} 个，还差 {years} 共 {count} 个年度考核{label}，最早 {day}晋 1 级").format(
        done=one.counted, years=years, count=one.lacking, label=label, day=day
    )


def whole(value: Any) -> int | None:
    """A number of the engine as a whole one."""
    return None if value is None else int(value)


def _range(pack: policy.Pack, period: policy.Period, post: str) -> tuple[int | None, int | None]:
    """The lowest and highest grade of a post, where the pack has such a table."""
    if RANGE not in pack.tables:
        return None, None
    cells = policy.bind(pack, period).table(RANGE).cells.get((post,), {})
    low, top = (cells[name].value if name in cells else None for name in ("起", "止"))
    return whole(low), whole(top)


def _ladder(values: dict[str, Any], low: int | None, top: int | None, last: policy.Stretch, post: str) -> list[Rung]:
    """The rungs of the post's range from the top down, with how each was reached."""
    now = int(values[GRADE])
    if low is None or top is None:
        return [Rung(now, [_("现在")], now=True)]
    rungs = {number: Rung(number, now=number == now, passed=number <= now) for number in range(low, max(top, now) + 1)}
    rungs[low].steps.append(_("{post}从 {low} 级起").format(post=post, low=low))
    if last.values.get("核定等级") is not None:
        rungs[now].steps.append(_("本地核定"))
        return [rungs[number] for number in sorted(rungs, reverse=True)]
    certificate, start, steps = (whole(values.get(name)) or 0 for name in (CERTIFICATE, START, STEPS))
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


def _gains(pack: policy.Pack, period: policy.Period, last: policy.Stretch) -> list[Gain]:
    """What the next degree or certificate that counts would change from the next month on; everything tried in one call."""
    tries: list[tuple[dict[str, Any], str]] = [({}, ""), *_tries(pack, last)]
    month = policy.Period.around(period.end)
    wanted = [name for name in (GRADE, STANDARD) if name in pack.rules]
    rows = [
        replace(last, person=number, start=month.start, end=month.end, values={**last.values, **more})
        for number, (more, _words) in enumerate(tries)
    ]
    try:
        values = policy.evaluate(pack, rows, month, wanted).values
    except policy.PolicyErrors:
        return []  # no rules for the next month yet: nothing can be said of it
    grades, standards = values[GRADE], values.get(STANDARD) or [None] * len(rows)
    found: dict[str, Gain] = {}
    for at, (more, words) in enumerate(tries):
        reached, kind = whole(grades[at]), "学历" if "学历" in more else "职业资格"
        if not at or reached is None or grades[0] is None or reached <= int(grades[0]) or kind in found:
            continue
        extra = ""
        if isinstance(standards[0], int) and isinstance(standards[at], int):
            extra = grouped(standards[at] - standards[0])
        found[kind] = Gain(words, reached, extra, month.start)
    return list(found.values())


def _tries(pack: policy.Pack, last: policy.Stretch) -> list[tuple[dict[str, Any], str]]:
    """Facts that one may still gain, each with its words, the nearest first."""
    columns, own = pack.catalogue.columns, last.values.get("学历")
    education = columns.get("学历")
    tries: list[tuple[dict[str, Any], str]] = []
    if education is not None and education.table is not None and own in education.table.labels:
        labels = education.table.labels
        tries = [({"学历": one}, _("学历升为{label}").format(label=one)) for one in labels[labels.index(own) + 1 :]]
    for word, title in (("社工师", "社会工作师"), ("高级", "高级社会工作师")):
        if f"{word}聘任" in columns:
            tries.append(({f"{word}聘任": True}, _("取得{title}并聘任").format(title=title)))
    return tries
