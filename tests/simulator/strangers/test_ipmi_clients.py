"""Programs that nobody here wrote take the simulated BMCs for real ones."""

import os
import re
import sys

import pytest
import trio

from bmcsim import CannotBindError, Fleet, Hardware, MemoryLog, Network, Power, Span, Way, expand, running
from strangers import KG, PASSWORD, Caller, profile, stranger


@stranger("ipmitool")
@pytest.mark.parametrize("suite", [("-C", "3"), ("-C", "17"), ()], ids=["suite 3", "suite 17", "its choice"])
async def test_ipmitool_drives_the_power(suite: tuple[str, ...]) -> None:
    log = MemoryLog()
    async with running(Fleet.of("n1", profile(), log=log)) as fleet:
        call = Caller(fleet)
        assert await call.ipmitool(*suite, "power", "status") == (0, "Chassis Power is off\n")
        for command in ("on", "cycle", "reset", "soft", "on", "off"):
            code, output = await call.ipmitool(*suite, "power", command)
            assert code == 0, output
            if command == "cycle":
                await log.until(lambda event: len(log.named("power")) == 3)
        assert await call.ipmitool(*suite, "power", "status") == (0, "Chassis Power is off\n")
    sent = [event["command"] for event in log.named("command")]
    assert sent == ["on", "cycle", "reset", "soft-off", "on", "off"]
    assert len(log.named("session-opened")) == len(log.named("session-closed")) == 8
    assert {event["by"] for event in log.named("session-closed")} == {"own"}


@stranger("ipmitool")
@pytest.mark.parametrize("suite", ["0", "3", "8", "17"])
async def test_ipmitool_speaks_every_suite(suite: str) -> None:
    async with running(Fleet.of("n1", profile(suites=(0, 3, 8, 17)))) as fleet:
        assert await Caller(fleet).ipmitool("-C", suite, "power", "status") == (0, "Chassis Power is off\n")


@stranger("ipmitool")
@pytest.mark.parametrize("suite", ["3", "17"])
async def test_ipmitool_with_kg(suite: str) -> None:
    async with running(Fleet.of("n1", profile(kg=KG))) as fleet:
        call = Caller(fleet)
        status = ("-C", suite, "power", "status")
        assert await call.ipmitool("-k", KG.decode(), *status) == (0, "Chassis Power is off\n")
        assert await call.ipmitool("-y", KG.hex(), *status) == (0, "Chassis Power is off\n")
        code, _ = await call.ipmitool("-k", "another", *status)
        assert code != 0


@stranger("ipmitool")
async def test_ipmitool_with_a_wrong_password_gets_nowhere() -> None:
    log = MemoryLog()
    async with running(Fleet.of("n1", profile(), log=log)) as fleet:
        code, output = await Caller(fleet).ipmitool("-C", "17", "power", "on", password="wrong")
    assert code != 0
    assert "Unable to establish IPMI v2 / RMCP+ session" in output
    assert log.named("session-opened", "command") == []


@stranger("ipmitool")
async def test_ipmitool_is_told_what_the_bmc_has_and_has_not() -> None:
    async with running(Fleet.of("n1", profile(Hardware(power=Power.ON)))) as fleet:
        call = Caller(fleet)
        code, output = await call.ipmitool("mc", "info")
        assert code == 0
        assert "IPMI Version              : 2.0" in output
        code, output = await call.ipmitool("chassis", "bootdev", "pxe")
        assert code == 0
        code, output = await call.ipmitool("chassis", "bootparam", "get", "5")
        assert "Force PXE" in output
        code, output = await call.ipmitool("session", "info", "active")
        assert "IPMIv2/RMCP+" in output
        code, output = await call.ipmitool("channel", "getciphers", "ipmi", "1")
        assert code == 0
        code, output = await call.ipmitool("dcmi", "discover")
        assert "Invalid command" in output
        assert (await call.ipmitool("power", "status"))[0] == 0


@stranger("ipmitool")
async def test_ipmitool_gets_through_a_network_that_loses_a_tenth() -> None:
    log = MemoryLog()
    lossy = Network.alike(Way(loss=0.1))
    async with running(Fleet.of("n[1-6]", profile(), network=lossy, seed=3, log=log)) as fleet:
        call = Caller(fleet)

        async def turn_on(node: str) -> None:
            # ipmitool gives up by itself after four lost answers in a row; whoever uses it calls it again.
            for _ in range(4):
                code, _ = await call.ipmitool("-C", "17", "-N", "1", "power", "on", node=node)
                if code == 0:
                    return
            pytest.fail(f"{node} was not reached in four calls")

        async with trio.open_nursery() as nursery:
            for bmc in fleet:
                nursery.start_soon(turn_on, bmc.name)
        assert all(bmc.machine.power is Power.ON for bmc in fleet)
    assert log.named("fault")


