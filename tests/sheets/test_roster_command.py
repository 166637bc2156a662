"""`gugan roster import` as a clerk or a program meets it."""

import json
from datetime import UTC, date, datetime

import pytest

from gugan import policy
from gugan.accounts import services as accounts
from gugan.accounts.models import Grant
from gugan.cli import main
from gugan.records import divisions
from gugan.records import services as records
from gugan.records.models import Action, Batch, Person
from tests.sheets.conftest import DEMO, ROOT, number_of, workbook

NOW = datetime(2026, 10, 31, 1, tzinfo=UTC)
HEADER = ["姓名", "身份证号码", "社区", "从事社区工作时间", "岗位类别"]
ROWS = [
    ["周甲", number_of(123, "19900415"), "白沙街道羊桥社区", "2015-07-01", "正职"],
    ["吴乙", number_of(124, "19881203"), "白沙街道羊桥社区", "2016-07-01", "正副职"],
]


@pytest.fixture
def clerk(db):
    user = accounts.create_user("经办", by=None, now=NOW)
    accounts.grant(user, Grant.Role.CLERK, prefix="440703", since=date(2024, 1, 1), by=None, now=NOW)
    rows = [("44", "广东省", "省", ""), ("4407", "江门市", "市", "44"),
            *divisions.read_csv(DEMO / "pengjiang_440703.csv")]  # fmt: skip
    rows = list({row[0]: row for row in rows}.values())
    records.load_divisions(rows, by=user, now=NOW, catalogue=policy.load("00", ROOT / "policies").catalogue)
    return user


@pytest.fixture
def gugan(capsys):
    def run(*words):
        try:
            code = main(["roster", "import", *map(str, words), "--today", "2026-10-31"])
        except SystemExit as stop:
            code = stop.code
        out = capsys.readouterr()
        return code, out.out, out.err

    return run


@pytest.fixture
def sheet(tmp_path):
    path = tmp_path / "名册.xlsx"
    path.write_bytes(workbook(("表", [HEADER, *ROWS])))
    return path


def test_json_is_one_line_with_what_the_contract_names(clerk, gugan):
    code, out, err = gugan(DEMO / "roster-with-faults.xlsx", "--dry-run", "--json")
    assert (code, out.count("\n")) == (1, 1)
    found = json.loads(out)
    assert found["people"] == 300
    assert found["mapped"]["取证时间"] == "职业资格.取得日期"
    assert found["unmapped"] == ["序号", "备注"]
    assert len([each for each in found["problems"] if each["level"] == "错误"]) == 20
    assert list(found["problems"][0]) == ["sheet", "row", "column", "value", "code", "level", "message"]
    assert "对好列" in err
    assert Action.objects.filter(kind="入职").count() == 0


def test_a_clean_import_ends_with_zero_and_the_second_with_nothing_to_do(clerk, gugan):
    assert gugan(DEMO / "roster-pengjiang-2026-10.xlsx", "--as", "经办")[0] == 0
    code, out, _ = gugan(DEMO / "roster-pengjiang-2026-10.xlsx", "--as", "经办")
    assert code == 0
    assert "相同 1214 人" in out
    assert "和台账一致，没有要记的" in out
    assert Batch.objects.count() == 1


def test_errors_stop_the_import_and_are_all_shown(clerk, gugan, sheet):
    code, out, _ = gugan(sheet, "--as", "经办")
    assert code == 1
    assert "错误 1 处" in out
    assert "表 E3" in out
    assert "一行也没有收" in out
    assert Person.objects.count() == 0


def test_good_rows_alone_when_told(clerk, gugan, sheet):
    code, out, _ = gugan(sheet, "--as", "经办", "--take-good-rows")
    assert code == 0
    assert "1 行有错，整行没收" in out
    assert list(Person.objects.values_list("name", flat=True)) == ["周甲"]


@pytest.mark.parametrize(
    ("name", "data", "code"),
    [
        ("没有.xlsx", None, "F101"),
        ("空.xlsx", b"", "F102"),
        ("文.xlsx", b"hello", "F103"),
        ("空表.xlsx", workbook(("表", [[]])), "F105"),
    ],
)
def test_a_file_that_cannot_be_read_is_wrong_usage_with_one_problem(db, gugan, tmp_path, name, data, code):
    path = tmp_path / name
    if data is not None:
        path.write_bytes(data)
    status, out, _ = gugan(path, "--json")
    assert status == 2
    found = json.loads(out)
    assert (found["people"], [each["code"] for each in found["problems"]]) == (0, [code])
    status, out, err = gugan(path)
    assert (status, out) == (2, "")
    assert name in err


def test_a_sheet_without_a_header_is_a_problem(clerk, gugan, tmp_path):
    path = tmp_path / "会议.xlsx"
    path.write_bytes(workbook(("表", [["今天的会议"], ["一", "二"]])))
    code, out, _ = gugan(path, "--as", "经办", "--json")
    assert code == 1
    assert [each["code"] for each in json.loads(out)["problems"]] == ["S201"]


def test_a_look_before_the_division_tree_is_there(db, gugan):
    code, out, _ = gugan(DEMO / "roster-with-faults.xlsx", "--dry-run", "--json")
    found = json.loads(out)
    assert code == 1
    assert len([each for each in found["problems"] if each["level"] == "错误"]) == 20
    assert "S509" in [each["code"] for each in found["problems"]]
