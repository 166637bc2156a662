"""The demo's November: what happened after October was sealed, so that "why this month differs" stands on something.

People are invented, the basis of each fact too. Each row is there for one cause of its own:

| who | what | effective | recorded | why it is here |
| --- | --- | --- | --- | --- |
| 谭卓文 | 入职 | 11-01 | 11-02 | 新进, a whole month |
| 叶可盈 | 入职 | 11-16 | 11-16 | 新进, half a month by days |
| 严娜嘉 | 离职, last day 10-31 | 10-31 | 11-03 | 离岗: nothing this month, October untouched |
| 张𬭎 | 离职, last day 11-15 | 11-15 | 11-05 | a month cut by leaving |
| 龙霞涵 | 学历 中专 → 本科 | 07-01 | 11-09 | a late fact that raises the grade |
| 孙磊新 (本人) | 职业资格 高级社会工作师 | 10-08 | 11-11 | a late fact on the worker's own slip |
| 朱豪国 | 职业资格 助理社会工作师 | 10-20 | 11-12 | registered in October: allowance from November |
| 阿依努尔·买买提 | 岗位 工作人员 → 副职 | 11-16 | 11-23 | a post that changes within the month |
| 林文 | 学历 大专 corrected to 本科 | 2012-11-01 | 11-17 | 更正: the roster said it wrongly |
| 张诗锦 | 职业资格 withdrawn | 2022-04-05 | 11-18 | 撤销: what was on the roster was no certificate |
| 郑浩 | 缴费基数 5,926 → 6,400 | 11-01 | 11-19 | net pay moves, gross does not |
| 孔嘉俊, 宋英兰 | 值班 3 and 2 | 11-20 | 11-20 | monthly entries |
| 毛雪仪 | 事假 2 days | 11-18 | 11-20 | a deduction |

What counts from October or before is paid back for October by November's line 补发扣回 (龙霞涵, 孙磊新, 林文), or taken
back (张诗锦); what counts from before October is not, as nothing earlier was paid here.

October stays sealed and is not marked paid: voiding by two people, which only goes before payment, and 财务's own step
can then both be tried by a visitor. November stands as a draft; nobody has submitted or approved it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings

from gugan import policy
from gugan.accounts import services as accounts
from gugan.accounts.models import User
from gugan.accounts.scope import OPERATOR
from gugan.lifecycle.pay import services as pay
from gugan.lifecycle.pay.compute import SECTION
from gugan.records import ledger
from gugan.records import services as records
from gugan.records.ledger import Entry, LedgerError, NewPerson
from gugan.records.models import Action, Person
from gugan.records.queries import people_by_id_number
from gugan.runs import queries
from gugan.runs.models import Run

MONTH = "2026-11"
FIRST = date(2026, 11, 1)
COMPUTED = date.fromisoformat(settings.DEMO_TODAY)
"""The day on which a demo is served, and on which its November was computed."""
Facts = dict[str, Any]


@dataclass(frozen=True)
class Event:
    """One entry of the story. instead: of which standing fact (a fact's name) this is the correction; no facts: withdrawal."""

    who: str
    kind: str
    effective_on: date
    facts: Facts
    basis: str
    instead: str = ""


def on(day: int, month: int = 11, year: int = 2026) -> date:
    """A day, of November where nothing else is said."""
    return date(year, month, day)


def hired(
    id_number: str, name: str, day: date, recorded: int, *, payer: str, place: str, education: str, contract: str
) -> tuple[int, list[Event]]:
    """Everything that is known of a new person on the first day."""
    basis = f"{name}劳动合同及入职登记表（示范）"
    start = day.isoformat()
    facts: dict[str, Facts] = {
        "个人信息": {"姓名": name, "证件号码": id_number, "民族": "汉族"},
        "参加工作": {"参加工作日期": start},
        "入职": {"用人单位": payer, "工作社区": place, "从事社区工作日期": start},
        "岗位": {"岗位类别": "工作人员", "职务": "社区专职工作者"},
        "学历": {"学历": education},
        "劳动合同": {"合同号": contract, "起": start, "止": "2029-10-31", "期限类型": "固定期限"},
        "晋级": {"级数": 0, "因": "新入职"},
    }
    events = [Event(id_number, kind, day, values, basis) for kind, values in facts.items()]
    for kind in ("养老保险", "医疗保险", "失业保险", "工伤保险", "住房公积金"):
        events.append(Event(id_number, "缴费基数", day, {"险种": kind, "基数": "4546.00"}, basis))
    return recorded, events


def duty(id_number: str, item: str, many: int, day: date, basis: str) -> Event:
    """A monthly entry of November."""
    return Event(id_number, "月度事项", day, {"月份": MONTH, "项目": item, "数量": many}, basis)


def story(payer: str) -> list[tuple[int, list[Event]]]:
    """(day of November on which it was recorded, what was recorded together); one day at most once."""
    certificate = {"级别": "高级社会工作师", "取得日期": "2026-09-20", "登记日期": "2026-10-08", "聘任": True}
    assistant = {"级别": "助理社会工作师", "取得日期": "2026-10-12", "登记日期": "2026-10-20"}
    left = "解除、终止劳动合同证明书"
    return [
        hired("440799199906189077", "谭卓文", on(1), 2, payer=payer, place="440703002101", education="本科", contract="SF-2026-1101"),
        (3, [Event("440799196203053081", "离职", on(31, 10), {"类别": "退休", "末日": "2026-10-31"}, f"{left}（示范）")]),
        (5, [Event("440799200005267029", "离职", on(15), {"类别": "辞职", "末日": "2026-11-15"}, f"本人辞职申请及{left}（示范）")]),
        (9, [Event("44079919911205797X", "学历", on(1, 7), {"学历": "本科"}, "毕业证书，11月9日交来（示范）")]),
        (11, [Event("440799197707210495", "职业资格", on(8, 10), certificate, "职业资格证书及聘任通知，11月11日交来（示范）")]),
        (12, [Event("440799199609054491", "职业资格", on(20, 10), assistant, "职业资格证书及登记页（示范）")]),
        hired("440799200103099081", "叶可盈", on(16), 16, payer=payer, place="440703002110", education="大专", contract="SF-2026-1116"),
        (17, [Event("440799198306257297", "学历", on(1), {"学历": "本科"}, "核对毕业证书原件，花名册误写大专（示范）", "学历")]),
        (18, [Event("440799199509252861", "职业资格", on(1), {}, "证书登记查无此人，花名册误记（示范）", "级别")]),
        (19, [Event("440799198109168551", "缴费基数", on(1), {"险种": "养老保险", "基数": "6400.00"}, "社保基数申报表（示范）")]),
        (20, [
            duty("440799200008106220", "值班", 3, on(20), "11月值班表（示范）"),
            duty("440799199306171420", "值班", 2, on(20), "11月值班表（示范）"),
            duty("44079919880822062X", "事假", 2, on(18), "请假审批单（示范）"),
        ]),
        (23, [Event("440799199511079383", "岗位", on(16), {"岗位类别": "副职", "职务": "副主任"}, "任职通知（示范）")]),
    ]  # fmt: skip


def moment(day: int, hour: int) -> datetime:
    """An hour of a day of November in China."""
    return datetime(2026, 11, day, hour, tzinfo=ZoneInfo("Asia/Shanghai"))


def post_story(*, payer: str, pack: str, by: User, say: Callable[[str], None]) -> int:
    """Post what is not there yet, each day whole or not at all; return how many entries were posted now.

    A day that was posted once is known by its moment and is never posted again, whatever a visitor did since; what no
    longer fits what visitors wrote into an older demo is left out and said.
    """
    catalogue = policy.load(pack, records.packs_root()).catalogue
    told = story(payer)
    known = people_by_id_number(OPERATOR, {event.who for _, events in told for event in events})
    moments = [moment(day, 10) for day, _ in told]
    done = set(Action.objects.filter(recorded_by=by, recorded_at__in=moments).values_list("recorded_at", flat=True))
    posted = 0
    for day, events in told:
        now = moment(day, 10)
        if now in done:
            continue
        accounts.require(by, "import", payer, on=now.date())
        try:
            posted += len(ledger.post(list(_entries(events, known)), by=by, now=now, catalogue=catalogue))
        except LedgerError:
            say(f"2026-11-{day:02d} 的事与库里后来的记录合不上，没有记")
    return posted


def _entries(events: Iterable[Event], known: dict[str, Person]) -> Iterable[Entry]:
    """The ledger's entries; somebody who is not known yet is new, and only where the story begins with 个人信息."""
    for event in events:
        subject = known.get(event.who) or NewPerson(event.who)
        if not event.instead:
            yield Entry(event.kind, subject, event.effective_on, event.facts, event.basis)
            continue
        standing = Action.objects.filter(person=known.get(event.who), kind=event.kind, replaced_by=None)
        old = next((one for one in standing.order_by("pk") if event.instead in one.facts), None)
        if old is not None:
            facts = {**old.facts, **event.facts} if event.facts else {}
            yield Entry(event.kind, subject, old.effective_on, facts, event.basis, old.date_unknown, old.pk)


def draft(*, payer: str, by: User, say: Callable[[str], None]) -> Run:
    """Compute November once as a draft; what is there already, in whatever state, is returned as it is."""
    there = queries.live_run(SECTION, payer, FIRST)
    if there is not None:
        return there
    return pay.run(payer=payer, month=MONTH, by=by, now=moment(COMPUTED.day, 15), today=COMPUTED, progress=say)
