"""Synthetic people for measuring: invented names and ID numbers, real shapes, everything through the ledger."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from itertools import islice

from django.db import connection

from gugan.accounts import services as accounts
from gugan.accounts.models import Grant, User
from gugan.policy import Catalogue
from gugan.records import ledger
from gugan.records.idnumber import check_digit
from gugan.records.ledger import Entry, NewOrg, NewPerson
from gugan.records.models import Org

PAYER = "440703"
PER_COMMUNITY, PER_STREET = 15, 20
SURNAMES, GIVEN = "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦", "嘉惠国怡珊伟倩俊淑铭颖雅志芬豪轩诗文"
POSTS = ("工作人员", "工作人员", "工作人员", "工作人员", "副职", "正职")
EDUCATION = ("大专", "本科", "本科", "硕士研究生")
FIRST_DAY, OPENED = date(2017, 3, 1), date(2026, 9, 30)


def officers(now: datetime) -> tuple[User, User]:
    """A clerk and an approver of the payer."""
    made = []
    for name, role in (("测速经办", Grant.Role.CLERK), ("测速审批", Grant.Role.APPROVER)):
        user = accounts.create_user(name, display_name=name, by=None, now=now)
        accounts.grant(user, role, prefix=PAYER, since=date(2020, 1, 1), by=None, now=now)
        made.append(user)
    return made[0], made[1]


def found(count: int, *, by: User, now: datetime, catalogue: Catalogue, plain: bool = False) -> None:
    """Put `count` people, their communities and streets on the ledger, in batches of 2,000 people.

    plain: four actions each instead of about twenty.
    """
    communities = -(-count // PER_COMMUNITY)
    _found_orgs(communities, by=by, now=now, catalogue=catalogue)
    education = [label for label in EDUCATION if label in catalogue.tables["学历"].labels]
    for first in range(0, count, 2000):
        entries = [
            entry
            for number in range(first, min(first + 2000, count))
            for entry in islice(_person(number, communities, education), 4 if plain else None)
        ]
        ledger.post(entries, by=by, now=now, catalogue=catalogue)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")  # what PostgreSQL does by itself within a minute


def _found_orgs(communities: int, *, by: User, now: datetime, catalogue: Catalogue) -> None:
    def org(code: str, name: str, parent: str | None) -> Entry:
        return Entry("机构设立", NewOrg(code), date(2017, 1, 1), {"代码": code, "名称": name, "上级": parent})

    entries = [org(PAYER, "测速区", None)]
    for number in range(communities):
        if number % PER_STREET == 0:
            entries.append(org(_street(number), f"{number // PER_STREET + 1}号街道", PAYER))
        entries.append(org(community(number), f"{number + 1}号社区", _street(number)))
    ledger.post(entries, by=by, now=now, catalogue=catalogue)
    payer = Org.objects.get(code=PAYER)
    named = Entry("适用政策包", payer, date(2020, 1, 1), {"政策包": "9901"})
    ledger.post([named], by=by, now=now, catalogue=catalogue)


def _street(community: int) -> str:
    return f"{PAYER}{community // PER_STREET + 1:03d}"


def community(number: int) -> str:
    """The code of the community of that number."""
    return f"{_street(number)}{number % PER_STREET + 1:03d}"


def id_number(number: int) -> str:
    """A number of a county code that was never assigned, different for each number below 900,000."""
    born = date(1975, 1, 1) + timedelta(days=number // 900)
    first = f"440799{born:%Y%m%d}{number % 900 + 100:03d}"
    return first + check_digit(first)


def _person(number: int, communities: int, education: list[str]) -> Iterator[Entry]:
    """About twenty actions, as a roster and its opening balances leave them."""
    who = NewPerson(f"n{number}")
    name = SURNAMES[number % 18] + GIVEN[number // 18 % 18] + GIVEN[number // 324 % 18]
    start = FIRST_DAY + timedelta(days=number % 2500)
    place = community(number % communities)

    def entry(kind: str, on: date, **facts) -> Entry:
        return Entry(kind, who, on, facts, basis="测速")

    yield entry("个人信息", start, 姓名=name, 证件号码=id_number(number), 联系电话=f"1990000{number % 10000:04d}")
    yield entry("入职", start, 用人单位=PAYER, 工作社区=place, 从事社区工作日期=start.isoformat())
    yield entry("岗位", start, 岗位类别=POSTS[number % len(POSTS)], 职务="社区工作人员")
    yield entry("学历", start, 学历=education[number % len(education)])
    yield entry("银行账户", start, 账号=f"990000{number:010d}")
    if number % 3 == 0:
        held = start.isoformat()
        yield entry("职业资格", start, 级别="社会工作师", 取得日期=held, 登记日期=held, 聘任=True)
    yield entry("劳动合同", start, 合同号=f"C{number}", 起=start.isoformat(), 止="2028-12-31")
    for year in range(start.year, 2026):
        result = "优秀" if (number + year) % 6 == 0 else "合格"
        yield entry("年度考核", date(year, 12, 31), 年度=str(year), 结果=result)
    yield entry("晋级", OPENED, 级数=number % 4, 因="期初")
    for kind in ("养老保险", "医疗保险", "失业保险", "工伤保险", "住房公积金"):
        yield entry("缴费基数", OPENED, 险种=kind, 基数=f"{5000 + number % 3000}.00")
    if number % 4 == 0:
        yield entry("专项附加扣除", OPENED, 项目="赡养老人", 月额="1500.00", 起="2026-01-01")
    if number % 3 == 1:
        yield entry("月度事项", date(2026, 10, 20), 月份="2026-10", 项目="值班", 数量=number % 5)
    yield _opening(number, entry)


def _opening(number: int, entry) -> Entry:
    months = 9
    return entry(
        "期初余额",
        OPENED,
        截至=OPENED.isoformat(),
        在职月数=months,
        累计应发=f"{50000 + number % 20000}.00",
        累计专项扣除="8000.00",
        累计专项附加扣除="0.00",
        累计已预扣税额="0.00",
    )
