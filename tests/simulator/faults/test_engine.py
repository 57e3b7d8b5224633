"""When faults strike."""

import json
from collections import Counter

import pytest
import trio
import trio.testing

import bmcsim.faults.execution
import bmcsim.faults.life
import bmcsim.fleet
from bmcsim import CATALOGUE, Fleet, MemoryLog, Rule, Span, in_memory
from bmcsim.bmc import Bmc
from bmcsim.faults import Busy, Drop, FaultError, Hang, OrderIgnored, Point, Reboot, Step, Way, make
from bmcsim.machine import Order
from console import Console
from driven_fleet import driven
from powerfsm.drivers.errors import Refused
from powerfsm.ipmi.wire.asf import Ping
from powerfsm.power import Command, Power


def fleet_of(nodes: str = "n[1-3]", seed: int = 0) -> Fleet:
    return Fleet.of(nodes, seed=seed, log=MemoryLog(), clock=lambda: 0.0)


def strikes(fleet: Fleet, times: list[float], node: str = "n1", step: Step = Step.CHASSIS_STATUS) -> list[float]:
    """Return at which of these times a fault strikes a command."""
    fleet.faults.start(0)
    return [now for now in times if fleet.faults.strike(node, Point.COMMAND, step, now)]


def test_a_fleet_without_rules_has_no_faults() -> None:
    fleet = fleet_of()
    assert not list(fleet.faults)
    assert strikes(fleet, [0, 1]) == []
    assert not fleet.faults.suffering


def test_a_rule_strikes_its_nodes_and_no_others() -> None:
    fleet = fleet_of()
    with fleet.faults.on(Busy(), nodes="n[1,3]"):
        assert [node for node in ("n1", "n2", "n3") if strikes(fleet, [0], node)] == ["n1", "n3"]
    assert strikes(fleet, [0]) == []


def test_a_rule_strikes_from_when_until_when() -> None:
    fleet = fleet_of()
    with fleet.faults.on(Busy(), since=10, until=20):
        assert strikes(fleet, [0, 9.9, 10, 19.9, 20]) == [10, 19.9]


def test_seconds_count_from_the_first_that_is_heard_of_the_fleet() -> None:
    fleet = fleet_of()
    fleet.faults.start(1000)
    fleet.faults.add(Rule(Busy(), since=10))
    assert fleet.faults.strike("n1", Point.COMMAND, Step.OTHER, 1009) is None
    assert fleet.faults.strike("n1", Point.COMMAND, Step.OTHER, 1010) == Busy()


def test_a_rule_strikes_each_node_so_many_times() -> None:
    fleet = fleet_of()
    with fleet.faults.on(Busy(), times=2) as rule:
        assert strikes(fleet, [0, 1, 2, 3]) == [0, 1]
        assert strikes(fleet, [0, 1, 2, 3], "n2") == [0, 1]
        assert (fleet.faults.struck(rule), fleet.faults.struck(rule, "n1")) == (4, 2)


def test_a_rule_strikes_its_steps() -> None:
    fleet = fleet_of()
    with fleet.faults.on(Busy(), steps={"chassis-control"}):
        assert strikes(fleet, [0]) == []
        assert strikes(fleet, [0], step=Step.CHASSIS_CONTROL) == [0]


def test_the_first_rule_that_strikes_does() -> None:
    fleet = fleet_of()
    fleet.faults.add(Rule(make("completion-code", {"code": "D1h"}), times=1))
    fleet.faults.add(Rule(Busy()))
    fleet.faults.start(0)
    struck = [fleet.faults.strike("n1", Point.COMMAND, Step.OTHER, 0) for _ in range(2)]
    assert [fault and fault.name for fault in struck] == ["completion-code", "busy"]


def test_a_rule_is_as_likely_as_it_says_and_throws_the_same_in_every_run() -> None:
    def thrown(seed: int, node: str) -> list[float]:
        fleet = fleet_of(seed=seed)
        with fleet.faults.on(Busy(), probability=0.3):
            return strikes(fleet, [float(now) for now in range(1000)], node)

    assert 250 < len(thrown(1, "n1")) < 350
    assert thrown(1, "n1") == thrown(1, "n1")
    assert thrown(1, "n1") != thrown(2, "n1")
    assert thrown(1, "n1") != thrown(1, "n2")


def test_each_strike_is_in_the_log() -> None:
    log = MemoryLog()
    fleet = Fleet.of("n1", log=log, clock=lambda: 0.0)
    with fleet.faults.on(Busy()):
        strikes(fleet, [5])
    assert log.named("fault") == [
        {"t": 5, "node": "n1", "event": "fault", "kind": "busy", "step": "chassis-status"}
    ]


