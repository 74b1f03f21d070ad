"""Telephone numbers of the outside world: one spelling for each, and what kind of number it is.

Numbers arrive in many spellings: national (``0212345678``), international (``+390212345678``) and with the
international prefix (``00390212345678``). E.164 (ITU-T) is the one in which they are compared, allowed and
called. In Italy the zero of a geographic number belongs to it: ``0212345678`` is ``+390212345678``.
"""

from __future__ import annotations

import re
from enum import StrEnum
from functools import lru_cache

import msgspec
import phonenumbers
from phonenumbers import NumberParseException, PhoneNumber, PhoneNumberFormat, PhoneNumberType
from phonenumbers.shortnumberinfo import is_emergency_number, is_valid_short_number_for_region

_DIGITS = re.compile(r"\+?[0-9]{2,20}")
"""What may be parsed. The library also reads letters, extensions and URIs, which no dialled number has."""

_EVERYWHERE = "112"
"""The emergency number that mobile and European networks know in every country (ETSI TS 122 101)."""

_COSTLY = frozenset(
    {
        PhoneNumberType.PREMIUM_RATE,
        PhoneNumberType.SHARED_COST,
        PhoneNumberType.PERSONAL_NUMBER,
        PhoneNumberType.PAGER,
    }
)


class Kind(StrEnum):
    """What a number is, as far as it matters for calling it."""

    ORDINARY = "ordinary"
    PREMIUM = "premium"
    SHORT = "short"
    EMERGENCY = "emergency"


class OutsideNumber(msgspec.Struct, frozen=True):
    """A number that a carrier can be asked for.

    ``text`` is E.164 with its ``+``; short and emergency numbers, which exist only inside their country, are
    as they are dialled there. ``country_code`` is the calling code without the ``+``; empty for those two.
    ``valid``: it lies in a range that ``phonenumbers`` knows to be in use, which may lag behind the world.
    """

    text: str
    kind: Kind
    country_code: str = ""
    valid: bool = True


@lru_cache(maxsize=4096)
def outside_number(written: str, country: str) -> OutsideNumber | None:
    """Read a number as it is written or dialled in ``country`` (two letters); None when it cannot be one.

    Whether anybody has the number is not asked: only its length must fit. Premium numbers are those of the
    ranges that ``phonenumbers`` knows as premium rate, shared cost, personal numbers and pagers.
    """
    if not _DIGITS.fullmatch(written):
        return None
    if is_emergency(written, country):
        return OutsideNumber(written, Kind.EMERGENCY)
    try:
        number = phonenumbers.parse(written, country)
    except NumberParseException:
        return None
    if not written.startswith(("+", "0")) and is_valid_short_number_for_region(number, country):
        return OutsideNumber(written, Kind.SHORT)
    if not phonenumbers.is_possible_number(number):
        return None
    text = phonenumbers.format_number(number, PhoneNumberFormat.E164)
    return OutsideNumber(text, _kind(number), str(number.country_code), phonenumbers.is_valid_number(number))


def is_emergency(dialled: str, country: str) -> bool:
    """Say whether exactly this is an emergency number of ``country``; in Italy 112, 113, 115 and 118."""
    return dialled == _EVERYWHERE or is_emergency_number(dialled, country)


def without_prefix(dialled: str, prefix: str, country: str) -> str | None:
    """Return the outside number in what one of our phones dialled; None when it dialled no outside number.

    Outside numbers follow the prefix, which is taken off whatever comes next: with the prefix ``0``,
    ``0039…`` is the area code 039, and abroad is ``000…``. Two need no prefix: an emergency number, for
    nobody thinks of prefixes then, and one that begins with ``+``, which no internal number does.
    """
    if dialled.startswith("+") or is_emergency(dialled, country):
        return dialled
    return dialled[len(prefix) :] if dialled.startswith(prefix) and dialled != prefix else None


def _kind(number: PhoneNumber) -> Kind:
    return Kind.PREMIUM if phonenumbers.number_type(number) in _COSTLY else Kind.ORDINARY
