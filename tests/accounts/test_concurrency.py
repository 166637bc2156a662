"""Writers at the same time, on connections of their own: what they append must still be one chain."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest
from django.db import connection, transaction

from gugan.accounts import queries, services
from gugan.accounts.models import TrailEntry, TrailHead
from gugan.accounts.services import Note
from tests.accounts.guarded import lifted

NOW = datetime(2026, 10, 1, tzinfo=UTC)
WRITERS, BATCHES, SIZE = 4, 5, 20


@pytest.fixture
def committed(django_db_setup, django_db_blocker):
    """A database whose transactions do end; emptied afterwards as only a test can, since a flush is refused."""
    with django_db_blocker.unblock():
        yield
        with lifted("accounts_trailentry"):
            TrailEntry.objects.all().delete()
        TrailHead.objects.all().delete()
        connection.close()


def write(writer: int) -> list[range]:
    try:
        made = []
        for batch in range(BATCHES):
            with transaction.atomic():
                notes = [Note("记录", f"action:{writer}-{batch}-{i}", "0" * 64) for i in range(SIZE)]
                made.append(services.record(notes, by=None, now=NOW))
        return made
    finally:
        connection.close()


def test_concurrent_writers_leave_one_chain(committed):
    with ThreadPoolExecutor(WRITERS) as pool:
        ranges = [one for made in pool.map(write, range(WRITERS)) for one in made]
    numbers = sorted(number for one in ranges for number in one)
    assert numbers == list(range(1, WRITERS * BATCHES * SIZE + 1))
    assert queries.verify_trail() == []


def test_a_batch_that_is_rolled_back_leaves_no_gap(committed):
    services.record([Note("记录", "action:1", "0" * 64)], by=None, now=NOW)
    with pytest.raises(RuntimeError), transaction.atomic():
        services.record([Note("记录", "action:2", "0" * 64)], by=None, now=NOW)
        raise RuntimeError
    assert services.record([Note("记录", "action:3", "0" * 64)], by=None, now=NOW) == range(2, 3)
    assert queries.verify_trail() == []
