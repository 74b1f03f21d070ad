"""The plan that is measured, and the native dialplan that does the same work with the same sound files."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import jinja2

from bench.figures import System
from officesmart_ivr.announcements.store import Clip
from officesmart_ivr.testcall.tones import tone, write_wave

NUMBERS = {System.NATIVE: "9100", System.PROJECT: "100"}
CROWD_NUMBERS = {System.NATIVE: "9101", System.PROJECT: "101"}
"""Where a long announcement is heard."""

EXTENSION = "201"
MOST_CALLS = 4000
"""The plan's limit: the bench looks for that of the machine."""

TONES = {"welcome": 600, "following": 1000, "long": 800}
"""Hz of each announcement."""

MEMBERS_HZ, CALLERS_HZ = 1400, 1800
"""What they say to each other."""

SECONDS = {"welcome": 3.0, "following": 3.0, "long": 120.0}

PLAN = f"""\
version: 1
company: {{name: Bench, language: it}}
extensions:
  "{EXTENSION}": {{name: Member}}
trunks:
  tester: {{from_addresses: ["127.0.0.1/32"]}}
announcements:
  welcome: {{file: welcome.wav}}
  following: {{file: following.wav}}
  long: {{file: long.wav}}
limits: {{calls: {MOST_CALLS}, calls_per_second: 1000}}
multiselections:
  crowd:
    name: Crowd
    numbers: ["{CROWD_NUMBERS[System.PROJECT]}"]
    week: {{otherwise: {{menu: long}}}}
    menus: {{long: {{announcement: long, keys: {{"1": hang_up}}}}}}
  bench:
    name: Bench
    numbers: ["{NUMBERS[System.PROJECT]}"]
    week: {{otherwise: {{menu: welcome}}}}
    menus:
      welcome: {{announcement: welcome, keys: {{"1": {{menu: following}}}}}}
      following: {{announcement: following, keys: {{"2": {{extension: "{EXTENSION}"}}}}}}
"""


def write(folder: Path) -> Path:
    """Write the plan and its sounds, 16 kHz as offices have them; return the plan's path."""
    sounds = folder / "sounds"
    sounds.mkdir(parents=True)
    for name, frequency in TONES.items():
        write_wave(sounds / f"{name}.wav", tone(frequency, SECONDS[name], rate=16000))
    path = folder / "plan.yaml"
    path.write_text(PLAN, "utf-8")
    return path


def baseline(clips: Mapping[str, Clip]) -> str:
    """Return the native dialplan, playing the very files that the application plays."""
    template = Path(__file__).with_name("baseline.conf.j2").read_text("utf-8")
    environment = jinja2.Environment(undefined=jinja2.StrictUndefined, autoescape=False)
    return environment.from_string(template).render(
        number=NUMBERS[System.NATIVE],
        crowd=CROWD_NUMBERS[System.NATIVE],
        extension=EXTENSION,
        **{name: clips[name].path for name in TONES},
    )
