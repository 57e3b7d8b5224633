"""The judge of a laboratory: sees all that BMCs and disk see, and holds it against the promises as it happens.

It knows nothing of the code it judges: what it holds against each other is what went over the wire, what the
BMC did, and what was on the disk at that instant.  A test that uses the laboratory is a test of all of this,
whatever else it shows.
"""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

import trio

from powerfsm.journal import Entry, Kind
from powerfsm.operation import Operation
from powerfsm.power import Command, Power
from powerfsm.spec import Spec
from powerfsm.spec.schema import branches
from powerfsm.store.batch import Batch

if TYPE_CHECKING:
    from hostile_bmc import LabBmc
    from lab_disk import Disk


class Judge:
    """Holds what happens against the promises.

    Attributes:
        broken: Promises that were broken, in words; empty is what every test wants.
        found: How many were ever broken, those included that a test broke on purpose and took off him.
        log: All that happened outside of the daemon, with the time, in order.
        steps: The pairs of state and event of the machine `node` that were taken as transitions.
    """

    def __init__(self, spec: Spec, bmcs: dict[str, "LabBmc"]) -> None:
        self.broken: list[str] = []
        self.found = 0
        self.log: list[tuple[float, str]] = []
        self.steps: set[tuple[str, str]] = set()
        self.disk: Disk
        self._spec = spec
        self._bmcs = bmcs
        self._resets: dict[int, int] = {}
        self._stirred = trio.Event()

    # Waiting for what happens.

    def saw(self, what: str) -> None:
        """Something happened: let everybody who waits look."""
        self.log.append((trio.current_time(), what))
        self._stirred.set()
        self._stirred = trio.Event()

    async def until(self, condition: Callable[[], bool], patience: float = 10_000) -> None:
        """Wait, in virtual time, until something is so."""
        pause = least = 0.002
        with trio.fail_after(patience):
            while not condition():
                # What the daemon itself only knows a little later is looked for again.
                with trio.move_on_after(pause) as waited:
                    await self._stirred.wait()
                pause = min(2 * pause, 1.0) if waited.cancelled_caught else least

    # What goes over the wire.

    def sent(self, bmc: "LabBmc", session: int, command: Command) -> None:
        """The first datagram of a power command leaves the daemon."""
        name = self.disk.fleet.owners[bmc.host, 623]
        about = f"{trio.current_time():.4f} {name}: {command} was sent in session {session}"
        for other in bmc.trail:
            if other != session and bmc.is_open(other):
                self.break_(f"{about} while session {other}, which carried {bmc.trail[other]}, is not closed")
        if session in bmc.unanswered:
            self.break_(f"{about} before the command before it was answered")
        against = [each for each in bmc.latched if each.command.direction is not command.direction]
        if against:
            self.break_(f"{about} while the BMC has still to act on {against}")
        if session not in self.disk.fleet.sessions.get(name, {}):
            self.break_(f"{about} before the session was on disk")
        operation = self._in_play(name)
        if operation is None:
            self.break_(f"{about} with no operation in play on disk")
            return
        goal = operation.ask.legs[operation.leg]
        if goal is not command.direction:
            self.break_(f"{about} where operation {operation.id} ({operation.ask}) wants {goal}")
        if command is Command.RESET:
            self._resets[operation.id] = self._resets.get(operation.id, 0) + 1
            if self._resets[operation.id] > 1:
                self.break_(f"{about} a second time for operation {operation.id}")

    def acquitted(self, bmc: "LabBmc", command: Command) -> None:
        """The BMC has told that it did not carry out a command."""
        operation = self._in_play(self.disk.fleet.owners[bmc.host, 623])
        if operation is not None and command is Command.RESET:
            self._resets[operation.id] -= 1

    def opened(self, bmc: "LabBmc", earlier: Iterable[int]) -> None:
        """A session is open, and sessions `earlier` of the same process were never tried to be closed."""
        for other in earlier:
            self.break_(f"{trio.current_time():.4f} {bmc.host}: a second session was opened beside {other}")

    def acted(self, bmc: "LabBmc", power: Power) -> None:
        """A BMC changes the power on our command."""
        name = self.disk.fleet.owners.get((bmc.host, 623))
        if name is None:
            return
        state = self.disk.fleet.nodes[name].state
        declared = self._spec.node.declares(state)
        if declared is not None and declared is not power:
            self.break_(f"{trio.current_time():.4f} {name}: declared {state}, and our own command made it {power}")

    # What comes to the disk.

    def committed(self, batch: Batch) -> None:
        """A batch is durable."""
        for entry in batch.journal:
            self.saw(f"disk: {entry.node} {entry.event}")
            if entry.kind is Kind.TRANSITION and self._stepped(entry) and entry.event in ("confirmed", "turned"):
                self._claimed(entry)
        self.saw("disk: commit")

    def _stepped(self, entry: Entry) -> bool:
        """Whether the node has taken a step that it may take."""
        assert entry.before is not None
        if entry.after is None:
            if "rejected" in entry.detail:
                self.break_(f"{entry.node}: {entry.event} in {entry.before} was rejected")
            return False
        allowed = {branch.to for branch in branches(self._spec.node.outcome(entry.before, entry.event))}
        if entry.after not in allowed:
            self.break_(f"{entry.node}: {entry.event} led from {entry.before} to {entry.after}")
            return False
        self.steps.add((entry.before, entry.event))
        return True

    def _claimed(self, entry: Entry) -> None:
        """What a node is claimed to be must be so, and nothing of ours may be left that could change it."""
        if entry.before == "cancelling":
            return
        assert entry.node is not None
        bmc = self._bmcs[self.disk.fleet.nodes[entry.node].bmc.host]
        claim = Power.ON if entry.before == "powering-on" else Power.OFF
        about = f"{trio.current_time():.4f} {entry.node}: read {claim}, in state {entry.after}"
        read_at = entry.detail["read_at"]
        assert isinstance(read_at, float)
        # Somebody may have pressed the button while the reading was on its way to us.
        if bmc.power is not claim and bmc.pressed_at < read_at - bmc.latency:
            self.break_(f"{about}, and it is {bmc.power}")
        if any(latched.command.direction is not claim for latched in bmc.latched):
            self.break_(f"{about}, and the BMC has still to act on {bmc.latched}")
        for session, commands in bmc.trail.items():
            if bmc.is_open(session) and any(command.direction is not claim for command in commands):
                self.break_(f"{about}, and session {session}, which carried {commands}, is not closed")

    def break_(self, told: str) -> None:
        """A promise was broken."""
        self.broken.append(told)
        self.found += 1

    def _in_play(self, name: str) -> Operation | None:
        number = self.disk.fleet.nodes[name].in_play
        return None if number is None else self.disk.fleet.operations[number]
