"""A slip on paper: one page of lines with their formulas, clauses as numbered notes and the facts; the whole tree behind."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from gugan.web.trees import Node

LONGEST_CLAUSE = 80
"""Characters of a clause on the first page; the appendix has all of it."""
LONGEST_FACT = 46
"""Characters of what is said of a kind of fact on the first page."""
SIGNS = (" × ", " ÷ ", " + ", " − ", "，")
"""What stands in a formula that computes; one without only passes a number on."""
MOST_PARTS = 8
"""Formulas below the lines that still fit on the first page."""
DEEPEST = 8
"""Levels that are indented; deeper ones stand under the last."""
CIRCLED = (0x2460, 20), (0x3251, 15), (0x32B1, 15)
"""Where ① to ⑳, ㉑ to ㉟ and ㊱ to ㊿ begin, and how many they are."""


@dataclass(frozen=True)
class Line:
    """One line of the slip: its amount as text, how it came about, the number of its note."""

    name: str
    money: str
    how: str = ""
    mark: str = ""
    total: bool = False


@dataclass(frozen=True)
class Paragraph:
    """One node of the tree in the appendix. level: how far it is indented; same: the number of the paragraph that has it in full, or ""."""

    number: str
    level: int
    node: Node
    same: str
    clause: str
    facts: list[str]


@dataclass
class Sheet:
    """What is printed."""

    lines: list[Line] = field(default_factory=list)
    parts: list[Line] = field(default_factory=list)
    left: int = 0
    notes: list[tuple[str, str]] = field(default_factory=list)
    facts: list[tuple[str, str]] = field(default_factory=list)
    appendix: list[Paragraph] = field(default_factory=list)


def sheet_of(tree: Node | None, rows: Iterable[tuple[str, str, bool]]) -> Sheet:
    """Return the slip on paper.

    tree: the net pay opened, prepared with every clause; None where it cannot be opened: then only amounts are printed.
    rows: the lines as (name, amount as text, whether it is a total), in the slip's order.
    """
    found = Sheet()
    known: dict[str, Node] = {}
    for node in _walk(tree) if tree is not None else ():
        if node.kind == "规则" and not node.repeat:
            known.setdefault(node.name, node)
    rows = list(rows)
    named = {name for name, _money, _total in rows}
    marks: dict[str, str] = {}
    parts: dict[str, Node] = {}
    for name, money, total in rows:
        node = known.get(name)
        mark = _mark(node, marks, found) if node is not None and not total else ""
        found.lines.append(Line(name, money, node.how if node is not None and not total else "", mark, total))
        for child in node.children if node is not None and not total else ():
            if child.name not in named and _tells(child):
                parts.setdefault(child.name, child)
    found.parts = [Line(one.name, _value(one), one.how) for one in list(parts.values())[:MOST_PARTS]]
    found.left = len(parts) - len(found.parts)
    if tree is not None:
        found.facts = _facts(tree)
        found.appendix = list(_paragraphs(tree, 0))
    return found


def _tells(node: Node) -> bool:
    """Whether the formula of a number below a line is worth a line of its own: it computes, and it is known."""
    return node.kind == "规则" and node.known and not node.repeat and any(sign in node.how for sign in SIGNS)


def _mark(node: Node, marks: dict[str, str], found: Sheet) -> str:
    """The number of the note with this node's clause; a clause that two lines share is one note."""
    said = clause_of(node)
    if not said:
        return ""
    if said not in marks:
        marks[said] = _circled(len(marks))
        cut = len(said) > LONGEST_CLAUSE
        short = said[:LONGEST_CLAUSE] + _("……（全文见附页 {number}）").format(number=node.number) if cut else said
        found.notes.append((marks[said], short))
    return marks[said]


def clause_of(node: Node) -> str:
    """A node's clause in one sentence, "" where it has none."""
    basis = node.basis
    if not basis:
        return ""
    if basis.get("性质") == "示例":
        return _("示例，参照：{words}").format(words=basis.get("参照") or "—")
    words = basis.get("原文", "")
    return f"《{basis.get('文件', '')}》{basis.get('条', '')}" + (f"：{words}" if words else "")


def _circled(at: int) -> str:
    for first, many in CIRCLED:
        if at < many:
            return chr(first + at)
        at -= many
    return f"（{at + 51}）"


def _walk(node: Node) -> Iterator[Node]:
    yield node
    for child in node.children:
        yield from _walk(child)


def _value(node: Node) -> str:
    return f"{node.value} {node.unit}" if node.known and node.unit and node.unit != "元" else node.value


def _facts(tree: Node) -> list[tuple[str, str]]:
    """The facts behind the slip by kind, each kind in one line; several of a kind by their number and first words."""
    kinds: dict[str, dict[str, dict[str, Any]]] = {}
    for node in _walk(tree):
        for one in node.facts:
            kinds.setdefault(one["kind"] or node.name, {}).setdefault(fact_words(one), one)
    lines = []
    for kind, entries in kinds.items():
        first, *more = entries.values()
        if not more:
            lines.append((kind, _short(first["value"]) + dates_of(first)))
        else:
            words = _short("；".join(one["value"] for one in entries.values()))
            lines.append((kind, _("{n} 条：{words}（见附页）").format(n=len(entries), words=words)))
    return lines


def _short(words: str) -> str:
    return words if len(words) <= LONGEST_FACT else words[:LONGEST_FACT] + "……"


def fact_words(one: dict[str, Any]) -> str:
    """A source fact in one sentence, with both dates and where it came from."""
    said = one["value"] or one["name"]
    return said + dates_of(one) + (f"，{one['basis']}" if one["basis"] else "")


def dates_of(one: dict[str, Any]) -> str:
    """Both dates of a source fact; "" where they are not known."""
    if not one["recorded_at"]:
        return ""
    unknown = _("（日期不详）") if one["unknown"] else ""
    return _("，生效 {on}{unknown}，记录 {at}").format(on=one["effective_on"], unknown=unknown, at=one["recorded_at"])


def _paragraphs(node: Node, level: int) -> Iterator[Paragraph]:
    same = ".".join(node.repeat.split("-")[1:]) if node.repeat else ""
    facts = list(dict.fromkeys(map(fact_words, node.facts)))
    yield Paragraph(node.number, min(level, DEEPEST), node, same, clause_of(node), facts)
    for child in node.children:
        yield from _paragraphs(child, level + 1)