def test_rules_can_be_listed_and_removed_once() -> None:
    fleet = fleet_of()
    first, second = fleet.faults.add(Rule(Busy())), fleet.faults.add(Rule(Busy()))
    fleet.faults.remove(first)
    assert list(fleet.faults) == [second]
    with pytest.raises(FaultError, match="not in force"):
        fleet.faults.remove(first)


@pytest.mark.parametrize(
    ("rule", "says"),
    [
        ({"steps": frozenset({"rakp1"})}, "busy cannot strike at 'rakp1', only at auth-capabilities,"),
        ({"steps": frozenset({"chasis-status"})}, "cannot strike at 'chasis-status'"),
        ({"probability": 1.5}, "a probability of 1.5"),
        ({"probability": -1}, "a probability of -1"),
        ({"since": 10, "until": 10}, "no time at all"),
        ({"since": -1}, "no time at all"),
        ({"times": 0}, "leave it out"),
    ],
)
def test_a_rule_that_could_never_strike_is_refused(rule: dict[str, object], says: str) -> None:
    with pytest.raises(FaultError, match=says):
        Rule(Busy(), **rule)  # type: ignore[arg-type]  # fields as given


@pytest.mark.parametrize(
    ("nodes", "says"), [("n[3-5]", r"n\[4-5\]"), ("n[1-", "no hostlist"), ("", "no such nodes")]
)
def test_a_rule_for_nodes_that_there_are_not_is_refused(nodes: str, says: str) -> None:
    fleet = fleet_of()
    with pytest.raises(FaultError, match=says):
        fleet.faults.add(Rule(Busy(), nodes=nodes))
    assert not list(fleet.faults)


async def test_a_bmc_reboots_by_the_clock_whether_anybody_asks_or_not(
    autojump_clock: trio.testing.MockClock,
) -> None:
    async with driven(nodes="n[1-2]") as scene:
        session = await scene.open()
        reboot = make("reboot", {"silence": 30, "initialising": 0})
        with scene.fleet.faults.on(reboot, nodes="n1", since=100):
            closed = await scene.log.until(lambda event: event["event"] == "session-closed")
            assert (closed["t"], closed["by"]) == (100, "crash") or closed["by"] == "idle"
            await trio.sleep_until(129)
            assert not scene.answers("n1")
            assert scene.answers("n2")
            await trio.sleep_until(131)
            assert await scene.read() is Power.OFF
        assert [event["t"] for event in scene.struck("reboot")] == [100]
        assert session.id


async def test_what_happens_by_the_clock_happens_at_once_where_its_time_has_come_and_not_where_it_is_taken_back(
    autojump_clock: trio.testing.MockClock,
) -> None:
    async with driven() as scene:
        await trio.sleep(10)
        with scene.fleet.faults.on(Hang(), since=5):
            await trio.sleep(0.1)
            assert not scene.answers("n1")
        with scene.fleet.faults.on(Reboot(), since=200):
            pass
        await trio.sleep_until(300)
        assert scene.answers("n1")
        assert scene.struck("reboot") == []


def test_a_bmc_without_a_fleet_has_faults_of_its_own(bmc: Bmc) -> None:
    console = Console(bmc, now=5).login()
    bmc.faults.start(5)
    with bmc.faults.on(Hang(Span.of(10)), since=20):
        console.now = 24
        assert console.reads_on() is False
        console.now = 25
        with pytest.raises(AssertionError, match="silent"):
            console.reads_on()
        console.now = 35
        assert console.reads_on() is False


async def test_a_fault_that_is_for_one_of_two_happens_to_one_of_two(
    autojump_clock: trio.testing.MockClock,
) -> None:
    async with driven(nodes="n[1-100]") as scene:
        with scene.fleet.faults.on(Hang(), probability=0.5):
            await trio.sleep(1)
            hung = sum(not bmc.answering for bmc in scene.fleet)
        assert 30 < hung < 70


@pytest.mark.parametrize("seed", [1, 2])
def test_the_same_seed_gives_the_same_log_with_faults_on(seed: int) -> None:
    def story() -> str:
        log = MemoryLog()

        async def play() -> None:
            fleet = Fleet.of("n[1-5]", seed=seed, log=log, clock=trio.current_time)
            for name in ("drop", "duplicate", "reorder", "delay", "corrupt", "truncate", "slow", "blocked"):
                fleet.faults.add(Rule(make(name), probability=0.2))
            fleet.faults.add(Rule(Reboot(), nodes="n[2-3]", since=3, probability=0.5))
            async with in_memory(fleet) as network:
                link = network.link()
                for tag in range(100):
                    for address in fleet.addresses.values():
                        link.send(Ping(tag).encode(), address)
                    await trio.sleep(0.1)
                await trio.sleep(300)

        trio.run(play, clock=trio.testing.MockClock(autojump_threshold=0))
        return json.dumps(log.entries)

    first = story()
    assert first == story()
    assert len(Counter(event["kind"] for event in json.loads(first) if event["event"] == "fault")) >= 8


