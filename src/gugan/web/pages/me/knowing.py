"""What is known about oneself in words, and who looked."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from gugan import policy
from gugan.accounts.queries import trail_of
from gugan.records import queries
from gugan.records.models import Person
from gugan.web.pages.policies.reading import load
from gugan.web.trees import pretty

MOST_LOOKS = 50


def catalogue_of(person: Person) -> policy.Catalogue | None:
    payer = queries.payer_for(person.payer_code) if person.payer_code else None
    try:
        return load(payer.pack_code if payer else "00").catalogue
    except policy.PolicyErrors:
        return None


def type_of(catalogue: policy.Catalogue | None, kind: str, name: str) -> str:
    known = catalogue.kinds.get(kind) if catalogue else None
    return known.facts[name].type if known and name in known.facts else ""


def entry_of(
    line: queries.HistoryLine, person: Person, catalogue: policy.Catalogue | None, names: dict[str, str]
) -> dict[str, Any]:
    """One entry with its facts in words; sealed ones stay sealed."""
    shown = []
    known = catalogue.kinds.get(line.note.kind) if catalogue else None
    order = list(known.facts) if known else []
    for name, value in sorted(line.facts.items(), key=lambda item: order.index(item[0]) if item[0] in order else 99):
        if value is None or value == "":
            continue
        if isinstance(value, dict):
            text = f"**************{person.id_last4}" if name == "证件号码" else _("已记录，封存不显示")
        elif isinstance(value, bool):
            text = _("是") if value else _("否")
        elif type_of(catalogue, line.note.kind, name) == "机构":
            text = names.get(value, value)
        else:
            unit = known.facts[name].unit if known and name in known.facts and known.facts[name].type == "数" else ""
            text = f"{pretty(str(value))} {unit}".strip()
        shown.append((name, text))
    return {"note": line.note, "facts": shown}


def looks_at(person: Person) -> list[dict[str, Any]]:
    """Who looked at or took something about this person, newest first."""
    found = [{"at": entry.at, "by": str(entry.by or ""), "act": entry.act} for entry in trail_of(f"person:{person.pk}")]
    return found[: -MOST_LOOKS - 1 : -1]
