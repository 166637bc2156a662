"""Dates, yearly results and table positions as NumPy columns: the arithmetic of to_numpy.py that is not about numbers."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from fractions import Fraction
from typing import Any

import numpy as np

from gugan.policy.bound import BoundTable
from gugan.policy.catalogue import FIRST_YEAR, LAST_YEAR
from gugan.policy.encode import EPOCH, Texts
from gugan.policy.nodes import Type
from gugan.policy.numbers import decimals
from gugan.policy.vectors import Array, Vec, bounded, constants, over_one, rescaled

_DATE_BOUNDS = {"年": (FIRST_YEAR, 10_000), "月": (1, 12)}
_SPAN = 200_000
"""No two days of the calendar are further apart."""


def date_word(word: str, args: list[Vec]) -> Vec:
    """Return the answer of a date word; conventions as in interpret.date_word."""
    known = np.logical_and.reduce([a.known for a in args])
    days = [np.where(known, a.values, 0) for a in args]
    low, high = _DATE_BOUNDS.get(word, (-_SPAN, _SPAN))
    return Vec(_date_word(word, days), known, 0, low, high)


def _date_word(word: str, days: list[Array]) -> Array:
    year, month, _ = _split(days[0])
    if word == "年":
        return year
    if word == "月":
        return month
    if word == "月初":
        return _first_day(year, month)
    if word == "次月起":
        return _first_day(year + month // 12, month % 12 + 1)
    if word == "次年1月起":
        return _first_day(year + 1, np.ones_like(month))
    if word == "相隔天数":
        return days[1] - days[0]
    backwards = days[1] < days[0]
    start, end = np.where(backwards, days[1], days[0]), np.where(backwards, days[0], days[1])
    (y1, m1, d1), (y2, m2, d2) = _split(start), _split(end)
    last = _first_day(y2 + m2 // 12, m2 % 12 + 1) - _first_day(y2, m2)
    months = (y2 - y1) * 12 + m2 - m1 - (d2 < np.minimum(d1, last))
    months = months if word == "足月" else months // 12
    return np.where(backwards, -months, months)


def _split(days: Array) -> tuple[Array, Array, Array]:
    dates = days.astype("datetime64[D]")
    months = dates.astype("datetime64[M]")
    number = months.astype(np.int64)
    return number // 12 + 1970, number % 12 + 1, (dates - months).astype(np.int64) + 1


def _first_day(year: Array, month: Array) -> Array:
    return ((year - 1970) * 12 + month - 1).astype("datetime64[M]").astype("datetime64[D]").astype(np.int64)


# ── yearly results ──────────────────────────────────────────────────────────────────────────────────────────────


def truncated(vec: Vec) -> Array:
    """Return numbers cut to whole ones, towards zero."""
    step = 10**vec.scale
    return np.sign(vec.values) * (np.abs(vec.values) // step)


def year_of(history: Vec, year: Vec) -> Vec:
    """Return the result of one year of each history."""
    if not len(history.values):
        return Vec(np.zeros(len(history), dtype=np.int64), np.zeros(len(history), dtype=bool))
    row = truncated(year) - history.first
    inside = (row >= 0) & (row < len(history.values))
    codes = history.values[np.clip(row, 0, len(history.values) - 1), np.arange(len(history))]
    return Vec(np.maximum(codes, 0), history.known & year.known & inside & (codes >= 0))


def filled(history: Vec, start: Vec, end: Vec, code: int) -> Vec:
    """Return the results of every year from start to end, `code` where there is none."""
    first, last = truncated(start), truncated(end)
    known = start.known & end.known & (first >= FIRST_YEAR) & (last <= LAST_YEAR)
    wanted = known & (first <= last)
    if not wanted.any():
        return Vec(np.full((0, len(history)), -1, dtype=np.int64), known)
    low, high = int(first[wanted].min()), int(last[wanted].max())
    out = np.full((high - low + 1, len(history)), -1, dtype=np.int64)
    begin, stop = max(low, history.first), min(high + 1, history.first + len(history.values))
    if begin < stop:
        recorded = history.values[begin - history.first : stop - history.first]
        out[begin - low : stop - low] = np.where(history.known, recorded, -1)
    years = np.arange(low, high + 1)[:, None]
    inside = wanted & (years >= first) & (years <= last)
    return Vec(np.where(inside, np.where(out >= 0, out, code), -1), known, first=low)


def completed_terms(history: Vec, every: int, accepted: list[int], resets: bool) -> Vec:
    """Count full terms of accepted years; as in interpret.completed_terms."""
    terms = np.zeros(len(history), dtype=np.int64)
    run = np.zeros(len(history), dtype=np.int64)
    for codes in history.values:
        good = np.isin(codes, accepted)
        run = np.where(good, run + 1, 0) if resets else run + good
        full = run == every
        terms += full
        run = np.where(full, 0, run)
    return Vec(terms, history.known, 0, 0, LAST_YEAR - FIRST_YEAR + 1)


def same_years(a: Vec, b: Vec) -> tuple[Vec, Vec]:
    """Bring two columns of yearly results to one range of years."""
    spans = [(v.first, v.first + len(v.values)) for v in (a, b) if len(v.values)]
    first, end = min((s[0] for s in spans), default=0), max((s[1] for s in spans), default=0)

    def widened(vec: Vec) -> Vec:
        out = np.full((end - first, len(vec)), -1, dtype=np.int64)
        if len(vec.values):
            out[vec.first - first : vec.first - first + len(vec.values)] = vec.values
        return replace(vec, values=out, first=first)

    return widened(a), widened(b)


# ── tables ──────────────────────────────────────────────────────────────────────────────────────────────────────


def positions(table: BoundTable, keys: list[Vec], texts: Texts) -> tuple[Array, Array]:
    """Return (index into the table's rows, the one past them being 其余; known) for each row of keys."""
    known = np.logical_and.reduce([k.known for k in keys])
    count = len(table.cells)
    if not count:
        return np.zeros(len(known), dtype=np.int64), known
    combined = np.zeros(len(known), dtype=np.int64)
    inside = known.copy()
    row_code = np.zeros(count, dtype=np.int64)
    for number, (vec, kind) in enumerate(zip(keys, table.key_types, strict=True)):
        own, wanted = _key_codes(vec, kind, [key[number] for key in table.cells], texts)
        distinct, wanted_code = np.unique(wanted, return_inverse=True)
        at = np.clip(np.searchsorted(distinct, own), 0, len(distinct) - 1)
        inside &= distinct[at] == own
        combined = combined * len(distinct) + at
        row_code = row_code * len(distinct) + wanted_code
    order = np.argsort(row_code)
    at = np.clip(np.searchsorted(row_code[order], combined), 0, count - 1)
    inside &= row_code[order][at] == combined
    return np.where(inside, order[at], count), known


def _key_codes(vec: Vec, kind: Type, keys: list[Any], texts: Texts) -> tuple[Array, Array]:
    """Return the column and the table's keys in one coding."""
    if kind.kind == "文":
        return vec.values, np.array([texts.code(key) for key in keys], dtype=np.int64)
    if kind.table is not None:
        return vec.values, np.array([kind.table.labels.index(key) for key in keys], dtype=np.int64)
    vec, wanted = over_one(vec, constants(keys))
    return vec.values, wanted.values


def cells(values: list[Any], kind: Type) -> Vec:
    """Return the cells of a table's column, None unknown; the last is what 其余 gives."""
    if kind.kind == "数":
        return constants(values)
    known = np.array([c is not None for c in values], dtype=bool)
    if kind.kind == "日期":
        days = [0 if c is None else (c - EPOCH).days for c in values]
        return Vec(np.array(days, dtype=np.int64), known)
    labels = kind.table.labels if kind.table else ()
    return Vec(np.array([0 if c is None else labels.index(c) for c in values], dtype=np.int64), known)


def steps_at(starts: tuple[Fraction, ...], operand: Vec, marginal: bool) -> tuple[Array, Vec]:
    """Return the step of a scale that each number reaches (−1: none), and the numbers at the scale's decimals."""
    scale = max(operand.scale, *(decimals(s) for s in starts))
    operand = rescaled(operand, scale)
    scaled = [int(start * 10**scale) for start in starts]
    bounded(min(scaled), max(scaled))
    edges = np.array(scaled, dtype=np.int64)
    return np.searchsorted(edges, operand.values, side="left" if marginal else "right") - 1, operand


def day_of(number: date) -> int:
    """Return a date as days since 1970."""
    return (number - EPOCH).days
