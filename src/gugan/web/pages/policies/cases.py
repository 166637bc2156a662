"""算例: worked cases, what each expects beside what the pack says today."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from gugan import policy
from gugan.policy.check import run_case
from gugan.policy.pack import Case
from gugan.policy.source import Mapping as Located
from gugan.web.pages.policies.reading import load, own_cases
from gugan.web.trees import pretty


@lru_cache(maxsize=16)
def shown_cases(digest: str, code: str) -> list[dict[str, Any]]:
    """The pack's own cases as the page shows them; kept by its digest."""
    pack = load(code)
    return [_case(pack, case) for case in own_cases(pack)]


def _case(pack: policy.Pack, case: Case) -> dict[str, Any]:
    """One case with what the pack says today."""
    period = policy.Period.around(case.on)
    got: Mapping[str, str] = {}
    problems = [problem.message for problem in run_case(pack, case)]
    try:
        stretches = policy.stretches_of(_plain_data(case.given), period)
        got = {
            name: pretty(policy.explain(pack, stretches, period, name).value)
            for name in case.expected
            if name in pack.rules
        }
    except policy.PolicyErrors:
        pass  # what is wrong stands in `problems`
    return {
        "says": case.says,
        "on": case.on,
        "given": [(name, pretty(_words(value))) for name, value in case.given.items()],
        "answers": [(name, pretty(_words(value)), got.get(name, "—")) for name, value in case.expected.items()],
        "source": case.source or case.working,
        "ok": not problems,
        "problems": problems,
        "line": case.at.line,
    }


def _plain_data(node: Any) -> Any:
    if isinstance(node, Located | dict):
        return {str(key): _plain_data(value) for key, value in node.items()}
    return [_plain_data(item) for item in node] if isinstance(node, list) else str(node)


def _words(node: Any) -> str:
    if isinstance(node, dict):
        return "，".join(f"{key} {_words(value)}" for key, value in node.items())
    return "；".join(map(_words, node)) if isinstance(node, list) else str(node)
