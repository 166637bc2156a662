"""Folds the cached columns of a person or an organisation from the actions that stand. Pure: the ledger writes them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from gugan.records.employment import Row, Span, day_before, spans
from gugan.records.entries import (
    CHANGE,
    CLOSE,
    ESTABLISH,
    FROM,
    ID_NUMBER,
    IDENTITY,
    MERGE,
    MERGED_INTO,
    NAME_PACK,
    NUMBER_GIVEN,
    PACK,
    SET_UP,
    TO,
)  # fmt: skip
from gugan.records.models import EMPLOYED, LEFT, WAITING
from gugan.records.pinyin import spell

PERSON_COLUMNS = (
    "name", "pinyin", "initials", "id_digest", "id_last4", "sex", "born_on", "payer_code", "workplace_code", "post",
    "title", "education", "certificate", "contract_until", "last_result", "state", "hired_on", "left_on",
    "cached_on", "next_change_on", "merged_into_id",
)  # fmt: skip
CERTIFICATES = ("助理社会工作师", "社会工作师", "高级社会工作师")
"""Levels of 职业资格, lowest first; a level that a local pack adds ranks below them."""
ORG_COLUMNS = (
    "name", "kind", "parent_code", "closed_on", "merged_code", "establishment", "pack_code", "cached_on",
    "next_change_on",
)  # fmt: skip
ORG_KINDS = (SET_UP, CHANGE, CLOSE, ESTABLISH)
"""Kinds about organisations that take effect on a day of their own; a pack named is read by its day elsewhere."""
_READ = {
    "name": (IDENTITY, "姓名"), "sex": (IDENTITY, "性别"), "born_on": (IDENTITY, "出生日期"),
    "payer_code": ("入职", "用人单位"), "workplace_code": ("入职", "工作社区"),
    "post": ("岗位", "岗位类别"), "title": ("岗位", "职务"), "education": ("学历", "学历"),
}  # fmt: skip


def of_person(rows: Sequence[Row], on: date) -> dict[str, Any]:
    """Return PERSON_COLUMNS as of the day `on`, from rows that stand, in ledger order; but for merged_into_id, which is
    "merged_into" here: the public id of the record that stands in for this one, or "".

    A column is the latest value in effect on that day; where none is yet, the first to come, so that a list shows
    whom it expects. The day itself is kept, and the next day on which something changes.
    """
    day = on.isoformat()
    read = {column: _pick(rows, (kind,), fact, day) for column, (kind, fact) in _READ.items()}
    sealed = _pick(rows, (IDENTITY,), ID_NUMBER, day) or {}
    pinyin, initials = spell(read["name"] or "")
    employed = spans(rows)
    span, state = _span_on(employed, day)
    values = {column: value or "" for column, value in read.items()}
    values |= {
        "born_on": _date(read["born_on"]),
        "pinyin": pinyin, "initials": initials,
        "id_digest": sealed.get("摘要", ""), "id_last4": sealed.get("末四位", ""),
        "certificate": _certificate(rows, day),
        "contract_until": _date(_contract_until(rows, day)),
        "last_result": _last_result(rows, day),
        "state": state,
        "hired_on": _date(span.start) if span else None,
        "left_on": _date(day_before(span.end)) if span and span.end and span.leave else None,
        "cached_on": on,
        "next_change_on": _date(_next_change(rows, employed, day)),
    }  # fmt: skip
    if span:
        values["payer_code"] = span.payer
    return values | _merged(rows, values["id_digest"])


def merged_by(rows: Sequence[Row]) -> Row | None:
    """Return the row that says that this is no person of its own any more, or None."""
    return next((row for row in rows if row.kind == MERGE), None)


def _merged(rows: Sequence[Row], id_digest: str) -> dict[str, Any]:
    """Return what a merged record shows otherwise: its place stays, for who may see it, but it is nobody's state or news.

    Its ID number still leads to it, unless the other record took the number over: no number belongs to two.
    """
    merged = merged_by(rows)
    if merged is None:
        return {"merged_into": ""}
    digest = "" if merged.facts.get(NUMBER_GIVEN) else id_digest
    return {"merged_into": merged.facts[MERGED_INTO], "state": LEFT, "id_digest": digest, "next_change_on": None}


def of_org(rows: Sequence[Row], on: date | None) -> dict[str, Any]:
    """Return ORG_COLUMNS as of the day `on` (None: the latest, whatever its day), from rows that stand, in ledger order.

    Name, kind and parent are the latest in effect on that day; where none is yet, the first to come. What has a day that
    is 不详 (the first load of the tree) counts from before all days. The pack named is the latest, whatever its day.
    """
    day = (on or date.max).isoformat()
    rows = sorted((row._replace(day="") if row.unknown else row for row in rows), key=lambda row: row.day)
    closed = next((row for row in reversed(rows) if row.kind == CLOSE and row.day <= day), None)
    settled = next((row for row in reversed(rows) if row.kind == ESTABLISH and row.day <= day), None)
    packs = [row.facts[PACK] for row in rows if row.kind == NAME_PACK and PACK in row.facts]
    return {
        "name": _pick(rows, (SET_UP, CHANGE), "名称", day) or "",
        "kind": _pick(rows, (SET_UP,), "类别", day) or "",
        "parent_code": _pick(rows, (SET_UP, CHANGE), "上级", day) or "",
        "closed_on": _date(closed.day) if closed else None,
        "merged_code": closed.facts.get("并入", "") if closed else "",
        "establishment": int(settled.facts["人数"]) if settled and "人数" in settled.facts else None,
        "pack_code": packs[-1] if packs else "",
        "cached_on": on,
        "next_change_on": _date(
            min((row.day for row in rows if row.day > day and row.kind in ORG_KINDS), default=None)
        ),
    }


def _pick(rows: Sequence[Row], kinds: tuple[str, ...], fact: str, day: str) -> Any:
    found = None
    for row in rows:
        if row.kind in kinds and fact in row.facts:
            if row.day > day and found is not None:
                break
            found = row.facts[fact]
            if row.day > day:
                break
    return found


def _certificate(rows: Sequence[Row], day: str) -> str:
    """Return the highest level held on `day`, or ""."""
    held = [row.facts["级别"] for row in rows if row.kind == "职业资格" and row.day <= day and "级别" in row.facts]
    return max(held, key=lambda level: CERTIFICATES.index(level) if level in CERTIFICATES else -1, default="")


def _contract_until(rows: Sequence[Row], day: str) -> str | None:
    """Return the last day of the contract that began last, by `day`; a later action about it amends it."""
    contracts: dict[str, dict[str, str]] = {}
    for row in rows:
        if row.kind == "劳动合同" and row.day <= day:
            contracts.setdefault(row.facts.get("合同号", ""), {}).update(row.facts)
    last = max(contracts.values(), key=lambda facts: facts.get(FROM, ""), default={})
    return last.get(TO)


def _last_result(rows: Sequence[Row], day: str) -> str:
    """Return the result of the latest year that has one by `day`, or ""."""
    results: dict[str, str] = {}
    for row in rows:
        if row.kind == "年度考核" and row.day <= day and "结果" in row.facts:
            results[str(row.facts.get("年度", ""))] = row.facts["结果"]
    return results[max(results)] if results else ""


def _span_on(employed: Sequence[Span], day: str) -> tuple[Span | None, str]:
    """Return the span that holds `day`, else the last before it, else the first to come; and the state of the person."""
    begun = [span for span in employed if span.start <= day]
    if begun:
        last = begun[-1]
        return last, EMPLOYED if last.end is None or last.end > day else LEFT
    return (employed[0] if employed else None), WAITING


def _next_change(rows: Sequence[Row], employed: Sequence[Span], day: str) -> str | None:
    days = [row.day for row in rows if row.day > day]
    days += [span.end for span in employed if span.end and span.end > day]
    return min(days, default=None)


def _date(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None
