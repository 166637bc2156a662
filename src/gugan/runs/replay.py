"""Goes from a run back to what it was computed from: its packs, its inputs, and the facts as they are known now."""

from __future__ import annotations

import io
import tempfile
import zipfile
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from itertools import compress, groupby
from pathlib import Path
from typing import Any

from gugan import policy
from gugan.accounts.scope import Scope
from gugan.records import merging, roster
from gugan.runs.models import ONLY_ARREARS, Outcome, PackBytes, Run

_STILL = (1980, 1, 1, 0, 0, 0)


def period_of(run: Run) -> policy.Period:
    """The period of a run."""
    return policy.Period.month(run.month)


def zip_folder(folder: policy.PackFolder) -> bytes:
    """The files of a pack's folder as a ZIP whose bytes depend on them only."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in folder.files.items():
            archive.writestr(zipfile.ZipInfo(name, _STILL), content, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


def pack_of(run: Run) -> policy.Pack:
    """The pack that the run was computed with, rebuilt from the stored bytes.

    Raises PolicyErrors where today's engine cannot read it, LookupError where bytes are missing or altered.
    """
    return packs_of([run])[0]


def packs_of(runs: Sequence[Run]) -> list[policy.Pack]:
    """The pack of each run, each pack built once. One statement. Raises as `pack_of`."""
    keys = [tuple((pin["code"], pin["name"], pin["digest"]) for pin in run.packs) for run in runs]
    wanted = {digest for key in keys for _code, _name, digest in key}
    stored = {row.digest: row for row in PackBytes.objects.filter(digest__in=wanted)}
    built: dict[tuple, policy.Pack] = {}
    for run, key in zip(runs, keys, strict=True):
        if key not in built:
            with tempfile.TemporaryDirectory() as root:
                built[key] = policy.build([_unpack(Path(root), pin, stored.get(pin["digest"])) for pin in run.packs])
    return [built[key] for key in keys]


def _unpack(root: Path, pin: dict, row: PackBytes | None) -> policy.PackFolder:
    """Read a pinned folder from its stored bytes. Raises LookupError where they are missing or altered."""
    if row is None:
        raise LookupError(f"政策包 {pin['code']}（{pin['digest'][:8]}）的原文不在库里")
    path = root / f"{pin['code']}-{pin['name']}"
    path.mkdir()
    try:
        with zipfile.ZipFile(io.BytesIO(bytes(row.content))) as archive:
            archive.extractall(path)
    except zipfile.BadZipFile:
        raise LookupError(f"政策包 {pin['code']} 存下的原文读不出来") from None
    folder = policy.read_folder(path)
    if folder.digest != pin["digest"]:
        raise LookupError(f"政策包 {pin['code']} 存下的原文与指纹 {pin['digest'][:8]} 不符")
    return folder


def stretches_of(outcome: Outcome, columns: Sequence[str]) -> list[policy.Stretch]:
    """The inputs of an outcome as the engine takes them. columns: its run's."""
    return [
        policy.Stretch(
            outcome.person_id,
            date.fromisoformat(start),
            date.fromisoformat(end),
            {name: value for name, value in zip(columns, values, strict=True) if value is not None},
            {name: tuple(ids) for name, ids in zip(columns, sources, strict=True) if ids},
        )
        for start, end, values, sources in outcome.inputs
    ]


def inputs_of(stretches: Iterable[policy.Stretch], columns: Sequence[str]) -> list[list]:
    """The inputs of one person as an outcome keeps them: [start, end, values, action ids], both in order of `columns`.

    The names stand once, on the run: they would be two thirds of every row.
    """
    return [
        [part.start, part.end, list(map(part.values.get, columns)), list(map(part.sources.get, columns))]
        for part in stretches
    ]


def table_scope(payer: str) -> Scope:
    """The scope in which a payer's table is read."""
    return Scope(pairs=frozenset({("see", payer)}))


def read_table(
    payer: str, period: policy.Period, known_at: datetime, columns: Sequence[str], pack: policy.Pack
) -> dict[Any, list[policy.Stretch]]:
    """{person: stretches} of everybody whose payer is exactly `payer` during the period, as known at `known_at`."""
    names = ledger_columns(columns, pack)
    found = roster.table(table_scope(payer), period, known_at, names, pack, payer=payer)
    return {person: list(parts) for person, parts in groupby(found, key=lambda part: part.person)}


def ledger_columns(columns: Sequence[str], pack: policy.Pack) -> list[str]:
    """Those of a run's columns that are read from the ledger; the rest a room has given."""
    known = pack.catalogue.columns
    return [name for name in columns if name in known and known[name].room is None]


def changed_people(run: Run, known_at: datetime, pack: policy.Pack) -> list[int]:
    """People whose inputs, as known at `known_at`, are not those that the run was computed from; by id.

    Compares the facts themselves, so a fact that was corrected and put right again is no change, and one that
    this month does not depend on is none either. Supplied columns (what was paid) are the caller's to compare; but who
    was merged since, or is two again, has another year behind the tax.
    """
    fresh = read_table(run.payer_code, period_of(run), known_at, run.columns, pack)
    read = set(ledger_columns(run.columns, pack))
    ledger = [name in read for name in run.columns]
    changed = merging.moved_between(run.known_at, known_at) & fresh.keys()
    rows = Outcome.objects.filter(run=run).values_list("person_id", "reason", "inputs")
    for person, reason, inputs in rows.iterator(2000):
        if reason == ONLY_ARREARS and person not in fresh:
            continue  # was not employed and is not; what is owed is compared by runs.arrears
        now = [
            [part.start.isoformat(), part.end.isoformat(), list(compress(map(part.values.get, run.columns), ledger))]
            for part in fresh.pop(person, ())
        ]
        then = [[start, end, list(compress(values, ledger))] for start, end, values, _ in inputs]
        if now != then:
            changed.add(person)
    return sorted(changed | fresh.keys())
