"""Seals personal values: SM4-GCM under a key of the person's own, itself wrapped by the installation's key.

Envelope: version byte ‖ id of the key (16) ‖ nonce (12) ‖ tag (16) ‖ ciphertext. The purpose ("个人信息.证件号码") is
authenticated with it, so a value cannot be moved to another place or person. Beside the ciphertext stand the last four
characters and a keyed digest for look-up, which outlive the key.
"""

from __future__ import annotations

import base64
import os
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple

import orjson
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import models
from django.utils.translation import gettext as _

from gugan.accounts.bulk import among_uuids, insert_rows
from gugan.accounts.models import SealKey
from gugan.accounts.sm3 import hmac_sm3

SM4_GCM, AES_GCM = 1, 2
"""Versions of the envelope: the algorithm."""
_HEAD, _NONCE, _TAG = 17, 12, 16


class SealError(Exception):
    """A sealed value or key that does not open: damaged, moved, or sealed under another installation's key."""


class Key(NamedTuple):
    """A person's key: its id, and its 32 secret bytes, or None once destroyed."""

    id: uuid.UUID
    secret: bytes | None


@dataclass(frozen=True)
class Sealed:
    """A sealed value: the envelope, the last four characters in clear, and the keyed digest in hex."""

    envelope: bytes
    last4: str
    digest: str

    def as_fact(self) -> dict[str, str]:
        """Return the form that stands in facts: {"封": base64, "末四位": text, "摘要": hex}."""
        return {"封": base64.b64encode(self.envelope).decode(), "末四位": self.last4, "摘要": self.digest}

    @classmethod
    def from_fact(cls, stored: Mapping[str, str]) -> Sealed:
        """Return the value behind `as_fact`; SealError if it is none."""
        try:
            return cls(base64.b64decode(stored["封"], validate=True), stored["末四位"], stored["摘要"])
        except (KeyError, TypeError, ValueError) as error:
            raise SealError(_("这不是一个封存的值")) from error

    @property
    def key_id(self) -> uuid.UUID:
        """The id of the key that opens it."""
        return uuid.UUID(bytes=self.envelope[1:_HEAD])

    def __str__(self) -> str:
        return f"····{self.last4}"

    __repr__ = __str__


def is_sealed(value: Any) -> bool:
    """Whether a value of a fact is a sealed one."""
    return isinstance(value, Mapping) and "封" in value


def seal(value: str, key: Key, purpose: str, version: int = SM4_GCM) -> Sealed:
    """Seal `value` with `key` for `purpose` ("kind.fact" or "table.column"). SealError if the key is destroyed."""
    if key.secret is None:
        raise SealError(_("密钥已销毁，不能再封存"))
    # short values are all tail: four of six digits would tell too much
    last4 = value[-4:] if len(value) >= 8 else ""
    return Sealed(_encrypt(version, key.id.bytes, key.secret, value.encode(), purpose), last4, digest(value, purpose))


def open_sealed(sealed: Sealed, key: Key, purpose: str) -> str | None:
    """Return the value, or None if its key was destroyed. SealError if it was damaged or moved."""
    if key.secret is None:
        return None
    return _decrypt(sealed.envelope, key.id.bytes, key.secret, purpose).decode()


def shown(sealed: Sealed, key: Key) -> str:
    """Return what a page shows without opening: the last four characters, or 已抹除."""
    return _("已抹除") if key.secret is None else str(sealed)


def digest(value: str, purpose: str) -> str:
    """Return the keyed look-up digest (HMAC-SM3, hex) of `value` for `purpose`; equal values have equal digests."""
    return hmac_sm3(_master().look_up, f"{purpose}\0{value}".encode()).hex()


def new_key(*, now: datetime) -> Key:
    """Create and store one key."""
    return new_keys(1, now=now)[0]


def new_keys(count: int, *, now: datetime) -> list[Key]:
    """Create and store `count` keys in one statement."""
    made = [Key(uuid.uuid4(), os.urandom(32)) for _each in range(count)]
    insert_rows(
        SealKey, ["id", "wrapped", "created_at", "destroyed_at"], [(key.id, _wrap(key), now, None) for key in made]
    )
    return made


def keys(ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, Key]:
    """Return the keys of `ids`, in one statement; a destroyed key has no secret, one that is not there is left out."""
    wanted = set(ids)
    if not wanted:
        return {}
    stored = SealKey.objects.filter(pk__in=among_uuids(wanted)).values_list("id", "wrapped", "destroyed_at")
    return {
        key_id: Key(key_id, None if destroyed_at else _unwrap(key_id, bytes(wrapped)))
        for key_id, wrapped, destroyed_at in stored
    }


