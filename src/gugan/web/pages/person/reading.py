"""A person as the pages read it: found if it may be seen, its history in words, the grade on a day with its reasons."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from functools import cached_property
from typing import Any
from uuid import UUID

from django.http import Http404
from django.urls import reverse
from django.utils.translation import gettext as _

from gugan import policy
from gugan.records import lists, queries, services
from gugan.records.clock import CHINA, china_day
from gugan.records.entries import MERGE, MERGED_INTO
from gugan.records.models import Person
from gugan.web import climbing, clock, trees
from gugan.web.access import Request
from gugan.web.lists import clean

GRADE = "岗位等级"


class View:
    """One person as the pages read it; everything at most once."""

    def __init__(self, request: Request, found: Person):
        self.request, self.person = request, found
        self._stretches: dict[tuple[date, date], list[policy.Stretch]] = {}
        self._grades: dict[tuple[date, date], dict[str, Any] | None] = {}

    @cached_property
    def pack(self) -> policy.Pack | None:
        """The pack that governs the person's payer, or None: none is named, or it cannot be read."""
        payer = queries.payer_for(self.person.payer_code)
        try:
            return policy.load(payer.pack_code, services.packs_root()) if payer is not None else None
        except policy.PolicyErrors:
            return None

    @cached_property
    def catalogue(self) -> policy.Catalogue:
        """The kinds that may be recorded."""
        return self.pack.catalogue if self.pack else policy.load("00", services.packs_root()).catalogue

    @cached_property
    def lines(self) -> list[queries.HistoryLine]:
        """Everything that was recorded, in ledger order."""
        return queries.history(self.request.scope, self.person)

    @cached_property
    def opened(self) -> date:
        """The day on which the first entry about the person was recorded: what is older came in with it."""
        return min((china_day(line.note.recorded_at) for line in self.lines), default=self.request.today)

    @cached_property
    def org_names(self) -> dict[str, str]:
        """Names of the organisations that the history mentions."""
        codes = {self.person.payer_code, self.person.workplace_code, self.person.workplace_code[: lists.STREET]}
        for line in self.lines:
            kind = self.catalogue.kinds.get(line.note.kind)
            codes |= {str(line.facts[f.name]) for f in _facts_of(kind) if f.type == "机构" and f.name in line.facts}
        return lists.org_names(codes - {""})

    @property
    def may_record(self) -> bool:
        """Whether the visitor may record facts about the person; nobody may about a record that was merged."""
        return self.may_enter and self.person.merged_into_id is None

    @cached_property
    def may_enter(self) -> bool:
        """Whether the visitor may record facts where the person is."""
        allows = self.request.scope.allows
        return allows("import", self.person.payer_code) or allows("import", self.person.workplace_code)

    def grade(self, on: date, known_on: date) -> dict[str, Any] | None:
        """The grade on a day with its reasons: {"value", "known", "tree"}; None where no rule gives one or none applies."""
        if (on, known_on) not in self._grades:
            self._grades[on, known_on] = self._grade(on, known_on)
        return self._grades[on, known_on]

    def stretches(self, on: date, known_on: date) -> list[policy.Stretch]:
        """The month around a day, as known on a day; read once. Raises PolicyErrors."""
        if self.pack is None or GRADE not in self.pack.rules:
            return []
        if (on, known_on) not in self._stretches:
            at = self.known_at(known_on)
            self._stretches[on, known_on] = climbing.read(self.request.scope, self.person, self.pack, on, at)
        return self._stretches[on, known_on]

    def known_at(self, known_on: date) -> datetime:
        """The moment up to which entries count, when known until the end of a day."""
        today = self.request.today
        return end_of(known_on) if known_on < today else max(clock.now(self.request), end_of(today))

    def _grade(self, on: date, known_on: date) -> dict[str, Any] | None:
        if self.pack is None or GRADE not in self.pack.rules:
            return None
        period = policy.Period.month(f"{on:%Y-%m}")
        try:
            there = [one for one in self.stretches(on, known_on) if one.start <= on < one.end]
            if not there:
                return None
            tree = policy.explain(self.pack, there, period, GRADE)
        except policy.PolicyErrors:
            return None
        sources = {line.note.id: self.source(line) for line in self.lines}
        data = _resolve(tree.as_dict(), sources)
        depth = trees.depth_of(self.request.GET.get("depth"))
        record = f"{reverse('person-record', args=[self.person.public_id])}?kind={{kind}}" if self.may_record else ""
        shown = trees.prepare(data, depth, entry_url="#e{id}", record_url=record)
        return {"value": tree.value, "known": tree.known, "tree": shown}

    def source(self, line: queries.HistoryLine) -> dict[str, Any]:
        """A line as the explanation tree shows it."""
        note = line.note
        return {
            "action": note.id,
            "kind": note.kind,
            "facts": dict(self.parts(line)),
            "effective_on": note.effective_on.isoformat(),
            "date_unknown": note.date_unknown,
            "recorded_at": note.recorded_at.astimezone(CHINA).isoformat(),
            "basis": note.basis,
        }

    def parts(self, line: queries.HistoryLine) -> list[tuple[str, str]]:
        """The facts of a line as (name, words)."""
        kind = self.catalogue.kinds.get(line.note.kind)
        order = list(kind.facts) if kind else []
        named = sorted(line.facts.items(), key=lambda one: order.index(one[0]) if one[0] in order else len(order))
        return [(name, self.words(kind, name, value)) for name, value in named]

    def sentence(self, line: queries.HistoryLine) -> str:
        """The facts of a line in one go; the fact that is called like the kind needs no name."""
        return "，".join(text if name == line.note.kind else f"{name} {text}" for name, text in self.parts(line))

    def words(self, kind: policy.Kind | None, name: str, value: Any) -> str:
        """A value as people read it; sealed ones by their last four."""
        fact = kind.facts.get(name) if kind else None
        if kind is not None and kind.name == MERGE and name == MERGED_INTO:
            return str(self.person.merged_into or _("另一份记录"))
        if isinstance(value, dict):
            return _("后四位 {last4}").format(last4=value.get("末四位", ""))
        if isinstance(value, bool):
            return _("是") if value else _("否")
        if fact is not None and fact.type == "机构":
            return self.org_names.get(str(value), str(value))
        if fact is not None and fact.type == "数":
            return _number(str(value), fact.unit)
        return str(value)


