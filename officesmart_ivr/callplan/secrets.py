"""Passwords that belong to a plan but are never in it: ``secrets.yaml`` beside the plan, or the environment.

The file is a flat mapping of names to values, readable by its owner alone. The environment wins: the secret
``extension-201`` is looked up as ``OFFICESMART_SECRET_EXTENSION_201`` first.
"""

from __future__ import annotations

import logging
import os
import secrets
import stat
from collections.abc import Iterable, Mapping
from pathlib import Path

import yaml

from officesmart_ivr.errors import SettingsError
from officesmart_ivr.files import replace

_log = logging.getLogger(__name__)

FILE_NAME = "secrets.yaml"
_OWNER_ONLY = 0o600
_HEADER = "# Passwords of the plan beside this file. Keep it out of version control.\n"


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
    try:
        text = path.read_text("utf-8")
        if stat.S_IMODE(path.stat().st_mode) & 0o077:
            path.chmod(_OWNER_ONLY)
            _log.warning("%s could be read by others; it was closed to them", path)
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path}: cannot be read: {error}") from None
    try:
        content = yaml.load(text, yaml.BaseLoader) or {}
    except yaml.YAMLError:
        # The parser's message would quote the line, and with it a password.
        raise SettingsError(f"{path}: is not YAML", remedy="Write one 'name: value' per line.") from None
    if not isinstance(content, dict) or not all(isinstance(value, str) for value in content.values()):
        raise SettingsError(f"{path}: must be a flat mapping", remedy="Write one 'name: value' per line.")
    return content


def ensure(path: Path, names: Iterable[str]) -> Mapping[str, str]:
    """Return the values of ``names``; generate those that are missing and add them to the file.

    Raises SettingsError when the file cannot be read or written.
    """
    stored = load(path)
    found: dict[str, str] = {}
    missing: list[str] = []
    for name in names:
        value = os.environ.get(_variable(name)) or stored.get(name)
        if not value:  # an empty password would let anybody in
            value = secrets.token_urlsafe(15)
            missing.append(name)
            stored[name] = value
        found[name] = value
    if missing:
        text = _HEADER + yaml.safe_dump(stored, allow_unicode=True, sort_keys=True)
        try:
            replace(path, text, mode=_OWNER_ONLY)
        except OSError as error:
            raise SettingsError(
                f"{path}: the generated passwords cannot be kept: {error}",
                remedy="Make the plan's folder writable, or write the passwords there yourself.",
            ) from None
        _log.info("generated %d missing passwords in %s", len(missing), path)
    return found


def _variable(name: str) -> str:
    return "OFFICESMART_SECRET_" + name.upper().replace("-", "_")
