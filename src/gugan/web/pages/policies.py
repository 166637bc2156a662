"""政策: the packs that hold here; each rule beside its basis, its worked cases, its files, and a trial on invented facts.

Packs are read from their folders; what is read and checked is kept in memory by the digest of the bytes. Nothing that is
typed into the trial is stored.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from fractions import Fraction
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import path, reverse
from django.utils.html import conditional_escape, format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from gugan import policy
from gugan.accounts.services import record
from gugan.accounts.sm3 import digest_of
from gugan.accounts.trail import Note
from gugan.policy.bound import BoundTable
from gugan.policy.check import run_case
from gugan.policy.explain import formula_of
from gugan.policy.given import read
from gugan.policy.numbers import decimal_text, read_day, read_number
from gugan.policy.pack import Block, Case, PackTable
from gugan.policy.source import Mapping as Located
from gugan.policy.tree import basis_dict
from gugan.records import queries, roster
from gugan.records.services import packs_root
from gugan.web import clock
from gugan.web.access import Request, page
from gugan.web.lists import clean
from gugan.web.trees import prepare, pretty

NATURES = {"现行": "pine", "历史": "", "示例": "ochre"}
LEVELS = {
    2: gettext_lazy("省"),
    4: gettext_lazy("市"),
    6: gettext_lazy("区县"),
    9: gettext_lazy("街道乡镇"),
    12: gettext_lazy("社区"),
}
FORMS = {
    "首个": gettext_lazy("从上往下，取头一个对得上的"),
    "就高": gettext_lazy("对得上的里面取最高一项"),
    "累加": gettext_lazy("对得上的全部相加"),
    "条件组": gettext_lazy("全部满足才算"),
}
_WORDS = re.compile(r"[\u4e00-\u9fff]{2,}")
_NUMBERS = re.compile(r"\d+(?:\.\d+)?%?")
_DIGITS = "〇一二三四五六七八九"
WIDE = 6
"""Cells of a long table side by side."""
WRONG = {
    "number": gettext_lazy("“{value}”读不懂，写成数，如 3 或 4000.00。"),
    "date": gettext_lazy("“{value}”读不懂，写成 2026-10-31，要真有这一天。"),
    "choice": gettext_lazy("没有“{value}”这一种，请在单子里选。"),
    "text": gettext_lazy("“{value}”读不懂。"),
}
YEARS = 8
"""Years back for which a trial asks for a yearly result."""


# --- packs, read once per content


def _signature(root: Path) -> tuple:
    """What tells that some file under the root has changed, without reading any."""
    found = []
    for file in sorted(root.rglob("*")):
        stat = file.stat()
        found.append((str(file), stat.st_mtime_ns, stat.st_size))
    return tuple(found)


@lru_cache(maxsize=64)
def _read(root: Path, code: str, signature: tuple) -> policy.Pack | policy.PolicyErrors:
    try:
        return policy.load(code, root)
    except policy.PolicyErrors as errors:
        return errors


def load(code: str) -> policy.Pack:
    """Return the pack that governs a code; raises PolicyErrors. Kept until a file changes."""
    root = packs_root()
    found = _read(root, code, _signature(root))
    if isinstance(found, policy.PolicyErrors):
        raise found
    return found


def _above(pack: policy.Pack) -> policy.Pack | None:
    """Return what a pack inherits, or None for one that stands on its own."""
    return _built(_Folders(pack.folders[:-1])) if len(pack.folders) > 1 else None


class _Folders(tuple[policy.PackFolder, ...]):
    """Folders as a key of a cache: by their digests."""

    def __hash__(self) -> int:
        return hash(tuple(folder.digest for folder in self))


@lru_cache(maxsize=16)
def _built(folders: _Folders) -> policy.Pack:
    return policy.build(list(folders))


@lru_cache(maxsize=64)
def _check(digest: str, code: str) -> tuple[policy.Problem, ...]:
    return tuple(policy.check(load(code)))


def _problems(pack: policy.Pack) -> tuple[policy.Problem, ...]:
    return _check(pack.digest, pack.code)


@lru_cache(maxsize=64)
def _failed_cases(digest: str, code: str, label: str) -> frozenset[int]:
    """Numbers of the worked cases of the nearest folder that do not come out."""
    pack = load(code)
    return frozenset(number for number, case in enumerate(_own_cases(pack)) if run_case(pack, case))


def _own_cases(pack: policy.Pack) -> list[Case]:
    return [case for case in pack.cases if case.folder == pack.folders[-1].label]


def level_of(code: str) -> str:
    """Return the level that a pack's code stands for."""
    if code == "00":
        return _("全国")
    if code.startswith("99"):
        return _("示例")
    return str(LEVELS.get(len(code), ""))


