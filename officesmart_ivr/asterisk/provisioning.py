"""The plan's phones and trunks as PJSIP objects, made over ARI without a reload.

Objects live in Asterisk's database (``sorcery.conf`` maps their types to it). They are pushed again after
each connection, since the plan may have changed meanwhile; calls go on to come in while that is done.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_network

from officesmart_ivr.ari.client import AriClient
from officesmart_ivr.asterisk.render import PHONES_CONTEXT, TRUNKS_CONTEXT, endpoint_media
from officesmart_ivr.callplan.fields import host_address
from officesmart_ivr.callplan.model import CallPlan, Extension, Trunk
from officesmart_ivr.callplan.secrets import extension_secret
from officesmart_ivr.core.target import trunk_endpoint, trunk_of
from officesmart_ivr.errors import AriNotFoundError, AriRequestError

_log = logging.getLogger(__name__)

QUALIFY_SECONDS = "30"
"""How often a phone is asked whether it is there. One that is not is not called."""

TRUNK_QUALIFY_SECONDS = 10
QUALIFY_TIMEOUT_SECONDS = 3
"""A carrier that falls silent is noticed within the sum of both. Asking costs it a packet, and us one."""

_KINDS = ("auth", "aor", "endpoint", "identify", "registration")
"""The types of objects. An endpoint refers to its auth and aor, the last two to their endpoint."""

_CODECS = ("g722", "alaw", "ulaw", "opus")
_AT_ONCE = 8
_CLASS = "res_pjsip"
"""All these types live in this module's configuration, whatever section of sorcery.conf maps them."""


@dataclass(frozen=True, slots=True)
class Key:
    """Where an object lives in Asterisk's configuration."""

    object_type: str
    id: str


Objects = Mapping[Key, Mapping[str, str]]


def wanted(
    plan: CallPlan, passwords: Mapping[str, str], media_address: str, codecs: tuple[str, ...] = _CODECS
) -> Objects:
    """Return the objects that a plan needs, in the order in which they must be made.

    ``passwords`` maps the names of secrets to their values; ``media_address`` is where phones send sound.
    """
    common = {
        "disallow": "all",
        "allow": ",".join(codecs),
        "direct_media": "no",
        "rtp_symmetric": "yes",
        "force_rport": "yes",
        "rewrite_contact": "yes",
        "dtmf_mode": "auto_info",
        "language": plan.company.language.value,
        **endpoint_media(media_address),
    }
    objects: dict[Key, Mapping[str, str]] = {}
    for number, extension in plan.extensions.items():
        password = passwords[extension_secret(number)]
        objects |= _phone(number, extension, password, common)
    for name, trunk in plan.trunks.items():
        objects |= _trunk(trunk_endpoint(name), trunk, passwords, common)
    return objects


def _phone(number: str, extension: Extension, password: str, common: Mapping[str, str]) -> Objects:
    display = extension.name.replace('"', "'")
    return {
        Key("auth", number): {"auth_type": "userpass", "username": number, "password": password},
        Key("aor", number): {
            # One phone too many takes the place of one that does not answer, else of the one whose
            # registration ends first: a phone that was replaced or reset leaves no dead one for good.
            "max_contacts": str(extension.max_phones),
            "remove_existing": "yes",
            "remove_unavailable": "yes",
            "qualify_frequency": QUALIFY_SECONDS,
            "qualify_timeout": str(QUALIFY_TIMEOUT_SECONDS),
            "minimum_expiration": "60",
        },
        Key("endpoint", number): {
            **common,
            "context": PHONES_CONTEXT,
            "auth": number,
            "aors": number,
            "identify_by": "username",
            "callerid": f'"{display}" <{number}>',
        },
    }


def _trunk(name: str, trunk: Trunk, passwords: Mapping[str, str], common: Mapping[str, str]) -> Objects:
    """Return a trunk's objects, all under the name of its endpoint.

    Only the address or the registration identifies a trunk: by name alone, anybody could say that he is it.
    """
    objects: dict[Key, Mapping[str, str]] = {}
    fields = {
        **common,
        "context": TRUNKS_CONTEXT,
        "identify_by": "ip",
        "allow_transfer": "no",
        # A name, so that callers keep their numbers. For none Asterisk writes "<unknown>" into its database,
        # and takes that for a number, everybody's, when it starts again.
        "callerid": name,
    }
    if trunk.server is not None:
        fields |= {
            "aors": name,
            "from_domain": trunk.host,
            # The number that is shown is ours to choose; carriers read it here when From is the account.
            "trust_id_outbound": "yes",
            "send_pai": "yes",
        }
        objects[Key("aor", name)] = {
            "contact": f"sip:{trunk.server}",
            "qualify_frequency": str(TRUNK_QUALIFY_SECONDS),
            "qualify_timeout": str(QUALIFY_TIMEOUT_SECONDS),
        }
    if trunk.username is not None and trunk.password is not None:
        fields |= {"outbound_auth": name}
        objects[Key("auth", name)] = {
            "auth_type": "userpass",
            "username": trunk.username,
            "password": passwords[trunk.password.secret],
        }
    objects[Key("endpoint", name)] = fields
    if trunk.registers:
        objects[Key("registration", name)] = _registration(name, trunk)
    address = host_address(trunk.host)
    known_by = trunk.from_addresses or ((address,) if address else ())
    if trunk.brings_calls and known_by:
        objects[Key("identify", name)] = {"endpoint": name, "match": ",".join(known_by)}
    return objects


