"""疑问: a worker asks about one line of an own slip or about one own fact, an officer answers; both texts are sealed with
the person's key.

The texts are personal: they stand in no trail entry, log or message, only sealed in their row.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import Q, QuerySet

from gugan.accounts import sealing
from gugan.accounts import services as accounts
from gugan.accounts.models import User
from gugan.accounts.queries import Scope, scope_of, within
from gugan.accounts.sm3 import digest_of
from gugan.lifecycle.pay.models import ANSWERED, OPEN, Doubt
from gugan.records.clock import china_day
from gugan.records.models import Action, Person
from gugan.records.queries import stand_in
from gugan.runs.errors import RunError
from gugan.runs.models import Outcome, Run
from gugan.runs.queries import FINAL

LONGEST = 500
"""Characters of a question or an answer."""
WORDS, ANSWER = "pay_doubt.words", "pay_doubt.answer"
ERASED = "已抹除"
OF_LINES, OF_FACTS = "pay", "import"
"""Who answers a doubt about a line, and about a fact: who computes pay, who records facts there."""


@dataclass(frozen=True)
class Shown:
    """A doubt with its two texts opened: "" where nothing was written, ERASED where the key is gone."""

    doubt: Doubt
    words: str
    answer: str


def lines_of(run: Run) -> list[str]:
    """The lines of a slip that may be asked about, in the slip's order."""
    slip = run.slip
    return list(dict.fromkeys([*slip["earnings"], *slip["deductions"], slip["totals"]["个税"], slip["totals"]["实发"]]))


def visible(scope: Scope) -> QuerySet[Doubt]:
    """Doubts that `scope` may see: about its payers and workplaces, and a worker's own; newest first."""
    seen = within(scope, "see", "payer_code", "place_code")
    if scope.person is not None:
        seen |= Q(person__public_id=scope.person)
    return (
        Doubt.objects.filter(seen).select_related("run", "action", "person", "asked_by", "answered_by").order_by("-pk")
    )


def waiting(scope: Scope) -> QuerySet[Doubt]:
    """Open doubts that `scope` may answer, oldest first."""
    lines = within(scope, OF_LINES, "payer_code", "place_code") & Q(action=None)
    facts = within(scope, OF_FACTS, "payer_code", "place_code") & Q(action__isnull=False)
    return Doubt.objects.filter(lines | facts, state=OPEN).select_related("run", "action", "person").order_by("pk")


def right_to_answer(doubt: Doubt) -> str:
    """The right that whoever answers must have where the person is paid or works."""
    return OF_LINES if doubt.action_id is None else OF_FACTS


def may_answer(scope: Scope, doubt: Doubt) -> bool:
    """Whether the officer computes pay, or records facts, for this payer or this workplace."""
    right = right_to_answer(doubt)
    return scope.allows(right, doubt.payer_code) or scope.allows(right, doubt.place_code)


def opened(doubts: Iterable[Doubt]) -> list[Shown]:
    """The doubts with their texts; one statement for all keys."""
    rows = list(doubts)
    keys = sealing.keys(one.key_id for row in rows for one in (row.words, row.answer) if one is not None)

    def read(sealed: sealing.Sealed | None, purpose: str) -> str:
        if sealed is None:
            return ""
        text = sealing.open_sealed(sealed, keys[sealed.key_id], purpose)
        return ERASED if text is None else text

    return [Shown(row, read(row.words, WORDS), read(row.answer, ANSWER)) for row in rows]