# --- the list


@page()
def policies(request: Request) -> HttpResponse:
    """Every pack, from the nation down; examples last."""
    codes = sorted(
        policy.folders(packs_root()), key=lambda code: (code != "00", code.startswith("99"), len(code), code)
    )
    packs = [_brief(code) for code in codes]
    return render(request, "policies/policies.html", {"packs": packs, "wrong": [p for p in packs if p["problems"]]})


def _brief(code: str) -> dict[str, Any]:
    brief: dict[str, Any] = {"code": code, "level": level_of(code), "name": policy.folders(packs_root())[code].name}
    try:
        pack = load(code)
    except policy.PolicyErrors as errors:
        return brief | {"problems": len(errors.problems), "broken": True}
    cases = _own_cases(pack)
    failed = _failed_cases(pack.digest, pack.code, pack.folders[-1].label)
    label = pack.folders[-1].label
    inherited = [{"label": f.label, "code": f.code, "level": level_of(f.code)} for f in pack.folders[:-1]]
    return brief | {
        "name": pack.name,
        "natures": _natures(pack),
        "rules": sum(rule.folder == label for rule in pack.rules.values()),
        "tables": sum(table.folder == label for table in pack.tables.values()),
        "above": sum(rule.folder != label for rule in pack.rules.values()),
        "cases": len(cases),
        "passed": len(cases) - len(failed),
        "inherits": inherited,
        "problems": len(_problems(pack)),
        "digest": pack.digest[:8],
    }


def _natures(pack: policy.Pack) -> list[dict[str, Any]]:
    """The states of a pack's own documents, as tags with their number."""
    above = _above(pack)
    known = above.documents if above else {}
    own = [d for key, d in pack.documents.items() if known.get(key) != d]
    return [
        {"text": nature, "tone": tone, "count": sum(d.nature == nature for d in own), "dashed": nature == "示例"}
        for nature, tone in NATURES.items()
        if any(d.nature == nature for d in own)
    ]


# --- one pack


def _open(request: Request, code: str, tab: str) -> tuple[policy.Pack | None, date, dict[str, Any]]:
    """Read the pack and day of an address; what every tab shows. A pack that cannot be read is None."""
    if code not in policy.folders(packs_root()):
        raise Http404
    asked = request.GET.get("on") or request.POST.get("on") or ""
    on, note = request.today, ""
    if asked:
        try:
            on = read_day(asked.strip())
        except ValueError:
            note = _("这个日子读不懂：{text}。写成 2026-10-31；下面按今天。").format(text=asked[:20])
    tabs = (
        ("policy", _("条文与算法")),
        ("policy-try", _("代一个人试试")),
        ("policy-cases", _("算例")),
        ("policy-files", _("文件")),
    )
    shared: dict[str, Any] = {
        "code": code,
        "level": level_of(code),
        "on": on,
        "today": request.today,
        "note": note,
        "asked": asked[:20],
        "tabs": [
            {"url": f"{reverse(name, args=[code])}?on={on}", "name": word, "now": name == tab} for name, word in tabs
        ],
    }
    try:
        pack = load(code)
    except policy.PolicyErrors as errors:
        name = policy.folders(packs_root())[code].name.partition("-")[2]
        return None, on, shared | {"name": name, "problems": errors.problems, "broken": True}
    cases = _own_cases(pack)
    natures = _natures(pack)
    examples = sum(nature["count"] for nature in natures if nature["text"] == "示例")
    label = pack.folders[-1].label
    return (
        pack,
        on,
        shared
        | {
            "name": pack.name,
            "pack": pack,
            "natures": natures,
            "example": bool(examples),
            "all_example": bool(examples) and len(natures) == 1,
            "examples": examples,
            "rules": sum(rule.folder == label for rule in pack.rules.values()),
            "tables": sum(table.folder == label for table in pack.tables.values()),
            "cases": len(cases),
            "passed": len(cases) - len(_failed_cases(pack.digest, pack.code, label)),
            "problems": _problems(pack),
            "digest": pack.digest[:8],
        },
    )


