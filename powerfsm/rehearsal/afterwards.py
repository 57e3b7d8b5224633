"""What comes after the trace: the rest of its misfortunes, and the worst that network and BMCs can still do.

Where the code departs from a trace, the schedule stays as hostile as the trace has it: requests, crashes and
buttons come in their order, a command that arrives late there arrives late here, and one that is left under way
arrives once the node is declared to be something.  A model knows no times; here those hold of which the spec says
that they are relied on: a datagram lives no longer than `packet-lifetime`, an idle session than `idle-limit`, and
what a BMC has accepted it acts on within `settle`, as late as it may.
"""

import math
from collections.abc import Sequence

from powerfsm.model.trace import Act, Button, Crash, Deliver, Happening, NodeStep, Reboot, Request, Restore, Send
from powerfsm.power import Command
from powerfsm.rehearsal.stage import Stage
from powerfsm.rehearsal.wire import Parcel
from powerfsm.simulation.eavesdropping import CLOSE

_COMMANDS = frozenset(str(command) for command in Command)
_ENDS = frozenset({"confirmed", "gave-up", "cancelled"})

_A_WHILE = 400.0
"""Virtual seconds after which an action has ended: longer than its deadline."""

_AS_LATE_AS_MAY_BE = 0.99


class Afterwards:
    """The rest of a trace, and what follows."""

    def __init__(self, stage: Stage, rest: Sequence[Happening]) -> None:
        """Go on with `rest`, the lines that were not played."""
        self._stage = stage
        self._site = stage.site
        self._wire = stage.site.wire
        self._pace = stage.pace
        self._rest = list(rest)
        self._timings = stage.spec.timings

    async def play(self) -> None:
        """Play to the end, until nothing is outstanding and nothing is under way."""
        # The last moment of the trace itself is still without times.
        await self._strike_declared(math.inf)
        self._site.end_idle_sessions(self._timings["idle-limit"])
        self._wire.holds = self._holds
        self._wire.holds_reply = lambda _: False
        for reply in tuple(self._wire.replies):
            self._wire.let_back(reply)
        for parcel in tuple(self._wire.held):
            if parcel.what == CLOSE:
                self._wire.deliver(parcel)
        self._stage.free()
        while self._rest:
            line = self._rest.pop(0)
            self._pace.tick()
            await self._play(line)
            self._act_in_time()
        self._let_through()
        await self._pace.until(self._quiet, _A_WHILE)
        await self._strike_declared(self._timings["packet-lifetime"])
        await self._pace.pass_by(self._timings["settle"])
        await self._pace.until(self._quiet, _A_WHILE)

    async def _play(self, line: Happening) -> None:
        match line:
            case Request():
                self._stage.ask(self._stage.name(line), line.ask)
                if not (self._rest and isinstance(self._rest[0], Crash)):
                    await self._pace.settle()
            case Crash():
                await self._stage.crash()
            case Button():
                self._site.press(self._stage.name(line), line.power)
            case Reboot():
                self._site.reboot(self._stage.name(line))
            case Restore():
                self._site.restore(self._stage.name(line), line.power)
            case Send():
                node = self._stage.name(line)
                await self._pace.until(lambda: self._under_way(node, line.command) or self._rests(node), _A_WHILE)
            case NodeStep(event=event) if event in _ENDS:
                node = self._stage.name(line)
                ended = self._ends(node)
                await self._pace.until(lambda: self._ends(node) > ended or self._rests(node), _A_WHILE)
            case Deliver() if line.packet.what in _COMMANDS:
                node = self._stage.name(line)
                for parcel in self._alive(self._wire.under_way(node, line.packet.what, None))[:1]:
                    self._wire.deliver(parcel)
            case Act():
                node = self._stage.name(line)
                for latched in self._site.latched[node][-1:]:
                    self._site.act(node, latched)
        await self._pace.settle()

    def _holds(self, parcel: Parcel) -> bool:
        """Whether a datagram is a command that arrives later in the trace."""
        return parcel.what in _COMMANDS and any(
            isinstance(line, Deliver) and line.packet.what == parcel.what and self._stage.name(line) == parcel.node
            for line in self._rest
        )

    def _alive(self, parcels: Sequence[Parcel], lifetime: float | None = None) -> list[Parcel]:
        """Those that are not older than a datagram can be."""
        most = self._timings["packet-lifetime"] if lifetime is None else lifetime
        return [each for each in parcels if self._site.fleet.clock() - each.at <= most]

    async def _strike_declared(self, lifetime: float) -> None:
        """Have everything that can still hit a node hit it now, where it is declared to be something."""
        for node in self._stage.names.values():
            state = self._stage.process.registry.nodes[node].state
            if self._stage.spec.node.declares(state) is None:
                continue
            self._pace.tick()
            held = [each for each in self._wire.held if each.node == node and each.what in _COMMANDS]
            for parcel in self._alive(held, lifetime):
                self._wire.deliver(parcel)
            for latched in tuple(self._site.latched[node]):
                self._site.act(node, latched)
            await self._pace.settle()

    def _let_through(self) -> None:
        """What is sent from now on arrives; what was sent before has to wait for its worst moment."""
        self._wire.holds = lambda _: False
        self._act_in_time()

    def _act_in_time(self) -> None:
        for node in self._stage.names.values():
            self._site.act_by(node, self._timings["settle"] * _AS_LATE_AS_MAY_BE)

    def _quiet(self) -> bool:
        self._act_in_time()
        return not self._site.disk.fleet.operations and not self._stage.process.registry.actions

    def _rests(self, node: str) -> bool:
        self._act_in_time()
        return (
            self._site.disk.fleet.nodes[node].in_play is None and node not in self._stage.process.registry.actions
        )

    def _under_way(self, node: str, command: Command) -> bool:
        self._act_in_time()
        return bool(self._wire.under_way(node, command, None))

    def _ends(self, node: str) -> int:
        self._act_in_time()
        return sum(entry.node == node and entry.event in _ENDS for entry in self._site.disk.journal)
