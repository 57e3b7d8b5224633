"""Saying where BMCs are, in as few lines as will do."""

from collections import defaultdict
from collections.abc import Iterator

from ClusterShell.NodeSet import NodeSet

from bmcsim.fleet import Fleet
from bmcsim.sessions import Address

_LISTED = 10


def places(fleet: Fleet) -> Iterator[str]:
    """Yield lines that say where each BMC of a fleet is served: folded where that can be, else one by one."""
    yield f"bmcsim: {len(fleet):,} BMCs are ready"
    at = list(fleet.addresses.items())
    if len(at) <= _LISTED:
        yield from (f"  {name}  {host}:{port}  {fleet.urls.get(name, '')}".rstrip() for name, (host, port) in at)
        return
    if fleet.urls:
        yield f"  {len(fleet.urls):,} speak Redfish, the first at {next(iter(fleet.urls.values()))}"
    by_port: defaultdict[int, list[tuple[str, Address]]] = defaultdict(list)
    for name, address in at:
        by_port[address[1]].append((name, address))
    if len(by_port) <= _LISTED:
        for port, some in by_port.items():
            # Folding ten thousand addresses takes seconds, and their order is that of the names.
            hosts = (some[0][1][0], some[-1][1][0])
            yield f"  {_folded([name for name, _ in some])}  {hosts[0]} to {hosts[1]}, port {port}"
        return
    first, last = at[0], at[-1]
    ports = [port for _, (_, port) in at]
    if first[1][0] == last[1][0] and ports == list(range(ports[0], ports[0] + len(ports))):
        yield f"  {_folded([name for name, _ in at])}  {first[1][0]}:{first[1][1]}-{last[1][1]}"
        return
    yield from (f"  {name}  {host}:{port}" for name, (host, port) in at[:_LISTED])
    yield f"  and {len(at) - _LISTED:,} more; --ready-file has all of them"


def _folded(names: list[str]) -> str:
    return str(NodeSet.fromlist(names))
