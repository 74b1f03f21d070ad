import json
import subprocess
import sys
from pathlib import Path

import pytest

from officesmart_ivr.asterisk import toolbox, tree
from officesmart_ivr.asterisk.toolbox import Program, parse_version
from officesmart_ivr.errors import ToolboxError


@pytest.mark.parametrize(
    ("text", "version"),
    [
        ("Asterisk 22.10.1+dfsg+~cs6.17.60671434-1", (22, 10, 1)),
        ("Asterisk 23.1.0", (23, 1, 0)),
        ("1:22.10.1+dfsg+~cs6.17.60671434-1", (22, 10, 1)),
        ("\n SIPp v3.8.0-TLS-SCTP-PCAP.\n", (3, 8, 0)),
        ("SIPp v3.6", (3, 6, 0)),
        ("Asterisk GIT-master-abc123", None),
        ("", None),
    ],
)
def test_versions(text: str, version: tuple[int, int, int] | None) -> None:
    assert parse_version(text) == version


def test_versions_are_compared_as_numbers() -> None:
    assert (parse_version("Asterisk 22.9.9") or (0, 0, 0)) < toolbox.MINIMUM_ASTERISK
    assert (parse_version("Asterisk 22.10.1") or (0, 0, 0)) >= toolbox.MINIMUM_ASTERISK


def test_a_program_of_a_tree_runs_through_its_loader() -> None:
    program = Program(Path("/t/asterisk"), Path("/t/ld.so"), Path("/t/lib"))
    assert program.command("-C", Path("/c")) == [
        "/t/ld.so",
        "--library-path",
        "/t/lib:/t/lib/pulseaudio",
        "/t/asterisk",
        "-C",
        "/c",
    ]
    assert Program(Path("/usr/sbin/asterisk")).command("-V") == ["/usr/sbin/asterisk", "-V"]


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine whose only programs are those put into the folder given back."""
    folder = tmp_path / "usr" / "sbin"
    folder.mkdir(parents=True)
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.setattr(toolbox, "_SYSTEM_FOLDERS", ())
    return folder


def install_asterisk(folder: Path, version: str) -> None:
    program = folder / "asterisk"
    program.write_text(f"#!/bin/sh\necho Asterisk {version}\n")
    program.chmod(0o755)
    for path in (
        "lib/x86_64-linux-gnu/asterisk/modules/chan_pjsip.so",
        "share/asterisk/documentation/core.xml",
    ):
        file = folder.parent / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch()


def test_a_recent_asterisk_of_the_machine_is_used_as_it_is(machine: Path, tmp_path: Path) -> None:
    install_asterisk(machine, "22.11.0")
    box = toolbox.obtain(tmp_path / "cache")
    assert box.origin == "machine"
    assert box.version == (22, 11, 0)
    assert box.modules == machine.parent / "lib/x86_64-linux-gnu/asterisk/modules"
    assert box.data == machine.parent / "share/asterisk"
    assert not (tmp_path / "cache").exists()


def test_an_old_asterisk_is_not_used(machine: Path, tmp_path: Path) -> None:
    install_asterisk(machine, "20.9.9")
    assert toolbox.find(tmp_path / "cache") is None


def test_a_machine_without_apt_is_told_so(machine: Path, tmp_path: Path) -> None:
    with pytest.raises(ToolboxError) as caught:
        toolbox.obtain(tmp_path / "cache")
    assert caught.value.remedy


def make_tree(folder: Path, packages: tuple[str, ...] = tree.PACKAGES) -> None:
    folder.mkdir(parents=True)
    (folder / tree.MARKER).write_text(
        json.dumps({"suite": tree.SUITE, "packages": dict.fromkeys(packages, "1")})
    )


def test_only_a_complete_tree_counts(tmp_path: Path) -> None:
    assert tree.read_tree(tmp_path) is None
    make_tree(tmp_path / "tree.new")  # where an interrupted run leaves off
    (tmp_path / "tree").mkdir()
    assert tree.read_tree(tmp_path) is None
    (tmp_path / "tree" / tree.MARKER).write_text('{"suite": ')
    assert tree.read_tree(tmp_path) is None
    (tmp_path / "tree.new" / tree.MARKER).rename(tmp_path / "tree" / tree.MARKER)
    assert tree.read_tree(tmp_path) is not None


def test_a_tree_that_lacks_a_package_of_today_is_not_used(tmp_path: Path) -> None:
    make_tree(tmp_path / "tree", tree.PACKAGES[1:])
    assert tree.read_tree(tmp_path) is None


def fetch(cache: Path, warnings: list[str]) -> tree.Tree:
    return tree.fetch_tree(
        cache,
        mirror=None,
        progress=lambda step, done, total: None,
        warn=warnings.append,
        good_enough=lambda text: True,
    )


def test_too_little_space_is_found_before_anything_is_fetched(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tree, "require_programs", lambda: None)
    monkeypatch.setattr(tree, "SPACE_NEEDED", 10**18)
    with pytest.raises(ToolboxError):
        fetch(tmp_path, [])


HOLDER = """
import sys
from pathlib import Path
from officesmart_ivr.asterisk.tree import locked
with locked(Path(sys.argv[1]), print):
    print("held", flush=True)
    sys.stdin.readline()
    Path(sys.argv[2]).rename(sys.argv[3])
"""


def test_a_second_run_waits_for_the_first_and_uses_its_tree(tmp_path: Path) -> None:
    make_tree(tmp_path / "made")
    arguments = [str(tmp_path / name) for name in ("lock", "made", "tree")]
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdin is not None
        assert holder.stdout.readline() == "held\n"
        warnings: list[str] = []

        def release(text: str) -> None:
            warnings.append(text)
            holder.communicate("go\n")

        found = tree.fetch_tree(
            tmp_path,
            mirror=None,
            progress=lambda step, done, total: None,
            warn=release,
            good_enough=lambda text: True,
        )
    assert len(warnings) == 1
    assert found.folder == tmp_path / "tree"
