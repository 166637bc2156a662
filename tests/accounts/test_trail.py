from datetime import UTC, datetime

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.models import F
from django.test.utils import CaptureQueriesContext

from gugan.accounts import guards, queries, services
from gugan.accounts.models import TrailEntry, TrailHead, User
from gugan.accounts.services import Note
from gugan.accounts.sm3 import hmac_sm3, sm3_hex
from tests.accounts.guarded import lifted

NOW = datetime(2026, 10, 1, 1, 2, 3, 456789, tzinfo=UTC)


@pytest.fixture
def trail(db):
    clerk = User.objects.create_user("经办")
    services.record([Note("记录", f"action:{i}", f"{i:064x}") for i in range(1, 8)], by=clerk, now=NOW)
    return TrailEntry.objects


def test_sm3_is_the_standard_one():
    # GB/T 32905-2016, example 1
    assert sm3_hex(b"abc") == "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"
    assert len(hmac_sm3(b"k", b"abc")) == 32


def test_sm3_without_hashlib_is_the_same(monkeypatch):
    known = sm3_hex(b"abc"), hmac_sm3(b"k", b"abc")
    monkeypatch.setattr("gugan.accounts.sm3._IN_HASHLIB", False)
    assert (sm3_hex(b"abc"), hmac_sm3(b"k", b"abc")) == known


def test_entries_follow_one_another(trail):
    assert services.record([], by=None, now=NOW) == range(0)
    assert services.record([Note("封存", "run:1", "f" * 64)], by=None, now=NOW) == range(8, 9)
    entries = list(trail.all())
    assert [entry.seq for entry in entries] == list(range(1, 9))
    assert [entry.previous for entry in entries[1:]] == [entry.hash for entry in entries[:-1]]
    assert queries.verify_trail() == []
    assert [entry.act for entry in queries.trail_of("run:1")] == ["封存"]


@pytest.mark.parametrize(
    ("tamper", "problems"),
    [
        (lambda all_: all_.filter(seq=3).update(digest="0" * 64), ["第 3 条（记录 action:3）被改动"]),
        (lambda all_: all_.filter(seq=3).update(by=None), ["第 3 条（记录 action:3）被改动"]),
        (lambda all_: all_.filter(seq__in=[4, 5]).delete(), ["缺第 4 至 5 条"]),
        (lambda all_: all_.filter(seq=7).delete(), ["末端记着第 7 条，表里到第 6 条：末尾有增删或改动"]),
        (lambda all_: all_.filter(seq__gte=6).update(seq=F("seq") + 10), ["缺第 6 至 15 条", "第 16 条（记录 action:6）被改动",
         "第 17 条（记录 action:7）被改动", "末端记着第 7 条，表里到第 17 条：末尾有增删或改动"]),
    ],
)  # fmt: skip
def test_tampering_is_named(trail, tamper, problems):
    with lifted("accounts_trailentry"):
        tamper(trail.all())
    assert queries.verify_trail() == problems


def test_swapped_entries_are_named(trail):
    with lifted("accounts_trailentry"):
        for old, new in ((3, 100), (4, 3), (100, 4)):
            trail.filter(seq=old).update(seq=new)
    assert queries.verify_trail() == [
        "第 3 条不接上一条", "第 3 条（记录 action:4）被改动", "第 4 条不接上一条", "第 4 条（记录 action:3）被改动", "第 5 条不接上一条",
    ]  # fmt: skip


def test_entry_changed_with_its_hash_breaks_the_next(trail):
    from gugan.accounts.trail import chain_hash

    third = trail.get(seq=3)
    forged = chain_hash(3, third.at, third.by_id, Note("记录", "action:3", "0" * 64), third.previous)
    with lifted("accounts_trailentry"):
        trail.filter(seq=3).update(digest="0" * 64, hash=forged)
    assert queries.verify_trail() == ["第 4 条不接上一条"]


def test_missing_guard_is_told(trail):
    guards.remove(connection, "accounts_trailentry")
    assert queries.verify_trail() == ["留痕表缺少防改触发器：accounts_trailentry"]


def test_no_door_changes_an_entry(trail):
    statements = ["UPDATE accounts_trailentry SET act = 'x' WHERE seq = 1", "DELETE FROM accounts_trailentry"]
    if connection.vendor == "sqlite":
        statements.append("REPLACE INTO accounts_trailentry SELECT * FROM accounts_trailentry WHERE seq = 1")
    else:
        statements.append("SET CONSTRAINTS ALL IMMEDIATE; TRUNCATE accounts_trailentry")
    for statement in statements:
        with pytest.raises(IntegrityError, match="只能追加"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)
    with pytest.raises(IntegrityError, match="只能追加"), transaction.atomic():
        trail.get(seq=1).save()
    assert queries.verify_trail() == []


def test_statement_count_does_not_grow(trail):
    counts = []
    for size in (1, 2000):
        with CaptureQueriesContext(connection) as statements:
            services.record([Note("记录", "action:9", "0" * 64)] * size, by=None, now=NOW)
        counts.append(len(statements))
    assert counts[0] == counts[1] <= 5
    assert queries.verify_trail() == []


def test_head_is_made_when_it_is_missing(db):
    assert TrailHead.objects.count() == 0
    services.record([Note("记录", "action:1", "0" * 64)], by=None, now=NOW)
    assert TrailHead.objects.get().seq == 1
