"""The command line, as somebody uses it who has never seen the inside."""

import contextlib
import json
import os
import re
import resource
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from bmcsim.records import read_events
from powerfsm.ipmi.wire.asf import Ping, Pong

BMCSIM = (sys.executable, "-c", "from bmcsim.cli import main; main()")
ENVIRONMENT = {**os.environ, "PYTHONPATH": ":".join(sys.path), "COLUMNS": "200", "NO_COLOR": "1"}


def bmcsim(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*BMCSIM, *arguments], env=ENVIRONMENT, capture_output=True, text=True, check=False, timeout=60
    )


@contextmanager
def serving(ready: Path, *arguments: str) -> Iterator[subprocess.Popen[bytes]]:
    """Run `bmcsim serve` until the end of the block, once it is ready."""
    process = subprocess.Popen(
        [*BMCSIM, "serve", "--ready-file", str(ready), *arguments], env=ENVIRONMENT, stderr=subprocess.PIPE
    )
    try:
        assert process.stderr is not None
        assert b"are ready" in process.stderr.readline()
        yield process
    finally:
        process.kill()
        process.communicate()


def ping(host: str, port: int) -> bytes:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.settimeout(30)
        client.sendto(Ping(5).encode(), (host, port))
        return client.recv(100)


@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGINT])
def test_a_fleet_serves_until_it_is_told_to_end(tmp_path: Path, ending: signal.Signals) -> None:
    ready, log = tmp_path / "ready", tmp_path / "events"
    with serving(ready, "--nodes", "r1n[01-12]", "--log", str(log)) as process:
        places = json.loads(ready.read_text())
        assert list(places) == [f"r1n{number:02}" for number in range(1, 13)]
        for place in places.values():
            assert ping(**place) == Pong(5).encode()
        process.send_signal(ending)
        assert process.wait(30) == 0
        assert not ready.exists()
    assert [event["event"] for event in read_events(log)] == ["started"] * 12


def test_addresses_can_be_given_for_each_node(tmp_path: Path) -> None:
    ready = tmp_path / "ready"
    net = f"127.{1 + os.getpid() % 250}.77"
    arguments = ("--nodes", "n[1-3]", "--addresses", f"{net}.[1-3]", "--port", "6230")
    with serving(ready, *arguments):
        assert json.loads(ready.read_text()) == {
            f"n{number}": {"host": f"{net}.{number}", "port": 6230} for number in (1, 2, 3)
        }


def test_a_stale_ready_file_does_not_pass_for_a_new_one(tmp_path: Path) -> None:
    ready = tmp_path / "ready"
    ready.write_text("stale")
    failed = bmcsim("serve", "--ready-file", str(ready), "--address", "192.0.2.1")
    assert failed.returncode == 2
    assert not ready.exists()


