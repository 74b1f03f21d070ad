"""SIPp scenarios as text, for calls whose keys are known only when the command is given."""

from __future__ import annotations

from collections.abc import Sequence

from officesmart_ivr.testcall.errors import PhoneError
from officesmart_ivr.testcall.packets import KEYS

_SDP = """\
v=0
      o=- 1 1 IN IP[local_ip_type] [local_ip]
      s=-
      c=IN IP[media_ip_type] [media_ip]
      t=0 0
      m=audio [media_port] RTP/AVP 8 0 101
      a=rtpmap:8 PCMA/8000
      a=rtpmap:0 PCMU/8000
      a=rtpmap:101 telephone-event/8000
      a=fmtp:101 0-15
      a=ptime:20"""

_INVITE = f"""\
  <send retrans="500" start_rtd="1">
    <![CDATA[
      INVITE sip:[service]@[remote_ip]:[remote_port] SIP/2.0
      Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
      From: <sip:sipp@[local_ip]:[local_port]>;tag=[pid]x[call_number]
      To: <sip:[service]@[remote_ip]:[remote_port]>
      Call-ID: [call_id]
      CSeq: 1 INVITE
      Contact: <sip:sipp@[local_ip]:[local_port]>
      Max-Forwards: 70
      Content-Type: application/sdp
      Content-Length: [len]

      {_SDP}
    ]]>
  </send>
  <recv response="100" optional="true"/>
  <recv response="180" optional="true"/>
  <recv response="183" optional="true"/>
  <recv response="200" rtd="1" rrs="true"/>"""

_IN_CALL = """\
  <send{attributes}>
    <![CDATA[
      {method} [next_url] SIP/2.0
      Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
      [routes]
      From: <sip:sipp@[local_ip]:[local_port]>;tag=[pid]x[call_number]
      [last_To:]
      Call-ID: [call_id]
      CSeq: {number} {method}
      Max-Forwards: 70
{body}
    ]]>
  </send>"""

_NO_BODY = "      Content-Length: 0\n"
_KEY_BODY = """\
      Content-Type: application/dtmf-relay
      Content-Length: [len]

      Signal={key}
      Duration=100"""

_ANSWER_TO_BYE = """\
  <send>
    <![CDATA[
      SIP/2.0 200 OK
      [last_Via:]
      [last_From:]
      [last_To:]
      [last_Call-ID:]
      [last_CSeq:]
      Content-Length: 0

    ]]>
  </send>"""


def keys_scenario(
    keys: Sequence[str], *, before_key: float = 1.0, listen: float = 10.0, name: str = "keys"
) -> str:
    """A caller who waits for the answer, presses ``keys`` by SIP INFO, and listens.

    ``before_key`` seconds pass before each key. After the last one, the other side has ``listen`` seconds
    to end the call; else the caller hangs up. Both are a success. Raises PhoneError for what is no key.
    """
    if wrong := [key for key in keys if len(key) != 1 or key not in KEYS]:
        raise PhoneError(f"'{wrong[0]}' is not a key", remedy=f"Use the keys {' '.join(KEYS)}.")
    parts = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        f'<scenario name="{name}">',
        _INVITE,
        _request("ACK", 1),
    ]
    for place, key in enumerate(keys):
        parts += [
            f'  <pause milliseconds="{round(before_key * 1000)}"/>',
            _request("INFO", place + 2, body=_KEY_BODY.format(key=key)),
            '  <recv response="200"/>',
        ]
    parts += [
        f'  <recv request="BYE" timeout="{max(1, round(listen * 1000))}" ontimeout="1" next="2"/>',
        '  <label id="1"/>',
        _request("BYE", len(keys) + 2, next_label="3"),
        '  <label id="2"/>',
        _ANSWER_TO_BYE.replace("<send>", '<send next="4">'),
        '  <label id="3"/>',
        '  <recv response="200"/>',
        '  <label id="4"/>',
        '  <timewait milliseconds="200"/>',
        "</scenario>",
    ]
    return "\n".join(parts) + "\n"


def _request(method: str, number: int, *, body: str = _NO_BODY, next_label: str = "") -> str:
    again = "" if method == "ACK" else ' retrans="500"'
    after = f' next="{next_label}"' if next_label else ""
    return _IN_CALL.format(attributes=again + after, method=method, number=number, body=body)
