"""`powerfsm nodes`: adding with paired hostlists, changing, removing, and importing a file."""

import json
from pathlib import Path

import pytest

from command_line import Run
from scripted_daemon import ScriptedDaemon


def test_nodes_are_added_with_hostlists_paired_by_the_daemon(daemon: ScriptedDaemon, run: Run) -> None:
    ran = run(
        *("nodes", "add", "r2n[01-40]", "--bmc", "10.0.1.[1-40]", "--port", "6001-6040"),
        *("--credentials", "rack2", "--group", "rack2", "--drift", "enforce", "--cipher-suite", "3"),
        *("--privilege", "operator", "--driver", "pyghmi", "--ranking", "latest-wins"),
        *("--timing", "settle=5", "--timing", "deadline=90.5"),
    )
    assert (ran.code, ran.out) == (0, "added 40: r2n[01-40]\n")
    assert daemon.bodies("POST", "/v1/nodes") == [
        {
            "names": "r2n[01-40]",
            "bmc": {
                "host": "10.0.1.[1-40]",
                "port": "6001-6040",
                "credentials": "rack2",
                "cipher_suite": 3,
                "privilege": "operator",
            },
            "policy": {
                "driver": "pyghmi",
                "drift": "enforce",
                "ranking": "latest-wins",
                "group": "rack2",
                "timings": {"settle": 5.0, "deadline": 90.5},
            },
        }
    ]


def test_what_is_not_given_is_left_to_the_daemon(daemon: ScriptedDaemon, run: Run) -> None:
    assert run("nodes", "add", "login1", "--bmc", "10.0.2.1").code == 0
    assert daemon.bodies("POST", "/v1/nodes") == [{"names": "login1", "bmc": {"host": "10.0.2.1", "port": 623}}]


def test_a_node_that_is_there_already_is_refused_as_things_stand(daemon: ScriptedDaemon, run: Run) -> None:
    ran = run("nodes", "add", "r1n[40-41]", "--bmc", "10.0.1.[1-2]")
    assert (ran.code, ran.out) == (1, "")
    assert "there is a node 'r1n40' already" in ran.err
    assert "r1n41" not in daemon.nodes


def test_nodes_are_listed_with_what_is_set_otherwise(daemon: ScriptedDaemon, run: Run) -> None:
    daemon.nodes["r1n02"]["bmc"] |= {"host": "2001:db8::2", "cipher_suite": 17}
    daemon.nodes["r1n02"]["policy"] |= {"group": "rack1", "ranking": "latest-wins", "timings": {"settle": 4.0}}
    ran = run("nodes", "list", "r1n[01-02]")
    assert ran.code == 0
    lines = [line.split() for line in ran.out.splitlines()]
    assert lines[1] == ["r1n01", "127.0.0.1:623", "default", "-", "flag", "-"]
    assert lines[2] == [
        *("r1n02", "[2001:db8::2]:623", "default", "rack1", "flag"),
        *("cipher-suite=17", "ranking=latest-wins", "settle=4"),
    ]


def test_names_alone_can_be_handed_to_another_command(daemon: ScriptedDaemon, run: Run) -> None:
    daemon.fleet("r1n[01-03]", "on")
    assert run("nodes", "list", "--state", "on", "--names").out == "r1n[01-03]\n"
    assert run("nodes", "list", "--group", "rack9", "--names").out == "\n"


def test_the_list_as_json_is_that_of_the_api(daemon: ScriptedDaemon, run: Run) -> None:
    assert json.loads(run("nodes", "list", "r1n01", "--json").out) == {"nodes": [daemon.nodes["r1n01"]]}


def test_nodes_are_changed_together_in_what_is_given(daemon: ScriptedDaemon, run: Run) -> None:
    ran = run("nodes", "change", "r1n[01-02]", "--drift", "adopt", "--no-group", "--cipher-suite", "auto")
    assert (ran.code, ran.out) == (0, "changed 2: r1n[01-02]\n")
    assert daemon.bodies("PATCH", "/v1/nodes") == [
        {"bmc": {"cipher_suite": None}, "policy": {"drift": "adopt", "group": None}}
    ]
    assert run("nodes", "change", "r1n01", "--no-timings").code == 0
    assert daemon.bodies("PATCH", "/v1/nodes")[-1] == {"policy": {"timings": {}}}


