"""The protocol with one of its steps left out or moved: a switch for each line of the table of counterexamples.

Each is a daemon put together otherwise (`powerfsm.simulation.assembly`), of the real parts but for the one that is
spoilt.  A simulation that cannot tell it from the real daemon sees nothing at all.
"""

from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import cast

import trio

from powerfsm.actions import Workshop
from powerfsm.actions.timings import Timings
from powerfsm.bmc import Bmc
from powerfsm.credentials import CredentialStore
from powerfsm.drivers import Driver
from powerfsm.drivers.driver import Session
from powerfsm.drivers.errors import DriverError, FenceUnanswered
from powerfsm.drivers.ipmi.session import IpmiSession
from powerfsm.drivers.ipmi.wording import unfenced
from powerfsm.ipmi.transport import Transport
from powerfsm.node import Drift
from powerfsm.operation import Operation
from powerfsm.power import Command, Power
from powerfsm.registry.fleet import Fleet
from powerfsm.registry.registry import Registry
from powerfsm.registry.requests import PowerRequest
from powerfsm.registry.writer import Durable
from powerfsm.simulation.assembly import Assembly
from powerfsm.simulation.plan import Plan
from powerfsm.store.batch import Batch, SessionInUse
from powerfsm.store.errors import StoreUnavailable


@dataclass(frozen=True, slots=True)
class Reverted:
    """One line of the table.

    Attributes:
        line: What is left out or moved, as the table has it.
        breaks: The promises one of which it must be seen to break.
        assembly: The daemon without it, a new one for each simulation.
        plan: What has to be planned otherwise for it to be that daemon.
    """

    line: str
    breaks: frozenset[int]
    assembly: Callable[[], Assembly]
    plan: Callable[[Plan], Plan] = field(default=lambda plan: plan)

    def __str__(self) -> str:
        """The line, as the name of a test."""
        return self.line


# Sessions that are closed otherwise.


class _Wrapped:
    """A session that passes everything on."""

    def __init__(self, session: Session) -> None:
        self.session = session

    @property
    def id(self) -> int:
        return self.session.id

    async def read_power(self) -> Power:
        return await self.session.read_power()

    async def command(self, command: Command, *, once: bool = False) -> None:
        await self.session.command(command, once=once)

    async def close(self) -> None:
        await self.session.close()

    def unfenced(self, why: str) -> FenceUnanswered:
        """What is told where the session cannot be left."""
        return unfenced(cast("IpmiSession", self.session)._bmc, self.id, why)

    def drop(self) -> None:
        """Be done with the session, and tell the BMC nothing."""
        ipmi = cast("IpmiSession", self.session)
        if not ipmi._closed:
            ipmi._closed = True
            ipmi._conversation.end()


class _Unclosed(_Wrapped):
    """It is dropped, not closed."""

    async def close(self) -> None:
        await trio.lowlevel.checkpoint_if_cancelled()
        self.drop()


class _ClosedOnCancel(_Wrapped):
    """What ends well is not closed: its last word was a reading."""

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._read = False

    async def read_power(self) -> Power:
        self._read = False
        power = await super().read_power()
        self._read = True
        return power

    async def command(self, command: Command, *, once: bool = False) -> None:
        self._read = False
        await super().command(command, once=once)

    async def close(self) -> None:
        if self._read:
            self.drop()
        else:
            await super().close()


class _Awaited(_Unclosed):
    """The answer to its command is waited for, whatever is cancelled; then it is dropped."""

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._answered = True

    async def command(self, command: Command, *, once: bool = False) -> None:
        self._answered = False
        with trio.CancelScope(shield=True):
            await super().command(command, once=once)
        self._answered = True

    async def close(self) -> None:
        if not self._answered:
            raise self.unfenced("the command was not answered")
        await super().close()


class _Outnumbered(_Wrapped):
    """Another packet is sent and answered, with a higher sequence number; then it is dropped."""

    async def close(self) -> None:
        with trio.CancelScope(shield=True):
            try:
                await self.session.read_power()
            except DriverError as error:
                raise self.unfenced("nothing is answered any more") from error
        self.drop()


class _Unawaited(_Wrapped):
    """Its close is sent, and not waited for."""

    async def close(self) -> None:
        conversation = cast("IpmiSession", self.session)._conversation
        conversation.session.ask_to_close()
        conversation.send(conversation.session.transmit())
        self.drop()
        await trio.lowlevel.checkpoint_if_cancelled()


