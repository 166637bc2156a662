"""The explanation of the own grade, with the ledger's entries behind it."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from gugan import policy
from gugan.records import queries
from gugan.records.models import Person
from gugan.web.access import Request
from gugan.web.climbing import GRADE, Climb
from gugan.web.trees import Node, prepare


def tree_of(request: Request, person: Person, pack: policy.Pack, found: Climb) -> Node | None:
    """The tree, None where there is nothing to explain."""
    if found.stretch is None:
        return None
    tree = policy.explain(pack, [found.stretch], policy.Period.around(request.today), GRADE).as_dict()
    return prepare(_with_sources(tree, _sources(request, person)), depth=2, prefix="g")


def _sources(request: Request, person: Person) -> dict[int, dict[str, Any]]:
    """The ledger's entries about oneself, as the explanation shows them."""
    return {
        line.note.id: {
            "action": line.note.id,
            "kind": line.note.kind,
            "facts": {name: _words(value) for name, value in line.facts.items() if not isinstance(value, dict)},
            "effective_on": line.note.effective_on.isoformat(),
            "date_unknown": line.note.date_unknown,
            "recorded_at": line.note.recorded_at.isoformat(),
            "basis": line.note.basis,
        }
        for line in queries.history(request.scope, person)
    }


def _words(value: Any) -> Any:
    return (_("是") if value else _("否")) if isinstance(value, bool) else value


def _with_sources(tree: dict[str, Any], known: dict[int, dict[str, Any]]) -> dict[str, Any]:
    own = {"source": [known[number] for number in tree.get("source", ()) if number in known]}
    return tree | own | {"children": [_with_sources(child, known) for child in tree["children"]]}
