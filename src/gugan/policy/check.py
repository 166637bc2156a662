"""Everything that can be wrong with a pack, found before anyone is paid: all at once, numbered and located."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date
from typing import Any

from gugan.policy import coverage, nodes, regions, tidy
from gugan.policy.bound import Bound, BoundRule
from gugan.policy.catalogue import MONEY
from gugan.policy.errors import PolicyErrors, Problem, hint, problem
from gugan.policy.evaluate import evaluate
from gugan.policy.family import Family
from gugan.policy.given import read, stretches_of
from gugan.policy.interpret import Interpreter, Unknown, because, canonical, plain
from gugan.policy.lower import Lower
from gugan.policy.pack import Case, Pack
from gugan.policy.source import Mapping as Written
from gugan.policy.source import Node, Sequence
from gugan.policy.spans import YEAR
from gugan.policy.table import Period
from gugan.policy.tree import show

UNSAID = "缺"


def check(pack: Pack, on: date | None = None, *, notes: bool = False) -> list[Problem]:
    """Return every problem of a pack: on one day, or on every day on which something in it begins.

    notes: also what is worth a look but no obstacle (Problem.is_note). The worked cases are those of the nearest folder:
    an upper one's hold for the upper pack, which a nearer one changes.
    """
    days = _Days(pack)
    problems = [*tidy.names(pack), *tidy.blocks(pack)]
    for day in [on] if on else pack.life():
        problems += days.day(day)
    # what a broken rule reads cannot be told
    if notes and on is None and all(one.is_note for one in problems):
        problems += tidy.unused(pack, list(days.bounds.values()))
    nearest = pack.folders[-1].label
    cases = [case for case in pack.cases if case.folder == nearest and (on is None or case.on <= on)]
    problems += _run_cases(pack, days, cases)
    return sorted({one for one in problems if notes or not one.is_note})


class _Days:
    """A pack day by day: each day is bound once, and what reads the same on a later day is not looked at again."""

    def __init__(self, pack: Pack):
        self.pack = pack
        self.bounds: dict[date, Bound] = {}
        self._looked: set[tuple] = set()

    def bound(self, on: date) -> Bound:
        """Return the pack as it reads on a day."""
        if on not in self.bounds:
            self.bounds[on] = Bound(self.pack, on)
        return self.bounds[on]

    def day(self, on: date) -> list[Problem]:
        """Bind every rule and table that has begun by a day, and prove bounds over declared ranges."""
        pack, bound = self.pack, self.bound(on)
        problems: list[Problem] = []
        for name, table in pack.tables.items():
            if table.block(on) is not None:
                try:
                    bound.table(name)
                except PolicyErrors as errors:
                    problems += errors.problems
        lower = Lower(Family([(bound, Period.around(on))]), {})
        in_force = [name for name, rule in pack.rules.items() if not rule.local and rule.block(on) is not None]
        for name in _sound(bound, in_force):
            problems += _prove(bound, lower, name)
        slip = [name for name in pack.slip.places if name in pack.rules]
        local = [name for name in bound.behind(slip).rules if pack.rules[name].local]
        problems += [problem("G108", pack.rules[name].at, name=name) for name in local]
        for rule in bound.bound_rules:
            problems += self.rows(bound, lower, rule)
        return problems + tidy.with_readers(bound)

    def rows(self, bound: Bound, lower: Lower, rule: BoundRule) -> Iterator[Problem]:
        """Tell of the rows of a rule, and of the tables it reads, unless an earlier day did."""
        for form in nodes.parts(rule.node):
            if isinstance(form, nodes.Lookup | nodes.Bracket):
                key = (form.table, bound.table(form.table).block.since, regions.shape(form))
            else:
                key = (rule.rule.name, rule.block and rule.block.since, form.at.line, form.at.column, type(form))
            if key not in self._looked:
                self._looked.add(key)
                if isinstance(form, nodes.Lookup):
                    yield from coverage.of_table(bound, form, lower)
                elif isinstance(form, nodes.Bracket):
                    yield from coverage.of_scale(bound, form, lower)
                else:
                    yield from _rows(bound, form)


def _rows(bound: Bound, form: nodes.Core) -> Iterator[Problem]:
    """Tell of rows that overlap, leave a gap, contradict each other or are never reached."""
    if isinstance(form, nodes.Exceptions):
        yield from _overlaps(bound, form)
        yield from _never(bound, form.rows)
    elif isinstance(form, nodes.FirstOf):
        yield from _gaps(bound, form)
    elif isinstance(form, nodes.HighestOf | nodes.SumOf):
        yield from _never(bound, form.rows)
    elif isinstance(form, nodes.AllOf):
        alone = list(_never(bound, form.rows))
        yield from alone or _contradictions(bound, form)


def _overlaps(bound: Bound, form: nodes.Exceptions) -> Iterator[Problem]:
    for one in regions.overlaps(bound, form.rows):
        first, second = (_row_name(form.rows[index]) for index in one.rows)
        at = form.rows[one.rows[1]].at
        if one.example:
            yield problem("G220" if one.sure else "G601", at, first=first, second=second, example=one.example)
        else:
            yield problem("G603", at, what=f"{first}和{second}会不会同时适用")


def _gaps(bound: Bound, form: nodes.FirstOf) -> Iterator[Problem]:
    for one in regions.gaps(bound, form.rows):
        if one.kind == "轮不到":
            yield problem("G222", form.rows[one.rows[0]].at)
        elif one.example:
            yield problem("G221" if one.sure else "G602", form.at, example=one.example)
        else:
            yield problem("G603", form.at, what="会不会没有一行合适")


def _never(bound: Bound, rows: tuple[nodes.Row, ...]) -> Iterator[Problem]:
    for one in regions.never(bound, rows):
        at = rows[one.rows[0]].at
        yield problem("G225", at) if one.sure else problem("G603", at, what="这一行会不会成立")


def _contradictions(bound: Bound, form: nodes.AllOf) -> Iterator[Problem]:
    for one in regions.contradictions(bound, form.rows):
        if not one.sure:
            yield problem("G603", form.at, what="这一组条件会不会全部成立")
        elif len(one.rows) == 2:
            names = "和".join(_row_name(form.rows[index]) for index in one.rows)
            yield problem("G226", form.at, rows=f"{names}互相矛盾")
        else:
            yield problem("G226", form.at, rows="合起来互相矛盾")


def _row_name(row: nodes.Row) -> str:
    return f"“{row.at}”"


def _sound(bound: Bound, names: list[str]) -> list[str]:
    """Return the rules that can be computed, after those they read: nothing is wrong with them or behind them."""
    wrong: set[str] = set()
    sound = []
    for name in reversed(bound.behind(names).downward):
        rule = bound.rule(name)
        refs = {part.name for part in nodes.parts(rule.node) if isinstance(part, nodes.Ref) and part.kind == "规则"}
        if rule.problems or refs & wrong:
            wrong.add(name)
        elif not rule.rule.local:
            sound.append(name)
    return sound


def _prove(bound: Bound, lower: Lower, name: str) -> list[Problem]:
    """Lower a rule with gaps anywhere: its numbers must be held exactly whatever facts are given, money in fen."""
    try:
        val = lower.rule(name)
    except PolicyErrors as errors:
        return list(errors.problems)
    found = bound.rule(name)
    if found.type.kind == "数" and found.type.unit == MONEY and val.scale > 2:
        return [problem("G203", found.rule.at, name=name)]
    return []


def _run_cases(pack: Pack, days: _Days, cases: list[Case]) -> Iterator[Problem]:
    """Run worked cases, those of one day as one table; where that cannot be read, one by one, so that each says why."""
    for on in sorted({case.on for case in cases}):
        of_day, bound = [case for case in cases if case.on == on], days.bound(on)
        try:
            answers = _together(pack, bound, of_day)
        except PolicyErrors:
            answers = [None] * len(of_day)
        for case, found in zip(of_day, answers, strict=True):
            yield from run_case(pack, case, bound, found)


def _together(pack: Pack, bound: Bound, cases: list[Case]) -> list[dict[str, Any] | None]:
    period = Period.around(bound.on)
    wanted = list(dict.fromkeys(name for case in cases for name in case.expected if name in pack.rules))
    stretches = [s for number, case in enumerate(cases) for s in stretches_of(_raw(case.given), period, number)]
    values = evaluate(bound, stretches, period, wanted).values
    return [{name: values[name][number] for name in wanted} for number in range(len(cases))]


def run_case(
    pack: Pack, case: Case, bound: Bound | None = None, answers: Mapping[str, Any] | None = None
) -> list[Problem]:
    """Return what differs between a worked case and both readings of the pack. bound: the pack on the case's day;
    answers: what the table gave, where it was asked already."""
    period = Period.around(case.on)
    problems: list[Problem] = []
    known = [*pack.catalogue.columns, *pack.rules]
    given, wanted = _raw(case.given), [name for name in case.expected if name in pack.rules]
    names = [(name, known) for name in _given_names(case.given)]
    names += [(name, list(pack.rules)) for name in case.expected]
    for name, among in names:
        if name not in among:
            problems.append(problem("G103", name, name=name, hint=hint(name, among)))
    if problems:
        return problems
    if any(pack.rules[name].per == YEAR for name in wanted):
        period = replace(Period.year(case.on.year), on=case.on)
    try:
        bound = bound or Bound(pack, case.on)
        bound.require(wanted)
        stretches = stretches_of(given, period)
        one = Interpreter(bound, stretches, period)
        if answers is None:
            answers = {name: values[0] for name, values in evaluate(bound, stretches, period, wanted).values.items()}
        for name in case.expected:
            value, kind = one.rule(name), bound.rule(name).type
            text = _raw(case.expected[name])
            want = Unknown(()) if text == UNSAID else read(bound.given(name), text)
            agree = isinstance(value, Unknown) if text == UNSAID else value == want
            if not agree:
                shown = UNSAID if text == UNSAID else show(want, kind)
                got = because(value.names) if isinstance(value, Unknown) else show(value, kind)
                problems.append(problem("G401", name, case=case.says, name=name, want=shown, got=got))
            if answers[name] != canonical(value, kind):
                problems.append(problem("G403", name, case=case.says, name=name, one=plain(value), many=answers[name]))
    except PolicyErrors as errors:
        at = case.at
        return [p if p.line else Problem(at.path, at.line, at.column, p.code, p.message) for p in errors.problems]
    return problems


def _given_names(given: Written) -> Iterator[Any]:
    """Yield the names that a case gives values for, with their places."""
    for name, value in given.items():
        if name == "各段" and isinstance(value, Sequence):
            for part in value:
                yield from (key for key in part if key not in ("自", "止")) if isinstance(part, Written) else ()
        else:
            yield name


def _raw(node: Node) -> Any:
    """Return located YAML as plain JSON data."""
    if isinstance(node, Written):
        return {str(key): _raw(value) for key, value in node.items()}
    if isinstance(node, Sequence):
        return [_raw(item) for item in node]
    return str(node)
