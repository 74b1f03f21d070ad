"""What is measured: Asterisk and the application as processes of their own, and the phones that call them."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from bench import plan
from officesmart_ivr.announcements.folder import SoundFolder, find_sounds
from officesmart_ivr.announcements.store import Library
from officesmart_ivr.asterisk import ports, toolbox
from officesmart_ivr.asterisk.child import Child
from officesmart_ivr.asterisk.render import ARI_USER, AsteriskSettings, render
from officesmart_ivr.asterisk.server import asterisk_child
from officesmart_ivr.callplan import secrets
from officesmart_ivr.callplan.checks import load
from officesmart_ivr.settings import DataFolder, shipped
from officesmart_ivr.testcall.phone import Phone
from officesmart_ivr.testcall.tones import Detector
from officesmart_ivr.testcall.udp import HostPort

_LOOPBACK = "127.0.0.1"
_ARI_PASSWORD_FILE = "ari-password"
_POLL_SECONDS = 0.05
_RINGING_HZ = 425


@dataclass(frozen=True, slots=True)
class Stage:
    """Both systems ready, a caller outside, a member's phone, and SIPp for load.

    ``asterisk`` and ``application`` are process ids. SIPp's files go to ``folder``.
    """

    caller: Phone
    member: Phone
    server: HostPort
    sipp: Sequence[str]
    folder: Path
    asterisk: int
    application: int
    detector: Detector


@asynccontextmanager
async def stage(folder: Path, box: toolbox.Toolbox, *, calls: int = 0) -> AsyncIterator[Stage]:
    """Start everything on free ports of loopback, in ``folder``; stop it at the end.

    ``calls``: how many calls at once have ports for their sound.

    Raises AsteriskError when Asterisk or the application does not start.
    """
    plan_path = plan.write(folder / "plan")
    data = DataFolder(folder / "data")
    data.make()
    chosen = ports.settle(_LOOPBACK, sip_port=0, ari_port=0, rtp_ports=(0, 0), calls=calls)
    settings = AsteriskSettings(
        data=data.asterisk,
        sip_bind=_LOOPBACK,
        sip_port=chosen.sip,
        ari_port=chosen.ari,
        rtp_ports=chosen.rtp,
        media_address=_LOOPBACK,
        ari_password=data.secret(_ARI_PASSWORD_FILE),
        extra_dialplan=_baseline(plan_path, data),
    )
    render(settings, box)
    async with (
        asterisk_child(settings, box) as asterisk,
        _application(plan_path, data, settings) as application,
    ):
        assert box.sipp
        assert asterisk.pid
        assert application.pid
        server = (_LOOPBACK, settings.sip_port)
        password = secrets.load(secrets.beside(plan_path))[secrets.extension_secret(plan.EXTENSION)]
        detector = Detector((*plan.TONES.values(), plan.MEMBERS_HZ, plan.CALLERS_HZ, _RINGING_HZ))
        async with (
            Phone("3331234567", server=server, detector=detector) as caller,
            Phone(plan.EXTENSION, password, server=server, detector=detector) as member,
        ):
            await member.register()
            yield Stage(
                caller,
                member,
                server,
                box.sipp.command(),
                folder / "sipp",
                asterisk.pid,
                application.pid,
                detector,
            )


def _baseline(plan_path: Path, data: DataFolder) -> str:
    """Publish the sounds as the application does, under the same names, and write the dialplan on them."""
    sounds = find_sounds(plan_path, None)
    checked = load(plan_path, SoundFolder(sounds), secrets=())
    return plan.baseline(Library(data.sounds, shipped("sounds")).publish(checked, sounds).clips)


def _application(plan_path: Path, data: DataFolder, settings: AsteriskSettings) -> Child:
    """Return the application, not yet started: a process of its own, as it runs in an office."""
    command = [
        *(sys.executable, "-m", "officesmart_ivr", "run"),
        *("--plan", str(plan_path), "--data", str(data.root)),
        *("--ari-url", f"http://{_LOOPBACK}:{settings.ari_port}", "--ari-user", ARI_USER),
        *("--ari-password-file", str(data.root / _ARI_PASSWORD_FILE)),
        *("--media-address", _LOOPBACK),
    ]

    async def ready() -> None:
        while not (data.read_state("run") or {}).get("ready"):  # noqa: ASYNC110 - the state of a file
            await asyncio.sleep(_POLL_SECONDS)

    return Child("the application", command, output=data.logs / "run.log", wait_until_ready=ready)
