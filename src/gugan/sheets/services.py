"""What can be done with a sheet: read it, compare it with the ledger, post what differs; remember how its columns were read."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection, transaction

from gugan import office, policy
from gugan.accounts import services as accounts
from gugan.accounts.models import User
from gugan.policy import Catalogue
from gugan.records import ledger
from gugan.records import services as records
from gugan.records.entries import Entry
from gugan.records.ledger import LedgerError
from gugan.records.models import EMPLOYED, Batch, Org, Person
from gugan.sheets import roster
from gugan.sheets.known import people_by_number
from gugan.sheets.matching import Remembered
from gugan.sheets.models import RememberedMapping
from gugan.sheets.payers import Tree, divisions_in, load_tree
from gugan.sheets.planning import Plan, Terms, plan_row
from gugan.sheets.problems import Problem, in_order, problem
from gugan.sheets.reading import Reading

__all__ = [
    "ImportRefused",
    "ImportResult",
    "import_file",
    "remember",
    "remembered_mappings",
    "shipped_mapping",
]

Progress = Callable[[str], None]
STATES = ("新增", "变化", "相同")


class ImportRefused(Exception):
    """An import that could not begin; the message says why and what to do."""


@dataclass
class ImportResult:
    """What an import found and did. taken: whether it was carried out (a dry run never is)."""

    reading: Reading
    problems: list[Problem] = field(default_factory=list)
    plans: list[Plan] = field(default_factory=list)
    payer: str = ""
    absent: int = 0
    posted: int = 0
    refused: int = 0
    batch: Batch | None = None
    taken: bool = False

    @property
    def people(self) -> int:
        """Rows of the sheet that are people."""
        return len(self.reading.rows)

    @property
    def errors(self) -> list[Problem]:
        """Problems that stop their rows."""
        return [each for each in self.problems if each.is_error]

    @property
    def counts(self) -> dict[str, int]:
        """People by 新增, 变化, 相同."""
        found = Counter(plan.state for plan in self.plans)
        return {state: found[state] for state in STATES}

    @property
    def would_post(self) -> int:
        """How many actions the rows without an error make."""
        return sum(len(plan.entries) for plan in self.plans if not plan.problems)


def import_file(
    path: str | Path,
    *,
    by: User | None,
    now: datetime,
    today: date,
    payer: str | None = None,
    effective_on: date | None = None,
    skip_bad_rows: bool = False,
    dry_run: bool = False,
    remembered: Remembered | None = None,
    progress: Progress = lambda step: None,
) -> ImportResult:
    """Read a roster or opening balances and post what the ledger does not know, in one transaction.

    payer: the 用人单位 of new people (else that of their communities). effective_on: from when changed facts without a
    date hold. With errors nothing is posted, unless skip_bad_rows: then rows with an error are left out whole. The same
    file again posts nothing. dry_run: nothing is written, and `by` may be None. Raises WorkbookError for a file that
    is no workbook, NotAllowed where `by` may not import for one of the payers, ImportRefused.
    """
    if by is None and not dry_run:
        raise ImportRefused("要说明由谁来导入：加上 --as 用户名")
    data = office.load(Path(path), office.Limits())
    workbook = office.read(data, Path(path).name)
    progress(f"读完{Path(path).name}")
    ready = not dry_run or has_tables()
    tree = load_tree(payer) if ready else Tree([])
    if not dry_run and not tree.orgs:
        raise ImportRefused("库里还没有组织目录，认不出社区。请先运行 make demo，或先载入区划。")
    known_forms = {**(remembered_mappings() if ready else {}), **(remembered or {})}
    notices: list[Problem] = []
    if not tree.orgs:
        tree = Tree(shipped_divisions())
        communities = sum(len(org.code) == 12 for org in tree.orgs)
        notices.append(problem("S509", workbook.sheets[0].name, count=communities))
    reading, catalogue = read(workbook, tree, payer, known_forms, today)
    result = ImportResult(reading, reading.problems + notices)
    progress(f"对好列，{result.people} 人")
    if not reading.rows or not ready:
        result.problems = in_order(result.problems)
        result.refused = result.people
        return result
    work = Import(result, catalogue, tree, payer=payer, effective_on=effective_on, file=Path(path).name, data=data)
    with transaction.atomic():
        if not dry_run:
            # nobody else posts between comparing and posting
            accounts.lock_trail()
        work.compare(dry_run)
        progress("比对好了")
        if by is not None:
            work.require(by, today)
        if by is not None and not dry_run and (skip_bad_rows or not result.errors):
            work.post(by, now, skip_bad_rows)
            progress(f"记入 {result.posted} 条")
    result.problems = in_order(result.problems)
    return result


def read(
    workbook: office.Workbook, tree: Tree, payer: str | None, remembered: Remembered, today: date
) -> tuple[Reading, Catalogue]:
    """Read with the catalogue of the payer's pack; where the sheet itself tells the payer, read again with its own."""
    code = tree.pack_of(payer) if payer else "00"
    catalogue = catalogue_of(code)
    reading = roster.read(workbook, catalogue, tree.orgs, remembered, today=today)
    found = tree.payer_of({row.community for row in reading.rows if row.community}) if not payer else None
    if found and tree.pack_of(found) != code:
        catalogue = catalogue_of(tree.pack_of(found))
        reading = roster.read(workbook, catalogue, tree.orgs, remembered, today=today)
    return reading, catalogue


