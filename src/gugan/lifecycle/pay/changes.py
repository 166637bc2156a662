"""Why a month's pay differs from the month before: causes with people and fen that add up exactly, and the same by line.

A person stands under one cause, so the causes add up; whose facts of several kinds changed stands under their names
joined. Only people whose gross differs are read with their inputs: at most five statements whatever the number of people.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

from django.core.cache import cache
from django.db.models import F, OuterRef, Q, Subquery

from gugan.accounts.bulk import among
from gugan.lifecycle.pay.compute import MONTHS, SUPPLIED
from gugan.records.models import Action
from gugan.runs.models import COMPUTED, EXCLUDED, Outcome, Run

NEW, BACK, GONE = "新进", "上月没有算出", "离岗或不在这里发"
UNSAID, LEFT_OUT = "这个月算不出", "这个月不在这里核算"
RULES, CALENDAR = "政策包更换", "到了生效的月份"
ROUTINE = (NEW, BACK, GONE, UNSAID, LEFT_OUT)
"""Causes that need no judgement stand after those that do, in this order."""
KEPT_SECONDS = 3600
NOT_FACTS = {*SUPPLIED, MONTHS}


@dataclass
class Cause:
    """Why the pay of some people differs: their ids and the sum of their differences in fen."""

    name: str
    people: list[int] = field(default_factory=list)
    fen: int = 0
    each: list[int] = field(default_factory=list)
    """The difference in fen of each of `people`, in their order."""


@dataclass
class Bridge:
    """From `before` to `after` in fen of gross pay; causes and lines each add up to the difference."""

    month: str
    before: int
    after: int
    before_people: int
    after_people: int
    causes: list[Cause]
    lines: list[tuple[str, int]]
    by_person: dict[int, str]
    """Name of the cause of everybody who stands under one."""

    @property
    def difference(self) -> int:
        """What the causes add up to."""
        return self.after - self.before

    @property
    def changed(self) -> int:
        """The number of people whose pay differs."""
        return sum(len(cause.people) for cause in self.causes)


def bridge(run: Run, before: Run | None) -> Bridge | None:
    """Return what leads from last month (queries.month_before) to `run`; None where there is none: 首月.

    For whoever sees the whole payer. Kept for an hour by the digests of both runs, which name their content.
    """
    if before is None:
        return None
    key = f"bridge2:{run.pk}:{run.digest}:{before.pk}:{before.digest}"
    found = cache.get(key)
    if found is None:
        found = _build(before, run)
        cache.set(key, found, KEPT_SECONDS)
    return found


def _build(before: Run, after: Run) -> Bridge:
    causes: dict[str, Cause] = {}

    def count(name: str, person: int, fen: int) -> None:
        cause = causes.setdefault(name, Cause(name))
        cause.people.append(person)
        cause.each.append(fen)
        cause.fen += fen

    old, new = ({row[0]: row[1:] for row in _differing(*pair)} for pair in ((before, after), (after, before)))
    both = old.keys() & new.keys()
    for person in sorted(new.keys() - both):
        fen, there = new[person]
        count(NEW if there is None else BACK, person, fen)
    for person in sorted(old.keys() - both):
        fen, there = old[person]
        count(GONE if there is None else LEFT_OUT if there == EXCLUDED else UNSAID, person, -fen)
    for person, name in _why(before, after, both):
        count(name, person, new[person][0] - old[person][0])
    judged = sorted((c for c in causes.values() if c.name not in ROUTINE), key=lambda c: (-abs(c.fen), c.name))
    routine = [causes[name] for name in ROUTINE if name in causes]
    return Bridge(
        f"{before.period_start.month} 月",
        before.gross_fen,
        after.gross_fen,
        before.totals["computed"],
        after.totals["computed"],
        judged + routine,
        _by_line(before, after),
        {person: cause.name for cause in causes.values() for person in cause.people},
    )


def fresh_facts(before: Outcome, after: Outcome) -> list[Action]:
    """The ledger's entries that stand behind one person's month and did not behind the month before; one statement.

    Only those behind a column whose value differs. Both outcomes come with their run and inputs.
    """
    moved = _moved(before.run, after.run, {before.run_id: before.inputs, after.run_id: after.inputs})
    ids = sorted({number for numbers in moved.values() for number in numbers})
    return list(Action.objects.filter(pk__in=among(ids)).order_by("effective_on", "pk")) if ids else []


def behind(before: Run, after: Run, people: Collection[int]) -> dict[int, tuple[dict, list[Action]]]:
    """{person: (values of the month before, what the ledger has new behind this month)} of a page's people.

    Two statements. Whoever was not computed in one of the months has no values or no entries.
    """
    chosen = among(sorted(people))
    rows = Outcome.objects.filter(run__in=(before, after), person_id__in=chosen).order_by()
    inputs: dict[int, dict[int, list]] = defaultdict(dict)
    old: dict[int, dict] = {}
    for person, run, found, values in rows.values_list("person_id", "run_id", "inputs", "values"):
        inputs[person][run] = found
        if run == before.pk:
            old[person] = values
    fresh = {
        person: {number for numbers in _moved(before, after, found).values() for number in numbers}
        for person, found in inputs.items()
        if len(found) == 2
    }
    ids = sorted({number for numbers in fresh.values() for number in numbers})
    actions = {one.pk: one for one in Action.objects.filter(pk__in=among(ids))} if ids else {}
    return {
        person: (
            old.get(person, {}),
            [actions[number] for number in sorted(fresh.get(person, ())) if number in actions],
        )
        for person in inputs
    }


def _differing(run: Run, other: Run) -> Iterable[tuple[int, int, str | None]]:
    """(person, gross, state in `other`) of whoever came out in `run` and not with the same gross in `other`."""
    there = Outcome.objects.filter(run=other, person=OuterRef("person"))
    found = Outcome.objects.filter(run=run, state=COMPUTED).annotate(
        there=Subquery(there.values("state")[:1]), fen=Subquery(there.filter(state=COMPUTED).values("gross_fen")[:1])
    )
    return found.filter(Q(fen=None) | ~Q(fen=F("gross_fen"))).values_list("person_id", "gross_fen", "there")


def _by_line(before: Run, after: Run) -> list[tuple[str, int]]:
    """The earnings lines whose sums differ, in the order of the slip."""
    names = dict.fromkeys([*after.slip["earnings"], *before.slip["earnings"]])
    old, new = before.totals["lines"], after.totals["lines"]
    moved = [(name, new.get(name, 0) - old.get(name, 0)) for name in names]
    return [(name, fen) for name, fen in moved if fen]


def _why(before: Run, after: Run, people: Collection[int]) -> list[tuple[int, str]]:
    """(person, name of the cause) of people who came out in both months."""
    if not people:
        return []
    inputs: dict[int, dict[int, list]] = defaultdict(dict)
    chosen = among(sorted(people))
    rows = Outcome.objects.filter(run__in=(before, after), person_id__in=chosen)
    for person, run, found in rows.values_list("person_id", "run_id", "inputs").order_by():
        inputs[person][run] = found
    moved = {person: _moved(before, after, inputs[person]) for person in sorted(people)}
    fresh = {number for columns in moved.values() for numbers in columns.values() for number in numbers}
    kinds = dict(Action.objects.filter(pk__in=among(sorted(fresh))).values_list("pk", "kind"))
    rest = RULES if before.packs != after.packs else CALENDAR
    named = []
    for person, columns in moved.items():
        words = dict.fromkeys(
            kind
            for column, numbers in sorted(columns.items())
            for kind in sorted({kinds[number] for number in numbers if number in kinds} or {column})
        )
        named.append((person, "、".join(words) or rest))
    return named


def _moved(before: Run, after: Run, inputs: dict[int, list]) -> dict[str, set[int]]:
    """Columns whose values differ between two months, each with the ids of the actions that are new behind it."""
    old, new = _columns(inputs[before.pk], before.columns), _columns(inputs[after.pk], after.columns)
    return {
        name: new.get(name, ((), set()))[1] - old.get(name, ((), set()))[1]
        for name in sorted(old.keys() | new.keys())
        if name not in NOT_FACTS and old.get(name, ((), set()))[0] != new.get(name, ((), set()))[0]
    }


def _columns(parts: list, names: list[str]) -> dict[str, tuple[tuple, set[int]]]:
    """{column: (its values in turn, ids of the actions behind them)}; a month cut in pieces with one value is one value."""
    found: dict[str, tuple[tuple, set[int]]] = {}
    for at, name in enumerate(names):
        values: list = []
        ids: set[int] = set()
        for _, _, row, sources in parts:
            if not values or values[-1] != row[at]:
                values.append(row[at])
            ids.update(sources[at] or ())
        found[name] = (tuple(values), ids)
    return found
