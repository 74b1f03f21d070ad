"""What is in the repository: the sounds, and the demo plan that uses them."""

from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import yaml

from officesmart_ivr.announcements.folder import SoundFolder, find_sounds
from officesmart_ivr.announcements.formats import PCM, inspect
from officesmart_ivr.callplan.model import SYSTEM_PROMPTS, CallPlan, Language, Multiselection

ROOT = Path(__file__).resolve().parents[3]
PLAN = ROOT / "config" / "callplan.yaml"
TEXTS: dict[str, dict[str, Any]] = yaml.safe_load(
    (ROOT / "sounds" / "texts.yaml").read_text(encoding="utf-8")
)
PAUSES = 0.3
"""Seconds of silence at both ends of a shipped sound, together."""
SPOKEN_KEYS = {"asterisco": "*", "cancelletto": "#", "star": "*", "hash": "#"}


@pytest.fixture(scope="module")
def demo() -> CallPlan:
    return CallPlan.model_validate(yaml.load(PLAN.read_text(encoding="utf-8"), yaml.BaseLoader))


@pytest.mark.parametrize("language", list(Language))
def test_every_system_prompt_is_shipped_and_accepted(language: Language) -> None:
    shipped = {path.stem for path in (ROOT / "sounds" / language).glob("*.wav")}
    assert set(SYSTEM_PROMPTS) <= shipped
    assert shipped == set(TEXTS[language])
    for name in shipped:
        sound = inspect(ROOT / "sounds" / language / f"{name}.wav")
        assert sound.format is PCM
        if not isinstance(TEXTS[language][name], str):
            continue  # a tone
        # Nobody speaks faster than 30 letters in a second, or slower than 6.
        assert 6 < len(TEXTS[language][name]) / (sound.seconds - PAUSES) < 30


def test_the_page_tells_each_system_prompt_with_its_texts() -> None:
    page = (ROOT / "docs" / "how-to" / "sounds.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `([a-z-]+)` \| .+ \| (.+) \| (.+) \|$", page, re.MULTILINE)
    told = {name: texts for name, *texts in rows if name in SYSTEM_PROMPTS}
    wanted = [name for name in SYSTEM_PROMPTS if not name.startswith("number-")]
    assert list(told) == wanted
    for name in wanted:
        texts = [TEXTS[language][name] for language in ("it", "en")]
        assert told[name] == [text if isinstance(text, str) else "(a tone)" for text in texts]


@pytest.mark.parametrize("language", list(Language))
def test_the_demo_plan_has_its_sounds_in_each_language(demo: CallPlan, language: Language) -> None:
    folder = SoundFolder(find_sounds(PLAN))
    for name, announcement in demo.announcements.items():
        assert announcement.file == f"it/{name}.wav"
        assert folder.problem(f"{language}/{name}.wav") is None


def menus(plan: CallPlan) -> list[tuple[str, Multiselection]]:
    return [(name, service) for service in plan.multiselections.values() for name in service.menus]


@pytest.mark.parametrize("language", list(Language))
def test_announcements_tell_the_keys_of_their_menus(demo: CallPlan, language: Language) -> None:
    for name, service in menus(demo):
        menu = service.menus[name]
        words = re.findall(r"[\w']+", TEXTS[language][menu.announcement])
        told = {SPOKEN_KEYS.get(key, key) for verb, key in pairwise(words) if verb in ("premete", "press")}
        assert set(menu.keys) <= told <= set(menu.keys) | set(service.default_keys)