def catalogue_of(code: str) -> Catalogue:
    """The catalogue of the pack that governs a code; the nation's where there is none."""
    root = Path(settings.GUGAN_POLICIES)
    try:
        return policy.load(code, root).catalogue
    except policy.PolicyErrors:
        return policy.load("00", root).catalogue


def has_tables() -> bool:
    """Whether the database has been set up."""
    return Person._meta.db_table in connection.introspection.table_names()


class Import:
    """One file against the ledger: compare, ask for rights, post."""

    def __init__(
        self,
        result: ImportResult,
        catalogue: Catalogue,
        tree: Tree,
        *,
        payer: str | None,
        effective_on: date | None,
        file: str,
        data: bytes,
    ) -> None:
        self.result, self.catalogue, self.tree = result, catalogue, tree
        self.named_payer, self.effective_on, self.file, self.data = payer, effective_on, file, data
        self.bad: set[tuple[str, int]] = {(row.sheet, row.row) for row in result.reading.rows if row.bad}

    def say(self, code: str, row: int = 0, **words: Any) -> None:
        """Note a problem of the whole sheet."""
        self.result.problems.append(problem(code, self.result.reading.sheets[0].name, row, **words))

    def compare(self, dry_run: bool) -> None:
        """Plan every good row against what the ledger knows."""
        result, reading = self.result, self.result.reading
        known = people_by_number((row.id_number for row in reading.good_rows), self.catalogue)
        self.payer = result.payer = self.find_payer(any(row.id_number not in known for row in reading.good_rows))
        has_communities = any(row.community for row in reading.rows)
        if dry_run and not known and not has_communities and not Person.objects.exists():
            self.say("S510")
            result.refused = result.people
            return
        until = reading.until or reading.stated_on
        if until is None and any(path.startswith("期初余额.") for row in reading.rows for path, _ in row.values):
            self.say("S504", reading.sheets[0].bottom)
            result.refused = result.people
            return
        terms = Terms(
            self.catalogue,
            f"{self.file} {{sheet}} 第 {{row}} 行",
            self.payer,
            until,
            self.effective_on,
            has_communities,
            self.tree.names,
        )
        result.plans = [plan_row(row, known.get(row.id_number), terms) for row in reading.good_rows]
        for plan in result.plans:
            self.refuse(plan, plan.problems)
        result.refused = len(self.bad)
        if has_communities and self.payer:
            there = {plan.person.pk for plan in result.plans if plan.person}
            of_payer = Person.objects.filter(payer_code=self.payer, state=EMPLOYED)
            result.absent = of_payer.count() - len(there & set(of_payer.values_list("pk", flat=True)))

    def find_payer(self, needed: bool) -> str:
        """The payer of new people: named, or that of their communities."""
        if self.named_payer:
            if self.tree.orgs and self.named_payer not in self.tree.names:
                raise ImportRefused(f"没有代码为 {self.named_payer} 的机构。请核对 --payer。")
            return self.named_payer
        communities = {row.community for row in self.result.reading.rows if row.community}
        found = self.tree.payer_of(communities)
        if needed and communities and not found:
            self.say("S503", self.result.reading.sheets[0].bottom, why="这些社区没有共同的上级。")
        return found or ""

    def refuse(self, plan: Plan, problems: Sequence[Problem]) -> None:
        """Leave a row out, with its reasons."""
        if problems:
            self.result.problems += problems
            plan.problems = list(problems)
            self.bad.add((plan.row.sheet, plan.row.row))

    def require(self, by: User, today: date) -> None:
        """Ask for the right to import for every payer that is touched."""
        payers = {plan.person.payer_code if plan.person else self.payer for plan in self.result.plans}
        for payer in sorted(filter(None, payers)):
            accounts.require(by, "import", payer, on=today)

    def post(self, by: User, now: datetime, skip_bad_rows: bool) -> None:
        """Post the entries of good rows as one batch; what the ledger refuses is a problem of its row."""
        result = self.result
        while True:
            pairs = [(plan, entry) for plan in result.plans if not plan.problems for entry in plan.entries]
            if not pairs:
                break
            try:
                with transaction.atomic():
                    result.batch = records.open_batch(
                        "导入", self.file[:200], source_digest=hashlib.sha256(self.data).hexdigest(), by=by, now=now
                    )
                    result.posted = len(
                        ledger.post(
                            [entry for _, entry in pairs],
                            by=by,
                            now=now,
                            catalogue=self.catalogue,
                            batch=result.batch,
                        )
                    )
                break
            except LedgerError as error:
                result.batch = None
                self.refuse_entries(pairs, error)
                if not skip_bad_rows:
                    result.refused = result.people
                    return
        result.refused, result.taken = len(self.bad), True

    def refuse_entries(self, pairs: Sequence[tuple[Plan, Entry]], error: LedgerError) -> None:
        """Turn the ledger's refusals into problems of the rows they come from."""
        reasons: dict[int, list[Problem]] = {}
        plans = {id(plan): plan for plan, _ in pairs}
        for refusal in error.problems:
            plan, entry = pairs[refusal.entry]
            letters = plan.row.letters
            place = next((letters[each] for each in letters if each[0] == f"{entry.kind}.{refusal.fact}"), "")
            why = f"{refusal.kind}{'.' if refusal.fact else ''}{refusal.fact}：{refusal.message}"
            reasons.setdefault(id(plan), []).append(problem("S508", plan.row.sheet, plan.row.row, place, why=why))
        for number, problems in reasons.items():
            self.refuse(plans[number], problems)


