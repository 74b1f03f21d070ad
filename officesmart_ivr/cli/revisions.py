"""``officesmart-ivr revisions``: the plans that went live, and those that are to."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Annotated

import msgspec
import typer
from rich.table import Table
from rich.text import Text

from officesmart_ivr.api.client import ApiClient
from officesmart_ivr.api.schema import FindingView, PublicationView, RevisionView, WholeRevision
from officesmart_ivr.callplan.files import folder_of
from officesmart_ivr.callplan.secrets import FILE_NAME
from officesmart_ivr.cli import language as languages
from officesmart_ivr.cli import options
from officesmart_ivr.cli.kept import KeptPast, asked
from officesmart_ivr.cli.reload import NOT_LIVE, Message, author, tell, tell_findings, tell_refusal
from officesmart_ivr.cli.texts import console, moment, plain
from officesmart_ivr.errors import SettingsError
from officesmart_ivr.publishing.workshop import is_calendar, whole_texts
from officesmart_ivr.settings import DataFolder

app = typer.Typer(
    help="The plans that went live: list, show and compare them, go back to one, set one for later.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

Number = Annotated[int, typer.Argument(min=1, help="The number of a revision.")]

_COLOURS = {"+": "green", "-": "red", "@": "cyan"}


@app.command("list")
def list_revisions(
    limit: Annotated[int, typer.Option(min=1, max=1000, help="How many at most, the newest ones.")] = 20,
    data: options.Data = None,
    output: options.Output = options.Format.TEXT,
) -> None:
    """List the plans that went live, the newest last. It works also while the application does not run.

    Example: officesmart-ivr revisions list
    """
    found = asked(options.data_folder(data), lambda source: source.revisions(limit))[::-1]
    if _printed_as_json(found, output):
        return
    table = Table("revision", "time", "by", "author", "message", "files", box=None, pad_edge=False)
    for each in found:
        source = "kept, never live" if each.source == "kept" else each.source
        names = ", ".join(each.files) if len(each.files) <= 3 else f"{len(each.files)} files"
        table.add_row(
            str(each.number), moment(each.at), source, plain(each.author), plain(each.message), plain(names)
        )
    console().print(table)


@app.command()
def show(number: Number, data: options.Data = None, output: options.Output = options.Format.TEXT) -> None:
    """Show a revision: who let it go live, when, why, and its text.

    Example: officesmart-ivr revisions show 12
    """
    found = _revision(options.data_folder(data), number)
    if _printed_as_json(found, output):
        return
    typer.echo(f"# revision {found.number}, {moment(found.at)}, {plain(_by(found))}")
    for name, text in found.texts.items():
        typer.echo(f"# {plain(name)}")
        typer.echo(text)


@app.command()
def diff(
    first: Annotated[int | None, typer.Argument(min=1, help="A revision (default: the one before).")] = None,
    second: Annotated[int | None, typer.Argument(min=1, help="Another (default: the newest).")] = None,
    data: options.Data = None,
) -> None:
    """Show what has changed from one revision to another, file by file.

    With one number: from that revision to the newest; without: what the newest has changed.

    Example: officesmart-ivr revisions diff 11 12
    """
    folder = options.data_folder(data)
    if first is None or second is None:
        newest = [
            each.number
            for each in asked(folder, lambda source: source.revisions(1000))
            if each.source != "kept"
        ]
        if len(newest) < 2 and first is None:
            raise SettingsError("there are no two revisions to compare", remedy="Edit the plan first.")
        first, second = (newest[1], newest[0]) if first is None else (first, newest[0])
    before, after = _revision(folder, first), _revision(folder, second)
    out = console()
    for line in _difference(before, after):
        out.print(Text(plain(line), style=_COLOURS.get(line[:1], "")), soft_wrap=True)


@app.command()
def rollback(
    number: Number,
    message: Message = "",
    data: options.Data = None,
    output: options.Output = options.Format.TEXT,
    language: languages.Option = None,
) -> None:
    """Let an earlier revision go live again, as a new revision, and write it into the plan's files.

    It is checked first: what it names may be there no more. What stands in the files and is in no revision is
    kept as one. Exit code 0 when it is live, 1 when it is refused.

    Example: officesmart-ivr revisions rollback 11 --message "wrong hours"
    """
    shown_in = languages.chosen(language)
    outcome = ApiClient(options.data_folder(data)).rollback(number, author(), message, shown_in)
    tell(outcome, output, shown_in)


@app.command()
def publish(
    plan: Annotated[Path, typer.Argument(help="The plan that is to come: a YAML file or a folder of them.")],
    at: Annotated[
        str, typer.Option(help='When, in the company\'s time: "2026-12-24 18:00"; or with an offset.')
    ],
    message: Message = "",
    data: options.Data = None,
    output: options.Output = options.Format.TEXT,
    language: languages.Option = None,
) -> None:
    """Let a plan go live at a set time. It is checked now, and once more when its time has come.

    The plan is then what was given, and nothing else: other files of a plan's folder are deleted, but for
    secrets and sounds. Where the plan is one file, this takes its place whatever its name. Exit code 0 when
    it was taken, 1 when it is refused.

    Example: officesmart-ivr revisions publish christmas.yaml --at "2026-12-24 18:00"
    """
    texts = {name: _readable(name, text) for name, text in whole_texts(plan).items()}
    shown_in = languages.chosen(language)
    taken = ApiClient(options.data_folder(data)).publish(texts, at, author(), message, shown_in)
    findings = [_as_given(finding, plan, texts) for finding in taken.findings]
    taken = msgspec.structs.replace(taken, findings=findings)
    if not _printed_as_json(taken, output):
        tell_findings(taken.findings, shown_in)
        if taken.publication is not None:
            for note in taken.notes:
                typer.echo(f"note: {plain(note)}", err=True)
            typer.echo(f"publication {taken.publication.id}: live at {moment(taken.publication.at)}")
        else:
            tell_refusal(taken.error, taken.remedy)
    if taken.publication is None:
        raise typer.Exit(NOT_LIVE)


@app.command()
def scheduled(data: options.Data = None, output: options.Output = options.Format.TEXT) -> None:
    """List the publications that are to come, and what became of others.

    Example: officesmart-ivr revisions scheduled
    """
    found = asked(options.data_folder(data), lambda source: source.publications())[::-1]
    if not _printed_as_json(found, output):
        _print(found)


@app.command()
def cancel(
    publication: Annotated[int, typer.Argument(min=1, help="The id of a publication.")],
    data: options.Data = None,
    output: options.Output = options.Format.TEXT,
) -> None:
    """Let a publication not happen.

    Example: officesmart-ivr revisions cancel 3
    """
    left = ApiClient(options.data_folder(data)).cancel(publication)[::-1]
    if not _printed_as_json(left, output):
        _print(left)


def _as_given(finding: FindingView, plan: Path, texts: Collection[str]) -> FindingView:
    """Return a finding with its file under the name by which the plan was given.

    The application tells where the file will stand; there, a plan of one file has the name of the live one.
    """
    name = Path(finding.file).name
    own = [each for each in texts if not is_calendar(each)]
    if name not in own:
        if len(own) != 1 or name == FILE_NAME or name.endswith(".yml"):
            return finding  # about a file beside the plan
        (name,) = own
    file = str(folder_of(plan) / name)
    message = finding.message.replace(f"{finding.file}:", f"{file}:")
    return msgspec.structs.replace(finding, file=file, message=message)


def _print(found: list[PublicationView]) -> None:
    table = Table("id", "live at", "state", "author", "message", "reason", box=None, pad_edge=False)
    for each in found:
        table.add_row(
            str(each.id),
            moment(each.at),
            each.state,
            plain(each.author),
            plain(each.message),
            plain(each.reason),
        )
    console().print(table)


def _printed_as_json(found: object, output: options.Format) -> bool:
    if output is options.Format.JSON:
        typer.echo(msgspec.json.format(msgspec.json.encode(found), indent=1).decode())
    return output is options.Format.JSON


def _revision(folder: DataFolder, number: int) -> WholeRevision:
    def ask(source: ApiClient | KeptPast) -> WholeRevision:
        return source.revision(number)

    return asked(folder, ask)


def _by(revision: RevisionView) -> str:
    why = f": {revision.message}" if revision.message else ""
    return f"{revision.source} by {revision.author or 'somebody'}{why}"


def _difference(before: WholeRevision, after: WholeRevision) -> Iterator[str]:
    """Give the lines of a unified diff of all files."""
    first, second = f"revision {before.number}", f"revision {after.number}"
    for name in sorted({*before.texts, *after.texts}):
        yield from difflib.unified_diff(
            _lines(before.texts, name),
            _lines(after.texts, name),
            f"{name} ({first})",
            f"{name} ({second})",
            lineterm="",
        )


def _lines(texts: Mapping[str, str], name: str) -> list[str]:
    return texts.get(name, "").splitlines()


def _readable(name: str, text: bytes) -> str:
    try:
        return text.decode()
    except UnicodeDecodeError:
        raise SettingsError(f"{name} is not UTF-8 text", remedy="Save it with the encoding UTF-8.") from None
