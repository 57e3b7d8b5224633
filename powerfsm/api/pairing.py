"""What a body says about many nodes at once, dealt out to each of them.

Names and BMC addresses are paired by position; everything else is the same for all.
"""

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from typing import TypeVar

from powerfsm.api.bodies import AddBmc, ChangeBmc, PolicyBody, names_in
from powerfsm.api.bodies import host as spelled
from powerfsm.api.problems import invalid
from powerfsm.bmc import Bmc
from powerfsm.hostlist import HostlistError, expand_numbers
from powerfsm.node import Policy
from powerfsm.spec import Spec

PLACEHOLDER = "{node}"
"""What stands for the node's name in a pattern of hosts."""

_Item = TypeVar("_Item")


def bmcs(names: Sequence[str], present: Sequence[Bmc | None], body: AddBmc | ChangeBmc) -> list[Bmc]:
    """The BMC of each name: what the body says, paired by position; for the rest what is present.

    Raises:
        Problem: Hosts or ports cannot be read, or cannot be paired with the names.
    """
    count = len(names)
    given = body.model_fields_set
    adding = isinstance(body, AddBmc)
    hosts = _hosts(names, body.host) if adding or "host" in given else None
    ports = _ports(body.port, count) if adding or "port" in given else None
    changes = {
        key: getattr(body, key) for key in ("credentials", "cipher_suite", "privilege") if adding or key in given
    }
    dealt = []
    for index, before in enumerate(present):
        bmc = replace(before or Bmc(""), **changes)
        if hosts is not None:
            bmc = replace(bmc, host=hosts[index])
        if ports is not None:
            bmc = replace(bmc, port=ports[index])
        dealt.append(bmc)
    return dealt


def _hosts(names: Sequence[str], given: str | list[str]) -> list[str]:
    field = "body.bmc.host"
    if isinstance(given, str) and PLACEHOLDER in given:
        hosts = [given.replace(PLACEHOLDER, name) for name in names]
    else:
        hosts = _paired(names_in(given, field), len(names), field, "host")
    try:
        return [spelled(host) for host in hosts]
    except ValueError as error:
        raise invalid(field, str(error)) from None


def _ports(given: int | list[int] | str, count: int) -> list[int]:
    field = "body.bmc.port"
    if isinstance(given, str):
        try:
            given = expand_numbers(given, most=65535)
        except HostlistError as error:
            raise invalid(field, str(error)) from None
    ports = [given] if isinstance(given, int) else given
    for port in ports:
        if not 1 <= port <= 65535:
            raise invalid(field, f"{port} is no port, expected 1 to 65535")
    return _paired(ports, count, field, "port")


def _paired(items: Sequence[_Item], count: int, field: str, what: str) -> list[_Item]:
    """One item for each name; a single one serves all."""
    if len(items) not in (1, count):
        raise invalid(field, f"{count} names and {len(items)} {what}s cannot be paired, expected 1 or {count}")
    return list(items) * count if len(items) == 1 else list(items)


def policy(spec: Spec, before: Policy, body: PolicyBody) -> Policy:
    """A policy with what the body says; what it does not say stays as it was before.

    Raises:
        Problem: It names a ranking or a timing that the spec does not have.
    """
    given = {key: getattr(body, key) for key in body.model_fields_set}
    if "ranking" in given and given["ranking"] not in spec.rankings:
        raise invalid("body.policy.ranking", f"expected one of {', '.join(spec.rankings)}")
    if "timings" in given:
        for name in given["timings"]:
            if name not in spec.timings:
                raise invalid(
                    "body.policy.timings", f"no timing {name[:60]!r}, expected {', '.join(spec.timings)}"
                )
        given["timings"] = tuple(sorted(given["timings"].items()))
    return _shared(replace(before, **given))


@lru_cache(maxsize=1024)
def _shared(policy: Policy) -> Policy:
    """One instance for all that are equal: a fleet of 100,000 has a handful of policies."""
    return policy
