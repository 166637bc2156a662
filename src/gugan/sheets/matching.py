"""Says what each column means: from its words, its group, and from what is written in it, with a confidence of 0 to 100."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from rapidfuzz import fuzz

from gugan.office import Cell
from gugan.policy.catalogue import Catalogue
from gugan.sheets import cells, idnumber
from gugan.sheets.headers import Header, HeaderColumn
from gugan.sheets.places import Places
from gugan.sheets.targets import (
    AMBIGUOUS,
    COMMUNITY,
    ID_NUMBER,
    LAST_YEAR,
    NAME,
    NEEDS_GROUP,
    NOT_FACTS,
    STREET,
    Target,
    all_targets,
    by_label,
    year_target,
)

Remembered = Mapping[str, Mapping[str, str]]
"""Form (fingerprint) → heading → meaning ("kind.fact" or "kind.fact[key]", "" for left out)."""

SURE, ASKED, TAKEN = 95, 80, 50
SAMPLE = 300
TRUSTED_CELLS = 6
SIMILAR = 70
PREFIXES = re.compile(r"^(本人|职工|员工|人员|个人|工作人员|社区工作者|社工|现|所在|所属|目前)")
TYPE_WORDS = re.compile(r"(起始日期|起始时间|日期|时间|年月日|年月|情况|信息|名称)$")
NO_VALUE = re.compile(r"(小计|合计|总计|累计|审核|制表|填表|注[:：])")
OTHER_MEANINGS = (
    "配偶",
    "父",
    "母",
    "紧急",
    "入党",
    "入团",
    "入伍",
    "籍贯",
    "任现",
    "转正",
    "退休",
    "证书编号",
    "户籍",
    "家庭",
    "院校",
    "学校",
    "编号",
    "原",
    "推荐",
)


@dataclass(frozen=True)
class ColumnMatch:
    """What one column is taken as: `target` None where left out; `why` in words; `rival` the header that won the same fact."""

    column: HeaderColumn
    target: Target | None
    confidence: int
    why: str = ""
    rival: str = ""

    @property
    def meaning(self) -> Target:
        """The target of a column that is taken."""
        if self.target is None:
            raise LookupError(f"column {self.column.key!r} is not taken")
        return self.target

    @property
    def taken(self) -> bool:
        """Whether its cells are read."""
        return self.target is not None


def normalise(label: str) -> str:
    """A heading without width, spaces, punctuation, brackets with units, and (必填)."""
    return forms(label)[0]


def forms(label: str) -> tuple[str, ...]:
    """The ways to read a heading: without what stands in brackets (a unit, 必填), and with it, as in 村（社区）."""
    whole = unicodedata.normalize("NFKC", label)
    short = re.sub(r"[(【\[].*?[)】\]]", "", whole)
    return tuple(dict.fromkeys(re.sub(r"[^\w]|_", "", text) for text in (short or whole, whole)))


def fingerprint(header: Header) -> str:
    """A form is known again by its headings, in any order."""
    words = sorted(normalise(f"{column.group}{column.label}") for column in header.columns if column.label)
    return hashlib.sha256("\n".join(words).encode()).hexdigest()[:16]


class Offer(NamedTuple):
    """A meaning that a column may have."""

    score: int
    column: HeaderColumn
    target: Target
    why: str


class Matcher:
    """The headings of one catalogue."""

    def __init__(self, catalogue: Catalogue, places: Places) -> None:
        self.catalogue, self.places = catalogue, places
        self.targets = all_targets(catalogue)
        self.names = [
            (target, tuple(dict.fromkeys(filter(None, map(normalise, target.names))))) for target in self.targets
        ]
        self.exact = {name: target for target, names in reversed(self.names) for name in names}
        self.not_facts = frozenset(map(normalise, NOT_FACTS))
        self.ambiguous = {
            normalise(name): (path, score) for path, (names, score, _) in AMBIGUOUS.items() for name in names
        }

    def is_known(self, label: str, group: str) -> bool:
        """Whether a heading is one of the known names (or one that is known to be no fact)."""
        texts = {*forms(label), normalise(group + label)}
        return (
            any(text in self.exact or text in self.ambiguous or text in self.not_facts for text in texts)
            or year_target(label, group, self.catalogue) is not None
        )

    def match(
        self,
        header: Header,
        column_cells: Callable[[int], Sequence[Cell]],
        remembered: Remembered | None = None,
    ) -> list[ColumnMatch]:
        """Give every column its best meaning; no two columns one fact."""
        known = (remembered or {}).get(fingerprint(header), {})
        offers: list[Offer] = []
        for column in header.columns:
            sample = [cell for cell in column_cells(column.index) if cell.kind != "empty"][:SAMPLE]
            if column.key in known:
                target = by_label(known[column.key], self.catalogue)
                offers += [Offer(100, column, target, "这份表记住的对法。")] if target else []
            elif normalise(column.label) not in self.not_facts:
                offers += self.offers(column, sample)
        return self.assign(header, [self.resolve_year(offer, header) for offer in offers])

    def resolve_year(self, offer: Offer, header: Header) -> Offer:
        """Turn 上年 into the year before the form's; a form without a date leaves the column out."""
        if offer.target.keys != (LAST_YEAR,):
            return offer
        stated_on = header.stated_on() or header.until()
        if stated_on is None:
            return offer._replace(score=TAKEN - 1, why="填报时间没有写，不知道是哪一年的。")
        return offer._replace(target=replace(offer.target, keys=(str(stated_on.year - 1),)))

    def offers(self, column: HeaderColumn, sample: list[Cell]) -> list[Offer]:
        """The meanings one column may have, with confidence."""
        scored: list[Offer] = []
        if target := year_target(column.label, column.group, self.catalogue):
            score, why = self.weigh(100, target, sample)
            return [Offer(score, column, target, why)]
        if column.label:
            for target, names in self.names:
                score = max(self.words_score(text, column.group, target, names) for text in forms(column.label))
                if score >= SIMILAR:
                    score, why = self.weigh(score, target, sample)
                    scored.append(Offer(score, column, target, why))
        if not any(score >= TAKEN for score, *_ in scored) and (found := self.by_content(sample)):
            target, score = found
            scored.append(Offer(score, column, target, "栏名认不出，看内容像。"))
        return scored

    def words_score(self, text: str, group: str, target: Target, names: tuple[str, ...]) -> int:
        """How far the words of a heading say a target: 100 for a known name, less for a similar one."""
        group = normalise(group)
        if text in self.ambiguous:
            path, score = self.ambiguous[text]
            return score if target.path == path else 0
        if text in names:
            return 100
        in_group = bool(group and target.fact.kind) and (target.fact.kind in group or group in target.fact.kind)
        if group and (group + text in names or (in_group and TYPE_WORDS.sub("", text) == target.fact.name)):
            return 98
        if in_group and target.fact.name in NEEDS_GROUP and target.fact.name in text:
            return 85
        if PREFIXES.sub("", text) in names:
            return 96
        best = max((similarity(text, name) for name in names), default=0)
        if any(word in text and not any(word in name for name in names) for word in OTHER_MEANINGS):
            best = min(best, TAKEN - 5)
        return min(int(best), 90)

    def weigh(self, score: int, target: Target, sample: list[Cell]) -> tuple[int, str]:
        """Correct the words' score by what is written in the column."""
        why = self.ambiguous_why(score, target)
        if not sample:
            return (score, why) if score == 100 else (min(score, 85), why + "这一栏是空的。")
        share = self.share(target, sample, trust=TRUSTED_CELLS if score >= SURE else 0)
        if share is None or share >= 0.8:
            return (score if score >= SURE or why else min(SURE - 1, score + (100 - score) // 4)), why
        if share >= 0.4:
            return int(min(score, 94) * (0.6 + 0.4 * share)), f"有 {1 - share:.0%} 的格子不像。"
        return int(score * 0.4), "栏名像，里面写的不像。"

    def ambiguous_why(self, score: int, target: Target) -> str:
        """Why a known name is still not sure."""
        found = AMBIGUOUS.get(target.path)
        return found[2] if found and score == found[1] else ""

    def share(self, target: Target, sample: list[Cell], trust: int = 0) -> float | None:
        """The share of cells that read as the target's type; None where any text would.

        trust: cells that a known name counts for, so that two bad cells of three do not outweigh a plain heading.
        """
        test = self.test(target)
        if test is None:
            return None
        said = [
            cell for cell in sample if not cells.is_blank(cell) and not NO_VALUE.match(cells.plain(cell.text))
        ] or sample
        fitting = sum(map(test, said))
        trust = trust if fitting else 0
        return (fitting + trust) / (len(said) + trust)

    def test(self, target: Target) -> Callable[[Cell], bool] | None:
        """How to see that a cell fits a target."""
        fact = target.fact
        if target.path == STREET:
            return lambda cell: self.places.is_street(cell.text)
        if target.path == COMMUNITY:
            return lambda cell: self.places.is_community(cell.text)
        if target.path == ID_NUMBER:
            return looks_like_id
        if target.path == NAME:
            return looks_like_name
        if fact.name == "联系电话":
            return reads(cells.read_phone)
        if fact.name == "账号":
            return reads(cells.read_account)
        if table := fact.table:
            return reads(lambda cell: cells.read_code(cell, table))
        readers = {
            "日期": cells.read_date,
            "数": cells.read_money,
            "是否": cells.read_bool,
            "年": cells.read_year,
        }
        return reads(readers[fact.type]) if fact.type in readers else None

    def by_content(self, sample: list[Cell]) -> tuple[Target, int] | None:
        """A meaning that the content alone gives away: ID numbers, phones, a code table no other list could be."""
        if len(sample) < 3:
            return None
        for path, score in (
            (ID_NUMBER, 90),
            ("个人信息.联系电话", 75),
            ("个人信息.性别", 80),
            ("政治面貌.政治面貌", 70),
        ):
            target = next((each for each in self.targets if each.path == path), None)
            if target and (self.share(target, sample) or 0) >= 0.9 and len({cell.text for cell in sample}) > 1:
                return target, score
        return None

    def assign(self, header: Header, offers: list[Offer]) -> list[ColumnMatch]:
        """The best offers first; a fact goes to one column."""
        matches: dict[int, ColumnMatch] = {}
        owners: dict[tuple[str, str], str] = {}
        for score, column, target, why in sorted(offers, key=lambda each: (-each[0], each[1].index)):
            if column.index in matches and (matches[column.index].taken or matches[column.index].rival):
                continue
            owner = next((owners[claim] for claim in target.claims() if claim in owners), "")
            if score < TAKEN or owner:
                matches.setdefault(
                    column.index,
                    ColumnMatch(column, None, score, why or f"最像“{target.label}”，把握只有 {score}%。", owner),
                )
                continue
            matches[column.index] = ColumnMatch(column, target, score, why)
            owners.update(dict.fromkeys(target.claims(), column.key))
        return [matches.get(column.index, ColumnMatch(column, None, 0)) for column in header.columns]


def similarity(text: str, name: str) -> float:
    """How alike two headings are, the words that only say "date" or "name" set aside."""
    if len(text) < 2 or len(name) < 2:
        return 0
    stem, other = TYPE_WORDS.sub("", text), TYPE_WORDS.sub("", name)
    if len(stem) < 2 or len(other) < 2:
        return fuzz.ratio(text, name)
    if stem == other:
        return 92 if len(stem) > 2 else 80
    return min(fuzz.ratio(stem, other), fuzz.WRatio(text, name) if len(text) > 3 else 100)


def reads(reader: Callable[[Cell], object]) -> Callable[[Cell], bool]:
    """A test that a reader accepts a cell."""

    def test(cell: Cell) -> bool:
        try:
            reader(cell)
        except cells.Unreadable:
            return False
        return True

    return test


def looks_like_id(cell: Cell) -> bool:
    """Whether a cell has the shape of an ID number, right or wrong."""
    if cell.kind == "number":
        return len(cell.text) == 18
    text = re.sub(r"[^0-9X]", "", cells.plain(cell.text).upper())
    return bool(
        idnumber.SHAPE.fullmatch(text) or idnumber.OLD_SHAPE.fullmatch(text) or re.fullmatch(r"\d{16,19}", text)
    )


def looks_like_name(cell: Cell) -> bool:
    """Whether a cell could be a person's name."""
    return cell.kind == "text" and bool(re.fullmatch(r"[^\d\W][^\d]{1,24}", cells.read_name(cell)))
