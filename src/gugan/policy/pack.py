"""A folder becomes a Pack: documents, tables and rules with their dates, and inheritance along the code prefix."""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path

from gugan.policy.catalogue import Catalogue, CodeTable, Column, Fact, Kind
from gugan.policy.errors import PolicyErrors, Problem, fail, hint, problem
from gugan.policy.source import Mapping, Node, Sequence, Text, normalise, parse

NATION = "00"
NATURES = ("现行", "历史", "示例")
ROUNDINGS = {
    "四舍五入到分": (100, "四舍五入"),
    "四舍五入到角": (10, "四舍五入"),
    "四舍五入到元": (1, "四舍五入"),
    "见分进角": (10, "进"),
    "见角进元": (1, "进"),
    "见厘进分": (100, "进"),
    "去尾到分": (100, "去尾"),
    "去尾到角": (10, "去尾"),
    "去尾到元": (1, "去尾"),
}
FORMS = ("首个", "就高", "累加", "条件组")
DEFAULT_RANGES = {"元": (-100_000_000, 100_000_000), "级": (-100, 100), "": (-1_000_000, 1_000_000)}


@dataclass(frozen=True)
class Document:
    """A document 文件 that rules cite. nature: 现行, 历史 or 示例."""

    key: str
    title: str
    nature: str
    number: str = ""
    checked: str = ""
    source: str = ""


@dataclass(frozen=True)
class Basis:
    """依据: the document, its clause and the clause's own words, or what an example is modelled on (参照)."""

    document: Document
    clause: str = ""
    words: str = ""
    modelled_on: str = ""


@dataclass(frozen=True)
class RuleRow:
    """One row of a form: 当 (None: always) 得 (None in a 条件组)."""

    at: Text
    when: Text | None
    get: Text | None
    basis: Basis | None


@dataclass(frozen=True)
class Block:
    """What a rule says from `since` on. form: 算式 (general, with exceptions in rows) or one of FORMS (rows)."""

    at: Text
    since: date
    form: str
    general: Text | None
    rows: tuple[RuleRow, ...]
    basis: Basis | None
    cap: Text | None = None


@dataclass(frozen=True)
class Rule:
    """A named rule: unit, rounding, whether per 段 or 月, its blocks by start date, and the folder it came from."""

    at: Text
    name: str
    unit: str
    per: str
    rounding: str
    basis: Basis | None
    blocks: tuple[Block, ...]
    until: date | None
    folder: str
    local: bool = False
    """Declared above for a nearer pack to write (由: 地方)."""
    arrears: bool = False

    def block(self, on: date) -> Block | None:
        """Return the block in force on a day, or None before the first and after the end."""
        if self.until and on > self.until:
            return None
        return max((b for b in self.blocks if b.since <= on), key=lambda b: b.since, default=None)


@dataclass(frozen=True)
class TableBlock:
    """Cells of a table from `since` on: {key texts → {column → text}}; a one-column table uses column ""."""

    at: Text
    since: date
    cells: dict[tuple[Text, ...], dict[str, Text]]
    basis: Basis | None


@dataclass(frozen=True)
class PackTable:
    """A lookup table (键), a step scale (分档) or a marginal scale (累进). columns: name → unit ("" for one column)."""

    at: Text
    name: str
    keys: tuple[Text, ...]
    columns: dict[str, str]
    mode: str
    threshold_unit: str
    basis: Basis | None
    blocks: tuple[TableBlock, ...]
    until: date | None
    folder: str

    def block(self, on: date) -> TableBlock | None:
        """Return the cells in force on a day, or None."""
        if self.until and on > self.until:
            return None
        return max((b for b in self.blocks if b.since <= on), key=lambda b: b.since, default=None)


@dataclass(frozen=True)
class Case:
    """算例: a sentence, a day, given values and expected answers, and where the expectation comes from."""

    at: Text
    says: str
    on: date
    given: Mapping
    expected: Mapping
    source: str
    working: str


@dataclass(frozen=True)
class Slip:
    """What a payslip prints: lines of 应发, 代扣 and 单位, and the names of the totals (应发, 五险一金, 个税, 实发, 单位)."""

    earnings: tuple[str, ...] = ()
    deductions: tuple[str, ...] = ()
    employer: tuple[str, ...] = ()
    totals: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class PackFolder:
    """One folder as it was read: code, name, digest of its bytes, and the bytes themselves for the seal."""

    code: str
    name: str
    digest: str
    files: dict[str, bytes]

    @property
    def label(self) -> str:
        """The folder's name: code-name."""
        return f"{self.code}-{self.name}" if self.name else self.code


