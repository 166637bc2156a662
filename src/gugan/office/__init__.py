"""Reads and writes office files; knows no room and has no models."""

from gugan.office.errors import WorkbookError
from gugan.office.guards import Limits
from gugan.office.workbook import Cell, Merge, Sheet, Workbook, load, read

__all__ = ["Cell", "Limits", "Merge", "Sheet", "Workbook", "WorkbookError", "load", "read"]
