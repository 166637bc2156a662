"""Workbooks made in the test, the national catalogue, the division tree of 蓬江区 and the three files of the demo."""

import csv
import io
import json
from datetime import date
from pathlib import Path

import pytest
import xlsxwriter

from gugan import office, policy
from gugan.records.models import Org
from gugan.sheets import idnumber, roster

ROOT = Path(__file__).resolve().parents[2]
DEMO = ROOT / "data" / "demo"
TODAY = date(2026, 10, 31)


@pytest.fixture(scope="session")
def catalogue():
    return policy.load("00", ROOT / "policies").catalogue


@pytest.fixture(scope="session")
def orgs():
    found = {"440703": Org(code="440703", name="蓬江区")}
    with open(DEMO / "pengjiang_440703.csv", encoding="utf-8-sig", newline="") as file:
        for row in csv.DictReader(file):
            found[row["street_code"]] = Org(code=row["street_code"], name=row["street_name"])
            found[row["code"]] = Org(code=row["code"], name=row["name"])
    return list(found.values())


@pytest.fixture(scope="session")
def read_file(catalogue, orgs):
    """Read a workbook (bytes or a file of the demo) against the tree of 蓬江区."""

    def read(source, name="表.xlsx", remembered=None, today=TODAY):
        book = office.read(source, name) if isinstance(source, bytes) else office.read(DEMO / source)
        return roster.read(book, catalogue, orgs, remembered, today=today)

    return read


def number_of(sequence, birth="19900101", place="440799"):
    """A right ID number of an invented person; odd sequences are men."""
    first = f"{place}{birth}{sequence:03d}"
    return first + idnumber.check_digit(first)


def workbook(*sheets, merged=(), hidden=()):
    """An xlsx of sheets (name, rows); merged: (sheet, first row, first column, last row, last column), from 0."""
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True, "default_date_format": "yyyy-mm-dd"})
    for name, rows in sheets:
        sheet = book.add_worksheet(name)
        for number, row in enumerate(rows):
            for column, value in enumerate(row):
                if isinstance(value, str):
                    sheet.write_string(number, column, value)
                elif value is not None:
                    sheet.write(number, column, value)
        for owner, *area in merged:
            if owner == name:
                sheet.merge_range(*area, rows[area[0]][area[1]])
        if name in hidden:
            sheet.hide()
    book.close()
    return out.getvalue()


def planted(name="roster-with-faults.key.json"):
    return json.loads((DEMO / name).read_text(encoding="utf-8"))
