"""A site for each test: real processes, a directory and loopback addresses of its own."""

from collections.abc import AsyncGenerator, Iterator
from pathlib import Path

import pytest

from real_site import Site, a_site, forget_settings
from small_disk import a_small_disk


@pytest.fixture(autouse=True)
def plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of whoever runs the tests leaks into the programs."""
    forget_settings(monkeypatch)


@pytest.fixture
async def site(tmp_path: Path) -> AsyncGenerator[Site]:
    """Makes BMCs and daemons; whatever is left of them ends with the test."""
    async with a_site(tmp_path) as made:
        yield made


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of two megabytes, mounted for this test."""
    with a_small_disk(tmp_path / "disk") as mountpoint:
        yield mountpoint