@page(own=True)
def rules(request: Request, code: str) -> HttpResponse:
    """Each rule beside its basis, as in force on a day."""
    pack, on, context = _open(request, code, "policy")
    if pack is None:
        return render(request, "policies/broken.html", context)
    days = [day for day in pack.life() if day != on]
    context |= {"files": _files(pack, on), "days": days[-8:], "notes": pack.notes, **_compared(request, pack, on)}
    return render(request, "policies/pack.html", context)


def _compared(request: Request, pack: policy.Pack, on: date) -> dict[str, Any]:
    """What differs between the day shown and another one (`?with=`)."""
    typed = request.GET.get("with", "").strip()
    if not typed:
        return {}
    try:
        other = read_day(typed)
    except ValueError:
        text = _("这个日子读不懂：{text}。写成 2026-10-31。").format(text=typed[:20])
        return {"with_typed": typed[:20], "with_error": text}
    found = policy.compare(pack, pack, on_a=min(on, other), on_b=max(on, other))
    rows = [
        {"kind": one.kind, "name": one.name, "id": f"{'r' if one.kind == '规则' else 't'}-{one.name}", "before": one.before,
         "after": one.after}
        for one in found
    ]  # fmt: skip
    return {"with_typed": typed, "earlier": min(on, other), "later": max(on, other), "differences": rows}


@dataclass
class _File:
    """One file of a pack with what it says; own: of the pack itself, not of one above."""

    title: str
    folder: str
    level: str
    own: bool
    items: list[dict[str, Any]] = field(default_factory=list)


def _files(pack: policy.Pack, on: date) -> list[_File]:
    """Everything a pack says, file by file in the order written; its own files first, then what it inherits."""
    above = _above(pack)
    bound = policy.bind(pack, policy.Period.around(on))
    found: dict[str, _File] = {}
    items = sorted([*pack.tables.values(), *pack.rules.values()], key=lambda item: (item.at.path, item.at.line))
    for item in items:
        own = item.folder == pack.folders[-1].label
        code = item.folder.partition("-")[0]
        file = found.setdefault(
            f"{item.folder}/{item.at.path}", _File(Path(item.at.path).stem, item.folder, level_of(code), own)
        )
        made = _table(bound, item, on) if isinstance(item, PackTable) else _rule(above, item, on)
        file.items.append(made | {"level": file.level, "own": own})
    depth = {folder.label: -number for number, folder in enumerate(pack.folders)}
    return sorted(found.values(), key=lambda file: depth[file.folder])


def underlaid(text: str, formula: str) -> SafeString:
    """Return a clause, escaped, with the words and numbers marked that its rule's formula uses."""
    words = [word for word in _WORDS.findall(formula) if word in text]
    for number in _NUMBERS.findall(formula):
        words += [number, *([_percent_word(number)] if number.endswith("%") else [])]
    if not words:
        return conditional_escape(text)
    found = "|".join(re.escape(word) for word in sorted(set(words), key=lambda word: (-len(word), word)))
    pieces = re.split(rf"((?<![\d.])(?:{found})(?![\d.%]))", text)
    marked = (format_html("<mark>{}</mark>", piece) if at % 2 else piece for at, piece in enumerate(pieces))
    return format_html_join("", "{}", ((piece,) for piece in marked))


def _percent_word(number: str) -> str:
    """ "70%" as documents write it: 百分之七十; only whole per cents below a hundred."""
    if not number[:-1].isdigit() or not 0 < int(number[:-1]) < 100:
        return number
    tens, ones = divmod(int(number[:-1]), 10)
    head = ("" if tens == 1 else _DIGITS[tens]) + "十" if tens else ""
    return "百分之" + head + (_DIGITS[ones] if ones else "")


def _basis(block: Any, item: Any) -> dict[str, str]:
    return basis_dict((block.basis if block else None) or item.basis)


