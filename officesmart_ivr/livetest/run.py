"""Plan tests as real calls, from the first to the last: one Asterisk, one application, one test at a time."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from officesmart_ivr.asterisk.toolbox import Toolbox
from officesmart_ivr.callplan import secrets
from officesmart_ivr.core.prepared import PreparedPlan
from officesmart_ivr.core.target import trunk_endpoint
from officesmart_ivr.livetest.codewords import Codewords
from officesmart_ivr.livetest.derived import announcements_of, derive
from officesmart_ivr.livetest.office import Office
from officesmart_ivr.livetest.rig import Rig, application, asterisk_on_loopback
from officesmart_ivr.livetest.town import furnished, town, voices_of
from officesmart_ivr.simulation.request import Request
from officesmart_ivr.simulation.result import Result

_CALLS_PER_LINE = 2
_MORE_CALLS = 50
_TRUNK_SECONDS = 15.0
_POLL_SECONDS = 0.02


class LiveTests:
    """Makes the calls of tests, each in an office that remembers nothing before them."""

    def __init__(self, office: Office) -> None:
        self._office = office

    async def make(self, requests: Sequence[Request]) -> list[Result]:
        """Make the calls of one test, and return what became of each. Raises LiveTestError."""
        self._office.open(requests[0].at)
        try:
            calls = await self._office.make(requests)
            return [call.result() for call in calls]
        finally:
            await self._office.clear()


@asynccontextmanager
async def live_tests(
    path: Path, plan: PreparedPlan, seconds: Callable[[str], float], box: Toolbox
) -> AsyncIterator[LiveTests]:
    """Start what the tests of a plan need; nothing of it is left behind.

    ``path`` is where the plan stands, ``seconds`` tells how long its announcements last, by their ids. Raises
    OfficeSmartError.
    """
    codewords = Codewords([*announcements_of(plan.plan), *voices_of(plan.plan)])
    lines = sum(extension.max_calls for extension in plan.plan.extensions.values())
    with tempfile.TemporaryDirectory(prefix="officesmart-livetest-") as scratch:
        folder = Path(scratch)
        calls = lines * _CALLS_PER_LINE + _MORE_CALLS
        async with (
            asterisk_on_loopback(folder / "data", box, calls=calls) as rig,
            town(plan.plan, codewords, rig.server) as people,
        ):
            derived = await asyncio.to_thread(
                derive, path, plan.plan, folder, codewords, people.servers, plan.pin
            )
            known = secrets.ensure(secrets.beside(derived.plan), secrets.made_up(plan.plan))
            run = rig.run_settings(derived.plan, derived.sounds, watch=False)
            office = Office(plan, seconds, people)
            async with (
                furnished(people, lambda line: known[secrets.extension_secret(line)], rig.server),
                application(run, rig.ari, office.kept, office.circumstances) as office.application,
            ):
                await office.settle()
                await _carriers_answer(rig, people.servers)
                yield LiveTests(office)


async def _carriers_answer(rig: Rig, trunks: Iterable[str]) -> None:
    """Wait for what no event tells in time: the stand-ins of carriers have answered Asterisk."""
    async with asyncio.timeout(_TRUNK_SECONDS):
        for trunk in trunks:
            endpoint = rig.ari.endpoint("PJSIP", trunk_endpoint(trunk))
            while (await endpoint.get()).state != "online":  # noqa: ASYNC110
                await asyncio.sleep(_POLL_SECONDS)
