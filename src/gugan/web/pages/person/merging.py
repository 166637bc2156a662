"""合并另一份记录: find it, see both side by side and choose, read what will be, confirm; and take it back."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db.models import prefetch_related_objects
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import path, reverse
from django.utils.translation import gettext as _

from gugan.lifecycle.pay.money import grouped
from gugan.lifecycle.pay.queries import names_of
from gugan.records import ledger, lists
from gugan.records import merging as records
from gugan.records.clock import china_day
from gugan.records.employment import Row, Span, day_before
from gugan.records.models import Person
from gugan.runs import queries as runs
from gugan.runs.merged import paid_twice
from gugan.runs.models import COMPUTED, Outcome
from gugan.web import clock
from gugan.web.access import Request, page
from gugan.web.lists import clean
from gugan.web.pages.person.reading import View
from gugan.web.pages.person.recording import find_to_change

FOUND = 20
LONGEST_REASON = 200


@page(methods="GET")
def choose(request: Request, public_id: UUID) -> HttpResponse:
    """Find the other record: those that may be the same, and a search."""
    kept = find_to_change(request, public_id)
    if kept.merged_into_id is not None:
        return _back(kept, request, _("这份记录已并入另一份，请到那一份里办。"))
    text = clean(request.GET.get("q", ""))
    found = lists.people(request.scope, lists.Asked(text=text)).exclude(pk=kept.pk)[:FOUND] if text else []
    rows = [(one, "") for one in found] if text else records.suggested(request.scope, kept)
    places = names_of({one.workplace_code for one, _why in rows})
    context = {
        "person": kept,
        "text": text,
        "rows": [{"person": one, "why": why, "place": places.get(one.workplace_code, "")} for one, why in rows],
    }
    return render(request, "person/merge.html", context)


@page(methods="GET POST")
def with_other(request: Request, public_id: UUID, other: UUID) -> HttpResponse:
    """Both side by side; what is chosen is tried first, and done once it was confirmed."""
    kept, gone = find_to_change(request, public_id), find_to_change(request, other)
    if gone.merged_into_id == kept.pk:
        return _back(kept, request, _("这两份已经合并了，没有再办一次。"))
    if refused := records.refusals(kept, gone):
        return _back(kept, request, refused[0])
    look = _Look(request, kept, gone)
    if request.method != "POST":
        return look.show()
    try:
        done = look.merge(only_try="confirmed" not in request.POST)
    except records.MergeError as error:
        return look.show(list(error.problems))
    except ledger.LedgerError as error:
        return look.show([f"{problem.kind}：{problem.message}" for problem in error.problems])
    if done.batch is None:
        return look.ask(done)
    if done.done_before:
        return _back(kept, request, _("这两份已经合并了，没有再办一次。"))
    said = _("已合并：带过来 {count} 件事。另一份仍可查看。").format(count=done.entries)
    messages.success(request, said + look.paid_words())
    return HttpResponseRedirect(_address(kept))


@page(methods="GET POST")
def apart(request: Request, public_id: UUID) -> HttpResponse:
    """Take a merge back, from the page of the record that was merged."""
    gone = find_to_change(request, public_id)
    merged = records.standing_merge(gone)
    if merged is None or gone.merged_into is None:
        return _back(gone, request, _("这份记录没有并入别的记录，没有什么要撤销。"))
    kept, problems = find_to_change(request, gone.merged_into.public_id), []
    reason = clean(request.POST.get("reason", ""), LONGEST_REASON)
    if request.method == "POST":
        try:
            view = View(request, kept)
            records.undo(gone, by=request.user, now=clock.now(request), catalogue=view.catalogue, reason=reason)
            messages.success(request, _("已撤销合并：两份记录各自算数，发生过的事里都看得到。"))
            return HttpResponseRedirect(_address(gone))
        except records.MergeError as error:
            problems = list(error.problems)
        except ledger.LedgerError as error:
            problems = [f"{problem.kind}：{problem.message}" for problem in error.problems]
    context = {
        "person": gone,
        "kept": kept,
        "merged": merged,
        "reason": reason,
        "problems": [{"text": one, "field": "reason"} for one in problems],
    }
    return render(request, "person/unmerge.html", context, status=422 if problems else 200)


def panel(view: View) -> dict[str, Any]:
    """What a person's page says of merging: into which record, by whom; or which were merged into it, with their pay."""
    person = view.person
    if person.merged_into is not None:
        done = records.standing_merge(person)
        on = china_day(done.recorded_at) if done else None
        return {"into": person.merged_into, "done": done, "on": on, "may": view.may_enter}
    # read once for a person, however many parts of a page ask
    prefetch_related_objects([person], "merged")
    others = sorted(person.merged.all(), key=lambda one: one.pk)  # ty: ignore[missing-attribute]
    return {"others": others, "slips": _slips(view, others) if others else [], "may": view.may_enter}