def _rule(above: policy.Pack | None, rule: policy.Rule, on: date) -> dict[str, Any]:
    """One rule as the page shows it."""
    block = rule.block(on)
    shown = block or max(rule.blocks, key=lambda b: b.since, default=None)
    general = " ".join(str(shown.general).split()) if shown is not None and shown.general else ""
    upper = above.rules.get(rule.name) if above else None
    replaced = upper if upper is not None and upper.folder != rule.folder else None
    old = replaced.block(on) if replaced else None
    return {
        "kind": "rule",
        "name": rule.name,
        "id": f"r-{rule.name}",
        "basis": {
            key: underlaid(text, formula_of(shown)) if shown is not None and key in ("原文", "参照") else text
            for key, text in _basis(shown, rule).items()
        },
        "local": rule.local,
        "in_force": block is not None,
        "ended": rule.until if rule.until and on > rule.until else None,
        "formula": _amount(general, rule.unit),
        "form": FORMS.get(shown.form, "") if shown else "",
        "rows": [
            {"says": str(row.at), "when": row.when, "get": row.get, "basis": basis_dict(row.basis)}
            for row in (shown.rows if shown else ())
        ],
        "general": bool(general) and shown is not None and bool(shown.rows),
        "cap": shown.cap if shown else None,
        "unit": rule.unit,
        "rounding": rule.rounding,
        "parts": rule.per == "段",
        "arrears": rule.arrears,
        "since": shown.since if shown else None,
        "until": rule.until,
        "history": _history(rule, block),
        "line": _step_line(rule, on),
        "fills": replaced is not None and replaced.local,
        "replaced": pretty(formula_of(old)) if old else "",
        "line_number": rule.at.line,
    }


def _amount(text: str, unit: str) -> str:
    """A constant of money with two decimals and thousands; anything else as written."""
    number = read_number(text)
    if number is not None and unit == "元" and not text.endswith("%"):
        return pretty(decimal_text(number, 2))
    return text


def _history(rule: policy.Rule, now: Block | None) -> list[dict[str, Any]]:
    """Every value by start date, newest first; a single one needs no list."""
    if len(rule.blocks) < 2:
        return []
    blocks = sorted(rule.blocks, key=lambda b: b.since, reverse=True)
    return [{"since": b.since, "text": _amount(formula_of(b), rule.unit), "now": b is now} for b in blocks]


def _step_line(rule: policy.Rule, on: date) -> dict[str, Any] | None:
    """The drawing of a constant that changed: points of a step line in a box of 320 × 76."""
    blocks = sorted(rule.blocks, key=lambda b: b.since)
    numbers = [read_number(str(b.general)) if b.form == "算式" and not b.rows else None for b in blocks]
    if len(blocks) < 2 or any(number is None for number in numbers):
        return None
    values = [float(number) for number in numbers if number is not None]
    first, last = blocks[0].since, max(on, blocks[-1].since) + timedelta(days=90)
    days, low, high = (last - first).days or 1, min(values), max(values)

    def x(day: date) -> float:
        return round(4 + 312 * min(max((day - first).days / days, 0), 1), 1)

    def y(value: float) -> float:
        return round(56 - 32 * (value - low) / ((high - low) or 1), 1)

    marks = [
        {
            "x": x(b.since),
            "y": y(v),
            "text_y": y(v) - 6,
            "text": _amount(str(b.general), rule.unit),
            "late": x(b.since) > 250,
        }
        for b, v in zip(blocks, values, strict=True)
    ]
    # first along, then up or down: each value holds until the next begins
    parts = [f"M{marks[0]['x']} {marks[0]['y']}"]
    for mark in marks[1:]:
        parts.append(f"H{mark['x']} V{mark['y']}")
    parts.append("H316")
    return {"path": " ".join(parts), "marks": marks, "on": x(on)}


