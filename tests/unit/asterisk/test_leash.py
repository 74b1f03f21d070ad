import os
import select
import signal
import stat
import subprocess
import sys
from pathlib import Path

from officesmart_ivr.asterisk.leash import CANNOT_RUN, leashed

# Starts a leashed child that holds the write end of a pipe, tells that it runs, and waits.
PARENT = """
import subprocess, sys
from officesmart_ivr.asterisk.leash import leashed
command = leashed(["sh", "-c", "echo runs; exec sleep 300"])
subprocess.Popen(command, start_new_session=True, pass_fds=(int(sys.argv[1]),)).wait()
"""


def test_the_child_ends_with_a_parent_that_is_killed() -> None:
    read_end, write_end = os.pipe()
    with subprocess.Popen(
        [sys.executable, "-c", PARENT, str(write_end)], stdout=subprocess.PIPE, pass_fds=(write_end,)
    ) as parent:
        os.close(write_end)
        assert parent.stdout is not None
        assert parent.stdout.readline() == b"runs\n"
        parent.kill()
    # The end of the pipe comes when the last process that holds it is gone.
    assert select.select([read_end], [], [], 10)[0]
    assert os.read(read_end, 1) == b""
    os.close(read_end)


def test_a_child_whose_parent_is_already_gone_does_not_run(tmp_path: Path) -> None:
    mark = tmp_path / "ran"
    command = leashed(["touch", str(mark)])
    command[command.index(str(os.getpid()))] = "1"
    assert subprocess.call(command) == CANNOT_RUN
    assert not mark.exists()


def test_the_program_takes_the_place_of_the_leash() -> None:
    done = subprocess.run(
        leashed(["sh", "-c", "echo $$; exit 7"]), capture_output=True, text=True, check=False
    )
    assert done.returncode == 7


def test_the_program_dies_of_a_broken_pipe_as_programs_do() -> None:
    with subprocess.Popen(leashed(["yes"]), stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.read(1)
        process.stdout.close()
        assert process.wait() == -signal.SIGPIPE


def test_a_program_that_is_not_there_is_named() -> None:
    done = subprocess.run(leashed(["/no/such/program"]), capture_output=True, text=True, check=False)
    assert done.returncode == CANNOT_RUN
    assert "/no/such/program" in done.stderr


def test_the_program_may_be_told_to_make_files_for_its_owner_alone(tmp_path: Path) -> None:
    open_to_all, closed = tmp_path / "open", tmp_path / "closed"
    before = os.umask(0o002)
    try:
        subprocess.check_call(leashed(["touch", str(open_to_all)]))
        subprocess.check_call(leashed(["touch", str(closed)], umask=0o077))
    finally:
        os.umask(before)
    assert stat.S_IMODE(open_to_all.stat().st_mode) == 0o664
    assert stat.S_IMODE(closed.stat().st_mode) == 0o600
