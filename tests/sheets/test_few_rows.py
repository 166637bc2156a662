"""A sheet of three rows, two of them wrong: plain headings still say what the columns are, and each cell is named."""

from datetime import date, datetime

from openpyxl import Workbook

from gugan.sheets import services

HEADER = ["名字", "证件号", "所在社区", "学历", "岗位", "入职日期", "手机"]
ROWS = [
    ["张三", "440799199411104916", "羊桥社区居委会", "大学", "正职", "2015年7月4日", "13900000000"],
    ["李四", "44079919810322038X", "不存在社区", "本科", "副职", "2019.13", "139"],
    ["王五", "440799199609133253", "羊桥", "本科", "副职", "年初", "139"],
]


def test_bad_cells_do_not_take_the_meaning_from_a_plain_heading(tmp_path, db):
    book = Workbook()
    for row in [["人员名单"], HEADER, *ROWS]:
        book.active.append(row)
    book.save(tmp_path / "few.xlsx")
    now = datetime.fromisoformat("2026-10-31T09:00:00+08:00")
    result = services.import_file(tmp_path / "few.xlsx", by=None, now=now, today=date(2026, 10, 31), dry_run=True)
    assert result.reading.mapped["入职日期"] == "入职.从事社区工作日期"
    assert result.reading.mapped["所在社区"] == "入职.工作社区"
    assert {(4, "C"), (4, "F"), (5, "F")} <= {(problem.row, problem.column) for problem in result.errors}
