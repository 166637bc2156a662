from datetime import datetime
from decimal import Decimal
from io import BytesIO

import openpyxl
import pytest

from gugan import office
from gugan.office.writer import PrintColumn, PrintedTable, write

NOW = datetime(2026, 10, 31, 9, 0)


def row(street, community, name, gross, net, number="440799199903070328"):
    return {
        "street": street,
        "community": community,
        "name": name,
        "id": number,
        "gross": gross,
        "net": net,
        "on": "2026-10-31",
    }


ROWS = [
    row("白沙街道", "羊桥社区", "甲", Decimal("7230.10"), Decimal("6000.07")),
    row("白沙街道", "羊桥社区", "=1+1", Decimal("0.20"), None),
    row("白沙街道", "迦南社区", "@丙", "66263.94", Decimal("-12.30")),
    row("环市街道", "五福社区", "丁", Decimal("99999999.99"), 0),
]
COLUMNS = [
    PrintColumn("name", "姓名"),
    PrintColumn("id", "身份证号码", width=20),
    PrintColumn("on", "日期", kind="date"),
    PrintColumn("gross", "应发", group="金额", kind="money"),
    PrintColumn("net", "实发", group="金额", kind="money"),
]


def table(**changes):
    return PrintedTable(
        **{
            "title": "工资表",
            "notes": ("单位：蓬江区", "单位：元"),
            "columns": COLUMNS,
            "rows": ROWS,
            "groups": ("street", "community"),
            **changes,
        }
    )


def texts(data):
    sheet = office.read(data, "t.xlsx").sheets[0]
    return [[cell.text for cell in each] for each in sheet.rows]


def test_printed_table_has_title_header_subtotals_and_signatures():
    assert texts(write([table()], NOW)) == [
        ["工资表", "", "", "", "", ""],
        ["单位：蓬江区", "", "", "单位：元", "", ""],
        ["序号", "姓名", "身份证号码", "日期", "金额", ""],
        ["", "", "", "", "应发", "实发"],
        ["1", "甲", "440799199903070328", "2026-10-31", "7230.1", "6000.07"],
        ["2", "=1+1", "440799199903070328", "2026-10-31", "0.2", ""],
        ["羊桥社区 小计 2 人", "", "", "", "7230.3", "6000.07"],
        ["3", "@丙", "440799199903070328", "2026-10-31", "66263.94", "-12.3"],
        ["迦南社区 小计 1 人", "", "", "", "66263.94", "-12.3"],
        ["白沙街道 小计 3 人", "", "", "", "73494.24", "5987.77"],
        ["4", "丁", "440799199903070328", "2026-10-31", "99999999.99", "0"],
        ["五福社区 小计 1 人", "", "", "", "99999999.99", "0"],
        ["环市街道 小计 1 人", "", "", "", "99999999.99", "0"],
        ["合计 4 人", "", "", "", "100073494.23", "5987.77"],
        ["", "", "", "", "", ""],
        ["制表：", "", "复核：", "审批：", "领导签字：", ""],
    ]


def test_money_stands_in_the_file_as_the_exact_decimal():
    sheet = openpyxl.load_workbook(BytesIO(write([table()], NOW))).active
    assert [repr(sheet.cell(line, 5).value) for line in (5, 6, 8, 11, 14)] == [
        "7230.1",
        "0.2",
        "66263.94",
        "99999999.99",
        "100073494.23",
    ]
    assert sheet.cell(5, 5).number_format == "0.00"


def test_a_text_is_never_a_formula():
    sheet = openpyxl.load_workbook(BytesIO(write([table()], NOW))).active
    assert [(cell.value, cell.data_type) for cell in (sheet["B6"], sheet["B8"])] == [
        ("=1+1", "s"),
        ("@丙", "s"),
    ]


def test_page_is_a4_across_with_the_header_on_each_page_and_the_banner():
    sheet = openpyxl.load_workbook(BytesIO(write([table(banner="示例，不作依据", freeze=2)], NOW))).active
    assert sheet.page_setup.orientation == "landscape"
    assert sheet.page_setup.paperSize == 9
    assert sheet.print_title_rows == "$4:$5"
    assert sheet.freeze_panes == "C6"
    assert sheet.oddHeader.center.text == "示例，不作依据"
    assert sheet["A2"].value == "示例，不作依据"


def test_one_header_row_without_groups_and_no_numbers_when_told():
    lines = texts(
        write(
            [table(columns=[PrintColumn("name", "姓名")], numbered=False, groups=(), notes=(), signatures=("制表",))],
            NOW,
        )
    )
    assert [line[0] for line in lines] == [
        "工资表",
        "姓名",
        "甲",
        "=1+1",
        "@丙",
        "丁",
        "合计 4 人",
        "",
        "制表：",
    ]


def test_same_table_and_moment_give_the_same_bytes():
    assert write([table()], NOW) == write([table()], NOW)


@pytest.mark.parametrize(
    ("value", "error"),
    [(1.5, TypeError), (Decimal("1.005"), ValueError), (Decimal("12345678901234.56"), ValueError)],
)
def test_a_number_that_could_not_be_exact_is_refused(value, error):
    with pytest.raises(error):
        write([table(rows=[row("甲", "乙", "丙", value, None)])], NOW)
