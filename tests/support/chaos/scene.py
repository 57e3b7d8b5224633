"""The scene of all troubles: a stage, the storms that rage on it, and what it takes to look at both."""

import shutil
from collections.abc import AsyncGenerator, Callable
from contextlib import ExitStack, asynccontextmanager
from functools import partial
from pathlib import Path
from random import Random

import trio

from chaos.chronicle import Chronicle
from chaos.conditions import CHAOS
from chaos.disk import Disk, a_disk
from chaos.processes import HardyDaemon, OpenSimulator
from chaos.vitals import Vitals, vitals
from powerfsm.demo.conditions import Conditions
from powerfsm.demo.stage import Stage, stage
from powerfsm.demo.storm import Storm

PATIENCE = 60.0
"""Seconds until something that must come is given up; it comes within one or two on a machine at leisure."""

LOOK = 0.02
_WATCH = 0.2
_GRACE = 0.5
"""Seconds until the log of the BMCs, written by another process, has what came to them before the daemon's end:
less than their idle limit, or they would have closed what the daemon has not."""

_MAY_BE_OPEN = (b"session-may-be-open", b"fence.unanswered")
"""In a line of the daemon's log: a BMC did not answer the closing of a session."""


class Broken(Exception):
    """A promise was: says which."""


class Scene:
    """Where troubles are inflicted.

    Args:
        stage: BMCs, daemon, claims.
        seed: What throws the dice of storms and troubles.
        say: Told what happens, line by line.
        disk: The small disk that the database is on, or None where it is on a large one.

    Attributes:
        stage: As given.
        random: Dice.
        say: As given.
        disk: As given.
        chronicle: What the BMCs and the requesters tell.
        curve: What the daemon held, a few times a second.
        restarts: How often it was ended or killed.
        rested: What it held when it had been started and nobody had asked for anything; after `settle_down`.
        reserved: The node that the storm leaves alone.
        names: All others.
    """

    def __init__(self, stage: Stage, seed: int, say: Callable[[str], None], disk: Disk | None = None) -> None:
        assert isinstance(stage.daemon, HardyDaemon)
        assert isinstance(stage.simulator, OpenSimulator)
        self.stage = stage
        self.daemon = stage.daemon
        self.simulator = stage.simulator
        self.random = Random(f"{seed}/troubles")
        self.say = say
        self.disk = disk
        self.chronicle = Chronicle(stage)
        self.curve: list[Vitals] = []
        self.restarts = 0
        self.rested: Vitals | None = None
        *self.names, self.reserved = stage.names
        self._absent = False
        self._said = 0

    @property
    def storm(self) -> Storm:
        """The storm that rages, or the last one."""
        return self.stage.storm

    # The daemon

    async def settle_down(self) -> None:
        """Take the daemon as it is now, at rest, for what it has to come back to."""
        await self.stage.client.recovery()
        self.rested = vitals(self.daemon.pid)

    async def kill(self) -> None:
        """Kill the daemon in the middle of whatever it does."""
        self._absent = True
        self.restarts += 1
        await self.stage.kill()

    async def end(self) -> None:
        """Tell the daemon to end, and see that it does so in order; requesters go on asking meanwhile.

        Raises:
            ProcessTrouble: It does not end, or with another exit code than 0.
        """
        self._absent = True
        self.restarts += 1
        self._said = self.daemon.output.stat().st_size
        await self.daemon.stop()

    async def begin(self, **variables: str) -> None:
        """Start the daemon, with these variables and no others of before.

        Raises:
            ProcessTrouble: It does not start.
        """
        self.daemon.variables = variables
        await self.daemon.launch()
        await self.stage.revive()
        await self.settle_down()
        self._absent = False

    async def launch(self) -> None:
        """Start it, and wait for nothing: who kills it next finds it wherever it has come to."""
        self.daemon.variables = {}
        await self.daemon.launch()

    # The storm

    async def guard(self) -> None:
        """See to it, for ever, that processes end only where they are to, and watch what the daemon holds.

        Raises:
            ProcessTrouble: One has ended by itself.
        """
        while True:
            self.simulator.check()
            if not self._absent:
                self.daemon.check()
                now = vitals(self.daemon.pid)
                if now is not None:
                    self.curve.append(now)
            await trio.sleep(_WATCH)

    async def goes_on(self, answers: int = 20, commands: int = 5) -> None:
        """Wait until so many more requests were answered, and so many more power commands came to BMCs.

        Raises:
            Broken: Nothing goes on.
        """
        chronicle, tally = self.chronicle, self.storm.tally
        chronicle.look()
        answers += tally.answered
        commands += chronicle.commands

        def enough() -> bool:
            chronicle.look()
            return tally.answered >= answers and chronicle.commands >= commands

        await self.until(enough, "further answers and power commands, with the daemon in a storm")

    async def session_opened(self) -> None:
        """Wait until a BMC holds a session open, so that what comes next hits work.

        Raises:
            Broken: None does.
        """
        chronicle = self.chronicle

        def opened() -> bool:
            chronicle.look()
            return bool(chronicle.open_sessions())

        await self.until(opened, "sessions, with the daemon in a storm")

    async def sessions_closed(self) -> None:
        """See that BMCs hold no session of a daemon that has ended in order, but for those it said it may leave.

        Raises:
            Broken: One does.
        """
        chronicle = self.chronicle

        def closed() -> bool:
            chronicle.look()
            return not chronicle.open_sessions()

        try:
            await self.until(closed, "end of all sessions", _GRACE)
        except Broken:
            # A BMC that answers nothing cannot be made to close its session; its idle limit will.
            with self.daemon.output.open("rb") as output:
                output.seek(self._said)
                told = sum(any(word in line for word in _MAY_BE_OPEN) for line in output)
            left = sorted(chronicle.open_sessions())
            if len(left) > told:
                raise Broken(f"the daemon has ended in order, and left open the sessions {left}") from None
            await self.until(closed, "end of sessions whose BMCs answer nothing", CHAOS.idle + PATIENCE)

    async def until(self, happened: Callable[[], bool], what: str, patience: float = PATIENCE) -> None:
        """Wait for something that only looking can tell.

        Raises:
            Broken: It does not come.
        """
        with trio.move_on_after(patience):
            while not happened():  # noqa: ASYNC110  (files and counts tell nobody)
                await trio.sleep(LOOK)
            return
        raise Broken(f"within {patience:g} s there were no {what}")

    async def calm(self) -> None:
        """Wait until all work has ended, and what has failed was asked for again until it did not.

        Raises:
            Unfinished: It does not end.
        """
        with trio.move_on_after(PATIENCE + CHAOS.deadline):
            await self.storm.make_certain()
            await self.storm.quiet()
            # Before anything else: a session that its BMC would not close is fenced by whatever comes next.
            while await self.storm.try_again():
                await self.storm.quiet()
        await self.stage.calm(PATIENCE)


