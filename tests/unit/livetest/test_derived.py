"""The plan that is called for real: the admin's, but nothing of it leads off this machine."""

from __future__ import annotations

from ipaddress import ip_address, ip_network
from pathlib import Path

import pytest

from officesmart_ivr.announcements.folder import SoundFolder
from officesmart_ivr.callplan import secrets
from officesmart_ivr.callplan.calendar_files import CalendarFolder
from officesmart_ivr.callplan.checks import load
from officesmart_ivr.callplan.files import read
from officesmart_ivr.callplan.model import SYSTEM_PROMPTS, CallPlan
from officesmart_ivr.livetest.codewords import Codewords
from officesmart_ivr.livetest.derived import DerivedPlan, announcements_of, derive
from officesmart_ivr.livetest.town import voices_of

TEXT = """
version: 1
company: {name: C}
extensions: {"201": {name: A, max_calls: 2}, "202": {name: B}}
trunks:
  carrier: {server: sip.example.net, username: u, password: {secret: carrier}, register: true, inbound: true, max_calls: 3}
  other: {server: "192.0.2.9:5070"}
  third: {from_addresses: [198.51.100.0/24]}
outside_calls: {trunk: carrier, allow: ["+39"]}
announcements: {hello: {file: hello.wav}, invalid: {file: own.wav}}
multiselections:
  main:
    name: M
    numbers: ["100"]
    week: {otherwise: {menu: m}, special_days: [{name: closed, ics: closures.ics, menu: m}]}
    menus: {m: {announcement: hello, keys: {"1": {extension: "201"}}}}
service_codes: {login: "*45", pin: {secret: service-pin}}
limits: {steps: 9, calls: 5}
tests: [{name: t, at: 2026-11-26 10:00, call: "100", expect: {menus: [m]}}]
"""  # noqa: E501
CALENDAR = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\nEND:VCALENDAR\r\n"


@pytest.fixture
def derived(tmp_path: Path) -> tuple[CallPlan, DerivedPlan]:
    path = tmp_path / "admins" / "plan.yaml"
    path.parent.mkdir()
    path.write_text(TEXT)
    (path.parent / "closures.ics").write_text(CALENDAR)
    plan = read(path).plan
    assert plan is not None
    servers = {"carrier": "127.0.0.3:7000", "other": "127.0.0.3:7001"}
    codewords = Codewords([*announcements_of(plan), *voices_of(plan)])
    folder = tmp_path / "scratch"
    return plan, derive(path, plan, folder, codewords, servers, "4711")


def loaded(made: DerivedPlan) -> CallPlan:
    known = secrets.Secrets(secrets.beside(made.plan))
    return load(made.plan, SoundFolder(made.sounds), known, calendars=CalendarFolder.beside(made.plan))


def test_nothing_leads_off_this_machine(derived: tuple[CallPlan, DerivedPlan]) -> None:
    trunks = loaded(derived[1]).trunks
    for trunk in trunks.values():
        assert not trunk.registers
        assert trunk.password is None
        assert trunk.server is None or ip_address(trunk.host).is_loopback
        assert all(ip_network(network).is_loopback for network in trunk.from_addresses)
    callers = [name for name, trunk in trunks.items() if "127.0.0.2/32" in trunk.from_addresses]
    assert callers == ["carrier"], "the first that brings calls, as in the simulation"
    assert (trunks["carrier"].max_calls, trunks["carrier"].brings_calls) == (3, True)
    assert not trunks["other"].brings_calls


def test_every_sound_is_a_word_of_its_own(derived: tuple[CallPlan, DerivedPlan]) -> None:
    plan, made = derived
    announcements = loaded(made).announcements
    assert set(announcements) == {*plan.announcements, *SYSTEM_PROMPTS}
    files = [each.file for each in announcements.values() if each.file is not None]
    contents = {(made.sounds / file).read_bytes() for file in files}
    assert len(contents) == len(announcements)


def test_the_rest_is_the_admins(derived: tuple[CallPlan, DerivedPlan]) -> None:
    plan, made = derived
    copy = loaded(made)
    for part in ("company", "extensions", "outside_calls", "multiselections", "hunt_groups", "service_codes"):
        assert getattr(copy, part) == getattr(plan, part)
    assert copy.limits.steps == 9
    assert copy.limits.calls >= 5 + 3, "calls that keep lines busy come on top"
    assert secrets.load(secrets.beside(made.plan)) == {"service-pin": "4711"}


def test_a_plan_without_incoming_trunk_gets_one(tmp_path: Path) -> None:
    path = tmp_path / "plan.yaml"
    path.write_text('version: 1\ncompany: {name: C}\nextensions: {"201": {name: A}}\n')
    plan = read(path).plan
    assert plan is not None
    made = derive(path, plan, tmp_path / "scratch", Codewords(announcements_of(plan)), {}, "")
    assert [trunk.brings_calls for trunk in loaded(made).trunks.values()] == [True]
