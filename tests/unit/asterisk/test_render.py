import configparser
import dataclasses
import os
import stat
from pathlib import Path

import pytest

from officesmart_ivr.asterisk import modules
from officesmart_ivr.asterisk.render import AsteriskSettings, render
from officesmart_ivr.asterisk.toolbox import Program, Toolbox
from officesmart_ivr.errors import AsteriskError, SettingsError


@pytest.fixture
def box(tmp_path: Path) -> Toolbox:
    folder = tmp_path / "modules"
    folder.mkdir()
    for name in (*modules.REQUIRED, "codec_gsm"):
        (folder / f"{name}.so").touch()
    return Toolbox(Program(Path("/asterisk")), (22, 10, 1), folder, tmp_path / "share", "fetched")


@pytest.fixture
def settings(tmp_path: Path) -> AsteriskSettings:
    return AsteriskSettings(
        data=tmp_path / "data",
        sip_port=5070,
        ari_port=8090,
        rtp_ports=(12000, 12199),
        media_address="192.0.2.10",
        ari_password="only-for-us",
    )


def read(path: Path) -> configparser.ConfigParser:
    """A file of Asterisk's, read back; of a name given twice, the last value."""
    parser = configparser.ConfigParser(
        strict=False, delimiters=("=>", "="), comment_prefixes=(";",), interpolation=None
    )
    parser.read_string(path.read_text().replace("[directories](!)", "[directories]"))
    return parser


def lines(path: Path) -> list[str]:
    return [
        line.strip() for line in path.read_text().splitlines() if line.strip() and not line.startswith(";")
    ]


def test_asterisk_conf_points_into_the_data_folder_and_the_toolbox(
    settings: AsteriskSettings, box: Toolbox
) -> None:
    found = read(render(settings, box))
    inside = {name: Path(value) for name, value in found["directories"].items()}
    assert inside.pop("astmoddir") == box.modules
    assert inside.pop("astdatadir") == box.data
    assert all(path.is_relative_to(settings.data) for path in inside.values())
    assert found["options"]["live_dangerously"] == "no"
    assert found["options"]["entityid"].startswith("02:")
    assert "maxcalls" not in found["options"]


def test_parameters_arrive(settings: AsteriskSettings, box: Toolbox) -> None:
    changed = dataclasses.replace(settings, max_calls=40, country="uk", sip_bind="::", call_minutes=2)
    etc = render(changed, box).parent
    assert read(etc / "asterisk.conf")["options"]["maxcalls"] == "40"
    assert read(etc / "indications.conf")["general"]["country"] == "uk"
    assert read(etc / "pjsip.conf")["transport-udp"]["bind"] == "[::]:5070"
    assert read(etc / "rtp.conf")["general"]["rtpend"] == "12199"
    assert read(etc / "http.conf")["general"]["bindport"] == "8090"
    assert read(etc / "http.conf")["general"]["bindaddr"] == "127.0.0.1"
    assert read(etc / "ari.conf")["officesmart"]["password"] == "only-for-us"
    assert "OFFICESMART_CALL_SECONDS = 120" in lines(etc / "extensions.conf")


def test_a_translated_address_is_told_to_all_but_ourselves(settings: AsteriskSettings, box: Toolbox) -> None:
    assert "external" not in (render(settings, box).parent / "pjsip.conf").read_text()
    found = read(
        render(dataclasses.replace(settings, external_address="198.51.100.7"), box).parent / "pjsip.conf"
    )
    for transport in (found["transport-udp"], found["transport-tcp"]):
        assert transport["external_media_address"] == "198.51.100.7"
        assert transport["external_signaling_address"] == "198.51.100.7"
        assert transport["local_net"] == settings.media_address


def test_the_manager_interface_is_there_where_it_is_wanted_and_commands_nothing(
    settings: AsteriskSettings, box: Toolbox
) -> None:
    assert read(render(settings, box).parent / "manager.conf")["general"]["enabled"] == "no"
    wanted = dataclasses.replace(settings, ami_port=5039, ami_password="also-only-for-us")
    found = read(render(wanted, box).parent / "manager.conf")
    assert (found["general"]["enabled"], found["general"]["port"]) == ("yes", "5039")
    assert found["general"]["bindaddr"] == "127.0.0.1"
    user = found["officesmart"]
    assert (user["secret"], user["read"], user["write"]) == ("also-only-for-us", "system", "reporting")
    assert "also-only-for-us" not in repr(wanted)


