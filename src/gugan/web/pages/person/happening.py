"""What happened: each entry of the ledger as one line, late, ahead or struck out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext as _

from gugan.records import queries
from gugan.records.clock import china_day
from gugan.web.pages.person.reading import View

LATE = 31
"""Days between 生效 and 记录 above which an entry is called late."""


@dataclass(frozen=True)
class Happened:
    """One line of what happened."""

    note: queries.ActionNote
    recorded: date
    words: str
    what: str
    gone: bool
    late: int | None
    ahead: bool
    changeable: bool


def line_of(view: View, line: queries.HistoryLine, on: date) -> Happened:
    """One entry as a line of what happened."""
    note, recorded = line.note, china_day(line.note.recorded_at)
    opened = china_day(min(one.note.recorded_at for one in view.lines))
    late = (recorded - note.effective_on).days
    what = ""
    if line.replaces is not None:
        what = _("更正") if line.facts else _("撤销")
    return Happened(
        note,
        recorded,
        view.sentence(line),
        what,
        line.replaced_by is not None or not line.facts,
        late if late > LATE and note.effective_on >= opened and not note.date_unknown else None,
        note.effective_on > on,
        view.may_record and line.stands and note.kind in view.catalogue.kinds,
    )
