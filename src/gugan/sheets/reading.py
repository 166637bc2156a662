"""What reading a workbook yields: columns with their meanings, people with their values, what was skipped, all problems."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import date

from gugan.sheets.matching import SURE, ColumnMatch
from gugan.sheets.problems import Problem, letter

Value = str | int | bool
Place = tuple[str, str]
"""Where a value belongs: the fact's path, and the key of its entry ("" where the kind has none), as ("年度考核.结果", "2016")."""


@dataclass(frozen=True)
class Skipped:
    """A row that is no person, and why."""

    sheet: str
    row: int
    reason: str


@dataclass
class PersonRow:
    """One person's row: values by place, the letter of the column each came from, the community's code where one is named."""

    sheet: str
    row: int
    id_number: str = ""
    name: str = ""
    community: str = ""
    values: dict[Place, Value] = field(default_factory=dict)
    letters: dict[Place, str] = field(default_factory=dict)
    written: dict[Place, str] = field(default_factory=dict)
    """The text of each cell but those of personal numbers, as it stands in the sheet."""
    months: set[Place] = field(default_factory=set)
    """Places where only a month was written."""
    bad: bool = False

    def text(self, place: Place) -> str:
        """The value at a place as text; "" where there is none."""
        value = self.values.get(place)
        return "" if value is None else str(value)

    def get(self, path: str, key: str = "") -> Value | None:
        """The value at a place."""
        return self.values.get((path, key))


@dataclass
class SheetReading:
    """One sheet's header: its form (the fingerprint that a remembered mapping is kept under), columns, dates in its title."""

    name: str
    form: str
    top: int
    bottom: int
    columns: list[ColumnMatch]
    stated_on: date | None
    until: date | None


@dataclass
class Reading:
    """A workbook read whole. Nothing in it has been compared with the ledger yet."""

    workbook: str
    sheets: list[SheetReading] = field(default_factory=list)
    rows: list[PersonRow] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    @property
    def good_rows(self) -> list[PersonRow]:
        """Rows without an error."""
        return [row for row in self.rows if not row.bad]

    @property
    def errors(self) -> list[Problem]:
        """Problems that stop the import."""
        return [each for each in self.problems if each.is_error]

    @property
    def stated_on(self) -> date | None:
        """The day the form says it was filled in, or its figures end."""
        return next((sheet.stated_on or sheet.until for sheet in self.sheets if sheet.stated_on or sheet.until), None)

    @property
    def until(self) -> date | None:
        """The day up to which the title says the figures run."""
        return next((sheet.until for sheet in self.sheets if sheet.until), None)

    @property
    def mapped(self) -> dict[str, str]:
        """Heading → meaning, for the columns that were read."""
        return {
            match.column.key: match.meaning.label
            for sheet in self.sheets
            for match in sheet.columns
            if match.taken and match.column.key
        }

    @property
    def unmapped(self) -> list[str]:
        """Headings that were left out."""
        return [
            match.column.key
            for sheet in self.sheets
            for match in sheet.columns
            if not match.taken and match.column.key and match.column.key not in self.mapped
        ]

    @property
    def confidence(self) -> dict[str, int]:
        """Heading → confidence, for the columns that were read."""
        return {match.column.key: match.confidence for sheet in self.sheets for match in sheet.columns if match.taken}

    @property
    def doubtful(self) -> list[tuple[str, ColumnMatch]]:
        """Columns read with less than full confidence: letter and match."""
        return [
            (letter(match.column.index), match)
            for sheet in self.sheets
            for match in sheet.columns
            if match.taken and match.confidence < SURE
        ]

    def skip_counts(self) -> Counter[str]:
        """How many rows were skipped, by reason."""
        return Counter(each.reason for each in self.skipped)
