from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from officesmart_ivr.ari import AriClient
from officesmart_ivr.ari.fake import FakeAri, Fault
from officesmart_ivr.asterisk.provisioning import Key, Objects, reconcile, wanted
from officesmart_ivr.asterisk.render import PHONES_CONTEXT, TRUNKS_CONTEXT
from officesmart_ivr.callplan.model import CallPlan
from officesmart_ivr.callplan.secrets import extension_secret
from officesmart_ivr.errors import AriServerError

PLAN: dict[str, Any] = {
    "version": "1",
    "company": {"name": "Studio", "language": "it"},
    "extensions": {"201": {"name": 'Anna "Nina" Rossi'}, "202": {"name": "Bruno <Verdi>"}},
    "trunks": {"telecom": {"from_addresses": ["192.0.2.0/28", "2001:db8::1/128"]}},
}


def objects(**changes: Any) -> Objects:
    plan = CallPlan.model_validate(PLAN | changes)
    passwords = {extension_secret(number): f"secret of {number}" for number in plan.extensions}
    passwords["carrier"] = "secret of the carrier"
    return wanted(plan, passwords, "192.0.2.100")


def test_a_phone_is_known_by_name_and_password() -> None:
    made = objects()
    assert made[Key("auth", "201")] == {
        "auth_type": "userpass",
        "username": "201",
        "password": "secret of 201",
    }
    phone = made[Key("endpoint", "201")]
    assert (phone["auth"], phone["aors"], phone["identify_by"]) == ("201", "201", "username")
    assert phone["context"] == PHONES_CONTEXT
    assert phone["language"] == "it"
    assert phone["media_address"] == "192.0.2.100"
    assert phone["direct_media"] == "no"


def test_a_line_takes_so_many_phones_and_then_replaces_the_one_longest_away() -> None:
    aor = objects(extensions={"201": {"name": "Anna", "max_phones": "3"}})[Key("aor", "201")]
    assert (aor["max_contacts"], aor["remove_existing"], aor["remove_unavailable"]) == ("3", "yes", "yes")


@pytest.mark.parametrize(
    ("number", "caller_id"), [("201", "\"Anna 'Nina' Rossi\" <201>"), ("202", '"Bruno <Verdi>" <202>')]
)
def test_a_name_cannot_end_its_own_quotes(number: str, caller_id: str) -> None:
    assert objects()[Key("endpoint", number)]["callerid"] == caller_id


def test_only_phones_may_transfer() -> None:
    made = objects()
    assert "allow_transfer" not in made[Key("endpoint", "201")]
    assert made[Key("endpoint", "trunk-telecom")]["allow_transfer"] == "no"


def test_a_trunk_is_known_by_its_address_alone() -> None:
    made = objects()
    trunk = made[Key("endpoint", "trunk-telecom")]
    assert trunk["identify_by"] == "ip"
    assert trunk["context"] == TRUNKS_CONTEXT
    assert not trunk.keys() & {"auth", "aors"}
    assert made[Key("identify", "trunk-telecom")] == {
        "endpoint": "trunk-telecom",
        "match": "192.0.2.0/28,2001:db8::1/128",
    }
    assert not {Key("auth", "trunk-telecom"), Key("aor", "trunk-telecom")} & made.keys()


CARRIER: dict[str, Any] = {
    "server": "192.0.2.1:5070",
    "username": "user",
    "password": {"secret": "carrier"},
    "register": "yes",
    "inbound": "yes",
}


def test_a_carrier_is_registered_at_and_asked_whether_it_is_there() -> None:
    made = objects(trunks={"telecom": CARRIER})
    name = "trunk-telecom"
    assert made[Key("aor", name)]["contact"] == "sip:192.0.2.1:5070"
    assert int(made[Key("aor", name)]["qualify_frequency"]) > 0
    assert made[Key("auth", name)]["password"] == "secret of the carrier"
    registration = made[Key("registration", name)]
    assert registration["client_uri"] == "sip:user@192.0.2.1:5070"
    assert (registration["line"], registration["endpoint"]) == ("yes", name)
    endpoint = made[Key("endpoint", name)]
    assert (endpoint["outbound_auth"], endpoint["aors"]) == (name, name)
    assert (endpoint["context"], endpoint["identify_by"]) == (TRUNKS_CONTEXT, "ip")
    assert "auth" not in endpoint  # a carrier is not asked for a password of ours
    assert made[Key("identify", name)]["match"] == "192.0.2.1"


