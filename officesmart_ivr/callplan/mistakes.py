"""The model's validation errors as findings: at the exact place, in words for people."""

from __future__ import annotations

import types
from collections.abc import Callable, Collection, Iterable, Iterator
from itertools import islice, takewhile
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from officesmart_ivr.callplan.findings import MAX_FINDINGS, Code, Finding, did_you_mean, quoted
from officesmart_ivr.callplan.model import CallPlan
from officesmart_ivr.callplan.nodes import Mapping, Node, Path, Positions, Sequence

_KEY_MARK = "[key]"
"""What pydantic appends to the place of an error in the name of a mapping's entry."""

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
        message = f"{_name(path)} needs {quoted(str(details['loc'][-1]))}, which is missing; add it"
        return Finding(positions.of_key(path), Code.MISSING_FIELD, message)
    if kind == "extra_forbidden":
        known = _fields_at(path[:-1])
        message = f"{quoted(str(path[-1]))} is not a field of {_name(path[:-1])}"
        hint = did_you_mean(str(path[-1]), known) or f"; known here: {', '.join(known)}"
        return Finding(positions.of_key(path), Code.UNKNOWN_FIELD, message + hint)
    if kind in _OWN_CODES:
        in_key = details["loc"][-1:] == (_KEY_MARK,) or "key" in details.get("ctx", {})
        position = positions.of_key(path) if in_key else positions.of_value(path)
        return Finding(position, _OWN_CODES[kind], details["msg"] + _own_hint(details))
    name = _name(path)
    return Finding(positions.of_value(path), Code.BAD_VALUE, f"{name} {_demand(details)}")


def _own_hint(details: ErrorDetails) -> str:
    """Return a hint for the errors raised by the plan's own models, which carry the words that would do."""
    context = details.get("ctx", {})
    known, word = context.get("known"), context.get("key", context.get("word"))
    return did_you_mean(str(word), known) if isinstance(known, list) and word else ""


_DEMANDS: dict[str, Callable[[dict[str, Any]], str]] = {
    "int_parsing": lambda _: "must be a whole number",
    "int_from_float": lambda _: "must be a whole number",
    "int_parsing_size": lambda _: "must be a smaller number",
    "float_parsing": lambda _: "must be a number such as 5 or 2.5",
    "finite_number": lambda _: "must be a number such as 5 or 2.5",
    "bool_parsing": lambda _: "must be true or false",
    "greater_than_equal": lambda context: f"must be at least {context['ge']}",
    "less_than_equal": lambda context: f"must be at most {context['le']}",
    "string_too_long": lambda context: f"must have at most {context['max_length']} characters",
    "too_long": lambda context: f"must have at most {context['max_length']} entries",
    "enum": lambda context: f"must be {context['expected']}",
}

_EMPTY = ("string_too_short", "too_short")
"""All lower bounds of length in the model are 1."""

_SHAPES = {
    "string_type": "must be a single text",
    "enum": "must be a single text",
    "int_type": "must be a whole number",
    "float_type": "must be a number",
    "bool_type": "must be true or false",
    "tuple_type": 'must be a list such as ["100", "200"]',
    "model_type": "must be a mapping: lines of 'name: value'",
    "model_attributes_type": "must be a mapping: lines of 'name: value'",
    "mapping_type": "must be a mapping: lines of 'name: value'",
    "dict_type": "must be a mapping: lines of 'name: value'",
}


def _has_parts(node: Node) -> bool:
    match node:
        case Sequence(items=parts) | Mapping(entries=parts):
            return bool(parts)
    return False


def _demand(details: ErrorDetails) -> str:
    """Say what the value must be, and what it is."""
    kind, written = details["type"], details["input"]
    if kind in _SHAPES and not (kind == "enum" and isinstance(written, str)):
        return f"{_SHAPES[kind]}, not {_shown(written)}"
    if kind in _EMPTY:
        return "must not be empty"
    demand = _DEMANDS.get(kind)
    return f"{demand(details.get('ctx', {})) if demand else details['msg']}, not {_shown(written)}"


def _shown(written: Any) -> str:
    match written:
        case "":
            return "an empty value"
        case str():
            return quoted(written)
        case dict():
            return "a mapping" if written else "an empty mapping"
        case _:
            return "a list" if written else "an empty list"


def _name(path: Path) -> str:
    match path:
        case ():
            return "the plan"
        case (*_, list_name, int(index)):
            return f"entry {index + 1} of {quoted(str(list_name))}"
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
