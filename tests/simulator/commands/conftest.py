"""A session with a BMC in the hand."""

import pytest

from bmcsim.bmc import Bmc
from console import Console


@pytest.fixture
def console(bmc: Bmc) -> Console:
    """An administrator's session with an ordinary BMC."""
    return Console(bmc).login()
