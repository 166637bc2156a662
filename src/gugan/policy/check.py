"""Everything that can be wrong with a pack, found before anyone is paid: all at once, numbered and located."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

from gugan.policy import nodes, regions
from gugan.policy.bound import Bound
from gugan.policy.catalogue import MONEY
from gugan.policy.errors import PolicyErrors, Problem, hint, problem
from gugan.policy.evaluate import evaluate
from gugan.policy.family import Family
from gugan.policy.given import read, stretches_of
from gugan.policy.interpret import Interpreter, Unknown, because, canonical, plain
from gugan.policy.lower import Lower
from gugan.policy.pack import Case, Pack
from gugan.policy.source import Mapping, Node, Sequence
from gugan.policy.table import Period
from gugan.policy.tree import show
from gugan.policy.vocabulary import BUILTINS

UNSAID = "缺"


def check(pack: Pack, on: date | None = None, *, notes: bool = False) -> list[Problem]:
    """Return every problem of a pack: on one day, or on every day on which something in it begins.

    notes: also what is worth a look but no obstacle (Problem.is_note). The worked cases are those of the nearest folder:
    an upper one's hold for the upper pack, which a nearer one changes.
    """
    problems = list(_names(pack))
    for day in [on] if on else pack.life():
        problems += _day(pack, day)
    nearest, bounds = pack.folders[-1].label, dict[date, Bound]()
    for case in pack.cases:
        if case.folder == nearest and (on is None or case.on <= on):
            problems += run_case(pack, case, bounds)
    return sorted({one for one in problems if notes or not one.is_note})


def _names(pack: Pack) -> Iterator[Problem]:
    for name, rule in pack.rules.items():
        for what, known in (("事实", pack.catalogue.columns), ("内置的词", BUILTINS), ("表", pack.tables)):
            if name in known:
                yield problem("G106", rule.at, name=name, what=what)
    for name, place in pack.slip.places.items():
        if name not in pack.rules:
            yield problem("G103", place, name=name, hint=hint(name, pack.rules))


def _day(pack: Pack, on: date) -> list[Problem]:
    """Bind every rule and table that has begun by a day, and prove bounds over declared ranges."""
    bound = Bound(pack, on)
    problems: list[Problem] = []
    for name, table in pack.tables.items():
        if table.block(on) is not None:
            try:
                bound.table(name)
            except PolicyErrors as errors:
                problems += errors.problems
    lower = Lower(Family([(bound, Period.around(on))]), {})
    for name, rule in pack.rules.items():
        if not rule.local and rule.block(on) is not None:
            problems += _prove(bound, lower, name)
    slip = [name for name in pack.slip.places if name in pack.rules]
    local = [name for name in bound.behind(slip).rules if pack.rules[name].local]
    problems += [problem("G108", pack.rules[name].at, name=name) for name in local]
    problems += [one for bound_rule in bound.bound_rules if bound_rule.node for one in _rows(bound, bound_rule.node)]
    return problems + bound.problems


def _rows(bound: Bound, node: nodes.Core) -> Iterator[Problem]:
    """Tell of exceptions that overlap, and of 首个 with cases that no row fits or rows that are never reached."""
    for form in nodes.parts(node):
        if isinstance(form, nodes.Exceptions):
            for one in regions.overlaps(bound, form.rows):
                first, second = (_row_name(form.rows[index]) for index in one.rows)
                at = form.rows[one.rows[1]].at
                if one.example:
                    yield problem("G220" if one.sure else "G601", at, first=first, second=second, example=one.example)
                else:
                    yield problem("G603", at, what=f"{first}和{second}会不会同时适用")
        elif isinstance(form, nodes.FirstOf):
            for one in regions.gaps(bound, form.rows):
                if one.kind == "轮不到":
                    yield problem("G222", form.rows[one.rows[0]].at)
                elif one.example:
                    yield problem("G221" if one.sure else "G602", form.at, example=one.example)
                else:
                    yield problem("G603", form.at, what="会不会没有一行合适")


def _row_name(row: nodes.Row) -> str:
    return f"“{row.at}”"


def _prove(bound: Bound, lower: Lower, name: str) -> list[Problem]:
    """Lower a rule with gaps anywhere: its numbers must be held exactly whatever facts are given, money in fen."""
    try:
        bound.require([name])
        val = lower.rule(name)
    except PolicyErrors as errors:
        return list(errors.problems)
    found = bound.rule(name)
    if found.type.kind == "数" and found.type.unit == MONEY and val.scale > 2:
        return [problem("G203", found.rule.at, name=name)]
    return []


def run_case(pack: Pack, case: Case, bounds: dict[date, Bound] | None = None) -> list[Problem]:
    """Return what differs between a worked case and both readings of the pack; `bounds` are kept from case to case."""
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
    try:
        bounds = {} if bounds is None else bounds
        bound = bounds[case.on] if case.on in bounds else bounds.setdefault(case.on, Bound(pack, case.on))
        bound.require(wanted)
        stretches = stretches_of(given, period)
        one = Interpreter(bound, stretches, period)
        result = evaluate(bound, stretches, period, wanted)
        for name in case.expected:
            value, kind = one.rule(name), bound.rule(name).type
            text = _raw(case.expected[name])
            want = Unknown(()) if text == UNSAID else read(bound.given(name), text)
            agree = isinstance(value, Unknown) if text == UNSAID else value == want
            if not agree:
                shown = UNSAID if text == UNSAID else show(want, kind)
                got = because(value.names) if isinstance(value, Unknown) else show(value, kind)
                problems.append(problem("G401", name, case=case.says, name=name, want=shown, got=got))
            if result.values[name][0] != canonical(value, kind):
                problems.append(
                    problem("G403", name, case=case.says, name=name, one=plain(value), many=result.values[name][0])
                )
    except PolicyErrors as errors:
        at = case.at
        return [p if p.line else Problem(at.path, at.line, at.column, p.code, p.message) for p in errors.problems]
    return problems


def _given_names(given: Mapping) -> Iterator[Any]:
    """Yield the names that a case gives values for, with their places."""
    for name, value in given.items():
        if name == "各段" and isinstance(value, Sequence):
            for part in value:
                yield from (key for key in part if key not in ("自", "止")) if isinstance(part, Mapping) else ()
        else:
            yield name


def _raw(node: Node) -> Any:
    """Return located YAML as plain JSON data."""
    if isinstance(node, Mapping):
        return {str(key): _raw(value) for key, value in node.items()}
    if isinstance(node, Sequence):
        return [_raw(item) for item in node]
    return str(node)
