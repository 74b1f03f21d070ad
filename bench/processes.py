"""What a process takes: processor time and memory, as Linux tells it."""

from __future__ import annotations

import os
from pathlib import Path

_TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")


def processor_ms(pid: int) -> float:
    """Return the processor time that a process has taken so far, in ms (proc(5), ``stat``)."""
    # The name, in parentheses, may hold blanks. utime and stime are the 14th and 15th fields.
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS_PER_SECOND * 1000


def memory_kib(pid: int) -> int:
    """Return the memory that a process has now, in KiB (proc(5), ``status``, VmRSS)."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS:"))
