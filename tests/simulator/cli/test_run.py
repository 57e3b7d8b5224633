"""`bmcsim run` and its companions, as somebody uses them who has never seen the inside."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from typer.testing import CliRunner

from bmcsim.cli import app
from bmcsim.faults.catalogue import CATALOGUE
from bmcsim.records import read_events
from powerfsm.ipmi.wire.asf import Ping, Pong

BMCSIM = (sys.executable, "-c", "from bmcsim.cli import main; main()")
ENVIRONMENT = {**os.environ, "PYTHONPATH": ":".join(sys.path), "COLUMNS": "150", "NO_COLOR": "1"}


@dataclass(frozen=True)
class Ran:
    """How a command ended, and what it printed."""

    returncode: int
    stdout: str
    stderr: str


def bmcsim(*arguments: str) -> Ran:
    """Run a command in this process."""
    result = CliRunner().invoke(app, list(arguments), env={"COLUMNS": "150", "NO_COLOR": "1"})
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return Ran(result.exit_code, result.stdout, result.stderr)


@contextmanager
def running(directory: Path, scenario: str, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """Run a scenario until the end of the block, once it is ready; `ready` in the directory says where."""
    (directory / "s.yaml").write_text(scenario)
    command = [*BMCSIM, "run", str(directory / "s.yaml"), "--ready-file", str(directory / "ready"), *arguments]
    process = subprocess.Popen(command, env=ENVIRONMENT, stderr=subprocess.PIPE, text=True)
    try:
        assert process.stderr is not None
        assert "BMCs are ready" in process.stderr.readline()
        yield process
    finally:
        process.kill()
        process.communicate()


def ready(directory: Path) -> dict[str, dict[str, dict[str, dict[str, object]]]]:
    found: dict[str, dict[str, dict[str, dict[str, object]]]] = json.loads((directory / "ready").read_text())
    return found


def ping(host: str, port: int) -> bytes:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.settimeout(30)
        client.sendto(Ping(5).encode(), (host, port))
        return client.recv(100)


@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGINT])
def test_a_scenario_runs_until_it_is_told_to_end(tmp_path: Path, ending: signal.Signals) -> None:
    scenario = "nodes: n[1-3]\nlog: events\nevents: [{at: 0, do: wake, nodes: n2}]\n"
    with running(tmp_path, scenario) as process:
        for node in ready(tmp_path)["nodes"].values():
            assert ping(**node["ipmi"]) == Pong(5).encode()  # type: ignore[arg-type]  # host and port
        process.send_signal(ending)
        assert process.wait(30) == 0
    assert not (tmp_path / "ready").exists()
    events = [(event["node"], event["event"]) for event in read_events(tmp_path / "events")]
    assert events == [("n1", "started"), ("n2", "started"), ("n3", "started"), ("n2", "power")]


def test_it_ends_by_itself_after_its_duration(tmp_path: Path) -> None:
    (tmp_path / "s.yaml").write_text("nodes: n[1-2]")
    ended = bmcsim("run", str(tmp_path / "s.yaml"), "--duration", "0.1", "--log", str(tmp_path / "events"))
    assert ended.returncode == 0
    assert re.search(r"2 BMCs are ready\n  n1  127\.0\.0\.1:\d+\n  n2  127\.0\.0\.1:\d+\n", ended.stderr)
    assert "2 BMCs: 0 on, 2 off; 0 sessions" in ended.stderr
    assert len(list(read_events(tmp_path / "events"))) == 2


def test_both_doors_and_the_control_api_are_there_at_once(tmp_path: Path) -> None:
    scenario = "nodes: [{names: n1, redfish: true}]\ncontrol: 127.0.0.1:0\n"
    with running(tmp_path, scenario):
        told = ready(tmp_path)
        control = str(told["control"])
        assert httpx.get(f"{control}/health").json()["bmcs"] == 1
        assert httpx.get(f"{told['nodes']['n1']['redfish']}/redfish/v1/").status_code == 200
        assert httpx.post(f"{control}/actions", json={"do": "wake", "nodes": "n1"}).status_code == 200
        assert httpx.get(f"{control}/nodes/n1").json()["power"] == "on"


def test_datagrams_are_written_down_on_demand_and_without_secrets(tmp_path: Path) -> None:
    with running(tmp_path, "nodes: n1\nlog: {file: events, datagrams: true}\n") as process:
        place = ready(tmp_path)["nodes"]["n1"]["ipmi"]
        ping(**place)  # type: ignore[arg-type]  # host and port
        process.terminate()
        process.wait(30)
    told = [event for event in read_events(tmp_path / "events") if event["event"] == "datagram"]
    assert [(event["way"], event["step"]) for event in told] == [("in", "ping"), ("out", "ping")]


def test_mistakes_in_a_scenario_are_told_with_their_lines_and_nothing_starts(tmp_path: Path) -> None:
    (tmp_path / "s.yaml").write_text("nodes: n[1-2]\nsede: 1\nfaults:\n- fault: bussy\n")
    failed = bmcsim("run", str(tmp_path / "s.yaml"), "--log", str(tmp_path / "events"))
    assert failed.returncode == 2
    first, second = failed.stderr.splitlines()
    assert first.startswith(f"bmcsim: {tmp_path}/s.yaml:2: there is no key 'sede' here (did you mean seed?)")
    assert second.startswith(f"{tmp_path}/s.yaml:4: there is no fault 'bussy'; did you mean busy?")
    assert not (tmp_path / "events").exists()


@pytest.mark.parametrize(
    ("scenario", "arguments", "told"),
    [
        (
            "nodes: [{names: n1, addresses: {host: 192.0.2.1, port: 6000}}]",
            [],
            "n1 at 192.0.2.1:6000: Cannot assign",
        ),
        ("nodes: n1", ["--control", "0.0.0.0:0"], "0.0.0.0 can be reached from elsewhere: give a token"),
        ("nodes: n1", ["--log", "/nonexistent/events"], "No such file or directory: '/nonexistent/events'"),
        ("nodes: n1\nlog: /nonexistent/events", [], "No such file or directory: '/nonexistent/events'"),
    ],
)
def test_what_cannot_be_had_is_told(tmp_path: Path, scenario: str, arguments: list[str], told: str) -> None:
    (tmp_path / "s.yaml").write_text(scenario)
    failed = bmcsim("run", str(tmp_path / "s.yaml"), *arguments)
    assert failed.returncode == 2
    assert failed.stderr.startswith("bmcsim: ")
    assert told in failed.stderr
    assert "Traceback" not in failed.stderr


def test_a_scenario_that_is_not_there_is_told(tmp_path: Path) -> None:
    failed = bmcsim("run", str(tmp_path / "none.yaml"))
    assert failed.returncode == 2
    assert "No such file or directory" in failed.stderr


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        ("bussy", "--fault bussy: there is no fault 'bussy'; did you mean busy?"),
        ("busy:probability", "--fault busy: 'probability' is no KEY=VALUE such as probability=0.1"),
        ("busy:probability=2", "--fault busy: probability is 2, expected less than or equal to 1"),
        ("busy:nodes=n9", "no such nodes in this fleet: n9"),
    ],
)
def test_serve_refuses_faults_that_cannot_be(fault: str, told: str) -> None:
    failed = bmcsim("serve", "--fault", fault)
    assert failed.returncode == 2
    assert told in failed.stderr


def test_every_fault_is_listed_with_its_parameters() -> None:
    listed = json.loads(bmcsim("list-faults", "--json").stdout)
    assert [each["fault"] for each in listed] == list(CATALOGUE)
    for each in listed:
        assert each["symptom"]
        assert each["steps"]
        assert all(parameter["about"] for parameter in each["parameters"].values())
    table = bmcsim("list-faults")
    assert table.returncode == 0
    assert all(name in table.stdout for name in CATALOGUE)


def test_the_schema_is_printed() -> None:
    schema = json.loads(bmcsim("schema").stdout)
    assert schema["required"] == ["nodes"]


def write(path: Path, *records: dict[str, object]) -> str:
    path.write_text("".join(json.dumps(record) + "\n" for record in records))
    return str(path)


LOG: list[dict[str, object]] = [
    {"t": 100.0, "node": "n1", "event": "started", "power": "off"},
    {"t": 100.0, "node": "n2", "event": "started", "power": "off"},
    {"t": 101.0, "node": "n1", "event": "session-opened", "session": 1},
    {"t": 101.5, "node": "n1", "event": "fault", "kind": "busy"},
    {"t": 102.0, "node": "n1", "event": "command", "command": "on", "session": 1},
    {"t": 103.0, "node": "n1", "event": "session-closed", "session": 1},
    {"t": 110.0, "node": "n2", "event": "power", "to": "on", "cause": "operator"},
]


def test_a_log_is_told_again_with_what_it_comes_to(tmp_path: Path) -> None:
    told = bmcsim("replay", write(tmp_path / "log", *LOG))
    assert told.returncode == 0
    lines = told.stdout.splitlines()
    assert lines[4].split() == ["102.000", "n1", "command", "command=on", "session=1"]
    assert lines[7:] == [
        "7 events of 2 nodes in 10.000 s",
        "events: 2 started, 1 session-opened, 1 fault, 1 command, 1 session-closed, 1 power",
        "commands: 1 on",
        "faults: 1 busy",
        "busiest nodes: 5 n1, 2 n2",
    ]


@pytest.mark.parametrize(
    ("arguments", "times"),
    [
        (["--nodes", "n[2-9]"], [100.0, 110.0]),
        (["--event", "command", "--event", "power"], [102.0, 110.0]),
        (["--since", "1.5", "--until", "3"], [101.5, 102.0]),
        (["--speed", "1000"], [record["t"] for record in LOG]),
        (["--summary"], []),
    ],
)
def test_some_of_a_log_can_be_told(tmp_path: Path, arguments: list[str], times: list[float]) -> None:
    told = bmcsim("replay", write(tmp_path / "log", *LOG), "--json", *arguments)
    *events, last = map(json.loads, told.stdout.splitlines())
    assert [event["t"] for event in events] == times
    assert "summary" in last


@pytest.mark.parametrize(
    ("content", "arguments", "told"),
    [
        ('{"t": 1\n', [], "log:1: is not JSON"),
        ("", ["--speed", "0"], "--speed 0: write how many seconds"),
        ("", ["--nodes", "n["], "is no hostlist"),
    ],
)
def test_what_cannot_be_told_again_is_refused(
    tmp_path: Path, content: str, arguments: list[str], told: str
) -> None:
    (tmp_path / "log").write_text(content)
    failed = bmcsim("replay", str(tmp_path / "log"), *arguments)
    assert failed.returncode == 2
    assert told in failed.stderr


def test_check_lists_the_commands_of_each_node(tmp_path: Path) -> None:
    checked = bmcsim("check", write(tmp_path / "log", *LOG), "--per-node")
    assert checked.returncode == 0
    assert checked.stdout.splitlines()[-2:] == ["n1  1", "n2  0"]


@pytest.mark.parametrize("command", ["run", "serve", "check", "replay", "list-faults", "schema"])
def test_every_command_explains_itself(command: str) -> None:
    assert command in bmcsim("--help").stdout
    shown = bmcsim(command, "--help")
    assert shown.returncode == 0
    assert "Usage:" in shown.stdout


def test_a_shell_can_be_taught() -> None:
    completion = subprocess.run(
        [sys.executable, "-m", "bmcsim", "--show-completion", "bash"],
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert completion.returncode == 0
    assert "_completion" in completion.stdout


def test_the_example_of_the_repository_serves_both_doors(tmp_path: Path) -> None:
    example = Path(__file__).parents[3] / "examples" / "scenario.yaml"
    with running(tmp_path, example.read_text("utf-8")):
        nodes = ready(tmp_path)["nodes"]
        assert len(nodes) == 19
        # Its seed loses none of these, the first datagrams of their BMCs.
        for name in ("n01", "old8", "odd1"):
            assert ping(**nodes[name]["ipmi"]) == Pong(5).encode()  # type: ignore[arg-type]  # host and port
        assert httpx.get(f"{nodes['n01']['redfish']}/redfish", verify=False).json() == {"v1": "/redfish/v1/"}
