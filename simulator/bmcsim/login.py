"""Opening a session, as the BMC sees it: Open Session and RAKP 1 to 4 (IPMI 2.0, 13.15 to 13.24).

Clients repeat themselves when an answer is lost.  A repeated message gets the same answer again, computed
over the same random number: otherwise one lost datagram would fail the whole login.
"""

import hmac
from typing import TYPE_CHECKING

from bmcsim.faults import Step, lies
from bmcsim.faults import login as faults
from bmcsim.faults.sessions import opened
from bmcsim.profile import Fidelity, User
from bmcsim.session20 import Session20, begun, find
from bmcsim.sessions import Address, ClosedBy
from powerfsm.ipmi.wire.handshake import (
    LONGEST_NAME,
    RANDOM_LENGTH,
    OpenSessionRequest,
    OpenSessionResponse,
    Rakp1,
    Rakp2,
    Rakp3,
    Rakp4,
)
from powerfsm.ipmi.wire.keys import Exchange
from powerfsm.ipmi.wire.numbers import Privilege, Status
from powerfsm.ipmi.wire.seal import Seal
from powerfsm.ipmi.wire.suites import PRETENDED, SUITES, CipherSuite

if TYPE_CHECKING:
    from bmcsim.bmc import Bmc

_ROLE_PRIVILEGE = 0x0F

# The numbers that IPMI 2.0 knows at all, without those of manufacturers (tables 13-17, 13-18 and 13-19).
_AUTHENTICATION = frozenset(range(4))
_INTEGRITY = frozenset(range(5))
_CONFIDENTIALITY = frozenset(range(4))


def open_session(bmc: "Bmc", payload: bytes, source: Address, now: float) -> bytes:
    """Answer an Open Session Request.

    Raises:
        WireError: It is not one.
    """
    request = OpenSessionRequest.decode(payload)
    chosen = _choose_suite(bmc, request)
    if isinstance(chosen, Status):
        return _refuse_open(bmc, request, chosen, now)
    if request.privilege > Privilege.ADMINISTRATOR:
        return _refuse_open(bmc, request, Status.INVALID_ROLE, now)
    wrong = faults.refused(bmc, Step.OPEN_SESSION, now)
    if wrong is not None:
        return _refuse_open(bmc, request, wrong, now)
    ceiling = request.privilege or Privilege.ADMINISTRATOR
    session = _take_slot(bmc, request.console_id, source, chosen, ceiling, now)
    if session is None:
        return _refuse_open(bmc, request, Status.INSUFFICIENT_RESOURCES, now)
    session.asked = request.privilege
    session_id = opened(bmc, session, now)
    return OpenSessionResponse(
        request.tag,
        Status.NO_ERRORS,
        request.console_id,
        session_id,
        ceiling,
        *lies.named_suite(bmc, chosen, now).algorithms,
    ).encode()


def rakp1(bmc: "Bmc", payload: bytes, now: float) -> bytes | None:
    """Answer RAKP message 1 with message 2; None where it belongs to a session that is already open.

    Raises:
        WireError: It is not one.
    """
    message = Rakp1.decode(payload)
    session = find(bmc.sessions, message.bmc_id)
    if session is None:
        return _refuse_rakp1(bmc, message, 0, Status.INVALID_SESSION_ID, now)
    if session.active and payload != session.rakp1:
        bmc.report(now, "dropped", reason="session-active", session=session.id)
        return None
    session.heard = now
    wrong = faults.refused(bmc, Step.RAKP1, now)
    found = _find_user(bmc, session, message, now) if wrong is None else wrong
    if isinstance(found, int):
        return _refuse_rakp1(bmc, message, session.console_id, found, now)
    user_id, user = found
    exchange = Exchange(
        session.suite,
        session.console_id,
        session.id,
        message.random,
        session.random,
        bmc.guid,
        faults.hashed_role(bmc, message.role, session.asked, now),
        message.name,
    )
    if not session.active:
        session.rakp1 = payload
        session.exchange = exchange
        session.user, session.user_id = user, user_id
        wanted = message.role & _ROLE_PRIVILEGE or session.ceiling
        session.limit = min(wanted, user.limit, bmc.settings.access.limit)
    code = faults.proof(bmc, Step.RAKP1, exchange.rakp2_code(user.password.encode()), now)
    code = lies.proof(bmc, Step.RAKP1, code, now)
    guid = lies.guid(bmc, now)
    return Rakp2(message.tag, Status.NO_ERRORS, session.console_id, session.random, guid, code).encode()


