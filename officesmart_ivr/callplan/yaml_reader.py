"""YAML text -> nodes, strictly: what could surprise is refused, with its place.

YAML's types, tags, anchors, aliases, merge keys and directives are not for a plan; every scalar is text.
The events of PyYAML are composed here, not by PyYAML: its composer recurses, expands aliases and takes the
last of two equal keys without a word. Work is bounded by MAX_BYTES, MAX_DEPTH and MAX_NODES, whatever the
text holds.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import yaml

from officesmart_ivr.callplan import slips
from officesmart_ivr.callplan.findings import MAX_FINDINGS, Code, Finding, Position
from officesmart_ivr.callplan.nodes import Entry, Mapping, Node, Scalar, Sequence
from officesmart_ivr.messages import Message, quoted, say

MAX_BYTES = 1024 * 1024
MAX_DEPTH = 20
MAX_NODES = 120_000

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""libyaml where PyYAML was built with it: the same events, some fifteen times faster."""

_YAML_TAGS = "tag:yaml.org,2002:"
_UNFIT_IN_FILE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ufeff\ufffe\uffff]")
_UNFIT_IN_TEXT = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufeff\ufffe\uffff]")
_DIRECTIVE = re.compile(r"%(?:(?<=\A%)|(?<=[\n\r\x85\u2028\u2029]%))")


def read_yaml(data: bytes, file: str) -> tuple[Node | None, list[Finding]]:
    """Return the tree of a file's content and what is wrong with it; no tree where it ends in an error.

    ``file`` is the name that the findings show. Never raises for anything that ``data`` may hold.
    """
    text, findings = _decode(data, file)
    if text is None:
        return None, findings
    composer = _Composer(file)
    try:
        root = composer.compose(text)
    except yaml.YAMLError as error:
        composer.findings.append(slips.explain(error, composer.last, text, file))
        root = None
    except _StopError:
        root = None
    return root, composer.findings


def _decode(data: bytes, file: str) -> tuple[str | None, list[Finding]]:
    def refuse(position: Position, message: Message) -> tuple[None, list[Finding]]:
        return None, [Finding(position, Code.YAML, message)]

    if len(data) > MAX_BYTES:
        return refuse(Position(file), say("the file is larger than {most} bytes", most=MAX_BYTES))
    try:
        text = data.decode("utf-8").removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        position = slips.position_at(data[: error.start].decode("utf-8"), file)
        return refuse(position, say("this is not UTF-8 text; save the file with the encoding UTF-8"))
    # Of a large file each line is looked at by itself: one search would hold up the calls for long.
    lines = text.replace("\r\n", "\n").split("\n")
    if not all(map(str.isprintable, lines)) and (unfit := _UNFIT_IN_FILE.search(text)):
        message = say(
            "the file holds an invisible character ({code}); delete it", code=f"U+{ord(unfit[0]):04X}"
        )
        return refuse(slips.position_at(text[: unfit.start()], file), message)
    # Refused before parsing: libyaml compares each %TAG line with all earlier ones.
    if directive := _DIRECTIVE.search(text):
        message = say("lines that begin with % (YAML directives) are not used in a plan")
        return refuse(slips.position_at(text[: directive.start()], file), message)
    return text, []


class _StopError(Exception):
    """Reading on makes no sense; why is among the findings."""


