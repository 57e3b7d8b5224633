"""What a scenario says will happen, happens at its time; and the same seed has it happen at the same time."""

from pathlib import Path

import pytest
import trio
import trio.testing

from bmcsim import MemoryLog, in_memory
from bmcsim.deeds import Deed
from bmcsim.events import Event
from bmcsim.scenario import parse_scenario, plan


async def lived(text: str, seconds: float) -> list[Event]:
    """What happened in so many seconds, with times from the start."""
    log = MemoryLog()
    begun = trio.current_time()
    fleet = plan(parse_scenario(text.encode(), "s.yaml", Path())).fleet(log, clock=trio.current_time)
    async with in_memory(fleet):
        await trio.sleep(seconds)
    return [{**event, "t": round(event["t"] - begun, 3)} for event in log if event["event"] != "started"]


def powers(events: list[Event]) -> list[tuple[float, str, str, str]]:
    return [(e["t"], e["node"], e["to"], e["cause"]) for e in events if e["event"] == "power"]


async def test_a_button_is_pressed_at_its_time(autojump_clock: trio.testing.MockClock) -> None:
    events = await lived("nodes: n[1-2]\nevents: [{at: 5, do: button, nodes: n2}]", 10)
    assert powers(events) == [(5, "n2", "on", "operator")]


async def test_mains_are_lost_and_come_back(autojump_clock: trio.testing.MockClock) -> None:
    events = await lived(
        """
        nodes: [{names: n1, machine: {power: on, restore: previous}}]
        events: [{at: 5, do: plug-out, lasting: 30}]
        """,
        100,
    )
    assert powers(events) == [(5, "n1", "off", "mains"), (35, "n1", "on", "mains")]


async def test_what_happens_every_so_often_happens_so_many_times(autojump_clock: trio.testing.MockClock) -> None:
    events = await lived(
        "nodes: n1\nevents: [{at: 5, do: wake}, {at: 6, every: 10, times: 2, do: power-failure}]", 99
    )
    assert powers(events) == [(5, "n1", "on", "system"), (6, "n1", "off", "system")]
    events = await lived(
        "nodes: n1\nevents: [{at: 5, every: 10, do: wake}, {at: 6, every: 10, times: 2, do: power-failure}]", 99
    )
    assert [t for t, *_ in powers(events)] == [5, 6, 15, 16, 25]


async def test_a_range_is_drawn_for_each_node_and_by_the_seed(autojump_clock: trio.testing.MockClock) -> None:
    text = "seed: {}\nnodes: n[1-5]\nevents: [{{at: 10-60, do: wake}}]"
    first, again, other = [powers(await lived(text.format(seed), 100)) for seed in (1, 1, 2)]
    assert first == again
    assert first != other
    assert len({t for t, *_ in first}) == 5
    assert all(10 <= t <= 60 for t, *_ in first)


@pytest.mark.parametrize("deed", list(Deed))
async def test_everything_that_may_happen_can_happen(deed: Deed, autojump_clock: trio.testing.MockClock) -> None:
    events = await lived(f"nodes: [{{names: n1, machine: {{power: on}}}}]\nevents: [{{at: 1, do: {deed}}}]", 20)
    quiet = {Deed.PLUG_IN, Deed.WAKE, Deed.HANG, Deed.BMC_REBOOT}
    assert bool(powers(events)) is (deed not in quiet)
