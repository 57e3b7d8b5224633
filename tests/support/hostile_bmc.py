"""The hostile BMC of the formal model, at the level of the driver, and the network in front of it.

It latches commands and acts on them later, loses answers, keeps sessions open, drops them when they are idle,
and acts on late copies of commands for as long as their session is open.  What was sent arrives, whatever has
become of the process that sent it: the network is no part of any process.
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Generic, TypeVar

import trio

from judge import Judge
from powerfsm.bmc import Bmc
from powerfsm.drivers import (
    DriverError,
    FenceUnanswered,
    LoginRefused,
    Refused,
    Unanswered,
    Unreachable,
    Unsupported,
)
from powerfsm.power import Command, Power

LATENCY = 0.001
"""Seconds that a datagram travels, one way, as a rule."""

GIVES_UP = 10.0
"""Seconds after which the driver stops waiting for an answer."""

IDLE_LIMIT = 60.0
"""Seconds after which the BMC drops a session in which it accepted nothing."""

_Answer = TypeVar("_Answer")


@dataclass(frozen=True)
class Fault:
    """What becomes of one call to a BMC.

    Attributes:
        error: What the driver tells.
        after: Seconds until it does.
        arrives: Seconds after which the BMC gets the datagram all the same; None where it never does.
    """

    error: DriverError
    after: float = GIVES_UP
    arrives: float | None = None


class Faults:
    """Faults ready to be put into `LabBmc.faults`."""

    unreachable = Fault(Unreachable("no-answer", "nothing answered", transient=True))
    refused_login = Fault(
        LoginRefused("unauthorized-name", "no such user", transient=False, advice="check the name"), 2 * LATENCY
    )
    unread = Fault(Unanswered("no-answer", "the reading was not answered", transient=True))
    busy = Fault(Refused("node-busy", "C0h", transient=True), 2 * LATENCY)
    unsupported = Fault(Unsupported("invalid-command", "C1h", transient=False), 2 * LATENCY)
    final = Fault(
        Refused("insufficient-privilege", "D4h", transient=False, advice="be administrator"), 2 * LATENCY
    )
    lost = Fault(Unanswered("no-answer", "nothing came back", transient=True), arrives=LATENCY)
    unsure = Fault(Unanswered("response-not-provided", "CEh", transient=True), 2 * LATENCY)
    lost_there = Fault(Unanswered("no-answer", "nothing came back", transient=True))
    unfenced = Fault(FenceUnanswered("no-answer", "Close Session was not answered", transient=True))
    closed_unheard = Fault(unfenced.error, arrives=LATENCY)


_CUT_OFF: dict[str, DriverError] = {
    "open": Faults.unreachable.error,
    "read": Faults.unread.error,
    "command": Faults.lost.error,
    "close": Faults.unfenced.error,
    "fence": Faults.unfenced.error,
}


class _Silence(Exception):
    """The BMC does not answer this."""


@dataclass
class Deed:
    """Something that a BMC saw or did, with the time."""

    at: float
    what: str
    session: int = 0


@dataclass(frozen=True, eq=False)
class Latched:
    """A command that was accepted and has still to be acted on."""

    command: Command

    def __repr__(self) -> str:
        return self.command


@dataclass(eq=False)
class LabBmc:
    """One BMC.

    Attributes:
        host: Its address.
        judge: Who watches it.
        network: What moves its datagrams and its clockwork.
        power: What it reads.
        latency: Seconds that a datagram travels, one way.
        reuses: It gives every session the same id.
        delay: Seconds from accepting a command to acting on it (a latch: closing the session recalls nothing).
        soft_delay: Seconds from a soft-off to the power being off; None where the operating system ignores it.
        ignores: Commands that it answers and does not carry out.
        faults: What the next calls of a verb meet: `open`, `read`, `command`, `close`, `fence`.
        echoes: For each of the next commands, after how many seconds further copies of it arrive.
        deeds: All that happened, in order.
        sessions: Open sessions, with the time of the last packet accepted in each.
        logins: How many there were; what is sent in a session is sealed with the keys of its login.
        keys: The login of each session, by its id.
        trail: The commands sent in each session.
        unanswered: Sessions in which a command is under way, or was not answered.
        latched: Commands that it has still to act on; a soft-off dies with the operating system it was sent to.
        pressed_at: When somebody last pressed the button.
    """

    host: str
    judge: Judge
    network: trio.Nursery
    power: Power = Power.OFF
    latency: float = LATENCY
    reuses: bool = False
    delay: float = 0.0
    soft_delay: float | None = 0.0
    ignores: set[Command] = field(default_factory=set)
    faults: dict[str, list[Fault | None]] = field(default_factory=dict)
    echoes: list[list[float]] = field(default_factory=list)
    deeds: list[Deed] = field(default_factory=list)
    sessions: dict[int, float] = field(default_factory=dict)
    logins: int = 0
    keys: dict[int, int] = field(default_factory=dict)
    trail: dict[int, list[Command]] = field(default_factory=dict)
    unanswered: set[int] = field(default_factory=set)
    latched: list[Latched] = field(default_factory=list)
    pressed_at: float = -1e9
    next_session: int = 100

    def did(self, what: str, session: int = 0) -> None:
        self.deeds.append(Deed(trio.current_time(), what, session))
        self.judge.saw(f"{self.host}: {what} {session or ''}".rstrip())

    def told(self, *beginnings: str) -> list[str]:
        """Its deeds, or those that begin so, in order."""
        return [deed.what for deed in self.deeds if deed.what.startswith(beginnings or "")]

    def commands(self) -> list[str]:
        """The power commands that it accepted, in order."""
        return [what.removeprefix("command ") for what in self.told("command ")]

    def is_open(self, session: int) -> bool:
        return trio.current_time() - self.sessions.get(session, -1e9) <= IDLE_LIMIT

    def open_session(self) -> int:
        if not self.reuses:
            self.next_session += 1
        self.logins += 1
        self.keys[self.next_session] = self.logins
        self.trail.pop(self.next_session, None)
        self.unanswered.discard(self.next_session)
        self.sessions[self.next_session] = trio.current_time()
        self.did("opened", self.next_session)
        return self.next_session

    def close_session(self, session: int) -> None:
        self.sessions.pop(session, None)
        self.did("closed", session)

    def use(self, session: int, key: int | None = None) -> None:
        if not self.is_open(session) or key not in (None, self.keys[session]):
            raise _Silence
        self.sessions[session] = trio.current_time()

    def accept(self, command: Command, session: int, key: int | None = None) -> None:
        """Get a command, its first copy or a late one; act on it after the latch's delay."""
        try:
            self.use(session, key)
        except _Silence:
            self.did(f"dropped {command}", session)
            raise
        self.did(f"command {command}", session)
        soft = command is Command.SOFT_OFF
        delay = self.soft_delay if soft else self.delay
        nobody_there = soft and self.power is Power.OFF
        if command not in self.ignores and delay is not None and not nobody_there:
            latched = Latched(command)
            self.latched.append(latched)
            self.network.start_soon(self._act, latched, delay)

    def inject(self, command: Command, session: int) -> None:
        """A late copy of a command comes in."""
        try:
            self.accept(command, session)
        except _Silence:
            return

    def press(self, power: Power) -> None:
        """Somebody in the machine room presses the button."""
        self._turn(power)
        self.pressed_at = trio.current_time()
        self.did(f"pressed {power}")

    def meet(self, verb: str) -> Fault | None:
        waiting = self.faults.get(verb)
        return waiting.pop(0) if waiting else None

    async def _act(self, latched: Latched, delay: float) -> None:
        await trio.sleep(delay)
        if latched not in self.latched:
            return
        self.latched.remove(latched)
        direction = latched.command.direction
        if latched.command is Command.RESET:
            self.did("reset" if self.power is Power.ON else "reset, which was off")
        elif self.power is not direction:
            self._turn(direction)
            self.did(f"power {self.power}")
            self.judge.acted(self, self.power)

    def _turn(self, power: Power) -> None:
        self.power = power
        if power is Power.OFF:
            self.latched = [each for each in self.latched if each.command is not Command.SOFT_OFF]


