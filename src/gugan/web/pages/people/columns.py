"""The columns of the list: which are shown, what each is sorted by, what its cell holds and how it is printed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from gugan.office.writer import PrintColumn
from gugan.records import lists
from gugan.records.models import LEFT, Person
from gugan.web.access import Request
from gugan.web.lists import Column
from gugan.web.pages.people.grades import Grade

SOON = 90
"""Days before a contract ends from which the list says so."""


@dataclass(frozen=True)
class Row:
    """One person as the list shows them. days: until the contract ends."""

    person: Person
    place: str
    street: str
    payer: str
    age: int | None
    grade: Grade
    days: int | None

    @property
    def soon(self) -> bool:
        """Whether the contract ends soon or has ended, and the person is still here."""
        return self.days is not None and self.days <= SOON and self.person.state != LEFT


@dataclass(frozen=True)
class Cell:
    """What stands under one head. kind: how the template shows it; "" is plain text with a quieter `sub`."""

    head: Column
    text: str = ""
    sub: str = ""
    kind: str = ""


@dataclass(frozen=True)
class Choice:
    """One column that may be shown. printed: its columns on paper, each with what it holds."""

    head: Column
    usual: bool
    cell: Callable[[Row], tuple[str, str, str]]
    printed: tuple[tuple[PrintColumn, Callable[[Row], Any]], ...]


def choices(grade_source: str) -> list[Choice]:
    """Every column, in the order in which they stand."""
    grade = _("等级（{source}）").format(source=grade_source) if grade_source else _("等级")
    return [
        _choice("name", _("姓名"), "name", ("pinyin", "id"), width=10, kind="name"),
        Choice(
            Column("id", _("身份证号"), ("id_last4", "id")),
            True,
            lambda row: (row.person.id_last4, "", "masked"),
            ((PrintColumn("id", _("证号后四位"), width=9), lambda row: row.person.id_last4),),
        ),
        _choice("sex", _("性别"), "sex", ("sex", "pinyin", "id"), width=6, hide=True),
        Choice(
            Column("age", _("年龄"), ("-born_on", "id"), number=True, hide=True),
            True,
            lambda row: ("" if row.age is None else str(row.age), "", ""),
            ((PrintColumn("age", _("年龄"), kind="int", total=False), lambda row: row.age),),
        ),
        _choice("born", _("出生日期"), "born_on", ("born_on", "id"), usual=False, hide=True),
        Choice(
            Column("street", _("街道"), ("workplace_code", "pinyin", "id")),
            False,
            lambda row: (row.street, "", ""),
            ((PrintColumn("street", _("街道"), width=12), lambda row: row.street),),
        ),
        Choice(
            Column("place", _("社区"), ("workplace_code", "pinyin", "id")),
            True,
            lambda row: (row.place, "", ""),
            ((PrintColumn("place", _("社区"), width=14), lambda row: row.place),),
        ),
        Choice(
            Column("post", _("岗位 职务"), ("-post_rank", "pinyin", "id")),
            True,
            lambda row: (row.person.post, row.person.title, ""),
            (
                (PrintColumn("post", _("岗位"), width=9), lambda row: row.person.post),
                (PrintColumn("title", _("职务"), width=16), lambda row: row.person.title),
            ),
        ),
        Choice(
            # whose grades these are stands over the list; in the head it would take five lines
            Column("grade", _("等级"), ("grade", "pinyin", "id"), number=True),
            True,
            lambda row: ("" if row.grade.value is None else str(row.grade.value), row.grade.why, "grade"),
            ((PrintColumn("grade", grade, kind="int", total=False), lambda row: row.grade.value),),
        ),
        _choice("education", _("学历"), "education", ("education_rank", "pinyin", "id"), width=10),
        _choice("certificate", _("职业资格"), "certificate", ("certificate_rank", "pinyin", "id"), width=14, hide=True),
        _choice("hired", _("入职"), "hired_on", ("hired_on", "id"), hide=True),
        Choice(
            Column("contract", _("合同到期"), ("contract_until", "id")),
            True,
            lambda row: (_day(row.person.contract_until), "", "contract"),
            ((PrintColumn("contract", _("合同到期"), kind="date"), lambda row: row.person.contract_until),),
        ),
        _choice("result", _("最近考核"), "last_result", ("result_rank", "pinyin", "id"), width=9, hide=True),
        Choice(
            Column("payer", _("用人单位"), ("payer_code", "pinyin", "id")),
            False,
            lambda row: (row.payer, "", ""),
            ((PrintColumn("payer", _("用人单位"), width=14), lambda row: row.payer),),
        ),
        _choice("state", _("状态"), "state", ("state", "pinyin", "id"), usual=False, width=8),
    ]


def shown_of(request: Request, every: list[Choice]) -> list[Choice]:
    """The columns that the address asks for (`?col=`, several), the usual ones where it names none; the name always."""
    asked = set(request.GET.getlist("col")) & {one.head.key for one in every}
    return [one for one in every if one.head.key == "name" or (one.head.key in asked if asked else one.usual)]


def cells_of(row: Row, shown: list[Choice]) -> list[Cell]:
    """The cells of one person after the name, in order."""
    found = []
    for one in shown[1:]:
        text, sub, kind = one.cell(row)
        found.append(Cell(one.head, text or "—", sub, kind))
    return found


def row_of(one: Person, names: Mapping[str, str], grade: Grade, on: date) -> Row:
    """One person as of a day."""
    return Row(
        one,
        names.get(one.workplace_code, ""),
        names.get(one.workplace_code[: lists.STREET], ""),
        names.get(one.payer_code, ""),
        _age(one.born_on, on),
        grade,
        (one.contract_until - on).days if one.contract_until else None,
    )


def _choice(
    key: str, label: str, column: str, order: tuple[str, ...], *, usual: bool = True, hide: bool = False,
    width: float | None = None, kind: str = "",
) -> Choice:  # fmt: skip
    """A column that holds one column of the person; without a width it is a day."""
    printed = PrintColumn(key, label, width=width) if width else PrintColumn(key, label, kind="date")

    def cell(row: Row) -> tuple[str, str, str]:
        value = getattr(row.person, column)
        return value if width else _day(value), "", kind

    return Choice(
        Column(key, label, order, hide=hide), usual, cell, ((printed, lambda row: getattr(row.person, column)),)
    )


def _day(value: date | None) -> str:
    return f"{value:%Y-%m-%d}" if value else ""


def _age(born: date | None, on: date) -> int | None:
    return on.year - born.year - ((on.month, on.day) < (born.month, born.day)) if born else None
