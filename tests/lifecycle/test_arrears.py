"""补发扣回: what a late, corrected or withdrawn fact means for months that are sealed, paid in the month after.

A clerk of grade 1 has 4,000.00 a month: 2,800.00 + 1,200.00; 本科 makes it grade 2: 4,240.00 = 2,968.00 + 1,272.00.
"""

from datetime import date

import pytest
from django.db import DatabaseError, transaction

from gugan.accounts.models import Grant
from gugan.lifecycle.pay import changes, services
from gugan.records import ledger
from gugan.records.ledger import Entry
from gugan.records.models import Action
from gugan.runs import arrears
from gugan.runs import services as runs
from gugan.runs.errors import RunError
from gugan.runs.models import Outcome, Settlement
from tests.lifecycle.months import draft, open_at, seal, settled, slip
from tests.lifecycle.world import OTHER_PAYER, PAYER, moment


def test_late_degree_is_paid_back_for_every_sealed_month(world):
    person = world.hire(education="大专", years={"2025": "合格"}, on="2025-06-01")
    other = world.hire(education="大专", years={"2025": "合格"}, on="2025-06-01")
    july, august = seal(world, "2026-07"), seal(world, "2026-08")
    world.note("学历", person, "2026-07-01", {"学历": "本科"}, at="2026-09-12 10:00")
    september = seal(world, "2026-09")
    assert settled(september, person) == {
        ("2026-07", "基本报酬"): 16800,
        ("2026-07", "绩效报酬"): 7200,
        ("2026-08", "基本报酬"): 16800,
        ("2026-08", "绩效报酬"): 7200,
    }
    assert settled(september, other) == {}
    assert slip(september, person).values["补发扣回"] == 48000
    assert slip(september, person).gross_fen == 424000 + 48000
    one = Settlement.objects.get(person=person, month=date(2026, 7, 1), line="基本报酬")
    assert (one.old_fen, one.new_fen, one.amount_fen, one.origin) == (280000, 296800, 16800, july)
    assert one.cause == "本科学历 2026-07-01 起，2026-09-12 登记"
    assert slip(august, person).gross_fen == 400000, "sealed months stay"
    assert runs.verify(september) == []
    october = seal(world, "2026-10")
    assert settled(october, person) == {} and slip(october, person).gross_fen == 424000, "nothing is proposed twice"


def test_arrears_are_taxed_in_the_month_of_payment(world):
    person = world.hire(post="正职", steps=10, years={"2025": "合格"}, on="2025-06-01")
    for month in ("2026-01", "2026-02"):
        seal(world, month)
    world.note(
        "职业资格", person, "2026-01-05", {"级别": "社会工作师", "登记日期": "2025-12-20"}, at="2026-03-10 10:00"
    )
    run = seal(world, "2026-03")
    back = slip(run, person).values["补发扣回"]
    assert back == sum(settled(run, person).values()) > 0
    year = Outcome.objects.filter(person=person)
    gross, personal = sum(one.gross_fen for one in year), sum(one.personal_fen for one in year)
    assert sum(one.tax_fen for one in year) == round((gross - personal - 3 * 500000) * 0.03)


def test_certificate_found_false_takes_back_what_it_had_brought(world):
    person = world.hire(years={"2025": "合格"}, on="2025-06-01")
    seal(world, "2026-07")
    late = world.note(
        "职业资格", person, "2026-06-01", {"级别": "助理社会工作师", "登记日期": "2026-06-01"}, at="2026-08-05 10:00"
    )
    august = seal(world, "2026-08")
    brought = settled(august, person)
    assert brought[("2026-07", "职业资格津贴")] == 10000
    when = moment("2026-09-03 10:00")
    ledger.void(late.pk, by=world.clerk, now=when, catalogue=world.pack.catalogue, basis="查无此证")
    september = seal(world, "2026-09")
    back = settled(september, person)
    assert {line: fen for (month, line), fen in back.items() if month == "2026-07"} == {
        line: -fen for (_month, line), fen in brought.items()
    }
    assert back[("2026-08", "职业资格津贴")] == -10000
    assert "撤销，2026-09-03 登记" in Settlement.objects.filter(run=september).first().cause
    assert not open_at("2026-10-01 09:00", "2026-10")
    assert runs.verify(september) == []


