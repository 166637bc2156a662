"""Triggers that keep a sealed run as it is, whatever door a change comes through, on SQLite and on PostgreSQL.

A draft may change. From sealed on: outcomes not at all; the run's row only along sealed → paid and sealed → void and
in the columns that say who did so. A claim goes only with a discarded or voided run. A migration that alters one of
these tables on SQLite rebuilds it and loses its triggers: end it with `install` again.
"""

from __future__ import annotations

from typing import Any

RUN, OUTCOME, CLAIM, SETTLEMENT = "runs_run", "runs_outcome", "runs_claim", "runs_settlement"
PAY_COLUMNS = ("state", "paid_by_id", "paid_at")
VOID_COLUMNS = ("state", "void_asked_by_id", "void_asked_at", "void_reason", "voided_by_id", "voided_at")
FREE_COLUMNS = tuple(dict.fromkeys(PAY_COLUMNS + VOID_COLUMNS))
SQLITE_TRIGGERS = (
    f"{OUTCOME}_insert", f"{OUTCOME}_update", f"{OUTCOME}_delete",
    f"{RUN}_insert", f"{RUN}_update", f"{RUN}_delete",
    f"{CLAIM}_insert", f"{CLAIM}_update", f"{CLAIM}_delete",
    f"{SETTLEMENT}_insert", f"{SETTLEMENT}_update", f"{SETTLEMENT}_delete",
)  # fmt: skip
POSTGRESQL_TRIGGERS = {
    OUTCOME: ("insert", "update", "delete", "truncate"),
    RUN: ("change", "truncate"),
    CLAIM: ("change", "truncate"),
    SETTLEMENT: ("change", "truncate"),
}
MOVES = {
    "draft": ("draft", "sealed", "discarded"),
    "sealed": ("sealed", "paid", "void"),
    "paid": (),
    "void": (),
    "discarded": (),
}
SEALED = "('sealed', 'paid', 'void')"


def install(connection: Any) -> None:
    """Create the triggers; `remove` first where they may be there. Migration 0004 adds those of settlements."""
    _execute(connection, _postgresql() if connection.vendor == "postgresql" else _sqlite(connection))
    if SETTLEMENT in connection.introspection.table_names():
        install_settlements(connection)


def install_settlements(connection: Any) -> None:
    """Create the triggers of settlements: they come and go with a draft, and stay as they are once it is sealed."""
    _execute(connection, _settlements_postgresql() if connection.vendor == "postgresql" else _settlements_sqlite())


def _execute(connection: Any, statements: list[str]) -> None:
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def remove(connection: Any) -> None:
    """Drop the triggers: for going back a migration, and for tests that must empty the database."""
    there = connection.introspection.table_names()
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            for table, names in POSTGRESQL_TRIGGERS.items():
                for name in names if table in there else ():
                    cursor.execute(f"DROP TRIGGER IF EXISTS {table}_{name} ON {table}")
        else:
            for name in SQLITE_TRIGGERS:
                cursor.execute(f"DROP TRIGGER IF EXISTS {name}")


def missing(connection: Any) -> list[str]:
    """Names of the triggers that are not there, or are switched off."""
    if connection.vendor == "postgresql":
        wanted = {f"{table}_{name}" for table, names in POSTGRESQL_TRIGGERS.items() for name in names}
        query = "SELECT tgname FROM pg_trigger WHERE tgenabled <> 'D' AND NOT tgisinternal"
    else:
        wanted = set(SQLITE_TRIGGERS)
        query = "SELECT name FROM sqlite_master WHERE type = 'trigger'"
    with connection.cursor() as cursor:
        cursor.execute(query)
        present = {name for (name,) in cursor.fetchall()}
    return sorted(wanted - present)


def _settlements_sqlite() -> list[str]:
    def trigger(event: str, when: str) -> str:
        return (
            f"CREATE TRIGGER {SETTLEMENT}_{event} BEFORE {event.upper()} ON {SETTLEMENT} WHEN {when} "
            "BEGIN SELECT RAISE(ABORT, '批次已封存，补扣不能改动'); END"
        )

    taken = (
        f"EXISTS (SELECT 1 FROM {SETTLEMENT} s WHERE s.id = NEW.id OR (s.run_id = NEW.run_id"
        " AND s.person_id = NEW.person_id AND s.month = NEW.month AND s.line = NEW.line))"
    )
    return [
        trigger("insert", f"(SELECT state FROM {RUN} WHERE id = NEW.run_id) IS NOT 'draft' OR {taken}"),
        trigger("update", "1"),
        trigger("delete", f"(SELECT state FROM {RUN} WHERE id = OLD.run_id) IN {SEALED}"),
    ]


