"""Which facts each row of a rule is for: rows that overlap, cases that no row fits, rows that are never reached.

Conditions are cut into regions: a fact of a code table has its labels, a number or a day the points it is compared
with and the stretches between them. In every region the interpreter itself says whether a row applies, so this
analysis and the law cannot disagree.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, fields
from datetime import date, timedelta
from fractions import Fraction
from itertools import product
from math import prod
from typing import Any

from gugan.policy import nodes
from gugan.policy.bound import Bound
from gugan.policy.catalogue import FIRST_YEAR, LAST_YEAR
from gugan.policy.interpret import Interpreter, Unknown, Value, plain
from gugan.policy.nodes import Core, Row
from gugan.policy.table import Period, Stretch
from gugan.policy.written import written

MOST = 20_000
"""Regions looked at for one question; beyond it the answer is that it cannot be said."""
MOST_ASKED = 200_000
"""Conditions asked in regions for all questions about one rule; beyond it likewise."""
MISSING = Unknown(("缺",))
_OTHER_TEXT = "（别的）"
_MOST_NAMED = 5


@dataclass(frozen=True)
class Finding:
    """Something about rows. kind: 重叠, 空缺 or 轮不到. rows: which rows; example: facts that show it, "" for none.

    sure: whether facts like these can certainly be given; False where what is compared is itself computed.
    """

    kind: str
    rows: tuple[int, ...]
    example: str
    sure: bool


@dataclass
class _Variable:
    """What conditions ask about: a fact, a computed value, or how two values compare."""

    node: Core
    points: set[Any] = field(default_factory=set)
    may_miss: bool = False
    relation: Core | None = None
    """The other side, where two values are compared: the domain is then −1, 0, 1."""

    @property
    def sure(self) -> bool:
        """Whether it is a recorded fact, which can be anything its type allows."""
        return isinstance(self.node, nodes.Ref) and self.node.kind == "列" and self.relation is None

    def said(self, value: Value) -> str:
        """Return one value of it in words."""
        if self.relation is not None:
            return f"{written(self.node)} {('<', '=', '>')[value + 1]} {written(self.relation)}"
        return said_of(self.node) + ("缺" if isinstance(value, Unknown) else plain(value))


class _Region(Interpreter):
    """The interpreter, where the values of the variables are those of one region."""

    def __init__(self, bound: Bound, places: dict[int, tuple[Any, bool]]):
        period = Period.around(bound.on)
        super().__init__(bound, [Stretch(0, period.start, period.end, {})], period)
        self.places, self.env = places, {}

    def value(self, node: Core, segment: int | None) -> Value:
        """Return the region's own value of a variable, else what the interpreter says."""
        place = self.places.get(id(node))
        if place is None:
            return super().value(node, segment)
        key, flipped = place
        found = self.env[key]
        if isinstance(node, nodes.Compare) and not isinstance(found, bool | Unknown):
            sign = -found if flipped else found
            return {"=": sign == 0, "≠": sign != 0, "<": sign < 0, "≤": sign <= 0, ">": sign > 0, "≥": sign >= 0}[
                node.op
            ]
        return found


