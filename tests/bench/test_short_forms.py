"""The benchmarks of storms and starts run, and what they tell is possible; how long it takes is not judged."""

import json
import sys
from typing import Any

import pytest

from command_line import ROOT
from real_site import forget_settings, run

Figures = dict[str, Any]


@pytest.fixture(autouse=True)
def plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of whoever runs the tests leaks into the daemons that are measured."""
    forget_settings(monkeypatch)


async def figures(name: str, **options: float) -> Figures:
    """Run a benchmark to its end; what it told."""
    words = [f"--{option}={value}" for option, value in options.items()]
    ran = await run(sys.executable, ROOT / "bench" / f"{name}.py", *words, "--json")
    assert ran.code == 0, ran.err
    told: Figures = json.loads(ran.out)
    return told


@pytest.mark.slow
async def test_a_storm_is_measured() -> None:
    told = await figures("storm", requests=3000, nodes=30, requesters=10, calm=3, settle=0.5, boot=0.1)
    assert told["requests"] == 3000
    assert sum(told["operations"].values()) <= 3000
    assert told["operations"]["succeeded"] >= 30
    assert 0 < told["seconds_until_all_are_durable"] < told["seconds_until_all_has_ended"]
    commands = told["commands"]
    # A node that was off and is asked to be off in the end needs none.
    assert 1 <= commands["commands"] <= 3000
    assert 0 < commands["commands_of_room"] <= 1
    assert commands["changes_of_direction_most"] <= commands["room_for_changes_of_direction"]


@pytest.mark.slow
async def test_the_fences_of_a_calm_are_measured() -> None:
    told = await figures("storm", requests=100, nodes=10, requesters=2, calm=10, settle=0.5, boot=0.1)
    calm = told["calm"]
    assert calm["supersedes"] == calm["with_an_open_session"] == 10
    # Each is later than the one before, in each supersede, and so by rank; and nothing is sent before it may be.
    steps = ("durable_to_close_sent", "durable_to_closed_at_bmc", "durable_to_close_answered")
    for rank in ("p50", "p99", "max"):
        moments = [0.0, *(calm[step][rank] for step in steps), calm["durable_to_next_command"][rank] - 0.5]
        assert moments == sorted(moments)
    assert calm["durable_to_next_command"]["count"] == 10
    assert 0 <= calm["allowed_to_next_command"]["p50"] < calm["durable_to_next_command"]["p50"] - 0.4


@pytest.mark.slow
async def test_a_start_after_a_kill_is_measured() -> None:
    told = await figures("recovery", nodes=300, outstanding=30)
    assert told["nodes"] == 300
    # Those that were commanded and not read need none.
    assert told["commands"] == 20
    assert 0 < told["seconds_to_first_fence"] < told["seconds_to_last_fence"]
    assert told["seconds_to_first_fence"] < told["seconds_to_first_command"] < told["seconds_to_last_command"]
    # A node that was told on, and is to be off, settles first.
    assert told["seconds_to_first_fence"] + 3 <= told["seconds_to_last_command"] < told["seconds_to_last_end"]
    assert told["seconds_to_ready"] > 0
    assert 0 < told["api_answer_p50"] <= told["api_answer_most"]
    assert told["bytes_a_node_in_the_end"] * 300 < told["bytes_at_most"]


@pytest.mark.slow
async def test_simulations_are_measured() -> None:
    ran = await run(
        sys.executable,
        ROOT / "bench" / "simulation.py",
        "--nodes",
        "2",
        "6",
        "--minutes",
        "0.5",
        "--every=10",
        "--json",
    )
    assert ran.code == 0, ran.err
    small, large = json.loads(ran.out)["sizes"]
    assert (small["nodes"], large["nodes"]) == (2, 6)
    for told in (small, large):
        # Half a minute, what it takes to come to rest, and the last question.
        assert 0.03 < told["virtual_hours"] < 1
        assert told["virtual_hours_a_second"] > 0
        assert told["node_hours_a_second"] > told["virtual_hours_a_second"]
        assert told["times_as_slow_with_requests"] > 0
        for shares in (told["shares"], told["shares_without_requests"]):
            assert shares.keys() <= {"sqlite", "trio", "daemon", "bmcsim", "simulation", "other"}
            assert {"sqlite", "trio"} <= shares.keys()
            assert sum(shares.values()) == pytest.approx(1, abs=0.01)
