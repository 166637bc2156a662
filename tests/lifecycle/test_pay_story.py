"""A month's pay from the roster to the sealed, explained and paid run."""

import shutil
from datetime import date

import pytest

from gugan.accounts.models import Grant
from gugan.accounts.queries import trail_of, verify_trail
from gugan.accounts.services import NotAllowed, grant
from gugan.lifecycle.pay import services
from gugan.runs import replay
from gugan.runs import services as runs
from gugan.runs.errors import RunError
from gugan.runs.models import Claim, Outcome, Run
from tests.lifecycle.world import OTHER_PAYER, PAYER, moment

NOW, LATER = moment("2026-10-31 18:00"), moment("2026-10-31 19:00")
OPENING = {
    "截至": "2026-09-30",
    "在职月数": 9,
    "累计应发": "57600.00",
    "累计专项扣除": "6300.00",
    "累计专项附加扣除": "0.00",
    "累计已预扣税额": "189.00",
}


def pay(world, month="2026-10", now=NOW, **more):
    return services.run(payer=PAYER, month=month, by=world.clerk, now=now, **more)


def outcome(run, person) -> Outcome:
    return Outcome.objects.get(run=run, person=person)


def given(run, person) -> dict:
    """What the engine was given for somebody's last stretch."""
    return replay.stretches_of(outcome(run, person), run.columns)[-1].values


def test_clerk_is_paid_to_the_fen(world):
    person = world.hire("孔嘉俊", years={"2025": "合格"})
    run = pay(world)
    slip = outcome(run, person)
    assert slip.state == "算出"
    assert (slip.gross_fen, slip.personal_fen, slip.tax_fen, slip.net_fen) == (424000, 68933, 0, 355067)
    assert slip.values["基本报酬"] == 296800 and slip.values["绩效报酬"] == 127200
    assert slip.values["岗位等级"] == 2
    assert (run.gross_fen, run.net_fen) == (424000, 355067)
    assert run.totals["computed"] == 1 and run.totals["communities"] == 1
    assert run.totals["lines"]["应发工资"] == 424000


def test_running_again_replaces_the_draft(world):
    person = world.hire(years={"2025": "合格"})
    first = pay(world)
    world.note("月度事项", person, "2026-10-20", {"月份": "2026-10", "项目": "值班", "数量": 3}, at="2026-10-31 18:30")
    second = pay(world, now=LATER)
    assert second.pk == first.pk and second.known_at == LATER
    assert outcome(second, person).values["值班补贴"] == 15000
    assert (Run.objects.count(), Outcome.objects.count(), Claim.objects.count()) == (1, 1, 1)


def test_sealed_month_is_not_computed_again(world):
    world.hire()
    run = runs.approve(run=pay(world), by=world.approver, now=LATER)
    with pytest.raises(RunError, match="已封存，不能重算。要改，先由两个人作废"):
        pay(world, now=LATER)
    runs.mark_paid(run=run, by=world.finance, now=LATER)
    with pytest.raises(RunError, match="已发放，不能重算。要改，请记一件事，下月补发或扣回"):
        pay(world, now=LATER)


def test_november_accumulates_what_october_sealed(world):
    # 18 级: 8,080.00 a month; 646.40 + 161.60 + 40.40 + 404 = 1,252.40 withheld
    person = world.hire(years={"2025": "合格"}, steps=10, post="正职", opening=OPENING)
    october = pay(world)
    before = outcome(october, person)
    assert (before.gross_fen, before.personal_fen) == (808000, 125240)
    # (57,600 + 8,080 − 50,000 − 6,300 − 1,252.40) × 3% = 243.83, less 189.00
    assert before.tax_fen == 5483
    runs.approve(run=october, by=world.approver, now=LATER)
    november = pay(world, month="2026-11", now=moment("2026-11-30 18:00"))
    after = outcome(november, person)
    assert given(november, person)["已发累计应发"] == "8080.00"
    assert given(november, person)["已发月数"] == 1
    # (8,127.60 + 8,080 − 5,000 − 1,252.40) × 3% = 298.66, less 189.00 and 54.83
    assert after.tax_fen == 5483
    assert november.prior == [october.pk]


def test_draft_of_october_is_nothing_to_november(world):
    person = world.hire()
    pay(world)
    november = pay(world, month="2026-11", now=moment("2026-11-30 18:00"))
    assert given(november, person)["已发月数"] == 0


def test_november_computed_before_october_was_sealed_is_computed_again(world):
    world.hire()
    october, november = pay(world), pay(world, month="2026-11", now=moment("2026-11-30 18:00"))
    runs.approve(run=october, by=world.approver, now=LATER)
    with pytest.raises(RunError, match="个税累计要重算。请重新核算"):
        runs.approve(run=november, by=world.approver, now=moment("2026-11-30 19:00"))


def test_opening_balance_that_covers_a_sealed_month_is_refused(world):
    person = world.hire(opening=OPENING | {"截至": "2026-10-31", "在职月数": 10})
    run = pay(world)
    assert outcome(run, person).state == "算不出"
    assert "期初余额截至 2026-10-31，与本单位在这里核算的月份重叠" in outcome(run, person).reason


