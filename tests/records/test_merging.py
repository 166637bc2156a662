"""Two records of one person: what differs is chosen, both stay readable, and it can be taken back. 人物为虚构."""

from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from gugan.accounts import queries as accounts
from gugan.accounts import sealing
from gugan.accounts.queries import OPERATOR, Scope
from gugan.accounts.sealing import SealError
from gugan.policy import Period
from gugan.records import ledger, lists, merging, places, queries, roster, services
from gugan.records.entries import Entry
from gugan.records.merging import BOTH, DIFFERS, KEEP, LACKS, MORE, SAME, TAKE
from gugan.records.models import Action, Person
from tests.records.conftest import NOW, number
from tests.records.kinds import CATALOGUE

LATER = NOW + timedelta(days=30)
BEFORE = LATER - timedelta(seconds=1)
OCTOBER = Period.month("2026-10")
EVERYTHING = {"个人信息.证件号码": KEEP, "个人信息.联系电话": KEEP, "任职": KEEP}


@pytest.fixture
def two(book):
    """林惠珊, entered twice: the second time with a wrong digit, a later day and another community."""
    kept = book.hire("林惠珊", "2020-03-01", serial=1)
    other = book.hire("林惠珊", "2023-05-01", serial=2, place="440703006101")
    book.add(kept, "学历", "2020-03-01", 学历="专科")
    book.add(other, "银行账户", "2023-05-01", 账号="6222000011112222")
    book.add(other, "年度考核", "2024-12-31", 年度="2024", 结果="优秀")
    return kept, other


def merge(book, kept, other, choices=None, *, reason="身份证原件", now=LATER, **more):
    token = merging.compare(kept, other, CATALOGUE).token
    done = merging.merge(
        kept, other, EVERYTHING | (choices or {}), token=token, reason=reason, by=book.clerk, now=now,
        catalogue=CATALOGUE, **more,
    )  # fmt: skip
    kept.refresh_from_db()
    other.refresh_from_db()
    return done


def undo(book, other, now=LATER + timedelta(days=1)):
    return merging.undo(other, by=book.clerk, now=now, catalogue=CATALOGUE, reason="是两个人")


def table(known_at, columns=("学历", "年度考核")):
    names = [name for name in columns if name in CATALOGUE.columns]
    return roster.table(OPERATOR, OCTOBER, known_at, names, CATALOGUE)


def sound():
    return services.verify() + accounts.verify_trail() == [] and services.rebuild_caches() == 0


def test_side_by_side_says_how_each_point_stands(two):
    found = merging.compare(*two, CATALOGUE)
    assert {point.name: point.state for point in found.points} == {
        "任职": DIFFERS,
        "个人信息.姓名": SAME,
        "个人信息.证件号码": DIFFERS,
        "个人信息.性别": SAME,
        "个人信息.出生日期": SAME,
        "个人信息.联系电话": DIFFERS,
        "银行账户": LACKS,
        "学历": MORE,
        "年度考核·2024": LACKS,
    }
    assert {point.name: point.choices for point in found.open} == {
        "任职": (KEEP, TAKE, BOTH),
        "个人信息.证件号码": (KEEP, TAKE),
        "个人信息.联系电话": (KEEP, TAKE),
    }
    assert found.two_numbers


def test_from_then_on_as_known_there_is_one(book, two):
    kept, other = two
    before = table(BEFORE)
    merge(book, kept, other)
    assert {one.person for one in before} == {kept.pk, other.pk}
    assert table(BEFORE) == before
    assert {one.person for one in table(LATER)} == {kept.pk}
    assert other.merged_into == kept and kept.merged_into is None
    assert list(queries.people(OPERATOR)) == [kept]
    today = NOW.date()
    for day in (today, today + timedelta(days=60)):  # by the cached columns, and folded
        assert [place.people for place in places.tree(OPERATOR, day, today)] == [1]
    assert [one.own for one in lists.workplaces(OPERATOR)[0].parts] == [1]
    assert sound()


