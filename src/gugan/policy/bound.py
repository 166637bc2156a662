"""A pack read on one day: which rules and tables are in force, bound on demand, each once, with what is wrong with them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from functools import cached_property
from threading import RLock
from typing import Any

from gugan.policy.bind import bind_block
from gugan.policy.catalogue import plain_unit, usual_places, usual_range
from gugan.policy.errors import PolicyErrors, Problem, fail, hint, problem
from gugan.policy.nodes import BOOL, DATE, ERROR, TEXT, WINDOW, Core, Default, Ref, Type, parts
from gugan.policy.numbers import read_day, read_number
from gugan.policy.pack import Basis, Block, Pack, PackTable, Rule, TableBlock
from gugan.policy.source import Text
from gugan.policy.spans import is_monthly

_COLUMN_KINDS = {"机构": "文", "月份": "文", "年": "数"}
_REST = "其余"
_WORD = re.compile(r"\w+")


@dataclass(frozen=True)
class BoundRule:
    """A rule on a day: the block in force and its core tree (None: the rule is for a nearer pack, or had `problems`)."""

    rule: Rule
    block: Block | None
    node: Core | None
    type: Type
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True)
class Cell:
    """A table cell on a day: exact number, label or date, or None for 缺."""

    value: Fraction | str | date | None


@dataclass(frozen=True)
class Given:
    """What may be given for a column or a rule: its type, range and decimals, and what stands where nothing is."""

    name: str
    type: Type
    low: int
    high: int
    places: int
    empty: Any = None


class Bound:
    """A pack read on one day. Safe to share between threads."""

    def __init__(self, pack: Pack, on: date):
        self.pack, self.on = pack, on
        self._rules: dict[str, BoundRule] = {}
        self._tables: dict[str, BoundTable] = {}
        self._given: dict[str, Given] = {}
        self._behind: dict[tuple[str, ...], Behind] = {}
        self._reads: dict[str, tuple[Ref | Default, ...]] = {}
        self._monthly: dict[str, bool] = {}
        self._under_way: list[str] = []
        self._lock = RLock()

    def rule(self, name: str) -> BoundRule:
        """Return a bound rule, with its problems; a cycle is a problem and ends the rule."""
        found = self._rules.get(name)
        if found is None:
            with self._lock:
                for below in [] if self._under_way else self._below(name):
                    self._rules.get(below) or self._bind_once(self.pack.rules[below])
                found = self._rules.get(name) or self._bind_once(self.pack.rules[name])
        return found

    def _below(self, name: str) -> list[str]:
        """Return the rules whose names are written in a rule or below it, the lowest first, so that a long chain is bound
        without deep recursion; none where they go round in a circle, which binding will tell."""
        found: list[str] = []
        done, path = set(self._rules), set[str]()
        stack = [(name, False)]
        while stack:
            one, leaving = stack.pop()
            if leaving:
                path.discard(one)
                done.add(one)
                found.append(one)
            elif one in path:
                return []
            elif one not in done:
                path.add(one)
                stack += [(one, True), *((read, False) for read in self._written(one))]
        return found

    def _written(self, name: str) -> list[str]:
        """Return the names of rules that are written in the block of a rule in force on the day."""
        block = self.pack.rules[name].block(self.on)
        if block is None:
            return []
        texts = [block.general, block.cap, *(text for row in block.rows for text in (row.when, row.get))]
        words = [word for text in texts if text for word in _WORD.findall(text)]
        return [word for word in dict.fromkeys(words) if word in self.pack.rules]

    def _bind_once(self, rule: Rule) -> BoundRule:
        if rule.name in self._under_way:
            path = [*self._under_way[self._under_way.index(rule.name) :], rule.name]
            raise fail("G107", rule.at, path=" → ".join(path))
        self._under_way.append(rule.name)
        try:
            bound = self._bind(rule)
        except PolicyErrors as errors:
            bound = BoundRule(rule, None, None, ERROR, errors.problems)
        except RecursionError:
            bound = BoundRule(rule, None, None, ERROR, (problem("G021", rule.at),))
        finally:
            self._under_way.pop()
        self._rules[rule.name] = bound
        self.monthly(rule.name)
        return bound

    def _bind(self, rule: Rule) -> BoundRule:
        declared = self.declared(rule)
        if rule.local:
            return BoundRule(rule, None, None, declared)
        block = rule.block(self.on)
        if block is None:
            raise not_in_force(rule, self.on)
        node = bind_block(self, rule, block, declared)
        return BoundRule(rule, block, node, node.type)

    @property
    def problems(self) -> list[Problem]:
        """What is wrong with all rules bound so far."""
        return [problem for bound in self._rules.values() for problem in bound.problems]

    @property
    def bound_rules(self) -> list[BoundRule]:
        """All rules bound so far."""
        return list(self._rules.values())

    def table(self, name: str) -> BoundTable:
        """Return a table with its cells of the day; raises PolicyErrors where they cannot be read."""
        found = self._tables.get(name)
        if found is None:
            found = self._tables[name] = BoundTable(self, self.pack.tables[name])
        return found

    def given(self, name: str) -> Given:
        """Return what may be given for a column, or for a rule in place of its own answer."""
        if name not in self._given:
            if name in self.pack.rules:
                kind = self.rule(name).type
                kind = kind if kind.kind != ERROR.kind else Type("数")
                self._given[name] = Given(name, kind, *usual_range(kind.unit), usual_places(kind.unit))
            else:
                column, kind = self.pack.catalogue.columns[name], self.column_type(name)
                low, high = column.low or 0, column.high or 0
                self._given[name] = Given(name, kind, low, high, usual_places(kind.unit), column.empty)
        return self._given[name]

    # ── types ──

    def column_type(self, name: str) -> Type:
        """Return the type of a catalogue column."""
        column = self.pack.catalogue.columns[name]
        kind = _COLUMN_KINDS.get(column.type, column.type)
        if kind == "数":
            return Type("数", "年" if column.type == "年" else plain_unit(column.unit))
        return Type(kind, table=column.table)

    def unit_type(self, unit: str) -> Type:
        """Return the type that a declared unit stands for: a number's unit, 日期, 是否, 文 or a code table."""
        tables = self.pack.catalogue.tables
        if unit in tables:
            return Type("代码", table=tables[unit])
        return {"日期": DATE, "是否": BOOL, "文": TEXT, "日期窗": WINDOW}.get(unit) or Type("数", plain_unit(unit))

    def declared(self, rule: Rule) -> Type:
        """Return the type that 单位 declares; a set of conditions needs none."""
        if not rule.unit and not rule.local:
            return BOOL
        if rule.unit.startswith("逐年"):
            name = rule.unit.removeprefix("逐年").strip("：: ")
            if name not in self.pack.catalogue.tables:
                raise fail("G103", rule.at, name=name, hint=hint(name, self.pack.catalogue.tables))
            return Type("逐年", table=self.pack.catalogue.tables[name])
        return self.unit_type(rule.unit)

    # ── what lies behind an answer ──

    def behind(self, want: Sequence[str]) -> Behind:
        """Return the rules and columns that the wanted names depend on."""
        key = tuple(want)
        if key not in self._behind:
            self._behind[key] = Behind.of(self, key)
        return self._behind[key]

    def monthly(self, name: str) -> bool:
        """Return whether a rule speaks of one month (spans.py); the rules below it are bound already."""
        if name not in self._monthly:
            self._monthly[name] = is_monthly(self.pack, self.pack.rules[name], self.rule(name).node, self.monthly)
        return self._monthly[name]

    def reads(self, name: str) -> tuple[Ref | Default, ...]:
        """Return the references and the 缺省 in a rule, in the order they are written."""
        if name not in self._reads:
            found = (part for part in parts(self.rule(name).node) if isinstance(part, Ref | Default))
            self._reads[name] = tuple(found)
        return self._reads[name]

    def require(self, want: Sequence[str]) -> Behind:
        """Return what lies behind the wanted names; raises PolicyErrors (G504, or anything wrong with a rule there)."""
        known = (*self.pack.rules, *self.pack.catalogue.columns)
        unknown = [problem("G504", name=n, hint=hint(n, known)) for n in want if n not in known]
        if unknown:
            raise PolicyErrors(unknown)
        behind = self.behind(want)
        problems = [p for name in behind.rules for p in self.rule(name).problems]
        if problems:
            raise PolicyErrors(problems)
        return behind


