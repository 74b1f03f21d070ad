"""Running SIPp, the load generator, and reading its results."""

from __future__ import annotations

import asyncio
import csv
import re
import signal
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from officesmart_ivr.testcall.errors import SippError
from officesmart_ivr.testcall.udp import HostPort

_STATISTICS, _ERRORS, _SCREEN = "statistics.csv", "errors.log", "screen.log"
_FAILURE_PREFIX = "Failed"
_TOTAL_SUFFIX = "(C)"
_RAN = (0, 1, 97, 99)
"""Exit statuses that mean that calls were made, or at least could have been; others are mistakes."""
_GRACE_SECONDS = 10.0
_HANG_UP_SECONDS = 2.0
"""How long SIPp may take to hang its calls up when we end it."""
_UNEXPECTED = re.compile(r"while expecting '([^']+)'.*?received '([^'\r\n]+)")
_TIME_STAMP = re.compile(r"^[\d-]+\s+[\d:.]+\s+[\d.]+:\s*")


@dataclass(frozen=True)
class SippResult:
    """What became of the calls of one run.

    ``unfinished`` calls were still going on, or not yet made, when the time was up. ``causes`` counts the
    failed ones by SIPp's own words, such as ``UnexpectedMessage``; ``errors`` says what came instead of what,
    each once. ``response_ms`` are the times that the scenario measures (from INVITE to 200 in ours), sorted.
    """

    successful: int
    failed: int
    unfinished: int = 0
    causes: Mapping[str, int] = field(default_factory=dict)
    response_ms: Sequence[float] = ()
    errors: Sequence[str] = ()

    def percentile_ms(self, percent: float) -> float:
        """The response time that ``percent`` of the calls kept within. Raises SippError without any."""
        if not self.response_ms:
            raise SippError("no response time was measured", remedy="See the errors of the run.")
        return self.response_ms[min(len(self.response_ms) - 1, int(len(self.response_ms) * percent / 100))]

    def __str__(self) -> str:
        causes = [f"{count} {cause}" for cause, count in self.causes.items()]
        counts = f"{self.successful} calls went well, {self.failed} failed, {self.unfinished} did not finish"
        return "\n".join([", ".join([counts, *causes]), *self.errors])


async def run_sipp(
    command: Sequence[str],
    scenario: Path,
    server: HostPort,
    *,
    folder: Path,
    number: str,
    host: str = "127.0.0.1",
    port: int = 0,
    calls: int = 1,
    rate: float = 1.0,
    limit: int | None = None,
    within: float = 60.0,
    media: HostPort | None = None,
    values: Mapping[str, str] | None = None,
    call_id: str | None = None,
) -> SippResult:
    """Make ``calls`` calls to ``number`` with SIPp, ``rate`` a second and at most ``limit`` at once.

    ``command`` is SIPp's program (found on the PATH, or a whole path) with what has to stand before its own
    options. SIPp's files go to ``folder``, which should be in memory where load is measured. ``within``
    bounds the whole run in seconds. ``media`` is put into the SDP, so that an :class:`RtpEndpoint` there
    hears and speaks for a single call; without it nobody listens. ``values`` are keywords for the scenario.
    ``call_id`` is the Call-ID of a single call, by which others can find it. Port 0 takes a free one.

    Failed calls are part of the result. Raises SippError where SIPp cannot run or refuses the scenario.
    """
    scenario = _prepare(folder, scenario)
    options = [
        *("-sf", str(scenario), "-s", number, "-i", host, "-m", str(calls), "-r", f"{rate:g}"),
        *("-timeout", f"{max(1, round(within))}s", "-timeout_error", "-nostdin", "-skip_rlimit"),
        *("-trace_err", "-error_file", _ERRORS, "-trace_stat", "-stf", _STATISTICS, "-fd", "1"),
        *("-trace_rtt", "-rtt_freq", "1"),
    ]
    if port:
        options += ["-p", str(port)]
    if call_id is not None:
        options += ["-cid_str", call_id]
    if limit is not None:
        options += ["-l", str(limit)]
    if media is not None:
        options += ["-mi", media[0], "-mp", str(media[1])]
    for name, value in (values or {}).items():
        options += ["-key", name, value]
    status = await _run([*command, f"{server[0]}:{server[1]}", *options], folder, within + _GRACE_SECONDS)
    if status not in _RAN and not _text(folder / _STATISTICS):
        raise _refusal(folder, status)
    return _read_result(folder, scenario, calls)


