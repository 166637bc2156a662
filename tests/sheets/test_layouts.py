"""Rosters in other shapes than the demo's: every one a way some office keeps them."""

import io
from datetime import date

import pytest
import xlwt

from tests.sheets.conftest import number_of, workbook

A, B, C, D = (
    number_of(123, "19900415"),
    number_of(124, "19881203"),
    number_of(125, "19950720"),
    number_of(126, "20000229"),
)
HEADER = [
    "序号",
    "街道",
    "社区",
    "姓名",
    "性别",
    "身份证号码",
    "联系电话",
    "岗位类别",
    "参加工作时间",
    "合同起始",
    "合同终止",
]
PEOPLE = [
    ["1", "白沙街道", "羊桥社区", "周甲", "男", A, "13900000001", "正职", "2012-07-01", "2024-01-01", "2026-12-31"],
    ["2", "", "", "吴乙", "女", B, "13900000002", "副职", "2010年7月", "2024-01-01", "2026-12-31"],
    ["3", "", "迦南社区", "郑丙", "男", C, "13900000003", "工作人员", "2017.07", "2024-01-01", "2026-12-31"],
    ["4", "环市街道", "五福社区", "王丁", "女", D, "13900000004", "工作人员", "20220701", "2024-01-01", "2026-12-31"],
]
YANGQIAO, JIANAN, WUFU = "440703002101", "440703002102", "440703006"


def communities(reading):
    return [(row.name, row.community[:12]) for row in reading.rows]


def errors(reading):
    return [(each.row, each.column, each.code) for each in reading.errors]


def expect_people(reading):
    assert errors(reading) == []
    assert [(row.name, row.id_number) for row in reading.rows] == [("周甲", A), ("吴乙", B), ("郑丙", C), ("王丁", D)]
    assert [row.community[:9] for row in reading.rows] == ["440703002"] * 3 + ["440703006"]
    assert [row.community for row in reading.rows][:3] == [YANGQIAO, YANGQIAO, JIANAN]
    assert [row.get("参加工作.参加工作日期") for row in reading.rows] == [
        "2012-07-01",
        "2010-07-01",
        "2017-07-01",
        "2022-07-01",
    ]


def test_one_header_row_in_the_first_line(read_file):
    expect_people(read_file(workbook(("Sheet1", [HEADER, *PEOPLE]))))


def test_columns_in_another_order(read_file):
    order = [5, 3, 10, 9, 1, 2, 8, 4, 7, 6, 0]
    rows = [[row[index] for index in order] for row in (HEADER, *PEOPLE)]
    expect_people(read_file(workbook(("Sheet1", rows))))


def test_header_in_row_six_below_titles_and_remarks(read_file):
    titles = [
        ["附件3"],
        ["江门市蓬江区社区工作者基本情况表"],
        ["填报单位：白沙街道", "", "", "填报时间：2026年10月31日"],
        [],
        [],
    ]
    reading = read_file(workbook(("Sheet1", [*titles, HEADER, *PEOPLE])))
    expect_people(reading)
    assert reading.stated_on == date(2026, 10, 31)
    assert reading.rows[0].row == 7


def test_other_words_for_the_same_columns(read_file):
    words = [
        "编号",
        "镇街",
        "村（社区）",
        "姓 名",
        "性  别",
        "公民身份号码",
        "手机号码（必填）",
        "岗位层级",
        "参加工作日期",
        "劳动合同起",
        "劳动合同到期日",
    ]
    reading = read_file(workbook(("Sheet1", [words, *PEOPLE])))
    expect_people(reading)
    assert reading.mapped["手机号码（必填）"] == "个人信息.联系电话"
    assert reading.mapped["劳动合同到期日"] == "劳动合同.止"


def test_header_of_three_rows_with_merged_groups(read_file):
    top = ["序号", "所在单位", "", "个人基本情况", "", "", "", "岗位", "工作经历", "劳动合同", ""]
    middle = ["", "街道", "社区", "姓名", "性别", "身份", "联系", "", "参加工作", "期限", ""]
    low = ["", "", "", "", "", "证号码", "电话", "类别", "时间", "起", "止"]
    low[5], middle[5], low[6], middle[6], low[7] = "身份证号码", "", "联系电话", "", "岗位类别"
    low[8], middle[8] = "参加工作时间", ""
    merged = [("名册", 0, 1, 0, 2), ("名册", 0, 3, 0, 6), ("名册", 0, 9, 0, 10), ("名册", 1, 9, 1, 10)]
    reading = read_file(workbook(("名册", [top, middle, low, *PEOPLE]), merged=merged))
    expect_people(reading)
    assert reading.rows[0].get("劳动合同.起") == "2024-01-01"
    assert reading.rows[0].get("劳动合同.止") == "2026-12-31"


