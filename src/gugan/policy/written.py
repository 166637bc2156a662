"""Core trees back to text, and what can be read off a tree without computing: names behind it, defaults in it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import fields
from typing import Any

from gugan.policy import nodes
from gugan.policy.bind import Bound
from gugan.policy.interpret import plain
from gugan.policy.nodes import Core, Row


def written(node: Core) -> str:
    """Return a node as its author would write it."""
    match node:
        case nodes.Const():
            return "缺" if node.value is None else (f"{plain(node.value * 100)}%" if node.percent else plain(node.value))
        case nodes.Ref():
            return node.name
        case nodes.Arith():
            return f"{written(node.left)} {node.op.replace('-', '−')} {written(node.right)}"
        case nodes.Compare():
            return f"{written(node.left)} {node.op} {written(node.right)}"
        case nodes.Logic():
            return f" {node.op} ".join(map(written, node.items)) if len(node.items) > 1 else f"非 {written(node.items[0])}"
        case nodes.Choose():
            return f"若 {written(node.condition)} 则 {written(node.then)} 否则 {written(node.other)}"
        case nodes.Lookup():
            return f"{node.table}[{'，'.join(map(written, node.keys))}]" + (f".{node.column}" if node.column else "")
        case nodes.Bracket():
            return f"{node.table}[{written(node.operand)}]"
        case nodes.Has():
            return f"有 {written(node.operand)}"
        case nodes.Default():
            return f"缺省({written(node.operand)}，{written(node.other)})"
        case nodes.DateMath():
            return f"{node.word}({'，'.join(map(written, node.args))})"
        case nodes.Extreme():
            return f"{node.word}({'，'.join(map(written, node.items))})"
        case nodes.Round():
            return f"{node.word}({written(node.operand)})"
        case nodes.Segments():
            return f"合计各段({written(node.operand)})"
        case nodes.History():
            return f"{node.word}({written(node.history)} …)"
    return str(node.at)


def parts(node: Any) -> Iterator[Core]:
    """Yield every core node below a node, itself first."""
    if isinstance(node, Core):
        yield node
        for field in fields(node):
            yield from parts(getattr(node, field.name))
    elif isinstance(node, Row):
        yield from parts(node.condition)
        yield from parts(node.value)
    elif isinstance(node, tuple):
        for item in node:
            yield from parts(item)


def names_behind(bound: Bound, want: Sequence[str]) -> tuple[list[str], list[str]]:
    """Return (rules, columns) that the wanted rules depend on, themselves included, in order of first meeting."""
    rules: dict[str, None] = {}
    columns: dict[str, None] = {}
    waiting = list(reversed(want))
    while waiting:
        name = waiting.pop()
        if name in bound.pack.catalogue.columns and name not in bound.pack.rules:
            columns[name] = None
            continue
        if name in rules:
            continue
        rules[name] = None
        node = bound.rule(name).node
        refs = [part for part in parts(node) if isinstance(part, nodes.Ref)] if node else []
        waiting += [ref.name for ref in reversed(refs) if ref.kind == "规则"]
        columns.update(dict.fromkeys(ref.name for ref in refs if ref.kind == "列"))
    return list(rules), list(columns)


def defaults_in(bound: Bound, want: Sequence[str]) -> list[tuple[str, nodes.Default]]:
    """Return (rule, node) of each 缺省 in the rules behind `want`."""
    rules, _ = names_behind(bound, want)
    trees = [(rule, bound.rule(rule).node) for rule in rules]
    return [(rule, part) for rule, node in trees if node for part in parts(node) if isinstance(part, nodes.Default)]
