"""What is missing: the facts whose recording would make an answer possible, and what recording cannot mend."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from gugan.policy.bound import Bound
from gugan.policy.interpret import CELL_MISSING

_YEAR = re.compile(r"(\d{4})年(.+)", re.DOTALL)


def lacking(bound: Bound, names: Sequence[str]) -> tuple[tuple[dict[str, Any], ...], tuple[str, ...]]:
    """Return (facts to record, obstacles) for the names of an Unknown.

    A fact: name (of the column), type, unit, values (labels of a code table), facts ({kind: 事项, fact}), and where they
    apply: key (value of the kind's key fact), year (of a yearly fact), month (it is wanted of the month itself), room (a
    room of the house supplies it). Once they are known a rule may turn to another branch and ask for more. Where there
    are obstacles, no fact helps.
    """
    facts: dict[tuple[str, str], dict[str, Any]] = {}
    obstacles: dict[str, None] = {}
    columns, rules = bound.pack.catalogue.columns, bound.pack.rules
    for name in names:
        year = _YEAR.fullmatch(name)
        if name in columns:
            facts[name, ""] = _fact(bound, name, "")
        elif year and year[2] in columns:
            facts[year[2], year[1]] = _fact(bound, year[2], year[1])
        elif name in rules:
            why = "要由本地的政策包写明" if rules[name].local else "在来源里缺着"
            obstacles[f"“{name}”{why}"] = None
        else:
            obstacles["表里这一格，来源缺着" if name == CELL_MISSING else name] = None
    return tuple(facts.values()), tuple(obstacles)


def _fact(bound: Bound, name: str, year: str) -> dict[str, Any]:
    column = bound.pack.catalogue.columns[name]
    data = {
        "name": name,
        "type": column.type,
        "unit": column.unit,
        "values": column.table.labels if column.table else (),
        "facts": tuple({"kind": fact.kind, "fact": fact.name} for fact in column.sources),
        "key": column.key or "",
        "year": year,
        "month": column.month_only,
        "room": column.room or "",
    }
    return {key: value for key, value in data.items() if value}
