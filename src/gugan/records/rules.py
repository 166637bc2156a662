"""What an entry must not say against the rest of a person's record: before birth, before being hired, already replaced."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from gugan.records.employment import Row, spans
from gugan.records.entries import BORN_ON, CLOSE, HIRE, IDENTITY, LAST_DAY, LEAVE, MERGE, SET_UP, Problem

PERSONAL = frozenset({
    IDENTITY, HIRE, MERGE, "银行账户", "参加工作", "学历", "职业资格", "身份", "政治面貌", "专项附加扣除", "期初余额", "奖励",
})  # fmt: skip
"""Kinds that may lie before the person was hired; every other kind belongs to employment."""


def person_problems(standing: Sequence[Row], posted: dict[int, int]) -> Iterable[Problem]:
    """Yield what is wrong with newly posted rows. standing: all rows that would stand, in ledger order; posted: id → entry."""
    if any(row.kind == MERGE and row.id not in posted for row in standing):
        for entry in posted.values():
            yield Problem(entry, MERGE, "", "这份记录已并入另一份，不能再改；请在那一份里办")
        return
    born = _latest_birth(standing)
    hired = min((row.day for row in standing if row.kind == HIRE), default=None)
    employed = spans(standing)
    restated = any(row.id in posted and row.kind == IDENTITY and BORN_ON in row.facts for row in standing)
    for row in standing:
        entry = posted.get(row.id)
        if born and row.day < born and (entry is not None or restated):
            at = entry if entry is not None else min(posted.values())
            yield Problem(at, row.kind, "", f"生效日期 {row.day} 早于出生日期 {born}")
        elif entry is None or row.kind in PERSONAL or row.unknown:
            continue
        elif hired is None:
            yield Problem(entry, row.kind, "", "此人没有入职记录；请先记入职")
        elif row.day < hired:
            yield Problem(entry, row.kind, "", f"生效日期 {row.day} 早于入职日期 {hired}")
        elif row.kind == LEAVE and not any(span.leave is row for span in employed):
            yield from _leave_problems(row, entry, hired, employed)


def place_problem(standing: Sequence[Row], day: str) -> str:
    """Return why nobody can be taken on in a community on a day, and what to do instead; "" where one can.

    standing: its rows that stand, in ledger order. Where nobody knows since when it is there, it always was.
    """
    name = next((row.facts["名称"] for row in reversed(standing) if row.day <= day and "名称" in row.facts), "")
    name = name or next((row.facts["名称"] for row in standing if "名称" in row.facts), "")
    begun = next((row for row in standing if row.kind == SET_UP), None)
    if begun is not None and not begun.unknown and day < begun.day:
        return f"{name}自 {begun.day} 起才有，{day} 还不能往里记人；请改生效日，或先记那时所在的社区，到 {begun.day} 再转来"
    closed = next((row for row in reversed(standing) if row.kind == CLOSE), None)
    if closed is None or day < closed.day:
        return ""
    into = closed.facts.get("并入")
    instead = f"请记到它并入的 {into}" if into else "请另选一个社区"
    return f"{name}自 {closed.day} 起已撤销，{day} 不能再往里记人；{instead}，或改生效日"


def _leave_problems(row: Row, entry: int, hired: str, employed: Sequence) -> Iterable[Problem]:
    last_day = row.facts.get(LAST_DAY) or row.day
    if last_day < hired:
        yield Problem(entry, LEAVE, LAST_DAY, f"末日 {last_day} 早于入职日期 {hired}")
    elif not any(span.start <= last_day and (span.end is None or last_day < span.end) for span in employed):
        yield Problem(entry, LEAVE, LAST_DAY, f"{last_day} 时此人不在职，可能已记过离职；要改请用更正")


def _latest_birth(standing: Iterable[Row]) -> str | None:
    born = None
    for row in standing:
        if row.kind == IDENTITY:
            born = row.facts.get(BORN_ON, born)
    return born
