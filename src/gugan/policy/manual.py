"""The manual of the language, in Chinese, made from vocabulary.py, errors.py and the examples below; each of them is tested.

`python -m gugan.policy.manual docs/packs/语言.md` writes it; a test fails where the file is stale.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gugan.policy.errors import MESSAGES, NOTES
from gugan.policy.vocabulary import BUILTINS, WORDS, Word

DOCUMENT = "文件:\n  本办法:\n    名称: 某区薪酬办法（样例）\n    性质: 示例\n"


@dataclass(frozen=True)
class Example:
    """A piece of a pack that is printed and tested: what it shows, its YAML, and what comes out for which facts."""

    title: str
    says: str
    yaml: str
    want: str
    given: tuple[tuple[Mapping[str, Any], str], ...]
    month: str = "2026-10"


EXAMPLES = (
    Example(
        "写一条规则",
        "一条规则有名称、单位、依据，和“自”哪天起的值或算式。标准变了不改旧的，另起一行“自”：算哪个月，就用那个月有效的一行。"
        "有“止”的，过了那天就没有值。值要能说出依据：正式文件写“文件、条、原文”；样例只能写“参照”。",
        DOCUMENT
        + """
规则:
  每次补贴标准:
    单位: 元
    依据:
      文件: 本办法
      参照: 夜间值班，每次补贴五十元；二〇二六年起六十元
    自 2024-07-01: 50
    自 2026-01-01: 60

  夜班补贴:
    单位: 元
    依据:
      文件: 本办法
      参照: 凭值班表按月发放
    自 2024-07-01: 值班次数 × 每次补贴标准
""",
        "夜班补贴",
        (({"值班次数": 3}, "180"), ({"值班次数": 0}, "0")),
    ),
    Example(
        "表",
        "一一对应的标准写成表：“键”是按什么查，“值”是查出来的单位。用时写 表名[键]；一个键有几个值的，写“列”，用时写 表名[键].列名。"
        "长的表可以放进 CSV 文件，“自”后面写文件名。来源里看不清的一格写“缺”，其他各行都一样的写“其余”。",
        """
表:
  学历补贴标准:
    依据:
      文件: 本办法
      参照: 本科一百元，硕士二百元
    键: [学历]
    值: 元
    自 2024-07-01:
      本科: 100
      硕士研究生: 200
      其余: 0

规则:
  学历补贴:
    单位: 元
    依据:
      文件: 本办法
      参照: 按学历发给
    自 2024-07-01: 学历补贴标准[学历]
""",
        "学历补贴",
        (({"学历": "本科"}, "100"), ({"学历": "大专"}, "0")),
    ),
    Example(
        "分档和累进",
        "按数的大小定标准的，写“分档”：到了起点就用这一档的值。税率那样一段一段算再相加的，写“累进”，速算扣除数由程序推出来，不用写。",
        """
表:
  工龄档:
    依据:
      文件: 本办法
      参照: 满一年五十元，满五年一百元
    分档: 年
    值: 元
    自 2024-07-01:
      0: 0
      1: 50
      5: 100

规则:
  工龄补贴:
    单位: 元
    依据:
      文件: 本办法
      参照: 按从事社区工作的足年数发给
    自 2024-07-01: 工龄档[足年(从事社区工作日期, 核算日)]
""",
        "工龄补贴",
        (({"从事社区工作日期": "2020-03-01"}, "100"), ({"从事社区工作日期": "2026-03-01"}, "0")),
    ),
    Example(
        "若……则……否则……",
        "两种情况的，直接写在算式里。条件用 ＝ ≠ ＜ ≤ ＞ ≥（半角全角都行），几个条件用 且、或、非 连起来；“有 某事实”问记没记过。",
        """
规则:
  全勤奖:
    单位: 元
    依据:
      文件: 本办法
      参照: 当月没有事假的，发三百元
    自 2024-07-01: 若 事假天数 = 0 则 300 否则 0
""",
        "全勤奖",
        (({"事假天数": 0}, "300"), ({"事假天数": "0.5"}, "0")),
    ),
    Example(
        "例外",
        "一般怎样，哪些人例外。没有例外适用就按一般；有一条适用就按它；两条同时适用是错误，程序会点名，不会替您选。",
        """
规则:
  交通补贴:
    单位: 元
    依据:
      文件: 本办法
      参照: 每人每月一百元
    自 2024-07-01:
      一般: 100
      例外:
        - 说: 借用公务车的不发
          当: 事假天数 ≥ 15
          得: 0
          依据:
            文件: 本办法
            参照: 当月请假十五天以上的，不发
""".replace("借用公务车的不发", "请假十五天以上的不发"),
        "交通补贴",
        (({"事假天数": 2}, "100"), ({"事假天数": 20}, "0")),
    ),
    Example(
        "首个",
        "从上往下看，用第一行合适的。最后一行不写“当”，就是其余的人。前面一行说不准（事实没记）时，不会跳到后面去。",
        """
