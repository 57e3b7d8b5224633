"""A process that is killed has lost nothing that it acknowledged, left nothing half done, and holds nothing."""

from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, aclosing
from pathlib import Path
from random import Random

import pytest
import trio

from powerfsm.store.errors import StoreInUse
from powerfsm.store.store import open_store

Child = Callable[..., AbstractAsyncContextManager[trio.Process]]


async def lines(process: trio.Process) -> AsyncGenerator[str, None]:
    """What the child prints, line by line; one that was cut off by its death does not count."""
    assert process.stdout is not None
    rest = b""
    async for part in process.stdout:
        *whole, rest = (rest + part).split(b"\n")
        for line in whole:
            yield line.decode()


@pytest.mark.parametrize("seed", range(3))
async def test_a_child_killed_in_the_midst_of_commits_lost_nothing(path: Path, child: Child, seed: int) -> None:
    random = Random(seed)
    acknowledged = 0
    for _ in range(4):
        async with child("committing.py", path) as process:
            fatal = acknowledged + random.randrange(1, 60)
            async with aclosing(lines(process)) as told:
                async for line in told:
                    acknowledged = int(line)
                    if acknowledged == fatal:
                        process.kill()
        async with open_store(path, clock=lambda: 1e9) as store:
            snapshot = await store.load()
            nodes = list(snapshot.nodes)
            (generation,) = {node.generation for node in nodes}
            # The batch that was under way may be there too, but then whole.
            assert generation in {acknowledged, acknowledged + 1}
            assert len(nodes) == 20
            assert [operation.id for operation in snapshot.operations] == list(range(1, generation + 1))
            assert [session.id for session in snapshot.sessions] == [generation]
            assert snapshot.last_seq == 2 * generation
            journal = await store.journal(limit=10**6)
            assert [entry.seq for entry in journal] == list(range(1, 2 * generation + 1))
            assert await store.idempotency(f"key {generation}") is not None
            assert await store.idempotency(f"key {generation + 1}") is None


async def test_a_second_daemon_is_told_who_owns_the_store_until_that_one_is_killed(
    path: Path, child: Child
) -> None:
    async with child("owning.py", path) as first:
        async with aclosing(lines(first)) as told:
            assert await anext(told) == "open"
        with pytest.raises(StoreInUse, match=str(first.pid)) as caught:
            async with open_store(path):
                pass
        assert caught.value.pid == first.pid
        first.kill()
        await first.wait()
        async with open_store(path) as store:
            await store.load()


@pytest.mark.parametrize("point", ["before the log", "in the migration", "after the migration"])
async def test_a_store_whose_making_was_killed_is_made_by_the_next(path: Path, child: Child, point: str) -> None:
    async with child("dying.py", point, path) as process:
        assert await process.wait() == -9
    async with open_store(path) as store:
        assert list((await store.load()).nodes) == []
    async with open_store(path) as store:
        assert await store.journal() == []
