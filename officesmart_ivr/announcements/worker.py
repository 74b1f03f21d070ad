"""The process that works on sounds: ``python -m officesmart_ivr.announcements.worker`` (see ``apart``).

It reads a JSON list of jobs from standard input and writes the list of answers. What it loads, takes and
breaks here costs the application nothing: NumPy and libsndfile, the memory of ten minutes of sound, and a
file made to crash whoever reads it.
"""

from __future__ import annotations

import errno
import os
import resource
import sys
from pathlib import Path

import msgspec

from officesmart_ivr import files
from officesmart_ivr.announcements.jobs import (
    Answer,
    Convert,
    Converted,
    Examine,
    Examined,
    Failed,
    Job,
    Render,
    Rendered,
)
from officesmart_ivr.errors import AnnouncementError

MEMORY_BYTES = 2 << 30
NICENESS = 10


def main() -> None:
    """Do what standard input asks."""
    os.nice(NICENESS)  # callers come first
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    jobs = msgspec.json.decode(sys.stdin.buffer.read(), type=list[Job])
    sys.stdout.buffer.write(msgspec.json.encode([answer(job) for job in jobs]))


def answer(job: Job) -> Answer:
    """Do one job; a failure is an answer."""
    try:
        match job:
            case Examine():
                return _examine(job)
            case Convert():
                return _convert(job)
            case Render():
                return _render(job)
    except AnnouncementError as error:
        return Failed(error.message, error.remedy)
    except MemoryError:
        return Failed("the sound takes more memory than is allowed", "Cut it, or convert it to mono first.")


def _examine(job: Examine) -> Examined:
    from officesmart_ivr.announcements.decode import decode
    from officesmart_ivr.announcements.measure import describe, waveform

    decoded = decode(Path(job.source))
    report = describe(decoded.samples, decoded.clipped)
    return Examined(
        decoded.coding, decoded.channels, decoded.rate, report, waveform(decoded.samples, job.buckets)
    )


def _convert(job: Convert) -> Converted:
    from officesmart_ivr.announcements.codings import coded_at
    from officesmart_ivr.announcements.convert import convert
    from officesmart_ivr.announcements.loudness import floating
    from officesmart_ivr.announcements.measure import waveform
    from officesmart_ivr.announcements.wave_file import wave_file

    made = convert(Path(job.source), job.treatment)
    content = wave_file(job.form.sound_format, coded_at(made.samples, job.form.sound_format))
    target = Path(job.target)
    try:
        files.replace(target, content, anew=not job.replace)
    except FileExistsError:
        raise AnnouncementError(
            f"{target} is there already", remedy="Use --replace to put the new one in its place."
        ) from None
    except OSError as error:
        raise _not_written(target, error) from error
    drawn = waveform(floating(made.samples), job.buckets)
    return Converted(Examined(made.coding, made.channels, made.rate, made.before), made.after, drawn)


def _render(job: Render) -> Rendered:
    from officesmart_ivr.announcements.codings import write_missing

    try:
        write_missing(Path(job.clip))
    except OSError as error:
        raise _not_written(Path(job.clip), error) from error
    return Rendered()


def _not_written(path: Path, error: OSError) -> AnnouncementError:
    no_space = error.errno in (errno.ENOSPC, errno.EDQUOT)
    return AnnouncementError(
        f"{path} cannot be written: {error.strerror}",
        remedy="Make room on that disk." if no_space else "Check that its folder is there and writable.",
    )


if __name__ == "__main__":
    main()
