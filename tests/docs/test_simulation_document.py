"""What docs/simulation.md says of the command is so."""

import re
import shlex

import pytest

from command_line import run_here
from documents import Document
from powerfsm.simulation.promises import PROMISES
from powerfsm.simulation.scenario import shipped

SIMULATION = Document("docs/simulation.md")
TEXT = SIMULATION.path.read_text(encoding="utf-8")
COMMANDS = sorted({*re.findall(r"^    (powerfsm simulate[^#\n]*)", TEXT, re.MULTILINE)})


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_has_options_and_scenarios_that_there_are(command: str) -> None:
    _, name, *words = shlex.split(command)
    known = run_here(name, "--help").out.split()
    assert {word for word in words if word.startswith("--")} <= set(known)
    if words and not words[0].startswith("--"):
        assert words[0] in {scenario.name for scenario in shipped()}


def test_options_that_are_named_are_there() -> None:
    named = {code.split()[0] for code in SIMULATION.code if code.startswith("--")}
    assert len(named) >= 5
    assert named <= set(run_here("simulate", "--help").out.split())


def test_it_tells_of_every_promise_what_is_looked_at() -> None:
    assert [int(number) for number in re.findall(r"^\| (\d+) \|", TEXT, re.MULTILINE)] == list(PROMISES)
