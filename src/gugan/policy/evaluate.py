"""The verb evaluate: a table of stretches goes in, in blocks of people; columns of answers come out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any

import numpy as np

from gugan.policy.assumed import assumptions
from gugan.policy.bound import Bound
from gugan.policy.catalogue import MONEY
from gugan.policy.encode import EPOCH, Texts
from gugan.policy.errors import fail
from gugan.policy.given import check_stretches
from gugan.policy.interpret import Interpreter, Unknown
from gugan.policy.nodes import Type
from gugan.policy.table import Period, Result, Stretch
from gugan.policy.to_numpy import Walker
from gugan.policy.vectors import Vec, rescaled

BLOCK = 16_384


def evaluate(bound: Bound, stretches: Sequence[Stretch], period: Period, want: Sequence[str]) -> Result:
    """Return the answers to `want` for everyone; raises PolicyErrors for bad packs or facts, never for missing ones."""
    want = list(dict.fromkeys(want))
    bound.require(want)
    check_stretches(stretches, period)
    result = Result([], {name: [] for name in want}, {name: {} for name in want}, {})
    for block in _blocks(stretches):
        walker = Walker(bound, block, period)
        people = [block[i].person for i in walker.last]
        result.people += people
        answers = {name: walker.answer(name) for name in want}
        for name, (vec, kind) in answers.items():
            result.values[name] += _output(vec, kind, name, walker.texts)
        _say_missing(walker, people, answers, result)
        result.defaults.update(assumptions(walker, want, people))
    return result


def _blocks(stretches: Sequence[Stretch]) -> Iterator[list[Stretch]]:
    """Cut a table into blocks of people; nobody's stretches are parted."""
    start = 0
    while start < len(stretches):
        end = min(start + BLOCK, len(stretches))
        while end < len(stretches) and stretches[end].person == stretches[end - 1].person:
            end += 1
        yield list(stretches[start:end])
        start = end


def _say_missing(walker: Walker, people: list[Any], answers: dict[str, tuple[Vec, Type]], result: Result) -> None:
    """Name what is missing wherever an answer cannot be said."""
    unknown = ~np.logical_and.reduce([vec.known for vec, _ in answers.values()]) if answers else np.zeros(0, dtype=bool)
    for index in np.flatnonzero(unknown):
        first = walker.last[index - 1] + 1 if index else 0
        one = Interpreter(walker.bound, walker.block[first : walker.last[index] + 1], walker.period)
        for name, (vec, _) in answers.items():
            if not vec.known[index]:
                value = one.rule(name) if name in walker.bound.pack.rules else one.column(name, None)
                result.missing[name][people[index]] = value.names if isinstance(value, Unknown) else ()


def _output(vec: Vec, kind: Type, name: str, texts: Texts) -> list[Any]:
    """Return canonical answers: money int fen, whole numbers int, other numbers Decimal, text, bool, date; None unknown."""
    if kind.kind == "数":
        found = _numbers(vec, kind, name)
    elif kind.kind == "是否":
        found = vec.values.astype(bool).tolist()
    elif kind.kind == "日期":
        distinct, at = np.unique(vec.values, return_inverse=True)
        days = [EPOCH + timedelta(days=d) for d in distinct.tolist()]
        found = [days[i] for i in at.tolist()]
    elif kind.kind == "逐年":
        found = _histories(vec, kind)
    else:
        labels = kind.table.labels if kind.table else texts.all() or [""]
        found = [labels[code] for code in vec.values.tolist()]
    if vec.known.all():
        return found
    return [value if known else None for value, known in zip(found, vec.known.tolist(), strict=True)]


def _numbers(vec: Vec, kind: Type, name: str) -> list[Any]:
    places = 2 if kind.unit == MONEY else 0
    vec = rescaled(vec, max(vec.scale, places))
    factor = 10 ** (vec.scale - places)
    if factor == 1:
        return vec.values.tolist()
    whole, rest = np.divmod(vec.values, factor)
    if not np.any((rest != 0) & vec.known):
        return whole.tolist()
    if kind.unit == MONEY:
        raise fail("G203", name=name)
    pairs = zip(whole.tolist(), rest.tolist(), vec.values.tolist(), strict=True)
    return [Decimal(value).scaleb(-vec.scale) if part else number for number, part, value in pairs]


def _histories(vec: Vec, kind: Type) -> list[Any]:
    labels = kind.table.labels if kind.table else ()
    found: list[dict[int, str]] = [{} for _ in range(len(vec))]
    for year, codes in enumerate(vec.values, vec.first):
        for index in np.flatnonzero(codes >= 0).tolist():
            found[index][year] = labels[codes[index]]
    return found
