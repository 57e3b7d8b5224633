"""Plans in files: nothing is lost on the way there and back."""

import json
from pathlib import Path

import pytest

from powerfsm.simulation.kept import PlanUnreadable, plan_command, plan_text, read_plan, write_plan
from powerfsm.simulation.seeds import Drawing


@pytest.mark.parametrize("seed", range(1, 7))
def test_a_plan_that_was_kept_is_the_plan_that_was_drawn(tmp_path: Path, seed: int) -> None:
    plan = Drawing("swarm").plan(seed)
    path = tmp_path / "kept" / "plan.json"
    write_plan(plan, path)
    assert read_plan(path) == plan
    path.write_text(plan.model_dump_json())
    assert read_plan(path) == plan


def test_a_kept_plan_has_a_line_for_each_deed_and_says_nothing_needless() -> None:
    plan = Drawing("swarm").plan(1)
    text = plan_text(plan)
    assert len([line for line in text.splitlines() if '"do"' in line]) == len(plan.deeds)
    assert '"patient": true' not in text
    assert len(text) < len(plan.model_dump_json())


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "is not a plan"),
        ("hello", "is not a plan"),
        ("{}", "scenario: Field required"),
        (json.dumps({"scenario": "x", "seed": 1, "chaos": -1, "nodes": []}), "chaos: .* greater than or equal"),
        (json.dumps({"scenario": "x", "seed": 1, "chaos": 1, "nodes": [], "more": 1}), "more: Extra inputs"),
    ],
)
def test_what_is_no_plan_is_told_with_its_place(tmp_path: Path, text: str, told: str) -> None:
    path = tmp_path / "plan.json"
    path.write_text(text)
    with pytest.raises(PlanUnreadable, match=told):
        read_plan(path)


def test_the_command_that_plays_a_plan_names_its_file() -> None:
    assert plan_command(Path("kept/swarm-17.json")) == "powerfsm simulate kept/swarm-17.json"
