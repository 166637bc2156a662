"""A pack as no author wrote it: whatever the bytes, gugan answers with problems that have a place, and soon."""

import re
import time

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gugan import policy
from tests.policy.helpers import base, folder

PACK = """文件:
  办法: {名称: 某市办法, 性质: 现行, 核对: "2026-10"}
表:
  等级表:
    依据: {文件: 办法, 条: 第三条}
    键: [岗位, 天数]
    列: {起: 级, 系数: 比例}
    自 2024-07-01:
      正职、1: [7, 1.50]
      副职、2: [1, 缺]
      其余: [1, 1]
  系数:
    依据: {文件: 办法, 条: 第三条}
    键: [级数]
    值: 比例
    自 2024-07-01: 系数.csv
  档:
    依据: {文件: 办法, 条: 第三条}
    累进: 元
    值: "%"
    自 2024-07-01: {0: 3, 36000: 10}
规则:
  标准:
    单位: 元
    依据: {文件: 办法, 条: 第四条, 原文: 标准为三千八百元}
    自 2024-07-01: 3800
    自 2026-01-01: 4000
  基本:
    单位: 元
    取整: 四舍五入到分
    可补: 是
    依据: {文件: 办法, 条: 第五条}
    自 2024-07-01: 合计各段(年资) × 每级 × 系数[级数] + 档[工资] − 标准 × 等级表[岗位，天数].系数
  每级: {单位: 元, 依据: {文件: 办法, 条: 第四条}, 自 2024-07-01: 20}
  年资:
    单位: 级
    按: 段
    依据: {文件: 办法, 条: 第六条}
    自 2024-07-01:
      一般: 封顶(级数 + 满期次数(考核, 每 3 个, 合格以上, 中断：顺延), 10)
      例外:
        - {说: 高中, 当: 学历 = 高中, 得: 0}
        - {说: 本科, 当: 学历 = 本科 且 级数 > 3 或 非 有 学历, 得: 5}
  津贴:
    单位: 元
    依据: {文件: 办法, 条: 第七条}
    自 2024-07-01:
      首个:
        - {当: 级数 > 10, 得: 300}
        - {得: "若 聘任 则 100 否则 缺省(扣款, 0)"}
  报名:
    依据: {文件: 办法, 条: 第八条}
    自 2024-07-01:
      条件组:
        - {说: 学历, 当: 学历 ≥ 大专}
        - {说: 不满四十, 当: "足年(入职, 核算日) < 40"}
工资条:
  应发: [基本, 津贴]
算例:
  - 说: 一个人
    日: 2026-10-31
    来源: 试验
    有: {级数: 11}
    得: {津贴: 300}
"""
CELLS = "级,系数\n1,1.00\n2,1.06\n3,缺\n其余,2\n"
LINES = PACK.splitlines()
SIGNS = [
    *"\0\x1b\t\r\n\ufeff\u200b\u2028\ud7ff：，、“”（）[]{}&*!|>%@`'\"#-?:,",
    "𠮷", "e\u0301", "９" * 9, "1" * 40, "1e309", "NaN", "缺", "其余", "自 ", "改 ", "废 标准:", "若 ", "每 0 个", "- ", "  ", "{" * 40,
    "[" * 40, "(" * 99, "÷ 0", "× " + "9" * 18, "2024-02-30", "9999-12-31", "0001-01-01", "../系数.csv", "基本", "津贴[", "%s", "{name}",
]  # fmt: skip
A_HANG = 60.0
"""Seconds no machine needs: this tells an end from no end, not fast from slow."""


@st.composite
def mutated(draw) -> str:
    """A pack with a few things done to it that hands and programs do to text."""
    lines = list(LINES)
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(lines) - 1))
        match draw(st.sampled_from(["swap", "drop", "twice", "indent", "insert", "cut", "replace"])):
            case "swap":
                other = draw(st.integers(0, len(lines) - 1))
                lines[at], lines[other] = lines[other], lines[at]
            case "drop":
                del lines[at]
            case "twice":
                lines.insert(at, lines[at])
            case "indent":
                lines[at] = " " * draw(st.integers(0, 6)) + lines[at].lstrip()
            case "insert":
                column, sign = draw(st.integers(0, len(lines[at]))), draw(st.sampled_from(SIGNS) | st.text(max_size=3))
                lines[at] = lines[at][:column] + sign + lines[at][column:]
            case "cut":
                lines[at] = lines[at][: draw(st.integers(0, len(lines[at])))]
            case "replace":
                words = re.findall(r"[\w.]+|[^\w\s]", "\n".join(LINES))
                old, new = draw(st.sampled_from(words)), draw(st.sampled_from(words))
                lines[at] = lines[at].replace(old, new)
        if not lines:
            break
    text = "\n".join(lines)
    return text[: draw(st.integers(0, len(text)))] if draw(st.integers(0, 9)) == 0 else text


def problems_of(files: dict[str, bytes | str]) -> tuple[policy.Problem, ...]:
    """Return what gugan says of a pack, in time."""
    began = time.monotonic()
    try:
        found = tuple(policy.check(policy.build([base(), folder("4407", "试", files)]), notes=True))
    except policy.PolicyErrors as errors:
        found = errors.problems
    assert time.monotonic() - began < A_HANG
    return found


def placed(problems: tuple[policy.Problem, ...]) -> None:
    """Every problem has a file, a line, a column and words in Chinese."""
    for one in problems:
        assert one.path.startswith("policies/"), one
        assert one.line >= 1 and one.column >= 1, one
        assert re.search(r"[\u4e00-\u9fff]", one.message), one
        assert len(one.message) < 2_000, one


FUZZ = settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)


def test_the_pack_that_is_mutated_is_a_good_one():
    assert problems_of({"规则.yaml": PACK, "系数.csv": CELLS}) == ()


@FUZZ
@given(mutated())
def test_a_mutated_pack_is_answered_with_places(text):
    placed(problems_of({"规则.yaml": text.encode("utf-8", "surrogatepass"), "系数.csv": CELLS}))


@FUZZ
@given(st.binary(max_size=200) | st.text(max_size=200).map(lambda text: text.encode("utf-8", "surrogatepass")))
def test_any_bytes_are_answered_with_places(content):
    placed(problems_of({"规则.yaml": content}))


@FUZZ
@given(st.text(alphabet="0123456789.,;\"'\n\r\t 级缺其余-一−％%\ufeff\0", max_size=80))
def test_any_cells_are_answered_with_places(cells):
    placed(problems_of({"规则.yaml": PACK, "系数.csv": cells}))
