"""花名册: who is there; search, filters, order and page live in the address, and the export is exactly what is shown."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import urlencode

from django.db.models import F, OrderBy, QuerySet
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import path, reverse
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _

from gugan.accounts import services as accounts
from gugan.accounts.bulk import among
from gugan.accounts.sm3 import digest_of
from gugan.office import writer
from gugan.records import idnumber, lists
from gugan.records.models import EMPLOYED, LEFT, WAITING, Person
from gugan.runs import queries as runs
from gugan.runs.models import COMPUTED, Outcome
from gugan.web import clock
from gugan.web.access import Request, page
from gugan.web.lists import Column, Filter, Filters, Order, address, filters_of, order_of, page_of
from gugan.web.shell import Shell

EVERYBODY = "全部"
STATES = (EMPLOYED, LEFT, WAITING, EVERYBODY)
MOST_COMMUNITIES = 200
"""Above this, communities are offered once a street is chosen."""
SOON = 90
"""Days before a contract ends from which the list says so."""
WORKBOOK = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@dataclass(frozen=True)
class Row:
    """One person as the list shows them. grade: of the last pay run, "" where none; days: until the contract ends."""

    person: Person
    place: str
    street: str
    age: int | None
    grade: str
    days: int | None

    @property
    def soon(self) -> bool:
        """Whether the contract ends soon or has ended, and the person is still here."""
        return self.days is not None and self.days <= SOON and self.person.state != LEFT


@page()
def people(request: Request) -> HttpResponse:
    """The list."""
    typed = request.GET.get("q", "").strip()
    if (last_four := _last_four(typed)) is not None:
        # a whole ID number does not stay in an address
        return HttpResponseRedirect(address(request, q=last_four, page=None))
    lists.bring_up_to(request.today)
    streets = lists.workplaces(request.scope)
    filters = _filters(request, streets)
    asked = _asked(filters)
    order = order_of(request, _columns(), "place")
    found = page_of(request, _ordered(lists.people(request.scope, asked), order))
    context: dict[str, Any] = {
        "filters": filters,
        "order": order,
        "page": found,
        "rows": _rows(request, found.items, _names(streets)),
        "finding": _finding(found.count, filters),
        "share": _share(found.count, streets, filters),
        "ignored": _ignored(request, filters),
        "export": reverse("people-export") + address(request, page=None),
    }
    if not found.count:
        context["why"] = _why_nobody(request, filters, asked)
    return render(request, "people/people.html", context)


@page()
def export(request: Request) -> HttpResponse:
    """The list as a workbook: the same people in the same order, all pages of it."""
    lists.bring_up_to(request.today)
    streets = lists.workplaces(request.scope)
    filters = _filters(request, streets)
    found = list(_ordered(lists.people(request.scope, _asked(filters)), order_of(request, _columns(), "place")))
    rows = _rows(request, found, _names(streets))
    sentence, now = _finding(len(rows), filters), clock.now(request)
    table = writer.PrintedTable(
        title=_("社区工作者花名册"),
        notes=("／".join(Shell(request).places), sentence, f"{request.today:%Y-%m-%d}"),
        columns=[
            writer.PrintColumn("name", _("姓名"), width=10),
            writer.PrintColumn("last4", _("证号后四位"), width=9),
            writer.PrintColumn("sex", _("性别"), width=6),
            writer.PrintColumn("born", _("出生日期"), kind="date"),
            writer.PrintColumn("street", _("街道"), width=12),
            writer.PrintColumn("place", _("社区"), width=14),
            writer.PrintColumn("post", _("岗位"), width=9),
            writer.PrintColumn("title", _("职务"), width=16),
            writer.PrintColumn("grade", _("等级"), kind="int"),
            writer.PrintColumn("education", _("学历"), width=10),
            writer.PrintColumn("certificate", _("职业资格"), width=14),
            writer.PrintColumn("hired", _("入职"), kind="date"),
            writer.PrintColumn("contract", _("合同到期"), kind="date"),
            writer.PrintColumn("result", _("最近考核"), width=9),
            writer.PrintColumn("state", _("状态"), width=8),
        ],
        rows=[_printed(row) for row in rows],
        signatures=(_("制表"), _("复核")),
    )
    data = writer.write([table], now)
    note = accounts.Note("导出", "people", digest_of([sentence, [row.person.pk for row in rows]]))
    accounts.record([note], by=request.user, now=now)
    response = HttpResponse(data, content_type=WORKBOOK)
    name = f"花名册-{request.today:%Y-%m-%d}-{len(rows)}人.xlsx"
    response["Content-Disposition"] = content_disposition_header(True, name)
    return response


# --- what was asked


def _last_four(typed: str) -> str | None:
    """The last four of an ID number that was typed whole, or None."""
    if len(typed) > 40:
        return None
    try:
        return idnumber.read(typed).number[-4:]
    except idnumber.IdNumberError:
        return None


def _filters(request: Request, streets: list[lists.Branch]) -> Filters:
    values = lists.options(request.scope)
    chosen = request.GET.get("street", "")
    inside = [street for street in streets if street.code == chosen] or streets
    communities = [(part.code, part.name) for street in inside for part in street.parts]
    if len(communities) > MOST_COMMUNITIES:
        own = request.GET.get("community", "")
        communities = [one for one in communities if one[0] == own]
    offered = [
        Filter("street", _("街道"), [(street.code, street.name) for street in streets] if len(streets) > 1 else []),
        Filter("community", _("社区"), communities),
        Filter("post", _("岗位"), _same(values["post"])),
        Filter("education", _("学历"), _same(values["education"])),
        Filter("certificate", _("职业资格"), _same(values["certificate"])),
        Filter("state", _("状态"), _same(STATES)),
    ]
    return filters_of(request, [one for one in offered if one.options])


def _asked(filters: Filters) -> lists.Asked:
    values = dict(filters.values)
    state = values.pop("state", "") or EMPLOYED
    return lists.Asked(text=filters.text, state="" if state == EVERYBODY else state, **values)


def _ignored(request: Request, filters: Filters) -> list[str]:
    """Labels of filters whose value in the address means nothing here."""
    return [one.filter.label for one in filters.all if request.GET.get(one.filter.name) and not one.value]


def _same(values: Iterable[str]) -> list[tuple[str, str]]:
    return [(value, value) for value in values]


# --- what is said


def _finding(count: int, filters: Filters) -> str:
    """The sentence over the list, as it could be said aloud."""
    state = filters.values.get("state") or EMPLOYED
    words = [one.word for one in filters.chosen if one.filter.name != "state"]
    if not count and filters.narrows:
        return _("没有人符合：{words}").format(words="、".join(filter(None, [filters.text[:20], state, *words])))
    if not count:
        return _("还没有人在册")
    number = f"{count:,}"
    what = number + " " + _("人") + ("" if state == EVERYBODY else state)
    if filters.text:
        what = _("查“{text}”，有 {what}").format(text=filters.text[:20], what=what)
    return what + ("：" + "、".join(words) if words else "")


def _share(count: int, streets: list[lists.Branch], filters: Filters) -> str:
    everybody = sum(street.people for street in streets)
    if not filters.narrows or filters.values.get("state") not in ("", EMPLOYED) or not everybody or not count:
        return ""
    return _("占在册 {all} 人的 {share}%").format(all=f"{everybody:,}", share=round(100 * count / everybody))


def _why_nobody(request: Request, filters: Filters, asked: lists.Asked) -> dict[str, Any]:
    """Why the list is empty: left already, filtered away, or nobody of that name in the visitor's scope."""
    names = [one.filter.name for one in filters.chosen if one.filter.name != "state"]
    counts = lists.without(request.scope, asked, names) if names else {}
    fewer = [(one, counts[one.filter.name]) for one in filters.chosen if counts.get(one.filter.name)]
    of_that_name = lists.people(request.scope, lists.Asked(text=filters.text)).count() if filters.text else 0
    gone = lists.left(request.scope, asked) if asked.state == EMPLOYED and filters.text else []
    return {
        "left": gone,
        "fewer": [{"word": one.word, "count": count, "url": one.clear} for one, count in fewer],
        "text": filters.text,
        "named": of_that_name,
        "named_url": "?" + urlencode({"q": filters.text, "state": EVERYBODY}),
        "conditions": len(names),
        "scope": "／".join(Shell(request).places),
        "first": not filters.narrows,
    }


