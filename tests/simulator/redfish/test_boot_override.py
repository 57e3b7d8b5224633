"""The boot override: what IPMI and Redfish both can hold is one thing."""

import pytest

from bmcsim.boot import PARAMETER
from redfish_desk import SYSTEM, Desk, key

ENABLED, TARGET, MODE = (f"BootSourceOverride{what}" for what in ("Enabled", "Target", "Mode"))


def boot(desk: Desk) -> tuple[str, str, str]:
    """Return what there is now."""
    found = desk.get(SYSTEM)["Boot"]
    return found[ENABLED], found[TARGET], found[MODE]


def test_at_first_there_is_none_and_what_it_can_be_is_listed() -> None:
    desk = Desk()
    assert boot(desk) == ("Disabled", "None", "Legacy")
    assert "Pxe" in desk.get(SYSTEM)["Boot"][f"{TARGET}@Redfish.AllowableValues"]


def test_it_is_set_by_patch_and_ipmi_reads_the_same() -> None:
    desk = Desk()
    change = {"Boot": {ENABLED: "Continuous", TARGET: "Pxe", MODE: "UEFI"}}
    assert desk.ask("PATCH", SYSTEM, change).status == 204
    assert boot(desk) == ("Continuous", "Pxe", "UEFI")
    assert desk.fleet["n1"].boot_options[PARAMETER] == b"\xe0\x04\x00\x00\x00"


@pytest.mark.parametrize(
    ("flags", "read"),
    [
        (b"\x80\x18\x00\x00\x00", ("Once", "BiosSetup", "Legacy")),
        (b"\xc0\x3c\x00\x00\x00", ("Continuous", "Usb", "Legacy")),
        (b"\xa0\x14\x00\x00\x00", ("Once", "Cd", "UEFI")),
        (b"\x80\x2c\x00\x00\x00", ("Once", "None", "Legacy")),
        (b"\x00\x04\x00\x00\x00", ("Disabled", "None", "Legacy")),
    ],
)
def test_what_ipmi_has_set_redfish_reads(flags: bytes, read: tuple[str, str, str]) -> None:
    desk = Desk()
    desk.fleet["n1"].boot_options[PARAMETER] = flags
    assert boot(desk) == read


@pytest.mark.parametrize("target", ["Pxe", "Hdd", "Cd", "Usb", "Diags", "BiosSetup"])
def test_every_target_can_be_set_and_read(target: str) -> None:
    desk = Desk()
    desk.ask("PATCH", SYSTEM, {"Boot": {ENABLED: "Once", TARGET: target}})
    assert boot(desk)[:2] == ("Once", target)


@pytest.mark.parametrize(("enabled", "after"), [("Once", "Disabled"), ("Continuous", "Continuous")])
@pytest.mark.parametrize("kind", ["On", "ForceRestart"])
def test_once_is_used_up_by_the_next_start(enabled: str, after: str, kind: str) -> None:
    desk = Desk()
    if kind != "On":
        desk.reset("On")
    desk.ask("PATCH", SYSTEM, {"Boot": {ENABLED: enabled, TARGET: "Pxe"}})
    desk.reset(kind)
    assert boot(desk)[0] == after


def test_disabled_forgets_the_target() -> None:
    desk = Desk()
    desk.ask("PATCH", SYSTEM, {"Boot": {ENABLED: "Once", TARGET: "Pxe"}})
    desk.ask("PATCH", SYSTEM, {"Boot": {ENABLED: "Disabled"}})
    assert boot(desk)[:2] == ("Disabled", "None")


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"Boot": {TARGET: "Tape"}}, "PropertyValueNotInList"),
        ({"Boot": {ENABLED: "Once", TARGET: "Pxe", MODE: "BIOS"}}, "PropertyValueNotInList"),
        ({"Boot": {ENABLED: True}}, "PropertyValueTypeError"),
        ({"Boot": "Pxe"}, "PropertyValueTypeError"),
        ({"Boot": {"BootSource": "Pxe"}}, "PropertyUnknown"),
        ({"PowerRestorePolicy": "Never"}, "PropertyValueNotInList"),
        ({"PowerRestorePolicy": None}, "PropertyValueTypeError"),
        ({"PowerState": "On"}, "PropertyNotWritable"),
        ({"Color": "red"}, "PropertyUnknown"),
        ({"PowerRestorePolicy": "AlwaysOn", "Boot": {TARGET: "Tape"}}, "PropertyValueNotInList"),
        ({}, "EmptyJSON"),
    ],
)
def test_a_wrong_value_is_400_and_nothing_changes(change: dict[str, object], why: str) -> None:
    desk = Desk()
    before = desk.get(SYSTEM)
    response = desk.ask("PATCH", SYSTEM, change)
    assert (response.status, key(response)) == (400, why)
    assert desk.get(SYSTEM) == before


@pytest.mark.parametrize("policy", ["AlwaysOn", "AlwaysOff", "LastState"])
def test_the_power_restore_policy_is_that_of_the_machine(policy: str) -> None:
    desk = Desk()
    assert desk.ask("PATCH", SYSTEM, {"PowerRestorePolicy": policy}).status == 204
    assert desk.get(SYSTEM)["PowerRestorePolicy"] == policy
    desk.fleet["n1"].lose_mains(1)
    desk.now = 2
    desk.fleet["n1"].regain_mains(2)
    assert desk.power_state() == ("On" if policy == "AlwaysOn" else "Off")
