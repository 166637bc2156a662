"""补发扣回: sealed months by today's knowledge, less what was paid for them and settled since, line by line.

A month is computed again with the packs and the lines of its own sealed run, over lines marked 可补 of the slip's earnings,
and only for people of whom the ledger has learnt something since. Nothing here is stored: what a run settles of it is.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import groupby
from typing import Any, cast

from django.db.models import Max, QuerySet

from gugan import policy
from gugan.accounts.bulk import among
from gugan.records import merging, roster
from gugan.records.models import Action
from gugan.runs import replay
from gugan.runs.causes import Causes
from gugan.runs.errors import RunError
from gugan.runs.models import COMPUTED, PAID, SEALED, Outcome, Run, Settlement

INCLUDED, OPENED = "纳入核算", "期初截至"
FINAL = (SEALED, PAID)


@dataclass(frozen=True, slots=True)
class Owed:
    """What is still owed (above 0) or was overpaid for one line of one sealed month, in fen: `new` − `old`."""

    person: int
    month: date
    line: str
    origin: int
    old: int
    new: int
    cause: str
    sources: tuple[int, ...]

    @property
    def fen(self) -> int:
        """The difference."""
        return self.new - self.old

    @property
    def key(self) -> tuple:
        """What makes two computations of it the same."""
        return (self.person, self.month, self.line, self.old, self.new)


@dataclass(frozen=True)
class Arrears:
    """Everything a payer owes by what is known at a moment, by person, month and line of the slip.

    unsaid: (person, month) that do not come out by today's knowledge; nothing is proposed for them until they do.
    places: {person: the workplace of the last sealed month with an amount}.
    """

    owed: list[Owed] = field(default_factory=list)
    unsaid: list[tuple[int, date]] = field(default_factory=list)
    places: dict[int, str] = field(default_factory=dict)

    def by_person(self) -> dict[int, list[Owed]]:
        """{person: what is owed, oldest first}."""
        found: dict[int, list[Owed]] = defaultdict(list)
        for one in self.owed:
            found[one.person].append(one)
        return dict(found)


def sealed_before(section: str, payer: str, month: date) -> QuerySet[Run]:
    """This payer's sealed and paid runs of all years before `month`, oldest first."""
    found = Run.objects.filter(section=section, payer_code=payer, state__in=FINAL, period_start__lt=month)
    return found.order_by("period_start", "pk")


def owed(
    *,
    section: str,
    payer: str,
    before: date,
    known_at: datetime,
    origins: Sequence[Run] | None = None,
    settled: QuerySet[Settlement] | None = None,
) -> Arrears:
    """Return what `payer` owes for sealed months before `before`, by what is known at `known_at`.

    A fixed number of statements whatever the number of people and months. origins, settled: what counts as paid, where
    that is not what is sealed now (runs.verify asks as of then). Raises RunError where a pack of then cannot be read.
    """
    runs = list(sealed_before(section, payer, before)) if origins is None else list(origins)
    if not runs:
        return Arrears()
    if settled is None:
        settled = Settlement.objects.filter(run__section=section, run__payer_code=payer, run__state__in=FINAL)
    try:
        packs = replay.packs_of(runs)
    except (LookupError, policy.PolicyErrors) as error:
        raise RunError(f"不能用当时的政策包算补发扣回：{error}") from error
    return _Reckoning(payer, known_at, runs, packs, settled).arrears()


