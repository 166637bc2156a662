"""Ranges of whole numbers: what every operation of a plan can give at most, so that nothing ever leaves int64 unseen.

A range is (low, high), both inclusive, of exact Python ints. The limit is 2⁶², one bit short of what int64 holds.
"""

from __future__ import annotations

LIMIT = 1 << 62
Range = tuple[int, int]


class TooLarge(Exception):
    """An intermediate value could leave int64; carries the bound that was reached."""

    def __init__(self, bound: int):
        super().__init__(str(bound))
        self.bound = bound


def bounded(low: int, high: int) -> Range:
    """Return the range, refusing what int64 cannot hold exactly. Raises TooLarge."""
    if max(abs(low), abs(high)) >= LIMIT:
        raise TooLarge(max(abs(low), abs(high)))
    return low, high


def add(a: Range, b: Range) -> Range:
    """Range of a + b."""
    return bounded(a[0] + b[0], a[1] + b[1])


def sub(a: Range, b: Range) -> Range:
    """Range of a − b."""
    return bounded(a[0] - b[1], a[1] - b[0])


def mul(a: Range, b: Range) -> Range:
    """Range of a × b."""
    corners = (a[0] * b[0], a[0] * b[1], a[1] * b[0], a[1] * b[1])
    return bounded(min(corners), max(corners))


def div(a: Range, b: Range) -> Range:
    """Range of a ÷ b rounded down; b is positive, or nothing is proven. Raises TooLarge where b may be zero or less."""
    if b[0] < 1:
        raise TooLarge(LIMIT)
    corners = (a[0] // b[0], a[0] // b[1], a[1] // b[0], a[1] // b[1])
    return min(corners), max(corners)


def highest(a: Range, b: Range) -> Range:
    """Range of the higher of two."""
    return max(a[0], b[0]), max(a[1], b[1])


def lowest(a: Range, b: Range) -> Range:
    """Range of the lower of two."""
    return min(a[0], b[0]), min(a[1], b[1])


def either(a: Range, b: Range) -> Range:
    """Range of one of two."""
    return min(a[0], b[0]), max(a[1], b[1])


def below(a: Range, b: Range, strict: bool) -> bool | None:
    """Whether a < b (strict) or a ≤ b everywhere (True), nowhere (False), or that depends (None)."""
    if a[1] < b[0] or (not strict and a[1] == b[0]):
        return True
    if a[0] > b[1] or (strict and a[0] == b[1]):
        return False
    return None


def equal(a: Range, b: Range) -> bool | None:
    """Whether a = b everywhere, nowhere, or that depends."""
    if a[1] < b[0] or b[1] < a[0]:
        return False
    return True if a[0] == a[1] == b[0] == b[1] else None
