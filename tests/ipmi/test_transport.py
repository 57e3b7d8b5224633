"""Finding the session that a datagram is for: nothing that arrives is raised, or moves another session."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ipmi_bench import HOST
from memory_network import MemoryNetwork
from powerfsm.credentials import Login
from powerfsm.ipmi.link import UdpLink
from powerfsm.ipmi.session import Phase, Terms
from powerfsm.ipmi.transport import Conversation, Transport
from powerfsm.ipmi.wire.suites import SUITE_17
from tiny_bmc import TinyBmc

HERE = (HOST, 623)
TERMS = Terms(SUITE_17, b"admin", b"secret")


def logged_in(transport: Transport, bmc: TinyBmc) -> Conversation:
    conversation = transport.converse(TERMS, HERE)
    while conversation.session.phase is not Phase.ACTIVE:
        for answer in bmc.receive(conversation.session.transmit()):
            transport.deliver(answer, HERE)
    return conversation


@given(data=st.data())
def test_no_datagram_from_anywhere_raises_or_moves_a_session(data: st.DataObject) -> None:
    transport = Transport(MemoryNetwork())
    waiting = transport.converse(TERMS, HERE).session
    open_ = logged_in(transport, TinyBmc()).session
    ids = st.sampled_from([waiting.console_id, open_.console_id, 0, 1])
    for _ in range(5):
        head = data.draw(st.sampled_from([b"", b"\x06\0\xff\x07\x06", b"\x06\0\xff\x07", b"\x06\0\xff\x06"]))
        kind = data.draw(st.sampled_from([b"", b"\0", b"\xc0", b"\x11", b"\x13", b"\x15"]))
        session_id = data.draw(ids).to_bytes(4, "little")
        rest = data.draw(st.binary(max_size=60))
        source = data.draw(st.sampled_from([HERE, ("192.0.2.2", 623), (HOST, 624)]))
        transport.deliver(head + kind + session_id + rest, source)
    assert open_.phase is Phase.ACTIVE
    assert open_.response is not None
    # An error that guesses tag and address can end a login, for there are no keys yet; it can never open one.
    assert waiting.phase in (Phase.OPENING, Phase.FAILED)


def test_a_session_that_was_ended_gets_nothing_more() -> None:
    transport = Transport(MemoryNetwork())
    bmc = TinyBmc()
    conversation = logged_in(transport, bmc)
    conversation.session.ask(0, 1)
    answer = bmc.receive(conversation.session.transmit())[0]
    conversation.end()
    conversation.end()
    transport.deliver(answer, HERE)
    assert conversation.session.response is None
    assert transport.dropped == {"no-such-session": 1}
    assert transport.open_sessions == 0


def test_no_two_sessions_have_one_id() -> None:
    """Even if chance, or a test's source of it, gives the same number again and again."""
    numbers = iter([7, 7, 7, 9] + [1] * 100)
    transport = Transport(MemoryNetwork(), random=lambda count: next(numbers).to_bytes(count, "little"))
    numbers_used = {transport.converse(TERMS, HERE).session.console_id for _ in range(2)}
    assert len(numbers_used) == 2


def test_a_login_does_not_show_its_secrets() -> None:
    shown = repr(Login("admin", b"hunter2", b"hunter3"))
    assert "hunter" not in shown
    assert "admin" in shown


async def test_cryptography_is_never_left_out_over_udp() -> None:
    with UdpLink.open() as link, pytest.raises(ValueError, match="never over UDP"):
        Transport(link, pretend=True)
