"""The model's validation errors as findings: at the exact place, in words for people."""

from __future__ import annotations

import re
import types
from collections.abc import Collection, Iterable, Iterator
from itertools import islice, takewhile
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from officesmart_ivr.callplan import slips
from officesmart_ivr.callplan.findings import MAX_FINDINGS, Code, Finding, did_you_mean
from officesmart_ivr.callplan.model import CallPlan
from officesmart_ivr.callplan.nodes import Mapping, Node, Path, Positions, Sequence
from officesmart_ivr.messages import Message, Text, joined, quoted, say, template

_KEY_MARK = "[key]"
"""What pydantic appends to the place of an error in the name of a mapping's entry."""

_QUOTED = re.compile("'[^']*'")

_OWN_CODES = {code.value: code for code in (Code.UNKNOWN_FIELD, Code.MISSING_FIELD, Code.BAD_VALUE)}


def explain(errors: Iterable[ErrorDetails], positions: Positions) -> Iterator[Finding]:
    """Yield a finding for each of the first errors, but not for what the reader has refused already."""
    for details in islice(errors, MAX_FINDINGS):
        finding = _explain(details, positions)
        if finding is not None:
            yield finding


def place(details: ErrorDetails) -> Path:
    """Return the path of the value at fault; for a missing field, of the mapping that lacks it."""
    path = details["loc"]
    if details["type"] == "missing" or (path and path[-1] == _KEY_MARK):
        return path[:-1]
    key = details.get("ctx", {}).get("key")
    return path if key is None else (*path, key)


def _explain(details: ErrorDetails, positions: Positions) -> Finding | None:
    kind, path = details["type"], place(details)
    node = positions.find(path)
    if node is not None and (node.refused or (kind in _EMPTY and _has_parts(node))):
        # What was left out of a list or mapping for its own mistake is no reason to call it empty.
        return None
    if kind == "missing":
        message = say(
            "{name} needs {field}, which is missing; add it",
            name=_name(path),
            field=quoted(str(details["loc"][-1])),
        )
        return Finding(positions.of_key(path), Code.MISSING_FIELD, message)
    if kind == "extra_forbidden":
        known, written = _fields_at(path[:-1]), str(path[-1])
        message = say(
            "{field} is not a field of {name}{hint}",
            field=quoted(written),
            name=_name(path[:-1]),
            hint=slips.hint_for_name(written)
            or did_you_mean(written, known)
            or say("; known here: {known}", known=", ".join(known)),
        )
        return Finding(positions.of_key(path), Code.UNKNOWN_FIELD, message)
    if kind in _OWN_CODES:
        in_key = details["loc"][-1:] == (_KEY_MARK,) or "key" in details.get("ctx", {})
        position = positions.of_key(path) if in_key else positions.of_value(path)
        message = joined("", [details["ctx"]["message"], _own_hint(details)])
        return Finding(position, _OWN_CODES[kind], message)
    message = _demand(details, _name(path))
    if kind != "string_too_long" and (slip := _slip(details)):
        message = joined("", [message, slip])
    return Finding(positions.of_value(path), Code.BAD_VALUE, message)


def _slip(details: ErrorDetails) -> Text:
    """Return a hint for the name or value that is refused, if a slip made YAML take it for another one."""
    context, written = details.get("ctx", {}), details["input"]
    is_key = details["loc"][-1:] == (_KEY_MARK,)
    if is_key or "key" in context:
        name = written if is_key else context["key"]
        return slips.hint_for_name(name) if isinstance(name, str) else ""
    return slips.hint_for_value(written) if isinstance(written, str) else ""


def _own_hint(details: ErrorDetails) -> Text:
    """Return a hint for the errors raised by the plan's own models, which carry the words that would do."""
    context = details.get("ctx", {})
    known, word = context.get("known"), context.get("key", context.get("word"))
    if slip := _slip(details):
        return slip
    return did_you_mean(str(word), known) if isinstance(known, list) and word else ""


_NUMBER = template("{name} must be a number such as 5 or 2.5, not {written}")

