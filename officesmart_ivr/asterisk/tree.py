"""A folder with Asterisk, espeak-ng, SIPp and baresip in it, fetched from Debian and unpacked without root.

The programs run through the folder's own loader and libraries, so they do not depend on the release that the
machine runs. Debian 12 and 13 have no Asterisk; forky, the release after them, has.

Below the cache folder: ``tree`` (complete, or not there at all), ``tree.json`` inside it (the marker, written
last), ``lock``, and while fetching ``apt`` (kept when interrupted, so that the next run goes on from there).

Standard library only.
"""

from __future__ import annotations

import fcntl
import json
import os
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from officesmart_ivr.asterisk.apt import Apt, Progress, Warn, package_version, require_programs, unpack
from officesmart_ivr.asterisk.apt_sources import (
    Source,
    debian_mirror,
    distribution_sources,
    machine_codename,
    machine_sources,
)
from officesmart_ivr.errors import ToolboxError

SUITE = "forky"
PACKAGES = ("asterisk", "asterisk-moh-opsound-gsm", "baresip-core", "espeak-ng", "sip-tester")
# The programs need libraries, not what maintains a system; this halves what is fetched.
NOT_NEEDED = (
    *("adduser", "base-passwd", "debconf", "dirmngr", "gnupg", "gpgconf", "libnss3", "libperl5.42"),
    *("libsnmp-base", "passwd", "pci.ids", "perl", "perl-base", "python3", "tzdata"),
)
SPACE_NEEDED = 500_000_000  # bytes; measured: 65 MB of packages, 75 MB of lists, 190 MB unpacked
MARKER = "tree.json"
MIRROR_VARIABLE = "OFFICESMART_DEBIAN_MIRROR"
# Debian renames the file from .gpg to .pgp.
KEYRINGS = tuple(f"usr/share/keyrings/debian-archive-keyring.{suffix}" for suffix in ("pgp", "gpg"))
_DEBOOTSTRAP_DEFAULTS = (
    ("usr/share/debootstrap/scripts/sid", r"^\s*default_mirror\s+[\"']?([^\s\"']+)"),
    ("usr/sbin/debootstrap", r"^\s*DEF_MIRROR=[\"']?([^\s\"']+)"),
)


@dataclass(frozen=True)
class Tree:
    """A complete tree. ``packages`` gives the version of every package unpacked in it."""

    folder: Path
    packages: dict[str, str]

    @property
    def loader(self) -> Path:
        """The dynamic loader of the tree's own C library."""
        candidates = [*self.folder.glob("usr/lib/*/ld-linux*.so.*"), *self.folder.glob("usr/lib/*/ld64.so.*")]
        if not candidates:
            raise ToolboxError(
                f"{self.folder} has no dynamic loader.",
                remedy=f"Delete {self.folder}; it is fetched again at the next start.",
            )
        return candidates[0]

    @property
    def libraries(self) -> Path:
        """The folder of the tree's shared libraries."""
        return self.loader.parent


def read_tree(cache: Path) -> Tree | None:
    """The complete tree below ``cache`` that holds what this version of the project asks for, or None."""
    folder = cache / "tree"
    try:
        marker = json.loads((folder / MARKER).read_text(encoding="utf-8"))
        if marker["suite"] != SUITE or not set(PACKAGES) <= marker["packages"].keys():
            return None
        return Tree(folder, marker["packages"])
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def fetch_tree(
    cache: Path,
    *,
    mirror: str | None,
    progress: Progress,
    warn: Warn,
    good_enough: Callable[[str], bool],
    afresh: bool = False,
) -> Tree:
    """The tree below ``cache``, fetched and unpacked first if need be.

    Safe to run twice at once: the second run waits, then uses what the first has made. ``good_enough`` judges
    the version of Asterisk that the mirror offers, before anything large is fetched. ``afresh`` replaces a
    complete tree. Raises ToolboxError, by cause.
    """
    make_folder(cache)
    before = _identity(cache)
    with locked(cache / "lock", warn):
        tree = read_tree(cache)
        # While this run waited, another one may have replaced the tree.
        if tree is not None and (not afresh or _identity(cache) != before):
            return tree
        require_programs()
        _require_space(cache)
        apt = Apt(
            cache / "apt",
            [_forky(cache, mirror, progress, warn)],
            present=NOT_NEEDED,
            progress=progress,
            warn=warn,
        )
        apt.update()
        offered = apt.candidate("asterisk")
        if not good_enough(offered):
            raise ToolboxError(
                f"The package mirror offers Asterisk {offered or 'in no version'}; a later one is needed.",
                remedy="Name a current Debian mirror with --mirror URL, or install Asterisk yourself.",
            )
        tree = _unpack_all(apt.fetch(PACKAGES), cache, progress)
        shutil.rmtree(cache / "apt")
        return tree


