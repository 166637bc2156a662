"""Makes the engine's explanation tree ready to be shown: lines, sentences to be read aloud, what is open at which depth."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from django.utils.translation import gettext as _

from gugan.policy.tree import NO_EXCEPTION, missing_text, step_lines

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
    rows: Rows | None = None
    sums: list[str] = field(default_factory=list)
    missing: list[dict[str, str]] = field(default_factory=list)
    obstacles: list[str] = field(default_factory=list)
    children: list[Node] = field(default_factory=list)

    @property
    def opens(self) -> bool:
        """Whether there is anything under the line."""
        return bool(self.children or self.facts or self.basis or self.notes or self.rows or self.sums)


@dataclass
class Rows:
    """The rows that a rule looked at, folded as one sentence. open: unfolded at first, since they are the answer."""

    said: str
    open: bool
    lines: list[dict[str, str]]


def prepare(
    tree: Mapping[str, Any], depth: int = ITEMS, entry_url: str = "", prefix: str = "n", record_url: str = ""
) -> Node:
    """Return the tree for components/tree.html.

    tree: `policy.Tree.as_dict()`, its sources bare ids or what `pay.explain(…).as_dict()["tree"]` puts there.
    entry_url: address of a ledger entry with {id} in it, or "". prefix: makes ids of several trees on a page differ.
    record_url: address where a fact of {kind} can be recorded, or "" where the visitor may not.
    """
    node = _Preparer(depth, entry_url, prefix).node(tree, ())
    node.missing = [_lacking(fact, record_url) for fact in tree.get("missing", ())]
    node.obstacles = [pretty(text) for text in tree.get("obstacles", ())]
    return node


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
            rows=_rows(tree),
            sums=[pretty(text) for text in (*map(_limit, tree.get("limits", ())), *step_lines(tree.get("step")))],
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
    note = str(tree.get("note", ""))
    parts = [part for part in note.split("；") if part]
    if tree.get("considered") and note.startswith(NO_EXCEPTION):
        parts = []
    return [pretty(part) for part in parts if not (chips and _DATES.match(part))]


_TONES = {"适用": "pine", "符合": "pine", "不符合": "ochre", "算不出": "ochre"}


def _rows(tree: Mapping[str, Any]) -> Rows | None:
    """The rows of 例外, 首个, 就高, 累加 or 条件组; None where only the one that stands was looked at."""
    choice, rows = tree.get("choice", ""), tree.get("considered", ())
    if not rows or (len(rows) == 1 and rows[0].get("won")):
        return None
    states = [row["state"] for row in rows]
    opened = choice == "条件组" and any(state != "符合" for state in states)
    return Rows(_said(choice, rows, states), opened, [_row(choice, row) for row in rows])


def _said(choice: str, rows: Sequence[Mapping[str, Any]], states: list[str]) -> str:
    """One sentence on what became of the rows."""
    unsaid = states.count("算不出")
    if choice == "条件组":
        kinds = [(state, states.count(state)) for state in ("不符合", "算不出") if state in states]
        if not kinds:
            return _("{count} 条条件都符合").format(count=len(rows))
        return _("{count} 条条件里，{what}").format(
            count=len(rows), what="，".join(_("{n} 条{state}").format(n=n, state=state) for state, n in kinds)
        )
    if choice == "首个":
        at = next((number for number, row in enumerate(rows, 1) if row.get("won")), 0)
        return (_("{count} 行里用第 {at} 行") if at else _("{count} 行里没有定下来的一行")).format(
            count=len(rows), at=at
        )
    if choice == "例外":
        others = [row["state"] for row in rows if not row.get("won")]
        if set(others) == {"不适用"}:
            text = _("还看了 {count} 条例外，不适用") if len(others) == 1 else _("还看了 {count} 条例外，都不适用")
            return text.format(count=len(others))
        return _("看了 {count} 条例外，{what}").format(
            count=len(rows), what=_("{n} 条算不出").format(n=unsaid) if unsaid else _("不止一条适用")
        )
    applying = states.count("适用")
    text = _("比较了 {count} 项，{n} 项适用") if choice == "就高" else _("看了 {count} 项，{n} 项适用")
    return text.format(count=len(rows), n=applying) + (_("，{n} 项算不出").format(n=unsaid) if unsaid else "")


def _row(choice: str, row: Mapping[str, Any]) -> dict[str, str]:
    value = f"{row['value']} {row.get('unit', '')}".removesuffix("元").strip() if row.get("value") else ""
    basis = row.get("basis") or {}
    clause = (
        _("参照：{what}").format(what=basis.get("参照", "")) if basis.get("性质") == "示例" else basis.get("条", "")
    )
    return {
        "state": _("采用") if row.get("won") and choice != "累加" else row["state"],
        "tone": "blue" if row.get("won") else _TONES.get(row["state"], ""),
        "says": pretty(row["says"]),
        "why": "" if row.get("why") == row["says"] else pretty(row.get("why", "")),
        "value": pretty(value),
        "clause": clause,
    }


def _limit(limit: Mapping[str, str]) -> str:
    """One 封顶 or 保底 that changed the figure."""
    text = _("{word}起了作用：算得 {before}，按 {limit}")
    return text.format(word=limit["word"], before=limit["before"], limit=limit["limit"])


def _lacking(fact: Mapping[str, Any], record_url: str) -> dict[str, str]:
    """A fact to record, and where."""
    kind = next((one["kind"] for one in fact.get("facts", ())), "")
    url = record_url.replace("{kind}", quote(kind)) if record_url and kind else ""
    return {"text": missing_text(dict(fact)), "url": url}


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