def _prepare(folder: Path, scenario: Path) -> Path:
    """Make the folder, drop what an earlier run left in it, and return the scenario's whole path."""
    folder.mkdir(parents=True, exist_ok=True)
    for file in (folder / _STATISTICS, folder / _ERRORS, *_response_time_files(folder, scenario)):
        file.unlink(missing_ok=True)
    return scenario.resolve()


async def _run(command: Sequence[str], folder: Path, seconds: float) -> int:
    """Run SIPp to its end, and end it after ``seconds`` or when we are cancelled.

    It gets a session of its own: Ctrl-C on the terminal, sent to all of ours, would end it without a
    BYE, and its calls would go on without a caller.
    """
    with (folder / _SCREEN).open("wb") as screen:
        try:
            process = await asyncio.create_subprocess_exec(
                *command,
                cwd=folder,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=screen,
                stderr=screen,
                start_new_session=True,
            )
        except OSError as error:
            raise SippError(
                f"{command[0]} cannot be run: {error.strerror}", remedy="Say where SIPp is."
            ) from error
        try:
            return await asyncio.wait_for(process.wait(), seconds)
        except TimeoutError:
            raise SippError(f"SIPp did not end within {seconds:g} s and was stopped") from None
        finally:
            if process.returncode is None:
                await _end(process)


async def _end(process: asyncio.subprocess.Process) -> None:
    """Let SIPp hang its calls up, which it does by SIGUSR1, and kill it if it does not."""
    with suppress(ProcessLookupError):
        process.send_signal(signal.SIGUSR1)
        with suppress(TimeoutError):
            await asyncio.wait_for(process.wait(), _HANG_UP_SECONDS)
            return
        process.kill()
    await process.wait()


def _read_result(folder: Path, scenario: Path, calls: int) -> SippResult:
    row = _last_row(folder / _STATISTICS)
    totals = {
        name.removesuffix(_TOTAL_SUFFIX): int(value)
        for name, value in row.items()
        if name and name.endswith(_TOTAL_SUFFIX) and value and value.isdecimal()
    }
    causes = {
        name.removeprefix(_FAILURE_PREFIX): count
        for name, count in totals.items()
        if name.startswith(_FAILURE_PREFIX) and name != "FailedCall" and count
    }
    try:
        successful, failed = totals["SuccessfulCall"], totals["FailedCall"]
    except KeyError as missing:
        raise SippError(f"SIPp's statistics in {folder} have no column {missing}") from None
    return SippResult(
        successful,
        failed,
        unfinished=max(0, calls - successful - failed),
        causes=causes,
        response_ms=_response_times(folder, scenario),
        errors=_unexpected(_text(folder / _ERRORS)),
    )


def _last_row(path: Path) -> dict[str, str]:
    try:
        with path.open(newline="") as file:
            rows = list(csv.DictReader(file, delimiter=";"))
    except OSError as error:
        raise SippError(f"SIPp left no statistics: {path}: {error.strerror}") from error
    if not rows:
        raise SippError(f"SIPp's statistics are empty: {path}")
    return rows[-1]


def _response_times(folder: Path, scenario: Path) -> list[float]:
    """All response times in ms, sorted: the second column of SIPp's file of them."""
    times = []
    for path in _response_time_files(folder, scenario):
        with path.open(newline="") as file:
            for row in list(csv.reader(file, delimiter=";"))[1:]:
                with suppress(IndexError, ValueError):  # SIPp was stopped while it wrote this line
                    times.append(float(row[1]))
    return sorted(times)


def _response_time_files(folder: Path, scenario: Path) -> list[Path]:
    return list(folder.glob(f"{scenario.stem}_*_rtt.csv"))


def _unexpected(text: str) -> list[str]:
    """What SIPp's error log says came instead of what, each once."""
    found = (f"instead of {wanted} came {got}" for wanted, got in _UNEXPECTED.findall(text))
    return list(dict.fromkeys(found))


def _refusal(folder: Path, status: int) -> SippError:
    """The error of a SIPp that made no call, with its own last words."""
    lines = [
        line for line in (_text(folder / _ERRORS) or _text(folder / _SCREEN)).splitlines() if line.strip()
    ]
    words = _TIME_STAMP.sub("", lines[-1]) if lines else "it said nothing"
    return SippError(
        f"SIPp made no calls and ended with status {status}: {words}", remedy=f"Its files are in {folder}."
    )


def _text(path: Path) -> str:
    try:
        return path.read_text(errors="replace")
    except OSError:
        return ""
