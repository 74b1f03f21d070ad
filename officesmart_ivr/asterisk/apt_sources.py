"""Where this machine gets its packages from: APT's sources, in both of their formats.

Formats: sources.list(5), "one-line-style" (``.list``) and "deb822-style" (``.sources``).
Standard library only: ``officesmart_ivr.bootstrap`` needs it before anything is installed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

APT_FOLDER = Path("/etc/apt")
OS_RELEASE = Path("/etc/os-release")

# What a Debian release is called. Ubuntu's names are not here: its mirrors do not carry Debian.
DEBIAN_SUITES = frozenset(
    {
        *("oldoldstable", "oldstable", "stable", "testing", "unstable", "sid"),
        *("buster", "bullseye", "bookworm", "trixie", "forky", "duke"),
    }
)
_ONE_LINE = re.compile(r"^(?P<type>deb|deb-src)\s+(?:\[(?P<options>[^\]]*)\]\s+)?(?P<rest>\S.*)$")
_DISTRIBUTION_KEYRINGS = ("debian-archive", "ubuntu-archive")


@dataclass(frozen=True)
class Source:
    """One entry. ``text`` is the entry itself, in the format that ``form`` names ("list" or "sources")."""

    types: tuple[str, ...]
    uris: tuple[str, ...]
    suites: tuple[str, ...]
    components: tuple[str, ...]
    signed_by: str
    form: str
    text: str = field(repr=False)

    @property
    def has_packages(self) -> bool:
        """Whether binary packages come from here, over something other than an optical disc."""
        return "deb" in self.types and not all(uri.startswith("cdrom:") for uri in self.uris)

    @property
    def may_be_the_distribution(self) -> bool:
        """False for an entry bound to the key of somebody else than Debian or Ubuntu.

        Third parties name their suites after Debian's as well; the key tells them apart. An entry without a
        key, or with the key itself in place of a file name, is given the benefit of the doubt.
        """
        if not self.signed_by.startswith("/"):
            return True
        return any(keyring in self.signed_by for keyring in _DISTRIBUTION_KEYRINGS)


def parse_one_line(text: str) -> list[Source]:
    """Entries of a ``.list`` file; lines that are not understood are passed over, as they are not ours."""
    sources = []
    for line in text.splitlines():
        match = _ONE_LINE.match(line.split("#", 1)[0].strip())
        if match is None:
            continue
        uri, *words = match["rest"].split()
        if not words:
            continue
        options = dict(word.split("=", 1) for word in (match["options"] or "").split() if "=" in word)
        sources.append(
            Source(
                types=(match["type"],),
                uris=(uri,),
                suites=(words[0],),
                components=tuple(words[1:]),
                signed_by=options.get("signed-by", ""),
                form="list",
                text=match[0] + "\n",
            )
        )
    return sources


def parse_deb822(text: str) -> list[Source]:
    """Entries of a ``.sources`` file, without those that are switched off by ``Enabled: no``."""
    sources = []
    for stanza in re.split(r"\n[ \t]*\n", text):
        lines = [line for line in stanza.splitlines() if line.strip() and not line.startswith("#")]
        fields = _fields(lines)
        if "uris" not in fields or fields.get("enabled", "yes").lower() in ("no", "false", "0", "off"):
            continue
        sources.append(
            Source(
                types=tuple(fields.get("types", "deb").split()),
                uris=tuple(fields["uris"].split()),
                suites=tuple(fields.get("suites", "").split()),
                components=tuple(fields.get("components", "").split()),
                signed_by=fields.get("signed-by", "").strip(),
                form="sources",
                text="\n".join(lines) + "\n\n",
            )
        )
    return sources


def _fields(lines: Iterable[str]) -> dict[str, str]:
    fields: dict[str, str] = {}
    name = ""
    for line in lines:
        if line[0] in " \t":
            fields[name] = f"{fields.get(name, '')}\n{line}"
        else:
            name, _, value = line.partition(":")
            name = name.strip().lower()
            fields[name] = value.strip()
    return fields


def machine_sources(folder: Path = APT_FOLDER) -> list[Source]:
    """All entries that APT on this machine would use, in its order. Files we may not read count as absent."""
    paths = [folder / "sources.list", *sorted((folder / "sources.list.d").glob("*"))]
    sources = []
    for path in paths:
        parse = {".list": parse_one_line, ".sources": parse_deb822}.get(path.suffix)
        if parse is None:
            continue
        try:
            sources += parse(path.read_text(encoding="utf-8", errors="replace"))
        except OSError:
            continue
    return sources


def machine_codename(os_release: Path = OS_RELEASE) -> str:
    """The release's code name ("bookworm", "noble"), or "" where the machine does not say."""
    try:
        text = os_release.read_text(encoding="utf-8")
    except OSError:
        return ""
    fields = dict(line.split("=", 1) for line in text.splitlines() if "=" in line)
    name = fields.get("UBUNTU_CODENAME") or fields.get("VERSION_CODENAME") or ""
    return name.strip().strip("\"'")


def debian_mirror(sources: Iterable[Source]) -> str | None:
    """The URI of the Debian mirror that this machine uses, or None if it uses none.

    Only entries of a whole Debian release count: its security, updates and backports suites often live on
    hosts that carry nothing else.
    """
    uris = [
        source.uris[0].rstrip("/")
        for source in sources
        if source.has_packages
        and source.may_be_the_distribution
        and "main" in source.components
        and DEBIAN_SUITES.intersection(source.suites)
    ]
    # A third party without a key of its own may still be among them; Debian's folder mostly has this name.
    return min(uris, key=lambda uri: not uri.endswith("debian"), default=None)


def distribution_sources(sources: Iterable[Source], codename: str) -> list[Source]:
    """The entries of the machine's own distribution with its updates and security, without third parties."""
    releases = DEBIAN_SUITES | ({codename} if codename else set())
    return [
        source
        for source in sources
        if source.has_packages
        and source.may_be_the_distribution
        and "main" in source.components
        and any(suite.split("-", 1)[0] in releases for suite in source.suites)
    ]
