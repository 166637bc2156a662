"""The fold against itself: what a month says of a day is what that day alone says."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from gugan.accounts.queries import OPERATOR
from gugan.policy import Period
from gugan.records import readings
from gugan.records.employment import Row, in_force
from gugan.records.roster import Fold
from tests.records.kinds import CATALOGUE

COLUMNS = (
    "用人单位",
    "工作社区",
    "从事社区工作日期",
    "岗位类别",
    "职务",
    "职业资格级别",
    "社工师登记日期",
    "合同起",
    "合同止",
)
OCTOBER = Period.month("2026-10")
DAYS = st.dates(date(2026, 9, 20), date(2026, 11, 10)).map(date.isoformat)
FACTS = {
    "入职": {
        "用人单位": st.sampled_from(["440703", "440704"]),
        "工作社区": st.sampled_from(["440703002101", "440704001101"]),
        "从事社区工作日期": DAYS,
    },
    "离职": {"末日": DAYS},
    "岗位": {"岗位类别": st.sampled_from(["工作人员", "副职", "正职"]), "职务": st.sampled_from(["甲", "乙"])},
    "职业资格": {"级别": st.sampled_from(["助理社会工作师", "社会工作师"]), "登记日期": DAYS},
    "劳动合同": {"合同号": st.sampled_from(["1", "2"]), "起": DAYS, "止": DAYS},
}


@st.composite
def records(draw):
    rows = []
    for number in range(1, draw(st.integers(1, 14)) + 1):
        kind = "入职" if number == 1 else draw(st.sampled_from(sorted(FACTS)))
        names = draw(st.lists(st.sampled_from(sorted(FACTS[kind])), min_size=1, unique=True))
        facts = {name: draw(FACTS[kind][name]) for name in names}
        moment = datetime(2026, 11, draw(st.integers(1, 3)), tzinfo=UTC)
        replaces = draw(st.sampled_from([None, None, None, *(row.id for row in rows if row.kind == kind)]))
        if any(row.replaces == replaces for row in rows):
            replaces = None
        if replaces is not None and draw(st.booleans()):
            facts = {}
        rows.append(Row(draw(DAYS), moment, number, kind, False, facts, replaces))
    return in_force(rows)


def stretches(rows, period):
    return list(Fold(readings.plan(CATALOGUE, COLUMNS), period, OPERATOR, None, None).stretches(1, rows))


@given(rows=records())
@settings(max_examples=100, deadline=None)
def test_each_day_of_a_month_is_that_day_alone(rows):
    month = stretches(rows, OCTOBER)
    for day in (date(2026, 10, 1) + timedelta(days=n) for n in range(31)):
        here = [one for one in month if one.start <= day < one.end]
        alone = stretches(rows, Period(day, day + timedelta(days=1), day))
        assert [one.values for one in here] == [one.values for one in alone]


@given(rows=records())
@settings(max_examples=100, deadline=None)
def test_sources_were_in_effect_and_say_the_value(rows):
    by_id = {row.id: row for row in rows}
    for one in stretches(rows, OCTOBER):
        assert one.sources.keys() == one.values.keys()
        for column, (number,) in one.sources.items():
            assert by_id[number].day <= one.start.isoformat()
            assert by_id[number].facts[CATALOGUE.columns[column].sources[0].name] == one.values[column]


@given(rows=records())
@settings(max_examples=100, deadline=None)
def test_stretches_are_in_order_and_never_overlap(rows):
    month = stretches(rows, OCTOBER)
    edges = [edge for one in month for edge in (one.start, one.end)]
    assert edges == sorted(edges)
    assert all(OCTOBER.start <= one.start < one.end <= OCTOBER.end for one in month)
    assert all(first.end != second.start or first.values != second.values for first, second in pairwise(month))
