"""What docs/model.md says of the model is what is checked."""

from pathlib import Path

import pytest
import yaml

from documents import Document
from powerfsm.model.sizes import LARGE, SMALL
from powerfsm.model.unmodelled import ASSUMED, NOT_MODELLED
from powerfsm.spec import load

PAGE = Document("docs/model.md").path.read_text(encoding="utf-8")
STATES = yaml.safe_load((Path(__file__).parents[1] / "model" / "states.yaml").read_text(encoding="utf-8"))


@pytest.mark.parametrize("sentence", [*ASSUMED, *NOT_MODELLED])
def test_every_assumption_and_omission_is_told(sentence: str) -> None:
    assert f"- {sentence}\n" in PAGE


@pytest.mark.parametrize("bounds", sorted({size.bounds() for size in (*SMALL, *LARGE)}))
def test_the_bounds_of_every_run_are_told(bounds: str) -> None:
    assert f"| {bounds} |" in PAGE


@pytest.mark.parametrize(("name", "what", "states"), STATES)
def test_the_states_of_every_small_run_are_told(name: str, what: str, states: int) -> None:
    assert any(
        row.startswith(f"| {name} | ") and f"`{what}`" in row and f"| {states:,} |" in row
        for row in PAGE.splitlines()
    )


def test_every_property_about_the_end_is_told() -> None:
    for name, each in load().properties.items():
        if each.always is None:
            assert f"| `{name}` |" in PAGE
