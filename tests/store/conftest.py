"""A place for a store, a fleet to keep in it, and a child process that may be killed."""

import subprocess
import sys
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

import pytest
import trio

from powerfsm.bmc import Bmc
from powerfsm.journal import Entry, Kind
from powerfsm.node import Drift, Node, Policy
from powerfsm.operation import Operation, Status
from powerfsm.power import Ask, Command, Desired, Power
from powerfsm.store.batch import Batch, IdempotencyKey, SessionInUse
from small_disk import a_small_disk

Children = Callable[..., AbstractAsyncContextManager[trio.Process]]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where a test keeps its store."""
    return tmp_path / "store.db"


@pytest.fixture
def full_batch() -> Batch:
    """One record of every kind, no attribute at its default."""
    node = Node(
        "r1n01",
        Bmc("10.0.0.1", 6230, "rack-1", 17, "operator"),
        Policy("pyghmi", Drift.ENFORCE, "latest-wins", "feed-a", (("deadline", 60.0), ("settle", 2.5))),
        "powering-on",
        Desired.ON,
        7,
        Power.OFF,
        1_800_000_000.125,
        drifted=True,
        in_play=1,
        waiting=2,
        trouble="no answer\nfrom 10.0.0.1 — tried thrice",
    )
    return Batch(
        nodes={node.name: node},
        operations={
            1: Operation(1, "r1n01", Ask.CYCLE, 6, Status.IN_PLAY, 1e9, "carol", 1, True, "because", 1.5e9),
            2: Operation(2, "r1n01", Ask.ON, 7, Status.WAITING, 1e9),
        },
        opened={("r1n01", 0xFFFFFFFF): SessionInUse("r1n01", 0xFFFFFFFF, Command.SOFT_OFF, 1e9)},
        keys=[IdempotencyKey("carol:k", "digest", (1, 2), 1e9)],
        journal=[
            Entry(1, 1e9, Kind.DAEMON, None, "started"),
            Entry(
                2, 1e9, Kind.TRANSITION, "r1n01", "request", 1, 6, "off", "powering-on", {"by": ["carol", 1, None]}
            ),
        ],
    )


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of two megabytes, mounted for this test."""
    with a_small_disk(tmp_path / "disk") as mountpoint:
        yield mountpoint


@pytest.fixture
def child() -> Children:
    """Start a program of this folder, its output in a pipe; what is left of it at the end is killed."""

    @asynccontextmanager
    async def start(program: str, *arguments: str | Path) -> AsyncGenerator[trio.Process, None]:
        command = [sys.executable, str(Path(__file__).with_name(program)), *map(str, arguments)]
        process = await trio.lowlevel.open_process(command, stdout=subprocess.PIPE)
        assert process.stdout is not None
        try:
            yield process
        finally:
            process.kill()
            with trio.CancelScope(shield=True):
                await process.wait()
                await process.stdout.aclose()

    return start
