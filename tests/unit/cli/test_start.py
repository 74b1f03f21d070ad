"""Callers wait while a command loads modules: each loads no more than it needs."""

from __future__ import annotations

import subprocess
import sys

import pytest

from officesmart_ivr.cli.commands import Commands, load

RARE = {
    "alembic",
    "asyncpg",
    "hypothesis",
    "holidays",
    "icalendar",
    "jinja2",
    "numpy",
    "prometheus_client",
    "rich",
    "soundfile",
    "soxr",
    "officesmart_ivr.bootstrap",
    "officesmart_ivr.flow",
    "officesmart_ivr.livetest",
    "officesmart_ivr.simulation",
    "officesmart_ivr.system",
    "officesmart_ivr.testcall.phone",
}
"""What is big, or is not there to serve calls."""

OF_THE_SERVER = {"aiohttp", "sqlalchemy", "uvloop", "officesmart_ivr.app", "officesmart_ivr.ari"}
"""What only the application itself needs."""


def loaded(command: str) -> set[str]:
    """The modules that are there once a command's options have been read."""
    program = (
        "import sys\n"
        "from officesmart_ivr.cli.main import main\n"
        f"sys.argv = ['officesmart-ivr', {command!r}, '--help']\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "print(*sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return set(done.stdout.splitlines()[-1].split())


@pytest.mark.parametrize(
    ("command", "needless"),
    [("run", RARE), ("status", RARE | OF_THE_SERVER), ("check", RARE | OF_THE_SERVER)],
)
def test_a_command_loads_nothing_that_it_does_not_need(command: str, needless: set[str]) -> None:
    found = loaded(command)
    assert f"officesmart_ivr.cli.{command}" in found
    assert not found & needless


def test_every_command_that_help_lists_is_there() -> None:
    names = Commands(name="officesmart-ivr").list_commands(None)
    assert "run" in names
    for name in names:
        assert callable(load(name))
