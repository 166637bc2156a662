"""Packs and months that say the same in other numbers: one shape, one plan, with the numbers as its parameters."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from threading import Lock
from typing import Any

from gugan.policy.bound import Bound, BoundTable, Given
from gugan.policy.nodes import Bracket, Const, Core, Lookup, Row, Type, parts
from gugan.policy.table import Period


@dataclass(frozen=True)
class Varying:
    """The values of one constant in each variant of a family."""

    values: tuple[Any, ...]


class Family:
    """Variants (pack and month) of one shape; `packs` of them to a month, all packs of the first month first."""

    def __init__(self, variants: Sequence[tuple[Bound, Period]], packs: int = 1):
        self.variants, self.packs = list(variants), packs
        self.first = self.variants[0][0]
        self._nodes: dict[str, Core | None] = {}

    def node(self, name: str) -> Core | None:
        """Return the tree of a rule, with Varying where the variants differ."""
        if name not in self._nodes:
            found = [bound.rule(name).node for bound, _ in self.variants]
            self._nodes[name] = None if found[0] is None else _merged(found)
        return self._nodes[name]

    def type(self, name: str) -> Type:
        """Return the type of a rule or a column."""
        rule = name in self.first.pack.rules
        return self.first.rule(name).type if rule else self.first.column_type(name)

    def given(self, name: str) -> Given:
        """Return what may be given under a name."""
        return self.first.given(name)

    def tables(self, name: str) -> list[BoundTable]:
        """Return a table in each variant."""
        return [bound.table(name) for bound, _ in self.variants]


_WRITTEN: dict[str, int] = {}
_lock = Lock()
BEYOND = 1 << 32
"""Texts that no pack writes are numbered from here."""


def written_text(text: str) -> int:
    """Return the number of a text that a pack writes, one in the whole process, so that texts compare as columns."""
    with _lock:
        return _WRITTEN.setdefault(text, len(_WRITTEN))


class Texts:
    """Numbers the texts of a table: those that packs write as everywhere, the others for this table alone."""

    def __init__(self) -> None:
        self.own: dict[str, int] = {}

    def code(self, text: str) -> int:
        """Return the number of a text."""
        written = _WRITTEN.get(text)
        return self.own.setdefault(text, BEYOND + len(self.own)) if written is None else written

    def label(self, code: int) -> str:
        """Return the text of a number."""
        return list(self.own)[code - BEYOND] if code >= BEYOND else list(_WRITTEN)[code]


def _merged(found: Sequence[Any]) -> Any:
    first = found[0]
    if all(node is first for node in found):
        return first
    if isinstance(first, Const):
        values = tuple(node.value for node in found)
        return first if all(v == first.value for v in values) else replace(first, value=Varying(values))
    if isinstance(first, tuple):
        return tuple(_merged(items) for items in zip(*found, strict=True))
    if isinstance(first, Core | Row):
        below = {f.name: [getattr(node, f.name) for node in found] for f in fields(first)}
        merged = {n: _merged(v) for n, v in below.items() if isinstance(v[0], Core | Row | tuple) and n != "accepts"}
        return replace(first, **merged)
    return first


def shape(bound: Bound, want: Sequence[str]) -> tuple:
    """Return what must be equal for two packs to share a plan: everything behind the wanted rules but their numbers."""
    behind = bound.behind(want)
    tables = {n.table for r in behind.rules for n in parts(bound.rule(r).node) if isinstance(n, Lookup | Bracket)}
    return (
        tuple(
            (n, bound.pack.rules[n].per, _shape(bound.rule(n).node), _type(bound.rule(n).type)) for n in behind.rules
        ),
        tuple((n, _given(bound.given(n))) for n in behind.columns),
        tuple((n, _table(bound.table(n))) for n in sorted(tables)),
    )


def _type(kind: Type) -> tuple:
    return kind.kind, kind.unit, kind.table.labels if kind.table else None


def _given(given: Given) -> tuple:
    return _type(given.type), given.low, given.high, given.places, given.empty


def _table(table: BoundTable) -> tuple:
    return table.table.mode, tuple(map(_type, table.key_types)), tuple(table.table.columns.items())


def _shape(node: Any) -> Any:
    if isinstance(node, Const):
        return "Const", _type(node.type), node.value is None
    if isinstance(node, tuple):
        return tuple(map(_shape, node))
    if isinstance(node, Core | Row):
        left_out = ("at", "basis", "literal", "percent")
        return type(node).__name__, *(_shape(getattr(node, f.name)) for f in fields(node) if f.name not in left_out)
    return _type(node) if isinstance(node, Type) else node
