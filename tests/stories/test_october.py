"""One clerk's October: two workbooks go in, grades and pay come out, another person approves, and every figure explains itself."""

import json
from datetime import date

import pytest
from openpyxl import load_workbook

from gugan.accounts.models import TrailEntry
from gugan.cli import main
from gugan.cli.demo import load_division_tree, set_up_users
from gugan.records.models import Action
from gugan.runs.models import Outcome
from tests import cast

TODAY = "2026-10-31"


@pytest.fixture
def office(db):
    """蓬江区 with its division tree and officers, and nobody on the roster."""
    users = set_up_users()
    load_division_tree(users["经办"])
    return users


@pytest.fixture
def gugan(capsys):
    """Run a command as a user would; return its exit code and what it printed."""

    def run(*words: str) -> tuple[int, str, str]:
        try:
            code = main([str(w) for w in words])
        except SystemExit as stop:
            code = int(stop.code or 0)
        out = capsys.readouterr()
        return code, out.out, out.err

    return run


@pytest.fixture
def october(office, gugan, tmp_path):
    """The cast on the roster, with opening balances, and October computed by 经办."""
    for name, write in (("花名册.xlsx", cast.roster), ("期初.xlsx", cast.opening)):
        code, out, err = gugan("roster", "import", write(tmp_path / name), "--as", "经办", "--today", TODAY, "--json")
        assert code == 0, err + out
    code, out, err = gugan(
        "pay", "run", "--payer", "440703", "--month", "2026-10", "--as", "经办", "--today", TODAY, "--json"
    )
    assert code == 0, err
    return json.loads(out.splitlines()[-1])


def values(name: str) -> dict:
    return Outcome.objects.get(person__name=name).values


def test_workbooks_in_pay_out_approved_and_explained(october, gugan, tmp_path):
    assert (october["people"], october["communities"], october["refused"]) == (12, 4, 0)

    # 林惠珊, by hand: grade 4 + 1 + 1 + 4 = 10; 4,000 × 1.54 = 6,160.00; 70% + 30% × 1.00; certificate 200
    slip = values("林惠珊")
    assert (slip["基本报酬"], slip["绩效报酬"], slip["职业资格津贴"], slip["应发工资"]) == (
        431200,
        184800,
        20000,
        636000,
    )
    # base 6,020: 481.60 + 120.40 + 30.10, fund 5% = 301; employer 963.20 + 361.20 + 30.10 + 12.04 + 301
    assert (slip["个人五险一金"], slip["单位承担"]) == (93310, 166754)
    # ten months: 56,230 + 6,360 − 50,000 − 933.10 = 11,656.90; 3% = 349.707 → 349.71
    assert (slip["个人所得税"], slip["实发工资"]) == (34971, 507719)

    code, _, err = gugan("pay", "approve", "--payer", "440703", "--month", "2026-10", "--as", "经办", "--today", TODAY)
    assert code == 1
    assert "审批" in err
    code, out, _ = gugan(
        "pay", "approve", "--payer", "440703", "--month", "2026-10", "--as", "审批", "--today", TODAY, "--json"
    )
    assert (code, json.loads(out)["state"]) == (0, "sealed")

    member = cast.BY_NAME["林惠珊"]
    code, out, _ = gugan("explain", member.id, "--month", "2026-10", "应发工资")
    assert code == 0
    for line in (
        "应发工资 = 6360.00 元",
        "月薪酬标准 6160.00 × 基本占比 70%",
        "薪酬基准 4000.00 × 等级系数 1.54",
        "自 2026-01-01",
        "起点等级 6 + 晋级级数 4，不超过 等级区间.止 15",
        "▣ 学历 本科",
        "缺社工师登记日期，按社工师取得日期（缺省）",
    ):
        assert line in out
    assert "记录 2026-10-31" in out
    assert member.id not in out

    code, _, err = gugan("pay", "export", "--payer", "440703", "--month", "2026-10", "--out", tmp_path / "工资表.xlsx")
    assert code == 0, err
    cells = [
        c.value
        for row in load_workbook(tmp_path / "工资表.xlsx").active.iter_rows()
        for c in row
        if c.value is not None
    ]
    assert 6360 in cells
    assert any("示例" in str(c) for c in cells)
    assert {"制表", "复核"} <= {str(c).strip("：: ")[:2] for c in cells}

    for words in (("records", "verify"), ("runs", "verify")):
        code, _, err = gugan(*words)
        assert code == 0, err


def test_the_cast_is_paid_as_the_rules_say(october):
    assert values("孔嘉俊")["应发工资"] == 424000, "grade 2: 4,000 × 1.06"
    assert values("邓建玉")["绩效报酬"] == 0, "不合格: no performance pay"
    assert values("区倩仪")["职业资格津贴"] == 0, "obtained this month, paid from the next"
    assert values("何晓岚")["职业资格津贴"] == 10000
    assert values("单雄")["绩效报酬"] * 100 == values("单雄")["基本报酬"] * 3 * 100 * 120 // 700, (
        "优秀: 30% × 1.20 against 70%"
    )
    assert values("麦永强")["岗位等级"] == 15, "4 + 3 + 2 + 10 is over the post's last grade"
    assert values("石然")["绩效报酬"] * 7 == values("石然")["基本报酬"] * 3, "no result on record counts as 合格"


def test_what_was_missing_is_named(october):
    defaults = Outcome.objects.get(person__name="何晓岚").defaults
    for sentence in (
        "晋级级数：缺历年晋级，按推算晋级",
        "养老基数：缺养老缴费基数，按当月应发工资",
        "前期累计收入：缺本年期初收入，按0",
    ):
        assert sentence in defaults
    assert "上年考核：缺上年考核记录，按合格" in Outcome.objects.get(person__name="石然").defaults


def test_importing_the_same_file_twice_changes_nothing(october, gugan, tmp_path):
    before = (Action.objects.count(), TrailEntry.objects.count())
    code, _, _ = gugan("roster", "import", cast.roster(tmp_path / "again.xlsx"), "--as", "经办", "--today", TODAY)
    assert code == 0
    assert (Action.objects.count(), TrailEntry.objects.count()) == before


def test_the_whole_demo(db, gugan):
    code, out, err = gugan("demo", "--check")
    assert code == 0, err
    line = json.loads(out.splitlines()[-1])
    assert (line["people"], line["communities"], line["refused"]) == (1214, 83, 0)
    assert set(line) == {"people", "communities", "refused", "gross", "net", "employer_cost", "seconds"}
    sums = [
        sum(values)
        for values in zip(
            *Outcome.objects.filter(run__period_start=date(2026, 10, 1)).values_list(
                "gross_fen", "net_fen", "employer_fen"
            ),
            strict=True,
        )
    ]
    assert [f"{fen // 100}.{fen % 100:02d}" for fen in sums] == [line["gross"], line["net"], line["employer_cost"]]
    code, again, _ = gugan("demo", "--check")
    assert {k: v for k, v in json.loads(again.splitlines()[-1]).items() if k != "seconds"} == {
        k: v for k, v in line.items() if k != "seconds"
    }
