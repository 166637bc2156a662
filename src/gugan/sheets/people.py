"""Reads the people of one sheet: each row's cells as their columns' facts, with every problem at its cell."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import date
from decimal import Decimal
from typing import Any

from gugan.office import Cell, Sheet
from gugan.policy import Fact
from gugan.sheets import cells, idnumber
from gugan.sheets.checks import check_row
from gugan.sheets.headers import Header
from gugan.sheets.idnumber import IDNumber, IDProblem
from gugan.sheets.matching import SURE, ColumnMatch, Matcher, Remembered, fingerprint
from gugan.sheets.places import Places
from gugan.sheets.problems import Problem, letter, mask, mask_numbers, problem
from gugan.sheets.reading import PersonRow, Place, Reading, SheetReading
from gugan.sheets.rows import RowWalker
from gugan.sheets.targets import COMMUNITY, ID_NUMBER, NAME, STREET

ROLES = {STREET: "street", COMMUNITY: "community", ID_NUMBER: "id", NAME: "name"}
LAST_DAYS = ("止", "试用期止", "末日", "截至")
NO_END = ("长期", "无固定期限", "无固定", "至退休")
PERSONAL = ("证件号码", "联系电话", "账号")


class SheetReader:
    """Reads one sheet; collects its rows and problems."""

    def __init__(self, sheet: Sheet, header: Header, matcher: Matcher, places: Places, today: date) -> None:
        self.sheet, self.header, self.matcher, self.places, self.today = sheet, header, matcher, places, today
        self.matches: list[ColumnMatch] = []
        self.columns: dict[str, int] = {}
        self.numbers: dict[int, IDNumber] = {}
        self.problems: list[Problem] = []
        self.month_only: dict[Place, list[int]] = defaultdict(list)
        self.lonely: Counter[Place] = Counter()

    def find_columns(self, remembered: Remembered | None) -> bool:
        """Give the columns their meanings; whether there is one for ID numbers."""
        self.matches = self.matcher.match(self.header, self.cells_below, remembered)
        for match in self.matches:
            role = ROLES.get(match.meaning.path) if match.taken else None
            if role:
                self.columns[role] = match.column.index
        return "id" in self.columns

    def cells_below(self, index: int) -> list[Cell]:
        """The cells of one column below the header."""
        return [self.sheet.cell(row, index) for row in range(self.header.bottom + 1, len(self.sheet.rows))]

    @property
    def stated_on(self) -> date | None:
        """The day in the form's title."""
        return self.header.stated_on() or self.header.until()

    def say(self, code: str, row: int, column: int | None, value: str = "", **words: Any) -> None:
        """Note a problem at a cell; rows counted from 0, -1 for the whole sheet."""
        self.problems.append(
            problem(code, self.sheet.name, row + 1, "" if column is None else letter(column), value, **words)
        )

    def read(self, reading: Reading) -> None:
        """Read the sheet's people into the reading."""
        walker = RowWalker(self.sheet, self.header, self.columns, self.places)
        for person in walker.people():
            row = PersonRow(self.sheet.name, person.row + 1, community=person.community)
            self.read_person(person.row, row)
            reading.rows.append(row)
            row.bad = person.row in walker.bad_rows
        self.tell_columns()
        self.tell_lonely()
        reading.problems += self.problems + walker.problems
        reading.skipped += walker.skipped
        reading.sheets.append(
            SheetReading(
                self.sheet.name,
                fingerprint(self.header),
                self.header.top + 1,
                self.header.bottom + 1,
                self.matches,
                self.header.stated_on(),
                self.header.until(),
            )
        )

    def read_person(self, row: int, person: PersonRow) -> None:
        """Read one row's values and check them together."""
        number = self.read_number(row, person)
        if "community" in self.columns:
            person.letters[COMMUNITY, ""] = letter(self.columns["community"])
        if "name" in self.columns:
            person.name = cells.read_name(self.sheet.cell(row, self.columns["name"]))
            person.letters[NAME, ""] = letter(self.columns["name"])
            if person.name in cells.BLANKS:
                self.say("S401", row, self.columns["name"])
        for match in self.matches:
            if match.taken and match.meaning.path not in ROLES:
                self.read_value(row, match, person)
        self.drop_lonely(person)
        self.problems += check_row(person, number, self.stated_on or self.today)

    def read_number(self, row: int, person: PersonRow) -> IDNumber | None:
        """Read the ID number, or say what is wrong with it."""
        column = self.columns["id"]
        cell = self.sheet.cell(row, column)
        person.letters[ID_NUMBER, ""] = letter(column)
        if cells.is_blank(cell):
            self.say("S326", row, column)
            return None
        try:
            number = idnumber.read(cells.read_digits(cell, "证件号码"), self.today)
        except (IDProblem, cells.Unreadable) as error:
            self.say(error.code, row, column, mask(cell.text), **error.words)
            return None
        if number.upgraded:
            self.say("S324", row, column, mask(number.text))
        person.id_number = number.text
        self.numbers[id(person)] = number
        return number

    def read_value(self, row: int, match: ColumnMatch, person: PersonRow) -> None:
        """Read one cell into the places its column fills."""
        fact, column = match.meaning.fact, match.column.index
        cell = self.sheet.shown(row, column)
        try:
            taken = self.read_cell(cell, fact, person)
        except cells.Unreadable as error:
            shown = mask(cell.text) if fact.name in PERSONAL else mask_numbers(cell.text)
            self.say(error.code, row, column, shown, **{"name": match.column.label or fact.name, **error.words})
            return
        for key in match.meaning.keys or ("",):
            place = (match.meaning.path, key)
            person.letters[place] = letter(column)
            if fact.name not in PERSONAL:
                person.written[place] = cell.text
            if taken.value is not None:
                person.values[place] = taken.value
                if taken.note == "month":
                    person.months.add(place)
                    self.month_only[place].append(row)

    def read_cell(self, cell: Cell, fact: Fact, person: PersonRow) -> cells.Taken:
        """Read a cell as its fact's type."""
        if cell.kind == "error":
            raise cells.Unreadable("S305")
        if fact.path == "劳动合同.止" and cells.plain(cell.text) in NO_END:
            person.values["劳动合同.期限类型", ""] = "无固定期限"
            return cells.NOTHING
        if fact.name in ("联系电话", "账号"):
            return cells.read_phone(cell) if fact.name == "联系电话" else cells.read_account(cell)
        if fact.type == "日期":
            return cells.read_date(cell, fact.name in LAST_DAYS)
        if fact.type == "代码" and fact.table:
            return cells.read_code(cell, fact.table)
        if fact.type == "数":
            return self.in_bounds(cells.read_money(cell) if fact.unit == "元" else cells.read_number(cell), fact)
        if fact.type == "机构":
            return self.read_org(cell)
        readers = {"是否": cells.read_bool, "年": cells.read_year}
        return readers.get(fact.type, cells.read_text)(cell)

    def in_bounds(self, taken: cells.Taken, fact: Fact) -> cells.Taken:
        """The number, if it lies in the fact's declared range."""
        low, high, value = fact.low, fact.high, taken.value
        if value is not None and low is not None and high is not None and not low <= Decimal(value) <= high:
            raise cells.Unreadable("S308", low=fact.low, high=fact.high)
        return taken

    def read_org(self, cell: Cell) -> cells.Taken:
        """The code of the organisation a cell names."""
        if cells.is_blank(cell):
            return cells.NOTHING
        code = self.places.org(cell.text)
        if code is None:
            raise cells.Unreadable("S303", hint="请写组织目录里的名称或代码。")
        return cells.Taken(code)

    def drop_lonely(self, person: PersonRow) -> None:
        """Leave out a certificate's dates where the row has a column for its level and says there is none."""
        level = ("职业资格.级别", "")
        if level not in person.letters or level in person.values:
            return
        for path in ("职业资格.取得日期", "职业资格.登记日期", "职业资格.聘任"):
            if person.values.pop((path, ""), None) not in (None, False):
                self.lonely[path, ""] += 1

    def tell_lonely(self) -> None:
        """One notice per column of certificate facts without a certificate."""
        for (path, _), count in self.lonely.items():
            match = next(each for each in self.matches if each.taken and each.meaning.path == path)
            self.say(
                "S417",
                self.header.bottom,
                match.column.index,
                match.column.key,
                count=count,
                name=match.column.key,
            )

    def tell_columns(self) -> None:
        """Say which columns were read with less than full confidence, which were left out, and where only months were written."""
        for match in self.matches:
            key, at = match.column.key, (self.header.bottom, match.column.index)
            if match.taken and match.confidence < SURE:
                self.say("S203", *at, key, path=match.meaning.label, confidence=match.confidence, why=match.why)
            elif match.rival:
                self.say("S207", *at, key, other=f"“{match.rival}”")
            elif not match.taken and key and match.confidence:
                self.say("S204", *at, key, why=match.why)
        for (path, key), rows in self.month_only.items():
            match = next(each for each in self.matches if each.taken and (path, key) in each.meaning.claims())
            day = "最后一日" if match.meaning.fact.name in LAST_DAYS else " 1 日"
            self.say(
                "S302",
                rows[0],
                match.column.index,
                match.column.key,
                name=match.column.key,
                count=len(rows),
                day=day,
            )
