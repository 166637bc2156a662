"""The two dates of everything that happened to a person, drawn: above when it counts, below when it was recorded. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta

LEFT, RIGHT, UPPER, LOWER = 64, 744, 52, 118
"""Where the two axes lie in a picture of 760 × 158; person.css lays the handles over them."""
SPAN = 3 * 366
"""Days shown; what counted earlier comes in from the left edge."""
AFTER = 60
APART = 84
"""Room that a label takes."""
YEAR_ROOM = 24
"""Room that the number of a year takes; one that begins closer to the right edge is left out."""
MOST = 60
"""More lines than this become counts by month."""


@dataclass(frozen=True)
class Event:
    """What is drawn of one action. late: days that matter, or None; first: came in with the first import, older than it."""

    kind: str
    effective: date
    recorded: date
    unknown: bool = False
    late: int | None = None
    first: bool = False


@dataclass(frozen=True)
class Stroke:
    """One line from 生效 down to 记录. label: the words above; label_y: their height; look: how it is drawn.

    look: "fan" from the first import or from before the picture, "late", "ahead" or "".
    """

    x1: int
    x2: int
    label: str
    label_y: int
    look: str
    late: int | None
    early: bool = False

    @property
    def middle(self) -> int:
        """Where the words about the delay stand."""
        return (self.x1 + self.x2) // 2


@dataclass(frozen=True)
class Pile:
    """What happened in one month, where single lines are too many: how many, on which axis, late or not."""

    x: int
    y: int
    count: int
    late: bool


@dataclass(frozen=True)
class Picture:
    """The drawing. years: (x, year). on, known: where the two chosen days stand. first, days: what the handles range over.

    at_on, at_known: the chosen days as days since `first`.
    """

    strokes: list[Stroke]
    years: list[tuple[int, int]]
    on: int
    known: int
    early: int
    early_x: int
    sentence: str
    first: date
    days: int
    at_on: int
    at_known: int
    at_today: int
    piles: list[Pile] = field(default_factory=list)

    @property
    def after_on(self) -> int:
        """Width of what lies past the upper handle."""
        return RIGHT - self.on

    @property
    def after_known(self) -> int:
        """Width of what lies past the lower handle."""
        return RIGHT - self.known


def draw(events: Iterable[Event], on: date, known: date, today: date) -> Picture | None:
    """Return the drawing of three years, or None where nothing has happened."""
    events = sorted(events, key=lambda one: (one.effective, one.recorded))
    if not events:
        return None
    last = max(on, known, today, *(one.effective for one in events)) + timedelta(days=AFTER)
    last = min(last, today + timedelta(days=2 * 366))
    first = last - timedelta(days=SPAN)
    scale = _Scale(first, last)
    early = [one for one in events if one.unknown or one.effective < first]
    years = [(scale.place(date(year, 1, 1)), year) for year in range(first.year + 1, last.year + 1)]
    strokes, piles = _strokes(events, scale), []
    if len(strokes) > MOST:
        strokes, piles = [], _piles(events, scale)
    return Picture(
        strokes,
        [(x, year) for x, year in years if x <= RIGHT - YEAR_ROOM],
        scale.place(on),
        scale.place(known),
        len(early),
        min((one.x2 for one in strokes if one.early), default=LEFT),
        _sentence(events),
        first,
        scale.days,
        scale.day(on),
        scale.day(known),
        scale.day(today),
        piles,
    )


class _Scale:
    """Days as places on the axes."""

    def __init__(self, first: date, last: date):
        self.first, self.days = first, (last - first).days

    def day(self, day: date) -> int:
        return min(max((day - self.first).days, 0), self.days)

    def place(self, day: date) -> int:
        return round(LEFT + self.day(day) * (RIGHT - LEFT) / self.days)


def _strokes(events: list[Event], scale: _Scale) -> list[Stroke]:
    groups: dict[tuple[bool, int, int], list[Event]] = {}
    for one in events:
        early = one.unknown or one.effective < scale.first
        x1 = LEFT if early else scale.place(one.effective)
        groups.setdefault((early, x1, scale.place(one.recorded)), []).append(one)
    strokes, taken = [], {0: -APART, 1: -APART}
    for (early, x1, x2), own in groups.items():
        row = None if early else next((row for row, x in taken.items() if x1 - x >= APART), None)
        if row is not None:
            taken[row] = x1
        label = _label(own) if row is not None else ""
        late = max((one.late for one in own if one.late), default=None)
        strokes.append(Stroke(x1, x2, label, UPPER - 12 - 16 * (row or 0), _look(own, early, late), late, early))
    return strokes


def _look(own: list[Event], early: bool, late: int | None) -> str:
    if early or all(one.first for one in own):
        return "fan"
    return "late" if late else "ahead" if all(one.recorded < one.effective for one in own) else ""


def _piles(events: list[Event], scale: _Scale) -> list[Pile]:
    """Counts by month: above by 生效, below by 记录; months before the picture are one pile at its left edge."""
    piles = []
    for y, day_of in ((UPPER, lambda one: one.effective), (LOWER, lambda one: one.recorded)):
        months = Counter(max(day_of(one), scale.first).replace(day=15) for one in events)
        late = {max(day_of(one), scale.first).replace(day=15) for one in events if one.late}
        piles += [Pile(scale.place(month), y, count, month in late) for month, count in sorted(months.items())]
    return piles


def _label(own: list[Event]) -> str:
    kinds = list(dict.fromkeys(one.kind for one in own))
    return kinds[0] if len(kinds) == 1 else f"{kinds[0]}等 {len(own)} 件"


def _sentence(events: list[Event]) -> str:
    late = [one for one in events if one.late]
    words = f"共 {len(events)} 件事"
    return words + (f"，{len(late)} 件晚记，最多晚 {max(one.late or 0 for one in late)} 天" if late else "，没有晚记的")
