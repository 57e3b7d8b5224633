"""Walking a login to its end, and leaving nothing open of one that does not come to it.

Until a login is done no command was sent, so no fence hangs on how it is taken back, but one of the BMC's few
session slots does.  Taking back is shielded from cancels and has a deadline; what could not be closed is
logged as `session-may-be-open`.
"""

import structlog
import trio

from powerfsm.bmc import Bmc
from powerfsm.drivers.ipmi.timings import IpmiTimings
from powerfsm.drivers.ipmi.wording import unreachable, where
from powerfsm.ipmi.session import Failure, Phase
from powerfsm.ipmi.transport import Conversation, NoAnswer, Patience

log = structlog.get_logger(__name__)


async def log_in(conversation: Conversation, bmc: Bmc, timings: IpmiTimings) -> Failure | None:
    """Return why the BMC refused the login, or None where we are in.

    Unless we are in, the session is taken back before this returns or raises.

    Raises:
        Unreachable: Nothing came back.
    """
    session = conversation.session
    logged_in = silent = False
    try:
        while session.phase not in (Phase.ACTIVE, Phase.FAILED):
            await conversation.exchange(timings.patience)
        logged_in = session.phase is Phase.ACTIVE
    except NoAnswer as silence:
        silent = True
        raise unreachable(bmc, silence, began=session.phase is not Phase.OPENING) from silence
    finally:
        if not logged_in:
            await take_back(conversation, bmc, timings, silent=silent)
    return session.failure


async def take_back(conversation: Conversation, bmc: Bmc, timings: IpmiTimings, *, silent: bool = False) -> None:
    """Close or retract a session in which nothing was commanded, as far as the BMC can be reached.

    Args:
        conversation: The session, at whatever point.
        bmc: Whose it is.
        timings: How patient to be.
        silent: The BMC has been silent for long, there is no use in waiting for what may be under way.
    """
    session = conversation.session
    with trio.CancelScope(shield=True):
        if session.phase is Phase.OPENING and session.sent and not silent:
            # The BMC may be holding a slot for us; to retract it we need the id that is under way.
            await conversation.linger(timings.retransmit)
        if session.may_be_open and session.keyed:
            await close_own(conversation, timings)
        retraction = session.retract()
        if retraction is not None:
            conversation.send(retraction)
    conversation.end()
    if session.may_be_open:
        log.warning("session-may-be-open", bmc=where(bmc), session_id=f"{session.bmc_id:08x}")


async def close_own(conversation: Conversation, timings: IpmiTimings) -> bool:
    """Close a session by its own packets; return whether the BMC has answered that it is closed."""
    session = conversation.session
    until = trio.current_time() + timings.close_attempt
    while (left := until - trio.current_time()) > 0:
        session.ask_to_close()
        try:
            await conversation.exchange(Patience(left, timings.retransmit))
        except NoAnswer:
            return False
        if session.phase is Phase.CLOSED:
            return True
        # It answered, and did not close: busy, most likely.
        await trio.sleep(timings.retransmit)
    return False
