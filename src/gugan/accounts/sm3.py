"""SM3 (GB/T 32905): digests and keyed digests, by hashlib where it has SM3, else by cryptography."""

from __future__ import annotations

import hashlib
import hmac
from typing import Any

import orjson
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives import hmac as crypto_hmac

try:
    hashlib.new("sm3")
    _IN_HASHLIB = True
except ValueError:  # a FIPS build of OpenSSL
    _IN_HASHLIB = False


def sm3_hex(data: bytes) -> str:
    """Return the SM3 digest of `data` as 64 lower-case hex digits."""
    if _IN_HASHLIB:
        return hashlib.new("sm3", data).hexdigest()
    digest = hashes.Hash(hashes.SM3())
    digest.update(data)
    return digest.finalize().hex()


def hmac_sm3(key: bytes, data: bytes) -> bytes:
    """Return the 32 bytes of HMAC-SM3 of `data` under `key`."""
    if _IN_HASHLIB:
        return hmac.digest(key, data, "sm3")
    mac = crypto_hmac.HMAC(key, hashes.SM3())
    mac.update(data)
    return mac.finalize()


def canonical_json(content: Any) -> bytes:
    """Return the one JSON text of `content`: UTF-8, keys sorted, no spaces. Floats are not for this house."""
    return orjson.dumps(content, option=orjson.OPT_SORT_KEYS)


def digest_of(content: Any) -> str:
    """Return the SM3 hex digest of the canonical JSON of `content`."""
    return sm3_hex(canonical_json(content))
