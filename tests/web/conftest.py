"""A small district, a worker in it, and a way to read pages as words."""

import re
from datetime import date

import pytest

from gugan.accounts import services as accounts
from gugan.accounts.models import Grant
from tests.lifecycle.world import World


@pytest.fixture
def world(db) -> World:
    return World()


@pytest.fixture
def worker(world):
    """A user who is 林惠珊 and no officer; `.person` is hers."""
    person = world.hire("林惠珊", place="440703005001", years={"2025": "合格"})
    user = accounts.create_user("本人", display_name="林惠珊", by=None, now=world.now)
    accounts.grant(
        user, Grant.Role.WORKER, person_ref=str(person.public_id), since=date(2020, 1, 1), by=None, now=world.now
    )
    user.person = person
    return user


@pytest.fixture
def demo(settings):
    settings.GUGAN_DEMO = True


@pytest.fixture
def words():
    """The words of a page, without its marks."""
    return lambda response: re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))
