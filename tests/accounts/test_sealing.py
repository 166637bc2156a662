import dataclasses
from datetime import UTC, datetime

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gugan.accounts import queries, sealing, services
from gugan.accounts.models import SealKey, User
from gugan.accounts.sealing import SealError

NOW = datetime(2026, 10, 1, tzinfo=UTC)
PURPOSE = "个人信息.证件号码"
NUMBER = "440799197407105191"


@pytest.fixture
def key(db):
    return sealing.new_key(now=NOW)


@pytest.mark.parametrize("version", [sealing.SM4_GCM, sealing.AES_GCM])
def test_value_returns(key, version):
    sealed = sealing.seal(NUMBER, key, PURPOSE, version)
    assert sealed.envelope[0] == version and sealed.key_id == key.id
    assert NUMBER.encode() not in sealed.envelope
    assert sealing.open_sealed(sealed, sealing.keys([key.id])[key.id], PURPOSE) == NUMBER


@given(value=st.text(max_size=200))
@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_any_text_returns_through_its_fact_form(key, value):
    stored = orjson.loads(orjson.dumps(sealing.seal(value, key, PURPOSE).as_fact()))
    assert sealing.open_facts([(PURPOSE, stored)]) == [value]


def test_same_value_has_same_digest_and_another_envelope(key):
    first, second = (sealing.seal(NUMBER, key, PURPOSE) for _ in range(2))
    assert first.digest == second.digest == sealing.digest(NUMBER, PURPOSE)
    assert first.envelope != second.envelope
    assert sealing.digest(NUMBER, "银行账户.账号") != first.digest


def test_only_last_four_is_shown(key):
    sealed = sealing.seal(NUMBER, key, PURPOSE)
    assert (str(sealed), repr(sealed), sealing.shown(sealed, key)) == ("····5191",) * 3
    assert sealing.seal("12345", key, PURPOSE).last4 == ""


def test_damaged_or_moved_value_does_not_open(key):
    sealed, other = sealing.seal(NUMBER, key, PURPOSE), sealing.new_key(now=NOW)
    with pytest.raises(SealError, match="被移到了别处"):
        sealing.open_sealed(sealed, key, "银行账户.账号")
    with pytest.raises(SealError, match="不属于这把密钥"):
        sealing.open_sealed(sealed, other, PURPOSE)
    renamed = sealed.envelope[:1] + other.id.bytes + sealed.envelope[17:]
    with pytest.raises(SealError, match="已损坏"):
        sealing.open_sealed(dataclasses.replace(sealed, envelope=renamed), other, PURPOSE)
    for at in range(29, len(sealed.envelope)):
        broken = bytearray(sealed.envelope)
        broken[at] ^= 1
        with pytest.raises(SealError):
            sealing.open_sealed(dataclasses.replace(sealed, envelope=bytes(broken)), key, PURPOSE)
    with pytest.raises(SealError, match="不认识的封存版本 9"):
        sealing.open_sealed(dataclasses.replace(sealed, envelope=b"\x09" + sealed.envelope[1:]), key, PURPOSE)
    with pytest.raises(SealError, match="这不是一个封存的值"):
        sealing.open_facts([(PURPOSE, {"封": "!"})])


def test_another_installation_cannot_unwrap(key, settings):
    settings.GUGAN_SEAL_KEY = bytes(32)
    with pytest.raises(SealError):
        sealing.keys([key.id])


def test_destroyed_key_gives_none_and_leaves_a_trace(key):
    clerk = User.objects.create_user("经办")
    sealed = sealing.seal(NUMBER, key, PURPOSE)
    services.destroy_key(key.id, by=clerk, now=NOW, reason="本人申请")
    services.destroy_key(key.id, by=clerk, now=NOW, reason="再来一次")
    stored = SealKey.objects.get(pk=key.id)
    assert (bytes(stored.wrapped), stored.destroyed_at) == (b"", NOW)
    gone = sealing.keys([key.id])[key.id]
    assert sealing.open_sealed(sealed, gone, PURPOSE) is None
    assert sealing.shown(sealed, gone) == "已抹除"
    with pytest.raises(SealError, match="密钥已销毁"):
        sealing.seal(NUMBER, gone, PURPOSE)
    assert [entry.act for entry in queries.trail_of(f"key:{key.id}")] == ["抹除"]


def test_field_takes_sealed_values_only(key):
    field = sealing.SealedField()
    sealed = sealing.seal(NUMBER, key, PURPOSE)
    stored = field.get_prep_value(sealed)
    assert NUMBER not in stored
    assert field.from_db_value(stored, None, None) == field.to_python(stored) == sealed
    assert field.get_prep_value(None) is field.to_python(None) is None
    with pytest.raises(SealError, match="只收封存过的值"):
        field.get_prep_value(NUMBER)
