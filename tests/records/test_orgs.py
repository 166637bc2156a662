"""Communities by date: set up, renamed, closed, merged, with an establishment; what is refused; what is taken back."""

from datetime import UTC, date, datetime

import pytest

from gugan import policy
from gugan.accounts import services as accounts
from gugan.accounts.models import Grant
from gugan.accounts.queries import scope_of
from gugan.accounts.services import NotAllowed
from gugan.records import divisions, lists, orgs, places, roster, services
from gugan.records.clock import end_of_day
from gugan.records.ledger import LedgerError
from gugan.records.models import Action, Org
from tests.records.conftest import NOW
from tests.records.kinds import CATALOGUE

TODAY, NEXT = date(2026, 10, 1), date(2026, 11, 1)
STREET, SHEEP, TANG = "440703002", "440703002101", "440703006101"
LATER = datetime(2026, 11, 2, 1, tzinfo=UTC)


def org(code: str) -> Org:
    return Org.objects.select_related("parent").get(code=code)


class Desk:
    """A clerk of 蓬江区 at work on communities."""

    def __init__(self, book) -> None:
        self.book, self.clerk = book, book.clerk
        accounts.grant(self.clerk, Grant.Role.CLERK, prefix="440703", since=date(2020, 1, 1), by=None, now=NOW)
        self.scope = scope_of(self.clerk, on=TODAY)

    def do(self, act, *, on=NEXT, now=NOW, **more):
        return act(
            effective_on=on, basis="江府函〔2026〕1号", by=self.clerk, now=now, catalogue=CATALOGUE, **more
        )  # fmt: skip

    def add(self, name="新社区", parent=STREET, kind="社区", **more):
        return self.do(orgs.add_community, parent=org(parent), name=name, kind=kind, **more)

    def rename(self, code, name, **more):
        return self.do(orgs.rename, org=org(code), name=name, **more)

    def close(self, code, **more):
        return self.do(orgs.close, org=org(code), reason="拆迁", **more)

    def merge(self, code, into, **more):
        return self.do(orgs.merge, org=org(code), into=org(into), **more)

    def settle(self, code, number, **more):
        return self.do(orgs.set_establishment, org=org(code), number=number, **more)

    def withdraw(self, done, now=NOW):
        return orgs.withdraw(batch=done.batch, basis="记错了", by=self.clerk, now=now, catalogue=CATALOGUE)

    def on(self, day, code) -> places.Place | None:
        """The place as the tree of a day has it."""
        roots = places.tree(self.scope, day, TODAY)
        return next((one for one in places.walk(roots) if one.code == code), None)


@pytest.fixture
def desk(book) -> Desk:
    return Desk(book)


def refusal(act, *args, **more) -> list[str]:
    """What the refusal says; that nothing was posted."""
    before = Action.objects.count()
    with pytest.raises(LedgerError) as error:
        act(*args, **more)
    assert Action.objects.count() == before
    return [problem.message for problem in error.value.problems]


def test_rename_counts_from_its_day(desk):
    desk.rename(SHEEP, "羊桥一社区")
    assert [desk.on(day, SHEEP).name for day in (TODAY, date(2026, 10, 31), NEXT)] == [
        "羊桥社区", "羊桥社区", "羊桥一社区",
    ]  # fmt: skip
    assert (org(SHEEP).name, org(SHEEP).next_change_on) == ("羊桥社区", NEXT)
    lists.bring_up_to(NEXT)
    assert (org(SHEEP).name, org(SHEEP).next_change_on, org(SHEEP).cached_on) == ("羊桥一社区", None, NEXT)
    assert services.verify() == []


def test_rename_recorded_late_leaves_both_dates(desk):
    desk.rename(SHEEP, "羊桥一社区", on=date(2026, 9, 1), now=LATER)
    line = next(line for line in places.history(org(SHEEP)) if line.note.kind == "机构变更")
    assert (line.note.effective_on, line.note.recorded_at, line.stands) == (date(2026, 9, 1), LATER, True)
    assert org(SHEEP).name == "羊桥一社区" and desk.on(date(2026, 8, 31), SHEEP).name == "羊桥社区"


