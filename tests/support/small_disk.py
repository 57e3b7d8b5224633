"""A disk that can be filled up: a file system of two megabytes in memory."""

import itertools
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest


@contextmanager
def a_small_disk(mountpoint: Path) -> Iterator[Path]:
    """Mount it for as long as the block lasts; skips the test where this user may not."""
    mountpoint.mkdir()
    mount = shutil.which("mount")
    mounting = [mount or "mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(mountpoint)]
    if mount is None or os.geteuid() != 0 or subprocess.run(mounting, check=False).returncode != 0:
        pytest.skip("only root, with the right to mount, can make a small disk")
    try:
        yield mountpoint
    finally:
        subprocess.run(["umount", str(mountpoint)], check=True)


def fill_up(ballast: Path) -> None:
    """Leave no byte of the disk free."""
    with ballast.open("wb", buffering=0) as file, pytest.raises(OSError, match="No space"):
        file.writelines(itertools.repeat(b"x" * 4096))
