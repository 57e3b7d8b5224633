"""A site for the commands that a document tells its reader to give."""

from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from real_site import Site, a_site, forget_settings


@pytest.fixture(autouse=True)
def plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of whoever runs the tests leaks into the programs."""
    forget_settings(monkeypatch)


@pytest.fixture
async def site(tmp_path: Path) -> AsyncGenerator[Site]:
    """Makes BMCs and daemons; whatever is left of them ends with the test."""
    async with a_site(tmp_path) as made:
        yield made
