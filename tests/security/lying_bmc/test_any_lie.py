"""Whatever a BMC or somebody in between makes of an answer, the driver ends in time, with the truth or an error.

A true login, command, reading and close pass by the liar, answer by answer, and so does the fence of a session
that a dead process has left behind.
"""

from collections.abc import Awaitable, Callable

import trio
from hypothesis import HealthCheck, given, settings

from laboratory import run_in_virtual_time
from lies import BY_BMC, IN_BETWEEN, Liar, Move, moves
from lying_site import PASSWORD, LyingSite, lying_site
from powerfsm.drivers import DriverError
from powerfsm.drivers.ipmi import IpmiSession
from powerfsm.power import Command, Power

# An answer is waited for 10 s, and a login takes four; a close takes 10 s, and what it takes to close the second
# session.
LOGIN, ANSWER, CLOSE = 4 * 10 + 3.5, 10.1, 10 + 3.5

LIES = settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.too_slow])


async def ends(site: LyingSite, within: float, call: Callable[[], Awaitable[object]]) -> object:
    """Call the driver; return what it gives, or its error, which has to name the BMC, within so many seconds."""
    started = trio.current_time()
    outcome: object
    try:
        outcome = await call()
    except DriverError as error:
        outcome = error
    assert trio.current_time() - started <= within
    if isinstance(outcome, DriverError):
        assert outcome.name
        assert site.bmc().host in str(outcome)
        assert PASSWORD not in str(outcome)
    return outcome


def live(told: list[Move], *, honest: bool) -> None:
    """Have the driver log in, read, command and close while lies are told; check what it says where it can be."""

    async def main() -> None:
        async with lying_site() as site:
            site.between.lie = Liar(told, site.transport, site.between.asked)
            tasks = trio.lowlevel.current_statistics().tasks_living
            session = await ends(site, LOGIN, lambda: site.driver.open(site.bmc()))
            if not isinstance(session, DriverError):
                await use(site, session, honest=honest)
            assert site.transport.open_sessions == 0
            assert site.transport._by_address == {}
            assert trio.lowlevel.current_statistics().tasks_living == tasks

    run_in_virtual_time(main)


async def use(site: LyingSite, session: object, *, honest: bool) -> None:
    assert isinstance(session, IpmiSession)
    before = site.truth()
    first = await ends(site, ANSWER, session.read_power)
    sent = await ends(site, ANSWER, lambda: session.command(Command.ON))
    second = await ends(site, ANSWER, session.read_power)
    closed = await ends(site, CLOSE, session.close)
    if honest:
        assert isinstance(first, DriverError) or first is before
        assert isinstance(sent, DriverError) or "on" in site.commands()
        assert isinstance(second, DriverError) or second is site.truth()
        assert isinstance(closed, DriverError) or session.id not in site.open_at_bmc()


@LIES
@given(moves(IN_BETWEEN))
def test_who_is_in_between_can_deny_and_cannot_deceive(told: list[Move]) -> None:
    live(told, honest=True)


@LIES
@given(moves((*BY_BMC, *IN_BETWEEN)))
def test_a_bmc_that_lies_under_its_own_seal_cannot_crash_or_delay_beyond_the_deadlines(told: list[Move]) -> None:
    live(told, honest=False)


@LIES
@given(moves(IN_BETWEEN))
def test_nobody_in_between_can_pretend_that_a_dead_processs_session_is_closed(told: list[Move]) -> None:
    async def main() -> None:
        async with lying_site() as site:
            dead = await site.driver.open(site.bmc())
            dead._conversation.end()
            site.between.lie = Liar(told, site.transport, site.between.asked)
            fenced = await ends(site, CLOSE, lambda: site.driver.fence(site.bmc(), dead.id))
            assert isinstance(fenced, DriverError) or dead.id not in site.open_at_bmc()
            assert site.transport.open_sessions == 0

    run_in_virtual_time(main)


def test_without_lies_all_of_this_works() -> None:
    """So that none of the above holds only because nothing ever comes through."""

    async def main() -> None:
        async with lying_site() as site:
            session = await site.driver.open(site.bmc())
            assert await session.read_power() is Power.OFF
            await session.command(Command.ON)
            assert await session.read_power() is Power.ON
            await session.close()
            assert site.open_at_bmc() == set()

    run_in_virtual_time(main)
