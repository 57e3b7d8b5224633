"""The second driver: pyghmi, for vendors whose power handling needs its OEM code.

What pyghmi cannot do, and what is done about it here:

* Its calls block and cannot be cancelled.  Each runs in a thread that is never abandoned: a cancelled action
  waits for the call in flight before it fences.  A dead BMC so delays a cancel by up to half a minute.
* After a lost answer it logs in again by itself *and sends the command again*, in a session that nobody asked
  for.  So a reset, which must not act twice, is refused; and a session whose id has changed meanwhile is reported
  as not fenced, whatever its last Close says, so the node is quarantined.
* It keeps all sessions of the process on one I/O thread with `select`, which ends at about a thousand sockets.
  `AT_ONCE` calls run at a time; a large fleet belongs on the driver `ipmi`.
"""

from collections.abc import Callable
from typing import Any, TypeVar

import trio
from pyghmi import exceptions as pyghmi_exceptions
from pyghmi.ipmi import command as pyghmi_command
from pyghmi.ipmi.private import constants as pyghmi_constants

from powerfsm.bmc import Bmc
from powerfsm.credentials import CredentialStore, UnknownCredentials
from powerfsm.drivers.errors import (
    DriverError,
    FenceUnanswered,
    LoginRefused,
    Refused,
    Unanswered,
    Unreachable,
    Unsupported,
)
from powerfsm.ipmi import codes
from powerfsm.ipmi.wire.numbers import NetFn
from powerfsm.power import Command, Power

AT_ONCE = 64
"""Calls in threads at one time."""

CLOSED = frozenset({0x00, 0x87})
"""Answers to Close Session that mean closed: done, and no such session (IPMI 2.0, 22.19)."""

_PRIVILEGE = {"administrator": 4, "operator": 3}
_WORDS = {Command.ON: "on", Command.OFF: "off", Command.SOFT_OFF: "shutdown"}
_CODES = {text: number for number, text in pyghmi_constants.ipmi_completion_codes.items()}

_Answer = TypeVar("_Answer")


class PyghmiDriver:
    """Drives BMCs through pyghmi.

    Args:
        credentials: Where logins are looked up.
    """

    def __init__(self, credentials: CredentialStore) -> None:
        self._credentials = credentials
        self._threads = trio.CapacityLimiter(AT_ONCE)

    async def open(self, bmc: Bmc) -> "PyghmiSession":
        """Log in.

        Raises:
            LoginRefused: The BMC answered and refused, or the credentials are not configured.
            Unreachable: Nothing answered.
        """
        return PyghmiSession(bmc, await self._call(self._log_in, bmc), self._call)

    async def fence(self, bmc: Bmc, session_id: int) -> None:
        """Close a session by its id, in a session of its own.

        Raises:
            FenceUnanswered: The BMC did not say that it is closed.
        """
        try:
            session = await self.open(bmc)
        except DriverError as error:
            raise _unfenced(bmc, session_id, str(error)) from error
        with trio.CancelScope(shield=True):
            try:
                await session.close_by_id(session_id)
            finally:
                await session.close()

    def _log_in(self, bmc: Bmc) -> Any:
        try:
            login = self._credentials.lookup(bmc.credentials)
        except UnknownCredentials as error:
            raise LoginRefused("unknown-credentials", str(error), transient=False) from error
        try:
            return pyghmi_command.Command(
                bmc=bmc.host,
                # As bytes, like the password: pyghmi encodes both or neither.
                userid=login.username.encode(),
                password=login.password,
                port=bmc.port,
                kg=login.kg,
                privlevel=_PRIVILEGE[bmc.privilege],
                keepalive=False,
            )
        except pyghmi_exceptions.PyghmiException as error:
            told = str(error)
            where = f"BMC {bmc.host}:{bmc.port}"
            # A login that timed out ends with one of these, or with no words at all.
            if told in ("None", "") or "timeout" in told.lower() or "no longer connected" in told.lower():
                raise Unreachable(
                    "no-answer",
                    f"{where} did not answer the login (pyghmi: {told})",
                    transient=True,
                    advice="check its address, its network and whether IPMI over LAN is enabled on it",
                ) from error
            raise LoginRefused(
                "login-refused",
                f"{where} refused the login of {login.username!r} (pyghmi: {told})",
                transient=False,
                advice=f"check the credentials {bmc.credentials!r} against the BMC's users",
            ) from error

    async def _call(self, function: Callable[..., _Answer], *args: object) -> _Answer:
        return await trio.to_thread.run_sync(function, *args, limiter=self._threads)