def open_facts(facts: Iterable[tuple[str, Mapping[str, str]]]) -> list[str | None]:
    """Open many (purpose, stored fact) pairs with one read of their keys; None where the key was destroyed."""
    pairs = [(purpose, Sealed.from_fact(stored)) for purpose, stored in facts]
    found = keys(sealed.key_id for _purpose, sealed in pairs)
    missing = [sealed for _purpose, sealed in pairs if sealed.key_id not in found]
    if missing:
        raise SealError(_("有 {count} 个封存的值找不到密钥").format(count=len(missing)))
    return [open_sealed(sealed, found[sealed.key_id], purpose) for purpose, sealed in pairs]


class SealedField(models.TextField):
    """A model column that holds a `Sealed`, stored as the JSON of its fact form. Look up by a digest column beside it."""

    def from_db_value(self, value: str | None, expression: Any, connection: Any) -> Sealed | None:
        return None if value is None else Sealed.from_fact(orjson.loads(value))

    def to_python(self, value: Any) -> Sealed | None:
        if value is None or isinstance(value, Sealed):
            return value
        return Sealed.from_fact(orjson.loads(value) if isinstance(value, str) else value)

    def get_prep_value(self, value: Any) -> str | None:
        if value is None:
            return None
        if not isinstance(value, Sealed):
            raise SealError(_("这里只收封存过的值"))
        return orjson.dumps(value.as_fact()).decode()


class _Master(NamedTuple):
    mark: bytes
    wrapping: bytes
    look_up: bytes


def _master() -> _Master:
    return _sub_keys(_master_bytes(getattr(settings, "GUGAN_SEAL_KEY", None)))


@lru_cache(maxsize=4)
def _sub_keys(master: bytes) -> _Master:
    # the mark names the master key in what it wraps, without giving it away
    return _Master(
        hmac_sm3(master, b"gugan mark")[:16], hmac_sm3(master, b"gugan wrapping"), hmac_sm3(master, b"gugan look-up")
    )


def _master_bytes(given: Any) -> bytes:
    if not isinstance(given, bytes) or len(given) != 32:
        raise ImproperlyConfigured("GUGAN_SEAL_KEY: 须为 32 字节 / must be 32 bytes")
    return given


def _wrap(key: Key) -> bytes:
    master = _master()
    return _encrypt(SM4_GCM, master.mark, master.wrapping, key.secret or b"", f"seal key {key.id}")


def _unwrap(key_id: uuid.UUID, wrapped: bytes) -> bytes:
    master = _master()
    return _decrypt(wrapped, master.mark, master.wrapping, f"seal key {key_id}")


def _cipher(version: int, secret: bytes, nonce: bytes, tag: bytes | None = None) -> Cipher:
    if version == SM4_GCM:
        return Cipher(algorithms.SM4(hmac_sm3(secret, b"sm4")[:16]), modes.GCM(nonce, tag))
    if version == AES_GCM:
        return Cipher(algorithms.AES(hmac_sm3(secret, b"aes")), modes.GCM(nonce, tag))
    raise SealError(_("不认识的封存版本 {version}").format(version=version))


def _encrypt(version: int, key_id: bytes, secret: bytes, plain: bytes, purpose: str) -> bytes:
    nonce = os.urandom(_NONCE)
    encryptor = _cipher(version, secret, nonce).encryptor()
    encryptor.authenticate_additional_data(purpose.encode())
    ciphertext = encryptor.update(plain) + encryptor.finalize()
    return bytes([version]) + key_id + nonce + encryptor.tag + ciphertext


def _decrypt(envelope: bytes, key_id: bytes, secret: bytes, purpose: str) -> bytes:
    if len(envelope) < _HEAD + _NONCE + _TAG or envelope[1:_HEAD] != key_id:
        raise SealError(_("封存的值已损坏，或不属于这把密钥"))
    nonce, tag = envelope[_HEAD : _HEAD + _NONCE], envelope[_HEAD + _NONCE : _HEAD + _NONCE + _TAG]
    decryptor = _cipher(envelope[0], secret, nonce, tag).decryptor()
    decryptor.authenticate_additional_data(purpose.encode())
    try:
        return decryptor.update(envelope[_HEAD + _NONCE + _TAG :]) + decryptor.finalize()
    except InvalidTag as error:
        raise SealError(_("封存的值已损坏，或被移到了别处")) from error
