"""The stage: simulated BMCs, a daemon that owns them, and a storm, from the start to the verdict.

Whoever uses it decides when the daemon dies.  The rest is the same for a demonstration of half a minute and for a
test that kills two hundred times.
"""

import secrets
from collections import Counter
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import trio

from powerfsm.client import Client, ClientError, Operation, Recovery
from powerfsm.demo.claims import Claims, now
from powerfsm.demo.conditions import Conditions
from powerfsm.demo.processes import (
    PREFERRED_PORT,
    Daemon,
    Simulator,
    held_port,
    write_private,
)
from powerfsm.demo.sight import Sight
from powerfsm.demo.storm import REQUESTERS, Gate, Storm
from powerfsm.demo.verdict import Outcome, pass_verdict

_RACK = 10
_LOOK = 0.1
_SHUTDOWN = 5.0


@dataclass(slots=True)
class Kill:
    """One kill, and what it hit.

    Attributes:
        t: When, in seconds on the clock of the event log.
        serving: The daemon had begun to accept requests.
        open: Operations that requesters waited for.
        sessions: Sessions that were open at BMCs, by their log.
        commanded: How many of them had carried a power command.
        outstanding: Nodes whose work had not ended, as the next start has listed; None where that was killed, too.
        on_record: Sessions that were on record as open, likewise.
    """

    t: float
    serving: bool
    open: int
    sessions: int
    commanded: int
    outstanding: int | None = None
    on_record: int | None = None

    @property
    def in_flight(self) -> bool:
        """Whether it is shown to have hit work."""
        return bool(self.commanded or self.outstanding)


class Unfinished(Exception):
    """Work has not ended in time; says what is left."""


class Stage:
    """Everything that takes part; made by `stage`.

    Attributes:
        simulator: The BMCs.
        daemon: The daemon.
        client: Its API.
        names: The nodes.
        gate: Open while the daemon is there.
        storm: The requesters.
        claims: What the requesters claim.
        claims_file: Where they do.
        sight: What the BMCs' log says so far.
        kills: The kills so far.
    """

    def __init__(
        self,
        simulator: Simulator,
        daemon: Daemon,
        client: Client,
        claims: Claims,
        claims_file: Path,
        names: list[str],
        storm: Storm,
        gate: Gate,
    ) -> None:
        self.simulator = simulator
        self.daemon = daemon
        self.client = client
        self.names = names
        self.gate = gate
        self.storm = storm
        self.sight = Sight(simulator.log)
        self.kills: list[Kill] = []
        self.states: Mapping[str, int] = MappingProxyType({})
        self.claims = claims
        self.claims_file = claims_file

    async def kill(self) -> Kill:
        """Kill the daemon, whatever it does; whatever was in flight is lost with it."""
        serving = self.gate.is_open
        t = now()
        self.gate.shut()
        await self.daemon.kill()
        self.sight.look()
        sight = self.sight
        kill = Kill(t, serving, self.storm.open, sight.open_sessions, sight.commanded_sessions)
        self.kills.append(kill)
        return kill

    async def revive(self) -> Recovery:
        """Start it again, and let nobody ask for anything before it has listed what was outstanding.

        Raises:
            ProcessTrouble: It does not start.
        """
        if not self.daemon.running:
            await self.daemon.launch()
        await self.daemon.accepting()
        recovery = await self.client.recovery()
        if self.kills:
            self.kills[-1].outstanding = len(working(recovery))
            self.kills[-1].on_record = sum(len(node.sessions) for node in recovery.nodes)
        self.gate.open()
        return recovery

    async def guard(self) -> None:
        """See to it, for ever, that the processes end only when they are to.

        Raises:
            ProcessTrouble: One has ended by itself.
        """
        while True:
            self.simulator.check()
            if self.gate.is_open:
                self.daemon.check()
            await trio.sleep(_LOOK)

    async def look(self, every: float) -> None:
        """Follow the log and the nodes' states, for ever."""
        while True:
            self.sight.look()
            if self.gate.is_open:
                try:
                    nodes = await self.client.nodes()
                    self.states = Counter(node.state for node in nodes)
                except ClientError:
                    self.states = MappingProxyType({})
            await trio.sleep(every)

    async def calm(self, patience: float) -> None:
        """Wait until all work has ended, and every session that may have carried a command is closed.

        Raises:
            Unfinished: That takes longer than `patience` seconds.
        """
        with trio.move_on_after(patience):
            await self.storm.make_certain()
            await self.storm.quiet()
            while True:
                recovery = await self.client.recovery()
                if not working(recovery):
                    return
                await trio.sleep(_LOOK)
        left = working(await self.client.recovery())
        listed = "; ".join(f"{name} ({what})" for name, what in list(left.items())[:10])
        raise Unfinished(
            f"{len(left)} nodes still had work {patience:g} s after the last request: {listed or 'none'};"
            f" {self.storm.open} operations were not told to have ended"
        )

    async def close(self, idle: float) -> Outcome:
        """End both processes in order, and judge.

        Sessions that a kill has left at BMCs unrecorded are closed by the BMCs' own idle limit: it is waited for.

        Raises:
            ProcessTrouble: One does not end in order.
        """
        known = await self._known()
        self.gate.shut()
        await self.daemon.stop()
        with trio.move_on_after(idle + _SHUTDOWN):
            self.sight.look()
            while self.sight.open_sessions:
                await trio.sleep(_LOOK)
                self.sight.look()
        await self.simulator.stop()
        self.claims.flush()
        storm = self.storm
        return pass_verdict(
            self.simulator.log,
            self.claims_file,
            storm.tally,
            len(self.kills),
            storm.operations,
            known,
            self.daemon.defects(),
        )

    async def _known(self) -> list[Operation]:
        return await self.client.operations(limit=None)


