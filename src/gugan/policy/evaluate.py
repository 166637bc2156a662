"""The verb evaluate: a table of stretches goes in, columns of answers come out, in blocks of people."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta
from decimal import Decimal
from itertools import chain
from typing import Any

import numpy as np

from gugan.policy.bound import Behind, Bound
from gugan.policy.catalogue import MONEY
from gugan.policy.dates import EPOCH, day_of
from gugan.policy.encode import Column, encode
from gugan.policy.errors import fail
from gugan.policy.family import Family, Texts
from gugan.policy.given import check_stretches
from gugan.policy.groups import Columns, groups_behind
from gugan.policy.interpret import Interpreter, Unknown
from gugan.policy.kernel import Compiled, column_of, compiled
from gugan.policy.lower import DAYS, FIRST_DAY, FULL, LAST_DAY, PARTED, SOME, WHOLE
from gugan.policy.naming import alike
from gugan.policy.nodes import Type
from gugan.policy.scaled import Val
from gugan.policy.spans import refuse
from gugan.policy.table import Period, Result, Stretch
from gugan.policy.to_numpy import Array, Kernel, Rows, Years, fixed

BLOCK = Kernel.BLOCK
FEW = 64
"""So few people are not worth a plan of their own: every column may have gaps."""
TEN = 10
"""So few people are asked one by one what they lack."""


def evaluate(
    bound: Bound, stretches: Sequence[Stretch], period: Period, want: Sequence[str], whole: bool = False
) -> Result:
    """Return the answers to `want` for everyone; raises PolicyErrors for bad packs or facts, never for missing ones.

    whole: whether these are all rows there are; group words are refused of a part (G243)."""
    want = list(dict.fromkeys(want))
    behind = bound.require(want)
    check_stretches(stretches, period)
    refuse(bound.pack, behind.rules, bound.monthly, period)
    groups = None
    for node in groups_behind(bound, behind):
        if not whole:
            raise fail("G243", node.at, word=node.word)
        groups = groups or Columns(Family([(bound, period)]))
        groups.add(node, lambda names, known=groups: _answers(bound, stretches, period, names, known))
    return _answers(bound, stretches, period, want, groups)


def _answers(
    bound: Bound, stretches: Sequence[Stretch], period: Period, want: list[str], groups: Columns | None
) -> Result:
    """Return the answers block by block; `groups` has the answers of all group words behind them."""
    behind = bound.require(want)
    result = Result([], {name: [] for name in want}, {name: {} for name in want}, {})
    for block in _blocks(stretches):
        _Block(bound, block, period, want, behind, groups).into(result)
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


class _Block:
    """Some people's stretches as columns, and their answers."""

    def __init__(
        self,
        bound: Bound,
        block: list[Stretch],
        period: Period,
        want: list[str],
        behind: Behind,
        groups: Columns | None = None,
    ):
        self.groups = groups
        self.bound, self.block, self.period, self.want = bound, block, period, want
        persons = [s.person for s in block]
        firsts = [i for i in range(len(block)) if i == 0 or persons[i] != persons[i - 1]]
        self.people = [persons[i] for i in firsts]
        self.starts = np.array(firsts, dtype=np.int64)
        whole = len(firsts) == len(block)
        full = whole and all(s.start == period.start and s.end == period.end for s in block)
        self.kind = (FULL if full and len(block) >= FEW else WHOLE) if whole else PARTED
        self.rows = Rows.plain(len(block)) if whole else Rows.parted(self.starts, len(block))
        self.texts = Texts()
        self.family = Family([(bound, period)])
        given_names = set(chain.from_iterable(s.values for s in block))
        self.given = [n for n in behind.rules if n in given_names or bound.rule(n).node is None]
        self.columns = {name: self.column(name) for name in (*behind.columns, *self.given)}
        self.columns |= self.days()

    def column(self, name: str) -> Column:
        """Return what is given under a name. Raises PolicyErrors G501, G502, G211."""
        return encode(self.bound.given(name), [s.values.get(name) for s in self.block], self.texts)

    def days(self) -> dict[str, Column]:
        """Return the built-in columns of stretches."""
        starts = np.array([day_of(s.start) for s in self.block], dtype=np.int64)
        ends = np.array([day_of(s.end) for s in self.block], dtype=np.int64)
        return {DAYS: Column(ends - starts), FIRST_DAY: Column(starts), LAST_DAY: Column(ends - 1)}

    def group_columns(self) -> dict[str, Column]:
        """Return the answers of group words that are known by now, at each stretch."""
        if self.groups is None or not self.groups.values:
            return {}
        places = np.array([self.groups.places[s.person] for s in self.block], dtype=np.int64)
        known = self.groups.known
        return {label: Column(v[places], known[label][places]) for label, v in self.groups.values.items()}

    def states(self) -> tuple[tuple[str, str], ...]:
        """Return how much of each column has values; of a few people that is not asked."""
        if len(self.block) < FEW:
            return tuple((name, SOME) for name in self.given)
        return tuple((name, column.state) for name, column in self.columns.items())

    def into(self, result: Result) -> None:
        """Add the answers to a result. Raises PolicyErrors G503, G203."""
        found = compiled(self.family, self.want, self.states(), self.kind, True)
        self.number_texts()
        kernel = Kernel(found.plan, found.outputs)
        columns = self.columns | self.group_columns()
        inputs = [column_of(columns, code, name) for code, name in kernel.inputs]
        values = kernel.run(inputs, fixed(found.plan, kernel.fixed, 0), self.rows)
        count = len(self.people)
        arrays = [v if isinstance(v, Years) else np.broadcast_to(v, count) for v in values]
        known = dict(zip(self.want, arrays[1 : 2 * len(self.want) : 2], strict=True))
        for index, (name, (val, kind)) in enumerate(found.answers.items()):
            result.values[name] += output(arrays[2 * index], known[name], val, kind, name, self.texts)
        result.people += self.people
        self.say_missing(known, result)
        self.say_defaults(found, arrays[2 * len(self.want) :], result)

    def number_texts(self) -> None:
        """Number the texts again, now that those which the pack writes are known."""
        texts = Texts()
        again = {code: texts.code(text) for text, code in self.texts.own.items()}
        for name, column in self.columns.items() if again else ():
            if name not in (DAYS, FIRST_DAY, LAST_DAY) and self.bound.given(name).type.kind == "文":
                values = np.array([again.get(code, code) for code in column.values.tolist()], dtype=np.int64)
                self.columns[name] = Column(values, column.known)
        self.texts = texts

    def say_missing(self, known: dict[str, Array], result: Result) -> None:
        """Name what is missing wherever an answer cannot be said."""
        unsaid = {name: mask for name, mask in known.items() if not mask.all()}
        if not unsaid:
            return
        lacking = np.flatnonzero(~np.logical_and.reduce(list(unsaid.values())))
        alone = len(lacking) <= TEN or self.groups is not None
        groups = [[n] for n in range(len(lacking))] if alone else self.alike(list(unsaid), lacking)
        for group in groups:
            people = lacking[group].tolist()
            one = Interpreter(self.bound, self.of(people[0]), self.period, self.groups)
            for name, mask in unsaid.items():
                if not mask[people[0]]:
                    value = one.rule(name) if name in self.bound.pack.rules else one.column(name, None)
                    names = value.names if isinstance(value, Unknown) else ()
                    result.missing[name].update((self.people[n], names) for n in people)
        for name in unsaid:
            result.missing[name] = {p: result.missing[name][p] for p in result.people if p in result.missing[name]}

    def of(self, number: int) -> list[Stretch]:
        """Return the stretches of one person."""
        end = self.starts[number + 1] if number + 1 < len(self.starts) else len(self.block)
        return self.block[self.starts[number] : end]

    def alike(self, want: list[str], lacking: Array) -> list[list[int]]:
        """Return some people in groups that lack the same, as places in `lacking`."""
        if self.kind != PARTED:
            index, rows = lacking, Rows.plain(len(lacking))
        else:
            ends = np.append(self.starts[1:], len(self.block))[lacking]
            counts = ends - self.starts[lacking]
            index = np.concatenate([np.arange(a, b) for a, b in zip(self.starts[lacking], ends, strict=True)])
            rows = Rows.parted(np.cumsum(counts) - counts, len(index))
        columns = {n: Column(_rows(c.values, index), c.mask()[index]) for n, c in self.columns.items()}
        return alike(self.family, want, self.given, self.kind, columns, rows)

    def say_defaults(self, found: Compiled, used: list[Array], result: Result) -> None:
        """Say which defaults stood in for whom."""
        if not used:
            return
        patterns, which = np.unique(np.array(used), axis=1, return_inverse=True)
        sentences = [tuple(found.sentences[i] for i in np.flatnonzero(pattern)) for pattern in patterns.T]
        for person, pattern in zip(self.people, which.reshape(-1).tolist(), strict=True):
            if sentences[pattern]:
                result.defaults[person] = sentences[pattern]


