"""Walks the rows below a header: which are people, which are not and why, and which community each stands under."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from gugan.office import Sheet
from gugan.sheets.cells import plain
from gugan.sheets.headers import Header, repeats
from gugan.sheets.places import Places, Unknown
from gugan.sheets.problems import Problem, letter, problem
from gugan.sheets.reading import Skipped

TOTAL = re.compile(r"^(本页|本表|全区|街道|社区|分)?(小计|合计|总计|累计|共计|总人数|合共)[:：]?")
SIGNATURE = re.compile(r"(审核|负责人|制表|填表|填报|复核|经办|签字|签名|盖章|审批|领导|日期)[人:：(（]|[:：]$")
REMARK = re.compile(r"^(注|备注|说明|填表说明|附注|注意)[:：0-9]")
PEOPLE = re.compile(r"(\d+)人")


@dataclass
class Where:
    """The street and community that stand at this point of a sheet."""

    street: str = ""
    street_text: str = ""
    community: str = ""
    unknown: str = ""
    resumed: list[tuple[int, str]] = field(default_factory=list)


@dataclass(frozen=True)
class PersonAt:
    """A row that is a person, with the community it stands under ("" where none is known)."""

    row: int
    community: str


class RowWalker:
    """One sheet, with the columns that tell people and places; collects what it skips and what is wrong with places."""

    def __init__(self, sheet: Sheet, header: Header, columns: dict[str, int], places: Places) -> None:
        self.sheet, self.header, self.places = sheet, header, places
        self.name, self.id_number = columns.get("name"), columns["id"]
        self.street, self.community = columns.get("street"), columns.get("community")
        self.other = [
            column.index
            for column in header.columns
            if column.index not in (self.street, self.community) and plain(column.label) not in ("序号", "编号")
        ]
        self.skipped: list[Skipped] = []
        self.problems: list[Problem] = []
        self.bad_rows: set[int] = set()
        self.where = self.start()
        self.known: dict[tuple[str, str], str | Unknown] = {}
        self.merged_places = any(area.left == self.community and area.top > header.bottom for area in sheet.merged)
        self.counts = [0]

    def start(self) -> Where:
        """A sheet or a title may name the street or community that everyone in it belongs to."""
        if (
            self.community is None
            and self.street is None
            and isinstance(found := find(self.places, self.sheet.name), str)
        ):
            return Where(community=found)
        streets = [
            code
            for name, code in self.places.streets.items()
            if len(name) > 2 and name in self.sheet.name + self.header.title
        ]
        return Where(street=streets[0]) if len(set(streets)) == 1 else Where()

    def people(self) -> Iterator[PersonAt]:
        """The rows that are people, in order."""
        for row in range(self.header.bottom + 1, len(self.sheet.rows)):
            if reason := self.reason_to_skip(row):
                self.skipped.append(Skipped(self.sheet.name, row + 1, reason))
                continue
            self.counts[-1] += 1
            yield PersonAt(row, self.stand(row))
        self.tell_resumed()

    def text(self, row: int, column: int | None) -> str:
        """The text of a cell, nothing for a column the sheet does not have."""
        return "" if column is None else plain(self.sheet.cell(row, column).text)

    def reason_to_skip(self, row: int) -> str:
        """Why a row is no person; "" where it is one."""
        cells_said = [cell for cell in self.sheet.rows[row] if cell.kind != "empty"]
        if not cells_said:
            return "空行"
        if repeats(self.sheet, self.header, row):
            return "重复的表头"
        name, number = self.text(row, self.name), self.text(row, self.id_number)
        if number and not TOTAL.match(number) and len(number) > 5:
            return ""
        texts = [plain(cell.text) for cell in cells_said]
        if any(TOTAL.match(text) for text in texts[:4]):
            self.check_total(row, texts)
            return "小计或合计"
        if (row, self.id_number) in self.sheet.covered and self.sheet.covered[
            row, self.id_number
        ].top > self.header.bottom:
            return "上一行合并下来的续行"
        if all(re.fullmatch(r"\(?\d{1,3}\)?", text) for text in texts) and len(texts) > 2:
            return "栏次"
        if len(texts) <= 4 and any(SIGNATURE.search(text) for text in texts):
            return "签字或落款"
        if any(REMARK.match(text) for text in texts[:2]) and len(texts) <= 3:
            return "说明文字"
        if len(set(texts)) == 1:
            return self.section(texts[0])
        said = sum(self.sheet.cell(row, index).kind != "empty" for index in self.other)
        return "" if name or number or said >= 3 else "没有人员的行"

    def section(self, text: str) -> str:
        """A row with one text: the name of a street or community that stands above its people, or a remark."""
        stripped = re.sub(r"\(.*?\)|[0-9]+人|[:：]", "", text)
        if self.places.is_street(stripped) and self.street is None:
            self.where = Where(street=self.places.street(stripped))
            return "街道的标题行"
        if self.community is None and self.places.is_community(stripped):
            found = self.lookup(stripped)
            if isinstance(found, str):
                self.where.community = found
                return "社区的标题行"
        return "说明文字"

    def check_total(self, row: int, texts: list[str]) -> None:
        """Compare a subtotal's number of people with the rows counted: since the last subtotal, or over several of them."""
        found = next((match for text in texts if (match := PEOPLE.fullmatch(text.split("计")[-1].lstrip(":：")))), None)
        if self.counts[-1]:
            self.counts.append(0)
        sums = {sum(self.counts[start:]) for start in range(len(self.counts))}
        if found and int(found[1]) not in sums:
            counted = self.counts[-2] if len(self.counts) > 1 else 0
            self.say("S206", row, None, ",".join(filter(None, texts))[:40], said=found[1], counted=counted)

    def say(self, code: str, row: int, column: int | None, value: str, **words: Any) -> None:
        """Note a problem at a cell."""
        made = problem(code, self.sheet.name, row + 1, letter(column) if column is not None else "", value, **words)
        self.problems.append(made)
        if made.is_error:
            self.bad_rows.add(row)

    def stand(self, row: int) -> str:
        """The community a person's row stands under; notes what is wrong with it."""
        self.move_street(row)
        if self.community is None:
            return self.where.community
        area = self.sheet.covered.get((row, self.community))
        text = plain(self.sheet.shown(row, self.community).text)
        if text in ("", "〃", "同上", '"', "''"):
            return self.stand_blank(row)
        self.tell_resumed()
        found = self.lookup(text)
        if isinstance(found, str):
            self.where.community, self.where.unknown = found, ""
            return found
        self.where.unknown = text
        if area is None or row - 1 == self.header.bottom:
            self.say(found.code, row, self.community, text, hint=found.hint)
        self.bad_rows.add(row)
        return ""

    def stand_blank(self, row: int) -> str:
        """A blank below: the community above goes on; below an unknown one only where merged cells show it ended."""
        if self.where.unknown and self.merged_places and self.where.community:
            self.where.resumed.append((row, self.where.unknown))
            return self.where.community
        if self.where.unknown:
            self.bad_rows.add(row)
            return ""
        if not self.where.community:
            self.say("S408", row, self.community, "")
        return self.where.community

    def tell_resumed(self) -> None:
        """One notice for the rows read under the community before an unknown one."""
        if self.where.resumed:
            (first, above), (last, _) = self.where.resumed[0], self.where.resumed[-1]
            self.say(
                "S409",
                first,
                self.community,
                self.places.names[self.where.community],
                above=above,
                last=last + 1,
            )
            self.where.resumed = []

    def move_street(self, row: int) -> None:
        """Follow the street column; a new street ends the community."""
        if self.street is None:
            return
        text = plain(self.sheet.shown(row, self.street).text)
        if not text or text == self.where.street_text:
            return
        self.tell_resumed()
        self.where = Where(street_text=text)
        try:
            self.where.street = self.places.street(text)
        except Unknown as error:
            self.say(error.code, row, self.street, text, hint=error.hint)

    def lookup(self, text: str) -> str | Unknown:
        """The code of a community within the street that stands, remembered."""
        key = (self.where.street, text)
        if key not in self.known:
            self.known[key] = find(self.places, text, self.where.street)
        return self.known[key]


def find(places: Places, text: str, street: str = "") -> str | Unknown:
    """The code of a community, or why there is none."""
    try:
        return places.community(text, street or None).code
    except Unknown as error:
        return error
