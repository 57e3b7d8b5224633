"""Families of real BMCs: what each does otherwise than the others, and that clients can drive all of them."""

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
import trio
import trio.testing

from bmcsim import FAMILIES, Fleet, MemoryLog, Power, Profile, User, in_memory
from bmcsim.bmc import Bmc as SimulatedBmc
from bmcsim.profile import RESET_TYPES, Identity, RedfishWays
from bmcsim.profiles import ALL
from bmcsim.profiles.page import page
from bmcsim.virtual import noise
from console import Console
from ipmi_bench import Logins
from powerfsm.bmc import Bmc
from powerfsm.credentials import Login
from powerfsm.drivers.errors import LoginRefused
from powerfsm.drivers.ipmi import IpmiDriver
from powerfsm.drivers.ipmi.session import IpmiSession
from powerfsm.ipmi.transport import open_transport
from powerfsm.ipmi.wire.commands import CipherSuitesRequest, DeviceId
from powerfsm.ipmi.wire.message import Request
from powerfsm.ipmi.wire.numbers import AppCommand, ChassisControl, Completion, NetFn
from powerfsm.ipmi.wire.packet import Packet
from powerfsm.ipmi.wire.suites import SUITE_3, SUITE_8, SUITE_17, CipherSuite
from powerfsm.power import Command
from powerfsm.power import Power as Reading
from redfish_desk import Desk

NAMES = sorted(FAMILIES)
Make = Callable[[str], SimulatedBmc]


@pytest.fixture
def make(log: MemoryLog) -> Make:
    """One BMC of a family."""

    def make(name: str) -> SimulatedBmc:
        return Fleet.of("n1", FAMILIES[name], log=log)["n1"]

    return make


async def _until_read(session: IpmiSession, wanted: Reading) -> float:
    """Wait for a reading; return how long it took."""
    began = trio.current_time()
    while True:
        if await session.read_power() is wanted:
            return trio.current_time() - began
        await trio.sleep(0.25)


@pytest.mark.parametrize("name", NAMES)
async def test_a_client_turns_every_family_on_and_off(
    name: str, log: MemoryLog, autojump_clock: trio.testing.MockClock
) -> None:
    fleet = Fleet.of("n1", FAMILIES[name], log=log, clock=trio.current_time)
    async with in_memory(fleet) as network, trio.open_nursery() as nursery:
        with open_transport(nursery, network.link(), random=noise(0)) as transport:
            driver = IpmiDriver(transport, Logins({"default": Login("admin", b"password")}))
            session = await driver.open(Bmc(*fleet.addresses["n1"]))
            for command, wanted in ((Command.ON, Reading.ON), (Command.OFF, Reading.OFF)):
                await session.command(command)
                took = await _until_read(session, wanted)
                hardware = FAMILIES[name].hardware
                delay = hardware.boot_delay if wanted is Reading.ON else hardware.off_delay
                assert delay.low - 1 <= took <= hardware.latch.high + delay.high + 2
            await session.close()
    assert [event["to"] for event in log.named("power")] == ["on", "off"]


def test_old_bmcs_are_deaf_to_the_question_for_cipher_suites(make: Make) -> None:
    question = Request(NetFn.APP, AppCommand.GET_CHANNEL_CIPHER_SUITES, CipherSuitesRequest(0x0E).encode())
    heard = {name for name in NAMES if Console(make(name)).say(Packet(0, question.encode()).encode()) is not None}
    assert heard == set(NAMES) - {"slow-old"}


def test_old_bmcs_have_no_sha256_and_openbmc_nothing_else(make: Make) -> None:
    def takes(name: str) -> set[CipherSuite]:
        return {
            suite for suite in (SUITE_3, SUITE_8, SUITE_17) if not Console(make(name), suite=suite).open().status
        }

    assert takes("slow-old") == {SUITE_3, SUITE_8}
    assert takes("openbmc-like") == {SUITE_17}
    assert takes("fast-modern") == {SUITE_3, SUITE_17}


@pytest.mark.parametrize(("name", "times"), [("openbmc-like", 2), ("fast-modern", 1)])
def test_openbmc_carries_a_duplicate_out_again(name: str, times: int, make: Make, log: MemoryLog) -> None:
    console = Console(make(name)).login()
    datagram = console.sealed(NetFn.CHASSIS, 0x02, bytes((ChassisControl.POWER_UP,)))
    console.say(datagram)
    console.say(datagram)
    assert len(log.named("command")) == times


def test_on_openbmc_a_late_duplicate_renews_the_idle_limit(make: Make) -> None:
    def alive_after_a_late_duplicate(name: str) -> bool:
        console = Console(make(name)).login()
        old = console.sealed(NetFn.CHASSIS, 0x01)
        console.say(old)
        for _ in range(20):
            console.request(NetFn.CHASSIS, 0x01)
        console.now = 50
        console.say(old)
        console.now = 100
        return console.say(console.sealed(NetFn.CHASSIS, 0x01)) is not None

    assert alive_after_a_late_duplicate("openbmc-like")
    assert not alive_after_a_late_duplicate("fast-modern")


