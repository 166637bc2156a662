"""Packs and people for the tests of the engine: small packs over tests/policy/base, and the project's own."""

from __future__ import annotations

import hashlib
from datetime import date
from pathlib import Path
from typing import Any

from gugan import policy
from gugan.policy.interpret import Interpreter, Unknown, canonical
from gugan.policy.whole import Whole

HERE = Path(__file__).parent
POLICIES = HERE.parents[1] / "policies"
OCTOBER = policy.Period.month("2026-10")
_BASIS = "依据: {文件: 例, 参照: 试验}"


def folder(code: str, name: str, files: dict[str, bytes | str]) -> policy.PackFolder:
    """Return a pack folder from texts."""
    content = {path: text if isinstance(text, bytes) else text.encode() for path, text in sorted(files.items())}
    digest = hashlib.sha256(f"{code}-{name}".encode())
    for path, text in content.items():
        digest.update(f"{path} {len(text)} ".encode() + text)
    return policy.PackFolder(code, name, digest.hexdigest(), content)


def base() -> policy.PackFolder:
    """Return the folder that small packs stand on."""
    return folder("00", "基础", {p.name: p.read_bytes() for p in (HERE / "base").iterdir()})


def small(files: dict[str, bytes | str]) -> policy.Pack:
    """Return a small pack of some files over the base."""
    return policy.build([base(), folder("9999", "试", files)])


def rules(text: str = "", /, *, tables: str = "", **named: str) -> policy.Pack:
    """Return a small pack: `named` are rules as 单位 | 算式 or 单位 | 按段 | 算式, all with a basis and from 2020 on."""
    lines = [text]
    for name, said in named.items():
        unit, *more = (part.strip() for part in said.split("|"))
        lines.append(f"  {name}:\n    单位: '{unit}'\n    {_BASIS}")
        lines += [f"    {'按: 段' if extra == '按段' else '取整: ' + extra}" for extra in more[:-1]]
        lines.append(f"    自 2020-01-01: '{more[-1]}'")
    files: dict[str, bytes | str] = {"规则.yaml": "规则:\n" + "\n".join(lines)}
    if tables:
        files["表.yaml"] = tables
    return small(files)


def person(number: Any = 1, /, *parts: tuple[int, int], period: policy.Period = OCTOBER, **values: Any) -> list:
    """Return the stretches of one person: the whole month, or (first day, last day) each with the same values."""
    spans = parts or ((1, period.days),)
    first = period.start.toordinal() - 1
    return [
        policy.Stretch(number, date.fromordinal(first + a), date.fromordinal(first + b + 1), values) for a, b in spans
    ]


def answer(pack: policy.Pack, name: str, period: policy.Period = OCTOBER, /, **values: Any) -> Any:
    """Return a rule's answer for one person, having seen that both readings give it."""
    return both(pack, person(period=period, **values), [name], period)[name][0]


def both(
    pack: policy.Pack, stretches: list[policy.Stretch], want: list[str], period: policy.Period = OCTOBER
) -> dict[str, list[Any]]:
    """Return the answers of a table, having seen that the interpreter and the table agree on every cell of it:
    values and their types, what is missing, and which defaults stood in."""
    result = policy.evaluate(pack, stretches, period, want, whole=True)
    whole = Whole(policy.bind(pack, period), stretches, period)
    bound = policy.bind(pack, period)
    people = list(dict.fromkeys(s.person for s in stretches))
    assert result.people == people
    for index, who in enumerate(people):
        one = Interpreter(bound, [s for s in stretches if s.person == who], period, whole)
        for name in want:
            kind = bound.rule(name).type if name in pack.rules else bound.column_type(name)
            value = one.rule(name) if name in pack.rules else one.column(name, None)
            expected, found = canonical(value, kind), result.values[name][index]
            assert (found, type(found)) == (expected, type(expected)), (name, who, value)
            missing = value.names if isinstance(value, Unknown) else None
            assert result.missing[name].get(who) == missing, (name, who)
        said = {rule for rule, _ in one.defaults}
        assert {sentence.partition("：")[0] for sentence in result.defaults.get(who, ())} == said, who
        assert len(result.defaults.get(who, ())) == len(one.defaults), who
    return result.values
