"""What a caller does with his keys, in simulated calls and plan tests.

Written as in ``docs/how-to/test-before-going-live.md``: entries in order, separated by spaces or commas. An
entry is the keys that are typed in one go (``1``, ``123#``), ``.`` waits for the no-input time, ``x`` hangs
up. After the last entry the caller stays silent and waits.
"""

from __future__ import annotations

import re

from officesmart_ivr.messages import say

WAIT = "."
HANG_UP = "x"
MAX_ENTRIES = 200
FORMS = say(
    "write keys such as 1 or 123#, '.' to wait for the no-input time, 'x' to hang up; spaces between them"
)

_SEPARATORS = re.compile(r"[\s,]+")
_ENTRY = re.compile(r"[0-9*#]{1,40}|\.|x")


def entries(written: str) -> tuple[str, ...]:
    """Return the entries in order. Raises ValueError, of a message for people, for what is none."""
    found = tuple(entry for entry in _SEPARATORS.split(written) if entry)
    for entry in found:
        if not _ENTRY.fullmatch(entry):
            raise ValueError(
                say("'{entry}' is nothing that a caller can do; {forms}", entry=entry, forms=FORMS)
            )
    if len(found) > MAX_ENTRIES:
        raise ValueError(
            say("{count} entries are too many; write at most {most}", count=len(found), most=MAX_ENTRIES)
        )
    return found
