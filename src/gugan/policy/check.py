"""Everything that can be wrong with a pack, found before anyone is paid: all at once, numbered and located."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

from gugan.policy.bind import MONEY, Bound
from gugan.policy.errors import PolicyErrors, Problem, hint, problem
from gugan.policy.explain import show
from gugan.policy.interpret import Interpreter, Unknown, plain, read
from gugan.policy.nodes import Type
from gugan.policy.pack import Case, Pack
from gugan.policy.source import Mapping, Node, Sequence
from gugan.policy.table import Period, Stretch
from gugan.policy.to_numpy import evaluate, prove
from gugan.policy.vocabulary import BUILTINS


def check(pack: Pack, on: date | None = None) -> list[Problem]:
    """Return every problem of a pack: on one day, or on every day on which something in it begins."""
    problems: list[Problem] = list(_slip(pack)) + list(_names(pack))
    for day in [on] if on else pack.life():
        problems += _day(pack, day)
    for case in pack.cases:
        if on is None or case.on <= on:
            problems += run_case(pack, case)
    return sorted(set(problems))


def _names(pack: Pack) -> Iterator[Problem]:
    for name, rule in pack.rules.items():
        for what, known in (("事实", pack.catalogue.columns), ("内置的词", BUILTINS), ("表", pack.tables)):
            if name in known:
                yield problem("G106", rule.at, name=name, what=what)


def _slip(pack: Pack) -> Iterator[Problem]:
    slip = pack.slip
    for name in (*slip.earnings, *slip.deductions, *slip.employer, *slip.totals.values()):
        if name not in pack.rules:
            yield problem("G103", None, name=name, hint=hint(name, pack.rules))


def _day(pack: Pack, on: date) -> list[Problem]:
    """Bind every rule that has begun by a day, and prove its bounds over declared ranges."""
    bound = Bound(pack, on)
    problems: list[Problem] = []
    period = Period.around(on)
    for name, rule in pack.rules.items():
        if rule.local or rule.block(on) is None:
            continue
        found = bound.rule(name)
        if found.node is None:
            continue
        try:
            vec = prove(bound, name, period)
        except PolicyErrors as errors:
            problems += errors.problems
            continue
        if found.type.kind == "数" and found.type.unit == MONEY and vec.scale > 2:
            problems.append(problem("G203", rule.at, name=name))
    return problems + bound.problems


def run_case(pack: Pack, case: Case) -> list[Problem]:
    """Return what differs between a worked case and both readings of the pack."""
    period = Period.around(case.on)
    try:
        bound = Bound(pack, case.on)
        stretches = stretches_of(raw(case.given), period)
        one = Interpreter(bound, stretches, period)
        problems = []
        for name, text in case.expected.items():
            if name not in pack.rules:
                problems.append(problem("G103", name, name=name, hint=hint(name, pack.rules)))
                continue
            value = one.rule(name)
            kind = bound.rule(name).type
            want = _wanted(kind, raw(text), name)
            if value != want:
                problems.append(problem("G401", name, case=case.says, name=name, want=show(want, kind), got=show(value, kind)))
            columns = evaluate(bound, stretches, period, [name])
            if (columns.values[name][0] is None) != isinstance(value, Unknown):
                problems.append(problem("G401", name, case=case.says, name=name, want=plain(value), got="两种算法不一致"))
        return problems + bound.problems
    except PolicyErrors as errors:
        return [Problem(case.at.path, case.at.line, case.at.column, p.code, p.message) if not p.line else p for p in errors.problems]


def _wanted(kind: Type, text: Any, name: str) -> Any:
    if text == "缺":
        return Unknown(())
    return read(kind if kind.kind != "?" else Type("数"), text, name)


def raw(node: Node) -> Any:
    """Return located YAML as plain JSON data."""
    if isinstance(node, Mapping):
        return {str(key): raw(value) for key, value in node.items()}
    if isinstance(node, Sequence):
        return [raw(item) for item in node]
    return str(node)


def stretches_of(facts: dict[str, Any], period: Period, person: Any = 0) -> list[Stretch]:
    """Return the stretches that plain facts describe: one whole month, or those of 各段: [{自, 止, facts…}] (止 inclusive)."""
    common = {k: v for k, v in facts.items() if k != "各段"}
    if not facts.get("各段"):
        return [Stretch(person, period.start, period.end, common)]
    found = []
    for part in facts["各段"]:
        start, last = date.fromisoformat(part["自"]), date.fromisoformat(part["止"])
        values = {**common, **{k: v for k, v in part.items() if k not in ("自", "止")}}
        found.append(Stretch(person, start, date.fromordinal(last.toordinal() + 1), values))
    return found
