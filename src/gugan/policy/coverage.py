"""Which rows of a table are ever read: keys that no row fits, steps that begin too high, rows and 其余 out of reach.

Only whole numbers are looked at, and only as far as one past the table's own rows: what lies further off is missing for
the same reason. A fact with a declared 范围 can certainly be anything within it; what is computed perhaps cannot.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import product
from math import ceil, floor, prod

from gugan.policy import nodes
from gugan.policy.bound import Bound, BoundTable
from gugan.policy.catalogue import usual_range
from gugan.policy.errors import PolicyErrors, Problem, problem
from gugan.policy.intervals import TooLarge
from gugan.policy.lower import Lower
from gugan.policy.nodes import Core
from gugan.policy.numbers import decimal_text
from gugan.policy.regions import said_of
from gugan.policy.written import written

MOST = 20_000
"""Combinations of keys looked at for one table; beyond it the answer is that it cannot be said."""
_NAMED = 3

Span = tuple[Fraction, Fraction, bool]
"""The lowest and highest value of a key, and whether it can certainly be anything between."""


def of_table(bound: Bound, node: nodes.Lookup, lower: Lower) -> Iterator[Problem]:
    """Yield what a reading of a table finds no row for, and the rows that no reading of these keys reaches."""
    table = bound.table(node.table)
    spans = [span_of(bound, lower, key) for key in node.keys]
    numbers = any(key.type.kind == "数" for key in node.keys)
    wanted: list[Sequence] = []
    for place, (key, span) in enumerate(zip(node.keys, spans, strict=True)):
        found = _values(table, place, key, span)
        if found is None:
            return
        wanted.append(found)
    if prod(map(len, wanted)) > MOST:
        yield problem("G603", table.block.at, what=f"表“{table.table.name}”会不会少一行")
        return
    missing = [keys for keys in product(*wanted) if keys not in table.cells]
    if numbers and missing and table.rest is None:
        yield _missing(node, table, missing, sure=all(span is None or span[2] for span in spans))
    if table.rest is not None and not missing and not numbers:
        yield problem("G605", table.block.at, table=table.table.name)
    yield from _out_of_reach(node, table, spans)


def _missing(node: nodes.Lookup, table: BoundTable, missing: list[tuple], sure: bool) -> Problem:
    more = "……" if len(missing) > _NAMED else ""
    if len(node.keys) == 1:
        example = f"{said_of(node.keys[0])}{'、'.join(_plain(value) for (value,) in missing[:_NAMED])}{more}"
    else:
        rows = [map(_said, node.keys, keys) for keys in missing[:_NAMED]]
        example = "；".join("、".join(row) for row in rows) + more
    return problem("G223" if sure else "G604", table.block.at, table=table.table.name, example=example)


def _out_of_reach(node: nodes.Lookup, table: BoundTable, spans: Sequence[Span | None]) -> Iterator[Problem]:
    """Yield the rows whose number a declared range leaves out."""
    for texts, keys in zip(_rows(table), table.cells, strict=True):
        for key, value, span in zip(node.keys, keys, spans, strict=True):
            if span is not None and span[2] and not span[0] <= value <= span[1]:
                low, high = decimal_text(span[0]), decimal_text(span[1])
                row = "、".join(texts)
                yield problem("G606", texts[0], table=table.table.name, row=row, key=written(key), low=low, high=high)


def _rows(table: BoundTable) -> list[tuple]:
    """Return the keys of all rows but 其余, as written."""
    return [texts for texts in table.block.cells if table.table.mode or not all(text == "其余" for text in texts)]


def _values(table: BoundTable, place: int, key: Core, span: Span | None) -> Sequence | None:
    """Return the values of a key that are looked for; None where they cannot be listed."""
    kind = key.type
    if kind.table is not None and kind.kind == "代码":
        return kind.table.labels
    if span is None:
        return None
    rows = [keys[place] for keys in table.cells]
    if not rows or any(Fraction(row).denominator != 1 for row in rows):
        return None
    low, high = max(ceil(span[0]), min(rows) - 1), min(floor(span[1]), max(rows) + 1)
    return [Fraction(number) for number in range(int(low), int(high) + 1)] if high - low <= MOST else None


def of_scale(bound: Bound, node: nodes.Bracket, lower: Lower) -> Iterator[Problem]:
    """Yield that a scale 分档 begins above what may be asked of it."""
    table = bound.table(node.table)
    span = None if table.table.mode != "分档" else span_of(bound, lower, node.operand)
    first = table.steps[0][0]
    if span is None or span[0] >= first or (first <= 0 and not span[2]):
        return
    example = _said(node.operand, max(span[0], first - 1))
    yield problem(
        "G224" if span[2] else "G607", table.block.at, table=node.table, first=decimal_text(first), example=example
    )


def span_of(bound: Bound, lower: Lower, key: Core) -> Span | None:
    """Return the range of a number that is a key, None for what is no number or has no proven range."""
    if key.type.kind != "数":
        return None
    if isinstance(key, nodes.Ref) and key.kind == "列":
        given = bound.given(key.name)
        declared = (given.low, given.high) != usual_range(key.type.unit)
        return Fraction(given.low), Fraction(given.high), declared
    try:
        val = lower.walk(key, True)
    except (TooLarge, PolicyErrors, RecursionError):
        return None
    if val.den is not None:
        return None
    low, high = lower.plan.range(val.value)
    return Fraction(low, 10**val.scale), Fraction(high, 10**val.scale), False


def _said(key: Core, value: object) -> str:
    return said_of(key) + _plain(value)


def _plain(value: object) -> str:
    return decimal_text(value) if isinstance(value, Fraction) else str(value)
