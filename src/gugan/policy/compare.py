"""What differs between two packs or two days, rule by rule, in words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from gugan.policy.explain import formula_of
from gugan.policy.pack import Pack


@dataclass(frozen=True)
class Difference:
    """One rule or table that differs: kind (规则, 表), name, what it said before and says now ("" where it is not there)."""

    kind: str
    name: str
    before: str
    after: str

    def __str__(self) -> str:
        if not self.before:
            return f"{self.kind}“{self.name}”新增：{self.after}"
        if not self.after:
            return f"{self.kind}“{self.name}”取消，原为：{self.before}"
        return f"{self.kind}“{self.name}”由 {self.before} 改为 {self.after}"


def compare(a: Pack, b: Pack, *, on_a: date, on_b: date) -> list[Difference]:
    """Return the differences from pack a on day on_a to pack b on day on_b, in order of name."""
    left, right = {**_rules(a, on_a), **_tables(a, on_a)}, {**_rules(b, on_b), **_tables(b, on_b)}
    keys = sorted(left.keys() | right.keys())
    return [Difference(*key, left.get(key, ""), right.get(key, "")) for key in keys if left.get(key) != right.get(key)]


def _rules(pack: Pack, on: date) -> dict[tuple[str, str], str]:
    found = {}
    for name, rule in pack.rules.items():
        block = rule.block(on)
        if block is not None:
            found[("规则", name)] = formula_of(block) + (f"，{rule.rounding}" if rule.rounding else "")
    return found


def _tables(pack: Pack, on: date) -> dict[tuple[str, str], str]:
    found = {}
    for name, table in pack.tables.items():
        block = table.block(on)
        if block is not None:
            rows = [f"{'、'.join(keys)} {'／'.join(cells.values())}" for keys, cells in block.cells.items()]
            found[("表", name)] = "；".join(rows)
    return found