def test_street_and_community_in_one_cell(read_file):
    rows = [
        ["姓名", "身份证号", "所属社区"],
        ["周甲", A, "白沙街道羊桥社区"],
        ["吴乙", B, "蓬江区白沙街道羊桥社区居委会"],
        ["郑丙", C, "白沙街道 迦南"],
    ]
    reading = read_file(workbook(("Sheet1", rows)))
    assert errors(reading) == []
    assert communities(reading) == [("周甲", YANGQIAO), ("吴乙", YANGQIAO), ("郑丙", JIANAN)]


def test_old_xls(read_file):
    out, book = io.BytesIO(), xlwt.Workbook()
    sheet = book.add_sheet("花名册")
    sheet.write_merge(0, 0, 0, 10, "社区工作者花名册")
    for number, row in enumerate((HEADER, *PEOPLE), start=1):
        for column, value in enumerate(row):
            if not (number > 1 and column == 2) and value:
                sheet.write(number, column, value)
    sheet.write_merge(2, 3, 2, 2, "羊桥社区")
    sheet.write(4, 2, "迦南社区")
    sheet.write(5, 2, "五福社区")
    book.save(out)
    expect_people(read_file(out.getvalue(), "名册.xls"))


@pytest.mark.parametrize(("encoding", "mark"), [("gb18030", ","), ("utf-8-sig", ","), ("utf-8", "\t"), ("utf-16", ",")])
def test_csv(read_file, encoding, mark):
    text = "\r\n".join(mark.join(row) for row in (HEADER, *PEOPLE))
    expect_people(read_file(text.encode(encoding), "名册.csv"))


def test_several_sheets_are_read_as_one_and_the_rest_is_named(read_file):
    data = workbook(
        ("填表说明", [["请按要求填写", ""], ["1.日期写到日", ""]]),
        ("白沙", [HEADER, *PEOPLE[:3]]), ("环市", [HEADER, PEOPLE[3]]),
        ("汇总", [["街道", "社区", "人数"], ["白沙街道", "羊桥社区", "2"]]),
        ("去年", [HEADER, PEOPLE[3]]), hidden=("去年",))  # fmt: skip
    reading = read_file(data)
    expect_people(reading)
    assert [(each.sheet, each.code) for each in reading.problems if each.code in ("S205", "S208")] == [
        ("填表说明", "S208"),
        ("汇总", "S208"),
        ("去年", "S205"),
    ]
    assert [sheet.name for sheet in reading.sheets] == ["白沙", "环市"]


def test_the_same_person_on_two_sheets_is_one_number_used_twice(read_file):
    reading = read_file(workbook(("一", [HEADER, PEOPLE[0]]), ("二", [HEADER, PEOPLE[0]])))
    assert [each.code for each in reading.errors] == ["S402"]
    assert "“一”2、“二”2" in reading.errors[0].message


def test_one_sheet_per_street_named_by_the_sheet(read_file):
    header = ["姓名", "身份证号码", "社区"]
    reading = read_file(
        workbook(("白沙街道", [header, ["周甲", A, "羊桥"]]), ("环市街道", [header, ["王丁", D, "五福"]]))
    )
    assert errors(reading) == []
    assert [row.community[:9] for row in reading.rows] == ["440703002", "440703006"]


def test_communities_as_headings_between_the_people(read_file):
    rows = [
        ["姓名", "性别", "身份证号码"],
        ["羊桥社区（2人）"],
        ["周甲", "男", A],
        ["吴乙", "女", B],
        ["迦南社区"],
        ["郑丙", "男", C],
    ]
    reading = read_file(workbook(("Sheet1", rows)))
    assert errors(reading) == []
    assert [row.community for row in reading.rows] == [YANGQIAO, YANGQIAO, JIANAN]


def test_a_group_names_the_fact_that_a_short_label_does_not(read_file):
    rows = [
        ["姓名", "身份证号码", "劳动合同", "", "处分", ""],
        ["", "", "起", "止", "起", "止"],
        ["周甲", A, "2024-01-01", "2026-12-31", "", ""],
        ["吴乙", B, "2024-02-01", "2027-01-31", "", ""],
    ]
    reading = read_file(workbook(("Sheet1", rows), merged=[("Sheet1", 0, 2, 0, 3), ("Sheet1", 0, 4, 0, 5)]))
    assert reading.mapped["劳动合同/起"] == "劳动合同.起"
    assert reading.mapped["处分/止"] == "处分.止"


