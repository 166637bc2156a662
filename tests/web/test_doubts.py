"""疑问: a worker asks about a line of the own slip or an own fact, an officer answers, the worker reads it; nobody else."""

import re
from datetime import date

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from gugan.accounts import services as accounts
from gugan.accounts.models import Grant, TrailEntry
from gugan.accounts.queries import scope_of
from gugan.lifecycle.pay import doubts, services
from gugan.lifecycle.pay.models import ANSWERED, OPEN, Doubt
from gugan.records.ledger import Entry
from gugan.records.models import Action
from gugan.runs import services as runs
from gugan.runs.errors import RunError
from tests.lifecycle.world import OTHER_PAYER, PAYER, World, moment

WORDS, ANSWER = "这个月值班了三次", "值班记在十一月，下月补"


@pytest.fixture
def world(db, settings) -> World:
    settings.GUGAN_TODAY = date(2026, 11, 30)
    return World()


@pytest.fixture
def kong(world):
    return world.hire("孔嘉俊", years={"2025": "合格"})


@pytest.fixture
def lin(world):
    return world.hire("林惠珊", place="440703005001", years={"2025": "合格"})


@pytest.fixture
def draft(world, kong, lin):
    return services.run(payer=PAYER, month="2026-10", by=world.clerk, now=moment("2026-10-31 18:00"))


@pytest.fixture
def october(world, draft):
    return runs.approve(run=draft, by=world.approver, now=moment("2026-10-31 19:00"))


def worker(world, person):
    user = accounts.create_user(f"本人{person.pk}", display_name=person.name, by=None, now=world.now)
    accounts.grant(
        user, Grant.Role.WORKER, person_ref=str(person.public_id), since=date(2020, 1, 1), by=None, now=world.now
    )
    return user


def text(response) -> str:
    """The words of a page's middle."""
    body = response.content.decode()
    body = body[body.find("<main") : body.find("</main>")]
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", body)).strip()


def ask(client, run, person, **typed):
    return client.post(f"/doubts/ask/{run.pk}/{person.public_id}/", {"line": "基本报酬", "words": WORDS} | typed)


def test_a_worker_asks_and_reads_the_answer(client, world, october, kong):
    client.force_login(worker(world, kong))
    slip = f"/pay/{october.pk}/{kong.public_id}/"
    assert "对这笔有疑问" in text(client.get(slip)) and "对这笔有疑问" in text(client.get("/me/"))
    sent = ask(client, october, kong)
    assert sent.status_code == 302 and sent["Location"] == slip + "#doubts"
    assert f"等答复 基本报酬 {WORDS}" in text(client.get(slip))

    client.force_login(world.clerk)
    doubt = Doubt.objects.get()
    assert f"等答复 基本报酬 {WORDS}" in text(client.get(slip)) and f"/doubts/{doubt.pk}/" in str(
        client.get(slip).content
    )
    page = text(client.get(f"/doubts/{doubt.pk}/"))
    assert "孔嘉俊对“基本报酬”有疑问" in page and "基本报酬 2,968.00 元" in page and WORDS in page
    done = client.post(f"/doubts/{doubt.pk}/", {"words": ANSWER}, follow=True)
    assert "已答复孔嘉俊对“基本报酬”的疑问。" in text(done) and ANSWER in text(done)

    client.force_login(doubt.asked_by)
    for path in (slip, "/me/", "/me/pay/", "/doubts/"):
        assert f"答：{ANSWER}" in text(client.get(path)), path


def test_a_double_submission_finds_the_first(client, world, october, kong):
    client.force_login(worker(world, kong))
    ask(client, october, kong)
    ask(client, october, kong, words="再问一次")
    assert Doubt.objects.count() == 1
    ask(client, october, kong, line="绩效报酬", words="")
    assert sorted(Doubt.objects.values_list("line", flat=True)) == ["基本报酬", "绩效报酬"]
    first = Doubt.objects.get(line="基本报酬")
    doubts.answer(doubt=first, words=ANSWER, by=world.clerk, now=moment("2026-11-02 09:00"))
    ask(client, october, kong, words="还是不对")
    assert Doubt.objects.filter(line="基本报酬", state=OPEN).count() == 1 and Doubt.objects.count() == 3


