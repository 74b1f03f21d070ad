"""The fallback as a process of its own: ``python -m officesmart_ivr.fallback``.

``officesmart-ivr fallback`` is the same with help for people, and all commands in memory; ``up`` runs this
one. It writes nothing, so that it serves calls on a full disk too.
"""

from __future__ import annotations

import argparse
import signal
import sys
import threading
from datetime import UTC, datetime
from pathlib import Path

from officesmart_ivr.agi.office import Office
from officesmart_ivr.agi.plans import Plans
from officesmart_ivr.agi.server import FallbackServer
from officesmart_ivr.errors import SettingsError
from officesmart_ivr.observe import logs
from officesmart_ivr.settings import DataFolder, default_data

PORT = 4573
"""That of FastAGI, where nothing else is said."""

LOOK_SECONDS = 1.0
"""How often it is looked for another plan, so that no caller waits until it is read."""


def serve(data: DataFolder, port: int) -> None:
    """Serve calls until SIGINT or SIGTERM. Raises SettingsError when the port is taken."""
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    # A new plan is found without being told of it.
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    office = Office(Plans(data.fallback), lambda: datetime.now(UTC))
    office.newest()
    try:
        server = FallbackServer(port, office)
    except OSError as error:
        raise SettingsError(
            f"the fallback cannot listen on port {port}: {error.strerror}",
            remedy="Stop the program that holds it, or choose with --port PORT.",
        ) from error
    with server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        while not stop.wait(LOOK_SECONDS):
            office.newest()
        server.shutdown()


def main() -> None:
    """Run it by the arguments of this process."""
    parser = argparse.ArgumentParser(prog="officesmart_ivr.fallback")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--data", type=str, default=str(default_data()))
    chosen = parser.parse_args()
    logs.set_up()
    try:
        serve(DataFolder(Path(chosen.data).absolute()), chosen.port)
    except SettingsError as error:
        sys.exit(f"error: {error.message}\nremedy: {error.remedy}")


if __name__ == "__main__":
    main()
