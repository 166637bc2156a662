"""Why a month differs, in an official's words: who leaves or comes in mid-month, what was corrected, withdrawn or is over."""

from datetime import date

import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext

from gugan.lifecycle.pay import changes, services
from gugan.records import ledger
from gugan.records.ledger import Entry
from gugan.records.models import Action
from gugan.runs import queries
from gugan.runs import services as runs
from tests.lifecycle.world import OTHER_PAYER, PAYER, World, moment


@pytest.fixture
def world(db) -> World:
    cache.clear()
    return World()


def computed(world, month: str, at: str):
    return services.run(payer=PAYER, month=month, by=world.clerk, now=moment(at))


def sealed(world):
    run = computed(world, "2026-10", "2026-10-31 18:00")
    return runs.approve(run=run, by=world.approver, now=moment("2026-10-31 19:00"))


def causes(run) -> dict[str, set[str]]:
    """Names of people by cause; the sums add up to the fen."""
    bridge = changes.bridge(run, queries.month_before(run))
    assert sum(cause.fen for cause in bridge.causes) == bridge.difference == run.gross_fen - bridge.before
    people = dict(run.outcomes.values_list("person_id", "person__name"))
    return {cause.name: {people.get(person, "") for person in cause.people} for cause in bridge.causes}


def test_days_within_the_month_are_said(world):
    gone, moved, late = (world.hire(name) for name in ("孔嘉俊", "林惠珊", "梁国雄"))
    half = world.hire("周珊佩", on="2026-10-16", at="2026-10-16 09:00")
    sealed(world)
    note = {"类别": "辞职", "末日": "2026-11-15"}
    world.note("离职", gone, "2026-11-15", note, at="2026-11-05 09:00")
    world.note(
        "入职", moved, "2026-11-16", {"用人单位": OTHER_PAYER, "工作社区": "440704001001"}, at="2026-11-05 09:00"
    )
    world.note("离职", late, "2026-11-10", note | {"末日": "2026-11-10"}, at="2026-11-05 09:00")
    world.note("学历", late, "2026-11-01", {"学历": "硕士研究生"}, at="2026-11-05 09:00")
    found = causes(computed(world, "2026-11", "2026-11-27 15:00"))
    assert found == {
        "月中离职": {gone.name},
        "月中调出": {moved.name},
        "学历、月中离职": {late.name},
        "上月不满一个月": {half.name},
    }


def test_corrections_and_withdrawals_are_said(world):
    wrong, mistaken, fresh = (world.hire(name, education="大专") for name in ("孔嘉俊", "林惠珊", "梁国雄"))
    higher = world.note("学历", mistaken, "2025-06-01", {"学历": "本科"})
    sealed(world)
    given = {"by": world.clerk, "catalogue": world.pack.catalogue}
    old = Action.objects.get(person=wrong, kind="学历")
    right = Entry("学历", wrong, old.effective_on, {"学历": "本科"})
    ledger.correct(old.pk, right, now=moment("2026-11-05 09:00"), **given)
    # what was held before stands again: it is the withdrawal that is new
    ledger.void(higher.pk, now=moment("2026-11-05 09:10"), **given)
    # came and was corrected since October: new, as a whole
    came = world.note("学历", fresh, "2026-11-01", {"学历": "博士研究生"}, at="2026-11-05 09:20")
    again = Entry("学历", fresh, date(2026, 11, 1), {"学历": "本科"})
    ledger.correct(came.pk, again, now=moment("2026-11-06 09:00"), **given)
    found = causes(computed(world, "2026-11", "2026-11-27 15:00"))
    assert found == {"更正（学历）": {wrong.name}, "撤销（学历）": {mistaken.name}, "学历": {fresh.name}}


def test_entries_of_a_month_are_called_by_their_item(world):
    now, then = world.hire("孔嘉俊"), world.hire("林惠珊")
    item = {"月份": "2026-10", "项目": "值班", "数量": 2}
    world.note("月度事项", then, "2026-10-20", item, at="2026-10-20 09:00")
    sealed(world)
    item = {"月份": "2026-11", "项目": "值班", "数量": 2}
    world.note("月度事项", now, "2026-11-20", item, at="2026-11-20 09:00")
    found = causes(computed(world, "2026-11", "2026-11-27 15:00"))
    assert found == {"值班": {now.name}, "上月的值班": {then.name}}


def test_a_bridge_takes_as_many_statements_for_thirty(world):
    world.note("学历", world.hire(), "2026-11-01", {"学历": "硕士研究生"})
    counts = []
    october = sealed(world)
    for people in (1, 30):
        for _number in range(people):
            one = world.hire(on="2026-11-01", at="2026-11-02 09:00")
            world.note("离职", one, "2026-11-15", {"类别": "辞职", "末日": "2026-11-15"}, at="2026-11-05 09:00")
        november = computed(world, "2026-11", f"2026-11-27 15:0{people // 30}")
        with CaptureQueriesContext(connection) as captured:
            assert changes.bridge(november, october).changed > people
        counts.append(len(captured))
    assert counts[0] == counts[1] <= 5