@transaction.atomic
def remember(form: str, columns: Mapping[str, str], *, by: User, now: datetime, sender: str = "") -> None:
    """Keep how a form's columns are read: heading → meaning ("kind.fact", "kind.fact[key]", or "" for left out)."""
    RememberedMapping.objects.filter(form=form, sender=sender).delete()
    RememberedMapping.objects.bulk_create(
        [
            RememberedMapping(form=form, sender=sender, header=header, path=path, confirmed_by=by, confirmed_at=now)
            for header, path in columns.items()
        ]
    )


def remembered_mappings(sender: str = "") -> dict[str, dict[str, str]]:
    """Every remembered form: fingerprint → heading → meaning; a sender's own before the common ones."""
    found: dict[str, dict[str, str]] = {}
    for row in RememberedMapping.objects.filter(sender__in={"", sender}).order_by("sender"):
        found.setdefault(row.form, {})[row.header] = row.path
    return found


def shipped_mapping(folder: Path) -> dict[str, dict[str, str]]:
    """The remembered mappings that come with a folder of data, from its remembered.json."""
    forms = json.loads((folder / "remembered.json").read_text(encoding="utf-8"))
    return {form["form"]: form["columns"] for form in forms}


def shipped_divisions() -> list[Org]:
    """The divisions of the demo, for a look at a sheet before the database is set up; not stored."""
    return divisions_in(Path(settings.GUGAN_POLICIES).parent / "data" / "demo" / "pengjiang_440703.csv")