class Regions:
    """The regions of some rows' conditions, on one day of a pack."""

    def __init__(self, bound: Bound, conditions: Sequence[Core | None]):
        self.bound, self.conditions = bound, conditions
        self.variables: dict[Any, _Variable] = {}
        self.places: dict[int, tuple[Any, bool]] = {}
        self.asks: list[set[Any]] = []
        for condition in conditions:
            asked: set[Any] = set()
            if condition is not None:
                self._meet(condition, asked)
            self.asks.append(asked)
        self.domains = {key: _domain(bound, variable) for key, variable in self.variables.items()}
        self._one = _Region(bound, self.places)
        self._left = MOST_ASKED
        self.spent = False

    # ── what is asked about ──

    def _meet(self, node: Core, asked: set[Any]) -> None:
        match node:
            case nodes.Logic():
                for item in node.items:
                    self._meet(item, asked)
            case nodes.Const():
                return
            case nodes.Has():
                self._variable(node.operand, asked).may_miss = True
            case nodes.Compare(left=nodes.Const(), right=other) | nodes.Compare(left=other, right=nodes.Const()):
                if isinstance(other, nodes.Const):
                    return
                const = node.right if other is node.left else node.left
                assert isinstance(const, nodes.Const)
                self._variable(other, asked).points.add(const.value)
            case nodes.Compare():
                self._relation(node, asked)
            case _:
                self._variable(node, asked)

    def _variable(self, node: Core, asked: set[Any]) -> _Variable:
        key = shape(node)
        self.places[id(node)] = (key, False)
        asked.add(key)
        return self.variables.setdefault(key, _Variable(node))

    def _relation(self, node: nodes.Compare, asked: set[Any]) -> None:
        left, right = shape(node.left), shape(node.right)
        flipped = repr(left) > repr(right)
        key = ("比", right, left) if flipped else ("比", left, right)
        self.places[id(node)] = (key, flipped)
        asked.add(key)
        first, second = (node.right, node.left) if flipped else (node.left, node.right)
        self.variables.setdefault(key, _Variable(first, relation=second))

    # ── regions ──

    def cells(self, keys: Iterable[Any]) -> Iterator[dict[Any, Value]]:
        """Yield every region over some variables."""
        names = sorted(keys, key=repr)
        for values in product(*(self.domains[key] for key in names)):
            yield dict(zip(names, values, strict=True))

    def count(self, keys: Iterable[Any]) -> int:
        """Return how many regions there are over some variables."""
        return prod(len(self.domains[key]) for key in keys)

    def affords(self, keys: Iterable[Any], rows: int) -> bool:
        """Return whether some rows may still be asked about in every region over some variables; then it is counted."""
        regions = self.count(keys)
        if regions > MOST:
            return False
        if regions * rows > self._left:
            self.spent = True
            return False
        self._left -= regions * rows
        return True

    def holds(self, index: int, cell: dict[Any, Value]) -> Value:
        """Return whether a row's condition holds in a region: True, False or Unknown."""
        condition = self.conditions[index]
        if condition is None:
            return True
        self._one.env = cell
        return self._one.value(condition, None)

    def finding(self, kind: str, rows: tuple[int, ...], cell: dict[Any, Value], keys: Iterable[Any]) -> Finding:
        """Return a finding with a region as its example."""
        own = sorted(keys, key=repr)
        said = [self.variables[key].said(cell[key]) for key in own]
        example = "、".join(said[:_MOST_NAMED]) + ("……" if len(said) > _MOST_NAMED else "")
        return Finding(kind, rows, example, all(self.variables[key].sure for key in own))


def overlaps(bound: Bound, rows: Sequence[Row]) -> list[Finding]:
    """Return each pair of rows whose conditions can hold together, with facts that show it."""
    regions = Regions(bound, [row.condition for row in rows])
    found = []
    for second in range(len(rows)):
        for first in range(second):
            keys = regions.asks[first] | regions.asks[second]
            if not regions.affords(keys, 2):
                found.append(Finding("重叠", (first, second), "", sure=False))
                if regions.spent:
                    return found
                continue
            both = (
                c for c in regions.cells(keys) if regions.holds(first, c) is True and regions.holds(second, c) is True
            )
            cell = next(both, None)
            if cell is not None:
                found.append(regions.finding("重叠", (first, second), cell, keys))
    return found


def gaps(bound: Bound, rows: Sequence[Row]) -> list[Finding]:
    """Return where no row fits, once, and every row that is never the first to fit (首个)."""
    regions = Regions(bound, [row.condition for row in rows])
    keys = set(regions.variables)
    if not regions.affords(keys, len(rows)):
        return [Finding("空缺", (), "", sure=False)]
    reached: set[int] = set()
    gap: Finding | None = None
    for cell in regions.cells(keys):
        for index in range(len(rows)):
            holds = regions.holds(index, cell)
            if holds is True:
                reached.add(index)
            if holds is not False:
                break
        else:
            gap = gap or regions.finding("空缺", (), cell, keys)
    never = [Finding("轮不到", (index,), "", sure=True) for index in range(len(rows)) if index not in reached]
    return [*([gap] if gap else []), *never]


