"""What tests hold in their hands, from plain code and beside both event loops, over real sockets."""

import asyncio
import socket
import threading
from collections.abc import Awaitable, Callable

import httpx
import pytest
import trio

from bmcsim import FAMILIES, CannotBindError, Hardware, Power, Profile, Span, User
from bmcsim.events import Event
from bmcsim.faults import FaultError, Rule
from bmcsim.faults.network import Drop, Way
from bmcsim.pytest_plugin.factory import BmcFleets, Wishes
from bmcsim.pytest_plugin.handles import SimulatedBmc
from bmcsim.pytest_plugin.thread import FleetThread
from bmcsim.records import Claim, UnreadableError
from powerfsm.ipmi.wire.asf import Ping, Pong

SLOW = Profile(hardware=Hardware(boot_delay=Span.of(0.05), off_delay=Span.of(0.05)))


def ping(bmc: SimulatedBmc) -> bytes:
    """Ping it as a program that blocks does."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.settimeout(30)
        client.sendto(Ping(7).encode(), (bmc.host, bmc.port))
        return client.recv(100)


def shout(bmc: SimulatedBmc) -> None:
    """Ping it and wait for nothing."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.sendto(Ping(7).encode(), (bmc.host, bmc.port))


def simulator_threads() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "bmcsim"]


def test_every_bmc_of_a_fleet_answers_code_that_blocks(fleets: BmcFleets) -> None:
    fleet = fleets("n[1-100]")
    assert len(fleet) == 100
    assert {ping(bmc) for bmc in fleet} == {Pong(7).encode()}
    assert [bmc.name for bmc in fleet][:2] == ["n1", "n2"]
    assert fleet["n7"].port == next(e for e in fleet["n7"].log if e["event"] == "started")["port"]


@pytest.mark.parametrize("tls", [False, True], ids=["http", "https"])
def test_redfish_is_served_beside_ipmi(fleets: BmcFleets, *, tls: bool) -> None:
    bmc = fleets("n[1-2]", tls=tls)["n2"]
    bmc.press_power_button()
    assert bmc.url.startswith("https" if tls else "http:")
    with httpx.Client(
        base_url=bmc.url, auth=(bmc.username, bmc.password), verify=False, trust_env=False
    ) as client:
        (system,) = client.get("/redfish/v1/Systems").json()["Members"]
        assert client.get(system["@odata.id"]).json()["PowerState"] == "On"


def test_the_real_power_is_seen_and_waited_for(fleets: BmcFleets) -> None:
    fleet = fleets("n[1-2]", profile=SLOW)
    n1 = fleet["n1"]
    assert n1.power == "off"
    n1.press_power_button()
    n1.wait_for_power("on")
    assert n1.power == "on"
    assert fleet.powers == {"n1": Power.ON, "n2": Power.OFF}
    n1.press_power_button()
    event = n1.wait_for("power", times=2)
    assert (event["to"], event["cause"]) == ("off", "operator")
    assert n1.wait_for("power", to="on") is next(e for e in n1.log if e["event"] == "power")


def test_pulling_the_plug_silences_it_until_it_is_back(fleets: BmcFleets) -> None:
    fleet = fleets("n[1-2]")
    bmc = fleet["n1"]
    bmc.press_power_button()
    bmc.lose_mains()
    assert bmc.power == "off"
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.sendto(Ping(7).encode(), (bmc.host, bmc.port))
        # The same thread takes what came later later, so by now it has taken that one too.
        ping(fleet["n2"])
        client.setblocking(False)
        with pytest.raises(BlockingIOError):
            client.recv(100)
    bmc.regain_mains()
    assert ping(bmc) == Pong(7).encode()


def test_time_is_skipped_for_a_fleet_and_its_timer_goes_on(fleets: BmcFleets) -> None:
    slow = Hardware(boot_delay=Span.of(3600), soft_off_delay=Span.of(3600.05))
    bmc = fleets("n1", profile=Profile(hardware=slow))["n1"]
    bmc.press_power_button()
    assert bmc.power == "off"
    bmc.skip(3600)
    assert bmc.power == "on"
    bmc.press_power_button()
    bmc.skip(3600)
    # The rest of it passes by itself, with nobody asking.
    assert bmc.wait_for("power", to="off")["t"] > fleets.log[0]["t"] + 7200
    with pytest.raises(ValueError, match="-1 s"):
        bmc.skip(-1)


