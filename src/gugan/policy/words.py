"""Words become primitives: which arguments a word takes, of which types, and the core node it stands for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from gugan.policy import nodes
from gugan.policy.catalogue import CodeTable
from gugan.policy.errors import fail, hint
from gugan.policy.nodes import BOOL, DATE, ERROR, NUMBER, Core, Type, Written
from gugan.policy.pack import ROUNDINGS

if TYPE_CHECKING:  # it binds words through this file
    from gugan.policy.bind import Binder

_MOST_YEARS = 50


def bind_word(binder: Binder, tree: nodes.WCall, primitive: str, expected: Type | None) -> Core:
    """Return the core node of a word; raises PolicyErrors for arguments that do not fit."""
    return _PRIMITIVES[primitive](binder, tree, expected)


def _extreme(binder: Binder, tree: nodes.WCall, _: Type | None) -> Core:
    items = binder.all([lambda a=a: binder.bind(a) for a in tree.args])
    kind, items = binder.common(tree.at, items)
    binder.need(tree.at, tree.word, kind, "数", "日期")
    op = {"封顶": "最低", "保底": "最高"}.get(tree.word, tree.word)
    return nodes.Extreme(tree.at, kind, op, tuple(items), tree.word)


def _round(binder: Binder, tree: nodes.WCall, _: Type | None) -> Core:
    operand = binder.number(tree.args[0], tree.word)
    per, mode = ROUNDINGS[tree.word]
    return nodes.Round(tree.at, operand.type, operand, per, mode, tree.word)


def _date(binder: Binder, tree: nodes.WCall, _: Type | None) -> Core:
    unit = {"年": "年", "月": "月", "足年": "年", "足月": "月", "相隔天数": "天"}.get(tree.word)
    kind = Type("数", unit) if unit else DATE
    args = binder.all([lambda a=a: binder.bind(a, DATE) for a in tree.args])
    for arg, node in zip(tree.args, args, strict=True):
        binder.need(arg.at, str(arg.at), node.type, "日期")
    return nodes.DateMath(tree.at, kind, tree.word, tuple(args))


def _default(binder: Binder, tree: nodes.WCall, expected: Type | None) -> Core:
    value = binder.bind(tree.args[0], expected)
    other = binder.bind(tree.args[1], value.type)
    kind, (value, other) = binder.common(tree.at, [value, other])
    return nodes.Default(tree.at, kind, value, other)


def _segments(binder: Binder, tree: nodes.WCall, _: Type | None) -> Core:
    if binder.in_segments:
        raise fail("G202", tree.at, what="合计各段", want="写在按月的规则里", got="按段的规则")
    binder.in_segments = True
    try:
        operand = binder.number(tree.args[0], "合计各段")
    finally:
        binder.in_segments = False
    return nodes.Segments(tree.at, operand.type, operand)


def _history(binder: Binder, tree: nodes.WCall, _: Type | None) -> Core:
    history = binder.bind(tree.args[0])
    table = history.type.table
    if history.type.kind != "逐年" or table is None:
        raise fail("G202", tree.at, what=tree.word, want="逐年的事实", got=history.type)
    if tree.word == "满期次数":
        every, accepts = tree.args[1], _accepts(tree.args[2], table)
        if not isinstance(every, nodes.WEvery):
            raise fail("G020", every.at, near=every.at, what="写成“每 3 个”")
        anew = _one_of(tree, "中断", "顺延", "重新起算") == "重新起算"
        return nodes.History(tree.at, Type("数", "级"), tree.word, history, (), every.count, accepts, anew)
    if tree.word in ("次数", "连续次数", "最长连续"):
        accepts = _accepts(tree.args[1], table)
        years = (_year(binder, tree.args[2]),) if tree.word == "连续次数" else ()
        return nodes.History(tree.at, Type("数", "次"), tree.word, history, years, 1, accepts)
    if tree.word == "近几年":
        count, year = _years_back(tree.args[1]), _year(binder, tree.args[2])
        gapless = _one_of(tree, "缺年", "不算", "算不出") == "算不出"
        return nodes.History(tree.at, history.type, tree.word, history, (year,), count, gapless=gapless)
    if tree.word == "某年":
        kind = Type("代码", table=table)
        return nodes.History(tree.at, kind, tree.word, history, (_year(binder, tree.args[1]),))
    years = tuple(binder.all([lambda a=a: _year(binder, a) for a in tree.args[1:3]]))
    fill = frozenset({_label(tree.args[3], table)})
    return nodes.History(tree.at, history.type, tree.word, history, years, accepts=fill)


def _one_of(tree: nodes.WCall, name: str, *ways: str) -> str:
    """Return the way written after a name and a colon; the first where none is."""
    way = tree.named.get(name, ways[0])
    if way not in ways:
        raise fail("G020", tree.at, near=way, what=f"{name}写 {' 或 '.join(ways)}")
    return way


def _years_back(tree: Written) -> int:
    """Return how many years are looked back at."""
    if (
        not isinstance(tree, nodes.WNumber)
        or tree.unit not in ("", "年")
        or tree.value.denominator != 1
        or not 1 <= tree.value <= _MOST_YEARS
    ):
        raise fail("G230", tree.at, most=_MOST_YEARS)
    return int(tree.value)


def _year(binder: Binder, tree: Written) -> Core:
    """Bind what must be a year."""
    node = binder.number(tree)
    if node.type.kind != ERROR.kind and not node.type.literal and node.type.unit != "年":
        raise fail("G202", tree.at, what=tree.at, want="年", got=node.type)
    return node


def _accepts(tree: Written, table: CodeTable) -> frozenset[str]:
    """Return the labels that count: one, or “合格以上”."""
    name = tree.name if isinstance(tree, nodes.WName) else ""
    if name.endswith("以上") and name not in table.labels:
        if not table.ordered:
            raise fail("G202", tree.at, what=table.name, want="有高低次序的", got="没有次序的")
        label = _label(nodes.WName(tree.at, name.removesuffix("以上")), table)
        return frozenset(table.labels[table.labels.index(label) :])
    return frozenset({_label(tree, table)})


def _label(tree: Written, table: CodeTable) -> str:
    """Return a label of a code table."""
    name = tree.name if isinstance(tree, nodes.WName) else str(tree.at)
    if name not in table.labels:
        raise fail("G211", tree.at, value=name, table=table.name, hint=hint(name, table.labels))
    return name


EVERYBODY = "全表"
_TIES = {"名次": ("占位", "连号", "取后"), "入围": ("都进", "都不进")}


def _group(binder: Binder, tree: nodes.WCall, _: Type | None) -> Core:
    if binder.in_segments:
        raise fail("G240", tree.at, word=tree.word)
    ties = _stated(tree, "并列", *_TIES[tree.word]) if tree.word in _TIES else ""
    skips = tree.word != "组人数" and _stated(tree, "缺", "不计", "算不出") == "不计"
    before = {"组人数": 0, "入围": 2}.get(tree.word, 1)
    if len(tree.args) <= before:
        raise fail("G205", tree.at, word=tree.word, want=before + 1, got=len(tree.args))
    keys = tuple(binder.all([lambda a=a: _named(binder, a, tree.word) for a in _keys(tree.args[before:])]))
    if tree.word == "组人数":
        return nodes.Group(tree.at, Type("数", "人"), tree.word, None, keys)
    operand = _named(binder, tree.args[0], tree.word)
    binder.need(tree.args[0].at, tree.word, operand.type, "数")
    if tree.word == "名次":
        return nodes.Group(tree.at, Type("数", "名"), tree.word, operand, keys, ties, skips)
    if tree.word == "入围":
        way, places = "占位" if ties == "都进" else "取后", binder.number(tree.args[1], tree.word)
        place = nodes.Group(tree.at, Type("数", "名"), "名次", operand, keys, way, skips)
        return nodes.Compare(tree.at, BOOL, "≤", place, places)
    kind = replace(operand.type, literal=False)
    total = nodes.Group(tree.at, kind, "组计", operand, keys, "", skips)
    if tree.word == "组计":
        return total
    count = nodes.Group(tree.at, NUMBER, "组人数", operand, keys, "", skips)
    return nodes.Arith(tree.at, kind, "÷", total, count)


def _keys(args: tuple[Written, ...]) -> tuple[Written, ...]:
    """Return what rows of a group have in common; 全表 alone: nothing."""
    everybody = len(args) == 1 and isinstance(args[0], nodes.WName) and args[0].name == EVERYBODY
    return () if everybody else args


def _named(binder: Binder, tree: Written, word: str) -> Core:
    """Bind what must be the name of a fact or a rule."""
    node = binder.bind(tree)
    if not isinstance(node, nodes.Ref) or node.kind == "内置" or node.type.kind in ("逐年", "日期窗"):
        raise fail("G241", tree.at, word=word)
    return node


def _stated(tree: nodes.WCall, name: str, *ways: str) -> str:
    """Return the way written after a name and a colon, which must be written."""
    if name not in tree.named:
        raise fail("G242", tree.at, word=tree.word, name=name, ways=" 或 ".join(f"{name}：{way}" for way in ways))
    return _one_of(tree, name, *ways)


_PRIMITIVES: dict[str, Callable[[Binder, nodes.WCall, Type | None], Core]] = {
    "extreme": _extreme,
    "round": _round,
    "date": _date,
    "default": _default,
    "segments": _segments,
    "history": _history,
    "group": _group,
}
