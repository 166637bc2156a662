"""Runs the suite on SQLite and on PostgreSQL, side by side.

python -m tests.both [sqlite|postgresql] -- [arguments for pytest]

The pages in a browser (tests/browser) are the same on both: they run once, in the pass on SQLite (dbplugin.py).
"""

import subprocess
import sys
import tempfile

DATABASES = ("sqlite", "postgresql")
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
    results = {}
    with tempfile.TemporaryFile() as kept:
        waiting = [(db, start(db, arguments, kept)) for db in others]
        try:
            results[first] = start(first, arguments).wait()
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
    if results.get("sqlite") == 0 and results.get("postgresql") == NOTHING:
        # only browser tests were asked for
        results["postgresql"] = 0
    for db, code in results.items():
        print(f"{db:<11} {'通过 passed' if code == 0 else f'未通过 FAILED (pytest {code})'}")
    return 1 if any(results.values()) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
