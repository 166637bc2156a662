"""How a clause, its basis and an amount are written beside a rule."""

from __future__ import annotations

import re
from typing import Any

from django.utils.html import conditional_escape, format_html, format_html_join
from django.utils.safestring import SafeString

from gugan.policy.numbers import decimal_text, read_number
from gugan.policy.tree import basis_dict
from gugan.web.trees import pretty

_WORDS = re.compile(r"[\u4e00-\u9fff]{2,}")
_NUMBERS = re.compile(r"\d+(?:\.\d+)?%?")
_DIGITS = "〇一二三四五六七八九"


def underlaid(text: str, formula: str) -> SafeString:
    """Return a clause, escaped, with the words and numbers marked that its rule's formula uses."""
    words = [word for word in _WORDS.findall(formula) if word in text]
    for number in _NUMBERS.findall(formula):
        words += [number, *([_percent_word(number)] if number.endswith("%") else [])]
    if not words:
        return conditional_escape(text)
    found = "|".join(re.escape(word) for word in sorted(set(words), key=lambda word: (-len(word), word)))
    pieces = re.split(rf"((?<![\d.])(?:{found})(?![\d.%]))", text)
    marked = (format_html("<mark>{}</mark>", piece) if at % 2 else piece for at, piece in enumerate(pieces))
    return format_html_join("", "{}", ((piece,) for piece in marked))


def _percent_word(number: str) -> str:
    """ "70%" as documents write it: 百分之七十; only whole per cents below a hundred."""
    if not number[:-1].isdigit() or not 0 < int(number[:-1]) < 100:
        return number
    tens, ones = divmod(int(number[:-1]), 10)
    head = ("" if tens == 1 else _DIGITS[tens]) + "十" if tens else ""
    return "百分之" + head + (_DIGITS[ones] if ones else "")


def basis_of(block: Any, item: Any) -> dict[str, str]:
    """The basis of a block, or else of the rule or table it belongs to."""
    return basis_dict((block.basis if block else None) or item.basis)


def amount(text: str, unit: str) -> str:
    """A constant of money with two decimals and thousands; anything else as written."""
    number = read_number(text)
    if number is not None and unit == "元" and not text.endswith("%"):
        return pretty(decimal_text(number, 2))
    return text
