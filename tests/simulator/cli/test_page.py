"""`docs/simulator.md` is a promise: its commands run, its tables have what there is."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from bmcsim import MemoryLog, events
from bmcsim.control import control_app
from bmcsim.deeds import Deed
from bmcsim.fleet import Fleet
from bmcsim.scenario import json_schema, parse_scenario, plan
from bmcsim.tally import Tally
from documents import Document

PAGE = Document("docs/simulator.md")
TEXT = PAGE.path.read_text(encoding="utf-8")
SEARCH = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"


def words(cell: str) -> list[str]:
    return re.findall(r"`([^`]+)`", cell)


@pytest.mark.stranger
@pytest.mark.skipif(shutil.which("ipmitool") is None, reason="ipmitool is not installed")
def test_every_command_of_the_quick_start_does_what_it_should(tmp_path: Path) -> None:
    block = "".join(PAGE.fenced("console"))
    commands = [line.removeprefix("$ ") for line in block.splitlines()]
    assert all(line.startswith("$ ") for line in block.splitlines())
    script = "\n".join(["set -e", *commands, "kill %1", "wait %1"])
    ran = subprocess.run(
        ["bash", "-c", script],
        cwd=tmp_path,
        env={**os.environ, "PATH": SEARCH, "NO_COLOR": "1"},
        capture_output=True,
        text=True,
        check=False,
        timeout=100,
    )
    assert ran.returncode == 0, ran.stderr
    assert "Chassis Power is on" in ran.stdout
    assert "session-opened" in ran.stdout
    assert "overlapping commands" in ran.stdout
    assert (tmp_path / "scenario.schema.json").stat().st_size > 1000


def test_keys_are_those_that_a_scenario_can_have() -> None:
    schema = json_schema()
    tables = TEXT.partition("\n## The scenario\n")[2].partition("\n## ")[0].split("| key | default | what it is |")
    of_scenario, of_group = (
        [re.match(r"\| `([a-z-]+)`", line) for line in part.partition("\n\n")[0].splitlines()]
        for part in tables[1:]
    )
    assert {match[1] for match in of_scenario if match} == set(schema["properties"])
    assert {match[1] for match in of_group if match} == set(schema["$defs"]["GroupModel"]["properties"])


def test_keys_that_are_named_for_profiles_and_machines_are_there() -> None:
    definitions = json_schema()["$defs"]
    for key, model in (("bmc", "ProfileOverrides"), ("machine", "HardwareOverrides")):
        (row,) = [line for line in TEXT.splitlines() if line.startswith(f"| `{key}` |")]
        named = set(words(row)) - {key}
        assert named
        assert named <= set(definitions[model]["properties"])


def test_mappings_in_the_text_are_those_of_a_scenario() -> None:
    mappings = [yaml.safe_load(code) for code in PAGE.code if code.startswith("{") and "..." not in code]
    assert mappings
    for mapping in mappings:
        if "fault" in mapping:
            text = yaml.safe_dump({"nodes": "n[1-10]", "faults": [mapping]})
        elif "do" in mapping and "at" in mapping:
            text = yaml.safe_dump({"nodes": "n[1-10]", "events": [mapping]})
        elif "hosts" in mapping or "host" in mapping:
            count = "[1-10000]" if "39" in str(mapping) and "port" not in mapping else "[1-40]"
            text = yaml.safe_dump({"nodes": [{"names": f"n{count}", "addresses": mapping}]})
        elif "tls" in mapping:
            text = yaml.safe_dump({"nodes": [{"names": "n1", "redfish": mapping}]})
        else:
            continue
        assert plan(parse_scenario(text.encode(), "page", Path())).profiles


def test_what_can_be_done_is_what_there_is() -> None:
    table = TEXT.partition("| `do` | what happens |")[2].partition("\n\n")[0]
    named = re.findall(r"^\| `([a-z-]+)` \|", table, re.MULTILINE)
    assert named == list(Deed)


def test_requests_are_those_that_are_answered() -> None:
    listed = {
        (method, re.sub(r"/n1$", "/{name}", re.sub(r"/1$", "/{number}", path.partition("?")[0])))
        for method, path in re.findall(r"^\| `(GET|POST|DELETE) ([^`]+)`", TEXT, re.MULTILINE)
    }
    tally = Tally(MemoryLog())
    described = control_app(Fleet.of("n1", log=tally), tally).openapi()
    answered = {(method.upper(), path) for path, each in described["paths"].items() for method in each}
    assert listed == answered


def test_events_are_those_of_the_log() -> None:
    table = TEXT.partition("| event | fields |")[2].partition("\n\n")[0]
    listed = {word for line in table.splitlines()[2:] for word in words(line.split("|")[1])}
    declared = set(re.findall(r"^    ([a-z-]+) {2,}", str(events.__doc__), re.MULTILINE))
    assert listed == declared | {"diagnostic"}


def test_options_that_are_named_are_there() -> None:
    shown = subprocess.run(
        f"for each in run serve check replay; do {sys.executable} -m bmcsim $each --help; done",
        shell=True,
        env={**os.environ, "COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=True,
        timeout=100,
    ).stdout
    named = {word for code in PAGE.code for word in re.findall(r"--[a-z-]+", code)} - {"--install-completion"}
    assert named
    for option in named:
        assert option in shown
