"""What is handed to the ledger, and what it answers when it refuses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from gugan.records.models import Org, Person

HIRE, LEAVE, IDENTITY = "入职", "离职", "个人信息"
"""Kinds that the ledger itself understands, with the facts below; all others it only checks and keeps."""
PAYER, WORKPLACE, LAST_DAY, ID_NUMBER, BORN_ON = "用人单位", "工作社区", "末日", "证件号码", "出生日期"
ID_PATH = f"{IDENTITY}.{ID_NUMBER}"
SET_UP, CHANGE, CLOSE, ESTABLISH, NAME_PACK = "机构设立", "机构变更", "机构撤销", "核定员额", "适用政策包"
PACK = "政策包"
FROM, TO = "起", "止"
MERGE, MERGED_INTO, NUMBER_GIVEN = "并入", "并入", "证件号码转出"
"""The kind that says that a record is about the same person as another (its public id), and whether the other one has
taken its ID number over. Only records.merging posts it, in a batch of one of MERGE_BATCHES."""
MERGE_BATCHES = ("合并", "撤销合并")
SHOWN = 20
"""How many problems the text of an error shows; all are in `problems`."""


@dataclass(frozen=True)
class NewPerson:
    """Somebody whom the ledger does not know yet; entries with the same token are about the same person."""

    token: str


@dataclass(frozen=True)
class NewOrg:
    """An organisation that the ledger does not know yet."""

    code: str


Subject = Person | Org | NewPerson | NewOrg


@dataclass(frozen=True)
class Entry:
    """One action to be posted. facts: canonical values by name (None counts as absent), sealed ones in clear."""

    kind: str
    subject: Subject
    effective_on: date
    facts: Mapping[str, Any]
    basis: str = ""
    date_unknown: bool = False
    replaces: int | None = None


@dataclass(frozen=True)
class Problem:
    """Why an entry is refused. entry: its place in what was posted, from 0; fact: "" where it is about the whole entry."""

    entry: int
    kind: str
    fact: str
    message: str

    def __str__(self) -> str:
        place = f"{self.kind}.{self.fact}" if self.fact else self.kind
        return f"第 {self.entry + 1} 条 {place}：{self.message}"


class LedgerError(Exception):
    """Nothing was posted. problems: everything that is wrong, in the order of the entries; holds no sealed value."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(sorted(problems, key=lambda problem: problem.entry))
        lines = [str(problem) for problem in self.problems[:SHOWN]]
        if len(self.problems) > SHOWN:
            lines.append(f"……共 {len(self.problems)} 处")
        super().__init__("\n".join(lines))
