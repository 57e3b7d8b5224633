"""The ways of IPMI 1.5 that clients ask for by name, and every cipher suite that FreeIPMI does."""

from dataclasses import replace

import pytest

from bmcsim import Fleet, MemoryLog, Power, Profile, running
from bmcsim.profile import Auth15
from console15 import Console15
from strangers import KG, PASSWORD, Caller, profile, stranger

OPEN = replace(profile(), ipmi15=tuple(Auth15))
LOGIN_ONLY = replace(OPEN, per_message_auth=False)
KINDS = pytest.mark.parametrize("kind", [OPEN, LOGIN_ONLY], ids=["each packet proven", "the login alone"])


async def ipmitool_15(call: Caller, fleet: Fleet, *arguments: str) -> tuple[int, str]:
    host, port = fleet.addresses["n1"]
    there = ("-I", "lan", "-H", host, "-p", str(port), "-U", "admin", "-P", PASSWORD)
    return await call.run("ipmitool", *there, *arguments)


@stranger("ipmitool")
@KINDS
@pytest.mark.parametrize("auth", ["NONE", "MD5", "PASSWORD"])
async def test_ipmitool_proves_itself_any_way(kind: Profile, auth: str) -> None:
    log = MemoryLog()
    async with running(Fleet.of("n1", kind, log=log)) as fleet:
        call = Caller(fleet)
        code, output = await ipmitool_15(call, fleet, "-A", auth, "power", "on")
        assert code == 0, output
        assert await ipmitool_15(call, fleet, "-A", auth, "power", "status") == (0, "Chassis Power is on\n")
    assert [event["by"] for event in log.named("session-closed")] == ["own", "own"]
    assert log.named("dropped") == []


@stranger("ipmitool")
async def test_ipmitool_finds_no_way_where_the_profile_has_none() -> None:
    async with running(Fleet.of("n1", replace(profile(), ipmi15=()))) as fleet:
        code, output = await ipmitool_15(Caller(fleet), fleet, "-R", "1", "power", "status")
    assert code != 0
    assert "Unable to establish LAN session" in output


@stranger("ipmitool")
async def test_ipmitool_gets_no_session_where_all_slots_are_taken() -> None:
    log = MemoryLog()
    async with running(Fleet.of("n1", replace(profile(), slots=1), log=log)) as fleet:
        Console15(fleet["n1"], password=PASSWORD, now=fleet.clock()).login()
        code, output = await ipmitool_15(Caller(fleet), fleet, "-R", "1", "power", "status")
    assert code != 0
    assert "Unable to establish LAN session" in output
    refused = log.named("refused")[0]
    assert (refused["what"], refused["code"]) == ("activate", "81h")


@stranger("ipmipower", "bmc-info")
@KINDS
@pytest.mark.parametrize("auth", ["NONE", "MD5", "STRAIGHT_PASSWORD_KEY"])
async def test_freeipmi_proves_itself_any_way(kind: Profile, auth: str) -> None:
    log = MemoryLog()
    async with running(Fleet.of("n1", kind, log=log)) as fleet:
        call = Caller(fleet)
        there = ("-D", "LAN", "-a", auth)
        code, output = await call.freeipmi("bmc-info", *there, "--get-device-id")
        assert code == 0, output
        assert "Device ID" in output
        # ipmipower itself takes no answer that carries a password (bmc-info does): it has to be told not to look.
        blind = ("-W", "noauthcodecheck") if auth == "STRAIGHT_PASSWORD_KEY" else ()
        code, output = await call.freeipmi("ipmipower", *there, *blind, "--on", "--wait-until-on")
        assert (code, output) == (0, "127.0.0.1: ok\n")
        assert fleet["n1"].machine.power is Power.ON
    assert log.named("dropped") == []


@stranger("ipmipower", "bmc-info")
@pytest.mark.parametrize("kg", [b"", KG], ids=["without Kg", "with Kg"])
@pytest.mark.parametrize("suite", ["0", "3", "8", "17"])
async def test_freeipmi_speaks_every_suite(suite: str, kg: bytes) -> None:
    async with running(Fleet.of("n1", profile(suites=(0, 3, 8, 17), kg=kg))) as fleet:
        call = Caller(fleet)
        key = ("-k", kg.decode()) if kg else ()
        assert await call.freeipmi("ipmipower", "-I", suite, *key, "--stat") == (0, "127.0.0.1: off\n")
        code, output = await call.freeipmi("bmc-info", "-I", suite, *key, "--get-device-id")
        assert code == 0, output


@stranger("ipmitool")
@pytest.mark.parametrize("suite", [("-C", "3"), ("-C", "8"), ("-C", "17"), ()], ids=["3", "8", "17", "its choice"])
async def test_ipmitool_with_kg_speaks_every_suite(suite: tuple[str, ...]) -> None:
    async with running(Fleet.of("n1", profile(suites=(0, 3, 8, 17), kg=KG))) as fleet:
        status = (*suite, "-k", KG.decode(), "power", "status")
        assert await Caller(fleet).ipmitool(*status) == (0, "Chassis Power is off\n")
