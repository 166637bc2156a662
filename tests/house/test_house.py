"""The house keeps its own rules: words are in the glossary, contracts hold, no file names a registry or this machine."""

import re
from pathlib import Path

from django.apps import apps

from gugan import policy

ROOT = Path(__file__).resolve().parents[2]
GLOSSARY = (ROOT / "docs/glossary.md").read_text("utf-8")


def named(word: str) -> bool:
    """Whether the glossary has the word in one of its first two columns."""
    rows = [line.split("|")[1:3] for line in GLOSSARY.splitlines() if line.startswith("|")]
    return any(word in re.split(r"[、,()\s]+", cell) for row in rows for cell in row)


def test_every_model_is_in_the_glossary():
    models = [m.__name__ for m in apps.get_models() if m.__module__.startswith("gugan.")]
    assert models
    assert [name for name in models if not named(name)] == []


def test_every_kind_of_action_is_in_the_glossary():
    kinds = policy.load("00", ROOT / "policies").catalogue.kinds
    assert [name for name in kinds if not named(name)] == []


def test_every_room_is_in_the_glossary():
    rooms = [p.name for p in (ROOT / "src/gugan").iterdir() if p.is_dir() and not p.name.startswith("_")]
    rooms += [p.name for p in (ROOT / "src/gugan/lifecycle").iterdir() if p.is_dir() and not p.name.startswith("_")]
    assert [name for name in rooms if not named(name)] == []


def test_no_migration_is_missing(db):
    from django.core.management import call_command

    call_command("makemigrations", check=True, dry_run=True, verbosity=0)


def test_every_decision_is_listed():
    listed = (ROOT / "docs/decisions/README.md").read_text("utf-8")
    files = [p.name for p in (ROOT / "docs/decisions").glob("0*.md")]
    assert [name for name in files if name not in listed] == []


def test_no_float_near_money():
    sources = [p for room in ("policy", "runs", "lifecycle/pay") for p in (ROOT / "src/gugan" / room).rglob("*.py")]
    found = [
        f"{p.name}: {line}"
        for p in sources
        for line in p.read_text("utf-8").splitlines()
        if re.search(r"FloatField|\bfloat\(", line)
    ]
    assert found == []
