"""Plans kept and carried out: lowered once per pack, day, wanted names and which columns have gaps."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from threading import RLock
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
KEPT = 64
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
_lowered: OrderedDict[tuple, Lower] = OrderedDict()
_lock = RLock()


def compiled(family: Family, want: Sequence[str], states: States, stretches: str, defaults: bool) -> Compiled:
    """Return the plan of a family for wanted names; the last ones used are kept. Raises PolicyErrors G503."""
    # the bound packs themselves are in the key: an id could be used again
    given = (tuple(family.variants), states, stretches)
    key = (*given, tuple(want), defaults)
    with _lock:
        found = _kept(_compiled, key)
        if found is None:
            lower = _kept(_lowered, given) or _keep(_lowered, given, Lower(family, dict(states), stretches))
            found = _keep(_compiled, key, _compile(lower, want, defaults))
        return found


def _compile(lower: Lower, want: Sequence[str], defaults: bool) -> Compiled:
    answers = {name: lower.answer(name) for name in want}
    outputs = [op for val, _ in answers.values() for op in (val.value, val.known)]
    used: list[tuple[str, int]] = []
    if defaults:
        used = [(sentence, op) for sentence, op in assumptions(lower, want) if op != lower.plan.no]
    outputs += [op for _, op in used]
    return Compiled(lower.plan, tuple(outputs), answers, tuple(sentence for sentence, _ in used))


def _kept(cache: OrderedDict[tuple, Any], key: tuple) -> Any:
    found = cache.get(key)
    if found is not None:
        cache.move_to_end(key)
    return found


def _keep(cache: OrderedDict[tuple, Any], key: tuple, value: Any) -> Any:
    cache[key] = value
    if len(cache) > KEPT:
        cache.popitem(last=False)
    return value


def column_of(columns: dict[str, Any], code: str, name: str) -> Any:
    """Return what a kernel's input wants of the given columns."""
    return columns[name].values if code == "input" else columns[name].mask()
