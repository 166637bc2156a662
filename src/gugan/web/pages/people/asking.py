"""What the address of the list asks for: search and filters, a day, columns, and how close the rows stand."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date

from django.utils.translation import gettext as _

from gugan.records import idnumber, lists
from gugan.records.models import EMPLOYED, LEFT, WAITING
from gugan.web.access import Request
from gugan.web.lists import Filter, Filters, filters_of
from gugan.web.pages.people.columns import Choice, choices, shown_of
from gugan.web.pages.people.grades import MISSING, Grades, last_runs
from gugan.web.pages.person.reading import day_of

EVERYBODY = "全部"
STATES = (EMPLOYED, LEFT, WAITING, EVERYBODY)
MOST_COMMUNITIES = 200
"""Above this, communities are offered once a street is chosen."""
KEPT = ("sort", "on", "col", "rows")
ROWS = {"tight": "紧凑", "loose": "宽松"}
ROWS_COOKIE = "gg-rows"


@dataclass(frozen=True)
class Question:
    """Everything the address asks. grade: "", a number or 缺; wrong: sentences about what could not be read."""

    request: Request
    day: date
    streets: list[lists.Branch]
    filters: Filters
    asked: lists.Asked
    grade: str
    grades: Grades
    every: list[Choice]
    shown: list[Choice]
    wrong: list[str]

    @property
    def today(self) -> bool:
        """Whether the list is of today: read from the cached columns."""
        return self.day == self.request.today


def question_of(request: Request) -> Question:
    """Read the address."""
    wrong: list[str] = []
    day = day_of(request, "on", wrong)
    if day == request.today:
        lists.bring_up_to(request.today)
    streets, grades = lists.workplaces(request.scope), last_runs(request.scope, day)
    offered = _offered(request, streets, grades, today=day == request.today)
    filters = filters_of(request, [one for one in offered if one.options])
    kept = [(name, value) for name in KEPT for value in request.GET.getlist(name) if value]
    values = dict(filters.values)
    state, grade = values.pop("state", "") or EMPLOYED, values.pop("grade", "")
    asked = lists.Asked(text=filters.text, state="" if state == EVERYBODY else state, **values)
    ignored = [one.filter.label for one in filters.all if request.GET.get(one.filter.name) and not one.value]
    if ignored:
        wrong.append(_("{names}：没有这个选项，这一条没有用上。").format(names="、".join(ignored)))
    every = choices(grades.source)
    return Question(
        request, day, streets, replace(filters, kept=kept), asked, grade, grades, every, shown_of(request, every), wrong
    )


def last_four(typed: str) -> str | None:
    """The last four of an ID number that was typed whole, or None."""
    if len(typed) > 40:
        return None
    try:
        return idnumber.read(typed).number[-4:]
    except idnumber.IdNumberError:
        return None


def rows_of(request: Request) -> str:
    """How close the rows stand: as the address says, else as was chosen last; "" by the width of the screen."""
    for asked in (request.GET.get("rows"), request.COOKIES.get(ROWS_COOKIE)):
        if asked in ROWS:
            return asked
    return ""


def _offered(request: Request, streets: list[lists.Branch], grades: Grades, *, today: bool) -> list[Filter]:
    values = lists.options(request.scope)
    chosen, own = request.GET.get("street", ""), request.GET.get("community", "")
    inside = [street for street in streets if street.code == chosen] or streets
    communities = [(part.code, part.name) for street in inside for part in street.parts]
    if len(communities) > MOST_COMMUNITIES:
        communities = [one for one in communities if one[0] == own]
    if own and not today and own not in dict(communities) and request.scope.allows("see", own):
        # nobody works there today: merged or closed since
        communities += lists.org_names([own]).items()
    known = [(str(grade), _("{grade} 级").format(grade=grade)) for grade in grades.values()]
    return [
        Filter("street", _("街道"), [(street.code, street.name) for street in streets] if len(streets) > 1 else []),
        Filter("community", _("社区"), communities),
        Filter("post", _("岗位"), _same(values["post"])),
        Filter("grade", _("等级"), [*known, (MISSING, _("缺等级"))] if known else []),
        Filter("education", _("学历"), _same(values["education"])),
        Filter("certificate", _("职业资格"), _same(values["certificate"])),
        Filter("state", _("状态"), _same(STATES) if today else []),
    ]


def _same(values: Iterable[str]) -> list[tuple[str, str]]:
    return [(value, value) for value in values]