def _slips(view: View, others: list[Person]) -> list[dict[str, Any]]:
    """The pay that was computed while it was still under the other record."""
    found = (
        Outcome.objects.filter(
            runs.visible(view.request.scope), person__in=others, state=COMPUTED, run__state__in=runs.LIVE
        )
        .select_related("run", "person")
        .defer("inputs", "values")
        .order_by("-run__period_start", "-run_id")
    )
    return [
        {"run": one.run_id, "person": one.person, "month": one.run.period_start, "net": grouped(one.net_fen)}
        for one in found
    ]


class _Look:
    """Two records as somebody looks at them."""

    def __init__(self, request: Request, kept: Person, gone: Person) -> None:
        self.request, self.kept, self.gone = request, kept, gone
        self.views = View(request, kept), View(request, gone)
        # both are read by the kept one's pack: what comes over is recorded by it
        self.views[1].pack = self.views[0].pack
        self.found = records.compare(kept, gone, self.views[0].catalogue)
        self.fields = {f"c{at}": point for at, point in enumerate(self.found.points)}
        self.twice = paid_twice(kept, gone)
        self.reason = clean(request.POST.get("reason", ""), LONGEST_REASON)

    def merge(self, *, only_try: bool) -> records.Merged:
        """Merge by what the form holds, or try it."""
        chosen = {point.name: self.request.POST.get(name, "") for name, point in self.fields.items()}
        return records.merge(
            self.kept, self.gone, chosen, token=self.request.POST.get("token", ""), reason=self.reason,
            by=self.request.user, now=clock.now(self.request), catalogue=self.views[0].catalogue, only_try=only_try,
        )  # fmt: skip

    def show(self, problems: list[str] | None = None) -> HttpResponse:
        """The two side by side, with the choices; `problems` on top."""
        points = list(self.fields.items())
        # what must be chosen first, then what comes over, then the rest
        order = (records.DIFFERS, records.LACKS, records.MORE, records.SAME)
        rows = [self._row(name, point) for state in order for name, point in points if point.state == state]
        context = {
            "person": self.kept,
            "gone": self.gone,
            "rows": [row for row in rows if row["state"] in order[:2]],
            "rest": [row for row in rows if row["state"] not in order[:2]],
            "token": self.found.token,
            "two_numbers": self.found.two_numbers,
            "reason": self.reason,
            "twice": self.paid_twice(),
            "open": len(self.found.open),
            "problems": [{"text": one, "field": ""} for one in problems or ()],
            "swap": reverse("person-merge-with", args=[self.gone.public_id, self.kept.public_id]),
        }
        return render(self.request, "person/merge_with.html", context, status=422 if problems else 200)

    def ask(self, done: records.Merged) -> HttpResponse:
        """Say what will be, and ask."""
        will = _("{gone}（{last4}）并入{kept}（{kept4}），带过来 {count} 件事；从此名单、人数、核算里只有一个人。").format(
            gone=self.gone.name, last4=self.gone.id_last4 or "—", kept=self.kept.name,
            kept4=self.kept.id_last4 or "—", count=done.entries,
        )  # fmt: skip
        names = names_of({span.payer for span in done.spans})
        will += _("合并后任职：{spans}。").format(
            spans="；".join(_span_words(span, names) for span in done.spans) or "—"
        )
        sent = [(name, self.request.POST.get(name, "")) for name, point in self.fields.items() if point.choices]
        context = {
            "person": self.kept,
            "gone": self.gone,
            "twice": self.paid_twice(),
            "will": will + _("连着另一份的本人账号，以后看到的是这一份。") + self.paid_words(),
            "loses": _("不能再往并入的那份里记事；那份的历史和工资条仍可查看。"),
            "later": _("合错了，在并入的那份的页上“撤销合并”：带过来的事一并撤销，两份都恢复原样。带过来的事更正过以后，就不能整批撤销。"),
            "act": _("合并这两份记录"),
            "fields": [*sent, ("token", self.found.token), ("reason", self.reason), ("confirmed", "1")],
            "back": reverse("person-merge-with", args=[self.kept.public_id, self.gone.public_id]),
        }  # fmt: skip
        return render(self.request, "person/merge_confirm.html", context)

    def paid_twice(self) -> list[dict[str, Any]]:
        """The months for which both have pay."""
        return [
            {"month": one.month, "kept": grouped(one.kept_fen), "gone": grouped(one.other_fen), "draft": one.draft}
            for one in self.twice
        ]

    def paid_words(self) -> str:
        """What months with two pays mean, or ""."""
        drafts = [one for one in self.twice if one.draft]
        sealed = [f"{one.month.year}年{one.month.month}月" for one in self.twice if not one.draft]
        said = ""
        if sealed:
            said += _("{months}两份都发过工资，多发的不会自动扣回，请另行处理。").format(months="、".join(sealed))
        if drafts:
            said += _("还没封存的批次里两份都在，须重新核算。")
        return said

    def _row(self, name: str, point: records.Point) -> dict[str, Any]:
        words = {
            records.KEEP: _("用这一份的"),
            records.TAKE: _("用另一份的"),
            records.BOTH: _("两边都记上，各按自己的日子"),
        }
        result = {
            records.SAME: _("一样"), records.MORE: _("照旧"), records.LACKS: _("带过来，按原来的生效日"),
        }.get(point.state, "")  # fmt: skip
        chosen = self.request.POST.get(name, "")
        return {
            "name": point.name.replace("·", " "),
            "field": name,
            "state": point.state,
            "kept": [self._words(self.views[0], point, row) for row in point.kept],
            "gone": [self._words(self.views[1], point, row) for row in point.other],
            "choices": [{"value": one, "text": words[one], "on": one == chosen} for one in point.choices],
            "result": result,
        }

    def _words(self, view: View, point: records.Point, row: Row) -> dict[str, str]:
        line = next(one for one in view.lines if one.note.id == row.id)
        kind = view.catalogue.kinds.get(row.kind)
        said = view.words(kind, point.fact, row.facts[point.fact]) if point.fact else view.sentence(line)
        if point.kind == records.EMPLOYMENT:
            said = f"{row.kind} {said}"
        return {"text": said, "day": _("日期不详") if row.unknown else row.day}


def _span_words(span: Span, names: dict[str, str]) -> str:
    payer = names.get(span.payer, span.payer)
    if span.end is None:
        return _("{start} 起在{payer}").format(start=span.start, payer=payer)
    return _("{start} 至 {end} 在{payer}").format(start=span.start, end=day_before(span.end), payer=payer)


def _address(person: Person) -> str:
    return reverse("person", args=[person.public_id])


def _back(person: Person, request: Request, said: str) -> HttpResponse:
    messages.success(request, said, extra_tags="ochre")
    return HttpResponseRedirect(_address(person))


urlpatterns = [
    path("people/<uuid:public_id>/merge/", choose, name="person-merge"),
    path("people/<uuid:public_id>/merge/<uuid:other>/", with_other, name="person-merge-with"),
    path("people/<uuid:public_id>/unmerge/", apart, name="person-unmerge"),
]