def test_missing_fact_is_named_and_left_out_of_the_totals(world):
    good, bad = world.hire(years={"2025": "合格"}), world.hire(education=None)
    run = pay(world)
    assert outcome(run, bad).state == "算不出" and outcome(run, bad).reason == "缺 学历"
    assert (run.people, run.totals["computed"], run.totals["unknown"]) == (2, 1, 1)
    assert run.gross_fen == outcome(run, good).gross_fen
    assert {"kind": "算不出", "text": "缺 学历", "people": [bad.pk]} in run.findings


def test_readiness_names_who_lacks_what_before_computing(world):
    world.hire(years={"2025": "合格"})
    without, bad, official = world.hire(), world.hire(education=None), world.hire(standing="公务员")
    found = services.readiness(payer=PAYER, month="2026-10", by=world.clerk, now=NOW)
    assert (found.people, found.ready) == (4, 2)
    assert found.missing == {"缺 学历": [bad.pk]}
    assert found.excluded == {"身份是公务员，不由街道签劳动合同，工资不在这里核算": [official.pk]}
    assert any(without.pk in people for people in found.defaults.values())
    assert Run.objects.count() == 0


def test_officials_are_on_the_roster_and_not_in_the_run(world):
    world.hire()
    official = world.hire(standing="事业编")
    run = pay(world)
    assert outcome(run, official).state == "不核算"
    assert outcome(run, official).reason == "身份是事业编，不由街道签劳动合同，工资不在这里核算"
    assert (run.totals["computed"], run.totals["excluded"]) == (1, 1)
    assert Claim.objects.filter(person=official).count() == 0


def test_steps_that_results_do_not_explain_are_listed_for_review(world):
    years = {str(year): "合格" for year in range(2017, 2026)}
    person = world.hire(on="2017-01-01", years=years, steps=2)
    world.hire(on="2017-01-01", years=years, steps=3)
    run = pay(world)
    assert [f for f in run.findings if f["kind"] == "待复核"] == [
        {"kind": "待复核", "text": "按历年考核推算的晋级数比台账记着的多，按台账发", "people": [person.pk]}
    ]


def test_whoever_computed_cannot_approve_even_with_the_right(world):
    world.hire()
    both = world.officer("又经办又审批", Grant.Role.CLERK)
    grant(both, Grant.Role.APPROVER, prefix=PAYER, since=date(2020, 1, 1), by=None, now=world.now)
    run = services.run(payer=PAYER, month="2026-10", by=both, now=NOW)
    with pytest.raises(RunError, match="不能审批自己算的"):
        runs.approve(run=run, by=both, now=LATER)
    pay(world)  # the other clerk computes again; whoever opened it may still not approve
    with pytest.raises(RunError, match="不能审批自己算的"):
        runs.approve(run=run, by=both, now=LATER)
    assert runs.approve(run=run, by=world.approver, now=LATER).state == "sealed"


def test_approval_needs_the_right(world):
    world.hire()
    run = pay(world)
    for user in (world.clerk, world.finance, world.officer("别处审批", Grant.Role.APPROVER, OTHER_PAYER)):
        with pytest.raises(NotAllowed):
            runs.approve(run=run, by=user, now=LATER)
    assert Run.objects.get().state == "draft"


def test_approval_is_refused_while_facts_have_changed(world):
    people = [world.hire(years={"2025": "合格"}) for _ in range(3)]
    run = pay(world)
    world.note("学历", people[0], "2026-10-10", {"学历": "硕士研究生"}, at="2026-10-31 18:30")
    world.note("学历", people[1], "2026-10-10", {"学历": "硕士研究生"}, at="2026-10-31 18:30")
    world.note("政治面貌", people[2], "2026-10-10", {"政治面貌": "群众"}, at="2026-10-31 18:30")  # plays no part in pay
    with pytest.raises(RunError, match="核算之后有 2 人的事实变了"):
        runs.approve(run=run, by=world.approver, now=LATER)
    assert runs.approve(run=pay(world, now=LATER), by=world.approver, now=LATER).state == "sealed"


def test_approval_is_refused_when_somebody_was_hired_late(world):
    world.hire()
    run = pay(world)
    world.hire(on="2026-10-15", at="2026-10-31 18:30")
    with pytest.raises(RunError, match="核算之后有 1 人的事实变了"):
        runs.approve(run=run, by=world.approver, now=LATER)


def test_sealing_leaves_one_trail_entry_with_the_whole_runs_digest(world):
    world.hire()
    run = runs.approve(run=pay(world), by=world.approver, now=LATER)
    entries = trail_of(f"run:{run.pk}")
    assert [(entry.act, entry.by, entry.digest) for entry in entries] == [("封存", world.approver, run.digest)]
    assert verify_trail() == [] and runs.verify(run) == []


