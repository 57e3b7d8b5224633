"""How much memory and how many descriptors a process holds, over time."""

import os
from dataclasses import dataclass
from pathlib import Path

from powerfsm.demo.claims import now

_PAGE = os.sysconf("SC_PAGE_SIZE")
MEBIBYTE = 2**20


@dataclass(frozen=True, slots=True)
class Vitals:
    """What a process holds.

    Attributes:
        t: When, in seconds on the clock of the simulator's log.
        pid: Which process.
        memory: Bytes that are resident.
        descriptors: Open file descriptors.
    """

    t: float
    pid: int
    memory: int
    descriptors: int

    @property
    def mebibytes(self) -> float:
        """The memory in MiB."""
        return self.memory / MEBIBYTE


def vitals(pid: int) -> Vitals | None:
    """What a process holds now; None where it has ended (proc(5), `statm` and `fd`)."""
    directory = Path(f"/proc/{pid}")
    try:
        resident = int((directory / "statm").read_text(encoding="ascii").split()[1])
        descriptors = len(os.listdir(directory / "fd"))  # noqa: PTH208  (counted, never followed)
    except (FileNotFoundError, ProcessLookupError):
        return None
    # A process that has ended and was not waited for has no memory left.
    return Vitals(now(), pid, resident * _PAGE, descriptors) if resident else None
