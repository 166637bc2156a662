"""The six ways of wrong pay found in other products (peers.md §6): none of them here."""

import io
from datetime import date
from types import SimpleNamespace

import openpyxl
import pytest

from gugan import policy
from gugan.accounts.models import Grant, User
from gugan.accounts.queries import scope_of
from gugan.accounts.services import NotAllowed, grant
from gugan.lifecycle.pay import compute, queries, services
from gugan.lifecycle.pay.export import workbook
from gugan.records import queries as records
from gugan.records.clock import china_day
from gugan.records.ledger import Entry
from gugan.records.models import Org
from gugan.runs import queries as run_queries
from gugan.runs import services as runs
from gugan.runs.errors import RunError
from gugan.runs.models import Outcome
from tests.lifecycle.world import PAYER, moment

NOW, LATER = moment("2026-10-31 18:00"), moment("2026-10-31 19:00")
VALUES = ("gross_fen", "personal_fen", "tax_fen", "net_fen", "employer_fen")


def pay(world, month="2026-10", now=NOW):
    return services.run(payer=PAYER, month=month, by=world.clerk, now=now)


def amounts(run, person) -> dict[str, int]:
    return Outcome.objects.values(*VALUES).get(run=run, person=person)


# A · one mid-month joiner cuts everybody after him in the batch to half a month


def test_a_joiner_changes_nobody_elses_pay(world):
    people = [world.hire(years={"2025": "合格"}) for _ in range(2)]
    alone = {p.pk: amounts(pay(world), p) for p in people}
    joiner = world.hire(on="2026-10-16")
    people.append(world.hire(years={"2025": "合格"}))
    run = pay(world, now=LATER)
    assert {p.pk: amounts(run, p) for p in people[:2]} == alone
    assert amounts(run, people[2]) == alone[people[0].pk]
    # 4,240 × 16 / 31 = 2,188.39 standard; 70% 1,531.87 + 30% 656.52
    assert amounts(run, joiner)["gross_fen"] == 218839


def test_c_month_before_a_pack_was_named_does_not_use_it(world):
    org = Org.objects.get(code="440703002")
    day = date(2026, 10, 1)
    world.post(Entry("适用政策包", org, day, {"政策包": "9901"}), at="2026-10-20 09:00")
    named = {
        (month, known): records.pack_named(org, on=policy.Period.month(month).last, known_at=moment(known))
        for month in ("2026-09", "2026-10")
        for known in ("2026-10-19 09:00", "2026-10-21 09:00")
    }
    assert [pair for pair, code in named.items() if code] == [("2026-10", "2026-10-21 09:00")]


def test_a_result_does_not_depend_on_batch_or_order(world):
    for number in range(6):
        world.hire(on=f"202{number}-0{number + 1}-1{number}", post=("工作人员", "副职", "正职")[number % 3])
    world.hire(on="2026-10-12")
    period = policy.Period.month("2026-10")
    pack = compute.pack_for(PAYER, period, NOW)
    wanted = compute.wanted_of(pack)
    people = compute.gather(pack, PAYER, period, NOW, wanted).people
    whole = policy.evaluate(pack, [s for parts in people.values() for s in parts], period, wanted)
    backward = policy.evaluate(pack, [s for parts in reversed(people.values()) for s in parts], period, wanted)
    for index, person in enumerate(whole.people):
        alone = policy.evaluate(pack, people[person], period, wanted)
        answers = [whole.values[name][index] for name in wanted]
        assert answers == [alone.values[name][0] for name in wanted]
        assert answers == [backward.values[name][backward.people.index(person)] for name in wanted]


# B · running again turns a paid slip into a draft with another amount


def test_b_paid_month_is_never_rewritten(world):
    person = world.hire(years={"2025": "合格"})
    run = runs.approve(run=pay(world), by=world.approver, now=LATER)
    runs.mark_paid(run=run, by=world.finance, now=LATER)
    before = amounts(run, person)
    world.note("学历", person, "2026-10-01", {"学历": "博士研究生"}, at="2026-11-01 09:00")
    for now in (LATER, moment("2026-11-02 09:00")):
        with pytest.raises(RunError, match="已发放，不能重算"):
            pay(world, now=now)
    run.refresh_from_db()
    assert run.state == "paid" and amounts(run, person) == before
    assert runs.verify(run) == []


# C · a past month uses today's wage


def test_c_past_month_uses_the_terms_of_its_own_days(world):
    person = world.hire(on="2024-01-01", years={"2024": "合格", "2025": "合格"})
    world.note("学历", person, "2026-07-01", {"学历": "硕士研究生"})
    world.note("岗位", person, "2026-09-01", {"岗位类别": "副职"})
    december, june = pay(world, month="2025-12"), pay(world, month="2026-06")
    october = pay(world)
    # 3,800 × 1.06 in 2025; 4,000 × 1.06 from 2026; then 副职 4 + 硕士 2 = grade 6, 4,000 × 1.30
    assert amounts(december, person)["gross_fen"] == 402800
    assert amounts(june, person)["gross_fen"] == 424000
    assert amounts(october, person)["gross_fen"] == 520000


def test_c_a_month_can_be_computed_as_it_was_known(world):
    person = world.hire(years={"2025": "合格"})
    world.note("学历", person, "2026-10-01", {"学历": "博士研究生"}, at="2026-10-31 18:30")
    then = services.run(payer=PAYER, month="2026-10", by=world.clerk, now=LATER, known_at=NOW)
    assert amounts(then, person)["gross_fen"] == 424000
    assert amounts(pay(world, now=LATER), person)["gross_fen"] == 472000  # grade 4


# D · one unpaid day is deducted twice


