"""Exact decimal numbers and days: text → value and back, and the rounding that every reading agrees on."""

from __future__ import annotations

import re
from datetime import date
from fractions import Fraction

from gugan.policy.catalogue import FIRST_YEAR, LAST_YEAR

_NUMBER = re.compile(r"([-−]?)([0-9]{1,18}|[0-9]{1,3}(?:,[0-9]{3}){1,5})(\.[0-9]{1,10})?(%?)")


def read_number(text: str) -> Fraction | None:
    """Return the exact value of "4000", "-12.50", "1,234.5" or "8%"; None for anything else (no exponents, no 1/3)."""
    match = _NUMBER.fullmatch(text)
    if not match:
        return None
    sign, whole, places, percent = match.groups()
    digits, under = whole.replace(",", "") + (places or ".")[1:], 10 ** max(len(places or "") - 1, 0)
    return Fraction(-int(digits) if sign else int(digits), under * (100 if percent else 1))


_PLAIN = re.compile(r"(-?[0-9]{1,15})(?:\.([0-9]{1,5}))?")


def read_scaled(text: str, places: int) -> int | None:
    """Return the value × 10**places of plain text such as "4000.00", fast; None for what read_number must judge."""
    match = _PLAIN.fullmatch(text)
    if not match:
        return None
    whole, rest = match.groups()
    if rest is None:
        return int(whole) * 10**places
    return int(whole + rest.ljust(places, "0")) if len(rest) <= places else None


def read_day(text: str) -> date:
    """Return the day "2026-10-31"; ValueError for any other form, a day that is none, or outside the calendar."""
    day = date.fromisoformat(text)
    if len(text) != 10 or text[4] != "-" or not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise ValueError(text)
    return day


def decimals(number: Fraction) -> int:
    """Return how many decimal places a finite decimal needs; ValueError if it has no end."""
    rest, places = number.denominator, 0
    while rest > 1:
        if rest % 10 == 0:
            rest //= 10
        elif rest % 2 == 0 or rest % 5 == 0:
            rest //= 2 if rest % 2 == 0 else 5
        else:
            raise ValueError(number)
        places += 1
    return places


def decimal_text(value: Fraction, places: int | None = None) -> str:
    """Return a number as decimal text, cut at six places with … if it goes on; with `places`, exactly that many."""
    top, under = value.numerator, value.denominator
    if places is None:
        if under == 1:
            return str(top)
        places = next((n for n in range(7) if not 10**n % under), 6)
    whole, rest = divmod(abs(top) * 10**places, under)
    sign, digits = ("-" if top < 0 else ""), str(whole).rjust(places + 1, "0")
    text = sign + (digits[:-places] + "." + digits[-places:] if places else digits)
    return text + "…" if rest else text


def round_to(value: Fraction, per: int, mode: str) -> Fraction:
    """Round to 1/`per`: 四舍五入 half away from zero, 进 away from zero, 去尾 towards zero; symmetric about zero."""
    whole, rest = divmod(abs(value) * per, 1)
    if (mode == "四舍五入" and rest >= Fraction(1, 2)) or (mode == "进" and rest):
        whole += 1
    return Fraction(whole if value >= 0 else -whole, per)
