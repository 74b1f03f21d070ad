from pathlib import Path

import pytest

from officesmart_ivr.asterisk.apt_sources import (
    debian_mirror,
    distribution_sources,
    machine_codename,
    machine_sources,
    parse_deb822,
    parse_one_line,
)

DEBIAN = """\
# a comment
Types: deb deb-src
URIs: http://mirror.example/debian/
Suites: bookworm bookworm-updates
Components: main contrib
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg

Types: deb
URIs: http://security.example/debian-security
Suites: bookworm-security
Components: main
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg
"""
THIRD_PARTY = """\
Types: deb
URIs: https://vendor.example/apt
Suites: bookworm
Components: main
Signed-By: /usr/share/keyrings/vendor.gpg
"""
UBUNTU = """\
Types: deb
URIs: http://archive.example/ubuntu
Suites: noble noble-updates
Components: main universe
Signed-By: /usr/share/keyrings/ubuntu-archive-keyring.gpg
"""
EMBEDDED_KEY = """\
Types: deb
URIs: http://mirror.example/debian
Suites: trixie
Components: main
Signed-By:
 -----BEGIN PGP PUBLIC KEY BLOCK-----
 .
 abcdef
 -----END PGP PUBLIC KEY BLOCK-----
"""


KEYRINGS = "/usr/share/keyrings"


@pytest.mark.parametrize(
    ("line", "mirror"),
    [
        ("deb http://m.example/debian bookworm main", "http://m.example/debian"),
        (f"deb [arch=amd64 signed-by={KEYRINGS}/debian-archive-keyring.gpg] http://m/ sid main", "http://m"),
        ("deb mirror+file:/etc/apt/debian.list trixie main # near", "mirror+file:/etc/apt/debian.list"),
        ("#deb http://m.example/debian bookworm main", None),
        ("deb-src http://m.example/debian bookworm main", None),
        ("deb cdrom:[Debian 12]/ bookworm main", None),
        ("deb http://m.example/debian bookworm-updates main", None),
        ("deb http://m.example/debian-security bookworm-security main", None),
        ("deb http://m.example/debian bookworm contrib", None),
        ("deb http://m.example/ubuntu noble main", None),
        (f"deb [signed-by={KEYRINGS}/vendor.gpg] https://vendor.example/debian bookworm main", None),
        ("deb http://m.example/debian ./", None),
    ],
)
def test_one_line_sources(line: str, mirror: str | None) -> None:
    assert debian_mirror(parse_one_line(line)) == mirror


@pytest.mark.parametrize(
    ("text", "mirror"),
    [
        (DEBIAN, "http://mirror.example/debian"),
        (THIRD_PARTY, None),
        (UBUNTU, None),
        (EMBEDDED_KEY, "http://mirror.example/debian"),
        (f"Enabled: no\n{DEBIAN}", None),
        (f"{THIRD_PARTY}\n{DEBIAN}", "http://mirror.example/debian"),
    ],
)
def test_deb822_sources(text: str, mirror: str | None) -> None:
    assert debian_mirror(parse_deb822(text)) == mirror


def test_an_embedded_key_survives_in_the_entry() -> None:
    (source,) = parse_deb822(EMBEDDED_KEY)
    assert parse_deb822(source.text) == [source]
    assert "abcdef" in source.text


def test_the_folder_named_debian_is_preferred_to_a_third_party_without_a_key() -> None:
    sources = parse_one_line(
        "deb http://vendor.example/apt bookworm main\ndeb http://m.example/debian bookworm main"
    )
    assert debian_mirror(sources) == "http://m.example/debian"


def test_distribution_sources_keep_security_and_leave_third_parties_out() -> None:
    sources = parse_deb822(f"{DEBIAN}\n{THIRD_PARTY}\n{UBUNTU}")
    assert [source.suites[0] for source in distribution_sources(sources, "")] == [
        "bookworm",
        "bookworm-security",
    ]
    assert [source.suites[0] for source in distribution_sources(parse_deb822(UBUNTU), "noble")] == ["noble"]


def test_both_formats_are_read_from_the_machine(tmp_path: Path) -> None:
    (tmp_path / "sources.list.d").mkdir()
    (tmp_path / "sources.list").write_text("deb http://one.example/debian bookworm main\n")
    (tmp_path / "sources.list.d" / "two.sources").write_text(UBUNTU)
    (tmp_path / "sources.list.d" / "three.list.save").write_text(
        "deb http://old.example/debian bookworm main\n"
    )
    uris = [source.uris[0] for source in machine_sources(tmp_path)]
    assert uris == ["http://one.example/debian", "http://archive.example/ubuntu"]


def test_codename(tmp_path: Path) -> None:
    release = tmp_path / "os-release"
    release.write_text('ID=linuxmint\nVERSION_CODENAME=wilma\nUBUNTU_CODENAME="noble"\n')
    assert machine_codename(release) == "noble"
    assert machine_codename(tmp_path / "absent") == ""
