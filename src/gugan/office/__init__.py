"""Reads and writes office files; knows no room and has no models."""

from gugan.office.errors import WorkbookError
from gugan.office.workbook import Cell, Merge, Sheet, Workbook, read

__all__ = ["Cell", "Merge", "Sheet", "Workbook", "WorkbookError", "read"]
