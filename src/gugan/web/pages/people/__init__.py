"""花名册: who is there; search, filters, day, columns, order and page live in the address; the export is what is shown."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import path, reverse
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _

from gugan.accounts import services as accounts
from gugan.accounts.sm3 import digest_of
from gugan.office import writer
from gugan.records import past
from gugan.web import clock
from gugan.web.access import Request, page
from gugan.web.lists import address
from gugan.web.pages.people.answering import answer, page_rows, rows
from gugan.web.pages.people.asking import ROWS, ROWS_COOKIE, Question, last_four, question_of, rows_of
from gugan.web.pages.people.columns import cells_of
from gugan.web.pages.people.telling import finding, share, why_nobody
from gugan.web.shell import Shell

WORKBOOK = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
YEAR = 365 * 24 * 3600

# the views stand here: the shell tells the room by the name of a view's module


@page()
def people(request: Request) -> HttpResponse:
    """The list."""
    if (four := last_four(request.GET.get("q", "").strip())) is not None:
        # a whole ID number does not stay in an address
        return HttpResponseRedirect(address(request, q=four, page=None))
    question = question_of(request)
    context = _tools(request, question)
    try:
        found = answer(question)
    except past.TooMany as error:
        return render(request, "people/too_many.html", context | {"count": error.count, "most": past.MOST})
    shown, listed = page_rows(question, found)
    context |= {
        "order": found.order,
        "heads": [head for head in found.order.heads if head.column.label],
        "page": shown,
        "rows": [(row, cells_of(row, question.shown)) for row in listed],
        "finding": finding(question, shown.count),
        "share": share(question, shown.count),
        "notes": [note for note in (*question.wrong, found.note) if note],
        "cost": found.cost,
        "exported": f"{shown.count:,}",
        "export": reverse("people-export") + address(request, page=None),
    }
    if not shown.count:
        context["why"] = why_nobody(question)
    response = render(request, "people/people.html", context)
    if request.GET.get("rows") in ROWS:
        response.set_cookie(ROWS_COOKIE, request.GET["rows"], max_age=YEAR, samesite="Lax", httponly=True)
    return response


@page()
def export(request: Request) -> HttpResponse:
    """The list as a workbook: the same people, columns, day and order; all pages of it."""
    question = question_of(request)
    try:
        found = answer(question)
    except past.TooMany as error:
        context = _tools(request, question) | {"count": error.count, "most": past.MOST}
        return render(request, "people/too_many.html", context)
    listed = rows(question, list(found.people))
    sentence, now = finding(question, len(listed)), clock.now(request)
    printed = [one for choice in question.shown for one in choice.printed]
    table = writer.PrintedTable(
        title=_("社区工作者花名册"),
        notes=("／".join(Shell(request).places), sentence, f"{question.day:%Y-%m-%d}"),
        columns=[column for column, _value in printed],
        rows=[{column.key: value(row) for column, value in printed} for row in listed],
        signatures=(_("制表"), _("复核")),
    )
    data = writer.write([table], now)
    note = accounts.Note("导出", "people", digest_of([sentence, [row.person.pk for row in listed]]))
    accounts.record([note], by=request.user, now=now)
    response = HttpResponse(data, content_type=WORKBOOK)
    name = f"花名册-{question.day:%Y-%m-%d}-{len(listed)}人.xlsx"
    response["Content-Disposition"] = content_disposition_header(True, name)
    return response


def _tools(request: Request, question: Question) -> dict[str, Any]:
    """What stands around the list: filters, the day, the choice of columns and rows; each form keeps the rest."""
    kept = [(name, value) for name in request.GET for value in request.GET.getlist(name) if value and name != "page"]
    shown = {one.head.key for one in question.shown}
    return {
        "filters": question.filters,
        "day": question.day,
        "is_today": question.today,
        "kept_of_day": [one for one in kept if one[0] not in ("on", "state")],
        "kept_of_columns": [one for one in kept if one[0] not in ("col", "rows")],
        "today_url": address(request, on=None, page=None),
        "columns": [(one.head, one.head.key in shown) for one in question.every[1:]],
        "count_columns": len(shown),
        "usual_url": address(request, col=None, page=None),
        "close": rows_of(request),
        "closeness": list(ROWS.items()),
        "grade_source": question.grades.source,
    }


urlpatterns = [
    path("people/", people, name="people"),
    path("people/export/", export, name="people-export"),
]
