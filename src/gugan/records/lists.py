"""What lists of people are narrowed by, counted by and sorted by. Each function takes a fixed number of statements."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from django.db import transaction
from django.db.models import Case, Count, IntegerField, Q, QuerySet, Value, When
from django.db.models.functions import Replace

from gugan import policy
from gugan.accounts.bulk import among
from gugan.accounts.scope import Scope
from gugan.accounts.services import lock_trail
from gugan.records import queries, store
from gugan.records.caches import CERTIFICATES, ORG_KINDS, of_org
from gugan.records.employment import Row, in_force
from gugan.records.entries import FROM, TO
from gugan.records.models import EMPLOYED, LEFT, Action, Org, Person
from gugan.records.services import packs_root, refresh_caches

STREET = 9
"""Digits of a street's code."""
MOST_WORDS = 4
LAST_FOUR = re.compile(r"\d{3}[\dXx]")


@dataclass(frozen=True)
class Asked:
    """What a list of people is narrowed to; "" narrows nothing. street, community: codes. state: one of the model's."""

    text: str = ""
    street: str = ""
    community: str = ""
    post: str = ""
    education: str = ""
    certificate: str = ""
    state: str = ""

    def condition(self) -> Q:
        """Return it as a condition on people (but for the text)."""
        found = Q()
        for column, value in (
            ("workplace_code__startswith", self.street),
            ("workplace_code", self.community),
            ("post", self.post),
            ("education", self.education),
            ("certificate", self.certificate),
            ("state", self.state),
        ):
            if value:
                found &= Q(**{column: value})
        return found

    def fits(self, one: Person) -> bool:
        """Whether it fits a person that was already read (but for the text): the same as the condition."""
        return (
            one.workplace_code.startswith(self.street)
            and self.community in ("", one.workplace_code)
            and self.post in ("", one.post)
            and self.education in ("", one.education)
            and self.certificate in ("", one.certificate)
            and self.state in ("", one.state)
        )


@dataclass
class Branch:
    """A division with the people at work in it and below; `people` counts the employed, `own` those right here."""

    code: str
    name: str
    kind: str = ""
    own: int = 0
    people: int = 0
    parts: list[Branch] = field(default_factory=list)


# --- people


def bring_up_to(on: date) -> None:
    """Bring the cached columns up to the day `on`, where something took effect since; one cheap read where nothing did."""
    due = (model.objects.filter(next_change_on__lte=on).order_by().values("pk") for model in (Person, Org))
    if next(due).union(*due).exists():
        with transaction.atomic():
            # no entry may come in between: what it changed would be folded away
            lock_trail()
            refresh_caches(on)


def people(scope: Scope, asked: Asked) -> QuerySet[Person]:
    """Return the people in scope whom `asked` fits, with their ranks to sort by.

    text: a part of the name, the beginning of its pinyin or initials, the last four of the ID number, or a part of the
    workplace's name; of several words every one has to fit.
    """
    return _with_text(queries.people(scope), asked.text).filter(asked.condition()).alias(**_ranks())


def without(scope: Scope, asked: Asked, names: Iterable[str]) -> dict[str, int]:
    """Return how many people there would be without one of the filters `names`: one statement."""
    counts = {
        f"without_{name}": Count("pk", filter=replace(asked, **{name: ""}).condition() or Q(pk__isnull=False))
        for name in names
    }
    found = _with_text(queries.people(scope), asked.text).order_by().aggregate(**counts) if counts else {}
    return {name.removeprefix("without_"): count for name, count in found.items()}


def left(scope: Scope, asked: Asked, most: int = 5) -> list[Person]:
    """Return the first of those in scope who fit but have left."""
    return list(people(scope, replace(asked, state=LEFT))[:most])


def options(scope: Scope) -> dict[str, list[str]]:
    """Return the values that occur in scope: {"post", "education", "certificate"}, from the lowest up. One statement."""
    found = queries.people(scope).order_by().values_list("post", "education", "certificate").distinct()
    columns = [set(values) - {""} for values in zip(*found, strict=True)] or [set(), set(), set()]
    ladders = (ladder("岗位类别")[::-1], ladder("学历"), CERTIFICATES)
    return {
        name: sorted(values, key=lambda one, order=order: (order.index(one) if one in order else -1, one))
        for name, values, order in zip(("post", "education", "certificate"), columns, ladders, strict=True)
    }


def ladder(table: str) -> tuple[str, ...]:
    """Return the labels of one of the nation's code tables, in order."""
    known = nation().tables.get(table)
    return tuple(known.labels) if known is not None else ()


def nation() -> policy.Catalogue:
    """Return the catalogue of the nation's pack: the kinds and columns that are the same everywhere."""
    return _catalogue(packs_root())


def merged_away(scope: Scope, text: str, most: int = 5) -> list[Person]:
    """Return the first records in scope whom `text` fits but that were merged into another (`.merged_into`)."""
    merged = queries.merged(scope).select_related("merged_into")
    return list(_with_text(merged, text)[:most]) if text.strip() else []


# --- places


