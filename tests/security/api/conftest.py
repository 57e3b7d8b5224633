"""A daemon behind its real server, with a token of each role."""

from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from api_house import House, house, served


@pytest.fixture
async def guarded(tmp_path: Path) -> AsyncGenerator[House]:
    """A daemon with a token of each role."""
    async with house(tmp_path, with_tokens=True) as built:
        yield built


@pytest.fixture
async def url(guarded: House) -> AsyncGenerator[str]:
    """Where its server is."""
    async with served(guarded.app) as at:
        yield at