def test_deduction_stops_at_the_limit_and_the_rest_carries_on(world):
    person = world.hire(education="博士研究生", years={"2025": "合格"}, on="2025-06-01")
    degree = person_action(person, "学历")
    for month in ("2026-05", "2026-06", "2026-07"):
        seal(world, month)
    correct(world, degree, {"学历": "大专"}, "2026-08-06 10:00")
    overpaid = -sum(open_at("2026-08-07 09:00", "2026-08").values())
    limit = 400000 // 5
    assert overpaid > 0
    rest, months = overpaid, iter(("2026-08", "2026-09", "2026-10", "2026-11"))
    while rest:
        month = next(months)
        run = seal(world, month)
        taken = min(limit, rest)
        assert sum(settled(run, person).values()) == -taken
        assert slip(run, person).gross_fen == 400000 - taken
        assert runs.verify(run) == []
        rest -= taken
        kinds = {one["kind"] for one in run.findings if person.pk in one["people"]}
        assert kinds == ({"转下月"} if rest else set())
    assert not open_at("2026-12-01 09:00", "2026-12")


def test_who_left_in_march_is_paid_in_april_what_january_owed(world):
    world.hire(years={"2025": "合格"}, on="2025-06-01")
    person = world.hire(education="大专", years={"2025": "合格"}, on="2025-06-01")
    january = seal(world, "2026-01")
    world.note("离职", person, "2026-03-31", {"末日": "2026-03-31"}, at="2026-03-20 10:00")
    for month in ("2026-02", "2026-03"):
        seal(world, month)
    duty = {"月份": "2026-01", "项目": "值班", "数量": 4}
    world.note("月度事项", person, "2026-01-31", duty, at="2026-04-08 10:00")
    april = seal(world, "2026-04")
    last = slip(april, person)
    assert settled(april, person) == {("2026-01", "值班补贴"): 20000}
    assert (last.state, last.reason, last.place_code) == ("算出", "已离岗，只补发以前月份的", "440703002001")
    assert (last.gross_fen, last.personal_fen, last.net_fen) == (20000, 0, 20000 - last.tax_fen)
    assert Settlement.objects.get(run=april).origin == january
    assert runs.verify(april) == []
    assert not Outcome.objects.filter(run=seal(world, "2026-05"), person=person).exists()


def test_what_somebody_who_left_was_overpaid_is_listed_and_not_deducted(world):
    world.hire(years={"2025": "合格"}, on="2025-06-01")
    person = world.hire(years={"2025": "合格"}, on="2025-06-01")
    seal(world, "2026-01")
    world.note("离职", person, "2026-01-15", {"末日": "2026-01-15"}, at="2026-02-08 10:00")
    february = seal(world, "2026-02")
    assert not Outcome.objects.filter(run=february, person=person).exists()
    assert set(settled(february, person).values()) == {0}
    assert {"kind": "扣不了", "text": "已离岗，以前月份多发的在工资里扣不了，要另行追回", "people": [person.pk]} in (
        february.findings
    )
    assert runs.verify(february) == []


def test_late_transfer_is_taken_back_here_and_paid_there(world):
    person = world.hire(years={"2025": "合格"}, on="2025-06-01")
    stays, there_too = world.hire(on="2025-06-01"), world.hire(on="2025-06-01", payer=OTHER_PAYER)
    foreign = world.officer("江海经办", Grant.Role.CLERK, OTHER_PAYER)
    judge = world.officer("江海审批", Grant.Role.APPROVER, OTHER_PAYER)
    seal(world, "2026-06")
    seal(world, "2026-06", OTHER_PAYER, foreign, judge)
    moved = {"用人单位": OTHER_PAYER, "工作社区": "440704001001"}
    world.note("入职", person, "2026-06-16", moved, at="2026-07-03 10:00")
    here, there = seal(world, "2026-07"), seal(world, "2026-07", OTHER_PAYER, foreign, judge)
    # 15 of 30 days here: 2,120.00 of 4,240.00; by lines 1,484.00 and 636.00
    assert settled(there, person) == {("2026-06", "基本报酬"): 148400, ("2026-06", "绩效报酬"): 63600}
    assert {(month, line): one for (month, line), one in settled(here, person).items()} == {
        ("2026-06", "基本报酬"): 0,
        ("2026-06", "绩效报酬"): 0,
    }
    assert sum(open_at("2026-08-01 09:00", "2026-08").values()) == -212000
    assert settled(here, stays) == settled(there, there_too) == {}
    assert slip(there, person).gross_fen == 424000 + 212000
    assert runs.verify(here) == runs.verify(there) == []


def test_who_was_forgotten_is_paid_whole_months_across_the_year(world):
    world.hire(on="2025-06-01")
    seal(world, "2025-12")
    late = world.hire(on="2025-12-01", years={"2025": "合格"}, at="2026-01-09 10:00")
    january = seal(world, "2026-01")
    assert sum(settled(january, late).values()) == 3800_00 * 106 // 100, "December by December's base"
    assert Settlement.objects.filter(run=january, person=late).first().cause.startswith("入职（440703")


