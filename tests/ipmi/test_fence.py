"""Closing is the fence: it ends only with the BMC's own word that the session is gone, or says that it did not."""

from collections.abc import Callable
from dataclasses import replace
from random import Random

import pytest
import trio

from ipmi_bench import IpmiBench, lose, lose_all, payload_type
from powerfsm.bmc import Bmc
from powerfsm.credentials import Login
from powerfsm.drivers import DriverError, FenceUnanswered
from powerfsm.ipmi.wire.numbers import AppCommand, NetFn, PayloadType, Privilege
from powerfsm.power import Command, Power
from tiny_bmc import User

CLOSE = NetFn.APP, AppCommand.CLOSE_SESSION


def operate(bench: IpmiBench) -> Bmc:
    """Make the account an operator's, and return a BMC to log in to as such."""
    bench.tiny.users = {b"admin": User(b"secret", Privilege.OPERATOR)}
    return replace(bench.bmc, privilege="operator")


async def test_a_lost_close_is_sent_again(bench: IpmiBench) -> None:
    session = await bench.driver.open(bench.bmc)
    bench.network.fate_there = lose(1)
    await session.close()
    assert bench.tiny.events[-1] == ("closed", session.id, session.id)


async def test_a_lost_answer_to_close_is_had_by_asking_for_the_id_from_another_session(bench: IpmiBench) -> None:
    session = await bench.driver.open(bench.bmc)
    bench.network.fate_back = lose(1)
    started = trio.current_time()
    await session.close()
    assert bench.tiny.open_sessions == []
    assert trio.current_time() - started < 3
    assert bench.transport.open_sessions == 0


async def test_a_bmc_that_has_forgotten_the_session_counts_as_having_closed_it(bench: IpmiBench) -> None:
    session = await bench.driver.open(bench.bmc)
    bench.tiny.restart()
    await session.close()
    assert bench.tiny.open_sessions == []


async def test_a_silent_bmc_is_an_unanswered_fence_within_its_deadline(bench: IpmiBench) -> None:
    session = await bench.driver.open(bench.bmc)
    bench.network.fate_there = lose_all
    started = trio.current_time()
    with pytest.raises(FenceUnanswered) as caught:
        await session.close()
    assert trio.current_time() - started == pytest.approx(10, abs=0.6)
    assert f"{session.id:08x}" in str(caught.value)
    assert caught.value.transient
    assert bench.transport.open_sessions == 0


async def test_a_close_that_failed_may_be_tried_again(bench: IpmiBench) -> None:
    session = await bench.driver.open(bench.bmc)
    bench.network.fate_there, fate = lose_all, bench.network.fate_there
    with pytest.raises(FenceUnanswered):
        await session.close()
    bench.network.fate_there = fate
    await session.close()
    assert bench.tiny.open_sessions == []


async def test_an_operator_whose_close_was_answered_needs_no_other_session(bench: IpmiBench) -> None:
    session = await bench.driver.open(operate(bench))
    await session.close()
    assert bench.tiny.open_sessions == []


async def test_an_operator_cannot_make_up_for_a_lost_answer(bench: IpmiBench) -> None:
    session = await bench.driver.open(operate(bench))
    bench.network.fate_back = lose(1)
    with pytest.raises(FenceUnanswered) as caught:
        await session.close()
    assert caught.value.name == "insufficient-privilege"
    assert not caught.value.transient
    assert "D4h" in str(caught.value)
    assert bench.tiny.open_sessions == []


async def test_a_bmc_too_busy_to_close_is_asked_again(bench: IpmiBench) -> None:
    session = await bench.driver.open(bench.bmc)
    bench.tiny.completions[CLOSE] = 0xC0

    async def calm_down() -> None:
        await trio.sleep(2)
        del bench.tiny.completions[CLOSE]

    async with trio.open_nursery() as nursery:
        nursery.start_soon(calm_down)
        await session.close()
    assert bench.tiny.open_sessions == []


async def test_a_bmc_that_never_closes_is_an_unanswered_fence_and_says_why(
    bench: IpmiBench,
) -> None:
    session = await bench.driver.open(bench.bmc)
    bench.tiny.completions[CLOSE] = 0xC0
    with pytest.raises(FenceUnanswered) as caught:
        await session.close()
    assert caught.value.name == "node-busy"


async def test_a_cancel_does_not_interrupt_a_close(bench: IpmiBench) -> None:
    session = await bench.driver.open(bench.bmc)
    with trio.CancelScope() as scope:
        scope.cancel()
        await session.close()
    assert bench.tiny.open_sessions == []


async def test_no_late_copy_of_a_command_acts_after_the_fence(bench: IpmiBench) -> None:
    """What the fence is for: a copy that was under way when the session was closed changes nothing."""
    session = await bench.driver.open(bench.bmc)
    bench.network.fate_there = lambda _: [0.01, 30.0]
    await session.command(Command.ON)
    await session.close()
    bench.tiny.power = False
    await trio.sleep(60)
    assert bench.tiny.controls == [1]
    assert bench.tiny.power is False


# The session of a process that is gone.


async def abandoned(bench: IpmiBench) -> int:
    """Leave a session open as a killed process does, and return its id."""
    session = await bench.driver.open(bench.bmc)
    session._conversation.end()
    return session.id


async def test_the_session_of_a_dead_process_is_closed_by_its_id(bench: IpmiBench) -> None:
    dead = await abandoned(bench)
    await bench.driver.fence(bench.bmc, dead)
    assert bench.tiny.open_sessions == []
    assert bench.transport.open_sessions == 0


