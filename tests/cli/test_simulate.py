"""`powerfsm simulate`: what it plays, what it says of it, and how it ends."""

import hashlib
import json
import shlex
import signal
import sys
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import pytest

import examinations
from command_line import PATIENCE, Run, Start
from powerfsm.simulation.crew import Crew
from powerfsm.simulation.kept import read_plan
from powerfsm.simulation.plan import Plan
from powerfsm.simulation.scenario import shipped
from powerfsm.simulation.seeds import Drawing
from powerfsm.simulation.shrink import CrewBreaks

SMALL = ("--nodes", "1", "--hours", "0.01")
"""Of a simulation that takes a second."""

Spoil = Callable[[Any], None]


@pytest.fixture
def spoil(monkeypatch: pytest.MonkeyPatch) -> Spoil:
    """Have crews do something else with a plan than to play it with the daemon as it is."""

    def spoiling(examine: Any) -> None:
        for module in ("simulating_one", "simulating_many", "shrinking"):
            monkeypatch.setattr(f"powerfsm.cli.{module}.Crew", partial(Crew, examine=examine))

    return spoiling


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever is left, is left in a directory of the test's own."""
    monkeypatch.chdir(tmp_path)


def test_one_seed_is_told_with_its_plan_a_summary_and_every_promise(run: Run) -> None:
    ran = run("simulate", "--seed", "2", *SMALL)
    assert ran.code == 0, ran
    lines = ran.out.splitlines()
    assert lines[0].startswith("seed:    2 of swarm: 1 node, ")
    assert lines[0].endswith("0.01 h of chaos")
    for label in ("planned", "faults", "requests", "operations", "commands", "processes", "struck", "time"):
        assert any(line.startswith(f"{label}:") for line in lines), label
    assert [line.split()[0] for line in lines if "holds" in line] == [str(number) for number in range(1, 11)]
    assert lines[-2:] == ["To play it again:", "  powerfsm simulate swarm --seed 2 --nodes 1 --hours 0.01"]


def test_the_log_is_what_the_digest_is_of_and_the_plan_is_what_is_played(run: Run) -> None:
    ran = run("simulate", "--seed", "2", *SMALL, "--json", "--log", "all.jsonl", "--plan", "kept/plan.json")
    assert ran.code == 0
    told = json.loads(ran.out)
    log = Path("all.jsonl").read_bytes()
    assert hashlib.sha256(log).hexdigest() == told["digest"]
    told_of = {json.loads(line).get("happening", "plan") for line in log.splitlines()}
    assert told_of > {"plan", "asked", "sent", "at-the-end"}
    assert read_plan(Path("kept/plan.json")) == Drawing("swarm", 1, 0.01).plan(2)
    again = run("simulate", "kept/plan.json", "--json")
    assert again.code == 0
    assert json.loads(again.out)["digest"] == told["digest"]


def test_json_has_everything_for_other_programs(run: Run) -> None:
    told = json.loads(run("simulate", "--seed", "2", *SMALL, "--json").out)
    assert (told["good"], told["scenario"], told["seed"], told["smaller"]) == (True, "swarm", 2, None)
    assert told["plan"]["nodes"] == 1
    assert told["promises"].keys() == {str(number) for number in range(1, 11)}
    assert all(promise["violated"] == 0 for promise in told["promises"].values())
    assert told["requests"]["asked"] >= told["requests"]["answered"] > 0
    assert sum(told["processes"].values()) >= 1
    assert told["virtual_seconds"] > 36


