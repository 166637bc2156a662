"""What the ledger already says about the people of a sheet: the latest value of every fact and entry, and the action behind it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any

from gugan.accounts import sealing
from gugan.accounts.bulk import among
from gugan.policy import Catalogue
from gugan.records import store
from gugan.records.employment import Row, in_force
from gugan.records.models import Person
from gugan.sheets.reading import Place

ID_PATH = "个人信息.证件号码"


@dataclass
class Known:
    """One person of the ledger: actions that stand, and the latest value at each place with the action that gave it."""

    person: Person | None
    rows: list[Row] = field(default_factory=list)
    latest: dict[Place, tuple[Any, Row]] = field(default_factory=dict)

    @property
    def hired_on(self) -> str | None:
        """The first day of the first employment."""
        return min((row.day for row in self.rows if row.kind == "入职"), default=None)

    def value(self, path: str, key: str = "") -> Any:
        """The latest value at a place, or None."""
        found = self.latest.get((path, key))
        return found[0] if found else None

    def source(self, path: str, key: str = "") -> Row | None:
        """The action that gave the latest value at a place."""
        found = self.latest.get((path, key))
        return found[1] if found else None

    def keys_of(self, kind: str) -> list[str]:
        """The keys for which a keyed kind has entries, in ledger order."""
        return list(dict.fromkeys(key for path, key in self.latest if path.startswith(kind + ".")))


def people_by_number(numbers: Iterable[str], catalogue: Catalogue) -> dict[str, Known]:
    """Find the people with these ID numbers and fold their record: number → Known. Two reads."""
    digests = {sealing.digest(number, ID_PATH): number for number in set(numbers) if number}
    if not digests:
        return {}
    people = {person.pk: person for person in Person.objects.filter(id_digest__in=among(list(digests)))}
    history, _ = store.history(list(people), [])
    found = {}
    for pk, person in people.items():
        known = Known(person, in_force(history.get(pk, [])))
        known.latest = fold(known.rows, catalogue)
        found[digests[person.id_digest]] = known
    return found


def fold(rows: Iterable[Row], catalogue: Catalogue) -> dict[Place, tuple[Any, Row]]:
    """The latest value at each place, from rows in ledger order."""
    latest: dict[Place, tuple[Any, Row]] = {}
    for row in rows:
        kind = catalogue.kinds.get(row.kind)
        key = str(row.facts.get(kind.key, "")) if kind and kind.key else ""
        for name, value in row.facts.items():
            latest[f"{row.kind}.{name}", key] = (value, row)
    return latest


def same(stored: Any, value: Any, path: str) -> bool:
    """Whether a value of a sheet says what the ledger says: sealed values by digest, numbers by amount."""
    if isinstance(stored, Mapping):
        return stored.get("摘要") == sealing.digest(str(value), path)
    if stored == value:
        return True
    if isinstance(stored, bool) or isinstance(value, bool) or stored is None:
        return False
    try:
        return Decimal(str(stored)) == Decimal(str(value))
    except InvalidOperation:
        return False


def shown(stored: Any) -> str:
    """A stored value as a problem may show it: sealed ones by their last four."""
    if isinstance(stored, Mapping):
        return "····" + str(stored.get("末四位", ""))
    if isinstance(stored, bool):
        return "是" if stored else "否"
    return "" if stored is None else str(stored)
