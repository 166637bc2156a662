"""A sealed run cannot be changed by any door: the ORM, raw SQL, or SQLite's INSERT OR REPLACE."""

import pytest
from django.db import Error, connection, transaction

from gugan.lifecycle.pay import services
from gugan.runs import digests, guards, verify
from gugan.runs import services as runs
from gugan.runs.models import Claim, Outcome, PackBytes, Run
from tests.lifecycle.world import PAYER, moment

NOW, LATER = moment("2026-10-31 18:00"), moment("2026-10-31 19:00")


@pytest.fixture
def sealed(world) -> Run:
    world.hire(years={"2025": "合格"})
    run = services.run(payer=PAYER, month="2026-10", by=world.clerk, now=NOW)
    return runs.approve(run=run, by=world.approver, now=LATER)


def refused(act) -> str:
    """Do `act` in a savepoint; return the database's words. Fails if it is let through."""
    with pytest.raises(Error) as caught, transaction.atomic():
        act()
    return str(caught.value)


def sql(text, *parameters):
    def act():
        with connection.cursor() as cursor:
            cursor.execute(text, parameters)

    return act


def test_every_trigger_is_there(db):
    assert verify.missing_guards() == []
    guards.remove(connection)
    assert len(verify.missing_guards()) >= 8
    guards.install(connection)
    assert verify.missing_guards() == []


@pytest.mark.parametrize(
    "text",
    [
        "UPDATE runs_outcome SET net_fen = net_fen + 1",
        "UPDATE runs_outcome SET reason = 'x'",
        "DELETE FROM runs_outcome",
        'INSERT INTO runs_outcome (run_id, person_id, payer_code, place_code, state, reason, inputs, "values", defaults,'
        " gross_fen, net_fen, tax_fen, personal_fen, employer_fen, additional_fen, digest)"
        ' SELECT run_id, person_id + 1, payer_code, place_code, state, reason, inputs, "values", defaults,'
        " gross_fen, net_fen, tax_fen, personal_fen, employer_fen, additional_fen, digest FROM runs_outcome",
        "UPDATE runs_run SET gross_fen = gross_fen + 1",
        "UPDATE runs_run SET totals = '{}'",
        "UPDATE runs_run SET packs = '[]'",
        "UPDATE runs_run SET sealed_by_id = NULL, state = 'draft', sealed_at = NULL",
        "UPDATE runs_run SET state = 'draft'",
        "UPDATE runs_run SET state = 'discarded'",
        "UPDATE runs_run SET known_at = sealed_at, paid_by_id = sealed_by_id, paid_at = sealed_at, state = 'paid'",
        "UPDATE runs_run SET state = 'paid'",
        "UPDATE runs_run SET state = 'void'",
        "UPDATE runs_run SET void_reason = 'x', state = 'paid'",
        "UPDATE runs_run SET paid_at = sealed_at",
        "DELETE FROM runs_run",
        "DELETE FROM runs_claim",
        "UPDATE runs_claim SET period_start = '2020-01-01'",
        "DELETE FROM runs_packbytes",
        "UPDATE runs_packbytes SET name = 'x'",
    ],
)
def test_raw_sql_is_refused(sealed, text):
    refused(sql(text))
    assert runs.verify(sealed) == []


def test_orm_is_refused(sealed):
    def touch(model, **change):
        row = model.objects.get()
        for name, value in change.items():
            setattr(row, name, value)
        row.save()

    assert "封存" in refused(lambda: touch(Outcome, net_fen=1))
    assert "封存" in refused(lambda: touch(Run, gross_fen=1))
    assert "封存" in refused(lambda: touch(Run, state="draft"))
    assert "封存" in refused(lambda: Outcome.objects.update(net_fen=1))
    assert "封存" in refused(lambda: Outcome.objects.all().delete())
    assert "占用" in refused(lambda: Claim.objects.all().delete())
    refused(lambda: PackBytes.objects.all().delete())
    assert runs.verify(sealed) == []


def test_saving_a_sealed_run_unchanged_is_no_change(sealed):
    sealed.save()
    assert runs.verify(sealed) == []


@pytest.mark.parametrize("table", ["runs_outcome", "runs_run", "runs_claim", "runs_packbytes"])
def test_emptying_a_table_at_once_is_refused(sealed, chosen_db, table):
    """TRUNCATE on PostgreSQL; SQLite empties a table by a DELETE without a condition."""
    refused(sql(f"TRUNCATE {table} CASCADE" if chosen_db == "postgresql" else f"DELETE FROM {table}"))


