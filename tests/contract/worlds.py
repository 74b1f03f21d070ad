"""What the contract suite needs of an Asterisk, the fake one's way and the real one's."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol, TypeVar

from officesmart_ivr.ari import AriClient
from officesmart_ivr.ari.events import Event, StasisStart
from officesmart_ivr.ari.fake import FakeAri
from officesmart_ivr.ari.stream import StreamDown, StreamUp
from officesmart_ivr.core.target import TRANSFERS_CONTEXT
from officesmart_ivr.testcall.incoming import IncomingCall
from officesmart_ivr.testcall.phone import Phone
from officesmart_ivr.testcall.tones import tone

E = TypeVar("E", bound="Event | StreamUp | StreamDown")


@dataclass
class EventLog:
    """Every event since the start; a test waits for those it expects."""

    seen: list[Event | StreamUp | StreamDown] = field(default_factory=list)
    _news: asyncio.Event = field(default_factory=asyncio.Event)

    def __call__(self, event: Event | StreamUp | StreamDown) -> None:
        self.seen.append(event)
        self._news.set()

    async def wait(self, kind: type[E], fits: Callable[[E], bool] = lambda event: True) -> E:
        """The first event of this kind that fits, seen already or yet to come."""
        position = 0
        async with asyncio.timeout(5):
            while True:
                for event in self.seen[position:]:
                    if isinstance(event, kind) and fits(event):
                        return event
                position = len(self.seen)
                self._news.clear()
                await self._news.wait()

    def of_channel(self, channel_id: str) -> list[Event]:
        """The events that name this channel as theirs (or as the dialled one)."""
        return [
            event
            for event in self.seen
            if isinstance(event, Event)
            and channel_id
            in (getattr(getattr(event, name, None), "id", None) for name in ("channel", "peer"))
        ]


class Asterisk(Protocol):
    """A fake or a real Asterisk with the same phones in it."""

    ari: AriClient
    events: EventLog
    answers: str
    """An endpoint that answers."""
    busy: str
    rings: str
    unreachable: str
    long_prompt: str
    short_prompt: str
    missing_prompt: str

    async def call_in(self) -> str: ...

    async def dial(self, channel_id: str, *, seconds: int | None = None) -> None: ...

    async def phone_answers(self, channel_id: str) -> None:
        """A leg to a phone that can transfer, answered."""

    async def phone_transfers(self, channel_id: str, number: str) -> None: ...

    async def phone_joins(self, first_id: str, second_id: str) -> None: ...

    async def phone_holds(self, channel_id: str) -> None: ...

    def prompt_ends(self, playback_id: str) -> None: ...

    def time_is_over(self, channel_id: str) -> None: ...

    async def presses(self, channel_id: str, keys: str) -> None:
        """Let the phone of a channel made by `phone_answers` press keys."""

    def speaks(self, channel_id: str, seconds: float) -> None:
        """Let the phone of a channel made by `phone_answers` say something for so long, then be silent."""

    def is_silent(self, recording: str) -> None:
        """The silence has lasted that ends a recording."""


@dataclass
class FakeAsterisk:
    """The fake: what phones do on a real Asterisk is done here as soon as they are dialled."""

    fake: FakeAri
    ari: AriClient
    events: EventLog
    answers: str = "PJSIP/answers"
    busy: str = "PJSIP/busy"
    rings: str = "PJSIP/rings"
    unreachable: str = "PJSIP/nobody"
    long_prompt: str = "sound:long"
    short_prompt: str = "sound:short"
    missing_prompt: str = "sound:missing"

    def __post_init__(self) -> None:
        for endpoint in (self.answers, self.busy, self.rings, "PJSIP/300"):
            self.fake.register(endpoint)
        self.fake.world.missing_media.add(self.missing_prompt)

    async def call_in(self) -> str:
        return self.fake.call_in("100")

    async def dial(self, channel_id: str, *, seconds: int | None = None) -> None:
        await self.ari.channel(channel_id).dial(timeout=seconds)
        match self.fake.world.channel(channel_id).name.rpartition("-")[0]:
            case self.answers:
                self.fake.member_answers(channel_id)
            case self.busy:
                self.fake.member_rejects(channel_id)

    async def phone_answers(self, channel_id: str) -> None:
        await self.ari.channels.create(endpoint=self.answers, channel_id=channel_id, app_args=["leg"])
        await self.dial(channel_id)

    async def phone_transfers(self, channel_id: str, number: str) -> None:
        self.fake.transfer(channel_id, number)

    async def phone_joins(self, first_id: str, second_id: str) -> None:
        self.fake.transfer_to(first_id, second_id)

    async def phone_holds(self, channel_id: str) -> None:
        self.fake.hold(channel_id)

    def prompt_ends(self, playback_id: str) -> None:
        self.fake.finish_playback(playback_id)

    def time_is_over(self, channel_id: str) -> None:
        self.fake.dial_times_out(channel_id)

    async def presses(self, channel_id: str, keys: str) -> None:
        self.fake.press(channel_id, keys)

    def speaks(self, channel_id: str, seconds: float) -> None:
        self.fake.world.recordings.says = bytes(round(seconds * 32000))

    def is_silent(self, recording: str) -> None:
        self.fake.recording_ends(recording)


DIALPLAN = """
[contract]
; As phones do, these take a moment: events of what happens at once come in any order.
exten => answers,1,Wait(0.2)
 same => n,Answer()
 same => n,Wait(60)
