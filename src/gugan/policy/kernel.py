"""Plans kept and carried out: lowered once per pack, day, wanted names and which columns have gaps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from threading import Lock
from typing import Any
from weakref import WeakKeyDictionary

from gugan.policy.assumed import assumptions
from gugan.policy.bound import Bound
from gugan.policy.family import Family
from gugan.policy.lower import Lower
from gugan.policy.nodes import Type
from gugan.policy.plan import Plan
from gugan.policy.scaled import Val
from gugan.policy.table import Period

KEPT = 64
"""Compiled plans kept of one bound pack."""


@dataclass(frozen=True)
class Compiled:
    """A plan whose outputs are, per wanted name, value and known; then one truth for each default that may stand in."""

    plan: Plan
    outputs: tuple[int, ...]
    answers: dict[str, tuple[Val, Type]]
    sentences: tuple[str, ...]
    texts: tuple[str, ...]


States = tuple[tuple[str, str], ...]
_compiled: WeakKeyDictionary[Bound, dict[tuple, Compiled]] = WeakKeyDictionary()
_lock = Lock()


def compiled(family: Family, want: Sequence[str], states: States, stretches: str, defaults: bool) -> Compiled:
    """Return the plan of a family for wanted names; kept. Raises PolicyErrors G503."""
    periods: tuple[Period, ...] = tuple(period for _, period in family.variants)
    key = (periods, tuple(id(b) for b, _ in family.variants), tuple(want), states, stretches, defaults)
    with _lock:
        kept = _compiled.setdefault(family.first, {})
        found = kept.get(key)
    if found is None:
        found = _compile(family, want, dict(states), stretches, defaults)
        with _lock:
            if len(kept) >= KEPT:
                kept.pop(next(iter(kept)))
            kept[key] = found
    return found


def _compile(family: Family, want: Sequence[str], states: dict[str, str], stretches: str, defaults: bool) -> Compiled:
    lower = Lower(family, states, stretches)
    answers = {name: lower.answer(name) for name in want}
    outputs = [op for val, _ in answers.values() for op in (val.value, val.known)]
    used: list[tuple[str, int]] = []
    if defaults:
        used = [(sentence, op) for sentence, op in assumptions(lower, want) if op != lower.plan.no]
    outputs += [op for _, op in used]
    sentences = tuple(sentence for sentence, _ in used)
    return Compiled(lower.plan, tuple(outputs), answers, sentences, tuple(family.texts))


def column_of(columns: dict[str, Any], code: str, name: str) -> Any:
    """Return what a kernel's input wants of the given columns."""
    return columns[name].values if code == "input" else columns[name].mask()
