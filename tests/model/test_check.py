"""`powerfsm check`: the promises hold in every state that there is, and it would tell if they did not."""

import json
import re
from pathlib import Path

import pytest
import yaml

from command_line import run_here
from powerfsm.cli import checking
from powerfsm.cli.exits import Exit
from powerfsm.model import sequence, trace
from powerfsm.model.check import Check
from powerfsm.model.mutants import mutants, spec_of
from powerfsm.model.sizes import LARGE, SMALL, Size
from powerfsm.model.spin import MissingTools, require_tools
from powerfsm.power import Ask
from powerfsm.rehearsal import rehearse
from powerfsm.spec import load
from strangers import missing, stranger

POWER_YAML = Path(__file__).parents[2] / "spec" / "power.yaml"

STATES = yaml.safe_load((Path(__file__).parent / "states.yaml").read_text(encoding="utf-8"))


@pytest.mark.slow
@pytest.mark.timeout(600)
@stranger("spin", "gcc")
def test_every_promise_holds_within_the_small_bounds_and_is_put_to_the_test() -> None:
    ran = run_here("check", "--json")
    told = json.loads(ran.out)
    assert [run for run in told["runs"] if not run["good"]] == []
    assert [name for name, lines in told["witnesses"].items() if not lines] == []
    assert [each for each in told["unreached"] if not each["why"]] == []
    assert (ran.code, told["good"]) == (Exit.OK, True)
    states = [
        [run["name"], run["property"] or "always", run["states"]] for run in told["runs"] if not run["trace"]
    ]
    assert states == STATES


@stranger("spin", "gcc")
def test_the_counterexample_of_a_spec_without_its_fence_is_broken_by_the_real_code_too(tmp_path: Path) -> None:
    spec = load()
    unfenced = next(each for each in mutants(spec.file) if each.name == "drive/initial/settling")
    size = Size(name="on and off", requests=2, luck=2, asks=(Ask.ON, Ask.OFF), ranking="latest-wins")
    report = Check(spec_of(unfenced, spec), tmp_path).run([size])
    (result,) = report.results
    assert not result.good
    assert not report.good
    found = trace.parse(result.trail)
    assert found.broken
    assert rehearse(found, spec_of(unfenced, spec)).confirmed
    assert not rehearse(found, spec).broken
    assert found.broken[0].property in sequence.text(found, spec)


@stranger("spin", "gcc")
def test_a_changed_spec_that_breaks_a_promise_is_told_drawn_and_rehearsed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    size = Size(name="off and on", requests=2, luck=1, asks=(Ask.ON, Ask.OFF), ranking="latest-wins")
    monkeypatch.setattr(checking, "SMALL", (size,))
    changed = tmp_path / "unsettled.yaml"
    settled = POWER_YAML.read_text(encoding="utf-8")
    unsettled = settled.replace("fenced: {to: settling, do: []}", "fenced: {to: opening, do: []}")
    assert unsettled != settled
    changed.write_text(unsettled, encoding="utf-8")
    ran = run_here("check", "--spec", str(changed))
    assert ran.code == Exit.NOT_DONE
    assert "BROKEN" in ran.out
    assert "it broke what is promised" in ran.out
    assert "\n" + "requester             registry" in ran.out
    assert "Everything holds" not in ran.out


def test_a_spec_that_cannot_be_run_is_refused_with_its_line(tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.yaml"
    wrong.write_text(POWER_YAML.read_text(encoding="utf-8").replace("commands at-most 1", "commands at-most few"))
    ran = run_here("check", "--spec", str(wrong))
    assert ran.code == Exit.USAGE
    assert re.search(r'wrong.yaml:\d+: property one-command: "few" stands, expected a number', ran.err)


@stranger("spin", "gcc")
def test_a_run_that_puts_a_property_to_the_test_is_drawn_and_what_was_made_is_kept(tmp_path: Path) -> None:
    ran = run_here("check", "--witness", "taken-up", "--draw", "mermaid", "--keep", str(tmp_path / "kept"))
    assert ran.code == Exit.OK
    assert ran.out.startswith("sequenceDiagram")
    assert (tmp_path / "kept" / "1-always" / "model.pml").exists()


def test_a_property_that_there_is_not_is_refused_with_those_that_there_are() -> None:
    if missing("spin", "gcc"):
        pytest.skip("not installed: spin, gcc")
    ran = run_here("check", "--witness", "eternal-bliss")
    assert ran.code == Exit.USAGE
    assert "there is no property 'eternal-bliss'; there are one-command" in ran.err


def test_a_directory_that_is_there_is_not_written_into(tmp_path: Path) -> None:
    ran = run_here("check", "--keep", str(tmp_path))
    assert ran.code == Exit.USAGE
    assert f"{tmp_path} is there already" in ran.err


def test_missing_programs_are_told_with_their_packages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(MissingTools, match=re.escape("as root: apt-get install spin gcc")):
        require_tools()
    ran = run_here("check")
    assert ran.code == Exit.USAGE
    assert "apt-get install spin gcc" in ran.err


def test_both_rankings_every_property_about_the_end_and_unfairness_are_checked() -> None:
    spec = load()
    about_the_end = {name for name, each in spec.properties.items() if each.always is None}
    for sizes in (SMALL, LARGE):
        assert {size.ranking for size in sizes} == set(spec.rankings)
        assert {size.claim for size in sizes if size.claim and not size.fails} == about_the_end
    assert {size.claim for size in SMALL if not size.fair} == about_the_end
