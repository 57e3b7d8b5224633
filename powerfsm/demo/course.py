"""The course of a demonstration: the storm with its kills, the calm, the verdict."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

import trio

from powerfsm.client import Recovery
from powerfsm.demo.claims import now
from powerfsm.demo.conditions import SHOW
from powerfsm.demo.stage import Stage, stage
from powerfsm.demo.verdict import Outcome
from powerfsm.demo.view import Picture, View

_BETWEEN_KILLS = 8.0
_SHORTEST = 2.0
_DEAD = 1.0
_TWICE = 0.4
_FRAME = 0.25
_NODES_A_SECOND = 1000
"""How many nodes' states are asked for in a second, so that looking does not become the load."""


@dataclass(frozen=True, slots=True)
class Blow:
    """One kill to come.

    Attributes:
        at: Seconds after the storm's beginning.
        dead: Seconds until the daemon is started again.
        again: Seconds after that start at which it is killed once more, as it recovers; or None.
    """

    at: float
    dead: float
    again: float | None


def blows(seed: int, seconds: float) -> list[Blow]:
    """When to kill: at least once, and once in about eight seconds."""
    random = Random(f"{seed}/kills")
    count = max(1, round(seconds / _BETWEEN_KILLS))
    slot = seconds / count
    return [
        Blow(
            at=slot * (number + random.uniform(0.25, 0.75)),
            dead=random.uniform(0.0, _DEAD),
            again=random.uniform(0.2, 2.0) if random.random() < _TWICE else None,
        )
        for number in range(count)
    ]


class Course:
    """One run.

    Args:
        view: Where it is shown.
        nodes: How many nodes.
        seed: What makes requests, kills, losses and delays.
        seconds: How long the storm lasts.
    """

    def __init__(self, view: View, nodes: int, seed: int, seconds: float) -> None:
        self._view = view
        self._nodes = nodes
        self._seed = seed
        self._seconds = max(seconds, _SHORTEST)
        self._began = 0.0
        self._phase = "storm"

    async def run(self, directory: Path) -> Outcome:
        """Play it in a directory.

        Raises:
            ProcessTrouble, Unfinished: Something went wrong before there could be a verdict.
        """
        view = self._view
        conditions = SHOW
        view.say(f"starting {self._nodes} simulated BMCs, and a daemon for them")
        async with stage(directory, self._nodes, conditions, self._seed) as set_up:
            view.say(f"the daemon answers at {set_up.daemon.url}: ask it, too, from another terminal")
            self._began = trio.current_time()
            async with trio.open_nursery() as watching:
                watching.start_soon(set_up.guard)
                watching.start_soon(set_up.look, max(0.5, self._nodes / _NODES_A_SECOND))
                watching.start_soon(set_up.storm.listen)
                watching.start_soon(self._show, set_up)
                async with trio.open_nursery() as storm:
                    storm.start_soon(set_up.storm.rage)
                    storm.start_soon(self._kill, set_up, blows(self._seed, self._seconds))
                    await trio.sleep(self._seconds)
                    set_up.storm.abate()
                self._phase = "calm"
                view.say(f"the storm is over; {set_up.storm.open} operations are still under way")
                await set_up.calm(conditions.deadline + conditions.quarantine)
                view.say("all operations have ended")
                watching.cancel_scope.cancel()
            self._phase = "end"
            return await set_up.close(conditions.idle)

    async def _kill(self, set_up: Stage, planned: Sequence[Blow]) -> None:
        for blow in planned:
            await trio.sleep_until(self._began + blow.at)
            await self._strike(set_up)
            await trio.sleep(blow.dead)
            if blow.again is not None:
                await set_up.daemon.launch()
                await trio.sleep(blow.again)
                await self._strike(set_up)
            begun = now()
            recovery = await set_up.revive()
            kill = set_up.kills[-1]
            self._view.say(
                f"started again, and answering after {now() - begun:.1f} s: {kill.outstanding} nodes with"
                f" outstanding work, {kill.on_record} sessions on record, {_in_error(recovery)} nodes in error",
                "green",
            )

    async def _strike(self, set_up: Stage) -> None:
        kill = await set_up.kill()
        doing = "" if kill.serving else ", just as it recovers"
        self._view.say(
            f"kill -9{doing}: {kill.open} operations had not ended, {kill.sessions} sessions were open,"
            f" {kill.commanded} of them with a power command",
            "bold red",
        )

    async def _show(self, set_up: Stage) -> None:
        while True:
            storm = set_up.storm
            done = min((trio.current_time() - self._began) / self._seconds, 1.0)
            if self._phase != "storm":
                ended = sum(storm.tally.ended.values())
                done = ended / max(ended + storm.open, 1)
            alive = set_up.gate.is_open
            self._view.show(
                Picture(
                    phase=self._phase,
                    done=done,
                    tally=storm.tally,
                    states=set_up.states if alive else {},
                    open=storm.open,
                    commands=set_up.sight.commands,
                    sessions=set_up.sight.open_sessions,
                    kills=len(set_up.kills),
                    alive=alive,
                )
            )
            await trio.sleep(_FRAME)


def _in_error(recovery: Recovery) -> int:
    return sum(node.state == "error" for node in recovery.nodes)
