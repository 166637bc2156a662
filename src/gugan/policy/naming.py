"""Names what is missing: people whose answers fail in the same way are asked for once.

Whether an answer is known is a formula over truths of the plan. With everything kept apart that is named apart
(Lower.naming), people alike in all these truths, and in the values that sentences quote, lack the same things.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from gugan.policy.family import Family
from gugan.policy.kernel import column_of
from gugan.policy.lower import SOME, Lower
from gugan.policy.plan import PERSON, STRETCH, Plan
from gugan.policy.to_numpy import Array, Kernel, Rows, fixed

_THROUGH = frozenset({"and", "or", "not", "mark", "all", "any", "last", "spread", "row"})
"""Truths that are told by the truths below them."""


def alike(
    family: Family, want: Sequence[str], given: Iterable[str], stretches: str, columns: Mapping[str, Any], rows: Rows
) -> list[list[int]]:
    """Return the people, by number, in groups that lack the same; `given`: the rules among `columns`."""
    lower = Lower(family, dict.fromkeys(given, SOME), stretches, naming=True)
    plan = lower.plan
    leaves = _leaves(lower, [lower.answer(name)[0].known for name in want])
    kernel = Kernel(plan, leaves)
    inputs = [column_of(dict(columns), code, name) for code, name in kernel.inputs]
    values = kernel.run(inputs, fixed(plan, kernel.fixed, 0), rows)
    person = _patterns(plan, leaves, values, PERSON, rows.persons)
    if not len(rows.starts):
        return _grouped(person.tolist())
    stretch = _patterns(plan, leaves, values, STRETCH, rows.stretches).tolist()
    spans = zip(person.tolist(), rows.starts.tolist(), rows.lasts.tolist(), strict=True)
    return _grouped([(own, *stretch[first : last + 1]) for own, first, last in spans])


def _leaves(lower: Lower, known: list[int]) -> list[int]:
    """Return the truths, and the quoted values, that tell what is missing."""
    plan, found, stack, seen = lower.plan, dict[int, None](), list(known), set()
    while stack:
        number = stack.pop()
        if number in seen:
            continue
        seen.add(number)
        op = plan.ops[number]
        for value in lower.said_of.get(number, ()):
            found[plan.select(number, plan.zero, value)] = None
        if op.code in _THROUGH:
            stack += op.args
        elif op.code != "const":
            found[number] = None
    return list(found)


def _patterns(plan: Plan, leaves: list[int], values: list[Any], space: int, count: int) -> Array:
    """Return, for each row, the number of its pattern of leaves."""
    own = [v for n, v in zip(leaves, values, strict=True) if plan.ops[n].space == space]
    pattern = np.zeros(count, dtype=np.int64)
    truths = [v for v in own if v.dtype == bool]
    for start in range(0, len(truths), 32):
        bits = np.zeros(count, dtype=np.int64)
        for truth in truths[start : start + 32]:
            bits = bits * 2 + truth
        pattern = _joined(pattern, bits)
    for value in own:
        if value.dtype != bool:
            pattern = _joined(pattern, value)
    return pattern


def _joined(pattern: Array, more: Array) -> Array:
    """Return the number of each distinct pair."""
    distinct, more = np.unique(more, return_inverse=True)
    return np.unique(pattern * len(distinct) + more, return_inverse=True)[1]


def _grouped(keys: list[Any]) -> list[list[int]]:
    groups: dict[Any, list[int]] = {}
    for number, key in enumerate(keys):
        groups.setdefault(key, []).append(number)
    return list(groups.values())
