"""The part of the division tree that an import needs: names, the payer of some communities, the pack of a payer."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path

from django.db.models import Q

from gugan.records import divisions
from gugan.records.models import Org

LEVELS = (2, 4, 6, 9, 12)
DISTRICT = 6


class Tree:
    """Organisations by code."""

    def __init__(self, orgs: Sequence[Org]) -> None:
        self.orgs = orgs
        self.names = {org.code: org.name for org in orgs}
        self.packs = {org.code: org.pack_code for org in orgs if org.pack_code}

    def pack_of(self, payer: str) -> str:
        """The pack named for the nearest division above a payer; else the payer's own code, whose prefixes tell."""
        return next((self.packs[code] for code in upwards(payer) if code in self.packs), payer)

    def payer_of(self, communities: Collection[str]) -> str | None:
        """The nearest division above all communities that names a pack; else the longest prefix that is an organisation."""
        if not communities:
            return None
        above = upwards(shared_prefix(communities))
        streets = [code for code in above if len(code) <= 9]
        return next((code for code in streets if code in self.packs), None) or next(
            (code for code in streets if code in self.names), None
        )


def shared_prefix(codes: Collection[str]) -> str:
    """The digits that all codes begin with."""
    low, high = min(codes), max(codes)
    length = next((place for place, digit in enumerate(low) if digit != high[place : place + 1]), len(low))
    return low[:length]


def upwards(code: str) -> list[str]:
    """The codes of the divisions a code lies in, itself first."""
    return [code] * (len(code) not in LEVELS and bool(code)) + [
        code[:length] for length in reversed(LEVELS) if len(code) >= length
    ]


def load_tree(payer: str | None) -> Tree:
    """Load the organisations under a payer and those above it; all of them where no payer is named."""
    orgs = Org.objects.filter(closed_on=None)
    if payer:
        orgs = orgs.filter(Q(code__startswith=payer) | Q(code__in=upwards(payer)))
    return Tree(list(orgs.order_by("code")))


def divisions_in(path: Path) -> list[Org]:
    """Organisations, not stored, from a list of divisions as it ships with the demo; none where the file is missing."""
    if not path.exists():
        return []
    return [Org(code=row.code, name=row.name) for row in divisions.read_csv(path) if len(row.code) >= DISTRICT]
