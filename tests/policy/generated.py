"""Hypothesis strategies: rules that use every primitive, and people on both sides of every edge."""

from __future__ import annotations

from hypothesis import strategies as st

from gugan import policy
from tests.policy.helpers import OCTOBER, person

MONEY = (
    "0",
    "0.01",
    "-0.01",
    "0.05",
    "1234.56",
    "35999.99",
    "36000.00",
    "36000.01",
    "144000.01",
    "-99999.99",
    "100000.00",
)
VALUES = {
    "工资": MONEY,
    "扣款": ("0", "0.01", "-0.01", "0.15", "333.33", "-10000", "10000"),
    "比率": ("0", "1", "0.5", "0.12345", "0.333", "8%"),
    "天数": (0, 1, "0.5", "21.75", 31),
    "级数": (0, 1, 2, 3, "2.5", -3, 59, 60, 90, 100),
    "岗位": ("工作人员", "副职", "正职"),
    "学历": ("高中", "大专", "本科"),
    "性别": ("男", "女"),
    "聘任": (True, False, "是", "否"),
    "职务": ("书记", "委员", "主任"),
    "入职": ("2020-02-29", "2023-10-31", "2023-11-01", "2025-12-31", "2026-10-01", "2026-10-31"),
    "离职": ("2021-02-28", "2024-02-29", "2026-09-30", "2026-10-15", "2027-01-01"),
    "考核": (
        {},
        {"2025": "优秀"},
        {"2023": "合格", "2024": "不合格", "2025": "合格"},
        {"2020": "合格", 2021: "合格", "2022": None, "2023": "优秀"},
        {str(year): "优秀" for year in range(2015, 2026)},
    ),
    "已发": ("0", "0.01", "5000.00"),
}
TABLES = """
表:
  税率: {依据: {文件: 例, 参照: 试验}, 累进: 元, 值: "%", 自 2020-01-01: {0: 3, 36000: 10, 144000: 20}}
  分级: {依据: {文件: 例, 参照: 试验}, 分档: 级, 值: 元, 自 2020-01-01: {0: 10, 2: 20.5, 60: 缺, 90: 30.55}}
  评等: {依据: {文件: 例, 参照: 试验}, 分档: 级, 值: 结果, 自 2020-01-01: {0: 不合格, 60: 合格, 90: 优秀}}
  岗位表:
    依据: {文件: 例, 参照: 试验}
    键: [岗位]
    列: {数: 元, 起: 日期}
    自 2020-01-01: {正职: [9.99, 2020-02-29], 副职: [-1.5, 缺], 其余: [缺, 2026-10-31]}
  级表: {依据: {文件: 例, 参照: 试验}, 键: [级], 值: 比例, 自 2020-01-01: {1: 1.05, 2: 2.125, 3: 0, 2.5: 0.5}}
  两键: {依据: {文件: 例, 参照: 试验}, 键: [岗位, 学历], 值: 学历, 自 2020-01-01: {"正职、本科": 高中, "副职、大专": 本科, 其余: 大专}}
  职务表: {依据: {文件: 例, 参照: 试验}, 键: [职务], 值: 级, 自 2020-01-01: {书记: 3, 委员: 1}}
"""
WORDS = [f"{mode}到{unit}" for mode in ("四舍五入", "去尾") for unit in ("分", "角", "元")] + [
    "见厘进分",
    "见分进角",
    "见角进元",
]


