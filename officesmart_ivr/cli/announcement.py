"""``officesmart-ivr announcement``: check sounds, convert them, add them to a plan."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import typer

from officesmart_ivr.announcements import adding, apart
from officesmart_ivr.announcements.folder import find_sounds
from officesmart_ivr.announcements.formats import inspect
from officesmart_ivr.announcements.jobs import Convert, Converted, Examine, Examined, Failed, Form
from officesmart_ivr.announcements.report import LOUDNESS_LUFS, Remark, Report, Treatment
from officesmart_ivr.callplan.files import read
from officesmart_ivr.callplan.findings import Position
from officesmart_ivr.cli import options
from officesmart_ivr.cli.texts import plain
from officesmart_ivr.errors import AnnouncementError, OfficeSmartError, SettingsError

app = typer.Typer(
    help="Announcements: check sound files, convert them, add them to a plan, speak, record and list them.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

REFUSED = 1

Plan = Annotated[
    Path | None,
    typer.Option("--plan", help="The call plan: a file or a folder (default: the one that is running)."),
]
Loudness = Annotated[
    float, typer.Option(min=-40, max=-8, help="How loud it is to be, in LUFS (ITU-R BS.1770).")
]
Replace = Annotated[bool, typer.Option("--replace", help="Put it in the place of a file that is there.")]

_REMARKS = {
    Remark.SILENT: "there is nothing to hear",
    Remark.QUIET: "it is much quieter than the other prompts",
    Remark.LOUD: "it is much louder than the other prompts",
    Remark.CLIPPED: "it is distorted: its wave is cut off flat in {clipped} places; record at a lower level",
    Remark.STARTS_LATE: "it begins with {leading:.1f} s of silence",
    Remark.ENDS_LATE: "it ends with {trailing:.1f} s of silence",
    Remark.LONG_PAUSE: "there is a pause of {pause:.1f} s in it",
    Remark.NOT_SPEECH: "little of it lies in the band of the telephone; some callers will hear it faintly",
}


@app.command()
def check(
    files: Annotated[list[Path], typer.Argument(help="Sound files.")],
    output: options.Output = options.Format.TEXT,
) -> None:
    """Say of each file whether it is accepted, what is wrong with it, and how it sounds.

    Exit code 1 when one is not accepted.

    Example: officesmart-ivr announcement check welcome.wav
    """
    answers = apart.do_all([Examine(str(file)) for file in files])
    checked = [_checked(file, answer) for file, answer in zip(files, answers, strict=True)]
    if output is options.Format.JSON:
        typer.echo(json.dumps(checked, indent=1, ensure_ascii=False))
    else:
        for each in checked:
            _print_checked(each)
    if not all(each["accepted"] for each in checked):
        raise typer.Exit(REFUSED)


@app.command()
def convert(
    source: Annotated[Path, typer.Argument(metavar="IN", help="A sound file: WAV, FLAC, Ogg, Opus, MP3, …")],
    target: Annotated[Path, typer.Argument(metavar="OUT", help="The WAV file to write.")],
    form: Annotated[Form, typer.Option("--format", help="Coding: 16 kHz PCM, or G.711.")] = Form.PCM,
    loudness: Loudness = LOUDNESS_LUFS,
    replace: Replace = False,
) -> None:
    """Make an accepted file of any sound: mono, levelled, without silence at its ends.

    Example: officesmart-ivr announcement convert voice.mp3 welcome.wav
    """
    done = apart.do_one(
        Convert(str(source), str(target), form, Treatment(loudness=loudness), replace=replace)
    )
    assert isinstance(done, Converted)
    typer.echo(f"{plain(str(source))}: {_origin(done.source)}, {_levels(done.source.report)}")
    _print_remarks(done.source.report, only=(Remark.CLIPPED, Remark.LONG_PAUSE, Remark.NOT_SPEECH))
    typer.echo(f"{plain(str(target))}: {form.sound_format.name}, {_levels(done.report)}")


@app.command()
def add(
    name: Annotated[str, typer.Argument(help="The announcement's name in the plan.")],
    file: Annotated[
        Path, typer.Argument(help="A sound file of any kind; what is not accepted is converted.")
    ],
    plan: Plan = None,
    sounds: options.Sounds = None,
    data: options.Data = None,
    force: Annotated[
        bool, typer.Option("--convert", help="Level and trim it too if it is accepted as it is.")
    ] = False,
    loudness: Loudness = LOUDNESS_LUFS,
    replace: Replace = False,
    output: options.Output = options.Format.TEXT,
) -> None:
    """Put a sound into the plan's folder of sounds, and say what to write in the plan.

    Example: officesmart-ivr announcement add welcome voice.mp3 --plan config/callplan.yaml
    """
    chosen, folder = where(plan, sounds, data)
    added = adding.add(
        file, name, folder, replace=replace, convert=force, treatment=Treatment(loudness=loudness)
    )
    line = f"{name}: {{file: {added.file.name}}}"
    entry = _entry(chosen, name) if chosen is not None else None
    is_named = entry is not None and entry.file == added.file.name
    if output is options.Format.JSON:
        told: dict[str, Any] = {
            "file": str(added.file),
            "converted": added.converted,
            "source": {**_facts(added.source), "report": asdict(added.source.report)},
            "report": asdict(added.report),
            "remarks": [remark.value for remark in added.report.remarks(loudness)],
            "plan_line": line,
            "in_plan": is_named,
        }
        typer.echo(json.dumps(told, indent=1, ensure_ascii=False))
        return
    how = f"converted from {_origin(added.source)}" if added.converted else "taken as it is"
    typer.echo(f"{plain(str(added.file))}: {how}; {_levels(added.report)}")
    _print_remarks(added.report)
    if is_named:
        typer.echo("The plan names it already: it is heard from the next reload on.")
    elif entry is not None:
        typer.echo(
            f"The plan has '{plain(name)}' already, {plain(entry.shown)}. To hear the new sound, write there,"
        )
        typer.echo(f"in place of '{entry.field}', and reload it:")
        typer.echo(f"  file: {added.file.name}")
    else:
        typer.echo('Write in the plan, below "announcements:", and reload it:')
        typer.echo(f"  {line}")


def where(plan: Path | None, sounds: Path | None, data: Path | None) -> tuple[Path | None, Path]:
    """Return the plan that a command means, and its folder of sounds.

    Not said, it is the plan that runs with the data folder. Raises SettingsError if there is none either.
    """
    if plan is None and sounds is not None:
        return None, sounds
    if plan is None:
        running = options.data_folder(data).read_state("up") or {}
        if not running.get("plan"):
            raise SettingsError(
                "no plan is running here",
                remedy="Name the call plan with --plan, or its folder with --sounds.",
            )
        plan = Path(running["plan"])
        sounds = Path(running["sounds"]) if running.get("sounds") else None
    if not plan.exists():
        raise SettingsError(f"there is no call plan at {plan}", remedy="Name it with --plan.")
    return plan, find_sounds(plan, sounds)


class _Entry(NamedTuple):
    """An announcement of the plan: its file, if it has one, and where it stands."""

    file: str | None
    place: Position

    @property
    def field(self) -> str:
        """The field that says what is heard."""
        return "file" if self.file else "text"

    @property
    def shown(self) -> str:
        """Where it stands, and what is heard."""
        return f"at {self.place}, with {f'the file {self.file}' if self.file else 'a text that is spoken'}"


def _entry(plan: Path, name: str) -> _Entry | None:
    """Return the announcement of this name that the plan has, whatever else is wrong with it."""
    try:
        candidate = read(plan)
    except OfficeSmartError:
        return None
    found = candidate.remains.announcements.get(name) if candidate.remains else None
    return _Entry(found.file, candidate.positions.of_key(("announcements", name))) if found else None


def _checked(file: Path, answer: object) -> dict[str, Any]:
    told: dict[str, Any] = {"file": str(file), "accepted": True, "faults": [], "remedy": ""}
    try:
        sound = inspect(file)
        told |= {"format": sound.format.name, "seconds": round(sound.seconds, 3)}
    except AnnouncementError as error:
        told |= {"accepted": False, "faults": list(error.faults) or [error.message], "remedy": error.remedy}
    if isinstance(answer, Examined):
        told |= {**_facts(answer), "report": asdict(answer.report)}
        told["remarks"] = [remark.value for remark in answer.report.remarks()]
    elif isinstance(answer, Failed):
        # Nothing of ours reads it, so our own command would not convert it either.
        faults = told["faults"] or [answer.message]
        told |= {"accepted": False, "faults": faults, "remedy": answer.remedy or told["remedy"]}
    return told


def _print_checked(told: dict[str, Any]) -> None:
    typer.echo(f"{plain(told['file'])}: {'accepted' if told['accepted'] else 'not accepted'}")
    for fault in told["faults"]:
        typer.echo(f"  fault: {plain(fault)}")
    if told["remedy"]:
        typer.echo(f"  remedy: {plain(told['remedy'])}")
    if "report" in told:
        report = Report(**told["report"])
        typer.echo(f"  {told['coding']}, {told['rate']} samples/s, {_channels(told['channels'])}")
        typer.echo(f"  {_levels(report)}")
        _print_remarks(report)


def _print_remarks(report: Report, only: tuple[Remark, ...] = tuple(Remark)) -> None:
    for remark in report.remarks():
        if remark in only:
            typer.echo(f"  note: {_REMARKS[remark].format(**asdict(report))}")


def _facts(examined: Examined) -> dict[str, Any]:
    return {"coding": examined.coding, "rate": examined.rate, "channels": examined.channels}


def _origin(examined: Examined) -> str:
    return f"{examined.coding}, {examined.rate} samples/s, {_channels(examined.channels)}"


def _channels(count: int) -> str:
    return {1: "mono", 2: "stereo"}.get(count, f"{count} channels")


def _levels(report: Report) -> str:
    if report.loudness is None or report.true_peak is None:
        return f"{report.seconds:.1f} s, silence"
    return (
        f"{report.seconds:.1f} s, {report.loudness:.1f} LUFS, peak {report.true_peak:.1f} dBTP, "
        f"silence {report.leading:.1f} s before and {report.trailing:.1f} s after, "
        f"{report.speech:.0%} in the speech band"
    )
