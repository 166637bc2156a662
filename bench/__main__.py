"""`make bench`: set-up from nothing, October's run from database to database, and the pages, in one go.

python -m bench [--no-setup] [--people 1214,12140] [--db sqlite,postgresql]
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
AIM_SETUP, AIM_PERSON, AIM_PAGE = 60.0, 0.2, 300
PEER_MS, PEER_STATEMENTS = 89.0, 58
"""The best peer measured (docs: Horilla v2): per payslip."""


def main() -> int:
    """Print everything; the exit code says only whether it could be measured."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--no-setup", action="store_true", help="不量安装 / leave out the set-up")
    parser.add_argument("--people", default="1214,12140")
    parser.add_argument("--db", default="sqlite,postgresql")
    args = parser.parse_args()
    print(f"{os.cpu_count()} 核 / cores, Python {sys.version.split()[0]}, 负载 / load {os.getloadavg()[0]:.1f}")
    if not args.no_setup:
        show_setup()
    sizes = [int(size) for size in args.people.split(",")]
    results = {(db, size): measure(db, size) for db in args.db.split(",") for size in sizes}
    show_runs(results)
    show_pages({db: measure(db, sizes[-1], "bench.pages") for db in args.db.split(",")}, sizes[-1])
    return 0


def show_setup() -> None:
    """Copy the checkout without its environment, and time `make setup` and then `make demo CHECK=1` there."""
    with tempfile.TemporaryDirectory(prefix="gugan-bench-") as folder:
        listed = ["git", "ls-files", "-coz", "--exclude-standard"]
        names = subprocess.run(listed, cwd=ROOT, capture_output=True, text=True, check=True).stdout
        for name in filter(None, names.split("\0")):
            if (ROOT / name).is_file():
                target = Path(folder) / name
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(ROOT / name, target)
        environment = {k: v for k, v in os.environ.items() if not k.startswith(("GUGAN_", "VIRTUAL_ENV", "MAKE"))}
        for words, text in ((["setup"], "安装 / set-up from nothing"), (["demo", "CHECK=1"], "示范 / demo after it")):
            began = time.perf_counter()
            done = subprocess.run(["make", *words], cwd=folder, env=environment, capture_output=True, text=True)
            seconds = time.perf_counter() - began
            if done.returncode:
                sys.exit(f"make {' '.join(words)}:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
            aim = f"  (目标 / aim {AIM_SETUP:.0f} s)" if words == ["setup"] else ""
            print(f"{text}: {seconds:.1f} s{aim}", flush=True)


def measure(db: str, size: int, module: str = "bench.run") -> dict:
    """Run a measuring module in a process of its own on a new database."""
    with tempfile.TemporaryDirectory(prefix="gugan-bench-") as home, database(db, home) as url:
        environment = os.environ | {"GUGAN_HOME": home, "GUGAN_DATABASE": url, "PYTHONPATH": f"{ROOT}:{ROOT / 'src'}"}
        environment |= {"GUGAN_POLICIES": str(ROOT / "policies")}
        command = [sys.executable, "-m", module, str(size)]
        done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
        if done.returncode:
            sys.exit(f"{db} {size}:\n{done.stderr[-3000:]}")
        return json.loads(done.stdout.splitlines()[-1])


@contextlib.contextmanager
def database(db: str, home: str) -> Iterator[str]:
    """The URL of an empty database."""
    if db == "sqlite":
        yield f"sqlite:///{home}/bench.sqlite3"
        return
    import psycopg

    from tests import postgres

    with postgres.server() as (folder, _):
        with psycopg.connect(host=folder, user=postgres.USER, dbname="postgres", autocommit=True) as connection:
            connection.execute("CREATE DATABASE bench")
        yield f"postgresql://{postgres.USER}@/bench?host={folder}"


def show_runs(results: dict[tuple[str, int], dict]) -> None:
    """One line per database and size, then what grows and how far the best peer is behind."""
    print(
        "\n2026-10 工资,库到库 / October's run, database to database: read, compute, keep (median of 5; first in brackets)"
    )
    print(f"{'':<11}{'people':>8}{'seconds':>18}{'ms a person':>13}{'statements':>12}{'× peer':>9}")
    for (db, size), found in results.items():
        per = found["median"] / size * 1000
        seconds = f"{found['median']:.3f} ({found['first']:.3f})"
        print(f"{db:<11}{size:>8}{seconds:>18}{per:>13.3f}{found['statements']:>12}{PEER_MS / per:>8.0f}×", flush=True)
    sizes = sorted({size for _, size in results})
    for db in dict.fromkeys(db for db, _ in results):
        if len(sizes) > 1:
            small, large = results[db, sizes[0]], results[db, sizes[-1]]
            print(
                f"{db}: {sizes[-1] / sizes[0]:.1f}× 人 / people → {large['median'] / small['median']:.1f}× 时间 / time, "
                f"{large['statements'] - small['statements']:+d} 语句 / statements"
            )
    print(
        f"目标 / aim: {AIM_PERSON} ms a person at {sizes[-1]:,}; 同行 / best peer: {PEER_MS:.0f} ms, {PEER_STATEMENTS} statements"
    )


def show_pages(results: dict[str, dict], size: int) -> None:
    """One line per database and page; the ratio is to the plainest page."""
    print(f"\n{size:,} 人时各页要多久 / the pages, a clerk of the whole district (median of 15)")
    print(f"{'':<11}{'ms':>8}{'p90':>8}{'first':>8}{'× plain':>9}{'statements':>12}  page")
    for db, pages in results.items():
        plain = next(iter(pages.values()))["median"]
        for name, one in pages.items():
            late = "" if one["p90"] <= AIM_PAGE else "  超过目标 / over the aim"
            print(
                f"{db:<11}{one['median']:>8.0f}{one['p90']:>8.0f}{one['first']:>8.0f}{one['median'] / plain:>8.0f}×"
                f"{one['statements']:>12}  {name}{late}"
            )
    print(f"目标 / aim: {AIM_PAGE} ms")


if __name__ == "__main__":
    sys.exit(main())
