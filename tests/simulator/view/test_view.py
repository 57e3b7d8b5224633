"""What is shown of a fleet is what there is, on a terminal and as lines."""

import io

import trio.testing
from rich.console import Console

from bmcsim import Fleet, MemoryLog
from bmcsim.tally import Tally
from bmcsim.view import Lines, Screen, Watch, view_for
from bmcsim.view.screen import drawn, keep_showing


def watched() -> tuple[Fleet, Tally, Watch]:
    tally = Tally(MemoryLog())
    fleet = Fleet.of("n[1-4]", log=tally, clock=trio.current_time)
    return fleet, tally, Watch(fleet, tally)


async def test_a_picture_counts_what_happened(autojump_clock: trio.testing.MockClock) -> None:
    fleet, tally, watch = watched()
    fleet.press_power_button("n1")
    fleet.press_power_button("n2")
    fleet["n3"].crash(trio.current_time())
    tally.add(1.0, "n1", "fault", kind="busy")
    tally.add(1.0, "n1", "session-opened", session=1)
    fleet.received, fleet.sent = 30, 20
    await trio.sleep(5)
    picture = watch.look()
    assert dict(picture.powers) == {"on": 2, "off": 2}
    assert (picture.silent, picture.sessions, picture.faults) == (1, 1, {"busy": 1})
    assert picture.rate == 10
    assert [event["event"] for event in picture.recent] == ["power", "power", "fault", "session-opened"]


async def test_a_rate_is_that_of_the_last_seconds(autojump_clock: trio.testing.MockClock) -> None:
    fleet, _, watch = watched()
    fleet.received = 1000
    for _ in range(40):
        await trio.sleep(0.5)
        picture = watch.look()
    assert picture.rate == 0
    fleet.received += 50
    await trio.sleep(0.5)
    assert 5 < watch.look().rate < 15


async def test_elsewhere_than_on_a_terminal_a_line_comes_only_when_something_changed(
    autojump_clock: trio.testing.MockClock,
) -> None:
    fleet, _, watch = watched()
    out = io.StringIO()
    view = view_for(Console(file=out))
    assert isinstance(view, Lines)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(keep_showing, view, watch)
        await trio.sleep(62)
        fleet.press_power_button("n1")
        await trio.sleep(60)
        nursery.cancel_scope.cancel()
    assert out.getvalue().splitlines() == [
        "    0.0 s  4 BMCs: 0 on, 4 off; 0 sessions; 0 datagrams in, 0 out (0/s); commands: none",
        "   65.0 s  4 BMCs: 1 on, 3 off; 0 sessions; 0 datagrams in, 0 out (0/s); commands: none",
    ]


async def test_a_terminal_is_drawn_on(autojump_clock: trio.testing.MockClock) -> None:
    fleet, tally, watch = watched()
    for number in range(12):
        tally.add(number, "n1", "fault", kind=f"kind-{number:02}")
    tally.add(20.0, "n2", "refused", what="rakp3", code="0Fh")
    out = io.StringIO()
    console = Console(file=out, width=110, force_terminal=True)
    assert isinstance(view_for(console), Screen)
    plain = Console(file=io.StringIO(), width=110, record=True)
    plain.print(drawn(watch.look()))
    text = plain.export_text()
    assert "4 more" in text
    assert "rakp3" in text
    assert "what=rakp3 code=0Fh" in text
    with trio.move_on_after(2):
        await keep_showing(view_for(console), watch)
    assert "sessions open" in out.getvalue()
    assert fleet.received == 0
