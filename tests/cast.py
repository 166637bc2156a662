"""A dozen fictional people, each with a reason to exist; tests, docs and screenshots use the same ones. 人物为虚构.

`roster(path)` and `opening(path)` write them the way an office keeps them: title, two header rows, merged cells, subtotal.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from openpyxl import Workbook

from gugan.records.idnumber import check_digit


def id_number(born: str, sequence: int) -> str:
    """An ID number of county code 440799, which was never assigned; odd sequence: male."""
    first = f"440799{born.replace('-', '')}{sequence:03d}"
    return first + check_digit(first)


@dataclass(frozen=True)
class Member:
    """One of the cast. steps and opening figures are None where the opening sheet leaves the person out."""

    name: str
    reason: str
    community: str
    id: str
    post: str
    education: str
    since: str
    certificate: str = "无"
    obtained: str = ""
    appointed: str = ""
    result: str = "合格"
    steps: int | None = 0
    base: int = 6020
    months: int = 9
    gross: str = "0"
    withheld: str = "0"
    duty: int = 0

    @property
    def sex(self) -> str:
        """男 or 女, as the ID number says."""
        return "男" if int(self.id[16]) % 2 else "女"


CAST = (
    Member("林惠珊", "every line at once: grade 10, certificate, duty; her slip is worked by hand", "羊桥社区",
           id_number("1988-03-28", 32), "副职", "本科", "2012-03-01", "社会工作师", "2024-06-20", "是", steps=4, gross="56230.00"),
    Member("孔嘉俊", "the plainest slip: grade 2, no certificate", "羊桥社区", id_number("2000-08-10", 622), "工作人员", "本科", "2024-03-01"),
    Member("欧阳慧", "a surname of two characters", "羊桥社区", id_number("1991-05-02", 44), "工作人员", "大专", "2018-06-01", steps=2),
    Member("单雄", "a surname with a reading of its own (shàn)", "迦南社区", id_number("1985-12-31", 17), "正职", "硕士", "2010-01-15",
           "高级社会工作师", "2020-01-01", "是", "优秀", steps=5, base=9000, gross="81000.00", withheld="60.00"),
    Member("阿依努尔·买买提", "a name with a middle dot", "迦南社区", id_number("1995-11-07", 938), "工作人员", "本科", "2021-09-01", steps=1),
    Member("张𬭎", "a rare character", "迦南社区", id_number("2000-05-26", 701), "工作人员", "大专", "2022-07-01", steps=1),
    Member("邓建玉", "last year's result 不合格: no performance pay", "明文社区", id_number("1982-09-01", 210), "工作人员", "本科", "2012-08-19",
           result="不合格", steps=3),
    Member("何晓岚", "not in the opening sheet: every default is named", "明文社区", id_number("1993-04-18", 226), "工作人员", "本科", "2019-03-05",
           "助理社会工作师", "2020-05-01", steps=None),
    Member("区倩仪", "certificate obtained this month: allowance from next month", "明文社区", id_number("1994-02-14", 128), "工作人员", "本科",
           "2020-02-01", "助理社会工作师", "2026-10-05", steps=2),
    Member("麦永强", "at the top of his range: 15 is 副职's last grade", "岭梅社区", id_number("1970-07-07", 73), "副职", "博士", "1995-01-01",
           "高级社会工作师", "2015-06-01", "是", steps=10),
    Member("严娜嘉", "past every retirement line and still at work", "岭梅社区", id_number("1962-03-05", 308), "工作人员", "本科", "2001-03-01", steps=8),
    Member("石然", "no yearly result on record: counts as 合格", "岭梅社区", id_number("1999-01-31", 511), "工作人员", "高中", "2025-12-01", result=""),
)  # fmt: skip
BY_NAME = {member.name: member for member in CAST}


def roster(path: Path, members: tuple[Member, ...] = CAST) -> Path:
    """Write the cast's roster as an office keeps it."""
    book = Workbook()
    sheet = book.active
    sheet.title = "花名册"
    sheet.append(["白沙街道社区工作者花名册（虚构）"])
    sheet.append(["填报单位(盖章):白沙街道        填报时间:2026年10月31日"])
    sheet.append(
        ["序号", "街道", "社区", "基本信息", None, None, None, "岗位信息", None, None, "职业资格", None, "上年度考核"]
    )
    sheet.append(
        [
            None,
            None,
            None,
            "姓名",
            "性别",
            "身份证号码",
            "最高学历",
            "岗位类别",
            "参加工作时间",
            "从事社区工作时间",
            "社工证级别",
            "取证时间",
        ]
    )
    for area in ("A1:M1", "A3:A4", "B3:B4", "C3:C4", "D3:G3", "H3:J3", "K3:L3", "M3:M4"):
        sheet.merge_cells(area)
    last = None
    for number, m in enumerate(members, 1):
        community = m.community if m.community != last else None
        last = m.community
        sheet.append([number, "白沙街道" if number == 1 else None, community, m.name, m.sex, m.id, m.education, m.post,
                      m.since, m.since, m.certificate, m.obtained, m.result])  # fmt: skip
    sheet.append([None, "小计", None, f"{len(members)}人"])
    book.save(path)
    return path


def opening(path: Path, members: tuple[Member, ...] = CAST) -> Path:
    """Write the cast's opening balances; a member without steps is left out."""
    book = Workbook()
    sheet = book.active
    sheet.title = "期初数据"
    sheet.append(["白沙街道社区工作者期初数据(截至2026年9月30日)（虚构）"])
    sheet.append(["姓名", "身份证号码", "本单位在职月数", "年初至今应发合计", "年初至今个人三险一金", "年初至今专项附加扣除", "年初至今已预扣个税",
                  "养老等缴费基数", "公积金缴存基数", "职业水平是否聘任", "已晋级数", "提前晋级次数"])  # fmt: skip
    for m in members:
        if m.steps is not None:
            sheet.append(
                [
                    m.name,
                    m.id,
                    m.months,
                    float(m.gross),
                    0,
                    0,
                    float(m.withheld),
                    m.base,
                    m.base,
                    m.appointed,
                    m.steps,
                    0,
                ]
            )
    book.save(path)
    return path
