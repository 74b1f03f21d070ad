"""The plan of the live tests. Every announcement is a tone of its own: hearing it proves which it is."""

from __future__ import annotations

from pathlib import Path

from officesmart_ivr.testcall.tones import tone, write_wave

TONES = {
    "welcome": 1800,
    "sales": 500,
    "offers": 600,
    "directions": 700,
    "wait": 800,
    "closed": 900,
    "own-no-input": 1000,
    "invalid": 1100,
    "no-input": 1200,
    "transfer-failed": 1300,
    "unknown-number": 1400,
    "not-allowed": 1500,
    "too-many-steps": 1600,
    "second": 1700,
}
"""Hz of each announcement; those with the id of a system prompt replace it."""

RINGING_TONE = 425
"""Hz of the Italian ringing and busy tones."""

VOICES = (2000, 2200, 2400)
"""Hz of what people say in the tests."""

SECONDS = {"welcome": 3.0}
"""How long each lasts, where that is not one second."""

PLAN = """\
version: 1
company: {name: Prova, language: it}
extensions:
  "201": {name: Anna Rossi, ring_seconds: 3}
  "202": {name: Bruno Verdi, ring_seconds: 2, max_phones: 1}
  "203": {name: Carla Ferri, ring_seconds: 2, max_calls: 2}
  "204": {name: Dario Conti, ring_seconds: 2, max_phones: 2}
trunks:
  tester: {from_addresses: ["127.0.0.1/32"]}
announcements:
ANNOUNCEMENTS
multiselections:
  main:
    name: Centralino
    numbers: ["0212345678", "100"]
    week: {otherwise: {menu: day}}
    default_keys: {"*": previous_menu}
    menus:
      day:
        announcement: welcome
        dial_extensions: true
        keys:
          "1": {menu: sales}
          "2": {menu: offers}
          "3": {extension: "202"}
          "4": {play: directions}
          "5": {extension: "203", announcement: wait}
          "7": busy
          "8": {multiselection: other}
          "9": replay
          "#": hang_up
        no_input: {seconds: 1, attempts: 2, announcement: own-no-input, then: {menu: offers}}
        invalid: {attempts: 2, then: {menu: offers}}
      sales:
        announcement: sales
        keys: {"1": {menu: offers}, "2": {extension: "201"}}
        no_input: {seconds: 1, attempts: 1}
        when_transfer_fails: {menu: offers}
      offers:
        announcement: offers
        no_input: {seconds: 2, attempts: 1}
  other:
    name: Altro
    numbers: ["101"]
    week: {otherwise: {menu: second}}
    menus:
      second: {announcement: second, keys: {"0": {multiselection: main}}}
  off:
    name: Spento
    numbers: ["102"]
    enabled: false
    when_disabled: {dial: "201", announcement: closed}
    week: {otherwise: {menu: never}}
    menus:
      never: {announcement: closed}
service_codes: {pick_up: "*8"}
limits: {steps: 6, calls: 300, calls_per_second: 1000}
"""


def write(folder: Path, text: str = PLAN) -> Path:
    """Write a plan and the sounds; return the plan's path."""
    sounds = folder / "sounds"
    sounds.mkdir(parents=True)
    for name, frequency in TONES.items():
        write_wave(sounds / f"{name}.wav", tone(frequency, SECONDS.get(name, 1.0), rate=16000))
    announcements = "\n".join(f"  {name}: {{file: {name}.wav}}" for name in TONES)
    path = folder / "plan.yaml"
    path.write_text(text.replace("ANNOUNCEMENTS", announcements))
    return path
