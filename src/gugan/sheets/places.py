"""Finds the community a cell names: within its street, whatever suffix is written, with near names where there is none."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

from rapidfuzz import fuzz, process

from gugan.sheets.cells import plain

SUFFIX = re.compile(
    r"(社区居民委员会|社区居委会|社区委员会|居民委员会|居委会|村民委员会|村委会|社区党委|社区党总支|社区工作站|党群服务中心|社区|村)$"
)
STREET_SUFFIX = re.compile(r"(街道办事处|街道办|街道|镇人民政府|镇政府|镇|乡人民政府|乡政府|乡)$")


class Org(Protocol):
    """What is needed of an organisation: its division code and its name."""

    code: str
    name: str


@dataclass(frozen=True)
class Found:
    """A community, its street, and a note ("several": the name alone is in several streets, the nearest context was used)."""

    code: str
    note: str = ""


class Unknown(ValueError):
    """A name no organisation has: code S406 or S407 and a hint with the nearest names."""

    def __init__(self, code: str, hint: str) -> None:
        self.code, self.hint = code, hint
        super().__init__(code)


def is_village(code: str, name: str) -> bool:
    """Whether a unit is a 村: by its name, else by the national numbering (200 to 399)."""
    return plain(name).endswith(("村", "村委会", "村民委员会")) or (code[9:].isdigit() and 200 <= int(code[9:]) < 400)


def spellings(text: str) -> list[str]:
    """The forms under which a community may be known, the exact one first."""
    stem = SUFFIX.sub("", text)
    kind = "" if stem == text else "村" if "村" in text[len(stem) :] else "社区"
    return list(dict.fromkeys((text, stem + kind, stem)))


class Places:
    """The division tree as rosters write it: streets by name, communities by name within a street."""

    def __init__(self, orgs: Iterable[Org]) -> None:
        self.names: dict[str, str] = {org.code: org.name for org in orgs}
        self.streets: dict[str, str] = {}
        self.above: dict[str, str] = {}
        self.communities: dict[str, dict[str, str]] = {}
        for code, name in sorted(self.names.items()):
            if len(code) <= 9:
                self.above.setdefault(plain(name), code)
            if len(code) == 9:
                self.streets.update({plain(name): code, STREET_SUFFIX.sub("", plain(name)): code})
        for code, name in sorted(self.names.items()):
            if len(code) == 12:
                within = self.communities.setdefault(code[:9], {})
                stem, kind = SUFFIX.sub("", plain(name)), "村" if is_village(code, name) else "社区"
                within[plain(name)] = code
                within.setdefault(stem + kind, code)
                # 社区 has the lower code and wins over 村 where both carry one name and neither is written
                within.setdefault(stem, code)

    def street(self, text: str) -> str:
        """The code of a street or town; raise Unknown."""
        text = plain(text)
        code = self.streets.get(text) or self.streets.get(STREET_SUFFIX.sub("", text))
        if code is None:
            code = next(
                (found for name, found in self.streets.items() if STREET_SUFFIX.search(name) and text.endswith(name)),
                None,
            )
        if code is None:
            raise Unknown("S407", self.hint(text, [name for name in self.streets if STREET_SUFFIX.search(name)]))
        return code

    def community(self, text: str, street: str | None = None) -> Found:
        """The community a text names, within a street where one is known; the street may stand before the name."""
        text = plain(text)
        text, within = self.split(text)
        street = within or street
        for spelling in spellings(text):
            found = [
                code
                for code in ([street] if street else self.communities)
                if spelling in self.communities.get(code, {})
            ]
            if len(found) == 1:
                return Found(self.communities[found[0]][spelling])
            if len(found) > 1:
                raise Unknown(
                    "S406",
                    "几个街道都有这个名字（"
                    + "、".join(self.names[code] for code in found if code in self.names)
                    + "）。请补上街道。",
                )
        elsewhere = [
            code
            for code in self.communities
            if street and any(each in self.communities[code] for each in spellings(text))
        ]
        if elsewhere:
            raise Unknown(
                "S406",
                f"{self.names.get(street, '')}里没有，{self.names.get(elsewhere[0], '')}里有。请核对街道和社区。",
            )
        names = (
            [self.names[code] for code in self.communities.get(street, {}).values()]
            if street
            else [self.names[code] for within in self.communities.values() for code in within.values()]
        )
        raise Unknown(
            "S406",
            self.hint(
                text,
                [
                    SUFFIX.sub("", name) + ("村" if name.endswith(("村", "村委会", "村民委员会")) else "社区")
                    for name in dict.fromkeys(names)
                ],
                self.names.get(street or "", ""),
            ),
        )

    @cached_property
    def longest_first(self) -> list[tuple[str, str]]:
        """Names of streets and of what is above them, the longest first."""
        return sorted(self.above.items(), key=lambda each: -len(each[0]))

    def split(self, text: str) -> tuple[str, str | None]:
        """Take the names of district and street off the front: 白沙街道羊桥社区 → 羊桥社区, its street's code."""
        for name, code in self.longest_first:
            if len(name) > 1 and text.startswith(name) and len(text) > len(name):
                rest, deeper = self.split(text[len(name) :])
                return rest, deeper or (code if len(code) == 9 else None)
        return text, None

    def is_community(self, text: str) -> bool:
        """Whether the text names a community, in any street."""
        try:
            self.community(text)
        except Unknown as error:
            return "几个街道" in error.hint
        return True

    def is_street(self, text: str) -> bool:
        """Whether the text names a street or town."""
        try:
            self.street(text)
        except Unknown:
            return False
        return True

    def org(self, text: str) -> str | None:
        """The code of any organisation with this name or code, or None."""
        text = plain(text)
        if text in self.names:
            return text
        return (
            self.above.get(text)
            or self.streets.get(STREET_SUFFIX.sub("", text))
            or next((code for code, name in self.names.items() if plain(name) == text), None)
        )

    def hint(self, text: str, names: list[str], where: str = "") -> str:
        """Name the nearest of the names."""
        near = [name for name, score, _ in process.extract(text, names, scorer=fuzz.ratio, limit=3) if score >= 60]
        if near:
            return (f"{where}里" if where else "") + "最接近的是“" + "”“".join(near) + "”。请核对名称。"
        return f"请核对名称{'，或是否写在了别的街道' if where else ''}。"
