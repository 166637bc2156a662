"""Which 缺省 stood in for whom: those met on the way to the answers, followed from the wanted rules down.

Follows what interpret.py would evaluate (the chosen branch, the rows that apply, never past a given value), as truths of
the same plan that gives the answers.
"""

from __future__ import annotations

from collections.abc import Sequence

from gugan.policy import nodes
from gugan.policy.lower import Lower
from gugan.policy.nodes import Core
from gugan.policy.written import written


def assumptions(lower: Lower, want: Sequence[str]) -> list[tuple[str, int]]:
    """Return (sentence, where the default was used, per person) of each 缺省, in order of meeting its rule."""
    return _Descent(lower).run(want)


class _Descent:
    """`asked`: where each rule is asked for, in its own rows; `used`: where each 缺省 stood in, per person."""

    def __init__(self, lower: Lower):
        self.lower, self.plan, self.family = lower, lower.plan, lower.family
        self.asked: dict[str, int] = {}
        self.used: dict[tuple[str, int], int] = {}
        self.defaulting: frozenset[str] = frozenset()
        self.rule = ""

    def run(self, want: Sequence[str]) -> list[tuple[str, int]]:
        """Return the sentences and where they hold."""
        behind = self.family.first.behind(want)
        self.defaulting = behind.defaulting
        for name in want:
            if name in self.defaulting:
                self.ask(name, self.plan.is_last() if self.lower.is_seg(name) else self.plan.yes)
        for name in behind.downward:
            if name in self.asked:
                self.into(name)
        return [
            (f"{name}：缺{written(node.operand)}，按{written(node.other)}", used)
            for name in behind.rules
            for node in nodes.parts(self.family.node(name))
            if isinstance(node, nodes.Default) and (used := self.used.get((name, id(node)))) is not None
        ]

    def ask(self, name: str, where: int) -> None:
        """Note that some rows need a rule."""
        self.asked[name] = self.plan.either(self.asked.get(name, self.plan.no), where)

    def into(self, name: str) -> None:
        """Descend into a rule where it was not given."""
        where, node, seg = self.asked[name], self.family.node(name), self.lower.is_seg(name)
        if node is None:
            return
        if name in self.lower.states:
            where = self.plan.both(where, self.plan.negate(self.lower.given(name, seg).known))
        self.rule = name
        self.follow(node, where, seg)

    def follow(self, node: Core, where: int, seg: bool) -> None:
        """Descend into a node for some rows."""
        plan = self.plan
        if where == plan.no:
            return
        match node:
            case nodes.Ref():
                if node.kind == "规则" and node.name in self.defaulting:
                    self.ask(node.name, where if self.lower.is_seg(node.name) or not seg else plan.some(where))
            case nodes.Default():
                self.follow(node.operand, where, seg)
                lacking = plan.both(where, plan.negate(self.lower.walk(node.operand, seg).known))
                self.follow(node.other, lacking, seg)
                used = plan.some(plan.both(lacking, self.lower.walk(node.other, seg).known))
                key = (self.rule, id(node))
                self.used[key] = plan.either(self.used.get(key, plan.no), used)
            case nodes.Segments():
                self.follow(node.operand, plan.spread(where), True)
            case nodes.Choose():
                self.follow(node.condition, where, seg)
                condition = self.lower.walk(node.condition, seg)
                asked = plan.both(where, condition.known)
                self.follow(node.then, plan.both(asked, condition.value), seg)
                self.follow(node.other, plan.both(asked, plan.negate(condition.value)), seg)
            case nodes.Exceptions():
                self.follow_exceptions(node, where, seg)
            case nodes.FirstOf() | nodes.SumOf() | nodes.HighestOf():
                self.follow_rows(node, where, seg)
            case _:
                for child in nodes.children(node):
                    self.follow(child, where, seg)

    def follow_exceptions(self, node: nodes.Exceptions, where: int, seg: bool) -> None:
        """Descend into every condition, and into the one value that stands."""
        plan = self.plan
        applies, known, twice = self.lower.applying(node, seg)
        sure = plan.both(where, known, plan.negate(twice))
        self.follow(node.general, plan.both(sure, *(plan.negate(one) for one in applies)), seg)
        for row, one in zip(node.rows, applies, strict=True):
            if row.condition:
                self.follow(row.condition, where, seg)
            self.follow(row.value, plan.both(sure, one), seg)

    def follow_rows(self, node: nodes.FirstOf | nodes.SumOf | nodes.HighestOf, where: int, seg: bool) -> None:
        """Descend into the rows that apply; 首个 looks no further than the first."""
        plan = self.plan
        for row in node.rows:
            if row.condition:
                self.follow(row.condition, where, seg)
            condition = self.lower.condition(row, seg)
            self.follow(row.value, plan.both(where, condition.known, condition.value), seg)
            if isinstance(node, nodes.FirstOf):
                where = plan.both(where, condition.known, plan.negate(condition.value))
