"""Triggers that make a table append-only, on SQLite and on PostgreSQL; for migrations of this room and those above.

A later migration that alters a guarded table on SQLite rebuilds it and loses its triggers: end such a migration with
`forbid_changes` again. `missing` lists guarded tables whose triggers are gone; the verifications report it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db import migrations

MESSAGE = "此表只能追加，不能修改或删除"


def forbid_changes(table: str, unique: Sequence[str]) -> migrations.RunPython:
    """Return the migration step that forbids UPDATE, DELETE and TRUNCATE on `table`.

    unique: its primary key and other unique columns; on SQLite, INSERT OR REPLACE would delete a conflicting row
    without firing a delete trigger, so an insert that conflicts is refused first.
    """

    def forwards(apps: Any, schema_editor: Any) -> None:
        install(schema_editor.connection, table, unique)

    def backwards(apps: Any, schema_editor: Any) -> None:
        remove(schema_editor.connection, table)

    return migrations.RunPython(forwards, backwards)


def install(connection: Any, table: str, unique: Sequence[str]) -> None:
    """Create the triggers on `table` (see forbid_changes)."""
    statements = _postgresql(table) if connection.vendor == "postgresql" else _sqlite(table, unique)
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def remove(connection: Any, table: str) -> None:
    """Drop the triggers of `table`: for going back a migration, and for tests that must empty the database."""
    on = f" ON {table}" if connection.vendor == "postgresql" else ""
    with connection.cursor() as cursor:
        for name in trigger_names(connection, table):
            cursor.execute(f"DROP TRIGGER IF EXISTS {name}{on}")


def trigger_names(connection: Any, table: str) -> tuple[str, ...]:
    """Return the names of the triggers that guard `table` on this database."""
    if connection.vendor == "postgresql":
        return (f"{table}_keep", f"{table}_keep_all")
    return (f"{table}_no_update", f"{table}_no_delete", f"{table}_no_replace")


def missing(connection: Any, tables: Sequence[str]) -> list[str]:
    """Return those of `tables` that lack one of their triggers, or have one switched off."""
    if connection.vendor == "postgresql":
        query = "SELECT tgname FROM pg_trigger WHERE tgenabled <> 'D' AND NOT tgisinternal"
    else:
        query = "SELECT name FROM sqlite_master WHERE type = 'trigger'"
    with connection.cursor() as cursor:
        cursor.execute(query)
        present = {name for (name,) in cursor.fetchall()}
    return [table for table in tables if not present.issuperset(trigger_names(connection, table))]


def _sqlite(table: str, unique: Sequence[str]) -> list[str]:
    refuse = f"BEGIN SELECT RAISE(ABORT, '{table}：{MESSAGE}'); END"
    taken = " OR ".join(f"EXISTS (SELECT 1 FROM {table} WHERE {name} = NEW.{name})" for name in unique)
    return [
        f"CREATE TRIGGER {table}_no_update BEFORE UPDATE ON {table} {refuse}",
        f"CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table} {refuse}",
        f"CREATE TRIGGER {table}_no_replace BEFORE INSERT ON {table} WHEN {taken} {refuse}",
    ]


def _postgresql(table: str) -> list[str]:
    function = (
        """
        CREATE OR REPLACE FUNCTION gugan_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            RAISE EXCEPTION '%："""
        + MESSAGE
        + """', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
        END $$
    """
    )
    return [
        function,
        f"CREATE TRIGGER {table}_keep BEFORE UPDATE OR DELETE ON {table} "
        "FOR EACH ROW EXECUTE FUNCTION gugan_append_only()",
        f"CREATE TRIGGER {table}_keep_all BEFORE TRUNCATE ON {table} "
        "FOR EACH STATEMENT EXECUTE FUNCTION gugan_append_only()",
    ]