def never(bound: Bound, rows: Sequence[Row]) -> list[Finding]:
    """Return every row whose condition holds nowhere; where there are too many regions, that it cannot be said."""
    regions = Regions(bound, [row.condition for row in rows])
    found = []
    for index in range(len(rows)):
        one = _nowhere(regions, (index,))
        found += [one] if one else []
        if regions.spent:
            break
    return found


def contradictions(bound: Bound, rows: Sequence[Row]) -> list[Finding]:
    """Return the rows of a 条件组 that cannot hold together: the first pair, else all of them."""
    regions = Regions(bound, [row.condition for row in rows])
    pairs = [(first, second) for second in range(len(rows)) for first in range(second)]
    found = [one for few in (*pairs, tuple(range(len(rows)))) if (one := _nowhere(regions, few))]
    return next(([one] for one in found if one.sure), found[-1:])


def _nowhere(regions: Regions, rows: tuple[int, ...]) -> Finding | None:
    """Return a finding where some rows' conditions hold together in no region. sure: every region was looked at."""
    keys = set().union(*(regions.asks[index] for index in rows))
    if not regions.affords(keys, len(rows)):
        return Finding("不成立", rows, "", sure=False)
    for cell in regions.cells(keys):
        if all(regions.holds(index, cell) is True for index in rows):
            return None
    return Finding("不成立", rows, "", sure=True)


def _domain(bound: Bound, variable: _Variable) -> list[Value]:
    """Return one value of each region of a variable."""
    kind = variable.node.type
    values: list[Value]
    if variable.relation is not None:
        values = [-1, 0, 1]
    elif kind.kind == "代码" and kind.table:
        values = list(kind.table.labels)
    elif kind.kind == "是否":
        values = [True, False]
    elif kind.kind == "日期":
        values = _days(variable.points)
    elif kind.kind == "文":
        values = [*sorted(variable.points), _OTHER_TEXT]
    elif kind.kind == "数":
        values = _numbers(bound, variable)
    else:
        values = [{}]
    if variable.may_miss:
        values = [*values, MISSING]
    return values


def _days(points: set[date]) -> list[Value]:
    ordinals = [Fraction(day.toordinal()) for day in points]
    low, high = date(FIRST_YEAR, 1, 1).toordinal(), date(LAST_YEAR, 12, 31).toordinal()
    return [date.min + timedelta(days=int(n) - 1) for n in _between(ordinals, Fraction(low), Fraction(high), 0)]


def _numbers(bound: Bound, variable: _Variable) -> list[Value]:
    node, points = variable.node, [Fraction(point) for point in variable.points]
    edge = max((abs(point) for point in points), default=Fraction(0)) + 1
    if isinstance(node, nodes.Ref) and node.kind in ("列", "规则"):
        given = bound.given(node.name)
        # what is computed may be more than what could be given in its place
        low, high = (given.low, given.high) if node.kind == "列" else (-edge, edge)
        return list(_between(points, Fraction(low), Fraction(high), given.places))
    whole = isinstance(node, nodes.DateMath | nodes.History | nodes.Group)
    return list(_between(points, -edge, edge, 0 if whole else 4))


def _between(points: Iterable[Fraction], low: Fraction, high: Fraction, places: int) -> Iterator[Fraction]:
    """Yield every point within [low, high], and one number between each two that are neighbours, if there is one."""
    step = Fraction(1, 10**places)
    inside = sorted({point for point in points if low <= point <= high})
    for start, end in zip([low - step, *inside], [*inside, high + step], strict=True):
        if start >= low:
            yield start
        first = start + step - (start % step)
        if first < end:
            yield first


def said_of(node: Core) -> str:
    """Return how a value of a node is introduced: a name by a space, what is computed by an equals sign."""
    return f"{written(node)} " if isinstance(node, nodes.Ref) else f"{written(node)} = "


def shape(node: Any) -> Any:
    """Return what a node says, without its place: equal for two pieces that mean the same."""
    if isinstance(node, Core):
        return (
            type(node).__name__,
            *(shape(getattr(node, f.name)) for f in fields(node) if f.name not in ("at", "type")),
        )
    if isinstance(node, Row):
        return (shape(node.condition), shape(node.value))
    if isinstance(node, tuple):
        return tuple(map(shape, node))
    return tuple(sorted(node)) if isinstance(node, frozenset) else node
