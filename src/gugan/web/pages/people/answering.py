"""Whom the list shows: of today from the cached columns, of another day from the ledger; sorted, and one page of them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from time import perf_counter
from typing import Any

from django.db.models import F, OrderBy, QuerySet
from django.utils.translation import gettext as _

from gugan.records import lists, past
from gugan.records.models import Person
from gugan.web import clock
from gugan.web.lists import Column, Order, Page, order_of, page_of
from gugan.web.pages.people.asking import Question
from gugan.web.pages.people.columns import Row, row_of
from gugan.web.pages.people.grades import MISSING

MOST_SORTED = 20_000
"""Above this, a list is sorted by indexed columns only."""
INDEXED = ("name", "id", "street", "place", "payer")
OPEN_ENDED = ("born_on", "hired_on", "contract_until", "grade")
"""Columns that may be empty; who has nothing there comes last either way."""


@dataclass(frozen=True)
class Answer:
    """The people asked for, in order. cost: what reading another day took, ""; note: why they are not sorted as asked."""

    people: Any
    count: int
    order: Order
    cost: str = ""
    note: str = ""


def answer(question: Question) -> Answer:
    """Find and sort them; raises past.TooMany for another day that is too much to read."""
    return _today(question) if question.today else _another_day(question)


def page_rows(question: Question, found: Answer) -> tuple[Page, list[Row]]:
    """One page and its rows."""
    shown = page_of(question.request, found.people if found.count else [], found.count)
    return shown, rows(question, shown.items)


def rows(question: Question, people: list[Person]) -> list[Row]:
    """The people as rows."""
    names, grades = _names(question, people), question.grades.of(people)
    return [row_of(one, names, grades[one.pk], question.day) for one in people]


def _names(question: Question, people: list[Person]) -> dict[str, str]:
    """Names of streets and communities; of payers too where their column is shown."""
    names = {one.code: one.name for street in question.streets for one in (street, *street.parts)}
    wanted = set() if question.today else {one.workplace_code for one in people}
    if any(one.head.key == "payer" for one in question.shown):
        wanted |= {one.payer_code for one in people}
    # on another day as they were called then, also where nobody works today: merged or closed since
    if question.today:
        return names | lists.org_names(wanted - names.keys() - {""})
    return names | lists.org_names((wanted | {code[: lists.STREET] for code in wanted}) - {""}, question.day)


def _today(question: Question) -> Answer:
    people = lists.people(question.request.scope, question.asked)
    heads = [one.head for one in question.shown]
    by_grade = question.request.GET.get("sort", "").removeprefix("-") == "grade"
    if question.grade or by_grade:
        people = question.grades.on(people)
    if question.grade:
        people = people.filter(grade=None if question.grade == MISSING else int(question.grade))
    count = people.count()
    note = ""
    if count > MOST_SORTED:
        heads = [one if one.key in INDEXED else replace(one, order=()) for one in heads]
        note = _("超过 {most} 人，只能按姓名、证号、社区、用人单位排；先筛少一些，就能按别的列排。").format(
            most=f"{MOST_SORTED:,}"
        )
    order = order_of(question.request, _sortable(heads), "place")
    return Answer(_ordered(people, order), count, order, note=note)


def _another_day(question: Question) -> Answer:
    request, began = question.request, perf_counter()
    found = past.on_day(request.scope, question.day, clock.now(request), question.asked)
    people = found.people
    order = order_of(request, _sortable([one.head for one in question.shown]), "place")
    if question.grade or order.column.key == "grade":
        grades = question.grades.of(people)
        for one in people:
            one.grade = grades[one.pk].value  # ty: ignore[missing-attribute]
        if question.grade:
            wanted = None if question.grade == MISSING else int(question.grade)
            people = [one for one in people if grades[one.pk].value == wanted]
    people = past.order(people, order.by)
    cost = _("这一天从台账算出：读了 {count} 人的记录，用了 {seconds} 秒").format(
        count=f"{found.read:,}", seconds=f"{perf_counter() - began:.1f}"
    )
    return Answer(people, len(people), order, cost)


def _sortable(heads: list[Column]) -> list[Column]:
    """The heads; the usual order works even where its column is not shown."""
    if any(one.key == "place" for one in heads):
        return heads
    return [*heads, Column("place", "", ("workplace_code", "pinyin", "id"))]


def _ordered(found: QuerySet[Person], order: Order) -> QuerySet[Person]:
    return found.order_by(*(_by(name) for name in order.by))


def _by(name: str) -> str | OrderBy:
    bare = name.lstrip("-")
    if bare not in OPEN_ENDED:
        return name
    return F(bare).desc(nulls_last=True) if name.startswith("-") else F(bare).asc(nulls_last=True)
