"""Wrong packs and wrong facts: each file in wrong/ is a pack as its author wrote it, and what gugan says, word for word.

A file is a sentence, then parts: `=== name` a file of the pack (上级/… of the pack above), `=== 事实` facts of one person or
a list, `=== 要` the rules wanted of them, `=== 错误` every message, one to a line.
"""

import json
import re
import time
from pathlib import Path

import pytest

from gugan import policy
from gugan.policy.errors import MESSAGES
from tests.policy.helpers import OCTOBER, base, both, folder, person, rules, small

WRONG = sorted((Path(__file__).parent / "wrong").glob("*.txt"))
ABOVE = "上级/"


def read(path: Path) -> tuple[dict[str, str], dict[str, str]]:
    """Return (files of the pack, the other parts)."""
    pieces = re.split(r"^=== (.+)\n", path.read_text("utf-8"), flags=re.M)
    parts = dict(zip(pieces[1::2], pieces[2::2], strict=True))
    files = {name: text for name, text in parts.items() if name.endswith((".yaml", ".csv"))}
    return files, {name: text for name, text in parts.items() if name not in files}


def messages(files: dict[str, str], parts: dict[str, str]) -> list[str]:
    """Return what gugan says of a pack, or of facts given to it."""
    above = {name.removeprefix(ABOVE): text for name, text in files.items() if name.startswith(ABOVE)}
    own = {name: text for name, text in files.items() if not name.startswith(ABOVE)}
    folders = [base(), *([folder("44", "上级", above)] if above else []), folder("4407", "试", own)]
    try:
        pack = policy.build(folders)
        if "事实" not in parts:
            return [str(p) for p in policy.check(pack, notes=True)]
        facts = json.loads(parts["事实"])
        people = facts if isinstance(facts, list) else [facts]
        stretches = [s for number, one in enumerate(people) for s in policy.stretches_of(one, OCTOBER, number)]
        policy.evaluate(pack, stretches, OCTOBER, parts["要"].split())
    except policy.PolicyErrors as errors:
        return [str(p) for p in errors.problems]
    return []


@pytest.mark.parametrize("path", WRONG, ids=lambda path: path.stem)
def test_wrong_pack_is_told_word_for_word(path):
    files, parts = read(path)
    found = [message.replace("policies/4407-试/", "") for message in messages(files, parts)]
    assert found == parts["错误"].splitlines()


def test_a_third_of_the_suite_is_wrong_packs():
    assert len(WRONG) >= 60


def test_every_message_is_told_by_some_file():
    told = {code for path in WRONG for code in re.findall(r"\bG\d{3}\b", path.read_text("utf-8").split("=== 错误")[1])}
    elsewhere = {
        "G004": "test_a_huge_file_is_refused_at_once",
        "G007": "test_a_pack_that_is_not_there_names_those_that_are",
        "G244": "test_groups.py",
        "G245": "test_groups.py",
        "G253": "test_years.py",
        "G403": "a bug of ours: the two readings differ",
        "G506": "test_arrow.py",
        "G507": "test_arrow.py",
        "G508": "test_arrow.py",
    }
    assert sorted(set(MESSAGES) - told) == sorted(elsewhere)


# ── hostile packs: an error with its place, and quickly ──


A_HANG = 60.0
"""Seconds no machine needs; this tells an end from no end, not fast from slow (that is `make bench`)."""


def told_quickly(files: dict[str, bytes | str]) -> list[str]:
    """Return the messages of a pack that must be refused, and not after working through it."""
    began = time.monotonic()
    with pytest.raises(policy.PolicyErrors) as refused:
        pack = small(files)
        problems = policy.check(pack)
        if problems:
            raise policy.PolicyErrors(problems)
    assert time.monotonic() - began < A_HANG
    return [str(problem) for problem in refused.value.problems]


RULE = "规则:\n  甲:\n    单位: 元\n    依据: {文件: 例, 参照: 试验}\n    自 2024-07-01: '%s'\n"