async def test_the_datagrams_of_nodes_without_rules_are_not_looked_into(
    autojump_clock: trio.testing.MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    def look(*_: object) -> Step:
        raise AssertionError("this costs time")

    async with driven(nodes="n[1-2]") as scene:
        with scene.fleet.faults.on(Drop(), nodes="n2"):
            for module in (bmcsim.fleet, bmcsim.faults.life):
                monkeypatch.setattr(module, "step_of", look)
            monkeypatch.setattr(bmcsim.faults.execution, "step_of_command", look)
            async with scene.session() as session:
                await session.command(Command.ON)
                assert await session.read_power() is Power.ON
            with pytest.raises(AssertionError, match="costs time"):
                scene.network.link().send(Ping(1).encode(), scene.fleet.addresses["n2"])


async def test_a_fault_can_be_switched_on_and_off_in_the_middle_of_a_session(
    autojump_clock: trio.testing.MockClock,
) -> None:
    async with driven() as scene, scene.session() as session:
        with scene.fleet.faults.on(Busy(), steps={"chassis-status"}), pytest.raises(Refused):
            await session.read_power()
        assert await session.read_power() is Power.OFF


def test_what_has_parameters_is_made_of_what_a_file_says() -> None:
    assert make("drop", {"way": "in"}) == Drop(way=Way.IN)
    assert make("reboot", {"silence": "45-60", "initialising": 5}) == Reboot(Span(45, 60), Span.of(5))
    on_and_cycle = make("order-ignored", {"orders": ["on", "cycle"]})
    assert on_and_cycle == OrderIgnored(frozenset({Order.ON, Order.CYCLE}))
    # YAML reads on and off as true and false.
    assert make("order-ignored", {"orders": [True, "cycle"]}) == on_and_cycle
    assert [make("completion-code", {"code": code}) for code in ("C0h", "0xC0", "192")] == [
        make("completion-code", {"code": 192})
    ] * 3


@pytest.mark.parametrize(
    ("name", "values", "parameter", "says"),
    [
        ("no-such", {}, "fault", "there is no fault 'no-such'"),
        ("busy", {"code": 1}, "code", "busy has no parameter 'code'; it has none"),
        ("drop", {"wya": "in"}, "wya", "drop has no parameter 'wya'; it has way"),
        ("drop", {"way": "up"}, "way", "it can be in, out, both"),
        ("drop", {"way": 3}, "way", "it is one of in, out, both"),
        ("one-way", {"lost": "both"}, "lost", "partition loses both"),
        ("completion-code", {"code": 0}, "code", "code is 00h; it goes from 01h to FFh"),
        ("completion-code", {"code": 256}, "code", "it goes from 01h to FFh"),
        ("completion-code", {"code": "busy"}, "code", "C0h"),
        ("completion-code", {"code": True}, "code", "a whole number"),
        ("completion-code", {"done": "yes"}, "done", "true or false"),
        ("delay", {"by": "late"}, "by", "no span of seconds"),
        ("delay", {"by": [1, 2]}, "by", "a span of seconds"),
        ("corrupt", {"bits": 0}, "bits", "it goes from 1 to 1000"),
        ("truncate", {"keep": 2}, "keep", "it goes from 0 to 1"),
        ("order-ignored", {"orders": ["up"]}, "orders", "it can be off, on,"),
        ("order-ignored", {"orders": 7}, "orders", "a list of off, on,"),
        ("password-rotated", {"password": "x" * 21}, "password", "longer than 20 bytes"),
        ("password-rotated", {"password": 12345}, "password", "is of another type"),
        ("http-status", {"code": 200}, "code", "it goes from 400 to 599"),
    ],
)
def test_a_parameter_that_cannot_be_is_refused_with_what_it_can_be(
    name: str, values: dict[str, object], parameter: str, says: str
) -> None:
    with pytest.raises(FaultError) as caught:
        make(name, values)
    assert says in str(caught.value)
    assert caught.value.parameter == parameter
    assert "12345" not in str(caught.value)
    assert "xxx" not in str(caught.value)


@pytest.mark.parametrize("name", CATALOGUE)
def test_every_fault_can_be_made_with_nothing_said_and_put_in_force(name: str) -> None:
    fault = make(name)
    assert fault == CATALOGUE[name]()
    fleet = fleet_of()
    rule = fleet.faults.add(Rule(fault))
    fleet.faults.remove(rule)


def test_no_secret_is_shown() -> None:
    assert "hidden" not in repr(make("password-rotated", {"password": "hidden"}))