def test_void_takes_two_people_and_frees_the_month(world):
    world.hire()
    run = runs.approve(run=pay(world), by=world.approver, now=LATER)
    with pytest.raises(RunError, match="还没有人申请作废"):
        runs.confirm_void(run=run, by=world.second, now=LATER)
    with pytest.raises(RunError, match="要写明原因"):
        runs.ask_void(run=run, by=world.approver, now=LATER, reason=" ")
    runs.ask_void(run=run, by=world.approver, now=LATER, reason="值班表交错了")
    with pytest.raises(RunError, match="提出的人不能自己确认"):
        runs.confirm_void(run=run, by=world.approver, now=LATER)
    void = runs.confirm_void(run=run, by=world.second, now=LATER)
    assert void.state == "void" and Outcome.objects.filter(run=void).count() == 1
    again = pay(world, now=LATER)
    assert again.pk != void.pk and again.replaces == void
    assert runs.verify(void) == []


def test_paid_run_cannot_be_voided(world):
    world.hire()
    run = runs.approve(run=pay(world), by=world.approver, now=LATER)
    with pytest.raises(NotAllowed):
        runs.mark_paid(run=run, by=world.clerk, now=LATER)
    runs.mark_paid(run=run, by=world.finance, now=LATER)
    with pytest.raises(RunError, match="已发放，不能作废"):
        runs.ask_void(run=run, by=world.approver, now=LATER, reason="晚了")


def test_october_stays_while_november_builds_on_it(world):
    world.hire()
    october = runs.approve(run=pay(world), by=world.approver, now=LATER)
    november = pay(world, month="2026-11", now=moment("2026-11-30 18:00"))
    runs.approve(run=november, by=world.approver, now=moment("2026-11-30 19:00"))
    with pytest.raises(RunError, match="个税累计用了这一批的数。先作废后面的批次"):
        runs.ask_void(run=october, by=world.approver, now=moment("2026-12-01 09:00"), reason="晚了")


def test_discarded_draft_gives_its_people_back(world):
    world.hire()
    run = runs.discard(run=pay(world), by=world.clerk, now=LATER)
    assert (run.state, Outcome.objects.count(), Claim.objects.count()) == ("discarded", 0, 0)
    assert pay(world, now=LATER).pk != run.pk
    with pytest.raises(RunError, match="不能撤销"):
        runs.discard(run=run, by=world.clerk, now=LATER)


def test_month_that_has_not_begun_is_refused(world):
    world.hire()
    with pytest.raises(RunError, match="2026-11 还没有开始"):
        pay(world, month="2026-11")
    with pytest.raises(RunError, match="“2026-13”读不懂"):
        pay(world, month="2026-13")


def test_nobody_to_pay_and_unknown_payer_are_said(world):
    with pytest.raises(RunError, match="没有一个在册的人"):
        pay(world)
    clerk = world.officer("外区经办", Grant.Role.CLERK, "440799")
    with pytest.raises(RunError, match="机构里没有 440799"):
        services.run(payer="440799", month="2026-10", by=clerk, now=NOW)


def test_slip_whose_lines_do_not_add_up_is_not_kept(world, settings, tmp_path):
    shutil.copytree(settings.GUGAN_POLICIES, tmp_path / "policies")
    file = tmp_path / "policies" / "9901-示例三岗十八级" / "薪酬.yaml"
    file.write_text(file.read_text().replace("应发: [基本报酬, 绩效报酬, ", "应发: [基本报酬, "))
    settings.GUGAN_POLICIES = tmp_path / "policies"
    world.hire()
    world.hire()
    with pytest.raises(RunError, match="2 人的工资条各项相加与合计不等，没有保存"):
        pay(world)
    assert Run.objects.count() == 0


def test_leaver_is_paid_for_the_days_worked_and_not_after(world):
    leaver = world.hire(years={"2025": "合格"})
    gone = world.hire(years={"2025": "合格"})
    world.note("离职", leaver, "2026-10-15", {"末日": "2026-10-15"})
    world.note("离职", gone, "2026-09-30", {"末日": "2026-09-30"})
    run = pay(world)
    # 4,240 × 15 / 31 = 2,051.61 standard; 70% 1,436.13 + 30% 615.48
    assert outcome(run, leaver).gross_fen == 205161
    assert not Outcome.objects.filter(run=run, person=gone).exists()


def test_transfer_is_paid_by_each_payer_for_its_own_days(world):
    person = world.hire(years={"2025": "合格"})
    world.note("入职", person, "2026-10-16", {"用人单位": OTHER_PAYER, "工作社区": "440704001001"})
    foreign = world.officer("江海经办", Grant.Role.CLERK, OTHER_PAYER)
    here = pay(world)
    there = services.run(payer=OTHER_PAYER, month="2026-10", by=foreign, now=NOW)
    # 15 days of 31 here, 16 there: 2,051.61 + 2,188.39 = 4,240.00
    assert (outcome(here, person).gross_fen, outcome(there, person).gross_fen) == (205161, 218839)
    assert outcome(there, person).place_code == "440704001001"


def test_one_person_is_in_one_live_run_of_a_month(world):
    world.hire()
    run = pay(world)
    Run.objects.filter(pk=run.pk).update(section="别的批")
    with pytest.raises(RunError, match="有人正在另一批里算"):
        pay(world, now=LATER)
    assert Run.objects.count() == 1