@pytest.mark.slow
def test_the_same_seed_is_the_same_log_byte_for_byte_in_every_process(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    running = []
    for number in (1, 2):
        monkeypatch.setenv("PYTHONHASHSEED", str(number))
        words = ("--seed", "5", "--nodes", "2", "--hours", "0.02", "--log", f"{number}.jsonl")
        running.append(start("simulate", *words))
    for process in running:
        _, err = process.communicate(timeout=PATIENCE)
        assert process.returncode == 0, err
    one, two = (Path(f"{number}.jsonl").read_bytes() for number in (1, 2))
    assert len(one) > 10_000
    assert one == two


@pytest.mark.slow
def test_a_seed_that_breaks_a_promise_is_told_made_smaller_and_kept(run: Run, spoil: Spoil) -> None:
    spoil(examinations.without_fences)
    ran = run("simulate", "--seed", "2", *SMALL, "--keep", "kept", "--jobs", "2", "--shrink-for", "20")
    assert ran.code == 1, ran
    (verdict,) = [line for line in ran.out.splitlines() if line.startswith("8  ")]
    assert "VIOLATED" in verdict
    assert "What n1 went through before the first of them:" in ran.out
    assert "  powerfsm simulate swarm --seed 2 --nodes 1 --hours 0.01" in ran.out
    assert ran.out.rstrip().endswith("  powerfsm simulate kept/swarm-2.json")
    small, drawn = read_plan(Path("kept/swarm-2.json")), Drawing("swarm", 1, 0.01).plan(2)
    assert len(small.deeds) < len(drawn.deeds)

    again = run("simulate", "kept/swarm-2.json", "--no-shrink", "--json")
    assert again.code == 1
    first = json.loads(again.out)
    assert first["command"] == "powerfsm simulate kept/swarm-2.json"
    assert first["promises"]["8"]["violated"] > 0
    assert first["promises"]["8"]["first"][0]["what"]
    assert first["story"]
    assert first["smaller"] is None


def test_what_was_kept_holds_once_the_daemon_is_mended(run: Run) -> None:
    plan = Drawing("swarm", 1, 0.01).plan(2)
    Path("kept.json").write_text(plan.model_dump_json())
    assert run("simulate", "kept.json").code == 0


def test_many_seeds_are_summed_up(run: Run) -> None:
    ran = run("simulate", "--seeds", "1..3", *SMALL, "--jobs", "2")
    assert ran.code == 0, ran
    lines = ran.out.splitlines()
    assert lines[0].startswith("seeds:      3 in ")
    assert lines[0].endswith("0 failed")
    assert [line.split()[0] for line in lines if "holds" in line] == [str(number) for number in range(1, 11)]
    for label in ("requests", "processes", "slowest", "struck", "killed in", "transitions"):
        assert any(line.startswith(f"{label}:") for line in lines), label


def test_json_of_many_seeds_counts_what_there_was_in_the_swarm(run: Run) -> None:
    ran = run("simulate", "--seeds", "1..3", *SMALL, "--jobs", "2", "--json")
    told = json.loads(ran.out)
    assert (told["good"], told["seeds"], told["done"], told["failed"]) == (True, 3, 3, [])
    assert len(told["slowest"]) == 3
    assert told["coverage"].keys() == {"faults", "deeds", "killed_in", "transitions"}
    taken = {(each["before"], each["after"]) for each in told["coverage"]["transitions"] if each["taken"]}
    assert ("powering-on", "on") in taken
    assert all(isinstance(each["taken"], int) for each in told["coverage"]["transitions"])


def test_of_many_seeds_those_that_fail_are_told_each_with_its_command(run: Run, spoil: Spoil) -> None:
    spoil(examinations.examine)
    seeds = f"1..{examinations.BREAKS}"
    ran = run("simulate", "--seeds", seeds, *SMALL, "--jobs", "2", "--limit", "3", "--no-shrink")
    assert ran.code == 1
    rows = ran.out.partition("COMMAND\n")[2].splitlines()
    told = {int(row.split()[0]): row for row in rows}
    assert told.keys() == {
        examinations.DIES,
        examinations.RAISES,
        examinations.HANGS,
        examinations.ENDS,
        examinations.BREAKS,
    }
    for seed, row in told.items():
        assert row.endswith(f"powerfsm simulate swarm --seed {seed} --nodes 1 --hours 0.01")
    assert "died: its process was killed by SIGKILL" in told[examinations.DIES]
    assert "crashed: LookupError in examinations.py" in told[examinations.RAISES]
    assert "too slow: given up after 3 s" in told[examinations.HANGS]
    assert "breaks promise 6: it came on" in told[examinations.BREAKS]
    assert "every simulation comes to its end" in ran.out


def test_a_simulation_that_crashes_is_told_with_its_traceback(run: Run, spoil: Spoil) -> None:
    spoil(examinations.examine)
    ran = run("simulate", "--seed", str(examinations.RAISES), *SMALL, "--no-shrink")
    assert ran.code == 1
    assert "did not come to its end: crashed (LookupError in examinations.py" in ran.err
    assert "LookupError: this seed raises" in ran.err


def test_fail_fast_stops_at_the_first(run: Run, spoil: Spoil) -> None:
    spoil(examinations.examine)
    seeds = f"{examinations.RAISES},1..100"
    ran = run("simulate", "--seeds", seeds, *SMALL, "--jobs", "1", "--fail-fast", "--no-shrink", "--json")
    assert ran.code == 1
    told = json.loads(ran.out)
    assert (told["seeds"], told["done"]) == (100, 1)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("no-such", "there is no scenario 'no-such'"),
        ("none.yaml", "none.yaml"),
        ("none.json", "none.json"),
        ("--seeds nine", "write 1..1000"),
        ("--seeds 9..1", "ends before it begins"),
        ("--seeds 1..3 --seed 1", "--seeds"),
        ("--seeds 1..3 --log all.jsonl", "--log"),
        ("--seeds 1..3 --plan plan.json", "--plan"),
        ("plan.json --nodes 3", "--nodes"),
        ("--nodes 0", "--nodes"),
        ("--hours 0", "--hours"),
        ("--jobs 0", "--jobs"),
        ("--seed 1 --log nowhere/all.jsonl", "nowhere/all.jsonl"),
    ],
)
def test_what_is_wrongly_asked_is_told(run: Run, words: str, told: str) -> None:
    ran = run("simulate", *shlex.split(words))
    assert (ran.code, ran.out) == (2, ""), ran
    assert told in ran.err


