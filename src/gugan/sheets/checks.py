"""What must agree within a row and within a file: number and sex, contract and certificate dates, one number for one person."""

from __future__ import annotations

from collections import defaultdict
from datetime import date

from gugan.sheets.idnumber import IDNumber
from gugan.sheets.problems import NOTICE, Problem, mask, problem
from gugan.sheets.reading import PersonRow, Place

STARTED: Place = ("参加工作.参加工作日期", "")
JOINED: Place = ("入职.从事社区工作日期", "")
GOT: Place = ("职业资格.取得日期", "")
BORN: Place = ("个人信息.出生日期", "")
SEX: Place = ("个人信息.性别", "")
CONTRACT_START: Place = ("劳动合同.起", "")
CONTRACT_END: Place = ("劳动合同.止", "")
PAST = (STARTED, JOINED, GOT, ("职业资格.登记日期", ""), BORN, ("学历.毕业日期", ""))


def check_row(row: PersonRow, number: IDNumber | None, stated_on: date) -> list[Problem]:
    """The problems of one person's values together."""
    found: list[Problem] = []

    def say(code: str, place: Place, value: object, **words: object) -> None:
        found.append(problem(code, row.sheet, row.row, row.letters.get(place, ""), row.written.get(place, str(value)), **words))

    if number:
        check_number(row, number, say)
    start, end = row.values.get(CONTRACT_START), row.values.get(CONTRACT_END)
    if start and end and end < start:
        say("S410", CONTRACT_END, end, start=start, end=end)
    got, started = row.values.get(GOT), row.values.get(STARTED)
    if got and started and earlier(row, GOT, STARTED):
        say("S411", GOT, got, got=got, started=started)
    for place in PAST:
        day = row.values.get(place)
        if day and date.fromisoformat(str(day)) > stated_on:
            say("S412", place, day, name=place[0].partition(".")[2], day=day, stated=stated_on)
    return found


def check_number(row: PersonRow, number: IDNumber, say) -> None:
    """Sex, birth date and the days of a life against the ID number."""
    sex, born = row.values.get(SEX), row.values.get(BORN)
    birth = number.birth.isoformat()
    if str(sex)[:1] in ("男", "女") and str(sex)[:1] != number.sex:
        say("S404", SEX, sex, sex=str(sex)[:1], by_id=number.sex)
    if born and (born[:7] != birth[:7] if BORN in row.months else born != birth):
        say("S405", BORN, born, birth=born, by_id=birth)
    for place in (STARTED, JOINED):
        day = row.values.get(place)
        if day and str(day) <= birth:
            say("S414", place, day, name=place[0].partition(".")[2])


def earlier(row: PersonRow, one: Place, other: Place) -> bool:
    """Whether one day lies before the other, by months where either is known only to the month."""
    length = 7 if {one, other} & row.months else 10
    return str(row.values[one])[:length] < str(row.values[other])[:length]


def check_duplicates(rows: list[PersonRow], numbers: dict[int, IDNumber], letter_of: str) -> list[Problem]:
    """One number on several rows: an error at the row that contradicts it (else the first), notices at the others; all are bad."""
    together: dict[str, list[PersonRow]] = defaultdict(list)
    for row in rows:
        if row.id_number:
            together[row.id_number].append(row)
    found: list[Problem] = []
    for text, group in together.items():
        if len(group) < 2:
            continue
        doubted = [row for row in group if contradicts(row, numbers.get(id(row)))]
        first = doubted[0] if len(doubted) == 1 else group[0]
        hint = f"第 {first.row} 行的性别和号码不符，多半是这一行。" if len(doubted) == 1 else ""
        names = "、".join(place_of(row, group) for row in group)
        column = first.letters.get(("个人信息.证件号码", ""), letter_of)
        found.append(problem("S402", first.sheet, first.row, column, mask(text), rows=names, hint=hint))
        found += [
            problem(
                "S403",
                row.sheet,
                row.row,
                row.letters.get(("个人信息.证件号码", ""), letter_of),
                mask(text),
                other=place_of(first, group),
            )
            for row in group
            if row is not first
        ]
        for row in group:
            row.bad = True
    return found


def contradicts(row: PersonRow, number: IDNumber | None) -> bool:
    """Whether a row's sex or birth date says that the number is not its own."""
    hits: list[str] = []
    if number:
        check_number(row, number, lambda code, *_, **__: hits.append(code))
    return bool(hits)


def place_of(row: PersonRow, group: list[PersonRow]) -> str:
    """A row's number, with its sheet where the group spans several."""
    several = len({each.sheet for each in group}) > 1
    return f"“{row.sheet}”{row.row}" if several else str(row.row)


def only_duplicates(problems: list[Problem], duplicated: set[tuple[str, int]]) -> list[Problem]:
    """Leave out what a borrowed number makes of sex and birth date: the duplicate says it already."""
    return [
        each
        for each in problems
        if each.code not in ("S404", "S405", "S414") or (each.sheet, each.row) not in duplicated
    ]


__all__ = ["NOTICE", "check_duplicates", "check_row", "only_duplicates"]