class LabDriver:
    """The driver of one process; `cut_off` it, and nothing that the process does reaches a BMC any more."""

    def __init__(self, bmcs: dict[str, LabBmc]) -> None:
        self.bmcs = bmcs
        self.cut_off = False
        self.opened: dict[str, set[int]] = {}

    async def open(self, bmc: Bmc) -> "LabSession":
        lab = self.bmcs[bmc.host]
        reply = _Reply[int]()
        try:
            session = await self.exchange(lab, "open", lab.open_session, reply)
        except trio.Cancelled:
            with trio.CancelScope(shield=True):
                await self._close_unwanted(lab, reply)
            raise
        mine = self.opened.setdefault(bmc.host, set())
        lab.judge.opened(lab, mine)
        mine.add(session)
        return LabSession(self, lab, session)

    async def fence(self, bmc: Bmc, session_id: int) -> None:
        lab = self.bmcs[bmc.host]
        await self.exchange(lab, "fence", lambda: lab.close_session(session_id))

    async def exchange(
        self,
        lab: LabBmc,
        verb: str,
        act: Callable[[], _Answer],
        reply: "_Reply[_Answer] | None" = None,
    ) -> _Answer:
        """Send one request, which arrives even if nobody waits for its answer any more."""
        if self.cut_off:
            raise _CUT_OFF[verb]
        lab.did(f"sent {verb}")
        fault = lab.meet(verb)
        if fault is not None:
            if fault.arrives is not None:
                lab.network.start_soon(_Reply[_Answer]().travel, fault.arrives, act, lab.latency)
            await trio.sleep(fault.after)
            raise fault.error
        if reply is None:
            reply = _Reply()
        lab.network.start_soon(reply.travel, lab.latency, act, lab.latency)
        with trio.move_on_after(GIVES_UP):
            await reply.back.wait()
        if self._is_cut_off() or not reply.answers:
            raise _CUT_OFF[verb]
        return reply.answers[0]

    def _is_cut_off(self) -> bool:
        """As it is now: a check before an await says nothing about after it."""
        return self.cut_off

    async def _close_unwanted(self, lab: LabBmc, reply: "_Reply[int]") -> None:
        """As the contract of drivers wants it: a login that is given up leaves no session behind."""
        with trio.move_on_after(GIVES_UP):
            await reply.back.wait()
        if reply.answers:
            with suppress(DriverError):
                await self.exchange(lab, "close", lambda: lab.close_session(reply.answers[0]))


