"""The demonstration as its users start it: a verdict, whatever is in the way, and nothing left behind."""

import signal
import socket
import subprocess
import sys
from collections.abc import AsyncGenerator, Sequence
from contextlib import ExitStack, asynccontextmanager, suppress
from pathlib import Path

import pytest
import trio

from powerfsm.demo.processes import PREFERRED_PORT

PATIENCE = 250


def commands_with(word: str) -> list[str]:
    """The command lines of the processes that name `word`."""
    found = []
    for process in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):
            line = process.read_bytes().replace(b"\0", b" ").decode(errors="replace")
            if word in line:
                found.append(line)
    return found


@asynccontextmanager
async def demonstration(*options: str) -> AsyncGenerator[trio.Process]:
    """The demonstration, running."""
    command = [sys.executable, "-m", "powerfsm.demo", *options]
    process = await trio.lowlevel.open_process(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    try:
        yield process
    finally:
        process.kill()


async def read_until(process: trio.Process, word: str | None) -> str:
    """Read what it prints: all of it, or until `word`."""
    assert process.stdout is not None
    said = ""
    with trio.fail_after(PATIENCE):
        async for chunk in process.stdout:
            said += chunk.decode()
            if word is not None and word in said:
                return said
    return said


@pytest.mark.slow
@pytest.mark.timeout(300)
async def test_promises_hold_with_its_port_taken_and_in_a_directory_with_a_space(tmp_path: Path) -> None:
    directory = tmp_path / "a place with spaces"
    with ExitStack() as stack:
        with suppress(OSError):
            taken = stack.enter_context(socket.socket())
            # Without SO_REUSEADDR, or it could be taken from another test whose daemon is down for a moment.
            taken.bind(("127.0.0.1", PREFERRED_PORT))
            taken.listen()
        async with demonstration(*options(directory, "--seed=3", "--seconds=4")) as process:
            said = await read_until(process, None)
            code = await process.wait()
    assert code == 0, said
    assert "kill -9" in said
    assert "holds:" in said
    assert str(PREFERRED_PORT) not in said
    assert (directory / "events.jsonl").exists()
    assert not commands_with(str(directory))


@pytest.mark.slow
@pytest.mark.timeout(300)
async def test_ctrl_c_ends_everything_that_was_started(tmp_path: Path) -> None:
    directory = tmp_path / "interrupted"
    async with demonstration(*options(directory, "--seconds=60")) as process:
        await read_until(process, "the daemon answers")
        assert len(commands_with(str(directory))) >= 3
        process.send_signal(signal.SIGINT)
        said = await read_until(process, None)
        assert await process.wait() == 130
    assert "interrupted" in said
    assert not commands_with(str(directory))


def options(directory: Path, *more: str) -> Sequence[str]:
    """Options for a small demonstration in a directory that is kept."""
    return "--nodes=6", f"--keep={directory}", *more


def test_help_tells_what_it_does_and_how_it_ends() -> None:
    helped = subprocess.run(
        [sys.executable, "-m", "powerfsm.demo", "--help"], capture_output=True, text=True, check=True, timeout=60
    ).stdout
    for word in ("--nodes", "--seed", "--seconds", "--keep", "kill -9", "Exits 0"):
        assert word in helped


def test_directory_that_is_not_empty_is_not_touched(tmp_path: Path) -> None:
    (tmp_path / "precious").write_text("precious")
    refused = subprocess.run(
        [sys.executable, "-m", "powerfsm.demo", f"--keep={tmp_path}"],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert refused.returncode == 2
    # The words are wrapped and framed to the width of the terminal.
    assert "isnotempty" in "".join(filter(str.isalpha, refused.stderr))
    assert [path.name for path in tmp_path.iterdir()] == ["precious"]
