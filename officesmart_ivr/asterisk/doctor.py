"""Is this machine fit? One check per thing that has stopped a start before, each with what to do about it."""

from __future__ import annotations

import os
import shutil
import socket
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from officesmart_ivr.asterisk import modules, ports, toolbox, tree
from officesmart_ivr.asterisk.ports import Ports
from officesmart_ivr.errors import OfficeSmartError

MINIMUM_PYTHON = (3, 11)
DATA_SPACE = 200_000_000  # bytes: logs, recordings, announcements of a first week
SLOW_LOOKUP_SECONDS = 1.0


@dataclass(frozen=True)
class Check:
    """What was looked at, whether it is well, what was found, and what to do if it is not."""

    name: str
    ok: bool
    detail: str
    remedy: str = ""


def examine(
    *,
    cache: Path,
    data: Path,
    sip_bind: str = "0.0.0.0",
    wanted: Ports | None = None,
    media_address: str = "",
    mirror: str | None = None,
) -> list[Check]:
    """All checks, in the order in which their failures should be mended. Nothing is fetched or changed.

    ``wanted`` are the ports to be used; None while Asterisk runs, or where they are chosen at the start.
    """
    checks = [
        check_python(),
        check_folder("cache folder", cache, "--cache"),
        check_folder("data folder", data, "--data"),
        check_space(cache, data, fetched=toolbox.find(cache) is not None),
        check_toolbox(cache, mirror),
        check_host_name(),
    ]
    if media_address:
        checks.append(check_media_address(media_address))
    if wanted is not None:
        checks.append(check_ports(sip_bind, wanted))
    return checks


def check_python() -> Check:
    """Python itself."""
    found = ".".join(str(part) for part in sys.version_info[:3])
    return Check(
        "Python",
        sys.version_info >= MINIMUM_PYTHON,
        found,
        "Install Python 3.11 or later, and run make setup with PYTHON=/path/to/it.",
    )


def check_folder(name: str, folder: Path, option: str) -> Check:
    """Whether files can be written in ``folder``, or in the nearest folder above it that exists."""
    existing = _existing(folder)
    try:
        with tempfile.TemporaryFile(dir=existing):
            pass
    except OSError as error:
        return Check(name, False, f"{existing}: {error.strerror}", f"Name another with {option} FOLDER.")
    return Check(name, True, str(folder))


def check_space(cache: Path, data: Path, *, fetched: bool) -> Check:
    """Free space: for the toolbox while it has yet to be fetched, and for the data."""
    needs = [(data, DATA_SPACE)] if fetched else [(cache, tree.SPACE_NEEDED), (data, DATA_SPACE)]
    found = [(folder, need, shutil.disk_usage(_existing(folder)).free) for folder, need in needs]
    short = [(folder, need, free) for folder, need, free in found if free < need]
    if short:
        folder, need, free = short[0]
        return Check(
            "free space",
            False,
            f"{folder}: {free // 10**6} MB of {need // 10**6} MB",
            "Free some space, or name folders on another disk with --cache and --data.",
        )
    return Check("free space", True, f"{min(free for _, _, free in found) // 10**6} MB")


def check_toolbox(cache: Path, mirror: str | None) -> Check:
    """Asterisk: there, or at least known where to fetch it from."""
    box = toolbox.find(cache)
    if box is not None:
        version = ".".join(str(part) for part in box.version)
        problem = _problem(lambda: modules.choose(box.modules))
        origin = "on this machine" if box.origin == "machine" else "fetched"
        return problem or Check("Asterisk", True, f"{version}, {origin}: {box.asterisk.path}")
    known = tree.known_mirror(mirror)
    if known is None and not tree.can_learn_mirror():
        return Check(
            "Asterisk",
            False,
            "not on this machine, and no Debian mirror is known to fetch it from",
            "Name a mirror with --mirror URL, or install Asterisk 22.10.1 or later.",
        )
    return Check("Asterisk", True, f"will be fetched from {known or 'the mirror that debootstrap names'}")


def check_host_name() -> Check:
    """Whether the machine's own name resolves, and at once: Asterisk looks it up, and waits."""
    name = socket.gethostname()
    remedy = f'Add the line "127.0.1.1 {name}" to /etc/hosts.'
    began = time.monotonic()
    try:
        address = socket.getaddrinfo(name, None)[0][4][0]
    except OSError as error:
        return Check("host name", False, f"{name} does not resolve: {error.strerror}", remedy)
    seconds = time.monotonic() - began
    if seconds > SLOW_LOOKUP_SECONDS:
        return Check("host name", False, f"{name} took {seconds:.1f} s to resolve", remedy)
    return Check("host name", True, f"{name} is {address}")


def check_media_address(address: str) -> Check:
    """Whether the address for sound belongs to this machine, so that Asterisk can bind to it."""
    reason = ports.why_not(address, 0, "udp")
    if reason:
        return Check(
            "address for sound",
            False,
            f"{address}: {reason}",
            "Name an IP address of this machine: --address.",
        )
    return Check("address for sound", True, address)


def check_ports(sip_bind: str, wanted: Ports) -> Check:
    """Whether the ports are free."""
    problem = _problem(lambda: ports.require_free(sip_bind, wanted), name="ports")
    detail = f"SIP {wanted.sip}, ARI {wanted.ari}, sound {wanted.rtp[0]}-{wanted.rtp[1]}"
    return problem or Check("ports", True, detail)


def _problem(examined: Callable[[], object], *, name: str = "Asterisk") -> Check | None:
    try:
        examined()
    except OfficeSmartError as error:
        return Check(name, False, error.message, error.remedy)
    return None


def _existing(folder: Path) -> Path:
    folder = folder.absolute()
    return next(path for path in (folder, *folder.parents) if path.exists() or os.path.lexists(path))
