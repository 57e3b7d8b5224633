"""Processes of ours end when they are told to, and tell why where they do not start."""

import os
import socket
import sys
from pathlib import Path

import pytest

from powerfsm.demo.processes import Child, ProcessTrouble, held_port, write_private

ANNOUNCE = """
import os, signal, sys, time
def announce():
    open(sys.argv[1] + ".draft", "w").write("{}")
    os.replace(sys.argv[1] + ".draft", sys.argv[1])
"""
STUBBORN = f"""{ANNOUNCE}
signal.signal(signal.SIGTERM, signal.SIG_IGN)
announce()
time.sleep(600)
"""
OBEDIENT = f"""{ANNOUNCE}
signal.signal(signal.SIGTERM, lambda *_: sys.exit(int(sys.argv[2])))
announce()
signal.pause()
"""


async def start(directory: Path, program: str, *arguments: str) -> Child:
    """A process that runs `program`, once it has written its ready file."""
    child = Child("the child", directory / "child.out")
    ready = directory / "ready"
    await child.run([sys.executable, "-c", program, str(ready), *arguments])
    await child.ready(ready)
    return child


async def test_process_that_does_not_start_is_told_with_its_last_words(tmp_path: Path) -> None:
    child = Child("the child", tmp_path / "child.out")
    await child.run([sys.executable, "-c", "raise SystemExit('the port is taken')"])
    with pytest.raises(ProcessTrouble, match=r"(?s)the child ended before it was ready.*the port is taken"):
        await child.ready(tmp_path / "ready")


async def test_process_that_ignores_the_end_is_killed_and_told(tmp_path: Path) -> None:
    child = await start(tmp_path, STUBBORN)
    with pytest.raises(ProcessTrouble, match=r"did not end within 0.1 s of SIGTERM"):
        await child.stop(patience=0.1)
    assert not child.running


async def test_process_that_ends_in_order_is_no_trouble(tmp_path: Path) -> None:
    child = await start(tmp_path, OBEDIENT, "0")
    await child.stop()
    assert not child.running
    await child.stop()


async def test_process_that_ends_with_an_error_is_told(tmp_path: Path) -> None:
    child = await start(tmp_path, OBEDIENT, "3")
    with pytest.raises(ProcessTrouble, match="exit code 3"):
        await child.stop()


async def test_process_that_has_ended_by_itself_is_noticed(tmp_path: Path) -> None:
    child = await start(tmp_path, OBEDIENT, "0")
    child.check()
    await child.kill()
    with pytest.raises(ProcessTrouble, match="ended by itself"):
        child.check()


async def test_process_does_not_get_our_ctrl_c(tmp_path: Path) -> None:
    child = await start(tmp_path, OBEDIENT, "0")
    assert os.getpgid(child.pid) != os.getpgid(0)
    await child.kill()


def test_port_that_is_taken_is_passed_over_and_one_that_is_held_is_nobody_else_s() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        preferred = taken.getsockname()[1]
        with held_port(preferred) as first, held_port(preferred) as second:
            assert len({preferred, first, second}) == 3


def test_held_port_can_be_listened_at_again_and_again() -> None:
    with held_port(20000) as port:
        for _ in range(3):
            with socket.socket() as daemon:
                daemon.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                daemon.bind(("127.0.0.1", port))
                daemon.listen()
                with socket.create_connection(("127.0.0.1", port)), held_port(port) as other:
                    assert other != port


def test_private_file_is_private(tmp_path: Path) -> None:
    write_private(tmp_path / "secret", "x")
    assert (tmp_path / "secret").stat().st_mode & 0o777 == 0o600