def make_folder(folder: Path) -> None:
    """Make ``folder``. Raises ToolboxError if that is not allowed."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ToolboxError(
            f"The cache folder {folder} cannot be made: {error.strerror}.",
            remedy="Name another with --cache FOLDER.",
        ) from error


@contextmanager
def locked(path: Path, warn: Warn) -> Iterator[None]:
    """Hold the lock file ``path``; wait for it, and say so, while another process holds it.

    The kernel frees the lock when its holder ends, however it ends.
    """
    try:
        handle = path.open("a", encoding="utf-8")
    except OSError as error:
        raise ToolboxError(
            f"{path} cannot be written: {error.strerror}.", remedy="Name another folder with --cache FOLDER."
        ) from error
    with handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            warn(f"Another run is at work in {path.parent}; waiting for it to finish.")
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def _identity(cache: Path) -> int | None:
    try:
        return (cache / "tree" / MARKER).stat().st_mtime_ns
    except OSError:
        return None


def _require_space(cache: Path) -> None:
    free = shutil.disk_usage(cache).free
    if free < SPACE_NEEDED:
        raise ToolboxError(
            f"Asterisk needs {SPACE_NEEDED // 10**6} MB in {cache}; {free // 10**6} MB are free.",
            remedy="Free some space, or name a folder on another disk with --cache FOLDER.",
        )


def _unpack_all(packages: list[Path], cache: Path, progress: Progress) -> Tree:
    """Unpack beside ``tree``, and put it in place only when it is whole."""
    unfinished, replaced = cache / "tree.new", cache / "tree.old"
    for folder in (unfinished, replaced):
        shutil.rmtree(folder, ignore_errors=True)
    unfinished.mkdir()
    for done, package in enumerate(packages):
        progress("unpack", done, len(packages))
        unpack(package, unfinished)
    versions = dict(package_version(package) for package in packages)
    marker = {"suite": SUITE, "packages": versions}
    (unfinished / MARKER).write_text(json.dumps(marker, indent=1), encoding="utf-8")
    if (cache / "tree").exists():
        (cache / "tree").rename(replaced)
    unfinished.rename(cache / "tree")
    shutil.rmtree(replaced, ignore_errors=True)
    progress("unpack", len(packages), len(packages))
    return Tree(cache / "tree", versions)


def known_mirror(mirror: str | None = None) -> str | None:
    """The Debian mirror to use: the one given, the environment's, or that of this machine's APT sources."""
    return mirror or os.environ.get(MIRROR_VARIABLE) or debian_mirror(machine_sources())


def can_learn_mirror() -> bool:
    """Whether this machine's own distribution can tell a Debian mirror, as Ubuntu can."""
    return bool(distribution_sources(machine_sources(), machine_codename()))


def _forky(cache: Path, mirror: str | None, progress: Progress, warn: Warn) -> Source:
    uri = known_mirror(mirror)
    keyring = next((path for name in KEYRINGS if (path := Path("/", name)).exists()), None)
    if uri is None or keyring is None:
        found_uri, found_keyring = _debian_of_another_distribution(cache, progress, warn)
        uri, keyring = uri or found_uri, keyring or found_keyring
    return Source(
        types=("deb",),
        uris=(uri,),
        suites=(SUITE,),
        components=("main",),
        signed_by=str(keyring),
        form="sources",
        text=f"Types: deb\nURIs: {uri}\nSuites: {SUITE}\nComponents: main\nTargets: Packages\n"
        f"Signed-By: {keyring}\n\n",
    )


def _debian_of_another_distribution(cache: Path, progress: Progress, warn: Warn) -> tuple[str, Path]:
    """Debian's mirror and keyring, as the machine's own distribution (Ubuntu) knows them.

    Both come in packages whose signatures the machine can check by its own keys: the keyring as such, the
    mirror as the default of debootstrap.
    """
    own = distribution_sources(machine_sources(), machine_codename())
    if not own:
        raise ToolboxError(
            "This machine's APT sources name neither Debian nor Ubuntu.",
            remedy="Install Asterisk 22.10.1 or later yourself; it is used as it is.",
        )
    apt = Apt(cache / "apt-own", own, progress=progress, warn=warn)
    apt.update()
    folder = cache / "debian"
    for package in apt.fetch_alone(["debian-archive-keyring", "debootstrap"]):
        unpack(package, folder)
    shutil.rmtree(apt.folder)
    keyring = next((path for name in KEYRINGS if (path := folder / name).exists()), None)
    mirror = _mirror_of_debootstrap(folder)
    if keyring is None or mirror is None:
        raise ToolboxError(
            "Debian's keyring and mirror are not where this machine's packages keep them.",
            remedy="Name a Debian mirror with --mirror URL and install the package debian-archive-keyring.",
        )
    return mirror, keyring.absolute()


def _mirror_of_debootstrap(folder: Path) -> str | None:
    """The default of the script for sid, or else the program's own unless that is another distribution's."""
    for path, pattern in _DEBOOTSTRAP_DEFAULTS:
        try:
            text = (folder / path).read_text(encoding="utf-8")
        except OSError:
            continue
        for match in re.finditer(pattern, text, re.MULTILINE):
            uri = match[1].rstrip("/")
            if uri.endswith("/debian"):
                return uri
    return None
