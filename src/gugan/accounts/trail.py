"""The chain of the trail: how one entry's hash follows from its content and the entry before it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import NamedTuple

from gugan.accounts.sm3 import digest_of

START = "0" * 64
"""What the first entry follows."""


class Note(NamedTuple):
    """What a room asks the trail to keep: the act (审批 …), its subject ("action:12"), the digest of the content (hex)."""

    act: str
    subject: str
    digest: str


def chain_hash(seq: int, at: datetime, by: int | None, note: Note, previous: str) -> str:
    """Return the SM3 hex hash of an entry: over its number, moment in UTC, user id, note, and the hash before it."""
    moment = at.astimezone(UTC).isoformat(timespec="microseconds")
    return digest_of([seq, moment, by, note.act, note.subject, note.digest, previous])
