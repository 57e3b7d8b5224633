"""Fixtures for the tests of IPMI."""

from collections.abc import Iterator

import pytest
import trio

from ipmi_bench import IpmiBench, ipmi_bench
from virtual_time import in_virtual_time


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run the tests that ask for `bench` in virtual time."""
    for item in items:
        if "bench" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.trio(run=in_virtual_time), append=False)


@pytest.fixture
def bench(nursery: trio.Nursery) -> Iterator[IpmiBench]:
    """The real driver over a network in memory, with one BMC, in virtual time."""
    with ipmi_bench(nursery) as made:
        yield made
