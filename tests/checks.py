"""`make check`: lint, types, floors, packs, locks; runs them all, so that one run tells everything."""

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
BIN = ROOT / ".venv" / "bin"
CHECKS = {
    "lint": ["ruff", "check", "--output-format", "concise", "."],
    "format": ["ruff", "format", "--check", "--output-format", "concise", "."],
    "types": ["ty", "check", "--output-format", "concise", "src/gugan"],
    "floors": ["lint-imports", "--no-logo"],
    "packs": ["gugan", "policy", "check"],
}
# in pieces, or this file would be found
HOSTS = re.compile("|".join((r"pypi\." + "org", "python" + r"hosted\.org", r"npmjs\." + "org", "/pypi" + "/simple")))
ADDRESSES = re.compile(r"https?://|file:|^\s*--(extra-)?index|^\s*--find")
NOT_OURS = {
    ".git",
    ".venv",
    "var",
    "node_modules",
    "__pycache__",
    ".pytest_cache",
    ".ruff_cache",
    ".mypy_cache",
}
HINTS = {
    "lint": ".venv/bin/ruff check --fix .",
    "format": ".venv/bin/ruff format .",
}


def check_hosts() -> list[str]:
    """Return the lines of any file that name a package index, and of the locks that name any address."""
    found = []
    for path in _texts():
        banned = ADDRESSES if path.parent.name == "requirements" and path.suffix == ".txt" else HOSTS
        try:
            lines = path.read_text(encoding="utf-8").splitlines()
        except UnicodeDecodeError:  # not a text
            continue
        found += [f"{path.relative_to(ROOT)}:{n}: {line}" for n, line in enumerate(lines, 1) if banned.search(line)]
    return found


def _texts() -> Iterator[Path]:
    """Yield the project's own files; no git here, for it may have come as an archive."""
    for folder, inner, names in os.walk(ROOT):
        inner[:] = [name for name in inner if name not in NOT_OURS]
        yield from (Path(folder, name) for name in names if Path(name).suffix not in (".sqlite3", ".xlsx", ".pyc"))


def main() -> int:
    failed = []
    for name, (program, *arguments) in CHECKS.items():
        began = time.monotonic()
        done = subprocess.run(
            [BIN / program, *arguments],
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        print(
            f"{'ok  ' if done.returncode == 0 else 'FAIL'} {name:<7} {time.monotonic() - began:4.1f} s",
            flush=True,
        )
        if done.returncode:
            failed.append(name)
            print(done.stdout.rstrip())
            if name in HINTS:
                print(f"  → {HINTS[name]}")
    hosts = check_hosts()
    print(f"{'FAIL' if hosts else 'ok  '} hosts")
    if hosts:
        failed.append("hosts")
        print("\n".join(hosts))
    if failed:
        print(f"未通过 / failed: {', '.join(failed)}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
