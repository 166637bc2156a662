"""Reads one cell as a date, a number, a code, a yes or no: every spelling offices use, exactly, or says why not."""

from __future__ import annotations

import calendar
import re
import unicodedata
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from gugan.office import Cell
from gugan.policy.catalogue import CodeTable

BLANKS = frozenset(
    (
        "",
        "无",
        "/",
        "\\",
        "-",
        "--",
        "—",
        "——",
        "–",
        "－",
        "暂无",
        "没有",
        "无此项",
        "未取得",
        "未持证",
        "不适用",
        "N/A",
        "NA",
        "空",
    )
)
YES = frozenset(("是", "有", "√", "✓", "对", "Y", "YES", "TRUE", "1", "已聘", "聘任", "已聘任", "已"))
NO = frozenset(
    (
        "否",
        "无",
        "没有",
        "×",
        "✗",
        "X",
        "N",
        "NO",
        "FALSE",
        "0",
        "未聘",
        "未聘任",
        "不聘",
        "未",
        "/",
        "—",
        "-",
    )
)
DAY_IN_WORDS = re.compile(r"(\d{4})[-/.年](\d{1,2})(?:[-/.月](\d{1,2})日?|月)?")
EIGHT = re.compile(r"(\d{4})(\d{2})(\d{2})")
SIX = re.compile(r"(\d{4})(\d{2})")
YEAR = re.compile(r"(\d{4})年?")
MOMENT = re.compile(r"[T ]\d{1,2}:\d{2}(:\d{2}(\.\d+)?)?$")
EXCEL_EPOCH = date(1899, 12, 30)
SERIALS = (Decimal(3654), Decimal(73051))  # 1910-01-01 to 2100-01-01
FIRST_YEAR, LAST_YEAR = 1910, 2100
NOISE = Decimal("0.000001")
UNITS = re.compile(r"(人民币|[¥￥$元圆级次个月年天日岁,，\s])")


@dataclass(frozen=True)
class Taken:
    """What a cell says: `value` canonical (None: it says nothing); `note` is "month" where only a month was written."""

    value: str | int | bool | None
    note: str = ""


class Unreadable(ValueError):
    """Why a cell cannot be read: code of the sheets' catalogue and the words for its message."""

    def __init__(self, code: str, **words: Any) -> None:
        self.code, self.words = code, words
        super().__init__(code)


NOTHING = Taken(None)


def plain(text: str) -> str:
    """Half-width, without any white space: for everything but names."""
    return re.sub(r"\s+", "", unicodedata.normalize("NFKC", text))


def is_blank(cell: Cell) -> bool:
    """Whether the cell says nothing: empty, or one of the marks offices write for "none"."""
    return cell.kind == "empty" or (cell.kind == "text" and plain(cell.text).upper() in BLANKS)


def read_date(cell: Cell, last_of_month: bool = False) -> Taken:
    """Read a date in any office spelling; a month alone becomes its first (or last) day with the note "month"."""
    if is_blank(cell):
        return NOTHING
    if cell.kind == "date":
        return Taken(in_range(cell.value).isoformat())
    if cell.kind == "number":
        return read_date_number(cell.value, last_of_month)
    text = MOMENT.sub("", unicodedata.normalize("NFKC", cell.text).strip())
    text = re.sub(r"\s+", "", text).replace("。", ".").replace("、", ".").rstrip(".")
    if found := DAY_IN_WORDS.fullmatch(text) or EIGHT.fullmatch(text) or SIX.fullmatch(text):
        return day_of(*found.groups(), last_of_month=last_of_month)
    if YEAR.fullmatch(text):
        raise Unreadable("S301", why="只有年份，没有月和日。")
    if re.fullmatch(r"\d{5}", text):
        return read_date_number(Decimal(text), last_of_month)
    raise Unreadable("S301", why="是文字，不是日期。" if not re.search(r"\d", text) else "认不出年月日。")


def read_date_number(number: Decimal, last_of_month: bool) -> Taken:
    """A date typed as a number: a serial of Excel, 20170219, 201702 or 2018.01."""
    text = format(number, "f")
    whole = number == number.to_integral_value()
    text = str(int(number)) if whole else text
    if whole and (found := EIGHT.fullmatch(text) or SIX.fullmatch(text)):
        return day_of(*found.groups(), last_of_month=last_of_month)
    if SERIALS[0] <= number < SERIALS[1]:
        return Taken((EXCEL_EPOCH + timedelta(days=int(number))).isoformat())
    if found := re.fullmatch(r"(\d{4})\.(\d{2})", text):
        return day_of(*found.groups(), last_of_month=last_of_month)
    if re.fullmatch(r"\d{4}\.1", text):
        raise Unreadable("S301", why=f"格子存成了数字，{text} 可能是 1 月，也可能是 10 月。")
    if re.fullmatch(r"\d{4}\.\d", text):
        return day_of(*text.split("."), last_of_month=last_of_month)
    raise Unreadable("S301", why="只有年份，没有月和日。" if YEAR.fullmatch(text) else "这个数字不是日期。")


def day_of(year: str, month: str, day: str | None = None, *, last_of_month: bool = False) -> Taken:
    """Make the date, or say which part is impossible."""
    y, m = int(year), int(month)
    if not 1 <= m <= 12:
        raise Unreadable("S301", why=f"没有 {m} 月。")
    if not FIRST_YEAR <= y < LAST_YEAR:
        raise Unreadable("S301", why=f"年份 {y} 不对。")
    last = calendar.monthrange(y, m)[1]
    if day is None:
        return Taken(date(y, m, last if last_of_month else 1).isoformat(), "month")
    if not 1 <= int(day) <= last:
        raise Unreadable("S301", why=f"{y} 年 {m} 月没有 {int(day)} 日。")
    return Taken(date(y, m, int(day)).isoformat())


