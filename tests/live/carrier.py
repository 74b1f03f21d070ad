"""A test carrier: a second Asterisk that takes a registration with digest, and the people behind it.

The office talks to it from 127.0.0.1; the people are test phones at 127.0.0.2, each known to the carrier by
that address. Whatever number the office calls rings there, and whatever number they call goes to the office.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from officesmart_ivr.ari.client import AriClient
from officesmart_ivr.asterisk import ports, toolbox
from officesmart_ivr.asterisk.child import Child
from officesmart_ivr.asterisk.render import ARI_USER, AsteriskSettings, endpoint_media, render
from officesmart_ivr.asterisk.server import asterisk_child
from officesmart_ivr.callplan import secrets
from officesmart_ivr.testcall.behaviours import Behaviour
from officesmart_ivr.testcall.phone import Phone
from officesmart_ivr.testcall.tones import Detector
from tests.live import plan

OFFICE, PEOPLE = "127.0.0.1", "127.0.0.2"
USERNAME, PASSWORD = "0212345678", "a-carriers-secret"
REDIRECTING = "+393990000302"
"""A number that the carrier answers with 302, naming another one."""

_PJSIP = """
[office]
type = auth
auth_type = userpass
username = {username}
password = {password}

[{username}]
type = aor
max_contacts = 1
remove_existing = yes

[{username}]
type = endpoint
context = from-office
auth = office
aors = {username}
{media}

[office]
type = identify
endpoint = {username}
match = {office}

[people]
type = aor
contact = sip:{people}:{people_port}

[people]
type = endpoint
context = from-people
aors = people
{media}

[people]
type = identify
endpoint = people
match = {people}
"""

_DIALPLAN = """
[from-office]
exten => {redirecting},1,Transfer(PJSIP/sip:+393331112222@{office}:{port})
 same => n,Hangup()
exten => _[+0-9]!,1,Dial(PJSIP/${{EXTEN}}@people)
 same => n,Hangup(${{HANGUPCAUSE}})

[from-people]
exten => _[+0-9]!,1,Dial(PJSIP/${{EXTEN}}@{username})
 same => n,Hangup(${{HANGUPCAUSE}})
"""


@dataclass
class Carrier:
    """The carrier while it runs. ``asterisk`` may be stopped and started again."""

    settings: AsteriskSettings
    asterisk: Child
    ari: AriClient
    people_port: int
    detector: Detector

    @property
    def server(self) -> str:
        """What the office's plan names as the trunk's server."""
        return f"{OFFICE}:{self.settings.sip_port}"

    def expect(self, password: str) -> None:
        """Take this password of the office, and no other, from the next start on."""
        file = self.settings.configuration.with_name("pjsip.conf")
        file.write_text(re.sub("(?m)^password = .*", f"password = {password}", file.read_text()))

    async def registered(self) -> None:
        """Wait until the office has registered."""
        await until_state(self.ari, USERNAME, "online")

    @asynccontextmanager
    async def person(
        self, number: str = "3331234567", behaviour: Behaviour | None = None
    ) -> AsyncIterator[Phone]:
        """Everybody outside, one at a time: calls the office from ``number``, and is called as any number."""
        async with Phone(
            number,
            server=(OFFICE, self.settings.sip_port),
            host=PEOPLE,
            port=self.people_port,
            behaviour=behaviour,
            detector=self.detector,
        ) as phone:
            yield phone


def write_plan(folder: Path, text: str, world: Carrier) -> Path:
    """Write a plan with the carrier's SERVER, USERNAME and REDIRECTING, and its secret; return its path."""
    names = {"SERVER": world.server, "USERNAME": f'"{USERNAME}"', "REDIRECTING": REDIRECTING}
    for name, value in names.items():
        text = text.replace(name, value)
    path = plan.write(folder, text)
    secret = path.parent / secrets.FILE_NAME
    secret.touch(0o600)
    secret.write_text(f"carrier: {PASSWORD}\n")
    return path


async def until_state(ari: AriClient, endpoint: str, state: str, *, within: float = 15.0) -> None:
    """Wait for what no event tells in time: an endpoint is online or offline."""
    async with asyncio.timeout(within):
        while (await ari.endpoint("PJSIP", endpoint).get()).state != state:  # noqa: ASYNC110
            await asyncio.sleep(0.05)


@asynccontextmanager
async def carrier(folder: Path, box: toolbox.Toolbox) -> AsyncIterator[Carrier]:
    """Start a carrier on free ports."""
    detector = Detector((*plan.TONES.values(), *plan.VOICES, plan.RINGING_TONE))
    chosen = ports.settle(OFFICE, sip_port=0, ari_port=0, rtp_ports=(0, 0))
    people_port = ports.settle(PEOPLE, sip_port=0, ari_port=0, rtp_ports=(0, 0)).sip
    names = {
        "username": USERNAME,
        "password": PASSWORD,
        "office": OFFICE,
        "people": PEOPLE,
        "people_port": people_port,
        "redirecting": REDIRECTING,
        "port": chosen.sip,
        "media": _lines({"disallow": "all", "allow": "alaw", "direct_media": "no", **endpoint_media(OFFICE)}),
    }
    settings = AsteriskSettings(
        data=folder,
        sip_bind=OFFICE,
        sip_port=chosen.sip,
        ari_port=chosen.ari,
        rtp_ports=chosen.rtp,
        media_address=OFFICE,
        ari_password="carrier",
        system_name="carrier",
        extra_dialplan=_DIALPLAN.format_map(names),
    )
    render(settings, box)
    etc = settings.configuration.parent
    for file, more in (
        ("pjsip.conf", _PJSIP.format_map(names)),
        ("modules.conf", "load = app_transfer.so\n"),
    ):
        with (etc / file).open("a") as stream:
            stream.write(more)
    async with (
        asterisk_child(settings, box) as asterisk,
        AriClient(settings.ari_url, username=ARI_USER, password=settings.ari_password) as ari,
    ):
        yield Carrier(settings, asterisk, ari, people_port, detector)


def _lines(fields: dict[str, str]) -> str:
    return "\n".join(f"{name} = {value}" for name, value in fields.items())
