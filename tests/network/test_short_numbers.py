"""Long numbers in reports: twenty digits, marked as cut; never a difference hidden."""

from __future__ import annotations

import pytest

from bdnnc.network.check import CertifyReport, Check
from bdnnc.network.short_numbers import with_short_numbers

HASH = "53109bed33d3d69af7951fbf80532b48e10934be356f78fb61d861df8da59cdc"
THIRTY = "0.1234567890123456789012345678"


@pytest.mark.parametrize(
    ("text", "short"),
    [
        ("3", "3"),
        (THIRTY, THIRTY),
        ("0." + "0" * 299 + "3", "3e-300"),
        ("-0." + "0" * 299 + "3", "-3e-300"),
        ("1" + "0" * 40, "1e40"),
        ("1" * 40, "1.1111111111111111111..e39"),
        ("9" * 40, "9.9999999999999999999..e39"),
        (THIRTY + "9", "0.12345678901234567890.."),
        ("1/" + "3" * 40, "3.0000000000000000000..e-40"),
        ("1" + "0" * 29 + "/3", "3.3333333333333333333..e28"),
        (HASH, HASH),
        ("0" * 64, "0" * 64),
        ("1" * 63 + "a", "1" * 63 + "a"),
        ('{"a": [0.' + "0" * 50 + "1, 3]}", '{"a": [1e-51, 3]}'),
    ],
)
def test_twenty_digits(text: str, short: str) -> None:
    assert with_short_numbers(text) == short


def test_a_report_has_one_line_a_name() -> None:
    same = Check("goals[0].bound", "3", "3", True)
    checks = (same, same, Check("layers[0].bias", "2 units", "2 units", True), Check("layers[0].bias", "2 numbers", "", True))
    report = CertifyReport(checks)
    assert report.text() == "ok     goals[0].bound  3\nok     layers[0].bias  2 units, 2 numbers\n"
    assert len(report.table()["checks"]) == 3


def test_a_name_that_differs_in_the_end_is_wrong_only() -> None:
    report = CertifyReport((Check("bound", "3", "3", True), Check("bound", "3", "at most 2", False)))
    assert report.text() == "WRONG  bound  3 in the model file, recomputed: at most 2\n"


def test_long_numbers_that_differ_late_are_told_in_full() -> None:
    one, other = "0." + "3" * 40, "0." + "3" * 39 + "4"
    report = CertifyReport((Check("loss", one, other, False),))
    assert report.text() == f"WRONG  loss  {one} in the model file, recomputed: {other}\n"
    found = report.diagnostic()
    assert found is not None
    assert found.message == f"`loss` is {one} in the model file, but recomputed it is {other}"


def test_long_numbers_that_differ_early_are_cut() -> None:
    report = CertifyReport((Check("loss", "0." + "3" * 40, "2", False),))
    assert report.text() == "WRONG  loss  0.33333333333333333333.. in the model file, recomputed: 2\n"
