"""A month's pay from the roster to the sealed, explained and paid run."""

from gugan.lifecycle.pay import services
from gugan.runs import queries
from gugan.runs import services as runs
from gugan.runs.models import Outcome
from tests.lifecycle.world import PAYER, moment

NOW, LATER = moment("2026-10-31 18:00"), moment("2026-10-31 19:00")


def pay(world, month="2026-10", now=NOW, **more):
    return services.run(payer=PAYER, month=month, by=world.clerk, now=now, **more)


def outcome(run, person) -> Outcome:
    return Outcome.objects.get(run=run, person=person)


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
