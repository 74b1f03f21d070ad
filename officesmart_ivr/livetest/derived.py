"""The plan that is really called, derived from the admin's.

It is his plan but for what would reach the world, or could not be told apart: trunks lead to stand-ins on
loopback, every announcement and system prompt is a word of tones, passwords are made for the occasion. Times
are left as they are: the clock is the tests'.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from officesmart_ivr.callplan import secrets
from officesmart_ivr.callplan.calendar_files import calendar_files, calendar_folder
from officesmart_ivr.callplan.files import read
from officesmart_ivr.callplan.model import SYSTEM_PROMPTS, CallPlan
from officesmart_ivr.callplan.nodes import plain
from officesmart_ivr.files import replace
from officesmart_ivr.livetest.codewords import Codewords
from officesmart_ivr.testcall.tones import write_wave

CALLERS = "127.0.0.2"
"""Where callers outside call from, so that a trunk is known by it and no phone is taken for one."""

_ELSEWHERE = "127.0.1.1"
"""An address that nobody calls from, for the other trunks that bring calls."""

_SOUND_RATE = 16000
_OWNER_ONLY = 0o600


@dataclass(frozen=True)
class DerivedPlan:
    """Where a derived plan, its sounds and its secrets are."""

    plan: Path
    sounds: Path


def announcements_of(plan: CallPlan) -> list[str]:
    """Return every announcement that a caller of this plan may hear, system prompts too."""
    return list(dict.fromkeys((*plan.announcements, *SYSTEM_PROMPTS)))


def derive(
    path: Path, plan: CallPlan, folder: Path, codewords: Codewords, servers: Mapping[str, str], pin: str
) -> DerivedPlan:
    """Write the plan to be called into a folder; it blocks.

    ``path`` is the admin's, ``plan`` what was read there. ``servers`` says where the stand-in of each trunk
    with a server listens; ``pin`` is that of the service codes, which a test may type.
    """
    derived, sounds = folder / "plan", folder / "sounds"
    derived.mkdir(mode=0o700, parents=True)
    sounds.mkdir(mode=0o755)
    written: dict[str, Any] = plain(read(path).positions.root)
    written.pop("tests", None)
    written["trunks"] = _trunks(plan, servers)
    written["announcements"] = _announcements(plan, sounds, codewords)
    # The calls that keep lines busy count too.
    calls = plan.limits.calls + sum(extension.max_calls for extension in plan.extensions.values())
    written["limits"] = {**(written.get("limits") or {}), "calls": str(min(calls, 100_000))}
    for section, content in written.items():
        # A file for each: one alone could be larger than a plan's file may be. JSON is YAML.
        text = json.dumps({section: content}, ensure_ascii=False, indent=1)
        (derived / f"{section}.yaml").write_text(text, "utf-8")
    for name in calendar_files(plan):
        copy = derived / name
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(calendar_folder(path) / name, copy)
    if plan.service_codes.pin is not None and pin:
        text = yaml.safe_dump({plan.service_codes.pin.secret: pin}, default_style='"')
        replace(secrets.beside(derived), text, mode=_OWNER_ONLY)
    return DerivedPlan(derived, sounds)


def _trunks(plan: CallPlan, servers: Mapping[str, str]) -> dict[str, Any]:
    """Let the first trunk that brings calls bring those of the tests; without one, make one."""
    trunks: dict[str, Any] = {}
    brings = False
    for name, trunk in plan.trunks.items():
        fields: dict[str, Any] = {"inbound": "true" if trunk.brings_calls else "false"}
        if trunk.server is not None:
            fields["server"] = servers[name]
        if trunk.max_calls is not None:
            fields["max_calls"] = str(trunk.max_calls)
        if trunk.brings_calls:
            fields["from_addresses"] = [f"{_ELSEWHERE if brings else CALLERS}/32"]
            brings = True
        trunks[name] = fields
    if not brings:
        name = "callers"
        while name in trunks:
            name += "-"
        trunks[name] = {"from_addresses": [f"{CALLERS}/32"]}
    return trunks


def _announcements(plan: CallPlan, sounds: Path, codewords: Codewords) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for number, name in enumerate(announcements_of(plan)):
        file = f"{number}.wav"
        write_wave(sounds / file, codewords.sound(name, rate=_SOUND_RATE), rate=_SOUND_RATE)
        found[name] = {"file": file}
    return found
