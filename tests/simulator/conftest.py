"""A BMC in the hand, without network and clock."""

from collections.abc import Callable

import pytest

from bmcsim import MemoryLog, Profile
from bmcsim.agenda import Agenda
from bmcsim.bmc import Bmc


@pytest.fixture
def log() -> MemoryLog:
    """Where its events go."""
    return MemoryLog()


@pytest.fixture
def make_bmc(log: MemoryLog) -> Callable[..., Bmc]:
    """Make BMCs of a profile, given by its fields."""

    def make(**fields: object) -> Bmc:
        return Bmc("n1", Profile(**fields), Agenda(), log)  # type: ignore[arg-type]  # fields as given

    return make


@pytest.fixture
def bmc(make_bmc: Callable[..., Bmc]) -> Bmc:
    """An ordinary one."""
    return make_bmc()
