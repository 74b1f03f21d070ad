"""What a caller hears at a menu, by tone, from a real Asterisk."""

from __future__ import annotations

import pytest

from tests.live import plan
from tests.live.station import Station


async def test_welcome_then_a_key_leads_to_the_next_menu_and_star_goes_back(station: Station) -> None:
    async with station.caller() as caller:
        call = caller.call("100")
        await call.answered()
        await station.hears(call, "welcome")
        pressed = await call.press("1")
        heard = await station.hears(call, "sales", after=pressed)
        assert heard - pressed < 200_000_000
        pressed = await call.press("*")
        await station.hears(call, "welcome", after=pressed)


async def test_a_key_stops_the_prompt_at_once(station: Station) -> None:
    async with station.caller() as caller:
        call = caller.call("100")
        await station.hears(call, "welcome")
        pressed = await call.press("1")
        await station.hears(call, "sales", after=pressed)
        welcome = next(segment for segment in call.rtp.segments if segment.sound == plan.TONES["welcome"])
        assert welcome.last_ns - pressed < 100_000_000
        assert welcome.last_ns - welcome.first_ns < 2_500_000_000


async def test_replay(station: Station) -> None:
    async with station.caller() as caller:
        call = caller.call("100")
        await station.hears(call, "welcome")
        pressed = await call.press("9")
        # The old and the new prompt are the same tone: only a fresh full length proves the replay.
        await call.rtp.hear_silence(within=6)
        last = call.rtp.segments[-1] if call.rtp.segments[-1].sound else call.rtp.segments[-2]
        assert last.last_ns - pressed > 2_800_000_000


async def test_play_comes_back_to_the_menu(station: Station) -> None:
    async with station.caller() as caller:
        call = caller.call("100")
        await station.hears(call, "welcome")
        pressed = await call.press("4")
        played = await station.hears(call, "directions", after=pressed)
        await station.hears(call, "welcome", after=played)


async def test_an_unknown_key_plays_the_invalid_prompt_and_gives_up_after_the_attempts(
    station: Station,
) -> None:
    async with station.caller() as caller:
        call = caller.call("100")
        await station.hears(call, "welcome")
        pressed = await call.press("6")
        heard = await station.hears(call, "invalid", after=pressed)
        heard = await station.hears(call, "welcome", after=heard)
        pressed = await call.press("6")
        await station.hears(call, "offers", after=pressed)


async def test_silence_plays_the_no_input_prompt_and_then_goes_where_the_plan_says(station: Station) -> None:
    async with station.caller() as caller:
        call = caller.call("100")
        welcome = await station.hears(call, "welcome")
        no_input = await station.hears(call, "own-no-input", within=6)
        # Three seconds of announcement, then one second of silence.
        assert 3.8e9 < no_input - welcome < 4.6e9
        again = await station.hears(call, "welcome", after=no_input)
        await station.hears(call, "offers", after=again, within=6)


async def test_a_key_pressed_before_the_prompt_has_begun_counts(station: Station) -> None:
    async with station.caller() as caller:
        call = caller.call("100")
        await call.answered()
        await call.press("1", seconds=0.04)
        await station.hears(call, "sales")


@pytest.mark.parametrize("by_info", [False, True])
async def test_a_typed_extension_rings_it(station: Station, by_info: bool) -> None:
    async with station.phone("201") as phone, station.caller() as caller:
        call = caller.call("100")
        await station.hears(call, "welcome")
        await call.press("201", by_info=by_info)
        incoming = await phone.incoming()
        await call.hang_up()
        await incoming.ended()


async def test_a_key_that_begins_extensions_waits_and_then_counts(station: Station) -> None:
    async with station.caller() as caller:
        call = caller.call("100")
        await station.hears(call, "welcome")
        pressed = await call.press("2")
        heard = await station.hears(call, "offers", after=pressed, within=5)
        assert 1.9e9 < heard - pressed < 2.5e9


async def test_hash_ends_an_entry(station: Station) -> None:
    async with station.caller() as caller:
        call = caller.call("100")
        await station.hears(call, "welcome")
        pressed = await call.press("2#")
        await station.hears(call, "offers", after=pressed, within=1)


async def test_another_multiselection_and_back(station: Station) -> None:
    async with station.caller() as caller:
        call = caller.call("101")
        await station.hears(call, "second")
        pressed = await call.press("0")
        heard = await station.hears(call, "welcome", after=pressed)
        pressed = await call.press("8")
        await station.hears(call, "second", after=max(pressed, heard))


async def test_hang_up_and_busy(station: Station) -> None:
    async with station.caller() as caller:
        call = caller.call("100")
        await station.hears(call, "welcome")
        await call.press("#")
        assert (await call.ended(within=2)).cause == 16
        call = caller.call("100")
        await station.hears(call, "welcome")
        pressed = await call.press("7")
        await call.rtp.hear(plan.RINGING_TONE, within=2, after=pressed)
        assert (await call.ended(within=6)).cause == 17


async def test_an_unknown_number_is_heard_unanswered_and_released_as_unallocated(station: Station) -> None:
    async with station.caller() as caller:
        call = caller.call("999")
        await station.hears(call, "unknown-number")
        ending = await call.ended(within=3)
        assert (ending.status, call.answered_ns) == (404, 0)


async def test_a_caller_who_never_presses_a_key_is_released(station: Station) -> None:
    async with station.caller() as caller:
        call = caller.call("100")
        await call.answered()
        await call.press("1")
        assert (await call.ended(within=6)).cause == 16


async def test_keys_typed_at_once_walk_the_menus(station: Station) -> None:
    """The 1 cannot continue the 2, so the 2 leads to a menu that the 1 means nothing in."""
    async with station.caller() as caller:
        call = caller.call("100")
        await station.hears(call, "welcome")
        pressed = await call.press("21")
        await station.hears(call, "invalid", after=pressed)


async def test_a_key_during_an_announcement_counts_at_the_menu_after_it(station: Station) -> None:
    async with station.caller() as caller:
        call = caller.call("100")
        await station.hears(call, "welcome")
        pressed = await call.press("4")
        await station.hears(call, "directions", after=pressed)
        pressed = await call.press("1")
        await station.hears(call, "sales", after=pressed, within=0.5)
