"""Checks the facts of an entry against the catalogue: names, types, code labels, ranges, dates, ID numbers."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Collection, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from gugan.policy import Fact, Kind
from gugan.records import idnumber
from gugan.records.entries import FROM, ID_PATH, TO

NUMBER = re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,4})?")
MONTH = re.compile(r"[0-9]{4}-(0[1-9]|1[0-2])")
DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
YEARS = range(1900, 2200)
MUST_HAVE_KEY = ("代码", "年", "月份")
TEXT_LIMIT = 500


class Refused(Exception):
    """A value that a fact does not take; the message never holds a sealed value."""


def check(kind: Kind, facts: Mapping[str, Any], orgs: Collection[str]) -> tuple[dict[str, Any], list[tuple[str, str]]]:
    """Return (clean facts, [(fact, message)]): canonical values without absent ones, and everything that is wrong.

    orgs: the codes that exist, those posted together included.
    """
    clean: dict[str, Any] = {}
    problems = []
    for name, value in facts.items():
        fact = kind.facts.get(name)
        if fact is None:
            problems.append((name, unknown(name, kind.facts, "事实")))
        elif value is not None:
            try:
                clean[name] = read(fact, value, orgs)
            except Refused as refusal:
                problems.append((name, str(refusal)))
    if not problems and not clean:
        problems.append(("", "没有任何事实；要撤销一条记录请用撤销"))
    if kind.key and kind.key not in facts and kind.facts[kind.key].type in MUST_HAVE_KEY:
        problems.append((kind.key, f"缺“{kind.key}”，分不清说的是哪一项"))
    if clean.get(FROM) and clean.get(TO) and clean[TO] < clean[FROM]:
        problems.append((TO, f"止 {clean[TO]} 早于起 {clean[FROM]}"))
    return clean, problems


def read(fact: Fact, value: Any, orgs: Collection[str]) -> Any:
    """Return the canonical form of `value` for `fact`; Refused says in Chinese why not."""
    if isinstance(value, float):
        raise Refused('小数须写成文本，如 "66263.94"')
    if fact.path == ID_PATH:
        return _id_number(value)
    if fact.type == "机构":
        if value not in orgs:
            raise Refused(f"没有代码为“{value}”的机构")
        return value
    return READERS[fact.type](fact, value)


def _text(fact: Fact, value: Any) -> str:
    if not isinstance(value, str) or not value.strip():
        raise Refused("应是文字")
    text = value.strip()
    if len(text) > TEXT_LIMIT or any(ord(char) < 32 and char not in "\n\t" for char in text):
        raise Refused(f"文字过长（至多 {TEXT_LIMIT} 字）或含有控制字符")
    return text


def _code(fact: Fact, value: Any) -> str:
    labels = fact.table.labels if fact.table else ()
    if value in labels:
        return str(value)
    meant = fact.table.read(value) if fact.table and isinstance(value, str) else None
    if meant:
        raise Refused(f"“{value}”请写作“{meant}”")
    raise Refused(unknown(str(value), labels, f"代码表“{fact.table.name if fact.table else ''}”的说法"))


def _number(fact: Fact, value: Any) -> str | int:
    text = str(value)
    if isinstance(value, bool) or not isinstance(value, str | int) or not NUMBER.fullmatch(text):
        raise Refused("应是数，如 66263.94")
    number = Decimal(text)
    if fact.unit == "元" and number != round(number, 2):
        raise Refused("金额至多两位小数")
    if (fact.low is not None and number < fact.low) or (fact.high is not None and number > fact.high):
        raise Refused(f"{text} 不在 {fact.low} 至 {fact.high} {fact.unit} 之间")
    return value


def _day(fact: Fact, value: Any) -> str:
    if not isinstance(value, str) or not DAY.fullmatch(value):
        raise Refused("日期应写作 2026-10-31")
    try:
        year = date.fromisoformat(value).year
    except ValueError:
        raise Refused(f"没有 {value} 这一天") from None
    if year not in YEARS:
        raise Refused(f"{value} 的年份不合理")
    return value


def _month(fact: Fact, value: Any) -> str:
    if not isinstance(value, str) or not MONTH.fullmatch(value):
        raise Refused("月份应写作 2026-10")
    return value


def _year(fact: Fact, value: Any) -> str:
    text = str(value)
    if isinstance(value, bool) or not text.isascii() or not text.isdigit() or int(text) not in YEARS:
        raise Refused("年度应写作 2025")
    return text


def _yes_no(fact: Fact, value: Any) -> bool:
    if not isinstance(value, bool):
        raise Refused("应是 true 或 false")
    return value


def _id_number(value: Any) -> str:
    if not isinstance(value, str):
        raise Refused("证件号码应是文字")
    try:
        return idnumber.read(value).number
    except idnumber.IdNumberError as error:
        raise Refused(str(error)) from None


def unknown(name: str, known: Collection[str], what: str) -> str:
    near = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
    return f"没有“{name}”这个{what}" + (f"；是否“{near[0]}”？" if near else "")


READERS: dict[str, Callable[[Fact, Any], Any]] = {
    "文": _text, "代码": _code, "数": _number, "日期": _day, "月份": _month, "年": _year, "是否": _yes_no,
}  # fmt: skip
