"""Prints a workbook an office would print: title, units, one or two header rows, subtotals, signatures, exact money.

table = PrintedTable(
    title="蓬江区社区工作者工资表", notes=("单位：蓬江区", "2026年10月", "单位：元"),
    columns=[PrintColumn("name", "姓名", width=10), PrintColumn("net", "实发工资", group="实发", kind="money")],
    rows=[{"name": "孔嘉俊", "net": Decimal("4230.15"), "street": "白沙街道", "community": "羊桥社区"}],
    groups=("street", "community"), signatures=("制表", "复核", "审批", "领导签字"))
data = write([table], created=now)
"""

from __future__ import annotations

import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from itertools import groupby
from typing import Any

import xlsxwriter

KINDS = ("text", "money", "int", "date")
MOST_DIGITS = 15
FONT = "宋体"
BORDER, CENTRE = {"border": 1}, {"align": "center"}
BOLD_FILL = {"bold": True, "bg_color": "#F2F2F2"}
FORMATS: dict[str, dict[str, Any]] = {
    "title": {"bold": True, "font_size": 16} | CENTRE,
    "banner": {"bold": True, "font_color": "#8A5A00"} | CENTRE,
    "left": {"align": "left"},
    "centre": CENTRE,
    "right": {"align": "right"},
    "header": {"bold": True, "text_wrap": True} | CENTRE | BORDER,
    "text": {"num_format": "@", "text_wrap": True, "align": "left"} | BORDER,
    "money": {"num_format": "0.00"} | BORDER,
    "int": {"num_format": "0"} | CENTRE | BORDER,
    "date": {"num_format": "yyyy-mm-dd"} | CENTRE | BORDER,
    "sum_text": {"align": "left"} | BORDER | BOLD_FILL,
    "sum_money": {"num_format": "0.00"} | BORDER | BOLD_FILL,
    "sum_int": {"num_format": "0"} | CENTRE | BORDER | BOLD_FILL,
}


@dataclass(frozen=True)
class PrintColumn:
    """One printed column. `group` is the heading above it, shared by neighbours; money is summed unless `total` is False."""

    key: str
    header: str
    group: str | None = None
    kind: str = "text"
    width: float | None = None
    total: bool | None = None

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"unknown kind {self.kind!r} of column {self.key!r}")

    @property
    def summed(self) -> bool:
        """Whether subtotals show its sum."""
        return self.kind == "money" if self.total is None else self.total

    @property
    def chars(self) -> float:
        """Its width in characters."""
        return self.width or {"money": 11.5, "int": 6, "date": 11}.get(self.kind, 12)


@dataclass(frozen=True)
class PrintedTable:
    """A table to print. Rows are mappings by column key, sorted by the caller; a value may be missing or None.

    notes: up to three texts for the line under the title: left, centre, right. groups: keys in the rows, outermost
    first, whose value changes end a group and print its subtotal. signatures: words of the line at the end.
    banner: a line printed under the title and at the head of each page (示例). numbered: a first column 序号.
    """

    title: str
    columns: Sequence[PrintColumn]
    rows: Sequence[Mapping[str, Any]]
    notes: Sequence[str] = ()
    groups: Sequence[str] = ()
    signatures: Sequence[str] = ("制表", "复核", "审批", "领导签字")
    banner: str = ""
    numbered: bool = True
    freeze: int = 0
    sheet: str = ""
    people: str = "人"
    tail: Sequence[str] = field(default=())
    """Remarks under the table, one line each."""


def write(tables: Sequence[PrintedTable], created: datetime) -> bytes:
    """Print each table on a sheet of its own; the same tables and moment give the same bytes."""
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    book.set_properties({"title": tables[0].title, "created": created.replace(tzinfo=None)})
    base = {"font_name": FONT, "font_size": 10, "valign": "vcenter"}
    formats = {name: book.add_format(base | spec) for name, spec in FORMATS.items()}
    for table in tables:
        Printer(book.add_worksheet(sheet_name(table.sheet or table.title)), formats, table).print()
    book.close()
    return out.getvalue()


def sheet_name(text: str) -> str:
    """A name that Excel accepts for a sheet."""
    return re.sub(r"[\[\]:*?/\\]", "", text).strip("'")[:31] or "表"


