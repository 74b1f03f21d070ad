"""``officesmart-ivr run``: the application alone."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
import uvloop

from officesmart_ivr.app import RunSettings, serve
from officesmart_ivr.asterisk.ami import AmiAccess
from officesmart_ivr.cli import options
from officesmart_ivr.errors import SettingsError
from officesmart_ivr.observe import logs
from officesmart_ivr.settings import chosen_database


def run(
    plan: Annotated[Path, typer.Option(help="The call plan: a YAML file or a folder of them.")],
    ari_password_file: Annotated[
        Path, typer.Option(envvar="OFFICESMART_ARI_PASSWORD_FILE", help="File that holds ARI's password.")
    ],
    ari_url: Annotated[str, typer.Option(help="Where Asterisk's HTTP server is.")] = "http://127.0.0.1:8088",
    ari_user: Annotated[str, typer.Option(help="ARI's user.")] = "officesmart",
    media_address: Annotated[
        str, typer.Option(help="Address of this machine to which phones send sound.")
    ] = "127.0.0.1",
    ami_password_file: Annotated[
        Path | None,
        typer.Option(
            envvar="OFFICESMART_AMI_PASSWORD_FILE",
            help="File that holds the password of the manager interface, which tells of phones and carriers.",
        ),
    ] = None,
    ami_user: Annotated[str, typer.Option(help="The manager interface's user.")] = "officesmart",
    ami_port: Annotated[int, typer.Option(min=1, max=65535, help="The manager interface's port.")] = 5038,
    http_port: options.HttpPort = 0,
    watch: options.Watch = True,
    sounds: options.Sounds = None,
    data: options.Data = None,
    speech: options.Speech = "",
    cache: options.Cache = None,
    drain: options.Drain = 30.0,
) -> None:
    """Run the application against an Asterisk that is there.

    Example: officesmart-ivr run --plan config --ari-password-file /etc/officesmart/ari-password
    """
    password = _password(ari_password_file, "ari.conf")
    ami = None
    if ami_password_file is not None:
        ami = AmiAccess(ami_port, ami_user, _password(ami_password_file, "manager.conf"))
    logs.set_up()
    folder = options.data_folder(data)
    folder.make()
    settings = RunSettings(
        plan=plan,
        sounds=sounds,
        data=folder,
        ari_url=ari_url,
        ari_user=ari_user,
        ari_password=password,
        media_address=media_address,
        http_port=http_port,
        database=chosen_database(),
        ami=ami,
        speech=options.speech_engine(speech, cache),
        watch=watch,
        drain_seconds=drain,
    )
    uvloop.run(serve(settings))


def _password(file: Path, configuration: str) -> str:
    try:
        return file.read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(
            f"{file}: the password cannot be read: {error}",
            remedy=f"Write the password of the user in {configuration} into this file.",
        ) from None
