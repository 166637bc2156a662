"""Helpers for reading located YAML: what is expected, what was found, and every problem on the way."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import date
from typing import Any

from gugan.policy.errors import Problem, hint, problem
from gugan.policy.numbers import read_day
from gugan.policy.pack import Basis, Document, PackFolder
from gugan.policy.source import Mapping, Node, Sequence, Text, full_width_colon

NATURES = ("现行", "历史", "示例")
_VERBS = ("改", "增", "废")
_DOCUMENT = {"名称": "title", "文号": "number", "性质": "nature", "核对": "checked", "来源": "source"}


def place_of(node: Node | None) -> Text:
    """Return the place of a node, as empty text."""
    found = Text("")
    if node is not None:
        found.path, found.line, found.column = node.path, node.line, node.column
    return found


def verb_of(name: Text) -> tuple[str, str]:
    """Return (改, 增, 废 or "", the plain name) of a key such as “改 起点等级”."""
    verb, space, plain = name.partition(" ")
    return (verb, plain.strip()) if space and verb in _VERBS else ("", str(name))


class Reading:
    """Reads nodes of one folder at a time; collects problems, never raises."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []
        self.documents: dict[str, Document] = {}
        self.folder: PackFolder
        self._claimed: set[tuple[str, str]] = set()

    def enter(self, folder: PackFolder) -> None:
        """Go on to the next folder."""
        self.folder, self._claimed = folder, set()

    @property
    def prefix(self) -> str:
        """The label of the folder that is being read."""
        return self.folder.label

    def say(self, code: str, at: object, /, **values: object) -> None:
        """Note a problem."""
        self.problems.append(problem(code, at, **values))

    # ── shapes ──

    def mapping(self, node: Node | None, what: str) -> Mapping:
        """Return a mapping; anything else is a problem and reads as empty."""
        if isinstance(node, Mapping):
            return node
        empty, place = Mapping(), place_of(node)
        empty.path, empty.line, empty.column = place.path, place.line, place.column
        if isinstance(node, Sequence):
            self.say("G008", node, want=what, got="一串内容")
        elif node:
            colon = full_width_colon(node)
            if colon is not None:
                self.say("G003", colon)
            else:
                self.say("G008", node, want=what, got=f"“{node[:20]}”")
        return empty

    def texts(self, node: Node | None) -> tuple[Text, ...]:
        """Return the texts of a list, or the one text there is."""
        if isinstance(node, Sequence):
            return tuple(self.text(n) for n in node)
        return (self.text(node),) if node is not None else ()

    def text(self, node: Node | None, default: str = "") -> Text:
        """Return a text; anything else is a problem."""
        if isinstance(node, Text):
            return node
        if node is not None:
            self.say("G008", node, want="一句话或一个数", got="一串内容")
        return place_of(node).at(default)

    def word(self, spec: Mapping, key: str, default: str = "") -> str:
        """Return the text at a key as plain text."""
        return str(self.text(spec.get(Text(key)), default))

    def labels(self, node: Node | None, what: str) -> dict[str, str]:
        """Return a mapping of texts to texts."""
        return {str(k): str(self.text(v)) for k, v in self.mapping(node, what).items()}

    def yes(self, node: Node | None) -> bool:
        """Return whether 是 is written; anything but 是 and 否 is a problem."""
        text = self.text(node, "否")
        if text not in ("是", "否"):
            self.say("G008", text, want="是 或 否", got=f"“{text}”")
        return text == "是"

    def day(self, text: Text) -> date | None:
        """Return a day; anything else is a problem."""
        try:
            return read_day(text)
        except ValueError:
            self.say("G011", text, text=text)
            return None

    def known(self, spec: Mapping, names: Collection[str], dated: bool = False) -> None:
        """Report keys that are not known here; with `dated`, 自 <日期> is."""
        for key in spec:
            if key not in names and not (dated and key.startswith("自")):
                self.say("G009", key, name=key, hint=hint(key, names))

    def since(self, spec: Mapping) -> Iterator[tuple[Text, date, Node]]:
        """Yield (place, day, content) of each 自 <日期>."""
        days: set[date] = set()
        for key, value in spec.items():
            if key.startswith("自"):
                day = self.day(key.at(key.removeprefix("自").strip()))
                if day in days:
                    self.say("G002", key, key=key)
                elif day:
                    days.add(day)
                    yield key, day, value

    def until(self, spec: Mapping) -> date | None:
        """Return the day at 止."""
        return self.day(self.text(spec[Text("止")])) if Text("止") in spec else None

    # ── inheritance ──

    def claim(self, section: str, name: Text, known: dict[str, Any]) -> tuple[str, str] | None:
        """Return (verb, plain name) if it may be written here: new, or 改 or 增 of one above. 废 removes it: None."""
        verb, plain = verb_of(name)
        above = known.get(plain)
        repeated = (section, plain) in self._claimed
        self._claimed.add((section, plain))
        if repeated:
            self.say("G002", name, key=plain)
        elif verb in ("改", "废") and above is None:
            self.say("G105", name, name=plain, verb=verb, hint=hint(plain, known))
            return None
        elif not verb and above is not None and not getattr(above, "local", False):
            self.say("G104", name, name=plain, where=getattr(above, "folder", "") or "上一级政策包")
        if verb == "废":
            del known[plain]
            return None
        return verb, plain

    # ── documents and basis ──

    def add_documents(self, node: Node) -> None:
        """Read 文件."""
        for name, body in self.mapping(node, "“名称: 内容”").items():
            spec = self.mapping(body, "文件的说明")
            self.known(spec, _DOCUMENT)
            if ("文件", str(name)) in self._claimed:
                self.say("G002", name, key=name)
            self._claimed.add(("文件", str(name)))
            if self.word(spec, "性质") not in NATURES:
                self.say("G307", name, name=name)
            values = {field: self.word(spec, key) for key, field in _DOCUMENT.items()}
            self.documents[str(name)] = Document(str(name), **{**values, "title": values["title"] or str(name)})

    def basis(self, node: Node | None) -> Basis | None:
        """Return a 依据; None where there is none or it cannot be read."""
        if node is None:
            return None
        spec = self.mapping(node, "依据：文件、条、原文")
        self.known(spec, ("文件", "条", "原文", "参照"))
        key = self.text(spec.get(Text("文件")))
        document = self.documents.get(str(key))
        if document is None:
            self.say("G304", key if key else node, name=key, hint=hint(key, self.documents))
            return None
        if document.nature == "示例":
            for name in spec:
                if name in ("条", "原文"):
                    self.say("G305", name, what=name)
            if not self.word(spec, "参照"):
                self.say("G010", node, name="参照")
        elif not self.word(spec, "条"):
            self.say("G306", node)
        return Basis(document, *(self.word(spec, k) for k in ("条", "原文", "参照")))
