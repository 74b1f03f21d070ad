"""The plan that is measured, and the native dialplan that does the same work with the same sound files."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import jinja2

from officesmart_ivr.announcements.store import Clip
from officesmart_ivr.testcall.tones import tone, write_wave

PROJECT_NUMBER = "100"
NATIVE_NUMBER = "9100"
EXTENSION = "201"

TONES = {"welcome": 600, "following": 1000}
"""Hz of each announcement."""

TONE_SECONDS = 3.0

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
multiselections:
  bench:
    name: Bench
    numbers: ["{PROJECT_NUMBER}"]
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
        write_wave(sounds / f"{name}.wav", tone(frequency, TONE_SECONDS, rate=16000))
    path = folder / "plan.yaml"
    path.write_text(PLAN, "utf-8")
    return path


def baseline(clips: Mapping[str, Clip]) -> str:
    """Return the native dialplan, playing the very files that the application plays."""
    template = Path(__file__).with_name("baseline.conf.j2").read_text("utf-8")
    environment = jinja2.Environment(undefined=jinja2.StrictUndefined, autoescape=False)
    return environment.from_string(template).render(
        number=NATIVE_NUMBER,
        extension=EXTENSION,
        **{name: clips[name].path for name in TONES},
    )
