"""Texts for people in several languages: English where they are made, translated when they are shown.

What needs the words of the plan or the place of a mistake keeps them as arguments. The template is English
and the key of a catalogue, so the code reads as if there were one language; see ``translations``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum


class Language(StrEnum):
    """Languages in which the service speaks."""

    ITALIAN = "it"
    ENGLISH = "en"


class Message:
    """A template with its arguments, which may be messages themselves. As ``str`` it is English.

    It is no text on purpose: joined to one it would lose its translation, and mypy says so. Equal to whatever
    has the same English words. Arguments live as long as the message; of an error give the text, since the
    error itself would keep in memory all that led to it.
    """

    __slots__ = ("_english", "arguments", "template")

    def __init__(self, template: str, arguments: Mapping[str, object]) -> None:
        self.template = template
        self.arguments = arguments
        # Made at once, so that a template without its argument fails where it is written.
        self._english = template.format_map(arguments)

    def __str__(self) -> str:
        return self._english

    def __repr__(self) -> str:
        return f"Message({self._english!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Message | str) and self._english == str(other)

    def __hash__(self) -> int:
        return hash(self._english)


Text = str | Message
"""A text for people: one that can be translated, or just a text, such as what the database gives back."""


def say(template: str, /, **arguments: object) -> Message:
    """Make a message. The template is written here as a literal: a test looks for its translation."""
    return Message(template, arguments)


def template(text: str) -> str:
    """Mark a text as the template of a message that is made elsewhere; returns it as it is."""
    return text


def joined(separator: str, parts: Iterable[Text]) -> Message:
    """Return texts in a row, each in the language that the row is shown in. ``separator`` holds no braces."""
    arguments = {f"part{number}": part for number, part in enumerate(parts)}
    return Message(separator.join(f"{{{name}}}" for name in arguments), arguments)


def quoted(text: str) -> Message:
    """Quote a text of the plan for a message, shortened where it is long."""
    return say("'{text}'", text=text if len(text) <= 60 else f"{text[:57]}...")
