"""The engine as a library: its guide is run as it stands, it is typed, and it brings no Django with it."""

import contextlib
import io
import re
import subprocess
import sys
from importlib.resources import files
from pathlib import Path

from gugan import policy

ROOT = Path(__file__).resolve().parents[2]
GUIDE = ROOT / "docs/packs/library.md"


def test_guide_prints_what_it_says(monkeypatch):
    monkeypatch.chdir(ROOT)
    found = re.findall(r"```python\n(.*?)```\n\n```text\n(.*?)```", GUIDE.read_text("utf-8"), re.DOTALL)
    assert len(found) == GUIDE.read_text("utf-8").count("```python")
    names: dict = {}
    for code, said in found:
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            exec(compile(code, str(GUIDE), "exec"), names)
        assert printed.getvalue() == said


def test_guide_names_every_member_of_a_tree():
    table = GUIDE.read_text("utf-8").split("| member |")[1]
    named = {name for line in table.splitlines()[2:] for name in re.findall(r"`(\w+)`", line.split("|")[1])}
    assert named == set(policy.Tree.__slots__)


def test_engine_brings_no_django_and_no_other_room():
    code = "import sys, gugan.policy; print(sorted(m for m in sys.modules if m.split('.')[0] == 'django' or m.startswith('gugan.')))"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    loaded = [name.strip("'") for name in out.stdout.strip("[]\n").split(", ")]
    assert [name for name in loaded if not name.startswith("gugan.policy")] == []
    assert "gugan.policy.explain" in loaded


def test_engine_is_typed_and_every_export_says_what_it_does():
    assert (files("gugan") / "py.typed").is_file()
    assert [name for name in policy.__all__ if not (getattr(policy, name).__doc__ or "").strip()] == []
