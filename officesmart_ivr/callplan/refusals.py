"""How the plan's model refuses a value, in words that can be translated."""

from __future__ import annotations

from typing import Any, Literal

from pydantic_core import PydanticCustomError

from officesmart_ivr.messages import Message

Reason = Literal["bad-value", "missing-field", "unknown-field"]


def refusal(reason: Reason, message: Message, **context: Any) -> PydanticCustomError:
    """Return the error for a validator to raise.

    ``context`` may hold ``key``, where one key of a mapping or entry of a list is at fault, ``word``, what
    was written, and ``known`` with the words that would do.
    """
    return PydanticCustomError(reason, "{message}", {**context, "message": message})
