"""What simulations once found is not there any more.

Each plan in `regressions/` broke a promise when it was kept; `regressions/found.yaml` says what it has found.
"""

from pathlib import Path

import pytest
import yaml

from powerfsm.simulation.kept import plan_command, read_plan
from powerfsm.simulation.played import examine

FOLDER = Path(__file__).with_name("regressions")
KEPT = sorted(FOLDER.glob("*.json"))


@pytest.mark.parametrize("path", KEPT, ids=[path.stem for path in KEPT])
def test_a_plan_that_once_broke_a_promise_keeps_all_of_them(path: Path) -> None:
    played = examine(read_plan(path))
    assert not played.broken, f"{plan_command(path)}: {played.violations}"


def test_of_every_plan_it_is_told_what_it_has_found() -> None:
    found = yaml.safe_load((FOLDER / "found.yaml").read_text("utf-8")) or {}
    assert {path.name for path in KEPT} == found.keys(), "say in found.yaml what each plan has found"
    assert all(isinstance(text, str) and text for text in found.values())