class PyghmiSession:
    """One session of pyghmi's."""

    def __init__(self, bmc: Bmc, command: Any, call: Callable[..., Any]) -> None:
        self._bmc = bmc
        self._command = command
        self._call = call
        self.id: int = command.ipmi_session.sessionid

    async def read_power(self) -> Power:
        """Ask the BMC what the power is now.

        Raises:
            Unanswered: Nothing came back, or nothing that could be read.
        """
        try:
            answer = await self._call(self._command.get_power)
        except pyghmi_exceptions.PyghmiException as error:
            raise self._failed(error, "Get Chassis Status") from error
        return Power(answer["powerstate"])

    async def command(self, command: Command, *, once: bool = False) -> None:
        """Send one power command; pyghmi may repeat it.

        Raises:
            Unsupported: The command must not be repeated.
            Refused: The BMC answered and did not do it.
            Unanswered: Nothing came back.
        """
        word = _WORDS.get(command)
        if once or word is None:
            raise Unsupported(
                "may-be-repeated",
                f"the driver pyghmi cannot send {command}: after a lost answer pyghmi sends a command again",
                transient=False,
                advice="ask for a cycle, or use the driver ipmi for this node",
            )
        try:
            await self._call(self._command.set_power, word)
        except pyghmi_exceptions.PyghmiException as error:
            raise self._failed(error, "Chassis Control") from error

    async def close(self) -> None:
        """Close the session, and wait for the BMC's word on it.

        Raises:
            FenceUnanswered: There was none, or pyghmi has logged in again meanwhile.
        """
        try:
            await self.close_by_id(self.id)
        finally:
            now = self._command.ipmi_session.sessionid
            await self._call(self._command.ipmi_session.logout)
        if now != self.id:
            raise _unfenced(self._bmc, self.id, "pyghmi has logged in again by itself, and may have repeated it")

    async def close_by_id(self, session_id: int) -> None:
        """Close a session by its id.

        Raises:
            FenceUnanswered: The BMC did not say that it is closed.
        """
        data = tuple(session_id.to_bytes(4, "little"))
        try:
            answer = await self._call(lambda: self._command.raw_command(netfn=6, command=0x3C, data=data))
        except pyghmi_exceptions.PyghmiException as error:
            raise _unfenced(self._bmc, session_id, f"pyghmi: {error}") from error
        if answer is None or answer.get("code") not in CLOSED:
            told = "no answer" if answer is None else answer.get("error", f"code {answer.get('code')}")
            raise _unfenced(self._bmc, session_id, f"pyghmi: {told}")

    def _failed(self, error: Exception, what: str) -> DriverError:
        told = str(error)
        where = f"BMC {self._bmc.host}:{self._bmc.port}"
        number = _CODES.get(told)
        if number is None:
            return Unanswered(
                "no-answer",
                f"{where} gave no answer to {what} that pyghmi could use ({told})",
                transient=True,
                advice="check the BMC and its network",
            )
        code = codes.completion(number, NetFn.CHASSIS, 0x02)
        message = f"{where} answered {what} with {code}: {code.meaning}"
        if code.ambiguous:
            return Unanswered(code.name, message, transient=code.transient, advice=code.advice)
        kind = Unsupported if code.unsupported else Refused
        return kind(code.name, message, transient=code.transient, advice=code.advice)


def _unfenced(bmc: Bmc, session_id: int, told: str) -> FenceUnanswered:
    return FenceUnanswered(
        "unfenced",
        f"BMC {bmc.host}:{bmc.port} did not say that session {session_id:#010x} is closed ({told})",
        transient=True,
        advice="nothing is sent until the session must be dead",
    )
