"""The programs a telephone system is run and tested with: Asterisk, espeak-ng, SIPp and baresip.

An Asterisk that is already on the machine and recent enough is used as it is; otherwise one is fetched from
Debian into the cache folder, without root (see ``tree``). Everything here blocks; nothing here needs more
than the standard library.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from officesmart_ivr.asterisk.apt import Progress, Warn
from officesmart_ivr.asterisk.tree import Tree, fetch_tree, read_tree
from officesmart_ivr.errors import ToolboxError

Version = tuple[int, int, int]

MINIMUM_ASTERISK: Version = (22, 10, 1)  # earlier ones have known holes in ARI
MINIMUM_SIPP: Version = (3, 6, 0)
_SYSTEM_FOLDERS = ("/usr/sbin", "/usr/local/sbin", "/usr/bin", "/usr/local/bin")
# Where distributions and "make install" put them; "{prefix}" is where the program's own folder is.
_MODULE_FOLDERS = ("lib/*/asterisk/modules", "lib64/asterisk/modules", "lib/asterisk/modules")
_DATA_FOLDERS = ("share/asterisk", "../var/lib/asterisk", "var/lib/asterisk")


@dataclass(frozen=True)
class Program:
    """A program that can be run. One of a fetched tree runs through the tree's own ``loader``."""

    path: Path
    loader: Path | None = None
    libraries: Path | None = None

    def command(self, *arguments: str | os.PathLike[str]) -> list[str]:
        """The program with ``arguments``, as ``subprocess`` wants it."""
        words = [os.fspath(argument) for argument in arguments]
        if self.loader is None:
            return [str(self.path), *words]
        # espeak-ng is linked to PulseAudio, which it does not use here and which has a folder of its own.
        libraries = f"{self.libraries}:{self.libraries}/pulseaudio"
        return [str(self.loader), "--library-path", libraries, str(self.path), *words]


@dataclass(frozen=True)
class Toolbox:
    """What was found or fetched.

    ``modules`` and ``data`` are Asterisk's ``astmoddir`` and ``astdatadir``. ``baresip_modules`` goes into
    baresip's configuration as ``module_path``; both are None without baresip.
    """

    asterisk: Program
    version: Version
    modules: Path
    data: Path
    origin: Literal["machine", "fetched"]
    sipp: Program | None = None
    baresip: Program | None = None
    baresip_modules: Path | None = None

    @property
    def has_test_tools(self) -> bool:
        """Whether SIPp and baresip are there, which drive the tests on real calls."""
        return self.sipp is not None and self.baresip is not None


def default_cache() -> Path:
    """``officesmart-ivr/toolbox`` in the user's cache folder (XDG Base Directory Specification)."""
    configured = os.environ.get("XDG_CACHE_HOME", "")
    # The specification has relative paths ignored.
    base = Path(configured) if configured.startswith("/") else Path.home() / ".cache"
    return base / "officesmart-ivr" / "toolbox"


def find(cache: Path) -> Toolbox | None:
    """The toolbox as it stands, without using the network; None if there is no Asterisk recent enough."""
    cache = cache.absolute()
    fetched = _from_tree(cache)
    asterisk = _asterisk_on_machine()
    if asterisk is None:
        return fetched
    program, version, modules, data = asterisk
    baresip, baresip_modules = _baresip_on_machine()
    if fetched is not None and baresip is None:
        baresip, baresip_modules = fetched.baresip, fetched.baresip_modules
    return Toolbox(
        asterisk=program,
        version=version,
        modules=modules,
        data=data,
        origin="machine",
        sipp=_sipp_on_machine() or (fetched.sipp if fetched else None),
        baresip=baresip,
        baresip_modules=baresip_modules,
    )


