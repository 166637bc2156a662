"""Every word of the language does what its example says, on both readings."""

import pytest

from gugan import policy
from gugan.policy.errors import PolicyErrors
from gugan.policy.interpret import Interpreter, plain
from gugan.policy.vocabulary import BUILTINS, PER_SEGMENT, WORDS
from gugan.policy.whole import Whole
from tests.policy.helpers import OCTOBER, POLICIES, both, folder, person

UNITS = ("数", "年", "月", "天", "级", "次", "名", "人", "日期", "是否", "考核结果", "逐年: 考核结果")


def pack_saying(expression: str, per: str = "月") -> policy.Pack:
    """Return a pack over the nation's whose rule 例 says an expression, in the one unit that fits."""
    national = policy.read_folder(policy.folders(POLICIES)["00"])
    text = "规则: {例: {单位: '%s', 按: %s, 依据: {文件: 通行做法, 参照: 例}, 自 2020-01-01: '%s'}}"
    for unit in UNITS:
        pack = policy.build([national, folder("9999", "试", {"规则.yaml": text % (unit, per, expression)})])
        try:
            policy.bind(pack, OCTOBER).require(["例"])
        except PolicyErrors as errors:
            if [p.code for p in errors.problems] == ["G209"]:
                continue
            raise
        return pack
    raise AssertionError(f"no unit fits {expression}")


@pytest.mark.parametrize("word", WORDS.values(), ids=lambda word: word.name)
def test_example_gives_its_answer_on_both_readings(word):
    pack, people = pack_saying(word.example), person(**word.facts)
    bound = policy.bind(pack, OCTOBER)
    assert plain(Interpreter(bound, people, OCTOBER, Whole(bound, people, OCTOBER)).rule("例")) == word.answer
    both(pack, people, ["例"])


@pytest.mark.parametrize("word", [w for w in WORDS.values() if w.expansion], ids=lambda word: word.name)
def test_expansion_gives_the_same_answer(word):
    name, inside = word.example.rstrip(")").split("(", 1)
    expansion = word.expansion
    for argument, value in zip(word.args, inside.split(","), strict=True):
        expansion = expansion.replace(argument, value)
    assert name == word.name
    pack = pack_saying(expansion)
    assert plain(Interpreter(policy.bind(pack, OCTOBER), person(), OCTOBER).rule("例")) == word.answer


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("核算日", "2026-10-31"),
        ("本期首日", "2026-10-01"),
        ("本期末日", "2026-10-31"),
        ("当月天数", "31"),
        ("段首日", "2026-10-12"),
        ("段末日", "2026-10-31"),
        ("段内天数", "20"),
    ],
)
def test_builtin_is_known_on_both_readings(name, value):
    assert set(BUILTINS) > PER_SEGMENT
    pack = pack_saying(name, "段" if name in PER_SEGMENT else "月")
    people = person(1, (1, 11), (12, 31))
    assert plain(Interpreter(policy.bind(pack, OCTOBER), people, OCTOBER).rule("例")) == value
    both(pack, people, ["例"])


def test_every_builtin_is_tested():
    assert len(BUILTINS) == 7


def test_every_word_has_an_example():
    assert [w.name for w in WORDS.values() if not w.example or not w.answer or not w.meaning] == []
