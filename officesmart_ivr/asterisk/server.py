"""Asterisk as a supervised child: its command, when it has booted, and what its log says when it has not."""

from __future__ import annotations

import asyncio
import base64
import urllib.error
import urllib.request
from collections.abc import Callable

from officesmart_ivr.asterisk.child import Child, last_lines
from officesmart_ivr.asterisk.render import ARI_USER, AsteriskSettings
from officesmart_ivr.asterisk.toolbox import Toolbox
from officesmart_ivr.errors import AsteriskError

_POLL_SECONDS = 0.02
_ARI_SECONDS = 5.0
_BOOTED = b"fully booted"
_ILL_TIMES = 3
"""Ending it ends all calls: it must have been silent for half a minute."""

_NO_TRANSPORT = "could not be started"
_OWNER_ALONE = 0o077
"""Asterisk writes its logs, recordings and database for the eyes of its owner."""


def asterisk_child(
    settings: AsteriskSettings, toolbox: Toolbox, *, on_restart: Callable[[], None] | None = None
) -> Child:
    """Asterisk, not yet started, with the configuration that ``render`` has written for ``settings``.

    Its ``start`` returns once Asterisk has booted and ARI answers, and raises AsteriskError otherwise.
    ``on_restart`` is called when Asterisk is back after it ended by itself: all calls are gone then.
    """
    log = settings.log
    output = log.with_name("output")
    since = log.stat().st_size if log.exists() else 0

    def telling_lines() -> list[str]:
        # "ERROR[" and not "ERROR": Asterisk writes the level with the number of its thread.
        return last_lines(log, containing=("ERROR[",), since=since) or last_lines(output)

    async def booted() -> None:
        await wait_until_booted(settings, toolbox)
        no_transport = last_lines(log, containing=(_NO_TRANSPORT,), since=since)
        if no_transport:
            raise AsteriskError(
                f"Asterisk could not use its SIP port {settings.sip_port}:\n  {no_transport[-1]}",
                remedy="Stop the program that holds it, or choose with --sip-port PORT (0: any free one).",
            )

    return Child(
        "Asterisk",
        toolbox.asterisk.command("-f", "-C", settings.configuration),
        output=output,
        wait_until_ready=booted,
        telling_lines=telling_lines,
        on_restart=on_restart,
        is_well=lambda: asyncio.to_thread(_answers, settings),
        ill_times=_ILL_TIMES,
        umask=_OWNER_ALONE,
    )


async def wait_until_booted(settings: AsteriskSettings, toolbox: Toolbox) -> None:
    """Wait until Asterisk has loaded everything and ARI answers.

    Waits for ever where Asterisk never starts: the caller sets the limit. Raises AsteriskError if Asterisk is
    up but ARI does not answer as it should.
    """
    # Nothing tells when a program begins to listen: this has to be asked for.
    while not await _console(settings, toolbox, "core waitfullybooted"):  # noqa: ASYNC110
        await asyncio.sleep(_POLL_SECONDS)
    await asyncio.to_thread(_ask_ari, settings)


async def _console(settings: AsteriskSettings, toolbox: Toolbox, command: str) -> bool:
    """Whether Asterisk is there and answers ``command``, which blocks until it has booted."""
    try:
        _, writer = await asyncio.open_unix_connection(settings.control_socket)
    except OSError:
        return False
    writer.close()
    process = await asyncio.create_subprocess_exec(
        *toolbox.asterisk.command("-C", settings.configuration, "-rx", command),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        output, _ = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    return _BOOTED in output


def _ask_ari(settings: AsteriskSettings) -> None:
    try:
        _open(settings, "/asterisk/info?only=status")
    except urllib.error.HTTPError as error:
        raise AsteriskError(
            f"Port {settings.ari_port} is answered, but not by this Asterisk's ARI (status {error.code}).",
            remedy="Another program holds the port: choose with --ari-port PORT (0: any that is free).",
        ) from error
    except OSError as error:
        raise AsteriskError(
            f"Asterisk is up, but ARI does not answer on port {settings.ari_port}: {error}.",
            remedy=f"{settings.log} says why.",
        ) from error


def _answers(settings: AsteriskSettings) -> bool:
    """Say whether Asterisk looks for a channel, which a stuck one does not; that there is none is fine."""
    try:
        _open(settings, "/channels/no-such-channel")
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False
    return True


def _open(settings: AsteriskSettings, path: str) -> None:
    """Ask ARI. Raises OSError: HTTPError is one too."""
    credentials = base64.b64encode(f"{ARI_USER}:{settings.ari_password}".encode()).decode()
    request = urllib.request.Request(
        f"{settings.ari_url}{path}", headers={"Authorization": f"Basic {credentials}"}
    )
    # A proxy of the environment must not come between us and our own machine.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    opener.open(request, timeout=_ARI_SECONDS).close()
