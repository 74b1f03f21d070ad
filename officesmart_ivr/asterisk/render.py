"""Asterisk's configuration: the templates of ``asterisk-conf/``, rendered into the data folder.

Below the data folder: ``etc`` (rendered, replaced at every start), ``lib`` (Asterisk's database, with the
phones' registrations), ``log``, ``spool`` (recordings), ``music`` (the admin's own), ``run`` and ``cache``.
Only the owner may look inside.
"""

from __future__ import annotations

import hashlib
import ipaddress
import os
import re
import stat
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from officesmart_ivr.asterisk import modules
from officesmart_ivr.asterisk.toolbox import Toolbox
from officesmart_ivr.core.hunt_turn import CONFIRM_KEY
from officesmart_ivr.core.target import OUTSIDE_CONTEXT, TRANSFERS_CONTEXT
from officesmart_ivr.errors import AsteriskError, SettingsError
from officesmart_ivr.settings import shipped, write_private

APPLICATION = "officesmart"
"""The name under which the application registers with Asterisk, and calls reach it."""
ARI_USER = "officesmart"
AMI_USER = "officesmart"
PHONES_CONTEXT = "phones"
TRUNKS_CONTEXT = "trunks"
"""The contexts of the dialplan where calls of phones and of trunks begin."""

TRANSFER_SECONDS = 10
"""How long a transferred caller waits for an application that is not there."""
FALLBACK_CONTEXT = "fallback"
"""The context of the dialplan for calls that the application does not take."""
EMERGENCY_SECONDS = 30
"""How long the emergency destination is rung."""
COUNTRIES = ("it", "uk", "us")
KEEP_ALIVE_SECONDS = 60
"""Asterisk closes an idle HTTP connection after this time; clients should do so earlier."""
NO_APPLICATION_CAUSE = 34
"""Q.850 hang-up cause for a caller while the application is not there (34: congestion; SIP 503)."""

_FOLDERS = ("etc", "lib", "log", "spool", "spool/recording", "music", "cache", "run")
_SOCKET_PATH_BYTES = 107  # sun_path of unix(7), less the final zero
_SOCKET_NAME = "asterisk.ctl"


@dataclass(frozen=True)
class AsteriskSettings:
    """What one Asterisk is started with.

    ``media_address`` is an IP address of this machine, the one that phones and trunks send sound to; every
    endpoint must be given ``endpoint_media``. ``rtp_ports`` are the first and last UDP port for sound.
    ``external_address`` is the address that others see where a router translates ours, "" where none does.
    ``call_minutes`` is the hard limit of a call. ``max_calls`` 0 and ``max_load`` 0 mean no limit.
    ``ami_port`` 0 means no manager interface, ``agi_port`` 0 no fallback. ``variables`` is a file of global
    variables for the dialplan, which need not be there; None for no such file.
    ``extra_dialplan`` and ``extra_queues`` are appended to extensions.conf and queues.conf as they are: for
    tests and the benchmark.
    """

    data: Path
    sip_port: int
    ari_port: int
    rtp_ports: tuple[int, int]
    media_address: str
    ari_password: str = field(repr=False)
    ami_port: int = 0
    ami_password: str = field(default="", repr=False)
    agi_port: int = 0
    variables: Path | None = None
    sip_bind: str = "0.0.0.0"
    external_address: str = ""
    call_minutes: int = 240
    max_calls: int = 0
    max_load: float = 0.0
    country: str = "it"
    system_name: str = "officesmart"
    extra_dialplan: str = field(default="", repr=False)
    extra_queues: str = field(default="", repr=False)

    @property
    def ari_url(self) -> str:
        """The base of ARI's resources, without a slash at the end."""
        return f"http://127.0.0.1:{self.ari_port}/ari"

    @property
    def configuration(self) -> Path:
        """The path of asterisk.conf."""
        return self.data.absolute() / "etc" / "asterisk.conf"

    @property
    def log(self) -> Path:
        """Asterisk's own log: notices, warnings, errors."""
        return self.data.absolute() / "log" / "messages"

    @property
    def run_folder(self) -> Path:
        """The folder of the control socket: in the data folder, or elsewhere if that path is too long."""
        inside = self.data.absolute() / "run"
        if len(os.fsencode(inside / _SOCKET_NAME)) <= _SOCKET_PATH_BYTES:
            return inside
        return Path(tempfile.gettempdir()) / f"officesmart-{os.getuid()}-{_digest(self.data.absolute())[:12]}"

    @property
    def control_socket(self) -> Path:
        """The socket through which ``asterisk -rx`` speaks to this Asterisk."""
        return self.run_folder / _SOCKET_NAME


def endpoint_media(address: str) -> dict[str, str]:
    """What every PJSIP endpoint needs so that no call waits for DNS.

    With either field missing, Asterisk looks the machine's own name up at each call, on the thread that
    serves SIP (``ast_find_ourip`` in its main/acl.c, ``create_rtp`` in res/res_pjsip_sdp_rtp.c).
    """
    return {"media_address": address, "bind_rtp_to_media_address": "yes"}


