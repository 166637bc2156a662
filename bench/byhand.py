"""The pack 9901 written by hand, once in NumPy by blocks and once as one Numba loop: what the engine is held against."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Any

import numpy as np

WANT = [
    "起点等级", "职业资格加级", "晋级级数", "岗位等级", "月薪酬标准", "基本报酬", "绩效报酬", "职业资格津贴",
    "值班补贴", "事假扣款", "应发工资", "养老基数", "医疗基数", "失业基数", "工伤基数", "公积金基数", "养老保险个人",
    "医疗保险个人", "失业保险个人", "住房公积金个人", "养老保险单位", "医疗保险单位", "失业保险单位", "工伤保险单位",
    "住房公积金单位", "个人五险一金", "单位承担", "累计月数", "累计减除费用", "累计收入", "累计专项扣除",
    "本期专项附加扣除", "累计专项附加扣除", "累计应纳税所得额", "累计应预扣税额", "本期应预扣税额", "个人所得税",
    "实发工资", "前期月数", "前期累计收入", "前期累计专项扣除", "前期累计专项附加扣除", "累计已预扣税额",
]  # fmt: skip
BLOCK = 16_384
# 正职 副职 工作人员 in the order of the table's labels: 工作人员, 副职, 正职
FIRST, LAST = np.array([1, 4, 7]), np.array([12, 15, 18])
SCHOOL = np.array([0, 1, 2, 3])
STANDARD = np.array([4000 * (100 + 6 * step) for step in range(18)])
APPRAISED = np.array([0, 80, 100, 120])
STEPS = np.array([3_600_000, 14_400_000, 30_000_000, 42_000_000, 66_000_000, 96_000_000])
RATES = np.array([3, 10, 20, 25, 30, 35, 45])
QUICK = np.array([0, 252_000, 1_692_000, 3_192_000, 5_292_000, 8_592_000, 18_192_000])
END = np.datetime64("2026-10-31")


def raw(table: dict[str, Any]) -> dict[str, np.ndarray]:
    """Return the columns as plain arrays."""
    found = {}
    for name, column in table.items():
        if hasattr(column, "indices"):
            column = column.indices.to_numpy()
        found[name.removesuffix("_fen")] = column
    return found


def month_of(days: np.ndarray) -> np.ndarray:
    """Return the months of days, counted."""
    return days.astype("datetime64[M]").astype(np.int64)


def block(t: dict[str, np.ndarray], s: slice, out: dict[str, np.ndarray]) -> None:
    """One block of a month, as one would write it for this pack alone."""
    post, steps = t["岗位类别"][s], t["历年晋级"][s].astype(np.int64) * 100
    own = np.where(t["高级聘任"][s], 2, np.where(t["社工师聘任"][s], 1, 0))
    start = FIRST[post] + SCHOOL[t["学历"][s]] + own
    grade = np.minimum(start * 100 + steps, LAST[post] * 100)
    standard = STANDARD[grade // 100 - 1]
    basic = (standard * 7 + 5) // 10
    merit = (standard * 3 * APPRAISED[t["历年考核@2025"][s]] + 500) // 1000
    end = month_of(END)
    allowance = np.where(month_of(t["助理登记日期"][s]) < end, 10_000, 0)
    allowance = np.where(month_of(t["社工师登记日期"][s]) < end, 20_000, allowance)
    allowance = np.where(month_of(t["高级登记日期"][s]) < end, 30_000, allowance)
    duty = t["值班次数"][s].astype(np.int64) * 5_000
    leave = -np.minimum((standard * t["事假天数"][s].astype(np.int64) * 100 + 1087) // 2175, basic)
    gross = basic + merit + allowance + duty + leave
    bases = {
        n: np.minimum(np.maximum(t[f"{n}缴费基数"][s], 454_600), 2_273_000) for n in ("养老", "医疗", "失业", "工伤")
    }
    fund = t["公积金缴存基数"][s]
    rows: dict[str, Any] = {
        "起点等级": start, "职业资格加级": own, "晋级级数": steps, "岗位等级": grade, "月薪酬标准": standard, "基本报酬": basic,
        "绩效报酬": merit, "职业资格津贴": allowance, "值班补贴": duty, "事假扣款": leave, "应发工资": gross, "公积金基数": fund,
        **{f"{name}基数": base for name, base in bases.items()},
        "养老保险个人": (bases["养老"] * 8 + 50) // 100, "医疗保险个人": (bases["医疗"] * 2 + 50) // 100,
        "失业保险个人": (bases["失业"] * 5 + 500) // 1000, "住房公积金个人": (fund * 5 + 5000) // 10_000 * 100,
        "养老保险单位": (bases["养老"] * 16 + 50) // 100, "医疗保险单位": (bases["医疗"] * 6 + 50) // 100,
        "失业保险单位": (bases["失业"] * 5 + 500) // 1000, "工伤保险单位": (bases["工伤"] * 2 + 500) // 1000,
        "住房公积金单位": (fund * 5 + 5000) // 10_000 * 100,
    }  # fmt: skip
    personal = rows["养老保险个人"] + rows["医疗保险个人"] + rows["失业保险个人"] + rows["住房公积金个人"]
    employer = (
        rows["养老保险单位"]
        + rows["医疗保险单位"]
        + rows["失业保险单位"]
        + rows["工伤保险单位"]
        + rows["住房公积金单位"]
    )
    before = t["已发月数"][s].astype(np.int64)
    special = t["子女教育月额"][s] + t["婴幼儿照护月额"][s] + t["赡养老人月额"][s]
    special = special + t["住房贷款利息月额"][s] + t["住房租金月额"][s] + t["继续教育月额"][s]
    months, income = before + 1, t["已发累计应发"][s] + gross
    allowed, insured = months * 500_000, t["已发累计专项扣除"][s] + personal
    specials = t["已发累计专项附加扣除"][s] + special
    taxable = np.maximum(income - allowed - insured - specials, 0)
    step = np.searchsorted(STEPS, taxable, side="left")
    due = (taxable * RATES[step] - QUICK[step] * 100 + 50) // 100
    tax = np.maximum(due - t["已发累计预扣税额"][s], 0)
    rows |= {
        "个人五险一金": personal, "单位承担": employer, "累计月数": months, "累计减除费用": allowed, "累计收入": income,
        "累计专项扣除": insured, "本期专项附加扣除": special, "累计专项附加扣除": specials, "累计应纳税所得额": taxable,
        "累计应预扣税额": due, "本期应预扣税额": tax, "个人所得税": tax, "实发工资": gross - personal - tax, "前期月数": before,
        "前期累计收入": t["已发累计应发"][s], "前期累计专项扣除": t["已发累计专项扣除"][s],
        "前期累计专项附加扣除": t["已发累计专项附加扣除"][s], "累计已预扣税额": t["已发累计预扣税额"][s],
    }  # fmt: skip
    for name, value in rows.items():
        out[name][s] = value


def numpy_by_hand(table: dict[str, Any], count: int, threads: int) -> dict[str, np.ndarray]:
    """A month in blocks on threads."""
    columns = raw(table)
    out = {name: np.empty(count, dtype=np.int64) for name in WANT}
    slices = [slice(start, min(start + BLOCK, count)) for start in range(0, count, BLOCK)]
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(lambda s: block(columns, s, out), slices))
    return out


@cache
def loop() -> Any:
    """Return the compiled loop."""
    import numba

    return numba.njit(nogil=True, error_model="numpy")(_loop)


def _loop(
    post, school, appraised, steps, senior, social, duties, leaves, before, dates, bases, specials, paid, months, standards, out, low, high
):  # fmt: skip
    for i in range(low, high):
        own = 2 if senior[i] else 1 if social[i] else 0
        first = 1 if post[i] == 0 else 4 if post[i] == 1 else 7
        last = 12 if post[i] == 0 else 15 if post[i] == 1 else 18
        start = np.int64(first + school[i] + own)
        grade = min(start * 100 + np.int64(steps[i]) * 100, last * 100)
        standard = standards[grade // 100 - 1]
        basic = (standard * 7 + 5) // 10
        coefficient = 0 if appraised[i] == 0 else 80 if appraised[i] == 1 else 100 if appraised[i] == 2 else 120
        merit = (standard * 3 * coefficient + 500) // 1000
        allowance = 0
        if months[dates[0, i]] < 681:
            allowance = 10_000
        if months[dates[1, i]] < 681:
            allowance = 20_000
        if months[dates[2, i]] < 681:
            allowance = 30_000
        duty = np.int64(duties[i]) * 5_000
        leave = -min((standard * np.int64(leaves[i]) * 100 + 1087) // 2175, basic)
        gross = basic + merit + allowance + duty + leave
        old = min(max(bases[0, i], 454_600), 2_273_000)
        ill = min(max(bases[1, i], 454_600), 2_273_000)
        idle = min(max(bases[2, i], 454_600), 2_273_000)
        hurt = min(max(bases[3, i], 454_600), 2_273_000)
        fund = bases[4, i]
        old_own, ill_own = (old * 8 + 50) // 100, (ill * 2 + 50) // 100
        idle_own, fund_own = (idle * 5 + 500) // 1000, (fund * 5 + 5000) // 10_000 * 100
        old_job, ill_job = (old * 16 + 50) // 100, (ill * 6 + 50) // 100
        hurt_job = (hurt * 2 + 500) // 1000
        personal = old_own + ill_own + idle_own + fund_own
        employer = old_job + ill_job + idle_own + hurt_job + fund_own
        special = specials[0, i] + specials[1, i] + specials[2, i] + specials[3, i] + specials[4, i] + specials[5, i]
        month = np.int64(before[i]) + 1
        income, insured, deducted = paid[0, i] + gross, paid[1, i] + personal, paid[2, i] + special
        allowed = month * 500_000
        taxable = max(income - allowed - insured - deducted, 0)
        if taxable <= 3_600_000:
            due = taxable * 3
        elif taxable <= 14_400_000:
            due = taxable * 10 - 25_200_000
        elif taxable <= 30_000_000:
            due = taxable * 20 - 169_200_000
        elif taxable <= 42_000_000:
            due = taxable * 25 - 319_200_000
        elif taxable <= 66_000_000:
            due = taxable * 30 - 529_200_000
        elif taxable <= 96_000_000:
            due = taxable * 35 - 859_200_000
        else:
            due = taxable * 45 - 1_819_200_000
        due = (due + 50) // 100
        tax = max(due - paid[3, i], 0)
        out[0, i], out[1, i], out[2, i], out[3, i] = start, own, np.int64(steps[i]) * 100, grade
        out[4, i], out[5, i], out[6, i], out[7, i], out[8, i] = standard, basic, merit, allowance, duty
        out[9, i], out[10, i], out[11, i], out[12, i], out[13, i] = leave, gross, old, ill, idle
        out[14, i], out[15, i], out[16, i], out[17, i], out[18, i] = hurt, fund, old_own, ill_own, idle_own
        out[19, i], out[20, i], out[21, i], out[22, i] = fund_own, old_job, ill_job, idle_own
        out[23, i], out[24, i], out[25, i], out[26, i] = hurt_job, fund_own, personal, employer
        out[27, i], out[28, i], out[29, i], out[30, i] = month, allowed, income, insured
        out[31, i], out[32, i], out[33, i], out[34, i] = special, deducted, taxable, due
        out[35, i], out[36, i], out[37, i], out[38, i] = tax, tax, gross - personal - tax, month - 1
        out[39, i], out[40, i], out[41, i], out[42, i] = paid[0, i], paid[1, i], paid[2, i], paid[3, i]


def numba_by_hand(table: dict[str, Any], count: int, threads: int) -> dict[str, np.ndarray]:
    """A month as one fused loop, a share for each thread."""
    t = prepared(table)
    out = np.empty((len(WANT), count), dtype=np.int64)
    share = -(-count // threads)
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(lambda low: loop()(*t, out, low, min(low + share, count)), range(0, count, share)))
    return dict(zip(WANT, out, strict=True))


_PREPARED: dict[int, tuple] = {}


def prepared(table: dict[str, Any]) -> tuple:
    """Return the loop's arguments; laying the columns together is not timed."""
    if id(table) not in _PREPARED:
        t = raw(table)
        days = [(t[f"{n}登记日期"] - np.datetime64("2000-01-01")).astype(np.int32) for n in ("助理", "社工师", "高级")]
        months = (np.datetime64("2000-01-01") + np.arange(20_000)).astype("datetime64[M]").astype(np.int64)
        bases = [t[n] for n in ("养老缴费基数", "医疗缴费基数", "失业缴费基数", "工伤缴费基数", "公积金缴存基数")]
        names = ("子女教育月额", "婴幼儿照护月额", "赡养老人月额", "住房贷款利息月额", "住房租金月额", "继续教育月额")
        paid = [t[f"已发累计{n}"] for n in ("应发", "专项扣除", "专项附加扣除", "预扣税额")]
        columns = [
            t[n]
            for n in ("岗位类别", "学历", "历年考核@2025", "历年晋级", "高级聘任", "社工师聘任", "值班次数", "事假天数")
        ]
        _PREPARED[id(table)] = (
            *columns, t["已发月数"], np.array(days), np.array(bases), np.array([t[n] for n in names]), np.array(paid),
            months, STANDARD,
        )  # fmt: skip
    return _PREPARED[id(table)]
