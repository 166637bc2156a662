"""Reads a roster, or a sheet of opening balances, from a workbook: every value in canonical form, every problem located.

Knows the catalogue and the division tree, not the ledger: comparing and posting are `services`.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from gugan.office import Sheet, Workbook
from gugan.policy import Catalogue
from gugan.sheets.checks import check_duplicates, only_duplicates
from gugan.sheets.headers import Header, find_header
from gugan.sheets.matching import Matcher, Remembered
from gugan.sheets.people import SheetReader
from gugan.sheets.places import Org, Places
from gugan.sheets.problems import in_order, letter, problem
from gugan.sheets.reading import Reading

__all__ = ["Reading", "Remembered", "read"]


def read(
    workbook: Workbook, catalogue: Catalogue, orgs: Iterable[Org], remembered: Remembered | None = None, *, today: date
) -> Reading:
    """Read every visible sheet that has people in it.

    `orgs` have `code` and `name`; `today` stands in for 填报时间 where the form has none. Never raises for what is in
    the workbook: everything wrong is in `Reading.problems`, and a row with an error is marked bad.
    """
    places = Places(orgs)
    matcher = Matcher(catalogue, places)
    reading = Reading(workbook.name)
    headers = {sheet.name: find_header(sheet, matcher.is_known) for sheet in workbook.sheets if has_data(sheet)}
    readers = []
    for sheet in workbook.sheets:
        header = headers.get(sheet.name)
        if header and sheet.visible:
            reader = SheetReader(sheet, header, matcher, places, today)
            readers += [reader] if reader.find_columns(remembered) else []
    for reader in readers:
        reader.read(reading)
    tell_other_sheets(reading, [sheet for sheet in workbook.sheets if sheet.name in headers], headers, readers)
    finish(reading, readers)
    return reading


def has_data(sheet: Sheet) -> bool:
    """Whether a sheet holds anything."""
    return any(cell.kind != "empty" for row in sheet.rows for cell in row)


def tell_other_sheets(
    reading: Reading, sheets: list[Sheet], headers: dict[str, Header | None], readers: list[SheetReader]
) -> None:
    """Say which sheets were not read, and why; an error where none was."""
    done = {reader.sheet.name for reader in readers}
    for sheet in sheets:
        header = headers[sheet.name]
        if sheet.name in done:
            continue
        if not sheet.visible:
            reading.problems.append(problem("S205", sheet.name, name=sheet.name))
        elif readers:
            reading.problems.append(problem("S208", sheet.name, name=sheet.name))
        elif header:
            reading.problems.append(problem("S202", sheet.name, header.bottom + 1, name="证件号码"))
        else:
            reading.problems.append(problem("S201", sheet.name, 1))
    if not readers and not reading.errors:
        reading.problems.append(problem("S201", reading.workbook))


def finish(reading: Reading, readers: list[SheetReader]) -> None:
    """What can only be seen over the whole file: numbers used twice, unknown place codes, no one at all."""
    numbers = {key: number for reader in readers for key, number in reader.numbers.items()}
    duplicates = check_duplicates(reading.rows, numbers)
    shared = {(each.sheet, each.row) for each in duplicates}
    reading.problems = only_duplicates(reading.problems, shared) + duplicates
    unknown = [number.text[:6] for number in numbers.values() if not number.place_known]
    if unknown:
        codes, first = "、".join(sorted(set(unknown))[:5]), readers[0]
        column = letter(first.columns["id"])
        reading.problems.append(problem("S325", first.sheet.name, 0, column, codes, count=len(unknown), codes=codes))
    if readers and not reading.rows:
        reading.problems.append(problem("S209", readers[0].sheet.name, readers[0].header.bottom + 1))
    bad = {(each.sheet, each.row) for each in reading.errors}
    for row in reading.rows:
        row.bad = row.bad or (row.sheet, row.row) in bad
    reading.problems = in_order(reading.problems)
