"""Messages in the languages of the service.

For each language but English a catalogue, such as ``it.po``, is beside this. It is a file of
GNU gettext, which translators and their programs know. Of the format there is what the catalogues need: no
plurals, no contexts. ``docs/adr/0026-findings-in-two-languages.md`` tells why it is read here.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from officesmart_ivr.messages import Language, Message, Text

_LINE = re.compile(r'(?:(msgid|msgstr)\s+)?("(?:[^"\\]|\\.)*")')


def in_language(text: Text, language: Language) -> str:
    """Return a text in a language; what has no translation, or is just a text, as it is."""
    if language is Language.ENGLISH or not isinstance(text, Message):
        return str(text)
    template = catalogue(language).get(text.template, text.template)
    return template.format_map(
        {
            name: in_language(value, language) if isinstance(value, Message) else value
            for name, value in text.arguments.items()
        }
    )


@cache
def catalogue(language: Language) -> Mapping[str, str]:
    """Return the translated templates of a language by the English ones; read once. English has none."""
    return parse(Path(__file__).with_name(f"{language.value}.po").read_text("utf-8"))


def parse(text: str) -> Mapping[str, str]:
    """Return the messages of a catalogue by their templates, without those that are still to be translated.

    Raises ValueError, with the number of the line, for what is no catalogue, or holds a message twice.
    """
    entries: list[dict[str, str]] = []
    part = ""
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        found = _LINE.fullmatch(line.strip())
        keyword = found[1] or part if found else ""
        if found is None or not keyword:
            raise ValueError(f"line {number}: neither msgid, msgstr nor a text in quotes")
        if found[1] == "msgid":
            entries.append({})
        elif not entries or (found[1] and found[1] in entries[-1]):
            raise ValueError(f"line {number}: msgstr without msgid")
        part = keyword
        entries[-1][part] = entries[-1].get(part, "") + json.loads(found[2])
    messages: dict[str, str] = {}
    for entry in entries:
        key, translated = entry["msgid"], entry.get("msgstr", "")
        if key in messages:
            raise ValueError(f"twice: {key}")
        # The first entry, with an empty template, tells about the catalogue itself.
        if key and translated:
            messages[key] = translated
    return messages
