"""事项.yaml and 代码.yaml become the catalogue: code tables, kinds of action, and the columns that read the ledger."""

from __future__ import annotations

from dataclasses import replace
from typing import TypeVar

from gugan.policy.catalogue import Catalogue, CodeTable, Column, Fact, Kind, usual_range
from gugan.policy.errors import hint
from gugan.policy.reading import Reading, verb_of
from gugan.policy.source import Mapping, Node, Text

_HasTable = TypeVar("_HasTable", Fact, Column)
TYPES = ("文", "数", "日期", "月份", "年", "是否", "代码", "机构")
READINGS = ("最新", "最早", "最高", "合计", "计数", "逐年")
_SUMMED = 10
"""A column that sums may come to this many times the range of one fact."""


class CatalogueReader:
    """Collects code tables, kinds and columns of folder after folder."""

    def __init__(self, reading: Reading):
        self.reading = reading
        self.codes: dict[str, CodeTable] = {}
        self.kinds: dict[str, Kind] = {}
        self.columns: dict[str, Column] = {}

    def catalogue(self) -> Catalogue:
        """Return what was collected; facts and columns of upper packs see the code tables as nearer ones left them."""
        kinds = {
            name: replace(kind, facts={key: self._current(fact) for key, fact in kind.facts.items()})
            for name, kind in self.kinds.items()
        }
        columns = {
            name: replace(self._current(column), sources=tuple(map(self._current, column.sources)))
            for name, column in self.columns.items()
        }
        return Catalogue(kinds, columns, self.codes)

    def _current(self, item: _HasTable) -> _HasTable:
        table = self.codes.get(item.table.name) if item.table else None
        return item if table is None or table is item.table else replace(item, table=table)

    # ── code tables ──

    def add_codes(self, node: Node) -> None:
        """Read 代码."""
        reading = self.reading
        for name, body in reading.mapping(node, "“名称: 内容”").items():
            claimed = reading.claim("代码", name, self.codes)
            if claimed is None:
                continue
            verb, plain = claimed
            spec = reading.mapping(body, "代码表的内容")
            reading.known(spec, ("标准", "值", "别名", "有序"))
            values = reading.labels(spec.get(Text("值")), "“代码: 名称”")
            aliases = reading.labels(spec.get(Text("别名")), "“写法: 名称”")
            if verb == "增" and plain in self.codes:
                old = self.codes[plain]
                table = replace(old, codes={**old.codes, **values}, aliases={**old.aliases, **aliases})
            elif verb == "改" and any(verb_of(Text(key))[0] for key in values):
                old = self.codes[plain]
                codes = self.edited(old, reading.mapping(spec.get(Text("值")), "“代码: 名称”"))
                known = {spelling: label for spelling, label in old.aliases.items() if label in codes.values()}
                table = replace(old, codes=codes, aliases={**known, **aliases})
            else:
                table = CodeTable(
                    plain, reading.word(spec, "标准"), values, aliases, reading.yes(spec.get(Text("有序")))
                )
                if not values:
                    reading.say("G010", name, name="值")
            for alias, label in aliases.items():
                if label not in table.labels:
                    found = hint(label, table.labels)
                    reading.say("G211", name, value=f"{alias}: {label}", table=plain, hint=found)
            self.codes[plain] = table

    def edited(self, old: CodeTable, values: Mapping) -> dict[str, str]:
        """Return the codes of a table with some changed, added or taken out."""
        codes = dict(old.codes)
        for key, node in values.items():
            (verb, code), label = verb_of(key), self.reading.text(node)
            if not verb:
                self.reading.say("G233", key)
            elif verb == "增" and code in codes:
                self.reading.say("G104", key, name=code, where=f"“{old.name}”")
            elif verb != "增" and code not in codes:
                self.reading.say("G105", key, name=code, verb=verb, hint=hint(code, codes))
            elif verb == "废":
                del codes[code]
            else:
                codes[code] = str(label)
        return codes

    # ── kinds and their facts ──

    def add_kinds(self, node: Node) -> None:
        """Read 事项."""
        reading = self.reading
        for name, body in reading.mapping(node, "“名称: 内容”").items():
            claimed = reading.claim("事项", name, self.kinds)
            if claimed is None:
                continue
            verb, plain = claimed
            spec = reading.mapping(body, "事项的内容")
            reading.known(spec, ("主体", "键", "事实"))
            old = self.kinds.get(plain) if verb == "增" else None
            facts = dict(old.facts) if old else {}
            for fact, body in reading.mapping(spec.get(Text("事实")), "“名称: 内容”").items():
                facts[str(fact)] = self.fact(plain, fact, reading.mapping(body, "事实的说明"))
            key = reading.word(spec, "键") or (old.key if old else None)
            if key and key not in facts:
                reading.say("G103", name, name=key, hint=hint(key, facts))
            subject = reading.word(spec, "主体", old.subject if old else "人")
            self.kinds[plain] = Kind(plain, subject, facts, key)

    def fact(self, kind: str, name: Text, spec: Mapping) -> Fact:
        """Return one fact of a kind."""
        reading = self.reading
        reading.known(spec, ("类型", "单位", "代码", "密", "又名", "范围"))
        unit, kind_of = reading.word(spec, "单位"), reading.word(spec, "类型")
        if kind_of not in TYPES:
            reading.say("G009", name, name=kind_of, hint=f"；类型有 {'、'.join(TYPES)}")
        low, high = self.bounds(spec.get(Text("范围")), "年" if kind_of == "年" else unit)
        table = None
        if kind_of == "代码" or Text("代码") in spec:
            label = reading.text(spec.get(Text("代码")))
            table = self.codes.get(str(label))
            if not label:
                reading.say("G010", name, name="代码")
            elif table is None:
                reading.say("G103", label, name=label, hint=hint(label, self.codes))
        synonyms = tuple(map(str, reading.texts(spec.get(Text("又名")))))
        if kind_of not in ("数", "年"):
            low = high = None
        return Fact(str(name), kind, kind_of, unit, table, reading.yes(spec.get(Text("密"))), synonyms, low, high)

    def bounds(self, node: Node | None, unit: str) -> tuple[int, int]:
        """Return the range 范围: [最小, 最大], or the usual one of the unit."""
        if node is None:
            return usual_range(unit)
        pair = self.reading.texts(node)
        try:
            low, high = map(int, pair)
        except ValueError:
            low, high = 1, 0
        if low > high:
            self.reading.say("G008", node, want="[最小, 最大] 两个整数", got="、".join(pair))
            return usual_range(unit)
        return low, high

    # ── columns ──

    def add_columns(self, node: Node) -> None:
        """Read 列."""
        reading = self.reading
        for name, body in reading.mapping(node, "“名称: 内容”").items():
            claimed = reading.claim("列", name, self.columns)
            if claimed is None:
                continue
            spec = reading.mapping(body, "列的说明")
            if Text("由") in spec:
                self.columns[claimed[1]] = self.supplied(claimed[1], spec)
                continue
            sources = [fact for path in reading.texts(spec.get(Text("来自"))) if (fact := self.source(path))]
            if sources:
                self.columns[claimed[1]] = self.column(claimed[1], name, spec, tuple(sources))
            elif Text("来自") not in spec:
                reading.say("G010", name, name="来自")

    def supplied(self, plain: str, spec: Mapping) -> Column:
        """Return a column that a room hands in; where it does not, it is 0."""
        reading = self.reading
        reading.known(spec, ("由", "类型", "单位", "范围"))
        unit = reading.word(spec, "单位")
        low, high = self.bounds(spec.get(Text("范围")), unit)
        room = reading.word(spec, "由")
        return Column(plain, "数", "", unit=unit, room=room, empty="0", low=low, high=high)

    def source(self, path: Text) -> Fact | None:
        """Return the fact at “事项.事实”."""
        kind, _, fact = path.partition(".")
        if kind in self.kinds and fact in self.kinds[kind].facts:
            return self.kinds[kind].facts[fact]
        paths = [f.path for k in self.kinds.values() for f in k.facts.values()]
        self.reading.say("G103", path, name=path, hint=hint(path, paths))
        return None

    def column(self, plain: str, name: Text, spec: Mapping, sources: tuple[Fact, ...]) -> Column:
        """Return a reading of the ledger."""
        reading = self.reading
        reading.known(spec, ("来自", "读法", "键", "窗", "起止", "按", "没有"))
        how = reading.word(spec, "读法", "最新")
        if how not in READINGS:
            reading.say("G009", name, name=how, hint=f"；读法有 {'、'.join(READINGS)}")
        first = sources[0]
        kind, unit, table = first.type, first.unit, first.table
        lows, highs = [f.low for f in sources if f.low is not None], [f.high for f in sources if f.high is not None]
        low, high = (min(lows), max(highs)) if lows and highs else (None, None)
        if how == "逐年":
            kind, low, high = "逐年", None, None
        elif how == "计数":
            kind, unit, table, low, high = "数", "次", None, 0, 1_000_000
        elif how == "合计" and low is not None and high is not None:
            low, high = min(low * _SUMMED, low), max(high * _SUMMED, high)
        return Column(
            plain,
            kind,
            how,
            sources,
            unit,
            table,
            key=reading.word(spec, "键") or None,
            month_only=Text("窗") in spec,
            in_force=Text("起止") in spec,
            by=reading.word(spec, "按") or None,
            empty=reading.word(spec, "没有") if Text("没有") in spec else None,
            low=low,
            high=high,
        )