@pytest.mark.parametrize(
    "words",
    [
        ("change", "r1n01"),
        ("change", "r1n01", "--group", "a", "--no-group"),
        ("change", "r1n01", "--timing", "settle=1", "--no-timings"),
        ("change", "r1n01", "--timing", "settle"),
        ("change", "r1n01", "--timing", "settle=soon"),
        ("change", "r1n01", "--timing", "=3"),
        ("add", "r1n01"),
        ("add", "r1n01", "--bmc", "10.0.0.1", "--drift", "sometimes"),
        ("remove",),
    ],
)
def test_a_mistake_in_the_command_line_asks_nothing(
    daemon: ScriptedDaemon, run: Run, words: tuple[str, ...]
) -> None:
    assert run("nodes", *words).code == 2
    assert not daemon.asked


def test_nodes_are_removed_together(daemon: ScriptedDaemon, run: Run) -> None:
    assert run("nodes", "remove", "r1n[01-39]", "r9n99").code == 2
    assert len(daemon.nodes) == 40
    ran = run("nodes", "remove", "r1n[01-39]")
    assert (ran.code, ran.out) == (0, "removed: r1n[01-39]\n")
    assert list(daemon.nodes) == ["r1n40"]


FLEET = """\
nodes:
  - names: r2n[01-40]
    bmc: {host: "10.0.2.[1-40]", credentials: rack2}
    policy: {group: rack2, timings: {settle: 5}}
  - names: [login1, login2]
    bmc: {host: "{node}-bmc.example.net"}
"""


def test_a_file_of_nodes_is_added(daemon: ScriptedDaemon, run: Run, tmp_path: Path) -> None:
    file = tmp_path / "fleet.yaml"
    file.write_text(FLEET, "utf-8")
    ran = run("nodes", "import", str(file))
    assert (ran.code, ran.out) == (0, "added 40: r2n[01-40]\nadded 2: login[1-2]\n")
    assert daemon.bodies("POST", "/v1/nodes") == [
        {
            "names": "r2n[01-40]",
            "bmc": {"host": "10.0.2.[1-40]", "credentials": "rack2"},
            "policy": {"group": "rack2", "timings": {"settle": 5}},
        },
        {"names": ["login1", "login2"], "bmc": {"host": "{node}-bmc.example.net"}},
    ]


def test_a_file_of_nodes_can_come_from_standard_input(daemon: ScriptedDaemon, run: Run) -> None:
    ran = run("nodes", "import", "-", "--json", stdin=FLEET)
    assert json.loads(ran.out)["added"] == [
        {"added": 40, "names": "r2n[01-40]"},
        {"added": 2, "names": "login[1-2]"},
    ]
    assert "login2" in daemon.nodes


def test_the_first_entry_that_is_refused_ends_an_import_and_is_named(
    daemon: ScriptedDaemon, run: Run, tmp_path: Path
) -> None:
    file = tmp_path / "fleet.yaml"
    file.write_text(FLEET.replace("login1", "r1n01"), "utf-8")
    ran = run("nodes", "import", str(file))
    assert (ran.code, ran.out) == (1, "added 40: r2n[01-40]\n")
    assert f"{file}:5: not added" in ran.err
    assert "there is a node 'r1n01' already" in ran.err


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("nodes: [", "is not YAML"),
        ("[]", "expected `nodes:`"),
        ("", "expected `nodes:`"),
        ("nodes: {}", "expected `nodes:`"),
        ("nodes: []\nmore: 1", "expected `nodes:`"),
        ("nodes:\n  - 17", ":2: expected `names`, `bmc`"),
        ("nodes:\n  - names: a\n    bmc: {host: h}\n  - name: b", ":4: 'name' is not known here"),
        ("nodes:\n  - names: 17\n    bmc: {host: h}", ":2: `names` must be"),
        ("nodes:\n  - names: [1, 2]\n    bmc: {host: h}", ":2: `names` has something else than texts"),
        ("nodes:\n  - names: a", ":2: `bmc` must have"),
        ("nodes:\n  - names: a\n    bmc: {host: h}\n    policy: on", ":2: `policy` must be a mapping"),
        ("nodes:\n  - names: a\n    bmc: {host: h}\n    policy: {group: 2026-01-01}", ":2: a value is neither"),
    ],
)
def test_a_mistake_in_the_file_is_told_with_its_line_and_nothing_is_added(
    daemon: ScriptedDaemon, run: Run, tmp_path: Path, text: str, told: str
) -> None:
    file = tmp_path / "fleet.yaml"
    file.write_text(text, "utf-8")
    ran = run("nodes", "import", str(file))
    assert ran.code == 2
    assert told in ran.err
    assert not daemon.asked


def test_a_file_that_is_not_there_is_told(daemon: ScriptedDaemon, run: Run, tmp_path: Path) -> None:
    ran = run("nodes", "import", str(tmp_path / "none.yaml"))
    assert ran.code == 2
    assert "cannot be read" in ran.err
