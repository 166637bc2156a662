"""Two moments of one person side by side: what holds on each day, as known on each day, and what the dates change."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from gugan.records import lists
from gugan.web.pages.person.reading import GRADE, View, end_of

NAMED = 2
"""Differences that the sentence names; the rest is counted."""


@dataclass(frozen=True)
class Moment:
    """A day, and the day as known on which it is seen."""

    on: date
    known: date


@dataclass(frozen=True)
class Differing:
    """One fact that is not the same at two moments; "" where there is none."""

    name: str
    here: str
    there: str


def differences(view: View, here: Moment, there: Moment) -> list[Differing]:
    """Return what differs, the grade first; two reads of the roster for the grades."""
    facts, others = _facts(view, here), _facts(view, there)
    found = [
        Differing(name, facts.get(name, ""), others.get(name, ""))
        for name in dict.fromkeys([*facts, *others])
        if facts.get(name) != others.get(name)
    ]
    grades = [_grade(view.grade(one.on, one.known)) for one in (here, there)]
    return [Differing(GRADE, *grades), *found] if grades[0] != grades[1] else found


def sentence(view: View, here: Moment, grade: dict[str, Any] | None) -> str:
    """Say what the dates make different from today, "" where they are today's."""
    today = view.request.today
    if here == Moment(today, today):
        return ""
    if here.known < view.opened:
        return _("到 {day} 为止，还没有记过此人的事。").format(day=here.known)
    there = Moment(here.on if here.known < today else today, today)
    now = view.grade(there.on, there.known)
    told, then_word = [], _by(here, there)
    now_word = _("今天") if here.on != there.on else _("按今天所知")
    if grade is not None and now is not None and grade["value"] != now["value"]:
        told.append(
            _("{on} 的等级：按 {known} 所知是 {then} 级，按今天所知是 {now} 级。").format(
                on=here.on, known=here.known, then=_level(grade), now=_level(now)
            )
            if here.known < today
            else _("等级：{on} 是 {then} 级，今天是 {now} 级。").format(on=here.on, then=_level(grade), now=_level(now))
        )
    facts, others = _facts(view, here), _facts(view, there)
    changed = [name for name in dict.fromkeys([*facts, *others]) if facts.get(name) != others.get(name)]
    for name in changed[:NAMED]:
        told.append(
            _("{name}：{then}，{now}。").format(
                name=name, then=then_word + _is(facts.get(name)), now=now_word + _is(others.get(name))
            )
        )
    if len(changed) > NAMED:
        told.append(_("还有 {count} 项不同。").format(count=len(changed) - NAMED))
    return "".join(told) or _("这两个日子和今天看到的没有差别。")


def _by(one: Moment, other: Moment) -> str:
    """How a moment is named beside another one."""
    if one.on == other.on:
        return _("按 {day} 所知").format(day=one.known)
    return f"{one.on} "


def _is(value: str | None) -> str:
    return _("是 {value}").format(value=value) if value else _("没有")


def _facts(view: View, at: Moment) -> dict[str, str]:
    """What holds at a moment, in words by name."""
    lines = lists.known(view.lines, end_of(at.known) if at.known < view.request.today else None)
    found = {}
    for group in lists.facts_on(view.catalogue, lines, at.on):
        for one in group:
            kind = view.catalogue.kinds[one.kind]
            if one.fact == kind.key:
                continue
            key = view.words(kind, kind.key, one.key) if kind.key and one.key else ""
            name = one.fact if one.fact == one.kind else f"{one.kind} {one.fact}"
            found[f"{name}（{key}）" if key else name] = view.words(kind, one.fact, one.value)
    return found


def _grade(found: dict[str, Any] | None) -> str:
    return "" if found is None else _("{grade} 级").format(grade=_level(found))


def _level(found: dict[str, Any]) -> str:
    return str(found["value"]) if found["known"] else _("算不出的")
