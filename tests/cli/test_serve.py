"""`powerfsm serve`: the real daemon over simulated BMCs, asked with the real commands; and why it cannot run."""

import json
import signal
import socket
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from command_line import PATIENCE, Run, Start

Serve = Callable[..., "subprocess.Popen[str]"]


def read_until(process: "subprocess.Popen[str]", text: str) -> None:
    """Read what a program prints on standard error, up to a line with this text."""
    assert process.stderr is not None
    printed = []
    for line in process.stderr:
        if text in line:
            return
        printed.append(line)
    pytest.fail(f"it has ended without {text!r}: {''.join(printed)}")


@pytest.fixture
def ports(start: Start, tmp_path: Path) -> str:
    """Ports of three simulated BMCs on loopback, as `--port` takes them."""
    ready = tmp_path / "bmcs.json"
    words = ("serve", "--nodes", "n[1-3]", "--ready-file", str(ready))
    simulator = start(*words, module="bmcsim", stdout=subprocess.DEVNULL)
    read_until(simulator, "ready")
    addresses = json.loads(ready.read_text("utf-8"))
    return ",".join(str(addresses[name]["port"]) for name in ("n1", "n2", "n3"))


@pytest.fixture
def serve(start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Serve:
    """Start the daemon, and have commands find it."""
    monkeypatch.setenv("POWERFSM_BMC_USERNAME", "admin")
    monkeypatch.setenv("POWERFSM_BMC_PASSWORD", "password")
    monkeypatch.setenv("POWERFSM_TIMINGS_SETTLE", "0")

    def serving(*words: str) -> "subprocess.Popen[str]":
        ready = tmp_path / "daemon.json"
        daemon = start(
            *("serve", "--database", str(tmp_path / "fleet.db"), "--listen", "127.0.0.1:0"),
            *("--ready-file", str(ready), *words),
            stdout=subprocess.DEVNULL,
        )
        read_until(daemon, "daemon.ready")
        while not ready.exists():
            assert daemon.poll() is None, "it has ended"
            time.sleep(0.02)
        told = json.loads(ready.read_text("utf-8"))
        assert told["pid"] == daemon.pid
        monkeypatch.setenv("POWERFSM_URL", told["url"])
        return daemon

    return serving


def test_a_fleet_is_added_powered_on_looked_at_and_left_in_order(serve: Serve, run: Run, ports: str) -> None:
    daemon = serve()
    assert run("nodes", "add", "n[1-3]", "--bmc", "127.0.0.1", "--port", ports).out == "added 3: n[1-3]\n"
    on = run("on", "n[1-3]", "--wait")
    assert (on.code, on.out) == (0, "succeeded: n[1-3]\n")
    cycled = run("cycle", "n2", "--wait", "--json")
    assert cycled.code == 0
    assert [one["status"] for one in json.loads(cycled.out)["operations"]] == ["succeeded"]
    assert run("off", "n3", "--wait").out == "succeeded: n3\n"

    status = run("status")
    assert (status.code, status.out) == (0, "on:  n[1-2]\noff: n3\n")
    operations = json.loads(run("operations", "--json").out)["operations"]
    assert [(one["node"], one["ask"]) for one in operations[:2]] == [("n3", "off"), ("n2", "cycle")]
    assert [one["id"] for one in json.loads(run("operations", "1-2", "--json").out)["operations"]] == [2, 1]

    events = [json.loads(line) for line in run("events", "--after", "0", "--json").out.splitlines()]
    assert [one["seq"] for one in events] == list(range(1, len(events) + 1))
    assert [one["seq"] for one in events if one["node"] == "n3"] == [
        json.loads(line)["seq"]
        for line in run("events", "--after", "0", "--node", "n3", "--json").out.splitlines()
    ]
    assert len(run("events", "--last", "5").out.splitlines()) == 5
    recovery = json.loads(run("recovery", "--json").out)
    assert (recovery["ready"], recovery["nodes"]) == (True, [])

    assert run("nodes", "change", "n[1-2]", "--drift", "enforce", "--timing", "settle=1").code == 0
    assert "settle=1" in run("nodes", "list", "n2").out
    assert run("nodes", "remove", "n3").code == 0
    assert run("status", "n3").code == 2

    daemon.send_signal(signal.SIGTERM)
    assert daemon.wait(PATIENCE) == 0


def test_refusals_of_the_real_daemon_say_what_to_do(serve: Serve, run: Run, ports: str) -> None:
    serve()
    run("nodes", "add", "n[1-3]", "--bmc", "127.0.0.1", "--port", ports)
    for words, code, told in [
        (("on", "n[1-9]"), 2, "n4"),
        (("on", "n[1-"), 2, "n[1-"),
        (("on", "n1", "--if-generation", "7"), 1, "generation"),
        (("nodes", "add", "n1", "--bmc", "10.0.0.1"), 1, "n1"),
        (("nodes", "add", "m1", "--bmc", "127.0.0.1", "--port", ports.split(",", maxsplit=1)[0]), 1, "n1"),
        (("nodes", "add", "m[1-3]", "--bmc", "10.0.0.[1-2]"), 2, "3 names and 2 hosts"),
        (("nodes", "change", "n1", "--timing", "nonsense=1"), 2, "nonsense"),
        (("operations", "4711"), 2, "4711"),
        (("events", "--kind", "nonsense"), 2, "query.kind"),
        (("status", "--group", "x", "m1"), 2, "m1"),
    ]:
        ran = run(*words)
        assert (ran.code, ran.out) == (code, ""), words
        assert told in ran.err, words
        assert ran.err.startswith("powerfsm: "), words


def test_tokens_that_were_created_let_in_by_their_roles(
    serve: Serve, run: Run, ports: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tokens = tmp_path / "tokens"
    for name, role in (("viewer", "read"), ("boss", "admin")):
        token = run("token", "create", name, "--role", role, "--append", str(tokens)).out
        (tmp_path / name).write_text(token, "utf-8")
    serve("--tokens", str(tokens))
    assert run("status").code == 2
    monkeypatch.setenv("POWERFSM_TOKEN_FILE", str(tmp_path / "boss"))
    assert run("nodes", "add", "n[1-3]", "--bmc", "127.0.0.1", "--port", ports).code == 0
    monkeypatch.setenv("POWERFSM_TOKEN_FILE", str(tmp_path / "viewer"))
    assert run("status").code == 0
    refused = run("off", "n1")
    assert refused.code == 2
    assert "viewer" in refused.err


def test_a_second_daemon_on_the_same_database_cannot_run(serve: Serve, start: Start, tmp_path: Path) -> None:
    serve()
    second = start("serve", "--database", str(tmp_path / "fleet.db"), "--listen", "127.0.0.1:0")
    _, err = second.communicate(timeout=PATIENCE)
    assert second.returncode == 1
    assert "fleet.db" in err
    assert "Traceback" not in err


def test_an_address_that_is_taken_is_told(start: Start, tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        daemon = start("serve", "--database", str(tmp_path / "fleet.db"), "--listen", address)
        _, err = daemon.communicate(timeout=PATIENCE)
    assert daemon.returncode == 1
    assert address in err
    assert "Traceback" not in err


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--listen", "0.0.0.0:0"), "--listen"),
        (("--listen", "nonsense"), "--listen"),
        (("--config", "none.yaml"), "none.yaml"),
        (("--config", "config.yaml"), "config.yaml:1"),
        (("--tokens", "none.tokens"), "none.tokens"),
        (("--credentials", "none.yaml"), "none.yaml"),
    ],
)
def test_a_daemon_told_wrongly_says_where(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[str, str], told: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "config.yaml").write_text("listn: 127.0.0.1:0\n", "utf-8")
    ran = run("serve", "--database", "fleet.db", *words)
    assert (ran.code, ran.out) == (2, "")
    assert told in ran.err
    assert ran.err.startswith("powerfsm: ")
