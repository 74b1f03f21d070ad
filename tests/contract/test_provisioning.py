"""What the plan's phones and trunks become in Asterisk, and what is not touched there."""

from __future__ import annotations

from typing import Any

import pytest

from officesmart_ivr.ari.asterisk import AsteriskResource
from officesmart_ivr.asterisk.provisioning import Objects, follow, wanted
from officesmart_ivr.callplan.model import CallPlan

from .worlds import Asterisk

SEVERAL = ("192.0.2.7", "192.0.3.0/24", "10.1.0.0/16", "2001:db8::/32", "2001:db9::1")


def trunk(*addresses: str) -> Objects:
    plan: dict[str, Any] = {
        "version": "1",
        "company": {"name": "Studio", "language": "it"},
        "trunks": {"contract": {"from_addresses": addresses}},
    }
    return wanted(CallPlan.model_validate(plan), {}, "192.0.2.100")


@pytest.mark.parametrize("addresses", [("192.0.2.7",), SEVERAL], ids=["one", "several"])
async def test_a_trunk_is_known_all_the_time_until_its_addresses_change(
    asterisk: Asterisk, monkeypatch: pytest.MonkeyPatch, addresses: tuple[str, ...]
) -> None:
    deleted: list[tuple[str, ...]] = []
    delete = AsteriskResource.delete_config_object

    async def noted(self: AsteriskResource, *names: str) -> None:
        deleted.append(names)
        await delete(self, *names)

    monkeypatch.setattr(AsteriskResource, "delete_config_object", noted)
    first, changed = trunk(*addresses), trunk("198.51.100.1")
    await follow(asterisk.ari, first, {})
    await follow(asterisk.ari, first, {})
    assert not deleted
    await follow(asterisk.ari, changed, {})
    assert [names[1] for names in deleted] == ["identify"]
    known = await asterisk.ari.asterisk.config_object("res_pjsip", "identify", "trunk-contract")
    assert known["match"].startswith("198.51.100.1")
    assert "," not in known["match"]
    await follow(asterisk.ari, {}, changed)
