"""What a column can mean: one fact of the catalogue, one of its keyed entries, or a place that only helps to read the row."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from gugan.policy.catalogue import Catalogue, Fact, Kind
from gugan.sheets.cells import plain

INSURANCES = ("养老保险", "医疗保险", "失业保险", "工伤保险")
FUND = "住房公积金"
LAST_YEAR = "上年"
STREET = "街道"
STREET_FACT = Fact(STREET, "", "文")
COMMUNITY = "入职.工作社区"
ID_NUMBER, NAME = "个人信息.证件号码", "个人信息.姓名"

STREET_NAMES = (
    "街道",
    "镇街",
    "街镇",
    "街道镇",
    "镇街道",
    "乡镇",
    "乡镇街道",
    "街道乡镇",
    "所属街道",
    "所在街道",
    "所属镇街",
    "所在镇街",
    "街道名称",
    "镇",
)
COMMUNITY_NAMES = (
    "村社区",
    "社区村",
    "村居社区",
    "工作社区",
    "服务社区",
    "所在村居",
    "社区居委会",
    "居委会",
    "任职社区",
    "街道社区",
    "所在单位",
    "所属单位",
)
NOT_FACTS = (
    "序号",
    "编号",
    "备注",
    "说明",
    "签名",
    "签字",
    "本人签名",
    "审核人",
    "核对",
    "行号",
    "序",
    "号",
    "No",
)
AMBIGUOUS = {
    "职业资格.取得日期": (
        ("取证时间", "取证日期", "发证日期", "发证时间", "证书日期", "证书时间"),
        88,
        "也可能是登记日期；津贴若从登记次月起算，两者差几个月，钱就不同。",
    ),
}
DEDUCTION_NAMES = {
    "子女教育": ("子女教育", "子女教育扣除"),
    "赡养老人": ("赡养老人", "赡养老人扣除"),
    "住房租金": ("住房租金", "住房租金扣除"),
    "住房贷款利息": ("住房贷款利息", "房贷利息", "住房贷款", "首套房贷利息"),
    "继续教育": ("继续教育", "继续教育扣除"),
    "3岁以下婴幼儿照护": ("3岁以下婴幼儿照护", "婴幼儿照护", "三岁以下婴幼儿照护"),
}
ALL_BASES = (
    "养老等缴费基数",
    "社保缴费基数",
    "社会保险缴费基数",
    "缴费基数",
    "社保基数",
    "五险缴费基数",
    "四险缴费基数",
)
FUND_BASES = ("公积金缴存基数", "住房公积金缴存基数", "公积金基数", "住房公积金基数", "公积金缴费基数")
LAST_APPRAISAL = (
    "上年度考核",
    "上年考核",
    "上年度考核结果",
    "上年度考核等次",
    "年度考核",
    "考核结果",
    "考核等次",
    "年度考核结果",
)
YEARLY = re.compile(r"(\d{4})年?(?:年度)?(?:考核)?(?:结果|等次|情况)?")
NEEDS_GROUP = frozenset((
    "起", "止", "类别", "名称", "项目", "结果", "级别", "因", "数量", "金额", "基数", "月额", "年度", "截至",
    "末日", "借往", "代码", "上级", "险种", "月份", "级数", "授予单位", "政策包", "聘任", "核定等级",
))  # fmt: skip


@dataclass(frozen=True)
class Target:
    """A meaning. `path` is kind.fact (or 街道); `keys` the entries of a keyed kind that one column fills, 上年 for the year before."""

    path: str
    fact: Fact
    keys: tuple[str, ...] = ()
    names: tuple[str, ...] = field(default=(), compare=False)

    @property
    def label(self) -> str:
        """As shown and remembered: 年度考核.结果[2016]."""
        return self.path + (f"[{'、'.join(self.keys)}]" if self.keys else "")

    def claims(self) -> set[tuple[str, str]]:
        """What no other column may claim beside this one."""
        return {(self.path, key) for key in self.keys or ("",)}


def all_targets(catalogue: Catalogue) -> list[Target]:
    """Every meaning that is not tied to a year: facts about people, bases by insurance, deductions by item, the street."""
    targets = [Target(STREET, STREET_FACT, (), STREET_NAMES)]
    for kind in catalogue.kinds.values():
        if kind.subject == "人" and kind.name not in SPECIAL:
            targets += [plain_target(fact) for fact in kind.facts.values()]
    for name, build in SPECIAL.items():
        if name in catalogue.kinds:
            targets += build(catalogue.kinds[name])
    return targets


def plain_target(fact: Fact) -> Target:
    """A fact under its own name, its synonyms, and its name behind its kind's (劳动合同起)."""
    own = () if fact.name in NEEDS_GROUP else (fact.name,)
    extra = COMMUNITY_NAMES if fact.path == COMMUNITY else ()
    qualified = (fact.kind + fact.name,) if fact.kind != fact.name else ()
    return Target(fact.path, fact, (), tuple(dict.fromkeys((*own, *fact.synonyms, *extra, *qualified))))


def base_targets(kind: Kind) -> list[Target]:
    """One column may give the base of all insurances, of one, or of the housing fund."""
    fact = kind.facts["基数"]
    targets = [Target(fact.path, fact, INSURANCES, ALL_BASES), Target(fact.path, fact, (FUND,), FUND_BASES)]
    for name in INSURANCES:
        words = (name, name.removesuffix("保险"))
        targets.append(
            Target(
                fact.path,
                fact,
                (name,),
                tuple(word + tail for word in words for tail in ("缴费基数", "基数")),
            )
        )
    return targets


def deduction_targets(kind: Kind) -> list[Target]:
    """One column per item of the special additional deductions."""
    fact, table = kind.facts["月额"], kind.facts["项目"].table
    return [
        Target(fact.path, fact, (item,), DEDUCTION_NAMES.get(item, (item,)))
        for item in (table.labels if table else DEDUCTION_NAMES)
    ]


def appraisal_targets(kind: Kind) -> list[Target]:
    """The result of the year before the form's; years written out are year_target's."""
    return [Target("年度考核.结果", kind.facts["结果"], (LAST_YEAR,), LAST_APPRAISAL)]


SPECIAL: dict[str, Callable[[Kind], list[Target]]] = {
    "缴费基数": base_targets,
    "专项附加扣除": deduction_targets,
    "年度考核": appraisal_targets,
    "月度事项": lambda kind: [],
}


def year_target(text: str, group: str, catalogue: Catalogue) -> Target | None:
    """The meaning of a heading such as 2016年考核, or of 2016 below 年度考核."""
    kind = catalogue.kinds.get("年度考核")
    text, group = plain(text), plain(group)
    found = YEARLY.fullmatch(text)
    if not kind or not found or not ("考核" in text or "考核" in group):
        return None
    return Target("年度考核.结果", kind.facts["结果"], (found[1],))


def by_label(label: str, catalogue: Catalogue) -> Target | None:
    """The meaning a remembered mapping names, or None where the catalogue has it no more."""
    path, _, keys = label.partition("[")
    if path == STREET:
        return Target(STREET, STREET_FACT)
    try:
        fact = catalogue.fact(path)
    except KeyError:
        return None
    return Target(path, fact, tuple(keys.rstrip("]").split("、")) if keys else ())
