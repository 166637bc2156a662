"""The citizen's identification number (GB 11643): its check digit, its birth date and sex, and the older 15 digits.

A wrong place code is never an error: codes of abolished counties live on in people's numbers.

>>> check_digit("44079919770721049")
'5'
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import Any

from gugan.records.idnumber import check_digit

SHAPE = re.compile(r"\d{17}[\dX]")
OLD_SHAPE = re.compile(r"\d{15}")
PROVINCES = frozenset(
    f"{area}{digit}"
    for area, digits in (
        ("1", "12345"),
        ("2", "123"),
        ("3", "1234567"),
        ("4", "123456"),
        ("5", "01234"),
        ("6", "12345"),
    )
    for digit in digits
) | {"71", "81", "82", "83", "91"}


@dataclass(frozen=True)
class IDNumber:
    """A number that holds together."""

    text: str
    upgraded: bool = False

    @property
    def birth(self) -> date:
        """The birth date in it."""
        return date(int(self.text[6:10]), int(self.text[10:12]), int(self.text[12:14]))

    @property
    def sex(self) -> str:
        """男 for an odd 17th digit, 女 for an even one."""
        return "男" if int(self.text[16]) % 2 else "女"

    @property
    def place_known(self) -> bool:
        """Whether its place code could have been assigned: a known province, and no county 00 or 99."""
        return self.text[:2] in PROVINCES and self.text[4:6] not in ("00", "99")


class IDProblem(ValueError):
    """Why a text is no ID number: code of the sheets' catalogue and the words for its message."""

    def __init__(self, code: str, **words: Any) -> None:
        self.code, self.words = code, words
        super().__init__(code)


def read(text: str, today: date) -> IDNumber:
    """Read a number already in half-width upper case without spaces; raise IDProblem (S321, S322, S323)."""
    upgraded = bool(OLD_SHAPE.fullmatch(text))
    if upgraded:
        text = text[:6] + "19" + text[6:]
        text += check_digit(text)
    if not SHAPE.fullmatch(text):
        raise IDProblem("S322", length=len(text))
    birth = text[6:14]
    try:
        born = date(int(birth[:4]), int(birth[4:6]), int(birth[6:]))
        if not date(1900, 1, 1) <= born <= today:
            raise ValueError
    except ValueError as error:
        raise IDProblem("S323", birth=birth) from error
    expected = check_digit(text[:17])
    if text[17] != expected:
        raise IDProblem("S321", expected=expected)
    return IDNumber(text, upgraded)
