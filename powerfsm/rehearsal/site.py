"""The site of a rehearsal: simulated BMCs that act when the trace says so, the wire before them, and a disk.

The BMCs are of the worst kind that is promised for: they compare no sequence numbers, so a copy is carried out
again, and hold what they have accepted until they act on it.  Sessions are dropped for being idle by the trace.
"""

from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import ClassVar

import trio

from bmcsim import Fleet, Hardware, MemoryLog, Profile, RestorePolicy, Rule, SequenceCheck, in_memory
from bmcsim.bmc import Bmc
from bmcsim.events import Event
from bmcsim.faults.answers import Busy, CompletionCode
from bmcsim.faults.point import Step
from bmcsim.faults.power import OrderFault, WrongReading
from bmcsim.hardware import Power as Rails
from bmcsim.hardware import WhileOff
from bmcsim.machine import Order
from bmcsim.sessions import ClosedBy, Session
from powerfsm.ipmi.wire.numbers import Completion
from powerfsm.journal import Entry
from powerfsm.power import Command, Power
from powerfsm.rehearsal.disk import Disk
from powerfsm.rehearsal.pace import Pace
from powerfsm.rehearsal.wire import Wire

_IDLE_LIMIT = 1e9
_SLOTS = 32


@dataclass(frozen=True, slots=True, eq=False)
class Latched:
    """A command that a BMC has accepted and not acted on.

    Attributes:
        command: Which.
        session: The BMC's id of the session that told it.
        at: When it was accepted.
    """

    command: Command
    session: int | None
    at: float


class _Log(MemoryLog):
    def __init__(self, stir: Callable[[], None]) -> None:
        super().__init__()
        self._stir = stir

    def write(self, entry: Event) -> None:
        super().write(entry)
        self._stir()


