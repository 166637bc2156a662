"""The division tree as rows (code, name, kind, parent): posted once, and only what is new or differs after that."""

from __future__ import annotations

import csv
from collections.abc import Collection, Iterable, Iterator
from datetime import date
from pathlib import Path
from typing import NamedTuple

from gugan.accounts.bulk import among
from gugan.records.entries import CHANGE, SET_UP, Entry, NewOrg
from gugan.records.models import Action, Org

PROVINCES = {
    "11": "北京市", "12": "天津市", "13": "河北省", "14": "山西省", "15": "内蒙古自治区", "21": "辽宁省", "22": "吉林省",
    "23": "黑龙江省", "31": "上海市", "32": "江苏省", "33": "浙江省", "34": "安徽省", "35": "福建省", "36": "江西省",
    "37": "山东省", "41": "河南省", "42": "湖北省", "43": "湖南省", "44": "广东省", "45": "广西壮族自治区", "46": "海南省",
    "50": "重庆市", "51": "四川省", "52": "贵州省", "53": "云南省", "54": "西藏自治区", "61": "陕西省", "62": "甘肃省",
    "63": "青海省", "64": "宁夏回族自治区", "65": "新疆维吾尔自治区", "71": "台湾省", "81": "香港特别行政区", "82": "澳门特别行政区",
}  # fmt: skip
STREET_KINDS = {"道": "街道", "镇": "镇", "乡": "乡"}


class Division(NamedTuple):
    """One division: its code (2, 4, 6, 9 or 12 digits), name, kind (a label of 机构类别), and the parent's code or ""."""

    code: str
    name: str
    kind: str
    parent: str


def entries(rows: Iterable[tuple[str, str, str, str]], on: date) -> list[Entry]:
    """Return the entries that make the tree as the rows say; none for what is there already. Parents come first in them.

    What was renamed or moved here by its own 机构变更 keeps that: a list of the state lags behind.
    """
    wanted = {row.code: row for row in sorted(map(Division._make, rows), key=lambda row: (len(row.code), row.code))}
    known = {
        org.code: org
        for org in Org.objects.filter(code__in=among(list(wanted))).select_related("parent").order_by("code")
    }
    changed = set(_changed_here(known))
    return [
        _entry(row, known.get(row.code), on)
        for row in wanted.values()
        if row.code not in changed and not _is_there(row, known.get(row.code))
    ]


def read_csv(path: Path) -> Iterator[Division]:
    """Yield the divisions of a CSV of communities (code, name, kind, and code and name of street, district, city).

    Each upper division once, before what lies under it; provinces by the first two digits.
    """
    seen: set[str] = set()
    with path.open(encoding="utf-8-sig", newline="") as file:
        for row in csv.DictReader(file):
            for division in (*_above(row), Division(row["code"], row["name"], row["kind"], row["street_code"])):
                if division.code not in seen:
                    seen.add(division.code)
                    yield division


def _above(row: dict[str, str]) -> Iterator[Division]:
    province = row["city_code"][:2]
    yield Division(province, PROVINCES[province], "省", "")
    yield Division(row["city_code"], row["city_name"], "市", province)
    yield Division(row["district_code"], row["district_name"], "区县", row["city_code"])
    street = row["street_name"]
    yield Division(row["street_code"], street, STREET_KINDS.get(street[-1:], "其他"), row["district_code"])


def _changed_here(known: Collection[str]) -> Iterable[str]:
    """Return the codes of those that have a 机构变更 which stands."""
    changes = Action.objects.filter(kind=CHANGE, org__code__in=among(list(known)), replaced_by=None).exclude(facts={})
    return changes.order_by().values_list("org__code", flat=True) if known else ()


def _is_there(row: Division, org: Org | None) -> bool:
    return org is not None and (org.name, org.kind, org.parent.code if org.parent else "") == row[1:]


def _entry(row: Division, org: Org | None, on: date) -> Entry:
    facts = {"代码": row.code, "名称": row.name, "类别": row.kind, "上级": row.parent or None}
    return Entry(SET_UP, org or NewOrg(row.code), on, facts, basis="统计用区划代码", date_unknown=org is None)