class Printer:
    """Prints one table on one sheet, top to bottom."""

    def __init__(self, sheet, formats: dict[str, Any], table: PrintedTable) -> None:
        self.sheet, self.formats, self.table = sheet, formats, table
        number = PrintColumn("", "序号", kind="int", width=5, total=False)
        self.columns = [number] * table.numbered + list(table.columns)
        self.last = len(self.columns) - 1
        self.row = 0

    def print(self) -> None:
        """Print everything."""
        self.print_title()
        self.print_header()
        self.print_body(self.table.rows, self.table.groups)
        self.print_sum(f"合计 {len(self.table.rows)} {self.table.people}", self.table.rows)
        self.print_end()
        self.set_page()

    def span(self, row: int, first: int, last: int, text: str, look: str) -> None:
        """Write a text over some cells of a row, merged where there is more than one."""
        if last > first:
            self.sheet.merge_range(row, first, row, last, "", self.formats[look])
        self.sheet.write_string(row, first, text, self.formats[look])

    def print_title(self) -> None:
        """Title, banner, and the line of units and dates."""
        self.span(0, 0, self.last, self.table.title, "title")
        self.sheet.set_row(0, 28)
        self.row = 1
        if self.table.banner:
            self.span(self.row, 0, self.last, self.table.banner, "banner")
            self.row += 1
        if self.table.notes:
            for part, (text, look) in enumerate(zip(self.table.notes, ("left", "centre", "right"), strict=False)):
                first, last = self.share(part, len(self.table.notes))
                if first <= last:
                    self.span(self.row, first, last, text, look)
            self.row += 1

    def share(self, part: int, parts: int) -> tuple[int, int]:
        """The cells of one of several equal parts of a row."""
        size = (self.last + 1) / parts
        return round(part * size), round((part + 1) * size) - 1

    def print_header(self) -> None:
        """One header row, or two where columns have groups."""
        self.header_top = self.row
        two = any(column.group for column in self.columns)
        look = self.formats["header"]
        for (group, _), cells in groupby(
            enumerate(self.columns), key=lambda each: (each[1].group, each[1].group or each[0])
        ):
            indexes = [index for index, _ in cells]
            if group:
                self.span(self.row, indexes[0], indexes[-1], group, "header")
            for index in indexes:
                name = self.columns[index].header
                if two and not group:
                    self.sheet.merge_range(self.row, index, self.row + 1, index, "", look)
                self.sheet.write_string(self.row + 1 if two and group else self.row, index, name, look)
        self.header_bottom = self.row + two
        self.sheet.set_row(self.header_bottom, 30)
        self.row = self.header_bottom + 1
        self.number = 0

    def print_body(self, rows: Sequence[Mapping[str, Any]], groups: Sequence[str]) -> None:
        """Rows with the subtotal of each group after its last row."""
        if not groups:
            for row in rows:
                self.print_row(row)
            return
        for name, members in groupby(rows, key=lambda row: row.get(groups[0])):
            inside = list(members)
            self.print_body(inside, groups[1:])
            self.print_sum(f"{name or ''} 小计 {len(inside)} {self.table.people}".strip(), inside)

    def print_row(self, row: Mapping[str, Any]) -> None:
        """One row."""
        self.number += 1
        for index, column in enumerate(self.columns):
            value = self.number if self.table.numbered and index == 0 else row.get(column.key)
            self.write(index, column.kind, value)
        self.row += 1

    def write(self, index: int, kind: str, value: Any, look: str | None = None) -> None:
        """One cell: text always as text, so that no text is taken for a formula; money exactly."""
        style = self.formats[look or kind]
        if value is None or value == "":
            self.sheet.write_blank(self.row, index, None, style)
        elif kind in ("money", "int"):
            self.sheet.write_number(self.row, index, exact(value, kind), style)
        elif kind == "date":
            day = date.fromisoformat(value) if isinstance(value, str) else value
            self.sheet.write_datetime(self.row, index, day, style)
        else:
            self.sheet.write_string(self.row, index, clean(str(value)), style)

    def print_sum(self, label: str, rows: Sequence[Mapping[str, Any]]) -> None:
        """A row of sums, its label over the cells before the first sum."""
        summed = [index for index, column in enumerate(self.columns) if column.summed]
        first = summed[0] if summed else self.last + 1
        if first:
            self.span(self.row, 0, first - 1, label, "sum_text")
        for index in range(first, self.last + 1):
            column = self.columns[index]
            value = sum_of(rows, column) if column.summed else None
            self.write(
                index,
                column.kind if column.summed else "text",
                value,
                "sum_int" if column.kind == "int" else "sum_money",
            )
        self.row += 1

    def print_end(self) -> None:
        """Remarks and the line for signatures."""
        for text in self.table.tail:
            self.span(self.row, 0, self.last, text, "left")
            self.row += 1
        self.row += 1
        for part, text in enumerate(self.table.signatures):
            first, last = self.share(part, len(self.table.signatures))
            if first <= last:
                self.span(self.row, first, last, f"{text}：", "left")

    def set_page(self) -> None:
        """A4 across, as wide as the paper, the header rows on every page."""
        sheet = self.sheet
        sheet.set_landscape()
        sheet.set_paper(9)
        sheet.fit_to_pages(1, 0)
        sheet.set_margins(left=0.4, right=0.4, top=0.7, bottom=0.6)
        sheet.repeat_rows(self.header_top, self.header_bottom)
        sheet.freeze_panes(self.header_bottom + 1, self.table.freeze)
        sheet.print_area(0, 0, self.row, self.last)
        if self.table.banner:
            sheet.set_header("&C" + self.table.banner.replace("&", "&&"))
        sheet.set_footer("&C第 &P 页，共 &N 页")
        for index, column in enumerate(self.columns):
            sheet.set_column(index, index, column.chars)


def exact(value: Any, kind: str) -> Decimal | int:
    """The number as it must stand in the cell; refuses a float, and more digits than Excel keeps."""
    if isinstance(value, float):
        raise TypeError("money and counts are never floats")
    number = Decimal(value)
    if kind == "money" and number != number.quantize(Decimal("0.01")):
        raise ValueError(f"{number} yuan has parts of a fen")
    if len(number.normalize().as_tuple().digits) > MOST_DIGITS:
        raise ValueError(f"{number} has more digits than a workbook keeps")
    return int(number) if number == number.to_integral_value() else number


def sum_of(rows: Sequence[Mapping[str, Any]], column: PrintColumn) -> Decimal:
    """The exact sum of a column."""
    return sum((Decimal(row[column.key]) for row in rows if row.get(column.key) not in (None, "")), Decimal(0))


def clean(text: str) -> str:
    """A text without the control characters that XML cannot hold, as long as a cell may be."""
    return re.sub(r"[\x00-\x08\x0b\x0c\x0e-\x1f]", "", text)[:32767]
