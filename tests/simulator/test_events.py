"""The event log is whole lines, whatever happens to its writer."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import trio
import trio.testing
from hypothesis import given
from hypothesis import strategies as st

from bmcsim import FileLog, MemoryLog
from bmcsim.records import UnreadableError, read_events

PAGE = os.sysconf("SC_PAGE_SIZE")

WRITER = """
import itertools, sys
from pathlib import Path
from bmcsim import FileLog
log = FileLog(Path(sys.argv[1]))
print("writing", flush=True)
for n in itertools.count():
    for i in range(n % 40):
        log.add(n + i / 100, f"node-{i}", "command", command="on", seq=n * 7919, session=2**32 - i)
    log.flush()
"""


def lines(path: Path) -> list[bytes]:
    content = path.read_bytes()
    assert content.endswith(b"\n")
    return content.splitlines()


def test_a_writer_that_is_killed_leaves_whole_lines_only(tmp_path: Path) -> None:
    for attempt in range(5):
        path = tmp_path / f"log{attempt}"
        writer = subprocess.Popen(
            [sys.executable, "-c", WRITER, str(path)],
            env={**os.environ, "PYTHONPATH": ":".join(sys.path)},
            stdout=subprocess.PIPE,
        )
        assert writer.stdout is not None
        with writer.stdout:
            writer.stdout.readline()
            while path.stat().st_size < 50 * PAGE * (attempt + 1):
                pass
            writer.send_signal(signal.SIGKILL)
            writer.wait()
        for line in lines(path):
            assert json.loads(line)["event"] == "command"


@given(st.lists(st.lists(st.text(max_size=60), max_size=40), max_size=10))
def test_no_line_crosses_a_page(tmp_path_factory: pytest.TempPathFactory, batches: list[list[str]]) -> None:
    path = tmp_path_factory.mktemp("log") / "events"
    log = FileLog(path)
    for batch in batches:
        for name in batch:
            log.add(1.0, name, "started")
        log.flush()
    log.close()
    at = 0
    written = []
    for line in path.read_bytes().splitlines(keepends=True):
        assert at // PAGE == (at + len(line) - 1) // PAGE
        at += len(line)
        written.append(json.loads(line)["node"])
    assert written == [name for batch in batches for name in batch]


def test_events_are_readable_once_flushed_and_added_to_what_was_there(tmp_path: Path) -> None:
    path = tmp_path / "events"
    for run in range(2):
        log = FileLog(path)
        log.add(run, "n1", "started", power="off", host=None)
        log.flush()
        assert len(lines(path)) == run + 1
        log.close()
    assert list(read_events(path))[1] == {"t": 1, "node": "n1", "event": "started", "power": "off"}


def test_somebody_elses_half_line_does_not_spoil_ours(tmp_path: Path) -> None:
    path = tmp_path / "events"
    path.write_bytes(b'{"t": 1, "node": "n')
    log = FileLog(path)
    log.add(2, "n1", "started")
    log.close()
    assert json.loads(lines(path)[1])["t"] == 2
    with pytest.raises(UnreadableError, match="events:1: is not JSON"):
        list(read_events(path))


def test_a_full_disk_is_an_error_and_not_half_a_line(tmp_path: Path) -> None:
    program = """
import resource, sys
from pathlib import Path
from bmcsim import FileLog
log = FileLog(Path(sys.argv[1]))
resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, 10_000))
for _ in range(1000):
    log.add(1.0, "n1", "started", power="off")
try:
    log.flush()
except OSError as error:
    print("refused:", error.strerror)
"""
    path = tmp_path / "events"
    writer = subprocess.run(
        [sys.executable, "-c", program, str(path)],
        env={**os.environ, "PYTHONPATH": ":".join(sys.path)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert writer.stdout == "refused: File too large\n"
    assert 9_000 < path.stat().st_size <= 10_000
    for line in lines(path):
        json.loads(line)


async def test_whoever_waits_for_an_event_gets_the_first_past_or_future_one(
    autojump_clock: trio.testing.MockClock,
) -> None:
    log = MemoryLog()
    log.add(1, "n1", "power", to="on")

    async def later() -> None:
        await trio.sleep(5)
        log.add(6, "n1", "power", to="off")

    async with trio.open_nursery() as nursery:
        nursery.start_soon(later)
        assert (await log.until(lambda event: event["event"] == "power"))["t"] == 1
        assert (await log.until(lambda event: event.get("to") == "off"))["t"] == 6
