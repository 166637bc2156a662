"""人: what is true of this person on a day, as known on a day; the grade and why; what happened; 记一件事, 更正, 撤销."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cached_property
from itertools import groupby
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import path, reverse
from django.utils.translation import gettext as _

from gugan import policy
from gugan.accounts import sealing
from gugan.accounts import services as accounts
from gugan.accounts.models import TrailEntry
from gugan.accounts.sm3 import digest_of
from gugan.lifecycle.pay.money import grouped
from gugan.records import facts as fact_checks
from gugan.records import ledger, lists, queries, roster, services
from gugan.records.clock import CHINA, china_day
from gugan.records.models import EMPLOYED, LEFT, Batch, Org, Person
from gugan.runs import queries as runs
from gugan.runs.models import COMPUTED, STATES, Outcome
from gugan.web import clock, timeline, trees
from gugan.web.access import Request, page
from gugan.web.lists import clean

GRADE = "岗位等级"
FIRST = ("岗位", "学历", "职业资格", "入职", "劳动合同", "年度考核", "政治面貌", "身份", "借调", "请假", "处分")
"""Kinds whose facts stand at the top, in this order; the rest is folded."""
NEWEST_ONLY = ("劳动合同", "年度考核")
"""Kinds with many records, of which the newest says what holds; older ones are in the list of what happened."""
LISTED = 30
"""What happened longer ago than this many lines is folded."""
LATE = 31
"""Days between 生效 and 记录 above which an entry is called late."""
MOST_PLACES = 600
YEARS = range(1900, 2200)


# --- the page


@page(own=True)
def person(request: Request, public_id: UUID) -> HttpResponse:
    """The person's page; looking at somebody else leaves a trace."""
    return _show(request, _find(request, public_id), "查看")


@page(methods="POST")
def id_number(request: Request, public_id: UUID) -> HttpResponse:
    """The page with the ID number shown whole; a trace of its own."""
    found = _find(request, public_id)
    return _show(request, found, "看证件号码", number=queries.open_id_number(request.scope, found) or "")


def _show(request: Request, found: Person, act: str, number: str = "") -> HttpResponse:
    wrong: list[str] = []
    on = _day(request, "on", wrong)
    known_on = min(_day(request, "known", wrong), request.today)
    view = View(request, found)
    lines = lists.known(view.lines, _end_of(known_on) if known_on < request.today else None)
    groups = lists.facts_on(view.catalogue, lines, on)
    grade = view.grade(on, known_on)
    names = view.org_names
    first, rest = _arranged(groups)
    happened = [_line(view, line, on) for line in reversed(lines)]
    own = request.scope.is_own(found.public_id)
    if not own or number:
        _leave_trace(request, found, act, on, known_on)
    context = {
        "person": found,
        "number": number,
        "own": own,
        "state_tone": {EMPLOYED: "pine", LEFT: ""}.get(found.state, "ochre"),
        "place": names.get(found.workplace_code, ""),
        "street": names.get(found.workplace_code[: lists.STREET], ""),
        "payer": names.get(found.payer_code, ""),
        "on": on,
        "known": known_on,
        "today": request.today,
        "moved": (on, known_on) != (request.today, request.today),
        "wrong": wrong,
        "facts": [_group(view, group) for group in first],
        "rest": [_group(view, group) for group in rest],
        "grade": grade,
        "depth": trees.depth_of(request.GET.get("depth")),
        "picture": timeline.draw(
            [
                timeline.Event(one.note.kind, one.note.effective_on, one.recorded, one.note.date_unknown, one.late)
                for one in happened
                if not one.gone
            ],
            on,
            known_on,
            request.today,
        ),
        "otherwise": _otherwise(view, on, known_on, grade),
        "recent": happened[:LISTED],
        "older": happened[LISTED:],
        "count": len(happened),
        "slips": _slips(request, found),
        "looks": _looks(found),
        "may_record": view.may_record,
    }
    return render(request, "person/person.html", context)


