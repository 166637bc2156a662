"""文件: the text of a pack in numbered lines, broken where a check found something."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gugan import policy


def parts_of(lines: list[str], notes: Mapping[int, list[policy.Problem]]) -> list[dict[str, Any]]:
    """Numbered lines in runs that end where there is something to say."""
    width = len(str(len(lines)))
    found: list[dict[str, Any]] = [{"lines": [], "problems": []}]
    for at, line in enumerate(lines, 1):
        found[-1]["lines"].append((at, str(at).rjust(width), line))
        if at in notes:
            found[-1]["problems"] = notes[at]
            found.append({"lines": [], "problems": []})
    return [part for part in found if part["lines"]]


def in_file(problem: policy.Problem, label: str, name: str) -> bool:
    """Whether a problem stands in that file of a folder."""
    return problem.path.endswith(f"{label}/{name}")
