"""Many rows in one statement: bulk_create splits at 999 parameters on SQLite, executemany does not."""

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

    One executemany, whatever the number of rows. Values are not validated: callers have done so.
    """
    connection = connections[router.db_for_write(model)]
    fields = [model._meta.get_field(name) for name in names]
    columns = ", ".join(connection.ops.quote_name(field.column) for field in fields)
    marks = ", ".join(["%s"] * len(fields))
    table = connection.ops.quote_name(model._meta.db_table)
    prepared = _prepared(connection, fields, rows)
    if prepared:
        with connection.cursor() as cursor:
            cursor.executemany(f"INSERT INTO {table} ({columns}) VALUES ({marks})", prepared)


def update_rows(model: type[models.Model], names: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Update the fields `names` of many rows; each row is the new values in order, then the primary key."""
    connection = connections[router.db_for_write(model)]
    quote = connection.ops.quote_name
    fields = [model._meta.get_field(name) for name in names]
    changes = ", ".join(f"{quote(field.column)} = %s" for field in fields)
    key = model._meta.pk
    prepared = _prepared(connection, [*fields, key], rows)
    if prepared:
        with connection.cursor() as cursor:
            cursor.executemany(
                f"UPDATE {quote(model._meta.db_table)} SET {changes} WHERE {quote(key.column)} = %s", prepared
            )


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