@asynccontextmanager
async def stage(
    directory: Path,
    nodes: int,
    conditions: Conditions,
    seed: int,
    *,
    pace: float = 1.0,
    requesters: int = REQUESTERS,
    make_daemon: Callable[[Path, Conditions, Path, int], Daemon] = Daemon,
    make_simulator: Callable[[Path, str, Conditions, int, Path], Simulator] = Simulator,
) -> AsyncGenerator[Stage]:
    """Set the stage, and clear it whatever happens: no process is left behind.

    Args:
        directory: Where everything is kept; it must exist and be empty.
        nodes: How many nodes.
        conditions: How hostile their BMCs are.
        seed: What makes requests, losses and delays.
        pace: How much longer than usual requesters rest.
        requesters: How many requesters share the nodes.
        make_daemon: Makes the daemon from directory, conditions, the file of the BMCs' password and a port.
        make_simulator: Makes the BMCs from directory, a hostlist, conditions, seed and the file of their password.

    Raises:
        ProcessTrouble: A process does not start.
    """
    width = len(str(nodes))
    names = [f"n{number:0{width}}" for number in range(1, nodes + 1)]
    password = directory / "bmc-password"
    write_private(password, secrets.token_hex(8) + "\n")
    simulator = make_simulator(directory, f"n[{1:0{width}}-{nodes}]", conditions, seed, password)
    claims_file = directory / "claims.jsonl"
    with held_port(PREFERRED_PORT) as port:
        daemon = make_daemon(directory, conditions, password, port)
        try:
            async with trio.open_nursery() as starting:
                starting.start_soon(simulator.start)
                starting.start_soon(daemon.start)
            with Claims(claims_file) as claims:
                async with Client(daemon.url) as client:
                    await _add(client, names, simulator)
                    gate = Gate()
                    gate.open()
                    storm = Storm(client, names, claims, gate, seed, pace=pace, requesters=requesters)
                    yield Stage(simulator, daemon, client, claims, claims_file, names, storm, gate)
        finally:
            with trio.CancelScope(shield=True):
                await daemon.kill()
                await simulator.kill()


def working(recovery: Recovery) -> dict[str, str]:
    """The nodes whose work has not ended, and what that work is; reading idle nodes is none."""
    return {
        node.name: f"{node.state}, {node.in_play.ask if node.in_play else 'nothing'} in play"
        for node in recovery.nodes
        if node.in_play or node.waiting or any(session.command for session in node.sessions)
    }


async def _add(client: Client, names: list[str], simulator: Simulator) -> None:
    """Add the nodes, rack by rack; every other rack obeys whoever asked last."""
    for number, first in enumerate(range(0, len(names), _RACK)):
        rack = names[first : first + _RACK]
        places = [simulator.addresses[name] for name in rack]
        ranking = "latest-wins" if number % 2 else "off-outranks-on"
        await client.add_nodes(
            rack,
            {"host": [host for host, _ in places], "port": [port for _, port in places]},
            {"group": f"rack{number + 1}", "ranking": ranking},
        )