def test_only_the_owner_may_look_inside(settings: AsteriskSettings, box: Toolbox) -> None:
    before = os.umask(0)
    try:
        etc = render(settings, box).parent
    finally:
        os.umask(before)
    for path in (etc, etc.parent / "log", settings.run_folder):
        assert stat.S_IMODE(path.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in etc.iterdir()} == {0o600}


def test_rendering_again_replaces_every_file_and_leaves_nothing_else(
    settings: AsteriskSettings, box: Toolbox
) -> None:
    etc = render(settings, box).parent
    names = {path.name for path in etc.iterdir()}
    (etc / "pjsip.conf").write_text("[edited]\n")
    render(settings, box)
    assert {path.name for path in etc.iterdir()} == names
    assert "edited" not in (etc / "pjsip.conf").read_text()


def test_each_direction_has_its_context_and_one_letter_is_no_number(
    settings: AsteriskSettings, box: Toolbox
) -> None:
    found = lines(render(settings, box).parent / "extensions.conf")
    text = "\n".join(found)
    phones, trunks = text.index("[phones]"), text.index("[trunks]")
    assert ",phone," in text[phones:trunks]
    assert ",trunk," not in text[phones:trunks]
    assert ",trunk," in text[trunks:]
    dialled = text[phones : text.index("[fallback]")].splitlines()
    assert {line.split(",")[0] for line in dialled if line.startswith("exten")} == {
        "exten => _[+0-9*#]",
        "exten => _[+0-9*#a-zA-Z].",
    }


def test_the_dialplan_asks_a_fallback_and_reads_what_is_left_of_the_plan_where_there_is_such(
    settings: AsteriskSettings, box: Toolbox, tmp_path: Path
) -> None:
    text = (render(settings, box).parent / "extensions.conf").read_text()
    assert "AGI(" not in text
    assert "tryinclude" not in text
    wanted = dataclasses.replace(settings, agi_port=4573, variables=tmp_path / "emergency.conf")
    found = lines(render(wanted, box).parent / "extensions.conf")
    assert "same => n,AGI(agi://127.0.0.1:4573/call,${OFFICESMART_CALL})" in found
    assert f'#tryinclude "{tmp_path}/emergency.conf"' in found


def test_extra_text_is_added_as_it_is(settings: AsteriskSettings, box: Toolbox) -> None:
    extra = "[bench]\nexten => 1,1,Answer() ; {{ not a template }}\n"
    etc = render(
        dataclasses.replace(settings, extra_dialplan=extra, extra_queues="[q]\nmember = x\n"), box
    ).parent
    assert extra in (etc / "extensions.conf").read_text()
    assert "[q]\nmember = x\n" in (etc / "queues.conf").read_text()


def test_modules_are_required_and_what_the_build_lacks_is_left_out(
    settings: AsteriskSettings, box: Toolbox
) -> None:
    found = lines(render(settings, box).parent / "modules.conf")
    assert "autoload = no" in found
    assert "require = chan_pjsip.so" in found
    assert [line for line in found if line.startswith("load")] == ["load = codec_gsm.so"]


def test_a_missing_module_is_named(settings: AsteriskSettings, box: Toolbox) -> None:
    (box.modules / "res_stasis.so").unlink()
    with pytest.raises(AsteriskError, match="res_stasis"):
        render(settings, box)
    assert not settings.configuration.exists()


@pytest.mark.parametrize("folder", ["d" * 40, "d" * 120])
def test_the_control_socket_fits_its_address(settings: AsteriskSettings, box: Toolbox, folder: str) -> None:
    changed = dataclasses.replace(settings, data=settings.data / folder)
    render(changed, box)
    assert len(os.fsencode(changed.control_socket)) < 108
    assert changed.run_folder.is_dir()
    if not changed.run_folder.is_relative_to(changed.data):
        changed.run_folder.rmdir()


@pytest.mark.parametrize(
    "change",
    [
        {"ari_password": "a\nread_only = yes"},
        {"ari_password": "a;b"},
        {"system_name": "a\r\n[options]"},
        {"country": "zz"},
        {"external_address": "office.example.net"},
        {"sip_port": 0},
        {"rtp_ports": (12001, 12000)},
        {"call_minutes": 0},
    ],
)
def test_what_cannot_be_written_is_refused(
    settings: AsteriskSettings, box: Toolbox, change: dict[str, object]
) -> None:
    with pytest.raises(SettingsError):
        render(dataclasses.replace(settings, **change), box)  # type: ignore[arg-type]
    assert not settings.configuration.exists()


def test_secrets_stay_out_of_what_is_printed(settings: AsteriskSettings) -> None:
    assert "only-for-us" not in repr(settings)
