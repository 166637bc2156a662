"""Why this figure: the explanation tree of one answer, from result to formula to basis to source fact."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from gugan.policy import nodes
from gugan.policy.bound import Bound, basis_of
from gugan.policy.interpret import Interpreter, Unknown, Value, because, plain
from gugan.policy.nodes import Core
from gugan.policy.numbers import decimal_text
from gugan.policy.pack import Basis, Block
from gugan.policy.table import Period, Stretch
from gugan.policy.tree import Tree, basis_dict, show, unit_of
from gugan.policy.written import written


def explain(bound: Bound, stretches: Sequence[Stretch], period: Period, want: str) -> Tree:
    """Return the tree of one rule or column for one person; raises PolicyErrors (G504) for an unknown name."""
    bound.require([want])
    explainer = _Explainer(bound, stretches, period)
    return explainer.rule(want, None) if want in bound.pack.rules else explainer.column(want, None)


class _Explainer:
    """Builds trees on top of the interpreter's answers."""

    def __init__(self, bound: Bound, stretches: Sequence[Stretch], period: Period):
        self.bound, self.one, self.period = bound, Interpreter(bound, stretches, period), period
        self.seen: set[tuple[str, int | None]] = set()

    def rule(self, name: str, segment: int | None) -> Tree:
        """Return the tree of a rule; the second meeting is a reference."""
        bound = self.bound.rule(name)
        segment = segment if bound.rule.per == "段" else None
        if bound.rule.per == "段" and segment is None:
            segment = len(self.one.stretches) - 1
        value = self.one.rule(name, segment)
        tree = Tree(
            name,
            "规则",
            show(value, bound.type),
            unit_of(bound.type),
            not isinstance(value, Unknown),
            pack=bound.rule.folder,
        )
        if self.one.given(name, segment) is not None:
            tree.kind, tree.note = "给定", "直接给出的值，没有按规则算"
            return tree
        if (name, segment) in self.seen:
            tree.repeat = True
            return tree
        self.seen.add((name, segment))
        basis = basis_of(bound)
        tree.basis = basis_dict(basis)
        if bound.block is None or bound.node is None:
            tree.note = "要由本地的政策包写明"
            return tree
        tree.since, tree.formula = bound.block.since.isoformat(), formula_of(bound.block)
        reading = _Reading(self, segment)
        tree.substituted = reading.text(bound.node)
        tree.children = reading.children
        tree.note = "；".join(reading.notes)
        if reading.basis is not None:
            tree.basis = basis_dict(reading.basis)
        return tree

    def column(self, name: str, segment: int | None) -> Tree:
        """Return the leaf of a fact."""
        index = len(self.one.stretches) - 1 if segment is None else segment
        stretch = self.one.stretches[index]
        kind = self.bound.column_type(name)
        value = self.one.column(name, index)
        note = ""
        if stretch.values.get(name) is None and not isinstance(value, Unknown):
            note = "没有记录，按 " + show(value, kind)
        tree = Tree(name, "事实", show(value, kind), unit_of(kind), not isinstance(value, Unknown), note=note)
        tree.source = tuple(stretch.sources.get(name, ()))
        return tree


