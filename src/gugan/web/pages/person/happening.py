"""What happened: each entry of the ledger as one line, late, ahead, corrected or taken back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext as _

from gugan.records import queries
from gugan.records.clock import china_day
from gugan.web.pages.person.reading import View

LATE = 31
"""Days between 生效 and 记录 above which an entry is called late."""
BY_RECORDED = "recorded"
"""What ?order= says for the newest entry first; otherwise the newest effect."""


@dataclass(frozen=True)
class Happened:
    """One line of what happened.

    what: 更正 or 撤回, for an entry that takes another's place; was: what that one said. gone: 已更正 or 已撤回, for
    one that no longer stands. first: older than the first import that brought it.
    """

    note: queries.ActionNote
    recorded: date
    words: str
    what: str
    was: str
    gone: str
    late: int | None
    ahead: bool
    first: bool
    changeable: bool


def happened(view: View, lines: list[queries.HistoryLine], on: date, order: str) -> list[Happened]:
    """The entries as lines, newest first: by the day they count from, or by when they were recorded."""
    by_id = {line.note.id: line for line in view.lines}
    if order == BY_RECORDED:
        lines = sorted(lines, key=lambda line: (line.note.recorded_at, line.note.id))
    return [_line(view, line, by_id, on) for line in reversed(lines)]


def _line(view: View, line: queries.HistoryLine, by_id: dict[int, queries.HistoryLine], on: date) -> Happened:
    note, recorded = line.note, china_day(line.note.recorded_at)
    late = (recorded - note.effective_on).days
    what = was = gone = ""
    if line.replaces is not None:
        what = _("更正") if line.facts else _("撤回")
        was = view.sentence(by_id[line.replaces]) if line.replaces in by_id else ""
    if line.replaced_by is not None:
        gone = _("已更正") if by_id[line.replaced_by].facts else _("已撤回")
    return Happened(
        note,
        recorded,
        view.sentence(line),
        what,
        was,
        gone,
        late if late > LATE and note.effective_on >= view.opened and not note.date_unknown else None,
        note.effective_on > on,
        recorded == view.opened and note.effective_on < view.opened,
        view.may_record and line.stands and note.kind in view.catalogue.kinds,
    )
