import re
from datetime import date

import pytest

from gugan.accounts.queries import NOTHING, OPERATOR, Scope
from gugan.records import idnumber, queries
from gugan.records.models import Action, Org
from gugan.records.pinyin import spell
from tests.records.conftest import number

BAISHA = Scope(frozenset({("see", "440703002")}))
JIANGHAI = Scope(frozenset({("see", "440704")}))


@pytest.fixture
def three(book):
    """Anna works in 白沙, Boris in 环市, both paid by 蓬江; Chen is 江海's."""
    return (
        book.hire("曾安娜", serial=1),
        book.hire("波里", serial=2, place="440703006101"),
        book.hire("陈辰", serial=3, payer="440704", place="440704001101"),
    )


def test_people_by_scope(three):
    anna, boris, chen = three
    assert set(queries.people(OPERATOR)) == {anna, boris, chen}
    assert set(queries.people(Scope(frozenset({("see", "440703")})))) == {anna, boris}
    assert list(queries.people(BAISHA)) == [anna]
    assert list(queries.people(JIANGHAI)) == [chen]
    assert list(queries.people(NOTHING)) == []
    assert list(queries.people(Scope(frozenset({("approve", "00")})))) == []
    assert list(queries.people(Scope(person=str(boris.public_id)))) == [boris]


def test_people_by_day_state_and_text(book, three):
    anna, boris, chen = three
    book.add(boris, "离职", "2026-05-31", 末日="2026-05-31")
    assert set(queries.people(OPERATOR, on=date(2026, 5, 31))) == {anna, boris, chen}
    assert set(queries.people(OPERATOR, on=date(2026, 6, 1))) == {anna, chen}
    assert list(queries.people(OPERATOR, state="离岗")) == [boris]
    for text in ("曾", "zeng", "zan", "安娜"):
        assert list(queries.people(OPERATOR, text=text)) == [anna], text
    assert set(queries.people(OPERATOR, under="440703")) == {anna, boris}


def test_find_person(three):
    anna, boris, chen = three
    assert queries.find_person(OPERATOR, number(1)) == anna
    assert queries.find_person(OPERATOR, "波里") == boris
    assert queries.find_person(OPERATOR, str(chen.public_id)) == chen
    assert queries.find_person(OPERATOR, str(chen.pk)) == chen
    assert queries.find_person(OPERATOR, number(2)[-4:]) == boris
    for text in (number(1), "曾安娜", str(anna.public_id), str(anna.pk), anna.id_last4):
        assert queries.find_person(JIANGHAI, text) is None
    for text in (number(99), "", "　", "没有这个人"):
        assert queries.find_person(OPERATOR, text) is None


def test_find_person_says_when_several_fit(book):
    book.hire("安娜", serial=1)
    book.hire("安娜", serial=2)
    with pytest.raises(queries.Ambiguous, match="有 2 人都符合"):
        queries.find_person(OPERATOR, "安娜")


def test_people_by_id_number(three):
    anna, _boris, chen = three
    numbers = [number(1), number(3), number(99)]
    assert queries.people_by_id_number(OPERATOR, numbers) == {number(1): anna, number(3): chen}
    assert queries.people_by_id_number(JIANGHAI, numbers) == {number(3): chen}
    assert queries.people_by_id_number(OPERATOR, []) == {}


def test_history_and_actions_stop_at_the_scope(three):
    anna, _boris, _chen = three
    ids = list(Action.objects.filter(person=anna).values_list("pk", flat=True))
    assert [line.note.kind for line in queries.history(BAISHA, anna)] == ["个人信息", "入职"]
    assert queries.history(JIANGHAI, anna) == []
    assert set(queries.actions(BAISHA, ids)) == set(ids)
    assert queries.actions(JIANGHAI, ids) == {}
    assert queries.action(JIANGHAI, ids[0]) is None
    assert queries.open_id_number(JIANGHAI, anna) is None
    note = queries.action(BAISHA, ids[0])
    assert (note.kind, note.effective_on, note.basis, note.recorder, note.date_unknown) == (
        "个人信息", date(2020, 3, 1), "花名册", "何嘉怡", True)  # fmt: skip


def test_actions_of_organisations_follow_the_scope(three):
    street = Action.objects.get(org=Org.objects.get(code="440704001"))
    assert set(queries.actions(JIANGHAI, [street.pk])) == {street.pk}
    assert queries.actions(BAISHA, [street.pk]) == {}


@pytest.mark.parametrize(
    ("name", "pinyin", "initials"),
    [
        ("单雄信", "shan xiong xin", "sxx"), ("曾国藩", "zeng guo fan", "zgf"), ("解缙", "xie jin", "xj"),
        ("仇英", "qiu ying", "qy"), ("查良镛", "zha liang yong", "zly"), ("区志坚", "ou zhi jian", "ozj"),
        ("欧阳修", "ou yang xiu", "oyx"), ("尉迟恭", "yu chi gong", "ycg"), ("方㛃", "fang jie", "fj"),
        ("阿依努尔·买买提", "a yi nu er mai mai ti", "aynemmt"), ("", "", ""), ("Anna", "anna", "a"),
    ],
)  # fmt: skip
def test_pinyin_reads_surnames(name, pinyin, initials):
    assert spell(name) == (pinyin, initials)


def test_id_number_states_birth_and_sex():
    assert idnumber.read("440799197407105191") == ("440799197407105191", date(1974, 7, 10), "男性")
    assert idnumber.read("440799740710519").number == "440799197407105191"
    assert idnumber.read(" 44079919900215009x ").number[-1] == "X"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("440799197407105192", "校验码不对：最后一位应是 1"),
        ("440799197413105191", "第 7–14 位不是真实的日期"),
        ("44079919740710519", "应是 18 位数字（末位可为 X），这里有 17 位"),
        ("４４０７９９１９７４０７１０５１９１", "应是 18 位数字"),
        ("4.40799E+17", "应是 18 位数字"),
    ],
)
def test_id_number_says_what_is_wrong(text, reason):
    with pytest.raises(idnumber.IdNumberError, match=re.escape(reason)):
        idnumber.read(text)