exten => busy,1,Wait(0.2)
 same => n,Hangup(17)
exten => rings,1,Wait(60)
; The extension is the name of the application that is to be entered.
exten => _suite!,1,Stasis(${EXTEN},inbound,100)
 same => n,Hangup()
"""


@dataclass
class RealAsterisk:
    """A real one, with `DIALPLAN` in it: prompts are silent files.

    Phones are Local channels, but for the one that transfers: that speaks SIP.
    """

    ari: AriClient
    events: EventLog
    folder: Path
    phone: Phone
    answers: str = "Local/answers@contract/n"
    busy: str = "Local/busy@contract/n"
    rings: str = "Local/rings@contract/n"
    unreachable: str = "PJSIP/officesmart-nobody"
    calls: int = 0
    on_phone: dict[str, IncomingCall] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name, seconds in (("long", 30), ("short", 0.1)):
            (self.folder / f"{name}.alaw").write_bytes(b"\xd5" * int(8000 * seconds))
        self.long_prompt = f"sound:{self.folder}/long"
        self.short_prompt = f"sound:{self.folder}/short"
        self.missing_prompt = f"sound:{self.folder}/missing"

    async def call_in(self) -> str:
        """A Local channel whose far half enters the application as a caller would."""
        self.calls += 1
        phone, caller = f"{self.ari.app}-phone-{self.calls}", f"{self.ari.app}-caller-{self.calls}"
        await self.ari.channels.create(
            endpoint=f"Local/{self.ari.app}@contract/n", channel_id=phone, other_channel_id=caller
        )
        await self.events.wait(StasisStart, lambda event: event.channel.id == phone)
        await self.dial(phone)
        return caller

    async def dial(self, channel_id: str, *, seconds: int | None = None) -> None:
        await self.ari.channel(channel_id).dial(timeout=seconds)

    async def phone_answers(self, channel_id: str) -> None:
        endpoint = f"PJSIP/{self.phone.user}"
        context = {"TRANSFER_CONTEXT": TRANSFERS_CONTEXT}
        await self.ari.channels.create(
            endpoint=endpoint, channel_id=channel_id, app_args=["leg"], variables=context
        )
        await self.events.wait(StasisStart, lambda event: event.channel.id == channel_id)
        await self.dial(channel_id)
        self.on_phone[channel_id] = await self.phone.incoming()
        await self.on_phone[channel_id].answered()

    async def phone_transfers(self, channel_id: str, number: str) -> None:
        assert await self.on_phone[channel_id].transfer(number) == 200

    async def phone_joins(self, first_id: str, second_id: str) -> None:
        assert await self.on_phone[first_id].transfer_to(self.on_phone[second_id]) == 200

    async def phone_holds(self, channel_id: str) -> None:
        await self.on_phone[channel_id].hold()

    def prompt_ends(self, playback_id: str) -> None:
        """It does by itself."""

    def time_is_over(self, channel_id: str) -> None:
        """It does by itself."""

    async def presses(self, channel_id: str, keys: str) -> None:
        await self.on_phone[channel_id].press(keys)

    def speaks(self, channel_id: str, seconds: float) -> None:
        self.on_phone[channel_id].rtp.say([*tone(1000, seconds), *[0] * 80_000])

    def is_silent(self, recording: str) -> None:
        """It is by itself."""