def obtain(
    cache: Path,
    mirror: str | None = None,
    *,
    test_tools: bool = False,
    progress: Progress = lambda step, done, total: None,
    warn: Warn = lambda text: None,
) -> Toolbox:
    """The toolbox, fetched if need be into ``cache``; fetched once, then found.

    ``mirror`` is the URI of a Debian mirror; without it, the environment's OFFICESMART_DEBIAN_MIRROR or the
    one this machine uses itself. ``test_tools``: SIPp and baresip are wanted as well. ``progress`` gets the
    step ("package lists", "download", "unpack"), how much is done, and how much there is. Blocks for 10 to
    20 s on a good line. Raises ToolboxError, by cause.
    """
    cache = cache.absolute()
    box = find(cache)
    if box is not None and (box.has_test_tools or not test_tools):
        return box
    fetch_tree(
        cache,
        mirror=mirror,
        progress=progress,
        warn=warn,
        good_enough=lambda text: (parse_version(text) or (0, 0, 0)) >= MINIMUM_ASTERISK,
        # A complete tree that is still not good enough holds an Asterisk that is too old by now.
        afresh=read_tree(cache) is not None and _from_tree(cache) is None,
    )
    box = find(cache)
    if box is None:
        raise ToolboxError(
            f"Asterisk was fetched into {cache}, but it does not run on this machine.",
            remedy="Install Asterisk 22.10.1 or later yourself; it is used as it is.",
        )
    return box


def find_espeak(cache: Path) -> list[str] | None:
    """Return how espeak-ng is run: the machine's, else that fetched into ``cache``; None without either."""
    program = _on_machine("espeak-ng")
    if program is not None:
        return program.command()
    tree = read_tree(cache.absolute())
    if tree is None:
        return None
    return _in_tree(tree, "usr/bin/espeak-ng").command(f"--path={tree.libraries}")


def parse_version(text: str) -> Version | None:
    """The version in what ``asterisk -V`` or ``sipp -v`` prints, or in a Debian version, epoch and all."""
    match = re.search(r"(?:^|[\sv:])(\d+)\.(\d+)(?:\.(\d+))?", text)
    return (int(match[1]), int(match[2]), int(match[3] or 0)) if match else None


def _from_tree(cache: Path) -> Toolbox | None:
    tree = read_tree(cache)
    if tree is None:
        return None
    asterisk = _in_tree(tree, "usr/sbin/asterisk")
    version = _version_of(asterisk, "-V")
    if version is None or version < MINIMUM_ASTERISK:
        return None
    return Toolbox(
        asterisk=asterisk,
        version=version,
        modules=tree.libraries / "asterisk/modules",
        data=tree.folder / "usr/share/asterisk",
        origin="fetched",
        sipp=_in_tree(tree, "usr/bin/sipp"),
        baresip=_in_tree(tree, "usr/bin/baresip"),
        baresip_modules=tree.folder / "usr/lib/baresip/modules",
    )


def _in_tree(tree: Tree, path: str) -> Program:
    return Program(tree.folder / path, tree.loader, tree.libraries)


def _on_machine(name: str) -> Program | None:
    # /usr/sbin is not in everybody's PATH.
    search = os.pathsep.join([os.environ.get("PATH", os.defpath), *_SYSTEM_FOLDERS])
    path = shutil.which(name, path=search)
    return Program(Path(path)) if path else None


def _asterisk_on_machine() -> tuple[Program, Version, Path, Path] | None:
    program = _on_machine("asterisk")
    version = _version_of(program, "-V") if program else None
    if program is None or version is None or version < MINIMUM_ASTERISK:
        return None
    prefix = program.path.resolve().parent.parent
    modules = _first_folder(prefix, _MODULE_FOLDERS, holding="chan_pjsip.so")
    data = _first_folder(prefix, _DATA_FOLDERS, holding="documentation")
    return (program, version, modules, data) if modules and data else None


def _sipp_on_machine() -> Program | None:
    program = _on_machine("sipp")
    version = _version_of(program, "-v") if program else None
    return program if version and version >= MINIMUM_SIPP else None


def _baresip_on_machine() -> tuple[Program | None, Path | None]:
    program = _on_machine("baresip")
    if program is None:
        return None, None
    prefix = program.path.resolve().parent.parent
    modules = _first_folder(prefix, ("lib/baresip/modules", "lib/*/baresip/modules"), holding="menu.so")
    return (program, modules) if modules else (None, None)


def _first_folder(prefix: Path, patterns: tuple[str, ...], *, holding: str) -> Path | None:
    for pattern in patterns:
        for file in sorted(prefix.glob(f"{pattern}/{holding}")):
            return file.parent.resolve()
    return None


def _version_of(program: Program, option: str) -> Version | None:
    try:
        # SIPp ends with 99 after telling its version, so the code says nothing.
        done = subprocess.run(
            program.command(option), capture_output=True, text=True, errors="replace", timeout=20, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return parse_version(done.stdout)