def _settlements_postgresql() -> list[str]:
    refuse = "RAISE EXCEPTION '批次已封存，补扣不能改动' USING ERRCODE = 'restrict_violation';"
    return [
        f"""
        CREATE OR REPLACE FUNCTION gugan_settlement_change() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
          IF TG_OP = 'UPDATE' THEN {refuse} END IF;
          IF TG_OP = 'INSERT' THEN
            IF (SELECT state FROM {RUN} WHERE id = NEW.run_id) <> 'draft' THEN {refuse} END IF;
            RETURN NEW;
          END IF;
          IF (SELECT state FROM {RUN} WHERE id = OLD.run_id) IN {SEALED} THEN {refuse} END IF;
          RETURN OLD;
        END $$
        """,
        f"CREATE TRIGGER {SETTLEMENT}_change BEFORE INSERT OR UPDATE OR DELETE ON {SETTLEMENT} "
        "FOR EACH ROW EXECUTE FUNCTION gugan_settlement_change()",
        f"CREATE TRIGGER {SETTLEMENT}_truncate BEFORE TRUNCATE ON {SETTLEMENT} "
        "FOR EACH STATEMENT EXECUTE FUNCTION gugan_sealed_truncate()",
    ]


def _sqlite(connection: Any) -> list[str]:
    """One trigger per table and statement. INSERT OR REPLACE fires no delete trigger, so an insert checks its id too."""
    with connection.cursor() as cursor:
        columns = [column.name for column in connection.introspection.get_table_description(cursor, RUN)]

    def trigger(table: str, event: str, when: str, message: str) -> str:
        return (
            f"CREATE TRIGGER {table}_{event} BEFORE {event.upper()} ON {table} WHEN {when} "
            f"BEGIN SELECT RAISE(ABORT, '{message}'); END"
        )

    def state(row: str, column: str = "run_id") -> str:
        return f"(SELECT state FROM {RUN} WHERE id = {row}.{column})"

    fixed = [f"NEW.{c} IS NOT OLD.{c}" for c in columns if c not in FREE_COLUMNS]
    moves = " OR ".join(
        f"(OLD.state = '{old}' AND NEW.state IN ({', '.join(repr(n) for n in new)}))"
        for old, new in MOVES.items()
        if new
    )
    closed = f"NOT ({moves}) OR NEW.id <> OLD.id OR (OLD.state <> 'draft' AND ({' OR '.join(fixed)}))"
    paying = " OR ".join(f"NEW.{c} IS NOT OLD.{c}" for c in VOID_COLUMNS if c != "state")
    voiding = " OR ".join(f"NEW.{c} IS NOT OLD.{c}" for c in PAY_COLUMNS if c != "state")
    crossed = f"(NEW.state = 'paid' AND ({paying})) OR (NEW.state IN ('sealed', 'void') AND OLD.state = 'sealed' AND ({voiding}))"
    taken = "EXISTS (SELECT 1 FROM {0} WHERE id = NEW.id)"
    same_claim = (
        f"EXISTS (SELECT 1 FROM {CLAIM} c WHERE c.id = NEW.id OR (c.person_id = NEW.person_id"
        " AND c.payer_code = NEW.payer_code AND c.period_start = NEW.period_start))"
    )
    kept = "批次已封存，结果不能改动"
    return [
        trigger(OUTCOME, "insert", f"{state('NEW')} IS NOT 'draft' OR {taken.format(OUTCOME)}", kept),
        trigger(
            OUTCOME,
            "update",
            f"{state('OLD')} <> 'draft' OR {state('NEW')} <> 'draft' OR NEW.id <> OLD.id",
            kept,
        ),
        trigger(OUTCOME, "delete", f"{state('OLD')} IN {SEALED}", kept),
        trigger(RUN, "insert", f"NEW.state <> 'draft' OR {taken.format(RUN)}", "批次只能从草稿开始"),
        trigger(RUN, "update", f"{closed} OR {crossed}", "批次已封存，不能改动"),
        trigger(RUN, "delete", "OLD.state <> 'draft'", "批次已封存，不能删除"),
        trigger(CLAIM, "insert", f"{state('NEW')} IS NOT 'draft' OR {same_claim}", "这个人这个月已在另一批里"),
        trigger(CLAIM, "update", "1", "占用只能新增或放开，不能改"),
        trigger(CLAIM, "delete", f"{state('OLD')} IN ('sealed', 'paid')", "批次已封存，占用不能放开"),
    ]