def test_what_the_kept_one_lacks_comes_with_its_own_day(book, two):
    kept, other = two
    assert merge(book, kept, other).entries == 2
    came = {one.kind: one for one in Action.objects.filter(person=kept, recorded_at=LATER)}
    assert {kind: (one.effective_on, one.basis) for kind, one in came.items()} == {
        "银行账户": (date(2023, 5, 1), "自并入的记录"),
        "年度考核": (date(2024, 12, 31), "自并入的记录"),
    }
    account = came["银行账户"].facts["账号"]
    assert sealing.Sealed.from_fact(account).key_id == kept.key_id
    assert sealing.open_facts([("银行账户.账号", account)]) == ["6222000011112222"]


def test_every_number_still_leads_to_the_one(book, two):
    kept, other = two
    merge(book, kept, other)
    assert queries.find_person(OPERATOR, number(1)) == kept
    assert queries.find_person(OPERATOR, number(2)) == kept
    assert queries.find_person(OPERATOR, str(other.public_id)) == kept
    assert queries.people_by_id_number(OPERATOR, [number(1), number(2)]) == {number(1): kept, number(2): kept}
    assert queries.find_person(OPERATOR, "林惠珊") == kept


def test_the_other_number_may_be_the_right_one(book, two):
    kept, other = two
    merge(book, kept, other, {"个人信息.证件号码": TAKE, "个人信息.联系电话": TAKE})
    assert queries.open_id_number(OPERATOR, kept) == number(2)
    assert other.id_digest == "" and kept.id_last4 == number(2)[-4:]
    standing = [line for line in queries.history(OPERATOR, kept) if line.stands and line.note.kind == "个人信息"]
    assert len(standing) == 1 and standing[0].note.effective_on == date(2020, 3, 1)
    assert sound()
    undo(book, other)
    assert queries.open_id_number(OPERATOR, kept) == number(1)
    assert {one.id_digest != "" for one in Person.objects.all()} == {True}
    assert sound()


@pytest.mark.parametrize(
    "choice, place, start",
    [(KEEP, "440703002101", "2020-03-01"), (TAKE, "440703006101", "2023-05-01"), (BOTH, "440703006101", "2020-03-01")],
)
def test_overlapping_employment_at_one_payer_is_one(book, two, choice, place, start):
    kept, other = two
    done = merge(book, kept, other, {"任职": choice})
    assert [(span.start, span.end, span.payer) for span in done.spans] == [(start, None, "440703")]
    assert (kept.workplace_code, kept.hired_on) == (place, date.fromisoformat(start))


def test_trying_says_what_would_be_and_writes_nothing(book, two):
    kept, other = two
    before = Action.objects.count(), len(accounts.trail_of("action:1"))
    done = merge(book, kept, other, {"任职": BOTH}, only_try=True)
    assert (done.batch, done.entries, [span.start for span in done.spans]) == (None, 3, ["2020-03-01"])
    assert (Action.objects.count(), len(accounts.trail_of("action:1"))) == before and other.merged_into is None


def test_undone_both_are_as_they_were(book, two):
    kept, other = two
    columns = [name for name in CATALOGUE.columns if CATALOGUE.columns[name].room is None]
    before = [(one.person, one.start, one.values) for one in table(BEFORE, columns)]
    merge(book, kept, other, {"任职": TAKE, "个人信息.联系电话": TAKE})
    assert [one.person for one in table(LATER)] == [kept.pk]
    undo(book, other)
    after = table(LATER + timedelta(days=2), columns)
    assert [(one.person, one.start, one.values) for one in after] == before
    assert [one.person for one in table(LATER)] == [kept.pk]
    assert set(queries.people(OPERATOR)) == {kept, other}
    assert undo(book, other) is None
    assert sound()


def test_merged_again_after_it_was_undone(book, two):
    kept, other = two
    merge(book, kept, other)
    undo(book, other)
    merge(book, other, kept, now=LATER + timedelta(days=3))
    assert merging.merged_at(BEFORE) == {}
    assert merging.merged_at(LATER) == {other.pk: kept.pk}
    assert merging.merged_at(LATER + timedelta(days=2)) == {}
    assert merging.merged_at(LATER + timedelta(days=3)) == {kept.pk: other.pk}