@dataclass(frozen=True)
class Behind:
    """What wanted names depend on, themselves included. `rules`, `columns`: in order of first meeting; `downward`: the
    rules so that each comes before those it reads; `defaulting`: those with a 缺省 in them or behind them."""

    rules: tuple[str, ...]
    columns: tuple[str, ...]
    downward: tuple[str, ...]
    defaulting: frozenset[str]

    @classmethod
    def of(cls, bound: Bound, want: Sequence[str]) -> Behind:
        """Walk down from the wanted names."""
        met: dict[str, None] = {}
        columns: dict[str, None] = {}
        done: dict[str, None] = {}
        defaulting: set[str] = set()
        stack: list[tuple[str, bool]] = [(name, False) for name in reversed(want)]
        while stack:
            name, leaving = stack.pop()
            if leaving:
                done[name] = None
                if _defaults(bound.reads(name), defaulting):
                    defaulting.add(name)
            elif name not in bound.pack.rules:
                columns[name] = None
            elif name not in met:
                met[name] = None
                refs = [part for part in bound.reads(name) if isinstance(part, Ref)]
                columns.update(dict.fromkeys(ref.name for ref in refs if ref.kind == "列"))
                stack.append((name, True))
                stack += [(ref.name, False) for ref in reversed(refs) if ref.kind == "规则"]
        return cls(tuple(met), tuple(columns), tuple(reversed(done)), frozenset(defaulting))


def _defaults(read: Sequence[Ref | Default], defaulting: set[str]) -> bool:
    """Return whether a 缺省 is in a rule or behind a rule it reads."""
    return any(isinstance(part, Default) or (part.kind == "规则" and part.name in defaulting) for part in read)


