"""A district of its own for each story."""

import pytest

from tests.lifecycle.world import World


@pytest.fixture
def world(db) -> World:
    return World()