class LabSession:
    """One session of one process."""

    def __init__(self, driver: LabDriver, bmc: LabBmc, session: int) -> None:
        self._driver = driver
        self._bmc = bmc
        self._key = bmc.keys[session]
        self.id = session

    async def read_power(self) -> Power:
        def read() -> Power:
            self._bmc.use(self.id, self._key)
            return self._bmc.power

        return await self._driver.exchange(self._bmc, "read", read)

    async def command(self, command: Command, *, once: bool = False) -> None:
        bmc, judge = self._bmc, self._bmc.judge
        if not self._driver.cut_off:
            judge.sent(bmc, self.id, command)
            bmc.trail.setdefault(self.id, []).append(command)
            bmc.unanswered.add(self.id)
            for later in bmc.echoes.pop(0) if bmc.echoes and not once else ():
                bmc.network.start_soon(
                    _Reply[None]().travel, later, lambda: bmc.accept(command, self.id, self._key), bmc.latency
                )
        try:
            await self._driver.exchange(bmc, "command", lambda: bmc.accept(command, self.id, self._key))
        except Refused:
            judge.acquitted(bmc, command)
            bmc.unanswered.discard(self.id)
            raise
        bmc.unanswered.discard(self.id)

    async def close(self) -> None:
        def close() -> None:
            self._bmc.use(self.id, self._key)
            self._bmc.close_session(self.id)

        self._driver.opened.get(self._bmc.host, set()).discard(self.id)
        await self._driver.exchange(self._bmc, "close", close)


class _Reply(Generic[_Answer]):
    """An answer that may come back."""

    def __init__(self) -> None:
        self.back = trio.Event()
        self.answers: list[_Answer] = []

    async def travel(self, there: float, act: Callable[[], _Answer], back: float) -> None:
        await trio.sleep(there)
        try:
            answer = act()
        except _Silence:
            return
        await trio.sleep(back)
        self.answers.append(answer)
        self.back.set()