def test_a_huge_file_is_refused_at_once():
    huge = b"# " + b"x" * 50_000_000
    assert told_quickly({"规则.yaml": huge, "表.csv": huge, "表.yaml": TABLE}) == [
        "policies/9999-试/表.csv:1:1 G004 文件太大（50000002 字节，最多 1000000 字节）；拆成几份",
        "policies/9999-试/规则.yaml:1:1 G004 文件太大（50000002 字节，最多 1000000 字节）；拆成几份",
    ]


TABLE = "表: {甲表: {依据: {文件: 例, 参照: 试验}, 键: [级], 值: 元, 自 2024-07-01: 表.csv}}"


@pytest.mark.parametrize(
    "expression",
    [
        "(" * 10_000 + "1" + ")" * 10_000,
        "非 " * 900 + "聘任",
        "−" * 900 + "1",
        "若 聘任 则 " * 300 + "1",
        "最高(1, " * 300 + "1",
        " + ".join(["1"] * 1_500),
        "1" * 500_000,
        " " * 30_000 + "1",
    ],
    ids=["brackets", "nots", "minuses", "ifs", "calls", "sums", "digits", "spaces"],
)
def test_a_bomb_of_an_expression_is_refused_at_once(expression):
    (message,) = told_quickly({"规则.yaml": RULE % expression})
    place, _, text = message.partition(" ")
    assert text == "G021 算式太长或太深；拆成几条规则"
    assert place.startswith("policies/9999-试/规则.yaml:5:")


@pytest.mark.parametrize("mode", ["分档", "累进"])
def test_a_scale_of_ten_thousand_steps_ends(mode):
    began = time.monotonic()
    percent = '"%"'
    cells = "".join(f"      {n}: {n % 50}\n" for n in range(10_000))
    table = f"表:\n  长表:\n    依据: {{文件: 例, 参照: 试验}}\n    {mode}: 元\n    值: {'元' if mode == '分档' else percent}\n"
    pack = rules(例="元 | 四舍五入到分 | 长表[工资]", tables=f"{table}    自 2020-01-01:\n{cells}")
    problems = [problem.code for problem in policy.check(pack)]
    assert problems == []
    people = [*person(1, 工资="60.00"), *person(2, 工资="9999.99")]
    assert both(pack, people, ["例"])["例"][0] == (1000 if mode == "分档" else 1270)
    assert time.monotonic() - began < A_HANG


def test_a_list_ten_thousand_deep_is_refused_at_once():
    assert told_quickly({"规则.yaml": "规则: " + "[" * 10_000 + "]" * 10_000}) == [
        "policies/9999-试/规则.yaml:1:34 G005 嵌套太深（超过 30 层）；写成表或拆成几条规则"
    ]


def test_a_chain_of_two_thousand_rules_is_fine():
    chain = {f"规则{n}": f"级 | 最低(规则{n + 1} + 1, 100)" for n in range(2000)}
    pack = rules(**chain, 规则2000="级 | 缺省(级数, 0)")
    assert policy.check(pack) == []
    people = [*person(1, 级数=1), *person(2, (1, 9), (10, 31))]
    assert both(pack, people, ["规则0", "规则1990"]) == {"规则0": [100, 100], "规则1990": [11, 10]}


def test_a_default_that_a_long_chain_does_not_take_is_not_told():
    chain = {f"规则{n}": f"级 | 若 聘任 则 规则{n + 1} 否则 规则{n + 1} + 1" for n in range(100)}
    pack = rules(**chain, 规则100="级 | 若 聘任 则 级数 否则 旁", 旁="级 | 缺省(级数, 7)")
    people = [*person(1, 聘任=True, 级数=3), *person(2, 聘任=False), *person(3, 聘任=True), *person(4)]
    assert both(pack, people, ["规则0", "旁"]) == {"规则0": [3, 107, None, None], "旁": [3, 7, 7, 7]}


