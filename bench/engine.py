"""`make bench-engine ROWS=…`: the engine over columns, against the same pack written by hand, in one run.

The pack is 9901 over the nation: 46 exact columns of a month's pay. By hand means as a good engineer would write it for this
one pack and nothing else: no 缺, no other pack, nothing checked. Every cell of every way is compared. Trust ratios, not
absolutes.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from bench.byhand import WANT, numba_by_hand, numpy_by_hand
from gugan import policy

OCTOBER = policy.Period.month("2026-10")
YEAR = [policy.Period.month(f"2026-{month:02d}") for month in range(1, 13)]
CARRY = {
    "已发月数": 1,
    "已发累计应发": "应发工资",
    "已发累计专项扣除": "个人五险一金",
    "已发累计专项附加扣除": "本期专项附加扣除",
    "已发累计预扣税额": "个人所得税",
}
SUMMED = ("应发工资", "个人五险一金", "个人所得税", "实发工资", "单位承担", "绩效报酬")
ROUNDS = 5
MIB = 1 << 20


def people(count: int) -> dict[str, Any]:
    """Return the facts of `count` people, drawn at random, as a month's table."""
    draw = np.random.default_rng(2026)
    day = np.datetime64("2016-01-01")

    def labels(*names: str) -> Any:
        import pyarrow

        codes = draw.integers(0, len(names), count, dtype=np.int8)
        return pyarrow.DictionaryArray.from_arrays(codes, list(names))

    table: dict[str, Any] = {
        "区划": labels(*(f"44{number:02d}" for number in range(1, 22))),
        "岗位类别": labels("工作人员", "副职", "正职"),
        "学历": labels("大专", "本科", "硕士研究生", "博士研究生"),
        "历年考核@2025": labels("不合格", "基本合格", "合格", "优秀"),
        "历年晋级": draw.integers(0, 6, count, dtype=np.int8),
        "社工师聘任": draw.random(count) < 0.4,
        "高级聘任": draw.random(count) < 0.1,
        "值班次数": draw.integers(0, 8, count, dtype=np.int8),
        "事假天数": draw.integers(0, 4, count, dtype=np.int8),
        "已发月数": np.full(count, 9, dtype=np.int8),
        "从事社区工作日期": day + draw.integers(0, 3000, count),
    }
    for name in ("助理登记日期", "社工师登记日期", "高级登记日期"):
        table[name] = day + draw.integers(0, 4200, count)
    for name in ("养老缴费基数", "医疗缴费基数", "失业缴费基数", "工伤缴费基数", "公积金缴存基数"):
        table[f"{name}_fen"] = draw.integers(300_000, 2_600_000, count)
    for name in ("子女教育月额", "赡养老人月额", "住房租金月额", "继续教育月额", "婴幼儿照护月额", "住房贷款利息月额"):
        table[f"{name}_fen"] = draw.integers(0, 3, count) * 40_000
    for name, most in (
        ("应发", 12_000_000),
        ("专项扣除", 2_000_000),
        ("专项附加扣除", 3_000_000),
        ("预扣税额", 300_000),
    ):
        table[f"已发累计{name}_fen"] = draw.integers(0, most, count)
    return table


def arrow(table: dict[str, Any]) -> Any:
    """Return the table by the Arrow interface."""
    import pyarrow

    return pyarrow.table({name: pyarrow.array(column) for name, column in table.items()})


class Peak:
    """The most memory that a call takes above what was held before it, sampled."""

    def __enter__(self) -> Peak:
        self.before = self.most = resident()
        self.stop = threading.Event()
        self.watcher = threading.Thread(target=self.watch, daemon=True)
        self.watcher.start()
        return self

    def watch(self) -> None:
        while not self.stop.wait(0.005):
            self.most = max(self.most, resident())

    def __exit__(self, *_: object) -> None:
        self.most = max(self.most, resident())
        self.stop.set()
        self.watcher.join()

    @property
    def mib(self) -> float:
        return (self.most - self.before) / MIB


