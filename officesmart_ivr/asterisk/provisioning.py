"""The plan's phones and trunks as PJSIP objects, made over ARI without a reload.

Objects live in Asterisk's memory (``sorcery.conf`` maps their types to it), so they are pushed again after
each connection: Asterisk may have been restarted, and the plan may have changed meanwhile.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Mapping
from dataclasses import dataclass

from officesmart_ivr.ari.client import AriClient
from officesmart_ivr.asterisk.render import PHONES_CONTEXT, TRUNKS_CONTEXT, endpoint_media
from officesmart_ivr.callplan.model import CallPlan, Extension, Trunk
from officesmart_ivr.callplan.secrets import extension_secret
from officesmart_ivr.errors import AriNotFoundError, AriRequestError

_log = logging.getLogger(__name__)

TRUNK_PREFIX = "trunk-"
"""Trunks have endpoint names that no extension can have."""

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
        objects |= _trunk(TRUNK_PREFIX + name, trunk, common)
    return objects


def _phone(number: str, extension: Extension, password: str, common: Mapping[str, str]) -> Objects:
    display = extension.name.replace('"', "'")
    return {
        Key("auth", number): {"auth_type": "userpass", "username": number, "password": password},
        Key("aor", number): {
            "max_contacts": "1",
            "remove_existing": "yes",
            "qualify_frequency": "30",
            "qualify_timeout": "3",
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


def _trunk(endpoint: str, trunk: Trunk, common: Mapping[str, str]) -> Objects:
    return {
        # Only the address identifies a trunk: by name alone, anybody could say that he is it.
        Key("endpoint", endpoint): {**common, "context": TRUNKS_CONTEXT, "identify_by": "ip"},
        Key("identify", endpoint): {
            "endpoint": endpoint,
            "match": ",".join(trunk.from_addresses),
        },
    }


async def reconcile(ari: AriClient, objects: Objects) -> None:
    """Make Asterisk's phones and trunks those of ``objects``: push them all, delete the others.

    Raises AriError when Asterisk refuses one or cannot be reached.
    """
    limit = asyncio.Semaphore(_AT_ONCE)

    async def push(key: Key, fields: Mapping[str, str]) -> None:
        async with limit:
            if key.object_type == "identify":
                await _forget_addresses(ari, key.id)
            await ari.asterisk.push_config_object(_CLASS, key.object_type, key.id, fields)

    # An endpoint refers to its auth and aor, and an identify to its endpoint: one kind after the other.
    for kind in ("auth", "aor", "endpoint", "identify"):
        async with asyncio.TaskGroup() as pushing:
            for key, fields in objects.items():
                if key.object_type == kind:
                    pushing.create_task(push(key, fields))
    kept = {key.id for key in objects if key.object_type == "endpoint"}
    for endpoint in await ari.endpoints.list("PJSIP"):
        if endpoint.resource not in kept:
            await _delete(ari, endpoint.resource)
    _log.info("%d phones and trunks are known to Asterisk", len(kept))


async def _forget_addresses(ari: AriClient, endpoint: str) -> None:
    """Delete a trunk's addresses before they are pushed: Asterisk would add the new ones to the old."""
    with contextlib.suppress(AriNotFoundError):
        await ari.asterisk.delete_config_object(_CLASS, "identify", endpoint)


async def _delete(ari: AriClient, endpoint: str) -> None:
    """Forget an endpoint; a call that it is in goes on. One of Asterisk's own files is not ours and stays."""
    for kind in ("identify", "endpoint", "aor", "auth"):
        try:
            await ari.asterisk.delete_config_object(_CLASS, kind, endpoint)
        except AriNotFoundError:
            continue
        except AriRequestError:
            _log.info("%s %s stands in Asterisk's configuration files and is left alone", kind, endpoint)
            return
