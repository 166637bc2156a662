from collections import Counter

from gugan import office
from gugan.sheets import services
from tests.sheets.conftest import DEMO, planted

CODES = {
    "bad_checksum": "S321",
    "duplicate_id": "S402",
    "lost_precision": "S307",
    "birth_sex_mismatch": "S404",
    "unknown_community": "S406",
    "impossible_date": "S301",
    "contract_reversed": "S410",
    "missing_name": "S401",
    "cert_before_start_of_work": "S411",
    "text_in_date": "S301",
}
ROSTER = {
    "街道": "街道",
    "社区": "入职.工作社区",
    "姓名": "个人信息.姓名",
    "性别": "个人信息.性别",
    "身份证号码": "个人信息.证件号码",
    "民族": "个人信息.民族",
    "政治面貌": "政治面貌.政治面貌",
    "最高学历": "学历.学历",
    "联系电话": "个人信息.联系电话",
    "岗位类别": "岗位.岗位类别",
    "现任职务": "岗位.职务",
    "参加工作时间": "参加工作.参加工作日期",
    "从事社区工作时间": "入职.从事社区工作日期",
    "社工证级别": "职业资格.级别",
    "取证时间": "职业资格.取得日期",
    "合同起始": "劳动合同.起",
    "合同终止": "劳动合同.止",
    "上年度考核": "年度考核.结果[2025]",
}
ALL_BASES = "缴费基数.基数[养老保险、医疗保险、失业保险、工伤保险]"
OPENING = {
    "姓名": "个人信息.姓名", "身份证号码": "个人信息.证件号码", "本单位在职月数": "期初余额.在职月数",
    "年初至今应发合计": "期初余额.累计应发", "年初至今个人三险一金": "期初余额.累计专项扣除",
    "年初至今专项附加扣除": "期初余额.累计专项附加扣除", "年初至今已预扣个税": "期初余额.累计已预扣税额",
    "养老等缴费基数": ALL_BASES, "公积金缴存基数": "缴费基数.基数[住房公积金]",
    "子女教育(月)": "专项附加扣除.月额[子女教育]", "赡养老人(月)": "专项附加扣除.月额[赡养老人]",
    "住房贷款利息(月)": "专项附加扣除.月额[住房贷款利息]", "住房租金(月)": "专项附加扣除.月额[住房租金]",
    "学位": "学历.学位", "职业水平是否聘任": "职业资格.聘任", "已晋级数": "期初余额.已晋级数",
    "提前晋级次数": "期初余额.提前晋级次数", "银行账号": "银行账户.账号",
    **{f"{year}年考核": f"年度考核.结果[{year}]" for year in range(2016, 2026)},
}  # fmt: skip


def test_clean_roster_reads_whole(read_file):
    reading = read_file("roster-pengjiang-2026-10.xlsx")
    assert (len(reading.rows), len(reading.good_rows), reading.errors) == (1214, 1214, [])
    assert len({row.community for row in reading.rows}) == 83
    assert len({row.id_number for row in reading.rows}) == 1214
    assert reading.mapped == ROSTER
    assert reading.unmapped == ["序号", "备注"]
    assert reading.skip_counts() == {"小计或合计": 6, "空行": 1, "签字或落款": 1}
    assert str(reading.stated_on) == "2026-10-31"


def test_only_the_certificate_date_is_in_doubt_and_remembering_settles_it(read_file):
    reading = read_file("roster-pengjiang-2026-10.xlsx")
    assert [(column, match.confidence) for column, match in reading.doubtful] == [("P", 88)]
    again = read_file("roster-pengjiang-2026-10.xlsx", remembered=services.shipped_mapping(DEMO))
    assert again.doubtful == []
    assert again.mapped == ROSTER


def test_notices_of_the_clean_roster_are_one_per_column_and_one_for_the_places(read_file):
    reading = read_file("roster-pengjiang-2026-10.xlsx")
    assert Counter(each.code for each in reading.problems) == {"S302": 3, "S203": 1, "S325": 1}


def test_declared_oddities_are_read_as_they_stand(read_file):
    people = {row.id_number: row for row in read_file("roster-pengjiang-2026-10.xlsx").rows}
    for oddity in planted("roster-pengjiang-2026-10.key.json"):
        assert people[oddity["id"]].name == oddity["name"]


def test_opening_balances_read_whole(read_file):
    reading = read_file("opening-pengjiang-2026-09.xlsx")
    assert (len(reading.rows), reading.errors, reading.unmapped) == (1214, [], [])
    assert reading.mapped == OPENING
    assert str(reading.until) == "2026-09-30"
    first = reading.rows[0]
    assert first.get("期初余额.累计应发") == "66263.94"
    assert first.get("期初余额.已晋级数") == 8
    assert first.get("缴费基数.基数", "工伤保险") == "7215.00"
    assert first.get("银行账户.账号") == "6200000006087013615"
    assert first.get("职业资格.聘任") is True


def rows_in_key(reading):
    """Row → code by the key, found by number, else by place and name."""
    sheet = office.read(DEMO / "roster-with-faults.xlsx").sheets[0]
    found = {}
    for fault in planted():
        for index, row in enumerate(sheet.rows):
            if row[5].text == fault["id"] and row[3].text == fault["name"]:
                found[index + 1] = CODES[fault["kind"]]
    return found


def test_faults_are_found_exactly(read_file):
    reading = read_file("roster-with-faults.xlsx")
    key = rows_in_key(reading)
    assert len(key) == 20
    assert {each.row: each.code for each in reading.errors} == key
    assert len(reading.errors) == 20


def test_other_rows_of_a_shared_number_are_pointed_at_and_not_taken(read_file):
    reading = read_file("roster-with-faults.xlsx")
    shared = [(each.row, each.code, each.message) for each in reading.problems if each.code in ("S402", "S403")]
    assert [(row, code) for row, code, _ in shared] == [(187, "S402"), (206, "S402"), (225, "S403"), (243, "S403")]
    assert "第 187、225 行" in shared[0][2]
    assert len(reading.good_rows) == 278


def test_problems_say_where_what_and_what_to_do(read_file):
    found = {each.row: each for each in read_file("roster-with-faults.xlsx").problems if each.is_error}
    assert found[110].as_dict() == {
        "sheet": "花名册", "row": 110, "column": "F", "value": "4407**********2331", "code": "S321", "level": "错误",
        "message": "证件号码校验不对：照前 17 位算，末位应为 0。请照证件逐位核对。"}  # fmt: skip
    assert found[14].message == "没有“幸福里社区”这个社区。白沙街道里最接近的是“幸福社区”。请核对名称。"
    assert (found[125].column, found[125].value) == ("N", "2019.13")
    assert (found[117].column, found[117].value) == ("R", "2024-07-01")
    assert (found[145].column, found[145].value) == ("E", "男")


def test_no_whole_number_of_a_person_is_in_any_problem(read_file):
    reading = read_file("roster-with-faults.xlsx")
    numbers = {cell.text for row in office.read(DEMO / "roster-with-faults.xlsx").sheets[0].rows for cell in row[5:6]}
    said = "".join(f"{each.value}{each.message}" for each in reading.problems)
    assert len(numbers) > 290
    assert not [number for number in numbers if len(number) > 10 and number in said]
