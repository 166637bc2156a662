import argparse
import json
from datetime import UTC, date, datetime

import pytest
from django.db import connection

from gugan.accounts import guards, queries
from gugan.cli import records as command
from gugan.records import divisions, ledger, services
from gugan.records.entries import Entry
from gugan.records.models import Action, Org, Person
from tests.accounts.guarded import lifted
from tests.records.kinds import CATALOGUE


@pytest.fixture
def anna(book):
    return book.hire("安娜")


def run(handler, capsys, as_json=True):
    code = handler(argparse.Namespace(json=as_json))
    return code, capsys.readouterr().out


def test_changed_action_is_named(book, anna):
    action = book.add(anna, "岗位", "2021-01-01", 岗位类别="副职")
    with lifted("records_action"):
        Action.objects.filter(pk=action.pk).update(facts={"岗位类别": "正职"})
    assert services.verify()[0] == f"第 {action.pk} 号记录（岗位）的内容与摘要不符：被改动"
    assert queries.verify_trail() == []


def test_changed_action_with_its_digest_is_named(book, anna):
    from gugan.records import store

    action = book.add(anna, "岗位", "2021-01-01", 职务="社工")
    action.facts = {"职务": "主任"}
    with lifted("records_action"):
        Action.objects.filter(pk=action.pk).update(facts=action.facts, digest=store.digest(action))
    assert services.verify()[0] == f"第 {action.pk} 号记录（岗位）与留痕不符：被改动"


def test_removed_and_slipped_in_actions_are_named(book, anna):
    first = book.add(anna, "参加工作", "2021-01-01", 参加工作日期="2012-07-01")
    last = book.add(anna, "参加工作", "2021-01-02", 参加工作日期="2012-07-02")
    with lifted("records_action"):
        Action.objects.filter(pk=first.pk).delete()
        copy = Action.objects.get(pk=last.pk)
        copy.pk = last.pk + 5
        copy.save(force_insert=True)
        Action.objects.filter(pk=last.pk).delete()
    assert services.verify() == [
        f"第 {first.pk} 号记录不见了，留痕里有",
        f"第 {last.pk} 号记录不见了，留痕里有",
        f"第 {last.pk + 5} 号记录（参加工作）的内容与摘要不符：被改动",
        f"第 {last.pk + 5} 号记录（参加工作）没有留痕：不是经台账记入的",
    ]


def test_missing_guard_is_told(anna):
    guards.remove(connection, "records_action")
    assert services.verify() == ["台账表缺少防改触发器：records_action"]


def test_command_verifies_and_rebuilds(anna, capsys):
    assert run(command.run_verify, capsys) == (0, json.dumps({"people": 1, "actions": 12, "problems": []}) + "\n")
    Person.objects.update(name="别人")
    code, out = run(command.run_verify, capsys, as_json=False)
    assert code == 1 and out.endswith("1 人，12 条记录：有 1 处不符\n")
    assert run(command.run_rebuild, capsys) == (0, '{"people": 1, "changed": 1}\n')
    assert run(command.run_rebuild, capsys, as_json=False) == (0, "已重建，改正 0 行\n")
    assert run(command.run_verify, capsys, as_json=False) == (0, "1 人，12 条记录：全部相符\n")


def test_command_is_registered():
    parser = argparse.ArgumentParser()
    command.register(parser.add_subparsers())
    assert parser.parse_args(["records", "verify", "--json"]).handler is command.run_verify
    assert parser.parse_args(["records", "rebuild"]).handler is command.run_rebuild


def test_division_tree_is_read_and_loaded_once(clerk, tmp_path):
    path = tmp_path / "tree.csv"
    path.write_text(
        "code,name,kind,street_code,street_name,district_code,district_name,city_code,city_name\n"
        "440703101201,甲村,村,440703101,棠下镇,440703,蓬江区,4407,江门市\n"
        "440703002101,羊桥社区居委会,社区,440703002,白沙街道,440703,蓬江区,4407,江门市\n",
        encoding="utf-8",
    )
    now = datetime(2026, 10, 1, tzinfo=UTC)
    rows = list(divisions.read_csv(path))
    assert [row.code for row in rows] == [
        "44",
        "4407",
        "440703",
        "440703101",
        "440703101201",
        "440703002",
        "440703002101",
    ]
    for expected in (7, 0):
        assert len(services.load_divisions(rows, by=clerk, now=now, catalogue=CATALOGUE)) == expected
    assert dict(Org.objects.values_list("code", "kind")) == {
        "44": "省", "4407": "市", "440703": "区县", "440703101": "镇", "440703101201": "村", "440703002": "街道",
        "440703002101": "社区",
    }  # fmt: skip
    assert Org.objects.get(code="440703101201").parent.parent.code == "440703"
    named = services.name_pack("440703", "9901", date(2024, 7, 1), by=clerk, now=now, catalogue=CATALOGUE)
    assert named is not None
    assert services.name_pack("440703", "9901", date(2024, 7, 1), by=clerk, now=now, catalogue=CATALOGUE) is None
    with pytest.raises(ledger.LedgerError, match="没有代码为“4499”的机构"):
        services.load_divisions([("449901", "某区", "区县", "4499")], by=clerk, now=now, catalogue=CATALOGUE)


def test_batch_is_named_by_its_actions(book, anna):
    batch = services.open_batch("导入", "花名册", source_digest="a" * 64, by=book.clerk, now=book.now)
    entry = Entry("学历", anna, date(2021, 1, 1), {"学历": "本科"})
    [action] = ledger.post([entry], by=book.clerk, now=book.now, catalogue=CATALOGUE, batch=batch)
    assert Action.objects.get(pk=action.pk).batch == batch
    assert services.verify() == []
