"""撤销: what taking an entry back does, said before it is done, and doing it."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from gugan.records import ledger, queries
from gugan.records.models import Person
from gugan.web import clock
from gugan.web.access import Request
from gugan.web.lists import clean
from gugan.web.pages.person.consequences import effect_of, grade_words, sealed_months
from gugan.web.pages.person.reading import View


def take_back(request: Request, view: View, line: queries.HistoryLine) -> HttpResponse:
    """Say what taking the entry back does; take it back if that is what was posted."""
    found, words = view.person, view.sentence(line)
    if request.method == "POST":
        before = grade_words(view)
        try:
            with transaction.atomic():
                ledger.void(
                    line.note.id, by=request.user, now=clock.now(request), catalogue=view.catalogue,
                    basis=clean(request.POST.get("basis", ""), 200),
                )  # fmt: skip
        except ledger.LedgerError as error:
            problems = [{"text": problem.message, "field": ""} for problem in error.problems]
            return render(request, "person/void.html", _void_context(found, line, words, problems), status=422)
        done = _("已撤销：{kind} {words}。").format(kind=line.note.kind, words=words)
        messages.success(request, done + effect_of(request, found, before, line.note.effective_on))
        return HttpResponseRedirect(reverse("person", args=[found.public_id]))
    return render(request, "person/void.html", _void_context(found, line, words, []))


def _void_context(
    found: Person, line: queries.HistoryLine, words: str, problems: list[dict[str, str]]
) -> dict[str, Any]:
    months = sealed_months(found, line.note.effective_on)
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
