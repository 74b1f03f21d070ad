"""A plan's file or folder -> a candidate: the plan, where each part of it stands, and what is wrong."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from officesmart_ivr.callplan import mistakes, nodes, secrets
from officesmart_ivr.callplan.copies import Twice, copies
from officesmart_ivr.callplan.findings import (
    MAX_FINDINGS,
    Code,
    Finding,
    Position,
    has_errors,
    in_order,
)
from officesmart_ivr.callplan.model import CallPlan
from officesmart_ivr.callplan.nodes import Entry, Positions, plain
from officesmart_ivr.callplan.yaml_reader import MAX_BYTES, read_yaml
from officesmart_ivr.errors import PlanError
from officesmart_ivr.messages import quoted, say

_MAX_SALVAGES = 8


@dataclass(frozen=True, slots=True)
class Candidate:
    """A plan that was read, not yet checked as a whole.

    ``plan`` is None when ``findings`` holds an error. ``remains`` is the plan, or what is left of it
    without its invalid parts: enough to look for more findings, never to make calls with; None when the
    text is no YAML or too little is left.
    """

    plan: CallPlan | None
    remains: CallPlan | None
    positions: Positions
    findings: tuple[Finding, ...]


def read(path: Path) -> Candidate:
    """Read a plan from a file, or from a folder's ``*.yaml`` files merged by section.

    Raises PlanError when there is nothing to read at ``path``; what is wrong inside is in the findings.
    """
    return read_texts(path, texts(path), ignored(path))


def texts(path: Path) -> dict[str, bytes]:
    """Return the contents of a plan's files by their names in the plan's folder. Raises PlanError."""
    return {file.name: _content(file) for file in _plan_files(path)}


def read_texts(path: Path, contents: Mapping[str, bytes], ignored: Iterable[Finding] = ()) -> Candidate:
    """Read a plan from the contents of its files, by their names in its folder, as if they stood at ``path``.

    ``ignored`` are findings about files beside them.
    """
    folder = folder_of(path)
    candidate = parse({str(folder / name): content for name, content in contents.items()})
    findings = in_order([*candidate.findings, *ignored])
    return Candidate(candidate.plan, candidate.remains, candidate.positions, findings)


def ignored(path: Path) -> list[Finding]:
    """Return findings about files in a plan's folder that look like a part of it and are none."""
    if not path.is_dir():
        return []
    message = say("is not read: plan files end in .yaml")
    return [Finding(Position(str(other)), Code.IGNORED_FILE, message) for other in sorted(path.glob("*.yml"))]


def folder_of(path: Path) -> Path:
    """Return the folder of a plan's files: that of its only file, or the plan itself."""
    return path if path.is_dir() else path.parent


def parse(contents: dict[str, bytes]) -> Candidate:
    """Read a plan from the contents of its files, by the names that findings are to show.

    Strict: see :mod:`officesmart_ivr.callplan.yaml_reader`. Reports all findings at once as far as the text
    is YAML at all.
    """
    findings: list[Finding] = []
    roots: list[nodes.Mapping] = []
    for file, data in contents.items():
        root, found = read_yaml(data, file)
        findings += found
        if isinstance(root, nodes.Mapping):
            roots.append(root)
        elif root is not None:
            message = say("a plan is a mapping: lines of 'name: value', beginning with 'version: 1'")
            findings.append(Finding(root.position, Code.BAD_VALUE, message))
    merged, repeated = _merge(roots)
    if repeated and (left_over := copies(roots, repeated)):
        findings += left_over.values()
        merged, repeated = _merge([root for root in roots if root.position.file not in left_over])
    findings += map(_twice, repeated)
    positions = Positions(merged)
    if len(roots) < len(contents):
        return Candidate(None, None, positions, in_order(findings))
    remains, mistaken = _validate(positions)
    findings += mistaken
    return Candidate(None if has_errors(findings) else remains, remains, positions, in_order(findings))


def _plan_files(path: Path) -> list[Path]:
    found = candidates(path)
    if found:
        return found
    if path.is_dir():
        raise PlanError(
            say("the folder {path} holds no call plan", path=path),
            remedy=say("The files of a plan end in .yaml."),
        )
    raise PlanError(
        say("there is no call plan at {path}", path=path),
        remedy=say("Give the path of a YAML file or folder."),
    )


def candidates(path: Path) -> list[Path]:
    """Return the files that make the plan at ``path``; none where there is no plan."""
    if not path.is_dir():
        return [path] if path.is_file() else []
    return sorted(
        file
        for file in path.glob("*.yaml")
        if file.is_file() and file.name != secrets.FILE_NAME and not file.name.startswith(".")
    )


def _content(file: Path) -> bytes:
    """Return a file's content; a longer one than a plan may be only as far as needed to refuse it."""
    try:
        with file.open("rb") as stream:
            return stream.read(MAX_BYTES + 1)
    except OSError as error:
        raise PlanError(
            say("the call plan {file} cannot be read: {reason}", file=file, reason=error.strerror),
            remedy=say("Let the user that runs officesmart-ivr read it."),
        ) from error


def _merge(roots: Sequence[nodes.Mapping]) -> tuple[nodes.Mapping, list[Twice]]:
    """Merge files by section: sections of the same name become one, a name within them is unique.

    Returns the whole, and the entries that were left out, since they were there already. The files stay as
    they are.
    """
    repeated: list[Twice] = []
    if len(roots) == 1:
        return roots[0], repeated
    merged = nodes.Mapping(roots[0].position if roots else Position(""))
    for root in roots:
        merged.refused = merged.refused or root.refused
        for name, entry in root.entries.items():
            _merge_section(merged, name, entry, repeated)
    return merged, repeated


def _merge_section(merged: nodes.Mapping, name: str, entry: Entry, repeated: list[Twice]) -> None:
    value, earlier = entry.value, merged.entries.get(name)
    if earlier is None:
        if isinstance(value, nodes.Mapping):
            value = nodes.Mapping(value.position, dict(value.entries), value.refused)
        merged.entries[name] = Entry(entry.key, value)
        return
    if not (isinstance(earlier.value, nodes.Mapping) and isinstance(value, nodes.Mapping)):
        repeated.append(Twice(name, entry.key, earlier.key))
        return
    earlier.value.refused = earlier.value.refused or value.refused
    for inner, inner_entry in value.entries.items():
        first = earlier.value.entries.setdefault(inner, inner_entry)
        if first is not inner_entry:
            repeated.append(Twice(inner, inner_entry.key, first.key))


def _twice(entry: Twice) -> Finding:
    message = say(
        "{name} is in the plan twice; the first is at {place}; remove one",
        name=quoted(entry.name),
        place=entry.first,
    )
    return Finding(entry.again, Code.DUPLICATE_KEY, message)


def _validate(positions: Positions) -> tuple[CallPlan | None, list[Finding]]:
    """Return the model of a tree, or of what is left of it without its invalid parts, and the findings.

    Leaving a part out can make what surrounds it invalid (a menu without its announcement), hence rounds.
    """
    data = plain(positions.root)
    findings: list[Finding] = []
    for attempt in range(_MAX_SALVAGES):
        try:
            return CallPlan.model_validate(data), findings
        except ValidationError as error:
            errors = error.errors(include_url=False)
            if attempt == 0:
                findings += mistakes.explain(errors, positions)
            places = {mistakes.place(details) for details in errors[:MAX_FINDINGS]}
            if len(errors) > MAX_FINDINGS or not all(mistakes.without(data, place) for place in places):
                break
    return None, findings