def test_planted_error_is_found_and_rebuilt(desk):
    desk.settle(SHEEP, 9, on=TODAY)
    into = org(TANG)
    for wrong in ({"establishment": 8}, {"closed_on": TODAY}, {"merged_into": into}, {"name": "假名"}):
        Org.objects.filter(code=SHEEP).update(**wrong)
        assert services.verify() == [f"机构 {SHEEP} 的缓存与台账不符；用 gugan records rebuild 重建"]
        assert services.rebuild_caches() == 1 and services.verify() == []
    assert (org(SHEEP).establishment, org(SHEEP).closed_on, org(SHEEP).name) == (9, None, "羊桥社区")


def test_new_community_gets_a_local_code_inside_the_street(desk):
    desk.add("滨江新城社区", number=9)
    second = desk.add("白沙湾社区")
    code = second.actions[0].org.code
    assert code == "440703002J02" and len(code) == places.COMMUNITY and places.is_local(code)
    assert org("440703002J01").parent.code == STREET and scope_of(desk.clerk, on=TODAY).allows("see", code)
    assert desk.on(TODAY, code) is None and desk.on(NEXT, code).local
    assert desk.on(NEXT, "440703002J01").short == 9
    person = desk.book.hire("安娜", place="440703002J01", on="2026-11-01", serial=9)
    assert person.workplace_code == "440703002J01" and services.verify() == []


def test_new_community_with_a_state_code(desk):
    assert desk.add("滨江社区", code="440703002102").actions[0].org.code == "440703002102"
    assert "已经用过" in refusal(desk.add, "白沙湾社区", code="440703002102")[0]
    assert refusal(desk.add, "白沙湾社区", code="440703006102") == ["代码须以街道的 440703002 开头"]
    for code in ("44070300210", "440703002J00", "440703002K01", "４４0703002103"):
        assert "应是 12 位数字" in refusal(desk.add, "白沙湾社区", code=code)[0]


def test_local_codes_run_out(desk):
    made = [(f"{STREET}J{n:02d}", f"{n}社区", "社区", STREET) for n in range(1, 100)]
    services.load_divisions(made, by=desk.clerk, now=NOW, catalogue=CATALOGUE)
    assert refusal(desk.add, "第一百社区") == ["自编码 J01 至 J99 都用过了"]


def test_name_in_use_is_refused(desk):
    desk.add("滨江社区")
    assert refusal(desk.add, "羊桥社区") == ["白沙街道下已有“羊桥社区”（440703002101）"]
    assert refusal(desk.rename, SHEEP, "滨江社区") == ["白沙街道下已有“滨江社区”（440703002J01）"]
    assert refusal(desk.rename, SHEEP, "羊桥社区") == ["2026-11-01 时名称本来就是“羊桥社区”"]
    desk.rename(TANG, "羊桥社区")  # another street


def test_name_that_will_be_used_is_refused(desk):
    desk.rename(SHEEP, "滨江社区", on=date(2026, 12, 1))
    assert refusal(desk.add, "滨江社区") == ["白沙街道下已有“滨江社区”（440703002101）"]
    desk.add("羊桥社区", on=date(2026, 12, 1))


def test_everything_wrong_is_said_at_once(desk):
    said = refusal(desk.add, "羊" * 51, code="12", kind="街道")
    assert [one[:6] for one in said] == ["代码应是 1", "名称至多 5", "类别须是社区"]
    assert refusal(desk.add, "新村", parent="440703")[0].startswith("蓬江区不是街道或镇")


def test_close_asks_where_the_people_go(desk):
    desk.book.hire("安娜", serial=1)
    desk.book.hire("林惠珊", serial=2)
    desk.book.hire("将来的人", serial=3, on="2026-12-01")
    assert refusal(desk.close, SHEEP) == [
        "2026-11-01 时还有 2 人在这里工作，另有 1 人以后要来；请改用合并，把人一起转走，或先逐人调走"
    ]


