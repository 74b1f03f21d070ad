"""Work on sounds, done in a process of its own (``worker``), so that calls do not feel it.

NumPy alone takes a tenth of a second to load, all of it with Python's lock held; ten minutes of sound take
seconds. Here only a thread waits.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence

import msgspec

from officesmart_ivr.announcements.jobs import Answer, Failed, Job
from officesmart_ivr.errors import AnnouncementError

__all__ = ["do_all", "do_one"]

START_SECONDS = 30.0
JOB_SECONDS = 60.0
"""How long a job may take, on a machine that is busy with calls; measured: 6 s for ten minutes of sound."""


def do_all(jobs: Sequence[Job]) -> list[Answer]:
    """Have jobs done, one after the other; it blocks. Each has its answer, which may be ``Failed``.

    Raises AnnouncementError if the process cannot be run, crashes, or takes too long.
    """
    if not jobs:
        return []
    seconds = START_SECONDS + JOB_SECONDS * len(jobs)
    try:
        done = subprocess.run(
            [sys.executable, "-m", "officesmart_ivr.announcements.worker"],
            input=msgspec.json.encode(jobs),
            capture_output=True,
            timeout=seconds,
            check=False,
            # Threads of linear algebra, which nothing here uses, would each reserve memory.
            env={**os.environ, "OPENBLAS_NUM_THREADS": "1"},
        )
    except subprocess.TimeoutExpired:
        raise AnnouncementError(f"work on sounds took more than {seconds:.0f} seconds") from None
    except OSError as error:
        raise AnnouncementError(f"work on sounds cannot be begun: {error.strerror}") from error
    if done.returncode != 0:
        raise AnnouncementError(f"work on sounds ended by a fault: {_why(done)}")
    return msgspec.json.decode(done.stdout, type=list[Answer])


def do_one(job: Job) -> Answer:
    """Have one job done; it blocks. Raises AnnouncementError, also for what could not be done."""
    answer = do_all([job])[0]
    if isinstance(answer, Failed):
        raise AnnouncementError(answer.message, remedy=answer.remedy)
    return answer


def _why(done: subprocess.CompletedProcess[bytes]) -> str:
    if done.returncode < 0:
        return f"signal {-done.returncode}; the file may be damaged"
    lines = done.stderr.decode(errors="replace").strip().splitlines()
    return lines[-1] if lines else f"code {done.returncode}"