def _table(bound: policy.Bound, table: PackTable, on: date) -> dict[str, Any]:
    """One table as the page shows it, with what is proven about it in words."""
    block = table.block(on)
    shown: dict[str, Any] = {
        "kind": "table",
        "name": table.name,
        "id": f"t-{table.name}",
        "basis": _basis(block, table),
        "in_force": block is not None,
        "since": block.since if block else min((b.since for b in table.blocks), default=None),
        "until": table.until,
        "mode": table.mode,
        "history": [
            {"since": b.since, "now": b is block, "text": _("{count} 行").format(count=len(b.cells))}
            for b in table.blocks
        ]
        if len(table.blocks) > 1
        else [],
        "line_number": table.at.line,
    }
    if block is None:
        return shown
    try:
        read_table = bound.table(table.name)
    except policy.PolicyErrors as errors:
        return shown | {"wrong": [problem.message for problem in errors.problems]}
    units = list(table.columns.values())
    shown["unit"] = units[0] if len(set(units)) == 1 else ""
    if table.mode:
        return shown | {
            "scale": list(_scale(read_table)),
            "proven": _proven(read_table),
            "threshold": table.threshold_unit,
        }
    heads = [*map(str, table.keys), *(c or _("值") for c in table.columns)]
    rows = [[*map(str, keys), *map(str, cells.values())] for keys, cells in block.cells.items()]
    if len(heads) == 2 and len(rows) > WIDE:
        shown["strips"] = [rows[at : at + WIDE] for at in range(0, len(rows), WIDE)]
    return shown | {"heads": heads, "table_rows": rows, "proven": _proven(read_table), "keys": len(table.keys)}


def _scale(table: BoundTable) -> Iterator[dict[str, Any]]:
    """The steps of a scale; of a marginal one the rate and the quick deduction that follows."""
    starts, values, quick = table.steps
    percent = "%" in table.table.columns.values()
    for at, start in enumerate(starts):
        value = values[at]
        text = decimal_text(value * 100) + "%" if isinstance(value, Fraction) and percent else str(value)
        if isinstance(value, Fraction) and not percent:
            text = decimal_text(value)
        yield {
            "from": _plain(start),
            "to": _plain(starts[at + 1]) if at + 1 < len(starts) else "",
            "value": text,
            "quick": _plain(quick[at]) if table.table.mode == "累进" else "",
        }


def _plain(number: Fraction) -> str:
    return f"{int(number):,}" if number.denominator == 1 else pretty(decimal_text(number))


def _proven(table: BoundTable) -> str:
    """What the engine proved about a table, in words."""
    if table.table.mode == "累进":
        return _("起点从小到大，连续、不重不漏；速算扣除数由各档推出，不用另写")
    if table.table.mode:
        return _("起点从小到大，连续、不重不漏")
    said = [_("没有重复的行")]
    kinds, keys = table.key_types, list(table.cells)
    if len(kinds) == 1 and kinds[0].table is not None:
        labels = kinds[0].table.labels
        left = [label for label in labels if (label,) not in table.cells]
        if not left:
            said = [_("{count} 种都有，不重不漏").format(count=len(labels))]
        elif table.rest is not None:
            said = [_("写出 {count} 种，别的归“其余”，不重不漏").format(count=len(keys))]
        else:
            said.append(_("没有写：{labels}").format(labels="、".join(left)))
    elif len(kinds) == 1 and kinds[0].kind == "数":
        numbers = [key[0] for key in keys]
        if all(b - a == 1 for a, b in pairwise(numbers)):
            said = [_("{first} 至 {last} 连续，不重不漏").format(first=numbers[0], last=numbers[-1])]
        if len(table.table.columns) == 1:
            values = [next(iter(row.values())).value for row in table.cells.values()]
            numeric = [value for value in values if isinstance(value, Fraction)]
            if len(numeric) == len(values) and all(a < b for a, b in pairwise(numeric)):
                said.append(_("逐级上升"))
    return "，".join(said)


# --- worked cases


@page(own=True)
def cases(request: Request, code: str) -> HttpResponse:
    """Worked cases: sentence, given, expected, got, source."""
    pack, _on, context = _open(request, code, "policy-cases")
    if pack is None:
        return render(request, "policies/broken.html", context)
    context["rows"] = _cases(pack.digest, pack.code)
    context["upper"] = [case for case in pack.cases if case.folder != pack.folders[-1].label]
    context["folders"] = pack.folders[:-1]
    return render(request, "policies/cases.html", context)


@lru_cache(maxsize=16)
def _cases(digest: str, code: str) -> list[dict[str, Any]]:
    pack = load(code)
    return [_case(pack, case) for case in _own_cases(pack)]


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


