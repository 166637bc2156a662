"""The explanation tree of one answer, as data and as text, and how values, units and bases are shown in it.

The members of a tree are described in docs/packs/library.md; they are only ever added to, and `form` counts changes.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from gugan.policy.catalogue import MONEY
from gugan.policy.interpret import Value, plain
from gugan.policy.nodes import Type
from gugan.policy.numbers import decimal_text
from gugan.policy.pack import Basis

FORM = 1
"""The form of the trees that this engine gives."""
NO_EXCEPTION = "没有例外："
"""How the note begins that names exceptions of which none applied; `considered` says it of each."""


@dataclass(slots=True)
class Considered:
    """One row that a rule looked at: an exception, a row of 首个, 就高 or 累加, a condition of 条件组.

    state: 适用, 不适用, 算不出, 没有看 (an earlier row stood); of a condition 符合, 不符合, 算不出. won: its value is in the
    answer. why: the condition with values put in, or what it lacks. basis: its own, where it has one.
    """

    says: str
    state: str
    when: str = ""
    why: str = ""
    value: str = ""
    unit: str = ""
    won: bool = False
    basis: dict[str, str] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """Return plain data for JSON, without empty members."""
        return _full(self, Considered.__slots__)

    def line(self, choice: str) -> str:
        """Return it as one line of text."""
        state = "采用" if self.won and choice != "累加" else self.state
        text = f"{choice} {state}：{self.says}"
        if self.why and self.why != self.says:
            text += f"（{self.why}）"
        if self.value:
            text += f" {self.value} {self.unit}".rstrip()
        return text + (f"  依据 {basis_text(self.basis)}" if self.basis else "")


@dataclass(slots=True)
class Tree:
    """One answer with its reasons. Money is text with two decimals; `source` holds opaque action ids of a fact.

    kind: 规则, 事实, 表, 内置 or 给定. `repeat` marks a rule that was already explained above.
    choice, considered: 例外, 首个, 就高, 累加 or 条件组, and its rows. limits: each 封顶 or 保底 that changed the figure.
    defaults: each 缺省 that stood in. cell, step: what was read in a table or a scale. At the root: form, and of an
    answer that cannot be given missing (facts to record) and obstacles.
    """

    name: str
    kind: str
    value: str
    unit: str = ""
    known: bool = True
    formula: str = ""
    substituted: str = ""
    basis: dict[str, str] = field(default_factory=dict)
    since: str = ""
    pack: str = ""
    note: str = ""
    source: tuple[Any, ...] = ()
    repeat: bool = False
    choice: str = ""
    considered: tuple[Considered, ...] = ()
    limits: tuple[dict[str, str], ...] = ()
    defaults: tuple[dict[str, str], ...] = ()
    cell: dict[str, Any] | None = None
    step: dict[str, Any] | None = None
    missing: tuple[dict[str, Any], ...] = ()
    obstacles: tuple[str, ...] = ()
    form: int = 0
    children: list[Tree] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        """Return plain data for JSON, without empty members."""
        data = _full(self, _MEMBERS)
        data["known"] = self.known
        if self.considered:
            data["considered"] = [row.as_dict() for row in self.considered]
        data["children"] = [child.as_dict() for child in self.children]
        return data

    def lines(self, depth: int = 99, indent: int = 0) -> Iterator[str]:
        """Yield the tree as text lines, children indented, down to `depth` levels."""
        pad = "│ " * indent
        shown = f"{self.value} {self.unit}".strip() if self.known else self.value
        if self.kind == "事实":
            yield f"{pad}▣ {self.name} {shown if self.known else '没有记录'}" + (f"  {self.note}" if self.note else "")
            return
        yield f"{pad}{self.name} = {shown}" + ("  （同上）" if self.repeat else "")
        if self.repeat:
            return
        yield from (f"{pad}│ {text}" for text in self.reasons())
        if depth > 0:
            for child in self.children:
                yield from child.lines(depth - 1, indent + 1)

    def reasons(self) -> Iterator[str]:
        """Yield what stands under the line of a rule or a table: formula, rows looked at, limits, basis, what is missing."""
        if self.substituted:
            yield self.substituted
        for limit in self.limits:
            yield f"{limit['word']}起了作用：{limit['before']} 改为 {limit['limit']} {limit.get('unit', '')}".rstrip()
        notes = [part for part in self.note.split("；") if part]
        if self.choice == "例外" and self.note.startswith(NO_EXCEPTION):
            notes = []
        if notes:
            yield f"注：{'；'.join(notes)}"
        yield from (row.line(self.choice) for row in self.considered)
        yield from step_lines(self.step)
        if self.basis:
            since = f"  自 {self.since}" if self.since else ""
            yield f"依据 {basis_text(self.basis)}{since}  [{self.pack}]"
        if self.missing:
            yield f"要补：{'、'.join(map(missing_text, self.missing))}"
        if self.obstacles:
            yield f"补事实也算不出：{'；'.join(self.obstacles)}"

    def as_text(self, depth: int = 99, width: int | None = None) -> str:
        """Return the tree as text for a terminal; with `width` in columns, longer lines go on under their own indent."""
        lines = self.lines(depth)
        return "\n".join(lines if width is None else (part for line in lines for part in _wrapped(line, width)))


_MEMBERS = tuple(name for name in Tree.__slots__ if name not in ("children", "considered"))


def _full(item: Any, members: tuple[str, ...]) -> dict[str, Any]:
    """Return the members that say something."""
    return {name: value for name in members if (value := getattr(item, name))}


def step_lines(step: dict[str, Any] | None) -> Iterator[str]:
    """Yield a marginal scale's sum, step by step, and the quick deduction that comes to the same."""
    if not step or "parts" not in step:
        return
    for part in step["parts"]:
        until = f"至 {part['to']} " if part.get("to") else ""
        yield f"超过 {part['from']} {until}的部分 {part['of']} × {part['rate']} = {part['amount']}"
    yield f"合计 {step['sum']}；速算扣除数 {step['quick']}"


