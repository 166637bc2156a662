"""A district with two subdistricts, a clerk, and a ledger to write in. 人物为虚构."""

from datetime import UTC, date, datetime

import pytest

from gugan.accounts.models import User
from gugan.records import idnumber, ledger, services
from gugan.records.entries import Entry, NewPerson
from tests.records.kinds import CATALOGUE

NOW = datetime(2026, 10, 1, 1, tzinfo=UTC)
TREE = [
    ("44", "广东省", "省", ""),
    ("4407", "江门市", "市", "44"),
    ("440703", "蓬江区", "区县", "4407"),
    ("440703002", "白沙街道", "街道", "440703"),
    ("440703002101", "羊桥社区", "社区", "440703002"),
    ("440703006", "环市街道", "街道", "440703"),
    ("440703006101", "甘棠社区", "社区", "440703006"),
    ("440704", "江海区", "区县", "4407"),
    ("440704001", "外海街道", "街道", "440704"),
    ("440704001101", "麻园社区", "社区", "440704001"),
]


def number(serial: int, born: str = "19900215") -> str:
    """A right ID number in a county that was never assigned."""
    first = f"440799{born}{serial:03d}"
    return first + idnumber.check_digit(first)


class Book:
    """Writes in the ledger in as few words as a story needs."""

    def __init__(self, clerk: User) -> None:
        self.clerk, self.now, self.catalogue = clerk, NOW, CATALOGUE

    def post(self, *entries: Entry, now: datetime | None = None):
        return ledger.post(entries, by=self.clerk, now=now or self.now, catalogue=CATALOGUE)

    def add(self, subject, kind: str, on: str, *, now=None, unknown=False, **facts):
        entry = Entry(kind, subject, date.fromisoformat(on), facts, "证明材料", unknown)
        return self.post(entry, now=now)[0]

    def correct(self, action, on: str, *, now=None, **facts):
        entry = Entry(action.kind, action.person or action.org, date.fromisoformat(on), facts, "更正")
        return ledger.correct(action.pk, entry, by=self.clerk, now=now or self.now, catalogue=CATALOGUE)

    def void(self, action, *, now=None):
        return ledger.void(action.pk, by=self.clerk, now=now or self.now, catalogue=CATALOGUE)

    def hire(
        self,
        name: str,
        on: str = "2020-03-01",
        *,
        serial: int = 1,
        payer="440703",
        place="440703002101",
        born="1990-02-15",
        now=None,
    ):
        """A new person, with identity and employment."""
        return self.post(*hiring(name, on, serial=serial, payer=payer, place=place, born=born), now=now)[0].person


def hiring(name, on="2020-03-01", *, serial=1, payer="440703", place="440703002101", born="1990-02-15"):
    who, day = NewPerson(f"{name}{serial}"), date.fromisoformat(on)
    identity = {"姓名": name, "证件号码": number(serial, born.replace("-", "")), "性别": "女性", "出生日期": born,
                "联系电话": f"138{serial:08d}"}  # fmt: skip
    job = {"用人单位": payer, "工作社区": place, "从事社区工作日期": on}
    return [Entry("个人信息", who, day, identity, "花名册", True), Entry("入职", who, day, job, "花名册")]


@pytest.fixture
def clerk(db) -> User:
    return User.objects.create_user("经办", display_name="何嘉怡")


@pytest.fixture
def book(clerk) -> Book:
    services.load_divisions(TREE, by=clerk, now=NOW, catalogue=CATALOGUE)
    return Book(clerk)