def test_repeated_headers_subtotals_and_signatures_are_no_people(read_file):
    rows = [
        HEADER,
        *PEOPLE[:3],
        ["", "小计", "", "3人"],
        HEADER,
        PEOPLE[3],
        ["", "小计", "", "1人"],
        ["", "合计", "", "4人"],
        [],
        ["制表人：", "", "", "审核人：", "", "", "负责人（签字）："],
        ["注：日期写到日"],
    ]
    reading = read_file(workbook(("Sheet1", rows)))
    expect_people(reading)
    assert reading.skip_counts() == {"小计或合计": 3, "重复的表头": 1, "空行": 1, "签字或落款": 1, "说明文字": 1}
    assert [each.code for each in reading.problems if each.code == "S206"] == []


def test_a_subtotal_that_does_not_add_up_is_told(read_file):
    rows = [HEADER, *PEOPLE[:3], ["", "小计", "", "5人"], PEOPLE[3]]
    found = [each for each in read_file(workbook(("Sheet1", rows))).problems if each.code == "S206"]
    assert [(each.row, each.message) for each in found] == [
        (5, "这一行写着 5 人，上面数出来是 3 人。请核对是否漏了行。")
    ]


def test_people_below_an_unknown_merged_community_are_in_it(read_file):
    rows = [HEADER, *[[*row[:1], "", *row[2:]] for row in PEOPLE]]
    rows[1][1], rows[1][2] = "白沙街道", "不老社区"
    reading = read_file(workbook(("Sheet1", rows), merged=[("Sheet1", 1, 2, 2, 2)]))
    assert errors(reading) == [(2, "C", "S406"), (5, "C", "S406")]
    assert [row.bad for row in reading.rows] == [True, True, False, True]


def test_a_column_that_nobody_knows_is_left_out_and_named(read_file):
    rows = [[*HEADER, "入党时间", "配偶姓名"], *[[*row, "2015-07-01", "某某"] for row in PEOPLE]]
    reading = read_file(workbook(("Sheet1", rows)))
    expect_people(reading)
    assert reading.unmapped == ["序号", "入党时间", "配偶姓名"]


def test_a_known_heading_over_other_things_is_left_out(read_file):
    header = [*HEADER, "民族"]
    rows = [header, *[[*row, word] for row, word in zip(PEOPLE, ("甲等", "乙等", "丙等", "丁等"), strict=True)]]
    reading = read_file(workbook(("Sheet1", rows)))
    assert "民族" in reading.unmapped
    assert [each.code for each in reading.problems if each.column == "L"] == ["S204"]


def test_two_columns_never_claim_one_fact(read_file):
    rows = [[*HEADER, "手机"], *[[*row, row[6]] for row in PEOPLE]]
    reading = read_file(workbook(("Sheet1", rows)))
    assert reading.mapped["联系电话"] == "个人信息.联系电话"
    assert "手机" in reading.unmapped
    assert [each.code for each in reading.problems if each.column == "L"] == ["S207"]


def test_an_unnamed_column_of_id_numbers_is_recognised_by_its_content(read_file):
    rows = [[*HEADER[:5], "证件", *HEADER[6:]], *PEOPLE]
    reading = read_file(workbook(("Sheet1", rows)))
    expect_people(reading)
    assert reading.confidence["证件"] < 95


def test_last_years_result_needs_the_date_of_the_form(read_file):
    rows = [[*HEADER, "上年度考核"], *[[*row, "合格"] for row in PEOPLE]]
    assert "上年度考核" in read_file(workbook(("Sheet1", rows))).unmapped
    dated = read_file(workbook(("Sheet1", [["填报日期：2025/12/31"], *rows])))
    assert dated.rows[0].get("年度考核.结果", "2024") == "合格"


def test_several_results_by_year_under_one_group(read_file):
    rows = [
        ["姓名", "身份证号码", "年度考核", "", ""],
        ["", "", "2023", "2024年", "2025年度"],
        ["周甲", A, "合格", "优秀", "称职"],
        ["吴乙", B, "", "合格", "基本称职"],
    ]
    reading = read_file(workbook(("Sheet1", rows), merged=[("Sheet1", 0, 2, 0, 4)]))
    assert reading.rows[0].values == {
        ("年度考核.结果", "2023"): "合格",
        ("年度考核.结果", "2024"): "优秀",
        ("年度考核.结果", "2025"): "合格",
    }


@pytest.mark.parametrize("rows", [
    [["今天的会议"], ["一", "二"]],
    [["街道", "社区", "人数"], ["白沙街道", "羊桥社区", "3"]],
])  # fmt: skip
def test_no_recognisable_header(read_file, rows):
    reading = read_file(workbook(("Sheet1", rows)))
    assert reading.rows == []
    assert [each.code for each in reading.errors] in (["S201"], ["S202"])


def test_a_form_without_people(read_file):
    reading = read_file(workbook(("Sheet1", [HEADER, ["", "小计", "", "0人"]])))
    assert [each.code for each in reading.errors] == ["S209"]