def resident() -> int:
    """Return the bytes of memory that this process holds."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def timed(call: Callable[[], Any]) -> tuple[float, Any]:
    """Return the seconds of a call, and what it gives."""
    began = time.perf_counter()
    found = call()
    return time.perf_counter() - began, found


def race(ways: dict[str, Callable[[], Any]], check: Callable[[str, Any], None]) -> dict[str, float]:
    """Return the median seconds of each way, taken in turn; the first round only warms up and is checked."""
    taken: dict[str, list[float]] = {name: [] for name in ways}
    for turn in range(ROUNDS + 1):
        for name, way in ways.items():
            seconds, found = timed(way)
            if turn:
                taken[name].append(seconds)
            else:
                check(name, found)
            del found
    return {name: statistics.median(times) for name, times in taken.items()}


def show(title: str, rows: int, times: dict[str, float], against: dict[str, str]) -> None:
    """Print one line a way, with its ratio to the way it is held against."""
    print(f"\n{title}")
    for name, seconds in times.items():
        other = against.get(name)
        ratio = f"  {seconds / times[other]:.2f}× {other}" if other in times else ""
        print(f"  {name:<22}{seconds:>8.3f} s {rows / seconds / 1e6:>7.2f} M 行/s rows/s{ratio}", flush=True)


def main() -> int:
    """Print everything; the exit code says only whether it could be measured."""
    parser = argparse.ArgumentParser(prog="python -m bench.engine", description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--no-numba", action="store_true")
    args = parser.parse_args()
    rows = args.rows
    print(
        f"{os.cpu_count()} 核 / cores, {rows:,} 人 / people, {len(WANT)} 列 / columns, 负载 / load {os.getloadavg()[0]:.1f}"
    )
    pack = start_up()
    table = people(rows)
    given = arrow(table)
    held = sum(column.nbytes for column in table.values())
    print(f"输入 / inputs {held / MIB:.0f} MiB")
    columns(pack, table, given, rows, not args.no_numba)
    totals(pack, given, rows, not args.no_numba)
    year(pack, given, rows, not args.no_numba)
    return 0


def start_up() -> policy.Pack:
    """Time what comes before the first row, and one person's explanation."""
    root = Path(__file__).parents[1] / "policies"
    policy.check(policy.load("00", root))  # imports and caches of the process are not the pack's
    loading, pack = timed(lambda: policy.load("9901", root))
    checking, problems = timed(lambda: policy.check(pack, OCTOBER.on))
    few = {name: column[:1] for name, column in people(2).items() if not hasattr(column, "dictionary")}
    few |= {"岗位类别": np.array(["正职"]), "学历": np.array(["本科"]), "历年考核@2025": np.array(["合格"])}
    few.pop("区划", None)
    compiling, _ = timed(lambda: policy.evaluate(pack, few, OCTOBER, WANT))
    assert not problems, problems
    print(f"读 load {loading:.3f} s + 查 check {checking:.3f} s + 编译 compile {compiling:.3f} s", end="; ")
    facts = {"岗位类别": "正职", "学历": "本科", "历年考核": {"2025": "合格"}, "从事社区工作日期": "2020-01-01"}
    one = policy.stretches_of(facts, OCTOBER)
    times = [timed(lambda: policy.explain(pack, one, OCTOBER, "实发工资"))[0] for _ in range(30)]
    print(f"说明一人 explain one person {statistics.median(times) * 1000:.2f} ms")
    return pack


def columns(pack: policy.Pack, table: dict, given: Any, rows: int, numba: bool) -> None:
    """All columns of a month in memory."""
    seen: dict[str, Any] = {}

    def check(name: str, found: Any) -> None:
        values = found if isinstance(found, dict) else {column: found.numpy(column) for column in WANT}
        sums = {
            column: (int(array.sum()), int((array * np.arange(1, 8).repeat(-(-rows // 7))[:rows]).sum()))
            for column, array in values.items()
        }
        assert seen.setdefault("sums", sums) == sums, (name, [c for c in WANT if seen["sums"][c] != sums[c]])

    ways: dict[str, Callable[[], Any]] = {
        "gugan numpy": lambda: policy.evaluate(pack, given, OCTOBER, WANT, threads=2),
        "by hand numpy": lambda: numpy_by_hand(table, rows, threads=2),
    }
    if numba:
        ways["gugan numba"] = lambda: policy.evaluate(pack, given, OCTOBER, WANT, threads=2, backend="numba")
        ways["by hand numba"] = lambda: numba_by_hand(table, rows, threads=2)
    times = race(ways, check)
    show(
        "一个月,全部列 / one month, all columns kept",
        rows,
        times,
        {"gugan numpy": "by hand numpy", "gugan numba": "by hand numba"},
    )


def totals(pack: policy.Pack, given: Any, rows: int, numba: bool) -> None:
    """A month's sums by division and post, nothing kept."""
    seen: list[Any] = []

    def way(backend: str) -> Any:
        sink = policy.Sums(["区划", "岗位类别"])
        return policy.evaluate(pack, given, OCTOBER, SUMMED, sink=sink, backend=backend, threads=2)

    def check(name: str, found: Any) -> None:
        assert sum(group["人数"] for group in found) == rows
        seen.append(found)
        assert found == seen[0], name

    backends = ["numpy", *(["numba"] if numba else [])]
    times = race({f"gugan {b}": lambda b=b: way(b) for b in backends}, check)
    show("一个月,按区划和岗位合计 / one month, sums by division and post", rows, times, {})
    with Peak() as peak:
        way("numpy")
    print(f"  内存高于输入 / memory over inputs {peak.mib:.0f} MiB")


def year(pack: policy.Pack, given: Any, rows: int, numba: bool) -> None:
    """Twelve months with what was paid carried from month to month."""
    given = given.drop_columns(
        [f"已发累计{n}_fen" for n in ("应发", "专项扣除", "专项附加扣除", "预扣税额")] + ["已发月数"]
    )
    seen: list[Any] = []

    def way(backend: str) -> Any:
        sink = policy.Sums(["区划"])
        return policy.evaluate(pack, given, YEAR, SUMMED, carry=CARRY, sink=sink, backend=backend, threads=2)

    def check(name: str, found: Any) -> None:
        seen.append(found)
        assert found == seen[0], name

    backends = ["numpy", *(["numba"] if numba else [])]
    times = race({f"gugan {b}": lambda b=b: way(b) for b in backends}, check)
    show("十二个月,累计预扣 / twelve months with year-to-date tax, sums by division", rows * 12, times, {})
    with Peak() as peak:
        way("numpy")
    print(f"  内存高于输入 / memory over inputs {peak.mib:.0f} MiB")


if __name__ == "__main__":
    sys.exit(main())
