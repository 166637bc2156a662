"""Runs the suite on SQLite and on PostgreSQL, side by side.

python -m tests.both [sqlite|postgresql] -- [arguments for pytest]

What uses no database of the tests runs once, in one pass or the other, so that both take about as long: the pages in a
browser (a demonstration has a database of its own), and the engine, the packs and the workbooks, which know none.
"""

import subprocess
import sys
import tempfile

DATABASES = ("sqlite", "postgresql")
LEFT_OUT = {"sqlite": "policy,packs,office", "postgresql": "browser"}
"""What each pass leaves to the other, where both run. A single pass runs everything."""
NOTHING = 5
"""What pytest ends with where it found no test."""


def start(db: str, arguments: list[str], output=None) -> subprocess.Popen:
    # a cache each: the two must not write one file
    command = [sys.executable, "-m", "pytest", "--db", db, "-o", f"cache_dir=.pytest_cache/{db}", *arguments]
    return subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL)


def main(argv: list[str]) -> int:
    cut = argv.index("--") if "--" in argv else len(argv)
    chosen, arguments = argv[:cut] or list(DATABASES), argv[cut + 1 :]
    if unknown := set(chosen) - set(DATABASES):
        sys.exit(f"DB={' '.join(sorted(unknown))}: 须为 / must be one of: {', '.join(DATABASES)}")
    print(f"测试 / testing on: {', '.join(chosen)}", flush=True)
    first, *others = chosen
    extra = {db: ["--leave-out", LEFT_OUT[db]] if others else [] for db in chosen}
    results = {}
    with tempfile.TemporaryFile() as kept:
        waiting = [(db, start(db, [*extra[db], *arguments], kept)) for db in others]
        try:
            results[first] = start(first, [*extra[first], *arguments]).wait()
            for db, process in waiting:
                print(f"\n{db}: 同时进行 / ran alongside", flush=True)
                results[db] = process.wait()
        except KeyboardInterrupt:
            for _, process in waiting:
                process.wait()
            return 130
        finally:
            kept.seek(0)
            sys.stdout.buffer.write(kept.read())
            sys.stdout.flush()
    if others and 0 in results.values():
        # only tests that run in the other pass were asked for
        results = {db: 0 if code == NOTHING else code for db, code in results.items()}
    for db, code in results.items():
        print(f"{db:<11} {'通过 passed' if code == 0 else f'未通过 FAILED (pytest {code})'}")
    return 1 if any(results.values()) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
