"""Words over yearly results: windows, counts and rows of years, against oracles that share no code with them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gugan import policy
from tests.policy.helpers import OCTOBER, answer, both, person, rules

LABELS = {"合": "合格", "优": "优秀", "坏": "不合格"}
WORDS = rules(
    **{
        "近三年": "逐年: 结果 | 近几年(考核, 3, 2025)",
        "近三年齐": "逐年: 结果 | 近几年(考核, 3, 2025, 缺年：算不出)",
        "合格几年": "次 | 次数(考核, 合格以上)",
        "优秀几年": "次 | 次数(考核, 优秀)",
        "近三年合格": "次 | 次数(近几年(考核, 3, 2025), 合格以上)",
        "连着": "次 | 连续次数(考核, 合格以上, 2025)",
        "最长": "次 | 最长连续(考核, 合格以上)",
        "近三年最长": "次 | 最长连续(近几年(考核, 3, 2025), 合格以上)",
        "连续两年优秀": "是否 | 连续次数(考核, 优秀, 2025) ≥ 2",
        "累计两次不合格": "是否 | 次数(考核, 不合格) ≥ 2",
    }
)


def results(letters: str, last: int = 2025) -> dict[str, str]:
    """Return yearly results that end in a year; a point is a year without a result."""
    first = last - len(letters) + 1
    return {str(first + n): LABELS[letter] for n, letter in enumerate(letters) if letter != "."}


@pytest.mark.parametrize(
    ("letters", "good", "lately", "row", "longest", "longest_lately"),
    [
        ("合优合", 3, 3, 3, 3, 3),
        ("合坏合", 2, 2, 1, 1, 1),
        ("优优坏", 2, 2, 0, 2, 2),
        ("合合.合", 3, 2, 1, 2, 1),
        ("合合合.", 3, 2, 0, 3, 2),
        ("合合合合坏合合", 6, 2, 2, 4, 2),
        ("", 0, 0, 0, 0, 0),
        ("坏坏坏", 0, 0, 0, 0, 0),
    ],
)
def test_counts_and_rows_of_years(letters, good, lately, row, longest, longest_lately):
    want = ["合格几年", "近三年合格", "连着", "最长", "近三年最长"]
    found = both(WORDS, person(考核=results(letters)), want)
    assert [found[name] for name in want] == [[good], [lately], [row], [longest], [longest_lately]]


@given(st.dictionaries(st.integers(2015, 2030), st.sampled_from(["合格", "优秀", "不合格"])))
def test_counts_and_rows_as_counted_by_hand(history):
    years = [history.get(year, "") for year in range(2000, 2040)]
    rows = "".join("1" if label in ("合格", "优秀") else "0" for label in years).split("0")
    until_2025 = "".join("1" if label in ("合格", "优秀") else "0" for label in years[:26]).split("0")
    values = {str(year): label for year, label in history.items()}
    found = both(WORDS, person(考核=values), ["合格几年", "连着", "最长", "近三年"])
    assert found == {
        "合格几年": [sum(map(len, rows))],
        "连着": [len(until_2025[-1])],
        "最长": [max(map(len, rows))],
        "近三年": [{year: label for year, label in history.items() if 2023 <= year <= 2025}],
    }


def test_years_after_the_last_are_not_looked_at():
    history = results("优优坏", 2027)
    assert answer(WORDS, "连着", 考核=history) == 1
    assert answer(WORDS, "近三年", 考核=history) == {2025: "优秀"}
    assert answer(WORDS, "连续两年优秀", 考核=results("优优", 2025)) is True
    assert answer(WORDS, "累计两次不合格", 考核=results("坏合坏", 2020)) is True


def test_year_without_result_is_passed_over_or_named():
    people = [*person(1, 考核=results("合.合")), *person(2, 考核=results("合优合")), *person(3, 考核={}), *person(4)]
    full = {2023: "合格", 2024: "优秀", 2025: "合格"}
    assert both(WORDS, people, ["近三年", "近三年齐"]) == {
        "近三年": [{2023: "合格", 2025: "合格"}, full, {}, None],
        "近三年齐": [None, full, None, None],
    }
    missing = policy.evaluate(WORDS, people, OCTOBER, ["近三年齐"]).missing["近三年齐"]
    assert missing == {1: ("2024年考核",), 3: ("2023年考核", "2024年考核", "2025年考核"), 4: ("考核",)}


def test_last_year_may_differ_from_person_to_person_and_may_be_missing():
    pack = rules(
        **{"甲": "次 | 次数(近几年(考核, 2, 年(离职)), 合格以上)", "乙": "次 | 连续次数(考核, 合格以上, 年(离职))"}
    )
    history = results("合合坏合合合", 2025)
    people = [*person(1, 考核=history, 离职="2021-06-30"), *person(2, 考核=history, 离职="2025-06-30")]
    people += [*person(3, 考核=history), *person(4, 考核=history, 离职="1900-01-01"), *person(5, 离职="2025-06-30")]
    assert both(pack, people, ["甲", "乙"]) == {"甲": [2, 2, None, 0, None], "乙": [2, 3, None, 0, None]}


def test_explanation_says_which_years():
    people = person(考核=results("合坏优"))
    told = {name: policy.explain(WORDS, people, OCTOBER, name).substituted for name in ("近三年合格", "连着", "最长")}
    history = "考核 2023 合格、2024 不合格、2025 优秀"
    assert told == {
        "近三年合格": f"{history}；到 2025 年为止的 3 年；优秀、合格的次数",
        "连着": f"{history}；到 2025 年为止连续优秀、合格",
        "最长": f"{history}；优秀、合格的最长连续",
    }
