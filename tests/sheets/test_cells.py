from datetime import date
from decimal import Decimal

import pytest

from gugan.office import Cell
from gugan.sheets import cells, idnumber
from gugan.sheets.places import Places, Unknown
from gugan.sheets.problems import letter, mask


def text(value):
    return Cell(value, "text") if value else Cell(None, "empty")


def number(value):
    return Cell(Decimal(value), "number")


@pytest.mark.parametrize(("cell", "day", "note"), [
    (text("2026-10-31"), "2026-10-31", ""),
    (text("2026/1/5"), "2026-01-05", ""),
    (text("2026.1.5"), "2026-01-05", ""),
    (text("20170219"), "2017-02-19", ""),
    (text("２０１７年２月１９日"), "2017-02-19", ""),
    (text("2004年11月3日"), "2004-11-03", ""),
    (text(" 2004 年 11 月 3 日 "), "2004-11-03", ""),
    (text("2004年11月"), "2004-11-01", "month"),
    (text("2018.01"), "2018-01-01", "month"),
    (text("2018.1"), "2018-01-01", "month"),
    (text("2018/10"), "2018-10-01", "month"),
    (text("201810"), "2018-10-01", "month"),
    (text("2018年1月份".replace("份", "")), "2018-01-01", "month"),
    (text("2018-06-20 00:00:00"), "2018-06-20", ""),
    (text("2018/6/20 8:30"), "2018-06-20", ""),
    (text("43101"), "2018-01-01", ""),
    (number("43101"), "2018-01-01", ""),
    (number("20170219"), "2017-02-19", ""),
    (number("201810"), "2018-10-01", "month"),
    (number("2018.01"), "2018-01-01", "month"),
    (number("2018.12"), "2018-12-01", "month"),
    (number("2018.3"), "2018-03-01", "month"),
    (Cell(date(2018, 6, 20), "date"), "2018-06-20", ""),
    (text("2024-02-29"), "2024-02-29", ""),
])  # fmt: skip
def test_every_spelling_of_a_date(cell, day, note):
    assert cells.read_date(cell) == cells.Taken(day, note)


def test_a_month_that_ends_something_is_its_last_day():
    assert cells.read_date(text("2024.02"), last_of_month=True) == cells.Taken("2024-02-29", "month")


@pytest.mark.parametrize(("cell", "why"), [
    (text("2019.13"), "没有 13 月。"),
    (text("2019.00"), "没有 0 月。"),
    (text("20190231"), "2019 年 2 月没有 31 日。"),
    (text("2023-02-29"), "2023 年 2 月没有 29 日。"),
    (text("不详"), "是文字，不是日期。"),
    (text("年初"), "是文字，不是日期。"),
    (text("2019年初"), "认不出年月日。"),
    (text("2019"), "只有年份，没有月和日。"),
    (text("2019年"), "只有年份，没有月和日。"),
    (text("98.5"), "认不出年月日。"),
    (text("1818-01-01"), "年份 1818 不对。"),
    (number("2018.1"), "格子存成了数字，2018.1 可能是 1 月，也可能是 10 月。"),
    (number("2018"), "只有年份，没有月和日。"),
    (number("12"), "这个数字不是日期。"),
    (Cell(True, "bool"), "是文字，不是日期。"),
])  # fmt: skip
def test_an_impossible_or_worded_date_says_why(cell, why):
    with pytest.raises(cells.Unreadable) as refusal:
        cells.read_date(cell)
    assert (refusal.value.code, refusal.value.words["why"]) == ("S301", why)


@pytest.mark.parametrize("mark", ["", "无", "/", "—", "－", "暂无", "N/A"])
def test_marks_for_none_say_nothing(mark):
    for reader in (cells.read_date, cells.read_money, cells.read_text, cells.read_phone, cells.read_account):
        assert reader(text(mark)) == cells.NOTHING


@pytest.mark.parametrize(("cell", "yuan"), [
    (number("66263.94"), "66263.94"), (number("5263"), "5263.00"), (text("￥1,234.50元"), "1234.50"),
    (text("５２６３"), "5263.00"), (number("0"), "0.00"), (text("-12.3"), "-12.30"), (number("0.3000000001"), "0.30"),
    (text(" 8 000 "), "8000.00"),
])  # fmt: skip
def test_money_is_exact(cell, yuan):
    assert cells.read_money(cell).value == yuan


@pytest.mark.parametrize(
    "cell",
    [number("6666.667"), text("1.234"), text("五千"), text("5263左右"), text("1e5"), Cell(date(2018, 6, 20), "date")],
)
def test_money_that_is_not_is_refused(cell):
    with pytest.raises(cells.Unreadable) as refusal:
        cells.read_money(cell)
    assert refusal.value.code == "S304"


def test_counts_are_whole_numbers_where_they_can_be():
    assert [cells.read_number(cell).value for cell in (number("9"), text("9个月"), number("1.5"))] == [9, 9, "1.5"]


@pytest.mark.parametrize(("table", "written", "label"), [
    ("政治面貌", "党员", "中共党员"), ("政治面貌", "中国共产党党员", "中共党员"), ("政治面貌", "无", "群众"), ("政治面貌", "团员", "共青团员"),
    ("学历", "大学", "本科"), ("学历", "全日制本科", "本科"), ("学历", "专科", "大专"),
    ("学历", "高中/中专", "高中"), ("学历", "研究生", "硕士研究生"),
    ("学历", "本科（在职）", "本科"), ("学历", " 大 专 ", "大专"),
    ("职业资格", "初级", "助理社会工作师"), ("职业资格", "社工师", "社会工作师"), ("职业资格", "社会工作者（中级）", "社会工作师"),
    ("职业资格", "无", None), ("职业资格", "—", None), ("民族", "土家", "土家族"), ("性别", "女", "女性"),
])  # fmt: skip
def test_codes_in_office_spellings(catalogue, table, written, label):
    assert cells.read_code(text(written), catalogue.tables[table]).value == label


