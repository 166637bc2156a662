import io
import struct
import zipfile
from datetime import date
from decimal import Decimal

import openpyxl
import pytest
import xlsxwriter
import xlwt

from gugan import office
from gugan.office import Cell, Limits, Merge, WorkbookError


def xlsx(fill=lambda book: book.add_worksheet("表").write("A1", "字")):
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out)
    fill(book)
    book.close()
    return out.getvalue()


def xls():
    out, book = io.BytesIO(), xlwt.Workbook()
    sheet = book.add_sheet("表")
    sheet.write_merge(0, 0, 0, 1, "标题")
    sheet.write(1, 0, 5263.5)
    book.save(out)
    return out.getvalue()


def encrypted_xlsx():
    """An OLE2 file with the stream that Office puts an encrypted workbook in."""
    name = "EncryptedPackage".encode("utf-16-le")
    data = bytearray(xls())
    at = data.index("Workbook".encode("utf-16-le"))
    data[at : at + 64] = name.ljust(64, b"\0")
    data[at + 64 : at + 66] = struct.pack("<H", len(name) + 2)
    return bytes(data)


def protected_xls():
    """An .xls whose record of who wrote it is made a FILEPASS record."""
    data = xls()
    at = data.index(struct.pack("<HH", 0x5C, 112))
    return data[:at] + struct.pack("<H", 0x2F) + data[at + 2 :]


def zipped(**parts):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in parts.items():
            archive.writestr(name, data)
    return out.getvalue()


def with_parts(data, **parts):
    """An xlsx with parts added or replaced."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        kept = {name: archive.read(name) for name in archive.namelist()}
    return zipped(**{**kept, **parts})


def code_of(data, name="名册.xlsx", limits=None):
    with pytest.raises(WorkbookError) as refusal:
        office.read(data, name, limits)
    assert name in refusal.value.message or refusal.value.code == "F101"
    return refusal.value.code


SHEET = "xl/worksheets/sheet1.xml"
WORD = zipped(**{"[Content_Types].xml": "<Types/>", "word/document.xml": "<w/>"})


@pytest.mark.parametrize(("data", "name", "found"), [
    (b"\xb5\xc8", "名册.xlsx", "文字"),
    ("姓名,身份证号码".encode(), "名册.xlsx", "文字"),
    (b"%PDF-1.7\n...", "名册.xlsx", "PDF 文档"),
    (b"<html><table><tr><td>x</td></tr></table></html>", "名册.xls", "网页"),
    (b"<?xml version='1.0'?><a/>", "名册.xls", "XML"),
    (WORD, "名册.xlsx", "Word 文档"),
    (zipped(a="b"), "名册.xlsx", "压缩包"),
    (b"\x89PNG\r\n\x1a\n\0\0", "名册.xlsx", "图片"),
    (b"\0\1\2\3" * 100, "名册.xlsx", "认不出"),
    (b"\0\1\2\3" * 100, "名册.csv", "认不出"),
    (xls().replace("Workbook".encode("utf-16-le"), "WordDocument".encode("utf-16-le")), "名册.xls", "另一种"),
], ids=range(11))  # fmt: skip
def test_what_is_no_workbook_is_named_for_what_it_is(data, name, found):
    with pytest.raises(WorkbookError) as refusal:
        office.read(data, name)
    assert refusal.value.code == "F103"
    assert found in refusal.value.message


@pytest.mark.parametrize(("data", "code"), [
    (b"", "F102"),
    (encrypted_xlsx(), "F104"),
    (protected_xls(), "F104"),
    (xlsx(lambda book: book.add_worksheet()), "F105"),
    (xlsx()[:-200], "F107"),
    (xls()[:3000], "F107"),
    (with_parts(xlsx(), **{SHEET: "<worksheet><sheetData><row><c r="}), "F107"),
    (with_parts(xlsx(), **{"xl/workbook.xml": "not xml <"}), "F107"),
], ids=["empty", "encrypted", "xls password", "no cells", "cut zip", "cut xls", "broken sheet", "broken book"])  # fmt: skip
def test_files_that_cannot_be_read(data, code):
    assert code_of(data) == code


def test_a_missing_file_and_a_folder(tmp_path):
    for path, code in ((tmp_path / "没有.xlsx", "F101"), (tmp_path, "F108")):
        with pytest.raises(WorkbookError) as refusal:
            office.read(path)
        assert refusal.value.code == code


def test_a_file_larger_than_allowed_is_not_opened(tmp_path):
    path = tmp_path / "大.xlsx"
    path.write_bytes(xlsx())
    with pytest.raises(WorkbookError) as refusal:
        office.read(path, limits=Limits(packed=100))
    assert refusal.value.code == "F106"


def test_a_zip_bomb_is_stopped_while_unpacking():
    bomb = with_parts(xlsx(), **{"xl/media/image1.png": b"\0" * 30_000_000})
    assert len(bomb) < 100_000
    assert code_of(bomb, limits=Limits(unpacked=10_000_000)) == "F106"


def test_a_cell_far_out_does_not_build_a_huge_sheet():
    def fill(book):
        sheet = book.add_worksheet()
        sheet.write("A1", "字")
        sheet.write("XFD1048576", "远")

    assert code_of(xlsx(fill)) == "F106"


def test_far_out_formats_without_values_are_harmless():
    def fill(book):
        sheet = book.add_worksheet()
        sheet.write("A1", "字")
        sheet.write_blank("XFD1048576", None, book.add_format({"bold": True}))

    assert office.read(xlsx(fill), "表.xlsx").sheets[0].cell(0, 0).text == "字"


def test_cells_keep_their_kind_and_numbers_are_exact():
    def fill(book):
        sheet = book.add_worksheet("数")
        sheet.write_row("A1", ["文字", 66263.94, 0.1 + 0.2, 440799199811259000, True, "", "  "])
        sheet.write_datetime("H1", date(2026, 10, 31), book.add_format({"num_format": "yyyy-mm-dd"}))
        sheet.write_formula("I1", "=1+1", None, 2)
        sheet.write_number("J1", 9)

    row = office.read(xlsx(fill), "表.xlsx").sheets[0].rows[0]
    assert row == [
        Cell("文字", "text"), Cell(Decimal("66263.94"), "number"), Cell(Decimal("0.3"), "number"),
        Cell(Decimal("4.40799199811259e+17"), "number"), Cell(True, "bool"), Cell(None, "empty"), Cell(None, "empty"),
        Cell(date(2026, 10, 31), "date"), Cell(Decimal(2), "number"), Cell(Decimal(9), "number"),
    ]  # fmt: skip
    assert [cell.text for cell in row] == [
        "文字",
        "66263.94",
        "0.3",
        "440799199811259000",
        "是",
        "",
        "",
        "2026-10-31",
        "2",
        "9",
    ]


def test_merged_areas_of_xlsx_and_xls():
    def fill(book):
        sheet = book.add_worksheet()
        sheet.merge_range("B2:C4", "合")
        sheet.write("A1", "字")
        sheet.write("D9", "末")

    sheet = office.read(xlsx(fill), "表.xlsx").sheets[0]
    assert sheet.merged == (Merge(1, 1, 3, 2),)
    assert (sheet.shown(3, 2).text, sheet.cell(3, 2).text, sheet.shown(0, 0).text) == ("合", "", "字")
    assert office.read(xls(), "表.xls").sheets[0].merged == (Merge(0, 0, 0, 1),)


def test_hidden_sheets_are_told_apart():
    def fill(book):
        book.add_worksheet("见").write("A1", "字")
        hidden = book.add_worksheet("藏")
        hidden.write("A1", "字")
        hidden.hide()

    assert [(sheet.name, sheet.visible) for sheet in office.read(xlsx(fill), "表.xlsx").sheets] == [
        ("见", True),
        ("藏", False),
    ]


def test_a_book_that_starts_below_the_first_row_keeps_its_row_numbers():
    book = openpyxl.Workbook()
    book.active["C5"] = "字"
    out = io.BytesIO()
    book.save(out)
    assert office.read(out.getvalue(), "表.xlsx").sheets[0].cell(4, 2).text == "字"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_csv_in_the_encodings_offices_use(encoding):
    data = '姓名,备注\r\n𬭎㛃,"甲，""乙"""\r\n'.encode(encoding)
    rows = office.read(data, "表.csv").sheets[0].rows
    assert [[cell.text for cell in row] for row in rows] == [["姓名", "备注"], ["𬭎㛃", '甲，"乙"']]