def workplaces(scope: Scope) -> list[Branch]:
    """Return the streets where people in scope work, each with its communities, in code order. Two statements."""
    rows = queries.people(scope).exclude(workplace_code="").order_by("workplace_code")
    counted = rows.values_list("workplace_code").annotate(
        people=Count("pk", filter=Q(state=EMPLOYED)),
    )
    found = list(counted)
    names = org_names({code for code, _ in found} | {code[:STREET] for code, _ in found})
    streets: dict[str, Branch] = {}
    for code, count in found:
        street = streets.setdefault(code[:STREET], Branch(code[:STREET], names.get(code[:STREET], code[:STREET])))
        street.people += count
        if len(code) > STREET:
            street.parts.append(Branch(code, names.get(code, code), own=count, people=count))
    return list(streets.values())


def org_names(codes: Iterable[str], on: date | None = None) -> dict[str, str]:
    """Return {code: name} of the organisations that are known; on: as they were called on that day. One statement."""
    wanted = list(codes)
    if not wanted:
        return {}
    if on is None:
        return dict(Org.objects.filter(code__in=among(wanted)).order_by().values_list("code", "name"))
    naming = Action.objects.filter(org__code__in=among(wanted), kind__in=ORG_KINDS).order_by()
    record: dict[str, list[Row]] = {}
    for code, *values in naming.values_list("org__code", *store.ROW_FIELDS):
        record.setdefault(code, []).append(store.as_row(values))
    return {code: of_org(in_force(rows), on)["name"] for code, rows in record.items()}


# --- inside


def _with_text(found: QuerySet[Person], text: str) -> QuerySet[Person]:
    if not (text := text.strip()):
        return found
    words = text.split()[:MOST_WORDS]
    fits = _spelled(text) | Q(name__contains=text)
    every = Q()
    for word in words:
        places = Org.objects.filter(name__contains=word).values("code")
        one = _spelled(word) | Q(name__contains=word) | Q(workplace_code__in=places)
        if LAST_FOUR.fullmatch(word):
            one |= Q(id_last4=word.upper())
        every &= one
    return found.alias(spelled=Replace("pinyin", Value(" "), Value(""))).filter(fits | every)


def _spelled(text: str) -> Q:
    letters = text.lower().replace(" ", "").replace("'", "")
    return Q(initials__startswith=letters) | Q(spelled__startswith=letters)


def _ranks() -> dict[str, Case]:
    return {
        "post_rank": _rank("post", ladder("岗位类别")),
        "education_rank": _rank("education", ladder("学历")),
        "certificate_rank": _rank("certificate", CERTIFICATES),
        "result_rank": _rank("last_result", ladder("考核结果")),
    }


def _rank(column: str, labels: Sequence[str]) -> Case:
    whens = [When(**{column: label}, then=Value(number)) for number, label in enumerate(labels, start=1)]
    return Case(*whens, default=Value(0), output_field=IntegerField())


@lru_cache(maxsize=4)
def _catalogue(root: Path) -> policy.Catalogue:
    return policy.load("00", root).catalogue


# --- one person's facts


@dataclass(frozen=True)
class Held:
    """One fact as it stands on a day, and the action that says so. key: which one, of a kind that has several."""

    kind: str
    key: str
    fact: str
    value: Any
    note: queries.ActionNote


def known(lines: Sequence[queries.HistoryLine], at: datetime | None) -> list[queries.HistoryLine]:
    """Return the lines as they stood at a moment: later ones left out, replacements that came later undone."""
    seen = [line for line in lines if at is None or line.note.recorded_at <= at]
    ids = {line.note.id for line in seen}
    return [line if line.replaced_by in ids else replace(line, replaced_by=None) for line in seen]


def facts_on(catalogue: policy.Catalogue, lines: Sequence[queries.HistoryLine], on: date) -> list[list[Held]]:
    """Return the facts that hold on the day `on`, in the catalogue's order, one list per kind and key. Pure.

    lines: in ledger order, see `known`. What has ended is left out, of one-month events all but those of the month, and
    what only adds up (晋级).
    """
    held: dict[tuple[str, str], dict[str, Held]] = {}
    for line in lines:
        kind = catalogue.kinds.get(line.note.kind)
        if kind is None or not line.stands or line.note.effective_on > on or kind.name in _EVENTS:
            continue
        key = str(line.facts.get(kind.key, "")) if kind.key else ""
        if kind.key is None and FROM in kind.facts:
            key = str(line.note.id)
        own = held.setdefault((kind.name, key), {})
        for name in kind.facts:
            if name in line.facts:
                own[name] = Held(kind.name, key, name, line.facts[name], line.note)
    order = {name: number for number, name in enumerate(catalogue.kinds)}
    found = [list(own.values()) for own in held.values() if not _over(own, on)]
    return sorted(found, key=lambda group: order[group[0].kind])


_EVENTS = ("晋级",)


def _over(own: dict[str, Held], on: date) -> bool:
    until, month = own.get(TO), own.get("月份")
    return (until is not None and str(until.value) < on.isoformat()) or (
        month is not None and month.value != on.isoformat()[:7]
    )