# --- rows


def _columns() -> list[Column]:
    return [
        Column("name", _("姓名"), ("pinyin", "id")),
        Column("id", _("身份证号")),
        Column("sex", _("性别"), hide=True),
        Column("age", _("年龄"), ("-born_on", "id"), number=True, hide=True),
        Column("place", _("社区"), ("workplace_code", "pinyin", "id")),
        Column("post", _("岗位 职务"), ("-post_rank", "pinyin", "id")),
        Column("grade", _("等级"), number=True),
        Column("education", _("学历"), ("education_rank", "pinyin", "id")),
        Column("certificate", _("职业资格"), ("certificate_rank", "pinyin", "id"), hide=True),
        Column("hired", _("入职"), ("hired_on", "id"), hide=True),
        Column("contract", _("合同到期"), ("contract_until", "id")),
        Column("result", _("最近考核"), ("result_rank", "pinyin", "id"), hide=True),
    ]


def _ordered(found: QuerySet[Person], order: Order) -> QuerySet[Person]:
    """Sort; who has no such day comes last either way."""
    return found.order_by(*(_by(name) for name in order.by))


def _by(name: str) -> str | OrderBy:
    bare = name.lstrip("-")
    if bare not in ("born_on", "hired_on", "contract_until"):
        return name
    return F(bare).desc(nulls_last=True) if name.startswith("-") else F(bare).asc(nulls_last=True)


