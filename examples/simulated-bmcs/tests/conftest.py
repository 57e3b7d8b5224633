"""Where the simulated BMC is, in the script's own words."""

import shutil

import pytest
from rackpower import Machine

from bmcsim.pytest_plugin.handles import SimulatedBmc

needs_ipmitool = pytest.mark.skipif(shutil.which("ipmitool") is None, reason="ipmitool is not installed")


@pytest.fixture
def machine(bmc: SimulatedBmc) -> Machine:
    """The machine behind the fixture `bmc`."""
    return Machine(bmc.host, bmc.username, bmc.password, bmc.port)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip what runs ipmitool where there is none."""
    for item in items:
        if item.path.stem in {"test_rackpower", "test_playbook"}:
            item.add_marker(needs_ipmitool)
