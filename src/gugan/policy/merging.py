"""改 and the day it begins: what the pack above says until then stays in force, and rows that are not named follow it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date

from gugan.policy.errors import PolicyErrors, Problem, hint, problem
from gugan.policy.pack import Block, PackTable, Rule, TableBlock
from gugan.policy.source import Text


def changed_rule(above: Rule, own: Rule) -> Rule:
    """Return a rule that says what `own` says from its first day on, and before that what the one above says. A rule in
    another unit, or per 段 instead of 月, begins anew: nothing that is said above can be read as it."""
    if (above.unit, above.per) != (own.unit, own.per):
        return own
    return replace(own, blocks=(*_until(above, own.blocks), *own.blocks))


def changed_table(above: PackTable, own: PackTable) -> PackTable:
    """Return a table that says what `own` says from its first day on, and before that what the one above says; a table
    of another shape begins anew. Blocks of single rows (edits) are filled with the rows above. Raises PolicyErrors."""
    same = tuple(map(str, above.keys)) == tuple(map(str, own.keys)) and above.columns == own.columns
    if not same or (above.mode, above.threshold_unit) != (own.mode, own.threshold_unit):
        return replace(own, blocks=_filled(own, (), ""))
    return replace(own, blocks=(*_until(above, own.blocks), *_filled(own, above.blocks, above.folder)))


def _until(above: Rule | PackTable, own: Iterable[Block | TableBlock]) -> tuple:
    """Return the blocks above that begin before the first own one, ended where what they belong to ends."""
    first = min((block.since for block in own), default=None)
    if first is None:
        return ()
    return tuple(
        replace(block, folder=block.folder or above.folder, until=block.until or above.until)
        for block in above.blocks
        if block.since < first
    )


def _filled(own: PackTable, above: tuple[TableBlock, ...], folder: str) -> tuple[TableBlock, ...]:
    """Return the own blocks, those that name single rows completed by what is said above: on their first day, and again
    on each day on which the table above changes before the next own block begins."""
    found: list[TableBlock] = []
    problems: list[Problem] = []
    days = sorted(block.since for block in own.blocks)
    for block in own.blocks:
        if not block.edits:
            found.append(block)
            continue
        following = next((day for day in days if day > block.since), date.max)
        base = max((b for b in above if b.since <= block.since), key=lambda b: b.since, default=None)
        try:
            cells = edited(base.cells if base else {}, block.edits, block.cells, folder)
            found.append(replace(block, cells=cells, edits={}))
        except PolicyErrors as errors:
            problems += errors.problems
            continue
        for later in above:
            if block.since < later.since < following:
                cells = _again(later.cells, block.edits, block.cells)
                found.append(replace(block, since=later.since, cells=cells, edits={}))
    if problems:
        raise PolicyErrors(problems)
    return tuple(found)


_Rows = Mapping[tuple[Text, ...], dict[str, Text]]


def edited(above: _Rows, verbs: Mapping[tuple[Text, ...], str], own: _Rows, folder: str) -> dict:
    """Return rows with some changed, added or taken out. Raises PolicyErrors: G105 for a row that is not above, G104 for
    an added one that is."""
    problems = []
    for key, verb in verbs.items():
        name, known = "、".join(key), ["、".join(k) for k in above]
        if verb == "增" and key in above:
            problems.append(problem("G104", key[0], name=name, where=folder))
        elif verb != "增" and key not in above:
            problems.append(problem("G105", key[0], name=name, verb=verb, hint=hint(name, known)))
    if problems:
        raise PolicyErrors(problems)
    return _again(above, verbs, own)


def _again(above: _Rows, verbs: Mapping[tuple[Text, ...], str], own: _Rows) -> dict:
    kept = {key: own[key] if verbs.get(key) == "改" else row for key, row in above.items() if verbs.get(key) != "废"}
    return kept | {key: own[key] for key, verb in verbs.items() if verb == "增"}
