"""Two officers on one run at the same moment: one wins, the other is told; nothing is done twice."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.core.management import call_command
from django.db import Error, connection, transaction

from gugan.accounts import guards as append_only
from gugan.accounts.models import TrailEntry
from gugan.accounts.queries import verify_trail
from gugan.lifecycle.pay import services
from gugan.runs import guards, verify
from gugan.runs import services as runs
from gugan.runs.errors import RunError
from gugan.runs.models import DRAFT, RETURNED, SEALED, Claim, Handover, Outcome, Run
from tests.accounts.guarded import UNIQUE
from tests.lifecycle.world import PAYER, World, moment

COMPUTED, LATER = moment("2026-10-31 18:00"), moment("2026-10-31 19:00")
GUARDED = {**UNIQUE, "runs_packbytes": ["digest"], "runs_handover": ["id"]}


@pytest.fixture
def world(django_db_setup, django_db_blocker):
    """A district in a database whose transactions do end; emptied afterwards as only a test can."""
    # pytest-django makes a test database only where one of the tests chosen asks for `db`
    assert "test" in str(connection.settings_dict["NAME"]), "run the whole file: this test alone has no database"
    with django_db_blocker.unblock():
        found = World()
        for _each in range(3):
            found.hire(years={"2025": "合格"})
        yield found
        for table in GUARDED:
            append_only.remove(connection, table)
        guards.remove(connection)
        call_command("flush", interactive=False, verbosity=0)
        guards.install(connection)
        for table, unique in GUARDED.items():
            append_only.install(connection, table, unique)
        connection.close()


def at_once(*acts) -> list[str]:
    """Do all `acts` at the same moment, each on a connection of its own; return what each was told, "" where it was done."""
    gate = Barrier(len(acts))

    def do(act) -> str:
        try:
            gate.wait(30)
            act()
        except RunError as error:
            return str(error)
        finally:
            connection.close()
        return ""

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(do, acts))


def compute(world):
    return services.run(payer=PAYER, month="2026-10", by=world.clerk, now=COMPUTED)


def acts_on(run) -> list[str]:
    return list(TrailEntry.objects.filter(subject=f"run:{run.pk}").order_by("seq").values_list("act", flat=True))


def test_what_was_handed_over_stays(db):
    world = World()
    world.hire(years={"2025": "合格"})
    run = compute(world)
    runs.send_back(run=run, by=world.approver, now=LATER, step="facts", words="缺人")
    for act in (Handover.objects.all().delete, lambda: Handover.objects.update(words="没事")):
        with pytest.raises(Error), transaction.atomic():
            act()
    assert Handover.objects.get().words == "缺人" and verify.missing_guards() == []


def test_two_approve_and_one_seals(world):
    run = compute(world)
    told = at_once(*(lambda by=by: runs.approve(run=run, by=by, now=LATER) for by in (world.approver, world.second)))
    assert sorted(bool(words) for words in told) == [False, True]
    assert "不用再审批" in max(told)
    run.refresh_from_db()
    winner = (world.approver, world.second)[told.index("")]
    assert run.state == SEALED and run.sealed_by == winner and acts_on(run) == ["封存"]
    assert verify_trail() == [] and verify.verify(run) == []


def test_one_approves_and_one_returns(world):
    run = compute(world)
    told = at_once(
        lambda: runs.approve(run=run, by=world.approver, now=LATER),
        lambda: runs.send_back(run=run, by=world.second, now=LATER, step="totals", words="合计不对"),
    )
    assert sorted(bool(words) for words in told) == [False, True]
    run.refresh_from_db()
    if told[0] == "":
        assert run.state == SEALED and "不能退回" in told[1] and not Handover.objects.exists()
    else:
        assert run.state == DRAFT and "退回（合计不对）" in told[0] and Handover.objects.get().kind == RETURNED


def test_two_return_and_one_is_kept(world):
    run = compute(world)
    told = at_once(
        *(
            lambda by=by: runs.send_back(run=run, by=by, now=LATER, step="facts", words="缺人")
            for by in (world.approver, world.second)
        )
    )
    assert sorted(bool(words) for words in told) == [False, True] and "退回，等经办改好" in max(told)
    assert Handover.objects.count() == 1 and acts_on(run) == ["退回"]


def test_two_compute_and_there_is_one_run(world):
    told = at_once(*(lambda: compute(world) for _each in range(2)))
    assert "" in told
    run = Run.objects.get()
    assert run.state == DRAFT and Outcome.objects.count() == run.people == 3 and Claim.objects.count() == 3
    assert verify.verify(run) == []


def test_one_computes_while_one_approves(world):
    run = compute(world)
    told = at_once(lambda: compute(world), lambda: runs.approve(run=run, by=world.approver, now=LATER))
    run.refresh_from_db()
    # whoever comes second works on what the first left: computed again then sealed, or sealed and not computed
    assert told[1] == "" and run.state == SEALED
    assert told[0] == "" or "不能重算" in told[0]
    assert Run.objects.count() == 1 and Outcome.objects.count() == 3 and verify.verify(run) == []