def test_close_from_its_day(desk):
    gone = desk.book.hire("走了的人", serial=1)
    desk.book.add(gone, "离职", "2026-10-31", 类别="辞职", 末日="2026-10-31")
    desk.close(SHEEP)
    assert desk.on(TODAY, SHEEP).closing == "2026-11-01" and desk.on(NEXT, SHEEP).closed == "2026-11-01"
    assert org(SHEEP).closed_on is None
    lists.bring_up_to(NEXT)
    assert (org(SHEEP).closed_on, org(SHEEP).name) == (NEXT, "羊桥社区")
    assert refusal(desk.close, SHEEP) == ["羊桥社区已记过撤销，2026-11-01 起；要改日子，先撤回那一条"]
    assert refusal(desk.rename, SHEEP, "新名") == ["羊桥社区自 2026-11-01 起已撤销，此后不能再记"]
    assert refusal(desk.settle, SHEEP, 9) == ["羊桥社区自 2026-11-01 起已撤销，此后不能再记"]
    desk.add("羊桥社区", on=NEXT)  # the name is free again
    assert services.verify() == []


def test_street_with_open_communities_is_not_closed(desk):
    assert refusal(desk.close, STREET) == ["白沙街道下还有 1 个没有撤销的机构：羊桥社区"]
    desk.close(SHEEP, on=TODAY)
    desk.close(STREET)
    assert refusal(desk.add, "新社区", on=TODAY) == ["白沙街道自 2026-11-01 起撤销，不能再设社区"]


def test_payer_with_people_is_not_closed(desk):
    desk.book.hire("安娜", payer=SHEEP, place=TANG)
    assert refusal(desk.close, SHEEP) == ["2026-11-01 时还有 1 人由羊桥社区签约发薪；先给他们记新的用人单位"]


def test_before_its_own_start_is_refused(desk):
    code = desk.add().actions[0].org.code
    day = date(2026, 10, 31)
    said = ["新社区自 2026-11-01 起才有，生效日不能更早"]
    assert refusal(desk.rename, code, "别名", on=day) == refusal(desk.close, code, on=day) == said
    assert refusal(desk.merge, SHEEP, code, on=day) == ["新社区自 2026-11-01 起才有，这一天还不能并入"]
    # of the first import nobody knows the day
    desk.rename(SHEEP, "老羊桥社区", on=date(2015, 1, 1))


def test_merge_moves_who_is_there(desk):
    stays = desk.book.hire("安娜", serial=1)
    other = desk.book.hire("甘棠人", serial=2, place=TANG)
    gone = desk.book.hire("走了的人", serial=3)
    desk.book.add(gone, "离职", "2026-09-30", 类别="辞职", 末日="2026-09-30")
    done = desk.merge(SHEEP, TANG)
    assert [(a.kind, a.person, a.facts) for a in done.actions] == [
        ("入职", stays, {"工作社区": TANG}),
        ("机构撤销", None, {"原因": "合并", "并入": TANG}),
    ]
    assert {a.batch for a in done.actions} == {done.batch} and done.batch.label == "合并：羊桥社区 → 甘棠社区"
    stays.refresh_from_db()
    assert stays.workplace_code == SHEEP
    lists.bring_up_to(NEXT)
    for person, place in ((stays, TANG), (other, TANG), (gone, SHEEP)):
        person.refresh_from_db()
        assert (person.workplace_code, person.payer_code) == (place, "440703")
    assert org(SHEEP).merged_into.code == TANG and lists.org_names([SHEEP]) == {SHEEP: "羊桥社区"}
    before, after = desk.on(date(2026, 10, 31), SHEEP), desk.on(NEXT, SHEEP)
    assert (before.people, before.closed) == (1, "") and (after.people, after.into_name) == (0, "甘棠社区")
    assert desk.on(NEXT, TANG).people == 2 and services.verify() == []