def _postgresql() -> list[str]:
    moves = " OR ".join(
        f"(OLD.state = '{old}' AND NEW.state IN ({', '.join(repr(n) for n in new)}))"
        for old, new in MOVES.items()
        if new
    )

    def without(row: str, columns: tuple[str, ...]) -> str:
        return f"(to_jsonb({row}) - ARRAY[{', '.join(repr(c) for c in columns)}])"

    refuse = "RAISE EXCEPTION '{}' USING ERRCODE = 'restrict_violation'"
    kept, closed = refuse.format("批次已封存，结果不能改动"), refuse.format("批次已封存，不能改动")

    def function(name: str, body: str) -> str:
        return f"CREATE OR REPLACE FUNCTION gugan_{name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {body} END $$"

    def watch(event: str, tables: str) -> str:
        return (
            f"CREATE TRIGGER {OUTCOME}_{event} AFTER {event.upper()} ON {OUTCOME} REFERENCING {tables} "
            f"FOR EACH STATEMENT EXECUTE FUNCTION gugan_outcome_{event}()"
        )

    def open_only(rows: str, states: str) -> str:
        return f"EXISTS (SELECT 1 FROM {rows} o JOIN {RUN} r ON r.id = o.run_id WHERE r.state {states})"

    any_sealed = f"EXISTS (SELECT 1 FROM {RUN} WHERE state IN {SEALED})"
    new, old = open_only("fresh", "<> 'draft'"), open_only("gone", "<> 'draft'")
    statements = [
        function("outcome_insert", f"IF {new} THEN {kept}; END IF; RETURN NULL;"),
        function("outcome_update", f"IF {new} OR {old} THEN {kept}; END IF; RETURN NULL;"),
        function("outcome_delete", f"IF {open_only('gone', f'IN {SEALED}')} THEN {kept}; END IF; RETURN NULL;"),
        function("sealed_truncate", f"IF {any_sealed} THEN {closed}; END IF; RETURN NULL;"),
        function(
            "run_change",
            f"""
            IF TG_OP = 'INSERT' THEN
              IF NEW.state <> 'draft' THEN {refuse.format("批次只能从草稿开始")}; END IF;
              RETURN NEW;
            ELSIF TG_OP = 'DELETE' THEN
              IF OLD.state <> 'draft' THEN {refuse.format("批次已封存，不能删除")}; END IF;
              RETURN OLD;
            END IF;
            IF NOT ({moves}) OR NEW.id <> OLD.id THEN {closed}; END IF;
            IF OLD.state <> 'draft' AND {without("OLD", FREE_COLUMNS)} <> {without("NEW", FREE_COLUMNS)} THEN {closed}; END IF;
            IF OLD.state = 'sealed' AND NEW.state = 'paid' AND {without("OLD", PAY_COLUMNS)} <> {without("NEW", PAY_COLUMNS)}
              THEN {closed}; END IF;
            IF OLD.state = 'sealed' AND NEW.state IN ('sealed', 'void')
              AND {without("OLD", VOID_COLUMNS)} <> {without("NEW", VOID_COLUMNS)} THEN {closed}; END IF;
            RETURN NEW;
            """,
        ),
        function(
            "claim_change",
            f"""
            IF TG_OP = 'UPDATE' THEN {refuse.format("占用只能新增或放开，不能改")}; END IF;
            IF TG_OP = 'INSERT' THEN RETURN NEW; END IF;
            IF EXISTS (SELECT 1 FROM {RUN} WHERE id = OLD.run_id AND state IN ('sealed', 'paid')) THEN
              {refuse.format("批次已封存，占用不能放开")}; END IF;
            RETURN OLD;
            """,
        ),
        watch("insert", "NEW TABLE AS fresh"),
        watch("update", "OLD TABLE AS gone NEW TABLE AS fresh"),
        watch("delete", "OLD TABLE AS gone"),
        f"CREATE TRIGGER {RUN}_change BEFORE INSERT OR UPDATE OR DELETE ON {RUN} "
        "FOR EACH ROW EXECUTE FUNCTION gugan_run_change()",
        f"CREATE TRIGGER {CLAIM}_change BEFORE UPDATE OR DELETE ON {CLAIM} "
        "FOR EACH ROW EXECUTE FUNCTION gugan_claim_change()",
    ]
    truncates = [
        f"CREATE TRIGGER {table}_truncate BEFORE TRUNCATE ON {table} "
        "FOR EACH STATEMENT EXECUTE FUNCTION gugan_sealed_truncate()"
        for table in (OUTCOME, RUN, CLAIM)
    ]
    return statements + truncates
