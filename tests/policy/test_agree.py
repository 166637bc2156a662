"""The interpreter and the table agree on every cell, whatever the rules and the facts, and whoever else is there."""

import os

from hypothesis import HealthCheck, event, given, note, settings
from hypothesis import strategies as st

from gugan import policy
from tests.policy.generated import TABLES, people, rules, workers
from tests.policy.helpers import OCTOBER, POLICIES, both, small

MORE = int(os.environ.get("FUZZ", "1"))
"""FUZZ=100 looks a hundred times as long."""
SLOW = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow, HealthCheck.data_too_large]}
REAL = policy.load("9901", POLICIES)


@settings(max_examples=250 * MORE, **SLOW)
@given(rules(), people())
def test_generated_packs_agree_on_every_cell(text, table):
    pack = small({"规则.yaml": text, "表.yaml": TABLES})
    want = [name for name in pack.rules if name.startswith("规则")]
    note(text)
    # rows thrown together overlap and leave gaps: that is told too, but both readings must agree on them all the same
    problems = [p for p in policy.check(pack) if not p.code.startswith("G22")]
    note("\n".join(map(str, problems)))
    if problems:  # too large or not rounded: refused, as it should be, before anyone is paid
        event(f"refused {problems[0].code}")
        assert {p.code for p in problems} <= {"G203", "G503"}
        return
    together = both(pack, table, want)
    alone = policy.evaluate(pack, [s for s in table if s.person == table[-1].person], OCTOBER, want)
    assert {name: values[-1:] for name, values in together.items()} == alone.values
    for name in want:
        tree = policy.explain(pack, [s for s in table if s.person == table[0].person], OCTOBER, name)
        assert tree.known == (together[name][0] is not None)
        assert tree.as_text()


# ── the pack 9901 whole ──


def wanted() -> list[str]:
    """Return every rule of 9901."""
    return [name for name, rule in REAL.rules.items() if rule.block(OCTOBER.on)]


@settings(max_examples=80 * MORE, **SLOW)
@given(workers(REAL, wanted()), st.randoms(use_true_random=False))
def test_pack_9901_agrees_on_every_cell_and_whoever_else_is_there(table, random):
    answers = both(REAL, table, wanted())
    numbers = list(dict.fromkeys(s.person for s in table))
    random.shuffle(numbers)
    shuffled = [s for number in numbers for s in table if s.person == number]
    again = policy.evaluate(REAL, shuffled, OCTOBER, wanted())
    for name in wanted():
        by_person = dict(zip(again.people, again.values[name], strict=True))
        assert [by_person[n] for n in sorted(by_person)] == answers[name]