@dataclass(frozen=True)
class Pack:
    """A pack with everything it inherits, nearest last."""

    code: str
    name: str
    folders: tuple[PackFolder, ...]
    documents: dict[str, Document]
    tables: dict[str, PackTable]
    rules: dict[str, Rule]
    catalogue: Catalogue
    slip: Slip
    cases: tuple[Case, ...]
    notes: dict[str, str]

    @property
    def digest(self) -> str:
        """SHA-256 over the digests of all folders, in order of inheritance."""
        return hashlib.sha256("".join(f.digest for f in self.folders).encode()).hexdigest()

    @property
    def illustrative(self) -> bool:
        """Whether any document of the nearest folder is 示例."""
        return any(d.nature == "示例" for d in self.documents.values())

    def life(self) -> list[date]:
        """Every day on which something begins, from the first day of the nearest folder's own rules on."""
        items = [*self.rules.values(), *self.tables.values()]
        nearest = self.folders[-1].label
        own = [b.since for item in items if item.folder == nearest for b in item.blocks]
        first = min(own, default=date.min)
        return sorted({b.since for item in items for b in item.blocks if b.since >= first})


def folders(root: Path) -> dict[str, Path]:
    """Return code → folder of every pack under root, sorted by code."""
    found = {}
    for path in sorted(p for p in root.iterdir() if p.is_dir() and p.name[0].isdigit()):
        found[path.name.split("-", 1)[0]] = path
    return found


def chain(code: str, known: dict[str, Path]) -> list[str]:
    """Return the codes that apply to a division code, nation first: every known prefix of it; 99nn stands alone under 00."""
    prefixes = [code[:n] for n in (2, 4, 6, 9, 12) if len(code) >= n and not (code.startswith("99") and n < len(code))]
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
        raise fail("G007", None, code=code, known="、".join(f"{c}（{p.name}）" for c, p in known.items()))
    return build([read_folder(known[c]) for c in codes])


def build(read: list[PackFolder]) -> Pack:
    """Return the pack made of folders in order of inheritance; raises PolicyErrors with every error."""
    builder = _Builder()
    for folder in read:
        builder.add(folder)
    if builder.problems:
        raise PolicyErrors(builder.problems)
    return Pack(
        read[-1].code, read[-1].name, tuple(read), builder.documents, builder.tables, builder.rules,
        Catalogue(builder.kinds, builder.columns, builder.codes), builder.slip, tuple(builder.cases), builder.notes,
    )  # fmt: skip