@pytest.mark.parametrize(
    ("name", "code"),
    [("slow-old", Completion.OK), ("idrac-like", Completion.NOT_IN_PRESENT_STATE)],
)
def test_a_cycle_of_what_is_off_is_swallowed_or_refused(name: str, code: int, make: Make) -> None:
    suite = SUITE_3 if name == "slow-old" else SUITE_17
    console = Console(make(name), suite=suite).login()
    assert console.control(ChassisControl.POWER_CYCLE) == code
    assert console.bmc.machine.power is Power.OFF


def test_a_bmc_says_who_it_is(make: Make) -> None:
    def device(name: str) -> DeviceId:
        suite = SUITE_3 if name == "slow-old" else SUITE_17
        answer = Console(make(name), suite=suite).login().request(NetFn.APP, AppCommand.GET_DEVICE_ID)
        return DeviceId.decode(answer.data)

    made_by = {name: device(name).manufacturer for name in NAMES}
    assert made_by == {**dict.fromkeys(NAMES, 0), "openbmc-like": 49871, "idrac-like": 674, "ilo-like": 11}
    told = device("idrac-like")
    assert (told.firmware_major, told.firmware_minor, told.product) == (6, 10, 256)


def test_resets_over_redfish_are_refused_in_each_makers_way() -> None:
    def statuses(name: str) -> Mapping[str, int]:
        ways = FAMILIES[name].redfish
        desk = Desk(reset_types=ways.reset_types, without_change=ways.without_change, while_off=ways.while_off)
        return {
            "off while off": desk.reset("ForceOff").status,
            "restart while off": desk.reset("ForceRestart").status,
            "graceful restart": desk.reset("GracefulRestart").status,
        }

    assert statuses("idrac-like") == {"off while off": 409, "restart while off": 409, "graceful restart": 400}
    assert statuses("ilo-like") == {"off while off": 400, "restart while off": 400, "graceful restart": 400}
    assert statuses("openbmc-like") == {"off while off": 204, "restart while off": 409, "graceful restart": 409}


def test_a_bmc_boots_before_it_answers_when_the_mains_come_back(
    make: Make,
) -> None:
    bmc = make("fast-modern")
    console = Console(bmc)
    bmc.lose_mains(0)
    bmc.regain_mains(10)
    console.now = 10 + FAMILIES["fast-modern"].boot.low - 1
    assert console.say(b"") is None
    assert not bmc.answering
    console.now = 10 + FAMILIES["fast-modern"].boot.high
    assert console.open().status == 0


def test_a_plug_pulled_again_while_the_bmc_boots_keeps_it_dead(make: Make) -> None:
    bmc = make("fast-modern")
    bmc.lose_mains(0)
    bmc.regain_mains(10)
    bmc.lose_mains(20)
    Console(bmc, now=1000).say(b"")
    assert not bmc.answering
    assert not bmc.machine.mains


async def test_answers_take_their_time_one_after_the_other(autojump_clock: trio.testing.MockClock) -> None:
    fleet = Fleet.of("n1", FAMILIES["slow-old"], clock=trio.current_time)
    span = FAMILIES["slow-old"].answer_time
    async with in_memory(fleet) as network:
        link = network.link()
        ping = bytes.fromhex("0600ff06000011be80010000")
        for _ in range(10):
            link.send(ping, fleet.addresses["n1"])
        came = []
        for _ in range(10):
            await link.receive()
            came.append(trio.current_time())
    assert came == sorted(came)
    assert 10 * span.low <= came[-1] <= 10 * span.high
    assert came[0] >= span.low


async def test_a_wrong_suite_is_told_by_openbmc_as_its_users_know_it(
    autojump_clock: trio.testing.MockClock,
) -> None:
    fleet = Fleet.of("n1", FAMILIES["openbmc-like"], clock=trio.current_time)
    async with in_memory(fleet) as network, trio.open_nursery() as nursery:
        with open_transport(nursery, network.link(), random=noise(0)) as transport:
            driver = IpmiDriver(transport, Logins({"default": Login("admin", b"password")}))
            with pytest.raises(LoginRefused):
                await driver.open(Bmc(*fleet.addresses["n1"], cipher_suite=3))


def test_the_page_is_as_the_families_are() -> None:
    root = Path(__file__).resolve().parents[3]
    assert (root / "docs/profiles.md").read_text(encoding="utf-8") == page()


def test_every_quirk_says_where_it_was_met() -> None:
    for family in ALL:
        assert family.quirks
        assert all(quirk.what.endswith(".") and quirk.seen.endswith(".") for quirk in family.quirks)


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        (lambda: Identity(manufacturer=1 << 20), "20 bits"),
        (lambda: Identity(firmware=(1, 100)), "127.99"),
        (lambda: RedfishWays(reset_types=("On", "Explode")), "Explode"),
        (lambda: RedfishWays(while_off=200), "status 200"),
        (lambda: Profile(users=(User("x" * 17),)), "longer than 16"),
    ],
)
def test_what_no_bmc_could_be_is_refused(wrong: Callable[[], object], told: str) -> None:
    with pytest.raises(ValueError, match=told):
        wrong()
    assert RedfishWays().reset_types == RESET_TYPES
