"""`gugan policy …` as an official or a script meets it: answers on standard output, reasons on standard error."""

import io
import json
import shutil
import subprocess
import sys

import pytest

from gugan.cli import main
from tests.policy.helpers import POLICIES

FACTS = {"核定等级": 10, "值班次数": 3, "历年考核": {"2025": "优秀"}, "事假天数": 0.5}


@pytest.fixture
def packs(tmp_path, monkeypatch):
    """A copy of the project's packs to change."""
    root = tmp_path / "policies"
    shutil.copytree(POLICIES, root)
    monkeypatch.setenv("GUGAN_POLICIES", str(root))
    return root


@pytest.fixture
def ask(packs, tmp_path, capsys):
    """Run `gugan policy eval 9901` on some facts; returns (exit code, output, messages)."""

    def run(facts, *more, on="2026-10-31"):
        path = tmp_path / "facts.json"
        path.write_text(facts if isinstance(facts, str) else json.dumps(facts, ensure_ascii=False), "utf-8")
        code = main(["policy", "eval", "9901", "--on", on, "--facts", str(path), *more])
        return (code, *capsys.readouterr())

    return run


def test_check_of_clean_packs(packs, capsys):
    assert main(["policy", "check"]) == 0
    out, err = capsys.readouterr()
    assert out == (
        "policies/9901-示例三岗十八级/薪酬.yaml:15:5 G604 提示：表“等级系数”也许没有 岗位等级 0、19 这一行；"
        "若真会，补一行，或写“其余”\n"
    )
    assert err.startswith("2 个政策包，") and err.endswith("，0 个问题，1 条提示\n")


def test_check_prints_every_problem_and_fails(packs, capsys):
    path = packs / "9901-示例三岗十八级" / "等级.yaml"
    text = path.read_text("utf-8")
    path.write_text(text.replace("岗位类别].起", "岗位类别].始").replace("每 3 个", "每 三 个"), "utf-8")
    assert main(["policy", "check", "9901"]) == 1
    out, err = capsys.readouterr()
    assert out.splitlines()[:2] == [
        "policies/9901-示例三岗十八级/等级.yaml:48:19 G208 表“等级区间”没有“始”这一列",
        "policies/9901-示例三岗十八级/等级.yaml:62:30 G020 算式读到“三”读不下去了：写成“每 3 个”",
    ]
    assert err.startswith("1 个政策包，")


def test_check_as_json(packs, capsys):
    (packs / "9901-示例三岗十八级" / "坏.yaml").write_text("规则: [1]", "utf-8")
    assert main(["policy", "check", "9901", "--json"]) == 1
    assert json.loads(capsys.readouterr().out) == {
        "packs": 0,
        "cases": 0,
        "problems": [
            {
                "file": "policies/9901-示例三岗十八级/坏.yaml",
                "line": 1,
                "column": 5,
                "code": "G008",
                "severity": "错误",
                "message": "这里要写成“名称: 内容”，现在是一串内容",
                "suggestion": "",
            }
        ],
    }


def test_eval_answers_money_as_text_with_two_decimals(ask):
    code, out, _ = ask(FACTS, "--want", "基本报酬，绩效报酬,事假扣款,岗位等级,上年考核", "--json")
    assert code == 0
    assert json.loads(out) == {
        "基本报酬": "4312.00",
        "绩效报酬": "2217.60",
        "事假扣款": "-141.61",
        "岗位等级": 10,
        "上年考核": "优秀",
    }


def test_eval_of_several_people_names_what_is_missing_and_what_was_assumed(ask):
    code, out, _ = ask([FACTS, {}], "--want", "基本报酬,上年考核", "--json")
    assert code == 0
    assert json.loads(out) == [
        {"基本报酬": "4312.00", "上年考核": "优秀"},
        {
            "基本报酬": None,
            "上年考核": "合格",
            "_缺": {"基本报酬": ["岗位类别", "学历", "从事社区工作日期"]},
            "_缺省": ["上年考核：缺上年考核记录，按合格"],
        },
    ]


def test_eval_in_words(ask):
    code, out, _ = ask([FACTS, {}], "--want", "基本报酬")
    assert code == 0
    assert out.splitlines() == [
        "── 第 1 人",
        "基本报酬\t4312.00",
        "── 第 2 人",
        "基本报酬\t算不出：缺岗位类别、学历、从事社区工作日期",
    ]


def test_eval_explains(ask):
    code, out, _ = ask(FACTS, "--want", "绩效报酬", "--explain")
    assert code == 0
    assert out.splitlines()[1:3] == ["绩效报酬 = 2217.60 元", "│ 月薪酬标准 6160.00 × 绩效占比 30% × 考核系数 1.2"]
    code, out, _ = ask(FACTS, "--want", "绩效报酬", "--explain", "--json")
    assert json.loads(out)["_解释"]["绩效报酬"]["value"] == "2217.60"


def test_eval_takes_dates_rates_and_stretches(ask):
    facts = {**FACTS, "社工师登记日期": "2026-01-15", "各段": [{"自": "2026-10-16", "止": "2026-10-31"}]}
    code, out, _ = ask(facts, "--want", "社工师起算日,基本占比,考核补全,基本报酬,纳入核算", "--json")
    assert code == 0
    found = json.loads(out)
    assert found.pop("_缺") == {"考核补全": ["从事社区工作日期"]}
    found.pop("_缺省")
    assert found == {
        "社工师起算日": "2026-01-15",
        "基本占比": "0.7",
        "考核补全": None,
        "基本报酬": "2225.55",
        "纳入核算": True,
    }