class _Builder:
    """Collects folders, nearest last, and every problem on the way."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []
        self.documents: dict[str, Document] = {}
        self.tables: dict[str, PackTable] = {}
        self.rules: dict[str, Rule] = {}
        self.kinds: dict[str, Kind] = {}
        self.columns: dict[str, Column] = {}
        self.codes: dict[str, CodeTable] = {}
        self.slip = Slip()
        self.cases: list[Case] = []
        self.notes: dict[str, str] = {}
        self.folder: PackFolder
        self.prefix = ""
        self.here: set[str] = set()

    # ── reading helpers ──

    def say(self, code: str, where: object, **values: object) -> None:
        self.problems.append(problem(code, where, **values))

    def mapping(self, node: Node | None, what: str) -> Mapping:
        if isinstance(node, Mapping):
            return node
        if node is not None and not (isinstance(node, Text) and not node):
            self.say("G008", node, want=what, got="别的")
        return Mapping()

    def texts(self, node: Node | None) -> tuple[Text, ...]:
        if isinstance(node, Sequence):
            return tuple(n for n in node if isinstance(n, Text))
        return (node,) if isinstance(node, Text) else ()

    def text(self, node: Node | None, default: str = "") -> Text:
        if isinstance(node, Text):
            return node
        if node is not None:
            self.say("G008", node, want="一句话或一个数", got="一串内容")
        return Text(default)

    def day(self, text: Text) -> date | None:
        try:
            return date.fromisoformat(text)
        except ValueError:
            self.say("G011", text, text=text)
            return None

    # ── one folder ──

    def add(self, folder: PackFolder) -> None:
        self.folder, self.prefix, self.here = folder, folder.label, set()
        parts: list[tuple[str, Text, Node]] = []
        for name, content in folder.files.items():
            if not name.endswith(".yaml"):
                continue
            path = f"policies/{self.prefix}/{name}"
            try:
                root = parse(content.decode("utf-8"), path)
            except UnicodeDecodeError:
                self.say("G001", Text("", path, 1, 1), what="不是 UTF-8 文字")
                continue
            except PolicyErrors as errors:
                self.problems += errors.problems
                continue
            if isinstance(root, Sequence):
                parts.append(("算例", Text("算例", path, 1, 1), root))
            else:
                parts += [(str(key), key, value) for key, value in self.mapping(root, "“规则”“表”等几节").items()]
        sections = self._sections()
        for section in sections:
            for name, key, node in parts:
                if name == section:
                    sections[section](node)
        for name, key, _ in parts:
            if name not in sections and name not in ("来源", "核对", "局限"):
                self.say("G009", key, name=name, hint=hint(name, sections))
        for name, _, node in parts:
            if name in ("来源", "核对", "局限") and isinstance(node, Text):
                self.notes[name] = str(node)

    def _sections(self) -> dict[str, Callable[[Node], None]]:
        return {
            "代码": self.add_codes, "事项": self.add_kinds, "列": self.add_columns, "文件": self.add_documents,
            "表": self.add_tables, "规则": self.add_rules, "工资条": self.add_slip, "算例": self.add_cases,
        }  # fmt: skip

    # ── code tables, kinds, columns ──

    def add_codes(self, node: Node) -> None:
        for name, body in self.mapping(node, "代码表").items():
            body = self.mapping(body, "代码表的内容")
            verb, plain = _verb(name)
            if verb == "增" and plain in self.codes:
                old = self.codes[plain]
                codes = {**old.codes, **{str(k): str(self.text(v)) for k, v in self.mapping(body.get(Text("值")), "值").items()}}
                aliases = {**old.aliases, **{str(k): str(self.text(v)) for k, v in self.mapping(body.get(Text("别名")), "别名").items()}}
                self.codes[plain] = replace(old, codes=codes, aliases=aliases)
                continue
            if plain in self.codes:
                self.say("G104", name, name=plain, where="上一级政策包")
            values = self.mapping(body.get(Text("值")), "“代码: 名称”")
            aliases = self.mapping(body.get(Text("别名")), "“写法: 名称”")
            table = CodeTable(
                plain, str(self.text(body.get(Text("标准")))), {str(k): str(self.text(v)) for k, v in values.items()},
                {str(k): str(self.text(v)) for k, v in aliases.items()}, _yes(body.get(Text("有序"))),
            )  # fmt: skip
            for alias, label in table.aliases.items():
                if label not in table.labels:
                    self.say("G211", name, value=f"{alias}: {label}", table=plain, hint=hint(label, table.labels))
            self.codes[plain] = table

    def add_kinds(self, node: Node) -> None:
        for name, body in self.mapping(node, "事项").items():
            body = self.mapping(body, "事项的内容")
            verb, plain = _verb(name)
            facts = dict(self.kinds[plain].facts) if verb == "增" and plain in self.kinds else {}
            for fact, spec in self.mapping(body.get(Text("事实")), "事实").items():
                facts[str(fact)] = self.fact(plain, fact, self.mapping(spec, "事实的说明"))
            key = str(self.text(body.get(Text("键")))) or None
            if key and key not in facts:
                self.say("G103", name, name=key, hint=hint(key, facts))
            self.kinds[plain] = Kind(plain, str(self.text(body.get(Text("主体")), "人")), facts, key)

    def fact(self, kind: str, name: Text, spec: Mapping) -> Fact:
        known = {"类型", "单位", "代码", "密", "又名", "范围"}
        for key in spec:
            if key not in known:
                self.say("G009", key, name=key, hint=hint(key, known))
        unit = str(self.text(spec.get(Text("单位"))))
        low, high = self.bounds(spec.get(Text("范围")), str(self.text(spec.get(Text("类型")))), unit)
        table = None
        if Text("代码") in spec:
            label = self.text(spec[Text("代码")])
            table = self.codes.get(str(label))
            if table is None:
                self.say("G103", label, name=label, hint=hint(label, self.codes))
        kind_of = str(self.text(spec.get(Text("类型"))))
        if kind_of not in ("文", "数", "日期", "月份", "年", "是否", "代码", "机构"):
            self.say("G009", name, name=kind_of, hint="；类型有 文、数、日期、月份、年、是否、代码、机构")
        return Fact(str(name), kind, kind_of, unit, table, _yes(spec.get(Text("密"))), tuple(map(str, self.texts(spec.get(Text("又名"))))), low, high)

    def bounds(self, node: Node | None, kind: str, unit: str) -> tuple[int | None, int | None]:
        if kind != "数":
            return None, None
        pair = self.texts(node)
        if not pair:
            return DEFAULT_RANGES.get(unit, DEFAULT_RANGES[""])
        try:
            return int(pair[0]), int(pair[1])
        except (ValueError, IndexError):
            self.say("G008", node, want="[最小, 最大] 两个整数", got="、".join(pair))
            return DEFAULT_RANGES[""]

    def add_columns(self, node: Node) -> None:
        for name, body in self.mapping(node, "列").items():
            spec = self.mapping(body, "列的说明")
            if Text("由") in spec:
                unit = str(self.text(spec.get(Text("单位"))))
                low, high = self.bounds(spec.get(Text("范围")), "数", unit)
                self.columns[str(name)] = Column(str(name), "数", "", unit=unit, room=str(self.text(spec[Text("由")])), empty="0", low=low, high=high)
                continue
            sources = []
            for path in self.texts(spec.get(Text("来自"))):
                kind, _, fact = path.partition(".")
                if kind not in self.kinds or fact not in self.kinds[kind].facts:
                    paths = [f.path for k in self.kinds.values() for f in k.facts.values()]
                    self.say("G103", path, name=path, hint=hint(path, paths))
                else:
                    sources.append(self.kinds[kind].facts[fact])
            if sources:
                self.columns[str(name)] = self.column(name, spec, tuple(sources))

    def column(self, name: Text, spec: Mapping, sources: tuple[Fact, ...]) -> Column:
        reading = str(self.text(spec.get(Text("读法")), "最新"))
        if reading not in ("最新", "最早", "最高", "合计", "计数", "逐年"):
            self.say("G009", name, name=reading, hint="；读法有 最新、最早、最高、合计、计数、逐年")
        first = sources[0]
        empty = spec.get(Text("没有"))
        return Column(
            str(name), "逐年" if reading == "逐年" else ("数" if reading == "计数" else first.type), reading, sources, first.unit, first.table,
            key=str(self.text(spec.get(Text("键")))) or None, month_only=Text("窗") in spec, in_force=Text("起止") in spec,
            by=str(self.text(spec.get(Text("按")))) or None, empty=str(empty) if isinstance(empty, Text) else None,
            low=first.low if reading != "合计" or first.low is None else first.low * 10,
            high=first.high if reading != "合计" or first.high is None else first.high * 10,
        )  # fmt: skip

    # ── documents and basis ──

    def add_documents(self, node: Node) -> None:
        for name, body in self.mapping(node, "文件").items():
            spec = self.mapping(body, "文件的说明")
            nature = self.text(spec.get(Text("性质")))
            if nature not in NATURES:
                self.say("G307", name, name=name)
            field_of = {"名称": "title", "文号": "number", "核对": "checked", "来源": "source"}
            values = {field_of[k]: str(self.text(v)) for k, v in spec.items() if k in field_of}
            self.documents[str(name)] = Document(str(name), values.pop("title", str(name)), str(nature), **values)

    def basis(self, node: Node | None) -> Basis | None:
        if node is None:
            return None
        spec = self.mapping(node, "依据：文件、条、原文")
        key = self.text(spec.get(Text("文件")))
        document = self.documents.get(str(key))
        if document is None:
            self.say("G304", key if key else node, name=key, hint=hint(key, self.documents))
            return None
        for name in spec:
            if name not in ("文件", "条", "原文", "参照"):
                self.say("G009", name, name=name, hint=hint(name, ["文件", "条", "原文", "参照"]))
            if document.nature == "示例" and name in ("条", "原文"):
                self.say("G305", name, what=name)
        if document.nature == "示例" and Text("参照") not in spec:
            self.say("G010", node, name="参照")
        if document.nature != "示例" and not str(self.text(spec.get(Text("条")))):
            self.say("G306", node)
        return Basis(document, *(str(self.text(spec.get(Text(k)))) for k in ("条", "原文", "参照")))

    def until(self, spec: Mapping) -> date | None:
        return self.day(self.text(spec[Text("止")])) if Text("止") in spec else None

    def since(self, spec: Mapping) -> Iterator[tuple[Text, date, Node]]:
        for key, value in spec.items():
            if key.startswith("自"):
                day = self.day(key.at(key.removeprefix("自").strip()))
                if day:
                    yield key, day, value

    # ── tables ──

    def add_tables(self, node: Node) -> None:
        for name, body in self.mapping(node, "表").items():
            plain = self.claim(name, self.tables, "表")
            if plain is None:
                continue
            spec = self.mapping(body, "表的内容")
            self.known(spec, {"依据", "键", "列", "值", "分档", "累进", "止", "说明"})
            mode = next((m for m in ("分档", "累进") if Text(m) in spec), "")
            columns = {str(k): str(self.text(v)) for k, v in self.mapping(spec.get(Text("列")), "列: 单位").items()}
            basis = self.basis(spec.get(Text("依据")))
            table = PackTable(
                name, plain, self.texts(spec.get(Text("键"))), columns or {"": str(self.text(spec.get(Text("值"))))}, mode,
                str(self.text(spec.get(Text(mode)))) if mode else "", basis,
                tuple(self.table_block(name, k, d, v, columns, basis) for k, d, v in self.since(spec)), self.until(spec), self.prefix,
            )  # fmt: skip
            if not table.blocks:
                self.say("G010", name, name="自 <日期>")
            if not mode and not table.keys:
                self.say("G010", name, name="键")
            self.tables[plain] = table

    def table_block(self, name: Text, at: Text, since: date, node: Node, columns: dict[str, str], basis: Basis | None) -> TableBlock:
        if isinstance(node, Text) and node.endswith(".csv"):
            return TableBlock(at, since, self.csv_cells(node, columns), basis)
        cells: dict[tuple[Text, ...], dict[str, Text]] = {}
        for key, row in self.mapping(node, "“键: 值”").items():
            if key == "依据":
                basis = self.basis(row)
                continue
            values = self.texts(row)
            if len(values) != (len(columns) or 1):
                self.say("G008", row, want=f"{len(columns) or 1} 个值", got=f"{len(values)} 个")
            cells[tuple(key.at(normalise(k)) for k in key.split("、"))] = dict(zip(columns or [""], values, strict=False))
        return TableBlock(at, since, cells, basis)

    def csv_cells(self, name: Text, columns: dict[str, str]) -> dict[tuple[Text, ...], dict[str, Text]]:
        content = self.folder.files.get(str(name))
        if content is None:
            self.say("G012", name, name=name, what="不在这个政策包里")
            return {}
        path, cells, width = f"policies/{self.prefix}/{name}", {}, len(columns) or 1
        rows = list(csv.reader(io.StringIO(content.decode("utf-8-sig", "replace"))))
        for number, row in enumerate(rows[1:], 2):
            if not any(row):
                continue
            texts = [Text(normalise(cell), path, number, index + 1) for index, cell in enumerate(row)]
            if len(texts) <= width:
                self.say("G012", Text("", path, number, 1), name=name, what=f"这一行要有至少 {width + 1} 格")
                continue
            cells[tuple(texts[:-width])] = dict(zip(columns or [""], texts[-width:], strict=True))
        return cells

    # ── rules ──

    def claim(self, name: Text, known: dict, section: str) -> str | None:
        """Return the plain name if it may be written here: new, or 改 of one above; 废 removes it."""
        verb, plain = _verb(name)
        above = known.get(plain)
        if verb in ("改", "废") and above is None:
            self.say("G105", name, name=plain, verb=verb, hint=hint(plain, known))
            return None
        if verb == "废":
            del known[plain]
            return None
        if plain in self.here:
            self.say("G002", name, key=plain)
        elif not verb and above is not None and not getattr(above, "local", False):
            self.say("G104", name, name=plain, where=above.folder)
        self.here.add(plain)
        return plain

    def known(self, spec: Mapping, names: set[str]) -> None:
        for key in spec:
            if key not in names and not key.startswith("自"):
                self.say("G009", key, name=key, hint=hint(key, names))

    def add_rules(self, node: Node) -> None:
        for name, body in self.mapping(node, "规则").items():
            plain = self.claim(name, self.rules, "规则")
            if plain is None:
                continue
            spec = self.mapping(body, "规则的内容")
            self.known(spec, {"单位", "依据", "取整", "按", "止", "由", "可补", "说明"})
            basis = self.basis(spec.get(Text("依据")))
            rounding, per = self.text(spec.get(Text("取整"))), self.text(spec.get(Text("按")), "月")
            if rounding and rounding not in ROUNDINGS:
                self.say("G009", rounding, name=rounding, hint=hint(rounding, ROUNDINGS))
            if per not in ("月", "段"):
                self.say("G009", per, name=per, hint="；写 按: 段 或 按: 月")
            rule = Rule(
                name, plain, str(self.text(spec.get(Text("单位")))), str(per), str(rounding), basis,
                tuple(self.block(k, d, v, basis) for k, d, v in self.since(spec)), self.until(spec), self.prefix,
                local=Text("由") in spec, arrears=_yes(spec.get(Text("可补"))),
            )  # fmt: skip
            if not rule.blocks and not rule.local:
                self.say("G010", name, name="自 <日期>")
            if basis is None and not rule.local and any(b.basis is None for b in rule.blocks):
                self.say("G303", name, name=plain)
            self.rules[plain] = rule

    def block(self, at: Text, since: date, node: Node, basis: Basis | None) -> Block:
        if isinstance(node, Text):
            return Block(at, since, "算式", node, (), basis)
        spec = self.mapping(node, "“一般: 算式”")
        for key in spec:
            if key not in ("一般", "例外", "依据", "封顶", *FORMS):
                self.say("G009", key, name=key, hint=hint(key, ["一般", "例外", "依据", *FORMS]))
        basis = self.basis(spec.get(Text("依据"))) or basis
        form = next((f for f in FORMS if Text(f) in spec), "算式")
        if form == "算式" and Text("一般") not in spec:
            self.say("G010", at, name="一般")
        rows = spec.get(Text("例外" if form == "算式" else form))
        cap = self.text(spec[Text("封顶")]) if Text("封顶") in spec else None
        general = self.text(spec[Text("一般")]) if Text("一般") in spec else None
        return Block(at, since, form, general, tuple(self.row(r, form) for r in self.rows(rows)), basis, cap)

    def rows(self, node: Node | None) -> list[Mapping]:
        if node is None:
            return []
        if not isinstance(node, Sequence):
            self.say("G008", node, want="一行一行的“- 当: … 得: …”", got="别的")
            return []
        return [self.mapping(row, "“当、得”") for row in node]

    def row(self, spec: Mapping, form: str) -> RuleRow:
        for key in spec:
            if key not in ("当", "得", "依据", "说"):
                self.say("G009", key, name=key, hint=hint(key, ["当", "得", "依据", "说"]))
        when = self.text(spec[Text("当")]) if Text("当") in spec else None
        get = self.text(spec[Text("得")]) if Text("得") in spec else None
        if form == "条件组" and when is None or form != "条件组" and get is None:
            self.say("G010", spec, name="当" if form == "条件组" else "得")
        at = Text(str(self.text(spec.get(Text("说")))), spec.path, spec.line, spec.column)
        return RuleRow(at, when, get, self.basis(spec.get(Text("依据"))))

    # ── slip and cases ──

    def add_slip(self, node: Node) -> None:
        spec = self.mapping(node, "工资条")
        self.known(spec, {"应发", "代扣", "单位", "合计"})
        lines = [tuple(map(str, self.texts(spec.get(Text(k))))) for k in ("应发", "代扣", "单位")]
        totals = {str(k): str(self.text(v)) for k, v in self.mapping(spec.get(Text("合计")), "合计").items()}
        self.slip = Slip(*lines, totals)

    def add_cases(self, node: Node) -> None:
        for item in node if isinstance(node, Sequence) else [node]:
            spec = self.mapping(item, "算例：说、日、有、得")
            for key in spec:
                if key not in ("说", "来源", "算式", "日", "有", "得"):
                    self.say("G009", key, name=key, hint=hint(key, ["说", "来源", "算式", "日", "有", "得"]))
            on = self.day(self.text(spec.get(Text("日"))))
            at = Text("", spec.path, spec.line, spec.column)
            source, working = (str(self.text(spec.get(Text(k)))) for k in ("来源", "算式"))
            says = str(self.text(spec.get(Text("说"))))
            if not source and not working:
                self.say("G402", at, case=says)
            if on:
                given, expected = (self.mapping(spec.get(Text(k)), k) for k in ("有", "得"))
                self.cases.append(Case(at, says, on, given, expected, source, working))


def _verb(name: Text) -> tuple[str, str]:
    verb, space, plain = name.partition(" ")
    return (verb, plain.strip()) if space and verb in ("改", "增", "废") else ("", str(name))


def _yes(node: Node | None) -> bool:
    return isinstance(node, Text) and node == "是"