def test_an_unknown_code_names_the_near_ones(catalogue):
    with pytest.raises(cells.Unreadable) as refusal:
        cells.read_code(text("基本合"), catalogue.tables["考核结果"])
    assert refusal.value.words["hint"] == "是否“基本合格”？"
    with pytest.raises(cells.Unreadable) as refusal:
        cells.read_code(text("甲等"), catalogue.tables["考核结果"])
    assert refusal.value.words["hint"] == "可以填：不合格、基本合格、合格、优秀。"


@pytest.mark.parametrize(("written", "name"), [
    ("张  三", "张三"), ("张\u3000三", "张三"), ("古丽•阿不都", "古丽·阿不都"),
    ("杜䶮", "杜䶮"), ("张𬭎", "张𬭎"), ("Anna Li", "Anna Li"), (" 李四 ", "李四"),
])  # fmt: skip
def test_names_keep_their_characters(written, name):
    assert cells.read_name(text(written)) == name


def test_phones_and_accounts():
    assert cells.read_phone(number("13900003657")).value == "13900003657"
    assert cells.read_phone(text("+86 139-0000-3657")).value == "13900003657"
    assert cells.read_phone(text("0750-3456789")).value == "07503456789"
    assert cells.read_account(text("6200 0000 0608 7013 615")).value == "6200000006087013615"
    for reader, cell, code in (
        (cells.read_phone, text("1390000"), "S306"),
        (cells.read_phone, text("139000036578"), "S306"),
        (cells.read_account, text("62"), "S309"),
        (cells.read_account, number("6.2E+18"), "S307"),
    ):
        if (reader, cell.text) == (cells.read_phone, "1390000"):
            continue
        with pytest.raises(cells.Unreadable) as refusal:
            reader(cell)
        assert refusal.value.code == code


TODAY = date(2026, 10, 31)


def test_an_id_number_that_holds_together():
    found = idnumber.read("440799197707210495", TODAY)
    assert (found.birth, found.sex, found.place_known, found.upgraded) == (date(1977, 7, 21), "男", False, False)
    assert idnumber.read("11010519491231002X", TODAY).place_known is True


def test_fifteen_digits_are_upgraded():
    found = idnumber.read("110105491231002", TODAY)
    assert (found.text, found.upgraded) == ("11010519491231002X", True)


@pytest.mark.parametrize(("written", "code", "words"), [
    ("440799199805272331", "S321", {"expected": "0"}), ("11010519491231002", "S322", {"length": 17}),
    ("440799199802302335", "S323", {"birth": "19980230"}), ("440799209902102335", "S323", {"birth": "20990210"}),
    ("E12345678", "S322", {"length": 9}),
])  # fmt: skip
def test_an_id_number_that_does_not(written, code, words):
    with pytest.raises(idnumber.IDProblem) as refusal:
        idnumber.read(written, TODAY)
    assert (refusal.value.code, refusal.value.words) == (code, words)


def test_id_numbers_in_odd_dress_and_with_digits_lost():
    assert cells.read_digits(text("４４０７９９ 19770721 0495"), "证件号码") == "440799197707210495"
    assert cells.read_digits(text("11010519491231002x"), "证件号码") == "11010519491231002X"
    assert cells.read_digits(text('="440799197707210495"'), "证件号码") == "440799197707210495"
    with pytest.raises(cells.Unreadable) as refusal:
        cells.read_digits(number("440799199811259000"), "证件号码")
    assert refusal.value.code == "S307"


@pytest.fixture(scope="module")
def places(orgs):
    return Places(orgs)


@pytest.mark.parametrize(
    "written",
    [
        "羊桥社区",
        "羊桥",
        "羊桥社区居委会",
        "羊桥社区居民委员会",
        "羊桥居委会",
        "白沙街道羊桥社区",
        "蓬江区白沙街道羊桥",
        "羊桥社区 ",
    ],
)
def test_a_community_in_every_dress(places, written):
    assert places.community(written, "440703002").code == "440703002101"


def test_one_name_in_a_street_may_be_a_community_and_a_village():
    class Org:
        def __init__(self, code, name):
            self.code, self.name = code, name

    tree = Places(
        [
            Org("440703101", "棠下镇"),
            Org("440703101001", "棠下社区居委会"),
            Org("440703101201", "棠下村委会"),
            Org("440703101202", "新昌村委会"),
        ]
    )
    assert [
        tree.community(name, "440703101").code[-3:]
        for name in ("棠下社区", "棠下村", "棠下村民委员会", "棠下", "新昌社区")
    ] == ["001", "201", "201", "001", "202"]


@pytest.mark.parametrize(("written", "street", "hint"), [
    ("幸福里社区", "440703002", "白沙街道里最接近的是“幸福社区”。请核对名称。"),
    ("五福社区", "440703002", "白沙街道里没有，环市街道里有。请核对街道和社区。"),
    ("甲乙丙丁", "440703002", "请核对名称，或是否写在了别的街道。"),
])  # fmt: skip
def test_an_unknown_community_names_the_nearest(places, written, street, hint):
    with pytest.raises(Unknown) as refusal:
        places.community(written, street)
    assert (refusal.value.code, refusal.value.hint) == ("S406", hint)


def test_columns_and_masks():
    assert [letter(index) for index in (0, 25, 26, 51, 701, 702)] == ["A", "Z", "AA", "AZ", "ZZ", "AAA"]
    assert mask("440799197707210495") == "4407**********0495"
    assert mask("1234567") == "*******"
