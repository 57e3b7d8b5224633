"""How much faster than real time virtual time is: node-hours a second, with and without cryptography.

    python bench/virtual_time.py [--nodes 1000] [--minutes 10] [--runs 3] [--json]

Each node is asked for its power once a minute by the daemon's own client code over the network in memory, in the
same process: in a session that is kept open, and in a session of its own for each request (six exchanges instead
of one).  Both fidelities play the same seed, and take turns.  Ratios mean something on any machine; node-hours a
second are those of this one, now.
"""

import argparse
import json
import statistics
import time
from collections.abc import Awaitable, Callable
from functools import partial

import trio

from bmcsim import Fidelity, Fleet, Profile, in_memory
from bmcsim.virtual import noise, run
from powerfsm.ipmi.session import Phase, Terms
from powerfsm.ipmi.transport import Conversation, Patience, Transport, open_transport
from powerfsm.ipmi.wire.numbers import ChassisCommand, NetFn
from powerfsm.ipmi.wire.suites import SUITE_17

TERMS = Terms(SUITE_17, b"admin", b"password")
MINUTE = 60.0

Way = Callable[[Transport, tuple[str, int], float], Awaitable[None]]

PATIENCE = Patience()


async def log_in(transport: Transport, address: tuple[str, int]) -> Conversation:
    """Open a session."""
    conversation = transport.converse(TERMS, address)
    while conversation.session.phase is not Phase.ACTIVE:
        await conversation.exchange(PATIENCE)
        assert conversation.session.failure is None
    return conversation


async def read(conversation: Conversation) -> None:
    """Ask for the power."""
    conversation.session.ask(NetFn.CHASSIS, ChassisCommand.GET_STATUS)
    await conversation.exchange(PATIENCE)


async def keep(transport: Transport, address: tuple[str, int], until: float) -> None:
    """Ask once a minute in one session."""
    conversation = await log_in(transport, address)
    while trio.current_time() < until:
        await read(conversation)
        await trio.sleep(MINUTE)


async def come_again(transport: Transport, address: tuple[str, int], until: float) -> None:
    """Ask once a minute in a session of its own."""
    while trio.current_time() < until:
        conversation = await log_in(transport, address)
        await read(conversation)
        conversation.session.ask_to_close()
        await conversation.exchange(PATIENCE)
        conversation.end()
        await trio.sleep(MINUTE)


WAYS: dict[str, Way] = {"a session kept open": keep, "a session for each request": come_again}


async def play(way: Way, fidelity: Fidelity, nodes: int, minutes: int) -> float:
    """Let the time pass; return the wall seconds that it took, after all have been started."""
    profile = Profile(idle_timeout=2 * MINUTE, fidelity=fidelity)
    fleet = Fleet.of(f"n[1-{nodes}]", profile, clock=trio.current_time)
    async with in_memory(fleet) as network, trio.open_nursery() as nursery:
        pretend = fidelity is Fidelity.FAST
        with open_transport(nursery, network.link(), random=noise(0), pretend=pretend) as transport:
            began = time.perf_counter()
            async with trio.open_nursery() as users:
                for number, address in enumerate(fleet.addresses.values()):
                    users.start_soon(_spread, number * MINUTE / nodes, way, transport, address, minutes)
            return time.perf_counter() - began


async def _spread(after: float, way: Way, transport: Transport, address: tuple[str, int], minutes: int) -> None:
    await trio.sleep(after)
    await way(transport, address, trio.current_time() + minutes * MINUTE)


def main() -> None:
    """Measure and tell."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--nodes", type=int, default=1000)
    parser.add_argument("--minutes", type=int, default=10, help="of virtual time, for each run")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--json", action="store_true", help="tell it in JSON")
    options = parser.parse_args()
    hours = options.nodes * options.minutes / 60
    told: dict[str, float] = {}
    for name, way in WAYS.items():
        rates: dict[Fidelity, list[float]] = {fidelity: [] for fidelity in Fidelity}
        for _ in range(options.runs):
            for fidelity, found in rates.items():
                found.append(hours / run(partial(play, way, fidelity, options.nodes, options.minutes)))
        for fidelity, found in rates.items():
            told[f"{name}, {fidelity}: node-hours a second, here and now"] = round(statistics.median(found), 1)
        pairs = zip(rates[Fidelity.FAST], rates[Fidelity.FULL], strict=True)
        told[f"{name}: fast / full"] = round(statistics.median(fast / full for fast, full in pairs), 2)
    if options.json:
        print(json.dumps(told, indent=1))
        return
    for what, value in told.items():
        print(f"{what}: {value}")


if __name__ == "__main__":
    main()