def missing_text(fact: dict[str, Any]) -> str:
    """Return a fact to record in words: 2025 年历年考核（事项 年度考核）."""
    kinds = "或".join(dict.fromkeys(one["kind"] for one in fact.get("facts", ())))
    name = f"{fact['year']} 年{fact['name']}" if fact.get("year") else fact["name"]
    return f"{name}（事项 {kinds}）" if kinds and kinds != name else name


def basis_text(basis: dict[str, str]) -> str:
    """Return a basis as one line: 《document》clause “words”, or what an example is modelled on."""
    if basis.get("性质") == "示例":
        return f"〔示例〕{basis['文件']}，参照：{basis.get('参照', '')}"
    return f"《{basis['文件']}》{basis.get('条', '')}" + (f"“{basis['原文']}”" if basis.get("原文") else "")


def basis_dict(basis: Basis | None) -> dict[str, str]:
    """Return a basis as plain data; empty members left out."""
    if basis is None:
        return {}
    document = basis.document
    data = {
        "文件": document.title,
        "文号": document.number,
        "性质": document.nature,
        "条": basis.clause,
        "原文": basis.words,
        "参照": basis.modelled_on,
    }
    return {key: value for key, value in data.items() if value}


def unit_of(kind: Type) -> str:
    """Return the unit to print after a value."""
    return kind.unit if kind.kind == "数" else ""


def show(value: Value, kind: Type) -> str:
    """Return a value as an official would print it: money with two decimals, rates in per cent, labels as they are."""
    if type(value) is Fraction and kind.kind == "数":
        if kind.unit == MONEY:
            if 100 % value.denominator:
                return decimal_text(value)
            fen = abs(value.numerator) * (100 // value.denominator)
            return f"{'-' if value.numerator < 0 else ''}{fen // 100}.{fen % 100:02d}"
        if not kind.unit and not kind.literal and 0 < abs(value.numerator) < value.denominator:
            return f"{decimal_text(value * 100)}%"
        return decimal_text(value)
    return plain(value)


# ── lines of a terminal ──


def _columns(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text)


def _wrapped(line: str, width: int) -> Iterator[str]:
    """Yield a line in pieces of at most `width` columns; no piece begins with a mark that closes."""
    bare = line.lstrip("│ ")
    pad = line[: len(line) - len(bare)]
    room = max(width - _columns(pad), 20)
    while _columns(bare) > room:
        at, used = 0, 0
        while used + _columns(bare[at]) <= room:
            used += _columns(bare[at])
            at += 1
        cut = at
        while cut > 1 and (bare[cut] in "，。；：、）”》］%" or _joined(bare, cut)):
            cut -= 1
        cut = at if at - cut > 20 else cut
        yield pad + bare[:cut].rstrip()
        bare = ("" if pad.endswith("  ") else "  ") + bare[cut:].lstrip()
    yield pad + bare


def _joined(text: str, at: int) -> bool:
    """Whether a number or a word of Latin letters goes on over a place."""
    return all(letter.isascii() and not letter.isspace() for letter in text[at - 1 : at + 1])