def find(request: Request, public_id: UUID) -> Person:
    """The person, if the visitor may see it; who may not be seen is not there."""
    found = Person.objects.filter(public_id=public_id).first()
    if found is None or not queries.sees(request.scope, found):
        raise Http404
    if found.next_change_on is not None and found.next_change_on <= request.today:
        lists.bring_up_to(request.today)
        found.refresh_from_db()
    return found


def day_of(request: Request, name: str, wrong: list[str]) -> date:
    """A day of the address; today where there is none, or none that can be read."""
    typed = clean(request.GET.get(name, ""), 20)
    if not typed:
        return request.today
    try:
        day = date.fromisoformat(typed)
    except ValueError:
        day = None
    if day is None or day.year not in range(1950, 2101):
        wrong.append(_("这个日子读不懂：{typed}。日期写作 2026-10-31；现在按今天显示。").format(typed=typed))
        return request.today
    return day


def end_of(day: date) -> datetime:
    """The last moment of a day in China."""
    return datetime.combine(day + timedelta(days=1), time(), CHINA) - timedelta(microseconds=1)


def _resolve(tree: dict[str, Any], sources: dict[int, dict[str, Any]]) -> dict[str, Any]:
    """The tree with what the ledger says in the place of bare ids."""
    own = [sources.get(number, {"action": number}) for number in tree.get("source", ())]
    return tree | {"source": own, "children": [_resolve(child, sources) for child in tree["children"]]}


def _number(text: str, unit: str) -> str:
    if unit == "元":
        whole, _point, part = text.partition(".")
        return f"{int(whole):,}.{part:0<2} 元".replace("-", "−")
    return f"{text} {unit}".strip()


def _facts_of(kind: policy.Kind | None) -> list[policy.Fact]:
    return list(kind.facts.values()) if kind else []
