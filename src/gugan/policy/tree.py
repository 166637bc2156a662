"""The explanation tree of one answer, as data and as text, and how values, units and bases are shown in it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from gugan.policy.catalogue import MONEY
from gugan.policy.interpret import Value, plain
from gugan.policy.nodes import Type
from gugan.policy.numbers import decimal_text
from gugan.policy.pack import Basis


@dataclass
class Tree:
    """One answer with its reasons. Money is text with two decimals; `source` holds opaque action ids of a fact.

    kind: 规则, 事实, 表, 内置 or 给定. `repeat` marks a rule that was already explained above.
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
    children: list[Tree] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        """Return plain data for JSON, without empty members."""
        data = {k: v for k, v in self.__dict__.items() if k != "children" and v not in ("", (), {}, False)}
        data["known"] = self.known
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
        if self.substituted:
            yield f"{pad}│ {self.substituted}"
        if self.note:
            yield f"{pad}│ 注：{self.note}"
        if self.basis:
            yield (
                f"{pad}│ 依据 {basis_text(self.basis)}"
                + (f"  自 {self.since}" if self.since else "")
                + f"  [{self.pack}]"
            )
        if depth > 0:
            for child in self.children:
                yield from child.lines(depth - 1, indent + 1)

    def as_text(self, depth: int = 99) -> str:
        """Return the tree as text for a terminal."""
        return "\n".join(self.lines(depth))


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
    if isinstance(value, Fraction) and kind.kind == "数":
        if kind.unit == MONEY:
            return decimal_text(value, 2) if (value * 100).denominator == 1 else decimal_text(value)
        if not kind.unit and 0 < abs(value) < 1 and not kind.literal:
            return f"{decimal_text(value * 100)}%"
    return plain(value)
