"""Each command needs the privilege that IPMI 2.0, appendix G says, no more and no less."""

from collections.abc import Callable

import pytest

from bmcsim import User
from bmcsim.bmc import Bmc
from bmcsim.commands import COMMANDS
from console import Console
from console15 import Console15
from powerfsm.ipmi.wire.numbers import NetFn, Privilege

ANYBODY = Privilege.HIGHEST
CALLBACK, USER, OPERATOR, ADMINISTRATOR = (
    Privilege.CALLBACK,
    Privilege.USER,
    Privilege.OPERATOR,
    Privilege.ADMINISTRATOR,
)

APPENDIX_G: dict[NetFn, dict[Privilege, tuple[int, ...]]] = {
    NetFn.CHASSIS: {
        USER: (0x00, 0x01, 0x07, 0x0F),
        OPERATOR: (0x02, 0x04, 0x06, 0x08, 0x09),
    },
    NetFn.APP: {
        ANYBODY: (0x37, 0x38, 0x39, 0x54),
        CALLBACK: (0x3C,),
        USER: (0x01, 0x04, 0x07, 0x08, 0x3B, 0x3D, 0x41, 0x42),
        OPERATOR: (0x44, 0x46),
        ADMINISTRATOR: (0x02, 0x03, 0x40, 0x43, 0x45, 0x47),
    },
    NetFn.STORAGE: {
        USER: (0x10, 0x11, 0x20, 0x22, 0x23, 0x40, 0x41, 0x42, 0x43, 0x48),
        OPERATOR: (0x44, 0x46, 0x47, 0x49),
    },
    NetFn.TRANSPORT: {
        OPERATOR: (0x02,),
        ADMINISTRATOR: (0x01,),
    },
}

ROWS = [
    pytest.param(netfn, command, needed, id=f"{netfn.name.lower()} {command:02X}h")
    for netfn, levels in APPENDIX_G.items()
    for needed, commands in levels.items()
    for command in commands
]

INSUFFICIENT = 0xD4


def test_the_table_is_about_all_commands_that_there_are() -> None:
    listed = {
        (netfn, command) for netfn, levels in APPENDIX_G.items() for row in levels.values() for command in row
    }
    assert listed == set(COMMANDS)


@pytest.mark.parametrize("held", [CALLBACK, USER, OPERATOR, ADMINISTRATOR])
@pytest.mark.parametrize(("netfn", "command", "needed"), ROWS)
def test_a_session_may_do_what_its_privilege_allows(
    make_bmc: Callable[..., Bmc], netfn: int, command: int, needed: Privilege, held: Privilege
) -> None:
    bmc = make_bmc(users=(User(limit=held),))
    console = Console(bmc, privilege=held).login()
    # Without data most of them are refused as too short; what counts here is that they are not for privilege.
    refused = console.request(netfn, command).completion == INSUFFICIENT
    assert refused == (held < needed)


@pytest.mark.parametrize(("netfn", "command", "needed"), ROWS)
def test_the_same_holds_in_ipmi_15(
    make_bmc: Callable[..., Bmc], netfn: int, command: int, needed: Privilege
) -> None:
    console = Console15(make_bmc(users=(User(limit=Privilege.USER),)), privilege=Privilege.USER).login()
    assert (console.request(netfn, command).completion == INSUFFICIENT) == (needed > Privilege.USER)


@pytest.mark.parametrize(("netfn", "command", "needed"), ROWS)
def test_without_a_session_only_what_is_for_anybody(bmc: Bmc, netfn: int, command: int, needed: Privilege) -> None:
    assert (Console(bmc).ask(netfn, command).completion == INSUFFICIENT) == (needed > ANYBODY)
