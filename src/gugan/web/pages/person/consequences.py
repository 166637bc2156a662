"""What an entry changes: today's grade, and months that are sealed."""

from __future__ import annotations

from datetime import date

from django.utils.translation import gettext as _

from gugan.records.models import Person
from gugan.runs import queries as runs
from gugan.web.access import Request
from gugan.web.pages.person.reading import View


def effect_of(request: Request, found: Person, before: str, since: date) -> str:
    """What a fact just posted changed: today's grade, and months that are sealed."""
    after = grade_words(View(request, Person.objects.get(pk=found.pk)))
    grade = ""
    if after != before:
        grade = _("今天的岗位等级 {before} → {after}。").format(before=before or "—", after=after or "—")
    return grade + sealed_months(found, since)


def grade_words(view: View) -> str:
    """Today's grade in words, "" where it is not known."""
    grade = view.grade(view.request.today, view.request.today)
    return str(grade["value"]) if grade and grade["known"] else ""


def sealed_months(found: Person, since: date) -> str:
    """What a fact effective on that day does to sealed months, or ""."""
    months = list(dict.fromkeys(one["month"] for one in runs.affected([found.pk], since)))
    if not months:
        return ""
    words = "、".join(f"{month.year}年{month.month}月" for month in months[:6])
    return _("{months}的工资已经封存，差额在下一个月补发或扣回。").format(months=words)