def test_month_that_did_not_come_out_is_paid_once_the_fact_is_there(world):
    world.hire(years={"2025": "合格"})
    person = world.hire(education=None, years={"2025": "合格"})
    october = seal(world, "2026-10")
    assert slip(october, person).state == "算不出"
    world.note("学历", person, "2025-01-01", {"学历": "本科"}, at="2026-11-05 10:00")
    november = seal(world, "2026-11")
    assert sum(settled(november, person).values()) == 424000


def test_approval_is_refused_when_an_earlier_months_fact_came_in_between(world):
    person = world.hire(years={"2025": "合格"})
    seal(world, "2026-10")
    run = draft(world, "2026-11")
    duty = {"月份": "2026-10", "项目": "值班", "数量": 2}
    world.note("月度事项", person, "2026-10-31", duty, at="2026-11-30 18:30")
    with pytest.raises(RunError, match="核算之后有 1 人的事实变了"):
        runs.approve(run=run, by=world.approver, now=moment("2026-11-30 19:00"))
    again = services.run(payer=PAYER, month="2026-11", by=world.clerk, now=moment("2026-11-30 18:40"))
    assert again.pk == run.pk and settled(again, person) == {("2026-10", "值班补贴"): 10000}
    assert runs.approve(run=again, by=world.approver, now=moment("2026-11-30 19:00")).state == "sealed"


def test_voided_run_settles_nothing(world):
    person = world.hire(years={"2025": "合格"})
    seal(world, "2026-10")
    duty = {"月份": "2026-10", "项目": "值班", "数量": 2}
    world.note("月度事项", person, "2026-10-31", duty, at="2026-11-05 10:00")
    run = seal(world, "2026-11")
    runs.ask_void(run=run, by=world.approver, now=moment("2026-11-30 20:00"), reason="算错")
    runs.confirm_void(run=run, by=world.second, now=moment("2026-11-30 20:10"))
    assert sum(open_at("2026-11-30 21:00", "2026-11").values()) == 10000
    again = services.run(payer=PAYER, month="2026-11", by=world.clerk, now=moment("2026-11-30 21:00"))
    assert settled(again, person) == {("2026-10", "值班补贴"): 10000}
    assert runs.verify(run) == []


def test_discarded_draft_leaves_no_settlement(world):
    person = world.hire(years={"2025": "合格"})
    seal(world, "2026-10")
    duty = {"月份": "2026-10", "项目": "值班", "数量": 2}
    world.note("月度事项", person, "2026-10-31", duty, at="2026-11-05 10:00")
    runs.discard(run=draft(world, "2026-11"), by=world.clerk, now=moment("2026-11-30 18:30"))
    assert Settlement.objects.count() == 0


def test_the_cause_of_the_change_is_the_fact_behind_the_arrears(world):
    person = world.hire(education="大专", years={"2025": "合格"})
    seal(world, "2026-09")
    october = seal(world, "2026-10")
    world.note("学历", person, "2026-10-01", {"学历": "本科"}, at="2026-11-05 10:00")
    november = seal(world, "2026-11")
    found = changes.bridge(november, october)
    assert [(cause.name, cause.fen) for cause in found.causes] == [("学历", 48000)]
    december = seal(world, "2026-12")
    found = changes.bridge(december, november)
    assert [(cause.name, cause.fen) for cause in found.causes] == [("补发扣回", -24000)]


def test_settlement_cannot_be_altered_once_sealed(world):
    person = world.hire(years={"2025": "合格"})
    seal(world, "2026-10")
    duty = {"月份": "2026-10", "项目": "值班", "数量": 2}
    world.note("月度事项", person, "2026-10-31", duty, at="2026-11-05 10:00")
    run = seal(world, "2026-11")
    kept = Settlement.objects.filter(run=run)
    for act in (lambda: kept.update(amount_fen=0), lambda: kept.delete()):
        with pytest.raises(DatabaseError, match="补扣不能改动"), transaction.atomic():
            act()
    assert kept.count() == 1


def person_action(person, kind):
    """Somebody's standing action of a kind."""
    return Action.objects.get(person=person, kind=kind, replaced_by=None)


def correct(world, action, facts, at):
    """A correction from the same day."""
    world.post(Entry(action.kind, action.person, action.effective_on, facts, "核对原件", False, action.pk), at=at)


def test_owed_is_nothing_where_nothing_is_sealed(world):
    world.hire()
    found = arrears.owed(section="工资", payer=PAYER, before=date(2026, 11, 1), known_at=moment("2026-11-01 09:00"))
    assert (found.owed, found.unsaid) == ([], [])