def test_eval_without_names_answers_the_slip(ask):
    code, out, _ = ask(FACTS, "--json")
    assert code == 0
    assert list(json.loads(out))[:5] == ["基本报酬", "绩效报酬", "职业资格津贴", "值班补贴", "事假扣款"]


def test_eval_reads_standard_input(packs, capsys, monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.StringIO(json.dumps(FACTS)))
    assert main(["policy", "eval", "9901", "--on", "2026-10-31", "--facts", "-", "--want", "岗位等级"]) == 0
    assert capsys.readouterr().out == "岗位等级\t10\n"


@pytest.mark.parametrize(
    ("facts", "message"),
    [
        ("{", "第 1 行第 2 列不是 JSON"),
        ("[" * 100_000, "一层套一层，套得太深"),
        ("1", "G008 这里要写成 {名称: 值}，几个人是 [{…}, {…}]，现在是别的"),
        ('[{"学历": "本科"}, 3]', "G008"),
        ('{"学力": "本科"}', "G504 没有事实或规则“学力”；是否“学历”？"),
        (
            '{"各段": [{"自": "2026-10-01", "止": "2026-10-31", "学力": "本科"}]}',
            "G504 没有事实或规则“学力”；是否“学历”？",
        ),
        ('{"各段": "十月"}', "G505 分段不对：各段写成"),
        ('{"各段": [{"自": "十月", "止": "2026-10-31"}]}', "G505 分段不对：每一段要有“自”和“止”"),
        ('{"核定等级": NaN}', "G501 “核定等级”的值“nan”读不懂"),
        ('{"核定等级": [10]}', "G501 “核定等级”的值“['10']”读不懂"),
        ('{"核定等级": 0}', "G502 “核定等级”的值 0 超出了说明的范围 1 至 100"),
    ],
)
def test_eval_of_bad_facts_is_refused_with_reasons(ask, facts, message):
    code, out, err = ask(facts, "--want", "岗位等级")
    assert (code, out) == (1, "")
    assert message in err
    assert "Traceback" not in err


def test_eval_of_a_rule_that_is_not_there(ask):
    code, _, err = ask({}, "--want", "岗位等極")
    assert (code, err) == (1, "G504 没有事实或规则“岗位等極”；是否“岗位等级”？\n")


def test_eval_before_the_life_of_the_pack(ask):
    code, _, err = ask(FACTS, "--want", "基本报酬", on="2024-06-30")
    assert code == 1
    assert "G301 “基本报酬”在 2024-06-30 还没有值（最早自 2024-07-01）" in err


def test_eval_of_a_pack_that_is_not_there(packs, capsys, tmp_path):
    assert main(["policy", "eval", "9999", "--on", "2026-10-31", "--facts", str(tmp_path / "没有.json")]) == 1
    assert "G007 没有政策包“9999”；现有：00（00-全国）、9901（9901-示例三岗十八级）" in capsys.readouterr().err


def test_facts_lists_names_types_units_and_values(packs, capsys):
    assert main(["policy", "facts", "9901"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert "岗位类别\t代码\t工作人员、副职、正职" in lines
    assert "养老缴费基数\t数（元）\t" in lines
    assert main(["policy", "facts", "9901", "--json"]) == 0
    data = json.loads(capsys.readouterr().out)
    assert {fact["name"] for fact in data["facts"]} >= {"岗位类别", "历年考核"}
    (grade,) = [fact for fact in data["facts"] if fact["name"] == "核定等级"]
    assert grade == {
        "name": "核定等级",
        "type": "数",
        "unit": "级",
        "from": ["核定等级.核定等级"],
        "reading": "最新",
        "range": [1, 100],
    }


def test_diff_of_two_days(packs, capsys):
    assert main(["policy", "diff", "9901@2025-12-31", "9901@2026-01-01"]) == 0
    out, err = capsys.readouterr()
    assert out == "规则“薪酬基准”由 3800 改为 4000（自 2026-01-01）\n"
    assert err == "1 处不同\n"


def test_diff_as_json(packs, capsys):
    assert main(["policy", "diff", "9901@2025-12-31", "9901@2026-01-01", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {
        "differences": [
            {
                "kind": "规则",
                "name": "薪酬基准",
                "part": "",
                "before": "3800",
                "after": "4000",
                "since": "2026-01-01",
                "money": True,
            }
        ]
    }


def test_a_note_does_not_fail_the_check(packs, capsys):
    assert main(["policy", "check", "9901", "--json"]) == 0
    (note,) = json.loads(capsys.readouterr().out)["problems"]
    assert (note["code"], note["severity"], note["suggestion"]) == ("G604", "提示", "若真会，补一行，或写“其余”")


def test_diff_needs_days_that_exist(packs, capsys):
    assert main(["policy", "diff", "9901@2025-02-30", "9901"]) == 1
    assert "G011 读不懂日期“2025-02-30”" in capsys.readouterr().err
    assert main(["policy", "diff", "9901", "9901"]) == 1
    assert "G010 缺少“--on 日期，或写成 代码@日期”；补上" in capsys.readouterr().err


def test_policy_commands_do_without_django():
    code = "import sys; from gugan.cli import main; main(['policy', 'check', '00']); sys.exit('django' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True).returncode == 0