@transaction.atomic
def ask(*, run: Run, person: Person, line: str, words: str, by: User, now: datetime) -> Doubt:
    """A worker asks about one line of the own, sealed slip; a line that is asked about already gives that doubt back.

    words: a sentence, or "". Raises NotAllowed (not the own slip, or none that may be seen), RunError.
    """
    own = stand_in(scope_of(by, on=china_day(now))).is_own(person.public_id)
    # the slip's row is the lock: who asks twice at once waits here and finds the first one
    found = Outcome.objects.select_for_update(of=("self",)).filter(run=run, person=person, run__state__in=FINAL).first()
    if not own or found is None:
        raise accounts.NotAllowed("只能问自己的、已经封存的工资条。")
    if line not in lines_of(run):
        raise RunError("选一项来问。")
    text = _text(words)
    asked = Doubt.objects.filter(run=run, person=person, line=line, state=OPEN).first()
    if asked is not None:
        return asked
    doubt = Doubt.objects.create(
        person=person,
        run=run,
        payer_code=found.payer_code,
        place_code=found.place_code,
        line=line,
        words=_seal(text, person, WORDS) if text else None,
        asked_by=by,
        asked_at=now,
    )
    _record(doubt, "疑问", doubt.words, by, now)
    return doubt


@transaction.atomic
def ask_about_fact(*, action: int, words: str, by: User, now: datetime) -> Doubt:
    """A worker says what is wrong with one own fact that stands; one that is asked about already gives that doubt back.

    action: its id. words: a sentence. Raises NotAllowed (not an own fact), RunError.
    """
    scope = stand_in(scope_of(by, on=china_day(now)))
    # the fact's row is the lock
    found = Action.objects.select_for_update(of=("self",)).filter(pk=action, person__public_id=scope.person).first()
    if scope.person is None or found is None or found.person is None:
        raise accounts.NotAllowed("只能问自己的事。")
    asked = Doubt.objects.filter(action=found, state=OPEN).first()
    if asked is not None:
        return asked
    if not found.facts or Action.objects.filter(replaces=found).exists():
        raise RunError("这一条已经更正或撤回了，看看最新的那一条。")
    text = _text(words)
    if not text:
        raise RunError("写一句哪里不对、应该是什么，经办才好核对。")
    person = found.person
    doubt = Doubt.objects.create(
        person=person,
        action=found,
        payer_code=person.payer_code,
        place_code=person.workplace_code,
        words=_seal(text, person, WORDS),
        asked_by=by,
        asked_at=now,
    )
    _record(doubt, "疑问", doubt.words, by, now)
    return doubt


@transaction.atomic
def answer(*, doubt: Doubt | int, words: str, by: User, now: datetime) -> Doubt:
    """An officer who may answer does so with a sentence, once. Raises NotAllowed, RunError."""
    key = doubt if isinstance(doubt, int) else doubt.pk
    found = Doubt.objects.select_for_update(of=("self",)).select_related("person", "answered_by").get(pk=key)
    if not may_answer(scope_of(by, on=china_day(now)), found):
        accounts.require(by, right_to_answer(found), found.payer_code, on=china_day(now))
    if found.state != OPEN:
        raise RunError(f"{found.answered_by}已经答复了这一条。")
    text = _text(words)
    if not text:
        raise RunError("写一句答复，本人要看得懂。")
    found.answer = _seal(text, found.person, ANSWER)
    found.state, found.answered_by, found.answered_at = ANSWERED, by, now
    found.save(update_fields=["answer", "state", "answered_by", "answered_at"])
    _record(found, "答复疑问", found.answer, by, now)
    return found


def _text(words: str) -> str:
    text = words.strip()
    if len(text) > LONGEST:
        raise RunError(f"至多 {LONGEST} 字，现在 {len(text)} 字。")
    return text


def _seal(text: str, person: Person, purpose: str) -> sealing.Sealed:
    key = sealing.keys([person.key_id])[person.key_id]
    if key.secret is None:
        raise RunError("这个人的个人信息已经抹除，不能再写。")
    return sealing.seal(text, key, purpose)


def _record(doubt: Doubt, act: str, sealed: sealing.Sealed | None, by: User, now: datetime) -> None:
    about = (
        [doubt.run_id, doubt.person_id, doubt.line] if doubt.action_id is None else [doubt.action_id, doubt.person_id]
    )
    content = [doubt.pk, *about, sealed.digest if sealed else ""]
    accounts.record([accounts.Note(act, f"doubt:{doubt.pk}", digest_of(content))], by=by, now=now)
