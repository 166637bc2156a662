"""Lists as every page shows them: pages of fifty, filters and an order that live in the address."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest
from django.utils.translation import gettext as _

PER_PAGE = 50
LONGEST = 60
"""Characters of a search that are read."""


def clean(text: str, longest: int = LONGEST) -> str:
    """Return what was typed, trimmed, without control characters and no longer than is read."""
    return "".join(c for c in text[: longest * 4] if c.isprintable()).strip()[:longest]


def address(request: HttpRequest, **changes: Any) -> str:
    """Return this page's own query with some parameters changed; None or "" leaves one out. Always begins with "?"."""
    query = {name: request.GET.getlist(name) for name in request.GET}
    for name, value in changes.items():
        query[name] = (
            [] if value in (None, "") else [str(v) for v in value] if isinstance(value, list) else [str(value)]
        )
    return "?" + urlencode({name: values for name, values in query.items() if values}, doseq=True)


# --- pages


@dataclass(frozen=True)
class Page:
    """One page of a list. note: why it is not the page that was asked for, or ""."""

    items: list[Any]
    number: int
    pages: int
    count: int
    note: str = ""
    previous: str = ""
    next: str = ""

    @property
    def total(self) -> str:
        """The count as it is written: 1,214."""
        return f"{self.count:,}"

    @property
    def first(self) -> int:
        """Number of the first line shown, counted from 1."""
        return (self.number - 1) * PER_PAGE + 1 if self.count else 0

    @property
    def last(self) -> int:
        """Number of the last line shown."""
        return min(self.number * PER_PAGE, self.count)

    def __iter__(self):
        return iter(self.items)

    def __len__(self) -> int:
        return len(self.items)


def page_of(request: HttpRequest, rows: Any, count: int | None = None, *, by_key: bool = False) -> Page:
    """Return the page that the address asks for (`?page=`): two statements for a queryset, however long it is.

    A number past the end gives the last page and says so; what is no number gives the first. by_key: the rows of a
    queryset are wide: only their keys are sorted and passed over.
    """
    total = count if count is not None else rows.count() if hasattr(rows, "query") else len(rows)
    pages = max(1, math.ceil(total / PER_PAGE))
    asked = request.GET.get("page", "1").strip()
    wanted = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 10 else 1
    note = ""
    if asked.isascii() and asked.isdigit() and (len(asked) >= 10 or wanted > pages):
        note, wanted = _("没有第 {asked} 页，这是最后一页。").format(asked=asked[:10]), pages
    number = max(1, wanted)
    window = slice((number - 1) * PER_PAGE, number * PER_PAGE)
    items = list(rows.filter(pk__in=rows.values("pk")[window]) if by_key else rows[window])
    return Page(
        items,
        number,
        pages,
        total,
        note,
        address(request, page=number - 1 if number > 2 else None) if number > 1 else "",
        address(request, page=number + 1) if number < pages else "",
    )


# --- order


@dataclass(frozen=True)
class Column:
    """A column's head. order: what the database sorts by; () where it cannot. number: aligned right. hide: not on a phone."""

    key: str
    label: str
    order: tuple[str, ...] = ()
    number: bool = False
    hide: bool = False


@dataclass(frozen=True)
class Head:
    """A column's head on one page. sorted: "ascending", "descending" or "" (for aria-sort). url: sorts by it; "" none."""

    column: Column
    sorted: str
    url: str


@dataclass(frozen=True)
class Order:
    """The order of a list: `heads` for the template, `by` for `.order_by(*order.by)`."""

    heads: list[Head]
    by: tuple[str, ...]
    column: Column
    down: bool


def order_of(request: HttpRequest, columns: Sequence[Column], default: str) -> Order:
    """Read `?sort=key` or `?sort=-key`; anything else is the default (written the same way)."""
    known = {column.key: column for column in columns if column.order}
    asked = request.GET.get("sort", default)
    if asked.removeprefix("-") not in known:
        asked = default
    down, chosen = asked.startswith("-"), known[asked.removeprefix("-")]
    heads = []
    for column in columns:
        own = column.key == chosen.key
        other_way = f"-{column.key}" if own and not down else column.key
        heads.append(
            Head(
                column,
                ("descending" if down else "ascending") if own else "",
                address(request, sort=other_way, page=None) if column.order else "",
            )
        )
    by = tuple(_turn(name) if down else name for name in chosen.order)
    return Order(heads, by, chosen, down)


def _turn(name: str) -> str:
    return name[1:] if name.startswith("-") else f"-{name}"


# --- filters


@dataclass(frozen=True)
class Filter:
    """One choice of a filter bar. options: (value, word); a value that is not among them counts as none."""

    name: str
    label: str
    options: Sequence[tuple[str, str]] = ()


@dataclass(frozen=True)
class Chosen:
    """A filter with what the address chose. clear: the address without it."""

    filter: Filter
    value: str
    word: str
    clear: str


@dataclass(frozen=True)
class Filters:
    """A filter bar's state: `values[name]` is "" where nothing was chosen; `text` is what was searched for."""

    text: str
    cut: bool
    all: list[Chosen]
    clear: str
    kept: list[tuple[str, str]] = field(default_factory=list)

    @property
    def values(self) -> Mapping[str, str]:
        """Name → chosen value."""
        return {one.filter.name: one.value for one in self.all}

    @property
    def chosen(self) -> list[Chosen]:
        """Those that narrow the list."""
        return [one for one in self.all if one.value]

    @property
    def narrows(self) -> bool:
        """Whether anything does."""
        return bool(self.text or self.chosen)


def filters_of(request: HttpRequest, filters: Iterable[Filter], keep: Iterable[str] = ("sort",)) -> Filters:
    """Read `?q=` and one parameter per filter. keep: other parameters that the form must carry along."""
    filters = list(filters)
    typed = request.GET.get("q", "")
    found = []
    for one in filters:
        words = dict(one.options)
        value = request.GET.get(one.name, "")
        value = value if value in words else ""
        found.append(Chosen(one, value, words.get(value, ""), address(request, **{one.name: None, "page": None})))
    names = {one.name: None for one in filters}
    kept = [(name, request.GET[name]) for name in keep if request.GET.get(name)]
    return Filters(
        clean(typed), len(typed.strip()) > LONGEST, found, address(request, **names, q=None, page=None), kept
    )
