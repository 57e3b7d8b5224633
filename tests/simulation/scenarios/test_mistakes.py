"""A scenario that is wrong says where, and what it should say instead."""

from pathlib import Path

import pytest

from powerfsm.simulation.scenario import Scenario, load
from powerfsm.simulation.scenario_mistakes import ScenarioError

SOUND = "about: Something.\nshows: Nothing much.\n"


def mistakes(text: str, tmp_path: Path) -> list[str]:
    file = tmp_path / "mine.yaml"
    file.write_text(text)
    with pytest.raises(ScenarioError) as told:
        load(str(file))
    return [line.removeprefix(f"{file}:") for line in str(told.value).splitlines()]


def test_a_file_needs_two_sentences_and_is_named_for_itself(tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text(SOUND)
    scenario = load(str(file))
    assert (scenario.name, scenario.nodes) == ("mine", 3)
    assert scenario.model_copy(update={"name": "x"}) == Scenario(
        name="x", about="Something.", shows="Nothing much."
    )


WRONG = {
    "": "1: the file is empty, expected `about`, `shows` and more",
    "[1, 2]": "1: not a mapping, expected keys such as `about: what happens`",
    "about: [": "1: not YAML: did not find expected node content",
    "about: Something.\n": "1: shows is missing, expected a sentence that says what is to be seen by it",
    SOUND + "about: Else.\n": '3: "about" stands here twice, expected it once (the first is in line 1)',
    SOUND + "nodes: 0\n": "3: nodes is 0, expected 1 or more",
    SOUND + "nodes: three\n": '3: nodes is "three", expected a whole number',
    SOUND + "hours: soon\n": '3: hours is "soon", expected a number',
    SOUND + "keep: 0\n": "3: keep is 0, expected more than 0",
    SOUND + "name: Big One\n": '3: name is "Big One", expected a name of small letters, digits and dashes',
    SOUND
    + "kills: {evry: [1, 2]}\n": "3: kills.evry is not known here, expected one of chance, every, most, aimed,"
    " power, writes, down, again",
    SOUND + "kills:\n  every: [5, 1]\n": "4: kills.every is [5, 1], expected two numbers, the smaller one first,"
    " such as [1, 5]",
    SOUND + "kills:\n  every: [0, 0]\n": "3: kills is {every: [0, 0]}, expected `every` with more than 0 s, as it"
    " would never end otherwise",
    SOUND + "requesters:\n  - every: [5]\n": "4: requesters.0.every has too few items, expected two numbers, the"
    " smaller one first, such as [1, 5]",
    SOUND + "requesters:\n  - every: 5\n": "4: requesters.0.every is 5, expected a list, such as [1, 5]",
    SOUND
    + "requesters:\n  - asks: {fly: 1}\n": "4: requesters.0.asks.fly is \"fly\", expected one of 'on', 'off',"
    " 'ready', 'soft-off', 'cycle' or 'reset'",
    SOUND + "requesters:\n  - asks: {on: 1}\n": '4: YAML reads a bare on as a boolean, expected it quoted: "on"',
    SOUND + "requesters:\n  - asks: {cycle: 0}\n": "4: requesters.0.asks is {cycle: 0}, expected at least one of"
    " them with a weight of more than 0",
    SOUND + "fleet:\n  machines: {promt: 1}\n": "4: fleet.machines is {promt: 1}, expected prompt? There is no"
    " machine promt",
    SOUND + "fleet:\n  machines: {xyz: 1}\n": "4: fleet.machines is {xyz: 1}, expected one of brisk, latching,"
    " prompt, slow, sluggish; there is no machine xyz",
    SOUND + "faults: {weights: {wrong-reading: 1}}\n": "3: faults.weights is {wrong-reading: 1}, expected another"
    " fault than wrong-reading, which is left out: success rests on what is read, so a BMC that reads off while it"
    " is on is believed",
    SOUND + "strikes:\n  - {fault: rebot}\n": '4: strikes.0.fault is "rebot", expected reboot? There is no fault'
    " rebot",
    SOUND + "strikes:\n  - {whom: all}\n": "4: strikes.0.fault is missing, expected a value",
    SOUND + "networks: {}\n": "3: networks is {}, expected at least one of them with a weight of more than 0",
    SOUND + "timings: {settle: 5}\n": "3: timings is {settle: 5}, expected timings other than settle, which is"
    " `settle` in `fleet`, as machines go by it",
    SOUND + "fleet: {settle: []}\n": "3: fleet.settle is [], expected a list that is not empty",
}


@pytest.mark.parametrize(("text", "told"), WRONG.items(), ids=range(len(WRONG)))
def test_a_mistake_is_told_with_its_line_and_what_was_expected(text: str, told: str, tmp_path: Path) -> None:
    assert mistakes(text, tmp_path) == [told]


def test_an_unknown_key_is_told_with_all_that_there_are(tmp_path: Path) -> None:
    (told,) = mistakes(SOUND + "nodez: 3\n", tmp_path)
    assert told.startswith("3: nodez is not known here, expected one of name, about, shows, nodes, hours")


def test_all_mistakes_are_told_at_once(tmp_path: Path) -> None:
    told = mistakes(SOUND + "nodes: 0\nhours: -1\n", tmp_path)
    assert [line.split(":")[0] for line in told] == ["3", "4"]


@pytest.mark.parametrize("name", ["packet-lifetime", "idle-limit", "soft-settle", "pol"])
def test_only_timings_on_which_no_promise_rests_can_be_set(name: str, tmp_path: Path) -> None:
    (told,) = mistakes(SOUND + f"timings: {{{name}: 5}}\n", tmp_path)
    assert name in told
    assert "answer, backoff" in told


def test_a_name_that_there_is_not_is_told_with_those_that_there_are() -> None:
    with pytest.raises(ScenarioError, match=r"no scenario 'swarn'; there are swarm, calm, .*\./swarn\.yaml"):
        load("swarn")


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(ScenarioError, match=r"mine\.yaml: cannot be read: No such file or directory"):
        load(str(tmp_path / "mine.yaml"))
