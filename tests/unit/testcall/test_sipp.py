"""Running SIPp, with a small program in its place."""

import asyncio
import os
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

from officesmart_ivr.testcall.errors import PhoneError, SippError
from officesmart_ivr.testcall.scenario import keys_scenario
from officesmart_ivr.testcall.sipp import run_sipp
from tests.unit.calls.office import until

SERVER = ("127.0.0.1", 9)
SCENARIOS = Path(__file__).parents[2] / "sipp"
STAND_IN = """
import sys
from pathlib import Path
options = sys.argv[2:]
name = Path(options[options.index("-sf") + 1]).stem
Path(options[options.index("-stf") + 1]).write_text(
    "StartTime;SuccessfulCall(P);SuccessfulCall(C);FailedCall(C);FailedUnexpectedMessage(C);FailedTimeoutOnRecv(C);\\n"
    "a;0;0;0;0;0;\\n"
    "a;3;7;2;2;0;\\n"
)
Path(f"{name}_1_rtt.csv").write_text("Date_ms;response_time_ms;rtd_no\\n1;9.5;1\\n2;1.5;1\\n3")
Path(options[options.index("-error_file") + 1]).write_text(
    2 * "x: Aborting call: while expecting '200' (index 4), received 'SIP/2.0 486 Busy here\\nVia: x\\n"
)
sys.exit(1)
"""


async def test_results_are_read(tmp_path: Path) -> None:
    result = await run_sipp(
        [sys.executable, "-c", STAND_IN],
        SCENARIOS / "three_keys.xml",
        SERVER,
        folder=tmp_path / "out",
        number="100",
        calls=10,
    )
    assert (result.successful, result.failed, result.unfinished) == (7, 2, 1)
    assert result.causes == {"UnexpectedMessage": 2}
    assert result.errors == ["instead of 200 came SIP/2.0 486 Busy here"]
    assert (result.percentile_ms(50), result.percentile_ms(0)) == (9.5, 1.5)


@pytest.mark.parametrize(
    ("program", "said"),
    [
        ("import sys; print('no such option'); sys.exit(255)", "no such option"),
        ("raise SystemExit(0)", "statistics"),
    ],
)
async def test_a_sipp_that_made_no_calls(tmp_path: Path, program: str, said: str) -> None:
    command = [sys.executable, "-c", program]
    with pytest.raises(SippError, match=said):
        await run_sipp(command, SCENARIOS / "three_keys.xml", SERVER, folder=tmp_path, number="1")


async def test_a_sipp_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(SippError, match="nowhere"):
        await run_sipp(["/nowhere/sipp"], SCENARIOS / "three_keys.xml", SERVER, folder=tmp_path, number="1")


HANGS_UP = """
import os, signal, sys
from pathlib import Path
def end(*_):
    Path("ended").write_text(str(os.getpgrp()))
    sys.exit(0)
signal.signal(signal.SIGUSR1, end)
Path("begun").touch()
signal.pause()
"""


async def test_whoever_breaks_a_call_off_lets_sipp_hang_up_first(tmp_path: Path) -> None:
    """Else the other side would go on with a caller who is not there any more."""
    command = [sys.executable, "-c", HANGS_UP]
    task = asyncio.create_task(
        run_sipp(command, SCENARIOS / "three_keys.xml", SERVER, folder=tmp_path, number="1")
    )
    await until((tmp_path / "begun").exists)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    group = int((tmp_path / "ended").read_text())
    assert group != os.getpgrp(), "Ctrl-C on the terminal would reach SIPp too, and end it at once"


def test_the_keys_are_in_the_generated_scenario() -> None:
    scenario = ElementTree.fromstring(keys_scenario(["1", "#"]))
    sent = [step.text or "" for step in scenario.iter("send")]
    assert [text.split()[0] for text in sent] == ["INVITE", "ACK", "INFO", "INFO", "BYE", "SIP/2.0"]
    assert ("Signal=1" in sent[2], "Signal=#" in sent[3]) == (True, True)
    assert ["2 INFO" in sent[2], "3 INFO" in sent[3], "4 BYE" in sent[4]] == [True, True, True]


def test_only_keys_become_part_of_a_scenario() -> None:
    with pytest.raises(PhoneError):
        keys_scenario(["1", "]]>"])
