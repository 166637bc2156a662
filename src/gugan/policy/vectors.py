"""Exact numbers as NumPy columns: scaled int64 with proven bounds, an optional denominator, and a mask of what is known.

A column of no rows proves the same things as a full one, so the checker walks rules over an empty table.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gugan.policy.numbers import decimals

LIMIT = 1 << 62
Array = NDArray[Any]


class TooLarge(Exception):
    """An intermediate value could leave int64; carries the bound that was reached."""

    def __init__(self, bound: int):
        super().__init__(str(bound))
        self.bound = bound


@dataclass(frozen=True)
class Vec:
    """values: int64 (numbers scaled by 10**scale, days since 1970, label codes) or bool; one row each.

    known: bool mask. low, high: proven bounds of the scaled integers. den: positive int64 column, or None; the exact
    value is values ÷ den ÷ 10**scale. For yearly results `values` is years × rows with −1 for no result, from `first` on.
    """

    values: Array
    known: Array
    scale: int = 0
    low: int = 0
    high: int = 0
    den: Array | None = None
    den_high: int = 1
    first: int = 0

    def __len__(self) -> int:
        return len(self.known)


def bounded(low: int, high: int) -> tuple[int, int]:
    """Return the bounds, refusing what int64 cannot hold exactly."""
    if max(abs(low), abs(high)) >= LIMIT:
        raise TooLarge(max(abs(low), abs(high)))
    return low, high


def rescaled(vec: Vec, scale: int) -> Vec:
    """Return the same numbers at a larger scale."""
    factor = 10 ** (scale - vec.scale)
    if factor == 1:
        return vec
    low, high = bounded(vec.low * factor, vec.high * factor)
    bounded(0, factor)
    return replace(vec, values=vec.values * factor, scale=scale, low=low, high=high)


def over_one(a: Vec, b: Vec) -> tuple[Vec, Vec]:
    """Bring two columns of numbers to one scale and one denominator (still carried by both)."""
    scale = max(a.scale, b.scale)
    a, b = rescaled(a, scale), rescaled(b, scale)
    if a.den is b.den:
        return a, b
    a_den, b_den = _den(a), _den(b)
    _, high = bounded(0, a.den_high * b.den_high)
    den = a_den * b_den
    return (
        replace(_times(a, b_den, b.den_high), den=den, den_high=high),
        replace(_times(b, a_den, a.den_high), den=den, den_high=high),
    )


def _den(vec: Vec) -> Array:
    return vec.den if vec.den is not None else np.ones(len(vec), dtype=np.int64)


def _times(vec: Vec, factor: Array, factor_high: int) -> Vec:
    low, high = bounded(min(vec.low * factor_high, vec.low), max(vec.high * factor_high, vec.high))
    return replace(vec, values=vec.values * factor, low=low, high=high)


def add(a: Vec, b: Vec, sign: int = 1) -> Vec:
    """a + b, or a − b with sign −1."""
    a, b = over_one(a, b)
    ends = (b.low, b.high) if sign > 0 else (-b.high, -b.low)
    low, high = bounded(a.low + ends[0], a.high + ends[1])
    values = a.values + b.values if sign > 0 else a.values - b.values
    return replace(a, values=values, known=a.known & b.known, low=low, high=high)


def multiply(a: Vec, b: Vec) -> Vec:
    """a × b: scales and denominators multiply."""
    corners = [x * y for x in (a.low, a.high) for y in (b.low, b.high)]
    low, high = bounded(min(corners), max(corners))
    _, den_high = bounded(0, a.den_high * b.den_high)
    den = None if a.den is None and b.den is None else _den(a) * _den(b)
    known = a.known & b.known
    return Vec(np.where(known, a.values, 0) * b.values, known, a.scale + b.scale, low, high, den, den_high)


def divide(a: Vec, b: Vec) -> Vec:
    """a ÷ b as an exact ratio; where b is zero the answer is unknown."""
    up, down = 10 ** max(b.scale - a.scale, 0), 10 ** max(a.scale - b.scale, 0)
    nonzero = b.values != 0
    sign = np.where(b.values < 0, -1, 1)
    numerator = _times(a, sign * _den(b) * up, b.den_high * up)
    low, high = bounded(-max(abs(numerator.low), abs(numerator.high)), max(abs(numerator.low), abs(numerator.high)))
    if b.low > 0:
        low, high = numerator.low, numerator.high
    _, den_high = bounded(0, a.den_high * max(abs(b.low), abs(b.high), 1) * down)
    den = _den(a) * np.where(nonzero, np.abs(b.values), 1) * down
    return Vec(numerator.values, a.known & b.known & nonzero, 0, low, high, den, den_high)


def constant(value: Fraction, count: int) -> Vec:
    """Return one number for every row."""
    one = constants([value])
    return replace(one, values=np.repeat(one.values, count), known=np.ones(count, dtype=bool))


def round_to(vec: Vec, per: int, mode: str) -> Vec:
    """Round to 1/per (100, 10 or 1), symmetric about zero; the denominator goes."""
    digits = len(str(per)) - 1
    vec = rescaled(vec, max(vec.scale, digits))
    if vec.den is None and vec.scale == digits:
        return vec
    step = 10 ** (vec.scale - digits)
    den, den_high = _den(vec) * step, vec.den_high * step
    bounded(0, 2 * max(abs(vec.low), abs(vec.high)) + den_high)
    size = np.abs(vec.values)
    if mode == "四舍五入":
        whole = (2 * size + den) // (2 * den)
    elif mode == "进":
        whole = (size + den - 1) // den
    else:
        whole = size // den
    low, high = -(-vec.low // step + 1) if vec.low < 0 else 0, vec.high // step + 1 if vec.high > 0 else 0
    return Vec(np.where(vec.values < 0, -whole, whole), vec.known, digits, low, high)


def choose(condition: Vec, a: Vec, b: Vec, numeric: bool) -> Vec:
    """a where the condition holds, else b; known where the condition and the chosen side are."""
    if numeric:
        a, b = over_one(a, b)
    picked = condition.values.astype(bool)
    values = np.where(picked, a.values, b.values)
    den = None if a.den is None else np.where(picked, _den(a), _den(b))
    known = condition.known & np.where(picked, a.known, b.known)
    return replace(a, values=values, known=known, low=min(a.low, b.low), high=max(a.high, b.high), den=den)


def extreme(a: Vec, b: Vec, highest: bool) -> Vec:
    """The higher or lower of two columns of numbers."""
    a, b = over_one(a, b)
    pick = np.maximum if highest else np.minimum
    best = max if highest else min
    return replace(
        a, values=pick(a.values, b.values), known=a.known & b.known, low=best(a.low, b.low), high=best(a.high, b.high)
    )


def constants(values: Sequence[Fraction | None]) -> Vec:
    """Return a column of exact constants at the smallest scale that holds them all; None is unknown."""
    scale = max((decimals(v) for v in values if v is not None), default=0)
    scaled = [0 if v is None else int(v * 10**scale) for v in values]
    low, high = bounded(min(scaled, default=0), max(scaled, default=0))
    known = np.array([v is not None for v in values], dtype=bool)
    return Vec(np.array(scaled, dtype=np.int64), known, scale, low, high)


def gather(vec: Vec, index: Array) -> Vec:
    """Return the rows of a column at an index."""
    values = vec.values[:, index] if vec.values.ndim == 2 else vec.values[index]
    den = None if vec.den is None else vec.den[index]
    return replace(vec, values=values, known=vec.known[index], den=den)


def highest(items: Sequence[tuple[Vec, Vec]], count: int) -> Vec:
    """The highest of the numbers whose condition holds, 0 where none does; unknown where a condition, or the number of
    one that holds, is. items: (condition, numbers)."""
    best = constant(Fraction(0), count)
    found = np.zeros(count, dtype=bool)
    for condition, vec in items:
        best, vec = over_one(best, vec)
        applies = condition.known & condition.values.astype(bool)
        known = best.known & condition.known & (vec.known | ~applies)
        take = applies & (~found | (vec.values > best.values))
        low, high = min(best.low, vec.low), max(best.high, vec.high)
        best = replace(best, values=np.where(take, vec.values, best.values), known=known, low=low, high=high)
        found |= applies
    return best
