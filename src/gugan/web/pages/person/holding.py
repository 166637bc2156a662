"""What is true of a person on a day: which facts stand at the top, and each kind with its dates."""

from __future__ import annotations

from itertools import groupby
from typing import Any

from gugan.records import lists
from gugan.records.clock import CHINA
from gugan.web.pages.person.reading import View

FIRST = ("岗位", "学历", "职业资格", "入职", "劳动合同", "年度考核", "政治面貌", "身份", "借调", "请假", "处分")
"""Kinds whose facts stand at the top, in this order; the rest is folded."""
NEWEST_ONLY = ("劳动合同", "年度考核")
"""Kinds with many records, of which the newest says what holds; older ones are in the list of what happened."""


def arranged(groups: list[list[lists.Held]]) -> tuple[list[list[lists.Held]], list[list[lists.Held]]]:
    """The facts at the top, and those that are folded."""
    first: list[list[lists.Held]] = []
    for kind in FIRST:
        own = [group for group in groups if group[0].kind == kind]
        first += sorted(own, key=_age)[-1:] if kind in NEWEST_ONLY else own
    rest = [group for group in groups if group[0].kind not in FIRST]
    return first, rest


def _age(group: list[lists.Held]) -> str:
    values = {one.fact: str(one.value) for one in group}
    return values.get("起") or values.get("年度") or ""


def shown_group(view: View, group: list[lists.Held]) -> dict[str, Any]:
    """The facts of one kind, those of one action together with its dates."""
    kind = view.catalogue.kinds[group[0].kind]
    key = view.words(kind, kind.key, group[0].key) if kind.key and group[0].key else ""
    told = [one for one in group if one.fact != kind.key] or group
    return {
        "name": kind.name,
        "key": key,
        "entries": [
            {
                "note": note,
                "recorded": note.recorded_at.astimezone(CHINA).date(),
                "parts": [
                    {"label": "" if one.fact == kind.name else one.fact, "text": view.words(kind, one.fact, one.value)}
                    for one in own
                ],
            }
            for note, own in ((found[0].note, found) for found in _by_note(told))
        ],
    }


def _by_note(group: list[lists.Held]) -> list[list[lists.Held]]:
    ordered = sorted(group, key=lambda one: (one.note.effective_on, one.note.id))
    return [list(own) for _id, own in groupby(ordered, key=lambda one: one.note.id)]
