"""The engine: reads packs and answers five verbs (load, check, evaluate, explain, compare).

It knows no Django, no database and no clock. Everything that is not exported here is private.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from functools import lru_cache
from typing import Any, overload

from gugan.policy.answers import Answers
from gugan.policy.bound import Bound, BoundRule
from gugan.policy.build import build, folders, load, read_folder
from gugan.policy.catalogue import Catalogue, CodeTable, Column, Fact, Kind
from gugan.policy.check import check
from gugan.policy.compare import Difference, compare
from gugan.policy.errors import PolicyErrors, Problem, fail
from gugan.policy.evaluate import evaluate as _evaluate
from gugan.policy.explain import explain as _explain
from gugan.policy.given import stretches_of
from gugan.policy.many import Sink, evaluate_many
from gugan.policy.pack import Pack, PackFolder, Rule, Slip
from gugan.policy.sums import Sums
from gugan.policy.table import Period, Result, Stretch
from gugan.policy.tree import Tree

__all__ = [
    "Answers", "Bound", "BoundRule", "Catalogue", "CodeTable", "Column", "Difference", "Fact", "Kind", "Pack", "PackFolder",
    "Period", "PolicyErrors", "Problem", "Result", "Rule", "Slip", "Stretch", "Sums", "Tree", "bind", "build", "check",
    "columns_needed", "compare", "evaluate", "explain", "folders", "load", "read_folder", "rules_needed", "stretches_of",
]  # fmt: skip


class _Key:
    """A pack and a day as a cache key: by what the pack says and what its folders are called."""

    def __init__(self, pack: Pack, on: date):
        self.pack, self.on = pack, on
        self.key = (pack.digest, tuple(folder.label for folder in pack.folders), on)

    def __hash__(self) -> int:
        return hash(self.key)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Key) and other.key == self.key


@lru_cache(maxsize=64)
def _bound(key: _Key) -> Bound:
    return Bound(key.pack, key.on)


def bind(pack: Pack, period: Period) -> Bound:
    """Return the pack as it reads on the period's day; kept, since binding a pack costs more than one person does."""
    return _bound(_Key(pack, period.on))


@overload
def evaluate(
    pack: Pack, stretches: Sequence[Stretch], period: Period, want: Sequence[str], *, whole: bool = False
) -> Result: ...


@overload
def evaluate(
    pack: Pack | Mapping[str, Pack],
    stretches: Any,
    period: Period | Sequence[Period],
    want: Sequence[str],
    *,
    by: str | None = None,
    carry: Mapping[str, str | int] | None = None,
    backend: str = "numpy",
    threads: int | None = None,
    sink: Sink | None = None,
    whole: bool = False,
) -> Any: ...


def evaluate(pack: Any, stretches: Any, period: Any, want: Sequence[str], **many: Any) -> Any:
    """Answer `want` for a whole table at once. Raises PolicyErrors for a bad pack or fact; missing facts give None.

    whole: these are all rows there are; without it group words are refused.
    stretches: a sequence of Stretch (the answer is a Result), or a table with one row a person who is there the whole
    month: an object with the Arrow interface (pyarrow, polars, pandas) or a dict of NumPy arrays, by names of columns of
    the catalogue or of rules (docs/decisions/0010-columns.md). The answer is then Answers, in the table's order of rows, and:
    pack: one pack, or {code: pack} with `by`, a column of division codes; the longest code governs.
    period: one month, or several; carry: {column: rule whose answers are added up into it, or a number added each month}.
    backend: "numpy" or "numba" (extra gugan[numba]); threads: as many as there are cores.
    sink: takes the answers block by block instead (Sums: exact sums by groups); what it makes of them is returned.
    """
    try:
        if isinstance(stretches, Mapping) or hasattr(stretches, "__arrow_c_stream__"):
            periods = [period] if isinstance(period, Period) else period
            return evaluate_many(pack, stretches, periods, want, bind, **many)
        return _evaluate(bind(pack, period), stretches, period, want, **many)
    except RecursionError:
        raise fail("G021") from None


def explain(
    pack: Pack, stretches: Sequence[Stretch], period: Period, want: str, table: Sequence[Stretch] | None = None
) -> Tree:
    """Explain one answer for one person: result, formula with values, basis, facts. table: everybody, for group words."""
    try:
        return _explain(bind(pack, period), stretches, period, want, table)
    except RecursionError:
        raise fail("G021") from None


def columns_needed(pack: Pack, period: Period, want: Sequence[str]) -> list[str]:
    """Return the names of all catalogue columns that the wanted rules read on the period's day."""
    return list(bind(pack, period).require(want).columns)


def rules_needed(pack: Pack, period: Period, want: Sequence[str]) -> list[str]:
    """Return the names of all rules behind the wanted ones, themselves included."""
    return list(bind(pack, period).behind(want).rules)