def test_what_is_wrong_is_said_and_what_was_typed_kept(client, world, october, kong):
    client.force_login(worker(world, kong))
    for typed, said in (
        ({"line": ""}, "选一项来问"),
        ({"line": "别的"}, "选一项来问"),
        ({"words": "长" * 501}, "现在 501 字"),
    ):
        page = ask(client, october, kong, **typed)
        assert page.status_code == 422 and said in text(page)
        assert (typed.get("words") or WORDS) in page.content.decode()
    assert not Doubt.objects.exists()


def test_only_the_own_slip_is_asked_about(client, world, october, kong, lin):
    client.force_login(worker(world, kong))
    assert ask(client, october, lin).status_code == 404
    assert client.get(f"/doubts/ask/{october.pk}/{lin.public_id}/").status_code == 404
    assert client.get(f"/doubts/ask/{october.pk + 9}/{kong.public_id}/").status_code == 404
    client.force_login(world.clerk)
    assert ask(client, october, kong).status_code == 404
    assert "对这笔有疑问" not in text(client.get(f"/pay/{october.pk}/{kong.public_id}/"))
    with pytest.raises(accounts.NotAllowed):
        doubts.ask(run=october, person=kong, line="基本报酬", words="", by=world.clerk, now=world.now)
    assert not Doubt.objects.exists()


def test_a_draft_cannot_be_asked_about(client, world, draft, kong):
    client.force_login(worker(world, kong))
    assert ask(client, draft, kong).status_code == 404
    assert not Doubt.objects.exists()


def test_others_neither_see_nor_answer(client, world, october, kong, lin):
    client.force_login(worker(world, kong))
    ask(client, october, kong)
    doubt = Doubt.objects.get()
    for user in (worker(world, lin), world.officer("江海", Grant.Role.CLERK, OTHER_PAYER)):
        client.force_login(user)
        assert client.get(f"/doubts/{doubt.pk}/").status_code == 404
        assert client.post(f"/doubts/{doubt.pk}/", {"words": ANSWER}).status_code == 404
        assert WORDS not in text(client.get("/doubts/"))
    street = world.officer("白沙经办", Grant.Role.CLERK, "440703002")
    client.force_login(street)
    assert WORDS in text(client.get(f"/doubts/{doubt.pk}/"))
    client.force_login(world.finance)
    assert "答复本人" not in text(client.get(f"/doubts/{doubt.pk}/"))
    assert client.post(f"/doubts/{doubt.pk}/", {"words": ANSWER}).status_code == 403
    doubt.refresh_from_db()
    assert doubt.state == OPEN


def test_an_answer_is_given_once(client, world, october, kong):
    client.force_login(worker(world, kong))
    ask(client, october, kong)
    doubt = Doubt.objects.get()
    client.force_login(world.clerk)
    assert client.post(f"/doubts/{doubt.pk}/", {"words": " "}).status_code == 422
    long = client.post(f"/doubts/{doubt.pk}/", {"words": "长" * 501})
    assert long.status_code == 422 and "长" * 501 in long.content.decode()
    client.post(f"/doubts/{doubt.pk}/", {"words": ANSWER})
    again = client.post(f"/doubts/{doubt.pk}/", {"words": "另一个说法"})
    assert again.status_code == 409 and "经办已经答复了这一条" in text(again) and ANSWER in text(again)
    with pytest.raises(RunError, match="已经答复"):
        doubts.answer(doubt=doubt, words="x", by=world.clerk, now=moment("2026-11-30 10:00"))
    doubt.refresh_from_db()
    assert doubt.state == ANSWERED and doubts.opened([doubt])[0].answer == ANSWER


