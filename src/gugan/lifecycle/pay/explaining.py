"""Opens one figure of one person's pay down to rules, clauses and facts, from what its run pinned."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import orjson

from gugan import policy
from gugan.accounts import queries as accounts
from gugan.accounts.bulk import among
from gugan.accounts.models import User
from gugan.lifecycle.pay.compute import read_month
from gugan.lifecycle.pay.money import yuan
from gugan.records import merging, roster
from gugan.records.clock import CHINA, china_day
from gugan.records.models import Action, Person
from gugan.runs import queries, replay
from gugan.runs.errors import RunError
from gugan.runs.models import COMPUTED, Outcome, Run, Settlement


@dataclass(frozen=True)
class Explained:
    """One figure opened. sealed: the value that the run holds; same: whether today's engine comes to it again.

    sources: {action id: {kind, facts, effective_on, recorded_at, basis}} of every fact in the tree.
    """

    tree: policy.Tree
    run: Run
    outcome: Outcome
    sealed: str | None
    same: bool
    sources: dict[int, dict]
    defaults: tuple[str, ...]

    def as_dict(self) -> dict:
        """The tree with its facts and pins, fit for JSON."""
        return {
            "run": self.run.pk,
            "month": self.run.month,
            "state": self.run.state,
            "sealed": self.sealed,
            "same": self.same,
            "known_at": self.run.known_at.isoformat(),
            "packs": self.run.packs,
            "defaults": list(self.defaults),
            "tree": _resolve(self.tree.as_dict(), self.sources),
        }

    def as_text(self, depth: int | None = None, width: int | None = None) -> str:
        """The tree as indented lines of at most `width` columns, then the facts, defaults and pins."""
        lines = [self.tree.as_text(99 if depth is None else depth, width)]
        if not self.same:
            lines.append(f"今天的引擎算得 {self.tree.value}，与批次存下的 {self.sealed} 不同；以批次存下的为准。")
        lines += [f"缺省：{sentence}" for sentence in self.defaults]
        pins = "、".join(f"{pack['code']}-{pack['name']} {pack['digest'][:8]}" for pack in self.run.packs)
        lines.append(f"核算所用：政策包 {pins}；事实按 {self.run.known_at.astimezone(CHINA):%Y-%m-%d %H:%M} 所知。")
        return "\n".join(lines)


def explain(
    *,
    user: User | None,
    person: Person,
    month: str,
    line: str,
    now: datetime,
    payer: str | None = None,
    scope=None,
) -> Explained:
    """Open `line` (a rule's name) of one person's month, recomputed from the pins of its live run.

    scope: used instead of the user's own, for whoever has a shell on the machine. Raises RunError: nothing there, or
    nothing that this user may see (the same words), no such line.
    """
    scope = scope or accounts.scope_of(user, on=china_day(now))
    period = read_month(month)
    outcome = queries.outcome(scope, person.pk, payer, period.start)
    if outcome is None:
        raise RunError(f"没有找到这个人 {month} 的核算结果。看看月份对不对；没有核算过的月份，先核算。")
    return explain_outcome(outcome, line)


def explain_outcome(outcome: Outcome, line: str) -> Explained:
    """Open `line` of an outcome that the caller may see. Raises RunError: no such line, or packs that cannot be read."""
    run = outcome.run
    try:
        pack = replay.pack_of(run)
    except (LookupError, policy.PolicyErrors) as error:
        raise RunError(f"不能打开当时的政策包：{error}") from error
    if line not in pack.rules:
        raise RunError(f"政策包 {pack.code}-{pack.name} 没有“{line}”。工资条上有：{'、'.join(_printed(run))}。")
    stretches, period = replay.stretches_of(outcome, run.columns), replay.period_of(run)
    tree = policy.explain(pack, stretches, period, want=line)
    again = policy.evaluate(pack, stretches, period, want=[line]).values[line][0]
    same = line not in outcome.values or orjson.loads(orjson.dumps(again, default=str)) == outcome.values[line]
    sealed = _text(outcome.values.get(line), pack.rules[line].unit)
    sources = _actions(_ids(tree))
    _annotate(tree, sources)
    return Explained(tree, run, outcome, sealed, same, sources, tuple(outcome.defaults))


@dataclass(frozen=True)
class BothTrees:
    """One line of an earlier month as it was paid and as it is known now; None where there is nothing to draw."""

    then: dict | None
    now: dict | None


def explain_settlement(settlement: Settlement) -> BothTrees:
    """Both trees of a settled line: from what the sealed month read, and from what the settling run knew; same packs.

    Raises RunError: packs that cannot be read.
    """
    origin, line = settlement.origin, settlement.line
    into = merging.merged_at(settlement.run.known_at)
    people = [settlement.person_id, *(other for other, kept in into.items() if kept == settlement.person_id)]
    then = Outcome.objects.filter(run=origin, person_id__in=people, state=COMPUTED).select_related("run").first()
    try:
        pack = replay.pack_of(origin)
    except (LookupError, policy.PolicyErrors) as error:
        raise RunError(f"不能打开当时的政策包：{error}") from error
    period = replay.period_of(origin)
    columns = replay.ledger_columns(origin.columns, pack)
    asks = [roster.Ask(period, columns, pack.catalogue)]
    scope = replay.table_scope(origin.payer_code)
    known_at, own = settlement.run.known_at, [settlement.person_id]
    now = roster.tables(scope, asks, known_at, person_ids=own, payer=origin.payer_code)[0]
    trees: list[dict | None] = []
    for stretches in (replay.stretches_of(then, origin.columns) if then is not None else [], now):
        if not stretches:
            trees.append(None)
            continue
        tree = policy.explain(pack, stretches, period, want=line)
        sources = _actions(_ids(tree))
        _annotate(tree, sources)
        trees.append(_resolve(tree.as_dict(), sources))
    return BothTrees(*trees)


def _printed(run: Run) -> list[str]:
    slip = run.slip
    return list(dict.fromkeys([*slip["earnings"], *slip["deductions"], *slip["employer"], *slip["totals"].values()]))


def _text(value, unit: str) -> str | None:
    """A stored answer as the tree writes it: money in yuan, a truth as 是 or 否."""
    if value is None:
        return None
    if isinstance(value, bool):
        return "是" if value else "否"
    return yuan(value) if unit == "元" and isinstance(value, int) else str(value)


def _ids(tree: policy.Tree) -> set[int]:
    found = set(tree.source)
    for child in tree.children:
        found |= _ids(child)
    return found


def _actions(ids: set[int]) -> dict[int, dict]:
    """The ledger's entries behind a tree, by id: what was recorded, from when it counts, when it entered, and why."""
    found = Action.objects.filter(pk__in=among(sorted(ids))).values(
        "pk", "kind", "facts", "effective_on", "date_unknown", "recorded_at", "basis"
    )
    return {
        row["pk"]: {
            "action": row["pk"],
            "kind": row["kind"],
            "facts": {name: value for name, value in row["facts"].items() if not isinstance(value, dict)},
            "effective_on": row["effective_on"].isoformat(),
            "date_unknown": row["date_unknown"],
            "recorded_at": row["recorded_at"].astimezone(CHINA).isoformat(timespec="minutes"),
            "basis": row["basis"],
        }
        for row in found
    }


def _annotate(tree: policy.Tree, sources: dict[int, dict]) -> None:
    """Write beside every fact its two dates and its basis."""
    known = [sources[number] for number in tree.source if number in sources]
    if known:
        tree.note = "；".join(filter(None, [tree.note, _dates(known)]))
    for child in tree.children:
        _annotate(child, sources)


def _dates(known: list[dict]) -> str:
    """The two dates of the entries behind one fact, and the basis they share."""
    effective = sorted({f"{one['effective_on']}{'（日期不详）' if one['date_unknown'] else ''}" for one in known})
    recorded = sorted({one["recorded_at"][:10] for one in known})
    basis = "、".join(dict.fromkeys(one["basis"] for one in known if one["basis"]))
    text = f"生效 {_range(effective)}，记录 {_range(recorded)}"
    return text + (f"，{basis}" if basis else "")


def _range(days: list[str]) -> str:
    return days[0] if len(days) == 1 else f"{days[0]} 至 {days[-1]}"


def _resolve(tree: dict, sources: dict[int, dict]) -> dict:
    """The tree with each action id replaced by what the ledger says."""
    own = (
        {"source": [sources.get(number, {"action": number}) for number in tree["source"]]} if tree.get("source") else {}
    )
    return tree | own | {"children": [_resolve(child, sources) for child in tree["children"]]}