def test_csv_in_no_known_encoding():
    assert code_of(b"\xff\xff\x80\x81", "表.csv") == "F107"


def ods(rows):
    space = " ".join(
        f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"' for name in ("office", "table", "text")
    )
    content = f"""<?xml version="1.0" encoding="UTF-8"?><office:document-content {space}><office:body>
    <office:spreadsheet><table:table table:name="名册">{rows}</table:table></office:spreadsheet></office:body></office:document-content>"""
    manifest = """<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"/>"""
    return zipped(**{"mimetype": "application/vnd.oasis.opendocument.spreadsheet", "content.xml": content,
                     "META-INF/manifest.xml": manifest})  # fmt: skip


ODS_CELL = '<table:table-cell office:value-type="string"><text:p>字</text:p></table:table-cell>'
ODS_BLANK = '<table:table-row table:number-rows-repeated="1048575"><table:table-cell table:number-columns-repeated="16384"/></table:table-row>'


def test_ods_with_the_blank_rows_to_the_end_that_it_always_has():
    sheet = office.read(ods(f"<table:table-row>{ODS_CELL}{ODS_CELL}</table:table-row>{ODS_BLANK}"), "表.ods").sheets[0]
    assert [cell.text for cell in sheet.rows[0]] == ["字", "字"]


@pytest.mark.parametrize("rows", [
    f'<table:table-row table:number-rows-repeated="1048576">{ODS_CELL * 3}</table:table-row>',
    f'{ODS_BLANK}<table:table-row>{ODS_CELL * 3}</table:table-row>',
    '<table:table-row table:number-rows-repeated="9999">'
    + ODS_CELL.replace(" office", ' table:number-columns-repeated="16384" office', 1) + "</table:table-row>",
])  # fmt: skip
def test_ods_with_filled_cells_repeated_without_end_is_refused(rows):
    assert code_of(ods(rows), "表.ods") == "F106"


def test_an_ods_that_is_broken():
    assert code_of(ods("<table:table-row>"), "表.ods") == "F107"


def test_an_xlsb_with_a_cell_far_out_is_refused():
    def record(kind, data):
        return bytes([kind, len(data)]) + data

    sheet = record(0, struct.pack("<IB", 1_000_000, 0)) + record(6, struct.pack("<II", 16_000, 0))
    book = zipped(**{"[Content_Types].xml": "<Types/>", "xl/workbook.bin": b"", "xl/worksheets/sheet1.bin": sheet})
    assert code_of(book, "表.xlsb") == "F106"
