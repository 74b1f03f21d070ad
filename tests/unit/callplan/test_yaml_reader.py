from __future__ import annotations

from collections.abc import Iterator

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from officesmart_ivr.callplan import yaml_reader
from officesmart_ivr.callplan.findings import MAX_FINDINGS, Code
from officesmart_ivr.callplan.nodes import Mapping, Node, Scalar, Sequence, plain
from officesmart_ivr.callplan.yaml_reader import MAX_BYTES, MAX_DEPTH, MAX_NODES, read_yaml

words = st.text(
    st.characters(exclude_categories=["Cc", "Cs", "Cn", "Co", "Zl", "Zp"], exclude_characters="\ufeff")
)
trees = st.recursive(
    words,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(words, inner, max_size=4),
    max_leaves=20,
)


def leaves(node: Node) -> Iterator[Scalar]:
    match node:
        case Scalar():
            yield node
        case Sequence():
            for item in node.items:
                yield from leaves(item)
        case Mapping():
            for name, entry in node.entries.items():
                yield Scalar(entry.key, name)
                yield from leaves(entry.value)


@pytest.mark.parametrize(
    "written", ["0123", "+39", "1:30", "no", "null", "~", "1e3", "2026-12-25", "0x10", ".5"]
)
def test_a_scalar_stays_as_written(written: str) -> None:
    root, findings = read_yaml(f"a: {written}\n".encode(), "plan.yaml")
    assert root is not None
    assert (plain(root), findings) == ({"a": written}, [])


@given(trees)
def test_what_is_written_is_read_and_found_at_its_place(tree: object) -> None:
    text = yaml.safe_dump({"root": tree}, allow_unicode=True, default_style='"', width=10**6)
    root, findings = read_yaml(text.encode(), "plan.yaml")
    assert root is not None
    assert findings == []
    assert plain(root) == {"root": tree}
    lines = text.split("\n")
    for leaf in leaves(root):
        rest = lines[leaf.position.line - 1][leaf.position.column - 1 :].removeprefix("? ")
        assert yaml.safe_load(rest[: _end_of_quoted(rest)]) == leaf.text


def _end_of_quoted(text: str) -> int:
    end = 1
    while text[end] != '"':
        end += 2 if text[end] == "\\" else 1
    return end + 1


@pytest.mark.parametrize(
    ("data", "place"),
    [
        (b"a: 1\nb: \xff\n", (2, 4)),
        ("a: 1\n".encode("utf-16"), (1, 1)),
        (b"a: 1\nbc: \x00\n", (2, 5)),
        ("a: 1\nè: \u0007\n".encode(), (2, 4)),
        ("a: b\ufeff\n".encode(), (1, 5)),
        (b"a: " + b"x" * MAX_BYTES, (1, 1)),
    ],
    ids=["not utf-8", "utf-16", "nul", "bell", "byte order mark inside", "too large"],
)
def test_bytes_that_are_no_plan(data: bytes, place: tuple[int, int]) -> None:
    root, findings = read_yaml(data, "plan.yaml")
    assert root is None
    assert [(finding.code, finding.position[1:]) for finding in findings] == [(Code.YAML, place)]


def test_a_byte_order_mark_at_the_start_is_no_fault() -> None:
    root, findings = read_yaml("\ufeffa: 1\r\nb: 2\r\n".encode(), "plan.yaml")
    assert root is not None
    assert (plain(root), findings) == ({"a": "1", "b": "2"}, [])


HOSTILE = {
    "deep lists": "[" * MAX_BYTES,
    "deep blocks": "- " * (MAX_BYTES // 2),
    "wide": "[" + "a," * (MAX_BYTES // 2 - 1) + "]",
    "aliases": "[" + "*a , " * (MAX_BYTES // 5 - 1) + "]",
    "anchors": "[" + "&a a," * (MAX_BYTES // 5 - 1) + "]",
    "equal keys": "a: 1\n" * (MAX_BYTES // 5),
    "documents": "--- a\n" * (MAX_BYTES // 6),
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_text_is_left_after_a_bounded_number_of_steps(
    text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps = 0
    events = yaml_reader._events

    def counted(text: str) -> Iterator[yaml.Event]:
        nonlocal steps
        for event in events(text):
            steps += 1
            yield event

    monkeypatch.setattr(yaml_reader, "_events", counted)
    root, findings = read_yaml(text.encode(), "plan.yaml")
    assert root is None
    assert 0 < len(findings) <= MAX_FINDINGS + 1
    assert steps <= 2 * (MAX_NODES + MAX_DEPTH)


def test_directives_never_reach_the_parser(monkeypatch: pytest.MonkeyPatch) -> None:
    """A thousand of them would cost libyaml a million comparisons."""
    monkeypatch.setattr(yaml_reader, "_events", lambda _: pytest.fail("the parser was asked"))
    text = "".join(f"%TAG !t{number}! x:\n" for number in range(1000))
    _, findings = read_yaml(text.encode(), "plan.yaml")
    assert [finding.code for finding in findings] == [Code.YAML]