# --- files


@page(own=True)
def files(request: Request, code: str) -> HttpResponse:
    """The pack's text with line numbers, and what a check found at its line."""
    _pack, _on, context = _open(request, code, "policy-files")
    folder = policy.read_folder(policy.folders(packs_root())[code])
    names = list(folder.files)
    chosen = request.GET.get("file", "")
    chosen = chosen if chosen in folder.files else next(iter(names), "")
    found = [p for p in context["problems"] if _in_file(p, folder.label, chosen)]
    notes: dict[int, list[policy.Problem]] = {}
    for problem in found:
        notes.setdefault(problem.line, []).append(problem)
    lines = folder.files.get(chosen, b"").decode("utf-8", "replace").splitlines()
    context["parts"] = _parts(lines, notes)
    context["loose"] = [p for p in context["problems"] if not any(_in_file(p, folder.label, name) for name in names)]
    context["names"] = [
        {
            "name": name,
            "now": name == chosen,
            "count": sum(_in_file(p, folder.label, name) for p in context["problems"]),
        }
        for name in names
    ]
    context["chosen"] = chosen
    return render(request, "policies/files.html", context)


def _parts(lines: list[str], notes: Mapping[int, list[policy.Problem]]) -> list[dict[str, Any]]:
    """Numbered lines in runs that end where there is something to say."""
    width = len(str(len(lines)))
    found: list[dict[str, Any]] = [{"lines": [], "problems": []}]
    for at, line in enumerate(lines, 1):
        found[-1]["lines"].append((at, str(at).rjust(width), line))
        if at in notes:
            found[-1]["problems"] = notes[at]
            found.append({"lines": [], "problems": []})
    return [part for part in found if part["lines"]]


def _in_file(problem: policy.Problem, label: str, name: str) -> bool:
    return problem.path.endswith(f"{label}/{name}")


# --- a trial on invented facts


@dataclass
class _Field:
    """One field of a trial. kind: number, date, choice, years or text; parts: the years of a yearly fact."""

    name: str
    id: str
    kind: str
    unit: str = ""
    options: tuple[str, ...] = ()
    value: str = ""
    error: str = ""
    hint: str = ""
    parts: list[_Field] = field(default_factory=list)

    @property
    def older(self) -> bool:
        """Whether anything but the latest year was given."""
        return any(part.value for part in self.parts[1:])


@page(own=True, methods="GET POST")
def trial(request: Request, code: str) -> HttpResponse:
    """代一个人试试: the facts that the chosen rules need, and the answers beside; nothing is stored."""
    pack, on, context = _open(request, code, "policy-try")
    if pack is None:
        return render(request, "policies/broken.html", context)
    period = policy.Period.around(on)
    data = request.POST if request.method == "POST" else request.GET
    choices, chosen = _questions(pack, on), data.get("want", "")
    chosen = chosen if chosen in dict(choices) else choices[0][0] if choices else ""
    want = _wanted(pack, chosen)
    context |= {"choices": choices, "want": chosen}
    try:
        needed = [*policy.columns_needed(pack, period, want), *_left_open(pack, period, want)]
    except policy.PolicyErrors as errors:
        return render(request, "policies/try.html", context | {"cannot": [p.message for p in errors.problems]})
    bound = policy.bind(pack, period)
    if (request.method == "POST" and "fill" in data) or (request.method != "POST" and "person" in data):
        data, filled = _from_person(request, pack, period, data, needed)
        context |= filled
    fields = [_field(bound, name, data, on) for name in dict.fromkeys(needed)]
    usual = [one for one in fields if not _seldom(pack, one.name)]
    rest = [one for one in fields if _seldom(pack, one.name)]
    context |= {"fields": usual, "rest": rest, "rest_open": any(_filled(one) or one.error for one in rest)}
    if request.method != "POST" or "ask" not in data:
        return render(request, "policies/try.html", context)
    problems = [{"text": f"{one.name}：{one.error}", "field": one.id} for one in fields if one.error]
    if not problems:
        given = {one.name: _given(one) for one in fields if _filled(one)}
        try:
            context |= _answers(pack, period, want, given)
        except policy.PolicyErrors as errors:
            problems = [{"text": problem.message} for problem in errors.problems]
    status = 422 if problems else 200
    return render(request, "policies/try.html", context | {"trouble": problems}, status=status)


