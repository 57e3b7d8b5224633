"""What has to be so after every trouble, once the storm has ended."""

from collections.abc import AsyncGenerator

import trio

from chaos.conditions import CHAOS
from chaos.scene import PATIENCE, Broken, Scene
from chaos.vitals import MEBIBYTE, Vitals, vitals
from powerfsm.demo.processes import ProcessTrouble, program

RETURN = 16
"""Descriptors that may be left behind: connections of the store's pool, and ours that were not yet seen to end."""

GROWTH = 128 * MEBIBYTE
"""Bytes that a process may hold more than when it was at rest: SQLite's cache of pages alone grows with the
database, up to 64 MiB, and the allocator keeps what it may need again."""

_ENOUGH = 20.0
"""Seconds of an audit above which it is left to the end of the run."""


class Aftermath:
    """Looks at a scene at rest; keeps in mind what it has told already.

    Attributes:
        answered: Operations that requesters were answered with.
    """

    def __init__(self, scene: Scene) -> None:
        self._scene = scene
        self.answered: set[int] = set()
        self._defects = 0
        self._audit_took = 0.0

    async def look(self) -> AsyncGenerator[str]:
        """Tell what must not be."""
        scene, storm = self._scene, self._scene.storm
        self.answered |= storm.operations
        for number in sorted(storm.tally.lost):
            yield f"operation {number} was answered with, and is not known"
        if storm.open:
            yield f"{storm.open} operations were answered with, and have not ended"
        try:
            await self.sessions_end()
        except Broken as broken:
            yield str(broken)
        scene.chronicle.look()
        for told in scene.chronicle.judge().broken:
            yield told
        defects = scene.chronicle.defects()
        for told in sorted(set(defects[self._defects :])):
            yield f"the daemon has logged {told}"
        self._defects = len(defects)
        if self._audit_took < _ENOUGH:
            async for told in self.audit():
                yield told
        async for told in self._vitals():
            yield told

    async def end(self) -> AsyncGenerator[str]:
        """End the daemon in order, and tell what must not be then."""
        scene = self._scene
        known = {operation.id for operation in await scene.stage.client.operations(limit=None)}
        lost = self.answered - known
        if lost:
            yield f"{len(lost)} operations were answered with and are not known at the end, {min(lost)} first"
        try:
            await scene.end()
            await scene.sessions_closed()
        except (Broken, ProcessTrouble) as broken:
            yield str(broken)
        async for told in self.audit():
            yield told

    async def sessions_end(self) -> None:
        """Wait until every session that is open now is closed, if only by the BMC's idle limit.

        Raises:
            Broken: One stays.
        """
        chronicle = self._scene.chronicle
        chronicle.look()
        left = chronicle.open_sessions()

        def closed() -> bool:
            chronicle.look()
            return not left & chronicle.open_sessions()

        await self._scene.until(closed, f"end of the sessions {sorted(left)}", CHAOS.idle + PATIENCE / 2)

    async def audit(self) -> AsyncGenerator[str]:
        """Hold the journal against the declared machine, by the command that users have."""
        began = trio.current_time()
        command = [program("powerfsm"), "audit", str(self._scene.daemon.database), "--all"]
        done = await trio.run_process(command, capture_stdout=True, capture_stderr=True, check=False)
        self._audit_took = trio.current_time() - began
        if done.returncode != 0:
            yield f"the audit of the journal: {done.stdout.decode()}{done.stderr.decode()}"

    async def _vitals(self) -> AsyncGenerator[str]:
        rested = self._scene.rested
        assert rested is not None
        try:
            await self._scene.until(
                lambda: self._held().descriptors <= rested.descriptors + RETURN,
                f"return to {rested.descriptors} descriptors",
                PATIENCE / 2,
            )
        except Broken as broken:
            yield f"{broken}: there are {self._held().descriptors}"
        held = self._held()
        if held.memory > rested.memory + GROWTH:
            yield f"it holds {held.mebibytes:.0f} MiB of memory, and held {rested.mebibytes:.0f} MiB at rest"

    def _held(self) -> Vitals:
        held = vitals(self._scene.daemon.pid)
        if held is None:
            raise Broken("the daemon has ended by itself")
        return held
