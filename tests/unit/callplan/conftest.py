from __future__ import annotations

from typing import Literal

import pytest


class NamedSounds:
    """A folder of sounds whose files are what their names say."""

    def problem(self, file: str) -> tuple[Literal["missing", "bad"], str] | None:
        if file.startswith("missing"):
            return "missing", f"there is no file {file}"
        if file.startswith("bad"):
            return "bad", f"{file} is of no accepted format"
        return None


@pytest.fixture(scope="session")
def sounds() -> NamedSounds:
    return NamedSounds()
