"""Scope: what one user may do, under which code prefixes, on one day. Nothing is allowed that is not granted."""

from __future__ import annotations

from dataclasses import dataclass

NATION = "00"
"""The prefix that stands above all codes."""

RIGHTS = {
    "see": "查看",
    "import": "导入",
    "pay": "核算",
    "approve": "审批",
    "finance": "发放",
    "admin": "管理",
}
"""Right → the word for it."""


def covers(prefix: str, code: str) -> bool:
    """Whether the division `prefix` is `code` or stands above it."""
    return bool(prefix) and bool(code) and (prefix == NATION or code.startswith(prefix))


@dataclass(frozen=True)
class Scope:
    """The rights of one user on one day.

    pairs: (right, prefix) granted. person: public id of the user's own person, or None; a worker sees this person only.
    `Scope()` allows nothing.
    """

    pairs: frozenset[tuple[str, str]] = frozenset()
    person: str | None = None

    def prefixes(self, right: str) -> tuple[str, ...]:
        """Return the prefixes under which `right` is granted, sorted, without those that another one covers."""
        own = {prefix for name, prefix in self.pairs if name == right}
        return tuple(sorted(p for p in own if not any(q != p and covers(q, p) for q in own)))

    def allows(self, right: str, code: str) -> bool:
        """Whether `right` is granted for the division or organisation `code`."""
        return any(name == right and covers(prefix, code) for name, prefix in self.pairs)

    def is_own(self, public_id: object) -> bool:
        """Whether `public_id` is the user's own person."""
        return self.person is not None and str(public_id) == self.person


NOTHING = Scope()
OPERATOR = Scope(pairs=frozenset({("see", NATION)}))
"""Who has a shell on the machine reads everything; for commands that only read."""
