"""政策 commands: check, facts, eval, diff. They read packs only: no database."""

from __future__ import annotations

import argparse
import json
import os
import sys
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from gugan import policy
from gugan.policy import stretches_of
from gugan.policy.errors import fail, hint
from gugan.policy.interpret import because

ROOT = Path(__file__).resolve().parents[3]


def packs_root() -> Path:
    """Return the folder of packs: GUGAN_POLICIES, else the project's own."""
    return Path(os.environ.get("GUGAN_POLICIES") or ROOT / "policies")


def register(subparsers: Any) -> None:
    """Add `policy` to the `gugan` command."""
    parser = subparsers.add_parser("policy", help="政策包：检查、事实、试算、比较 / packs: check, facts, eval, diff")
    commands = parser.add_subparsers(dest="command", required=True)

    check = commands.add_parser("check", help="检查政策包，一次列出全部问题 / check packs, all problems at once")
    check.add_argument(
        "prefix", nargs="?", metavar="PREFIX", help="区划代码；不写就全部 / division code; all if left out"
    )
    check.add_argument("--on", type=date.fromisoformat, metavar="DATE", help="只看这一天 / on one day")
    check.add_argument("--json", action="store_true")
    check.set_defaults(handler=run_check)

    facts = commands.add_parser(
        "facts", help="能给的事实：名称、类型、单位、可取的值 / facts: names, types, units, values"
    )
    facts.add_argument("prefix", metavar="PREFIX")
    facts.add_argument("--json", action="store_true")
    facts.set_defaults(handler=run_facts)

    ask = commands.add_parser("eval", help="拿一个人或几个人的事实试算 / evaluate facts of one person or several")
    ask.add_argument("prefix", metavar="PREFIX")
    ask.add_argument("--on", type=date.fromisoformat, required=True, metavar="DATE", help="核算日 / day of the rules")
    ask.add_argument("--facts", required=True, metavar="FILE", help="JSON 文件，- 是标准输入 / JSON file, - for stdin")
    ask.add_argument("--want", metavar="NAME,NAME", help="要算的规则 / rules wanted")
    ask.add_argument("--explain", action="store_true", help="连同理由 / with reasons")
    ask.add_argument("--json", action="store_true")
    ask.set_defaults(handler=run_eval)

    diff = commands.add_parser("diff", help="两个包，或一个包的两天，差在哪里 / what differs")
    diff.add_argument("a", metavar="A", help="代码或 代码@日期 / CODE or CODE@DATE")
    diff.add_argument("b", metavar="B")
    diff.add_argument("--on", type=date.fromisoformat, metavar="DATE")
    diff.add_argument("--json", action="store_true")
    diff.set_defaults(handler=run_diff)


def run_check(args: argparse.Namespace) -> int:
    """gugan policy check"""
    root = packs_root()
    codes = [args.prefix] if args.prefix else list(policy.folders(root))
    problems: list[policy.Problem] = []
    packs, cases = 0, 0
    for code in codes:
        try:
            pack = policy.load(code, root)
            problems += policy.check(pack, args.on, notes=True)
            packs += 1
            cases += sum(case.folder == pack.folders[-1].label for case in pack.cases)
        except policy.PolicyErrors as errors:
            problems += errors.problems
    problems = sorted(set(problems))
    errors = sum(not one.is_note for one in problems)
    if args.json:
        rows = [_problem(one) for one in problems]
        print(json.dumps({"packs": packs, "cases": cases, "problems": rows}, ensure_ascii=False))
    else:
        for problem in problems:
            print(problem)
        notes = f"，{len(problems) - errors} 条提示" if len(problems) > errors else ""
        print(f"{packs} 个政策包，{cases} 个算例，{errors} 个问题{notes}", file=sys.stderr)
    return 1 if errors else 0


def _problem(one: policy.Problem) -> dict[str, Any]:
    return {
        "file": one.path,
        "line": one.line,
        "column": one.column,
        "code": one.code,
        "severity": one.severity,
        "message": one.message,
        "suggestion": one.suggestion,
    }


def run_facts(args: argparse.Namespace) -> int:
    """gugan policy facts"""
    pack = policy.load(args.prefix, packs_root())
    facts = [_fact(c) for c in pack.catalogue.columns.values()]
    rules = [{"name": r.name, "unit": r.unit, "per": r.per, "local": r.local} for r in pack.rules.values()]
    kinds = [
        {"name": k.name, "subject": k.subject, "key": k.key, "facts": [_kind_fact(f) for f in k.facts.values()]}
        for k in pack.catalogue.kinds.values()
    ]
    if args.json:
        print(json.dumps({"prefix": pack.code, "facts": facts, "rules": rules, "actions": kinds}, ensure_ascii=False))
        return 0
    for fact in facts:
        values = "、".join(fact.get("values", []))
        print(f"{fact['name']}\t{fact['type']}{'（' + fact['unit'] + '）' if fact['unit'] else ''}\t{values}")
    return 0


def _fact(column: policy.Column) -> dict[str, Any]:
    data: dict[str, Any] = {"name": column.name, "type": column.type, "unit": column.unit}
    data["from"] = [f.path for f in column.sources] or [f"由{column.room}供给"]
    if column.reading:
        data["reading"] = column.reading
    if column.table:
        data["values"] = list(column.table.labels)
        data["ordered"] = column.table.ordered
    if column.type == "数":
        data["range"] = [column.low, column.high]
    if column.empty is not None:
        data["default"] = column.empty
    return data