def test_a_file_that_is_no_plan_is_told_with_what_is_wrong(run: Run) -> None:
    Path("plan.json").write_text('{"scenario": "swarm", "seed": 1, "chaos": 60, "nodes": [{"name": 7}]}')
    ran = run("simulate", "plan.json")
    assert (ran.code, ran.out) == (2, "")
    assert "plan.json is not a plan: nodes.0.name" in ran.err


def test_where_plans_cannot_be_kept_it_is_told_before_anything_is_played(run: Run) -> None:
    Path("taken").write_text("")
    ran = run("simulate", "--keep", "taken")
    assert (ran.code, ran.out) == (2, "")
    assert "taken is no directory that can be written to" in ran.err


def test_without_apsw_it_says_how_to_have_it(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "apsw", None)
    ran = run("simulate")
    assert (ran.code, ran.out) == (2, "")
    assert "pip install 'powerfsm[simulation]'" in ran.err


def test_the_scenarios_that_ship_are_listed_with_a_sentence_each(run: Run) -> None:
    ran = run("simulate", "--list")
    assert ran.code == 0
    for scenario in shipped():
        (line,) = [line for line in ran.out.splitlines() if line.split()[0] == scenario.name]
        assert line.endswith(scenario.about)
    told = json.loads(run("simulate", "--list", "--json").out)
    assert [each["name"] for each in told["scenarios"]] == [scenario.name for scenario in shipped()]


def test_names_of_scenarios_are_completed(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("_POWERFSM_COMPLETE", "complete_bash")
    monkeypatch.setenv("COMP_WORDS", "powerfsm simulate sw")
    monkeypatch.setenv("COMP_CWORD", "2")
    out, err = start().communicate(timeout=PATIENCE)
    assert (out.split(), err) == (["swarm"], "")


def test_ctrl_c_while_a_plan_is_made_smaller_keeps_the_smallest_so_far(
    run: Run, spoil: Spoil, monkeypatch: pytest.MonkeyPatch
) -> None:
    spoil(examinations.examine)
    asked: list[int] = []

    def until_interrupted(plans: CrewBreaks, candidates: Sequence[Plan]) -> int | None:
        asked.append(len(candidates))
        if len(asked) > 2:
            raise KeyboardInterrupt
        return look(plans, candidates)

    look = CrewBreaks.__call__
    monkeypatch.setattr(CrewBreaks, "__call__", until_interrupted)
    ran = run("simulate", "--seed", str(examinations.BREAKS), "--nodes", "4", "--hours", "0.05", "--json")
    assert ran.code == 130
    drawn, small = Drawing("swarm", 4, 0.05).plan(examinations.BREAKS), read_plan(Path("swarm-17.json"))
    assert json.loads(ran.out)["smaller"]["nodes"] == len(small.nodes) < len(drawn.nodes)


@pytest.mark.slow
def test_ctrl_c_tells_what_was_found_so_far(start: Start) -> None:
    running = start("simulate", "--seeds", "1..1000", *SMALL, "--jobs", "1")
    assert running.stderr is not None
    assert "of 1000 seeds" in running.stderr.readline()
    running.send_signal(signal.SIGINT)
    out, err = running.communicate(timeout=PATIENCE)
    assert running.returncode == 130, err
    assert "of 1000 in " in out.splitlines()[0]
    assert err.rstrip().endswith("powerfsm: interrupted")
    assert "Traceback" not in err
