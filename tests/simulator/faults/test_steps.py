"""Which step of the protocol a datagram is, whoever can read it."""

from collections.abc import Callable

import pytest

from bmcsim.bmc import Bmc
from bmcsim.faults import Step
from bmcsim.faults.steps import step_of
from console import Console
from console15 import Console15
from powerfsm.ipmi.wire.asf import Ping, Pong
from powerfsm.ipmi.wire.numbers import PayloadType
from powerfsm.ipmi.wire.packet import Packet
from powerfsm.ipmi.wire.packet15 import AUTH_NONE
from powerfsm.ipmi.wire.suites import SUITE_0, SUITE_3, SUITE_17, CipherSuite

COMMANDS = [
    (0x00, 0x01, Step.CHASSIS_STATUS),
    (0x00, 0x02, Step.CHASSIS_CONTROL),
    (0x00, 0x08, Step.OTHER),
    (0x06, 0x38, Step.AUTH_CAPABILITIES),
    (0x06, 0x39, Step.CHALLENGE),
    (0x06, 0x3A, Step.ACTIVATE),
    (0x06, 0x3B, Step.SET_PRIVILEGE),
    (0x06, 0x3C, Step.CLOSE_SESSION),
    (0x06, 0x54, Step.CIPHER_SUITES),
    (0x2C, 0x01, Step.OTHER),
]


@pytest.mark.parametrize("suite", [SUITE_0, SUITE_3, SUITE_17], ids=lambda suite: str(suite.number))
@pytest.mark.parametrize(("netfn", "command", "step"), COMMANDS)
def test_what_travels_in_a_session_is_known_by_its_keys(
    make_bmc: Callable[..., Bmc], netfn: int, command: int, step: Step, suite: CipherSuite
) -> None:
    bmc = make_bmc(suites=(0, 3, 17))
    console = Console(bmc, suite=suite).login()
    assert step_of(console.sealed(netfn, command), bmc.sessions) is step
    # Looking changed nothing: the very same datagram is taken as new.
    assert not console.reads_on()


@pytest.mark.parametrize(("netfn", "command", "step"), COMMANDS)
def test_what_travels_in_an_ipmi_15_session_can_be_read_by_anybody(
    bmc: Bmc, netfn: int, command: int, step: Step
) -> None:
    console = Console15(bmc).login()
    assert step_of(console.sealed(netfn, command), bmc.sessions) is step
    assert step_of(console.sealed(netfn, command, auth_type=AUTH_NONE), bmc.sessions) is step


def test_messages_of_the_login_are_known_by_their_type(bmc: Bmc) -> None:
    for kind, step in (
        (PayloadType.OPEN_SESSION_REQUEST, Step.OPEN_SESSION),
        (PayloadType.RAKP_1, Step.RAKP1),
        (PayloadType.RAKP_3, Step.RAKP3),
    ):
        assert step_of(Packet(kind, b"").encode(), bmc.sessions) is step
    console = Console15(bmc)
    console.challenge()
    assert step_of(console.activation(), bmc.sessions) is Step.ACTIVATE


def test_a_ping_is_a_ping(bmc: Bmc) -> None:
    assert step_of(Ping(1).encode(), bmc.sessions) is Step.PING


def test_what_nobody_can_read_is_something_else(bmc: Bmc) -> None:
    console = Console(bmc).login()
    sealed = console.sealed(0, 1)
    for unreadable in (b"", b"garbage", sealed[:20], sealed[:-1] + bytes((sealed[-1] ^ 1,)), Pong(1).encode()):
        assert step_of(unreadable, bmc.sessions) is Step.OTHER
    console.close()
    assert step_of(sealed, bmc.sessions) is Step.OTHER