class View:
    """One person as the pages read it; everything at most once."""

    def __init__(self, request: Request, found: Person):
        self.request, self.person = request, found

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
    def org_names(self) -> dict[str, str]:
        """Names of the organisations that the history mentions."""
        codes = {self.person.payer_code, self.person.workplace_code, self.person.workplace_code[: lists.STREET]}
        for line in self.lines:
            kind = self.catalogue.kinds.get(line.note.kind)
            codes |= {str(line.facts[f.name]) for f in _facts_of(kind) if f.type == "机构" and f.name in line.facts}
        return lists.org_names(codes - {""})

    @cached_property
    def may_record(self) -> bool:
        """Whether the visitor may record facts about the person."""
        allows = self.request.scope.allows
        return allows("import", self.person.payer_code) or allows("import", self.person.workplace_code)

    def grade(self, on: date, known_on: date) -> dict[str, Any] | None:
        """The grade on a day with its reasons: {"value", "known", "tree"}; None where no rule gives one or none applies."""
        if self.pack is None or GRADE not in self.pack.rules:
            return None
        period = policy.Period.month(f"{on:%Y-%m}")
        today = self.request.today
        at = _end_of(known_on) if known_on < today else max(clock.now(self.request), _end_of(today))
        try:
            columns = policy.columns_needed(self.pack, period, [GRADE])
            stretches = roster.table(self.request.scope, period, at, columns, self.pack, person_ids=[self.person.pk])
            there = [one for one in stretches if one.start <= on < one.end]
            if not there:
                return None
            tree = policy.explain(self.pack, there, period, GRADE)
        except policy.PolicyErrors:
            return None
        sources = {line.note.id: self.source(line) for line in self.lines}
        data = _resolve(tree.as_dict(), sources)
        depth = trees.depth_of(self.request.GET.get("depth"))
        return {"value": tree.value, "known": tree.known, "tree": trees.prepare(data, depth, entry_url="#e{id}")}

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
        if isinstance(value, dict):
            return _("后四位 {last4}").format(last4=value.get("末四位", ""))
        if isinstance(value, bool):
            return _("是") if value else _("否")
        if fact is not None and fact.type == "机构":
            return self.org_names.get(str(value), str(value))
        if fact is not None and fact.type == "数":
            return _number(str(value), fact.unit)
        return str(value)


def _find(request: Request, public_id: UUID) -> Person:
    """The person, if the visitor may see it; who may not be seen is not there."""
    found = Person.objects.filter(public_id=public_id).first()
    if found is None or not queries.sees(request.scope, found):
        raise Http404
    if found.next_change_on is not None and found.next_change_on <= request.today:
        lists.bring_up_to(request.today)
        found.refresh_from_db()
    return found


def _day(request: Request, name: str, wrong: list[str]) -> date:
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


def _end_of(day: date) -> datetime:
    return datetime.combine(day + timedelta(days=1), time(), CHINA) - timedelta(microseconds=1)


def _leave_trace(request: Request, found: Person, act: str, on: date, known_on: date) -> None:
    digest = digest_of([act, str(found.public_id), on.isoformat(), known_on.isoformat()])
    note = accounts.Note(act, f"person:{found.pk}", digest)
    accounts.record([note], by=request.user, now=clock.now(request))


def _looks(found: Person) -> list[TrailEntry]:
    """Who looked last."""
    entries = TrailEntry.objects.filter(subject=f"person:{found.pk}").select_related("by").order_by("-seq")
    return list(entries[:8])


def _slips(request: Request, found: Person) -> list[dict[str, Any]]:
    outcomes = (
        Outcome.objects.filter(runs.visible(request.scope), person=found, state=COMPUTED, run__state__in=runs.LIVE)
        .order_by("-run__period_start", "-run_id")
        .values("run_id", "run__period_start", "run__state", "gross_fen", "net_fen")
    )
    return [
        {
            "run": one["run_id"],
            "month": one["run__period_start"],
            "state": one["run__state"],
            "word": STATES[one["run__state"]],
            "gross": grouped(one["gross_fen"]),
            "net": grouped(one["net_fen"]),
        }
        for one in outcomes[:36]
    ]


