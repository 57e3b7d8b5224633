"""A cancel at any await leaves no session open on the BMC that could have been closed.

Each scenario is run again and again in virtual time; the first time it is cancelled at its first step, then at
its second, until it runs through before its turn to be cancelled comes.
"""

import contextlib
from collections.abc import Awaitable, Callable

import pytest
import trio
import trio.testing

from ipmi_bench import IpmiBench, ipmi_bench, lose
from powerfsm.drivers import DriverError
from powerfsm.power import Command

Scenario = Callable[[IpmiBench], Awaitable[None]]


class CancelAtStep(trio.abc.Instrument):
    """Cancels a scope when its task is about to run for the nth time."""

    def __init__(self, step: int) -> None:
        self.left = step
        self.task: trio.lowlevel.Task | None = None
        self.scope = trio.CancelScope()

    def before_task_step(self, task: trio.lowlevel.Task) -> None:
        if task is self.task:
            self.left -= 1
            if self.left == 0:
                self.scope.cancel()


async def open_alone(bench: IpmiBench) -> None:
    session = await bench.driver.open(bench.bmc)
    # Whoever holds the session closes it; what is tried here is the opening.
    await session.close()


async def open_where_the_first_suite_is_refused(bench: IpmiBench) -> None:
    bench.tiny.suites = (3,)
    await open_alone(bench)


async def open_where_every_second_datagram_is_lost(bench: IpmiBench) -> None:
    bench.network.fate_there = lose(*range(1, 100, 2))
    await open_alone(bench)


async def command_and_read(bench: IpmiBench) -> None:
    session = await bench.driver.open(bench.bmc)
    try:
        await session.command(Command.ON)
        await session.read_power()
    finally:
        await session.close()


async def close_with_its_answer_lost(bench: IpmiBench) -> None:
    session = await bench.driver.open(bench.bmc)
    bench.network.fate_back = lose(1)
    await session.close()


async def fence(bench: IpmiBench) -> None:
    await bench.driver.fence(bench.bmc, 0xDEADBEEF)


async def fence_with_its_answer_lost(bench: IpmiBench) -> None:
    bench.network.fate_back = lose(5)
    await fence(bench)


def run(scenario: Scenario, step: int) -> tuple[bool, IpmiBench]:
    """Run `scenario`, cancelled at `step`; return whether it came to that, and what there is afterwards."""
    canceller = CancelAtStep(step)

    async def main() -> IpmiBench:
        async with trio.open_nursery() as nursery:
            with ipmi_bench(nursery) as bench:
                with canceller.scope:
                    canceller.task = trio.lowlevel.current_task()
                    await scenario(bench)
                canceller.task = None
                # Let what is under way arrive.
                await trio.sleep(5)
            nursery.cancel_scope.cancel()
        return bench

    clock = trio.testing.MockClock(autojump_threshold=0)
    bench = trio.run(main, clock=clock, instruments=[canceller])
    return canceller.scope.cancel_called, bench


@pytest.mark.parametrize(
    "scenario",
    [
        open_alone,
        open_where_the_first_suite_is_refused,
        open_where_every_second_datagram_is_lost,
        command_and_read,
        close_with_its_answer_lost,
        fence,
        fence_with_its_answer_lost,
    ],
    ids=lambda scenario: scenario.__name__,
)
def test_a_cancel_at_any_await_leaves_nothing_open(scenario: Scenario) -> None:
    cancelled, step = True, 0
    while cancelled:
        step += 1
        cancelled, bench = run(scenario, step)
        assert bench.tiny.open_sessions == [], f"cancelled at step {step}"
        assert bench.transport.open_sessions == 0, f"cancelled at step {step}"
        if scenario is not open_where_every_second_datagram_is_lost:
            assert bench.tiny.sessions == {}, f"half-open after a cancel at step {step}"
    # A scenario that has no awaits would prove nothing.
    assert step > 5


def test_a_failure_at_any_answer_leaves_nothing_open() -> None:
    """The same for the other way out: from some datagram on, the BMC hears us and we do not hear it."""
    for silent_from in range(1, 9):

        async def silenced(bench: IpmiBench, silent_from: int = silent_from) -> None:
            bench.network.fate_back = lose(*range(silent_from, silent_from + 40))
            with contextlib.suppress(DriverError):
                await command_and_read(bench)

        _, bench = run(silenced, 0)
        # The BMC has heard the Close Session, though we have not heard its answer.
        assert bench.tiny.open_sessions == [], f"silent from answer {silent_from}"