def rakp3(bmc: "Bmc", payload: bytes, now: float) -> bytes | None:
    """Answer RAKP message 3 with message 4, and have the session active; None where the client gives up.

    Raises:
        WireError: It is not one.
    """
    message = Rakp3.decode(payload)
    session = find(bmc.sessions, message.bmc_id)
    if session is None or session.exchange is None or session.user is None:
        console_id = 0 if session is None else session.console_id
        return _refuse_rakp3(bmc, message, console_id, Status.INVALID_SESSION_ID, now)
    if session.active:
        return session.rakp4
    if message.status:
        faults.note_proof(bmc, now, right=False)
        bmc.sessions.close(session, ClosedBy.OWN, now)
        return None
    wrong = faults.refused(bmc, Step.RAKP3, now)
    if wrong is not None:
        bmc.sessions.close(session, ClosedBy.OWN, now)
        return _refuse_rakp3(bmc, message, session.console_id, wrong, now)
    password = session.user.password.encode()
    right = hmac.compare_digest(faults.expected_proof(bmc, session.exchange, password, now), message.auth_code)
    faults.note_proof(bmc, now, right=right)
    if not right:
        bmc.sessions.close(session, ClosedBy.OWN, now)
        return _refuse_rakp3(bmc, message, session.console_id, Status.INVALID_INTEGRITY_CHECK_VALUE, now)
    keys = session.exchange.keys(password, bmc.profile.kg)
    session.seal = Seal(keys, random=bmc.dice.bytes)
    # A session begins as a user's, however much it may ask for later (IPMI 2.0, 22.18).
    session.privilege = min(session.limit, Privilege.USER)
    session.heard = now
    code = faults.proof(bmc, Step.RAKP3, session.exchange.check_value(keys), now)
    code = lies.proof(bmc, Step.RAKP3, code, now)
    session.rakp4 = Rakp4(message.tag, Status.NO_ERRORS, session.console_id, code).encode()
    bmc.report(now, "session-opened", session=session.id, user=session.user.name)
    return session.rakp4


def _take_slot(
    bmc: "Bmc", console_id: int, source: Address, suite: CipherSuite, ceiling: int, now: float
) -> Session20 | None:
    """Give a slot to a login that begins, or None where all are taken."""
    session = begun(bmc.sessions, console_id, source, suite)
    if session is not None:
        session.heard = now
        return session

    def make(session_id: int, handle: int) -> Session20:
        random = bmc.dice.bytes(RANDOM_LENGTH)
        return Session20(session_id, handle, console_id, source, suite, ceiling, random, now)

    return bmc.sessions.add(make, now)


def _choose_suite(bmc: "Bmc", request: OpenSessionRequest) -> CipherSuite | Status:
    """Find the strongest suite of the BMC's that fits; what the client leaves open fits anything."""
    asked = (request.authentication, request.integrity, request.confidentiality)
    known = (
        (_AUTHENTICATION, Status.INVALID_AUTHENTICATION_ALGORITHM),
        (_INTEGRITY, Status.INVALID_INTEGRITY_ALGORITHM),
        (_CONFIDENTIALITY, Status.INVALID_CONFIDENTIALITY_ALGORITHM),
    )
    for algorithm, (numbers, status) in zip(asked, known, strict=True):
        if algorithm is not None and algorithm not in numbers:
            return status
    suites = PRETENDED if bmc.profile.fidelity is Fidelity.FAST else SUITES
    for number in sorted(bmc.profile.suites, reverse=True):
        suite = suites[number]
        if all(a in (None, b) for a, b in zip(asked, suite.algorithms, strict=True)):
            return suite
    return Status.NO_CIPHER_SUITE_MATCH


def _find_user(bmc: "Bmc", session: Session20, message: Rakp1, now: float) -> tuple[int, User] | Status:
    """Find the user of RAKP message 1 and judge the privilege it asks for."""
    role = message.role & _ROLE_PRIVILEGE
    if role > Privilege.OEM:
        return Status.INVALID_ROLE
    if len(message.name) > LONGEST_NAME:
        return Status.INVALID_NAME_LENGTH
    user_id, user = faults.account(bmc, message.name, bmc.user, Step.RAKP1, now)
    if user is None:
        return Status.UNAUTHORIZED_NAME
    if role > min(user.limit, session.ceiling, bmc.settings.access.limit):
        return Status.UNAUTHORIZED_ROLE_OR_PRIVILEGE
    return user_id, user


def _refuse_open(bmc: "Bmc", request: OpenSessionRequest, status: int, now: float) -> bytes:
    bmc.report(now, "refused", what="open-session", code=f"{status:02X}h")
    return OpenSessionResponse(request.tag, status, request.console_id).encode()


def _refuse_rakp1(bmc: "Bmc", message: Rakp1, console_id: int, status: int, now: float) -> bytes:
    bmc.report(now, "refused", what="rakp1", code=f"{status:02X}h", session=message.bmc_id)
    return Rakp2(message.tag, status, console_id).encode()


def _refuse_rakp3(bmc: "Bmc", message: Rakp3, console_id: int, status: int, now: float) -> bytes:
    bmc.report(now, "refused", what="rakp3", code=f"{status:02X}h", session=message.bmc_id)
    return Rakp4(message.tag, status, console_id).encode()