def _otherwise(view: View, on: date, known_on: date, grade: dict[str, Any] | None) -> str:
    """What the grade was by what was known then, beside what it is by what is known now."""
    if known_on >= view.request.today or grade is None:
        return ""
    now = view.grade(on, view.request.today)
    if now is None or now["value"] == grade["value"]:
        return ""
    return _("{on} 的等级：按 {known} 所知是 {then} 级，按今天所知是 {now} 级。").format(
        on=on, known=known_on, then=grade["value"], now=now["value"]
    )


def _resolve(tree: dict[str, Any], sources: dict[int, dict[str, Any]]) -> dict[str, Any]:
    """The tree with what the ledger says in the place of bare ids."""
    own = [sources.get(number, {"action": number}) for number in tree.get("source", ())]
    return tree | {"source": own, "children": [_resolve(child, sources) for child in tree["children"]]}


# --- facts and what happened


def _arranged(groups: list[list[lists.Held]]) -> tuple[list[list[lists.Held]], list[list[lists.Held]]]:
    """The facts at the top, and those that are folded."""
    first: list[list[lists.Held]] = []
    for kind in FIRST:
        own = [group for group in groups if group[0].kind == kind]
        first += sorted(own, key=_age)[-1:] if kind in NEWEST_ONLY else own
    rest = [group for group in groups if group[0].kind not in FIRST]
    return first, rest


def _age(group: list[lists.Held]) -> str:
    values = {one.fact: str(one.value) for one in group}
    return values.get("起") or values.get("年度") or ""


def _group(view: View, group: list[lists.Held]) -> dict[str, Any]:
    """The facts of one kind, those of one action together with its dates."""
    kind = view.catalogue.kinds[group[0].kind]
    key = view.words(kind, kind.key, group[0].key) if kind.key and group[0].key else ""
    told = [one for one in group if one.fact != kind.key] or group
    return {
        "name": kind.name,
        "key": key,
        "entries": [
            {
                "note": note,
                "recorded": note.recorded_at.astimezone(CHINA).date(),
                "parts": [
                    {"label": "" if one.fact == kind.name else one.fact, "text": view.words(kind, one.fact, one.value)}
                    for one in own
                ],
            }
            for note, own in ((found[0].note, found) for found in _by_note(told))
        ],
    }


def _by_note(group: list[lists.Held]) -> list[list[lists.Held]]:
    ordered = sorted(group, key=lambda one: (one.note.effective_on, one.note.id))
    return [list(own) for _id, own in groupby(ordered, key=lambda one: one.note.id)]


@dataclass(frozen=True)
class Happened:
    """One line of what happened."""

    note: queries.ActionNote
    recorded: date
    words: str
    what: str
    gone: bool
    late: int | None
    ahead: bool
    changeable: bool


def _line(view: View, line: queries.HistoryLine, on: date) -> Happened:
    note, recorded = line.note, china_day(line.note.recorded_at)
    opened = china_day(min(one.note.recorded_at for one in view.lines))
    late = (recorded - note.effective_on).days
    what = ""
    if line.replaces is not None:
        what = _("更正") if line.facts else _("撤销")
    return Happened(
        note,
        recorded,
        view.sentence(line),
        what,
        line.replaced_by is not None or not line.facts,
        late if late > LATE and note.effective_on >= opened and not note.date_unknown else None,
        note.effective_on > on,
        view.may_record and line.stands and note.kind in view.catalogue.kinds,
    )


def _number(text: str, unit: str) -> str:
    if unit == "元":
        whole, _point, part = text.partition(".")
        return f"{int(whole):,}.{part:0<2} 元".replace("-", "−")
    return f"{text} {unit}".strip()


def _facts_of(kind: policy.Kind | None) -> list[policy.Fact]:
    return list(kind.facts.values()) if kind else []


# --- 记一件事, 更正, 撤销


@page(methods="GET POST")
def record(request: Request, public_id: UUID) -> HttpResponse:
    """Record one thing that happened: choose its kind, then only its facts are asked."""
    found = _to_change(request, public_id)
    view = View(request, found)
    kinds = [kind for kind in view.catalogue.kinds.values() if kind.subject == "人"]
    kind = next((one for one in kinds if one.name == request.GET.get("kind")), None)
    if kind is None:
        context = {"person": found, "kinds": kinds, "unknown": clean(request.GET.get("kind", ""), 20)}
        return render(request, "person/kinds.html", context)
    return _enter(request, view, kind, None)