def _rows(values: Any, index: Array) -> Any:
    return values.at(index) if isinstance(values, Years) else values[index]


def output(values: Any, known: Array, val: Val, kind: Type, name: str, texts: Texts) -> list[Any]:
    """Return canonical answers: money int fen, whole numbers int, other numbers Decimal, text, bool, date; None unknown."""
    if kind.kind == "数":
        found = _numbers(values, known, val.scale, kind, name)
    elif kind.kind == "是否":
        found = values.astype(bool).tolist()
    elif kind.kind == "日期":
        distinct, at = np.unique(values, return_inverse=True)
        days = [EPOCH + timedelta(days=d) for d in distinct.tolist()]
        found = [days[i] for i in at.tolist()]
    elif kind.kind == "逐年":
        found = _histories(values, kind)
    elif kind.table:
        found = [kind.table.labels[code] for code in values.tolist()]
    else:
        named = {code: texts.label(code) for code in np.unique(values[known]).tolist()}
        found = [named.get(code) for code in values.tolist()]
    if known.all():
        return found
    return [value if said else None for value, said in zip(found, known.tolist(), strict=True)]


def _numbers(values: Array, known: Array, scale: int, kind: Type, name: str) -> list[Any]:
    places = 2 if kind.unit == MONEY else 0
    if scale < places:
        return (values * 10 ** (places - scale)).tolist()
    factor = 10 ** (scale - places)
    if factor == 1:
        return values.tolist()
    whole, rest = np.divmod(values, factor)
    if not np.any((rest != 0) & known):
        return whole.tolist()
    if kind.unit == MONEY:
        raise fail("G203", name=name)
    pairs = zip(whole.tolist(), rest.tolist(), values.tolist(), strict=True)
    return [Decimal(value).scaleb(-scale) if part else number for number, part, value in pairs]


def _histories(years: Years, kind: Type) -> list[Any]:
    labels = kind.table.labels if kind.table else ()
    found: list[dict[int, str]] = [{} for _ in range(years.labels.shape[1])]
    for year, codes in enumerate(years.labels, years.first):
        for index in np.flatnonzero(codes >= 0).tolist():
            found[index][year] = labels[codes[index]]
    return found
