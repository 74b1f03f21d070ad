"""Logs on standard error, one line each, without personal data."""

from __future__ import annotations

import logging
import sys


def mask(number: str) -> str:
    """Hide the middle of a caller's number, so that logs hold no personal data.

    Two digits stay at each end of a long number; an extension or shorter stays whole.
    """
    if len(number) <= 4:
        return number
    return f"{number[:2]}{'*' * (len(number) - 4)}{number[-2:]}"


def set_up(level: str = "INFO") -> None:
    """Send the project's logs to standard error as ``time level logger: message``."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    root = logging.getLogger("officesmart_ivr")
    root.handlers = [handler]
    root.setLevel(level)
    root.propagate = False
    # What no line shows need not be found out for each: see "Optimization" in Python's howto of logging.
    logging._srcfile = None
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False
