"""Group words over columns: before the blocks go by, each is worked out over the whole table, and handed in as a column.

Groups are runs of rows sorted by their keys and values, so no block cuts one; answers go back to the caller's order.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np

from gugan.policy import nodes
from gugan.policy.bound import Behind, Bound
from gugan.policy.catalogue import MONEY
from gugan.policy.errors import fail
from gugan.policy.interpret import Unknown, Value
from gugan.policy.intervals import LIMIT
from gugan.policy.lower import MOST_PEOPLE, Lower
from gugan.policy.table import Result
from gugan.policy.to_numpy import Array
from gugan.policy.whole import incomplete, name_of


def groups_behind(bound: Bound, behind: Behind) -> list[nodes.Group]:
    """Return the group words behind an answer, each after those it reads."""
    found: dict[str, nodes.Group] = {}
    for name in reversed(behind.downward):
        for part in nodes.parts(bound.rule(name).node):
            if isinstance(part, nodes.Group):
                found.setdefault(part.label, part)
    return list(found.values())


class Columns:
    """The answers of group words over a table: exact whole numbers in the scale of their plan, and why some are not known."""

    def __init__(self, family: Any):
        self.family = family
        self.values: dict[str, Array] = {}
        self.known: dict[str, Array] = {}
        self.why: dict[str, dict[Hashable, Unknown]] = {}
        self.scales: dict[str, int] = {}
        self.places: dict[Hashable, int] = {}

    def answer(self, node: nodes.Group, person: Hashable) -> Value:
        """Return the answer of a group word for one person, as the interpreter asks for it."""
        place, label = self.places[person], node.label
        if not self.known[label][place]:
            return self.why[label][person]
        return Fraction(int(self.values[label][place]), 10 ** self.scales[label])

    def add(self, node: nodes.Group, ask: Callable[[list[str]], Result]) -> None:
        """Work out one group word; `ask` gives the answers of names over the whole table. Raises PolicyErrors G503."""
        operand, keys = name_of(node.operand), [name_of(key) for key in node.keys]
        result = ask(list(dict.fromkeys([*keys, *([operand] if operand else [])])))
        people = result.people
        if len(people) > MOST_PEOPLE:
            raise fail("G245", node.at, word=node.word, most=MOST_PEOPLE)
        self.places = self.places or {person: place for place, person in enumerate(people)}
        in_group, group = _numbered([result.values[key] for key in keys], len(people))
        scale = Lower(self.family, {}).group_scale(node)
        self.scales[node.label] = scale if node.word == "组计" else 0
        money = node.operand is not None and node.operand.type.unit == MONEY
        own, has = _exact(result.values[operand], scale, money) if operand else (None, np.ones(len(people), dtype=bool))
        counted = has & in_group
        size = int(group.max(initial=-1)) + 1
        members, known = (np.bincount(group[mask], minlength=size) for mask in (in_group, counted))
        complete = (known == members) | np.bool_(node.skips)
        if node.word == "名次":
            assert own is not None
            values, said = _places(group, own, counted, node.ties), counted & complete[group]
        else:
            values = _sums(group, own, counted, size) if node.word == "组计" and own is not None else known
            values, said = values[group], in_group & complete[group]
        self.values[node.label], self.known[node.label] = np.where(said, values, 0).astype(np.int64), said
        why = self.why[node.label] = {}
        for place in np.flatnonzero(~said).tolist():
            person = people[place]
            lacking = [Unknown(result.missing[key][person]) for key in keys if person in result.missing[key]]
            if not lacking and node.word == "名次" and not has[place]:
                lacking = [Unknown(result.missing[operand][person])]
            why[person] = Unknown.join(*lacking) if lacking else incomplete(node)


def _numbered(keys: Sequence[list[Any]], count: int) -> tuple[Array, Array]:
    """Return (which rows have all their keys, the number of each row's group; 0 where it has none)."""
    numbers: dict[tuple, int] = {}
    group, inside = np.zeros(count, dtype=np.int64), np.ones(count, dtype=bool)
    for row in range(count):
        own = tuple(values[row] for values in keys)
        if None in own:
            inside[row] = False
        else:
            group[row] = numbers.setdefault(own, len(numbers))
    return inside, group


def _exact(values: list[Any], scale: int, money: bool) -> tuple[Array, Array]:
    """Return (answers as whole numbers in a scale, where there are any)."""
    ten = 10**scale
    places = 100 if money else 1
    has = np.array([value is not None for value in values], dtype=bool)
    exact = [0 if v is None else int(v * ten) // places if isinstance(v, int | Decimal) else 0 for v in values]
    return np.array(exact, dtype=np.int64), has


def _sums(group: Array, own: Array, counted: Array, size: int) -> Array:
    if len(own) and int(np.abs(own).max()) * len(own) >= LIMIT:
        raise fail("G503", rule="组计", high="很大的数")
    found = np.zeros(size, dtype=np.int64)
    np.add.at(found, group[counted], own[counted])
    return found


def _places(group: Array, own: Array, counted: Array, ties: str) -> Array:
    """Return the place of each counted row in its group, the highest first."""
    found = np.zeros(len(own), dtype=np.int64)
    rows = np.flatnonzero(counted)
    if not len(rows):
        return found
    rows = rows[np.lexsort((-own[rows], group[rows]))]
    groups, values, order = group[rows], own[rows], np.arange(len(rows))
    new_group = np.append(True, groups[1:] != groups[:-1])
    new_value = new_group | np.append(True, values[1:] != values[:-1])
    start = np.maximum.accumulate(np.where(new_group, order, 0))
    if ties == "连号":
        steps = np.cumsum(new_value)
        found[rows] = steps - steps[start] + 1
    elif ties == "占位":
        found[rows] = np.maximum.accumulate(np.where(new_value, order, 0)) - start + 1
    else:
        firsts = np.flatnonzero(new_value)
        lasts = np.append(firsts[1:], len(rows)) - 1
        found[rows] = lasts[np.cumsum(new_value) - 1] - start + 1
    return found
