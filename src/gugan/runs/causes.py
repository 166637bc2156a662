"""Why a sealed month differs by today's knowledge: the ledger's entries behind it, in words with both dates."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import datetime

from django.db.models import Q

from gugan.accounts.bulk import among
from gugan.records.clock import china_day
from gugan.records.entries import HIRE, LEAVE, MERGE
from gugan.records.models import Action

MOST = 3
"""Entries that a cause names; the rest it counts."""
DAY = re.compile(r"\d{4}-\d\d-\d\d")


class Causes:
    """Gathers whose months differ by which entries, reads all entries at once, and then says the causes."""

    def __init__(self, known_at: datetime) -> None:
        self.known_at = known_at
        self.asked: list[tuple[tuple[int, ...], tuple[int, ...]]] = []
        self.employed: dict[int, tuple[int, datetime, bool]] = {}
        """{number: (person, since when, whether nothing else is to be said)} where days of employment differ."""
        self.actions: dict[int, Action] = {}
        self.instead: dict[int, int] = {}
        self.said: dict[int, tuple[str, tuple[int, ...]]] = {}

    def ask(
        self, person: int, since: datetime, now: Sequence, then: Sequence, width: int, settled: Collection[int] = ()
    ) -> int:
        """Note one person's month, inputs of now and of then (known at `since`), and what was settled on; return a number."""
        fresh: set[int] = set()
        gone = set(settled)
        for at in _differing(now, then, width):
            new, old = _behind(now, at), _behind(then, at)
            fresh |= new - old
            gone |= old - new
        number = len(self.asked)
        if _days(now) != _days(then):
            self.employed[number] = (person, since, not then)
        self.asked.append((tuple(sorted(fresh)), tuple(sorted(gone))))
        return number

    def read(self) -> None:
        """Read every entry that was asked about, and what has replaced those that are gone. At most two statements."""
        fresh = {number for one, _ in self.asked for number in one}
        gone = {number for _, other in self.asked for number in other}
        self._read_employment()
        if not fresh and not gone:
            return
        named = Q(pk__in=among(sorted(fresh))) | Q(replaces__in=among(sorted(gone)))
        for action in Action.objects.filter(named, recorded_at__lte=self.known_at).order_by("pk"):
            self.actions[action.pk] = action
            if action.replaces_id is not None:
                self.instead[action.replaces_id] = action.pk

    def _read_employment(self) -> None:
        """Add 入职, 离职 and 并入 where the days of employment differ."""
        people = {person for person, _, _ in self.employed.values()}
        if not people:
            return
        since = min(since for _, since, _ in self.employed.values())
        late = Action.objects.filter(
            person__in=among(sorted(people)),
            kind__in=(HIRE, LEAVE, MERGE),
            recorded_at__gt=since,
            recorded_at__lte=self.known_at,
            replaced_by=None,
        )
        found: dict[int, list[Action]] = defaultdict(list)
        for action in late.order_by("pk"):
            self.actions[action.pk] = action
            found[action.person_id or 0].append(action)
        for number, (person, moment, alone) in self.employed.items():
            ids = {action.pk for action in found[person] if action.recorded_at > moment}
            fresh, gone = self.asked[number]
            if ids:
                self.asked[number] = (tuple(sorted(ids if alone else {*ids, *fresh})), gone)

    def of(self, number: int) -> tuple[str, tuple[int, ...]]:
        """The words of a cause and the ids of the entries behind it."""
        if number not in self.said:
            self.said[number] = self._words(number)
        return self.said[number]

    def _words(self, number: int) -> tuple[str, tuple[int, ...]]:
        fresh, gone = self.asked[number]
        ids = sorted({*fresh, *(self.instead[one] for one in gone if one in self.instead)})
        actions = [self.actions[one] for one in ids if one in self.actions]
        said = [_said(action) for action in actions[:MOST]]
        more = f"等 {len(actions)} 件事" if len(actions) > MOST else ""
        return "；".join(said) + more or "当时知道的与现在不同", tuple(action.pk for action in actions)


def _days(parts: Sequence) -> tuple[str, str] | None:
    """The first and the last day of stretches."""
    return (str(parts[0][0]), str(parts[-1][1])) if parts else None


def _differing(now: Sequence, then: Sequence, width: int) -> list[int]:
    """The columns whose values, or the days they hold, are not the same."""
    if len(now) == len(then) == 1 and _days(now) == _days(then):
        return [at for at, (new, old) in enumerate(zip(now[0][2], then[0][2], strict=True)) if new != old]
    return [
        at
        for at in range(width)
        if [(str(p[0]), str(p[1]), p[2][at]) for p in now] != [(str(p[0]), str(p[1]), p[2][at]) for p in then]
    ]


def _behind(parts: Sequence, at: int) -> set[int]:
    """The ids of the entries behind a column."""
    return {number for part in parts for number in part[3][at] or ()}


def _said(action: Action) -> str:
    """本科学历 2026-07-01 起，2026-10-12 登记"""
    day = "日期不详" if action.date_unknown else f"{action.effective_on} 起"
    recorded = f"{china_day(action.recorded_at)} 登记"
    if not action.facts:
        return f"{action.kind}（原 {day}）撤销，{recorded}"
    values = [str(value) for value in action.facts.values() if not isinstance(value, dict | bool)]
    words = [value for value in values if not DAY.fullmatch(value)]
    name = f"{words[0]}{action.kind}" if len(words) == 1 else action.kind + (f"（{'，'.join(words)}）" if words else "")
    return f"{name} {day}，{recorded}"
