"""`make check`: lint, types, floors, packs, locks; runs them all, so that one run tells everything."""

import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
BIN = ROOT / ".venv" / "bin"
CHECKS = {
    "lint": ["ruff", "check", "."],
    "format": ["ruff", "format", "--check", "."],
    "types": ["ty", "check", "src/gugan"],
    "floors": ["lint-imports", "--no-logo"],
    "packs": ["gugan", "policy", "check"],
}
HINTS = {
    "lint": ".venv/bin/ruff check --fix .",
    "format": ".venv/bin/ruff format .",
}


def check_hosts() -> list[str]:
    """Return the lines of any file that name a package index, and of the locks that name any address."""
    # in pieces, or this file would be found
    hosts = ["pypi." + "org", "python" + "hosted.org", "npmjs." + "org", "/pypi" + "/simple"]
    found = _grep(hosts, ["--fixed-strings"], [":!LICENSE"])
    found += _grep(["https?://", "file:", "^ *--(extra-)?index", "^ *--find"], ["-E"], ["requirements/*.txt"])
    return found


def _grep(patterns: list[str], options: list[str], paths: list[str]) -> list[str]:
    command = ["git", "grep", "-nI", "--untracked", *options]
    for pattern in patterns:
        command += ["-e", pattern]
    done = subprocess.run([*command, "--", *paths], cwd=ROOT, capture_output=True, text=True)
    if done.returncode > 1:
        return [done.stderr.strip()]
    return done.stdout.splitlines()


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