def _from_person(
    request: Request, pack: policy.Pack, period: policy.Period, data: Mapping[str, Any], needed: list[str]
) -> tuple[Mapping[str, Any], dict[str, Any]]:
    """照某人填: the facts of one person in scope as if they had been typed; the look is noted in the trail."""
    text = clean(str(data.get("who") or request.GET.get("person", "")))
    try:
        person = queries.find_person(request.scope, text) if text else None
    except queries.Ambiguous as error:
        return data, {"who": text, "who_error": str(error)}
    if person is None:
        return data, {"who": text, "who_error": _("没有找到这个人。写姓名、证号后四位或人员编号。")}
    columns = [name for name in needed if name in pack.catalogue.columns]
    stretches = roster.table(request.scope, period, clock.now(request), columns, pack, person_ids=[person.pk])
    if not stretches:
        return data, {"who": text, "who_error": _("{name} {month} 不在册。").format(name=person, month=period.label)}
    if not request.scope.is_own(person.public_id):
        note = Note("查看", f"person:{person.pk}", digest_of(["试算", str(person.public_id), period.on.isoformat()]))
        record([note], by=request.user, now=clock.now(request))
    today = [one for one in stretches if one.start <= period.on] or stretches
    typed: dict[str, str] = {}
    for name, value in today[-1].values.items():
        if isinstance(value, Mapping):
            typed |= {f"f-{name}-{year}": str(label) for year, label in value.items()}
        elif value is not None:
            typed[f"f-{name}"] = {True: _("是"), False: _("否")}[value] if isinstance(value, bool) else str(value)
    return typed, {"who": text, "person": person}


def _questions(pack: policy.Pack, on: date) -> list[tuple[str, str]]:
    """What may be asked: the slip's totals first, then every rule in force."""
    found = []
    if pack.slip.earnings:
        found.append(("应发", _("应发工资，各项")))
    if pack.slip.deductions:
        found.append(("实发", _("实发工资，整张工资条")))
    return found + [(name, name) for name, rule in pack.rules.items() if not rule.local and rule.block(on) is not None]


def _wanted(pack: policy.Pack, chosen: str) -> list[str]:
    slip = pack.slip
    totals = {word: name for word, name in slip.totals.items() if name in pack.rules}
    if chosen == "应发" and slip.earnings:
        return [*slip.earnings, *([totals["应发"]] if "应发" in totals else [])]
    if chosen == "实发" and slip.deductions:
        return list(dict.fromkeys([*slip.earnings, *slip.deductions, *totals.values()]))
    return [chosen] if chosen else []


def _left_open(pack: policy.Pack, period: policy.Period, want: list[str]) -> list[str]:
    """Rules behind the answers that a nearer pack would write: their values are asked for like facts."""
    return [name for name in policy.rules_needed(pack, period, want) if pack.rules[name].local]


def _seldom(pack: policy.Pack, name: str) -> bool:
    """Whether a fact has a usual value, comes from earlier runs, or from an opening balance: asked for below."""
    column = pack.catalogue.columns.get(name)
    if column is None:
        return False
    opening = {fact.kind for fact in column.sources} == {"期初余额"}
    return bool(column.room) or opening or (column.empty is not None and column.unit == "元")


