"""What other packages add: strategies for hunt groups, announced by entry points.

A package adds one by an entry point of the group ``officesmart_ivr.strategies``, whose name is the one that
plans use. It leads to a class without parameters, or to an object, that fulfils
:class:`~officesmart_ivr.core.strategies.Strategy`.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from importlib.metadata import EntryPoint, entry_points
from typing import Any

from officesmart_ivr.core.strategies import SHIPPED, Strategy

STRATEGIES = "officesmart_ivr.strategies"
"""The group of entry points."""

_log = logging.getLogger(__name__)


def strategies() -> Mapping[str, Strategy]:
    """Return all strategies that are there, by name: the shipped ones, and those of installed packages.

    One that cannot be used is left out and logged, so that a broken package stops only the plans that need
    it. A name that is taken stays with whoever had it first: the shipped ones, then by the packages' names.
    """
    found = dict(SHIPPED)
    for point in sorted(entry_points(group=STRATEGIES), key=_package):
        if point.name in found:
            _log.warning(
                "the strategy '%s' of %s is left out: the name is taken", point.name, _package(point)
            )
            continue
        try:
            found[point.name] = _strategy(point.load())
        except Exception as error:
            _log.warning(
                "the strategy '%s' of %s cannot be used: %s: %s; mend the package, or uninstall it",
                point.name,
                _package(point),
                type(error).__name__,
                error,
            )
    return found


def _package(point: EntryPoint) -> str:
    return point.dist.name if point.dist else ""


def _strategy(loaded: Any) -> Strategy:
    strategy: Strategy = loaded() if isinstance(loaded, type) else loaded
    if not callable(getattr(strategy, "order", None)):
        raise TypeError(f"{loaded!r} has no method 'order'")
    return strategy
