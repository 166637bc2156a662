"""A table of a pack as the page shows it, with what is proven about it in words."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from fractions import Fraction
from itertools import pairwise
from typing import Any

from django.utils.translation import gettext as _

from gugan import policy
from gugan.policy.bound import BoundTable
from gugan.policy.numbers import decimal_text
from gugan.policy.pack import PackTable
from gugan.web.pages.policies.wording import basis_of
from gugan.web.trees import pretty

WIDE = 6
"""Cells of a long table side by side."""


def shown_table(bound: policy.Bound, table: PackTable, on: date) -> dict[str, Any]:
    """One table as the page shows it, with what is proven about it in words."""
    block = table.block(on)
    shown: dict[str, Any] = {
        "kind": "table",
        "name": table.name,
        "id": f"t-{table.name}",
        "basis": basis_of(block, table),
        "in_force": block is not None,
        "since": block.since if block else min((b.since for b in table.blocks), default=None),
        "until": table.until,
        "mode": table.mode,
        "history": [
            {"since": b.since, "now": b is block, "text": _("{count} 行").format(count=len(b.cells))}
            for b in table.blocks
        ]
        if len(table.blocks) > 1
        else [],
        "line_number": table.at.line,
    }
    if block is None:
        return shown
    try:
        read_table = bound.table(table.name)
    except policy.PolicyErrors as errors:
        return shown | {"wrong": [problem.message for problem in errors.problems]}
    units = list(table.columns.values())
    shown["unit"] = units[0] if len(set(units)) == 1 else ""
    if table.mode:
        return shown | {
            "scale": list(_scale(read_table)),
            "proven": _proven(read_table),
            "threshold": table.threshold_unit,
        }
    heads = [*map(str, table.keys), *(c or _("值") for c in table.columns)]
    rows = [[*map(str, keys), *map(str, cells.values())] for keys, cells in block.cells.items()]
    if len(heads) == 2 and len(rows) > WIDE:
        shown["strips"] = [rows[at : at + WIDE] for at in range(0, len(rows), WIDE)]
    return shown | {"heads": heads, "table_rows": rows, "proven": _proven(read_table), "keys": len(table.keys)}


def _scale(table: BoundTable) -> Iterator[dict[str, Any]]:
    """The steps of a scale; of a marginal one the rate and the quick deduction that follows."""
    starts, values, quick = table.steps
    percent = "%" in table.table.columns.values()
    for at, start in enumerate(starts):
        value = values[at]
        text = decimal_text(value * 100) + "%" if isinstance(value, Fraction) and percent else str(value)
        if isinstance(value, Fraction) and not percent:
            text = decimal_text(value)
        yield {
            "from": _plain(start),
            "to": _plain(starts[at + 1]) if at + 1 < len(starts) else "",
            "value": text,
            "quick": _plain(quick[at]) if table.table.mode == "累进" else "",
        }


def _plain(number: Fraction) -> str:
    return f"{int(number):,}" if number.denominator == 1 else pretty(decimal_text(number))


def _proven(table: BoundTable) -> str:
    """What the engine proved about a table, in words."""
    if table.table.mode == "累进":
        return _("起点从小到大，连续、不重不漏；速算扣除数由各档推出，不用另写")
    if table.table.mode:
        return _("起点从小到大，连续、不重不漏")
    said = [_("没有重复的行")]
    kinds, keys = table.key_types, list(table.cells)
    if len(kinds) == 1 and kinds[0].table is not None:
        labels = kinds[0].table.labels
        left = [label for label in labels if (label,) not in table.cells]
        if not left:
            said = [_("{count} 种都有，不重不漏").format(count=len(labels))]
        elif table.rest is not None:
            said = [_("写出 {count} 种，别的归“其余”，不重不漏").format(count=len(keys))]
        else:
            said.append(_("没有写：{labels}").format(labels="、".join(left)))
    elif len(kinds) == 1 and kinds[0].kind == "数":
        numbers = [key[0] for key in keys]
        if all(b - a == 1 for a, b in pairwise(numbers)):
            said = [_("{first} 至 {last} 连续，不重不漏").format(first=numbers[0], last=numbers[-1])]
        if len(table.table.columns) == 1:
            values = [next(iter(row.values())).value for row in table.cells.values()]
            numeric = [value for value in values if isinstance(value, Fraction)]
            if len(numeric) == len(values) and all(a < b for a, b in pairwise(numeric)):
                said.append(_("逐级上升"))
    return "，".join(said)