def test_what_does_not_come_is_told(fleets: BmcFleets) -> None:
    bmc = fleets.first
    with pytest.raises(TimeoutError, match=r"^bmc: 'command command=on' 2 times did not come within 0.01 s$"):
        bmc.wait_for("command", times=2, patience=0.01, command="on")
    with pytest.raises(TimeoutError, match=r"^bmc: power 'on' did not come within"):
        bmc.wait_for_power("on", patience=0.01)
    with pytest.raises(ValueError, match="'blue'"):
        bmc.wait_for_power("blue")


async def waits(bmc: SimulatedBmc) -> Event:
    """Wait both ways, beside any event loop."""
    bmc.press_power_button()
    await bmc.until_power("on")
    return await bmc.until("power", to="on")


async def is_disappointed(bmc: SimulatedBmc) -> None:
    with pytest.raises(TimeoutError, match="did not come"):
        await bmc.until("command", patience=0.01)


async def test_trio_waits_without_blocking_its_loop(fleets: BmcFleets) -> None:
    bmc = fleets("n1", profile=SLOW)["n1"]
    assert (await waits(bmc))["cause"] == "operator"
    await is_disappointed(bmc)
    with trio.move_on_after(0.01) as given_up:
        await bmc.until_power("off")
    assert given_up.cancelled_caught


@pytest.fixture
def in_asyncio() -> Callable[[Awaitable[None]], None]:
    """Runs something under asyncio, in a plain test."""

    def run(wanted: Awaitable[None]) -> None:
        async def main() -> None:
            await wanted

        asyncio.run(main())

    return run


def test_asyncio_waits_without_blocking_its_loop(
    fleets: BmcFleets, in_asyncio: Callable[[Awaitable[None]], None]
) -> None:
    bmc = fleets("n1", profile=SLOW)["n1"]

    async def whole() -> None:
        assert (await waits(bmc))["cause"] == "operator"
        await is_disappointed(bmc)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(bmc.until_power("off"), 0.01)

    in_asyncio(whole())


def test_many_threads_may_ask_at_once(fleets: BmcFleets) -> None:
    fleet = fleets("n[1-20]")

    def press(bmc: SimulatedBmc) -> None:
        for _ in range(11):
            bmc.press_power_button()

    hands = [threading.Thread(target=press, args=(bmc,)) for bmc in fleet]
    for hand in hands:
        hand.start()
    for hand in hands:
        hand.join()
    assert set(fleet.powers.values()) == {Power.ON}
    assert len([event for event in fleet.log if event["event"] == "power"]) == 220


def test_the_judge_is_asked_about_all_fleets_of_a_test(fleets: BmcFleets) -> None:
    with pytest.raises(UnreadableError, match="no BMC"):
        fleets.check()
    bmc = fleets("a1")["a1"]
    fleets("b[1-2]")
    assert fleets.check().holds
    assert fleets.check().nodes == 3
    told = Claim(fleets.log[-1]["t"], "a1", Power.ON, declared=True)
    verdict = fleets.check([told])
    assert not verdict.holds
    assert "declared on while its power was off" in verdict.contradictions[0].what
    assert bmc.commands == []


def test_a_node_is_in_one_fleet_only(fleets: BmcFleets) -> None:
    fleets("n[1-4]")
    with pytest.raises(ValueError, match=r"^n4 is in another fleet of this test already"):
        fleets("n[4-6]")


def test_the_usual_fleet_is_made_once(fleets: BmcFleets) -> None:
    assert fleets() is fleets()
    assert fleets.first is fleets()["bmc"]


def test_a_family_is_asked_for_by_name(fleets: BmcFleets) -> None:
    fleet = fleets("n1", profile="slow-old")
    assert fleet.thread.fleet["n1"].profile == FAMILIES["slow-old"]
    assert ping(fleet["n1"]) == Pong(7).encode()


def test_what_is_no_wish_and_what_is_no_hostlist_is_told(fleets: BmcFleets) -> None:
    with pytest.raises(TypeError, match="profiel"):
        fleets("n1", profiel=SLOW)
    with pytest.raises(ValueError, match="no hostlist"):
        fleets("n[1-")
    with pytest.raises(ValueError, match=r"no family 'slow-odl' of BMCs, only .*slow-old"):
        fleets("n1", profile="slow-odl")
    with pytest.raises(ValueError, match="2 hosts for 3 nodes"):
        fleets("n[1-3]", hosts="127.0.0.[1-2]")


