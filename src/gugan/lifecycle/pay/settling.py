"""What a month pays and takes back of what earlier months came to: rows for leavers, amounts by line, and what carries on.

The pack's line 补发扣回 says how much; here it is shared out over the months and lines it is for, the oldest first.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from itertools import groupby
from typing import TYPE_CHECKING, cast

from gugan import policy
from gugan.records import roster
from gugan.runs import arrears, replay
from gugan.runs.arrears import INCLUDED, Arrears, Owed
from gugan.runs.errors import RunError
from gugan.runs.models import COMPUTED

if TYPE_CHECKING:
    from gugan.lifecycle.pay.compute import Computation

LINE, TAX, ADDITIONAL = "补发扣回", "个人所得税", "本期专项附加扣除"
MOST_BACK = "最多扣回"
"""The pack's limit on what a month takes back."""
LEFT_OVERPAID, CARRIED, UNSAID = "扣不了", "转下月", "说不出"
KINDS = (LEFT_OVERPAID, CARRIED, UNSAID)
"""Kinds of findings about arrears."""


def given_to_leavers(pack: policy.Pack) -> list[str]:
    """Rules that are given to somebody who is not employed in the month: nothing is earned and nothing insured."""
    slip = pack.slip
    tax = slip.totals.get("个税", TAX)
    lines = [*slip.earnings, *slip.deductions, *slip.employer]
    also = [name for name in (INCLUDED, ADDITIONAL) if name in pack.rules]
    return [name for name in dict.fromkeys(lines) if name not in (LINE, tax)] + also


def leavers(
    pack: policy.Pack,
    payer: str,
    period: policy.Period,
    known_at: datetime,
    columns: Sequence[str],
    owed: Arrears,
    people: Mapping[int, list[policy.Stretch]],
) -> dict[int, list[policy.Stretch]]:
    """{person: one stretch} of everybody who is owed something and is not employed here in the month.

    Their facts are read, for the year's tax; every line of the month itself is given as nothing. One statement, or none.
    """
    waiting = {one.person for one in owed.owed if one.fen > 0} - people.keys()
    if not waiting:
        return {}
    scope = replay.table_scope(payer)
    ask = roster.Ask(period, columns, pack.catalogue, frozenset(waiting))
    table = roster.tables(scope, [ask], known_at, person_ids=sorted(waiting), payer=payer)[0]
    nothing = {name: True if name == INCLUDED else "0.00" for name in given_to_leavers(pack)}
    found: dict[int, list[policy.Stretch]] = {}
    for person, parts in groupby(table, key=lambda part: cast("int", part.person)):
        last = list(parts)[-1]
        found[person] = [policy.Stretch(person, period.start, period.end, {**last.values, **nothing}, last.sources)]
    return found


def settle(computation: Computation) -> Iterator[tuple[Owed, int]]:
    """Everything that is owed or was overpaid, each with the fen of it that the month pays or takes back.

    What is owed is paid whole; of what was overpaid the oldest first, as far as the pack's line goes. Nothing of
    somebody whose month does not come out. Raises RunError where the line is not between the two.
    """
    paying = {row.person: row.values.get(LINE) for row in computation.rows if row.state == COMPUTED}
    for person, debts in computation.arrears.by_person().items():
        line = paying.get(person)
        if line is None:
            yield from ((one, 0) for one in debts)
            continue
        back = sum(one.fen for one in debts if one.fen > 0) - line
        if not 0 <= back <= -sum(one.fen for one in debts if one.fen < 0):
            pack = computation.pack
            raise RunError(
                f"政策包 {pack.code}-{pack.name} 的“{LINE}”超出了待补发和待扣回，没有保存。"
                f"请改政策包：“{LINE}”应等于{arrears.GIVEN[0]}减去本月扣回的，扣回的不多于{arrears.GIVEN[1]}。"
            )
        for one in debts:
            taken = min(back, max(0, -one.fen))
            back -= taken
            yield one, one.fen if one.fen > 0 else -taken


def find(computation: Computation, lists: dict[tuple[str, str], list[int]]) -> None:
    """Add what a person should look at: what cannot be taken back, what carries on, months that do not come out."""
    rows = {row.person: row.state for row in computation.rows}
    rest: dict[int, int] = {}
    for one, fen in computation.settlements:
        rest[one.person] = rest.get(one.person, 0) + one.fen - fen
    for person in sorted(rest):
        if rest[person] < 0 and person not in rows:
            lists[LEFT_OVERPAID, "已离岗，以前月份多发的在工资里扣不了，要另行追回"].append(person)
        elif rest[person]:
            lists[CARRIED, "以前月份多发或少发的，本月没有结清，余下的转下月"].append(person)
    for person in sorted({person for person, _month in computation.arrears.unsaid}):
        lists[UNSAID, "以前的月份按现在知道的算不出，没有补发也没有扣回"].append(person)
