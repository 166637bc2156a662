"""Every shape of grades, every way certificates act, and four formulas of pay, written as packs without touching Python.

Each file of shapes/ is one small pack over the nation's, with worked cases whose expectations are written out (算式).
"""

from pathlib import Path

import pytest

from gugan import policy
from tests.policy.helpers import POLICIES, folder

SHAPES = sorted((Path(__file__).parent / "shapes").glob("*.yaml"))


def pack_of(path: Path, text: str = "") -> policy.Pack:
    """Return the pack of a shape over the nation's."""
    national = policy.read_folder(policy.folders(POLICIES)["00"])
    return policy.build([national, folder("9999", path.stem, {"规则.yaml": text or path.read_text("utf-8")})])


def test_five_shapes_are_here():
    assert [path.stem.partition("-")[0] for path in SHAPES] == ["一", "三", "二", "五", "四"]


@pytest.mark.parametrize("path", SHAPES, ids=lambda path: path.stem)
def test_shape_is_a_right_pack_and_its_cases_hold(path):
    pack = pack_of(path)
    assert [str(problem) for problem in policy.check(pack)] == []
    assert len([case for case in pack.cases if case.folder == f"9999-{path.stem}"]) >= 2
    assert {document.nature for document in pack.documents.values() if document.key == "本例"} == {"示例"}


@pytest.mark.parametrize("path", SHAPES, ids=lambda path: path.stem)
def test_case_with_another_expectation_would_be_told(path):
    text = path.read_text("utf-8")
    head, wanted, rest = text.rpartition("得: {")
    name, _, value = rest.partition(":")
    number = value.strip(" }\n").split(",")[0]
    wrong = f"{head}{wanted}{rest.replace(f'{name}: {number}', f'{name}: 77', 1)}"
    assert [problem.code for problem in policy.check(pack_of(path, wrong))] == ["G401"]
