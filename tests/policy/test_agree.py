"""The interpreter and the table agree on every cell, whatever the rules and the facts, and whoever else is there."""

import contextlib
import importlib
import os
from collections import OrderedDict
from collections.abc import Iterator
from random import Random
from unittest import mock

import numba
from hypothesis import HealthCheck, event, given, note, settings
from hypothesis import strategies as st

from gugan import policy
from gugan.policy import to_numba
from gugan.policy.vocabulary import WORDS
from tests.policy.columns import disagreements
from tests.policy.generated import TABLES, VALUES, people, rules, workers
from tests.policy.helpers import OCTOBER, POLICIES, both, small
from tests.policy.helpers import rules as sayings

MORE = int(os.environ.get("FUZZ", "1"))
"""FUZZ=100 looks a hundred times as long."""
SLOW = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow, HealthCheck.data_too_large]}
REAL = policy.load("9901", POLICIES)
BACKENDS = ("numpy", "numba")


@contextlib.contextmanager
def as_for_many() -> Iterator[None]:
    """Have a few people evaluated as many are: a plan for exactly these gaps, and what they lack told by groups."""
    module = importlib.import_module("gugan.policy.evaluate")
    with mock.patch.multiple(module, FEW=0, TEN=0):
        yield


@contextlib.contextmanager
def loops_in_python() -> Iterator[None]:
    """Run the loops that are written for Numba without compiling each, which takes seconds."""
    with mock.patch.object(to_numba, "_functions", OrderedDict()), mock.patch.object(numba.config, "DISABLE_JIT", True):
        yield


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
    with as_for_many():
        both(pack, table, want)
    alone = policy.evaluate(pack, [s for s in table if s.person == table[-1].person], OCTOBER, want)
    assert {name: values[-1:] for name, values in together.items()} == alone.values
    for name in want:
        tree = policy.explain(pack, [s for s in table if s.person == table[0].person], OCTOBER, name)
        assert tree.known == (together[name][0] is not None)
        assert tree.as_text()


@settings(max_examples=100 * MORE, **SLOW)
@given(rules(), people())
def test_generated_packs_agree_on_tables_and_in_loops(text, table):
    pack = small({"规则.yaml": text, "表.yaml": TABLES})
    if any(problem.code in ("G203", "G503") for problem in policy.check(pack)):
        return
    note(text)
    want = [name for name in pack.rules if name.startswith("规则")]
    whole = [{k: v for k, v in s.values.items() if v is not None} | {"考核": s.values.get("考核") or {}} for s in table]
    with loops_in_python():
        assert disagreements(pack, whole, want, BACKENDS) == []


EVERY = {
    "最高": "元 | 最高(工资, 扣款, 已发)", "最低": "级 | 最低(级数, 3)", "封顶": "元 | 封顶(工资, 扣款)", "保底": "元 | 保底(工资, 0)",
    "四舍五入到分": "元 | 四舍五入到分(工资 × 比率)", "四舍五入到角": "元 | 四舍五入到角(工资 ÷ 7)", "四舍五入到元": "元 | 四舍五入到元(工资 ÷ 2)",
    "见厘进分": "元 | 见厘进分(工资 × 12.345%)", "见分进角": "元 | 见分进角(工资)", "见角进元": "元 | 见角进元(工资)",
    "去尾到分": "元 | 去尾到分(工资 ÷ 天数)", "去尾到角": "元 | 去尾到角(工资)", "去尾到元": "元 | 去尾到元(工资)",
    "年": "年 | 年(入职)", "月": "月 | 月(入职)", "足年": "年 | 足年(入职, 离职)", "足月": "月 | 足月(离职, 入职)",
    "相隔天数": "天 | 相隔天数(入职, 离职)", "月初": "日期 | 月初(入职)", "次月起": "日期 | 次月起(入职)",
    "次年1月起": "日期 | 次年1月起(入职)", "缺省": "元 | 缺省(工资, 已发)", "合计各段": "元 | 四舍五入到分(合计各段(工资))",
    "满期次数": "级 | 满期次数(考核, 每 2 个, 合格以上, 中断：重新起算)",
    "补全": "级 | 满期次数(补全(考核, 年(入职), 2025, 合格), 每 3 个, 合格以上)", "某年": "结果 | 某年(考核, 年(入职) + 5)",
    "近几年": "次 | 次数(近几年(考核, 3, 年(离职)), 合格以上)", "次数": "次 | 次数(考核, 优秀)",
    "连续次数": "次 | 连续次数(考核, 合格以上, 年(离职) − 1)", "最长连续": "次 | 最长连续(近几年(考核, 5, 2025, 缺年：算不出), 合格以上)",
    "窗": "是否 | 入职 在 2019-01-01（含）至 2025-10-31（不含） 或 离职 在 2024-02-29（不含）以后",
    "四舍五入到个": "级 | 四舍五入到个(级数 × 0.3)", "有余进个": "级 | 有余进个(级数 × 0.3)", "去尾到个": "级 | 去尾到个(级数 × 0.3)",
    "税": "元 | 四舍五入到分(税率[工资])", "分": "元 | 分级[级数]", "评": "结果 | 评等[级数]", "位": "元 | 岗位表[岗位].数",
    "双": "学历 | 两键[岗位, 学历]", "职": "级 | 职务表[职务]", "是否的": "是否 | 工资 > 扣款 且 (聘任 或 非 有 入职)",
}  # fmt: skip
"""Every word, and every kind of table, over facts."""


def test_every_word_agrees_when_compiled():
    assert {word.name for word in WORDS.values() if word.primitive != "group"} <= set(EVERY)  # those: test_groups.py
    pack, draw = sayings(tables=TABLES, **EVERY), Random(1)
    people = [{n: draw.choice(pool) for n, pool in VALUES.items() if draw.random() < 0.9} for _ in range(2_000)]
    people = [one | {"考核": one.get("考核") or {}} for one in people]
    assert disagreements(pack, people, list(EVERY), BACKENDS) == []


# ── the pack 9901 whole ──


def wanted() -> list[str]:
    """Return every rule of 9901."""
    return [name for name, rule in REAL.rules.items() if rule.block(OCTOBER.on)]


@settings(max_examples=80 * MORE, **SLOW)
@given(workers(REAL, wanted()), st.randoms(use_true_random=False))
def test_pack_9901_agrees_on_every_cell_and_whoever_else_is_there(table, random):
    answers = both(REAL, table, wanted())
    with as_for_many():
        assert both(REAL, table, wanted()) == answers
    numbers = list(dict.fromkeys(s.person for s in table))
    random.shuffle(numbers)
    shuffled = [s for number in numbers for s in table if s.person == number]
    again = policy.evaluate(REAL, shuffled, OCTOBER, wanted())
    for name in wanted():
        by_person = dict(zip(again.people, again.values[name], strict=True))
        assert [by_person[n] for n in sorted(by_person)] == answers[name]