class _ClosedLater(_Wrapped):
    """Those before it are closed once it has read the power."""

    def __init__(self, session: Session, left: list[Session]) -> None:
        super().__init__(session)
        self._left = left

    async def read_power(self) -> Power:
        power = await super().read_power()
        while self._left:
            await self._left[0].close()
            del self._left[0]
        return power

    async def close(self) -> None:
        self._left.append(self.session)
        await trio.lowlevel.checkpoint_if_cancelled()


class _Driver:
    """The real driver, with other sessions."""

    def __init__(self, driver: Driver, wrap: Callable[[Session, Bmc], Session]) -> None:
        self._driver = driver
        self._wrap = wrap

    async def open(self, bmc: Bmc) -> Session:
        return self._wrap(await self._driver.open(bmc), bmc)

    async def fence(self, bmc: Bmc, session_id: int) -> None:
        await self._driver.fence(bmc, session_id)


class _Careless(_Driver):
    """Nothing is fenced by its id."""

    async def fence(self, bmc: Bmc, session_id: int) -> None:
        await trio.lowlevel.checkpoint()


class OtherSessions(Assembly):
    """Sessions of another kind; `careless` also fences nothing by its id."""

    def __init__(self, kind: Callable[[Session], Session], *, careless: bool = False) -> None:
        super().__init__()
        self._kind = kind
        self._careless = careless

    def driver(self, transport: Transport, logins: CredentialStore, timings: Timings) -> Driver:
        driver = super().driver(transport, logins, timings)
        return (_Careless if self._careless else _Driver)(driver, lambda session, _: self._kind(session))


class VerifyThenClose(Assembly):
    """A session is closed once the next one has read."""

    def driver(self, transport: Transport, logins: CredentialStore, timings: Timings) -> Driver:
        left: dict[Bmc, list[Session]] = {}
        return _Driver(
            super().driver(transport, logins, timings),
            lambda session, bmc: _ClosedLater(session, left.setdefault(bmc, [])),
        )


class NoFenceInRecovery(Assembly):
    """What a process that is gone left open is not closed."""

    def driver(self, transport: Transport, logins: CredentialStore, timings: Timings) -> Driver:
        return _Careless(super().driver(transport, logins, timings), lambda session, _: session)


# Timings.


class NoSettle(Assembly):
    """A fence is enough."""

    def workshop(
        self, driver: Driver, now: Callable[[], float], timings: Iterable[tuple[str, float]], random: Random
    ) -> Workshop:
        return super().workshop(driver, now, [*timings, ("settle", 0), ("soft-settle", 0)], random)


class PollAndRepair(OtherSessions):
    """Nothing is fenced or waited out; what reads otherwise than desired is commanded again."""

    def __init__(self) -> None:
        super().__init__(_Unclosed, careless=True)

    def workshop(
        self, driver: Driver, now: Callable[[], float], timings: Iterable[tuple[str, float]], random: Random
    ) -> Workshop:
        return super().workshop(driver, now, [*timings, ("settle", 0), ("soft-settle", 0), ("sweep", 5)], random)


# The order of disk and deed.


class _SessionOnRecordLater:
    """Sessions whose ids are to be put on record once a command is on its way."""

    def __init__(self) -> None:
        self.records: dict[int, Callable[[], Awaitable[None]]] = {}

    def wrap(self, session: Session, _: Bmc) -> Session:
        return _RecordedLater(session, self)


class _RecordedLater(_Wrapped):
    def __init__(self, session: Session, later: _SessionOnRecordLater) -> None:
        super().__init__(session)
        self._later = later

    async def command(self, command: Command, *, once: bool = False) -> None:
        record = self._later.records.pop(self.id, None)
        async with trio.open_nursery() as both:
            if record is not None:
                both.start_soon(_after_a_while, record)
            try:
                await super().command(command, once=once)
            except DriverError as error:
                failure: DriverError | None = error
            else:
                failure = None
        if failure is not None:
            raise failure


async def _after_a_while(record: Callable[[], Awaitable[None]]) -> None:
    await trio.sleep(0.05)
    await record()


class _RegistryRecordsLater(Registry):
    later: _SessionOnRecordLater

    async def record_session(self, session: SessionInUse, operation: int | None) -> None:
        if session.command is None:
            await super().record_session(session, operation)
        else:
            really = super().record_session
            self.later.records[session.id] = lambda: really(session, operation)


