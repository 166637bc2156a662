"""Which 缺省 stood in for whom: those met on the way to the answers, walked from the wanted rules down."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

import numpy as np

from gugan.policy import nodes
from gugan.policy.nodes import Core
from gugan.policy.to_numpy import Walker
from gugan.policy.vectors import Array
from gugan.policy.written import written


def assumptions(walker: Walker, want: Sequence[str], people: list[Hashable]) -> dict[Hashable, tuple[str, ...]]:
    """Return {person: sentences on each default used}, those without one left out."""
    found = _Descent(walker).run(want)
    if not found:
        return {}
    used = np.array([mask for _, mask in found])
    patterns, which = np.unique(used, axis=1, return_inverse=True)
    sentences = [tuple(found[i][0] for i in np.flatnonzero(pattern)) for pattern in patterns.T]
    return {people[i]: sentences[p] for i, p in enumerate(which.reshape(-1).tolist()) if sentences[p]}


class _Descent:
    """Follows what interpret.py would evaluate: the chosen branch, the rows that apply, never past a given value."""

    def __init__(self, walker: Walker):
        self.walker, self.bound = walker, walker.bound
        self.asked: dict[str, Array] = {}
        self.used: dict[tuple[str, int], Array] = {}
        self.defaulting: frozenset[str] = frozenset()
        self.rule = ""

    def run(self, want: Sequence[str]) -> list[tuple[str, Array]]:
        """Return (sentence, mask over people) of each default that was used, in order of meeting its rule."""
        behind = self.bound.behind(want)
        self.defaulting = behind.defaulting
        for name in want:
            if name in self.defaulting:
                rows = np.zeros(self.walker.count(self.walker.is_seg(name)), dtype=bool)
                rows[self.walker.lasts if self.walker.is_seg(name) else slice(None)] = True
                self.ask(name, rows)
        for name in behind.downward:
            if name in self.asked:
                self.into(name)
        return [
            (f"{name}：缺{written(node.operand)}，按{written(node.other)}", mask)
            for name in behind.rules
            for node in nodes.parts(self.bound.rule(name).node)
            if isinstance(node, nodes.Default) and (mask := self.used.get((name, id(node)))) is not None and mask.any()
        ]

    def ask(self, name: str, rows: Array) -> None:
        """Note that some rows need a rule."""
        self.asked[name] = self.asked[name] | rows if name in self.asked else rows

    def into(self, name: str) -> None:
        """Descend into a rule where it was not given."""
        rows, node, seg = self.asked[name], self.bound.rule(name).node, self.walker.is_seg(name)
        if name in self.walker.given_names:
            rows = rows & ~self.walker.encoded(name, seg).known
        if node is not None:
            self.rule = name
            self.follow(node, rows, seg)

    def follow(self, node: Core, rows: Array, seg: bool) -> None:
        """Descend into a node for some rows."""
        match node:
            case nodes.Ref():
                if node.kind == "规则" and node.name in self.defaulting:
                    self.ask(node.name, self.in_rows_of(node.name, rows, seg))
            case nodes.Default():
                self.follow(node.operand, rows, seg)
                lacking = rows & ~self.walker.walk(node.operand, seg).known
                self.follow(node.other, lacking, seg)
                self.note(node, lacking & self.walker.walk(node.other, seg).known, seg)
            case nodes.Segments():
                self.follow(node.operand, self.walker.spread_mask(rows), True)
            case nodes.Choose():
                self.follow(node.condition, rows, seg)
                condition = self.walker.walk(node.condition, seg)
                holds = condition.values.astype(bool)
                self.follow(node.then, rows & condition.known & holds, seg)
                self.follow(node.other, rows & condition.known & ~holds, seg)
            case nodes.Exceptions():
                alone, general = self.walker.winners(node, seg)
                self.follow(node.general, rows & general, seg)
                for row, wins in zip(node.rows, alone, strict=True):
                    self.follow_condition(row, rows, seg)
                    self.follow(row.value, rows & wins, seg)
            case nodes.FirstOf() | nodes.SumOf() | nodes.HighestOf():
                self.follow_rows(node, rows, seg)
            case _:
                for child in nodes.children(node):
                    self.follow(child, rows, seg)

    def follow_condition(self, row: nodes.Row, rows: Array, seg: bool) -> None:
        """Descend into a row's condition."""
        if row.condition:
            self.follow(row.condition, rows, seg)

    def follow_rows(self, node: nodes.FirstOf | nodes.SumOf | nodes.HighestOf, rows: Array, seg: bool) -> None:
        """Descend into the rows that apply; 首个 looks no further than the first."""
        for row in node.rows:
            self.follow_condition(row, rows, seg)
            condition = self.walker.condition(row, seg)
            holds = condition.known & condition.values.astype(bool)
            self.follow(row.value, rows & holds, seg)
            if isinstance(node, nodes.FirstOf):
                rows = rows & condition.known & ~holds

    def in_rows_of(self, name: str, rows: Array, seg: bool) -> Array:
        """Bring a mask to the rows of a rule."""
        if seg and not self.walker.is_seg(name):
            return self.walker.any_of_person(rows)
        return rows

    def note(self, node: nodes.Default, rows: Array, seg: bool) -> None:
        """Note that a default stood in."""
        people = self.walker.any_of_person(rows) if seg else rows
        key = (self.rule, id(node))
        self.used[key] = self.used[key] | people if key in self.used else people
