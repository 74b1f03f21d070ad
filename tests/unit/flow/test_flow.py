"""The call flow of a plan: nothing is missing, and whatever names say the drawings stay well formed."""

from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from officesmart_ivr.cli.main import app
from officesmart_ivr.flow.graph import Box, Flow, Kind, Row, flow_of
from officesmart_ivr.flow.mermaid import mermaid
from officesmart_ivr.flow.svg import svg
from tests.unit.simulation.offices import OFFICE

SVG = "{http://www.w3.org/2000/svg}"
DEMO = Path(__file__).parents[3] / "config/callplan.yaml"

texts = st.text(max_size=60)


def ways(flow: Flow) -> set[tuple[str, str]]:
    return {(box.id, row.target) for box in flow.boxes.values() for row in box.rows if row.target}


def test_every_destination_is_drawn() -> None:
    flow = flow_of(OFFICE)
    menu = flow.boxes["menu/main/day"]
    assert {row.label[0]: row.target for row in menu.rows if not row.is_faint} == {
        "0": "hunt_group/linear",
        "1": "extension/201",
        "3": "menu/main/other",
        "4": "outside/+393331234567",
        "5": "",
        "6": "multiselection/off",
        "7": "extension/204",
        "8": "",
        "9": "",
        "#": "",
        "*": "",
    }
    assert all(row.target or row.says for box in flow.boxes.values() for row in box.rows)
    drawn = ways(flow)
    assert ("numbers/multiselection/main", "multiselection/main") in drawn
    assert {("multiselection/main", f"menu/main/{menu}") for menu in ("day", "closed", "feast")} <= drawn
    assert ("multiselection/off", "outside/+393331234567") in drawn
    assert {("hunt_group/queue", "extension/201"), ("hunt_group/queue", "extension/202")} <= drawn


def test_every_way_leads_to_a_box() -> None:
    for flow in (flow_of(OFFICE), flow_of(OFFICE, "main"), flow_of(OFFICE, "off")):
        assert {target for _, target in ways(flow)} <= flow.boxes.keys()


def test_one_multiselection_alone_has_what_its_callers_can_reach() -> None:
    flow = flow_of(OFFICE, "off")
    assert list(flow.boxes) == [
        "numbers/multiselection/off", "multiselection/off", "menu/off/day", "outside/+393331234567"
    ]  # fmt: skip
    with pytest.raises(KeyError):
        flow_of(OFFICE, "none")


def chain(count: int, text: str = "x") -> Flow:
    """Menus of which each leads to the next, to the first and to itself."""
    names = [f"m{number}" for number in range(count)]
    return Flow(
        {
            name: Box(
                name,
                Kind.MENU,
                text,
                (text,),
                (
                    Row(text, names[(number + 1) % count]),
                    Row(text, "m0"),
                    Row(text, name),
                    Row(text, "", text),
                ),
            )
            for number, name in enumerate(names)
        }
    )


@given(texts)
def test_the_picture_is_well_formed_whatever_names_say(text: str) -> None:
    drawn = ElementTree.fromstring(svg(chain(3, text)))
    assert len(drawn.findall(f"{SVG}path")) == 9


@given(texts)
def test_no_name_ends_a_label_of_the_text(text: str) -> None:
    lines = mermaid(chain(2, text)).splitlines()
    assert lines[0] == "flowchart LR"
    for line in lines[1:]:
        assert re.fullmatch(r'    n\d+(\["[^"`<>]*(<br/>[^"`<>]*)*"\]| -->(\|"[^"`<>]*"\|)? n\d+)', line), (
            line
        )


@pytest.mark.parametrize("flow", [flow_of(OFFICE), chain(100), chain(1)], ids=["office", "100 menus", "one"])
def test_boxes_lie_inside_the_picture_and_not_on_each_other(flow: Flow) -> None:
    drawn = ElementTree.fromstring(svg(flow))
    width, height = float(drawn.attrib["width"]), float(drawn.attrib["height"])
    boxes = []
    for rect in drawn.findall(f"{SVG}rect")[1:]:
        x, y, wide, high = (float(rect.attrib[name]) for name in ("x", "y", "width", "height"))
        assert x >= 0
        assert y >= 0
        assert x + wide <= width
        assert y + high <= height
        boxes.append((x, y, high))
    assert len(boxes) == len(flow.boxes)
    for (x, y, high), (other, following, _) in pairwise(sorted(boxes)):
        assert x != other or y + high < following


def test_the_command_prints_or_writes_the_drawing(tmp_path: Path) -> None:
    runner, written = CliRunner(), tmp_path / "flow.svg"
    printed = runner.invoke(app, ["flow", str(DEMO), "--format", "svg"])
    assert runner.invoke(app, ["flow", str(DEMO), "--format", "svg", "-o", str(written)]).exit_code == 0
    assert printed.stdout == written.read_text("utf-8")
    assert runner.invoke(app, ["flow", str(DEMO), "--format", "mermaid"]).stdout.startswith("flowchart")


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["--format", "svg", "--multiselection", "mian"], 2),
        (["--format", "png"], 2),
        ([], 2),
    ],
)
def test_bad_usage(arguments: list[str], code: int) -> None:
    assert CliRunner().invoke(app, ["flow", str(DEMO), *arguments]).exit_code == code