class Writer:
    """Writes expressions of a wanted type; `left` bounds how deep."""

    def __init__(self, draw, earlier: dict[str, str]):
        self.draw, self.earlier = draw, earlier

    def of(self, kind: str, left: int) -> str:
        """Return an expression of a kind."""
        own = [name for name, unit in self.earlier.items() if unit == kind]
        makers = {
            "元": self.money,
            "级": self.steps,
            "数": self.ratio,
            "日期": self.day,
            "是否": self.truth,
            "学历": self.label,
        }
        if left == 0:
            return self.draw(st.sampled_from([*self.leaves(kind), *own]))
        if own and self.draw(st.integers(0, 4)) == 0:
            return self.draw(st.sampled_from(own))
        chosen = self.draw(st.integers(0, 5))
        if chosen == 0:
            return f"(若 {self.of('是否', left - 1)} 则 {self.of(kind, left - 1)} 否则 {self.of(kind, left - 1)})"
        if chosen == 1:
            return f"缺省({self.of(kind, left - 1)}, {self.of(kind, left - 1)})"
        return makers[kind](left - 1)

    def leaves(self, kind: str) -> list[str]:
        return {
            "元": ["工资", "扣款", "已发", "(工资 + 100)", "最低(扣款, 0.01)"],
            "级": ["级数", "最低(级数, 2)", "(级数 + 2.5)", "最高(级数, 60)"],
            "数": ["比率", "5%", "0.5"],
            "日期": ["入职", "离职", "本期首日", "核算日", "2024-02-29"],
            "是否": ["聘任", "有 工资", "有 级数", "有 入职"],
            "学历": ["学历"],
        }[kind]

    def money(self, left: int) -> str:
        a, b, ratio = self.of("元", left), self.of("元", left), self.of("数", left)
        step, word = self.of("级", left), self.draw(st.sampled_from(WORDS))
        return self.draw(
            st.sampled_from(
                [
                    f"({a} + {b})",
                    f"({a} − {b})",
                    f"(−{a})",
                    f"最高({a}, {b})",
                    f"封顶({a}, {b})",
                    f"{word}({a} × {ratio})",
                    f"{word}({a} × {ratio} ÷ 21.75)",
                    f"{word}({a} ÷ (天数 − 1) + {b} ÷ 3)",
                    f"{word}(最低({a} ÷ 7, {b}) × {ratio})",
                    f"{word}(税率[{a}])",
                    f"分级[{step}]",
                    "岗位表[岗位].数",
                    f"{word}({a} × 级表[{step}])",
                ]
            )
        )

    def steps(self, left: int) -> str:
        a, b = self.of("级", left), self.of("级", left)
        years = self.draw(
            st.sampled_from(
                [
                    "考核",
                    "补全(考核, 年(入职), 年(核算日) − 1, 合格)",
                    "补全(考核, 2024, 2023, 优秀)",
                    "近几年(考核, 3, 年(离职))",
                    "近几年(考核, 2, 2025, 缺年：算不出)",
                ]
            )
        )
        broken = self.draw(st.sampled_from(["", ", 中断：顺延", ", 中断：重新起算"]))
        accepted = self.draw(st.sampled_from(["合格以上", "优秀", "不合格"]))
        every = self.draw(st.integers(1, 4))
        return self.draw(
            st.sampled_from(
                [
                    f"({a} + {b})",
                    f"({a} − {b})",
                    f"最低({a}, {b}, 3)",
                    f"保底({a}, {b})",
                    f"满期次数({years}, 每 {every} 个, {accepted}{broken})",
                    "职务表[职务]",
                    "−级数",
                ]
            )
        )

    def ratio(self, left: int) -> str:
        a, b = self.of("级", left), self.of("级", left)
        return self.draw(
            st.sampled_from([f"级表[{a}]", f"最高(比率, {self.of('数', left)})", f"四舍五入到分({a} ÷ {b})", "1.5%"])
        )

    def day(self, left: int) -> str:
        a, b = self.of("日期", left), self.of("日期", left)
        word = self.draw(st.sampled_from(["月初", "次月起", "次年1月起"]))
        return self.draw(st.sampled_from([f"{word}({a})", f"最高({a}, {b})", f"最低({a}, {b})", "岗位表[岗位].起"]))

    def truth(self, left: int) -> str:
        kind = self.draw(st.sampled_from(["元", "级", "日期", "数", "学历"]))
        op = self.draw(st.sampled_from(["=", "≠", "<", "≤", ">", "≥"]))
        a, b = self.of("是否", left), self.of("是否", left)
        span = self.draw(st.sampled_from(["足年", "足月", "相隔天数"]))
        return self.draw(
            st.sampled_from(
                [
                    f"({self.of(kind, left)} {op} {self.of(kind, left)})",
                    f"({a} 且 {b})",
                    f"({a} 或 {b})",
                    f"(非 {a})",
                    f"({span}({self.of('日期', left)}, {self.of('日期', left)}) {op} 3)",
                    f"(年({self.of('日期', left)}) = 年(核算日) − 1)",
                    f"({self.of('元', left)} ÷ 天数 {op} 100)",
                    "(某年(考核, 2025) ≥ 合格)",
                    f"(次数(近几年(考核, 3, 年(核算日) − 1), 合格以上) {op} 2)",
                    f"(连续次数(考核, 合格以上, 年(离职)) {op} 最长连续(考核, 优秀))",
                    "(职务 = “书记”)",
                    "(性别 = 男)",
                    f"({self.of('日期', left)} 在 2020-02-29（含）至 2026-10-31（不含）)",
                    "(评等[级数] = 优秀)",
                ]
            )
        )

    def label(self, left: int) -> str:
        return self.draw(st.sampled_from(["两键[岗位, 学历]", f"缺省({self.of('学历', left)}, 大专)"]))

    def rows(self, kind: str, count: int) -> list[str]:
        return [f"{{当: '{self.of('是否', 1)}', 得: '{self.of(kind, 1)}'}}" for _ in range(count)]


