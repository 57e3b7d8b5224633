"""Families of BMCs by name, as scenarios have them."""

from collections.abc import Mapping
from typing import Annotated

from pydantic import AfterValidator, WithJsonSchema

from bmcsim import profiles
from bmcsim.profile import Profile

DEFAULT_FAMILY = "plain"

FAMILIES: Mapping[str, Profile] = {DEFAULT_FAMILY: Profile(), **profiles.FAMILIES}
"""Name to profile."""


def _known(name: str) -> str:
    if name not in FAMILIES:
        raise ValueError(f"there is no family {name!r}, expected one of {', '.join(sorted(FAMILIES))}")
    return name


FamilyName = Annotated[str, AfterValidator(_known), WithJsonSchema({"enum": sorted(FAMILIES)})]
"""The name of a family."""
