"""What the list says of itself: its headline, its share, and why it is empty."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

from django.utils.translation import gettext as _

from gugan.records import lists
from gugan.records.models import EMPLOYED, LEFT
from gugan.web.pages.people.asking import EVERYBODY, Question
from gugan.web.shell import Shell

MOST_ALIKE = 200
"""People of a name that are read to say why it is not found; more are counted."""


def finding(question: Question, count: int) -> str:
    """The sentence over the list, as it could be said aloud."""
    filters = question.filters
    state = filters.values.get("state") or EMPLOYED
    words = [one.word for one in filters.chosen if one.filter.name != "state"]
    day = "" if question.today else _("按 {day}，").format(day=question.day)
    if not count and filters.narrows:
        return day + _("没有人符合：{words}").format(words="、".join(filter(None, [filters.text[:20], state, *words])))
    if not count:
        return day + (_("还没有人在册") if question.today else _("没有人在册"))
    number = f"{count:,}"
    what = number + " " + _("人") + ("" if state == EVERYBODY else state)
    if filters.text:
        what = _("查“{text}”，有 {what}").format(text=filters.text[:20], what=what)
    return day + what + ("：" + "、".join(words) if words else "")


def share(question: Question, count: int) -> str:
    """The part of everybody that this is, "" where that says nothing."""
    everybody = sum(street.people for street in question.streets)
    filters = question.filters
    if not question.today or not filters.narrows or filters.values.get("state") not in ("", EMPLOYED):
        return ""
    if not everybody or not count:
        return ""
    return _("占在册 {all} 人的 {share}%").format(all=f"{everybody:,}", share=round(100 * count / everybody))


def why_nobody(question: Question) -> dict[str, Any]:
    """Why the list is empty: left already, filtered away, or nobody of that name in the visitor's scope."""
    request, filters, asked = question.request, question.filters, question.asked
    # of what the cached columns hold; the grade is none of them
    names = [one.filter.name for one in filters.chosen if one.filter.name not in ("state", "grade")]
    counts = lists.without(request.scope, asked, names) if names and question.today and not question.grade else {}
    fewer = [(one, counts[one.filter.name]) for one in filters.chosen if counts.get(one.filter.name)]
    alike = lists.people(request.scope, lists.Asked(text=filters.text)) if filters.text else None
    first = list(alike[:MOST_ALIKE]) if alike is not None else []
    gone = replace(asked, state=LEFT, text="")
    left = [one for one in first if gone.fits(one)][:5] if question.today and asked.state == EMPLOYED else []
    named = len(first) if alike is None or len(first) < MOST_ALIKE else alike.count()
    return {
        "left": left,
        "merged": lists.merged_away(request.scope, filters.text) if not first and not names else [],
        "fewer": [{"word": one.word, "count": count, "url": one.clear} for one, count in fewer],
        "text": filters.text,
        "named": named,
        "named_url": "?" + urlencode({"q": filters.text, "state": EVERYBODY}),
        "conditions": len(names),
        "scope": "／".join(Shell(request).places),
        "first": question.today and not filters.narrows,
    }
