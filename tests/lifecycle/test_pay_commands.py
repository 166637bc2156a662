"""The command line of pay: what it prints, what it ends with, what it refuses."""

import io
import json

import openpyxl
import pytest

from gugan import cli
from gugan.runs.models import Outcome, Run
from tests.lifecycle.world import PAYER, id_number

MONTH = ("--payer", PAYER, "--month", "2026-10")
DAY = ("--today", "2026-10-31")


@pytest.fixture
def gugan(db, capsys):
    """Run a command; return (exit code, lines of standard output, standard error)."""

    def run(*words: str):
        code = cli.main(list(words))
        captured = capsys.readouterr()
        return code, captured.out.splitlines(), captured.err

    return run


@pytest.fixture
def people(world):
    return [
        world.hire("孔嘉俊", years={"2025": "合格"}),
        world.hire("林惠珊", place="440703005001", years={"2025": "合格"}),
        world.hire("区倩仪", education=None),
    ]


def test_run_ends_with_one_line_of_json(gugan, people):
    code, out, err = gugan("pay", "run", *MONTH, *DAY, "--as", "经办", "--json")
    assert code == 0 and len(out) == 1
    assert json.loads(out[-1]) == {
        "run": Run.objects.get().pk,
        "state": "draft",
        "payer": PAYER,
        "month": "2026-10",
        "people": 2,
        "communities": 2,
        "refused": 1,
        "excluded": 0,
        "gross": "8480.00",
        "net": "7101.34",
        "employer_cost": "2487.88",
    }
    assert "核算 3 人" in err and "算不出 1 人：缺 学历" in err


def test_month_goes_from_draft_to_paid(gugan, people):
    gugan("pay", "run", *MONTH, *DAY, "--as", "经办")
    assert gugan("pay", "approve", *MONTH, *DAY, "--as", "经办")[0] == 1
    code, out, _ = gugan("pay", "approve", *MONTH, *DAY, "--as", "审批", "--json")
    assert code == 0 and json.loads(out[-1])["state"] == "sealed"
    code, _, err = gugan("pay", "run", *MONTH, *DAY, "--as", "经办")
    assert code == 1 and "已封存，不能重算" in err
    assert gugan("pay", "paid", *MONTH, *DAY, "--as", "财务")[0] == 0
    assert Run.objects.get().state == "paid"


def test_void_takes_two(gugan, people):
    gugan("pay", "run", *MONTH, *DAY, "--as", "经办")
    gugan("pay", "approve", *MONTH, *DAY, "--as", "审批")
    number = str(Run.objects.get().pk)
    code, _, err = gugan("pay", "void", "--run", number, *DAY, "--as", "审批")
    assert code == 1 and "要写明原因" in err
    code, out, _ = gugan("pay", "void", "--run", number, *DAY, "--as", "审批", "--reason", "交错了")
    assert code == 0 and "请另一位有审批权的人确认" in out[-1]
    assert gugan("pay", "void", "--run", number, *DAY, "--as", "审批")[0] == 1
    assert gugan("pay", "void", "--run", number, *DAY, "--as", "审批二")[0] == 0
    assert Run.objects.get().state == "void"


def test_readiness_is_counted(gugan, people):
    code, out, _ = gugan("pay", "ready", *MONTH, *DAY, "--as", "经办", "--json")
    found = json.loads(out[-1])
    assert code == 0 and (found["people"], found["ready"]) == (3, 2)
    assert found["missing"] == {"缺 学历": 1}
    assert Run.objects.count() == 0


def test_explain_by_id_number(gugan, people):
    gugan("pay", "run", *MONTH, *DAY, "--as", "经办")
    number = id_number(1)
    code, out, _ = gugan("explain", number, "--month", "2026-10", "应发工资")
    assert code == 0 and out[0] == "应发工资 = 4240.00 元"
    assert any("学历 本科" in line and "生效 2025-01-01，记录 2024-12-01" in line for line in out)
    assert not any(number in line for line in out)
    found = json.loads(gugan("explain", number, "--month", "2026-10", "实发工资", "--json")[1][-1])
    assert found["tree"]["value"] == "3550.67" and found["state"] == "draft"
    code, _, err = gugan("explain", id_number(77), "--month", "2026-10", "应发工资")
    assert code == 1 and "没有找到这个人" in err


