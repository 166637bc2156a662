"""Citizen identification numbers (GB 11643-1999): form, birth date and check digit; no table of places.

The worse error is to call a valid number invalid: somebody would not be paid. So the place code is not judged.

>>> read("440799197407105191").sex
'男性'
>>> read("440799740710519").number
'440799197407105191'
>>> read("440799197407105192")
Traceback (most recent call last):
gugan.records.idnumber.IdNumberError: 校验码不对：最后一位应是 1，请核对原件
"""

from __future__ import annotations

import re
from datetime import date
from typing import NamedTuple

WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
DIGITS = "10X98765432"


class IdNumberError(ValueError):
    """Not a citizen identification number; says why in Chinese, without the number."""


class IdNumber(NamedTuple):
    """A valid number in 18 characters, and the birth date and sex it states."""

    number: str
    born_on: date
    sex: str


def check_digit(first17: str) -> str:
    """Return the 18th character that belongs to 17 digits."""
    return DIGITS[sum(int(digit) * weight for digit, weight in zip(first17, WEIGHTS, strict=True)) % 11]


def read(text: str) -> IdNumber:
    """Return the number in `text`: 18 characters, or the 15 digits of the old form, made 18. IdNumberError otherwise."""
    number = text.strip().upper()
    old = re.fullmatch(r"[0-9]{15}", number) is not None
    if old:
        number = number[:6] + "19" + number[6:]
        number += check_digit(number)
    if not re.fullmatch(r"[0-9]{17}[0-9X]", number):
        raise IdNumberError(f"应是 18 位数字（末位可为 X），这里有 {len(number)} 位")
    try:
        born_on = date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        raise IdNumberError("第 7–14 位不是真实的日期，请核对原件") from None
    if check_digit(number[:17]) != number[17]:
        raise IdNumberError(f"校验码不对：最后一位应是 {check_digit(number[:17])}，请核对原件")
    return IdNumber(number, born_on, "男性" if int(number[16]) % 2 else "女性")
