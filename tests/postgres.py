"""Run a command with a PostgreSQL of its own: ``python3 -m tests.postgres make test``.

The server is Debian's: the machine's own where it is installed, else fetched from where the machine gets its
packages and unpacked, which needs no root and changes nothing. It listens on a socket in a private folder
only, its URL is in OFFICESMART_TEST_POSTGRES, and it ends with the command. ``--fetch`` passes over an
installed one.

Standard library only: this runs before anything is installed.
"""

from __future__ import annotations

import argparse
import os
import pwd
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from officesmart_ivr.asterisk.apt import Apt, unpack
from officesmart_ivr.asterisk.apt_sources import distribution_sources, machine_codename, machine_sources
from officesmart_ivr.errors import ToolboxError

VARIABLE = "OFFICESMART_TEST_POSTGRES"
START_SECONDS = 30.0
_USER = "officesmart"
_INITDB_OPTIONS = ("--auth=trust", "--no-sync", "--encoding=UTF8", "--locale=C")
_SERVER_OPTIONS = ("-c", "listen_addresses=", "-c", "fsync=off")

# What maintains a system, and the compiler of queries; the C library must be that of the machine's loader.
_NOT_NEEDED = (
    *("libc6", "libgcc-s1", "perl", "perl-base", "debconf", "adduser", "passwd", "tzdata", "locales"),
    *("postgresql-common", "postgresql-client-common", "postgresql-common-dev", "ssl-cert", "netbase"),
    *(f"libllvm{version}" for version in (14, 15, 16, 17, 18, 19, 20, 21, 22)),
)


@dataclass(frozen=True)
class Server:
    """PostgreSQL's programs, and where their libraries are if not on the machine."""

    programs: Path
    libraries: Path | None = None

    def environment(self) -> dict[str, str]:
        # Child programs are started by the server itself, so the loader is told by a variable.
        extra = {"LD_LIBRARY_PATH": str(self.libraries)} if self.libraries else {}
        return {**os.environ, "LC_ALL": "C", **extra}


def installed() -> Server | None:
    found = list(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    newest = max(found, key=lambda path: int(path.parent.parent.name), default=None)
    return Server(newest.parent) if newest else None


def fetched(folder: Path) -> Server:
    sources = distribution_sources(machine_sources(), machine_codename())
    apt = Apt(folder / "apt", sources, present=_NOT_NEEDED, progress=lambda *_: None, warn=say)
    apt.update()
    version = apt.candidate("postgresql").partition("+")[0]
    if not version.isdigit():
        raise ToolboxError(
            "The package mirror offers no PostgreSQL.", remedy="Install the package postgresql."
        )
    for package in apt.fetch([f"postgresql-{version}"]):
        unpack(package, folder / "tree")
    libraries = next((folder / "tree/usr/lib").glob("*/libpq.so.5")).parent
    return Server(folder / f"tree/usr/lib/postgresql/{version}/bin", libraries)


@contextmanager
def running(*, fetch: bool) -> Iterator[str]:
    """Run a server of our own; give its URL. Raises ToolboxError."""
    # PostgreSQL refuses to run as root.
    user = pwd.getpwnam("nobody") if os.geteuid() == 0 else None
    with tempfile.TemporaryDirectory(prefix="officesmart-pg-") as made:
        folder = Path(made)
        server = (None if fetch else installed()) or fetched(folder)
        data, sockets = folder / "data", folder / "socket"
        for own in (data, sockets):
            own.mkdir(mode=0o700)
            if user:
                os.chown(own, user.pw_uid, user.pw_gid)
        options: dict[str, Any] = {"cwd": folder, "env": server.environment()}
        if user:
            folder.chmod(0o755)
            options |= {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
        made_data = subprocess.run(
            [server.programs / "initdb", "--pgdata", data, "--username", _USER, *_INITDB_OPTIONS],
            capture_output=True,
            text=True,
            check=False,
            **options,
        )
        if made_data.returncode != 0:
            raise ToolboxError(f"initdb failed: {made_data.stderr.strip()}")
        log = folder / "log"
        with log.open("wb") as output:
            process = subprocess.Popen(
                [server.programs / "postgres", "-D", data, "-k", sockets, *_SERVER_OPTIONS],
                stdout=output,
                stderr=output,
                **options,
            )
            try:
                _await_ready(server, sockets, process, log)
                yield f"postgresql://{_USER}@/postgres?host={sockets}"
            finally:
                process.send_signal(signal.SIGINT)  # its "fast shutdown"
                process.wait(START_SECONDS)


def _await_ready(server: Server, sockets: Path, process: subprocess.Popen[bytes], log: Path) -> None:
    asking = [str(server.programs / "pg_isready"), "--quiet", "--host", str(sockets), "--username", _USER]
    deadline = time.monotonic() + START_SECONDS
    while subprocess.run(asking, env=server.environment(), check=False).returncode != 0:
        if process.poll() is not None or time.monotonic() > deadline:
            raise ToolboxError(f"PostgreSQL did not start:\n{log.read_text(errors='replace')}")
        time.sleep(0.1)


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python3 -m tests.postgres", description="Lend a PostgreSQL.")
    parser.add_argument("--fetch", action="store_true", help="fetch one even where one is installed")
    parser.add_argument("command", nargs=argparse.REMAINDER, help="what to run with it")
    options = parser.parse_args()
    # Ending us ends the server too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    try:
        with running(fetch=options.fetch) as url:
            return subprocess.call(options.command, env={**os.environ, VARIABLE: url})
    except ToolboxError as error:
        say(str(error))
        return 1


if __name__ == "__main__":
    sys.exit(main())
