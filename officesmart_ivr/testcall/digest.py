"""Digest authentication, the client's side (RFC 7616, RFC 8760; RFC 2617 for old servers)."""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Iterable
from dataclasses import dataclass

from officesmart_ivr.testcall.errors import MessageError

_HASHES = {"MD5": "md5", "SHA-256": "sha256", "SHA-512-256": "sha512_256"}
_PREFERRED = ("SHA-512-256", "SHA-256", "MD5")
_FIELD = re.compile(r'([A-Za-z0-9_-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,]+))')


@dataclass(frozen=True)
class Challenge:
    """What a server asks for. ``qop`` is ``auth`` or empty (a server of RFC 2069)."""

    realm: str
    nonce: str
    opaque: str = ""
    algorithm: str = "MD5"
    qop: str = ""


def parse_challenge(value: str) -> Challenge | None:
    """Read one WWW-Authenticate or Proxy-Authenticate; None where we cannot answer it."""
    scheme, _, rest = value.strip().partition(" ")
    fields = {name.lower(): quoted or plain for name, quoted, plain in _FIELD.findall(rest)}
    algorithm = fields.get("algorithm", "MD5").upper()
    offered = [word.strip() for word in fields.get("qop", "").split(",") if word.strip()]
    if scheme.lower() != "digest" or algorithm not in _HASHES or (offered and "auth" not in offered):
        return None
    if "realm" not in fields or "nonce" not in fields:
        return None
    qop = "auth" if offered else ""
    return Challenge(fields["realm"], fields["nonce"], fields.get("opaque", ""), algorithm, qop)


def best_challenge(values: Iterable[str]) -> Challenge:
    """The strongest of the challenges that we can answer. Raises MessageError where there is none."""
    known = [challenge for value in values if (challenge := parse_challenge(value)) is not None]
    if not known:
        raise MessageError("the server asks for a kind of authentication that a test phone does not know")
    return min(known, key=lambda challenge: _PREFERRED.index(challenge.algorithm))


def authorization(
    challenge: Challenge, *, user: str, password: str, method: str, uri: str, cnonce: str = "", count: int = 1
) -> str:
    """The value of Authorization or Proxy-Authorization that answers ``challenge``.

    ``cnonce`` is made up unless given; ``count`` says how often this nonce has been used.
    """
    cnonce, nonce_count = cnonce or secrets.token_hex(8), f"{count:08x}"
    secret = _hash(challenge, f"{user}:{challenge.realm}:{password}")
    request = _hash(challenge, f"{method}:{uri}")
    proof = f"{challenge.nonce}:{nonce_count}:{cnonce}:{challenge.qop}" if challenge.qop else challenge.nonce
    parts = [
        f'username="{user}"',
        f'realm="{challenge.realm}"',
        f'nonce="{challenge.nonce}"',
        f'uri="{uri}"',
        f'response="{_hash(challenge, f"{secret}:{proof}:{request}")}"',
        f"algorithm={challenge.algorithm}",
    ]
    if challenge.opaque:
        parts.append(f'opaque="{challenge.opaque}"')
    if challenge.qop:
        parts += [f"qop={challenge.qop}", f"nc={nonce_count}", f'cnonce="{cnonce}"']
    return "Digest " + ", ".join(parts)


def _hash(challenge: Challenge, text: str) -> str:
    return hashlib.new(_HASHES[challenge.algorithm], text.encode(), usedforsecurity=False).hexdigest()
