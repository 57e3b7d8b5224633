"""Fixtures for every test."""

from collections.abc import AsyncGenerator

import pytest
import trio.testing

from laboratory import Lab, laboratory


@pytest.fixture
async def lab(autojump_clock: trio.testing.MockClock) -> AsyncGenerator[Lab]:
    """The real registry and actions, in virtual time, over BMCs and a disk that the test holds in its hand."""
    async with laboratory() as made:
        yield made
