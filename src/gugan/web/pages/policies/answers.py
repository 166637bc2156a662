"""What a trial answers: each amount with its reasons, and what another day's rules would give."""

from __future__ import annotations

from datetime import timedelta
from fractions import Fraction
from typing import Any

from django.utils.translation import gettext as _

from gugan import policy
from gugan.policy.explain import formula_of
from gugan.policy.numbers import decimal_text
from gugan.web.pages.policies.wording import amount
from gugan.web.trees import prepare, pretty


def answers(pack: policy.Pack, period: policy.Period, want: list[str], facts: dict[str, Any]) -> dict[str, Any]:
    """The answers with their trees, and what another day's rules would give."""
    columns = pack.catalogue.columns
    given = {name: 0 for name in policy.columns_needed(pack, period, want) if columns[name].room} | facts
    stretches = policy.stretches_of(given, period)
    result = policy.evaluate(pack, stretches, period, want)
    trees = [policy.explain(pack, stretches, period, name).as_dict() for name in want]
    # an answer that another one is made of is opened there
    inside = {child["name"] for tree in trees for child in tree["children"]}
    rows = [
        {
            "name": name,
            "known": tree["known"],
            "value": pretty(tree["value"]),
            "unit": tree.get("unit", ""),
            "missing": result.missing[name].get(0, ()),
            "total": name in pack.slip.totals.values() and len(want) > 1,
            "tree": prepare(tree, prefix=f"a{at}") if name not in inside else None,
        }
        for at, (name, tree) in enumerate(zip(want, trees, strict=True))
    ]
    return {
        "answers": rows,
        "defaults": result.defaults.get(0, ()),
        "other_day": _other_day(pack, period, want, given, result),
    }


def _other_day(
    pack: policy.Pack, period: policy.Period, want: list[str], facts: dict[str, Any], now: policy.Result
) -> str:
    """One sentence: what the last wanted amount was before the latest change of a rule behind it."""
    name = want[-1]
    behind = policy.rules_needed(pack, period, [name])
    blocks = {rule: pack.rules[rule].block(period.on) for rule in behind}
    starts = sorted({block.since for block in blocks.values() if block is not None})
    today = now.values[name][0]
    if len(starts) < 2 or pack.rules[name].unit != "元" or not isinstance(today, int):
        return ""
    before = policy.Period.around(starts[-1] - timedelta(days=1))
    try:
        then = policy.evaluate(pack, policy.stretches_of(facts, before), before, [name]).values[name][0]
    except policy.PolicyErrors:
        return ""
    if not isinstance(then, int) or then == today:
        return ""
    changed = [
        f"{rule} {amount(formula_of(old), pack.rules[rule].unit)}"
        for rule, block in blocks.items()
        if block is not None and block.since == starts[-1] and (old := pack.rules[rule].block(before.on)) is not None
    ]
    words = _("少") if then < today else _("多")
    values = {
        "day": before.on,
        "then": pretty(decimal_text(Fraction(then, 100), 2)),
        "word": words,
        "by": pretty(decimal_text(Fraction(abs(today - then), 100), 2)),
        "why": "、".join(changed[:3]),
    }
    return _("若是 {day}：{then}，{word} {by}，因为当时 {why}").format(**values)
