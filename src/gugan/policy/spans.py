"""What a rule is answered for: a month or a calendar year, and which rules may be asked of which."""

from __future__ import annotations

from collections.abc import Callable

from gugan.policy import nodes
from gugan.policy.errors import PolicyErrors, problem
from gugan.policy.nodes import Core
from gugan.policy.pack import Pack, Rule
from gugan.policy.table import Period

_OF_MONTH = frozenset({"当月天数", "本期首日", "本期末日"})
YEAR = "年"


def is_monthly(pack: Pack, rule: Rule, node: Core | None, monthly: Callable[[str], bool]) -> bool:
    """Return whether a rule speaks of one month: it prorates by its days, or reads what does. `monthly` tells it of
    another rule. Other rules per 月 only say what holds on a day, and may be read for a year as well."""
    for part in nodes.parts(node) if rule.per != YEAR else ():
        if isinstance(part, nodes.Segments) or (isinstance(part, nodes.Ref) and _of_month(pack, part, monthly)):
            return True
    return False


def _of_month(pack: Pack, ref: nodes.Ref, monthly: Callable[[str], bool]) -> bool:
    if ref.kind == "内置":
        return ref.name in _OF_MONTH
    return pack.catalogue.columns[ref.name].month_only if ref.kind == "列" else monthly(ref.name)


def refuse(pack: Pack, rules: tuple[str, ...], monthly: Callable[[str], bool], period: Period) -> None:
    """Refuse rules that are not answered for a period. Raises PolicyErrors G252 or G253."""
    wrong = [name for name in rules if (monthly(name) if period.is_year else pack.rules[name].per == YEAR)]
    if wrong:
        code = "G253" if period.is_year else "G252"
        raise PolicyErrors(problem(code, pack.rules[name].at, name=name, period=period.label) for name in wrong)
