"""Packs, read once per content and kept by the digest of their bytes, with what a check says of them."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from gugan import policy
from gugan.policy.check import run_case
from gugan.policy.pack import Case
from gugan.records.services import packs_root

LEVELS = {
    2: gettext_lazy("省"),
    4: gettext_lazy("市"),
    6: gettext_lazy("区县"),
    9: gettext_lazy("街道乡镇"),
    12: gettext_lazy("社区"),
}


def _signature(root: Path) -> tuple:
    """What tells that some file under the root has changed, without reading any."""
    found = []
    for file in sorted(root.rglob("*")):
        stat = file.stat()
        found.append((str(file), stat.st_mtime_ns, stat.st_size))
    return tuple(found)


@lru_cache(maxsize=64)
def _read(root: Path, code: str, signature: tuple) -> policy.Pack | policy.PolicyErrors:
    try:
        return policy.load(code, root)
    except policy.PolicyErrors as errors:
        return errors


def load(code: str) -> policy.Pack:
    """Return the pack that governs a code; raises PolicyErrors. Kept until a file changes."""
    root = packs_root()
    found = _read(root, code, _signature(root))
    if isinstance(found, policy.PolicyErrors):
        raise found
    return found


def parent_of(pack: policy.Pack) -> policy.Pack | None:
    """Return what a pack inherits, or None for one that stands on its own."""
    return _built(_Folders(pack.folders[:-1])) if len(pack.folders) > 1 else None


class _Folders(tuple[policy.PackFolder, ...]):
    """Folders as a key of a cache: by their digests."""

    def __hash__(self) -> int:
        return hash(tuple(folder.digest for folder in self))


@lru_cache(maxsize=16)
def _built(folders: _Folders) -> policy.Pack:
    return policy.build(list(folders))


@lru_cache(maxsize=64)
def _check(digest: str, code: str) -> tuple[policy.Problem, ...]:
    return tuple(policy.check(load(code)))


def problems_of(pack: policy.Pack) -> tuple[policy.Problem, ...]:
    """What a check of the pack found."""
    return _check(pack.digest, pack.code)


def failed_cases(pack: policy.Pack) -> frozenset[int]:
    """Numbers of the worked cases of the nearest folder that do not come out."""
    return _failed(pack.digest, pack.code, pack.folders[-1].label)


@lru_cache(maxsize=64)
def _failed(digest: str, code: str, label: str) -> frozenset[int]:
    pack = load(code)
    return frozenset(number for number, case in enumerate(own_cases(pack)) if run_case(pack, case))


def own_cases(pack: policy.Pack) -> list[Case]:
    """The worked cases of the nearest folder."""
    return [case for case in pack.cases if case.folder == pack.folders[-1].label]


def level_of(code: str) -> str:
    """Return the level that a pack's code stands for."""
    if code == "00":
        return _("全国")
    if code.startswith("99"):
        return _("示例")
    return str(LEVELS.get(len(code), ""))