def test_words_are_sealed_and_end_with_the_key(client, world, october, kong):
    client.force_login(worker(world, kong))
    ask(client, october, kong)
    doubt = doubts.answer(doubt=Doubt.objects.get(), words=ANSWER, by=world.clerk, now=moment("2026-11-30 10:00"))
    with connection.cursor() as cursor:
        cursor.execute("SELECT words, answer FROM pay_doubt")
        stored = str(cursor.fetchall())
    assert WORDS not in stored and ANSWER not in stored and WORDS[:6] not in stored
    notes = TrailEntry.objects.filter(subject=f"doubt:{doubt.pk}").order_by("seq")
    assert [note.act for note in notes] == ["疑问", "答复疑问"]
    accounts.destroy_key(kong.key_id, by=world.clerk, now=world.now, reason="注销")
    shown = doubts.opened(doubts.visible(scope_of(world.clerk, on=date(2026, 11, 30))))
    assert [(one.words, one.answer) for one in shown] == [("已抹除", "已抹除")]


def test_statements_do_not_grow_with_doubts(client, world, october, kong):
    user = worker(world, kong)
    counts = []
    for line in doubts.lines_of(october)[:8:7] + doubts.lines_of(october)[1:7]:
        doubts.ask(run=october, person=kong, line=line, words=WORDS, by=user, now=moment("2026-11-30 10:00"))
        if Doubt.objects.count() not in (1, 8):
            continue
        for who, path in ((user, "/me/"), (user, "/me/pay/"), (world.clerk, "/doubts/")):
            client.force_login(who)
            client.get("/search/")
            with CaptureQueriesContext(connection) as captured:
                client.get(path)
            counts.append(len(captured))
    assert counts[:3] == counts[3:] and max(counts) <= 15


# --- 不对: an own fact


WRONG = "我是硕士，去年七月毕业"


def degree(person) -> Action:
    return Action.objects.get(person=person, kind="学历")


def say_wrong(client, action, words=WRONG):
    return client.post(f"/doubts/fact/{action.pk}/", {"words": words})


def test_a_worker_says_a_fact_is_wrong_and_it_is_corrected(client, world, kong):
    wrong = degree(kong)
    user = worker(world, kong)
    client.force_login(user)
    assert f'href="/doubts/fact/{wrong.pk}/"' in client.get("/me/facts/").content.decode()
    assert "“学历”这一条，哪里不对" in text(client.get(f"/doubts/fact/{wrong.pk}/"))
    sent = say_wrong(client, wrong)
    assert sent.status_code == 302 and sent["Location"] == f"/me/facts/#e{wrong.pk}"
    page = client.get("/me/facts/")
    assert f"等答复 {WRONG}" in text(page) and f'href="/doubts/fact/{wrong.pk}/"' not in page.content.decode()

    client.force_login(world.clerk)
    doubt = Doubt.objects.get()
    waits = client.get("/todo/")
    assert "孔嘉俊对“学历（2025-01-01 起）”有疑问" in text(waits) and WRONG not in waits.content.decode()
    assert f'href="/doubts/{doubt.pk}/"' in waits.content.decode()
    person = client.get(f"/people/{kong.public_id}/")
    assert "本人说不对的 等答复 学历（2025-01-01 起）" in text(person) and f"/doubts/{doubt.pk}/" in str(person.content)
    page = client.get(f"/doubts/{doubt.pk}/")
    assert WRONG in text(page) and "学历 本科" in text(page)
    assert f'href="/people/{kong.public_id}/entries/{wrong.pk}/correct/"' in page.content.decode()

    right = Entry("学历", kong, wrong.effective_on, {"学历": "硕士研究生"}, replaces=wrong.pk)
    world.post(right, at="2026-11-30 10:00")
    page = client.get(f"/doubts/{doubt.pk}/")
    assert "已更正或撤回 看新的一条" in text(page) and "已更正为：硕士研究生" in text(page)
    client.post(f"/doubts/{doubt.pk}/", {"words": "看了毕业证，已更正"})
    assert "本人说不对的" not in text(client.get(f"/people/{kong.public_id}/"))

    client.force_login(user)
    for path in ("/me/facts/", "/doubts/"):
        assert "答：看了毕业证，已更正" in text(client.get(path)), path
    assert "您对“学历（2025-01-01 起）”的疑问有答复了" in text(client.get("/todo/"))