def test_d_unpaid_day_is_deducted_once(world):
    person = world.hire(years={"2025": "合格"})
    full = amounts(pay(world), person)["gross_fen"]
    world.note("月度事项", person, "2026-10-15", {"月份": "2026-10", "项目": "事假", "数量": 1}, at="2026-10-31 18:10")
    # 4,240 ÷ 21.75 = 194.94
    assert full - amounts(pay(world, now=LATER), person)["gross_fen"] == 19494


# E · printed, rounded lines do not add up to net


def test_e_printed_lines_add_up_for_everybody(world):
    for number in range(40):
        world.hire(
            on=f"2026-10-{number % 25 + 1:02d}" if number % 3 else "2019-05-07",
            post=("工作人员", "副职", "正职")[number % 3],
            education=("大专", "本科", "硕士研究生")[number % 3],
            steps=number % 5,
        )
    run = pay(world)
    slip = run.slip
    outcomes = list(Outcome.objects.filter(run=run))
    assert len(outcomes) == 40
    for outcome in outcomes:
        values = outcome.values
        assert all(isinstance(values[name], int) for name in (*slip["earnings"], *slip["deductions"]))
        assert sum(values[name] for name in slip["earnings"]) == outcome.gross_fen
        assert outcome.gross_fen - sum(values[name] for name in slip["deductions"]) == outcome.net_fen
        assert sum(values[name] for name in slip["employer"]) == outcome.employer_fen
    assert run.net_fen == sum(outcome.net_fen for outcome in outcomes)
    assert run.totals["lines"]["实发工资"] == run.net_fen


# F · a plain employee opens the directory and others' profiles


@pytest.fixture
def offices(world):
    """Two payers with people of their own, a street's clerk, a worker: all with something that could leak."""
    own = world.hire("孔嘉俊", place="440703002001")
    other_street = world.hire("林惠珊", place="440703005001")
    other_payer = world.hire("梁国雄", place="440704001001", payer="440704")
    foreign = world.officer("江海经办", Grant.Role.CLERK, "440704")
    worker = world.officer("本人", Grant.Role.FINANCE, "440799")
    grant(worker, Grant.Role.WORKER, person_ref=str(own.public_id), since=date(2020, 1, 1), by=None, now=world.now)
    return SimpleNamespace(
        own=own,
        other_street=other_street,
        other_payer=other_payer,
        run=pay(world),
        there=services.run(payer="440704", month="2026-10", by=foreign, now=NOW),
        street=world.officer("白沙经办", Grant.Role.CLERK, "440703002"),
        nobody=User.objects.create(username="没有授权的人"),
        foreign=foreign,
        worker=worker,
    )


def scope(user):
    return scope_of(user, on=china_day(NOW))


def seen(user, run) -> set[int]:
    return {outcome.person_id for outcome in run_queries.outcomes(scope(user), run)}


def test_f_each_user_sees_own_people_only(world, offices):
    run, there, own = offices.run, offices.there, offices.own
    both = {own.pk, offices.other_street.pk}
    assert seen(world.clerk, run) == both and seen(world.clerk, there) == set()
    assert seen(offices.foreign, run) == set() and seen(offices.foreign, there) == {offices.other_payer.pk}
    assert seen(offices.street, run) == {own.pk}
    assert seen(offices.nobody, run) == seen(offices.nobody, there) == set()
    assert list(run_queries.runs(scope(offices.nobody))) == []
    assert list(run_queries.runs(scope(offices.foreign))) == [there]


def test_f_worker_sees_the_own_slip_once_sealed(world, offices):
    run, worker, own = offices.run, offices.worker, offices.own
    assert seen(worker, run) == set()
    runs.approve(run=run, by=world.approver, now=LATER)
    assert seen(worker, run) == {own.pk}
    shown = services.explain(user=worker, person=own, month="2026-10", line="实发工资", now=LATER)
    assert shown.tree.value == shown.sealed


def test_f_no_right_and_not_there_have_the_same_answer(world, offices):
    runs.approve(run=offices.run, by=world.approver, now=LATER)
    words = set()
    for user, person, month in (
        (offices.worker, offices.other_street, "2026-10"),
        (offices.foreign, offices.own, "2026-10"),
        (offices.street, offices.other_street, "2026-10"),
        (offices.nobody, offices.own, "2026-10"),
        (world.clerk, offices.other_payer, "2026-10"),
    ):
        with pytest.raises(RunError) as caught:
            services.explain(user=user, person=person, month=month, line="应发工资", now=LATER)
        words.add(str(caught.value))
    assert words == {"没有找到这个人 2026-10 的核算结果。看看月份对不对；没有核算过的月份，先核算。"}


def test_f_totals_and_workbook_hold_what_the_user_may_see(world, offices):
    run, street = offices.run, offices.street
    places = queries.streets(scope(street), run)
    assert [(place.code, place.people) for place in places] == [("440703002", 1)]
    assert queries.total_of(places).fen["gross_fen"] == amounts(run, offices.own)["gross_fen"]
    assert queries.briefs(scope(street), [run])[0]["money"] is None
    printed = workbook(run=run, scope=scope(street), now=NOW)
    cells = [c.value for sheet in openpyxl.load_workbook(io.BytesIO(printed)) for row in sheet for c in row]
    assert "孔嘉俊" in cells and "林惠珊" not in cells and "梁国雄" not in cells


def test_f_computing_elsewhere_is_refused(world, offices):
    for user in (offices.foreign, offices.street, offices.worker, offices.nobody, world.approver):
        with pytest.raises(NotAllowed):
            services.run(payer=PAYER, month="2026-10", by=user, now=LATER)