@asynccontextmanager
async def a_scene(
    directory: Path,
    nodes: int,
    seed: int,
    say: Callable[[str], None],
    *,
    small_disk: bool = False,
    conditions: Conditions = CHAOS,
) -> AsyncGenerator[Scene]:
    """Set a scene in an empty directory, and clear it whatever happens.

    Args:
        directory: Where everything is kept.
        nodes: How many nodes; one of them the storm leaves to those who vanish.
        seed: What makes requests, losses, delays and the dice of troubles.
        say: Told what happens.
        small_disk: Keep the database on a disk that can be made full, which only root can.
        conditions: How hostile the BMCs are, and what the daemon is told of them.

    Raises:
        ProcessTrouble: A process does not start.
    """
    with ExitStack() as stack:
        disk = stack.enter_context(a_disk(directory / "disk")) if small_disk else None
        database = None if disk is None else disk.place / "powerfsm.db"
        if disk is not None:
            # The disk goes with the scene; what was on it may have to be looked at.
            stack.callback(shutil.copytree, disk.place, directory / "from-disk")
        make_daemon = partial(HardyDaemon, database=database)
        async with stage(
            directory, nodes, conditions, seed, make_daemon=make_daemon, make_simulator=OpenSimulator
        ) as set_up:
            scene = Scene(set_up, seed, say, disk)
            await scene.settle_down()
            yield scene