class _Reading:
    """The formula of one rule with values put in, and the operands met on the way."""

    def __init__(self, explainer: _Explainer, segment: int | None):
        self.explainer, self.segment = explainer, segment
        self.children: list[Tree] = []
        self.notes: list[str] = []
        self.basis: Basis | None = None
        self._added: set[tuple[str, int | None]] = set()

    @property
    def one(self) -> Interpreter:
        return self.explainer.one

    def value(self, node: Core) -> Value:
        """Return a node's value on the current stretch."""
        return self.one.value(node, self.segment)

    def add(self, node: nodes.Ref) -> None:
        """Put an operand among the children, once."""
        key = (node.name, self.segment)
        if key in self._added or node.kind == "内置":
            return
        self._added.add(key)
        maker = self.explainer.rule if node.kind == "规则" else self.explainer.column
        self.children.append(maker(node.name, self.segment))

    def text(self, node: Core) -> str:
        """Return a node as text with values substituted; only the branch that was taken is read."""
        return getattr(self, f"_{type(node).__name__}", self._plain)(node)

    def side(self, node: Core, parent: str) -> str:
        """Return an operand, in brackets where the parent operator binds tighter."""
        text = self.text(node)
        loose = isinstance(node, nodes.Arith) and (parent in "×÷" and node.op in "+-")
        return f"（{text}）" if loose else text

    def _plain(self, node: Core) -> str:
        for part in _operands(node):
            self.text(part)
        return f"{written(node)} {show(self.value(node), node.type)}"

    def _Const(self, node: nodes.Const) -> str:
        return written(node)

    def _Ref(self, node: nodes.Ref) -> str:
        self.add(node)
        return f"{node.name} {show(self.value(node), node.type)}"

    def _Arith(self, node: nodes.Arith) -> str:
        if node.op == "-" and isinstance(node.left, nodes.Const) and node.left.value == 0:
            text = self.text(node.right)
            return f"−（{text}）" if isinstance(node.right, nodes.Arith | nodes.Extreme) else f"−{text}"
        return f"{self.side(node.left, node.op)} {node.op.replace('-', '−')} {self.side(node.right, node.op)}"

    def _Round(self, node: nodes.Round) -> str:
        inner, exact = self.text(node.operand), self.value(node.operand)
        rounded = self.value(node)
        if isinstance(exact, Fraction) and exact != rounded:
            return f"{inner} ＝ {decimal_text(exact)}，{node.word}"
        return inner

    def _Extreme(self, node: nodes.Extreme) -> str:
        texts = [self.text(item) for item in node.items]
        words = {"封顶": "不超过", "保底": "不低于"}
        if node.word in words:
            return f"{texts[0]}，{words[node.word]} {texts[1]}"
        return f"{node.op}（{'，'.join(texts)}）"

    def _Lookup(self, node: nodes.Lookup) -> str:
        keys = "、".join(self.text(key) for key in node.keys)
        name = f"{node.table}.{node.column}" if node.column else node.table
        self.table(node, f"{name}［{keys}］")
        return f"{name} {show(self.value(node), node.type)}"

    def table(self, node: nodes.Lookup | nodes.Bracket, title: str) -> None:
        """Put a table reading among the children."""
        value, table = self.value(node), self.explainer.bound.table(node.table)
        leaf = Tree(title, "表", show(value, node.type), unit_of(node.type), not isinstance(value, Unknown))
        leaf.basis, leaf.since, leaf.pack = basis_dict(table.basis), table.block.since.isoformat(), table.table.folder
        self.children.append(leaf)

    def _Bracket(self, node: nodes.Bracket) -> str:
        inner, value = self.text(node.operand), self.value(node.operand)
        table = self.explainer.bound.table(node.table)
        self.table(node, f"{node.table}［{inner}］")
        if isinstance(value, Unknown) or table.table.mode != "累进":
            return f"{node.table}［{inner}］"
        starts, rates, quick = table.steps
        step = max((i for i, start in enumerate(starts) if value > start), default=0)
        less = f" − 速算扣除数 {decimal_text(quick[step], 2)}" if quick[step] else ""
        return f"{inner} × {decimal_text(rates[step] * 100)}%{less}"

    def _Choose(self, node: nodes.Choose) -> str:
        condition = self.value(node.condition)
        self.text(node.condition)
        if isinstance(condition, Unknown):
            return f"要先知道：{written(node.condition)}"
        self.notes.append(f"{'是' if condition else '不是'}“{written(node.condition)}”")
        return self.text(node.then if condition else node.other)

    def _Default(self, node: nodes.Default) -> str:
        if isinstance(self.value(node.operand), Unknown):
            self.text(node.operand)
            self.notes.append(f"缺{written(node.operand)}，按{written(node.other)}（缺省）")
            return self.text(node.other)
        return self.text(node.operand)

    def _Segments(self, node: nodes.Segments) -> str:
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

    def _History(self, node: nodes.History) -> str:
        history = self.text(node.history)
        for arg in node.args:
            self.text(arg)
        if node.word == "某年":
            year = self.value(node.args[0])
            return f"{plain(year)}年的{written(node.history)}"
        if node.word == "补全":
            first, last = (plain(self.value(a)) for a in node.args)
            return f"{history}；{first} 至 {last} 年没有记录的年份按{'、'.join(node.accepts)}"
        how = "重新起算" if node.resets else "顺延"
        accepts = sorted(node.accepts)
        return f"{history}；每 {node.every} 个{'、'.join(accepts)}算一次，中断{how}"

    def _Has(self, node: nodes.Has) -> str:
        self.text(node.operand)
        return f"{'有' if self.value(node) else '没有'} {written(node.operand)}"

    def _Logic(self, node: nodes.Logic) -> str:
        return (
            f" {node.op} ".join(self.text(i) for i in node.items)
            if len(node.items) > 1
            else f"非 {self.text(node.items[0])}"
        )

    def _Compare(self, node: nodes.Compare) -> str:
        return f"{self.text(node.left)} {node.op} {self.text(node.right)}"

    def _Exceptions(self, node: nodes.Exceptions) -> str:
        winner = self.one.winner(node, self.segment)
        for row in node.rows:
            if row.condition:
                self.text(row.condition)
        if isinstance(winner, Unknown):
            return f"算不出：{because(winner.names)}"
        if winner is None:
            self.notes.append("没有例外：" + "；".join(str(row.at) for row in node.rows))
            return self.text(node.general)
        self.basis = winner.basis
        self.notes.append(f"例外：{winner.at}")
        return self.text(winner.value)

    def condition(self, row: nodes.Row) -> Value:
        """Return whether a row applies, reading its condition."""
        if row.condition is None:
            return True
        self.text(row.condition)
        return self.value(row.condition)

    def _FirstOf(self, node: nodes.FirstOf) -> str:
        for row in node.rows:
            condition = self.condition(row)
            if isinstance(condition, Unknown):
                return f"要先知道：{row.at}"
            if condition:
                self.notes.append(str(row.at))
                self.basis = row.basis
                return self.text(row.value)
        return "没有一行合适"

    def applying(self, node: nodes.SumOf | nodes.HighestOf) -> list[tuple[nodes.Row, str]]:
        """Return the rows that apply, with their values as text; those that cannot be told are noted."""
        told = [(row, self.condition(row)) for row in node.rows]
        self.notes += [f"不知道是否“{row.at}”" for row, condition in told if isinstance(condition, Unknown)]
        found = [(row, self.text(row.value)) for row, condition in told if condition is True]
        if len(found) == 1:
            self.basis = found[0][0].basis
        return found

    def _HighestOf(self, node: nodes.HighestOf) -> str:
        texts = [f"{row.at}：{text}" for row, text in self.applying(node)]
        if not texts:
            return "没有一项符合，0"
        return texts[0] if len(texts) == 1 else f"取最高：{'；'.join(texts)}"

    def _SumOf(self, node: nodes.SumOf) -> str:
        return " + ".join(f"{row.at} {text}" for row, text in self.applying(node)) or "没有一项符合，0"

    def _AllOf(self, node: nodes.AllOf) -> str:
        texts = []
        for row in node.rows:
            value = self.value(row.condition) if row.condition else True
            mark = "算不出" if isinstance(value, Unknown) else ("符合" if value else "不符合")
            texts.append(f"{row.at}：{mark}（{self.text(row.condition)}）" if row.condition else str(row.at))
        return "；".join(texts)


def _operands(node: Core) -> list[Core]:
    if isinstance(node, nodes.DateMath):
        return list(node.args)
    return []


def formula_of(block: Block) -> str:
    """Return a block as written, on one line."""
    general = " ".join(str(block.general).split()) if block.general else ""
    rows = [f"当 {r.when} 得 {r.get}" if r.when else f"其余 {r.get}" for r in block.rows]
    if block.form == "算式":
        return general + (f"；例外：{'；'.join(rows)}" if rows else "")
    return f"{block.form}：{'；'.join(rows)}" + (f"；封顶 {block.cap}" if block.cap else "")
