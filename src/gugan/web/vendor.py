"""Which third-party files set-up has copied; pages work without any of them, with our own style and no script."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

FOLDER = Path(__file__).resolve().parent / "static" / "vendor"
FILES = {"tabler": "tabler.min.css", "icons": "icons.svg", "echarts": "echarts.min.js", "htmx": "htmx.min.js"}


@lru_cache(maxsize=1)
def found() -> dict[str, str]:
    """Return {what: path below static/} of the files that are there."""
    return {name: f"vendor/{file}" for name, file in FILES.items() if (FOLDER / file).is_file()}
