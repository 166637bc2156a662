"""A small district for stories of pay: two payers, a few communities, officers, and people as a story needs them.

The pack is the real 9901. A clerk of grade 2 (工作人员, 本科, no steps, 合格) is paid, by hand:
4,000 × 1.06 = 4,240.00 standard = 2,968.00 + 1,272.00; base at the floor 4,546: 363.68 + 90.92 + 22.73;
housing fund 5% of 4,240 = 212; no tax; net 4,240 − 689.33 = 3,550.67.
"""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from gugan import policy
from gugan.accounts import services as accounts
from gugan.accounts.models import Grant, User
from gugan.lifecycle.pay import review
from gugan.records import ledger
from gugan.records.idnumber import check_digit
from gugan.records.ledger import Entry, NewOrg, NewPerson
from gugan.records.models import Org, Person

CHINA = ZoneInfo("Asia/Shanghai")
POLICIES = Path(__file__).parents[2] / "policies"
PAYER, OTHER_PAYER = "440703", "440704"
ORGS = {
    "440703": ("蓬江区", "区县", None),
    "440703002": ("白沙街道", "街道", "440703"),
    "440703002001": ("羊桥社区", "社区", "440703002"),
    "440703002002": ("良化东社区", "社区", "440703002"),
    "440703005": ("潮连街道", "街道", "440703"),
    "440703005001": ("富冈社区", "社区", "440703005"),
    "440704": ("江海区", "区县", None),
    "440704001": ("江南街道", "街道", "440704"),
    "440704001001": ("江南社区", "社区", "440704001"),
}
NAMES = (
    "孔嘉俊",
    "林惠珊",
    "梁国雄",
    "何嘉怡",
    "周珊佩",
    "谭伟豪",
    "区倩仪",
    "吕家俊",
    "容淑芬",
    "黄铭轩",
    "余颖诗",
    "邓雅文",
)


def moment(text: str) -> datetime:
    """A moment in China: "2026-10-31 18:00"."""
    return datetime.fromisoformat(text).replace(tzinfo=CHINA)


def id_number(number: int, born: str = "19900101") -> str:
    """An ID number of a county code that was never assigned."""
    first = f"440799{born}{number:03d}"
    return first + check_digit(first)


class World:
    """The district; every write goes through the ledger and the services."""

    def __init__(self, now: str = "2024-12-01 09:00") -> None:
        self.now = moment(now)
        self.pack = policy.load("9901", root=POLICIES)
        self.clerk = self.officer("经办", Grant.Role.CLERK)
        self.approver = self.officer("审批", Grant.Role.APPROVER)
        self.second = self.officer("审批二", Grant.Role.APPROVER)
        self.finance = self.officer("财务", Grant.Role.FINANCE)
        self.made = 0
        self._found_orgs()

    def officer(self, name: str, role: str, prefix: str = PAYER) -> User:
        """A user with one role under a prefix."""
        user = accounts.create_user(name, display_name=name, by=None, now=self.now)
        accounts.grant(user, role, prefix=prefix, since=date(2020, 1, 1), by=None, now=self.now)
        return user

    def _found_orgs(self) -> None:
        kinds = self.pack.catalogue.tables["机构类别"].labels
        entries = []
        for code, (name, kind, parent) in ORGS.items():
            facts = {"代码": code, "名称": name, "类别": kind if kind in kinds else None, "上级": parent}
            entries.append(Entry("机构设立", NewOrg(code), date(2000, 1, 1), facts))
        self.post(*entries)
        self.post(
            *(
                Entry("适用政策包", Org.objects.get(code=code), date(2020, 1, 1), {"政策包": "9901"})
                for code in (PAYER, OTHER_PAYER)
            )
        )

    def post(self, *entries: Entry, at: str | None = None):
        """Post entries as the clerk at a moment (default: the world's own)."""
        now = moment(at) if at else self.now
        return ledger.post(list(entries), by=self.clerk, now=now, catalogue=self.pack.catalogue)

    def hire(
        self,
        name: str | None = None,
        *,
        on: str = "2025-01-01",
        place: str = "440703002001",
        payer: str = PAYER,
        post: str = "工作人员",
        education: str | None = "本科",
        standing: str | None = None,
        since: str | None = None,
        years: dict[str, str] | None = None,
        steps: int | None = None,
        opening: dict | None = None,
        at: str | None = None,
    ) -> Person:
        """Put somebody on the roster from a day; every fact may be left out with None."""
        self.made += 1
        day, who = date.fromisoformat(on), NewPerson(f"p{self.made}")
        name = name or NAMES[self.made % len(NAMES)]
        entries = [
            Entry("个人信息", who, day, {"姓名": name, "证件号码": id_number(self.made), "出生日期": "1990-01-01"}),
            Entry("入职", who, day, {"用人单位": payer, "工作社区": place, "从事社区工作日期": since or on}),
        ]
        if post:
            entries.append(Entry("岗位", who, day, {"岗位类别": post}))
        if education:
            entries.append(Entry("学历", who, day, {"学历": education}))
        if standing:
            entries.append(Entry("身份", who, day, {"身份": standing}))
        if steps is not None:
            entries.append(Entry("晋级", who, day, {"级数": steps, "因": "期初"}))
        for year, result in (years or {}).items():
            entries.append(Entry("年度考核", who, date(int(year), 12, 31), {"年度": year, "结果": result}))
        if opening:
            entries.append(Entry("期初余额", who, date.fromisoformat(opening["截至"]), opening))
        return self.post(*entries, at=at)[0].person

    def note(self, kind: str, person: Person, on: str, facts: dict, at: str | None = None):
        """Post one action about a person."""
        return self.post(Entry(kind, person, date.fromisoformat(on), facts), at=at)[0]

    def submit(self, run, at: str, words: str = "已核实"):
        """The clerk marks every cause, answers every exception, and hands the draft to the approver."""
        now = moment(at)
        for point in review.reviewed(run, self.clerk, now).left:
            review.mark(run=run, key=point.key, digest=point.digest, by=self.clerk, now=now, words=words)
        return review.submit(run=run, by=self.clerk, now=now)
