"""What the pages have done beside them: each kind of long work (jobs/kinds.py), with the address its result is shown at."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from gugan.accounts.services import NotAllowed
from gugan.jobs.doing import Doing
from gugan.jobs.kinds import work
from gugan.lifecycle.pay import services as pay
from gugan.runs.errors import RunError
from gugan.runs.models import Run

COMPUTE = "pay.compute"


@work(COMPUTE, refusals=(RunError, NotAllowed))
def compute_month(doing: Doing, *, payer: str, month: str) -> None:
    """Compute a payer's month ("2026-10") into its draft."""
    # a command that shows no page should not load them all
    from gugan.web.pages.pay.words import month_words

    def finish(found: Run) -> Any:
        said = _("{month}算出 {n:,} 人。").format(month=month_words(found.period_start), n=found.totals["computed"])
        doing.finish(reverse("run", kwargs={"number": found.pk}), said)

    pay.run(payer=payer, month=month, by=doing.by, now=doing.now, progress=doing.tell, kept=finish)
