from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from officesmart_ivr.core.numbers import Kind, OutsideNumber, outside_number, without_prefix


@pytest.mark.parametrize(
    ("written", "e164"),
    [
        ("0212345678", "+390212345678"),  # the zero stays
        ("+390212345678", "+390212345678"),
        ("00390212345678", "+390212345678"),
        ("390212345678", "+390212345678"),
        ("3331234567", "+393331234567"),
        ("393331234567", "+393331234567"),
        ("0393331234", "+390393331234"),  # Monza's area code, not Italy's
        ("00442079460958", "+442079460958"),
    ],
)
def test_every_spelling_of_a_number_is_one(written: str, e164: str) -> None:
    number = outside_number(written, "IT")
    assert number is not None
    assert (number.text, number.kind) == (e164, Kind.ORDINARY)


def test_the_country_decides_what_a_national_number_is() -> None:
    number = outside_number("02079460958", "GB")
    assert number is not None
    assert (number.text, number.country_code) == ("+442079460958", "44")


@pytest.mark.parametrize("written", ["112", "113", "115", "118"])
def test_emergency_numbers_stay_as_they_are(written: str) -> None:
    assert outside_number(written, "IT") == OutsideNumber(written, Kind.EMERGENCY)


@pytest.mark.parametrize(
    ("written", "kind"),
    [
        ("899123456", Kind.PREMIUM),
        ("0039899123456", Kind.PREMIUM),
        ("144123456", Kind.PREMIUM),
        ("199123456", Kind.PREMIUM),
        ("+449098790123", Kind.PREMIUM),
        ("800123456", Kind.ORDINARY),
        ("187", Kind.SHORT),
        ("1254", Kind.SHORT),
    ],
)
def test_premium_and_short_numbers_are_known(written: str, kind: Kind) -> None:
    number = outside_number(written, "IT")
    assert number is not None
    assert number.kind is kind


@pytest.mark.parametrize(
    "written", ["", "0", "+", "+39", "*21", "0039", "12", "tel:0212345678", "02;ext=1", "9" * 20]
)
def test_what_cannot_be_a_number_is_none(written: str) -> None:
    assert outside_number(written, "IT") is None


@pytest.mark.parametrize(
    ("dialled", "outside"),
    [
        ("00212345678", "0212345678"),
        ("03331234567", "3331234567"),
        ("000393331234567", "00393331234567"),
        ("+393331234567", "+393331234567"),
        ("0112", "112"),
        ("112", "112"),
        ("0", None),
        ("201", None),
        ("3331234567", None),
    ],
)
def test_the_prefix_leads_outside(dialled: str, outside: str | None) -> None:
    assert without_prefix(dialled, "0", "IT") == outside


@given(st.text(alphabet="+0123456789*#;,ab", max_size=24))
def test_what_is_read_once_is_read_alike_again(written: str) -> None:
    number = outside_number(written, "IT")
    assert number is None or outside_number(number.text, "IT") == number
