"""Those who guess and those who are nobody: refused, and told in a log from which they can be locked out."""

from __future__ import annotations

import asyncio
import configparser
import re
import shutil
import stat
from collections import Counter
from pathlib import Path

import pytest

from officesmart_ivr.testcall.digest import authorization, best_challenge
from officesmart_ivr.testcall.errors import RefusedError
from officesmart_ivr.testcall.phone import Phone
from tests.live.station import Station, until
from tests.live.wire import Wire

EXAMPLES = Path(__file__).parents[2] / "docs" / "examples" / "fail2ban"
FILTER = EXAMPLES / "filter.d" / "officesmart-ivr.conf"
GUESSER, TRIER, CALLER, HIDER, ACCUSER = (f"127.0.66.{number}" for number in range(1, 6))
INNOCENT = "192.0.2.66"
ATTEMPTS = 3


@pytest.fixture
async def attacked(station: Station, tmp_path: Path) -> Path:
    """What Asterisk's security log has of some attacks, and of phones that are in order."""
    log = station.asterisk.log.with_name("security")
    before = log.stat().st_size if log.exists() else 0
    for _ in range(ATTEMPTS):
        await refused(station, "201", GUESSER)
        await refused(station, "666", TRIER)
        async with Phone("stranger", server=station.server, host=CALLER) as stranger:
            assert (await stranger.call("0033123456789").ended()).status == 401
    with Wire(station.server, HIDER) as hider:
        for attempt in range(ATTEMPTS):
            # A line end in a name would break Asterisk's line in two.
            hider.send(hider.request("REGISTER", "201", f"hidden-{attempt}", sender="<sip:a%0ab@127.0.0.1>"))
            assert (await hider.response(f"hidden-{attempt}")).status == 401
    await accuse(station)
    async with station.phone("201"), station.caller() as caller:
        call = caller.call("100")
        await call.answered()
        await call.hang_up()
    copy = tmp_path / "security"
    await until(lambda: b'"SuccessfulAuth"' in log.read_bytes()[before:])
    copy.write_bytes(log.read_bytes()[before:])
    return copy


async def refused(station: Station, user: str, host: str) -> None:
    async with Phone(user, "a-guess", server=station.server, host=host) as phone:
        with pytest.raises(RefusedError) as told:
            await phone.register()
        # The same for a number that exists: nobody learns which there are.
        assert told.value.status == 401


async def accuse(station: Station) -> None:
    """Guess in the name of somebody else, by all that is written into the log as it was sent."""
    address = f'"IPV4/UDP/{INNOCENT}/5060"'
    lie = f'",LocalAddress={address},RemoteAddress={address},Challenge=","'
    with Wire(station.server, ACCUSER) as accuser:
        for attempt in range(ATTEMPTS):
            call_id = f"{attempt}{lie}"
            accuser.send(accuser.request("REGISTER", "666", call_id, sender="<sip:6%22,X=%22@127.0.0.1>"))
            assert (await accuser.response(call_id)).status == 401
        call_id = f"known{lie}"
        accuser.send(accuser.request("REGISTER", "201", call_id))
        challenge = best_challenge((await accuser.response(call_id)).headers.all("WWW-Authenticate"))
        proof = authorization(challenge, user="201", password="x", method="REGISTER", uri="sip:x")
        false = lie.replace('"', '\\"')
        answer = re.sub('response="[^"]*"', lambda _: f'response="{false}"', proof)
        accuser.responses.clear()
        accuser.send(accuser.request("REGISTER", "201", call_id, f"Authorization: {answer}"))
        assert (await accuser.response(call_id)).status == 401


def banned(log: Path) -> Counter[str]:
    """Whom the shipped filter names in a log, and how often: as fail2ban reads it, without fail2ban."""
    parser = configparser.ConfigParser()
    parser.read(FILTER)
    definition = parser["Definition"]
    date = re.compile(re.sub("%[Ymd]", r"\\d+", re.sub("%[HMSf]", r"\\d+", definition["datepattern"])))
    rules = [
        re.compile(rule.strip().replace("<HOST>", r"(?P<host>[\w.:]+)"))
        for rule in definition["failregex"].splitlines()
    ]
    lines = [date.sub("", line, count=1) for line in log.read_text().split("\n")]
    return Counter(found["host"] for line in lines for rule in rules if (found := rule.search(line)))


def judge(found: Counter[str]) -> None:
    assert set(found) == {GUESSER, TRIER, CALLER, HIDER, ACCUSER}
    assert all(count >= ATTEMPTS for count in found.values()), found


async def test_the_shipped_filter_names_attackers_and_nobody_else(attacked: Path) -> None:
    judge(banned(attacked))


async def test_fail2ban_itself_names_the_same(attacked: Path) -> None:
    program = shutil.which("fail2ban-regex")
    if program is None:
        pytest.skip("fail2ban-regex is not on this machine")
    process = await asyncio.create_subprocess_exec(
        program, "--out", "ip", str(attacked), str(FILTER), stdout=asyncio.subprocess.PIPE
    )
    said, _ = await process.communicate()
    assert process.returncode == 0
    judge(Counter(said.decode().split()))


async def test_asterisks_files_are_its_owners_alone(station: Station) -> None:
    folder = station.asterisk.data
    found = {path: path.lstat().st_mode for path in folder.rglob("*")}
    assert folder / "lib" / "astdb.sqlite3" in found
    open_to_others = [path for path, mode in found.items() if not stat.S_ISSOCK(mode) and mode & 0o077]
    assert [path.name for path in open_to_others] == ["output"], "made by the supervisor"


async def test_a_phone_cannot_show_another_ones_name_or_number(station: Station) -> None:
    false = [
        ("P-Asserted-Identity", '"Boss" <sip:204@127.0.0.1>'),
        ("Remote-Party-ID", "<sip:204@127.0.0.1>"),
    ]
    async with station.phone("201") as anna, station.phone("202") as bruno:
        call = anna.call("202", from_name="Boss", headers=false)
        shown = (await bruno.incoming()).caller
        assert (shown.name, shown.user) == ("Anna Rossi", "201")
        await call.hang_up()
