"""The formula of one rule with values put in, the operands met on the way, and every row that was looked at."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from gugan.policy import nodes
from gugan.policy.bound import BoundRule, BoundTable
from gugan.policy.interpret import THIS_RULE, Unknown, Value, because, plain
from gugan.policy.nodes import Core, Row
from gugan.policy.numbers import decimal_text
from gugan.policy.tree import NO_EXCEPTION, Considered, Tree, basis_dict, show, unit_of

if TYPE_CHECKING:  # it makes the trees of operands
    from gugan.policy.explain import Explainer

_LIMITS = {"封顶": "不超过", "保底": "不低于"}


class Reasons:
    """Reads one rule's formula on one stretch; `into` writes what it found into the rule's tree."""

    basis: dict[str, str] | None = None
    choice = ""
    notes: tuple[str, ...] = ()
    considered: tuple[Considered, ...] = ()
    limits: tuple[dict[str, str], ...] = ()
    defaults: tuple[dict[str, str], ...] = ()

    def __init__(self, explainer: Explainer, bound: BoundRule, segment: int | None):
        self.explainer, self.one, self.segment = explainer, explainer.one, segment
        self.rule, self.type = bound.rule.name, bound.type
        self.written = explainer.written
        self.children: list[Tree] = []
        self._said: dict[tuple[str, int | None], str] = {}

    def into(self, tree: Tree, node: Core) -> None:
        """Write the formula of a node and everything behind it into a tree."""
        tree.substituted, tree.children = self.text(node), self.children
        if self.notes:
            tree.note = "；".join(self.notes)
        if self.basis is not None:
            tree.basis = self.basis
        if self.considered:
            tree.choice, tree.considered = self.choice, self.considered
        if self.limits:
            tree.limits = self.limits
        if self.defaults:
            tree.defaults = self.defaults

    def value(self, node: Core) -> Value:
        """Return a node's value on the current stretch; a rule's own 缺 under the rule's name."""
        value = self.one.value(node, self.segment)
        if isinstance(value, Unknown) and THIS_RULE in value.names:
            return Unknown(tuple(self.rule if name == THIS_RULE else name for name in value.names))
        return value

    def shown(self, node: Core) -> str:
        """Return a node's value as an official would print it."""
        return show(self.value(node), node.type)

    def text(self, node: Core) -> str:
        """Return a node as text with values substituted; only the branch that was taken is read."""
        reading = _READINGS.get(type(node))
        return reading(self, node) if reading else self.plain(node)

    def side(self, node: Core, parent: str) -> str:
        """Return an operand, in brackets where the parent operator binds tighter."""
        text = self.text(node)
        loose = isinstance(node, nodes.Arith) and (parent in "×÷" and node.op in "+-")
        return f"（{text}）" if loose else text

    def plain(self, node: Core) -> str:
        """Return a node as written, with its value; its operands are read."""
        for part in nodes.children(node):
            self.text(part)
        return f"{self.written(node)} {self.shown(node)}"

    def const(self, node: nodes.Const) -> str:
        """A number, day or label as written."""
        return self.written(node)

    def ref(self, node: nodes.Ref) -> str:
        """A name with its value; it becomes a child, once."""
        if node.kind == "内置":
            return f"{node.name} {self.shown(node)}"
        key = (node.name, self.segment)
        said = self._said.get(key)
        if said is None:
            maker = self.explainer.rule if node.kind == "规则" else self.explainer.column
            child = maker(node.name, self.segment)
            self.children.append(child)
            said = self._said[key] = f"{node.name} {child.value}"
        return said

    def arith(self, node: nodes.Arith) -> str:
        """Two operands and a sign."""
        if node.op == "-":
            if isinstance(node.left, nodes.Const) and node.left.value == 0:
                text = self.text(node.right)
                return f"−（{text}）" if isinstance(node.right, nodes.Arith | nodes.Extreme) else f"−{text}"
            return f"{self.side(node.left, '-')} − {self.side(node.right, '-')}"
        return f"{self.side(node.left, node.op)} {node.op} {self.side(node.right, node.op)}"

    def rounding(self, node: nodes.Round) -> str:
        """What is rounded; the rounding itself where it bites."""
        inner, exact = self.text(node.operand), self.value(node.operand)
        if isinstance(exact, Fraction) and (node.per % exact.denominator):
            return f"{inner} ＝ {decimal_text(exact)}，{node.word}"
        return inner

    def extreme(self, node: nodes.Extreme) -> str:
        """The highest or lowest of several; a limit that changed the figure is kept."""
        texts = [self.text(item) for item in node.items]
        if node.word not in _LIMITS:
            return f"{node.op}（{'，'.join(texts)}）"
        value, first = self.value(node), self.value(node.items[0])
        if not isinstance(value, Unknown) and value != first:
            unit, before = unit_of(node.type), show(first, node.type)
            limit = {"word": node.word, "before": before, "limit": show(value, node.type)}
            self.limits += (limit | ({"unit": unit} if unit else {}),)
        return f"{texts[0]}，{_LIMITS[node.word]} {texts[1]}"

    # ── tables ──

    def lookup(self, node: nodes.Lookup) -> str:
        """A cell, which becomes a child with the keys it was found at."""
        texts = [self.text(key) for key in node.keys]
        name = f"{node.table}.{node.column}" if node.column else node.table
        leaf, table = self.leaf(node, f"{name}［{'、'.join(texts)}］")
        values = [self.value(key) for key in node.keys]
        if not any(isinstance(value, Unknown) for value in values):
            keys = [
                {"name": self.written(key), "value": show(value, key.type)}
                for key, value in zip(node.keys, values, strict=True)
            ]
            leaf.cell = {"table": node.table, "keys": keys}
            if node.column:
                leaf.cell["column"] = node.column
            if tuple(values) not in table.cells and table.rest is not None:
                leaf.cell["row"] = "其余"
        return f"{name} {leaf.value}"

    def leaf(self, node: nodes.Lookup | nodes.Bracket, title: str) -> tuple[Tree, BoundTable]:
        """Put a table reading among the children."""
        value, table = self.value(node), self.explainer.bound.table(node.table)
        leaf = Tree(title, "表", show(value, node.type), unit_of(node.type), not isinstance(value, Unknown))
        leaf.basis, leaf.since, leaf.pack = (
            basis_dict(table.basis),
            table.block.since.isoformat(),
            table.block.folder or table.table.folder,
        )
        self.children.append(leaf)
        return leaf, table

    def bracket(self, node: nodes.Bracket) -> str:
        """A scale, which becomes a child with the step that was reached."""
        inner, value = self.text(node.operand), self.value(node.operand)
        leaf, table = self.leaf(node, f"{node.table}［{inner}］")
        if isinstance(value, Unknown) or not isinstance(value, Fraction):
            return f"{node.table}［{inner}］"
        starts, rates, quick = table.steps
        kinds = table.key_types[0], node.type
        marginal = table.table.mode == "累进"
        reached = [i for i, start in enumerate(starts) if (value > start if marginal else value >= start)]
        if not reached and not marginal:
            return f"{node.table}［{inner}］"
        at = reached[-1] if reached else 0
        leaf.step = {"table": node.table, "number": at + 1, "from": show(starts[at], kinds[0])}
        if at + 1 < len(starts):
            leaf.step["to"] = show(starts[at + 1], kinds[0])
        if not marginal:
            return f"{node.table}［{inner}］"
        rate = f"{decimal_text(rates[at] * 100)}%"
        leaf.step |= {"rate": rate, "quick": decimal_text(quick[at], 2), "sum": leaf.value}
        leaf.step["parts"] = _parts(value, starts, rates, reached, kinds)
        return f"{inner} × {rate}" + (f" − 速算扣除数 {leaf.step['quick']}" if quick[at] else "")

    # ── choices ──

    def choose(self, node: nodes.Choose) -> str:
        """The branch that was taken; the condition is a note."""
        condition = self.value(node.condition)
        self.text(node.condition)
        if isinstance(condition, Unknown):
            return f"要先知道：{self.written(node.condition)}"
        self.notes += (f"{'是' if condition else '不是'}“{self.written(node.condition)}”",)
        return self.text(node.then if condition else node.other)

    def default(self, node: nodes.Default) -> str:
        """The value, or what stands in for it."""
        if not isinstance(self.value(node.operand), Unknown):
            return self.text(node.operand)
        self.text(node.operand)
        missing, used = self.written(node.operand), self.written(node.other)
        self.notes += (f"缺{missing}，按{used}（缺省）",)
        self.defaults += ({"missing": missing, "used": used, "value": self.shown(node.other)},)
        return self.text(node.other)

    def segments(self, node: nodes.Segments) -> str:
        """Each stretch with its share of the days."""
        stretches = self.one.stretches
        days = self.explainer.period.days
        if len(stretches) == 1 and (stretches[0].end - stretches[0].start).days == days:
            self.segment = 0
            text = self.side(node.operand, "×")
            self.segment = None
            return text
        texts = []
        for index, stretch in enumerate(stretches):
            self.segment = index
            count = (stretch.end - stretch.start).days
            texts.append(f"{self.side(node.operand, '×')} × {count}/{days} 天")
        self.segment = None
        return f"（{' + '.join(texts)}）" if len(texts) > 1 else texts[0]

    def history(self, node: nodes.History) -> str:
        """A word over yearly results."""
        history = self.text(node.history)
        for arg in node.args:
            self.text(arg)
        if node.word == "某年":
            return f"{plain(self.value(node.args[0]))}年的{self.written(node.history)}"
        if node.word == "补全":
            first, last = (plain(self.value(a)) for a in node.args)
            return f"{history}；{first} 至 {last} 年没有记录的年份按{'、'.join(node.accepts)}"
        accepts = sorted(node.accepts)
        if node.word == "近几年":
            return f"{history}；到 {plain(self.value(node.args[0]))} 年为止的 {node.every} 年"
        if node.word == "连续次数":
            return f"{history}；到 {plain(self.value(node.args[0]))} 年为止连续{'、'.join(accepts)}"
        if node.word in ("次数", "最长连续"):
            return f"{history}；{'、'.join(accepts)}的{node.word}"
        how = "重新起算" if node.resets else "顺延"
        return f"{history}；每 {node.every} 个{'、'.join(accepts)}算一次，中断{how}"

    def has(self, node: nodes.Has) -> str:
        """Whether something is known."""
        self.text(node.operand)
        return f"{'有' if self.value(node) else '没有'} {self.written(node.operand)}"

    def logic(self, node: nodes.Logic) -> str:
        """且, 或, 非 over what they join."""
        texts = [self.text(item) for item in node.items]
        return f" {node.op} ".join(texts) if len(texts) > 1 else f"非 {texts[0]}"

    def compare(self, node: nodes.Compare) -> str:
        """Two sides and how they compare."""
        return f"{self.text(node.left)} {node.op} {self.text(node.right)}"

    # ── forms: each row is kept, whether it applied or not ──

    def consider(self, row: Row) -> tuple[Value, Considered]:
        """Return whether a row applies, and the row as looked at; its condition is read."""
        found = Considered(str(row.at), "适用")
        self.considered += (found,)
        if row.basis is not None:
            found.basis = basis_dict(row.basis)
        if row.condition is None:
            return True, found
        found.when, found.why = self.written(row.condition), self.why(row.condition)
        value = self.value(row.condition)
        if isinstance(value, Unknown):
            found.state, found.why = "算不出", because(value.names)
        elif not value:
            found.state = "不适用"
        return value, found

    def why(self, node: Core) -> str:
        """Return a condition with values put in: of 且 and 或 only what decides, where something does."""
        if not isinstance(node, nodes.Logic) or node.op == "非":
            return self.text(node)
        told = [(self.text(item), self.value(item)) for item in node.items]
        deciding = [text for text, value in told if value is (node.op == "或")]
        return f" {node.op} ".join(deciding or [text for text, _ in told])

    def stands(self, row: Row, found: Considered) -> str:
        """Return the formula of the row that stands for the answer."""
        found.won = True
        if row.basis is not None:
            self.basis = found.basis
        return self.valued(row, found)

    def valued(self, row: Row, found: Considered) -> str:
        """Return a row's formula, having kept its value."""
        found.value, found.unit = show(self.value(row.value), self.type), unit_of(self.type)
        return self.text(row.value)

    def exceptions(self, node: nodes.Exceptions) -> str:
        """The general rule, or the one exception that applies."""
        self.choice = "例外"
        told = [(row, self.consider(row)[1]) for row in node.rows]
        winner = self.one.winner(node, self.segment)
        if isinstance(winner, Unknown):
            return f"算不出：{because(winner.names)}"
        if winner is None:
            self.notes += (NO_EXCEPTION + "；".join(str(row.at) for row in node.rows),)
            return self.text(node.general)
        self.notes += (f"例外：{winner.at}",)
        return self.stands(winner, next(kept for row, kept in told if row is winner))

    def first(self, node: nodes.FirstOf) -> str:
        """The first row that fits; those after it were not looked at."""
        self.choice, answer = "首个", ""
        for row in node.rows:
            if answer:
                self.considered += (Considered(str(row.at), "没有看", self.when(row)),)
                continue
            condition, found = self.consider(row)
            if isinstance(condition, Unknown):
                answer = f"要先知道：{row.at}"
            elif condition:
                self.notes += (str(row.at),)
                answer = self.stands(row, found)
        return answer or "没有一行合适"

    def when(self, row: Row) -> str:
        """Return a row's condition as written."""
        return self.written(row.condition) if row.condition is not None else ""

    def applying(self, node: nodes.SumOf | nodes.HighestOf) -> list[tuple[Row, Considered, str]]:
        """Return the rows that apply, with their values as text; those that cannot be told are noted."""
        told = [(row, *self.consider(row)) for row in node.rows]
        untold = [row for row, condition, _ in told if isinstance(condition, Unknown)]
        self.notes += tuple(f"不知道是否“{row.at}”" for row in untold)
        found = [(row, kept, self.valued(row, kept)) for row, condition, kept in told if condition is True]
        if len(found) == 1 and found[0][0].basis is not None:
            self.basis = found[0][1].basis
        return found

    def highest(self, node: nodes.HighestOf) -> str:
        """The highest of the rows that apply."""
        self.choice = "就高"
        found, value = self.applying(node), self.value(node)
        if not isinstance(value, Unknown):
            best = next((kept for row, kept, _ in found if self.value(row.value) == value), None)
            if best is not None:
                best.won = True
        texts = [f"{row.at}：{text}" for row, _, text in found]
        if not texts:
            return "没有一项符合，0"
        return texts[0] if len(texts) == 1 else f"取最高：{'；'.join(texts)}"

    def total(self, node: nodes.SumOf) -> str:
        """The sum of the rows that apply."""
        self.choice = "累加"
        found = self.applying(node)
        for _, kept, _ in found:
            kept.won = True
        return " + ".join(f"{row.at} {text}" for row, _, text in found) or "没有一项符合，0"

    def every(self, node: nodes.AllOf) -> str:
        """Each condition and whether it is met."""
        self.choice, texts = "条件组", []
        for row in node.rows:
            _, found = self.consider(row)
            found.state = {"适用": "符合", "不适用": "不符合"}.get(found.state, found.state)
            texts.append(f"{row.at}：{found.state}（{self.text(row.condition)}）" if row.condition else str(row.at))
        return "；".join(texts)