def registered_address(trunk: Trunk) -> str:
    """Return the address under which a trunk registers, by which Asterisk tells of it."""
    return f"sip:{trunk.username}@{trunk.server}"


def _registration(name: str, trunk: Trunk) -> Mapping[str, str]:
    """Return the registration of a trunk: tried again for ever, and with ``line`` a way to know its calls."""
    fields = {
        "server_uri": f"sip:{trunk.server}",
        "client_uri": registered_address(trunk),
        "contact_user": trunk.username or "",
        "outbound_auth": name,
        "expiration": "600",
        "retry_interval": "30",
        "forbidden_retry_interval": "60",
        "fatal_retry_interval": "60",
        "auth_rejection_permanent": "no",
        "max_retries": "1000000",
        # By default up to ten seconds pass, so that thousands do not register at once; here there are few.
        "max_random_initial_delay": "1",
    }
    return {**fields, "line": "yes", "endpoint": name} if trunk.brings_calls else fields


async def reconcile(ari: AriClient, objects: Objects) -> None:
    """Make Asterisk's phones and trunks those of ``objects``: push them all, delete the others.

    One that Asterisk refuses is logged and left out. Raises AriError when it fails or cannot be reached.
    """
    await _push(ari, objects)
    kept = {key.id for key in objects if key.object_type == "endpoint"}
    for endpoint in await ari.endpoints.list("PJSIP"):
        # A trunk may have lost a part of what it was, such as its registration.
        if endpoint.resource not in kept or trunk_of(endpoint.resource):
            await _delete_all_but(ari, endpoint.resource, objects)
    _log.info("%d phones and trunks are known to Asterisk", len(kept))


async def follow(ari: AriClient, objects: Objects, before: Objects) -> None:
    """Make Asterisk's phones and trunks those of ``objects`` where they are those of ``before`` already.

    What has not changed is not touched. Raises as :func:`reconcile` does.
    """
    changed = {key: fields for key, fields in objects.items() if before.get(key) != fields}
    await _push(ari, changed)
    gone = dict.fromkeys(key.id for key in before if key not in objects)
    for endpoint in gone:
        await _delete_all_but(ari, endpoint, objects)


async def _push(ari: AriClient, changed: Objects) -> None:
    """Push what has changed, kind by kind: an object refers to those of the kinds before."""
    limit = asyncio.Semaphore(_AT_ONCE)

    async def push(key: Key, fields: Mapping[str, str]) -> None:
        async with limit:
            if not await _makes_way(ari, key, fields):
                return
            try:
                await ari.asterisk.push_config_object(_CLASS, key.object_type, key.id, fields)
            except AriRequestError as error:
                # The others can be served; this one cannot, however often it is tried.
                _log.error("Asterisk refuses %s %s: %s", key.object_type, key.id, error.message)

    for kind in _KINDS:
        async with asyncio.TaskGroup() as pushing:
            for key, fields in changed.items():
                if key.object_type == kind:
                    pushing.create_task(push(key, fields))


async def _makes_way(ari: AriClient, key: Key, fields: Mapping[str, str]) -> bool:
    """Delete what Asterisk would not replace; return False for what is as it shall be, not to be touched.

    Pushed again, an identify or the aor of a trunk gets the new addresses beside the old ones. The aor of a
    line gets those at which phones are registered as its own: each would stay for good, and may be rung when
    its phone is long gone. Deleted, it would lose them, and its phones be away until they register again; so
    it is pushed again only if it changes (measured on 22.10.1). While a trunk has no identify, its calls are
    refused with 401: an application that starts again shall not bring that about.
    """
    if key.object_type not in ("aor", "identify"):
        return True
    with suppress(AriNotFoundError):
        known = await ari.asterisk.config_object(_CLASS, key.object_type, key.id)
        if all(_plain(name, known.get(name, "")) == _plain(name, value) for name, value in fields.items()):
            return False
        if key.object_type == "identify" or "contact" in fields:
            await ari.asterisk.delete_config_object(_CLASS, key.object_type, key.id)
    return True


def _plain(name: str, value: str) -> object:
    """Make what we write equal to what Asterisk says: yes and true, 3 and 3.000000, /24 and its mask."""
    with suppress(ValueError):
        return frozenset(map(_network, value.split(","))) if name == "match" else float(value)
    return {"yes": "true", "no": "false"}.get(value, value)


def _network(text: str) -> IPv4Network | IPv6Network:
    """Read a network; ``ip_network`` knows no masks of IPv6, as Asterisk writes them. Raises ValueError."""
    address, _, mask = text.partition("/")
    if ":" in mask:
        text = f"{address}/{int(IPv6Address(mask)).bit_count()}"
    return ip_network(text)


async def _delete_all_but(ari: AriClient, endpoint: str, objects: Objects) -> None:
    """Forget those objects of an endpoint that are not wanted; a call that it is in goes on.

    One of Asterisk's own files is not ours and stays.
    """
    for kind in reversed(_KINDS):
        if Key(kind, endpoint) in objects:
            continue
        try:
            await ari.asterisk.delete_config_object(_CLASS, kind, endpoint)
        except AriNotFoundError:
            continue
        except AriRequestError:
            _log.info("%s %s stands in Asterisk's configuration files and is left alone", kind, endpoint)
            return