class _Composer:
    """Builds the tree from the parser's events. ``_open`` holds the collections around the current place."""

    def __init__(self, file: str) -> None:
        self.findings: list[Finding] = []
        self.last: yaml.ScalarEvent | None = None
        """The last key or value that was read."""
        self._file = file
        self._open: list[Mapping | Sequence] = []
        self._keys: list[Scalar | None] = []
        self._root: Node | None = None
        self._nodes = 0

    def compose(self, text: str) -> Node | None:
        documents = 0
        for event in _events(text):
            match event:
                case yaml.ScalarEvent():
                    self._scalar(event)
                case yaml.MappingStartEvent():
                    self._begin(event, Mapping(self._position(event)))
                case yaml.SequenceStartEvent():
                    self._begin(event, Sequence(self._position(event)))
                case yaml.MappingEndEvent() | yaml.SequenceEndEvent():
                    self._open.pop()
                    self._keys.pop()
                case yaml.AliasEvent():
                    self._alias(event)
                case yaml.DocumentStartEvent():
                    documents += 1
                    if documents > 1:
                        self._stop(event, say("a plan is one document: remove the second '---'"))
        if self._root is None:
            message = say("the file is empty; begin with 'version: 1'")
            self._refuse(Position(self._file), Code.YAML, message)
        return self._root

    def _position(self, event: yaml.Event) -> Position:
        mark = event.start_mark
        assert mark is not None  # events of a parser have marks; only those made by hand may lack them
        return Position(self._file, mark.line + 1, mark.column + 1)

    def _refuse(self, position: Position, code: Code, message: Message) -> None:
        self.findings.append(Finding(position, code, message))
        if len(self.findings) == MAX_FINDINGS:
            self.findings.append(Finding(position, Code.YAML, say("too much is wrong here to read on")))
            raise _StopError

    def _stop(self, event: yaml.Event, message: Message) -> None:
        self._refuse(self._position(event), Code.YAML, message)
        raise _StopError

    def _scalar(self, event: yaml.ScalarEvent) -> None:
        if event.value or event.style:  # else the parser has made it up, where nothing is written
            self.last = event
        scalar = Scalar(self._position(event), event.value)
        self._check_properties(event)
        if not event.value.isprintable() and _UNFIT_IN_TEXT.search(event.value):
            message = say("this text holds an invisible character; remove it")
            self._refuse(scalar.position, Code.YAML, message)
            scalar.refused = True
        merge = scalar.text == "<<" and not event.style
        self._add(event, scalar, merge=merge)

    def _alias(self, event: yaml.AliasEvent) -> None:
        position = self._position(event)
        if (event.anchor or "").isdecimal():  # rather a service code
            message = say('a text that begins with * is put in quotes: "*{name}"', name=event.anchor)
        else:
            message = say("aliases such as '*{name}' are refused; write it out", name=event.anchor)
        self._refuse(position, Code.ALIAS, message)
        self._add(event, Scalar(position, "", refused=True))

    def _begin(self, event: yaml.CollectionStartEvent, node: Mapping | Sequence) -> None:
        self._check_properties(event)
        self._add(event, node)
        self._open.append(node)
        self._keys.append(None)
        if len(self._open) > MAX_DEPTH:
            message = say(
                "nested more than {most} deep, which no plan needs; close a bracket", most=MAX_DEPTH
            )
            self._stop(event, message)

    def _check_properties(self, event: yaml.ScalarEvent | yaml.CollectionStartEvent) -> None:
        if event.anchor is not None:
            message = say(
                "anchors such as '&{name}' are refused; write the value where it is needed", name=event.anchor
            )
            self._refuse(self._position(event), Code.ALIAS, message)
        if event.tag is not None:
            tag = event.tag.replace(_YAML_TAGS, "!!", 1)
            message = say(
                "the tag {tag} is refused; every value is text, the plan knows its type", tag=quoted(tag)
            )
            self._refuse(self._position(event), Code.YAML, message)

    def _add(self, event: yaml.Event, node: Node, *, merge: bool = False) -> None:
        self._nodes += 1
        if self._nodes > MAX_NODES:
            self._stop(event, say("more than {most} keys and values", most=MAX_NODES))
        if not self._open:
            self._root = node
            return
        parent = self._open[-1]
        if isinstance(parent, Sequence):
            parent.items.append(node)
            return
        key = self._keys[-1]
        if key is None:
            self._keys[-1] = self._as_key(parent, node, merge=merge)
            return
        self._keys[-1] = None
        if not key.refused:
            parent.entries[key.text] = Entry(key.position, node)

    def _as_key(self, parent: Mapping, node: Node, *, merge: bool) -> Scalar:
        """Return the key of the next entry; a refused one leaves its entry out."""
        if not isinstance(node, Scalar):
            parent.refused = True
            message = say("a name is expected here, not a list or mapping; put a text with {{ or [ in quotes")
            self._refuse(node.position, Code.YAML, message)
            return Scalar(node.position, "", refused=True)
        if merge:
            parent.refused = node.refused = True
            message = say("merge keys (<<) are refused; write the entries out")
            self._refuse(node.position, Code.ALIAS, message)
        elif node.refused:
            parent.refused = True
        elif earlier := parent.entries.get(node.text):
            node.refused = True
            message = say(
                "{name} is here and in line {line}; remove one",
                name=quoted(node.text),
                line=earlier.key.line,
            )
            self._refuse(node.position, Code.DUPLICATE_KEY, message)
        return node


def _events(text: str) -> Iterator[yaml.Event]:
    loader = _LOADER(text)
    try:
        while not isinstance(event := loader.get_event(), yaml.StreamEndEvent):
            yield event
    finally:
        loader.dispose()
