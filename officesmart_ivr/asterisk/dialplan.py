"""What the dialplan must know of the plan: global variables, and a file of them for Asterisk's next start.

The application sets them over ARI, so no reload is needed. Asterisk forgets them when it ends, and the
application may not be there when it starts again: then it reads them from the file, which its configuration
includes.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

from officesmart_ivr import files
from officesmart_ivr.announcements.catalogue import Catalogue
from officesmart_ivr.callplan.model import CallPlan
from officesmart_ivr.core.emergency import emergency_target
from officesmart_ivr.core.numbers import is_emergency
from officesmart_ivr.core.prepared import PreparedPlan
from officesmart_ivr.core.target import OutsideTarget, PhoneTarget, trunk_endpoint
from officesmart_ivr.errors import AsteriskError

CALL_SECONDS = "OFFICESMART_CALL_SECONDS"
"""From this variable the dialplan takes the longest time of a call."""

_RESCUE = ("OFFICESMART_RESCUE", "OFFICESMART_RESCUE_TRUNK", "OFFICESMART_RESCUE_SERVER")
_SHORT = (*(f"{number:02}" for number in range(100)), *(f"{number:03}" for number in range(1000)))
"""Among these are the numbers of the emergency services of every country."""

APOLOGY = "too-many-steps"
"""The prompt for callers whom nobody can serve."""


def variables(plan: PreparedPlan, sounds: Catalogue) -> Mapping[str, str]:
    """Return the variables of a plan; an empty value is none."""
    values = {
        CALL_SECONDS: str(plan.plan.limits.call_minutes * 60),
        "OFFICESMART_EMERGENCY_PHONE": "",
        "OFFICESMART_EMERGENCY_OUTSIDE": "",
        "OFFICESMART_EMERGENCY_CALLER_ID": "",
        **_rescue(plan.plan),
        "OFFICESMART_APOLOGY": sounds.clips[APOLOGY].path if APOLOGY in sounds else "",
    }
    match emergency_target(plan):
        case PhoneTarget(extension):
            values["OFFICESMART_EMERGENCY_PHONE"] = extension
        case OutsideTarget() as target:
            values["OFFICESMART_EMERGENCY_OUTSIDE"] = target.endpoint
            values["OFFICESMART_EMERGENCY_CALLER_ID"] = target.caller_id
    return values


def _rescue(plan: CallPlan) -> Mapping[str, str]:
    """Return by what a phone's call to the emergency services is known, and where it goes: 112 must work.

    The pattern is held against ``NUMBER,ORIGIN,ENDPOINT``. The server's own address is dialled, as
    :class:`~officesmart_ivr.calls.outside.OutsideLines` does.
    """
    trunk = plan.trunks.get(plan.outside_calls.trunk) if plan.outside_calls else None
    if plan.outside_calls is None or trunk is None or trunk.server is None:
        return dict.fromkeys(_RESCUE, "")
    # What is in the brackets is what Asterisk takes out, so the prefix, two digits perhaps, has none.
    prefix = "".join(f"{digit}?" for digit in plan.company.outside_prefix)
    return dict(
        zip(
            _RESCUE,
            (
                f"{prefix}({_emergency_numbers(plan.company.country)}),phone,",
                trunk_endpoint(plan.outside_calls.trunk),
                trunk.server,
            ),
            strict=True,
        )
    )


@lru_cache(maxsize=8)
def _emergency_numbers(country: str) -> str:
    return "|".join(number for number in _SHORT if is_emergency(number, country))


def keep(path: Path, values: Mapping[str, str]) -> None:
    """Write the variables for Asterisk's next start, if the file has others. Raises AsteriskError."""
    lines = [f"{name} = {value}" for name, value in values.items() if value]
    text = "\n".join(["; Written by officesmart-ivr with each plan: edits here are lost.", *lines, ""])
    try:
        if not path.exists() or path.read_text("utf-8") != text:
            files.replace(path, text)
    except (OSError, UnicodeDecodeError) as error:
        raise AsteriskError(
            f"{path} cannot be written: {error}; an Asterisk that is started anew meanwhile would ring "
            "the emergency destination of an earlier plan",
            remedy="Make room on that disk.",
        ) from error
