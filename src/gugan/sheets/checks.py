"""What must agree within a row and within a file: number and sex, contract and certificate, one number one person."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from datetime import date

from gugan.sheets.idnumber import IDNumber
from gugan.sheets.problems import Problem, mask, problem
from gugan.sheets.reading import PersonRow, Place
from gugan.sheets.targets import ID_NUMBER

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

    def say(code: str, place: Place, **words: object) -> None:
        column, value = row.letters.get(place, ""), row.written.get(place, "")
        found.append(problem(code, row.sheet, row.row, column, value, **words))

    if number:
        check_number(row, number, say)
    start, end = row.text(CONTRACT_START), row.text(CONTRACT_END)
    if start and end and end < start:
        say("S410", CONTRACT_END, start=start, end=end)
    if earlier(row, GOT, STARTED):
        say("S411", GOT, got=row.text(GOT), started=row.text(STARTED))
    for place in PAST:
        if row.text(place) > stated_on.isoformat():
            say("S412", place, name=place[0].partition(".")[2], day=row.text(place), stated=stated_on)
    return found


def check_number(row: PersonRow, number: IDNumber, say: Callable[..., None]) -> None:
    """Sex, birth date and the days of a life against the ID number."""
    sex, born, birth = row.text(SEX)[:1], row.text(BORN), number.birth.isoformat()
    if sex in ("男", "女") and sex != number.sex:
        say("S404", SEX, sex=sex, by_id=number.sex)
    if born and (born[:7] != birth[:7] if BORN in row.months else born != birth):
        say("S405", BORN, birth=born, by_id=birth)
    for place in (STARTED, JOINED):
        if row.text(place) and row.text(place) <= birth:
            say("S414", place, name=place[0].partition(".")[2], day=row.text(place))


def earlier(row: PersonRow, one: Place, other: Place) -> bool:
    """Whether one day lies before the other, by months where either is known only to the month."""
    length = 7 if {one, other} & row.months else 10
    return bool(row.text(one) and row.text(other)) and row.text(one)[:length] < row.text(other)[:length]


def check_duplicates(rows: list[PersonRow], numbers: dict[int, IDNumber]) -> list[Problem]:
    """One number on several rows: an error at the row that contradicts it, else at the first; notices at the others.

    All of them are bad: nobody can tell from the sheet whose number it is.
    """
    together: dict[str, list[PersonRow]] = defaultdict(list)
    for row in rows:
        if row.id_number:
            together[row.id_number].append(row)
    found: list[Problem] = []
    for text, group in together.items():
        if len(group) > 1:
            found += tell_duplicates(text, group, numbers)
    return found


def tell_duplicates(text: str, group: list[PersonRow], numbers: dict[int, IDNumber]) -> list[Problem]:
    """The problems of one number on several rows."""
    doubted = [row for row in group if contradicts(row, numbers.get(id(row)))]
    first = doubted[0] if len(doubted) == 1 else group[0]
    hint = f"第 {first.row} 行的性别或日期和号码不符，多半是这一行。" if len(doubted) == 1 else ""
    found = []
    for row in group:
        row.bad = True
        at = (row.sheet, row.row, row.letters.get((ID_NUMBER, ""), ""), mask(text))
        if row is first:
            rows = "、".join(place_of(each, group) for each in group)
            found.append(problem("S402", *at, rows=rows, hint=hint))
        else:
            found.append(problem("S403", *at, other=place_of(first, group)))
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
