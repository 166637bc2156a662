"""The two trees of the language: what was written (syntax), and what it means once names and types are known (core).

The core nodes are the primitives: the only nodes with code per backend. Every other word is a composition
(vocabulary.py). An interpreter or compiler is one function over these.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, fields
from datetime import date
from fractions import Fraction
from functools import cache
from typing import Any

from gugan.policy.catalogue import CodeTable
from gugan.policy.source import Text

# ── what was written ────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Written:
    """A piece of expression as written, with its place."""

    at: Text


@dataclass(frozen=True)
class WNumber(Written):
    value: Fraction
    percent: bool = False
    unit: str = ""


@dataclass(frozen=True)
class WDate(Written):
    value: date


@dataclass(frozen=True)
class WWindow(Written):
    value: Any


@dataclass(frozen=True)
class WName(Written):
    name: str
    quoted: bool = False


@dataclass(frozen=True)
class WIndex(Written):
    table: str
    keys: tuple[Written, ...]
    column: str | None


@dataclass(frozen=True)
class WCall(Written):
    word: str
    args: tuple[Written, ...]
    named: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class WEvery(Written):
    count: int


@dataclass(frozen=True)
class WUnary(Written):
    op: str
    operand: Written


@dataclass(frozen=True)
class WBinary(Written):
    op: str
    left: Written
    right: Written


@dataclass(frozen=True)
class WChoose(Written):
    condition: Written
    then: Written
    other: Written


@dataclass(frozen=True)
class WMissing(Written):
    pass


# ── what it means ───────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Type:
    """Type of a core node: 数 (with unit), 日期, 代码 (with table), 是否, 逐年 (with table), 文, 日期窗; 缺 until what it meets
    is known; ? where an error was already reported."""

    kind: str
    unit: str = ""
    table: CodeTable | None = None
    literal: bool = False
    """A bare number: it takes the unit of what it meets."""

    def __str__(self) -> str:
        if self.kind == "数":
            return self.unit or "数"
        return f"“{self.table.name}”" if self.table else self.kind


ERROR = Type("?")
MISSING = Type("缺")
NUMBER = Type("数")
BOOL = Type("是否")
DATE = Type("日期")
WINDOW = Type("日期窗")
TEXT = Type("文")


@dataclass(frozen=True)
class Core:
    """A typed node. `at` is its place and its text as written where that is short."""

    at: Text
    type: Type


@dataclass(frozen=True)
class Const(Core):
    value: Any
    percent: bool = False
    unit: str = ""
    """The unit that is written beside a number."""


@dataclass(frozen=True)
class Ref(Core):
    """A reference: kind is 规则, 列 or 内置."""

    kind: str
    name: str


@dataclass(frozen=True)
class Arith(Core):
    op: str
    left: Core
    right: Core


@dataclass(frozen=True)
class Compare(Core):
    op: str
    left: Core
    right: Core


@dataclass(frozen=True)
class Logic(Core):
    """且, 或 over several; 非 over one. Three-valued: 缺 is neither true nor false."""

    op: str
    items: tuple[Core, ...]


@dataclass(frozen=True)
class Choose(Core):
    condition: Core
    then: Core
    other: Core


@dataclass(frozen=True)
class Extreme(Core):
    """最高 or 最低 of several; `word` is the word that was written (封顶, 保底, 就高 …)."""

    op: str
    items: tuple[Core, ...]
    word: str = ""


@dataclass(frozen=True)
class Round(Core):
    """Round `operand` to a whole number of 1/`per` of its unit. mode: 四舍五入, 进 (away from zero), 去尾 (towards zero)."""

    operand: Core
    per: int
    mode: str
    word: str


@dataclass(frozen=True)
class Lookup(Core):
    """The cell of a table at keys; `column` where the table has several."""

    table: str
    keys: tuple[Core, ...]
    column: str | None


@dataclass(frozen=True)
class Bracket(Core):
    """A scale read at x: 分档 gives the value of the step, 累进 the sum over the steps."""

    table: str
    operand: Core


@dataclass(frozen=True)
class DateMath(Core):
    word: str
    args: tuple[Core, ...]


@dataclass(frozen=True)
class Segments(Core):
    """Sum over the stretches of the person in the month, each by its share of the calendar days."""

    operand: Core


@dataclass(frozen=True)
class Has(Core):
    operand: Core


@dataclass(frozen=True)
class Default(Core):
    """`operand`, or `other` where it is missing; the use is named on the slip."""

    operand: Core
    other: Core


@dataclass(frozen=True)
class History(Core):
    """A word over yearly results: word, the history, and its parameters. `args` are years; `every`: 每 … 个 or how many
    years back."""

    word: str
    history: Core
    args: tuple[Core, ...] = ()
    every: int = 0
    accepts: frozenset[str] = frozenset()
    resets: bool = False
    """A year that does not count starts the count anew (满期次数)."""
    gapless: bool = False
    """A year without a result cannot be passed over (近几年)."""


@dataclass(frozen=True)
class Group(Core):
    """A word over the rows of a whole table that are alike in `keys` (none: all rows). 名次, 组计, 组人数 (of rows, or of
    those with a value). `operand` and `keys` are names, so that they are columns before any row is answered.

    ties: 占位, 连号 or 取后. skips: rows without a value are passed over (缺：不计), else they leave the group without an
    answer."""

    word: str
    operand: Core | None
    keys: tuple[Core, ...]
    ties: str = ""
    skips: bool = False

    @property
    def label(self) -> str:
        """What it says, as the name of a column."""
        names = [node.name for node in (self.operand, *self.keys) if isinstance(node, Ref)]
        manner = [self.ties, "不计" if self.skips else "", "" if self.keys else "全表"]
        return f"{self.word}({'，'.join(part for part in (*names, *manner) if part)})"


@dataclass(frozen=True)
class Row:
    """One row of a form: 当 condition 得 value, with its own basis and label."""

    at: Text
    condition: Core | None
    value: Core
    basis: Any = None


@dataclass(frozen=True)
class Exceptions(Core):
    """General rule and exceptions: none applies, the general; one applies, it; two apply, an error naming both."""

    general: Core
    rows: tuple[Row, ...]


@dataclass(frozen=True)
class FirstOf(Core):
    """首个: the first row whose condition holds; a row without a condition is the rest."""

    rows: tuple[Row, ...]


@dataclass(frozen=True)
class SumOf(Core):
    """累加: the sum of the rows whose condition holds."""

    rows: tuple[Row, ...]


@dataclass(frozen=True)
class HighestOf(Core):
    """就高: the highest of the rows whose condition holds; 0 where none does."""

    rows: tuple[Row, ...]


@dataclass(frozen=True)
class AllOf(Core):
    """条件组: every row's condition must hold; each failure and each unknown is reported."""

    rows: tuple[Row, ...]


def children(node: Any) -> Iterator[Core]:
    """Yield the core nodes directly below a node, in the order they are written."""
    for name in _members(type(node)):
        below = getattr(node, name)
        for item in below if isinstance(below, tuple) else (below,):
            if isinstance(item, Core):
                yield item
            elif isinstance(item, Row):
                yield from children(item)


@cache
def _members(kind: Any) -> tuple[str, ...]:
    return tuple(member.name for member in fields(kind))


def parts(node: Core | None) -> Iterator[Core]:
    """Yield every core node below a node, itself first."""
    if node is not None:
        yield node
        for child in children(node):
            yield from parts(child)
