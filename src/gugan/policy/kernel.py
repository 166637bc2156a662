"""Plans kept and carried out: lowered once per pack, day, wanted names and which columns have gaps."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from threading import Lock
from typing import Any

from gugan.policy.assumed import assumptions
from gugan.policy.family import Family
from gugan.policy.lower import Lower
from gugan.policy.nodes import Type
from gugan.policy.plan import Plan
from gugan.policy.scaled import Val
from gugan.policy.to_numba import NumbaKernel
from gugan.policy.to_numpy import Kernel

BACKENDS: dict[str, type[Kernel]] = {"numpy": Kernel, "numba": NumbaKernel}
KEPT = 128
"""Plans kept in a process."""


@dataclass(frozen=True)
class Compiled:
    """A plan whose outputs are, per wanted name, value and known; then one truth for each default that may stand in."""

    plan: Plan
    outputs: tuple[int, ...]
    answers: dict[str, tuple[Val, Type]]
    sentences: tuple[str, ...]


States = tuple[tuple[str, str], ...]
_compiled: OrderedDict[tuple, Compiled] = OrderedDict()
_lock = Lock()


def compiled(family: Family, want: Sequence[str], states: States, stretches: str, defaults: bool) -> Compiled:
    """Return the plan of a family for wanted names; the last ones used are kept. Raises PolicyErrors G503."""
    # the bound packs themselves are in the key: an id could be used again
    key = (tuple(family.variants), tuple(want), states, stretches, defaults)
    with _lock:
        found = _compiled.get(key)
        if found is not None:
            _compiled.move_to_end(key)
            return found
    found = _compile(family, want, dict(states), stretches, defaults)
    with _lock:
        _compiled[key] = found
        if len(_compiled) > KEPT:
            _compiled.popitem(last=False)
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
    return Compiled(lower.plan, tuple(outputs), answers, sentences)


def column_of(columns: dict[str, Any], code: str, name: str) -> Any:
    """Return what a kernel's input wants of the given columns."""
    return columns[name].values if code == "input" else columns[name].mask()
