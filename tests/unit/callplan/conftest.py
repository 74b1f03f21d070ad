from __future__ import annotations

from typing import Literal

import pytest

from officesmart_ivr.messages import Message, say


class NamedSounds:
    """A folder of sounds whose files are what their names say."""

    def problem(self, file: str) -> tuple[Literal["missing", "bad"], Message] | None:
        if file.startswith("missing"):
            return "missing", say("there is no file {file}", file=file)
        if file.startswith("bad"):
            return "bad", say("{file} is of no accepted format", file=file)
        return None


@pytest.fixture(scope="session")
def sounds() -> NamedSounds:
    return NamedSounds()