def test_a_disk_that_runs_full_ends_it_with_whole_lines_in_the_log(tmp_path: Path) -> None:
    ready, log = tmp_path / "ready", tmp_path / "events"
    with serving(ready, "--log", str(log)) as process:
        resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (10_000, 10_000))
        place = json.loads(ready.read_text())["n1"]
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
            client.connect((place["host"], place["port"]))
            with contextlib.suppress(ConnectionRefusedError):
                while process.poll() is None:
                    client.send(b"garbage")
        assert process.wait(30) == 2
        assert process.stderr is not None
        assert process.stderr.read().decode().endswith(f"bmcsim: [Errno 27] File too large: '{log}'\n")
    assert len(list(read_events(log))) > 20


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--nodes", "n[1-"], "'n[1-' is no hostlist"),
        (["--address", "192.0.2.1", "--port", "6000"], "n1 at 192.0.2.1:6000: Cannot assign requested address"),
        (["--nodes", "n[1-3]", "--addresses", "127.1.0.[1-2]"], "2 addresses for 3 nodes"),
        (["--boot-delay", "soon"], "--boot-delay: 'soon' is no span of seconds"),
        (["--suites", "3,4"], "there is no cipher suite '4'"),
        (["--idle-timeout", "0"], "session timeouts are longer than 0 s"),
        (["--password-env", "LONG_SECRET"], "the password of user 'admin' is longer than 20 bytes"),
        (["--log", "/nonexistent/events"], "No such file or directory: '/nonexistent/events'"),
        (["--nodes", "n[1-70000]", "--port", "1000"], "need ports up to"),
    ],
)
def test_what_makes_no_sense_is_told_in_one_line(
    arguments: list[str], told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(ENVIRONMENT, "LONG_SECRET", "x" * 21)
    failed = bmcsim("serve", *arguments)
    assert failed.returncode == 2
    assert failed.stderr.startswith("bmcsim: ")
    assert failed.stderr.count("\n") == 1
    assert told in failed.stderr
    assert "xxxx" not in failed.stderr


def test_a_password_file_must_hold_a_password(tmp_path: Path) -> None:
    empty = tmp_path / "password"
    empty.touch()
    failed = bmcsim("serve", "--password-file", str(empty))
    assert failed.returncode == 2
    assert "its first line is empty" in failed.stderr


def write(path: Path, *records: dict[str, object]) -> str:
    path.write_text("".join(json.dumps(record) + "\n" for record in records))
    return str(path)


STARTED: dict[str, object] = {"t": 1, "node": "n1", "event": "started", "power": "off"}
OPENED: dict[str, object] = {"t": 2, "node": "n1", "event": "session-opened", "session": 1}
COMMAND: dict[str, object] = {
    "t": 3,
    "node": "n1",
    "event": "command",
    "command": "on",
    "session": 1,
    "seq": 2,
    "duplicate": False,
}
CLOSED: dict[str, object] = {"t": 4, "node": "n1", "event": "session-closed", "session": 1, "by": "own"}
ON: dict[str, object] = {"t": 5, "node": "n1", "event": "power", "to": "on", "cause": "command"}


def test_check_exits_0_where_all_holds(tmp_path: Path) -> None:
    log = write(tmp_path / "log", STARTED, OPENED, COMMAND, CLOSED, ON)
    claims = write(
        tmp_path / "claims",
        {"t": 1.5, "node": "n1", "asked": "on"},
        {"t": 6, "node": "n1", "declared": "on"},
    )
    checked = bmcsim("check", log, "--claims", claims)
    assert checked.returncode == 0, checked.stdout
    assert checked.stdout.count("holds") == 4
    assert "VIOLATED" not in checked.stdout


def test_check_exits_1_and_lists_what_does_not_hold(tmp_path: Path) -> None:
    log = write(tmp_path / "log", STARTED, OPENED, COMMAND, ON)
    claims = write(
        tmp_path / "claims",
        {"t": 1.5, "node": "n1", "asked": "off"},
        {"t": 1.7, "node": "n1", "declared": "off"},
    )
    checked = bmcsim("check", log, "--claims", claims)
    assert checked.returncode == 1
    assert checked.stdout.count("VIOLATED") == 3
    assert "3.000000  n1 took on in session 1 after it was declared off" in checked.stdout
    verdict = json.loads(bmcsim("check", log, "--claims", claims, "--json").stdout)
    assert not verdict["holds"]
    assert [violation["t"] for violation in verdict["contradictions"]] == [3, 5]
    assert len(verdict["elsewhere"]) == len(verdict["unclosed"]) == 1


def test_check_without_claims_judges_what_it_can(tmp_path: Path) -> None:
    checked = bmcsim("check", write(tmp_path / "log", STARTED, OPENED, COMMAND, CLOSED, ON))
    assert checked.returncode == 0
    assert checked.stdout.count("holds") == 2


@pytest.mark.parametrize(
    ("log", "claims", "told"),
    [
        ("", None, "nothing to judge"),
        ('{"t": 1\n', None, "log:1: is not JSON"),
        ('{"t": 1, "node": "n1"}\n', None, "log:1: has no event"),
        ("[]\n", None, "log:1: has no time t"),
        (json.dumps(STARTED), "", "claims holds no request"),
        (json.dumps(STARTED), '{"t": 1, "node": "n1", "asked": "maybe"}', "claims:1: asked is 'maybe'"),
        (json.dumps(STARTED), '{"t": 1, "node": "n1"}', "claims:1: a claim has either asked or declared"),
    ],
)
def test_check_exits_2_where_there_is_nothing_to_judge(
    tmp_path: Path, log: str, claims: str | None, told: str
) -> None:
    (tmp_path / "log").write_text(log)
    arguments = ["check", str(tmp_path / "log")]
    if claims is not None:
        (tmp_path / "claims").write_text(claims)
        arguments += ["--claims", str(tmp_path / "claims")]
    checked = bmcsim(*arguments)
    assert checked.returncode == 2
    assert told in checked.stderr


def test_the_help_names_every_option_and_both_commands() -> None:
    assert re.search(r"serve.*check", bmcsim("--help").stdout, re.DOTALL)
    shown = bmcsim("serve", "--help").stdout
    for option in ("--nodes", "--addresses", "--kg-env", "--latch", "--soft-off", "--loss", "--ready-file"):
        assert option in shown
