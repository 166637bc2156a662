"""A folder becomes a Pack: all its files are read, rules and tables inherit along the code prefix, errors are collected."""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

from gugan.policy.errors import PolicyErrors, fail, hint
from gugan.policy.merging import changed_rule, changed_table
from gugan.policy.pack import (
    FORMS,
    ROUNDINGS,
    Basis,
    Block,
    Case,
    Pack,
    PackFolder,
    PackTable,
    Rule,
    RuleRow,
    Slip,
    TableBlock,
)
from gugan.policy.read_catalogue import CatalogueReader
from gugan.policy.reading import Reading, place_of, verb_of
from gugan.policy.source import MAX_BYTES, Mapping, Node, Sequence, Text, full_width_colon, normalise, parse

NATION = "00"
_NOTES = ("来源", "核对", "局限")
_PARTS = {"一般", "例外", "依据", "封顶", *FORMS}
_CASE = ("说", "来源", "算式", "日", "有", "得")


def folders(root: Path) -> dict[str, Path]:
    """Return code → folder of every pack under root, sorted by code."""
    found = {}
    for path in sorted(p for p in root.iterdir() if p.is_dir() and p.name[0].isdigit()):
        found[path.name.split("-", 1)[0]] = path
    return found


def chain(code: str, known: dict[str, Path]) -> list[str]:
    """Return the codes that apply to a division code, nation first: every known prefix of it; 99nn stands alone under 00."""
    lengths = [n for n in (2, 4, 6, 9, 12) if len(code) >= n and not (code.startswith("99") and n < len(code))]
    prefixes = [code[:n] for n in lengths]
    return [NATION] * (NATION in known) + [p for p in prefixes if p in known and p != NATION]


def read_folder(path: Path) -> PackFolder:
    """Return a pack folder's bytes (YAML and CSV only, by relative name) and their digest."""
    names = sorted(p for p in path.rglob("*") if p.suffix in (".yaml", ".csv") and p.is_file() and not p.is_symlink())
    files = {p.relative_to(path).as_posix(): p.read_bytes() for p in names}
    digest = hashlib.sha256()
    for name, content in files.items():
        digest.update(f"{name}\0{len(content)}\0".encode() + content)
    code, _, title = path.name.partition("-")
    return PackFolder(code, title, digest.hexdigest(), files)


def load(code: str, root: Path) -> Pack:
    """Return the pack that governs a division code (or a 99nn example pack) with all it inherits.

    Raises PolicyErrors: G007 if nothing applies, else every error of reading all files at once.
    """
    known = folders(root)
    codes = chain(code, known)
    if not codes or (code.startswith("99") and code not in known):
        raise fail("G007", code=code, known="、".join(f"{c}（{p.name}）" for c, p in known.items()))
    return build([read_folder(known[c]) for c in codes])


def build(read: list[PackFolder]) -> Pack:
    """Return the pack made of folders in order of inheritance; raises PolicyErrors with every error."""
    builder = _Builder()
    for folder in read:
        builder.add(folder)
    if builder.reading.problems:
        raise PolicyErrors(builder.reading.problems)
    return Pack(
        read[-1].code,
        read[-1].name,
        tuple(read),
        builder.reading.documents,
        builder.tables,
        builder.rules,
        builder.catalogue.catalogue(),
        builder.slip,
        tuple(builder.cases),
        builder.notes,
    )


@dataclass(frozen=True)
class _Part:
    """One section of one file."""

    section: Text
    content: Node