def render(settings: AsteriskSettings, toolbox: Toolbox) -> Path:
    """Write the configuration; give back the path of asterisk.conf.

    Raises SettingsError for a setting that cannot be written, AsteriskError for a module that is missing.
    """
    _check(settings)
    required, optional = modules.choose(toolbox.modules)
    for name in _FOLDERS:
        _private_folder(settings.data.absolute() / name)
    _private_folder(settings.run_folder)
    values = {
        "settings": settings,
        "data": settings.data.absolute(),
        "etc": settings.configuration.parent,
        "run": settings.run_folder,
        "modules": toolbox.modules,
        "shared_data": toolbox.data,
        "music": _music(settings, toolbox),
        "entity_id": _entity_id(settings.data.absolute()),
        "required_modules": required,
        "optional_modules": optional,
        "keep_alive_ms": KEEP_ALIVE_SECONDS * 1000,
        "ari_user": ARI_USER,
        "ami_user": AMI_USER,
        "sip_address": _with_port(settings.sip_bind, settings.sip_port),
        "application": APPLICATION,
        "contexts": {PHONES_CONTEXT: "phone", TRUNKS_CONTEXT: "trunk"},
        "transfers_context": TRANSFERS_CONTEXT,
        "transfer_seconds": TRANSFER_SECONDS,
        "fallback_context": FALLBACK_CONTEXT,
        "outside_context": OUTSIDE_CONTEXT,
        "emergency_seconds": EMERGENCY_SECONDS,
        "confirm_key": CONFIRM_KEY,
        "no_application_cause": NO_APPLICATION_CAUSE,
        "extra_dialplan": _Verbatim(settings.extra_dialplan),
        "extra_queues": _Verbatim(settings.extra_queues),
    }
    # The application takes names from this module, and renders nothing.
    import jinja2

    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(shipped("asterisk-conf")),
        undefined=jinja2.StrictUndefined,
        finalize=_one_line,
        autoescape=False,
        keep_trailing_newline=True,
    )
    names = environment.list_templates(extensions=["j2"])
    texts = {name.removesuffix(".j2"): environment.get_template(name).render(values) for name in names}
    for name, text in texts.items():
        write_private(settings.configuration.parent / name, text)
    return settings.configuration


class _Verbatim(str):
    """Text for a template that may have several lines."""


def _one_line(value: object) -> object:
    """Keep a setting from adding lines to a configuration file, or from ending early as a comment."""
    if not isinstance(value, _Verbatim) and re.search(r"[\n\r\0;]", str(value)):
        raise SettingsError(f"{value!r} cannot be written into Asterisk's configuration.")
    return value


def _check(settings: AsteriskSettings) -> None:
    first, last = settings.rtp_ports
    if not 1024 <= first < last <= 65535:
        raise SettingsError(
            f"{first}-{last} is no range of ports for sound.", remedy="--rtp-ports 10000-10999"
        )
    for option, port in (("--sip-port", settings.sip_port), ("--ari-port", settings.ari_port)):
        if not 1 <= port <= 65535:
            raise SettingsError(f"{option} {port}: a port lies between 1 and 65535.")
    if settings.external_address:
        try:
            ipaddress.ip_address(settings.external_address)
        except ValueError:
            raise SettingsError(
                f"--external-address {settings.external_address}: not an address.",
                remedy="Write it like 192.0.2.10; names are not looked up.",
            ) from None
    if settings.country not in COUNTRIES:
        raise SettingsError(
            f"There are no tones for the country {settings.country!r}.",
            remedy=f"Known: {', '.join(COUNTRIES)}.",
        )
    if settings.call_minutes < 1:
        raise SettingsError("A call must be allowed to last a minute at least.")


def _private_folder(folder: Path) -> None:
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        found = folder.lstat()
        # In a folder that everybody may write to, somebody else may have been there first.
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid():
            raise AsteriskError(
                f"{folder} is not a folder of this user.", remedy="Name another with --data FOLDER."
            )
        folder.chmod(0o700)
    except OSError as error:
        raise AsteriskError(
            f"The folder {folder} cannot be used: {error.strerror}.",
            remedy="Name another with --data FOLDER.",
        ) from error


def _music(settings: AsteriskSettings, toolbox: Toolbox) -> Path:
    """The admin's own music where there is any, else what comes with Asterisk."""
    own = settings.data.absolute() / "music"
    return own if any(own.iterdir()) else toolbox.data / "moh"


def _digest(path: Path) -> str:
    return hashlib.sha256(os.fsencode(path)).hexdigest()


def _entity_id(data: Path) -> str:
    """A MAC address of our own making (bit 1 of the first byte set), the same for the same data folder."""
    digest = _digest(data)
    return ":".join(["02", *(digest[i : i + 2] for i in range(0, 10, 2))])


def _with_port(address: str, port: int) -> str:
    return f"[{address}]:{port}" if ":" in address else f"{address}:{port}"
