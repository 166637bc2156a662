"""The set-up: locks that any index can serve, and the database that was asked for."""

import re
import subprocess

import pytest
from django.db import connection

from gugan.web.database import read_database
from gugan.web.keys import KeysMissing, read_keys
from tests.checks import ROOT, check_hosts


@pytest.mark.parametrize("name", ["runtime", "dev"])
def test_lock_names_no_host_and_hashes_everything(name):
    text = (ROOT / "requirements" / f"{name}.txt").read_text()
    assert re.findall(r"https?://|file:|^\s*--(?:extra-)?index.*|^\s*--find.*", text, re.M) == []
    pinned = re.findall(r"^[a-z0-9].*", text.replace("\\\n", " "), re.M)
    assert pinned
    assert [line for line in pinned if "==" not in line or "--hash=sha256:" not in line] == []
    wanted = (ROOT / "requirements" / f"{name}.in").read_text()
    for package in re.findall(r"^([a-z][a-z0-9-]*)", wanted, re.M):
        assert re.search(rf"^{package}==", text, re.M), f"make lock: {package}"


def test_locks_agree_on_every_shared_package():
    runtime, dev = (
        set(re.findall(r"^([a-z0-9-]+)==(\S+)", (ROOT / "requirements" / f"{n}.txt").read_text(), re.M))
        for n in ("runtime", "dev")
    )
    shared = {name for name, _ in runtime} & {name for name, _ in dev}
    assert {p for p in dev if p[0] in shared} <= runtime


def test_no_file_names_a_package_index():
    assert check_hosts() == []


def test_bare_make_prints_help_in_both_languages():
    shown = subprocess.run(["make"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for target in ("setup", "demo", "serve", "test", "check", "bench", "lock", "clean"):
        assert re.search(rf"^  {target} +\S*[一-鿿].* / .*[a-z]", shown, re.M), target


@pytest.mark.django_db
def test_connection_is_the_database_asked_for(chosen_db):
    assert connection.vendor == chosen_db
    with connection.cursor() as cursor:
        if chosen_db == "sqlite":
            cursor.execute("PRAGMA journal_mode")
            assert cursor.fetchone() == ("wal",)
            assert connection.transaction_mode == "IMMEDIATE"
        else:
            cursor.execute("SELECT pg_encoding_to_char(encoding) FROM pg_database WHERE datname = current_database()")
            assert cursor.fetchone() == ("UTF8",)


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("sqlite:////data/a%20b.sqlite3", "/data/a b.sqlite3"),
        ("/data/plain.sqlite3", "/data/plain.sqlite3"),
        ("sqlite:///rel/x.sqlite3", "{cwd}/rel/x.sqlite3"),
        ("x.sqlite3", "{cwd}/x.sqlite3"),
    ],
)
def test_database_url_of_a_file(url, name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert read_database(url)["NAME"] == name.format(cwd=tmp_path)


def test_database_url_of_a_server():
    entry = read_database("postgresql://us%40er:p%2Fw@db.local:5433/gugan?sslmode=require")
    assert entry == {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": "gugan",
        "USER": "us@er",
        "PASSWORD": "p/w",
        "HOST": "db.local",
        "PORT": "5433",
        "OPTIONS": {"sslmode": "require"},
    }


def test_database_url_of_a_socket_and_its_pool():
    url = "postgresql://gugan@/gugan?host=/run/pg&port=5433"
    assert (read_database(url)["HOST"], read_database(url)["PORT"]) == ("/run/pg", "5433")
    assert read_database(url)["OPTIONS"] == {}
    assert read_database(url, serving=True)["OPTIONS"] == {"pool": {"min_size": 1, "max_size": 4}}
    assert read_database(url + "&pool=off", serving=True)["OPTIONS"] == {}


@pytest.mark.parametrize("url", ["mysql://a/b", "sqlite:///", "postgresql://host/", ""])
def test_database_url_refused(url):
    with pytest.raises(ValueError, match="GUGAN_DATABASE"):
        read_database(url)


@pytest.fixture
def no_keys(monkeypatch):
    for name in ("GUGAN_SECRET_KEY", "GUGAN_SEAL_KEY_FILE"):
        monkeypatch.delenv(name, raising=False)


def test_demo_keys_are_made_once_and_private(tmp_path, no_keys):
    first = read_keys(tmp_path)
    assert (first.demo, len(first.seal_key)) == (True, 32)
    assert read_keys(tmp_path) == first
    assert [p.name for p in (tmp_path / "var").iterdir()] == ["demo-keys.json"]
    assert (tmp_path / "var" / "demo-keys.json").stat().st_mode & 0o777 == 0o600
    assert first.secret_key not in repr(first)


def test_keys_are_demanded_outside_a_demo(tmp_path, no_keys, monkeypatch):
    with pytest.raises(KeysMissing, match="GUGAN_SEAL_KEY_FILE"):
        read_keys(tmp_path, demo=False)
    monkeypatch.setenv("GUGAN_SECRET_KEY", "x" * 50)
    with pytest.raises(KeysMissing, match="GUGAN_SEAL_KEY_FILE"):
        read_keys(tmp_path)
    assert list(tmp_path.iterdir()) == []
