from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from officesmart_ivr.announcements import apart
from officesmart_ivr.announcements.jobs import Convert, Converted, Examine, Examined, Failed, Job, Render
from officesmart_ivr.errors import AnnouncementError
from tests.unit.announcements import wavs


def test_jobs_have_their_answers_in_order_and_a_failure_stops_no_other(tmp_path: Path) -> None:
    good, bad = tmp_path / "good.wav", tmp_path / "bad.wav"
    good.write_bytes(wavs.mu_law())
    bad.write_text("no sound")
    made = tmp_path / "made.wav"
    jobs: list[Job] = [Examine(str(bad)), Convert(str(good), str(made)), Render(str(tmp_path / "none.sln16"))]
    failed, converted, unwritten = apart.do_all(jobs)
    assert isinstance(failed, Failed)
    assert "bad.wav" in failed.message
    assert isinstance(converted, Converted)
    assert made.exists()
    assert isinstance(unwritten, Failed)
    assert isinstance(apart.do_one(Examine(str(good), buckets=5)), Examined)
    with pytest.raises(AnnouncementError, match=r"bad\.wav"):
        apart.do_one(Examine(str(bad)))


def test_what_crashes_or_hangs_is_told_and_harms_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    class Instead:
        """Another program where the worker would be run."""

        def __init__(self, program: str) -> None:
            self.program = program

        def __call__(self, _command: list[str], **how: object) -> object:
            return real([sys.executable, "-c", self.program], **how)  # type: ignore[call-overload]

    real = subprocess.run
    monkeypatch.setattr(subprocess, "run", Instead("import os; os.kill(os.getpid(), 11)"))
    with pytest.raises(AnnouncementError, match="signal 11"):
        apart.do_all([Examine("x")])
    monkeypatch.setattr(subprocess, "run", Instead("raise SystemExit('no memory')"))
    with pytest.raises(AnnouncementError, match="no memory"):
        apart.do_all([Examine("x")])
    monkeypatch.setattr(apart, "START_SECONDS", 0.1)
    monkeypatch.setattr(apart, "JOB_SECONDS", 0.1)
    monkeypatch.setattr(subprocess, "run", Instead("while True: pass"))
    with pytest.raises(AnnouncementError, match="more than"):
        apart.do_all([Examine("x")])


def test_the_application_loads_none_of_the_libraries_that_work_on_sounds() -> None:
    program = (
        "import sys, officesmart_ivr.cli.run, officesmart_ivr.cli.up, officesmart_ivr.cli.announcements; "
        "print(*{'numpy', 'soundfile', 'soxr'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""
