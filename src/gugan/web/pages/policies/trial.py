"""代一个人试试: which facts the chosen rules need, and the fields that ask for them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from gugan import policy
from gugan.accounts.services import record
from gugan.accounts.sm3 import digest_of
from gugan.accounts.trail import Note
from gugan.policy.given import read
from gugan.records import queries, roster
from gugan.web import clock
from gugan.web.access import Request
from gugan.web.lists import clean

WRONG = {
    "number": gettext_lazy("“{value}”读不懂，写成数，如 3 或 4000.00。"),
    "date": gettext_lazy("“{value}”读不懂，写成 2026-10-31，要真有这一天。"),
    "choice": gettext_lazy("没有“{value}”这一种，请在单子里选。"),
    "text": gettext_lazy("“{value}”读不懂。"),
}
YEARS = 8
"""Years back for which a trial asks for a yearly result."""


@dataclass
class Field:
    """One field of a trial. kind: number, date, choice, years or text; parts: the years of a yearly fact."""

    name: str
    id: str
    kind: str
    unit: str = ""
    options: tuple[str, ...] = ()
    value: str = ""
    error: str = ""
    hint: str = ""
    parts: list[Field] = field(default_factory=list)

    @property
    def older(self) -> bool:
        """Whether anything but the latest year was given."""
        return any(part.value for part in self.parts[1:])

    @property
    def filled(self) -> bool:
        """Whether anything was given."""
        return bool(self.value) or any(part.value for part in self.parts)

    @property
    def given(self) -> Any:
        """What was given, as the engine takes it."""
        return {part.name: part.value for part in self.parts if part.value} if self.parts else self.value


def questions(pack: policy.Pack, on: date) -> list[tuple[str, str]]:
    """What may be asked: the slip's totals first, then every rule in force."""
    found = []
    if pack.slip.earnings:
        found.append(("应发", _("应发工资，各项")))
    if pack.slip.deductions:
        found.append(("实发", _("实发工资，整张工资条")))
    return found + [(name, name) for name, rule in pack.rules.items() if not rule.local and rule.block(on) is not None]


def wanted(pack: policy.Pack, chosen: str) -> list[str]:
    """The rules that a choice asks for: itself, or every line of the slip."""
    slip = pack.slip
    totals = {word: name for word, name in slip.totals.items() if name in pack.rules}
    if chosen == "应发" and slip.earnings:
        return [*slip.earnings, *([totals["应发"]] if "应发" in totals else [])]
    if chosen == "实发" and slip.deductions:
        return list(dict.fromkeys([*slip.earnings, *slip.deductions, *totals.values()]))
    return [chosen] if chosen else []


def left_open(pack: policy.Pack, period: policy.Period, want: list[str]) -> list[str]:
    """Rules behind the answers that a nearer pack would write: their values are asked for like facts."""
    return [name for name in policy.rules_needed(pack, period, want) if pack.rules[name].local]


def seldom(pack: policy.Pack, name: str) -> bool:
    """Whether a fact has a usual value, comes from earlier runs, or from an opening balance: asked for below."""
    column = pack.catalogue.columns.get(name)
    if column is None:
        return False
    opening = {fact.kind for fact in column.sources} == {"期初余额"}
    return bool(column.room) or opening or (column.empty is not None and column.unit == "元")


def make_field(bound: policy.Bound, name: str, data: Mapping[str, Any], on: date) -> Field:
    """One field with what was typed, checked exactly as the engine would."""
    given = bound.given(name)
    column = bound.pack.catalogue.columns.get(name)
    kind, table = given.type.kind, given.type.table
    value = str(data.get(f"f-{name}", ""))[:60].strip()
    one = Field(name, f"f-{name}", "text", given.type.unit, value=value)
    one.hint = _("不填按 {value}").format(value=given.empty) if given.empty is not None else ""
    if column is not None and column.room and not one.hint:
        one.hint = _("不填按 0")
    if kind == "逐年":
        one.kind = "years"
        labels = table.labels if table else ()
        for year in range(on.year - 1, on.year - 1 - YEARS, -1):
            typed = str(data.get(f"f-{name}-{year}", ""))[:60]
            part = Field(str(year), f"f-{name}-{year}", "choice", options=labels, value=typed)
            if typed and typed not in labels:
                part.error = one.error = _("{year} 年度没有“{value}”这一种").format(year=year, value=typed)
            one.parts.append(part)
        return one
    if kind == "代码" and table is not None:
        one.kind, one.options = "choice", table.labels
    elif kind == "是否":
        one.kind, one.options = "choice", ("是", "否")
    elif kind == "日期":
        one.kind = "date"
    elif kind == "数":
        one.kind = "number"
        one.value = value.replace("，", ",")
    if one.value:
        try:
            read(given, one.value)
        except policy.PolicyErrors as errors:
            problem = errors.problems[0]
            one.error = problem.message if problem.code == "G502" else WRONG[one.kind].format(value=one.value)
    return one


def from_person(
    request: Request, pack: policy.Pack, period: policy.Period, data: Mapping[str, Any], needed: list[str]
) -> tuple[Mapping[str, Any], dict[str, Any]]:
    """照某人填: the facts of one person in scope as if they had been typed; the look is noted in the trail."""
    text = clean(str(data.get("who") or request.GET.get("person", "")))
    try:
        person = queries.find_person(request.scope, text) if text else None
    except queries.Ambiguous as error:
        return data, {"who": text, "who_error": str(error)}
    if person is None:
        return data, {"who": text, "who_error": _("没有找到这个人。写姓名、证号后四位或人员编号。")}
    columns = [name for name in needed if name in pack.catalogue.columns]
    stretches = roster.table(request.scope, period, clock.now(request), columns, pack, person_ids=[person.pk])
    if not stretches:
        return data, {"who": text, "who_error": _("{name} {month} 不在册。").format(name=person, month=period.label)}
    if not request.scope.is_own(person.public_id):
        note = Note("查看", f"person:{person.pk}", digest_of(["试算", str(person.public_id), period.on.isoformat()]))
        record([note], by=request.user, now=clock.now(request))
    today = [one for one in stretches if one.start <= period.on] or stretches
    typed: dict[str, str] = {}
    for name, value in today[-1].values.items():
        if isinstance(value, Mapping):
            typed |= {f"f-{name}-{year}": str(label) for year, label in value.items()}
        elif value is not None:
            typed[f"f-{name}"] = {True: _("是"), False: _("否")}[value] if isinstance(value, bool) else str(value)
    return typed, {"who": text, "person": person}
