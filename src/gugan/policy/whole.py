"""The whole table, row by row: this file says what group words mean; columns of groups (groups.py) must agree with it.

A row is a person. Rows whose group cannot be said belong to no group. What a word does with rows that lack the value is
written with it: 缺：不计 passes over them, 缺：算不出 makes the answer of the whole group one that cannot be said.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from fractions import Fraction
from itertools import groupby
from typing import Any, Protocol

from gugan.policy import nodes
from gugan.policy.bound import Bound
from gugan.policy.interpret import Interpreter, Unknown, Value
from gugan.policy.table import Period, Stretch

Row = tuple[Sequence[Value], Value]
"""(Values of the keys, value of the operand) of one person."""


class Groups(Protocol):
    """What knows the answers of group words."""

    def answer(self, node: nodes.Group, person: Hashable) -> Value:
        """Return the answer of a group word for one person."""


class Whole:
    """Everybody's rows; answers are worked out when they are asked for."""

    def __init__(self, bound: Bound, stretches: Sequence[Stretch], period: Period):
        self.people: dict[Hashable, Interpreter] = {}
        for person, own in groupby(stretches, key=lambda stretch: stretch.person):
            self.people[person] = Interpreter(bound, list(own), period, self)
        self._rows: dict[str, dict[Hashable, Row]] = {}

    def answer(self, node: nodes.Group, person: Hashable) -> Value:
        """Return the answer of a group word for one person."""
        if node.label not in self._rows:
            self._rows[node.label] = {who: self._row(node, one) for who, one in self.people.items()}
        return grouped(node, self._rows[node.label], person)

    @staticmethod
    def _row(node: nodes.Group, one: Interpreter) -> Row:
        keys = [one.value(key, None) for key in node.keys]
        return keys, None if node.operand is None else one.value(node.operand, None)


def grouped(node: nodes.Group, rows: Mapping[Hashable, Row], person: Hashable) -> Value:
    """Return the answer of a group word for one person of a table."""
    keys, own = rows[person]
    if any(isinstance(key, Unknown) for key in keys):
        return Unknown.join(*keys)
    group = [value for others, value in rows.values() if list(others) == list(keys)]
    if node.operand is None:
        return Fraction(len(group))
    if node.word == "名次" and isinstance(own, Unknown):
        return own
    known = [value for value in group if not isinstance(value, Unknown)]
    if not node.skips and len(known) < len(group):
        return incomplete(node)
    if node.word == "组计":
        return sum(known, Fraction(0))
    return Fraction(ranked(own, known, node.ties) if node.word == "名次" else len(known))


def incomplete(node: nodes.Group) -> Unknown:
    """Return why a group has no answer when somebody in it lacks the value."""
    return Unknown((f"组里有人算不出“{name_of(node.operand)}”",))


def ranked(own: Any, known: Sequence[Any], ties: str) -> int:
    """Return the place of a value, the highest first. ties: 占位 1,2,2,4; 连号 1,2,2,3; 取后 1,3,3,4."""
    higher = [value for value in known if value > own]
    if ties == "连号":
        return len(set(higher)) + 1
    return len(higher) + (known.count(own) if ties == "取后" else 1)


def name_of(node: nodes.Core | None) -> str:
    """Return the name that an operand or a key is."""
    return node.name if isinstance(node, nodes.Ref) else ""
