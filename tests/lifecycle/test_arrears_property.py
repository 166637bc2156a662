"""For every history: paid + settled + still open = what perfect knowledge from the start would have paid, to the fen."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gugan.accounts.models import Grant
from gugan.lifecycle.pay import services
from gugan.lifecycle.pay.compute import compute
from gugan.records import ledger
from gugan.records.ledger import Entry, LedgerError
from gugan.records.models import Action
from gugan.runs import arrears
from gugan.runs import services as runs
from gugan.runs.errors import RunError
from gugan.runs.models import COMPUTED, UNKNOWN, Outcome, Run, Settlement
from tests.lifecycle.months import last_day
from tests.lifecycle.world import OTHER_PAYER, PAYER, World, moment

MONTHS = ("2025-11", "2025-12", "2026-01", "2026-02")
PAYERS = (PAYER, OTHER_PAYER)
LINES = ("基本报酬", "绩效报酬", "职业资格津贴", "值班补贴", "事假扣款")
PEOPLE = 3
days = st.integers(0, 120).map(lambda n: (date(2025, 10, 20) + timedelta(n)).isoformat())
facts = st.one_of(
    st.sampled_from(["大专", "本科", "硕士研究生"]).map(lambda v: ("学历", {"学历": v})),
    st.tuples(st.sampled_from(["助理社会工作师", "社会工作师"]), days).map(
        lambda v: ("职业资格", {"级别": v[0], "登记日期": v[1]})
    ),
    st.tuples(st.sampled_from(MONTHS), st.sampled_from(["值班", "事假"]), st.integers(1, 6)).map(
        lambda v: ("月度事项", {"月份": v[0], "项目": v[1], "数量": v[2]})
    ),
    st.sampled_from(PAYERS).map(lambda v: ("入职", {"用人单位": v})),
    days.map(lambda v: ("离职", {"末日": v})),
    st.sampled_from(["社区工作者", "事业编"]).map(lambda v: ("身份", {"身份": v})),
    st.just(("撤销", {})),
)
events = st.tuples(st.integers(0, len(MONTHS) - 1), st.integers(0, PEOPLE - 1), days, facts)
histories = st.lists(events, min_size=4, max_size=12)


class Rollback(Exception):
    """Ends an example without keeping anything."""


@pytest.fixture
def both(world):
    """The district with people, and officers of its second payer."""
    world.others = (
        world.officer("江海经办", Grant.Role.CLERK, OTHER_PAYER),
        world.officer("江海审批", Grant.Role.APPROVER, OTHER_PAYER),
    )
    for payer in PAYERS:
        world.hire(payer=payer, on="2025-06-01", place="440703002001" if payer == PAYER else "440704001001")
    world.cast = [
        world.hire(on="2025-10-20", education=education, years={}) for education in ("大专", "本科", "硕士研究生")
    ]
    return world


@settings(
    max_examples=6,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(history=histories)
def test_paid_settled_and_open_are_what_perfect_knowledge_would_have_paid(both, history):
    with pytest.raises(Rollback), transaction.atomic():
        play(both, history)
        conserved()
        raise Rollback


def play(world: World, history: list) -> None:
    """Each month both payers compute and seal; an event is recorded early in its month, whatever day it counts from."""
    for at, month in enumerate(MONTHS):
        for number, (_when, who, day, (kind, given_facts)) in enumerate(e for e in history if e[0] == at):
            record(world, world.cast[who], kind, day, given_facts, f"{month}-05 10:{number:02d}")
        for payer in PAYERS:
            clerk, approver = (world.clerk, world.approver) if payer == PAYER else world.others
            evening = moment(f"{last_day(month)} 18:00")
            run = services.run(payer=payer, month=month, by=clerk, now=evening)
            runs.approve(run=run, by=approver, now=evening + timedelta(hours=1))


def record(world: World, person, kind: str, day: str, given_facts: dict, at: str) -> None:
    """Post one event; what the ledger refuses has not happened."""
    try:
        with transaction.atomic():
            if kind == "撤销":
                last = Action.objects.filter(
                    person=person, replaced_by=None, kind__in=("学历", "职业资格", "月度事项", "离职", "身份")
                )
                last = last.exclude(facts={}).order_by("-pk").first()
                if last is not None:
                    ledger.void(last.pk, by=world.clerk, now=moment(at), catalogue=world.pack.catalogue)
            else:
                on = given_facts.get("末日", day)
                world.post(Entry(kind, person, date.fromisoformat(on), given_facts), at=at)
    except LedgerError:
        pass


def conserved() -> None:
    end = moment("2026-03-01 09:00")
    have: Counter = Counter()
    for run in Run.objects.all():
        assert runs.verify(run) == []
        for one in Outcome.objects.filter(run=run, state=COMPUTED):
            for line in LINES:
                have[run.payer_code, one.person_id, run.month, line] += one.values[line]
            settled = sum(s.amount_fen for s in Settlement.objects.filter(run=run, person=one.person_id))
            assert one.values["补发扣回"] == settled
            assert one.gross_fen == sum(one.values[line] for line in LINES) + settled
            if settled < 0:
                assert one.net_fen >= 190000 and -settled <= (one.gross_fen - settled) // 5 + 1
    for one in Settlement.objects.select_related("run"):
        have[one.run.payer_code, one.person_id, f"{one.month:%Y-%m}", one.line] += one.amount_fen
    unsaid = set()
    for payer in PAYERS:
        found = arrears.owed(section="工资", payer=payer, before=date(2026, 3, 1), known_at=end)
        for one in found.owed:
            have[payer, one.person, f"{one.month:%Y-%m}", one.line] += one.fen
        unsaid |= {(payer, person, f"{month:%Y-%m}") for person, month in found.unsaid}
    want: Counter = Counter()
    for payer in PAYERS:
        for month in MONTHS:
            for row in rows_by_perfect_knowledge(payer, month, end):
                if row.state == COMPUTED:
                    for line in LINES:
                        want[payer, row.person, month, line] += row.values[line]
                elif row.state == UNKNOWN:
                    unsaid.add((payer, row.person, month))
    for key in have.keys() | want.keys():
        if key[:3] not in unsaid:
            assert have[key] == want[key], key


def rows_by_perfect_knowledge(payer: str, month: str, end) -> list:
    try:
        return compute(payer=payer, month=month, known_at=end).rows
    except RunError as error:
        assert "没有一个在册的人" in str(error)
        return []