class _Reckoning:
    """One reading of a payer's sealed months."""

    def __init__(
        self,
        payer: str,
        known_at: datetime,
        runs: list[Run],
        packs: list[policy.Pack],
        settled: QuerySet[Settlement],
    ) -> None:
        self.payer, self.known_at, self.runs, self.packs = payer, known_at, runs, packs
        self.into = merging.merged_at(known_at)
        self.settled: dict[tuple[int, date], dict[str, int]] = defaultdict(dict)
        self.behind: dict[tuple[int, date], set[int]] = defaultdict(set)
        for person, month, line, fen, sources in settled.values_list(
            "person_id", "month", "line", "amount_fen", "sources"
        ):
            key = (self.into.get(person, person), month)
            self.settled[key][line] = self.settled[key].get(line, 0) + fen
            self.behind[key].update(sources)
        self.learnt = self._learnt()
        self.outcomes: dict[int, dict[int, list[tuple]]] = defaultdict(lambda: defaultdict(list))

    def _learnt(self) -> dict[int, datetime]:
        """{person: when the ledger last learnt something of them}, since the first of the runs; merged ones as one."""
        first = min(run.known_at for run in self.runs)
        hired = Action.objects.filter(payer_code=self.payer).values("person_id")
        rows = (
            Action.objects.filter(person__in=hired, recorded_at__gt=first, recorded_at__lte=self.known_at)
            .order_by()
            .values_list("person_id")
            .annotate(last=Max("recorded_at"))
        )
        found: dict[int, datetime] = {}
        for person, last in rows:
            kept = self.into.get(person, person)
            found[kept] = max(found.get(kept, last), last)
        for person, _month in self.settled:
            found.setdefault(person, first)
        return found

    def arrears(self) -> Arrears:
        """Everything that is owed."""
        if not self.learnt:
            return Arrears()
        people = {*self.learnt, *(other for other, kept in self.into.items() if kept in self.learnt)}
        self._read_outcomes(people)
        asks = [
            roster.Ask(replay.period_of(run), replay.ledger_columns(run.columns, pack), pack.catalogue)
            for run, pack in zip(self.runs, self.packs, strict=True)
        ]
        scope = replay.table_scope(self.payer)
        tables = roster.tables(scope, asks, self.known_at, person_ids=sorted(people), payer=self.payer)
        found = Arrears()
        causes = Causes(self.known_at)
        pending: list[tuple[Run, int, str, int, int, int]] = []
        for run, pack, table in zip(self.runs, self.packs, tables, strict=True):
            fresh = {cast("int", person): list(parts) for person, parts in groupby(table, key=lambda part: part.person)}
            pending += self._month(run, pack, fresh, causes, found)
        causes.read()
        for run, person, line, old, new, number in pending:
            text, sources = causes.of(number)
            found.owed.append(Owed(person, run.period_start, line, run.pk, old, new, text, sources))
        found.owed.sort(key=lambda one: (one.person, one.month))
        return found

    def _read_outcomes(self, people: Collection[int]) -> None:
        """The outcomes of everybody in question: {run: {person who stands in: [(person, state, place, inputs, values)]}}."""
        rows = Outcome.objects.filter(run__in=[run.pk for run in self.runs], person_id__in=among(sorted(people)))
        for run, person, *rest in rows.order_by("run_id", "person_id").values_list(
            "run_id", "person_id", "state", "place_code", "inputs", "values"
        ):
            self.outcomes[run][self.into.get(person, person)].append((person, *rest))

    def _month(
        self, run: Run, pack: policy.Pack, fresh: dict[int, list[policy.Stretch]], causes: Causes, found: Arrears
    ) -> Iterator[tuple[Run, int, str, int, int, int]]:
        """(run, person, line, old, new, number of the cause) of one sealed month."""
        lines = [name for name in run.slip["earnings"] if name in pack.rules and pack.rules[name].arrears]
        then, month = self.outcomes.get(run.pk, {}), run.period_start
        names = set(replay.ledger_columns(run.columns, pack))
        places = [(at, name) for at, name in enumerate(run.columns) if name in names]
        moved = []
        for person in sorted({*then, *fresh, *(p for p, at in self.settled if at == month)}):
            rows, parts = then.get(person, []), fresh.get(person, [])
            settled = (person, month) in self.settled
            if not settled and self.learnt.get(person, run.known_at) <= run.known_at:
                continue
            if settled or len(rows) > 1 or _differ(rows, parts, places):
                moved.append(person)
        answers = self._compute(run, pack, {person: fresh[person] for person in moved if person in fresh}, lines)
        for person in moved:
            new = answers.get(person, dict.fromkeys(lines, 0))
            if new is None:
                found.unsaid.append((person, month))
                continue
            rows, settled_lines = then.get(person, []), self.settled.get((person, month), {})
            number = None
            for line in dict.fromkeys([*lines, *settled_lines]):
                paid = sum(values.get(line) or 0 for _, state, _, _, values in rows if state == COMPUTED)
                old = paid + settled_lines.get(line, 0)
                if old == new.get(line, 0):
                    continue
                if number is None:
                    old_inputs = rows[-1][3] if rows else []
                    number = causes.ask(
                        person,
                        run.known_at,
                        replay.inputs_of(fresh.get(person, ()), run.columns),
                        old_inputs,
                        len(run.columns),
                        self.behind.get((person, month), ()),
                    )
                    if rows and rows[-1][2]:
                        found.places[person] = rows[-1][2]
                    elif person in fresh:
                        found.places.setdefault(person, fresh[person][-1].values.get("工作社区") or "")
                yield run, person, line, old, new.get(line, 0), number

    def _compute(
        self, run: Run, pack: policy.Pack, people: Mapping[int, list[policy.Stretch]], lines: list[str]
    ) -> dict[int, dict[str, int] | None]:
        """{person: {line: fen}} by today's knowledge; None for somebody whose month does not come out."""
        if not people:
            return {}
        then, known = self.outcomes.get(run.pk, {}), pack.catalogue.columns
        supplied = [
            (at, name, "0.00" if known[name].unit == "元" else 0)
            for at, name in enumerate(run.columns)
            if name in known and known[name].room is not None
        ]
        table = [
            policy.Stretch(part.person, part.start, part.end, {**part.values, **given}, part.sources)
            for person, parts in people.items()
            for given in [_given(then.get(person, ()), supplied)]
            for part in parts
        ]
        printed = _printed(run)
        want = list(dict.fromkeys([*printed, *lines]))
        result = policy.evaluate(pack, table, replay.period_of(run), want=want)
        answers: dict[int, dict[str, int] | None] = {}
        for at, person in enumerate(cast("list[int]", result.people)):
            if INCLUDED in want and result.values[INCLUDED][at] is False:
                answers[person] = dict.fromkeys(lines, 0)
            elif self._opened(run, person, people[person]) or any(result.values[name][at] is None for name in printed):
                answers[person] = None
            else:
                answers[person] = {line: result.values[line][at] for line in lines}
        return answers

    def _opened(self, run: Run, person: int, parts: list[policy.Stretch]) -> bool:
        """Whether an opening balance reaches into the month, or into a month of its year that was paid here."""
        opened = parts[-1].values.get(OPENED) or ""
        if not opened:
            return False
        paid = [
            other.period_start
            for other in self.runs
            if other.period_start.year == run.period_start.year
            and other.period_start < run.period_start
            and any(row[1] == COMPUTED for row in self.outcomes.get(other.pk, {}).get(person, ()))
        ]
        return opened >= min(paid, default=run.period_start).isoformat()


