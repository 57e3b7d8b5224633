"""Opening sessions with BMCs, and fencing the sessions of a dead process."""

import trio

from powerfsm.bmc import Bmc
from powerfsm.credentials import CredentialStore, Login, UnknownCredentials
from powerfsm.drivers.errors import DriverError
from powerfsm.drivers.ipmi.login import close_own, log_in, take_back
from powerfsm.drivers.ipmi.session import IpmiSession
from powerfsm.drivers.ipmi.timings import IpmiTimings
from powerfsm.drivers.ipmi.wording import (
    login_refused,
    misconfigured,
    unanswered,
    unfenced,
    unknown_host,
)
from powerfsm.ipmi import codes
from powerfsm.ipmi.codes import Code
from powerfsm.ipmi.link import Address
from powerfsm.ipmi.session import CLOSED_BY, Failure, Terms
from powerfsm.ipmi.transport import Conversation, NoAnswer, Transport
from powerfsm.ipmi.wire import WireError
from powerfsm.ipmi.wire.numbers import AppCommand, NetFn, Privilege
from powerfsm.ipmi.wire.suites import SUITE_3, SUITE_17, SUITES, CipherSuite

_PRIVILEGES = {"administrator": Privilege.ADMINISTRATOR, "operator": Privilege.OPERATOR}

# Tried in this order where the configuration leaves the cipher suite open.
_OFFERED = (SUITE_17, SUITE_3)


