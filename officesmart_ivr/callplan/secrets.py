"""Passwords that belong to a plan but are never in it: ``secrets.yaml`` beside the plan, or the environment.

The file is a flat mapping of names to values, readable by its owner alone. The environment wins: the secret
``extension-201`` is looked up as ``OFFICESMART_SECRET_EXTENSION_201`` first.
"""

from __future__ import annotations

import logging
import os
import re
import secrets
import stat
from collections.abc import Callable, Mapping
from pathlib import Path

import yaml

from officesmart_ivr.callplan.findings import Position
from officesmart_ivr.callplan.model import CallPlan
from officesmart_ivr.callplan.nodes import Positions, plain
from officesmart_ivr.callplan.yaml_reader import read_yaml
from officesmart_ivr.errors import SettingsError
from officesmart_ivr.files import replace

_log = logging.getLogger(__name__)

FILE_NAME = "secrets.yaml"
_OWNER_ONLY = 0o600
_HEADER = "# Passwords of the plan beside this file. Keep it out of version control.\n"


_PIN = re.compile("[0-9]{4,12}")
_PIN_DIGITS = 6
_SHORTEST_PASSWORD = 12
"""Characters below which a password that somebody chose is guessed in the end."""

Make = Callable[[], str]
"""Makes a secret up."""


def password() -> str:
    """Make up a password of 120 bits."""
    return secrets.token_urlsafe(15)


def pin() -> str:
    """Make up a PIN that a phone can type."""
    return f"{secrets.randbelow(10**_PIN_DIGITS):0{_PIN_DIGITS}}"


def is_pin(value: str) -> bool:
    """Say whether a value is a PIN that a phone can type: 4 to 12 digits."""
    return _PIN.fullmatch(value) is not None


def made_up(plan: CallPlan) -> Mapping[str, Make]:
    """Return the secrets of a plan that nobody outside the office has to know, and what makes each up.

    They are generated where they are missing: the passwords of the extensions, the PIN of the service codes.
    """
    named = plan.service_codes.pin
    passwords = dict.fromkeys(map(extension_secret, plan.extensions), password)
    return {**({named.secret: pin} if named else {}), **passwords}


def beside(plan: Path) -> Path:
    """Return where the secrets of a plan are kept: beside its file, or in its folder."""
    return (plan if plan.is_dir() else plan.parent) / FILE_NAME


def extension_secret(extension: str) -> str:
    """Return the name of the secret that is an extension's SIP password."""
    return f"extension-{extension}"


def load(path: Path) -> dict[str, str]:
    """Read the secrets; an absent file holds none. A file that others can read is closed to them.

    Raises SettingsError when it cannot be read or is not a flat mapping.
    """
    return _read(path)[0]


def _read(path: Path) -> tuple[dict[str, str], Positions | None]:
    """Return the secrets of a file, and where each stands; None where there are none."""
    try:
        data = path.read_bytes()
        if stat.S_IMODE(path.stat().st_mode) & 0o077:
            path.chmod(_OWNER_ONLY)
            _log.warning("%s could be read by others; it was closed to them", path)
    except FileNotFoundError:
        return {}, None
    except OSError as error:
        raise SettingsError(f"{path}: cannot be read: {error}") from None
    if all(not line or line.startswith(b"#") for line in map(bytes.strip, data.splitlines())):
        return {}, None
    root, findings = read_yaml(data, path.name)
    # A finding's words would quote the line, and with it a password.
    at = f"{path}, line {findings[0].position.line}" if findings else str(path)
    content = plain(root) if root is not None and not findings else None
    is_flat = isinstance(content, dict) and all(isinstance(value, str) for value in content.values())
    if root is None or content is None or not is_flat:
        raise SettingsError(
            f"{at}: is no flat mapping of names to secrets",
            remedy="Write one 'name: value' per line, each name once.",
        )
    return content, Positions(root)


def is_lost(path: Path) -> bool:
    """Say whether the file is away, or empty: deleted by mistake, or just being written anew.

    One with comments alone is neither: somebody has taken the secrets out.
    """
    try:
        return not path.read_bytes().strip()
    except FileNotFoundError:
        return True
    except OSError:
        return False  # it is there; reading it tells what is wrong


class Secrets:
    """The secrets of a plan by name, those of the environment first; ``name in secrets`` if there is one.

    ``kept`` stands in for a file that is lost. Raises SettingsError when the file cannot be read.
    """

    def __init__(self, path: Path, kept: Mapping[str, str] | None = None) -> None:
        self._path = path
        if kept and is_lost(path):
            self._stored, self._positions = dict(kept), None
        else:
            self._stored, self._positions = _read(path)

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and bool(self._value(name))

    def __getitem__(self, name: str) -> str:
        value = self._value(name)
        if not value:
            raise KeyError(name)
        return value

    def position(self, name: str) -> Position | None:
        """Return where the value of a secret stands; None unless it is one of the file."""
        if self._positions is None or name not in self._stored or os.environ.get(variable(name)):
            return None
        return self._positions.of_value((name,))._replace(file=str(self._path))

    def _value(self, name: str) -> str | None:
        return os.environ.get(variable(name)) or self._stored.get(name)


def ensure(
    path: Path, wanted: Mapping[str, Make], kept: Mapping[str, str] | None = None
) -> Mapping[str, str]:
    """Return the values of the ``wanted`` secrets; make up those that are missing and add them to the file.

    ``kept`` is what the file held before: if it is lost, it is written again with these, since the phones
    have them. Raises SettingsError when the file cannot be read or written.
    """
    is_restored = bool(kept) and is_lost(path)
    stored = dict(kept) if kept and is_restored else load(path)
    found: dict[str, str] = {}
    missing: list[str] = []
    for name, make in wanted.items():
        value = os.environ.get(variable(name)) or stored.get(name)
        if not value:  # an empty password would let anybody in
            value = make()
            missing.append(name)
            stored[name] = value
        found[name] = value
    weak = [name for name, make in wanted.items() if make is password and _is_weak(found[name])]
    if weak:
        _log.warning(
            "easy to guess: %s. Whoever guesses one makes calls at your expense. Choose longer ones, or "
            "delete these lines of %s: what is missing is generated. Then reload, and tell the phones.",
            ", ".join(weak),
            path,
        )
    if missing or is_restored:
        text = _HEADER + yaml.safe_dump(stored, allow_unicode=True, sort_keys=True)
        try:
            replace(path, text, mode=_OWNER_ONLY)
        except OSError as error:
            raise SettingsError(
                f"{path}: the generated secrets cannot be kept: {error}",
                remedy="Make the plan's folder writable, or write the secrets there yourself.",
            ) from None
    if is_restored:
        _log.warning("%s was gone or empty; the secrets in use have been written there again", path)
    if missing:
        _log.info("generated %d missing secrets in %s", len(missing), path)
    return found


def _is_weak(value: str) -> bool:
    return len(value) < _SHORTEST_PASSWORD or value.isdecimal()


def variable(name: str) -> str:
    """Return the environment variable that may hold a secret."""
    return "OFFICESMART_SECRET_" + name.upper().replace("-", "_")
