"""Two hundred times kill -9, under load, at instants thrown by dice: no answer is lost, no promise broken.

One fleet, one database, one life of the daemon after the other.  Each is killed at another kind of instant: some
time after it is ready, in its start, at a commit or an answer, when a BMC opens a session or takes a command; and
some lives are spent on a slow disk.  At the end the BMCs' own log is held against everything that the requesters
asked for and were told.

`POWERFSM_CHAOS_SEED` repeats a run's dice; `POWERFSM_CHAOS_KILLS` makes it longer.
"""

import os
from collections import Counter
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from random import Random, SystemRandom

import pytest
import trio
from rich.console import Console

from command_line import run_here
from powerfsm.demo.conditions import QUICK
from powerfsm.demo.stage import Stage, stage
from powerfsm.demo.verdict import in_one_line, print_outcome
from warm_daemon import WarmDaemon, zygote

NODES = 20
KILLS = int(os.environ.get("POWERFSM_CHAOS_KILLS", "200"))
SEED = int(os.environ.get("POWERFSM_CHAOS_SEED", SystemRandom().randrange(1_000_000)))
PACE = 0.05
REQUESTERS = 3
"""Few, with many nodes each, so that a life of some tenths of a second hears from all of them."""
COLD = 20
"""One in so many lives begins with the command itself, the others without a second of importing."""
LONGEST_LIFE = 0.4
LOOK = 0.001

Instant = Callable[[Stage, Random], Awaitable[None]]


async def some_time(set_up: Stage, random: Random) -> None:
    """A few to a few hundred milliseconds after it is ready."""
    await trio.sleep(random.uniform(0.01, LONGEST_LIFE))


async def at_event(event: str, set_up: Stage, random: Random) -> None:
    """Right after something has happened at a BMC, or just before its answer is taken in."""
    await trio.sleep(random.uniform(0.0, LONGEST_LIFE / 2))
    set_up.sight.look()
    await soon(lambda: any(new["event"] == event for new in set_up.sight.look()))
    await trio.sleep(random.uniform(0.0, 0.004))


async def at_commit(set_up: Stage, random: Random) -> None:
    """While the write-ahead log of the database is being written, or right after."""
    await trio.sleep(random.uniform(0.0, LONGEST_LIFE / 2))
    log = set_up.daemon.database.with_name(set_up.daemon.database.name + "-wal")
    before = log.stat().st_mtime_ns
    await soon(lambda: log.stat().st_mtime_ns != before)
    await trio.sleep(random.uniform(0.0, 0.004))


async def soon(happened: Callable[[], bool]) -> None:
    """Wait for something that only looking can tell, or until that takes too long."""
    with trio.move_on_after(LONGEST_LIFE):
        while not happened():  # noqa: ASYNC110  (files tell nobody)
            await trio.sleep(LOOK)


async def at_answer(set_up: Stage, random: Random) -> None:
    """Right after somebody was answered."""
    await trio.sleep(random.uniform(0.0, LONGEST_LIFE / 2))
    before = set_up.storm.tally.answered
    await soon(lambda: set_up.storm.tally.answered != before)
    await trio.sleep(random.uniform(0.0, 0.004))


INSTANTS: dict[str, Instant] = {
    "after some time": some_time,
    "at a session": partial(at_event, "session-opened"),
    "at a command": partial(at_event, "command"),
    "at the end of a session": partial(at_event, "session-closed"),
    "at a commit": at_commit,
    "at an answer": at_answer,
}
SLOW_DISK = 0.1
"""Seconds that each commit takes longer in every third life."""
IN_ITS_START = 0.2
"""How often it is killed before it is ready, in the middle of its recovery."""


@pytest.mark.slow
@pytest.mark.timeout(1800)
# What HTTPX leaves behind of a request whose connection broke while it was sent.
@pytest.mark.filterwarnings("ignore:Async generator 'httpx._content.ByteStream:ResourceWarning")
async def test_kill_at_any_instant_loses_nothing_that_was_answered_and_breaks_no_promise(tmp_path: Path) -> None:
    print(f"POWERFSM_CHAOS_SEED={SEED}")
    random = Random(SEED)
    chosen: Counter[str] = Counter()
    async with (
        zygote() as warm,
        stage(
            tmp_path,
            NODES,
            QUICK,
            SEED,
            pace=PACE,
            requesters=REQUESTERS,
            make_daemon=partial(WarmDaemon, warm),
        ) as set_up,
    ):
        async with trio.open_nursery() as watching:
            watching.start_soon(set_up.guard)
            watching.start_soon(set_up.storm.listen)
            async with trio.open_nursery() as storming:
                storming.start_soon(set_up.storm.rage)
                await kill_again_and_again(set_up, random, chosen)
                set_up.storm.abate()
            await set_up.calm(QUICK.deadline)
            watching.cancel_scope.cancel()
        outcome = await set_up.close(QUICK.idle)

    print(in_one_line(outcome))
    print(dict(chosen))
    hit = [kill for kill in set_up.kills if kill.in_flight]
    commanded = [kill for kill in set_up.kills if kill.commanded]
    print(f"{len(hit)} kills hit work in flight, {len(commanded)} a session that had carried a power command")
    print_outcome(outcome, Console(width=160))
    assert outcome.holds
    audit = run_here("audit", str(set_up.daemon.database), "--all")
    assert audit.code == 0, audit.out
    assert len(set_up.kills) >= KILLS
    # Otherwise it would prove nothing.
    assert len(hit) > KILLS / 2
    assert len(commanded) > KILLS / 20
    assert outcome.verdict.declared > NODES


async def kill_again_and_again(set_up: Stage, random: Random, chosen: Counter[str]) -> None:
    """Live and die, as often as it takes."""
    daemon = set_up.daemon
    assert isinstance(daemon, WarmDaemon)
    while len(set_up.kills) < KILLS:
        if not daemon.running:
            daemon.cold = random.random() < 1 / COLD
            daemon.disk = random.choice((0.0, 0.0, SLOW_DISK))
            await daemon.launch()
            if random.random() < IN_ITS_START:
                chosen["in its start"] += 1
                await trio.sleep(random.uniform(0.0, 1.5 if daemon.cold else 0.2))
                await set_up.kill()
                continue
            await set_up.revive()
        instant = random.choice(list(INSTANTS))
        chosen[instant] += 1
        await INSTANTS[instant](set_up, random)
        await set_up.kill()
    daemon.cold = True
    await set_up.revive()