def test_merged_community_stays_in_the_roster_of_its_time(desk):
    desk.book.hire("安娜")
    desk.merge(SHEEP, TANG, on=date(2026, 10, 16))
    period, at = policy.Period.month("2026-10"), end_of_day(date(2026, 10, 31))
    found = roster.table(desk.scope, period, at, ["工作社区", "用人单位"], type("P", (), {"catalogue": CATALOGUE})())
    assert [(one.start.day, one.values["工作社区"], one.values["用人单位"]) for one in found] == [
        (1, SHEEP, "440703"), (16, TANG, "440703"),
    ]  # fmt: skip


def test_merge_heeds_what_is_to_come(desk):
    returns, moves_on, comes = (desk.book.hire(name, serial=n) for n, name in enumerate(("回来", "调走", "新来"), 1))
    desk.book.void(Action.objects.get(person=comes, kind="入职"))
    desk.book.add(comes, "入职", "2026-12-01", 用人单位="440703", 工作社区=SHEEP)
    desk.book.add(moves_on, "入职", "2026-12-15", 工作社区="440704001101")
    desk.book.add(returns, "入职", "2026-11-15", 工作社区="440704001101")
    desk.book.add(returns, "入职", "2026-12-15", 工作社区=SHEEP)
    done = desk.merge(SHEEP, TANG)
    assert {(a.person.name, str(a.effective_on)) for a in done.actions if a.person} == {
        ("回来", "2026-11-01"), ("回来", "2026-12-15"), ("调走", "2026-11-01"), ("新来", "2026-12-01"),
    }  # fmt: skip
    end = date(2026, 12, 31)
    assert desk.on(end, SHEEP).people == 0 and desk.on(end, TANG).people == 2
    assert desk.on(date(2026, 11, 20), TANG).people == 1


def test_merge_refusals(desk):
    assert refusal(desk.merge, SHEEP, SHEEP) == ["不能并入自己"]
    assert refusal(desk.merge, SHEEP, "440703006") == ["只能并入同一级的机构"]
    desk.close(TANG, on=TODAY)
    assert refusal(desk.merge, SHEEP, TANG) == ["甘棠社区自 2026-10-01 起撤销，不能并入"]


def test_merge_is_taken_back_whole(desk):
    person = desk.book.hire("安娜")
    done = desk.merge(SHEEP, TANG, on=TODAY)
    person.refresh_from_db()
    assert person.workplace_code == TANG
    back = desk.withdraw(done)
    person.refresh_from_db()
    assert (person.workplace_code, org(SHEEP).closed_on, org(SHEEP).merged_into) == (SHEEP, None, None)
    assert len(back.actions) == 2 and back.batch.label == "撤回：合并：羊桥社区 → 甘棠社区"
    assert desk.withdraw(done).again and services.verify() == []


def test_what_was_corrected_since_is_not_taken_back_whole(desk):
    desk.book.hire("安娜")
    done = desk.merge(SHEEP, TANG)
    desk.book.correct(done.actions[0], "2026-11-15", 工作社区=TANG)
    assert refusal(desk.withdraw, done) == ["这一批里有 1 条此后已更正或撤销，不能再整批撤回；请逐条处理"]


def test_a_name_given_away_is_not_taken_back(desk):
    done = desk.close(SHEEP, on=TODAY)
    desk.add("羊桥社区", on=TODAY)
    assert refusal(desk.withdraw, done) == ["白沙街道下已有“羊桥社区”（440703002J01）"]
    assert org(SHEEP).closed_on == TODAY
    assert "设错了的机构" in refusal(desk.withdraw, desk.add("滨江社区"))[0]


def test_establishment_by_date(desk):
    desk.book.hire("安娜")
    desk.settle(SHEEP, 3, on=TODAY, standard="每万人 18 人")
    desk.settle(SHEEP, 1, on=NEXT)
    assert (org(SHEEP).establishment, desk.on(TODAY, SHEEP).short, desk.on(NEXT, SHEEP).short) == (3, 2, 0)
    assert refusal(desk.settle, SHEEP, 1, on=date(2026, 12, 1)) == ["2026-12-01 时核定员额本来就是 1 人"]
    assert refusal(desk.settle, SHEEP, -1, on=date(2026, 12, 1)) == ["-1 不在 0 至 100000 人 之间"]
    street = desk.on(TODAY, STREET)
    assert (street.settled, street.short, street.over) == (3, 2, 0)