@page(methods="GET POST")
def correct(request: Request, public_id: UUID, number: int) -> HttpResponse:
    """Put another entry in the place of one that is wrong."""
    found = _to_change(request, public_id)
    view = View(request, found)
    line = _standing(view, number)
    kind = view.catalogue.kinds.get(line.note.kind) if line else None
    if line is None or kind is None:
        return _replaced(request, found)
    return _enter(request, view, kind, line)


@page(methods="GET POST")
def void(request: Request, public_id: UUID, number: int) -> HttpResponse:
    """Take an entry back, after a page that says what that does."""
    found = _to_change(request, public_id)
    view = View(request, found)
    line = _standing(view, number)
    if line is None:
        return _replaced(request, found)
    words = view.sentence(line)
    if request.method == "POST":
        before = _grade_words(view)
        try:
            with transaction.atomic():
                ledger.void(
                    number, by=request.user, now=clock.now(request), catalogue=view.catalogue,
                    basis=clean(request.POST.get("basis", ""), 200),
                )  # fmt: skip
        except ledger.LedgerError as error:
            problems = [{"text": problem.message, "field": ""} for problem in error.problems]
            return render(request, "person/void.html", _void_context(found, line, words, problems), status=422)
        done = _("已撤销：{kind} {words}。").format(kind=line.note.kind, words=words)
        messages.success(request, done + _effect(request, found, before, line.note.effective_on))
        return HttpResponseRedirect(reverse("person", args=[found.public_id]))
    return render(request, "person/void.html", _void_context(found, line, words, []))


def _void_context(
    found: Person, line: queries.HistoryLine, words: str, problems: list[dict[str, str]]
) -> dict[str, Any]:
    months = _sealed_months(found, line.note.effective_on)
    kind = line.note.kind
    will = _("“{kind} {words}”不再算数，记录仍留在履历里，划掉显示。").format(kind=kind, words=words)
    return {
        "person": found,
        "line": line,
        "problems": problems,
        "will": will + (" " + months if months else ""),
        "loses": _("这一条不能恢复。"),
        "later": _("撤错了，把同一件事重新记一次。"),
        "act": _("撤销这一条{kind}").format(kind=kind),
        "back": reverse("person", args=[found.public_id]),
    }


def _to_change(request: Request, public_id: UUID) -> Person:
    found = _find(request, public_id)
    if not View(request, found).may_record:
        accounts.require(request.user, "import", found.payer_code, on=request.today)
    return found


def _standing(view: View, number: int) -> queries.HistoryLine | None:
    """The entry, None if it was replaced; one that is not this person's is not there."""
    line = next((one for one in view.lines if one.note.id == number), None)
    if line is None:
        raise Http404
    return line if line.stands else None


def _replaced(request: Request, found: Person) -> HttpResponse:
    text = _("这一条已经更正或撤销过了，没有再改。看看最新的那一条。")
    messages.success(request, text, extra_tags="ochre")
    return HttpResponseRedirect(reverse("person", args=[found.public_id]) + "#happened")


def _enter(request: Request, view: View, kind: policy.Kind, line: queries.HistoryLine | None) -> HttpResponse:
    """Show the form of one kind; post what it holds."""
    found = view.person
    if request.method == "POST":
        form = EntryForm(kind, view, line, request.POST)
        only_look = "look" in request.POST
        told = _post(request, view, form, keep=not only_look) if form.is_valid() else None
        if told is not None and not only_look:
            messages.success(request, told)
            return HttpResponseRedirect(reverse("person", args=[found.public_id]))
        status = 422 if told is None else 200
    else:
        form, status, told = EntryForm(kind, view, line), 200, None
    context = {"person": found, "kind": kind, "form": form, "line": line, "effect": told}
    return render(request, "person/record.html", context, status=status)


