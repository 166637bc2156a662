"""The list of people on another day than today: folded from the ledger through the roster, at a cost that is bounded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import F, Func, TextField

from gugan import policy
from gugan.accounts.bulk import among
from gugan.accounts.queries import OPERATOR, within
from gugan.accounts.scope import Scope
from gugan.records import lists, roster
from gugan.records.caches import CERTIFICATES
from gugan.records.entries import HIRE
from gugan.records.models import EMPLOYED, Action, Person

MOST = 20_000
"""People whose facts are read for one list; about two seconds' work."""
_COLUMNS = {
    "payer_code": "用人单位",
    "workplace_code": "工作社区",
    "post": "岗位类别",
    "title": "职务",
    "education": "学历",
    "certificate": "职业资格级别",
}


class TooMany(ValueError):
    """More people than are read for one list; `count` says how many."""

    def __init__(self, count: int):
        super().__init__(count)
        self.count = count


@dataclass(frozen=True)
class OnDay:
    """Who was there on a day, and how many people's facts were read to say so."""

    people: list[Person]
    read: int


class Named(Func):
    """The text under one name of a JSON object, on both databases; Django cannot pick names that are not ASCII on SQLite."""

    output_field = TextField()

    def __init__(self, column: str, name: str):
        super().__init__(F(column))
        self.name = name

    def as_sqlite(self, compiler: Any, connection: Any, **extra_context: Any) -> Any:
        """Write it for SQLite."""
        column, parameters = compiler.compile(self.source_expressions[0])
        return f"json_extract({column}, %s)", [*parameters, f'$."{self.name}"']

    def as_postgresql(self, compiler: Any, connection: Any, **extra_context: Any) -> Any:
        """Write it for PostgreSQL."""
        column, parameters = compiler.compile(self.source_expressions[0])
        return f"(({column})::jsonb ->> %s)", [*parameters, self.name]


def on_day(scope: Scope, day: date, known_at: datetime, asked: lists.Asked) -> OnDay:
    """Return everybody in scope who was employed on `day`, as known at `known_at`, whom `asked` fits (but its state).

    In scope is who was paid or at work there on that very day. The people are not to be saved: what they say is of that
    day, with the ranks that a list is sorted by. Raises TooMany before anything much is read; `asked.street` and
    `asked.community` narrow what is read. Three statements.
    """
    ids = _candidates(scope, asked)
    if len(ids) > MOST:
        raise TooMany(len(ids))
    period = policy.Period(day, day + timedelta(days=1), day)
    columns = [*_COLUMNS.values(), "合同止", "历年考核"]
    # the roster knows payers only; who worked here for a payer elsewhere is let in, and looked at below
    stretches = roster.table(OPERATOR, period, known_at, columns, lists.nation(), person_ids=ids) if ids else []
    stretches = [one for one in stretches if _was_in_scope(scope, one)]
    known = {one.pk: one for one in Person.objects.filter(pk__in=among([int(str(one.person)) for one in stretches]))}
    people = [_as_of(known[one.person], one, day) for one in stretches]
    plain = replace(asked, state="", text="")
    found = [one for one in people if plain.fits(one)]
    return OnDay(_of_text(found, asked.text, day), len(ids))


def order(people: list[Person], by: Sequence[str]) -> list[Person]:
    """Return the people sorted as `.order_by(*by)` would; who has no such value comes last either way."""
    for name in reversed(by):
        bare, down = name.removeprefix("-"), name.startswith("-")
        there = [one for one in people if getattr(one, bare) is not None]
        people = sorted(there, key=lambda one, bare=bare: getattr(one, bare), reverse=down) + [
            one for one in people if getattr(one, bare) is None
        ]
    return people


def _candidates(scope: Scope, asked: lists.Asked) -> list[int]:
    """Ids of everybody ever taken on by or for a place in scope."""
    hired = Action.objects.filter(kind=HIRE).alias(place=Named("facts", "工作社区"))
    found = hired.filter(within(scope, "see", "payer_code", "place"))
    if asked.community:
        found = found.filter(place=asked.community)
    elif asked.street:
        found = found.filter(place__startswith=asked.street)
    return sorted(set(found.order_by().values_list("person_id", flat=True)))


def _was_in_scope(scope: Scope, one: policy.Stretch) -> bool:
    codes = (one.values.get("用人单位") or "", one.values.get("工作社区") or "")
    return any(scope.allows("see", code) for code in codes)


def _as_of(person: Person, one: policy.Stretch, day: date) -> Person:
    """The person as the list of that day shows it."""
    for column, name in _COLUMNS.items():
        setattr(person, column, one.values.get(name) or "")
    until, results = one.values.get("合同止"), one.values.get("历年考核") or {}
    person.contract_until = date.fromisoformat(until) if until else None
    person.last_result = results[max(results)] if results else ""
    person.state, person.left_on = EMPLOYED, None
    if person.hired_on is not None and person.hired_on > day:
        person.hired_on = None  # taken on again since: the list of today knows that day only
    for name, column, labels in (
        ("post_rank", "post", lists.ladder("岗位类别")),
        ("education_rank", "education", lists.ladder("学历")),
        ("certificate_rank", "certificate", CERTIFICATES),
        ("result_rank", "last_result", lists.ladder("考核结果")),
    ):
        value = getattr(person, column)
        setattr(person, name, labels.index(value) + 1 if value in labels else 0)
    return person


def _of_text(people: list[Person], text: str, day: date) -> list[Person]:
    """Those whom the words fit, read as the list of today reads them, with the workplaces of that day."""
    words = text.split()[: lists.MOST_WORDS]
    if not words or not people:
        return people
    names = lists.org_names({one.workplace_code for one in people} - {""}, day)
    return [
        one
        for one in people
        if _fits(one, text.strip(), "") or all(_fits(one, word, names.get(one.workplace_code, "")) for word in words)
    ]


def _fits(one: Person, word: str, place: str) -> bool:
    letters = word.lower().replace(" ", "").replace("'", "")
    return (
        word in one.name
        or one.initials.startswith(letters)
        or one.pinyin.replace(" ", "").startswith(letters)
        or (bool(place) and word in place)
        or (bool(one.id_last4) and one.id_last4 == word.upper())
    )
