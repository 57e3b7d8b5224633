"""One open session with one BMC: reading, commanding, and closing as the fence.

An answer that speaks of the answer and not of the deed (timeout, response not provided) is told as
`Unanswered`: the command may have acted.
"""

from collections.abc import Awaitable, Callable

import trio

from powerfsm.bmc import Bmc
from powerfsm.drivers.ipmi.login import close_own
from powerfsm.drivers.ipmi.timings import IpmiTimings
from powerfsm.drivers.ipmi.wording import malformed, maybe_done, refused, unanswered
from powerfsm.ipmi import codes
from powerfsm.ipmi.transport import Conversation, NoAnswer
from powerfsm.ipmi.wire import WireError, commands
from powerfsm.ipmi.wire.message import Response
from powerfsm.ipmi.wire.numbers import ChassisCommand, ChassisControl, NetFn
from powerfsm.power import Command, Power

_CONTROLS = {
    Command.ON: ChassisControl.POWER_UP,
    Command.OFF: ChassisControl.POWER_DOWN,
    Command.SOFT_OFF: ChassisControl.SOFT_SHUTDOWN,
    Command.RESET: ChassisControl.HARD_RESET,
}

_READING = "Get Chassis Status"


class IpmiSession:
    """One open RMCP+ session; made by `IpmiDriver.open`."""

    __slots__ = ("_bmc", "_close_by_id", "_closed", "_conversation", "_timings")

    def __init__(
        self,
        conversation: Conversation,
        bmc: Bmc,
        timings: IpmiTimings,
        close_by_id: Callable[[Bmc, int, float], Awaitable[None]],
    ) -> None:
        """Hold a session that has just been opened.

        Args:
            conversation: The session and where it goes.
            bmc: Whose it is.
            timings: How patient to be.
            close_by_id: Has a session of that id closed from another session, until a time of trio's clock.
        """
        self._conversation = conversation
        self._bmc = bmc
        self._timings = timings
        self._close_by_id = close_by_id
        self._closed = False

    @property
    def id(self) -> int:
        """The BMC's id of the session."""
        return self._conversation.session.bmc_id

    async def read_power(self) -> Power:
        """Ask the BMC what the power is now (Get Chassis Status).

        Raises:
            Unanswered: Nothing came back.
            Refused: The BMC answered with a completion code.
            Unsupported: It does not know the command.
        """
        response = await self._ask(_READING, ChassisCommand.GET_STATUS)
        if response.completion:
            code = codes.completion(response.completion, NetFn.CHASSIS, ChassisCommand.GET_STATUS)
            raise refused(self._bmc, _READING, code)
        try:
            status = commands.ChassisStatus.decode(response.data)
        except WireError as error:
            raise malformed(self._bmc, _READING, error) from error
        return Power.ON if status.on else Power.OFF

    async def command(self, command: Command, *, once: bool = False) -> None:
        """Send one power command (Chassis Control) and wait for its answer.

        Args:
            command: What to send.
            once: Send one datagram and no more.

        Raises:
            Refused: The BMC did not do it.
            Unsupported: It cannot do it at all.
            Unanswered: Nothing came back, or nothing that tells whether it was done.
        """
        what = f"Chassis Control ({command})"
        data = commands.encode_chassis_control(_CONTROLS[command])
        response = await self._ask(what, ChassisCommand.CONTROL, data, once=once)
        if not response.completion:
            return
        code = codes.completion(response.completion, NetFn.CHASSIS, ChassisCommand.CONTROL)
        raise maybe_done(self._bmc, what, code) if code.ambiguous else refused(self._bmc, what, code)

    async def close(self) -> None:
        """Close the session and wait until the BMC has said so; a cancel does not interrupt it.

        Where the session's own Close Session goes unanswered, its *answer* may be what was lost, and a
        closed session never answers again: a second session then asks the BMC to close this one by its
        id, and "no such session" is as good as "done".  This ends within the timing `fence`, and the
        time that it takes to close the second session.

        Raises:
            FenceUnanswered: The BMC did not say so in time.
        """
        if self._closed:
            return
        deadline = trio.current_time() + self._timings.fence
        with trio.CancelScope(shield=True):
            try:
                if not await close_own(self._conversation, self._timings):
                    await self._close_by_id(self._bmc, self.id, deadline)
            finally:
                self._conversation.end()
        self._closed = True

    async def _ask(self, what: str, command: ChassisCommand, data: bytes = b"", *, once: bool = False) -> Response:
        if self._closed:
            raise RuntimeError("this session is closed; open another one")
        session = self._conversation.session
        session.ask(NetFn.CHASSIS, command, data)
        try:
            await self._conversation.exchange(self._timings.patience, once=once)
        except NoAnswer as silence:
            raise unanswered(self._bmc, what, silence) from silence
        assert session.response is not None, "what was awaited has come"
        return session.response
