"""The tree of a day in lines, and the sentence over it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext as _

from gugan.records import places
from gugan.records.places import COMMUNITY, STREET, Place
from gugan.web.access import Request
from gugan.web.lists import address, clean
from gugan.web.pages.person.reading import day_of

MOST_LINES = 300
"""Above this, communities are shown for the street that is opened."""
GAP = "gap"


@dataclass(frozen=True)
class Line:
    """One division. url: its own page; people_url: its people on the roster; open_url: its communities, "" where shown."""

    place: Place
    depth: int
    url: str
    people_url: str
    open_url: str
    hidden: int
    people: str
    settled: str
    gap: str
    tone: str


@dataclass(frozen=True)
class Asked:
    """What the address asks for. open: the code of the street whose communities are shown."""

    on: date
    only: bool
    by_gap: bool
    open: str


def shown_tree(request: Request) -> dict[str, Any]:
    """The context of the page: ?on= a day, ?only=people, ?sort=gap, ?open= a street."""
    wrong: list[str] = []
    asked = Asked(
        day_of(request, "on", wrong),
        request.GET.get("only") == "people",
        request.GET.get("sort") == GAP,
        clean(request.GET.get("open", ""), 20),
    )
    roots = places.tree(request.scope, asked.on, request.today)
    everything = list(places.walk(roots))
    folded = len(everything) > MOST_LINES
    communities = [one for one in everything if len(one.code) == COMMUNITY and not one.closed]
    streets = [one for one in everything if len(one.code) == STREET and not one.closed]
    settled = [one for one in communities if one.establishment is not None]
    return {
        "lines": [line for root in _sorted(roots, asked) for line in _lines(request, root, 0, asked, folded)],
        "asked": asked,
        "wrong": wrong,
        "moved": asked.on != request.today,
        "finding": _finding(roots, communities, len(settled)),
        "streets": len(streets),
        "empty": sum(not one.people for one in communities),
        "over": sum(root.over for root in roots),
        "unsettled": bool(communities) and not any(root.settled is not None for root in roots),
        "only_url": address(request, only=None if asked.only else "people"),
        "gap_url": address(request, sort=None if asked.by_gap else GAP),
        "today_url": address(request, on=None),
        "kept": [(name, request.GET[name]) for name in ("only", "sort", "open") if request.GET.get(name)],
        "unknown": bool(asked.open) and asked.open not in {one.code for one in everything},
    }


def people_url(code: str, on: date | None = None) -> str:
    """The people of a street or a community on the roster, today or on a day."""
    query = {"on": on.isoformat()} if on else {}
    if len(code) >= STREET:
        query["street"] = code[:STREET]
    if len(code) >= COMMUNITY:
        query["community"] = code
    return reverse("people") + ("?" + urlencode(query) if query else "")


def gap_words(place: Place) -> tuple[str, str]:
    """What is missing in words, with the tone of the tag: ("缺 3", "ochre"); ("", "") where no figure was posted."""
    if place.settled is None or place.closed:
        return "", ""
    words = [_("缺 {count}").format(count=place.short)] if place.short else []
    words += [_("超 {count}").format(count=place.over)] if place.over else []
    return "，".join(words) or _("满员"), "ochre" if place.short else "seal" if place.over else "pine"


def _finding(roots: list[Place], communities: list[Place], settled: int) -> str:
    """The sentence over the tree, as it could be said aloud."""
    if not roots:
        return _("还没有机构")
    name = roots[0].name if len(roots) == 1 else ""
    people = f"{sum(root.people for root in roots):,}"
    words = name + _("{count} 个社区和村，在岗 {people} 人").format(count=len(communities), people=people)
    totals = [root.settled for root in roots if root.settled is not None]
    if not totals:
        return words
    part = "" if settled in (0, len(communities)) else _("其中 {count} 个").format(count=settled)
    short = sum(root.short for root in roots)
    gap = _("缺 {count} 人").format(count=f"{short:,}") if short else _("不缺人")
    return words + _("，{part}核定 {total} 人，{gap}").format(part=part, total=f"{sum(totals):,}", gap=gap)


def _sorted(parts: list[Place], asked: Asked) -> list[Place]:
    return sorted(parts, key=lambda one: (-one.short, -one.over, one.code)) if asked.by_gap else parts


def _lines(request: Request, place: Place, depth: int, asked: Asked, folded: bool) -> Iterator[Line]:
    if asked.only and not place.people:
        return
    shut = folded and len(place.code) == STREET and not asked.open.startswith(place.code)
    gap, tone = gap_words(place)
    yield Line(
        place,
        min(depth, 4),
        reverse("org", args=[place.code]),
        people_url(place.code, asked.on if asked.on != request.today else None) if place.people else "",
        address(request, open=place.code) if shut and place.parts else "",
        len(place.parts) if shut else 0,
        f"{place.people:,}",
        f"{place.settled:,}" if place.settled is not None and not place.closed else "",
        gap,
        tone,
    )
    for part in () if shut else _sorted(place.parts, asked):
        yield from _lines(request, part, depth + 1, asked, folded)