def in_range(day: date) -> date:
    """The day, if its year can be meant."""
    if not FIRST_YEAR <= day.year < LAST_YEAR:
        raise Unreadable("S301", why=f"年份 {day.year} 不对。")
    return day


def read_decimal(cell: Cell) -> Decimal | None:
    """Read a number exactly; text may carry 元, ￥, thousands separators and units."""
    if is_blank(cell):
        return None
    if cell.kind == "number":
        return cell.value
    text = UNITS.sub("", unicodedata.normalize("NFKC", cell.text))
    if not re.fullmatch(r"[-+]?(\d+(\.\d*)?|\.\d+)", text):
        raise Unreadable("S304", why="这是文字。" if cell.kind == "text" else "这不是数。")
    try:
        return Decimal(text)
    except InvalidOperation as error:
        raise Unreadable("S304", why="这是文字。") from error


def read_money(cell: Cell) -> Taken:
    """Read yuan exactly: "66263.94", always two decimals; a third decimal is refused unless it is a float's noise."""
    number = read_decimal(cell)
    if number is None:
        return NOTHING
    cents = number.quantize(Decimal("0.01"))
    if abs(number - cents) > NOISE:
        raise Unreadable("S304", why=f"{number.normalize():f} 多于两位小数。")
    return Taken(format(cents if cents else Decimal("0.00"), "f"))


def read_number(cell: Cell) -> Taken:
    """Read a number without a unit of money: an int where it is whole, else text."""
    number = read_decimal(cell)
    if number is None:
        return NOTHING
    return Taken(int(number) if number == number.to_integral_value() else format(number.normalize(), "f"))


def read_bool(cell: Cell) -> Taken:
    """Read a yes or no."""
    if cell.kind == "empty":
        return NOTHING
    if cell.kind == "bool":
        return Taken(bool(cell.value))
    text = plain(cell.text).upper()
    if text in YES or text in NO:
        return Taken(text in YES)
    raise Unreadable("S310")


def read_code(cell: Cell, table: CodeTable) -> Taken:
    """Read a label, code or office spelling of a code table; the marks for "none" only where the table does not know them."""
    if cell.kind == "empty":
        return NOTHING
    text = plain(cell.text)
    for spelling in dict.fromkeys(
        (cell.text.strip(), text, text.replace("(", "（").replace(")", "）"), re.sub(r"\(.*?\)$", "", text))
    ):
        label = table.read(spelling)
        if label is not None:
            return Taken(label)
    if text.upper() in BLANKS:
        return NOTHING
    raise Unreadable("S303", hint=nearest(text, table.labels))


def nearest(text: str, labels: tuple[str, ...]) -> str:
    """Say which labels there are, or which one is near."""
    near = [label for label in labels if text and (text in label or label in text)]
    if near:
        return "是否“" + "”或“".join(near[:3]) + "”？"
    if len(labels) <= 12:
        return "可以填：" + "、".join(labels) + "。"
    return "请填规范的名称。"


def read_year(cell: Cell) -> Taken:
    """Read a year."""
    number = read_decimal(cell)
    if number is None:
        return NOTHING
    if number != number.to_integral_value() or not FIRST_YEAR <= number < LAST_YEAR:
        raise Unreadable("S304", why="不是四位年份。")
    return Taken(int(number))


def read_name(cell: Cell) -> str:
    """A person's name: rare characters untouched, spaces out (kept between Latin letters), any middle dot as ·."""
    text = re.sub(r"[•・‧∙⋅．]", "·", cell.text.strip())
    text = re.sub(r"(?<![A-Za-z])[\s\u3000]+|[\s\u3000]+(?![A-Za-z])", "", text)
    return text.strip("·*")


def read_text(cell: Cell) -> Taken:
    """A free text, trimmed; None where it says nothing."""
    return NOTHING if is_blank(cell) else Taken(re.sub(r"\s+", " ", cell.text.strip()))


def read_digits(cell: Cell, name: str) -> str:
    """A long number kept as text: half-width, upper case, no spaces; refuses one stored as a number with digits lost."""
    if cell.kind == "number" and abs(cell.value) >= Decimal(10) ** 15:
        raise Unreadable("S307", name=name)
    return re.sub(r"[\s'‘’\"=\-]", "", unicodedata.normalize("NFKC", cell.text)).upper()


def read_phone(cell: Cell) -> Taken:
    """A mobile or landline number; S306 where it has another shape."""
    if is_blank(cell):
        return NOTHING
    text = read_digits(cell, "联系电话")
    text = re.sub(r"^(\+?86)(?=1\d{10}$)", "", text)
    if re.fullmatch(r"1\d{10}", text) or re.fullmatch(r"0\d{9,11}", text) or re.fullmatch(r"[2-8]\d{6,7}", text):
        return Taken(text)
    raise Unreadable("S306")


def read_account(cell: Cell) -> Taken:
    """A bank account of 12 to 19 digits."""
    if is_blank(cell):
        return NOTHING
    text = read_digits(cell, "账号")
    if re.fullmatch(r"\d{12,19}", text):
        return Taken(text)
    raise Unreadable("S309")