def test_undo_is_refused_once_what_came_was_corrected(book, two):
    kept, other = two
    merge(book, kept, other)
    came = Action.objects.get(person=kept, kind="年度考核")
    book.correct(came, "2024-12-31", 年度="2024", 结果="合格", now=LATER)
    with pytest.raises(merging.MergeError, match=r"年度考核.*后来更正过"):
        undo(book, other)
    assert Person.objects.get(pk=other.pk).merged_into == kept


def test_undo_leaves_what_was_taken_back_already(book, two):
    kept, other = two
    merge(book, kept, other)
    book.void(Action.objects.get(person=kept, kind="年度考核"), now=LATER)
    undo(book, other)
    assert not [line for line in queries.history(OPERATOR, kept) if line.stands and line.note.kind == "年度考核"]
    assert [line for line in queries.history(OPERATOR, other) if line.stands and line.note.kind == "年度考核"]


def test_undo_is_refused_once_a_number_is_somebody_elses(book, two):
    kept, other = two
    merge(book, kept, other, {"个人信息.证件号码": TAKE})
    book.hire("陈辰", serial=1, now=LATER)
    with pytest.raises(ledger.LedgerError, match="这个证件号码已在册"):
        undo(book, other)
    assert Person.objects.get(pk=other.pk).merged_into == kept and services.verify() == []


def test_every_difference_wants_a_choice(book, two):
    kept, other = two
    with pytest.raises(merging.MergeError) as refused:
        merge(book, kept, other, {"任职": "", "个人信息.联系电话": BOTH})
    assert refused.value.problems == (
        "“个人信息.联系电话”两份记得不一样，请选一个。",
        "“任职”两份记得不一样，请选一个。",
    )


def test_two_valid_numbers_want_a_reason(book, two):
    with pytest.raises(merging.MergeError, match="通常是两个人"):
        merge(book, *two, reason=" ")
    assert merging.merged_at(LATER) == {}


def test_neither_oneself_nor_what_is_merged_nor_a_chain(book, two):
    kept, other = two
    third = book.hire("林惠珊", "2024-01-01", serial=3)
    for pair, why in (((kept, kept), "同一份"),):
        assert why in merging.refusals(*pair)[0]
    merge(book, kept, other)
    for pair, why in (((third, other), "已经并入"), ((other, third), "已并入另一份"), ((third, kept), "反过来")):
        assert why in merging.refusals(*pair)[0]
        with pytest.raises(merging.MergeError, match=why):
            merge(book, *pair)
    merge(book, kept, third)
    assert merging.merged_at(LATER) == {other.pk: kept.pk, third.pk: kept.pk}


def test_a_second_time_finds_it_done_and_a_stale_look_is_refused(book, two):
    kept, other = two
    token = merging.compare(kept, other, CATALOGUE).token
    given = {"reason": "原件", "by": book.clerk, "now": LATER, "catalogue": CATALOGUE}
    book.add(other, "参加工作", "2023-05-01", 参加工作日期="2015-07-01")
    with pytest.raises(merging.MergeError, match="又记了事"):
        merging.merge(kept, other, EVERYTHING, token=token, **given)
    first = merge(book, kept, other)
    again = merging.merge(kept, other, EVERYTHING, token=token, **given)
    assert again.done_before and again.batch == first.batch
    with pytest.raises(merging.MergeError, match="已并入另一份"):
        merging.merge(other, kept, EVERYTHING, token=token, **given)


def test_nothing_more_is_written_about_a_merged_record(book, two):
    kept, other = two
    action = Action.objects.get(person=other, kind="银行账户")
    merge(book, kept, other)
    for write in (
        lambda: book.add(other, "参加工作", "2023-05-01", 参加工作日期="2015-07-01", now=LATER),
        lambda: book.void(action, now=LATER),
        lambda: book.void(merging.standing_merge(other), now=LATER),
    ):
        with pytest.raises(ledger.LedgerError, match=r"已并入另一份|只由“合并另一份记录”"):
            write()
    with pytest.raises(ledger.LedgerError, match="只由“合并另一份记录”"):
        book.post(Entry("并入", kept, date(2026, 10, 1), {"并入": str(other.public_id)}))


