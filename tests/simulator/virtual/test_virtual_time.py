"""Virtual time with a seed: what trio has to allow for it, and that it is given back."""

import os
import random
import threading

import pytest
import trio
import trio.testing

from bmcsim.virtual import BusyError, UnfitTrioError, deterministic, noise, run, scheduler


async def _race() -> str:
    """Let ten tasks run against each other; who was when."""
    finish: list[str] = []

    async def runner(name: str) -> None:
        for _ in range(5):
            await trio.lowlevel.checkpoint()
        finish.append(name)

    async with trio.open_nursery() as nursery:
        for name in "abcdefghij":
            nursery.start_soon(runner, name)
    return "".join(finish)


def test_the_installed_trio_has_what_the_order_of_tasks_is_fixed_by() -> None:
    module = scheduler()
    # Hypothesis, where it is installed, switches it on for every test.
    assert module._ALLOW_DETERMINISTIC_SCHEDULING in (False, True)
    assert isinstance(module._r, random.Random)


def test_tasks_go_on_in_the_order_that_the_seed_gives(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scheduler(), "_ALLOW_DETERMINISTIC_SCHEDULING", False)
    first = run(_race, seed=1)
    assert [run(_race, seed=1) for _ in range(5)] == [first] * 5
    assert len({run(_race, seed=seed) for seed in range(10)}) == 10


def test_hours_of_virtual_time_begin_at_0_and_pass_at_once() -> None:
    async def night() -> float:
        began = trio.current_time()
        await trio.sleep(8 * 3600)
        return trio.current_time() - began

    async def clock() -> float:
        return trio.current_time()

    assert run(night) == 8 * 3600
    assert run(clock) == 0


def test_another_clock_may_be_given() -> None:
    async def clock() -> float:
        return trio.current_time()

    slow = trio.testing.MockClock(autojump_threshold=0)
    slow.jump(500)
    assert run(clock, clock=slow) == 500


def test_trio_is_left_as_it_was_also_by_a_run_that_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    module = scheduler()
    monkeypatch.setattr(module, "_ALLOW_DETERMINISTIC_SCHEDULING", False)
    state = module._r.getstate()

    async def fail() -> None:
        await trio.lowlevel.checkpoint()
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        run(fail)
    assert module._ALLOW_DETERMINISTIC_SCHEDULING is False
    assert module._r.getstate() == state


@pytest.mark.parametrize("name", ["_ALLOW_DETERMINISTIC_SCHEDULING", "_r"])
def test_a_trio_without_it_is_refused_with_what_to_do(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(scheduler(), name)
    with pytest.raises(UnfitTrioError, match=r"install trio [\d.]+, or run without a seed"):
        run(_race)


def test_a_second_thread_is_refused_while_one_has_the_order_fixed() -> None:
    refused: list[BusyError] = []

    def other() -> None:
        try:
            run(_race)
        except BusyError as error:
            refused.append(error)

    with deterministic(0):
        thread = threading.Thread(target=other)
        thread.start()
        thread.join()
    assert len(refused) == 1
    assert run(_race)


def test_noise_is_the_same_for_a_seed_and_a_name_and_no_other() -> None:
    def thrown(seed: int, name: str) -> bytes:
        bytes_of = noise(seed, name)
        return b"".join(bytes_of(count) for count in (1, 4, 16, 64))

    assert thrown(1, "a") == thrown(1, "a")
    assert len({thrown(seed, name) for seed in (1, 2) for name in ("a", "b")} | {os.urandom(85)}) == 5
