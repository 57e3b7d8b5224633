"""Fleets that serve while a test waits for a program."""

from collections.abc import Iterator

import pytest

from bmcsim.pytest_plugin.factory import BmcFleets, Wishes


@pytest.fixture
def fleets() -> Iterator[BmcFleets]:
    """What the fixture `bmc_fleet` is in users' tests."""
    made = BmcFleets(Wishes())
    yield made
    made.close()
