"""Any datagram, at any moment, leaves a BMC serving."""

import random
from collections.abc import Callable

from hypothesis import given, settings
from hypothesis import strategies as st

from bmcsim import MemoryLog, Profile
from bmcsim.accounts import Accounts
from bmcsim.agenda import Agenda
from bmcsim.bmc import Bmc
from bmcsim.commands import COMMANDS
from bmcsim.profile import Auth15
from bmcsim.settings import ChannelAccess, Settings
from console import Console
from console15 import Console15
from powerfsm.ipmi.wire import auth15
from powerfsm.ipmi.wire.message import Request
from powerfsm.ipmi.wire.numbers import AppCommand, NetFn, PayloadType
from powerfsm.ipmi.wire.packet import Packet
from powerfsm.ipmi.wire.packet15 import AUTH_MD5, AUTH_NONE, AUTH_PASSWORD, Packet15
from powerfsm.ipmi.wire.suites import SUITES

EVERY_SUITE = Profile(suites=(0, 3, 8, 17), ipmi15=tuple(Auth15), slots=8, setup_timeout=1, idle_timeout=10)

numbers = st.integers(0, 255)
payloads = st.binary(max_size=80)
requests = st.builds(
    lambda netfn, command, data: Request(netfn * 2, command, data).encode(),
    st.integers(0, 31),
    numbers,
    payloads,
)
known_requests = st.builds(
    lambda known, data: Request(known[0], known[1], data).encode(),
    st.sampled_from(sorted(COMMANDS)),
    st.binary(max_size=24),
)


def fresh() -> Bmc:
    return Bmc("n1", EVERY_SUITE, Agenda(), MemoryLog())


def still_serves(bmc: Bmc, now: float) -> None:
    """Log in, change the power, read it, close: after all limits, so that no slot is left taken.

    Who was an administrator may have locked everybody out; that much it has to do.
    """
    bmc.accounts = Accounts(EVERY_SUITE.users)
    console = Console(bmc, now=now + 100, console_id=77).login()
    wanted = not console.reads_on()
    assert console.control(int(wanted)) == 0
    assert console.reads_on() == wanted
    assert console.close() == 0
    bmc.settings = Settings(ChannelAccess())
    assert Console15(bmc, now=now + 100).login().close() == 0


@given(st.lists(st.binary(max_size=120), max_size=20))
def test_arbitrary_bytes(datagrams: list[bytes]) -> None:
    bmc = fresh()
    for datagram in datagrams:
        bmc.handle(datagram, ("192.0.2.1", 1), 0)
        bmc.handle(b"\x06\x00\xff\x07" + datagram, ("192.0.2.1", 1), 0)
        bmc.handle(b"\x06\x00\xff\x07\x06" + datagram, ("192.0.2.1", 1), 0)
    still_serves(bmc, 0)


@given(st.lists(st.tuples(st.sampled_from([*PayloadType, 1, 2, 0x20]), payloads | requests), max_size=20))
def test_arbitrary_payloads_of_every_type(sent: list[tuple[int, bytes]]) -> None:
    bmc = fresh()
    for now, (kind, payload) in enumerate(sent):
        bmc.handle(Packet(kind, payload).encode(), ("192.0.2.1", 1), now)
        bmc.handle(Packet15(payload[:255]).encode(), ("192.0.2.1", 1), now)
    still_serves(bmc, len(sent))


@given(st.lists(known_requests | requests | payloads, max_size=20), st.sampled_from(sorted(SUITES)))
def test_arbitrary_requests_within_a_session(sent: list[bytes], suite: int) -> None:
    bmc = fresh()
    console = Console(bmc, suite=SUITES[suite]).login()
    assert console.seal is not None
    for payload in sent:
        console.sequence += 1
        bmc.handle(console.seal.seal(console.session_id, console.sequence, payload), console.source, 0)
    still_serves(bmc, 0)


@given(
    st.lists(known_requests | requests | payloads, max_size=20),
    st.sampled_from([AUTH_NONE, AUTH_MD5, AUTH_PASSWORD]),
)
def test_arbitrary_requests_within_a_session_of_ipmi_15(sent: list[bytes], auth_type: int) -> None:
    bmc = fresh()
    console = Console15(bmc, auth_type=auth_type).login()
    for payload in sent:
        packet = auth15.seal(auth_type, b"password", console.session_id, console.sequence, payload)
        console.sequence += 1
        bmc.handle(packet, console.source, 0)
    still_serves(bmc, 0)


@given(
    st.lists(payloads, max_size=20), st.binary(max_size=40), st.sampled_from([AUTH_NONE, AUTH_MD5, AUTH_PASSWORD])
)
def test_arbitrary_activations(sent: list[bytes], data: bytes, auth_type: int) -> None:
    bmc = fresh()
    console = Console15(bmc, auth_type=auth_type)
    console.challenge()
    activation = Request(NetFn.APP, AppCommand.ACTIVATE_SESSION, data).encode()
    for payload in (activation, *sent):
        packet = auth15.seal(auth_type, b"password", console.session_id, 0, payload)
        bmc.handle(packet, console.source, 0)
    still_serves(bmc, 0)


def recorder(sent: list[bytes], bmc: Bmc) -> Bmc:
    """Return what hands everything on to `bmc`, and notes it."""

    class Recorder(Bmc):
        """Hands everything on."""

        def __init__(self) -> None:
            """Be nobody."""

        def handle(self, datagram: bytes, source: tuple[str, int], now: float) -> bytes | None:
            sent.append(datagram)
            return bmc.handle(datagram, source, now)

    return Recorder()


def a_whole_session(bmc: Bmc) -> list[bytes]:
    """Return every datagram of a session from login to close."""
    sent: list[bytes] = []
    console = Console(recorder(sent, bmc)).login()
    console.ask(NetFn.APP, AppCommand.GET_CHANNEL_AUTH_CAPABILITIES, b"\x8e\x04")
    console.control(1)
    console.reads_on()
    console.close()
    old = Console15(recorder(sent, bmc)).login()
    old.control(0)
    old.reads_on()
    old.close()
    return sent


@given(st.integers(), st.lists(st.tuples(st.floats(0, 20), st.integers(0, 6)), min_size=1, max_size=60))
@settings(max_examples=200)
def test_true_datagrams_spoiled_repeated_and_reordered(seed: int, steps: list[tuple[float, int]]) -> None:
    bmc = fresh()
    recorded = a_whole_session(fresh())
    chance = random.Random(seed)
    spoil: list[Callable[[bytes], bytes]] = [
        lambda datagram: datagram,
        lambda datagram: datagram[: chance.randrange(len(datagram))],
        lambda datagram: datagram + chance.randbytes(chance.randrange(1, 20)),
        lambda datagram: bytes(
            byte ^ (1 << chance.randrange(8)) if chance.random() < 0.02 else byte for byte in datagram
        ),
    ]
    now = 0.0
    for pause, kind in steps:
        now += pause
        datagram = chance.choice(recorded)
        bmc.handle(spoil[kind % len(spoil)](datagram), ("192.0.2.9", 5000), now)
    still_serves(bmc, now)