规则:
  岗位补贴:
    单位: 元
    依据:
      文件: 本办法
      参照: 正职六百元，副职四百元，其他人二百元
    自 2024-07-01:
      首个:
        - {说: 正职, 当: 岗位类别 = 正职, 得: 600}
        - {说: 副职, 当: 岗位类别 = 副职, 得: 400}
        - {说: 其他人, 得: 200}
""",
        "岗位补贴",
        (({"岗位类别": "副职"}, "400"), ({}, "算不出：缺岗位类别")),
    ),
    Example(
        "就高",
        "几项都够得上的，只取最高的一项，不叠加；一项都不够的是 0。",
        """
规则:
  证书津贴:
    单位: 元
    依据:
      文件: 本办法
      参照: 助理社会工作师一百元，社会工作师二百元，只取最高一项
    自 2024-07-01:
      就高:
        - {说: 助理社会工作师, 当: 有 助理取得日期, 得: 100}
        - {说: 社会工作师, 当: 有 社工师取得日期, 得: 200}
""",
        "证书津贴",
        (({"助理取得日期": "2020-05-01", "社工师取得日期": "2023-05-01"}, "200"), ({}, "0")),
    ),
    Example(
        "累加和封顶",
        "够得上几项就加几项；要有上限的，另写“封顶”。",
        """
规则:
  评分:
    单位: 分
    依据:
      文件: 本办法
      参照: 本科十分，党员十分，社会工作师二十分，最多三十分
    自 2024-07-01:
      累加:
        - {说: 本科以上, 当: 学历 ≥ 本科, 得: 10}
        - {说: 社会工作师, 当: 有 社工师取得日期, 得: 20}
        - {说: 值班满五次, 当: 值班次数 ≥ 5, 得: 10}
      封顶: 30
""".replace("党员十分，社会工作师二十分", "社会工作师二十分，值班满五次十分"),
        "评分",
        (
            ({"学历": "本科", "社工师取得日期": "2023-05-01", "值班次数": 6}, "30"),
            ({"学历": "大专", "值班次数": 6}, "10"),
        ),
    ),
    Example(
        "条件组",
        "够不够格要看几条的，写成条件组：都符合才是“是”。不符合的和说不准的，一条一条都会列出来，各带各的依据，不会只说第一条。",
        """
规则:
  可报名:
    依据:
      文件: 本办法
      参照: 报名条件
    自 2024-07-01:
      条件组:
        - {说: 大专以上学历, 当: 学历 ≥ 大专}
        - {说: 从事社区工作满一年, 当: "足年(从事社区工作日期, 核算日) ≥ 1"}
