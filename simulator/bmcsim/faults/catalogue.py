"""Every kind of fault, by name."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

from bmcsim.faults.answers import ANSWER_FAULTS
from bmcsim.faults.fault import Fault, FaultError, kebab, parameters, read
from bmcsim.faults.http import HTTP_FAULTS
from bmcsim.faults.lies import LIES
from bmcsim.faults.life import LIFE_FAULTS
from bmcsim.faults.login import LOGIN_FAULTS
from bmcsim.faults.network import NETWORK_FAULTS
from bmcsim.faults.power import POWER_FAULTS
from bmcsim.faults.sessions import SESSION_FAULTS

_KINDS: Final[tuple[type[Fault], ...]] = (
    *NETWORK_FAULTS,
    *LOGIN_FAULTS,
    *SESSION_FAULTS,
    *ANSWER_FAULTS,
    *POWER_FAULTS,
    *LIES,
    *LIFE_FAULTS,
    *HTTP_FAULTS,
)

CATALOGUE: Final[Mapping[str, type[Fault]]] = MappingProxyType({kind.name: kind for kind in _KINDS})
"""Every kind of fault, by its name."""


def make(name: str, values: Mapping[str, object] | None = None) -> Fault:
    """Make a fault from what a scenario says.

    Args:
        name: Which kind.
        values: Its parameters by name, in kebab-case, as YAML or JSON has them: numbers, texts, lists; spans of
            seconds as `3` or `0.5-2`, codes as `192`, `0xC0` or `C0h`.

    Raises:
        FaultError: There is no such kind or parameter, or it cannot have this value.
    """
    kind = CATALOGUE.get(name)
    if kind is None:
        raise FaultError(f"there is no fault {name!r}; `bmcsim list-faults` shows those that there are", "fault")
    known = {kebab(one.name): (one.name, *about) for one, about in parameters(kind).items()}
    taken: dict[str, object] = {}
    for given, value in (values or {}).items():
        if given not in known:
            has = f"it has {', '.join(known)}" if known else "it has none"
            raise FaultError(f"{name} has no parameter {given!r}; {has}", given)
        field, typ, parameter = known[given]
        taken[field] = read(given, value, typ, parameter)
    build: Callable[..., Fault] = kind
    return build(**taken)