def test_one_doubt_is_open_for_a_fact_and_it_needs_words(client, world, kong):
    client.force_login(worker(world, kong))
    for words, said in (("", "写一句哪里不对"), ("长" * 501, "现在 501 字")):
        page = say_wrong(client, degree(kong), words)
        assert page.status_code == 422 and said in text(page) and words in page.content.decode()
    say_wrong(client, degree(kong))
    say_wrong(client, degree(kong), "再说一次")
    assert [one.words for one in doubts.opened(Doubt.objects.all())] == [WRONG]
    doubts.answer(doubt=Doubt.objects.get(), words=ANSWER, by=world.clerk, now=moment("2026-11-30 10:00"))
    say_wrong(client, degree(kong), "还是不对")
    assert Doubt.objects.filter(state=OPEN).count() == 1 and Doubt.objects.count() == 2


def test_only_an_own_fact_that_stands_is_asked_about(client, world, kong, lin):
    client.force_login(worker(world, kong))
    org = Action.objects.filter(person=None).first()
    for number in (degree(lin).pk, org.pk, 10**30):
        assert client.get(f"/doubts/fact/{number}/").status_code == 404, number
        assert client.post(f"/doubts/fact/{number}/", {"words": WRONG}).status_code == 404, number
    old = degree(kong)
    world.post(Entry("学历", kong, old.effective_on, {"学历": "大专"}, replaces=old.pk), at="2026-11-30 10:00")
    page = say_wrong(client, old)
    assert page.status_code == 422 and "已经更正或撤回" in text(page)
    client.force_login(world.clerk)
    assert client.get(f"/doubts/fact/{degree(lin).pk}/").status_code == 404
    with pytest.raises(accounts.NotAllowed):
        doubts.ask_about_fact(action=degree(lin).pk, words=WRONG, by=world.clerk, now=world.now)
    assert not Doubt.objects.exists()


def test_others_neither_see_nor_answer_what_is_said_of_a_fact(client, world, kong, lin):
    client.force_login(worker(world, kong))
    say_wrong(client, degree(kong))
    doubt = Doubt.objects.get()
    with connection.cursor() as cursor:
        cursor.execute("SELECT words FROM pay_doubt")
        assert WRONG not in str(cursor.fetchall())
    for user in (worker(world, lin), world.officer("江海", Grant.Role.CLERK, OTHER_PAYER)):
        client.force_login(user)
        assert client.get(f"/doubts/{doubt.pk}/").status_code == 404
        assert WRONG not in text(client.get("/doubts/")) and "孔嘉俊" not in text(client.get("/todo/"))
    client.force_login(world.approver)
    assert client.post(f"/doubts/{doubt.pk}/", {"words": ANSWER}).status_code == 403
    doubt.refresh_from_db()
    assert doubt.state == OPEN


def test_a_doubt_has_exactly_one_subject(world, october, kong):
    both = {"person": kong, "payer_code": PAYER, "asked_by": world.clerk, "asked_at": world.now}
    for wrong in (
        {},
        {"run": october},
        {"line": "基本报酬"},
        {"run": october, "line": "基本报酬", "action": degree(kong)},
        {"action": degree(kong), "line": "基本报酬"},
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            Doubt.objects.create(**both, **wrong)


def test_statements_do_not_grow_with_doubts_about_facts(client, world, kong):
    user = worker(world, kong)
    counts = []
    for action in Action.objects.filter(person=kong).order_by("pk"):
        doubts.ask_about_fact(action=action.pk, words=WRONG, by=user, now=moment("2026-11-30 10:00"))
        if Doubt.objects.count() not in (1, 4):
            continue
        for who, path in (
            (user, "/me/facts/"),
            (world.clerk, "/doubts/"),
            (world.clerk, "/todo/"),
            (world.clerk, f"/doubts/{Doubt.objects.first().pk}/"),
            (world.clerk, f"/people/{kong.public_id}/"),
        ):
            client.force_login(who)
            client.get(path)
            with CaptureQueriesContext(connection) as captured:
                client.get(path)
            counts.append(len(captured))
    assert counts[:5] == counts[5:] and max(counts) <= 15