class Site:
    """Everything but the daemon.

    Attributes:
        pace: The clock.
        fleet: The BMCs.
        log: What really happened.
        wire: The network.
        disk: What is durable.
        latched: What BMCs have accepted and not acted on, oldest first, by node.
    """

    def __init__(
        self, pace: Pace, power: Mapping[str, Power], seed: int, told: Callable[[Sequence[Entry]], None]
    ) -> None:
        """Have a BMC for each node in `power`, with that power; `told` hears every commit's journal."""
        self.pace = pace
        self.log = _Log(pace.stir)
        self.disk = Disk(told)
        self.wire: Wire
        self.latched: dict[str, list[Latched]] = {name: [] for name in power}
        profiles = {
            name: Profile(
                hardware=Hardware(power=Rails(on_or_off), while_off=WhileOff.STARTS),
                sequence_check=SequenceCheck.NONE,
                idle_timeout=_IDLE_LIMIT,
                slots=_SLOTS,
            )
            for name, on_or_off in power.items()
        }
        self.fleet = Fleet(profiles, seed=seed, log=self.log, clock=trio.current_time)
        self.fleet.faults.add(Rule(_held_by(self._hold)))

    @asynccontextmanager
    async def serve(self) -> AsyncGenerator[None]:
        """Serve the BMCs for as long as the block lasts."""
        async with in_memory(self.fleet) as network:
            self.wire = Wire(self.fleet, network)
            yield

    def nodes(self) -> dict[str, str]:
        """Nodes by their BMCs' hosts."""
        return {host: name for name, (host, _) in self.fleet.addresses.items()}

    def power(self, node: str) -> Power:
        """The power as it is."""
        return Power(self.fleet[node].machine.power)

    def reading(self, node: str, reading: Power) -> ExitStack:
        """Have a BMC say so for as long as the block lasts, whatever its power is."""
        stack = ExitStack()
        if reading is not self.power(node):
            stack.enter_context(self.fleet.faults.on(WrongReading(), node))
        return stack

    def refusing(self, node: str, step: Step, *, for_good: bool) -> ExitStack:
        """Have a BMC refuse something for as long as the block lasts: it is busy, or does not know it at all."""
        fault = CompletionCode(code=Completion.INVALID_COMMAND) if for_good else Busy()
        stack = ExitStack()
        stack.enter_context(self.fleet.faults.on(fault, node, steps={step}))
        return stack

    def act(self, node: str, latched: Latched, *, heeded: bool = True) -> None:
        """Have a BMC act on what it has latched; what it latched before has been acted on by then.

        Args:
            node: Whose BMC.
            latched: What it acts on.
            heeded: Something comes of it: an operating system may not heed a soft-off, nor a machine that is off a
                reset.
        """
        held = self.latched[node]
        if latched not in held:
            return
        del held[: held.index(latched) + 1]
        if heeded:
            machine = self.fleet[node].machine
            machine.order(Order(latched.command), self.fleet.clock(), latched.session)
            self.fleet.finish()

    def act_by(self, node: str, within: float) -> None:
        """Have a BMC act on whatever it has latched, as late as it may: `within` seconds after accepting it."""
        for latched in tuple(self.latched[node]):
            if latched.at + within <= self.fleet.clock():
                self.act(node, latched)
            else:
                self.fleet.at(latched.at + within, partial(self._act_late, node, latched))

    def _act_late(self, node: str, latched: Latched, _: float) -> None:
        self.act(node, latched)

    def drop_idle(self, node: str, session_id: int) -> None:
        """Have a BMC drop a session that nobody uses."""
        sessions = self.fleet[node].sessions
        session = sessions.get(session_id)
        if session is not None:
            sessions.close(session, ClosedBy.IDLE, self.fleet.clock())

    def is_open(self, node: str, session_id: int | None) -> bool:
        """Whether a BMC has such a session."""
        return session_id is not None and self.fleet[node].sessions.get(session_id) is not None

    def end_idle_sessions(self, limit: float) -> None:
        """From now on drop the sessions that are open when nothing has come in them for `limit` seconds."""
        for bmc in self.fleet:
            for session in bmc.sessions:
                self._end_idle(bmc.name, session, limit)

    def _end_idle(self, node: str, session: Session, limit: float, _: float = 0.0) -> None:
        if session.heard + limit > self.fleet.clock():
            self.fleet.at(session.heard + limit, partial(self._end_idle, node, session, limit))
        else:
            self.drop_idle(node, session.id)

    def press(self, node: str, power: Power) -> None:
        """Have an operator turn a machine on, or off."""
        if self.power(node) is not power:
            self.fleet.press_power_button(node)

    def reboot(self, node: str) -> None:
        """Have a BMC restart, in no time."""
        bmc, now = self.fleet[node], self.fleet.clock()
        self.latched[node].clear()
        bmc.crash(now)
        bmc.start(now)

    def restore(self, node: str, power: Power) -> None:
        """Have the power be as the BMC restores it."""
        if self.power(node) is power:
            return
        bmc, now = self.fleet[node], self.fleet.clock()
        bmc.machine.restore = RestorePolicy.ALWAYS_ON if power is Power.ON else RestorePolicy.STAY_OFF
        bmc.lose_mains(now)
        bmc.regain_mains(now)
        self.fleet.finish()

    def _hold(self, node: str, order: Order, now: float, session: int | None) -> None:
        # Of a machine that is off there is no operating system to be asked.
        if order is not Order.SOFT_OFF or self.power(node) is Power.ON:
            self.latched[node].append(Latched(Command(order), session, now))


def _held_by(hold: Callable[[str, Order, float, int | None], None]) -> OrderFault:
    @dataclass(frozen=True, slots=True)
    class Held(OrderFault):
        """An order is accepted, and acted on when the trace says so."""

        name: ClassVar[str] = "held"
        symptom: ClassVar[str] = "A command is accepted, and carried out later."
        seen: ClassVar[str] = "Latches between BMC and power sequencer."

        def carry(self, bmc: Bmc, order: Order, now: float, session: int | None) -> None:
            hold(bmc.name, order, now, session)

    return Held()
