"""Writes many rows in one statement: COPY on PostgreSQL, executemany on SQLite, where bulk_create would split."""

from __future__ import annotations

import gc
from collections.abc import Generator, Iterable, Sequence
from contextlib import contextmanager
from datetime import date

from django.db import connection


def insert(table: str, columns: Sequence[str], rows: Iterable[Sequence]) -> None:
    """Insert `rows` (values already in the database's own form) into `table`, inside the caller's transaction."""
    quote = connection.ops.quote_name
    names = ", ".join(quote(column) for column in columns)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            with cursor.copy(f"COPY {quote(table)} ({names}) FROM STDIN") as copy:
                for row in rows:
                    copy.write_row(row)
        else:
            marks = ", ".join(["%s"] * len(columns))
            cursor.executemany(f"INSERT INTO {quote(table)} ({names}) VALUES ({marks})", list(rows))


def adapt_date(day: date):
    """The day as a parameter of a raw statement on this database."""
    return connection.ops.adapt_datefield_value(day)


@contextmanager
def no_collection() -> Generator[None]:
    """Keep the garbage collector from walking a month's new rows again and again; they are all still needed."""
    running = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if running:
            gc.enable()