@st.composite
def rules(draw) -> str:
    """The text of some rules of every unit and form, later ones reading earlier ones."""
    earlier: dict[str, str] = {}
    per_segment: dict[str, str] = {}
    lines = ["规则:"]
    for number in range(draw(st.integers(2, 6))):
        unit = draw(st.sampled_from(["元", "元", "元", "级", "日期", "是否", "学历"]))
        seg = unit == "元" and draw(st.integers(0, 3)) == 0
        writer = Writer(draw, {**earlier, **(per_segment if seg else {})})
        name = f"规则{number}"
        rounding = draw(st.sampled_from(["", *WORDS])) if unit == "元" else ""
        lines += [f"  {name}:", f"    单位: {unit}", "    依据: {文件: 例, 参照: 试验}"]
        lines += ["    按: 段"] if seg else []
        lines += [f"    取整: {rounding}"] if rounding else []
        lines += [
            f"    自 2020-01-01:{line}" if n == 0 else line
            for n, line in enumerate(block(draw, writer, unit, seg, per_segment))
        ]
        (per_segment if seg else earlier)[name] = unit
    return "\n".join(lines)


def block(draw, writer: Writer, unit: str, seg: bool, per_segment: dict[str, str]) -> list[str]:
    """Return what a rule says: a formula, exceptions, or one of the forms."""
    form = draw(st.sampled_from(["算式", "算式", "例外", "首个", "就高", "累加", "条件组"]))
    if unit == "元" and per_segment and not seg and draw(st.booleans()):
        return [f" '四舍五入到分(合计各段({draw(st.sampled_from(list(per_segment)))}))'"]
    if form in ("就高", "累加") and unit not in ("元", "级"):
        form = "首个"
    if form == "条件组":
        if unit != "是否":
            form = "算式"
        else:
            return ["", "      条件组:", *[f"        - {{当: '{writer.of('是否', 1)}'}}" for _ in range(3)]]
    if form == "算式":
        return [f" '{writer.of(unit, draw(st.integers(1, 3)))}'"]
    rows = [f"        - {row}" for row in writer.rows(unit, draw(st.integers(1, 3)))]
    if form == "例外":
        return ["", f"      一般: '{writer.of(unit, 2)}'", "      例外:", *rows]
    if form == "首个":
        rest = [f"        - {{得: '{writer.of(unit, 1)}'}}"] if draw(st.booleans()) else []
        return ["", "      首个:", *rows, *rest]
    cap = [f"      封顶: '{writer.of(unit, 1)}'"] if draw(st.booleans()) else []
    return ["", f"      {form}:", *rows, *cap]


@st.composite
def people(draw, count: int = 6) -> list[policy.Stretch]:
    """Some people, each with one to three stretches and facts missing anywhere."""
    found: list[policy.Stretch] = []
    for number in range(draw(st.integers(1, count))):
        spans = draw(
            st.sampled_from([((1, 31),), ((1, 31),), ((12, 31),), ((1, 1), (2, 31)), ((1, 9), (10, 20), (25, 30))])
        )
        for span in spans:
            values = {name: draw(st.sampled_from([None, *pool, *pool])) for name, pool in VALUES.items()}
            given = {name: value for name, value in values.items() if value is not None or draw(st.booleans())}
            found += person(f"人{number}", span, period=OCTOBER, **given)
    return found


# ── people of real packs ──

EDGES = (
    "0",
    "0.01",
    "4545.99",
    "4546.00",
    "4546.01",
    "7215.00",
    "22729.99",
    "22730.00",
    "22730.01",
    "35999.99",
    "36000.01",
)
YEARS = st.dictionaries(
    st.integers(2010, 2026).map(str), st.sampled_from(["不合格", "基本合格", "合格", "优秀", None]), max_size=16
)
DAYS = st.sampled_from(
    ["2008-02-29", "2019-01-01", "2024-12-31", "2025-01-01", "2026-09-30", "2026-10-01", "2026-10-31"]
)


def values_of(column: policy.Column) -> st.SearchStrategy:
    """Return canonical values of a column, edges first."""
    if column.table and column.reading != "逐年":
        return st.sampled_from(column.table.labels)
    if column.reading == "逐年":
        return YEARS
    if column.type == "日期":
        return DAYS
    if column.type == "是否":
        return st.booleans()
    if column.unit == "元":
        return st.sampled_from(EDGES) | st.integers(0, 9_999_999).map(lambda fen: f"{fen // 100}.{fen % 100:02d}")
    if column.type == "数":
        low = max(column.low or 0, 0)
        whole = st.integers(low, min(column.high or 0, 40))
        return whole if column.unit == "月" else whole | st.just(f"{low}.5")
    return st.sampled_from(["甲", "乙"])


@st.composite
def workers(draw, pack: policy.Pack, want: list[str]) -> list[policy.Stretch]:
    """People of a real pack in October, in one or more stretches, anything missing."""
    found: list[policy.Stretch] = []
    columns = pack.catalogue.columns
    needed = policy.columns_needed(pack, OCTOBER, want)
    for number in range(draw(st.integers(1, 4))):
        sparse = draw(st.sampled_from([0, 1, 5]))
        for span in draw(st.sampled_from([((1, 31),), ((16, 31),), ((1, 15), (16, 31))])):
            given = {n: draw(values_of(columns[n])) for n in needed if draw(st.integers(0, 9)) >= sparse}
            found += person(number, span, **given)
    return found
