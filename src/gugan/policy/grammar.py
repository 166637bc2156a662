"""Expression text → tree. A small Pratt parser with positions; it can only ever build a tree of bounded size."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import date

from gugan.policy.errors import fail
from gugan.policy.nodes import (
    WBinary,
    WCall,
    WChoose,
    WDate,
    WEvery,
    WIndex,
    WMissing,
    WName,
    WNumber,
    Written,
    WUnary,
    WWindow,
)
from gugan.policy.numbers import read_day, read_number
from gugan.policy.source import Text
from gugan.policy.windows import Window

MAX_LENGTH = 20_000
MAX_TOKENS = 2_000
MAX_DEPTH = 60
MAX_CHAIN = 120

_TOKEN = re.compile(
    r"""(?P<space>\s+)
      |(?P<date>\d{4}-\d{2}-\d{2})
      |(?P<number>\d+(?:\.\d+)?)(?!\w)
      |(?P<amount>\d+(?:\.\d+)?(?:元|级|年|月|天|次))(?!\w)
      |(?P<until>至(?=\s*\d{4}-\d{2}-\d{2}))
      |(?P<quoted>[“"][^”"]*[”"])
      |(?P<name>[^\W]+)
      |(?P<op>>=|<=|!=|[-+×*÷/%()\[\],:.=≠<>≤≥])""",
    re.VERBOSE,
)
_SAME = {"*": "×", "/": "÷", ">=": "≥", "<=": "≤", "!=": "≠", "−": "-"}
_BINDING = {
    "或": 10,
    "且": 20,
    "=": 40,
    "≠": 40,
    "<": 40,
    "≤": 40,
    ">": 40,
    "≥": 40,
    "在": 40,
    "+": 50,
    "-": 50,
    "×": 60,
    "÷": 60,
}
_KEYWORDS = {"若", "则", "否则", "且", "或", "非", "有", "缺", "每", "个", "在"}
UNITS = ("元", "级", "年", "月", "天", "次")
"""Units that may stand behind a number: 20 元."""
_OPEN = {"以后": True, "之后": True, "以前": False, "之前": False}
"""Words that leave a window of days open: whether its start is what is written."""


@dataclass(frozen=True)
class Token:
    """One token: kind (name, number, date, quoted, op, end), text, and offset in the normalised expression."""

    kind: str
    text: str
    offset: int


def normalise(text: str) -> str:
    """Return the expression with full-width signs made plain, character by character so that columns still fit."""
    out = []
    for char in text:
        plain = unicodedata.normalize("NFKC", char)
        out.append(plain if len(plain) == 1 else char)
    return "".join(out).replace("−", "-").replace("，", ",").replace("、", ",").replace("：", ":")


def parse(text: Text) -> Written:
    """Return the tree of one expression; raise PolicyErrors (G020, G021) at its place."""
    return _Parser(text).whole()


class _Parser:
    def __init__(self, text: Text):
        if len(text) > MAX_LENGTH:
            raise fail("G021", text)
        self.text = text
        self.clean = normalise(text)
        self.tokens = self._scan()
        self.index = 0
        self.depth = 0

    def _place(self, offset: int, word: str = "") -> Text:
        return self.text.inside(offset, word)

    def _scan(self) -> list[Token]:
        tokens: list[Token] = []
        offset = 0
        while offset < len(self.clean):
            match = _TOKEN.match(self.clean, offset)
            if not match:
                raise fail("G020", self._place(offset), near=self.clean[offset], what="这里不能用这个符号")
            if match.lastgroup != "space":
                kind = str(match.lastgroup)
                tokens.append(Token(kind, _SAME.get(match.group(), match.group()), offset))
                if len(tokens) > MAX_TOKENS:
                    raise fail("G021", self.text)
            offset = match.end()
        tokens.append(Token("end", "末尾", len(self.clean)))
        return tokens

    @property
    def now(self) -> Token:
        return self.tokens[self.index]

    def advance(self) -> Token:
        token = self.now
        if token.kind != "end":
            self.index += 1
        return token

    def stuck(self, what: str) -> Exception:
        return fail("G020", self._place(self.now.offset), near=self.now.text, what=what)

    def expect(self, text: str) -> Token:
        if self.now.text != text:
            raise self.stuck(f"这里应是“{text}”")
        return self.advance()

    def whole(self) -> Written:
        if self.now.kind == "end":
            raise fail("G020", self.text, near="末尾", what="算式是空的")
        tree = self.expression(0)
        if self.now.kind != "end":
            raise self.stuck("前后之间少了符号；关键字两边要空格")
        return tree

    def expression(self, floor: int) -> Written:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise fail("G021", self._place(self.now.offset))
        left = self.prefix()
        chain = 0
        while _BINDING.get(self.now.text, -1) > floor:
            operator = self.advance()
            chain += 1
            if chain > MAX_CHAIN:
                raise fail("G021", self._place(operator.offset))
            power = _BINDING[operator.text]
            right = self.expression(power)
            left = WBinary(self._place(operator.offset, operator.text), operator.text, left, right)
            if power == 40 and _BINDING.get(self.now.text) == 40:
                raise self.stuck("比较不能连写；用“且”分成两个")
        self.depth -= 1
        return left

    def prefix(self) -> Written:
        token = self.advance()
        place = self._place(token.offset, token.text)
        if token.kind in ("number", "amount"):
            return self.number(token, place)
        if token.kind == "date":
            day = self.day(token, place)
            return self.window(day, place) if self.now.text in ("(", "至", *_OPEN) else WDate(place, day)
        if token.kind == "quoted":
            return WName(place, token.text[1:-1], quoted=True)
        if token.text == "(":
            inner = self.expression(0)
            self.expect(")")
            return inner
        if token.text == "-":
            return WUnary(place, "-", self.expression(55))
        if token.text == "非":
            return WUnary(place, "非", self.expression(30))
        if token.text == "有":
            return WUnary(place, "有", self.expression(70))
        if token.text == "缺":
            return WMissing(place)
        if token.text == "若":
            return self.choose(place)
        if token.text == "每":
            return self.every(place)
        if token.kind == "name" and token.text not in _KEYWORDS:
            return self.named(token, place)
        self.index -= token.kind != "end"
        raise self.stuck("这里应是一个数、一个名字或括号")

    def number(self, token: Token, place: Text) -> Written:
        unit = token.text[-1] if token.kind == "amount" else ""
        value = read_number(token.text.removesuffix(unit))
        if value is None:
            raise fail("G020", place, near=token.text[:20], what="数太长；整数最多18位，小数最多10位")
        if self.now.text == "%":
            self.advance()
            return WNumber(place.at(token.text + "%"), value / 100, percent=True)
        if self.now.kind == "name" and self.now.text in UNITS and not unit:
            unit = self.advance().text
        return WNumber(place, value, unit=unit)

    def day(self, token: Token, place: Text) -> date:
        try:
            return read_day(token.text)
        except ValueError:
            raise fail("G011", place, text=token.text) from None

    def window(self, day: date, place: Text) -> Written:
        first = day, self.inclusive(place)
        token = self.advance()
        if token.text in _OPEN:
            return WWindow(place, Window(first, None) if _OPEN[token.text] else Window(None, first))
        if token.text != "至":
            self.index -= token.kind != "end"
            raise self.stuck("这里应是 至 一天，或 以后、以前")
        token = self.advance()
        end = self._place(token.offset, token.text)
        if token.kind != "date":
            self.index -= token.kind != "end"
            raise self.stuck("“至”后面写一天")
        found = Window(first, (self.day(token, end), self.inclusive(end)))
        if found.empty:
            raise fail("G232", place, window=found)
        return WWindow(place, found)

    def inclusive(self, place: Text) -> bool:
        """Take （含） or （不含） behind the end of a window."""
        if self.now.text != "(" or self.tokens[self.index + 1].text not in ("含", "不含"):
            raise fail("G231", place, day=place)
        self.advance()
        word = self.advance().text
        self.expect(")")
        return word == "含"

    def choose(self, place: Text) -> Written:
        condition = self.expression(0)
        self.expect("则")
        then = self.expression(0)
        self.expect("否则")
        return WChoose(place, condition, then, self.expression(0))

    def every(self, place: Text) -> Written:
        token = self.advance()
        if token.kind != "number" or not token.text.isdigit() or not 0 < int(token.text) <= 100:
            raise fail("G020", place, near=token.text, what="写成“每 3 个”")
        self.expect("个")
        return WEvery(place, int(token.text))

    def named(self, token: Token, place: Text) -> Written:
        if self.now.text == "(":
            return self.call(token, place)
        if self.now.text == "[":
            return self.lookup(token, place)
        return WName(place, token.text)

    def name(self, what: str) -> str:
        """Take the next token, which must be a name."""
        if self.now.kind != "name":
            raise self.stuck(what)
        return self.advance().text

    def call(self, token: Token, place: Text) -> Written:
        self.advance()
        args: list[Written] = []
        named: dict[str, str] = {}
        while self.now.text != ")":
            following = self.tokens[min(self.index + 1, len(self.tokens) - 1)]
            if self.now.kind == "name" and following.text == ":":
                key = self.advance().text
                self.advance()
                if key in named:
                    raise self.stuck(f"“{key}”写了两遍")
                named[key] = self.name(f"“{key}：”后面写一个词")
            else:
                args.append(self.expression(0))
            if self.now.text != ",":
                break
            self.advance()
        self.expect(")")
        return WCall(place, token.text, tuple(args), named)

    def lookup(self, token: Token, place: Text) -> Written:
        self.advance()
        keys = [self.expression(0)]
        while self.now.text == ",":
            self.advance()
            keys.append(self.expression(0))
        self.expect("]")
        column = None
        if self.now.text == ".":
            self.advance()
            column = self.name("“.”后面写列名")
        return WIndex(place, token.text, tuple(keys), column)
