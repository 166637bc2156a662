"""Reads a workbook of any office format into plain rows of cells: xlsx, xls, xlsb, ods through calamine, and csv."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

import python_calamine as calamine

from gugan.office import guards
from gugan.office.errors import WorkbookError
from gugan.office.guards import Limits

ENCODINGS = ("utf-8-sig", "gb18030")
DELIMITERS = ",\t;，"
ERROR_CELLS = ("#N/A", "#REF!", "#VALUE!", "#NAME?", "#DIV/0!", "#NUM!", "#NULL!")


class Cell(NamedTuple):
    """One cell: its value and the kind of value: text, number (a Decimal of at most 15 digits), date, bool, error or empty."""

    value: Any
    kind: str

    @property
    def text(self) -> str:
        """The value as text, as a person would see it: whole numbers without a point, dates as 2026-10-31."""
        if self.kind == "number":
            number = self.value
            return format(number.quantize(1) if number == number.to_integral_value() else number.normalize(), "f")
        if self.kind == "bool":
            return "是" if self.value else "否"
        return "" if self.value is None else str(self.value).strip()


EMPTY = Cell(None, "empty")


class Merge(NamedTuple):
    """A merged area, all four sides inclusive, counted from 0."""

    top: int
    left: int
    bottom: int
    right: int


@dataclass(frozen=True)
class Sheet:
    """One sheet: rows from row 1 on, counted from 0 here."""

    name: str
    rows: list[list[Cell]]
    merged: tuple[Merge, ...] = ()
    visible: bool = True

    @cached_property
    def width(self) -> int:
        """The number of columns of the widest row."""
        return max((len(row) for row in self.rows), default=0)

    @cached_property
    def covered(self) -> dict[tuple[int, int], Merge]:
        """Each cell that lies in a merged area, but its first, to that area."""
        return {
            (row, column): area
            for area in self.merged
            for row in range(area.top, min(area.bottom, len(self.rows) - 1) + 1)
            for column in range(area.left, min(area.right, self.width - 1) + 1)
            if (row, column) != (area.top, area.left)
        }

    def cell(self, row: int, column: int) -> Cell:
        """The cell itself; EMPTY outside the sheet."""
        if 0 <= row < len(self.rows) and 0 <= column < len(self.rows[row]):
            return self.rows[row][column]
        return EMPTY

    def shown(self, row: int, column: int) -> Cell:
        """The cell a reader sees at this place: the first cell of the merged area it lies in."""
        area = self.covered.get((row, column))
        return self.cell(area.top, area.left) if area else self.cell(row, column)


@dataclass(frozen=True)
class Workbook:
    """A file read whole."""

    name: str
    sheets: list[Sheet] = field(default_factory=list)


def read(source: str | Path | bytes, name: str | None = None, limits: Limits | None = None) -> Workbook:
    """Read a workbook from a path or from bytes (then `name` is the file's name); raise WorkbookError if it is none."""
    limits = limits or Limits()
    if isinstance(source, bytes):
        name, data = name or "这份文件", source
    else:
        name, data = name or Path(source).name, load(Path(source), limits)
    kind = guards.check(data, name, limits)
    sheets = read_text(data, name) if kind == "text" else read_book(data, name, limits)
    if not any(cell.kind != "empty" for sheet in sheets for row in sheet.rows for cell in row):
        raise WorkbookError("F105", name=name, sheets=len(sheets))
    return Workbook(name, sheets)


def load(path: Path, limits: Limits) -> bytes:
    """Read a file's bytes, unless it is missing or larger than allowed."""
    try:
        size = path.stat().st_size
        if size > limits.packed:
            raise WorkbookError(
                "F106", name=path.name, found=guards.megabytes(size), limit=guards.megabytes(limits.packed)
            )
        return path.read_bytes()
    except FileNotFoundError as error:
        raise WorkbookError("F101", name=str(path)) from error
    except OSError as error:
        found = "这是一个文件夹" if path.is_dir() else error.strerror
        raise WorkbookError("F108", name=path.name, found=found) from error


def read_book(data: bytes, name: str, limits: Limits) -> list[Sheet]:
    """Read every worksheet through calamine."""
    try:
        book = calamine.CalamineWorkbook.from_filelike(io.BytesIO(data))
        return [
            read_sheet(book, about, name, limits)
            for about in book.sheets_metadata
            if about.typ == calamine.SheetTypeEnum.WorkSheet
        ]
    except calamine.PasswordError as error:
        raise WorkbookError("F104", name=name) from error
    except calamine.CalamineError as error:
        raise WorkbookError("F107", name=name, found=type(error).__name__) from error
    except BaseException as error:
        # a panic inside the reader arrives as an exception outside the Exception tree
        if type(error).__name__ != "PanicException":
            raise
        raise WorkbookError("F107", name=name, found="读取时出错") from error


def read_sheet(book: calamine.CalamineWorkbook, about: calamine.SheetMetadata, name: str, limits: Limits) -> Sheet:
    """Read one worksheet, rows from row 1."""
    sheet = book.get_sheet_by_name(about.name)
    size = sheet.total_height * sheet.total_width
    if size > limits.cells:
        raise WorkbookError("F106", name=name, found=f"“{about.name}”铺开有 {size:,} 格", limit=f"{limits.cells:,} 格")
    rows = [[cell_of(value) for value in row] for row in sheet.to_python(skip_empty_area=False)]
    merged = tuple(Merge(*first, *last) for first, last in sorted(sheet.merged_cell_ranges or ()))
    return Sheet(about.name, rows, merged, about.visible == calamine.SheetVisibleEnum.Visible)


def cell_of(value: object) -> Cell:
    """Turn calamine's value into a Cell. Excel keeps 15 digits of a number; what a float shows beyond is noise."""
    if value is None or value == "":
        return EMPTY
    if isinstance(value, str):
        if value in ERROR_CELLS:
            return Cell(value, "error")
        return Cell(value, "text") if value.strip() else EMPTY
    if isinstance(value, bool):
        return Cell(value, "bool")
    if isinstance(value, float | int):
        return Cell(Decimal(format(value, ".15g")), "number")
    if isinstance(value, datetime):
        return Cell(value.date(), "date")
    if isinstance(value, date):
        return Cell(value, "date")
    if isinstance(value, time | timedelta):
        return Cell(str(value), "text")
    return Cell(str(value), "text")


def read_text(data: bytes, name: str) -> list[Sheet]:
    """Read a csv in UTF-8, UTF-16 or GB18030, with commas, tabs or semicolons."""
    text = decode(data, name)
    head = text[:4096]
    delimiter = max(DELIMITERS, key=lambda mark: (head.count(mark), mark == ","))
    table = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        rows = [[Cell(value.strip(), "text") if value.strip() else EMPTY for value in row] for row in table]
    except csv.Error as error:
        raise WorkbookError("F107", name=name, found="分隔的文字读到一半断了") from error
    return [Sheet(Path(name).stem, rows)]


def decode(data: bytes, name: str) -> str:
    """Turn a csv's bytes into text."""
    encodings = ("utf-16",) if data.startswith((b"\xff\xfe", b"\xfe\xff")) else ENCODINGS
    for encoding in encodings:
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise WorkbookError("F107", name=name, found="文字编码不是 UTF-8 也不是 GB18030")