def _field(bound: policy.Bound, name: str, data: Mapping[str, Any], on: date) -> _Field:
    """One field with what was typed, checked exactly as the engine would."""
    given = bound.given(name)
    column = bound.pack.catalogue.columns.get(name)
    kind, table = given.type.kind, given.type.table
    value = str(data.get(f"f-{name}", ""))[:60].strip()
    one = _Field(name, f"f-{name}", "text", given.type.unit, value=value)
    one.hint = _("不填按 {value}").format(value=given.empty) if given.empty is not None else ""
    if column is not None and column.room and not one.hint:
        one.hint = _("不填按 0")
    if kind == "逐年":
        one.kind = "years"
        labels = table.labels if table else ()
        for year in range(on.year - 1, on.year - 1 - YEARS, -1):
            typed = str(data.get(f"f-{name}-{year}", ""))[:60]
            part = _Field(str(year), f"f-{name}-{year}", "choice", options=labels, value=typed)
            if typed and typed not in labels:
                part.error = one.error = _("{year} 年度没有“{value}”这一种").format(year=year, value=typed)
            one.parts.append(part)
        return one
    if kind == "代码" and table is not None:
        one.kind, one.options = "choice", table.labels
    elif kind == "是否":
        one.kind, one.options = "choice", ("是", "否")
    elif kind == "日期":
        one.kind = "date"
    elif kind == "数":
        one.kind = "number"
        one.value = value.replace("，", ",")
    if one.value:
        try:
            read(given, one.value)
        except policy.PolicyErrors as errors:
            problem = errors.problems[0]
            one.error = problem.message if problem.code == "G502" else WRONG[one.kind].format(value=one.value)
    return one


def _filled(one: _Field) -> bool:
    return bool(one.value) or any(part.value for part in one.parts)


def _given(one: _Field) -> Any:
    return {part.name: part.value for part in one.parts if part.value} if one.parts else one.value


def _answers(pack: policy.Pack, period: policy.Period, want: list[str], facts: dict[str, Any]) -> dict[str, Any]:
    """The answers with their trees, and what another day's rules would give."""
    columns = pack.catalogue.columns
    given = {name: 0 for name in policy.columns_needed(pack, period, want) if columns[name].room} | facts
    stretches = policy.stretches_of(given, period)
    result = policy.evaluate(pack, stretches, period, want)
    trees = [policy.explain(pack, stretches, period, name).as_dict() for name in want]
    # an answer that another one is made of is opened there
    inside = {child["name"] for tree in trees for child in tree["children"]}
    rows = [
        {
            "name": name,
            "known": tree["known"],
            "value": pretty(tree["value"]),
            "unit": tree.get("unit", ""),
            "missing": result.missing[name].get(0, ()),
            "total": name in pack.slip.totals.values() and len(want) > 1,
            "tree": prepare(tree, prefix=f"a{at}") if name not in inside else None,
        }
        for at, (name, tree) in enumerate(zip(want, trees, strict=True))
    ]
    return {
        "answers": rows,
        "defaults": result.defaults.get(0, ()),
        "other_day": _other_day(pack, period, want, given, result),
    }


def _other_day(
    pack: policy.Pack, period: policy.Period, want: list[str], facts: dict[str, Any], now: policy.Result
) -> str:
    """One sentence: what the last wanted amount was before the latest change of a rule behind it."""
    name = want[-1]
    behind = policy.rules_needed(pack, period, [name])
    blocks = {rule: pack.rules[rule].block(period.on) for rule in behind}
    starts = sorted({block.since for block in blocks.values() if block is not None})
    today = now.values[name][0]
    if len(starts) < 2 or pack.rules[name].unit != "元" or not isinstance(today, int):
        return ""
    before = policy.Period.around(starts[-1] - timedelta(days=1))
    try:
        then = policy.evaluate(pack, policy.stretches_of(facts, before), before, [name]).values[name][0]
    except policy.PolicyErrors:
        return ""
    if not isinstance(then, int) or then == today:
        return ""
    changed = [
        f"{rule} {_amount(formula_of(old), pack.rules[rule].unit)}"
        for rule, block in blocks.items()
        if block is not None and block.since == starts[-1] and (old := pack.rules[rule].block(before.on)) is not None
    ]
    words = _("少") if then < today else _("多")
    values = {
        "day": before.on,
        "then": pretty(decimal_text(Fraction(then, 100), 2)),
        "word": words,
        "by": pretty(decimal_text(Fraction(abs(today - then), 100), 2)),
        "why": "、".join(changed[:3]),
    }
    return _("若是 {day}：{then}，{word} {by}，因为当时 {why}").format(**values)


urlpatterns = [
    path("policies/", policies, name="policies"),
    path("policies/<str:code>/", rules, name="policy"),
    path("policies/<str:code>/try/", trial, name="policy-try"),
    path("policies/<str:code>/cases/", cases, name="policy-cases"),
    path("policies/<str:code>/files/", files, name="policy-files"),
]
