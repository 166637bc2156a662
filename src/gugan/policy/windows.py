"""Windows of days 日期窗: two ends, each said to be inside or outside, and whether a day lies between them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date

from gugan.policy import nodes
from gugan.policy.errors import fail
from gugan.policy.nodes import BOOL, DATE, Core, Row
from gugan.policy.source import Text


class Window(str):
    """A window as its author wrote it. Each end: (the day, whether it is inside), or None where the window is open."""

    start: tuple[date, bool] | None
    end: tuple[date, bool] | None

    def __new__(cls, start: tuple[date, bool] | None, end: tuple[date, bool] | None) -> Window:
        first, last = (f"{e[0]}（{'含' if e[1] else '不含'}）" if e else "" for e in (start, end))
        window = super().__new__(
            cls, f"{first}至 {last}" if first and last else f"{first}以后" if first else f"{last}以前"
        )
        window.start, window.end = start, end
        return window

    @property
    def empty(self) -> bool:
        """Whether no day can lie in it."""
        if self.start is None or self.end is None:
            return False
        days = (self.end[0] - self.start[0]).days
        return days < (0 if self.start[1] and self.end[1] else 1 if self.start[1] or self.end[1] else 2)


def within(at: Text, day: Core, window: Core, follow: Callable[[nodes.Ref], Core | None]) -> Core:
    """Return whether a day lies in a window, as comparisons; `follow` gives what a rule says that names a window.

    Raises PolicyErrors G202 for what is neither a window nor a choice between windows.
    """

    def inside(tree: Core) -> Core:
        return within(at, day, tree, follow)

    def among(rows: tuple[Row, ...]) -> tuple[Row, ...]:
        return tuple(replace(row, value=inside(row.value)) for row in rows)

    match window:
        case nodes.Const():
            return _between(at, day, window.value) if isinstance(window.value, Window) else nodes.Const(at, BOOL, None)
        case nodes.Ref():
            tree = follow(window)
            return nodes.Const(at, BOOL, None) if tree is None else inside(tree)
        case nodes.Choose():
            return nodes.Choose(at, BOOL, window.condition, inside(window.then), inside(window.other))
        case nodes.Exceptions():
            return nodes.Exceptions(at, BOOL, inside(window.general), among(window.rows))
        case nodes.FirstOf():
            return nodes.FirstOf(at, BOOL, among(window.rows))
    raise fail("G202", window.at, what="日期窗", want="直接写出，或用 若、例外、首个 来选", got="算式")


def _between(at: Text, day: Core, window: Window) -> Core:
    """Return the comparisons that a window stands for."""
    sides: list[Core] = []
    for edge, signs in ((window.start, ("≥", ">")), (window.end, ("≤", "<"))):
        if edge is not None:
            sides.append(nodes.Compare(at, BOOL, signs[not edge[1]], day, nodes.Const(at, DATE, edge[0])))
    return sides[0] if len(sides) == 1 else nodes.Logic(at, BOOL, "且", tuple(sides))
