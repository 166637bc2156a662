"""How far out a sheet's cells lie, seen while its part of the file is unpacked: a reader builds the whole bounding box."""

from __future__ import annotations

import re
import struct
from xml.parsers import expat

A_CELL = re.compile(rb'<(?:\w+:)?c\s(?:[^>]*?\s)?r="([A-Z]{1,3})(\d{1,7})"[^>]*?(/?)>')
TAIL = 4096
ROW_HEADER, CELLS = 0, range(1, 12)


class Extent:
    """The bounding box of the cells that hold something; `look` is given the part's bytes piece by piece."""

    def __init__(self) -> None:
        self.last_row = self.last_column = 0

    @property
    def cells(self) -> int:
        """How many cells the bounding box has."""
        return self.last_row * self.last_column

    def look(self, piece: bytes) -> None:
        """Take note of the cells in one piece: none here."""


class SheetExtent(Extent):
    """A sheet of an .xlsx."""

    def __init__(self) -> None:
        super().__init__()
        self.tail = b""

    def look(self, piece: bytes) -> None:
        """Note the places that cells name; a cell cut in two is seen with the next piece."""
        for letters, row, closed in A_CELL.findall(self.tail + piece):
            if not closed:
                self.last_row = max(self.last_row, int(row))
                self.last_column = max(self.last_column, column_number(letters))
        self.tail = piece[-TAIL:]


class BinaryExtent(Extent):
    """A sheet of an .xlsb: records of a kind, a length and data, kind and length in seven bits a byte."""

    def __init__(self) -> None:
        super().__init__()
        self.rest = b""

    def look(self, piece: bytes) -> None:
        """Note rows, and columns of cells."""
        data, at = self.rest + piece, 0
        while True:
            kind, start = varint(data, at)
            length, start = varint(data, start)
            if start < 0 or start + min(length, 4) > len(data):
                break
            if length >= 4 and (kind == ROW_HEADER or kind in CELLS):
                (number,) = struct.unpack_from("<I", data, start)
                if kind == ROW_HEADER:
                    self.last_row = max(self.last_row, number + 1)
                else:
                    self.last_column = max(self.last_column, number + 1)
            if start + length > len(data):
                break
            at = start + length
        self.rest = data[at:]


class OdsExtent(Extent):
    """The sheets of an .ods, whose rows and cells may say that they are repeated."""

    def __init__(self) -> None:
        super().__init__()
        self.rows = self.row_repeat = self.columns = self.filled = 0
        self.parser = expat.ParserCreate()
        self.parser.StartElementHandler = self.start
        self.parser.EndElementHandler = self.end

    def look(self, piece: bytes) -> None:
        """Note rows and cells with something in them."""
        try:
            self.parser.Parse(piece, False)
        except expat.ExpatError as error:
            raise ValueError("not well-formed") from error

    def start(self, name: str, attributes: dict[str, str]) -> None:
        """A table, row or cell begins."""
        if name == "table:table":
            self.rows = 0
        elif name == "table:table-row":
            self.row_repeat = repeat(attributes, "rows")
            self.columns = self.filled = 0
        elif name in ("table:table-cell", "table:covered-table-cell"):
            self.columns += repeat(attributes, "columns")
            if "office:value-type" in attributes:
                self.filled = self.columns
        elif name == "text:p":
            self.filled = self.columns

    def end(self, name: str) -> None:
        """A row ends."""
        if name == "table:table-row":
            self.rows += self.row_repeat
            if self.filled:
                self.last_row = max(self.last_row, self.rows)
                self.last_column = max(self.last_column, self.filled)


def extent_of(part: str) -> Extent:
    """What watches one part of a workbook."""
    if part == "content.xml":
        return OdsExtent()
    if part.startswith("xl/") and part.lower().endswith(".xml"):
        return SheetExtent()
    return BinaryExtent() if part.startswith("xl/worksheets/") and part.lower().endswith(".bin") else Extent()


def repeat(attributes: dict[str, str], what: str) -> int:
    """How many times a row or cell stands."""
    text = attributes.get(f"table:number-{what}-repeated", "1")
    return int(text) if text.isdigit() else 1


def varint(data: bytes, at: int) -> tuple[int, int]:
    """A number of seven bits a byte and the place after it; (0, -1) where the data ends within."""
    number = 0
    for step in range(4):
        if at < 0 or at + step >= len(data):
            return 0, -1
        byte = data[at + step]
        number |= (byte & 0x7F) << (7 * step)
        if byte < 0x80:
            return number, at + step + 1
    return number, at + 4


def column_number(letters: bytes) -> int:
    """A → 1, Z → 26, AA → 27."""
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number
