"""Why a month's pay differs from the month before: causes with people and fen that add up exactly, and the same by line.

A person stands under one cause, so the causes add up; whose facts of several kinds changed stands under their names
joined. A correction reads 更正（学历）, a withdrawal 撤销（职业资格）, a month cut by leaving 月中离职. Only people whose gross
differs are read with their inputs: at most five statements whatever the number of people.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from django.core.cache import cache
from django.db.models import F, OuterRef, Q, Subquery

from gugan.accounts.bulk import among
from gugan.lifecycle.pay.compute import MONTHS, SUPPLIED
from gugan.lifecycle.pay.settling import LINE
from gugan.records.entries import LEAVE
from gugan.records.models import Action
from gugan.runs.arrears import GIVEN
from gugan.runs.models import COMPUTED, EXCLUDED, Outcome, Run

NEW, BACK, GONE = "新进", "上月没有算出", "离岗或不在这里发"
UNSAID, LEFT_OUT = "这个月算不出", "这个月不在这里核算"
RULES, CALENDAR = "政策包更换", "到了生效的月份"
CORRECTED, WITHDRAWN, ENDED, ONCE = "更正（{name}）", "撤销（{name}）", "{name}到期", "上月的{name}"
RESIGNED, MOVED, JOINED, WHOLE = "月中离职", "月中调出", "月中入职", "上月不满一个月"
ROUTINE = (NEW, BACK, GONE, UNSAID, LEFT_OUT)
"""Causes that need no judgement stand after those that do, in this order."""
KEPT_SECONDS = 3600
NOT_FACTS = {*SUPPLIED, MONTHS}


class Shift(NamedTuple):
    """What stands behind a column whose value differs: ids of actions that are new, and of those that no longer do."""

    fresh: set[int]
    gone: set[int]


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
    key = f"bridge3:{run.pk}:{run.digest}:{before.pk}:{before.digest}"
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
    ids = sorted({number for shift in moved.values() for number in shift.fresh})
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
        person: {number for shift in _moved(before, after, found).values() for number in shift.fresh}
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
    known = _known({number for shifts in moved.values() for one in shifts.values() for number in one.fresh | one.gone})
    early = {person for person in people if inputs[person][after.pk][-1][1] < after.period_end.isoformat()}
    left = _left(early, after)
    rest = RULES if before.packs != after.packs else CALENDAR
    named = []
    for person, shifts in moved.items():
        words = [word for column, shift in shifts.items() for word in _words(column, shift, known, before, after)]
        words += _of_days(before, after, inputs[person], left=person in left)
        named.append((person, "、".join(dict.fromkeys(words)) or rest))
    return named


def _known(ids: Collection[int]) -> dict[int, dict[str, Any]]:
    """What the ledger says of actions by id, and what took their place; one statement."""
    columns = (
        "pk", "kind", "facts", "recorded_at", "replaces_id", "replaces__recorded_at", "replaces__replaces_id",
        "replaced_by__facts", "replaced_by__recorded_at",
    )  # fmt: skip
    found = Action.objects.filter(pk__in=among(sorted(ids))).order_by() if ids else Action.objects.none()
    return {one["pk"]: one for one in found.values(*columns)}


def _left(people: Collection[int], after: Run) -> set[int]:
    """Those of `people` who have left by what `after` knew; the others went to another payer. One statement."""
    if not people:
        return set()
    leaving = Action.objects.filter(person_id__in=among(sorted(people)), kind=LEAVE, recorded_at__lte=after.known_at)
    standing = leaving.exclude(facts={}).filter(Q(replaced_by=None) | Q(replaced_by__recorded_at__gt=after.known_at))
    return set(standing.order_by().values_list("person_id", flat=True))


def _words(column: str, shift: Shift, known: Mapping[int, dict[str, Any]], before: Run, after: Run) -> Iterable[str]:
    """Why one column differs, as an official says it: the kind of what was recorded, corrected, withdrawn or has ended."""
    fresh, gone = ([known[number] for number in sorted(ids) if number in known] for ids in shift)
    if column in GIVEN:
        return [_late(one, before) for one in fresh if one["recorded_at"] > before.known_at] or [LINE]
    withdrawn = [one for one in gone if _replaced(one, after) and one["replaced_by__facts"] == {}]
    if withdrawn:
        # what stands there instead was known before
        fresh = [one for one in fresh if one["recorded_at"] > before.known_at]
    words = [WITHDRAWN.format(name=_name(one)) for one in withdrawn]
    words += [CORRECTED.format(name=_name(one)) if _corrects(one, before) else _name(one) for one in fresh]
    if not words:
        words = [
            (WITHDRAWN if _replaced(one, after) else ONCE if "月份" in one["facts"] else ENDED).format(name=_name(one))
            for one in gone
        ]
    return words or [column]


def _late(one: Mapping[str, Any], before: Run) -> str:
    """What an entry behind arrears is called."""
    if not one["facts"]:
        return WITHDRAWN.format(name=_name(one))
    return CORRECTED.format(name=_name(one)) if _corrects(one, before) else _name(one)


def _replaced(one: Mapping[str, Any], after: Run) -> bool:
    return one["replaced_by__recorded_at"] is not None and one["replaced_by__recorded_at"] <= after.known_at


def _corrects(one: Mapping[str, Any], before: Run) -> bool:
    """Whether it took the place of what the month before was computed with; what came and was corrected since is new."""
    if one["replaces_id"] is None:
        return False
    return one["replaces__recorded_at"] <= before.known_at or one["replaces__replaces_id"] is not None


def _name(one: Mapping[str, Any]) -> str:
    """What an entry is called: of what is entered by the month its item (值班, 事假), else its kind."""
    item = one["facts"].get("项目") if "月份" in one["facts"] else None
    return item if isinstance(item, str) else one["kind"]


def _of_days(before: Run, after: Run, parts: Mapping[int, list], *, left: bool) -> Iterable[str]:
    """Why the days that somebody is paid for differ: came, left or was there the whole month; parts by run."""
    old, new = parts[before.pk], parts[after.pk]
    if new[-1][1] < after.period_end.isoformat():
        yield RESIGNED if left else MOVED
    if new[0][0] > after.period_start.isoformat():
        yield JOINED
    elif old[0][0] > before.period_start.isoformat() or old[-1][1] < before.period_end.isoformat():
        yield WHOLE


def _moved(before: Run, after: Run, inputs: dict[int, list]) -> dict[str, Shift]:
    """Columns whose values differ between two months, in the order of their names, each with what stands behind that."""
    old, new = _columns(inputs[before.pk], before.columns), _columns(inputs[after.pk], after.columns)
    found = {}
    for name in sorted(old.keys() | new.keys()):
        (was, behind_then), (now, behind_now) = old.get(name, ((), set())), new.get(name, ((), set()))
        if name not in NOT_FACTS and was != now:
            found[name] = Shift(behind_now - behind_then, behind_then - behind_now)
    return found


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
