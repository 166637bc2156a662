"""Proves a run: digests over what is stored, the trail's witness, and the same fen from the pinned inputs and packs."""

from __future__ import annotations

from collections.abc import Iterator

import orjson
from django.db import connection
from django.db.models import Q

from gugan import policy
from gugan.accounts import guards as append_only
from gugan.accounts.queries import trail_of
from gugan.policy import PolicyErrors
from gugan.runs import arrears, digests, guards, replay
from gugan.runs.errors import RunError
from gugan.runs.models import DISCARDED, PAID, SEALED, VOID, Handover, Outcome, PackBytes, Run, Settlement

BLOCK = 2000
NAMED = 5
"""How many people a sentence names, by number, before it only counts."""


def check_content(run: Run) -> list[str]:
    """Sentences on stored content that is not what its digests say; empty where all is well."""
    problems, altered, lines, sums = [], [], [], [0, 0]
    for outcome in _outcomes(run):
        if digests.digest_of(outcome) != outcome.digest:
            altered.append(outcome.person_id)
        lines.append((outcome.person_id, outcome.digest))
        sums[0] += outcome.gross_fen
        sums[1] += outcome.net_fen
    if altered:
        problems.append(f"{len(altered)} 人的结果与其指纹不符：{_some(altered)}")
    settled = list(Settlement.objects.filter(run=run).values_list(*digests.SETTLEMENT_FIELDS))
    if digests.run_digest(run, lines, settled) != run.digest:
        problems.append("整批内容与批次指纹不符")
    if len(lines) != run.people:
        problems.append(f"批次记着 {run.people} 人，库里有 {len(lines)} 人")
    if sums != [run.gross_fen, run.net_fen]:
        problems.append("各人相加与批次合计不等")
    return problems


def verify(run: Run) -> list[str]:
    """Prove one run: its content, its entry in the trail, and every answer computed again from its own pins.

    Returns sentences, empty where all is well. A run computed by another version of the engine is held to the same
    fen; the sentence then names both versions.
    """
    if run.state == DISCARDED:
        return []
    problems = check_content(run)
    if run.state in (SEALED, PAID, VOID):
        seals = [entry.digest for entry in trail_of(f"run:{run.pk}") if entry.act == "封存"]
        if seals != [run.digest]:
            problems.append("留痕里没有这一批封存时的指纹" if not seals else "留痕里封存时的指纹与这一批不同")
    try:
        pack = replay.pack_of(run)
    except (LookupError, PolicyErrors) as error:
        return [*problems, f"不能用当时的政策包重算：{error}"]
    return problems + _recompute(run, pack) + _recompute_settlements(run)


def _recompute(run: Run, pack: policy.Pack) -> list[str]:
    """Sentences on answers that do not come out again."""
    differing: list[int] = []
    period = replay.period_of(run)
    for block in _blocks(run):
        stretches = [part for outcome in block for part in replay.stretches_of(outcome, run.columns)]
        result = policy.evaluate(pack, stretches, period, want=run.wanted)
        row_of = {person: index for index, person in enumerate(result.people)}
        for outcome in block:
            index = row_of[outcome.person_id]
            again = {name: result.values[name][index] for name in run.wanted}
            if orjson.loads(orjson.dumps(again, default=str)) != outcome.values:
                differing.append(outcome.person_id)
    if not differing:
        return []
    return [
        f"{len(differing)} 人按当时的事实和政策包重算，结果与封存的不同：{_some(differing)}（封存时引擎 {run.engine}）"
    ]


def _recompute_settlements(run: Run) -> list[str]:
    """Sentences on settlements that are not what was owed by what the run knew, or not what its slips pay."""
    kept = list(Settlement.objects.filter(run=run))
    if not kept and not arrears.settles(run):
        return []
    at = run.computed_at
    stood = Q(sealed_at__lte=at) & (Q(voided_at=None) | Q(voided_at__gt=at))
    origins = Run.objects.filter(
        stood, section=run.section, payer_code=run.payer_code, period_start__lt=run.period_start
    ).order_by("period_start", "pk")
    before = Settlement.objects.filter(
        run__in=Run.objects.filter(stood, section=run.section, payer_code=run.payer_code).exclude(pk=run.pk)
    )
    try:
        found = arrears.owed(
            section=run.section,
            payer=run.payer_code,
            before=run.period_start,
            known_at=run.known_at,
            origins=list(origins),
            settled=before,
        )
    except RunError as error:
        return [str(error)]
    then = {(one.person_id, one.month, one.line, one.old_fen, one.new_fen) for one in kept}
    if differing := sorted({key[0] for key in then ^ {one.key for one in found.owed}}):
        return [f"{len(differing)} 人的补发扣回按当时所知重算，与封存的不同：{_some(differing)}"]
    return []


def _outcomes(run: Run) -> Iterator[Outcome]:
    return Outcome.objects.filter(run=run).order_by("person_id").iterator(BLOCK)


def _blocks(run: Run) -> Iterator[list[Outcome]]:
    block: list[Outcome] = []
    for outcome in _outcomes(run):
        block.append(outcome)
        if len(block) == BLOCK:
            yield block
            block = []
    if block:
        yield block


def _some(people: list[int]) -> str:
    """A few people by number, never by name."""
    return "、".join(f"#{person}" for person in people[:NAMED]) + ("……" if len(people) > NAMED else "")


def missing_guards() -> list[str]:
    """Sentences on triggers that should protect sealed runs and are not there."""
    absent = guards.missing(connection)
    packs = append_only.missing(connection, [PackBytes._meta.db_table, Handover._meta.db_table])
    return [f"缺少防改触发器：{name}" for name in [*absent, *packs]]
