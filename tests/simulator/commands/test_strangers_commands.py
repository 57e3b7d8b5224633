"""What clients ask a BMC besides power: event log, LAN, users, sessions, resets, boot device, identify."""

import re
from pathlib import Path

import pytest

from bmcsim import Fleet, Hardware, MemoryLog, Power, Profile, RestorePolicy, Span, User, running
from strangers import PASSWORD, Caller, profile, stranger

INTERFACES = pytest.mark.parametrize("interface", ["lan", "lanplus"])


class Tool:
    """Runs ipmitool against one BMC and expects it to succeed."""

    def __init__(self, fleet: Fleet, interface: str = "lanplus") -> None:
        host, port = fleet.addresses["n1"]
        self._there = ("-I", interface, "-H", host, "-p", str(port), "-U", "admin", "-P", PASSWORD)
        self._call = Caller(fleet)

    async def __call__(self, *arguments: str) -> str:
        """Return what it prints."""
        code, output = await self._call.run("ipmitool", *self._there, *arguments)
        assert code == 0, output
        return output


@stranger("ipmitool")
@INTERFACES
async def test_ipmitool_lists_and_clears_the_event_log(interface: str) -> None:
    async with running(Fleet.of("n1", profile())) as fleet:
        tool = Tool(fleet, interface)
        await tool("power", "on")
        fleet["n1"].lose_mains(fleet.clock())
        fleet["n1"].regain_mains(fleet.clock())
        listed = await tool("sel", "list")
        told = [line.split(" | ", 3)[3] for line in listed.splitlines()]
        assert told == [
            "Power Unit #0x02 | Power off/down | Deasserted",
            "System Boot Initiated #0x04 | System Restart | Asserted",
            "Power Unit #0x02 | AC lost | Asserted",
            "Power Unit #0x02 | AC lost | Deasserted",
        ]
        assert "System Restart" in await tool("sel", "elist")
        assert re.search(r"Entries\s+: 4", await tool("sel", "info"))
        await tool("sel", "clear")
        assert "Log area reset/cleared" in await tool("sel", "list")
        assert re.search(r"Entries\s+: 1", await tool("sel", "info"))


@stranger("ipmitool")
async def test_the_event_log_has_the_time_of_day() -> None:
    async with running(Fleet.of("n1", profile())) as fleet:
        tool = Tool(fleet)
        assert re.match(r"\d\d/\d\d/\d\d \d\d:\d\d:\d\d", await tool("sel", "time", "get"))
        await tool("sel", "time", "set", "01/02/30 03:04:05")
        assert (await tool("sel", "time", "get")).startswith("01/02/30 03:")


@stranger("ipmi-sel")
@pytest.mark.parametrize("driver", ["LAN", "LAN_2_0"])
async def test_ipmi_sel_shows_power_events(driver: str, tmp_path: Path) -> None:
    async with running(Fleet.of("n1", profile())) as fleet:
        call = Caller(fleet)
        fleet["n1"].press_power_button(fleet.clock())
        sel = ("ipmi-sel", "-D", driver, "--sdr-cache-directory", str(tmp_path))
        code, output = await call.freeipmi(*sel, "--output-event-state")
        assert code == 0, output
        assert re.search(r"Power Button\s+\| Button/Switch", output)
        assert re.search(r"System Restart\s+\| System Boot Initiated\s+.*pushbutton", output, re.IGNORECASE)
        code, output = await call.freeipmi(*sel, "--info")
        assert re.search(r"Number of log entries\s+: 3", output)
        code, output = await call.freeipmi(*sel, "-l", "OPERATOR", "--clear")
        assert code == 0, output
        code, output = await call.freeipmi(*sel)
        assert "Log Area Reset/Cleared" in output


@stranger("ipmitool")
@INTERFACES
async def test_ipmitool_prints_lan_channel_and_users(interface: str) -> None:
    users = (User("admin", PASSWORD), User("watcher", "x"))
    async with running(Fleet.of("n1", Profile(users=users))) as fleet:
        tool = Tool(fleet, interface)
        printed = await tool("lan", "print", "1")
        assert re.search(r"IP Address\s+: 127\.0\.0\.1", printed)
        assert re.search(r"RMCP\+ Cipher Suites\s+: 3,17", printed)
        assert re.search(r"Auth Type Support\s+: MD5 PASSWORD", printed)
        assert "Per-message Auth    : enabled" in await tool("channel", "info", "1")
        listed = await tool("user", "list", "1")
        assert re.search(r"^2\s+admin\s.*ADMINISTRATOR$", listed, re.MULTILINE)
        assert re.search(r"^3\s+watcher\s", listed, re.MULTILINE)
        assert re.search(r"Enabled User Count\s+: 2", await tool("user", "summary", "1"))