class SessionRecordedAfterSending(Assembly):
    """The session's id is made durable after the first datagram of the command."""

    def __init__(self) -> None:
        super().__init__()
        self._later = _SessionOnRecordLater()

    def driver(self, transport: Transport, logins: CredentialStore, timings: Timings) -> Driver:
        return _Driver(super().driver(transport, logins, timings), self._later.wrap)

    def registry(
        self,
        store: Durable,
        fleet: Fleet,
        workshop: Workshop,
        now: Callable[[], float],
        alarm: Callable[[str], None],
    ) -> Registry:
        registry = _RegistryRecordsLater(self.spec, store, fleet, workshop, now, alarm)
        registry.later = self._later
        return registry


_ATTEMPTS = 300
"""How often a disk that is ill is tried."""


class _Lagging:
    """A way to the disk that says that a batch is there, and brings it there a little later."""

    def __init__(self, store: Durable) -> None:
        self._store = store
        self._batches: deque[Batch] = deque()
        self._writing = False
        self._written = trio.Event()

    async def commit(self, batch: Batch) -> None:
        await trio.lowlevel.checkpoint()
        self._batches.append(batch)
        if not self._writing:
            self._writing = True
            self._written = trio.Event()
            trio.lowlevel.spawn_system_task(self._write)

    async def everything(self) -> None:
        """Wait until nothing lags."""
        while self._writing:
            await self._written.wait()

    async def _write(self) -> None:
        await trio.sleep(0.1)
        attempts = 0
        while self._batches and attempts < _ATTEMPTS:
            try:
                await self._store.commit(self._batches[0])
            except StoreUnavailable:
                # Of a full disk, or of a process that is dead.
                attempts += 1
                await trio.sleep(1)
            except trio.ClosedResourceError:
                break
            else:
                attempts = 0
                del self._batches[0]
        self._batches.clear()
        self._writing = False
        self._written.set()


class _RegistryAhead(Registry):
    """It is ahead of its disk, but for an end in order."""

    lagging: _Lagging

    async def serve(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        await super().serve(task_status=task_status)
        await self.lagging.everything()


class AnswerBeforePersist(Assembly):
    """Whoever asks is answered before the disk has what he asked."""

    kind: type[_RegistryAhead] = _RegistryAhead

    def registry(
        self,
        store: Durable,
        fleet: Fleet,
        workshop: Workshop,
        now: Callable[[], float],
        alarm: Callable[[str], None],
    ) -> Registry:
        lagging = _Lagging(store)
        registry = self.kind(self.spec, lagging, fleet, workshop, now, alarm)
        registry.lagging = lagging
        return registry


class _RegistryAnswersLater(_RegistryAhead):
    async def request(
        self, requests: Sequence[PowerRequest], *, asked_by: str = "local", key: tuple[str, str] | None = None
    ) -> list[Operation]:
        operations = await super().request(requests, asked_by=asked_by, key=key)
        await self.lagging.everything()
        return operations


class ActBeforePersist(AnswerBeforePersist):
    """Whoever asks is answered when the disk has what he asked; the action does not wait for that."""

    kind = _RegistryAnswersLater


def _enforced(plan: Plan) -> Plan:
    nodes = tuple(node.model_copy(update={"drift": Drift.ENFORCE}) for node in plan.nodes)
    return plan.model_copy(update={"nodes": nodes})


REVERTED = (
    Reverted("no fence", frozenset({1, 3, 6, 8}), lambda: OtherSessions(_Unclosed, careless=True)),
    Reverted("session closed only on cancel", frozenset({1, 6, 8}), lambda: OtherSessions(_ClosedOnCancel)),
    Reverted(
        "waiting for the old command's answer instead", frozenset({1, 3, 6, 8}), lambda: OtherSessions(_Awaited)
    ),
    Reverted("trusting sequence windows in the BMC", frozenset({1, 3, 6, 8}), lambda: OtherSessions(_Outnumbered)),
    Reverted("verify, then close", frozenset({1, 3, 6, 8}), VerifyThenClose),
    Reverted("close sent, answer not awaited", frozenset({1, 3, 6, 8}), lambda: OtherSessions(_Unawaited)),
    Reverted("no fence in recovery", frozenset({1, 5, 6, 8}), NoFenceInRecovery),
    Reverted("session id persisted after the first send", frozenset({1, 5, 6, 8}), SessionRecordedAfterSending),
    Reverted("fence, no settle, a BMC that latches", frozenset({6}), NoSettle),
    Reverted("answer before persist", frozenset({4}), AnswerBeforePersist),
    Reverted("act before persist", frozenset({4}), ActBeforePersist),
    Reverted("polling and repairing instead", frozenset({6}), PollAndRepair, _enforced),
)
"""All lines of the table; the two that share one in it, each by itself."""