def _post(request: Request, view: View, form: EntryForm, *, keep: bool) -> str | None:
    """Post the form; return what to say, or None where the ledger refuses (its reasons are in the form then).

    keep: else everything is undone again, and what is said is what it would have done.
    """
    data, found, before = form.cleaned_data, view.person, _grade_words(view)
    once = digest_of(["记一件事", request.user.pk, str(found.public_id), data["once"]])
    try:
        with transaction.atomic():
            accounts.lock_trail()
            if Batch.objects.filter(source_digest=once).exists():
                return _("这件事刚才已经记下，没有再记一次。")
            now = clock.now(request)
            entry = ledger.Entry(
                form.kind.name, found, data["on"], form.facts(), data["basis"], data["unknown"],
                form.line.note.id if form.line else None,
            )  # fmt: skip
            batch = services.open_batch("网页", form.kind.name, source_digest=once, by=request.user, now=now)
            ledger.post([entry], by=request.user, now=now, catalogue=view.catalogue, batch=batch)
            effect = _effect(request, found, before, data["on"])
            if not keep:
                transaction.set_rollback(True)
                return effect or _("今天的岗位等级不变，已封存的工资也不变。")
    except ledger.LedgerError as error:
        for problem in error.problems:
            form.add_error(form.field_of.get(problem.fact), problem.message)
        return None
    act = _("已更正") if form.line else _("已记")
    return _("{act}：{kind}，{on} 起。").format(act=act, kind=form.kind.name, on=data["on"]) + effect


def _effect(request: Request, found: Person, before: str, since: date) -> str:
    """What a fact just posted changed: today's grade, and months that are sealed."""
    after = _grade_words(View(request, Person.objects.get(pk=found.pk)))
    grade = ""
    if after != before:
        grade = _("今天的岗位等级 {before} → {after}。").format(before=before or "—", after=after or "—")
    return grade + _sealed_months(found, since)


def _grade_words(view: View) -> str:
    grade = view.grade(view.request.today, view.request.today)
    return str(grade["value"]) if grade and grade["known"] else ""


def _sealed_months(found: Person, since: date) -> str:
    """What a fact effective on that day does to sealed months, or ""."""
    months = list(dict.fromkeys(one["month"] for one in runs.affected([found.pk], since)))
    if not months:
        return ""
    words = "、".join(f"{month.year}年{month.month}月" for month in months[:6])
    return _("{months}的工资已经封存，差额在下一个月补发或扣回。").format(months=words)


class EntryForm(forms.Form):
    """Effective day, basis, and the facts of one kind; what a fact takes is said by the ledger's own checks."""

    on = forms.DateField(
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        input_formats=["%Y-%m-%d", "%Y.%m.%d", "%Y/%m/%d"],
    )
    unknown = forms.BooleanField(required=False)
    basis = forms.CharField(max_length=200, strip=True)
    once = forms.CharField(widget=forms.HiddenInput, max_length=64)

    def __init__(self, kind: policy.Kind, view: View, line: queries.HistoryLine | None = None, data: Any = None):
        initial: dict[str, Any] = {"once": secrets.token_hex(16)}
        if line is not None:
            initial |= {"on": line.note.effective_on, "unknown": line.note.date_unknown}
        super().__init__(data, initial=initial)
        self.kind, self.view, self.line = kind, view, line
        self.field_of = {fact.name: f"fact{number}" for number, fact in enumerate(kind.facts.values())}
        own = self.fields
        own["on"].label, own["on"].help_text = _("生效日"), _("这件事从哪天起算数，如 2026-10-31")
        own["on"].error_messages = {"required": _("请写生效日"), "invalid": _("这个日子读不懂，写作 2026-10-31")}
        own["unknown"].label = _("具体哪天不清楚")
        own["basis"].label, own["basis"].help_text = _("依据"), _("凭什么记，如：毕业证书扫描件")
        own["basis"].error_messages = {"required": _("请写依据"), "max_length": _("依据太长，至多 200 字")}
        for fact in kind.facts.values():
            stood = line.facts.get(fact.name) if line else None
            own[self.field_of[fact.name]] = _field(fact, view, stood)

    @property
    def asked(self) -> list[Any]:
        """The fields of the facts."""
        return [self[name] for name in self.field_of.values()]

    def facts(self) -> dict[str, Any]:
        """The facts as the ledger takes them; what is left blank is absent, a sealed value left blank stays."""
        found: dict[str, Any] = {}
        for fact in self.kind.facts.values():
            typed = str(self.data.get(self.field_of[fact.name], "")).strip()
            stood = self.line.facts.get(fact.name) if self.line else None
            if typed:
                found[fact.name] = {"是": True, "否": False}.get(typed, typed) if fact.type == "是否" else typed
            elif isinstance(stood, dict):
                found[fact.name] = sealing.open_facts([(fact.path, stood)])[0]
        return found

    def clean(self) -> dict[str, Any]:
        """Check the facts too, so that everything wrong is said at once; nobody is sent where one may not act."""
        data = super().clean() or {}
        day = data.get("on")
        if day is not None and day.year not in YEARS:
            self.add_error("on", _("{day} 的年份不合理").format(day=day))
        facts = self.facts()
        codes = {str(facts[f.name]) for f in self.kind.facts.values() if f.type == "机构" and f.name in facts}
        orgs = set(Org.objects.filter(code__in=codes).values_list("code", flat=True)) if codes else set()
        for name, problem in fact_checks.check(self.kind, facts, orgs)[1]:
            self.add_error(self.field_of.get(name), problem)
        for fact in self.kind.facts.values():
            code = facts.get(fact.name)
            if fact.type == "机构" and code in orgs and not self.view.request.scope.allows("import", str(code)):
                stood = self.line.facts.get(fact.name) if self.line else None
                if code not in (stood, self.view.person.payer_code):
                    self.add_error(self.field_of[fact.name], _("您不能往这里记人"))
        return data

    def full_clean(self) -> None:
        """Say at the field that it is wrong, for those who do not see it."""
        super().full_clean()
        for name in self.errors:
            if name in self.fields:
                self.fields[name].widget.attrs["aria-invalid"] = "true"


