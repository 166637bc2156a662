"""What a pack says and nobody reads, and names that mislead: notes for its author, and the names that change a meaning."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace

from gugan.policy import grammar, nodes
from gugan.policy.bound import Bound, BoundRule
from gugan.policy.errors import PolicyErrors, Problem, hint, problem
from gugan.policy.pack import Pack, Rule
from gugan.policy.source import Text
from gugan.policy.vocabulary import BUILTINS, WORDS

VERBS = ("改", "增", "废")
_DATED = ("G301", "G302")
_NAMED = 3


def names(pack: Pack) -> Iterator[Problem]:
    """Yield names that stand for two things, or that no formula can say."""
    own = ("事实", pack.catalogue.columns), ("内置的词", BUILTINS), ("内置的词", WORDS), ("表", pack.tables)
    for name, rule in pack.rules.items():
        for what, known in own:
            if name in known:
                yield problem("G106", rule.at, name=name, what=what)
        yield from _labels(pack, rule)
        yield from _written(rule.at, name, pack.rules)
        if not _hidden(name) and not _can_be_said(rule.at.at(name)):
            yield problem("G608", rule.at, name=name)
    for name, table in pack.tables.items():
        for what, known in own[:3]:
            if name in known:
                yield problem("G106", table.at, name=name, what=what)
        yield from _written(table.at, name, pack.tables)
    for name, place in pack.slip.places.items():
        if name not in pack.rules:
            yield problem("G103", place, name=name, hint=hint(name, pack.rules))


def _written(at: Text, name: str, known: Collection[str]) -> Iterator[Problem]:
    """A name that was meant to be another: 改 without its space, or with a sign that nobody sees."""
    verb, plain = name[:1], name[1:]
    if verb in VERBS and plain in known:
        yield problem("G109", at, name=name, verb=verb, plain=plain)
    if hidden := _hidden(name):
        yield problem("G110", at, name=name, what=hidden)


def _hidden(name: str) -> str:
    found = next((char for char in name if unicodedata.category(char) in ("Cf", "Cc")), "")
    return f"U+{ord(found):04X}" if found else ""


def _labels(pack: Pack, rule: Rule) -> Iterator[Problem]:
    """A bare label is read as the rule of its name: with the label's own type that silently changes what is said."""
    for table in pack.catalogue.tables.values():
        if rule.name in table.labels:
            code = "G106" if rule.unit == table.name else "G609"
            yield problem(code, rule.at, name=rule.name, what=f"代码表“{table.name}”里的值")


def _can_be_said(name: Text) -> bool:
    try:
        return isinstance(grammar.parse(name), nodes.WName)
    except PolicyErrors:
        return False


def blocks(pack: Pack) -> Iterator[Problem]:
    """Yield what begins after its own end, and tables without a row."""
    for table in pack.tables.values():
        yield from (problem("G010", one.at, name="各行") for one in table.blocks if not one.cells and not table.mode)
    for item in (*pack.rules.values(), *pack.tables.values()):
        for block in item.blocks:
            if item.until and block.since > item.until:
                yield problem("G308", block.at, name=item.name, since=block.since, until=item.until)


def with_readers(bound: Bound) -> list[Problem]:
    """Return what is wrong with the rules bound so far; of what has no value on the day also who reads it."""
    readers: dict[Problem, list[str]] = {}
    for rule in bound.bound_rules:
        for one in rule.problems:
            found = readers.setdefault(one, [])
            if (one.line, one.path) != (rule.rule.at.line, rule.rule.at.path):
                found.append(rule.rule.name)
            elif one.code in _DATED:
                found += [other.rule.name for other in bound.bound_rules if _refers(other, rule.rule.name)]
    return [_read_by(one, names) if one.code in _DATED and names else one for one, names in readers.items()]


def _refers(rule: BoundRule, name: str) -> bool:
    return any(isinstance(part, nodes.Ref) and part.name == name for part in nodes.parts(rule.node))


def _read_by(one: Problem, names: list[str]) -> Problem:
    said = "、".join(f"“{name}”" for name in names[:_NAMED]) + ("等" if len(names) > _NAMED else "")
    return replace(one, message=f"{one.message}，{said}却要读它；补上那时的值，或让{said}那时不用")


def unused(pack: Pack, bounds: Iterable[Bound]) -> Iterator[Problem]:
    """Yield the nearest folder's rules and tables that nothing reads on any of these days; a pack without a payslip leaves
    it to packs below which of its rules are answers."""
    nearest = pack.folders[-1].label
    read: set[tuple[str, str]] = set()
    for bound in bounds:
        for rule in bound.bound_rules:
            read |= {found for part in nodes.parts(rule.node) if (found := _reads(part)) and found[1] != rule.rule.name}
    asked = {*pack.slip.places, *(str(name) for case in pack.cases for name in case.expected)}
    for name, rule in pack.rules.items():
        answer = not pack.slip.places or name in asked or any(block.form == "条件组" for block in rule.blocks)
        if rule.folder == nearest and not answer and ("规则", name) not in read:
            yield problem("G610", rule.at, what="规则", name=name)
    for name, table in pack.tables.items():
        if table.folder == nearest and ("表", name) not in read:
            yield problem("G610", table.at, what="表", name=name)
    yield from _empty_cases(pack, nearest)


def _reads(node: nodes.Core) -> tuple[str, str] | None:
    if isinstance(node, nodes.Ref) and node.kind == "规则":
        return "规则", node.name
    return ("表", node.table) if isinstance(node, nodes.Lookup | nodes.Bracket) else None


def _empty_cases(pack: Pack, nearest: str) -> Iterator[Problem]:
    for case in pack.cases:
        if case.folder == nearest and not case.expected:
            yield problem("G611", case.at, case=case.says)
