"""Packs as large and as deep as a hostile or careless hand makes them: a located answer, soon, without much memory."""

import resource
import time

import pytest

from gugan import policy
from tests.policy.helpers import base, folder, small

A_HANG = 60.0
"""Seconds no machine needs: this tells an end from no end, not fast from slow (that is `make bench`)."""
BASIS = "依据: {文件: 例, 参照: 试验}"


def said(files: dict[str, bytes | str]) -> list[str]:
    """Return what gugan says of a pack, in time and with at most some hundred MB more than before."""
    began, before = time.monotonic(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    try:
        found = [str(one) for one in policy.check(small(files), notes=True)]
    except policy.PolicyErrors as errors:
        found = [str(one) for one in errors.problems]
    assert time.monotonic() - began < A_HANG
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 800_000
    return [one.replace("policies/9999-试/", "") for one in found]


def rule(expression: str, unit: str = "元") -> str:
    return f"规则:\n  甲:\n    单位: {unit}\n    {BASIS}\n    自 2024-07-01: {expression}\n"


def test_a_thousand_rules_are_checked():
    text = "".join(f"  规则{n}: {{单位: 级, {BASIS}, 自 2024-07-01: '级数 + {n % 7}'}}\n" for n in range(1_000))
    assert said({"规则.yaml": "规则:\n" + text}) == []


def test_a_scale_of_ten_thousand_steps_is_fine():
    steps = "".join(f"      {n}: {n}\n" for n in range(10_000))
    tables = f"表:\n  档:\n    {BASIS}\n    分档: 元\n    值: 元\n    自 2024-07-01:\n{steps}"
    assert said({"表.yaml": tables, "规则.yaml": rule("档[最高(工资, 0)]")}) == []


def test_a_marginal_scale_of_ten_thousand_steps_is_fine():
    steps = "".join(f"      {n * 100}: {3 + n / 1000:.3f}\n" for n in range(10_000))
    tables = f'表:\n  甲表:\n    {BASIS}\n    累进: 元\n    值: "%"\n    自 2024-07-01:\n{steps}'
    assert said({"表.yaml": tables, "规则.yaml": rule("四舍五入到分(甲表[工资])")}) == []


def test_a_table_of_ten_thousand_rows_that_lacks_one():
    cells = "级,额\n" + "".join(f"{n},{n}\n" for n in range(-100, 10_000) if n != 50)
    tables = f"表:\n  甲表:\n    {BASIS}\n    键: [级数]\n    值: 元\n    自 2024-07-01: 表.csv\n"
    assert said({"表.yaml": tables, "表.csv": cells, "规则.yaml": rule("甲表[级数]")}) == [
        "表.yaml:6:5 G604 提示：表“甲表”也许没有 级数 50 这一行；若真会，补一行，或写“其余”"
    ]


def test_a_thousand_exceptions_say_that_they_were_not_all_compared():
    rows = "".join(f"        - {{当: 级数 = {n}, 得: {n}}}\n" for n in range(1_000))
    found = said({"规则.yaml": rule("", "级") + "      一般: 级数\n      例外:\n" + rows})
    codes = [one.split()[1] for one in found]
    # 级数 goes to 100; that not every pair and not every row was looked at is said once each
    assert (codes.count("G603"), set(codes)) == (2, {"G603", "G225"})


def test_yaml_nested_ten_thousand_deep_is_refused_with_its_place():
    for text in ("[" * 10_000, "{甲: " * 10_000, "- " * 10_000, "".join("  " * n + "甲:\n" for n in range(500))):
        (message,) = said({"规则.yaml": text})
        assert message.split()[1] in ("G001", "G005") and message.startswith("规则.yaml:")


def test_a_file_of_fifty_megabytes_is_refused_before_it_is_read():
    assert said({"规则.yaml": rule("工资") + "#" * 50_000_000}) == [
        "规则.yaml:1:1 G004 文件太大（50000100 字节，最多 1000000 字节）；拆成几份"
    ]


@pytest.mark.parametrize(
    "name",
    ["../规则.csv", "/etc/passwd.csv", "表/../../规则.csv", "C:\\表.csv", "表.csv\0.csv", "~/表.csv", "file:///表.csv"],
)
def test_the_name_of_a_table_cannot_leave_its_folder(name):
    tables = f'表:\n  甲表:\n    {BASIS}\n    键: [级数]\n    值: 元\n    自 2024-07-01: "{name}"\n'
    (message,) = said({"表.yaml": tables.replace("\\", "\\\\").replace("\0", "\\0")})
    assert message.startswith("表.yaml:6:19 G012 表格文件") and "不在这个政策包里" in message


def test_a_link_out_of_the_folder_is_not_read(tmp_path):
    inside = tmp_path / "9901-试"
    inside.mkdir()
    (tmp_path / "别处.yaml").write_text("规则: [这里不该读到]", "utf-8")
    (inside / "规则.yaml").write_text("规则: {}", "utf-8")
    (inside / "别处.yaml").symlink_to(tmp_path / "别处.yaml")
    assert list(policy.read_folder(inside).files) == ["规则.yaml"]


def test_a_folder_that_is_a_link_in_a_circle_ends(tmp_path):
    inside = tmp_path / "9901-试"
    inside.mkdir()
    (inside / "规则.yaml").write_text("规则: {}", "utf-8")
    (inside / "圈").symlink_to(inside)
    assert "规则.yaml" in policy.read_folder(inside).files


def test_names_with_braces_and_percents_are_said_as_they_are():
    found = said({"规则.yaml": rule("'{0.__class__} %s'")})
    assert found == ["规则.yaml:5:20 G020 算式读到“{”读不下去了：这里不能用这个符号"]
    text = f"规则:\n  '{{name}}%s': {{单位: 元, {BASIS}, 自 2024-07-01: 没有}}\n"
    assert said({"规则.yaml": text})[1].endswith("G103 没有“没有”")


def test_a_folder_above_with_an_error_is_named():
    above = folder("44", "上级", {"规则.yaml": rule("工姿")})
    problems = policy.check(policy.build([base(), above, folder("4407", "试", {})]))
    assert [str(one) for one in problems] == ["policies/44-上级/规则.yaml:5:19 G103 没有“工姿”；是否“工资”？"]
