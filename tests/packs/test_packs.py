"""One suite for every folder in policies/: what each pack must be, whatever it says."""

from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gugan import policy
from gugan.policy.check import run_case
from gugan.policy.pack import Basis, Pack
from tests.policy.generated import workers
from tests.policy.helpers import OCTOBER, POLICIES

CODES = list(policy.folders(POLICIES))
PACKS = {code: policy.load(code, POLICIES) for code in CODES}
CASES = [
    pytest.param(pack, case, id=f"{code} {case.says}")
    for code, pack in PACKS.items()
    for case in pack.cases
    if case.folder == pack.folders[-1].label
]


@pytest.fixture(params=CODES)
def pack(request) -> Pack:
    return PACKS[request.param]


def own(pack: Pack) -> list:
    """Return the rules and tables that the nearest folder wrote."""
    return [x for x in (*pack.rules.values(), *pack.tables.values()) if x.folder == pack.folders[-1].label]


def bases(pack: Pack) -> list[tuple[str, Basis]]:
    """Return (name, basis) of everything in a pack that has one."""
    found = []
    for item in own(pack):
        rows = [row.basis for block in item.blocks for row in getattr(block, "rows", ())]
        found += [(item.name, basis) for basis in (item.basis, *(b.basis for b in item.blocks), *rows) if basis]
    return found


def test_pack_is_clean_on_every_day_of_its_life(pack):
    assert pack.life()
    assert policy.check(pack) == []


def test_pack_is_clean_on_the_days_around_each_change(pack):
    for day in pack.life():
        for near in (day, day + timedelta(days=1)):
            assert policy.check(pack, near) == []


@pytest.mark.parametrize(("pack", "case"), CASES)
def test_worked_case_holds_on_both_readings(pack, case):
    assert case.says
    assert run_case(pack, case) == []


def test_every_pack_has_worked_cases(pack):
    assert [case for case in pack.cases if case.folder == pack.folders[-1].label]


def test_every_case_says_where_its_answer_comes_from(pack):
    assert [case.says for case in pack.cases if not (case.source or case.working)] == []


def test_clauses_and_quotations_only_of_documents_that_exist(pack):
    for name, basis in bases(pack):
        if basis.document.nature == "示例":
            assert (basis.clause, basis.words) == ("", ""), name
            assert basis.modelled_on, name
        else:
            assert basis.clause, name


def test_document_in_force_was_checked_on_a_stated_day(pack):
    assert [d.title for d in pack.documents.values() if d.nature == "现行" and not d.checked] == []


def test_example_pack_says_so(pack):
    if pack.code.startswith("99"):
        natures = {basis.document.nature for name, basis in bases(pack)}
        assert natures == {"示例"}
        assert pack.illustrative


def test_pack_says_its_source_its_check_and_its_limits(pack):
    assert all(pack.notes.get(name) for name in ("来源", "核对", "局限"))


def test_slip_names_rules_of_money_once(pack):
    lines = (*pack.slip.earnings, *pack.slip.deductions, *pack.slip.employer)
    assert len(set(lines)) == len(lines)
    assert {pack.rules[name].unit for name in (*lines, *pack.slip.totals.values())} <= {"元"}


def test_coefficients_are_those_the_basis_says():
    table = policy.bind(PACKS["9901"], OCTOBER).table("等级系数")
    assert [row[""].value * 100 for row in table.cells.values()] == [100 + 6 * n for n in range(18)]


@pytest.mark.parametrize("code", [code for code, pack in PACKS.items() if pack.slip.earnings])
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(data=st.data())
def test_lines_of_the_slip_add_up_to_its_totals(code, data):
    slip, totals = PACKS[code].slip, PACKS[code].slip.totals
    names = [*slip.earnings, *slip.deductions, *slip.employer, *totals.values()]
    table = data.draw(workers(PACKS[code], names))
    answers = policy.evaluate(PACKS[code], table, OCTOBER, names).values
    for index in range(len({s.person for s in table})):
        values = {name: answers[name][index] for name in names}
        if values[totals["实发"]] is None:
            continue
        earned = sum(values[n] for n in slip.earnings)
        withheld = sum(values[n] for n in slip.deductions)
        assert values[totals["应发"]] == earned
        assert values[totals["实发"]] == earned - withheld
        assert values[totals["五险一金"]] + values[totals["个税"]] == withheld
        assert values[totals["单位"]] == sum(values[n] for n in slip.employer)