def test_a_wrong_record_is_refused_whole(book, two):
    kept, _other = two
    early = book.hire("林惠珊", "2019-01-01", serial=4)
    book.add(early, "岗位", "2019-01-01", 岗位类别="副职")
    with pytest.raises(ledger.LedgerError, match="早于入职日期 2020-03-01"):
        merge(book, kept, early)
    assert Person.objects.get(pk=early.pk).merged_into is None
    assert merge(book, kept, early, {"任职": BOTH}).spans[0].start == "2019-01-01"


def test_one_whose_key_was_destroyed_brings_what_can_be_read(book, two):
    kept, other = two
    services.erase(other, by=book.clerk, now=NOW, reason="本人要求")
    merge(book, kept, other)
    assert {one.kind for one in Action.objects.filter(person=kept, recorded_at=LATER)} == {"年度考核"}
    assert sound()


def test_events_add_up_and_equal_ones_come_once(book, two):
    kept, other = two
    for one in two:
        book.add(one, "专项附加扣除", "2024-01-01", 项目="赡养老人", 月额="1500", 起="2024-01-01")
        book.add(one, "月度事项", "2026-09-30", 月份="2026-09", 项目="值班", 数量="2")
    book.add(other, "月度事项", "2026-08-31", 月份="2026-08", 项目="值班", 数量="1")
    states = {point.name: point.state for point in merging.compare(kept, other, CATALOGUE).points}
    assert states["专项附加扣除·赡养老人"] == SAME and states["月度事项·值班·2026-09"] == SAME
    assert states["月度事项·值班·2026-08"] == LACKS
    assert merge(book, kept, other).entries == 3


def test_who_may_be_the_same(book, two):
    kept, other = two
    far = book.hire("林惠珊", serial=77, born="1991-03-03")
    stranger = book.hire("陈辰", serial=11)
    elsewhere = book.hire("林惠珊", serial=9, payer="440704", place="440704001101")
    assert {one: why for one, why in merging.suggested(OPERATOR, kept)} == {
        other: "同名，出生日期相同",
        elsewhere: "同名，出生日期相同",
        stranger: "证件号码只差一位，或两位颠倒",
    }
    near = Scope(frozenset({("see", "440703")}))
    assert {one for one, _why in merging.suggested(near, kept)} == {other, stranger} and far.pk


def test_near_numbers_are_valid_and_never_the_same():
    near = merging.near_numbers(number(1))
    assert number(2) in near and number(11) in near and number(1) not in near and number(22) not in near
    assert {len(one) for one in near} == {18}


def test_worker_of_either_record_sees_the_one(book, two):
    kept, other = two
    own = Scope(person=str(other.public_id))
    assert queries.stand_in(own) == own
    merge(book, kept, other)
    assert queries.stand_in(own) == Scope(person=str(kept.public_id))
    assert queries.sees(queries.stand_in(own), other) and not queries.sees(own, kept)
    assert queries.stand_in(OPERATOR) == OPERATOR
    undo(book, other)
    assert queries.stand_in(own) == own


def test_statements_do_not_grow_with_the_record(book, two):
    kept, other = two
    third = book.hire("林惠珊", "2024-01-01", serial=3)
    book.add(third, "银行账户", "2024-01-01", 账号="6222000011113333")
    with CaptureQueriesContext(connection) as few:
        merge(book, kept, third)
    for year in range(2000, 2020):
        book.add(other, "年度考核", "2024-12-30", 年度=str(year), 结果="合格")
    with CaptureQueriesContext(connection) as many:
        assert merge(book, kept, other, {"银行账户": KEEP}).entries == 21
    assert len(many) <= len(few)


def test_sealed_values_stay_with_their_own_keys(book, two):
    kept, other = two
    merge(book, kept, other, {"个人信息.联系电话": TAKE})
    phones = [one.facts["联系电话"] for one in Action.objects.filter(kind="个人信息", person=kept).order_by("pk")]
    assert [sealing.Sealed.from_fact(one).key_id for one in phones] == [kept.key_id] * 2
    with pytest.raises(SealError):
        sealing.open_sealed(
            sealing.Sealed.from_fact(phones[1]), sealing.keys([other.key_id])[other.key_id], "个人信息.联系电话"
        )