def test_short_and_over_are_not_set_off(desk):
    desk.book.hire("安娜", serial=1)
    desk.book.hire("林惠珊", serial=2)
    desk.settle(SHEEP, 0, on=TODAY)
    desk.settle(TANG, 3, on=TODAY)
    district = desk.on(TODAY, "440703")
    assert (district.settled, district.people, district.short, district.over) == (3, 2, 3, 2)


def test_today_and_a_day_count_alike(desk):
    for serial, place in enumerate((SHEEP, SHEEP, TANG, STREET), 1):
        desk.book.hire(f"人{serial}", serial=serial, place=place)
    desk.book.hire("外区", serial=9, payer="440704", place="440704001101")
    by_caches, by_fold = places.tree(desk.scope, TODAY, TODAY), places.tree(desk.scope, TODAY, NEXT)
    assert by_caches == by_fold and by_caches[0].people == 4
    street = scope_of(accounts.create_user("街道", by=None, now=NOW), on=TODAY)
    assert places.tree(street, TODAY, TODAY) == places.tree(street, TODAY, NEXT) == []


def test_another_district_may_not(desk):
    with pytest.raises(NotAllowed):
        desk.rename("440704001101", "麻园一社区")
    with pytest.raises(NotAllowed):
        desk.merge(SHEEP, "440704001101")
    with pytest.raises(NotAllowed):
        desk.add(parent="440704001")
    assert Action.objects.exclude(kind="机构设立").count() == 0


def test_the_same_form_twice_does_it_once(desk):
    first, second = (desk.settle(SHEEP, 9, once="a" * 64) for _ in range(2))
    assert (first.again, second.again, first.batch) == (False, True, second.batch)
    assert Action.objects.filter(kind="核定员额").count() == 1


def test_loading_the_list_again_leaves_local_changes(desk):
    desk.rename(SHEEP, "羊桥一社区", on=TODAY)
    old = [(SHEEP, "羊桥社区", "社区", STREET)]
    assert services.load_divisions(old, by=desk.clerk, now=NOW, catalogue=CATALOGUE) == []
    assert divisions.entries([(TANG, "甘棠一社区", "社区", "440703006")], TODAY)[0].facts["名称"] == "甘棠一社区"


def test_statements_do_not_grow(desk, django_assert_num_queries):
    with django_assert_num_queries(3):
        places.tree(desk.scope, TODAY, TODAY)
    for number in range(30):
        desk.add(f"{number}社区", on=TODAY)
        desk.book.hire(f"人{number}", serial=number + 1, place=f"{STREET}J{number + 1:02d}", on="2026-10-01")
    with django_assert_num_queries(3):
        assert places.tree(desk.scope, TODAY, TODAY)[0].people == 30
    with django_assert_num_queries(6):
        assert places.tree(desk.scope, TODAY, NEXT)[0].people == 30


def test_nobody_is_taken_on_where_nothing_is_any_more(desk):
    desk.book.hire("孔嘉俊", place=SHEEP)
    desk.merge(SHEEP, TANG, on=NEXT)
    said = refusal(desk.book.hire, "林惠珊", serial=2, place=SHEEP, on="2026-11-01")
    assert said == [f"羊桥社区自 2026-11-01 起已撤销，2026-11-01 不能再往里记人；请记到它并入的 {TANG}，或改生效日"]
    assert desk.book.hire("林惠珊", serial=2, place=SHEEP, on="2026-10-31").name == "林惠珊"


def test_nobody_is_taken_on_where_nothing_is_yet(desk):
    desk.add("滨江社区", on=NEXT)
    code = f"{STREET}J01"
    words = "滨江社区自 2026-11-01 起才有，2026-10-01 还不能往里记人；请改生效日，或先记那时所在的社区，到 2026-11-01 再转来"
    assert refusal(desk.book.hire, "孔嘉俊", place=code, on="2026-10-01") == [words]
    assert desk.book.hire("孔嘉俊", place=code, on="2026-11-01").name == "孔嘉俊"
