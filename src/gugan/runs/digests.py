"""Digests (SM3) over what a run holds: each outcome's, and the run's over all of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

import orjson

from gugan.accounts.sm3 import sm3_hex
from gugan.runs.models import Outcome, Run

RUN_FIELDS = (
    "room", "section", "payer_code", "period_start", "period_end", "packs", "columns", "wanted", "slip", "prior",
    "engine", "totals", "findings", "people", "gross_fen", "net_fen", "tax_fen", "personal_fen", "employer_fen",
)  # fmt: skip
OUTCOME_FIELDS = (
    "payer_code", "place_code", "state", "reason",
    "gross_fen", "net_fen", "tax_fen", "personal_fen", "employer_fen", "additional_fen",
)  # fmt: skip


def outcome_digest(person: int, plain: Iterable, inputs: bytes, values: bytes, defaults: bytes) -> str:
    """Digest of one outcome: its person, the OUTCOME_FIELDS in order, and its three JSON texts."""
    head = orjson.dumps([person, *plain])
    return sm3_hex(b"\n".join((head, inputs, values, defaults)))


def digest_of(outcome: Outcome) -> str:
    """Digest of a stored outcome, computed again from its row."""
    return outcome_digest(
        outcome.person_id,
        [getattr(outcome, name) for name in OUTCOME_FIELDS],
        orjson.dumps(outcome.inputs),
        orjson.dumps(outcome.values),
        orjson.dumps(outcome.defaults),
    )


SETTLEMENT_FIELDS = ("person_id", "month", "line", "origin_id", "old_fen", "new_fen", "amount_fen", "cause", "sources")


def run_digest(run: Run, outcomes: Iterable[tuple[int, str]], settlements: Iterable[Sequence] = ()) -> str:
    """Digest of a whole run: its own content, (person, digest) of each outcome, and the SETTLEMENT_FIELDS of each settlement."""
    head = {name: getattr(run, name) for name in RUN_FIELDS}
    head["known_at"] = _moment(run.known_at)
    lines = b"".join(b"%d %s\n" % (person, text.encode()) for person, text in sorted(outcomes))
    settled = b"".join(sorted(orjson.dumps([*one]) + b"\n" for one in settlements))
    return sm3_hex(orjson.dumps(head, option=orjson.OPT_SORT_KEYS) + b"\n" + lines + settled)


def _moment(moment: datetime) -> str:
    """The moment as text in UTC, the same whatever zone it is held in."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds")