@stranger("ipmipower")
@pytest.mark.parametrize("suite", ["3", "17"])
async def test_ipmipower_drives_the_power(suite: str) -> None:
    log = MemoryLog()
    slow = Hardware(boot_delay=Span.of(1.5))
    async with running(Fleet.of("n[1-3]", profile(slow), log=log)) as fleet:
        call = Caller(fleet)
        code, output = await call.freeipmi("ipmipower", "-I", suite, "--stat")
        assert (code, output) == (0, "127.0.0.1: off\n" * 3)
        code, output = await call.freeipmi("ipmipower", "-I", suite, "--on", "--wait-until-on")
        assert (code, output) == (0, "127.0.0.1: ok\n" * 3)
        assert all(bmc.machine.power is Power.ON for bmc in fleet)
        code, output = await call.freeipmi("ipmipower", "-I", suite, "--off", "--wait-until-off")
        assert (code, output) == (0, "127.0.0.1: ok\n" * 3)
        assert all(bmc.machine.power is Power.OFF for bmc in fleet)


@stranger("ipmipower")
async def test_ipmipower_with_kg_and_with_a_wrong_password() -> None:
    async with running(Fleet.of("n1", profile(kg=KG))) as fleet:
        call = Caller(fleet)
        assert await call.freeipmi("ipmipower", "-k", KG.decode(), "--stat") == (0, "127.0.0.1: off\n")
        assert "k_g invalid" in (await call.freeipmi("ipmipower", "-k", "another", "--stat"))[1]
        wrong = await call.freeipmi("ipmipower", "-k", KG.decode(), "--stat", password="wrong")
        assert "password invalid" in wrong[1]


@stranger("ipmi-chassis", "bmc-info")
async def test_the_other_tools_of_freeipmi() -> None:
    async with running(Fleet.of("n1", profile(Hardware(power=Power.ON)))) as fleet:
        call = Caller(fleet)
        code, output = await call.freeipmi("ipmi-chassis", "--get-chassis-status")
        assert code == 0, output
        assert re.search(r"System Power\s+: on", output)
        code, output = await call.freeipmi("bmc-info", "--get-device-id")
        assert code == 0, output
        assert re.search(r"IPMI Version\s+: 2\.0", output)


@stranger("ipmiping", "rmcpping", "ipmipower")
async def test_what_only_speaks_to_port_623() -> None:
    net = f"127.{1 + os.getpid() % 250}.{os.getpid() // 250 % 250}"
    addresses = {f"n{n}": (f"{net}.{n}", 623) for n in (1, 2)}
    fleet = Fleet.of("n[1-2]", profile())
    try:
        async with running(fleet, addresses):
            call = Caller(fleet)
            for program in ("ipmiping", "rmcpping"):
                code, output = await call.run(program, "-c", "1", f"{net}.1")
                assert code == 0, output
                assert "0.0% packet loss" in output
            there = ("-D", "LAN_2_0", "-h", ",".join(expand(f"{net}.[1-2]")), "-u", "admin", "-p", PASSWORD)
            code, output = await call.run("ipmipower", *there, "--stat")
            assert (code, output) == (0, f"{net}.1: off\n{net}.2: off\n")
    except CannotBindError as error:
        pytest.skip(f"cannot bind port 623: {error}")


PYGHMI = """
import os, sys
from pyghmi.ipmi import command
bmc = command.Command(bmc=sys.argv[1], port=int(sys.argv[2]), userid="admin", password=os.environ["PASSWORD"],
                      kg=os.environ.get("KG", "").encode() or None)
print(bmc.get_power())
print(bmc.set_power("on", wait=30))
print(bmc.get_power())
print(bmc.set_power("shutdown", wait=30))
print(bmc.set_bootdev("network"))
bmc.ipmi_session.logout()
"""


@pytest.mark.stranger
@pytest.mark.parametrize("kg", [b"", KG], ids=["without Kg", "with Kg"])
async def test_pyghmi_drives_the_power(kg: bytes) -> None:
    pytest.importorskip("pyghmi", reason="pyghmi is not installed")
    log = MemoryLog()
    async with running(Fleet.of("n1", profile(kg=kg), log=log)) as fleet:
        host, port = fleet.addresses["n1"]
        # In a process of its own: its input and output run in a thread that never ends.
        code, output = await Caller(fleet).run(
            sys.executable, "-c", PYGHMI, host, str(port), env={"PASSWORD": PASSWORD, "KG": kg.decode()}
        )
    assert code == 0, output
    assert output.splitlines() == [
        "{'powerstate': 'off'}",
        "{'powerstate': 'on'}",
        "{'powerstate': 'on'}",
        "{'powerstate': 'off'}",
        "{'bootdev': 'network'}",
    ]
    assert [event["command"] for event in log.named("command")] == ["on", "soft-off"]
