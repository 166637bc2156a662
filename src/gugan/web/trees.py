"""Makes the engine's explanation tree ready to be shown: lines, sentences to be read aloud, what is open at which depth."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

ITEMS, FORMULAS, SOURCES = 1, 2, 3
DEPTHS = ((ITEMS, "各项"), (FORMULAS, "算法"), (SOURCES, "条款与来源"))
"""What is open at first: only lines; every formula; clauses and facts as well."""

_MONEY = re.compile(r"(?<![\d.])\d{4,}\.\d{2}(?!\d)")
_MINUS = re.compile(r"(?<![\d\w）)])-(?=\d)")
_SPOKEN = ((" × ", " 乘以 "), (" ÷ ", " 除以 "), (" + ", " 加 "), (" − ", " 减 "), (" ＝ ", " 等于 "), ("−", "负 "))
_DATES = re.compile(r"^生效 .*，记录 ")


def depth_of(text: str | None) -> int:
    """Read `?depth=`; anything but 1, 2, 3 is 1."""
    return int(text) if text in ("1", "2", "3") else ITEMS


def pretty(text: str) -> str:
    """Group the thousands of amounts with two decimals and write a minus as a minus; days and plain numbers stay."""
    return _MINUS.sub("−", _MONEY.sub(lambda found: f"{int(found[0][:-3]):,}{found[0][-3:]}", text))


def spoken(text: str) -> str:
    """Return a formula in words, for a screen reader."""
    text = pretty(text)
    for sign, word in _SPOKEN:
        text = text.replace(sign, word)
    return text


@dataclass
class Node:
    """One line of a tree, as its template shows it."""

    id: str
    number: str
    name: str
    kind: str
    value: str
    unit: str
    known: bool
    how: str
    sentence: str
    notes: list[str]
    basis: dict[str, str]
    since: str
    pack: str
    example: bool
    facts: list[dict[str, Any]]
    repeat: str
    open: bool
    deep: bool
    children: list[Node] = field(default_factory=list)

    @property
    def opens(self) -> bool:
        """Whether there is anything under the line."""
        return bool(self.children or self.facts or self.basis or self.notes)


def prepare(tree: Mapping[str, Any], depth: int = ITEMS, entry_url: str = "", prefix: str = "n") -> Node:
    """Return the tree for components/tree.html.

    tree: `policy.Tree.as_dict()`, its sources bare ids or what `pay.explain(…).as_dict()["tree"]` puts there.
    entry_url: address of a ledger entry with {id} in it, or "". prefix: makes ids of several trees on a page differ.
    """
    return _Preparer(depth, entry_url, prefix).node(tree, ())


class _Preparer:
    def __init__(self, depth: int, entry_url: str, prefix: str):
        self.depth, self.entry_url, self.prefix = depth, entry_url, prefix
        self.first: dict[str, str] = {}

    def node(self, tree: Mapping[str, Any], path: tuple[int, ...]) -> Node:
        """One node and all below it."""
        name, kind, basis = tree["name"], tree.get("kind", ""), tree.get("basis") or {}
        own = "-".join([self.prefix, *map(str, path)])
        repeat = self.first.get(name, "") if tree.get("repeat") else ""
        if kind == "规则" and not tree.get("repeat"):
            self.first.setdefault(name, own)
        node = Node(
            id=own,
            number=".".join(map(str, path)),
            name=pretty(name),
            kind=kind,
            value=pretty(tree["value"]) if tree.get("known", True) else _unknown(tree, kind),
            unit=tree.get("unit", ""),
            known=tree.get("known", True),
            how="" if repeat else "同上" if tree.get("repeat") else pretty(tree.get("substituted", "")),
            sentence=_sentence(tree, kind),
            notes=_notes(tree),
            basis=dict(basis),
            since=tree.get("since", ""),
            pack=tree.get("pack", ""),
            example=basis.get("性质") == "示例",
            facts=[_fact(one, self.entry_url) for one in tree.get("source", ())],
            repeat=repeat,
            open=not path or self.depth >= FORMULAS,
            deep=self.depth >= SOURCES,
        )
        node.children = [self.node(child, (*path, at)) for at, child in enumerate(tree.get("children", ()), start=1)]
        return node


def _unknown(tree: Mapping[str, Any], kind: str) -> str:
    return "没有记录" if kind == "事实" else pretty(tree["value"])


def _sentence(tree: Mapping[str, Any], kind: str) -> str:
    """The line as one full sentence."""
    result = f"{tree['value']} {tree.get('unit', '')}".strip() if tree.get("known", True) else _unknown(tree, kind)
    parts = [f"{pretty(tree['name'])} {spoken(result)}"]
    if tree.get("repeat"):
        parts.append("同上")
    elif tree.get("substituted"):
        parts.append(f"等于 {spoken(tree['substituted'])}")
    basis = tree.get("basis") or {}
    if basis.get("性质") == "示例":
        parts.append("示例")
    elif basis.get("条"):
        parts.append(f"依据{basis['条']}")
    return "，".join(parts)


def _notes(tree: Mapping[str, Any]) -> list[str]:
    """What a node says besides; the dates that stand on the chips of its facts are not said twice."""
    chips = any(isinstance(one, Mapping) and "effective_on" in one for one in tree.get("source", ()))
    parts = [part for part in str(tree.get("note", "")).split("；") if part]
    return [pretty(part) for part in parts if not (chips and _DATES.match(part))]


def _fact(source: Any, entry_url: str) -> dict[str, Any]:
    data = dict(source) if isinstance(source, Mapping) else {"action": source}
    values = "、".join(f"{key} {_yes(value)}" for key, value in (data.get("facts") or {}).items())
    return {
        "kind": data.get("kind", ""),
        # 学历 本科, not 学历 学历 本科
        "name": "" if values else data.get("kind", ""),
        "value": pretty(values) if values else "",
        "effective_on": data.get("effective_on", ""),
        "recorded_at": str(data.get("recorded_at", ""))[:10],
        "unknown": data.get("date_unknown", False),
        "basis": data.get("basis", ""),
        "url": entry_url.replace("{id}", str(data.get("action", ""))) if entry_url else "",
    }


def _yes(value: Any) -> Any:
    return ("是" if value else "否") if isinstance(value, bool) else value