def _names(streets: list[lists.Branch]) -> dict[str, str]:
    return {one.code: one.name for street in streets for one in (street, *street.parts)}


def _rows(request: Request, found: list[Person], names: dict[str, str]) -> list[Row]:
    grades = _grades(request, found)
    return [
        Row(
            one,
            names.get(one.workplace_code, ""),
            names.get(one.workplace_code[: lists.STREET], ""),
            _age(one.born_on, request.today),
            grades.get(one.pk, ""),
            (one.contract_until - request.today).days if one.contract_until else None,
        )
        for one in found
    ]


def _grades(request: Request, found: list[Person]) -> dict[int, str]:
    """The grade that each person's latest pay run came to: one statement."""
    if not found:
        return {}
    outcomes = Outcome.objects.filter(
        runs.visible(request.scope),
        person_id__in=among([one.pk for one in found]),
        state=COMPUTED,
        run__state__in=runs.LIVE,
    )
    # a key that is not ASCII cannot be picked out inside SQLite
    known = outcomes.order_by("run__period_start", "run_id").values_list("person_id", "values")
    return {person: str(values["岗位等级"]) for person, values in known if values.get("岗位等级") is not None}


def _age(born: date | None, today: date) -> int | None:
    return today.year - born.year - ((today.month, today.day) < (born.month, born.day)) if born else None


def _printed(row: Row) -> dict[str, Any]:
    one = row.person
    return {
        "name": one.name, "last4": one.id_last4, "sex": one.sex, "born": one.born_on, "street": row.street,
        "place": row.place, "post": one.post, "title": one.title, "grade": int(row.grade) if row.grade else None,
        "education": one.education, "certificate": one.certificate, "hired": one.hired_on,
        "contract": one.contract_until, "result": one.last_result, "state": one.state,
    }  # fmt: skip


urlpatterns = [
    path("people/", people, name="people"),
    path("people/export/", export, name="people-export"),
]
