"""What a pack is once it is read: documents, tables, rules with their dates, the payslip, worked cases."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import TypeVar

from gugan.policy.catalogue import Catalogue
from gugan.policy.source import Mapping, Text

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
    "四舍五入到个": (1, "四舍五入"),
    "有余进个": (1, "进"),
    "去尾到个": (1, "去尾"),
}
FORMS = ("首个", "就高", "累加", "条件组")


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
    rounding: str = ""
    folder: str = ""
    """The folder that says it, where that is one above the rule's own (改 leaves what stood before)."""
    until: date | None = None
    """Its last day, where it has one of its own."""


_B = TypeVar("_B", "Block", "TableBlock")


def _in_force(blocks: tuple[_B, ...], on: date) -> _B | None:
    """Return the block in force on a day, or None before the first and after an end."""
    found = max((b for b in blocks if b.since <= on), key=lambda b: b.since, default=None)
    return None if found is None or (found.until and on > found.until) else found


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
        return _in_force(self.blocks, on)


@dataclass(frozen=True)
class TableBlock:
    """Cells of a table from `since` on: {key texts → {column → text}}; a one-column table uses column ""."""

    at: Text
    since: date
    cells: dict[tuple[Text, ...], dict[str, Text]]
    basis: Basis | None
    folder: str = ""
    until: date | None = None
    edits: dict[tuple[Text, ...], str] = field(default_factory=dict)
    """Where it names single rows of the table above: key → 改, 增 or 废."""


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
        return _in_force(self.blocks, on)


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
    folder: str


@dataclass(frozen=True)
class Slip:
    """What a payslip prints: lines of 应发, 代扣 and 单位, and the names of the totals (应发, 五险一金, 个税, 实发, 单位)."""

    earnings: tuple[str, ...] = ()
    deductions: tuple[str, ...] = ()
    employer: tuple[str, ...] = ()
    totals: dict[str, str] = field(default_factory=dict)
    places: dict[str, Text] = field(default_factory=dict, compare=False)
    """Where each name is written."""


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
    folders: tuple[PackFolder, ...] = field(repr=False)
    documents: dict[str, Document] = field(repr=False)
    tables: dict[str, PackTable] = field(repr=False)
    rules: dict[str, Rule] = field(repr=False)
    catalogue: Catalogue = field(repr=False)
    slip: Slip = field(repr=False)
    cases: tuple[Case, ...] = field(repr=False)
    notes: dict[str, str] = field(repr=False)

    @property
    def digest(self) -> str:
        """SHA-256 over the digests of all folders, in order of inheritance."""
        return hashlib.sha256("".join(f.digest for f in self.folders).encode()).hexdigest()

    @property
    def illustrative(self) -> bool:
        """Whether any document of the nearest folder is 示例."""
        return any(d.nature == "示例" for d in self.documents.values())

    def life(self) -> list[date]:
        """Every day on which something begins or has just ended, from the first day of the nearest folder's own rules on."""
        items = [*self.rules.values(), *self.tables.values()]
        nearest = self.folders[-1].label
        own = [b.since for item in items if item.folder == nearest for b in item.blocks if not b.folder]
        first = min(own, default=date.min)
        days = {b.since for item in items for b in item.blocks}
        days |= {item.until + timedelta(days=1) for item in items if item.until}
        days |= {b.until + timedelta(days=1) for item in items for b in item.blocks if b.until}
        return sorted(day for day in days if day >= first)