def not_in_force(item: Rule | PackTable, on: date) -> PolicyErrors:
    """Return the error of a rule or table that has no value on a day."""
    if item.until and on > item.until:
        return fail("G302", item.at, name=item.name, until=item.until, on=on)
    return fail("G301", item.at, name=item.name, on=on, first=min((b.since for b in item.blocks), default="—"))


class BoundTable:
    """A table's cells on a day. `cells`: {key tuple → {column → Cell}}; keys are labels or Fractions; 其余 is `rest`."""

    def __init__(self, bound: Bound, table: PackTable):
        self.table, self.bound = table, bound
        block = table.block(bound.on)
        if block is None:
            raise not_in_force(table, bound.on)
        self.block: TableBlock = block
        self.key_types = tuple(self._key_type(key) for key in table.keys) or (
            Type("数", plain_unit(table.threshold_unit)),
        )
        self.cells: dict[tuple, dict[str, Cell]] = {}
        self.rest: dict[str, Cell] | None = None
        self._problems: list[Problem] = []
        for texts, row in block.cells.items():
            self._read_row(texts, row)
        if table.mode and not self._problems:
            self._ascending()
        if self._problems:
            raise PolicyErrors(self._problems)

    @property
    def basis(self) -> Basis | None:
        """The basis of the cells of the day."""
        return self.block.basis or self.table.basis

    def _key_type(self, key: Text) -> Type:
        pack = self.bound.pack
        if key in pack.catalogue.tables:
            return Type("代码", table=pack.catalogue.tables[key])
        if key in pack.catalogue.columns:
            return self.bound.column_type(key)
        if key in pack.rules:
            return self.bound.declared(pack.rules[key])
        return Type("数", plain_unit(key))

    def _read_row(self, texts: tuple[Text, ...], row: dict[str, Text]) -> None:
        try:
            cells = {column: self._cell(text, self.table.columns[column]) for column, text in row.items()}
            if all(text == _REST for text in texts) and not self.table.mode:
                self.rest = cells
                return
            if len(texts) != len(self.key_types):
                raise fail("G008", texts[0], want=f" {len(self.key_types)} 个键", got=f"“{'、'.join(texts)}”")
            keys = tuple(self._key(t, k) for t, k in zip(texts, self.key_types, strict=True))
            if keys in self.cells:
                raise fail("G002", texts[0], key="、".join(texts))
            self.cells[keys] = cells
        except PolicyErrors as errors:
            self._problems += errors.problems

    def _key(self, text: Text, kind: Type) -> Fraction | str:
        if kind.kind == "代码" and kind.table:
            if text not in kind.table.labels:
                raise fail("G211", text, value=text, table=kind.table.name, hint=hint(text, kind.table.labels))
            return str(text)
        if kind.kind not in ("数", "文"):
            raise fail("G202", self.table.at, what="键", want="数、代码或文字", got=kind)
        return self._number(text) if kind.kind == "数" else str(text)

    def _number(self, text: Text) -> Fraction:
        number = read_number(text)
        if number is None:
            raise fail("G008", text, want="一个数", got=f"“{text}”")
        return number

    def _cell(self, text: Text, unit: str) -> Cell:
        if text == "缺" and self.table.mode != "累进":
            return Cell(None)
        kind = self.bound.unit_type(unit)
        if kind.kind == "代码":
            return Cell(str(self._key(text, kind)))
        if kind.kind == "日期":
            try:
                return Cell(read_day(text))
            except ValueError:
                raise fail("G011", text, text=text) from None
        if kind.kind != "数":
            raise fail("G202", self.table.at, what="值", want="数、日期或代码", got=kind)
        number = self._number(text)
        return Cell(number / 100 if unit == "%" and not text.endswith("%") else number)

    def _ascending(self) -> None:
        starts = [key[0] for key in self.cells]
        wrong = next((i for i in range(1, len(starts)) if starts[i] <= starts[i - 1]), None)
        if wrong is not None:
            texts = [texts[0] for texts in self.block.cells]
            raise fail("G210", texts[wrong], what="、".join(texts))
        if not starts:
            raise fail("G010", self.block.at, name="起点: 值")

    @cached_property
    def steps(self) -> tuple[tuple[Fraction, ...], tuple[Any, ...], tuple[Fraction, ...]]:
        """Of a scale: starts, values, and of a marginal one the derived quick deductions (速算扣除数): what value × x gives
        too much because the steps below had lower values."""
        starts = tuple(Fraction(key[0]) for key in self.cells)
        values: tuple[Any, ...] = tuple(row[""].value for row in self.cells.values())
        quick = [Fraction(0)]
        if self.table.mode == "累进":
            quick[0] = starts[0] * values[0]
            for index in range(1, len(starts)):
                quick.append(quick[-1] + starts[index] * (values[index] - values[index - 1]))
        return starts, values, tuple(quick)

    def column_type(self, column: str) -> Type:
        """Return the type of a cell in a column."""
        return self.bound.unit_type(self.table.columns[column])


def basis_of(bound: BoundRule) -> Basis | None:
    """Return the basis that stands beside a bound rule: its block's, else its own."""
    return (bound.block.basis if bound.block else None) or bound.rule.basis
