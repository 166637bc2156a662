"""What follows from an act, in words, before it is done."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from gugan.records.models import Org, Person
from gugan.records.orgs import Plan
from gugan.runs import queries as runs
from gugan.web.access import Request
from gugan.web.lists import Page, page_of
from gugan.web.pages.orgs.one import place_on

NAMED = 10
"""How many people a sentence names."""


@dataclass(frozen=True)
class Following:
    """will, loses, later: sentences of the confirm component; act: words of the button; moved: who changes workplace."""

    will: str
    later: str
    act: str
    loses: str = ""
    danger: bool = False
    moved: Page | None = None


def of_adding(request: Request, org: Org, data: dict[str, Any], plan: Plan) -> Following:
    """A new community: its code, and from when people may work there."""
    code, name = plan.code, data["name"]
    kind = _("自编码；国家给了代码以后，另设一个再并过去") if not code.isdigit() else _("统计用区划代码")
    will = _("{street}下从 {on} 起有“{name}”，代码 {code}（{kind}）。这一天起可以往里记人。").format(
        street=org.name, on=data["on"], name=name, code=code, kind=kind
    )
    if data.get("number") is not None:
        will += _("核定员额 {count} 人。").format(count=data["number"])
    later = _("名字不对可以更名；设错了，把它撤销。代码用过就不能再给别的社区。")
    return Following(will, later, _("设立“{name}”").format(name=name))


def of_renaming(request: Request, org: Org, data: dict[str, Any], plan: Plan) -> Following:
    """A new name from a day."""
    old = plan.name
    will = _("{on} 起，“{old}”叫“{new}”；那以前的日子仍叫“{old}”。代码 {code} 不变，人不动。").format(
        on=data["on"], old=old, new=data["name"], code=org.code
    )
    if data["on"] > request.today:
        will += _("名册和各处的名字到那一天自动换。")
    act = _("更名为“{name}”").format(name=data["name"])
    return Following(will, _("改错了，在它的页面上撤回这一批。"), act)


def of_settling(request: Request, org: Org, data: dict[str, Any], plan: Plan) -> Following:
    """An establishment from a day, and the gap it makes."""
    before = plan.before
    place = place_on(request, org.code, data["on"])
    people = place.people if place else 0
    gap = data["number"] - people
    words = (
        _("缺 {count} 人").format(count=gap) if gap > 0 else _("超 {count} 人").format(count=-gap) if gap else _("正好")
    )
    was = _("原来 {count} 人").format(count=before) if before is not None else _("原来没有核定")
    will = _("{on} 起，{name}核定员额 {number} 人（{was}）；那一天在岗 {people} 人，{gap}。").format(
        on=data["on"], name=org.name, number=data["number"], was=was, people=people, gap=words
    )
    act = _("核定 {number} 人").format(number=data["number"])
    return Following(will, _("记错了，在它的页面上撤回这一批，再记一次。"), act)


def of_closing(request: Request, org: Org, data: dict[str, Any], plan: Plan) -> Following:
    """The end of an organisation without people."""
    will = _(
        "{on} 起{name}不再有；那一天没有人在这里工作。它的记录、过去的名册和工资批次照旧查得到，仍用这个名字。"
    ).format(on=data["on"], name=org.name)
    return Following(
        will, _taking_back(), _("从 {on} 起撤销{name}").format(on=data["on"], name=org.name), _no_more(data["on"]), True
    )


def of_merging(request: Request, org: Org, data: dict[str, Any], plan: Plan) -> Following:
    """The end of a community, and who goes where."""
    into = Org.objects.get(code=data["into"])
    people = list(plan.people)
    later = sum(not one.now for one in plan.moved)
    moved = page_of(request, list(plan.people.values())) if people else None
    will = _("{on} 起{old}并入{new}，").format(on=data["on"], old=org.name, new=into.name)
    will += _people(list(plan.people.values()), later) if people else _("那一天没有人在这里工作，只撤销机构。")
    will += _sealed(people, data["on"])
    will += _("过去的名册和工资批次仍用“{old}”的名字。").format(old=org.name)
    act = _("把{old}并入{new}，转走 {count} 人").format(old=org.name, new=into.name, count=len(people))
    return Following(will, _taking_back(), act, _no_more(data["on"]), True, moved)


def _people(people: list[Person], later: int) -> str:
    names = "、".join(one.name for one in people[:NAMED])
    many = _("等") if len(people) > NAMED else ""
    words = _("转走 {count} 人：{names}{many}。用人单位、岗位和合同不变。").format(
        count=len(people), names=names, many=many
    )
    return words + (_("其中 {count} 人是以后才来的，到那时直接到新社区。").format(count=later) if later else "")


def sealed_months(months: Iterable[date]) -> str:
    """Months in words, each once."""
    return "、".join(f"{month.year}年{month.month}月" for month in sorted(set(months)))


def _sealed(people: list[int], on: date) -> str:
    months = sealed_months(one["month"] for one in runs.affected(people, on)) if people else ""
    return (
        _("{months}的工资已经封存，若因社区不同而有差额，下一个月补发或扣回。").format(months=months) if months else ""
    )


def _no_more(on: date) -> str:
    return _("{on} 起不能再往这里记人，也不能再给它更名或核定员额。").format(on=on)


def _taking_back() -> str:
    return _("在它的页面上整批撤回，人也一起回来；已有封存的工资按新社区算过，或名字已给了别的社区，就不能撤回了。")