""",
        "可报名",
        (
            ({"学历": "本科", "从事社区工作日期": "2020-03-01"}, "是"),
            ({"学历": "高中"}, "否"),
            ({"学历": "本科"}, "算不出：缺从事社区工作日期"),
        ),
    ),
)

_SECTIONS = (
    ("取整", ("round",), "钱最少到分。可能算出零头的规则要写“取整”，写在规则里（取整: 四舍五入到分），或用下面的词写在算式里。"),
    ("日期与时间", ("date",), "日期写 2026-10-31。日期加减用下面的词，不直接加减天数。"),
    ("几个数", ("extreme",), ""),
    ("逐年", ("history",), "“逐年”的事实一年一个结果，比如历年考核。"),
    ("缺", ("default",), "没有记的事实是“缺”，不是 0，也不是“否”。算到缺的，答案是“算不出”，并说缺什么。要让别的值顶上，写“缺省”，工资条上会写明。"),
    ("当月有变动", ("segments",), "月中调岗、晋级的，这个月分成几段。写了“按: 段”的规则一段算一次；按月的规则用它，要写“合计各段”。"),
)  # fmt: skip
_GROUPS = ("group", "rank", "sum_group", "quota")
_LAST = "分组和别的词"
_KINDS = (
    ("G00", "读文件"), ("G01", "读文件"), ("G02", "读算式"), ("G1", "名称"), ("G20", "类型和单位"), ("G21", "类型和单位"),
    ("G22", "一条规则的各行"), ("G3", "日期和依据"), ("G4", "算例"), ("G5", "给的事实"), (NOTES, "提示（值得看一眼，不妨碍使用）"),
)  # fmt: skip


_REMEDIES = {
    "G001": "检查缩进、冒号和引号",
    "G003": "改成半角冒号，后面空一格",
    "G007": "用列出的代码，或先建文件夹",
    "G008": "照它要的样子写；拿本手册里的例子比一比",
    "G012": "打开表格改那一行；另存为 CSV（UTF-8）",
    "G020": "看它停在哪个字前面：少了括号、运算符，或写错了词",
    "G107": "看它列出的一圈规则，其中一条不该用到下一条",
    "G108": "在本地的政策包里写这条规则",
    "G201": "两边要同样的单位：元和元、年和年；天数要用日期的词算",
    "G202": "换成它要的那种值",
    "G203": "给规则加“取整: 四舍五入到分”",
    "G204": "给规则加“取整”，或写成 四舍五入到分(…)",
    "G205": "数一数逗号；看上面词的写法",
    "G206": "写进 合计各段(…)，或给这条规则写“按: 段”",
    "G209": "改“单位”，或改算式",
    "G210": "从小到大重排",
    "G231": "日子后面写上（含）或（不含）",
    "G301": "补上更早的“自”，或核对核算的月份",
    "G302": "还有效就去掉“止”；停了，就改掉用到它的规则",
    "G306": "写上第几条",
    "G307": "三样里选一样：还有效的写现行，查不到是否有效的写历史，自己编的写示例",
    "G401": "手算一遍：规则错了改规则，期望值错了改算例",
    "G501": "照它说的样子写",
    "G502": "核对这个数；真有这么大，就改事项目录里的“范围”",
    "G506": "和前面那一条一样改",
    "G505": "各段按先后排，首尾相接，不出这个月",
}
_HINTED = "后面若问“是否……”，是就照改；不是，就查一查名称"
_OTHER = "照后面写的改"


def text() -> str:
    """Return the whole manual as Markdown."""
    return "\n".join([*_head(), *_examples(), *_words(), *_errors()]) + "\n"


def _head() -> Iterator[str]:
    yield "# 政策包怎么写"
    yield ""
    yield "<!-- 由 python -m gugan.policy.manual docs/packs/语言.md 生成，不要直接改 -->"
    yield ""
    yield (
        "政策包是一个文件夹，把办法写成规则：谁看都像办法，程序能照着算。这本手册里的每个例子都由程序算过，"
        "“给”是某个人记下的事实，“得”是算出的结果。写完用 `gugan policy check 代码` 检查，错误会一次列全；"
        "用 `gugan policy facts 代码` 看有哪些事实可以用。"
    )
    yield ""
    yield "文件夹叫 `区划代码-名称`，代码短的在上面，长的继承短的：`00-全国` → `44-广东` → `4407-江门`。要改上面的规则写“改 名称”，去掉写“废 名称”。"


def _examples() -> Iterator[str]:
    for example in EXAMPLES:
        yield f"\n## {example.title}\n"
        yield f"{example.says}\n"
        yield f"```yaml\n{example.yaml.strip()}\n```\n"
        yield f"| 给 | 得（{example.want}） |\n| --- | --- |"
        for given, answer in example.given:
            yield f"| {_facts(given)} | {answer} |"


def _words() -> Iterator[str]:
    told = {primitive for _, primitives, _ in _SECTIONS for primitive in primitives}
    sections = [(title, [w for w in WORDS.values() if w.primitive in kinds], says) for title, kinds, says in _SECTIONS]
    rest = [word for word in WORDS.values() if word.primitive not in told]
    for title, words, says in [*sections, (_LAST, rest, "")]:
        if not words:
            continue
        yield f"\n## {title}\n"
        if says:
            yield f"{says}\n"
        yield "| 词 | 意思 | 例 | 得 |\n| --- | --- | --- | --- |"
        yield from map(_word, words)
        if title == "日期与时间":
            yield "\n这些日子和天数随时可用：\n\n| 名称 | 意思 |\n| --- | --- |"
            yield from (f"| {name} | {meaning} |" for name, (_, _, meaning) in BUILTINS.items())


def _word(word: Word) -> str:
    arguments = "，".join([*word.args, *("…" for _ in [0] if word.variadic), *(f"{name}：…" for name in word.named)])
    meaning = word.meaning + (f"。就是 {word.expansion}" if word.expansion else "")
    example = f"`{word.example}`" + (f"；给 {_facts(word.facts)}" if word.facts else "")
    return f"| {word.name}({arguments}) | {meaning} | {example} | {word.answer} |"


def _facts(facts: Mapping[str, Any]) -> str:
    return "，".join(f"{name} {_fact(value)}" for name, value in facts.items()) or "什么都没记"


def _fact(value: Any) -> str:
    if isinstance(value, Mapping):
        return "、".join(f"{year} {result}" for year, result in value.items())
    return ("是" if value else "否") if isinstance(value, bool) else str(value)


def _errors() -> Iterator[str]:
    yield "\n## 出错了怎么办\n"
    yield (
        "错误都写明文件、行和列：`policies/4407-江门/薪酬.yaml:12:9 G103 没有“岗位工资x”；是否“岗位工资”？`。"
        "下面的 … 处，实际会写出具体的名称和值。改好了再检查一遍，直到一个问题都没有。"
    )
    title = ""
    for code, message in MESSAGES.items():
        kind = next((kind for start, kind in _KINDS if code.startswith(start)), "别的")
        if kind != title:
            title = kind
            yield f"\n### {title}\n\n| 编号 | 说的是 | 怎么办 |\n| --- | --- | --- |"
        plain = re.sub(r"\{(\w+)\}", lambda found: "" if found[1] == "hint" else "…", message)
        meaning, _, remedy = plain.partition("；")
        meaning = meaning.partition("。")[0].partition("：给规则")[0]
        remedy = _REMEDIES.get(code) or remedy or (_HINTED if "{hint}" in message else _OTHER)
        yield f"| {code} | {meaning} | {remedy} |"


def main() -> None:
    """Write the manual to the file named, or print it."""
    if len(sys.argv) > 1:
        Path(sys.argv[1]).write_text(text(), "utf-8")
    else:
        print(text(), end="")


if __name__ == "__main__":
    main()
