"""A disk whose size can be changed while it is in use: a file system in memory, tmpfs(5)."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

AMPLE = 1024 * 2**20
"""Bytes that there is room for as long as nothing is wrong; none is taken before it is used."""

_BLOCK = 4096
_MOST_SPARE = 4 * 2**20


class Disk:
    """A mounted disk.

    Attributes:
        place: Where it is mounted.
    """

    def __init__(self, place: Path) -> None:
        self.place = place

    def shrink(self, spare: int) -> None:
        """Leave about `spare` bytes, in whole blocks, free."""
        while True:
            figures = os.statvfs(self.place)
            used = (figures.f_blocks - figures.f_bfree) * figures.f_frsize
            try:
                self._resize(used + max(_BLOCK, spare - spare % _BLOCK))
            except OSError:
                # It has grown meanwhile, and no disk is made smaller than what is on it.
                if spare > _MOST_SPARE:
                    raise
                spare += _MOST_SPARE // 16
            else:
                return

    def widen(self) -> None:
        """Make room again."""
        self._resize(AMPLE)

    @property
    def free(self) -> int:
        """Bytes that are left."""
        figures = os.statvfs(self.place)
        return figures.f_bfree * figures.f_frsize

    def _resize(self, size: int) -> None:
        command = ["mount", "-o", f"remount,size={size}", str(self.place)]
        done = subprocess.run(command, check=False, capture_output=True, text=True)
        if done.returncode != 0:
            raise OSError(f"{self.place} cannot be given {size} bytes: {done.stderr.strip()}")


@contextmanager
def a_disk(place: Path) -> Iterator[Disk]:
    """Mount one for as long as the block lasts."""
    place.mkdir()
    _mount(place)
    try:
        yield Disk(place)
    finally:
        # A process that was killed a moment ago may still hold a file there; nothing new comes in any case.
        subprocess.run(["umount", "--lazy", str(place)], check=True)


@cache
def no_disk() -> str | None:
    """Why none can be mounted here; None where it can."""
    if os.geteuid() != 0 or shutil.which("mount") is None:
        return "only root can mount a small disk"
    with TemporaryDirectory() as directory:
        try:
            _mount(Path(directory))
        except subprocess.CalledProcessError:
            return "this root may not mount"
        subprocess.run(["umount", directory], check=True)
    return None


def _mount(place: Path) -> None:
    command = ["mount", "-t", "tmpfs", "-o", f"size={AMPLE},mode=0700", "tmpfs", str(place)]
    subprocess.run(command, check=True, stderr=subprocess.DEVNULL)
