"""Every problem a sheet can have, numbered: level, and a sentence that says what, what it means and what to do."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass
from typing import Any

ERROR, NOTICE = "错误", "提醒"

CATALOGUE: dict[str, tuple[str, str]] = {
    # the form
    "S201": (
        ERROR,
        "找不到表头：没有一行同时写着姓名、证件号码这样的栏名。请确认放的是花名册或期初数据，表头在前 40 行之内。",
    ),
    "S202": (ERROR, "表头里没有“{name}”这一栏，分不清谁是谁。请补上这一栏。"),
    "S203": (NOTICE, "这一栏读作“{path}”，把握 {confidence}%。{why}请看一眼；不对就改栏名，或在对列时指定。"),
    "S204": (NOTICE, "这一栏没有收：{why}要收的话，请把栏名改成目录里的说法，或在对列时指定。"),
    "S205": (NOTICE, "“{name}”是隐藏的工作表，没有读。要读的话，请取消隐藏再放入。"),
    "S206": (NOTICE, "这一行写着 {said} 人，上面数出来是 {counted} 人。请核对是否漏了行。"),
    "S207": (NOTICE, "这一栏和{other}说的是同一件事，只收了{other}。"),
    "S208": (NOTICE, "“{name}”里找不到表头，整张没有读。"),
    "S209": (ERROR, "有表头，没有一行人员。请确认放的是填好的那一份。"),
    # a cell
    "S301": (
        ERROR,
        "“{name}”读不懂这个日子：{why}请改成 2019-03-05 或 2019年3月 这样的写法，确实不知道就留空。",
    ),
    "S302": (NOTICE, "“{name}”有 {count} 格只写到月，按当月{day}读。知道是哪天的请补上。"),
    "S303": (ERROR, "“{name}”里没有“{value}”这个说法。{hint}"),
    "S304": (ERROR, "“{name}”读不成数：{why}请只填数字，如 5263.00。"),
    "S305": (ERROR, "“{name}”是公式出错的格子（{value}）。请改好公式，或直接填上值。"),
    "S306": (NOTICE, "电话的位数不对，应为 11 位手机号或带区号的固定电话。这一格没有收，补正后再导入即可。"),
    "S307": (
        ERROR,
        "“{name}”存成了数字，超过 15 位的数字已经丢失，补不回来。请把这一栏设成文本，照原件重填。",
    ),
    "S308": (ERROR, "“{name}”应在 {low} 到 {high} 之间。请核对。"),
    "S309": (ERROR, "“{name}”应是 12 到 19 位数字的账号。请照银行卡核对。"),
    "S310": (ERROR, "“{name}”读不懂，应填是或否。"),
    # an ID number
    "S321": (ERROR, "证件号码校验不对：照前 17 位算，末位应为 {expected}。请照证件逐位核对。"),
    "S322": (ERROR, "证件号码应是 18 位，这里是 {length} 位。请照证件核对。"),
    "S323": (ERROR, "证件号码里的出生日期不存在：{birth}。请照证件核对。"),
    "S324": (NOTICE, "15 位的旧号码，已按规则换成 18 位。请照现在的证件核对。"),
    "S325": (
        NOTICE,
        "有 {count} 个证件号码的地区代码没有启用过（{codes}）。号码校验都对，照收；请抽几份证件看一眼。",
    ),
    "S326": (ERROR, "没有填证件号码，分不清是谁。请补上。"),
    # a row
    "S401": (ERROR, "没有填姓名。请补上。"),
    "S402": (ERROR, "第 {rows} 行用了同一个证件号码，至少有一行填错。{hint}请照证件改正。"),
    "S403": (NOTICE, "和第 {other} 行是同一个证件号码，那一行已列为错误；两行都要核对。"),
    "S404": (ERROR, "性别写的是{sex}，证件号码第 17 位说是{by_id}，有一个填错了。请照证件核对。"),
    "S405": (ERROR, "出生日期写的是 {birth}，证件号码里是 {by_id}，有一个填错了。请照证件核对。"),
    "S406": (ERROR, "没有“{value}”这个社区。{hint}"),
    "S407": (ERROR, "没有“{value}”这个街道（镇）。{hint}"),
    "S408": (ERROR, "没有填社区，上面也没有可以接着用的。请补上。"),
    "S409": (NOTICE, "社区空着，而上面的“{above}”不认识，按再上面的“{value}”读（到第 {last} 行）。请核对。"),
    "S410": (ERROR, "合同 {end} 终止，却在 {start} 起始，前后颠倒。请照合同核对。"),
    "S411": (ERROR, "取证日期 {got} 早于参加工作日期 {started}，有一个填错了。请照证书和档案核对。"),
    "S412": (NOTICE, "“{name}”写的是 {day}，在填报时间 {stated} 之后。请核对年份。"),
    "S414": (ERROR, "“{name}”写的是 {day}，不晚于证件号码里的出生日期，有一个填错了。请照档案核对。"),
    "S417": (NOTICE, "有 {count} 人没有证书，却填了“{name}”，这一格没有收。"),
    # the ledger
    "S501": (ERROR, "名册里没有这个证件号码的人。请先导入花名册，或核对号码。"),
    "S502": (
        ERROR,
        "“{name}”由“{old}”变成“{new}”，表里没有写从哪天起。请用 --effective 给出生效日，再导入。",
    ),
    "S503": (ERROR, "认不出用人单位，请用 --payer 给出代码。{why}"),
    "S504": (
        ERROR,
        "表上没有填报时间，也没有写截至哪天，期初数据不知道截到哪天。请在标题里写上“截至2026年9月30日”。",
    ),
    "S505": (
        ERROR,
        "没有一个日子可以作为这个人的起点：从事社区工作、合同起始、参加工作都是空的。请至少补一个。",
    ),
    "S508": (ERROR, "台账没有收：{why}。请核对这一行。"),
    "S509": (NOTICE, "库里还没有组织目录，社区按随程序的 {count} 个社区和村的名录核对。"),
    "S510": (NOTICE, "名册里还没有人，没有比对；这张表没有社区一栏，正式导入前请先导入花名册。"),
    "S507": (
        ERROR,
        "姓名写的是“{new}”，名册里这个证件号码是“{old}”。请核对；确实改了名，请用 --effective 给出生效日。",
    ),
}


@dataclass(frozen=True)
class Problem:
    """One thing wrong or worth a look: where (column is a letter, row counts from 1, 0 for the whole sheet), what, what to do."""

    sheet: str
    row: int
    column: str
    value: str
    code: str
    level: str
    message: str

    @property
    def is_error(self) -> bool:
        """Whether it stops the import of its row."""
        return self.level == ERROR

    def as_dict(self) -> dict[str, object]:
        """Ready for JSON."""
        return asdict(self)


def problem(code: str, sheet: str, row: int = 0, column: str = "", value: str = "", **words: Any) -> Problem:
    """Make a problem of the catalogue; `value` must already be masked where it is personal."""
    level, text = CATALOGUE[code]
    return Problem(sheet, row, column, value, code, level, text.format(**{"value": value, **words}))


def mask(value: str) -> str:
    """Hide the middle of a personal number: 4407**********0328."""
    value = value.strip()
    if len(value) < 8:
        return "*" * len(value)
    return value[:4] + "*" * (len(value) - 8) + value[-4:]


def mask_numbers(text: str) -> str:
    """Hide every long number inside a text."""
    return re.sub(r"\d{11,}[\dXx]?", lambda found: mask(found.group()), text)


def letter(column: int) -> str:
    """The letter of a column counted from 0: 0 → A, 26 → AA."""
    letters = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def in_order(problems: list[Problem]) -> list[Problem]:
    """Problems by sheet in their first order, then row, then column."""
    sheets = {name: place for place, name in enumerate(dict.fromkeys(each.sheet for each in problems))}
    return sorted(problems, key=lambda each: (sheets[each.sheet], each.row, len(each.column), each.column, each.code))
