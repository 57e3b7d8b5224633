"""The second driver: pyghmi, for vendors whose power handling needs its OEM code.

What pyghmi cannot do, and what is done about it here:

* Its calls block and cannot be cancelled.  Each runs in a thread, and a cancelled action waits for the call in
  flight before it fences.  A dead BMC so delays a cancel by up to half a minute, one that falls silent in the
  middle by up to `LONGEST_CALL`; then the thread is left to itself.
* What it cannot read it raises an exception of any kind over.  Nothing but `DriverError` leaves this module.
* After a lost answer it logs in again by itself *and sends the command again*, in a session that nobody asked
  for.  So a reset, which must not act twice, is refused; and a session whose id has changed meanwhile is reported
  as not fenced, whatever its last Close says, so the node is quarantined.
* It keeps all sessions of the process on one I/O thread with `select`, which ends at about a thousand sockets.
  `AT_ONCE` calls run at a time; a large fleet belongs on the driver `ipmi`.
"""

import contextlib
import math
import time
from collections.abc import Callable
from typing import Any, TypeVar

import trio
from pyghmi import exceptions as pyghmi_exceptions
from pyghmi.ipmi import command as pyghmi_command
from pyghmi.ipmi.private import constants as pyghmi_constants

from powerfsm.bmc import Bmc
from powerfsm.credentials import CredentialStore, Login, UnknownCredentials
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

LONGEST_LOGIN = 30.0
"""Seconds for a login: pyghmi begins anew for ever where a BMC answers Open Session and then nothing."""

LONGEST_CALL = 120.0
"""Seconds for any call; pyghmi's own patience with one command is about eighty."""

CLOSED = frozenset({0x00, 0x87})
"""Answers to Close Session that mean closed: done, and no such session (IPMI 2.0, 22.19)."""

_PRIVILEGE = {"administrator": 4, "operator": 3}
_WORDS = {Command.ON: "on", Command.OFF: "off", Command.SOFT_OFF: "shutdown"}
_CODES = {text: number for number, text in pyghmi_constants.ipmi_completion_codes.items()}

_STATUSES = {text: number for number, text in pyghmi_constants.rmcp_codes.items()}
_SILENCE = frozenset({"", "None", "timeout", "Session no longer connected"})
"""What pyghmi says where nothing came."""

_Answer = TypeVar("_Answer")


class _Failed(Exception):
    """A call came to nothing, and pyghmi says why."""


class _Unreadable(_Failed):
    """A call came to nothing because pyghmi cannot cope with what the BMC sent, or does not end."""


class PyghmiDriver:
    """Drives BMCs through pyghmi.

    Args:
        credentials: Where logins are looked up.
    """

    def __init__(self, credentials: CredentialStore) -> None:
        self._credentials = credentials
        self._threads = trio.CapacityLimiter(AT_ONCE)
        self._unlimited = trio.CapacityLimiter(math.inf)

    async def open(self, bmc: Bmc) -> "PyghmiSession":
        """Log in.

        Raises:
            LoginRefused: The BMC answered and refused, or the credentials are not configured.
            Unreachable: Nothing answered.
        """
        try:
            login = self._credentials.lookup(bmc.credentials)
        except UnknownCredentials as error:
            raise LoginRefused("unknown-credentials", str(error), transient=False) from error
        try:
            command = await self._call(_log_in, bmc, login)
        except _Failed as failed:
            raise _not_let_in(bmc, login, failed) from failed
        return PyghmiSession(bmc, command, self._call)

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

    async def _call(self, function: Callable[..., _Answer], *args: object) -> _Answer:
        """Call pyghmi in a thread, for `LONGEST_CALL` at most.

        Raises:
            _Failed: The call raised anything, or has not ended.
        """
        # A thread that is left to itself goes on counting, until it ends.
        borrower = object()
        await self._threads.acquire_on_behalf_of(borrower)
        soon = trio.lowlevel.current_trio_token().run_sync_soon

        def call() -> _Answer:
            try:
                return function(*args)
            except _Failed:
                raise
            except pyghmi_exceptions.PyghmiException as error:
                raise _Failed(str(error)) from error
            except Exception as error:
                raise _Unreadable(f"{type(error).__name__} over what the BMC sent") from error
            finally:
                with contextlib.suppress(trio.RunFinishedError):
                    soon(self._threads.release_on_behalf_of, borrower)

        with trio.CancelScope(shield=True, deadline=trio.current_time() + LONGEST_CALL):
            return await trio.to_thread.run_sync(call, abandon_on_cancel=True, limiter=self._unlimited)
        raise _Unreadable(f"no end after {LONGEST_CALL:.0f} s")


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

        def read() -> Power:
            return Power(self._command.get_power()["powerstate"])

        try:
            power: Power = await self._call(read)
        except _Failed as failed:
            raise self._told(str(failed), "Get Chassis Status") from failed
        return power

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
        except _Failed as failed:
            raise self._told(str(failed), "Chassis Control") from failed

    async def close(self) -> None:
        """Close the session, and wait for the BMC's word on it.

        Raises:
            FenceUnanswered: There was none, or pyghmi has logged in again meanwhile.
        """
        try:
            await self.close_by_id(self.id)
        finally:
            now = self._command.ipmi_session.sessionid
            with contextlib.suppress(_Failed):
                await self._call(self._command.ipmi_session.logout)
        if now != self.id:
            raise _unfenced(self._bmc, self.id, "pyghmi has logged in again by itself, and may have repeated it")

    async def close_by_id(self, session_id: int) -> None:
        """Close a session by its id.

        Raises:
            FenceUnanswered: The BMC did not say that it is closed.
        """
        data = tuple(session_id.to_bytes(4, "little"))

        def ask() -> str | None:
            answer = self._command.raw_command(netfn=6, command=0x3C, data=data)
            if answer is None:
                return "no answer"
            return None if answer["code"] in CLOSED else str(answer.get("error", f"code {answer['code']}"))

        try:
            refusal = await self._call(ask)
        except _Failed as failed:
            raise _unfenced(self._bmc, session_id, f"pyghmi: {failed}") from failed
        if refusal is not None:
            raise _unfenced(self._bmc, session_id, f"pyghmi: {refusal}")

    def _told(self, told: str, what: str) -> DriverError:
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


