"""The drawing of two dates: upright, leaning, a fan, and counts where lines are too many."""

from datetime import date, timedelta

from gugan.web import timeline
from gugan.web.timeline import LEFT, LOWER, RIGHT, UPPER, Event, draw

DAY = date(2026, 10, 31)


def test_nothing_happened_is_no_picture():
    assert draw([], DAY, DAY, DAY) is None


def test_drawing_keeps_inside_its_picture():
    day = date(2026, 10, 31)
    events = [
        timeline.Event("学历", date(1990, 1, 1), day),
        timeline.Event("岗位", date(2026, 1, 1), date(2026, 1, 2)),
        timeline.Event("岗位", date(2099, 1, 1), day),
    ]
    for on in (date(1950, 1, 1), day, date(2100, 1, 1)):
        picture = timeline.draw(events, on, day, day)
        places = [x for one in picture.strokes for x in (one.x1, one.x2)] + [picture.on, picture.known]
        assert all(timeline.LEFT <= x <= timeline.RIGHT for x in places) and picture.early == 1


def test_picture_spans_three_years():
    picture = draw([Event("岗位", date(2010, 1, 1), DAY), Event("学历", date(2026, 1, 1), DAY)], DAY, DAY, DAY)
    assert (picture.first, picture.days) == (date(2023, 12, 28), 3 * 366)
    assert picture.first + timedelta(days=picture.at_on) == DAY == picture.first + timedelta(days=picture.at_known)
    assert [year for _x, year in picture.years] == [2024, 2025, 2026]
    assert picture.early == 1 and picture.strokes[0].x1 == LEFT


def test_lines_lean_as_the_dates_do():
    upright, late, ahead, first = (
        Event("岗位", date(2026, 3, 1), date(2026, 3, 1)),
        Event("学历", date(2026, 5, 1), date(2026, 9, 1), late=123),
        Event("劳动合同", date(2026, 10, 1), date(2026, 8, 1)),
        Event("入职", date(2025, 1, 1), date(2026, 2, 1), first=True),
    )
    strokes = {one.label: one for one in draw([upright, late, ahead, first], DAY, DAY, DAY).strokes}
    assert strokes["岗位"].x1 == strokes["岗位"].x2 and strokes["岗位"].look == ""
    assert strokes["学历"].x1 < strokes["学历"].x2 and (strokes["学历"].look, strokes["学历"].late) == ("late", 123)
    assert strokes["劳动合同"].x1 > strokes["劳动合同"].x2 and strokes["劳动合同"].look == "ahead"
    assert strokes["入职"].x1 < strokes["入职"].x2 and strokes["入职"].look == "fan"


def test_what_lies_past_a_handle_is_as_wide_as_the_rest_of_its_axis():
    picture = draw([Event("岗位", date(2026, 1, 1), DAY)], date(2026, 7, 31), DAY, DAY)
    assert picture.on + picture.after_on == picture.known + picture.after_known == RIGHT
    assert picture.after_on > picture.after_known > 0


def test_more_than_sixty_lines_become_counts_by_month():
    days = [date(2024, 1, 31) + timedelta(days=15 * number) for number in range(timeline.MOST + 1)]
    few = draw([Event("奖励", day, day) for day in days[:-1]], DAY, DAY, DAY)
    many = draw([Event("奖励", day, day, late=40 if day == days[0] else None) for day in days], DAY, DAY, DAY)
    assert len(few.strokes) == timeline.MOST and few.piles == []
    assert many.strokes == []
    for y in (UPPER, LOWER):
        own = [pile for pile in many.piles if pile.y == y]
        assert sum(pile.count for pile in own) == len(days) and len(own) == len({(d.year, d.month) for d in days})
        assert [pile.late for pile in own] == [True] + [False] * (len(own) - 1)
