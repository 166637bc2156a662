"""Finds the header of a sheet: which rows it takes, the label and group of every column, and the title above it."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from gugan.office import Sheet
from gugan.sheets.cells import day_of, plain

SEARCHED_ROWS = 40
MOST_ROWS = 3
FEWEST_KNOWN = 3
STATED = re.compile(
    r"(?:填报时间|填表时间|填报日期|填表日期|制表时间|制表日期|统计时间|报送时间)[:：]?\s*(\d{4})[-/.年](\d{1,2})(?:[-/.月](\d{1,2})日?|月)?"
)
UNTIL = re.compile(r"(?:截至|截止|截止到|截至到|截止至)[:：]?(\d{4})[-/.年](\d{1,2})(?:[-/.月](\d{1,2})日?|月)?")


@dataclass(frozen=True)
class HeaderColumn:
    """One column's words: `label` as written lowest, `group` as written above it, `key` unique within the sheet."""

    index: int
    label: str
    group: str
    key: str


@dataclass(frozen=True)
class Header:
    """Rows `top` to `bottom` (counted from 0, inclusive) and their columns; `title` is the text above."""

    top: int
    bottom: int
    columns: tuple[HeaderColumn, ...]
    title: str

    def stated_on(self) -> date | None:
        """The day the form says it was filled in."""
        return day_in(STATED, self.title)

    def until(self) -> date | None:
        """The day up to which the title says the figures run."""
        return day_in(UNTIL, self.title)


def day_in(pattern: re.Pattern[str], title: str) -> date | None:
    """The first day a pattern finds; a month alone is its last day."""
    found = pattern.search(plain(title))
    return date.fromisoformat(str(day_of(*found.groups(), last_of_month=True).value)) if found else None


def find_header(sheet: Sheet, is_known: Callable[[str, str], bool]) -> Header | None:
    """Find the rows whose labels are known best; `is_known(label, group)` says whether a label names something."""
    best: tuple[float, int, int] | None = None
    rows = [
        row
        for row in range(min(SEARCHED_ROWS, len(sheet.rows)))
        if any(cell.kind != "empty" for cell in sheet.rows[row])
    ]
    for bottom in rows:
        if not could_be_header(sheet, bottom):
            continue
        for top in range(bottom, max(-1, bottom - MOST_ROWS), -1):
            if top < bottom and is_title(sheet, top):
                break
            labels = labels_of(sheet, top, bottom)
            known = len({label for _, label, group in labels if label and is_known(label, group)})
            # each further row must earn its place
            score = known - 0.1 * (bottom - top)
            if known >= FEWEST_KNOWN and (best is None or score > best[0]):
                best = (score, top, bottom)
    if best is None:
        return None
    _, top, bottom = best
    if top and bottom - top < MOST_ROWS - 1 and is_group_row(sheet, top - 1):
        top -= 1
    return make_header(sheet, top, bottom)


def could_be_header(sheet: Sheet, row: int) -> bool:
    """A header row holds words: no dates, and no numbers but years."""
    texts = [plain(cell.text) for cell in sheet.rows[row] if cell.kind in ("text", "number")]
    return (
        bool(texts)
        and all(cell.kind != "date" for cell in sheet.rows[row])
        and not any(re.search(r"\d{6}", text) or re.fullmatch(r"(?!(?:19|20)\d\d$)[\d.]+", text) for text in texts)
    )


def words(text: str) -> str:
    """A label as written, without its line breaks and spaces."""
    return re.sub(r"\s+", "", text)


def is_title(sheet: Sheet, row: int) -> bool:
    """Whether a row is a title or a line of 填报单位 and the like: one text across the sheet, or "words: value"."""
    texts = [cell.text for cell in sheet.rows[row] if cell.kind != "empty"]
    return len(set(texts)) <= 1 or any(re.search(r"[:：]", text) for text in texts)


def is_group_row(sheet: Sheet, row: int) -> bool:
    """Whether a row above the header holds the names of groups of columns."""
    texts = [cell.text for cell in sheet.rows[row] if cell.kind != "empty"]
    return len(texts) >= 2 and could_be_header(sheet, row) and not is_title(sheet, row)


def labels_of(sheet: Sheet, top: int, bottom: int) -> list[tuple[int, str, str]]:
    """The index, label (lowest text of the column) and group (the text above it, merged or spread to the right) of each column."""
    columns = []
    for index in range(sheet.width):
        parts = list(
            dict.fromkeys(text for row in range(top, bottom + 1) if (text := words(sheet.shown(row, index).text)))
        )
        label = parts[-1] if parts else ""
        group = "/".join(parts[:-1])
        if label and not group and bottom > top and sheet.cell(bottom, index).kind != "empty":
            group = spread_group(sheet, top, bottom, index)
        columns.append((index, label, group))
    return columns


def spread_group(sheet: Sheet, top: int, bottom: int, index: int) -> str:
    """The group of a column whose upper cell is blank without a merged area: the last one to the left that has columns below."""
    if any(area.top <= bottom and area.bottom >= top for area in sheet.merged):
        return ""
    for left in range(index - 1, -1, -1):
        if sheet.cell(bottom, left).kind == "empty":
            return ""
        if above := words(sheet.cell(top, left).text):
            return above
    return ""


def make_header(sheet: Sheet, top: int, bottom: int) -> Header:
    """Name every column: its label, or group/label where a label stands twice, or its letter beside that."""
    found = labels_of(sheet, top, bottom)
    labels = [label for _, label, _ in found]
    columns, used = [], set()
    for index, label, group in found:
        key = label
        if label and labels.count(label) > 1:
            key = f"{group}/{label}" if group else label
        number = 2
        while key and key in used:
            key = f"{key.split('#')[0]}#{number}"
            number += 1
        used.add(key)
        columns.append(HeaderColumn(index, label, group, key))
    title = "\n".join(cell.text for row in sheet.rows[:top] for cell in row if cell.kind != "empty")
    return Header(top, bottom, tuple(columns), title)


def repeats(sheet: Sheet, header: Header, row: int) -> bool:
    """Whether a row below is the header printed again (any of its rows)."""
    texts = {cell_index: plain(cell.text) for cell_index, cell in enumerate(sheet.rows[row]) if cell.kind != "empty"}
    if len(texts) < 2:
        return False
    for again in range(header.top, header.bottom + 1):
        same = sum(plain(sheet.cell(again, index).text) == text for index, text in texts.items())
        if same >= 2 and same >= 0.6 * len(texts):
            return True
    return False
