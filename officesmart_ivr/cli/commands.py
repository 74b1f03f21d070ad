"""The commands by name. The module of each is loaded when it is asked for, and no other one.

All together take a second to load; so long would callers wait at each restart of the application, and people
for each answer.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator, MutableMapping
from importlib import import_module
from typing import Any

import typer
from typer.core import TyperGroup

_PLACES = {
    "up": "up",
    "run": "run",
    "asterisk": "asterisk",
    "fallback": "fallback",
    "check": "check",
    "flow": "flow",
    "simulate": "simulate",
    "test": "plan_tests:run_tests",
    "call": "call",
    "calls": "calls",
    "explain": "explain",
    "lines": "lines",
    "member": "member:app",
    "announcement": "announcements:app",
    "groups": "groups",
    "override": "override",
    "reload": "reload",
    "revisions": "revisions:app",
    "status": "status",
    "doctor": "doctor",
}
"""Where each command is, in the order of the help: ``module:function``, of which a function that is called as
its module is left out, or ``module:app`` for a group of commands."""


def load(name: str) -> Any:
    """Return the function or the ``typer.Typer`` of a command. Raises KeyError for a name that is none."""
    module, _, attribute = _PLACES[name].partition(":")
    collects = gc.isenabled()
    # Modules stay: to look through half of them for garbage again and again costs a quarter of the time.
    gc.disable()
    try:
        return getattr(import_module(f"officesmart_ivr.cli.{module}"), attribute or module)
    finally:
        gc.freeze()
        if collects:
            gc.enable()


class _Loading(MutableMapping[str, Any]):
    """Typer's commands by name, each made when it is looked up."""

    def __init__(self) -> None:
        self._made: dict[str, Any] = {}

    def __getitem__(self, name: str) -> Any:
        if name not in self._made:
            self._made[name] = _command(name, load(name))
        return self._made[name]

    def __iter__(self) -> Iterator[str]:
        return iter(_PLACES)

    def __len__(self) -> int:
        return len(_PLACES)

    def __setitem__(self, name: str, command: Any) -> None:
        raise TypeError("commands are added to the table of places")

    def __delitem__(self, name: str) -> None:
        raise TypeError("commands are removed from the table of places")


def _command(name: str, found: Any) -> Any:
    """Make Typer's command of what a module has."""
    holder = typer.Typer(add_completion=False, rich_markup_mode=None)
    if not isinstance(found, typer.Typer):
        holder.command(name)(found)
        return typer.main.get_command(holder)
    holder.add_typer(found, name=name)
    group = typer.main.get_command(holder)
    assert isinstance(group, TyperGroup)
    return group.commands[name]


class Commands(TyperGroup):
    """The group of all commands."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self.commands = _Loading()

    def list_commands(self, ctx: object) -> list[str]:
        """Return the names without loading anything."""
        return list(self.commands)
