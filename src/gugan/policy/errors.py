"""Every message of the engine, numbered, in one file; problems are collected, located and hint at the remedy."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass

MESSAGES = {
    # reading files
    "G001": "读不懂这份文件：{what}。检查缩进、冒号和引号",
    "G002": "“{key}”写了两遍；留下一处",
    "G003": "键后面要用半角冒号“:”加空格，这里是全角“：”",
    "G004": "文件太大（{size} 字节，最多 {limit} 字节）；拆成几份",
    "G005": "嵌套太深（超过 {limit} 层）；写成表或拆成几条规则",
    "G006": "政策包里不能用“{what}”（锚点、别名、标签都不行）；把内容直接写出来",
    "G007": "没有政策包“{code}”；现有：{known}",
    "G008": "这里要写成{want}，现在是{got}",
    "G009": "不认识的项“{name}”{hint}",
    "G010": "缺少“{name}”；补上",
    "G011": "读不懂日期“{text}”；写成 2026-01-01 的样子，且要真有这一天",
    "G012": "表格文件“{name}”{what}",
    # grammar
    "G020": "算式读到“{near}”读不下去了：{what}",
    "G021": "算式太长或太深；拆成几条规则",
    # names
    "G103": "没有“{name}”{hint}",
    "G104": "“{name}”上面已经有了（{where}）；要改它，写“改 {name}”",
    "G105": "上面没有“{name}”，无从{verb}{hint}",
    "G106": "“{name}”和{what}重名；换一个名字",
    "G107": "规则绕成了圈：{path}；让其中一条不再读前面的",
    "G108": "“{name}”要由本地的政策包写明，这里还没有；写一条“{name}”",
    "G109": "“{name}”成了另一条新的；要{verb}“{plain}”，写“{verb} {plain}”，中间空一格",
    "G110": "“{name}”里有看不见的字（{what}）；把名字重新打一遍",
    # types and units
    "G201": "单位对不上：{left} {op} {right}；换成同一种单位，或换一个事实",
    "G202": "“{what}”要{want}，这里是{got}",
    "G203": "“{name}”是元，可能算出不到一分的零头，却没有“取整”",
    "G204": "除法只能在取整里面用：给规则加“取整”，或写成 四舍五入到分(…)",
    "G205": "“{word}”要 {want} 个参数，这里有 {got} 个",
    "G206": "按段的“{name}”在按月的规则里要写进 合计各段(…)",
    "G207": "“{key}”可能是 {labels}，表“{table}”没有这一行；补一行，或写“其余”",
    "G208": "表“{table}”没有“{name}”这一列{hint}",
    "G209": "“{name}”写明单位是{declared}，算出来是{got}；改“单位”，或改算式",
    "G210": "分档和累进的起点要从小到大、不重复：{what}",
    "G211": "“{value}”不在“{table}”里{hint}",
    # rows of a rule
    "G220": "例外{first}和{second}会同时适用，比如 {example}；把条件分清，或合成一条",
    "G221": "没有一行合适：{example}；补一行，或在最后加一行只写“得”的",
    "G222": "这一行轮不到：前面的行已经占尽；删掉它，或挪到前面",
    "G223": "表“{table}”没有 {example} 这一行；补一行，或写“其余”，或收窄事实的“范围”",
    "G224": "表“{table}”从 {first} 起，管不到 {example}；补一档更低的，或收窄事实的“范围”",
    "G225": "这一行的条件怎么也不成立；看看“且”“或”和数是不是写反了，或删掉它",
    "G226": "这一组条件不会全部成立：{rows}；改其中一条",
    # words with their own manners
    "G230": "近几年看几年，要写成 1 至 {most} 的整数",
    "G231": "日期窗的每一头都要写明算不算在内：{day}（含）或 {day}（不含）",
    "G232": "日期窗“{window}”里一天也没有；看看两头是不是写反了",
    "G233": "这一段有的行写了 改、增、废，这一行没写；都写上，或者整张表重写",
    "G240": "“{word}”看的是一张表里所有的人，不能写在按段的规则里，也不能写进 合计各段",
    "G241": "“{word}”里的值和组，写一个事实或规则的名字；是算式的，先写成一条规则",
    "G242": "“{word}”要写明“{name}”怎么办：{ways}",
    "G243": "“{word}”要看全表，这里只有一部分人；给全表，并说明是全表（whole=True）",
    "G244": "“{word}”一次只看一个政策包、一个月的表；分开来算",
    "G245": "“{word}”最多看 {most} 人",
    "G250": "“{name}”是按年的，按月、按段的规则不能读它；这条也写 按: 年",
    "G251": "“{name}”说的是一个月，按年的规则不能读它；用按段的规则和 合计各段",
    "G252": "“{name}”是按年的，要给一整年，这里给的是 {period}",
    "G253": "“{name}”说的是一个月，要给一个月，这里给的是 {period} 全年",
    # dates and basis
    "G301": "“{name}”在 {on} 还没有值（最早自 {first}）",
    "G302": "“{name}”到 {until} 为止，{on} 没有值",
    "G303": "“{name}”没有依据；写明文件和条款",
    "G304": "依据说的文件“{name}”不在“文件”里{hint}",
    "G305": "示例文件不能写“{what}”；改成“参照”，说明仿照什么",
    "G306": "现行、历史文件要写到“条”",
    "G307": "文件“{name}”的性质要是 现行、历史 或 示例",
    "G308": "“{name}”{since} 起的这一段用不上，因为到 {until} 为止；改“止”，或删掉这一段",
    # cases
    "G401": "算例“{case}”：{name} 应为 {want}，算出 {got}；核对算式和期望值的来源",
    "G402": "算例“{case}”没有写期望值从哪里来；补“来源”，或写出“算式”",
    "G403": "算例“{case}”：{name} 逐人算得 {one}，成表算得 {many}；这是程序的错，请报告",
    # facts given to the engine
    "G501": "“{name}”的值“{value}”读不懂：{want}",
    "G502": "“{name}”的值 {value} 超出了说明的范围 {low} 至 {high}",
    "G503": "“{rule}”可能算到 {high}，超出了能精确表示的范围；收窄事实的范围，或在中间取整",
    "G504": "没有事实或规则“{name}”{hint}",
    "G505": "分段不对：{what}",
    "G506": "还有 {count} 行也是这样",
    "G507": "{what}要先装 {name}：pip install 'gugan[{extra}]'",
    "G508": "表读不进来：{what}",
    # notes 提示: worth a look, no obstacle
    "G601": "例外{first}和{second}也许会同时适用，比如 {example}；若真会，把条件分清",
    "G602": "也许没有一行合适：{example}；若真会，补一行",
    "G603": "条件的组合太多，没有查尽{what}；拆成几条规则就能查",
    "G604": "表“{table}”也许没有 {example} 这一行；若真会，补一行，或写“其余”",
    "G605": "表“{table}”的“其余”轮不到，每一种都有自己的一行；删掉它",
    "G606": "表“{table}”的“{row}”这一行轮不到，{key}只在 {low} 至 {high} 之间；删掉它，或放宽事实的“范围”",
    "G607": "表“{table}”从 {first} 起，也许管不到 {example}；若真会，补一档更低的",
    "G608": "“{name}”这个名字写不进算式；要让别的规则读它，换成汉字、字母和数字连写的名字",
    "G609": "“{name}”和{what}同名，写“{name}”时指的是规则；换一个名字",
    "G610": "没有谁用到{what}“{name}”；写进工资条或算例，或删掉它",
    "G611": "算例“{case}”没有写得什么；补“得”，或删掉它",
}
NOTES = "G6"
"""How the codes of notes begin: what they name does not keep a pack from being used."""


@dataclass(frozen=True, order=True)
class Problem:
    """One located problem: file path, line and column (1-based; 0 when it has no place), code and Chinese message."""

    path: str
    line: int
    column: int
    code: str
    message: str

    @property
    def is_note(self) -> bool:
        """Whether it is worth a look but no obstacle (提示)."""
        return self.code.startswith(NOTES)

    def __str__(self) -> str:
        place = f"{self.path}:{self.line}:{self.column} " if self.line else (f"{self.path} " if self.path else "")
        return f"{place}{self.code} {'提示：' if self.is_note else ''}{self.message}"

    @property
    def severity(self) -> str:
        """错误 or 提示."""
        return "提示" if self.is_note else "错误"

    @property
    def suggestion(self) -> str:
        """What to do about it, where the message says so: what follows its last semicolon."""
        return self.message.rpartition("；")[2] if "；" in self.message else ""


class PolicyErrors(Exception):
    """All problems found at once; `.problems` is a sorted tuple of Problem."""

    def __init__(self, problems: Iterable[Problem]):
        self.problems = tuple(sorted(set(problems)))
        super().__init__("\n".join(map(str, self.problems)))


def problem(code: str, at: object = None, /, **values: object) -> Problem:
    """Return the numbered problem at a place (anything with path, line and column attributes, or None)."""
    return Problem(
        getattr(at, "path", ""),
        getattr(at, "line", 0),
        getattr(at, "column", 0),
        code,
        MESSAGES[code].format(**values),
    )


def fail(code: str, at: object = None, /, **values: object) -> PolicyErrors:
    """Return an exception with one problem, to be raised by the caller."""
    return PolicyErrors([problem(code, at, **values)])


def hint(name: str, known: Iterable[str]) -> str:
    """Return "；是否“X”？" for the nearest known name, or ""."""
    near = difflib.get_close_matches(name, list(known), n=1, cutoff=0.5)
    return f"；是否“{near[0]}”？" if near else ""