def test_a_chain_of_forty_rules_is_fine():
    pack = rules(**{f"规则{n}": f"级 | 规则{n + 1} + 1" for n in range(40)}, 规则40="级 | 级数")
    assert policy.check(pack) == []
    assert policy.evaluate(pack, person(级数=1), OCTOBER, ["规则0"]).values == {"规则0": [41]}


@pytest.mark.parametrize("text", ["", "# 空的", "规则:", "规则: {}", "[]", "---", "规则: ''"])
def test_an_empty_pack_is_no_error(text):
    assert policy.check(small({"规则.yaml": text})) == []


@pytest.mark.parametrize(
    "text", ["一句话", "1", "规则: 1", "规则: [1]", "表: {甲: 1}", "算例: 1", "列: {甲: [1]}", "文件: {甲: 1}"]
)
def test_a_pack_of_another_shape_is_told_so(text):
    assert [m.split()[1] for m in told_quickly({"规则.yaml": text})] != []


def test_text_that_is_not_utf8_is_told_so():
    found = told_quickly(
        {"规则.yaml": "规则: {}".encode("gbk"), "表.csv": "级,系数\n1,一".encode("gbk"), "表.yaml": TABLE}
    )
    assert found == [
        "policies/9999-试/表.csv:1:1 G001 读不懂这份文件：不是 UTF-8 文字；用 Excel 存表时选“CSV UTF-8”。检查缩进、冒号和引号",
        "policies/9999-试/规则.yaml:1:1 G001 读不懂这份文件：不是 UTF-8 文字；用 Excel 存表时选“CSV UTF-8”。检查缩进、冒号和引号",
    ]


def test_a_byte_order_mark_is_no_error():
    assert policy.check(small({"规则.yaml": "\ufeff规则: {}"})) == []


def test_a_pack_that_is_not_there_names_those_that_are(tmp_path):
    (tmp_path / "00-全国").mkdir()
    (tmp_path / "9901-示例").mkdir()
    with pytest.raises(policy.PolicyErrors) as refused:
        policy.load("9907", tmp_path)
    assert str(refused.value) == "G007 没有政策包“9907”；现有：00（00-全国）、9901（9901-示例）"


# ── what is wrong with one rule does not stop the others ──


def test_a_wrong_rule_stops_only_what_reads_it():
    pack = rules(坏="元 | 工姿", 好="元 | 工资 + 1", 连累="元 | 坏 + 1")
    assert policy.evaluate(pack, person(工资="1.00"), OCTOBER, ["好"]).values == {"好": [200]}
    for name in ("坏", "连累"):
        with pytest.raises(policy.PolicyErrors, match="G103 没有“工姿”；是否“工资”？"):
            policy.evaluate(pack, person(工资="1.00"), OCTOBER, [name])
        with pytest.raises(policy.PolicyErrors, match="G103"):
            policy.explain(pack, person(工资="1.00"), OCTOBER, name)


def test_two_threads_bind_one_pack():
    from concurrent.futures import ThreadPoolExecutor

    names = [f"规则{n}" for n in range(30)]
    for _ in range(5):
        pack = rules(**{f"规则{n}": f"级 | 规则{n + 1} + 1" for n in range(29)}, 规则29="级 | 级数")
        with ThreadPoolExecutor(8) as pool:
            asked = [pool.submit(policy.evaluate, pack, person(级数=1), OCTOBER, [name]) for name in names]
        assert [one.result().values[name] for one, name in zip(asked, names, strict=True)] == [
            [30 - n] for n in range(30)
        ]


def test_stretches_of_one_person_stand_together():
    pack = rules(甲="级 | 级数")
    people = [*person(1, (1, 9), 级数=1), *person(2, 级数=2), *person(1, (10, 31), 级数=3)]
    with pytest.raises(policy.PolicyErrors, match="G505 分段不对：人员 1 的各段没有排在一起"):
        policy.evaluate(pack, people, OCTOBER, ["甲"])
