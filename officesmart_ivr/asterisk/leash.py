"""A leash for child processes: the child ends when its parent does, even after ``kill -9`` of the parent.

Run as a program, ``python leash.py PARENT_PID SIGNAL UMASK PROGRAM ARGUMENT...`` asks the kernel to send
SIGNAL when the parent ends (PR_SET_PDEATHSIG, prctl(2); it survives the exec), takes UMASK (octal) away from
the files that it makes, and then becomes PROGRAM. It is a program of its own and not a ``preexec_fn``,
because running Python between fork and exec may deadlock in a process with threads.

The kernel means the *thread* that started the child: start leashed children from a thread that lives as long
as the program, as the one of the event loop does.

Standard library only, and run by path: it must work before the project is installed.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from collections.abc import Sequence

_PR_SET_PDEATHSIG = 1
# As a shell answers for a command that it cannot run.
CANNOT_RUN = 127


def leashed(
    command: Sequence[str], *, on_parent_end: signal.Signals = signal.SIGKILL, umask: int = 0
) -> list[str]:
    """``command`` on a leash held by this process, for ``subprocess`` or ``asyncio``.

    ``on_parent_end`` is what the child gets when this process ends: SIGKILL is certain; a program that must
    tidy up first may be sent SIGTERM and is then trusted to obey. ``umask`` is added to this process's own:
    0o077 keeps others from all files that the child makes.
    """
    own_path = os.path.abspath(__file__)
    return [
        *(sys.executable, "-I", "-S", own_path),
        *(str(os.getpid()), str(int(on_parent_end)), f"{umask:03o}"),
        *command,
    ]


def main(arguments: Sequence[str]) -> int:
    """Put this process on the leash and become the program named in ``arguments``."""
    parent, signal_number, umask, *command = arguments
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_PR_SET_PDEATHSIG, int(signal_number), 0, 0, 0) != 0:
        print(f"leash: prctl failed: {os.strerror(ctypes.get_errno())}", file=sys.stderr)
        return CANNOT_RUN
    # The parent may have ended before the kernel was asked; then nobody holds the leash.
    if os.getppid() != int(parent):
        return CANNOT_RUN
    os.umask(int(umask, 8) | os.umask(0o077))
    # Python ignores these two, and an exec would hand that on to the program.
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
    try:
        os.execvp(command[0], command)
    except OSError as error:
        print(f"leash: cannot run {command[0]}: {error.strerror}", file=sys.stderr)
        return CANNOT_RUN


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
