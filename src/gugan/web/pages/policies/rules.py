"""条文与算法: what a pack says, file by file, each rule as in force on a day and beside its basis."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from gugan import policy
from gugan.policy.explain import formula_of
from gugan.policy.numbers import read_day, read_number
from gugan.policy.pack import Block, PackTable
from gugan.policy.tree import basis_dict
from gugan.web.access import Request
from gugan.web.pages.policies.reading import level_of, parent_of
from gugan.web.pages.policies.tables import shown_table
from gugan.web.pages.policies.wording import amount, basis_of, underlaid
from gugan.web.trees import pretty

FORMS = {
    "首个": gettext_lazy("从上往下，取头一个对得上的"),
    "就高": gettext_lazy("对得上的里面取最高一项"),
    "累加": gettext_lazy("对得上的全部相加"),
    "条件组": gettext_lazy("全部满足才算"),
}


def compared(request: Request, pack: policy.Pack, on: date) -> dict[str, Any]:
    """What differs between the day shown and another one (`?with=`)."""
    typed = request.GET.get("with", "").strip()
    if not typed:
        return {}
    try:
        other = read_day(typed)
    except ValueError:
        text = _("这个日子读不懂：{text}。写成 2026-10-31。").format(text=typed[:20])
        return {"with_typed": typed[:20], "with_error": text}
    found = policy.compare(pack, pack, on_a=min(on, other), on_b=max(on, other))
    rows = [
        {"kind": one.kind, "name": one.name, "part": one.part, "id": f"{'r' if one.kind == '规则' else 't'}-{one.name}", "before": one.before,
         "after": one.after}
        for one in found
    ]  # fmt: skip
    return {"with_typed": typed, "earlier": min(on, other), "later": max(on, other), "differences": rows}


@dataclass
class File:
    """One file of a pack with what it says; own: of the pack itself, not of one above."""

    title: str
    folder: str
    level: str
    own: bool
    items: list[dict[str, Any]] = field(default_factory=list)


def files_of(pack: policy.Pack, on: date) -> list[File]:
    """Everything a pack says, file by file in the order written; its own files first, then what it inherits."""
    above = parent_of(pack)
    bound = policy.bind(pack, policy.Period.around(on))
    found: dict[str, File] = {}
    items = sorted([*pack.tables.values(), *pack.rules.values()], key=lambda item: (item.at.path, item.at.line))
    for item in items:
        own = item.folder == pack.folders[-1].label
        code = item.folder.partition("-")[0]
        file = found.setdefault(
            f"{item.folder}/{item.at.path}", File(Path(item.at.path).stem, item.folder, level_of(code), own)
        )
        made = shown_table(bound, item, on) if isinstance(item, PackTable) else shown_rule(above, item, on)
        file.items.append(made | {"level": file.level, "own": own})
    depth = {folder.label: -number for number, folder in enumerate(pack.folders)}
    return sorted(found.values(), key=lambda file: depth[file.folder])


def shown_rule(above: policy.Pack | None, rule: policy.Rule, on: date) -> dict[str, Any]:
    """One rule as the page shows it."""
    block = rule.block(on)
    shown = block or max(rule.blocks, key=lambda b: b.since, default=None)
    general = " ".join(str(shown.general).split()) if shown is not None and shown.general else ""
    upper = above.rules.get(rule.name) if above else None
    replaced = upper if upper is not None and upper.folder != rule.folder else None
    old = replaced.block(on) if replaced else None
    return {
        "kind": "rule",
        "name": rule.name,
        "id": f"r-{rule.name}",
        "basis": {
            key: underlaid(text, formula_of(shown)) if shown is not None and key in ("原文", "参照") else text
            for key, text in basis_of(shown, rule).items()
        },
        "local": rule.local,
        "in_force": block is not None,
        "ended": rule.until if rule.until and on > rule.until else None,
        "formula": amount(general, rule.unit),
        "form": FORMS.get(shown.form, "") if shown else "",
        "rows": [
            {"says": str(row.at), "when": row.when, "get": row.get, "basis": basis_dict(row.basis)}
            for row in (shown.rows if shown else ())
        ],
        "general": bool(general) and shown is not None and bool(shown.rows),
        "cap": shown.cap if shown else None,
        "unit": rule.unit,
        "rounding": rule.rounding,
        "parts": rule.per == "段",
        "arrears": rule.arrears,
        "since": shown.since if shown else None,
        "until": rule.until,
        "history": _history(rule, block),
        "line": _step_line(rule, on),
        "fills": replaced is not None and replaced.local,
        "replaced": pretty(formula_of(old)) if old else "",
        "line_number": rule.at.line,
    }


def _history(rule: policy.Rule, now: Block | None) -> list[dict[str, Any]]:
    """Every value by start date, newest first; a single one needs no list."""
    if len(rule.blocks) < 2:
        return []
    blocks = sorted(rule.blocks, key=lambda b: b.since, reverse=True)
    return [{"since": b.since, "text": amount(formula_of(b), rule.unit), "now": b is now} for b in blocks]


def _step_line(rule: policy.Rule, on: date) -> dict[str, Any] | None:
    """The drawing of a constant that changed: points of a step line in a box of 320 × 76."""
    blocks = sorted(rule.blocks, key=lambda b: b.since)
    numbers = [read_number(str(b.general)) if b.form == "算式" and not b.rows else None for b in blocks]
    if len(blocks) < 2 or any(number is None for number in numbers):
        return None
    values = [float(number) for number in numbers if number is not None]
    first, last = blocks[0].since, max(on, blocks[-1].since) + timedelta(days=90)
    days, low, high = (last - first).days or 1, min(values), max(values)

    def x(day: date) -> float:
        return round(4 + 312 * min(max((day - first).days / days, 0), 1), 1)

    def y(value: float) -> float:
        return round(56 - 32 * (value - low) / ((high - low) or 1), 1)

    marks = [
        {
            "x": x(b.since),
            "y": y(v),
            "text_y": y(v) - 6,
            "text": amount(str(b.general), rule.unit),
            "late": x(b.since) > 250,
        }
        for b, v in zip(blocks, values, strict=True)
    ]
    # first along, then up or down: each value holds until the next begins
    parts = [f"M{marks[0]['x']} {marks[0]['y']}"]
    for mark in marks[1:]:
        parts.append(f"H{mark['x']} V{mark['y']}")
    parts.append("H316")
    return {"path": " ".join(parts), "marks": marks, "on": x(on)}
