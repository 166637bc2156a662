"""YAML as located text: every scalar is text that remembers file, line and column; nothing is converted or executed."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import yaml

from gugan.policy.errors import PolicyErrors, Problem, fail, problem

MAX_BYTES = 1_000_000
MAX_DEPTH = 30
_HIDDEN = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class Text(str):
    """Text with its place: path, line and column, 1-based. `words`: (offset, line, column) where a text of several
    lines goes on, so that a place inside it can be told."""

    path: str
    line: int
    column: int
    words: tuple[tuple[int, int, int], ...]

    def __new__(cls, value: str, path: str = "", line: int = 0, column: int = 0) -> Text:
        text = super().__new__(cls, value)
        text.path, text.line, text.column, text.words = path, line, column, ()
        return text

    def at(self, value: str) -> Text:
        """Return other text at the same place."""
        return Text(value, self.path, self.line, self.column)

    def inside(self, offset: int, value: str = "") -> Text:
        """Return other text at the place of the character at `offset`."""
        start, line, column = 0, self.line, self.column
        for word in self.words:
            if word[0] > offset:
                break
            start, line, column = word
        return Text(value, self.path, line, column + offset - start)


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


@dataclass
class _Reader:
    path: str
    text: str
    problems: list[Problem]

    def place(self, node: yaml.Node) -> Text:
        mark = node.start_mark
        return Text("", self.path, mark.line + 1, mark.column + 1)

    def build(self, node: yaml.Node) -> Node:
        place = self.place(node)
        if isinstance(node, yaml.ScalarNode):
            return self.scalar(node, place)
        if isinstance(node, yaml.SequenceNode):
            sequence = Sequence(self.build(child) for child in node.value)
            sequence.path, sequence.line, sequence.column = place.path, place.line, place.column
            return sequence
        mapping = Mapping()
        mapping.path, mapping.line, mapping.column = place.path, place.line, place.column
        for key_node, value_node in node.value:
            key = self.build(key_node)
            if not isinstance(key, Text):
                raise fail("G008", place, want="文字作键", got="一串内容")
            name = key.at(normalise(key))
            if name in mapping:
                self.problems.append(problem("G002", key, key=key))
            mapping[name] = self.build(value_node)
        return mapping

    def scalar(self, node: yaml.ScalarNode, place: Text) -> Text:
        text = place.at(unicodedata.normalize("NFC", node.value))
        if node.style is not None or node.start_mark.line != node.end_mark.line:
            text.words = tuple(self.words(node))
        return text

    def words(self, node: yaml.ScalarNode) -> Iterable[tuple[int, int, int]]:
        """Yield where each word of a quoted, folded or many-lined text stands in the file."""
        raw = self.text[node.start_mark.index : node.end_mark.index]
        line, column, seen = node.start_mark.line + 1, node.start_mark.column + 1, 0
        for match in re.finditer(r"\S+", node.value):
            found = raw.find(match.group(), seen)
            if found < 0:
                return
            passed = raw[seen:found]
            if "\n" in passed:
                line, column = line + passed.count("\n"), found - raw.rfind("\n", 0, found)
            else:
                column += len(passed)
            seen = found
            yield match.start(), line, column


def normalise(name: str) -> str:
    """Return a name in NFKC with outer spaces cut: full-width letters and brackets become plain ones."""
    return unicodedata.normalize("NFKC", name).strip()


def parse(text: str, path: str) -> Node:
    """Return the located content of one YAML document; raise PolicyErrors with all problems of the file."""
    start = Text("", path, 1, 1)
    if len(text.encode()) > MAX_BYTES:
        raise fail("G004", start, size=len(text.encode()), limit=MAX_BYTES)
    try:
        _refuse_reuse(text, path)
        root = yaml.compose(text, Loader=_LOADER)
    except yaml.MarkedYAMLError as error:
        raise PolicyErrors([_explain(error, text, path)]) from None
    except yaml.reader.ReaderError:
        found = _HIDDEN.search(text)
        before = text[: found.start()] if found else ""
        place = Text("", path, before.count("\n") + 1, len(before) - before.rfind("\n"))
        raise fail("G001", place, what="有一个看不见的控制字符，删掉它") from None
    if root is None:
        return Mapping()
    reader = _Reader(path, text, [])
    node = reader.build(root)
    if reader.problems:
        raise PolicyErrors(reader.problems)
    return node


def _refuse_reuse(text: str, path: str) -> None:
    """Refuse anchors, aliases and tags, and depth, before anything is composed (a small file can expand without end)."""
    depth = 0
    events: Any = yaml.parse(text, Loader=_LOADER)
    for event in events:
        mark = event.start_mark
        place = Text("", path, mark.line + 1, mark.column + 1)
        if isinstance(event, yaml.AliasEvent):
            raise fail("G006", place, what=f"*{event.anchor}")
        if getattr(event, "anchor", None):
            raise fail("G006", place, what=f"&{event.anchor}")
        if getattr(event, "tag", None):
            raise fail("G006", place, what=event.tag)
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > MAX_DEPTH:
                raise fail("G005", place, limit=MAX_DEPTH)
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1


_FULL_COLON = re.compile(r"^(\s*(?:- )?)([^\s#\"'：:|>（(]+)：")
_KNOWN = (
    ("cannot start any token", "这里有制表符或不能开头的符号；缩进用空格"),
    ("alphabetic or numeric character", "& 和 * 另有用处，文字里有它们要加引号"),
    ("mapping values are not allowed", "这里不该有冒号；看看上一行是不是没写完，值里带“: ”的要加引号"),
    ("could not find expected ':'", "这一行缺冒号"),
    ("did not find expected key", "缩进和上面对不齐"),
    ("did not find expected '-' indicator", "缩进和上面对不齐"),
    ("did not find expected <document start>", "顶格的这一行和前面接不上"),
    ("unexpected end of stream", "引号没有成对"),
    ("did not find expected ',' or", "括号没有成对，或缺逗号"),
    ("another document", "一份文件只写一篇，去掉“---”"),
)


def full_width_colon(text: Text) -> Text | None:
    """Return the place of a full-width colon after what looks like a key at the start of a text, or None."""
    match = _FULL_COLON.match(text)
    return text.inside(match.end(2)) if match else None


def _explain(error: yaml.MarkedYAMLError, text: str, path: str) -> Problem:
    marks = [mark for mark in (error.problem_mark, error.context_mark) if mark]
    lines = text.splitlines()
    for mark in marks:
        for number in range(min(mark.line + 1, len(lines)), max(mark.line - 2, 0), -1):
            match = _FULL_COLON.match(lines[number - 1])
            if match:
                return problem("G003", Text("", path, number, match.end(2) + 1))
    line, column = (marks[0].line + 1, marks[0].column + 1) if marks else (1, 1)
    what = error.problem or error.context or ""
    plain = next((words for known, words in _KNOWN if known in what), what or "格式不对")
    return problem("G001", Text("", path, line, column), what=plain)