def _field(fact: policy.Fact, view: View, stood: Any) -> forms.Field:
    """The field of one fact; it takes any text, since the ledger says what is wrong with it."""
    hint, widget = "", forms.TextInput(attrs={"autocomplete": "off"})
    initial: Any = stood
    if fact.type == "代码":
        widget = forms.Select(
            choices=[("", "—"), *((label, label) for label in (fact.table.labels if fact.table else ()))]
        )
    elif fact.type == "是否":
        widget = forms.Select(choices=[("", "—"), ("是", _("是")), ("否", _("否"))])
        initial = None if stood is None else "是" if stood else "否"
    elif fact.type == "日期":
        widget = forms.DateInput(attrs={"type": "date"})
    elif fact.type == "月份":
        widget, hint = forms.TextInput(attrs={"type": "month"}), _("写作 2026-10")
    elif fact.type == "机构":
        places = _places(view, str(stood or ""))
        if places:
            widget = forms.Select(choices=[("", "—"), *places])
    elif fact.type in ("数", "年"):
        widget.attrs["inputmode"] = "decimal"
        hint = _("单位：{unit}").format(unit=fact.unit) if fact.unit else ""
    if fact.sealed:
        hint = _("加密保存；不填就不变") if isinstance(stood, dict) else _("加密保存，页面上只显示后四位")
        initial = None
    return forms.CharField(label=fact.name, required=False, help_text=hint, widget=widget, initial=initial)


def _places(view: View, stood: str) -> list[tuple[str, str]]:
    """The organisations that may be named, or [] where there are too many to choose from."""
    found = Org.objects.filter(closed_on=None).order_by("code").values_list("code", "name")[: MOST_PLACES * 4]
    allows = view.request.scope.allows
    kept = {stood, view.person.payer_code, view.person.workplace_code}
    places = [(code, f"{name} {code}") for code, name in found if code in kept or allows("import", code)]
    return places if len(places) <= MOST_PLACES else []


urlpatterns = [
    path("people/<uuid:public_id>/", person, name="person"),
    path("people/<uuid:public_id>/id-number/", id_number, name="person-id-number"),
    path("people/<uuid:public_id>/record/", record, name="person-record"),
    path("people/<uuid:public_id>/entries/<int:number>/correct/", correct, name="person-correct"),
    path("people/<uuid:public_id>/entries/<int:number>/void/", void, name="person-void"),
]