_DEMANDS = {
    "int_parsing": template("{name} must be a whole number, not {written}"),
    "int_from_float": template("{name} must be a whole number, not {written}"),
    "int_parsing_size": template("{name} must be a smaller number, not {written}"),
    "float_parsing": _NUMBER,
    "finite_number": _NUMBER,
    "bool_parsing": template("{name} must be true or false, not {written}"),
    "greater_than_equal": template("{name} must be at least {ge}, not {written}"),
    "less_than_equal": template("{name} must be at most {le}, not {written}"),
    "string_too_long": template("{name} must have at most {max_length} characters, not {written}"),
    "too_long": template("{name} must have at most {max_length} entries, not {written}"),
    "enum": template("{name} must be one of {expected}, not {written}"),
}
"""What is demanded of values, by pydantic's kinds of error; ``written`` and its context fill in the rest."""

_EMPTY = ("string_too_short", "too_short")
"""All lower bounds of length in the model are 1."""

_MAPPING = template("{name} must be a mapping: lines of 'name: value', not {written}")
_SINGLE = template("{name} must be a single text, not {written}")

_SHAPES = {
    "string_type": _SINGLE,
    "enum": _SINGLE,
    "int_type": template("{name} must be a whole number, not {written}"),
    "float_type": template("{name} must be a number, not {written}"),
    "bool_type": template("{name} must be true or false, not {written}"),
    "tuple_type": template('{name} must be a list such as ["100", "200"], not {written}'),
    "model_type": _MAPPING,
    "model_attributes_type": _MAPPING,
    "mapping_type": _MAPPING,
    "dict_type": _MAPPING,
}


def _has_parts(node: Node) -> bool:
    match node:
        case Sequence(items=parts) | Mapping(entries=parts):
            return bool(parts)
    return False


def _demand(details: ErrorDetails, name: Text) -> Message:
    """Say what the value must be, and what it is."""
    kind, written = details["type"], details["input"]
    if kind in _EMPTY:
        return say("{name} must not be empty", name=name)
    if kind in _SHAPES and not (kind == "enum" and isinstance(written, str)):
        return Message(_SHAPES[kind], {"name": name, "written": _shown(written)})
    context = {**details.get("ctx", {}), "name": name, "written": _shown(written)}
    if kind == "enum":
        # Pydantic writes 'a', 'b' or 'c'.
        context["expected"] = ", ".join(_QUOTED.findall(context["expected"]))
    if kind in _DEMANDS:
        return Message(_DEMANDS[kind], context)
    return say(
        "{name} must be another value, not {written} ({reason})",
        name=name,
        written=_shown(written),
        reason=details["msg"],
    )


def _shown(written: Any) -> Text:
    match written:
        case "":
            return say("an empty value")
        case str():
            return quoted(written)
        case dict():
            return say("a mapping") if written else say("an empty mapping")
        case _:
            return say("a list") if written else say("an empty list")


def _name(path: Path) -> Text:
    match path:
        case ():
            return say("the plan")
        case (*_, list_name, int(index)):
            return say("entry {number} of {list}", number=index + 1, list=quoted(str(list_name)))
        case _:
            return quoted(str(path[-1]))


def _fields_at(path: Path) -> Collection[str]:
    """Return the fields that the model knows at a path, by following the types of its fields."""
    kind: Any = CallPlan
    for step in path:
        fields = _fields(kind)
        kind = _bare(fields[str(step)].annotation if fields is not None else _of_items(kind))
    return tuple(_fields(kind) or ())


def _fields(kind: Any) -> dict[str, FieldInfo] | None:
    """Return a model's fields by the names that a plan writes; None for what is no model."""
    if not (isinstance(kind, type) and issubclass(kind, BaseModel)):
        return None
    return {field.alias or name: field for name, field in kind.model_fields.items()}


def _of_items(kind: Any) -> Any:
    """Return the type of the values in a mapping or tuple."""
    return [argument for argument in get_args(kind) if argument is not ...][-1]


def _bare(kind: Any) -> Any:
    """Strip ``Annotated`` and ``| None`` from a type."""
    if get_origin(kind) is Annotated:
        return _bare(get_args(kind)[0])
    if get_origin(kind) in (Union, types.UnionType):
        return _bare(next(option for option in get_args(kind) if option is not type(None)))
    return kind


def without(data: dict[str, Any], path: Path) -> bool:
    """Remove the entry at ``path`` from ``data``, or the list it is in; False for the plan itself.

    What is left keeps its paths, so that the positions still fit.
    """
    names = [str(name) for name in takewhile(lambda step: isinstance(step, str), path)]
    if not names:
        return False
    for name in names[:-1]:
        data = data.get(name, {})
    data.pop(names[-1], None)
    return True