async def test_a_session_that_the_bmc_does_not_know_is_fenced(bench: IpmiBench) -> None:
    await bench.driver.fence(bench.bmc, 0xDEADBEEF)
    assert bench.tiny.open_sessions == []


async def test_an_id_that_the_bmc_has_given_out_anew_to_us_is_fenced(bench: IpmiBench) -> None:
    dead = await abandoned(bench)
    bench.tiny.restart()
    bench.tiny.__post_init__()
    started = trio.current_time()
    await bench.driver.fence(bench.bmc, dead)
    assert bench.tiny.open_sessions == []
    # Nobody waits for an answer from a session that has just closed itself.
    assert trio.current_time() - started < 1
    # It was our own, and was closed as such.
    assert bench.tiny.events[-1] == ("closed", dead, dead)


async def test_an_id_given_out_anew_is_fenced_by_the_answer_to_its_close_and_not_by_the_login(
    bench: IpmiBench,
) -> None:
    dead = await abandoned(bench)
    bench.tiny.restart()
    bench.tiny.deaf.add(CLOSE[0] << 8 | CLOSE[1])

    async def start_over() -> None:
        """Give the same id to every session that is begun."""
        while True:
            bench.tiny.__post_init__()
            await trio.sleep(0.005)

    async with trio.open_nursery() as nursery:
        nursery.start_soon(start_over)
        with pytest.raises(FenceUnanswered) as caught:
            await bench.driver.fence(bench.bmc, dead)
        nursery.cancel_scope.cancel()
    assert caught.value.name == "unanswered"
    assert bench.tiny.open_sessions == [dead]
    assert bench.transport.open_sessions == 0


async def test_the_fence_holds_even_where_its_own_session_cannot_be_closed(bench: IpmiBench) -> None:
    dead = await abandoned(bench)

    def deaf_after_the_close(datagram: bytes) -> list[float]:
        return [] if dead not in bench.tiny.sessions else [0.01]

    bench.network.fate_there = deaf_after_the_close
    await bench.driver.fence(bench.bmc, dead)
    assert dead not in bench.tiny.open_sessions


async def test_an_operator_may_not_close_the_session_of_a_dead_process(bench: IpmiBench) -> None:
    dead = await abandoned(bench)
    with pytest.raises(FenceUnanswered) as caught:
        await bench.driver.fence(operate(bench), dead)
    assert caught.value.name == "insufficient-privilege"
    assert bench.tiny.open_sessions == [dead]


@pytest.mark.parametrize(
    ("prepare", "name", "transient"),
    [
        (lambda bench: bench.logins.by_name.update(default=Login("admin", b"x")), "wrong-password", False),
        (lambda bench: bench.logins.by_name.clear(), "unknown-credentials", False),
        (lambda bench: setattr(bench.tiny, "slots", 1), "no-session-slot", True),
        (lambda bench: bench.network.bmcs.clear(), "unanswered", True),
    ],
    ids=["wrong-password", "unknown-credentials", "no-slot", "silence"],
)
async def test_a_fence_that_cannot_even_log_in_is_unanswered_and_says_why(
    bench: IpmiBench, prepare: Callable[[IpmiBench], object], name: str, transient: bool
) -> None:
    dead = await abandoned(bench)
    prepare(bench)
    started = trio.current_time()
    with pytest.raises(FenceUnanswered) as caught:
        await bench.driver.fence(bench.bmc, dead)
    assert (caught.value.name, caught.value.transient) == (name, transient)
    assert trio.current_time() - started <= 13


async def test_a_fence_waits_for_a_slot_to_come_free(bench: IpmiBench) -> None:
    dead = await abandoned(bench)
    bench.tiny.slots = 1

    async def free() -> None:
        await trio.sleep(5)
        bench.tiny.slots = 2

    async with trio.open_nursery() as nursery:
        nursery.start_soon(free)
        await bench.driver.fence(bench.bmc, dead)
    assert bench.tiny.open_sessions == []


# Bad networks.


@pytest.mark.parametrize("seed", range(20))
async def test_on_a_bad_network_no_session_is_left_open_unless_it_was_said(bench: IpmiBench, seed: int) -> None:
    """A fifth lost, a fifth doubled, all of it late and out of order: errors there are, but only honest ones."""
    dice = Random(seed)

    def fate(_datagram: bytes) -> list[float]:
        copies = dice.choices((0, 1, 2), (0.2, 0.6, 0.2))[0]
        return [dice.expovariate(1 / 0.05) for _ in range(copies)]

    bench.network.fate_there = bench.network.fate_back = fate
    bench.tiny.slots = 100
    fenced: list[int] = []
    errors: list[DriverError] = []

    async def drive_once() -> None:
        session = await bench.driver.open(bench.bmc)
        try:
            await session.command(Command.ON)
            assert await session.read_power() is Power.ON
        finally:
            await session.close()
            fenced.append(session.id)

    for _ in range(10):
        try:
            await drive_once()
        except DriverError as error:
            errors.append(error)
    assert all(error.transient for error in errors)
    assert len(fenced) >= 5
    assert not set(fenced) & set(bench.tiny.open_sessions)


async def test_a_handshake_answered_late_is_not_taken_for_the_next(bench: IpmiBench) -> None:
    """A BMC whose answers take longer than the login is patient: each comes into a later login, and is dropped."""
    bench.network.fate_back = lambda answer: (
        [10.2] if payload_type(answer) == PayloadType.OPEN_SESSION_RESPONSE else [0.01]
    )
    for _ in range(2):
        with pytest.raises(DriverError) as caught:
            await bench.driver.open(bench.bmc)
        assert caught.value.name == "unreachable"
    assert bench.tiny.open_sessions == []
    assert bench.transport.dropped["no-such-session"] > 0
