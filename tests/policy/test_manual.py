"""The manual of the language is what vocabulary, errors and tested examples say, and the file that officials read is fresh."""

from pathlib import Path

import pytest

from gugan import policy
from gugan.policy import manual
from gugan.policy.errors import MESSAGES
from gugan.policy.interpret import Interpreter, plain
from gugan.policy.vocabulary import BUILTINS, WORDS
from tests.policy.helpers import POLICIES, both, folder

FILE = Path(__file__).resolve().parents[2] / "docs/packs/语言.md"


def test_file_is_fresh():
    assert FILE.read_text("utf-8") == manual.text(), "写新的：python -m gugan.policy.manual docs/packs/语言.md"


@pytest.mark.parametrize("example", manual.EXAMPLES, ids=lambda example: example.title)
def test_example_gives_what_it_says(example):
    text = example.yaml if example.yaml.startswith(manual.DOCUMENT) else manual.DOCUMENT + example.yaml
    national = policy.read_folder(policy.folders(POLICIES)["00"])
    pack = policy.build([national, folder("9999", "样例", {"办法.yaml": text})])
    assert [p for p in policy.check(pack) if p.path.startswith("policies/9999")] == []
    month = policy.Period.month(example.month)
    for given, answer in example.given:
        people = policy.stretches_of(given, month)
        assert plain(Interpreter(policy.bind(pack, month), people, month).rule(example.want)) == answer
        both(pack, people, [example.want], month)


def test_every_word_every_day_and_every_error_is_told():
    text = manual.text()
    assert [name for name in WORDS if f"\n| {name}(" not in text] == []
    assert [name for name in BUILTINS if f"\n| {name} |" not in text] == []
    assert [code for code in MESSAGES if f"\n| {code} |" not in text] == []