@stranger("ipmitool")
async def test_ipmitool_makes_a_user_who_can_log_in() -> None:
    async with running(Fleet.of("n1", profile())) as fleet:
        tool = Tool(fleet)
        await tool("user", "set", "name", "4", "turner")
        await tool("user", "set", "password", "4", "turner-pw")
        await tool("user", "enable", "4")
        await tool("channel", "setaccess", "1", "4", "ipmi=on", "privilege=3")
        await tool("user", "test", "4", "16", "turner-pw")
        host, port = fleet.addresses["n1"]
        there = ("-I", "lanplus", "-H", host, "-p", str(port), "-U", "turner", "-P", "turner-pw", "-L", "OPERATOR")
        code, output = await Caller(fleet).run("ipmitool", *there, "power", "on")
        assert code == 0, output
        assert fleet["n1"].machine.power is Power.ON


@stranger("ipmitool")
@INTERFACES
async def test_ipmitool_lists_sessions(interface: str) -> None:
    async with running(Fleet.of("n1", profile())) as fleet:
        listed = await Tool(fleet, interface)("session", "info", "all")
        kind = "IPMIv1.5" if interface == "lan" else "IPMIv2/RMCP+"
        assert re.search(rf"session type\s+: {re.escape(kind)}", listed)
        assert re.search(r"privilege level\s+: ADMINISTRATOR", listed)
        assert re.search(r"console ip\s+: 127\.0\.0\.1", listed)


@stranger("ipmitool")
@INTERFACES
async def test_ipmitool_resets_the_bmc(interface: str) -> None:
    log = MemoryLog()
    kind = Profile(users=(User("admin", PASSWORD),), boot=Span.of(0.5))
    async with running(Fleet.of("n1", kind, log=log)) as fleet:
        tool = Tool(fleet, interface)
        assert "Sent cold reset command" in await tool("mc", "reset", "cold")
        # It repeats itself until the BMC has booted.
        assert "off" in await tool("power", "status")
    assert [event["by"] for event in log.named("session-closed")] == ["crash", "own"]


@stranger("ipmitool")
@INTERFACES
async def test_ipmitool_sets_what_is_read_back(interface: str) -> None:
    async with running(Fleet.of("n1", profile())) as fleet:
        tool = Tool(fleet, interface)
        await tool("chassis", "bootdev", "pxe", "options=persistent,efiboot")
        flags = await tool("chassis", "bootparam", "get", "5")
        assert "Force PXE" in flags
        assert "Boot Flag Valid" in flags
        assert "EFI" in flags
        await tool("chassis", "policy", "always-on")
        assert fleet["n1"].machine.restore is RestorePolicy.ALWAYS_ON
        assert "always-on" in await tool("chassis", "status")
        assert "interval: 5 seconds" in await tool("chassis", "identify", "5")
        assert "passed" in await tool("mc", "selftest")
        assert "0 days, 0 hours" in await tool("chassis", "poh")
        await tool("power", "on")
        assert "chassis power control command" in await tool("chassis", "restart_cause")


@stranger("bmc-info", "ipmi-chassis")
@pytest.mark.parametrize("driver", ["LAN", "LAN_2_0"])
async def test_the_other_tools_of_freeipmi_are_told_what_they_ask(driver: str) -> None:
    async with running(Fleet.of("n1", profile(Hardware(power=Power.ON)))) as fleet:
        call = Caller(fleet)
        code, output = await call.freeipmi("bmc-info", "-D", driver)
        assert code == 0, output
        assert re.search(r"SEL Device\s+: supported", output)
        assert re.search(r"System GUID\s+: [0-9a-f-]{36}", output)
        assert re.search(r"Medium Type\s+: 802\.3 LAN", output)
        for asked, told in (
            ("--get-chassis-capabilities", "Diagnostic Interrupt    : provided"),
            ("--get-system-restart-cause", "Restart cause"),
            ("--get-power-on-hours-counter", "0 Hours"),
            ("--chassis-identify=255", ""),
            ("--set-power-restore-policy=always-on", ""),
        ):
            code, output = await call.freeipmi("ipmi-chassis", "-D", driver, "-l", "OPERATOR", asked)
            assert code == 0, output
            assert told in output
        code, output = await call.freeipmi("ipmi-chassis", "-D", driver, "--get-chassis-status")
        assert re.search(r"Power restore policy\s+: Always on", output)
        assert re.search(r"Chassis Identify state\s+: timed", output, re.IGNORECASE)