class _Builder:
    """Collects folders, nearest last, and every problem on the way."""

    def __init__(self) -> None:
        self.reading = Reading()
        self.catalogue = CatalogueReader(self.reading)
        self.tables: dict[str, PackTable] = {}
        self.rules: dict[str, Rule] = {}
        self.slip = Slip()
        self.cases: list[Case] = []
        self.notes: dict[str, str] = {}

    # ── one folder ──

    def add(self, folder: PackFolder) -> None:
        """Read one folder: section by section over all its files, since rules cite documents of other files."""
        self.reading.enter(folder)
        parts = [part for name in folder.files if name.endswith(".yaml") for part in self.parts(name)]
        sections = self.sections()
        for section, read in sections.items():
            for part in parts:
                if part.section == section:
                    read(part.content)
        for part in parts:
            if part.section in _NOTES:
                self.notes[str(part.section)] = str(self.reading.text(part.content))
            elif part.section not in sections:
                self.reading.say("G009", part.section, name=part.section, hint=hint(part.section, sections))

    def sections(self) -> dict[str, Callable[[Node], None]]:
        """Return section → how it is read, in the order in which they need each other."""
        return {
            "代码": self.catalogue.add_codes,
            "事项": self.catalogue.add_kinds,
            "列": self.catalogue.add_columns,
            "文件": self.reading.add_documents,
            "表": self.add_tables,
            "规则": self.add_rules,
            "工资条": self.add_slip,
            "算例": self.add_cases,
        }

    def content(self, name: str) -> str | None:
        """Return a file of the folder as text; None where that is a problem."""
        content, start = self.reading.folder.files[name], Text("", self.path(name), 1, 1)
        if len(content) > MAX_BYTES:
            self.reading.say("G004", start, size=len(content), limit=MAX_BYTES)
            return None
        try:
            return content.decode("utf-8-sig")
        except UnicodeDecodeError:
            self.reading.say("G001", start, what="不是 UTF-8 文字；用 Excel 存表时选“CSV UTF-8”")
            return None

    def path(self, name: str) -> str:
        """Return the path of a file as messages print it."""
        return f"policies/{self.reading.prefix}/{name}"

    def parts(self, name: str) -> list[_Part]:
        """Return the sections of one file."""
        text = self.content(name)
        if text is None:
            return []
        try:
            root = parse(text, self.path(name))
        except PolicyErrors as errors:
            self.reading.problems += errors.problems
            return []
        if isinstance(root, Sequence):
            return [_Part(Text("算例", self.path(name), 1, 1), root)]
        return [_Part(key, value) for key, value in self.reading.mapping(root, "“规则”“表”等几节").items()]

    # ── tables ──

    def add_tables(self, node: Node) -> None:
        """Read 表."""
        reading = self.reading
        for name, body in reading.mapping(node, "“名称: 内容”").items():
            claimed = reading.claim("表", name, self.tables)
            if claimed is None:
                continue
            spec = reading.mapping(body, "表的内容")
            reading.known(spec, ("依据", "键", "列", "值", "分档", "累进", "止", "说明"), dated=True)
            basis = reading.basis(spec.get(Text("依据")))
            modes = [m for m in ("分档", "累进") if Text(m) in spec]
            mode = modes[0] if modes else ""
            above = self.above(name, claimed, self.tables)
            for key in spec:
                if modes and key in ("键", "列", *modes[1:]):
                    reading.say("G009", key, name=key, hint=f"；写了“{mode}”的表只有起点和“值”")
            columns = reading.labels(spec.get(Text("列")), "列: 单位") if not mode else {}
            keys = reading.texts(spec.get(Text("键"))) if not mode else ()
            start, own = reading.word(spec, mode) if mode else "", columns or {"": reading.word(spec, "值")}
            if above and not any(Text(key) in spec for key in ("键", "列", "值", "分档", "累进")):
                keys, own, mode, start = above.keys, above.columns, above.mode, above.threshold_unit
                columns = {} if "" in own else own
            blocks = tuple(self.table_block(k, d, v, columns, basis) for k, d, v in reading.since(spec))
            table = PackTable(
                name, claimed[1], keys, own, mode, start, basis, blocks, reading.until(spec), reading.prefix
            )
            if not table.blocks:
                reading.say("G010", name, name="自 <日期>")
            if not mode and not table.keys:
                reading.say("G010", name, name="键")
            if Text("依据") not in spec and any(b.basis is None for b in table.blocks):
                reading.say("G303", name, name=table.name)
            self.tables[table.name] = self.merged(above, table)

    def above(self, name: Text, claimed: tuple[str, str], known: dict) -> Any:
        """Return what a 改 changes, or None."""
        above = known.get(claimed[1])
        if claimed[0] == "增" and above is not None:
            self.reading.say("G104", name, name=claimed[1], where=above.folder)
        return above if claimed[0] == "改" else None

    def merged(self, above: PackTable | None, table: PackTable) -> PackTable:
        """Return a table with what stays of the one above."""
        try:
            return changed_table(above or replace(table, blocks=()), table)
        except PolicyErrors as errors:
            self.reading.problems += errors.problems
            return table

    def table_block(
        self, at: Text, since: date, node: Node, columns: dict[str, str], basis: Basis | None
    ) -> TableBlock:
        """Return the cells of a table from a day on: inline, or a CSV file beside the pack."""
        if isinstance(node, Text) and node.endswith(".csv"):
            return TableBlock(at, since, self.csv_cells(node, columns), basis)
        cells: dict[tuple[Text, ...], dict[str, Text]] = {}
        edits: dict[tuple[Text, ...], str] = {}
        for key, row in self.reading.mapping(node, "“键: 值”").items():
            if key == "依据":
                basis = self.reading.basis(row)
                continue
            verb, plain = verb_of(key)
            keys = tuple(key.at(normalise(k)) for k in plain.split("、"))
            values = self.reading.texts(row)
            wanted = 0 if verb == "废" else len(columns) or 1
            if len(values) != wanted and not (verb == "废" and values == ("",)):
                self.reading.say("G008", row, want=f" {wanted} 个值", got=f" {len(values)} 个")
                continue
            edits |= {keys: verb} if verb else {}
            if verb != "废":
                cells[keys] = dict(zip(columns or [""], values, strict=True))
        plain_row = next((keys[0] for keys in cells if keys not in edits), None)
        if edits and plain_row is not None:
            self.reading.say("G233", plain_row)
        return TableBlock(at, since, cells, basis, edits=edits)

    def csv_cells(self, name: Text, columns: dict[str, str]) -> dict[tuple[Text, ...], dict[str, Text]]:
        """Return the cells of a CSV file: one line of headings, then keys and values; line:column are row and cell."""
        reading = self.reading
        if str(name) not in reading.folder.files:
            reading.say("G012", name, name=name, what=f"不在这个政策包里{hint(name, reading.folder.files)}")
            return {}
        text = self.content(str(name))
        if text is None:
            return {}
        path, width = self.path(str(name)), len(columns) or 1
        cells: dict[tuple[Text, ...], dict[str, Text]] = {}
        try:
            rows = list(csv.reader(io.StringIO(text), strict=True))
        except csv.Error:
            reading.say("G012", Text("", path, 1, 1), name=name, what="读不懂；看看引号是不是成对")
            return {}
        headings = len(rows[0]) - next((n for n, cell in enumerate(reversed(rows[0])) if cell), 0) if rows else 0
        for number, row in enumerate(rows[1:], 2):
            while len(row) > headings and not row[-1]:
                row.pop()
            if not any(row):
                continue
            texts = [Text(normalise(cell), path, number, index + 1) for index, cell in enumerate(row)]
            if len(texts) != headings or len(texts) <= width:
                what = f"这一行有 {len(texts)} 格，要有 {max(headings, width + 1)} 格，和第一行一样"
                reading.say("G012", Text("", path, number, 1), name=name, what=what)
                continue
            keys = tuple(texts[:-width])
            if keys in cells:
                reading.say("G002", keys[0], key="、".join(keys))
            cells[keys] = dict(zip(columns or [""], texts[-width:], strict=True))
        return cells

    # ── rules ──

    def add_rules(self, node: Node) -> None:
        """Read 规则."""
        for name, body in self.reading.mapping(node, "“名称: 内容”").items():
            claimed = self.reading.claim("规则", name, self.rules)
            if claimed is not None:
                spec = self.reading.mapping(body, "规则的内容")
                above, own = self.above(name, claimed, self.rules), self.rule(name, claimed[1], spec)
                self.rules[claimed[1]] = changed_rule(above, own) if above else own

    def rule(self, name: Text, plain: str, spec: Mapping) -> Rule:
        """Return one rule."""
        reading = self.reading
        reading.known(spec, ("单位", "依据", "取整", "按", "止", "由", "可补", "说明"), dated=True)
        basis = reading.basis(spec.get(Text("依据")))
        rounding, per = reading.text(spec.get(Text("取整"))), reading.text(spec.get(Text("按")), "月")
        if rounding and rounding not in ROUNDINGS:
            reading.say("G009", rounding, name=rounding, hint=hint(rounding, ROUNDINGS))
        if per not in ("月", "段", "年"):
            reading.say("G009", per, name=per, hint="；写 按: 段、按: 月 或 按: 年")
        blocks = tuple(replace(self.block(*since, basis), rounding=str(rounding)) for since in reading.since(spec))
        local = Text("由") in spec
        if local and blocks:
            reading.say("G009", blocks[0].at, name=blocks[0].at, hint="；写了“由: 地方”的规则，值由本地的政策包写")
        if not local and not blocks:
            reading.say("G010", name, name="自 <日期>")
        if not reading.word(spec, "单位") and any(b.form != "条件组" for b in blocks):
            reading.say("G010", name, name="单位")
        if not local and Text("依据") not in spec and any(b.basis is None for b in blocks):
            reading.say("G303", name, name=plain)
        return Rule(
            name,
            plain,
            reading.word(spec, "单位"),
            str(per),
            str(rounding),
            basis,
            blocks,
            reading.until(spec),
            reading.prefix,
            local=local,
            arrears=reading.yes(spec.get(Text("可补"))),
        )

    def block(self, at: Text, since: date, node: Node, basis: Basis | None) -> Block:
        """Return what a rule says from a day on."""
        reading = self.reading
        if isinstance(node, Text):
            colon = full_width_colon(node)
            if colon is not None and normalise(node[: node.index("：")]) in _PARTS:
                reading.say("G003", colon)
            return Block(at, since, "算式", node, (), basis)
        spec = reading.mapping(node, "“一般: 算式”")
        reading.known(spec, _PARTS)
        basis = reading.basis(spec.get(Text("依据"))) or basis
        form = next((f for f in FORMS if Text(f) in spec), "算式")
        own = ("一般", "例外") if form == "算式" else (form,) if form == "条件组" else (form, "封顶")
        for key in spec:
            if key in _PARTS and key not in (*own, "依据"):
                reading.say("G009", key, name=key, hint=f"；一条规则只用一种写法，这里已经写了“{own[0]}”")
        if form == "算式" and Text("一般") not in spec:
            reading.say("G010", at, name="一般")
        rows = self.rows(spec.get(Text("例外" if form == "算式" else form)), form)
        cap = reading.text(spec[Text("封顶")]) if Text("封顶") in spec else None
        general = reading.text(spec[Text("一般")]) if Text("一般") in spec else None
        return Block(at, since, form, general, rows, basis, cap)

    def rows(self, node: Node | None, form: str) -> tuple[RuleRow, ...]:
        """Return the rows of a form."""
        if node is None and form == "算式":
            return ()
        if not isinstance(node, Sequence) or not node:
            self.reading.say("G008", node, want="一行一行的“- 当: … 得: …”", got="别的")
            return ()
        return tuple(self.row(self.reading.mapping(row, "“当、得”"), form) for row in node)

    def row(self, spec: Mapping, form: str) -> RuleRow:
        """Return one row; its label is 说."""
        reading = self.reading
        names = ("当", "依据", "说") if form == "条件组" else ("当", "得", "依据", "说")
        reading.known(spec, names)
        when = reading.text(spec[Text("当")]) if Text("当") in spec else None
        get = reading.text(spec[Text("得")]) if Text("得") in spec else None
        if when is None and form in ("条件组", "算式"):
            reading.say("G010", spec, name="当")
        if get is None and form != "条件组":
            reading.say("G010", spec, name="得")
        at = place_of(spec).at(reading.word(spec, "说"))
        return RuleRow(at, when, get, reading.basis(spec.get(Text("依据"))))

    # ── slip and cases ──

    def add_slip(self, node: Node) -> None:
        """Read 工资条."""
        reading = self.reading
        spec = reading.mapping(node, "工资条")
        reading.known(spec, ("应发", "代扣", "单位", "合计"))
        lines = [reading.texts(spec.get(Text(k))) for k in ("应发", "代扣", "单位")]
        totals = {str(k): reading.text(v) for k, v in reading.mapping(spec.get(Text("合计")), "合计").items()}
        places = {str(name): name for name in (*totals.values(), *(n for line in lines for n in line))}
        self.slip = Slip(*(tuple(map(str, line)) for line in lines), {k: str(v) for k, v in totals.items()}, places)

    def add_cases(self, node: Node) -> None:
        """Read 算例."""
        reading = self.reading
        for item in node if isinstance(node, Sequence) else [node]:
            spec = reading.mapping(item, "算例：说、日、有、得")
            reading.known(spec, _CASE)
            says, at = reading.word(spec, "说"), place_of(spec)
            source, working = reading.word(spec, "来源"), reading.word(spec, "算式")
            if not source and not working:
                reading.say("G402", at, case=says)
            if Text("日") not in spec or Text("得") not in spec:
                reading.say("G010", at, name="日" if Text("日") not in spec else "得")
                continue
            on = reading.day(reading.text(spec[Text("日")]))
            if on:
                given, expected = (reading.mapping(spec.get(Text(k)), k) for k in ("有", "得"))
                self.cases.append(Case(at, says, on, given, expected, source, working, reading.prefix))
