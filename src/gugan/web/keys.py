"""The two secrets of an installation: Django's secret key and the master key that seals personal values."""

import base64
import binascii
import json
import os
import secrets
from dataclasses import dataclass
from pathlib import Path

SEAL_KEY_BYTES = 32


class KeysMissing(Exception):
    """An installation that is no demonstration has no keys, or unusable ones."""


@dataclass(frozen=True)
class Keys:
    secret_key: str
    seal_key: bytes
    # kept in the demo's file, that is: not safe for real people's data
    demo: bool

    def __repr__(self) -> str:
        return f"Keys(demo={self.demo})"


def read_keys(home: Path, demo: bool | None = None) -> Keys:
    """Return the keys of GUGAN_SECRET_KEY and GUGAN_SEAL_KEY_FILE, else those of var/demo-keys.json.

    `demo` is GUGAN_DEMO if it is set: False refuses to go on without both keys; None means "a demo, unless
    keys are given". One key without the other is refused in any case.
    """
    secret_key = os.environ.get("GUGAN_SECRET_KEY", "")
    seal_key_file = os.environ.get("GUGAN_SEAL_KEY_FILE", "")
    if secret_key and seal_key_file:
        return Keys(secret_key, _read_seal_key(Path(seal_key_file)), demo=False)
    if secret_key or seal_key_file:
        raise KeysMissing("GUGAN_SECRET_KEY 与 GUGAN_SEAL_KEY_FILE 须同时设置 / set both keys, or neither for a demo")
    if demo is False:
        raise KeysMissing(
            "GUGAN_DEMO=0 时须设置 GUGAN_SECRET_KEY 和 GUGAN_SEAL_KEY_FILE(32 字节,base64)。"
            " / Both keys are needed when GUGAN_DEMO=0; make the file with: head -c 32 /dev/urandom | base64"
        )
    return _demo_keys(home / "var" / "demo-keys.json")


def _read_seal_key(path: Path) -> bytes:
    try:
        return _decode(path.read_text().strip())
    except (OSError, ValueError) as error:
        raise KeysMissing(
            f"GUGAN_SEAL_KEY_FILE={path}: 须为 32 字节的 base64 / must hold 32 bytes as base64"
        ) from error


def _decode(text: str) -> bytes:
    try:
        key = base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise ValueError("not base64") from error
    if len(key) != SEAL_KEY_BYTES:
        raise ValueError(f"{len(key)} bytes, not {SEAL_KEY_BYTES}")
    return key


def _demo_keys(path: Path) -> Keys:
    if not path.exists():
        _create(path)
    try:
        stored = json.loads(path.read_text())
        return Keys(stored["secret_key"], _decode(stored["seal_key"]), demo=True)
    except (ValueError, KeyError, TypeError) as error:
        raise KeysMissing(
            f"{path} 已损坏;用它封存的数据无法再读,删除它和示范数据库后重试。"
            " / is damaged; remove it and the demo's database"
        ) from error


def _create(path: Path) -> None:
    """Write new keys, readable by their owner only; where two processes race, the first one's stay."""
    keys = {
        "secret_key": secrets.token_urlsafe(50),
        "seal_key": base64.b64encode(secrets.token_bytes(SEAL_KEY_BYTES)).decode(),
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w") as file:
        json.dump(keys, file)
    try:
        os.link(draft, path)
    except FileExistsError:
        pass
    except OSError:  # a file system without hard links
        os.replace(draft, path)
        return
    draft.unlink()
