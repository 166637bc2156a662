"""Money as text: whole fen inside, yuan with two decimals outside."""

from __future__ import annotations


def yuan(fen: int) -> str:
    """Canonical text of an amount: 723000 → "7230.00"."""
    sign, size = ("-", -fen) if fen < 0 else ("", fen)
    return f"{sign}{size // 100}.{size % 100:02d}"


def grouped(fen: int) -> str:
    """The amount as people read it: 723000 → "7,230.00", −2988 → "−29.88"."""
    sign, size = ("−", -fen) if fen < 0 else ("", fen)
    return f"{sign}{size // 100:,}.{size % 100:02d}"
