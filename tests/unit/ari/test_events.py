from __future__ import annotations

import msgspec
import pytest

from officesmart_ivr.ari.events import (
    EVENT_TYPES,
    ChannelDtmfReceived,
    Dial,
    StasisStart,
    UnknownEvent,
    decode,
)
from officesmart_ivr.ari.models import Channel

CHANNEL = (
    b'{"id":"1795368479.0","name":"PJSIP/trunk-00000000","state":"Ring","protocol_id":"a@b","caller":'
    b'{"name":"Rossi","number":"0612340000"},"connected":{"name":"","number":""},"accountcode":"","dialplan":'
    b'{"context":"trunks","exten":"100","priority":1,"app_name":"Stasis","app_data":"officesmart,inbound,100"},'
    b'"creationtime":"2026-11-22T17:27:59.210+0000","language":"en"}'
)
ABOUT = b'"timestamp":"2026-11-22T17:27:59.211+0000","asterisk_id":"02:00","application":"officesmart"'


def test_a_call_that_comes_in() -> None:
    frame = b'{"type":"StasisStart","args":["inbound","100"],"channel":%s,%s}' % (CHANNEL, ABOUT)
    event = decode(frame)
    assert isinstance(event, StasisStart)
    assert event.args == ["inbound", "100"]
    assert event.channel.caller.number == "0612340000"
    assert event.channel.dialplan.exten == "100"
    assert event.application == "officesmart"


def test_a_key_as_text() -> None:
    frame = b'{"type":"ChannelDtmfReceived","digit":"#","duration_ms":80,"channel":%s,%s}' % (CHANNEL, ABOUT)
    event = decode(frame.decode())
    assert isinstance(event, ChannelDtmfReceived)
    assert (event.digit, event.duration_ms) == ("#", 80)


def test_fields_of_a_later_release_are_ignored_and_missing_ones_tolerated() -> None:
    event = decode(b'{"type":"Dial","novelty":{"x":[1]},"peer":{"id":"leg-1","novelty":2}}')
    assert event == Dial(peer=Channel(id="leg-1"))


def test_an_unknown_type_is_kept_as_it_came() -> None:
    event = decode(b'{"type":"BridgeSang","application":"officesmart","song":"O sole mio"}')
    assert isinstance(event, UnknownEvent)
    assert (event.type, event.application, event.raw["song"]) == ("BridgeSang", "officesmart", "O sole mio")


@pytest.mark.parametrize(
    "frame", [b"", b"{", b"[]", b'{"application":"x"}', b'{"type":"StasisStart"}', b'{"type":7}', b"\xff\xfe"]
)
def test_what_is_no_event_is_refused(frame: bytes) -> None:
    with pytest.raises(msgspec.DecodeError):
        decode(frame)


def test_every_event_survives_a_round_trip() -> None:
    samples = {"channel": CHANNEL, "peer": CHANNEL, "bridge": b'{"id":"b"}', "bridge_from": b'{"id":"c"}'}
    samples |= {"playback": b'{"id":"p"}', "recording": b'{"name":"r"}', "digit": b'"1"', "message": b"{}"}
    samples |= {"endpoint": b'{"technology":"PJSIP","resource":"201"}', "peer_": b'{"peer_status":"x"}'}
    samples |= {"contact_info": b'{"uri":"sip:x"}', "device_state": b'{"name":"d"}', "refer_to": b"{}"}
    samples |= {"referred_by": b'{"source_channel":%s}' % CHANNEL}
    samples |= {"transferer_first_leg": CHANNEL, "transferer_second_leg": CHANNEL}
    for name, kind in EVENT_TYPES.items():
        required = [each for each in msgspec.structs.fields(kind) if each.required]
        texts = {
            each.name: samples["peer_" if (name, each.name) == ("PeerStatusChange", "peer") else each.name]
            for each in required
        }
        fields = b"".join(b',"%s":%s' % (key.encode(), text) for key, text in texts.items())
        event = decode(b'{"type":"%s"%s}' % (name.encode(), fields))
        assert type(event) is kind
        assert decode(msgspec.json.encode(event)) == event
