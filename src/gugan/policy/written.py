"""Core trees back to text, as their author would write them."""

from __future__ import annotations

from gugan.policy import nodes
from gugan.policy.interpret import plain
from gugan.policy.nodes import Core


def written(node: Core) -> str:
    """Return a node as its author would write it."""
    match node:
        case nodes.Const():
            if node.value is None:
                return "缺"
            return f"{plain(node.value * 100)}%" if node.percent else f"{plain(node.value)} {node.unit}".rstrip()
        case nodes.Ref():
            return node.name
        case nodes.Arith():
            return f"{written(node.left)} {node.op.replace('-', '−')} {written(node.right)}"
        case nodes.Compare():
            return f"{written(node.left)} {node.op} {written(node.right)}"
        case nodes.Logic():
            return (
                f" {node.op} ".join(map(written, node.items)) if len(node.items) > 1 else f"非 {written(node.items[0])}"
            )
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
        case nodes.Group():
            return node.label
        case nodes.History():
            return f"{node.word}({written(node.history)} …)"
    return str(node.at)
