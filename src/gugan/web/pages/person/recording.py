"""记一件事 and 更正: who may, which entry still stands, and posting what the form holds."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from gugan import policy
from gugan.accounts import services as accounts
from gugan.accounts.sm3 import digest_of
from gugan.records import ledger, queries, services
from gugan.records.models import Batch, Person
from gugan.web import clock
from gugan.web.access import Request
from gugan.web.pages.person.consequences import effect_of, grade_words
from gugan.web.pages.person.form import EntryForm
from gugan.web.pages.person.reading import View, find


def find_to_change(request: Request, public_id: UUID) -> Person:
    """The person, if the visitor may record facts about it."""
    found = find(request, public_id)
    if not View(request, found).may_enter:
        accounts.require(request.user, "import", found.payer_code, on=request.today)
    return found


def standing(view: View, number: int) -> queries.HistoryLine | None:
    """The entry, None if it was replaced; one that is not this person's is not there."""
    line = next((one for one in view.lines if one.note.id == number), None)
    if line is None:
        raise Http404
    return line if line.stands else None


def already_replaced(request: Request, found: Person) -> HttpResponse:
    """Say that nothing was changed, since the entry no longer stands."""
    text = _("这一条已经更正或撤销过了，没有再改。看看最新的那一条。")
    messages.success(request, text, extra_tags="ochre")
    return HttpResponseRedirect(reverse("person", args=[found.public_id]) + "#happened")


def enter(request: Request, view: View, kind: policy.Kind, line: queries.HistoryLine | None) -> HttpResponse:
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
    data, found, before = form.cleaned_data, view.person, grade_words(view)
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
            effect = effect_of(request, found, before, data["on"])
            if not keep:
                transaction.set_rollback(True)
                return effect or _("今天的岗位等级不变，已封存的工资也不变。")
    except ledger.LedgerError as error:
        for problem in error.problems:
            form.add_error(form.field_of.get(problem.fact), problem.message)
        return None
    act = _("已更正") if form.line else _("已记")
    return _("{act}：{kind}，{on} 起。").format(act=act, kind=form.kind.name, on=data["on"]) + effect