def _printed(run: Run) -> list[str]:
    """The rules without which nobody's pay comes out."""
    slip = run.slip
    names = [*slip["earnings"], *slip["deductions"], *slip["employer"], *slip["totals"].values(), INCLUDED]
    return [name for name in dict.fromkeys(names) if name in run.wanted]


def _given(rows: Sequence[tuple], supplied: Sequence[tuple[int, str, Any]]) -> dict[str, Any]:
    """What the room had given for the month: as it was, or nothing paid yet. supplied: (place, column, nothing)."""
    inputs = rows[-1][3] if rows else []
    if inputs:
        values = inputs[-1][2]
        return {name: values[at] for at, name, _ in supplied if values[at] is not None}
    return {name: nothing for _, name, nothing in supplied}


def _differ(rows: Sequence[tuple], parts: Sequence[policy.Stretch], places: Sequence[tuple[int, str]]) -> bool:
    """Whether the facts behind a month are no longer those it was computed from. places: columns of the ledger."""
    then = [part for row in rows for part in row[3]]
    return len(then) != len(parts) or any(
        old[0] != new.start.isoformat()
        or old[1] != new.end.isoformat()
        or any(old[2][at] != new.values.get(name) for at, name in places)
        for old, new in zip(then, parts, strict=True)
    )


def changed(run: Run, known_at: datetime) -> list[int]:
    """People whose arrears, as known at `known_at`, are not those that the draft `run` was computed with; by id."""
    kept = Settlement.objects.filter(run=run)
    then = set(kept.values_list("person_id", "month", "line", "old_fen", "new_fen"))
    if not then and not settles(run):
        return []
    now = owed(section=run.section, payer=run.payer_code, before=run.period_start, known_at=known_at)
    return sorted({key[0] for key in then ^ {one.key for one in now.owed}})


def settles(run: Run) -> bool:
    """Whether a run computes arrears at all: the pack of its month has a line for them."""
    return any(name in run.columns for name in GIVEN)


GIVEN = ("待补发", "待扣回")
"""Columns of a pack that takes arrears: what is owed and what was overpaid, in yuan, both at least 0."""