def _kind_fact(fact: policy.Fact) -> dict[str, Any]:
    data: dict[str, Any] = {"name": fact.name, "type": fact.type, "unit": fact.unit, "sealed": fact.sealed}
    if fact.table:
        data["values"] = list(fact.table.labels)
    return data


def run_eval(args: argparse.Namespace) -> int:
    """gugan policy eval"""
    pack = policy.load(args.prefix, packs_root())
    period = policy.Period.around(args.on)
    given = _read_facts(args.facts)
    people = given if isinstance(given, list) else [given]
    _known_names(pack, people)
    want = (
        [w.strip() for w in args.want.replace("，", ",").split(",") if w.strip()] if args.want else _usual(pack, period)
    )
    stretches = [s for number, facts in enumerate(people) for s in stretches_of(facts, period, number)]
    result = policy.evaluate(pack, stretches, period, want)
    answers = [_answer(pack, result, number, want, args, stretches, period) for number in range(len(people))]
    if args.json:
        print(json.dumps(answers if isinstance(given, list) else answers[0], ensure_ascii=False))
        return 0
    for number, answer in enumerate(answers):
        if len(answers) > 1:
            print(f"── 第 {number + 1} 人")
        for name in want:
            missing = answer.get("_缺", {}).get(name, [])
            print(f"{name}\t{answer[name] if answer[name] is not None else '算不出：' + because(missing)}")
        for sentence in answer.get("_缺省", []):
            print(f"缺省\t{sentence}")
        if args.explain:
            mine = [s for s in stretches if s.person == number]
            for name in want:
                print(policy.explain(pack, mine, period, name).as_text(width=100))
    return 0


def _read_facts(path: str) -> Any:
    try:
        text = sys.stdin.read() if path == "-" else Path(path).read_text("utf-8-sig")
        data = json.loads(text, parse_float=str, parse_int=str)
    except json.JSONDecodeError as error:
        raise fail("G001", what=f"{path} 第 {error.lineno} 行第 {error.colno} 列不是 JSON") from None
    except RecursionError:
        raise fail("G001", what=f"{path} 一层套一层，套得太深") from None
    except (OSError, UnicodeDecodeError) as error:
        raise fail("G001", what=f"{path}：{error}") from None
    for person in data if isinstance(data, list) else [data]:
        if not isinstance(person, dict):
            raise fail("G008", want=" {名称: 值}，几个人是 [{…}, {…}]", got="别的")
    return data


def _known_names(pack: policy.Pack, people: list[dict[str, Any]]) -> None:
    known = [*pack.catalogue.columns, *pack.rules, "各段", "自", "止"]
    problems: list[policy.Problem] = []
    for person in people:
        parts = person.get("各段") or []
        inside = [key for part in parts if isinstance(part, dict) for key in part] if isinstance(parts, list) else []
        for name in (*person, *inside):
            if name not in known:
                problems += fail("G504", name=name, hint=hint(name, known)).problems
    if problems:
        raise policy.PolicyErrors(problems)


def _usual(pack: policy.Pack, period: policy.Period) -> list[str]:
    """Return what is asked for when nothing is named: the slip, else every rule in force."""
    slip = pack.slip
    names = [*slip.earnings, *slip.deductions, *slip.employer, *slip.totals.values()]
    if not names:
        names = [name for name, rule in pack.rules.items() if not rule.local and rule.block(period.on)]
    return list(dict.fromkeys(names))


def _answer(pack, result, number, want, args, stretches, period) -> dict[str, Any]:
    answer: dict[str, Any] = {name: shown(pack, period, name, result.values[name][number]) for name in want}
    missing = {name: list(result.missing[name][number]) for name in want if number in result.missing[name]}
    if missing:
        answer["_缺"] = missing
    if number in result.defaults:
        answer["_缺省"] = list(result.defaults[number])
    if args.explain and args.json:
        mine = [s for s in stretches if s.person == number]
        answer["_解释"] = {name: policy.explain(pack, mine, period, name).as_dict() for name in want}
    return answer


def shown(pack: policy.Pack, period: policy.Period, name: str, value: Any) -> Any:
    """Return an answer fit for JSON: money as text with two decimals, other decimals as text, days as 2026-10-31."""
    if value is None or isinstance(value, bool | str | dict):
        return {str(k): v for k, v in value.items()} if isinstance(value, dict) else value
    kind = policy.bind(pack, period).rule(name).type if name in pack.rules else None
    unit = kind.unit if kind else pack.catalogue.columns[name].unit
    if unit == "元" and isinstance(value, int):
        return f"{'-' if value < 0 else ''}{abs(value) // 100}.{abs(value) % 100:02d}"
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return format(value.normalize(), "f")
    return value


def run_diff(args: argparse.Namespace) -> int:
    """gugan policy diff"""
    sides = []
    for text in (args.a, args.b):
        code, _, day = text.partition("@")
        try:
            on = date.fromisoformat(day) if day else args.on
        except ValueError:
            raise fail("G011", text=day) from None
        if on is None:
            raise fail("G010", name="--on 日期，或写成 代码@日期")
        sides.append((policy.load(code, packs_root()), on))
    (a, on_a), (b, on_b) = sides
    differences = policy.compare(a, b, on_a=on_a, on_b=on_b)
    if args.json:
        rows = [
            {
                "kind": one.kind,
                "name": one.name,
                "part": one.part,
                "before": one.before or None,
                "after": one.after or None,
                "since": one.since.isoformat() if one.since else None,
                "money": one.money,
            }
            for one in differences
        ]
        print(json.dumps({"differences": rows}, ensure_ascii=False))
        return 0
    for difference in differences:
        print(difference)
    print(f"{len(differences)} 处不同", file=sys.stderr)
    return 0
