"""IPMI 1.5 as programs that nobody here wrote speak it."""

import re

import pytest

from bmcsim import Fleet, Hardware, MemoryLog, Power, running
from strangers import PASSWORD, Caller, profile, stranger


@stranger("ipmitool")
@pytest.mark.parametrize("kind", [(), ("-A", "MD5"), ("-A", "PASSWORD")], ids=["its choice", "MD5", "password"])
async def test_ipmitool_drives_the_power_by_lan(kind: tuple[str, ...]) -> None:
    log = MemoryLog()
    async with running(Fleet.of("n1", profile(), log=log)) as fleet:
        host, port = fleet.addresses["n1"]
        there = ("ipmitool", "-I", "lan", "-H", host, "-p", str(port), "-U", "admin", "-P", PASSWORD, *kind)
        for command, printed in (("status", "is off"), ("on", "Up/On"), ("reset", "Reset"), ("status", "is on")):
            code, output = await Caller(fleet).run(*there, "power", command)
            assert code == 0, output
            assert printed in output
    assert [event["command"] for event in log.named("command")] == ["on", "reset"]
    assert {event["by"] for event in log.named("session-closed")} == {"own"}


@stranger("ipmipower", "ipmi-chassis", "bmc-info")
async def test_freeipmi_drives_the_power_by_lan() -> None:
    async with running(Fleet.of("n[1-3]", profile())) as fleet:
        call = Caller(fleet)
        lan = ("-D", "LAN")
        assert await call.freeipmi("ipmipower", *lan, "--on", "--wait-until-on") == (0, "127.0.0.1: ok\n" * 3)
        assert await call.freeipmi("ipmipower", *lan, "--stat") == (0, "127.0.0.1: on\n" * 3)
        assert all(bmc.machine.power is Power.ON for bmc in fleet)
    async with running(Fleet.of("n1", profile(Hardware(power=Power.ON)))) as fleet:
        call = Caller(fleet)
        code, output = await call.freeipmi("ipmi-chassis", *lan, "--get-chassis-status")
        assert code == 0, output
        assert re.search(r"System Power\s+: on", output)
        code, output = await call.freeipmi("bmc-info", *lan, "--get-device-id")
        assert code == 0, output


@stranger("ipmitool", "ipmipower")
async def test_a_wrong_password_gets_nowhere_by_lan() -> None:
    log = MemoryLog()
    async with running(Fleet.of("n1", profile(), log=log)) as fleet:
        call = Caller(fleet)
        host, port = fleet.addresses["n1"]
        there = ("-I", "lan", "-N", "1", "-R", "1", "-H", host, "-p", str(port), "-U", "admin", "-P", "wrong")
        code, output = await call.run("ipmitool", *there, "power", "on")
        assert code != 0
        assert "Unable to establish LAN session" in output
        code, output = await call.freeipmi(
            "ipmipower", "-D", "LAN", "--session-timeout", "1000", "--on", password="x"
        )
        assert code != 0
        assert output.startswith("127.0.0.1: ")
    assert log.named("session-opened", "command") == []
