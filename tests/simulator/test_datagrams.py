"""Datagrams in the log are decoded, in order, and hold nothing that is secret."""

import json

import pytest

from bmcsim import Fleet, MemoryLog, Profile, User
from bmcsim.bmc import Bmc
from bmcsim.datagrams import Datagrams
from bmcsim.events import Event
from bmcsim.sessions import Address
from console import Console

PASSWORD = "opensesame"


class TappedConsole(Console):
    """A console whose datagrams pass the tap of a fleet on their way."""

    fleet: Fleet

    def say(self, datagram: bytes) -> bytes | None:
        """Send raw bytes, by way of the fleet."""
        answers: list[bytes] = []

        def take(answer: bytes, _: Address) -> None:
            answers.append(answer)

        self.fleet.receive(self.bmc, datagram, self.source, take)
        self.fleet.finish()
        return answers[0] if answers else None


def tapped(**profile: object) -> tuple[MemoryLog, Fleet, Bmc, TappedConsole]:
    log = MemoryLog()
    users = (User("admin", PASSWORD),)
    fleet = Fleet.of("n1", Profile(users=users, **profile), log=log, clock=lambda: 5.0)  # type: ignore[arg-type]  # fields as given
    fleet.tap = Datagrams(log)
    console = TappedConsole(fleet["n1"], password=PASSWORD)
    console.fleet = fleet
    return log, fleet, fleet["n1"], console


def told(log: MemoryLog) -> list[tuple[object, ...]]:
    return [(e["way"], e["step"], e.get("code")) for e in log.named("datagram")]


def test_a_session_is_told_step_by_step() -> None:
    log, _, _, console = tapped()
    console.login()
    console.control(1)
    console.close()
    steps = ["open-session", "rakp1", "rakp3", "set-privilege", "chassis-control", "close-session"]
    expected = [(way, step, code) for step in steps for way, code in (("in", None), ("out", "00h"))]
    assert told(log) == expected
    events = log.named("datagram")
    assert {event["session"] for event in events[1:]} == {console.session_id}
    assert all(event["peer"] == "192.0.2.9:5000" for event in events)


def test_the_order_of_a_power_command_stands_there() -> None:
    log, _, _, console = tapped()
    console.login().control(1)
    (order,) = [e for e in log.named("datagram") if e["step"] == "chassis-control" and e["way"] == "in"]
    assert (order["netfn"], order["cmd"], order["data"], order["seq"]) == (0, 2, "01", 2)


def test_a_refusal_has_its_code() -> None:
    log, _, _, console = tapped()
    console.login()
    console.control(2)
    assert told(log)[-1] == ("out", "chassis-control", "D5h")


@pytest.mark.parametrize(
    "garbage", [b"", b"\x06", b"\x06\x00\xff\x07", b"\x06\x00\xff\x07" + bytes(60), bytes(900)]
)
def test_what_nobody_can_read_is_told_as_such(garbage: bytes) -> None:
    log, _, _, console = tapped()
    console.say(garbage)
    (event,) = [e for e in log.named("datagram") if e["way"] == "in"]
    assert event["length"] == len(garbage)


def test_nothing_secret_is_written_down() -> None:
    log, _, _, console = tapped(kg=b"open-kg")
    console.kg = b"open-kg"
    console.login()
    console.control(1)
    console.close()
    text = "\n".join(json.dumps(event) for event in log)
    assert console.exchange is not None
    assert console.keys is not None
    exchange, keys = console.exchange, console.keys
    secret: list[bytes] = [
        PASSWORD.encode(),
        b"open-kg",
        exchange.rakp2_code(PASSWORD.encode()),
        exchange.rakp3_code(PASSWORD.encode()),
        exchange.check_value(keys),
        exchange.bmc_random,
    ]
    for each in secret:
        assert each.hex() not in text
        assert each.decode("latin-1") not in text


def test_without_a_tap_no_datagram_is_written_down() -> None:
    log, fleet, _, console = tapped()
    fleet.tap = None
    console.login()
    assert log.named("datagram") == []


def longest(log: MemoryLog) -> int:
    return max(len(json.dumps(event)) for event in log)


def test_lines_stay_short_enough_never_to_cross_a_page() -> None:
    log, _, _, console = tapped()
    console.login()
    events: list[Event] = log.named("datagram")
    assert events
    assert longest(log) < 512
