"""Families of real BMCs, as profiles to start from: `Fleet.of("n[1-50]", FAMILIES["slow-old"])`.

Numbers are of the size that users report, spread as they are spread among machines of one kind.  Each quirk
comes with where it was met; `docs/profiles.md` has all of them.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from bmcsim.profile import Profile
from bmcsim.profiles.chassis import CHASSIS
from bmcsim.profiles.family import Family, Quirk
from bmcsim.profiles.fast_modern import FAST_MODERN
from bmcsim.profiles.idrac_like import IDRAC_LIKE
from bmcsim.profiles.ilo_like import ILO_LIKE
from bmcsim.profiles.openbmc_like import OPENBMC_LIKE
from bmcsim.profiles.slow_old import SLOW_OLD

__all__ = ["ALL", "FAMILIES", "Family", "Quirk"]

ALL: Final = (FAST_MODERN, SLOW_OLD, CHASSIS, OPENBMC_LIKE, IDRAC_LIKE, ILO_LIKE)
"""Every family, with its quirks."""

FAMILIES: Final[Mapping[str, Profile]] = MappingProxyType({family.name: family.profile for family in ALL})
"""Profiles by the name of their family."""
