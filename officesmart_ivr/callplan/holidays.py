"""National holidays, computed for any year by the library ``holidays``, corrected where the law says more.

The library is imported by the first question: a plan without ``holidays`` never pays for it.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, timedelta
from functools import cache, lru_cache


@cache
def countries() -> Collection[str]:
    """Return the countries whose holidays are known: ISO 3166, two letters."""
    from holidays import list_supported_countries

    return frozenset(list_supported_countries(include_aliases=False))


@lru_cache(maxsize=1024)
def public_holidays(country: str, year: int) -> frozenset[date]:
    """Return the public holidays of a whole country in a year.

    ``country`` is one of :func:`countries`. A year of which the library knows nothing has none.
    """
    from holidays import country_holidays

    days = frozenset(country_holidays(country, years=year))
    return _in_italy(days, year) if country == "IT" else days


def _in_italy(days: frozenset[date], year: int) -> frozenset[date]:
    """Leave out the day of national unity: offices are not closed for it.

    It was moved from 4 November to the first Sunday of that month by law 54/1977, and is not among the days
    of law 260/1949 (as changed by law 151/2025, which brings back 4 October from 2026).
    """
    november = date(year, 11, 1)
    first_sunday = november + timedelta(days=(6 - november.weekday()) % 7)
    return days - {first_sunday} if first_sunday != november and year >= 1977 else days
