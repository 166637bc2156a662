"""The two dates of everything that happened to a person, drawn: above when it counts, below when it was recorded. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

LEFT, RIGHT, UPPER, LOWER = 64, 744, 52, 118
"""Where the two axes lie in a picture of 760 × 150."""
LONGEST = 4 * 366
"""Days shown; what counted earlier comes in from the left edge."""
AFTER = 60
APART = 84
"""Room that a label takes."""


@dataclass(frozen=True)
class Event:
    """What is drawn of one action. late: days that matter, or None."""

    kind: str
    effective: date
    recorded: date
    unknown: bool = False
    late: int | None = None


@dataclass(frozen=True)
class Stroke:
    """One line from 生效 down to 记录. label: the words above; label_y: their height; early: from before the picture."""

    x1: int
    x2: int
    label: str
    label_y: int
    early: bool
    late: int | None

    @property
    def middle(self) -> int:
        """Where the words about the delay stand."""
        return (self.x1 + self.x2) // 2


@dataclass(frozen=True)
class Picture:
    """The drawing. years: (x, year). on, known: where the two chosen days stand."""

    strokes: list[Stroke]
    years: list[tuple[int, int]]
    on: int
    known: int
    early: int
    early_x: int
    sentence: str


def draw(events: Iterable[Event], on: date, known: date, today: date) -> Picture | None:
    """Return the drawing, or None where nothing has happened."""
    events = sorted(events, key=lambda one: (one.effective, one.recorded))
    if not events:
        return None
    last = max(on, known, today, *(one.effective for one in events)) + timedelta(days=AFTER)
    last = min(last, today + timedelta(days=2 * 366))
    dated = [one.effective for one in events if not one.unknown]
    first = max(min([on, known, *dated, *(one.recorded for one in events)]), last - timedelta(days=LONGEST))
    scale = (RIGHT - LEFT) / max(1, (last - first).days)

    def place(day: date) -> int:
        return round(LEFT + min(max((day - first).days, 0), (last - first).days) * scale)

    groups: dict[tuple[bool, int, int], list[Event]] = {}
    for one in events:
        early = one.unknown or one.effective < first
        groups.setdefault((early, LEFT if early else place(one.effective), place(one.recorded)), []).append(one)
    strokes, taken = [], {0: -APART, 1: -APART}
    for (early, x1, x2), own in groups.items():
        late = max((one.late for one in own if one.late), default=None)
        row = next((row for row, x in taken.items() if x1 - x >= APART), None) if not early else None
        if row is not None:
            taken[row] = x1
        strokes.append(
            Stroke(x1, x2, _label(own) if row is not None else "", UPPER - 12 - 16 * (row or 0), early, late)
        )
    early_events = [one for one in events if one.unknown or one.effective < first]
    years = [(place(date(year, 1, 1)), year) for year in range(first.year + 1, last.year + 1)]
    early_x = min((stroke.x2 for stroke in strokes if stroke.early), default=LEFT)
    return Picture(strokes, years, place(on), place(known), len(early_events), early_x, _sentence(events))


def _label(own: list[Event]) -> str:
    kinds = list(dict.fromkeys(one.kind for one in own))
    return kinds[0] if len(kinds) == 1 else f"{kinds[0]}等 {len(own)} 件"


def _sentence(events: list[Event]) -> str:
    late = [one for one in events if one.late]
    words = f"共 {len(events)} 件事"
    return words + (f"，{len(late)} 件晚记，最多晚 {max(one.late or 0 for one in late)} 天" if late else "，没有晚记的")