def test_calls_come_in_only_where_the_plan_says_so() -> None:
    made = objects(trunks={"telecom": CARRIER | {"inbound": "no"}})
    assert Key("identify", "trunk-telecom") not in made
    assert "line" not in made[Key("registration", "trunk-telecom")]


async def test_a_trunk_that_registers_no_more_is_unregistered(fake: FakeAri, ari: AriClient) -> None:
    await reconcile(ari, objects(trunks={"telecom": CARRIER}))
    fake.register("PJSIP/trunk-telecom")
    fewer = objects(trunks={"telecom": CARRIER | {"register": "no"}})
    await reconcile(ari, fewer)
    assert config(fake) == fewer


async def test_a_server_that_moves_is_forgotten_and_one_that_stays_is_not(
    fake: FakeAri, ari: AriClient
) -> None:
    def deleted() -> int:
        return sum(each.method == "DELETE" and "/aor/trunk" in each.path for each in fake.requests)

    await reconcile(ari, objects(trunks={"telecom": CARRIER}))
    await reconcile(ari, objects(trunks={"telecom": CARRIER}))
    assert deleted() == 0
    await reconcile(ari, objects(trunks={"telecom": CARRIER | {"server": "192.0.2.2"}}))
    assert deleted() == 1


@pytest.fixture
async def fake() -> AsyncIterator[FakeAri]:
    async with FakeAri() as fake:
        yield fake


@pytest.fixture
async def ari(fake: FakeAri) -> AsyncIterator[AriClient]:
    async with AriClient(fake.base_url, username=fake.username, password=fake.password) as ari:
        yield ari


def config(fake: FakeAri) -> dict[Key, dict[str, str]]:
    return {Key(kind, name): dict(fields) for (_, kind, name), fields in fake.world.config.items()}


async def test_asterisk_gets_them_in_the_order_of_their_references(fake: FakeAri, ari: AriClient) -> None:
    made = objects()
    await reconcile(ari, made)
    assert config(fake) == made
    kinds = [each.path.split("/")[-2] for each in fake.requests if each.method == "PUT"]
    order = {"auth": 0, "aor": 1, "endpoint": 2, "identify": 3}
    assert sorted(kinds, key=order.__getitem__) == kinds
    await reconcile(ari, made)
    assert config(fake) == made


async def test_the_addresses_of_phones_are_not_touched_until_the_line_changes(
    fake: FakeAri, ari: AriClient
) -> None:
    def pushed() -> int:
        return sum(each.method == "PUT" and each.path.endswith("/aor/201") for each in fake.requests)

    def line(**fields: str) -> Objects:
        return objects(extensions={"201": {"name": "Anna"} | fields}, trunks={})

    await reconcile(ari, line())
    aor = fake.world.config["res_pjsip", "aor", "201"]
    # As Asterisk says it: with the address of a phone, and in its own way of writing.
    aor |= {"contact": "sip:201@192.0.2.7", "remove_existing": "true", "qualify_timeout": "3.000000"}
    await reconcile(ari, line(name="Anna Neri"))
    assert pushed() == 1
    await reconcile(ari, line(max_phones="2"))
    assert pushed() == 2


async def test_what_the_plan_has_no_more_is_deleted(fake: FakeAri, ari: AriClient) -> None:
    await reconcile(ari, objects())
    for endpoint in ("201", "202", "trunk-telecom"):
        fake.register(f"PJSIP/{endpoint}")
    smaller = objects(extensions={"201": {"name": "Anna"}}, trunks={})
    await reconcile(ari, smaller)
    assert config(fake).keys() == smaller.keys()


async def test_a_refusal_is_told(fake: FakeAri, ari: AriClient) -> None:
    fake.order(Fault("/asterisk/config/*/aor/201", "PUT", status=500))
    with pytest.raises(ExceptionGroup) as errors:
        await reconcile(ari, objects())
    assert errors.group_contains(AriServerError)
    assert "secret of" not in str(errors.value.exceptions)
    assert not any(key.object_type == "endpoint" for key in config(fake))
