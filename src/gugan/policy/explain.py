"""Why this figure: the explanation tree of one answer, from result to formula to basis to source fact.

Every value in it is the interpreter's own: each node is asked once and the answer kept, since a tree shows most of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from weakref import WeakKeyDictionary

from gugan.policy.bound import Bound, BoundRule, basis_of
from gugan.policy.interpret import Interpreter, Unknown, Value
from gugan.policy.lacking import lacking
from gugan.policy.nodes import Core, Ref
from gugan.policy.pack import Block
from gugan.policy.reasons import Reasons
from gugan.policy.spans import refuse
from gugan.policy.table import Period, Stretch
from gugan.policy.tree import FORM, Tree, basis_dict, show, unit_of
from gugan.policy.whole import Groups, Whole
from gugan.policy.written import written


def explain(
    bound: Bound, stretches: Sequence[Stretch], period: Period, want: str, table: Sequence[Stretch] | None = None
) -> Tree:
    """Return the tree of one rule or column for one person; raises PolicyErrors (G504) for an unknown name.

    table: everybody, the person included, where group words lie behind the answer (else G243)."""
    refuse(bound.pack, bound.require([want]).rules, bound.monthly, period)
    explainer = Explainer(bound, stretches, period, Whole(bound, table, period) if table else None)
    tree = explainer.rule(want, None) if want in bound.pack.rules else explainer.column(want, None)
    tree.form = FORM
    if not tree.known:
        tree.missing, tree.obstacles = lacking(bound, explainer.unknown(want))
    return tree


class _Remembering(Interpreter):
    """The interpreter, which keeps every value it was asked for."""

    def __init__(self, bound: Bound, stretches: Sequence[Stretch], period: Period, groups: Groups | None):
        super().__init__(bound, stretches, period, groups)
        self._nodes: dict[tuple[int, int | None], Value] = {}
        self._names: dict[tuple[str, str, int | None], Value] = {}

    def value(self, node: Core, segment: int | None) -> Value:
        """Return the value of a core node, or Unknown."""
        kind = type(node)
        if isinstance(node, Ref):
            return self._Ref(node, segment)
        key = (id(node), segment)
        found = self._nodes.get(key, _NOT_ASKED)
        if found is _NOT_ASKED:
            meaning = _MEANINGS.get(kind)
            if meaning is None:
                meaning = _MEANINGS[kind] = getattr(Interpreter, f"_{kind.__name__}")
            found = self._nodes[key] = meaning(self, node, segment)
        return found

    def _Ref(self, node: Ref, segment: int | None) -> Value:
        key = (node.kind, node.name, segment)
        found = self._names.get(key, _NOT_ASKED)
        if found is _NOT_ASKED:
            ask = self.rule if node.kind == "规则" else self.column if node.kind == "列" else None
            found = self._names[key] = ask(node.name, segment) if ask else super()._Ref(node, segment)
        return found


_NOT_ASKED = object()
_MEANINGS: dict[type[Core], Any] = {}
"""The interpreter's own meaning of each kind of node."""


@dataclass(frozen=True, slots=True)
class _Fixed:
    """What a tree says of a rule whoever it is about."""

    bound: BoundRule
    unit: str
    basis: dict[str, str]
    since: str
    formula: str


class _Texts:
    """What explanations say whoever they are about, kept with the pack as it reads on a day."""

    def __init__(self) -> None:
        self.rules: dict[str, _Fixed] = {}
        self.written: dict[int, str] = {}

    def rule(self, bound: Bound, name: str) -> _Fixed:
        """Return what is fixed about a rule."""
        found = self.rules.get(name)
        if found is None:
            rule = bound.rule(name)
            since, formula = (rule.block.since.isoformat(), formula_of(rule.block)) if rule.block else ("", "")
            found = self.rules[name] = _Fixed(rule, unit_of(rule.type), basis_dict(basis_of(rule)), since, formula)
        return found


_KEPT: WeakKeyDictionary[Bound, _Texts] = WeakKeyDictionary()


class Explainer:
    """Builds trees on top of the interpreter's answers about one person."""

    def __init__(self, bound: Bound, stretches: Sequence[Stretch], period: Period, groups: Groups | None = None):
        self.bound, self.one, self.period = bound, _Remembering(bound, stretches, period, groups), period
        self.last = len(self.one.stretches) - 1
        self.texts = _KEPT.setdefault(bound, _Texts())
        self.shown: dict[tuple[str, int | None], tuple[str, str, bool]] = {}
        """Of each rule that was explained already: its value as it is shown, unit, whether it is known."""

    def written(self, node: Core) -> str:
        """Return a node as its author would write it."""
        found = self.texts.written.get(id(node))
        if found is None:
            found = self.texts.written[id(node)] = written(node)
        return found

    def unknown(self, want: str) -> tuple[str, ...]:
        """Return what an answer lacks."""
        if want in self.bound.pack.rules:
            per = self.bound.rule(want).rule.per
            value = self.one.rule(want, self.last if per == "段" else None)
        else:
            value = self.one.column(want, self.last)
        return value.names if isinstance(value, Unknown) else ()

    def rule(self, name: str, segment: int | None) -> Tree:
        """Return the tree of a rule; the second meeting is a reference."""
        fixed = self.texts.rule(self.bound, name)
        rule, bound = fixed.bound.rule, fixed.bound
        if rule.per != "段":
            segment = None
        elif segment is None:
            segment = self.last
        key = (name, segment)
        if key in self.shown:
            return Tree(name, "规则", *self.shown[key], pack=rule.folder, repeat=True)
        value = self.one.rule(name, segment)
        text, known = show(value, bound.type), not isinstance(value, Unknown)
        if self.one.given(name, segment) is not None:
            note = "直接给出的值，没有按规则算"
            return Tree(name, "给定", text, fixed.unit, known, pack=rule.folder, note=note)
        self.shown[key] = text, fixed.unit, known
        folder = (bound.block.folder if bound.block else "") or rule.folder
        tree = Tree(name, "规则", text, fixed.unit, known, pack=folder)
        tree.basis = fixed.basis
        if bound.block is None or bound.node is None:
            tree.note = "要由本地的政策包写明"
            return tree
        tree.since, tree.formula = fixed.since, fixed.formula
        Reasons(self, bound, segment).into(tree, bound.node)
        return tree

    def column(self, name: str, segment: int | None) -> Tree:
        """Return the leaf of a fact."""
        index = self.last if segment is None else segment
        stretch, kind = self.one.stretches[index], self.bound.given(name).type
        value = self.one.column(name, index)
        known = not isinstance(value, Unknown)
        tree = Tree(name, "事实", show(value, kind), unit_of(kind), known)
        if known and stretch.values.get(name) is None:
            tree.note = "没有记录，按 " + tree.value
        sources: Any = stretch.sources.get(name)
        if sources:
            tree.source = tuple(sources)
        return tree


def formula_of(block: Block) -> str:
    """Return a block as written, on one line."""
    general = " ".join(str(block.general).split()) if block.general else ""
    rows = [f"当 {r.when} 得 {r.get}" if r.when else f"其余 {r.get}" for r in block.rows]
    if block.form == "条件组":
        rows = [str(r.when) for r in block.rows]
    if block.form == "算式":
        return general + (f"；例外：{'；'.join(rows)}" if rows else "")
    return f"{block.form}：{'；'.join(rows)}" + (f"；封顶 {block.cap}" if block.cap else "")
