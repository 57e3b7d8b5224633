"""SQLite's random numbers, from a seed: the salts of its log come from them, and so do the bytes on disk.

SQLite has one generator for all of a process, which it seeds from the default VFS at first use
(sqlite.org/c3ref/randomness.html).  While `seeded` lasts, the default is one that gives what the seed says.
"""

from collections.abc import Generator
from contextlib import contextmanager
from hashlib import shake_128

import apsw

from powerfsm.simulation.disk.vfs import BASE


class _Seeding(apsw.VFS):
    """Gives noise of `text`."""

    text = ""

    def xRandomness(self, numbytes: int) -> bytes:  # noqa: N802 (SQLite's name)
        return shake_128(self.text.encode()).digest(numbytes)


_seeding = _Seeding("powerfsm-randomness", BASE)


@contextmanager
def seeded(text: str) -> Generator[None]:
    """Have SQLite draw from `text` in the block, and afterwards again from the system; not for several threads."""
    _seeding.text = text
    apsw.set_default_vfs("powerfsm-randomness")
    apsw.randomness(0)
    try:
        yield
    finally:
        apsw.set_default_vfs(BASE)
        apsw.randomness(0)