def test_putting_another_row_in_its_place_is_refused(world, sealed, chosen_db):
    """INSERT OR REPLACE on SQLite, which deletes without a delete trigger; ON CONFLICT DO UPDATE on PostgreSQL."""
    postgresql = chosen_db == "postgresql"
    insert, update = ("INSERT", "UPDATE") if postgresql else ("INSERT OR REPLACE", "UPDATE OR REPLACE")
    draft = services.run(payer=PAYER, month="2026-11", by=world.clerk, now=moment("2026-11-30 18:00"))
    own = Outcome.objects.get(run=sealed)
    with connection.cursor() as cursor:
        names = ", ".join(f'"{c.name}"' for c in connection.introspection.get_table_description(cursor, "runs_outcome"))
    # the row of the draft, under the number of the sealed one
    select = names.replace('"id"', str(own.pk))
    instead = "ON CONFLICT (id) DO UPDATE SET net_fen = 1" if postgresql else ""
    refused(
        sql(
            f"{insert} INTO runs_outcome ({names}) SELECT {select} FROM runs_outcome WHERE run_id = {draft.pk} {instead}"
        )
    )
    refused(sql(f"{update} runs_outcome SET id = {own.pk} WHERE run_id = {draft.pk}"))
    refused(sql(f"{update} runs_run SET id = {sealed.pk} WHERE id = {draft.pk}"))
    claim = Claim.objects.get(run=sealed)
    instead = "ON CONFLICT (person_id, payer_code, period_start) DO UPDATE SET run_id = EXCLUDED.run_id"
    refused(
        sql(
            f"{insert} INTO runs_claim (person_id, payer_code, period_start, run_id) VALUES (%s, %s, %s, %s) "
            + (instead if postgresql else ""),
            claim.person_id, PAYER, "2026-10-01", draft.pk,
        )
    )  # fmt: skip
    assert runs.verify(sealed) == []


def test_run_is_not_born_sealed(world):
    world.hire()
    draft = services.run(payer=PAYER, month="2026-10", by=world.clerk, now=NOW)
    born = Run.objects.get(pk=draft.pk)
    born.pk, born.state, born.sealed_by, born.sealed_at = None, "sealed", world.approver, NOW
    assert "草稿开始" in refused(lambda: born.save(force_insert=True))


def test_the_database_itself_wants_another_person(world):
    world.hire()
    draft = services.run(payer=PAYER, month="2026-10", by=world.clerk, now=NOW)
    refused(sql("UPDATE runs_run SET state = 'sealed', sealed_at = %s, sealed_by_id = %s", NOW, world.clerk.pk))
    refused(sql("UPDATE runs_run SET state = 'sealed'"))
    assert Run.objects.get(pk=draft.pk).state == "draft"


def test_one_live_run_per_person_payer_and_month(world, sealed):
    person = Outcome.objects.get(run=sealed).person
    draft = services.run(payer=PAYER, month="2026-11", by=world.clerk, now=moment("2026-11-30 18:00"))
    refused(lambda: Claim.objects.create(person=person, payer_code=PAYER, period_start="2026-10-01", run=draft))


def test_voided_run_stays_as_it_was(world, sealed):
    runs.ask_void(run=sealed, by=world.approver, now=LATER, reason="算错了单位")
    runs.confirm_void(run=sealed, by=world.second, now=LATER)
    refused(sql("UPDATE runs_outcome SET net_fen = 0"))
    refused(sql("DELETE FROM runs_outcome"))
    refused(sql("UPDATE runs_run SET state = 'sealed'"))
    refused(sql("UPDATE runs_run SET void_reason = ''"))


def test_verification_finds_what_a_disabled_trigger_let_through(sealed):
    guards.remove(connection)
    Outcome.objects.update(net_fen=1)
    problems = runs.verify(sealed)
    assert any("结果与其指纹不符" in text for text in problems)
    assert any("各人相加与批次合计不等" in text for text in problems)
    assert verify.missing_guards() != []


def test_verification_finds_a_forged_digest(world, sealed):
    guards.remove(connection)
    outcome = Outcome.objects.get(run=sealed)
    outcome.values = outcome.values | {"实发工资": 99999900}
    outcome.net_fen = 99999900
    outcome.digest = digests.digest_of(outcome)
    outcome.save()
    sealed.net_fen = 99999900
    sealed.digest = digests.run_digest(sealed, [(outcome.person_id, outcome.digest)])
    sealed.save()
    problems = runs.verify(sealed)
    assert any("留痕里封存时的指纹与这一批不同" in text for text in problems)
    assert any("1 人按当时的事实和政策包重算，结果与封存的不同" in text for text in problems)


def test_draft_altered_behind_our_back_cannot_be_approved(world):
    world.hire()
    run = services.run(payer=PAYER, month="2026-10", by=world.clerk, now=NOW)
    Outcome.objects.update(net_fen=99999900)
    with pytest.raises(runs.RunError, match="存下的内容与核算时不一致"):
        runs.approve(run=run, by=world.approver, now=LATER)