def _parts(
    value: Fraction, starts: tuple[Fraction, ...], rates: tuple[Any, ...], reached: list[int], kinds: tuple[Any, Any]
) -> list[dict[str, str]]:
    """Return each step of a marginal scale that a number goes through, with its own share of the sum."""
    found = []
    for at in reached:
        end = starts[at + 1] if at + 1 < len(starts) and value > starts[at + 1] else value
        part = {"from": show(starts[at], kinds[0]), "of": show(end - starts[at], kinds[0])}
        if at + 1 < len(starts):
            part["to"] = show(starts[at + 1], kinds[0])
        amount = show((end - starts[at]) * rates[at], kinds[1])
        found.append(part | {"rate": f"{decimal_text(rates[at] * 100)}%", "amount": amount})
    return found


_READINGS: dict[type[Core], Callable[[Reasons, Any], str]] = {
    nodes.Const: Reasons.const,
    nodes.Ref: Reasons.ref,
    nodes.Arith: Reasons.arith,
    nodes.Round: Reasons.rounding,
    nodes.Extreme: Reasons.extreme,
    nodes.Lookup: Reasons.lookup,
    nodes.Bracket: Reasons.bracket,
    nodes.Choose: Reasons.choose,
    nodes.Default: Reasons.default,
    nodes.Segments: Reasons.segments,
    nodes.History: Reasons.history,
    nodes.Has: Reasons.has,
    nodes.Logic: Reasons.logic,
    nodes.Compare: Reasons.compare,
    nodes.Exceptions: Reasons.exceptions,
    nodes.FirstOf: Reasons.first,
    nodes.HighestOf: Reasons.highest,
    nodes.SumOf: Reasons.total,
    nodes.AllOf: Reasons.every,
}