def _log_in(bmc: Bmc, login: Login) -> Any:
    """Log in; pyghmi's own way to wait for it has no end where a BMC falls silent half-way.

    Raises:
        _Failed: It came to nothing.
    """
    heard: list[dict[str, object]] = []
    command = pyghmi_command.Command(
        bmc=bmc.host,
        # As bytes, like the password: pyghmi encodes both or neither.
        userid=login.username.encode(),
        password=login.password,
        port=bmc.port,
        kg=login.kg,
        privlevel=_PRIVILEGE[bmc.privilege],
        onlogon=lambda result, _: heard.append(result),
    )
    until = time.monotonic() + LONGEST_LOGIN
    unread = ""
    while not heard and time.monotonic() < until:
        # Whoever waits first gets the packets of all BMCs to read, and what is raised over those of another one.
        try:
            pyghmi_command.Command.wait_for_rsp(1)
        except Exception as error:  # noqa: BLE001  whatever pyghmi makes of what cannot be read
            unread = type(error).__name__
    if not heard:
        with contextlib.suppress(Exception):
            command.ipmi_session.logout(False)
        raise _Unreadable(f"{unread} over what a BMC sent") if unread else _Failed("timeout")
    if "error" in heard[0]:
        raise _Failed(str(heard[0]["error"]))
    return command


def _not_let_in(bmc: Bmc, login: Login, failed: _Failed) -> DriverError:
    told = str(failed)
    where = f"BMC {bmc.host}:{bmc.port}"
    number = next((number for text, number in _STATUSES.items() if told.startswith(text)), None)
    if number is not None:
        code = codes.status(number)
        message = f"{where} refused the login of {login.username!r}: {code.meaning} ({code})"
        return LoginRefused(code.name, message, transient=code.transient, advice=code.advice)
    if told in _SILENCE:
        return Unreachable(
            "no-answer",
            f"{where} did not answer the login (pyghmi: {told})",
            transient=True,
            advice="check its address, its network and whether IPMI over LAN is enabled on it",
        )
    if isinstance(failed, _Unreadable):
        return Unreachable(
            "unreadable-answer",
            f"{where} did not answer the login in a way that pyghmi can read ({told})",
            transient=True,
            advice="update its firmware, or use the driver ipmi for this node, which says what is wrong",
        )
    return LoginRefused(
        "login-refused",
        f"{where} refused the login of {login.username!r} (pyghmi: {told})",
        transient=False,
        advice=f"check the credentials {bmc.credentials!r} against the BMC's users",
    )


def _unfenced(bmc: Bmc, session_id: int, told: str) -> FenceUnanswered:
    return FenceUnanswered(
        "unfenced",
        f"BMC {bmc.host}:{bmc.port} did not say that session {session_id:#010x} is closed ({told})",
        transient=True,
        advice="nothing is sent until the session must be dead",
    )
