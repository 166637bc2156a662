"""What every page's frame shows: rooms, scope, user, pack. Read only when a page that has the frame asks for it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import groupby
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import gettext as _

from gugan.accounts.scope import NATION
from gugan.lifecycle.pay import todo
from gugan.records.models import Org
from gugan.web import access, vendor
from gugan.web.rooms import OWN, Room, rooms_for


@lru_cache(maxsize=64)
def _folder_of(code: str) -> str:
    """A pack's code with its name, as its folder is called: 9901-示例三岗十八级."""
    return next((folder.name for folder in sorted(settings.GUGAN_POLICIES.glob(f"{code}-*"))), code)


ROLE_WORDS = (("pay", "经办"), ("approve", "审批"), ("finance", "财务"), ("admin", "管理"), ("see", "查看"))


def shell(request: HttpRequest) -> dict[str, Any]:
    """Context processor: `shell`, `vendor` and `demo`."""
    return {"shell": Shell(request), "vendor": vendor.found(), "demo": settings.GUGAN_DEMO}


@dataclass(frozen=True)
class Item:
    """One line of the menu."""

    room: Room
    current: bool
    count: int = 0
    """What waits for the user there."""


class Shell:
    """The frame of one page; everything here is read at most once, and only if a template asks."""

    def __init__(self, request: HttpRequest):
        self.request: Any = request

    @cached_property
    def signed_in(self) -> bool:
        """Whether somebody is."""
        user = getattr(self.request, "user", None)
        if user is None or not user.is_authenticated:
            return False
        access.enter(self.request)
        return True

    @cached_property
    def officer(self) -> bool:
        """Whether the user sees others than the own person."""
        return self.signed_in and bool(self.request.scope.prefixes("see"))

    @cached_property
    def role(self) -> str:
        """The user's role in one word."""
        scope = self.request.scope
        return next((word for right, word in ROLE_WORDS if scope.prefixes(right)), "本人" if scope.person else "")

    @cached_property
    def items(self) -> list[Item]:
        """The menu, in order."""
        if not self.signed_in:
            return []
        here = self._module
        match = self.request.resolver_match
        name = match.url_name if match else None
        return [
            Item(
                room,
                name == room.url if room.right == OWN else name == room.url or here in room.modules,
                todo.count(self.request.scope, self.request.user) if room.url == "todo" else 0,
            )
            for room in rooms_for(self.request.scope)
        ]

    @cached_property
    def groups(self) -> list[tuple[str, list[Item]]]:
        """The menu by group."""
        return [(name, list(items)) for name, items in groupby(self.items, key=lambda item: str(item.room.group))]

    @cached_property
    def bar(self) -> list[Item]:
        """The bottom bar of a phone: at most three rooms of an officer, all four of a worker."""
        if not self.officer:
            return self.items[:4]
        return [item for item in self.items if item.room.url in ("home", "todo", "pay")]

    @property
    def _module(self) -> str:
        match = self.request.resolver_match
        return getattr(match.func, "__module__", "").rpartition(".")[2] if match else ""

    @cached_property
    def places(self) -> list[str]:
        """Where the user's scope lies, from the city down: ["江门市", "蓬江区"]."""
        org = self._org
        if org is None:
            return [_("全国")] if NATION in self._prefixes else []
        more = len(self._prefixes) - 1
        names = [org.parent.name] if org.parent is not None else []
        return [*names, org.name + (_("等 {count} 处").format(count=more + 1) if more else "")]

    @cached_property
    def pack(self) -> dict[str, Any] | None:
        """The pack that governs the user's own division: {"name", "example"}."""
        code = self._pack_code
        return {"name": _folder_of(code), "example": code.startswith("99")} if code else None

    @property
    def _pack_code(self) -> str:
        org = self._org
        while org is not None:
            if org.pack_code:
                return org.pack_code
            # parents that were not read with it are not asked for here
            org = org.parent if "parent" in org._state.fields_cache else None
        return ""

    @cached_property
    def _prefixes(self) -> tuple[str, ...]:
        return self.request.scope.prefixes("see") if self.signed_in else ()

    @cached_property
    def _org(self) -> Org | None:
        codes = [code for code in self._prefixes if code != NATION]
        if not codes:
            return None
        return Org.objects.filter(code=codes[0]).select_related("parent__parent").first()
