"""YAML as located text: every scalar is text that remembers file, line and column; nothing is converted or executed."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

import yaml

from gugan.policy.errors import PolicyErrors, Problem, fail, problem

MAX_BYTES = 1_000_000
MAX_DEPTH = 30


class Text(str):
    """Text with its place: path, line and column, 1-based."""

    path: str
    line: int
    column: int

    def __new__(cls, value: str, path: str = "", line: int = 0, column: int = 0) -> Text:
        text = super().__new__(cls, value)
        text.path, text.line, text.column = path, line, column
        return text

    def at(self, value: str) -> Text:
        """Return other text at the same place."""
        return Text(value, self.path, self.line, self.column)


class Mapping(dict[Text, "Node"]):
    """A mapping with its place."""

    path: str = ""
    line: int = 0
    column: int = 0


class Sequence(list["Node"]):
    """A list with its place."""

    path: str = ""
    line: int = 0
    column: int = 0


Node = Text | Mapping | Sequence
Place = Text | Mapping | Sequence


@dataclass
class _Reader:
    path: str
    problems: list[Problem]

    def place(self, node: yaml.Node) -> Text:
        mark = node.start_mark
        return Text("", self.path, mark.line + 1, mark.column + 1)

    def build(self, node: yaml.Node, depth: int) -> Node:
        place = self.place(node)
        if depth > MAX_DEPTH:
            raise fail("G005", place, limit=MAX_DEPTH)
        if isinstance(node, yaml.ScalarNode):
            return place.at(unicodedata.normalize("NFC", node.value))
        if isinstance(node, yaml.SequenceNode):
            sequence = Sequence(self.build(child, depth + 1) for child in node.value)
            sequence.path, sequence.line, sequence.column = place.path, place.line, place.column
            return sequence
        mapping = Mapping()
        mapping.path, mapping.line, mapping.column = place.path, place.line, place.column
        for key_node, value_node in node.value:
            key = self.build(key_node, depth + 1)
            if not isinstance(key, Text):
                raise fail("G008", place, want="文字作键", got="一串内容")
            name = key.at(normalise(key))
            if name in mapping:
                self.problems.append(problem("G002", key, key=key))
            mapping[name] = self.build(value_node, depth + 1)
        return mapping


def normalise(name: str) -> str:
    """Return a name in NFKC with outer spaces cut: full-width letters and brackets become plain ones."""
    return unicodedata.normalize("NFKC", name).strip()


def parse(text: str, path: str) -> Node:
    """Return the located content of one YAML document; raise PolicyErrors with all problems of the file."""
    if len(text.encode()) > MAX_BYTES:
        raise fail("G004", Text("", path, 1, 1), size=len(text.encode()), limit=MAX_BYTES)
    _refuse_reuse(text, path)
    try:
        root = yaml.compose(text, Loader=yaml.CSafeLoader if hasattr(yaml, "CSafeLoader") else yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        raise PolicyErrors([_explain(error, text, path)]) from None
    except yaml.YAMLError as error:
        raise fail("G001", Text("", path, 1, 1), what=str(error).splitlines()[0]) from None
    except RecursionError:
        raise fail("G005", Text("", path, 1, 1), limit=MAX_DEPTH) from None
    if root is None:
        return Mapping()
    problems: list[Problem] = list(_full_width_colons(text, path))
    node = _Reader(path, problems).build(root, 0)
    if problems:
        raise PolicyErrors(problems)
    return node


def _refuse_reuse(text: str, path: str) -> None:
    """Refuse anchors, aliases and tags, and depth, before anything is composed (a small file can expand without end)."""
    depth = 0
    try:
        for event in yaml.parse(text, Loader=yaml.CSafeLoader if hasattr(yaml, "CSafeLoader") else yaml.SafeLoader):
            mark = event.start_mark
            place = Text("", path, mark.line + 1, mark.column + 1)
            if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
                raise fail("G006", place, what="&" if not isinstance(event, yaml.AliasEvent) else "*")
            if getattr(event, "tag", None):
                raise fail("G006", place, what=event.tag)
            if isinstance(event, yaml.CollectionStartEvent):
                depth += 1
                if depth > MAX_DEPTH:
                    raise fail("G005", place, limit=MAX_DEPTH)
            elif isinstance(event, yaml.CollectionEndEvent):
                depth -= 1
    except yaml.MarkedYAMLError as error:
        raise PolicyErrors([_explain(error, text, path)]) from None
    except yaml.YAMLError as error:
        raise fail("G001", Text("", path, 1, 1), what=str(error).splitlines()[0]) from None


_FULL_COLON = re.compile(r"^(\s*(?:- )?)([^\s#\"'：:|>]+)：(\s|$)")


def _full_width_colons(text: str, path: str) -> Iterator[Problem]:
    for number, line in enumerate(text.splitlines(), 1):
        match = _FULL_COLON.match(line)
        if match and ": " not in line[: match.end()]:
            yield problem("G003", Text("", path, number, match.end(2) + 1))


def _explain(error: yaml.MarkedYAMLError, text: str, path: str) -> Problem:
    mark = error.problem_mark or error.context_mark
    line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
    for number, content in enumerate(text.splitlines(), 1):
        match = _FULL_COLON.match(content)
        if match and abs(number - line) <= 2:
            return problem("G003", Text("", path, number, match.end(2) + 1))
    return problem("G001", Text("", path, line, column), what=(error.problem or "格式不对"))
