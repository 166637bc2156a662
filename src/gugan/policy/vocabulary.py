"""Every word of the language, declared once: arguments, meaning, example, and the primitive it stands for.

The manual is generated from this file and the generic test runs every example on every backend.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Word:
    """One word. `args` name its parameters; `primitive` is the core node; `expansion` says it in other words.

    named: names of arguments written 名：词. example: an expression, its answer as text, and the facts it is about, by
    name, as a pack on the national catalogue would be given them.
    """

    name: str
    args: tuple[str, ...]
    primitive: str
    meaning: str
    example: str
    answer: str
    expansion: str = ""
    variadic: bool = False
    named: tuple[str, ...] = ()
    facts: Mapping[str, Any] = field(default_factory=dict)


def _word(name: str, args: str, primitive: str, meaning: str, example: str, answer: str, **more: Any) -> Word:
    return Word(name, tuple(args.split()), primitive, meaning, example, answer, **more)


_YEARS = {"历年考核": {"2021": "合格", "2022": "优秀", "2023": "不合格", "2024": "合格"}}


WORDS: dict[str, Word] = {
    w.name: w
    for w in (
        _word("最高", "数 数", "extreme", "几个数里最高的一个", "最高(3, 5, 4)", "5", variadic=True),
        _word("最低", "数 数", "extreme", "几个数里最低的一个", "最低(3, 5, 4)", "3", variadic=True),
        _word("封顶", "数 上限", "extreme", "不超过上限", "封顶(12, 10)", "10", expansion="最低(数, 上限)"),
        _word("保底", "数 下限", "extreme", "不低于下限", "保底(8, 10)", "10", expansion="最高(数, 下限)"),
        _word("四舍五入到分", "数", "round", "厘位四舍五入；负数按绝对值", "四舍五入到分(10 ÷ 3)", "3.33"),
        _word("四舍五入到角", "数", "round", "分位四舍五入", "四舍五入到角(2.25)", "2.3"),
        _word("四舍五入到元", "数", "round", "角位四舍五入", "四舍五入到元(368.15)", "368"),
        _word("见厘进分", "数", "round", "不足一分进到一分", "见厘进分(1.001)", "1.01"),
        _word("见分进角", "数", "round", "不足一角进到一角", "见分进角(1.01)", "1.1"),
        _word("见角进元", "数", "round", "不足一元进到一元", "见角进元(1.10)", "2"),
        _word("去尾到分", "数", "round", "分以下舍去", "去尾到分(1.999)", "1.99"),
        _word("去尾到角", "数", "round", "角以下舍去", "去尾到角(1.99)", "1.9"),
        _word("去尾到元", "数", "round", "元以下舍去", "去尾到元(1.99)", "1"),
        _word("四舍五入到个", "数", "round", "个数四舍五入", "四舍五入到个(12.5)", "13"),
        _word("有余进个", "数", "round", "不足一个进到一个", "有余进个(17.4)", "18"),
        _word("去尾到个", "数", "round", "不足一个舍去", "去尾到个(17.4)", "17"),
        _word("年", "日期", "date", "日期的年份", "年(2026-10-31)", "2026"),
        _word("月", "日期", "date", "日期的月份", "月(2026-10-31)", "10"),
        _word(
            "足年",
            "起 止",
            "date",
            "从起到止满了几年；2月29日起的，平年到2月28日算满",
            "足年(2020-02-29, 2025-02-28)",
            "5",
        ),
        _word(
            "足月",
            "起 止",
            "date",
            "从起到止满了几个月；没有那一天的月份，到月末算满",
            "足月(2026-01-31, 2026-02-28)",
            "1",
        ),
        _word("相隔天数", "起 止", "date", "从起到止相隔几天", "相隔天数(2026-10-01, 2026-10-31)", "30"),
        _word("月初", "日期", "date", "那个月的第一天", "月初(2026-10-31)", "2026-10-01"),
        _word("次月起", "日期", "date", "下一个月的第一天", "次月起(2026-12-05)", "2027-01-01"),
        _word("次年1月起", "日期", "date", "下一年的1月1日", "次年1月起(2026-03-05)", "2027-01-01"),
        _word("缺省", "值 代替", "default", "有这个值就用它，缺就用代替，并在工资条上写明", "缺省(3, 4)", "3"),
        _word(
            "合计各段",
            "数",
            "segments",
            "当月各段按日历天数折算后相加；一段是月中没有变动的连续日子",
            "四舍五入到分(合计各段(3))",
            "3",
        ),
        _word(
            "满期次数",
            "逐年 每几个 等次",
            "history",
            "逐年数到几个就算一次；中断：顺延（坏年和没有结果的年份只是不算）或 重新起算（都从头数）",
            "满期次数(历年考核, 每 3 个, 合格以上, 中断：顺延)",
            "1",
            named=("中断",),
            facts=_YEARS,
        ),
        _word(
            "补全",
            "逐年 起年 止年 等次",
            "history",
            "从起年到止年，没有记录的年份按这个等次；没有历年记录的，全按这个等次",
            "补全(历年考核, 2023, 2025, 合格)",
            "2023 不合格、2024 合格、2025 合格",
            facts=_YEARS,
        ),
        _word(
            "近几年",
            "逐年 几 止年",
            "history",
            "到止年为止的几年；缺年：不算（没有结果的年份不在里面）或 算不出（有一年没有结果就算不出）",
            "近几年(历年考核, 3, 2024)",
            "2022 优秀、2023 不合格、2024 合格",
            named=("缺年",),
            facts=_YEARS,
        ),
        _word(
            "次数",
            "逐年 等次",
            "history",
            "有几年得了这个等次；没有结果的年份不算",
            "次数(历年考核, 合格以上)",
            "3",
            facts=_YEARS,
        ),
        _word(
            "连续次数",
            "逐年 等次 止年",
            "history",
            "到止年为止，连续几年得了这个等次；止年不是这个等次的为 0，没有结果的年份也打断",
            "连续次数(历年考核, 合格以上, 2022)",
            "2",
            facts=_YEARS,
        ),
        _word(
            "最长连续",
            "逐年 等次",
            "history",
            "最长连续几年得了这个等次；没有结果的年份也打断",
            "最长连续(历年考核, 合格以上)",
            "2",
            facts=_YEARS,
        ),
        _word(
            "名次",
            "值 组",
            "group",
            "从高到低排在组里第几；并列：占位（1、2、2、4）、连号（1、2、2、3）或 取后（1、3、3、4）；缺：不计 或 算不出；不分组写 全表",
            "名次(值班次数, 全表, 并列：占位, 缺：不计)",
            "1",
            variadic=True,
            named=("并列", "缺"),
            facts={"值班次数": 3},
        ),
        _word(
            "入围",
            "值 名额 组",
            "group",
            "排在组里名额以内；并列：都进（末位并列的都进，可以超过名额）或 都不进（进了就超过名额的，都不进）；缺：不计 或 算不出",
            "入围(值班次数, 去尾到个(组人数(全表) × 50%), 全表, 并列：都进, 缺：不计)",
            "否",
            variadic=True,
            named=("并列", "缺"),
            facts={"值班次数": 3},
        ),
        _word(
            "组计",
            "值 组",
            "group",
            "组里这个值的合计；缺：不计 或 算不出",
            "组计(值班次数, 全表, 缺：算不出)",
            "3",
            variadic=True,
            named=("缺",),
            facts={"值班次数": 3},
        ),
        _word(
            "组平均",
            "值 组",
            "group",
            "组里这个值的平均，写在取整里面；缺：不计（不算那些人）或 算不出",
            "四舍五入到分(组平均(值班次数, 岗位类别, 缺：不计))",
            "3",
            variadic=True,
            named=("缺",),
            facts={"值班次数": 3, "岗位类别": "副职"},
        ),
        _word(
            "组人数",
            "组",
            "group",
            "组里有几个人；全表写 组人数(全表)",
            "组人数(岗位类别)",
            "1",
            variadic=True,
            facts={"岗位类别": "副职"},
        ),
        _word("某年", "逐年 年份", "history", "那一年的等次", "某年(历年考核, 2022)", "优秀", facts=_YEARS),
    )
}

BUILTINS: dict[str, tuple[str, str, str]] = {
    "核算日": ("日期", "", "读规则的那一天；按月核算时是当月最后一天"),
    "本期首日": ("日期", "", "当月第一天"),
    "本期末日": ("日期", "", "当月最后一天"),
    "当月天数": ("数", "天", "当月的日历天数"),
    "段首日": ("日期", "", "这一段的第一天"),
    "段末日": ("日期", "", "这一段的最后一天"),
    "段内天数": ("数", "天", "这一段的日历天数"),
}
PER_SEGMENT = frozenset({"段首日", "段末日", "段内天数"})
