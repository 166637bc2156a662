"""One organisation: what it is called and since when, its people and establishment, what happened, what can be done."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db.models import Q
from django.http import Http404
from django.urls import reverse
from django.utils.translation import gettext as _

from gugan import policy
from gugan.accounts import services as accounts
from gugan.records import lists, orgs, places, queries, services
from gugan.records.clock import china_day
from gugan.records.entries import ESTABLISH, SET_UP
from gugan.records.models import Org
from gugan.records.places import COMMUNITY, STREET, Life, OrgLine, Place
from gugan.web.access import Request
from gugan.web.pages.orgs.tree import gap_words, people_url
from gugan.web.pages.person.happening import LATE

NAMING = ("并入", "上级")
"""Facts that name another organisation by its code."""


@dataclass(frozen=True)
class Happened:
    """One line of what happened. withdraw: the address that takes its whole batch back, "" where that cannot be done."""

    note: queries.ActionNote
    recorded: date
    words: str
    gone: bool
    is_void: bool
    late: int | None
    ahead: bool
    withdraw: str


def find(request: Request, code: str) -> Org:
    """The organisation; what may not be seen is not there."""
    found = places.find(request.scope, code)
    if found is None:
        raise Http404
    return found


def find_to_change(request: Request, code: str) -> Org:
    """The organisation, if the visitor may record facts about it."""
    found = find(request, code)
    accounts.require(request.user, "import", found.code, on=request.today)
    return found


def catalogue_for(code: str) -> policy.Catalogue:
    """The kinds that may be recorded under a code: of the pack that governs there, else the nation's."""
    payer = queries.payer_for(code)
    try:
        return policy.load(payer.pack_code if payer else "00", services.packs_root()).catalogue
    except policy.PolicyErrors:
        return policy.load("00", services.packs_root()).catalogue


def place_on(request: Request, code: str, on: date) -> Place | None:
    """The place as the tree of a day has it, counted."""
    return next((one for one in places.walk(places.tree(request.scope, on, request.today)) if one.code == code), None)


def life_of(org: Org) -> Life:
    """The organisation with its record."""
    return places.lives(Q(pk=org.pk))[0]


def shown(request: Request, org: Org) -> dict[str, Any]:
    """The context of the page."""
    place = place_on(request, org.code, request.today)
    lines = places.history(org)
    may_record = request.scope.allows("import", org.code)
    codes = {str(line.facts[name]) for line in lines for name in NAMING if name in line.facts}
    names = lists.org_names(codes)
    happened = [_happened(request, org, line, may_record, names) for line in reversed(lines)]
    merged = Org.objects.filter(merged_into=org).order_by("code")
    life = life_of(org)
    begins, closes = life.begins, life.closes
    closed = org.closed_on is not None
    return {
        "org": org,
        "local": places.is_local(org.code),
        "tiles": _tiles(org, place) if place else [],
        "begins": begins if begins and begins > request.today.isoformat() else "",
        "closes": closes if closes and not closed else "",
        "closed": closed,
        "past_url": people_url(org.code, org.closed_on - timedelta(days=1)) if org.closed_on else "",
        "merged": [one for one in merged if request.scope.allows("see", one.code)],
        "names": _dated(line for line in lines if line.stands and "名称" in line.facts),
        "figures": _dated(line for line in lines if line.stands and line.note.kind == ESTABLISH),
        "happened": happened,
        "may_record": may_record,
        "acts": _acts(org, bool(closes)) if may_record else [],
    }


def _dated(lines: Iterable[OrgLine]) -> list[tuple[OrgLine, date | None]]:
    """The lines, newest first, each with its day; None where that is 不详: the day of the load says nothing."""
    return [(line, None if line.note.date_unknown else line.note.effective_on) for line in lines][::-1]


def _tiles(org: Org, place: Place) -> list[dict[str, Any]]:
    gap, _tone = gap_words(place)
    none = _("还没有核定")
    return [
        {"head": _("在岗"), "value": f"{place.people:,}", "unit": _("人"), "url": people_url(org.code) if place.people else ""},
        {"head": _("核定员额"), "value": place.settled, "unit": _("人") if place.settled is not None else "",
         "note": "" if place.settled is not None else none},
        {"head": _("缺口"), "value": gap or None},
    ]  # fmt: skip


def _happened(request: Request, org: Org, line: OrgLine, may_record: bool, names: dict[str, str]) -> Happened:
    recorded = china_day(line.note.recorded_at)
    late = (recorded - line.note.effective_on).days
    batch = line.batch
    back = may_record and line.stands and batch is not None and batch.kind == orgs.KIND and line.note.kind != SET_UP
    return Happened(
        line.note,
        recorded,
        "，".join(f"{name} {_said(name, value, names)}" for name, value in line.facts.items()),
        not line.stands,
        line.is_void,
        late if late > LATE and not line.note.date_unknown and line.stands else None,
        line.note.effective_on > request.today,
        reverse("org-withdraw", args=[org.code, batch.pk]) if back and batch else "",
    )


def _said(name: str, value: Any, names: dict[str, str]) -> str:
    return f"{names.get(value, '')} {value}".strip() if name in NAMING else str(value)


def _acts(org: Org, ends: bool) -> list[dict[str, str]]:
    """What can be done from here, the likeliest first."""
    if ends:
        return []
    acts = []
    if len(org.code) == STREET:
        acts.append(("org-add", _("设一个社区")))
    if len(org.code) >= STREET:
        acts += [("org-establishment", _("核定员额")), ("org-rename", _("更名"))]
    if len(org.code) == COMMUNITY:
        acts.append(("org-merge", _("并入别的社区")))
    if len(org.code) >= STREET:
        acts.append(("org-close", _("撤销")))
    return [{"url": reverse(name, args=[org.code]), "text": text} for name, text in acts]