def test_explain_with_somebodys_rights(gugan, world, people):
    gugan("pay", "run", *MONTH, *DAY, "--as", "经办")
    world.officer("江海经办", "clerk", "440704")
    code, _, err = gugan("explain", id_number(1), "--month", "2026-10", "应发工资", "--as", "江海经办")
    assert code == 1 and "没有找到这个人" in err


def test_export_prints_lines_subtotals_and_signatures(gugan, people, tmp_path):
    gugan("pay", "run", *MONTH, *DAY, "--as", "经办")
    gugan("pay", "approve", *MONTH, *DAY, "--as", "审批")
    file = tmp_path / "工资表.xlsx"
    code, out, _ = gugan("pay", "export", *MONTH, *DAY, "--out", str(file), "--json")
    assert code == 0 and json.loads(out[-1])["file"] == str(file)
    book = openpyxl.load_workbook(io.BytesIO(file.read_bytes()))
    rows = [[cell for cell in row if cell is not None] for row in book["工资表"].iter_rows(values_only=True)]
    words = "\n".join(" ".join(map(str, row)) for row in rows)
    assert rows[0] == ["蓬江区社区工作者2026年10月工资表"]
    assert "单位：元" in words and "示例：按示例政策核算" in words
    for line in ("羊桥社区 小计 1 人", "白沙街道 小计 1 人", "合计 2 人", "制表：", "复核：", "审批：", "领导签字："):
        assert line in words
    assert 4240 in rows[5] and 3550.67 in rows[5]
    run = Run.objects.get()
    assert f"第 {run.pk} 批，已封存" in words and run.digest[:16] in words
    assert run.packs[-1]["digest"][:8] in words and "所知" in words
    others = [row for row in book["不在表内"].iter_rows(values_only=True)]
    assert any("区倩仪" in row and "缺 学历" in row for row in others)


def test_verify_proves_and_finds(gugan, world, people):
    gugan("pay", "run", *MONTH, *DAY, "--as", "经办")
    code, out, _ = gugan("runs", "verify", "--json")
    assert code == 0 and json.loads(out[-1]) == {"runs": 1, "problems": []}
    Outcome.objects.filter(person=people[0]).update(net_fen=1)
    code, out, err = gugan("runs", "verify")
    assert code == 1 and "结果与其指纹不符" in err
    code, _, err = gugan("runs", "verify", "99")
    assert code == 1 and "没有第 99 批" in err


def test_list_names_runs(gugan, people):
    gugan("pay", "run", *MONTH, *DAY, "--as", "经办")
    code, out, _ = gugan("runs", "list")
    assert code == 0 and "2026-10" in out[0] and "待审批" in out[0] and "应发 8480.00" in out[0]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("pay", "run", "--as", "经办"), "写明用人单位和月份"),
        (("pay", "run", "--payer", PAYER, "--month", "2026-13", "--as", "经办", *DAY), "“2026-13”读不懂"),
        (("pay", "run", *MONTH, *DAY, "--as", "没有这个人"), "没有用户“没有这个人”"),
        (("pay", "run", *MONTH, *DAY, "--as", "财务"), "财务不能在 440703 核算"),
        (("pay", "approve", *MONTH, *DAY, "--as", "审批"), "还没有批次。先核算"),
        (("pay", "approve", "--run", "9", *DAY, "--as", "审批"), "没有第 9 批"),
        (("pay", "export", "--run", "9"), "没有第 9 批"),
    ],
)
def test_refusals_say_what_to_do(gugan, people, words, says):
    code, out, err = gugan(*words)
    assert (code, out) == (1, []) and says in err and "Traceback" not in err
