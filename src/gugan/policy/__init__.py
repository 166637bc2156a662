"""The engine: reads packs and answers five verbs (load, check, evaluate, explain, compare).

It knows no Django, no database and no clock. Everything that is not exported here is private.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from gugan.policy.bind import Bound, BoundRule
from gugan.policy.catalogue import Catalogue, CodeTable, Column, Fact, Kind
from gugan.policy.check import check, stretches_of
from gugan.policy.compare import Difference, compare
from gugan.policy.errors import PolicyErrors, Problem
from gugan.policy.explain import Tree
from gugan.policy.explain import explain as _explain
from gugan.policy.pack import Pack, PackFolder, Rule, Slip, build, folders, load, read_folder
from gugan.policy.table import Period, Result, Stretch
from gugan.policy.to_numpy import evaluate as _evaluate
from gugan.policy.written import names_behind

__all__ = [
    "Bound", "BoundRule", "Catalogue", "CodeTable", "Column", "Difference", "Fact", "Kind", "Pack", "PackFolder",
    "Period", "PolicyErrors", "Problem", "Result", "Rule", "Slip", "Stretch", "Tree", "bind", "build", "check",
    "columns_needed", "compare", "evaluate", "explain", "folders", "load", "read_folder", "rules_needed", "stretches_of",
]  # fmt: skip


@lru_cache(maxsize=64)
def _bound(digest: str, period_on: object, pack_holder: _Holder) -> Bound:
    return Bound(pack_holder.pack, period_on)  # type: ignore[arg-type]


class _Holder:
    """Lets a pack be a cache key by its digest."""

    def __init__(self, pack: Pack):
        self.pack, self.key = pack, pack.digest

    def __hash__(self) -> int:
        return hash(self.key)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Holder) and other.key == self.key


def bind(pack: Pack, period: Period) -> Bound:
    """Return the pack as it reads on the period's day; kept, since binding a pack costs more than one person does."""
    return _bound(pack.digest, period.on, _Holder(pack))


def evaluate(pack: Pack, stretches: Sequence[Stretch], period: Period, want: Sequence[str]) -> Result:
    """Answer `want` for a whole table at once. Raises PolicyErrors for a bad pack or fact; missing facts give None."""
    return _evaluate(bind(pack, period), stretches, period, want)


def explain(pack: Pack, stretches: Sequence[Stretch], period: Period, want: str) -> Tree:
    """Explain one answer for one person: result, formula with values, basis, facts."""
    return _explain(bind(pack, period), stretches, period, want)


def columns_needed(pack: Pack, period: Period, want: Sequence[str]) -> list[str]:
    """Return the names of all catalogue columns that the wanted rules read on the period's day."""
    bound = bind(pack, period)
    _, columns = names_behind(bound, want)
    bound.raise_problems()
    return columns


def rules_needed(pack: Pack, period: Period, want: Sequence[str]) -> list[str]:
    """Return the names of all rules behind the wanted ones, themselves included."""
    rules, _ = names_behind(bind(pack, period), want)
    return rules
