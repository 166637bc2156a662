"""The cached columns that lists show and sort by: highest certificate, end of the contract, last yearly result."""

from datetime import date

from gugan.records import services
from gugan.records.caches import of_person
from gugan.records.employment import Row
from gugan.records.entries import HIRE


def fold(*rows, on="2026-10-31"):
    made = [Row(day, None, number, kind, False, facts, None) for number, (day, kind, facts) in enumerate(rows, start=1)]
    return of_person(made, date.fromisoformat(on))


HIRED = ("2020-03-01", HIRE, {"用人单位": "440703", "工作社区": "440703002101"})


def test_highest_certificate_on_the_day():
    rows = [HIRED, ("2021-05-01", "职业资格", {"级别": "社会工作师"}), ("2022-05-01", "职业资格", {"级别": "助理社会工作师"}),
            ("2026-11-01", "职业资格", {"级别": "高级社会工作师"})]  # fmt: skip
    assert fold(*rows)["certificate"] == "社会工作师"
    assert fold(*rows, on="2026-11-01")["certificate"] == "高级社会工作师"
    assert fold(*rows, on="2020-04-01")["certificate"] == ""
    assert fold(HIRED, ("2021-05-01", "职业资格", {"级别": "本地一级"}))["certificate"] == "本地一级"


def test_contract_that_began_last_and_its_amendment():
    first = ("2020-03-01", "劳动合同", {"合同号": "A", "起": "2020-03-01", "止": "2023-02-28"})
    second = ("2023-03-01", "劳动合同", {"合同号": "B", "起": "2023-03-01", "止": "2026-02-28"})
    amended = ("2025-06-01", "劳动合同", {"合同号": "B", "止": "2028-02-29"})
    assert fold(HIRED, first, second)["contract_until"] == date(2026, 2, 28)
    assert fold(HIRED, first, second, amended)["contract_until"] == date(2028, 2, 29)
    assert fold(HIRED, first, second, amended, on="2022-01-01")["contract_until"] == date(2023, 2, 28)
    assert fold(HIRED)["contract_until"] is None


def test_result_of_the_latest_year():
    rows = [
        ("2025-12-31", "年度考核", {"年度": "2025", "结果": "优秀"}),
        ("2026-03-01", "年度考核", {"年度": "2024", "结果": "合格"}),
    ]
    assert fold(HIRED, *rows)["last_result"] == "优秀"
    assert fold(HIRED)["last_result"] == ""


def test_ledger_writes_them_and_verify_watches_them(book):
    person = book.hire("林惠珊")
    book.add(person, "职业资格", "2024-06-20", 级别="社会工作师")
    person.refresh_from_db()
    assert person.certificate == "社会工作师" and services.verify() == []
    type(person).objects.filter(pk=person.pk).update(certificate="")
    assert any("职业资格" in line for line in services.verify())
    assert services.rebuild_caches() == 1
    person.refresh_from_db()
    assert person.certificate == "社会工作师"