def test_each_node_may_have_an_address_of_its_own(fleets: BmcFleets) -> None:
    fleet = fleets("n[1-3]", hosts="127.201.0.[1-3]")
    assert [bmc.host for bmc in fleet] == ["127.201.0.1", "127.201.0.2", "127.201.0.3"]
    assert ping(fleet["n3"]) == Pong(7).encode()


def test_an_address_that_cannot_be_bound_is_told_and_no_thread_is_left(fleets: BmcFleets) -> None:
    before = simulator_threads()
    with pytest.raises(CannotBindError, match=r"^n1 at 192\.0\.2\.1:0: "):
        fleets("n1", hosts="192.0.2.1")
    assert [thread for thread in simulator_threads() if thread not in before and thread.is_alive()] == []


def test_closing_ends_thread_and_waiting_and_frees_the_port() -> None:
    fleets = BmcFleets(Wishes())
    bmc = fleets.first
    thread = fleets().thread
    waiting = thread.event(lambda _: False, 60, "the end of days")
    fleets.close()
    fleets.close()
    with pytest.raises(RuntimeError, match="not served any more"):
        waiting.result(30)
    with pytest.raises(RuntimeError, match="not served any more"):
        bmc.press_power_button()
    with pytest.raises(RuntimeError, match="not served any more"):
        bmc.wait_for("command")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:
        free.bind((bmc.host, bmc.port))
    assert fleets.check().holds


def test_an_error_in_the_thread_is_raised_where_it_was_asked_for(fleets: BmcFleets) -> None:
    thread = fleets().thread
    with pytest.raises(ZeroDivisionError):
        thread.call(lambda: 1 / 0)
    assert thread.call(lambda: thread.call(lambda: "also from within")) == "also from within"


def test_an_error_that_ends_the_serving_is_raised_at_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    fleets = BmcFleets(Wishes())
    thread: FleetThread = fleets().thread

    def break_down() -> None:
        raise OSError("no such luck")

    monkeypatch.setattr(thread.log, "flush", break_down)
    with pytest.raises(OSError, match="no such luck"):
        thread.call(lambda: None)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.sendto(b"anything", (fleets.first.host, fleets.first.port))
    thread._thread.join(30)
    with pytest.raises(RuntimeError, match="were not served to the end"):
        fleets.close()


def lost(bmc: SimulatedBmc) -> int:
    return len([event for event in bmc.log if event["event"] == "fault" and event["kind"] == "drop"])


def test_faults_are_switched_for_one_bmc_and_for_all(fleets: BmcFleets) -> None:
    fleet = fleets("n[1-3]", faults=[Rule(Drop(), nodes="n3", times=1)])
    for bmc in fleet:
        shout(bmc)
    ping(fleet["n1"])
    with fleet["n1"].faults.on("drop", steps=["ping"], times=1) as rule:
        shout(fleet["n1"])
        fleet["n1"].wait_for("fault", kind="drop")
        assert fleet["n1"].faults.struck(rule) == 1
        ping(fleet["n1"])
    with fleet.faults.on(Drop(way=Way.IN), nodes="n[2-3]"):
        for bmc in fleet:
            shout(bmc)
        fleet["n3"].wait_for("fault", times=2)
    for bmc in fleet:
        ping(bmc)
    assert [lost(bmc) for bmc in fleet] == [1, 1, 2]
    with pytest.raises(FaultError, match="no such nodes"):
        fleet.faults.add(Rule(Drop(), nodes="n9"))
    with pytest.raises(FaultError, match="no fault 'dorp'"):
        fleets("n4", faults=["dorp"])


def test_no_secret_is_shown(fleets: BmcFleets) -> None:
    secret = Profile(users=(User(""), User("root", "s3cret-word")))
    fleet = fleets("n1", profile=secret)
    assert (fleet["n1"].username, fleet["n1"].password) == ("root", "s3cret-word")
    assert "s3cret" not in f"{fleet['n1']!r} {fleet!r} {fleets.wishes!r} {fleets.lines}"
    assert repr(fleet) == "<SimulatedFleet n1>"