class IpmiDriver:
    """Drives every BMC that speaks RMCP+ over one transport."""

    def __init__(
        self, transport: Transport, credentials: CredentialStore, timings: IpmiTimings | None = None
    ) -> None:
        """Speak over `transport`.

        Args:
            transport: Where datagrams go.
            credentials: Where logins are looked up, anew for each session.
            timings: How patient to be.
        """
        self._transport = transport
        self._credentials = credentials
        self._timings = timings or IpmiTimings()
        # Cipher suite by host and port, of the BMCs that took another one than the first offered.
        self._suites: dict[tuple[str, int], CipherSuite] = {}

    async def open(self, bmc: Bmc) -> IpmiSession:
        """Log in; the cipher suite is negotiated where the configuration leaves it open.

        Raises:
            Unreachable: Nothing answers, or there is no such host.
            LoginRefused: The BMC does not let us in, or the configuration cannot be right.
        """
        conversation = await self._converse(bmc)
        return IpmiSession(conversation, bmc, self._timings, self._close_by_id)

    async def fence(self, bmc: Bmc, session_id: int) -> None:
        """Make sure that session `session_id`, opened by a process that is gone, is closed.

        Raises:
            FenceUnanswered: The BMC did not say so in time, or does not let this account ask (D4h).
        """
        await self._close_by_id(bmc, session_id, trio.current_time() + self._timings.fence)

    # Opening.

    async def _converse(self, bmc: Bmc) -> Conversation:
        """Return a session that is logged in."""
        login = self._login(bmc)
        offers = [_terms(bmc, login, suite) for suite in self._offers(bmc)]
        address = await self._resolve(bmc)
        failure: Failure | None = None
        for terms in offers:
            conversation = self._transport.converse(terms, address)
            failure = await log_in(conversation, bmc, self._timings)
            if failure is None:
                self._remember(bmc, terms.suite)
                return conversation
            if not _another_suite_may_do(failure.code):
                break
        assert failure is not None, "at least one suite is offered"
        raise login_refused(bmc, login.username, failure)

    def _offers(self, bmc: Bmc) -> tuple[CipherSuite, ...]:
        if bmc.cipher_suite is None:
            known = self._suites.get((bmc.host, bmc.port))
            return _OFFERED if known is None else (known, *(suite for suite in _OFFERED if suite is not known))
        suite = SUITES.get(bmc.cipher_suite)
        if suite is None or not suite.code_length:
            raise misconfigured(
                bmc,
                "unknown-cipher-suite",
                f"cipher suite {bmc.cipher_suite} is not one that powerfsm speaks",
                "set `cipher_suite` to 17 or 3, or leave it out",
            )
        return (suite,)

    def _remember(self, bmc: Bmc, suite: CipherSuite) -> None:
        if bmc.cipher_suite is not None:
            return
        if suite is _OFFERED[0]:
            self._suites.pop((bmc.host, bmc.port), None)
        else:
            self._suites[bmc.host, bmc.port] = suite

    def _login(self, bmc: Bmc) -> Login:
        try:
            return self._credentials.lookup(bmc.credentials)
        except UnknownCredentials as error:
            advice = "add them to the credentials, or name others for this BMC"
            raise misconfigured(bmc, "unknown-credentials", str(error), advice) from error

    async def _resolve(self, bmc: Bmc) -> Address:
        try:
            return await self._transport.link.resolve(bmc.host, bmc.port)
        except OSError as error:
            raise unknown_host(bmc, error) from error

    # Closing another session.

    async def _close_by_id(self, bmc: Bmc, session_id: int, deadline: float) -> None:
        """Have session `session_id` closed from a session of our own, trying until `deadline`.

        Raises:
            FenceUnanswered: The BMC did not say by then that it is closed, or will not.
        """
        problem = unfenced(bmc, session_id, "nothing answered in time")
        with trio.move_on_at(deadline):
            while True:
                try:
                    refusal = await self._ask_to_close(bmc, session_id)
                except DriverError as error:
                    problem = unfenced(
                        bmc,
                        session_id,
                        str(error.args[0]),
                        name=error.name,
                        transient=error.transient,
                        advice=error.advice,
                    )
                    problem.__cause__ = error
                else:
                    if refusal is None:
                        return
                    problem = unfenced(
                        bmc,
                        session_id,
                        f"{refusal.meaning} ({refusal})",
                        name=refusal.name,
                        transient=refusal.transient,
                        advice=refusal.advice,
                    )
                if not problem.transient:
                    break
                await trio.sleep(self._timings.retransmit)
        raise problem

    async def _ask_to_close(self, bmc: Bmc, session_id: int) -> Code | None:
        """Ask once, in a session opened for it; return why the BMC refuses, or None where it is closed."""
        conversation = await self._converse(bmc)
        session = conversation.session
        try:
            if session.bmc_id == session_id:
                # A BMC that has restarted counts from the beginning: the id is ours now, and the other gone.
                # Should it hold both, then whatever bears the id is closed with ours.
                if not await close_own(conversation, self._timings):
                    raise unanswered(bmc, "Close Session", NoAnswer(session.phase.value, session.sent, ""))
                return None
            session.ask_to_close_other(session_id)
            await conversation.exchange(self._timings.patience)
            assert session.response is not None, "what was awaited has come"
            completion = session.response.completion
        except NoAnswer as silence:
            raise unanswered(bmc, "Close Session", silence) from silence
        finally:
            await take_back(conversation, bmc, self._timings)
        return (
            None if completion in CLOSED_BY else codes.completion(completion, NetFn.APP, AppCommand.CLOSE_SESSION)
        )


def _terms(bmc: Bmc, login: Login, suite: CipherSuite) -> Terms:
    privilege = _PRIVILEGES.get(bmc.privilege)
    if privilege is None:
        raise misconfigured(
            bmc,
            "unknown-privilege",
            f"privilege {bmc.privilege!r} is not one to drive power with",
            "set `privilege` to administrator or operator",
        )
    try:
        return Terms(suite, login.username.encode(), login.password, login.kg, privilege)
    except WireError as error:
        raise misconfigured(
            bmc,
            error.reason,
            f"credentials {bmc.credentials!r} cannot be used with IPMI 2.0 ({error})",
            "user names have at most 16 bytes, passwords and Kg at most 20",
        ) from error


def _another_suite_may_do(code: Code) -> bool:
    return code is codes.SUITE_CHANGED or any(code is codes.STATUS[number] for number in codes.SUITE_REFUSALS)
