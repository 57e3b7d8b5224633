"""The stage: site and daemon together, and what a trace calls them: nodes and sessions by their numbers."""

from collections.abc import Sequence

import trio

from powerfsm.bmc import Bmc
from powerfsm.journal import Entry, Kind
from powerfsm.model.trace import Button, Happening, NodeStep, Restore, Sample, SweepSample, Trace
from powerfsm.node import Node, Policy
from powerfsm.power import Ask, Command, Power
from powerfsm.registry.refusals import Refusal
from powerfsm.registry.requests import PowerRequest
from powerfsm.rehearsal.cues import Standing
from powerfsm.rehearsal.cues import told as what_stands
from powerfsm.rehearsal.pace import Pace
from powerfsm.rehearsal.process import Process
from powerfsm.rehearsal.site import Site
from powerfsm.rehearsal.steps import Steps
from powerfsm.rehearsal.wire import Parcel
from powerfsm.simulation.eavesdropping import CLOSE
from powerfsm.spec import Spec
from powerfsm.store.errors import StoreUnavailable

UNWINDING = 100.0
"""Virtual seconds in which the tasks of a dead process have unwound."""


class Stage:
    """Everything that a rehearsal needs.

    Attributes:
        spec: What the daemon goes by.
        pace: The clock.
        site: BMCs, network, disk.
        steps: The steps of both machines.
        process: The daemon.
        numbers: The trace's numbers of sessions, by node and the BMC's id.
        opened: Ids of sessions that actions have opened and the trace has not named, oldest first, by node.
        asked: When what was asked of which node, and as which operation.
        answered: How many requests of a node were answered.
        broken: What was seen to be broken while it happened, with the time.
    """

    def __init__(self, trace: Trace, spec: Spec, policy: Policy, seed: int, pace: Pace) -> None:
        """Set up; `up` raises the curtain."""
        self.spec = spec
        self.pace = pace
        self.steps = Steps()
        self.names = {number: f"n{number}" for number in trace.nodes or (1,)}
        powers = {name: _first_power(trace, number) for number, name in self.names.items()}
        self.site = Site(pace, powers, seed, self._hear)
        self.process: Process
        self.numbers: dict[tuple[str, int], int] = {}
        self.opened: dict[str, list[int]] = {name: [] for name in powers}
        self.asked: list[tuple[float, str, Ask, int]] = []
        self.answered = dict.fromkeys(powers, 0)
        self.broken: list[tuple[float, str]] = []
        # Sessions with a command that was neither answered nor fenced nor quarantined.
        self._commanded: dict[str, set[int]] = {name: set() for name in powers}
        self._first_states = {name: _first_state(trace, spec, number) for number, name in self.names.items()}
        self._policy = policy
        self._seed = seed
        self._processes = 0
        self._free = False
        self._tasks: trio.Nursery

    async def up(self, tasks: trio.Nursery) -> None:
        """Start the daemon, with the nodes of the trace; call it while the site serves."""
        self._tasks = tasks
        self.site.wire.sent = self._sent
        self.site.wire.answered = self._answered
        self.site.wire.stir = self.pace.stir
        await self._start()
        addresses = self.site.fleet.addresses
        await self.process.registry.add([self._node(name, Bmc(*addresses[name])) for name in self.names.values()])
        self.pace.tick()

    async def crash(self) -> None:
        """Kill the daemon, and start another."""
        self.process.kill()
        await self.pace.until(self.process.gone.is_set, UNWINDING)
        self.steps.lose_drives()
        self.site.wire.replies.clear()
        await self._start()
        await self.pace.settle()

    def free(self) -> None:
        """Let the daemon go on without cues, this process and those after it."""
        self._free = True
        self.process.free()

    def ask(self, node: str, ask: Ask) -> None:
        """Have a requester ask for something."""
        self._tasks.start_soon(self._ask, node, ask)

    # What a trace calls things.

    def name(self, happening: Happening) -> str:
        """The name of the node to which something happens."""
        return self.names[happening.node]

    def session(self, node: str, number: int) -> int | None:
        """The BMC's id of the session that the trace calls so, or None; the last one, as numbers come again."""
        found = (
            each for (owner, each), known in reversed(self.numbers.items()) if (owner, known) == (node, number)
        )
        return next(found, None)

    def standing(self, node: str) -> Standing | None:
        """Whoever waits for his cue at a node."""
        return self.process.cues.standing.get(node)

    def now(self, node: str) -> str:
        """What the daemon is doing at a node, for people."""
        standing = self.standing(node)
        state = self.process.registry.nodes[node].state
        phase = next(
            (e.after for e in reversed(self.site.disk.journal) if e.kind == "phase" and e.node == node), None
        )
        where = f"{node} is in state {state}" + ("" if phase is None else f", its drive last came to {phase}")
        if standing is None:
            return f"{where}, and nothing is about to be done"
        return f"{where}, and is about {what_stands(standing, lambda each: self._number(node, each))}"

    def _number(self, node: str, session: int) -> str:
        return str(self.numbers.get((node, session), f"{session:08x}"))

    # What happens.

    async def _start(self) -> None:
        self._processes += 1
        self.process = Process(
            self.site, self.spec, self._processes, self._seed, self._note_opened, free=self._free
        )
        await self._tasks.start(self.process.run)

    def _node(self, name: str, bmc: Bmc) -> Node:
        state = self._first_states[name]
        observed = self.spec.node.declares(state)
        at = None if observed is None else trio.current_time()
        return Node(name, bmc, self._policy, state, observed=observed, observed_at=at)

    async def _ask(self, node: str, ask: Ask) -> None:
        at = trio.current_time()
        try:
            operation = (await self.process.registry.request([PowerRequest(node, ask)]))[0]
        except (Refusal, StoreUnavailable) as refusal:
            self.broken.append((at, f"{node}: a request for {ask} was refused: {refusal}"))
            return
        self.asked.append((at, node, ask, operation.id))
        self.answered[node] += 1
        if not self.site.disk.has(operation.id):
            self.broken.append((at, f"{node}: operation {operation.id} was answered and is not on disk"))
        self.pace.stir()

    def _hear(self, entries: Sequence[Entry]) -> None:
        self.steps.hear(entries)
        for entry in entries:
            if entry.node is not None and (entry.kind, entry.event) == (Kind.PHASE, "quarantine-over"):
                self._commanded[entry.node].clear()
        self.pace.stir()

    def _note_opened(self, node: str, session: int) -> None:
        self.opened[node].append(session)
        self.pace.stir()

    def _answered(self, parcel: Parcel) -> None:
        """A command has ended: it was answered, or its session is closed."""
        if parcel.what == CLOSE or parcel.what in set(Command):
            self._commanded[parcel.node].discard(parcel.session)

    def _sent(self, parcel: Parcel) -> None:
        """Hold what leaves the daemon against what is on disk at that moment."""
        self.pace.stir()
        if parcel.what not in set(Command) or parcel.link.cut:
            return
        command, fleet, node = Command(parcel.what), self.site.disk.fleet, parcel.node
        about = f"{node} {command} was sent"
        if parcel.session not in fleet.sessions.get(node, {}):
            self.broken.append((trio.current_time(), f"{about} in a session that is not on record"))
        if self._commanded[node] - {parcel.session}:
            told = "before the command before it was answered, fenced or quarantined"
            self.broken.append((trio.current_time(), f"{about} {told}"))
        self._commanded[node].add(parcel.session)
        in_play = fleet.nodes[node].in_play
        operation = None if in_play is None else fleet.operations[in_play]
        if operation is None or operation.ask.legs[operation.leg] is not command.direction:
            wants = "none" if operation is None else f"operation {operation.id} ({operation.ask})"
            self.broken.append((trio.current_time(), f"{about}, and what is durably in play is {wants}"))


def _first_power(trace: Trace, node: int) -> Power:
    """The power that a node has before anything acts on it: as the first reading has it."""
    for happening in trace:
        if happening.node != node:
            continue
        if isinstance(happening, Sample | SweepSample):
            return happening.power
        if isinstance(happening, Button | Restore):
            return Power.OFF if happening.power is Power.ON else Power.ON
        if happening.verb == "act":
            break
    return Power.OFF


def _first_state(trace: Trace, spec: Spec, node: int) -> str:
    """The state in which a node begins: as its first step has it, where it is one of rest."""
    for happening in trace:
        if isinstance(happening, NodeStep) and happening.node == node:
            known = happening.before in spec.node.states and spec.node.kind(happening.before) == "resting"
            return happening.before if known else spec.node.initial
    return spec.node.initial
