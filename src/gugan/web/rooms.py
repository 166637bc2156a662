"""The rooms of the house as the menu shows them: one line each. A room whose page does not exist, or which the user may
not enter, is not in the menu. The side bar, the bottom bar and the breadcrumb read this list.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.urls import NoReverseMatch, reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from gugan.accounts.queries import Scope

OWN = "own"
"""Instead of a right: rooms of a worker."""


@dataclass(frozen=True)
class Room:
    """url: name of its first page. right: a key of RIGHTS, or OWN. modules: files of web/pages that belong to it.

    icon: a symbol of the sprite; seal: a character of the chain that stands in its place.
    """

    name: str | Promise
    url: str
    right: str
    icon: str
    group: str | Promise = ""
    seal: str = ""
    modules: tuple[str, ...] = ()

    @property
    def address(self) -> str:
        """Where it begins."""
        return reverse(self.url)


PEOPLE, CHAIN, RULES = _("人员"), _("全链条"), _("依据与表")

ROOMS = (
    Room(_("首页"), "home", "see", "home", modules=("home",)),
    Room(_("待办"), "todo", "see", "checks", modules=("todo", "doubts")),
    Room(_("花名册"), "people", "see", "users", PEOPLE, modules=("people", "person", "looking", "merging")),
    Room(_("机构与员额"), "orgs", "see", "sitemap", PEOPLE, modules=("orgs",)),
    Room(_("工资"), "pay", "see", "coin-yuan", CHAIN, "用", modules=("pay", "slip", "reviewing")),
    Room(_("政策"), "policies", "see", "book", RULES, modules=("policies",)),
    Room(_("首页"), "me", OWN, "home"),
    Room(_("工资"), "my-pay", OWN, "coin-yuan"),
    Room(_("等级"), "my-grade", OWN, "stairs-up"),
    Room(_("我"), "my-facts", OWN, "user"),
    Room(_("待办"), "todo", OWN, "checks"),
)


def rooms_for(scope: Scope) -> list[Room]:
    """Return the rooms that are there and that `scope` may enter, in order; one that an officer has is not had twice."""
    found = {}
    for room in ROOMS:
        if _may(scope, room) and _is_there(room):
            found.setdefault(room.url, room)
    return list(found.values())


def _may(scope: Scope, room: Room) -> bool:
    return scope.person is not None if room.right == OWN else bool(scope.prefixes(room.right))


def _is_there(room: Room) -> bool:
    try:
        return bool(room.address)
    except NoReverseMatch:
        return False
