"""Many rows in one statement: bulk_create would split at 999 parameters on SQLite."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Any
from uuid import UUID

import orjson
from django.db import connection as default_connection
from django.db import connections, models, router
from django.db.models.expressions import RawSQL


def insert_rows(model: type[models.Model], names: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Insert `rows`, each the values of the fields `names` in order. A JSON field takes its JSON text.

    One statement, whatever the number of rows: executemany on SQLite, COPY on PostgreSQL. Values are not validated.
    """
    connection = connections[router.db_for_write(model)]
    fields = _fields(model, names)
    prepared = _prepared(connection, fields, rows)
    if not prepared:
        return
    columns = ", ".join(connection.ops.quote_name(field.column) for field in fields)
    into = f"{connection.ops.quote_name(model._meta.db_table)} ({columns})"
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            with connection.wrap_database_errors, cursor.copy(f"COPY {into} FROM STDIN") as copy:
                for row in prepared:
                    copy.write_row(row)
        else:
            cursor.executemany(f"INSERT INTO {into} VALUES ({', '.join(['%s'] * len(fields))})", prepared)


def update_rows(model: type[models.Model], names: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Update the fields `names` of many rows; each row is the new values in order, then the primary key."""
    connection = connections[router.db_for_write(model)]
    fields = _fields(model, [*names, model._meta.pk.name])
    prepared = _prepared(connection, fields, rows)
    if not prepared:
        return
    quote = connection.ops.quote_name
    *columns, key = (quote(field.column) for field in fields)
    table = quote(model._meta.db_table)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            arrays = ", ".join(f"%s::{field.db_type(connection)}[]" for field in fields)
            changes = ", ".join(f"{column} = given.{column}" for column in columns)
            cursor.execute(
                f"UPDATE {table} SET {changes} FROM unnest({arrays}) AS given({', '.join([*columns, key])}) "
                f"WHERE {table}.{key} = given.{key}",
                [list(values) for values in zip(*prepared, strict=True)],
            )
        else:
            changes = ", ".join(f"{column} = %s" for column in columns)
            cursor.executemany(f"UPDATE {table} SET {changes} WHERE {key} = %s", prepared)


def among(values: Collection[int] | Collection[str]) -> RawSQL:
    """Return what `column__in=` takes for any number of values, all whole numbers or all text: one parameter."""
    if default_connection.vendor == "postgresql":
        kind = "text" if any(isinstance(value, str) for value in values) else "bigint"
        return RawSQL(f"SELECT unnest(%s::{kind}[])", [list(values)])
    return RawSQL("SELECT value FROM json_each(%s)", [orjson.dumps(list(values)).decode()])


def among_uuids(values: Collection[UUID]) -> RawSQL:
    """Return what `column__in=` takes for any number of UUIDs."""
    if default_connection.vendor == "postgresql":
        return RawSQL("SELECT unnest(%s::uuid[])", [list(values)])
    return among([value.hex for value in values])


def _fields(model: type[models.Model], names: Sequence[str]) -> list[Any]:
    return [model._meta.get_field(name) for name in names]


def _prepared(connection: Any, fields: Sequence[Any], rows: Iterable[Sequence[Any]]) -> list[tuple[Any, ...]]:
    converters = [_converter(connection, field) for field in fields]
    if not any(converters):
        return [tuple(row) for row in rows]
    return [
        tuple(
            value if convert is None or value is None else convert(value)
            for value, convert in zip(row, converters, strict=True)
        )
        for row in rows
    ]


def _converter(connection: Any, field: Any) -> Callable[[Any], Any] | None:
    """Return what turns a value of `field` into a parameter of a raw statement, or None where it is one already."""
    kind = field.target_field.get_internal_type() if field.is_relation else field.get_internal_type()
    ops = connection.ops
    if kind == "DateField":
        return ops.adapt_datefield_value
    if kind == "DateTimeField":
        return ops.adapt_datetimefield_value
    if kind == "UUIDField" and not connection.features.has_native_uuid_field:
        return lambda value: value.hex
    return None
