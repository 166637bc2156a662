"""What every test may ask for; the choice of the database itself is in dbplugin.py."""

import pytest


@pytest.fixture(scope="session")
def chosen_db(pytestconfig) -> str:
    """The database this session was asked to run on: "sqlite" or "postgresql"."""
    return pytestconfig.getoption("db")
