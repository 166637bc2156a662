from datetime import UTC, date, datetime

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import IntegrityError, transaction

from gugan.accounts import queries, services
from gugan.accounts.models import Grant, TrailEntry, User
from gugan.accounts.scope import Scope, covers

NOW = datetime(2026, 10, 1, 1, tzinfo=UTC)
TODAY = date(2026, 10, 1)
SINCE = date(2024, 7, 1)


def user(name: str, role: str | None = None, prefix: str = "440703", **more) -> User:
    made = services.create_user(name, by=None, now=NOW)
    if role:
        services.grant(made, role, prefix=prefix, **{"since": SINCE} | more, by=None, now=NOW)
    return made


@pytest.mark.parametrize(
    ("prefix", "code", "expected"),
    [
        ("00", "440703002101", True), ("4407", "440703", True), ("440703", "440703", True), ("440703", "4407", False),
        ("440703", "440704", False), ("", "440703", False), ("440703", "", False), ("00", "", False),
    ],
)  # fmt: skip
def test_prefix_covers_what_lies_below(prefix, code, expected):
    assert covers(prefix, code) is expected


def test_roles_have_their_rights(db):
    expected = {"clerk": {"see", "import", "pay"}, "approver": {"see", "approve"}, "finance": {"see", "finance"},
                "administrator": {"see", "admin"}}  # fmt: skip
    for role, rights in expected.items():
        scope = queries.scope_of(user(role, role), on=TODAY)
        assert {right for right in services.RIGHTS if scope.allows(right, "440703002")} == rights
        assert not any(scope.allows(right, "440704") for right in services.RIGHTS)


def test_nothing_without_a_grant_in_force(db):
    assert queries.scope_of(AnonymousUser(), on=TODAY) == Scope()
    assert queries.scope_of(user("空"), on=TODAY) == Scope()
    gone = user("走了", "clerk")
    gone.is_active = False
    assert queries.scope_of(gone, on=TODAY) == Scope()
    boss = user("超级")
    boss.is_superuser = boss.is_staff = True
    boss.save()
    assert queries.scope_of(boss, on=TODAY) == Scope()
    short = user("短期", "clerk", since=date(2026, 9, 1), until=date(2026, 10, 1))
    assert [queries.scope_of(short, on=date(2026, month, day)) != Scope() for month, day in
            ((8, 31), (9, 1), (9, 30), (10, 1))] == [False, True, True, False]  # fmt: skip


def test_grant_ends_on_its_day(db):
    clerk = user("经办", "clerk")
    services.end_grant(clerk.grants.get(), until=TODAY, by=clerk, now=NOW)
    assert queries.scope_of(clerk, on=date(2026, 9, 30)).allows("pay", "440703")
    assert queries.scope_of(clerk, on=TODAY) == Scope()


def test_worker_has_no_prefix(db):
    worker = user("本人")
    services.grant(worker, "worker", person_ref="0b6b", since=SINCE, by=None, now=NOW)
    scope = queries.scope_of(worker, on=TODAY)
    assert (scope.person, scope.prefixes("see")) == ("0b6b", ())
    assert scope.is_own("0b6b") and not scope.is_own("1") and not Scope().is_own(None)
    for role, more in (("worker", {"prefix": "44"}), ("clerk", {"person_ref": "0b6b"}), ("clerk", {})):
        with pytest.raises(IntegrityError), transaction.atomic():
            services.grant(worker, role, since=SINCE, by=None, now=NOW, **more)


def test_prefixes_are_the_widest(db):
    clerk = user("经办", "clerk", "440703002")
    for prefix in ("4407", "4501"):
        services.grant(clerk, "clerk", prefix=prefix, since=SINCE, by=None, now=NOW)
    assert queries.scope_of(clerk, on=TODAY).prefixes("see") == ("4407", "4501")
    assert queries.scope_of(clerk, on=TODAY).prefixes("approve") == ()


def test_require_says_who_may(db):
    clerk = user("经办", "clerk")
    user("江海审批", "approver", "440704")
    services.require(clerk, "pay", "440703002", on=TODAY)
    with pytest.raises(services.NotAllowed, match=r"^经办不能在 440703 审批。可以办的人：目前没有人，请管理员授权$"):
        services.require(clerk, "approve", "440703", on=TODAY)
    user("审批", "approver", "4407")
    user("全国", "approver", "00")
    with pytest.raises(services.NotAllowed, match=r"可以办的人：全国、审批$"):
        services.require(clerk, "approve", "440703", on=TODAY)
    with pytest.raises(services.NotAllowed, match=r"^没有登录的人不能"):
        services.require(AnonymousUser(), "see", "440703", on=TODAY)
    with pytest.raises(ValueError, match="unknown right"):
        services.require(clerk, "fly", "440703", on=TODAY)


def test_users_and_grants_are_in_the_trail(db):
    clerk = user("经办", "clerk")
    services.end_grant(clerk.grants.get(), until=TODAY, by=clerk, now=NOW)
    assert list(TrailEntry.objects.values_list("act", "by")) == [
        ("建用户", None),
        ("授权", None),
        ("收回授权", clerk.pk),
    ]
    assert queries.verify_trail() == []
    assert not clerk.has_usable_password()


def test_unknown_role_is_an_error(db):
    with pytest.raises(ValueError, match="unknown role"):
        services.grant(user("经办"), "king", prefix="44", since=SINCE, by=None, now=NOW)
    assert Grant.objects.count() == 0
