"""docs/scenarios.md says what there is, and its example works."""

from pathlib import Path

import pytest

from documents import Document
from powerfsm.simulation.assumptions import DECLARED, beyond
from powerfsm.simulation.fault_draws import DRAWS, LEFT_OUT
from powerfsm.simulation.machines import MACHINES
from powerfsm.simulation.networks import NETWORKS
from powerfsm.simulation.plan import Kill
from powerfsm.simulation.plots import PLOTS
from powerfsm.simulation.scenario import Scenario, load, shipped
from powerfsm.simulation.swarm import draw

PAGE = Document("docs/scenarios.md")
TEXT = PAGE.path.read_text(encoding="utf-8")


def test_the_example_is_played_as_it_stands(tmp_path: Path) -> None:
    (example,) = PAGE.fenced("yaml")
    file = tmp_path / "mine.yaml"
    file.write_text(example)
    plans = [draw(load(str(file)), seed) for seed in range(20)]
    assert not any(beyond(plan) for plan in plans)
    assert all(fault.fault == "reboot" for plan in plans for fault in plan.faults[:1])
    assert any(isinstance(deed, Kill) for plan in plans for deed in plan.deeds)


def test_every_scenario_stands_there_with_what_it_says_of_itself() -> None:
    for scenario in shipped():
        assert f"| `{scenario.name}` | {scenario.about} {scenario.shows} |" in TEXT


@pytest.mark.parametrize(
    "table", [DRAWS, PLOTS, MACHINES, NETWORKS], ids=["faults", "plots", "machines", "networks"]
)
def test_every_line_of_a_table_stands_there(table: dict[str, tuple[str, object]]) -> None:
    for name, (about, _) in table.items():
        assert f"| `{name}` | {about} |" in TEXT


def test_what_is_left_out_stands_there_with_its_reason() -> None:
    rows = [line for line in TEXT.splitlines() if line.startswith("| `")]
    for name, reason in LEFT_OUT.items():
        assert any(f"`{name}`" in row and reason in row for row in rows), name


def test_the_times_that_plans_keep_to_stand_there() -> None:
    for name, seconds in DECLARED.items():
        assert f"`{name}` ({seconds:g} s)" in TEXT


def test_every_key_stands_there() -> None:
    for name, field in Scenario.model_fields.items():
        if name not in ("name", "patience"):
            assert f"`{field.alias}`" in TEXT or f"{field.alias}:" in TEXT, name
