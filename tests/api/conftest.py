"""A daemon for each test, and ways to ask it."""

from collections.abc import AsyncGenerator
from pathlib import Path

import httpx
import pytest

from api_house import House, house


@pytest.fixture
async def daemon(tmp_path: Path) -> AsyncGenerator[House]:
    """A daemon without tokens."""
    async with house(tmp_path) as built:
        yield built


@pytest.fixture
async def client(daemon: House) -> AsyncGenerator[httpx.AsyncClient]:
    """Who may do everything."""
    async with daemon.client() as asking:
        yield asking


@pytest.fixture
async def guarded(tmp_path: Path) -> AsyncGenerator[House]:
    """A daemon with a token of each role."""
    async with house(tmp_path, with_tokens=True) as built:
        yield built
