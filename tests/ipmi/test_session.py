"""The console's session against a BMC, datagram by datagram, without network or clock."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from powerfsm.ipmi import codes
from powerfsm.ipmi.session import ClientSession, Phase, Terms
from powerfsm.ipmi.wire import WireError, commands, datagram
from powerfsm.ipmi.wire.handshake import OpenSessionResponse, Rakp2, Rakp4
from powerfsm.ipmi.wire.message import Response
from powerfsm.ipmi.wire.numbers import (
    AppCommand,
    ChassisCommand,
    ChassisControl,
    NetFn,
    PayloadType,
    Privilege,
    Status,
)
from powerfsm.ipmi.wire.packet import Packet
from powerfsm.ipmi.wire.suites import SUITE_0, SUITE_3, SUITE_8, SUITE_17, CipherSuite
from tiny_bmc import TinyBmc, User

PASSWORD = b"secret"


def terms(
    suite: CipherSuite = SUITE_17,
    *,
    name: bytes = b"admin",
    password: bytes = PASSWORD,
    kg: bytes | None = None,
    privilege: int = Privilege.ADMINISTRATOR,
) -> Terms:
    return Terms(suite, name, password, kg, privilege)


def hand(session: ClientSession, data: bytes) -> bool:
    """Hand a datagram to the session as the transport does."""
    try:
        packet = datagram.decode(data)
    except WireError:
        return False
    return isinstance(packet, Packet) and session.receive(packet)


def step(session: ClientSession, bmc: TinyBmc) -> bool:
    """Let one datagram go to the BMC and its answers come back; return whether one was the awaited."""
    came = [hand(session, answer) for answer in bmc.receive(session.transmit())]
    return any(came)


def logged_in(bmc: TinyBmc, on: Terms | None = None) -> ClientSession:
    session = ClientSession(on or terms())
    while session.phase not in (Phase.ACTIVE, Phase.FAILED):
        assert step(session, bmc), f"no {session.phase.value}"
    return session


def phase(session: ClientSession) -> Phase:
    """Give the phase by a call, so that a type checker does not take it for settled."""
    return session.phase


def may_be_open(session: ClientSession) -> bool:
    """Give it by a call, as with the phase."""
    return session.may_be_open


def read(session: ClientSession, bmc: TinyBmc) -> bool:
    session.ask(NetFn.CHASSIS, ChassisCommand.GET_STATUS)
    assert step(session, bmc)
    assert session.response is not None
    return commands.ChassisStatus.decode(session.response.data).on


@pytest.mark.parametrize("kg", [None, b"k" * 20], ids=["one-key", "two-key"])
@pytest.mark.parametrize("suite", [SUITE_3, SUITE_8, SUITE_17], ids=lambda s: f"suite-{s.number}")
def test_a_session_logs_in_commands_reads_and_closes(suite: CipherSuite, kg: bytes | None) -> None:
    bmc = TinyBmc(suites=(3, 8, 17), kg=kg)
    session = logged_in(bmc, terms(suite, kg=kg))
    assert phase(session) is Phase.ACTIVE
    assert bmc.open_sessions == [session.bmc_id]
    assert bmc.sessions[session.bmc_id].privilege == Privilege.ADMINISTRATOR
    assert read(session, bmc) is False
    session.ask(NetFn.CHASSIS, ChassisCommand.CONTROL, commands.encode_chassis_control(ChassisControl.POWER_UP))
    assert step(session, bmc)
    assert read(session, bmc) is True
    assert may_be_open(session)
    session.ask_to_close()
    assert step(session, bmc)
    assert phase(session) is Phase.CLOSED
    assert not may_be_open(session)
    assert bmc.open_sessions == []


def test_an_operator_works_as_operator() -> None:
    bmc = TinyBmc(users={b"op": User(b"pw", Privilege.OPERATOR)})
    session = logged_in(bmc, terms(name=b"op", password=b"pw", privilege=Privilege.OPERATOR))
    assert phase(session) is Phase.ACTIVE
    assert bmc.sessions[session.bmc_id].privilege == Privilege.OPERATOR


def test_a_session_closes_another_by_its_id() -> None:
    bmc = TinyBmc()
    dead, other = logged_in(bmc), logged_in(bmc)
    for completion in (0, 0x87):
        other.ask_to_close_other(dead.bmc_id)
        assert step(other, bmc)
        assert other.response is not None
        assert other.response.completion == completion
        assert other.phase is Phase.ACTIVE
    assert bmc.open_sessions == [other.bmc_id]


@pytest.mark.parametrize(
    ("bmc", "on", "expected", "at"),
    [
        (TinyBmc(), terms(password=b"wrong"), codes.WRONG_PASSWORD, Phase.PROVING),
        (TinyBmc(kg=b"k" * 20), terms(), codes.WRONG_KG, Phase.CONFIRMING),
        (TinyBmc(kg=b"k" * 20), terms(kg=b"other"), codes.WRONG_KG, Phase.CONFIRMING),
        (TinyBmc(), terms(kg=b"k" * 20), codes.WRONG_KG, Phase.CONFIRMING),
        (TinyBmc(), terms(name=b"nobody"), codes.STATUS[Status.UNAUTHORIZED_NAME], Phase.PROVING),
        (TinyBmc(suites=(3,)), terms(), codes.STATUS[Status.NO_CIPHER_SUITE_MATCH], Phase.OPENING),
        (TinyBmc(slots=0), terms(), codes.STATUS[Status.INSUFFICIENT_RESOURCES], Phase.OPENING),
        (
            TinyBmc(users={b"admin": User(PASSWORD, Privilege.OPERATOR)}),
            terms(),
            codes.SET_SESSION_PRIVILEGE[0x81],
            Phase.RAISING,
        ),
    ],
    ids=[
        "wrong-password",
        "kg-missing",
        "kg-wrong",
        "kg-not-wanted",
        "wrong-user",
        "no-suite",
        "no-slot",
        "privilege",
    ],
)
def test_a_refused_login_says_what_was_wrong(bmc: TinyBmc, on: Terms, expected: object, at: Phase) -> None:
    session = logged_in(bmc, on)
    assert session.failure is not None
    assert session.failure.code is expected
    assert session.failure.at == at.value


@pytest.mark.parametrize("status", list(Status)[1:])
@pytest.mark.parametrize(
    ("kind", "at"),
    [
        (PayloadType.OPEN_SESSION_REQUEST, Phase.OPENING),
        (PayloadType.RAKP_1, Phase.PROVING),
        (PayloadType.RAKP_3, Phase.CONFIRMING),
    ],
)
def test_every_status_ends_the_login_by_its_name(kind: PayloadType, at: Phase, status: Status) -> None:
    session = logged_in(TinyBmc(statuses={kind: status}))
    assert session.failure is not None
    crossed = at is Phase.CONFIRMING and status == Status.INVALID_INTEGRITY_CHECK_VALUE
    assert session.failure.code is (codes.LOGINS_CROSSED if crossed else codes.STATUS[status])
    assert session.failure.at == at.value
    assert not may_be_open(session)


def test_a_failed_privilege_leaves_a_session_that_can_still_be_closed() -> None:
    bmc = TinyBmc(users={b"admin": User(PASSWORD, Privilege.OPERATOR)})
    session = logged_in(bmc)
    assert session.failure is not None
    assert may_be_open(session)
    assert session.keyed
    session.ask_to_close()
    assert step(session, bmc)
    assert bmc.open_sessions == []


def test_a_wrong_kg_leaves_a_session_that_cannot_be_closed_and_says_so() -> None:
    bmc = TinyBmc(kg=b"k" * 20)
    session = logged_in(bmc)
    assert may_be_open(session)
    assert not session.keyed
    assert bmc.open_sessions == [session.bmc_id]


def test_a_privilege_lower_than_asked_for_is_no_login() -> None:
    def mend(answer: object) -> object:
        if isinstance(answer, Response) and answer.command == AppCommand.SET_SESSION_PRIVILEGE:
            return replace(answer, data=bytes((Privilege.USER,)))
        return answer

    session = logged_in(TinyBmc(mend=mend))
    assert session.failure is not None
    assert session.failure.code is codes.PRIVILEGE_WITHHELD


@pytest.mark.parametrize("suite", [SUITE_0, SUITE_3], ids=lambda s: f"suite-{s.number}")
def test_a_bmc_cannot_talk_us_into_a_weaker_suite(suite: CipherSuite) -> None:
    def mend(answer: object) -> object:
        if isinstance(answer, OpenSessionResponse):
            weaker = dict(zip(("authentication", "integrity", "confidentiality"), suite.algorithms, strict=True))
            return replace(answer, **weaker)
        return answer

    session = logged_in(TinyBmc(mend=mend))
    assert session.failure is not None
    assert session.failure.code is codes.SUITE_CHANGED


def test_a_session_with_the_id_0_is_refused() -> None:
    def mend(answer: object) -> object:
        return replace(answer, bmc_id=0) if isinstance(answer, OpenSessionResponse) else answer

    session = logged_in(TinyBmc(mend=mend))
    assert session.failure is not None
    assert session.failure.code is codes.NULL_SESSION_ID


def test_a_proof_that_is_cut_short_proves_nothing() -> None:
    def mend(answer: object) -> object:
        return replace(answer, auth_code=answer.auth_code[:-1]) if isinstance(answer, Rakp2) else answer

    session = logged_in(TinyBmc(mend=mend))
    assert session.failure is not None
    assert session.failure.code is codes.WRONG_PASSWORD


def test_a_check_value_that_was_not_cut_to_its_length_is_taken() -> None:
    def mend(answer: object) -> object:
        return replace(answer, check_value=answer.check_value + b"rest") if isinstance(answer, Rakp4) else answer

    assert logged_in(TinyBmc(mend=mend)).phase is Phase.ACTIVE


def test_the_login_survives_the_loss_of_every_first_datagram_and_every_first_answer() -> None:
    bmc = TinyBmc()
    session = ClientSession(terms(SUITE_3))
    # RAKP message 1 alone must not be answered twice by this BMC: see the crossing of logins below.
    while phase(session) is not Phase.ACTIVE:
        session.transmit()
        if session.phase is not Phase.PROVING:
            bmc.receive(session.transmit())
        assert step(session, bmc)
    assert read(session, bmc) is False


def test_a_login_that_crossed_its_own_retransmission_is_told_as_transient() -> None:
    bmc = TinyBmc()
    session = ClientSession(terms())
    assert step(session, bmc)
    first = bmc.receive(session.transmit())
    bmc.receive(session.transmit())
    assert hand(session, first[0])
    assert step(session, bmc)
    assert session.failure is not None
    assert session.failure.code is codes.LOGINS_CROSSED
    assert session.failure.code.transient


def test_a_refused_copy_of_rakp_3_leaves_open_what_the_first_copy_opened() -> None:
    bmc = TinyBmc()
    session = ClientSession(terms())
    assert step(session, bmc)
    assert step(session, bmc)
    assert not may_be_open(session)
    bmc.receive(session.transmit())
    assert may_be_open(session)
    refusal = Rakp4(session._tag, Status.INVALID_SESSION_ID, session.console_id)
    session.transmit()
    assert hand(session, Packet(PayloadType.RAKP_4, refusal.encode()).encode())
    assert phase(session) is Phase.FAILED
    assert may_be_open(session)
    session.ask_to_close()
    assert step(session, bmc)
    assert bmc.open_sessions == []


def test_a_login_half_way_can_be_retracted() -> None:
    bmc = TinyBmc()
    session = ClientSession(terms())
    assert session.retract() is None
    assert step(session, bmc)
    assert step(session, bmc)
    retraction = session.retract()
    assert retraction is not None
    assert bmc.receive(retraction) == []
    assert bmc.sessions == {}


def test_a_retransmission_is_the_same_message_under_the_next_sequence_number() -> None:
    bmc = TinyBmc()
    session = logged_in(bmc)
    session.ask(NetFn.CHASSIS, ChassisCommand.GET_STATUS)
    first, second = datagram.decode(session.transmit()), datagram.decode(session.transmit())
    assert isinstance(first, Packet)
    assert isinstance(second, Packet)
    assert second.sequence == first.sequence + 1
    seal = bmc.sessions[session.bmc_id].seal
    assert seal is not None
    assert seal.open(first) == seal.open(second)
    assert session.sent == 2


def test_before_the_session_a_retransmission_is_the_same_datagram() -> None:
    session = ClientSession(terms())
    assert session.transmit() == session.transmit()


def test_the_answer_to_an_earlier_request_is_not_the_answer() -> None:
    bmc = TinyBmc()
    session = logged_in(bmc)
    session.ask(NetFn.CHASSIS, ChassisCommand.GET_STATUS)
    late = bmc.receive(session.transmit())
    bmc.power = True
    session.ask(NetFn.CHASSIS, ChassisCommand.GET_STATUS)
    assert not hand(session, late[0])
    taken = session.response
    assert taken is None
    assert session.dropped["not-awaited"] == 1
    assert step(session, bmc)
    assert session.response is not None
    assert commands.ChassisStatus.decode(session.response.data).on


def test_a_second_answer_to_the_same_request_changes_nothing() -> None:
    bmc = TinyBmc()
    session = logged_in(bmc)
    session.ask(NetFn.CHASSIS, ChassisCommand.GET_STATUS)
    answers = [bmc.receive(session.transmit())[0], bmc.receive(session.transmit())[0]]
    assert hand(session, answers[0])
    first = session.response
    assert not hand(session, answers[1])
    assert session.response is first


def test_a_replayed_packet_is_dropped() -> None:
    bmc = TinyBmc()
    session = logged_in(bmc)
    session.ask(NetFn.CHASSIS, ChassisCommand.GET_STATUS)
    answer = bmc.receive(session.transmit())[0]
    assert hand(session, answer)
    session._rq_seq -= 1
    session.ask(NetFn.CHASSIS, ChassisCommand.GET_STATUS)
    assert not hand(session, answer)
    assert session.dropped["replayed"] == 1


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"tag": 9}, "wrong-tag"),
        ({"console_id": 9}, "other-session"),
        ({"console_id": 0}, "other-session"),
        ({"console_id": 9, "status": 1}, "other-session"),
        ({"tag": 9, "status": 1}, "wrong-tag"),
        ({"console_id": 0, "tag": 9, "status": 1}, "wrong-tag"),
    ],
)
def test_an_answer_that_is_not_ours_is_dropped(change: dict[str, int], reason: str) -> None:
    def mend(answer: object) -> object:
        return replace(answer, **change) if isinstance(answer, OpenSessionResponse) else answer

    bmc = TinyBmc(mend=mend)
    session = ClientSession(terms())
    assert not step(session, bmc)
    assert phase(session) is Phase.OPENING
    assert session.dropped == {reason: 1}


@pytest.mark.parametrize(
    ("kind", "at"),
    [
        (PayloadType.OPEN_SESSION_REQUEST, Phase.OPENING),
        (PayloadType.RAKP_1, Phase.PROVING),
        (PayloadType.RAKP_3, Phase.CONFIRMING),
    ],
)
def test_an_error_that_ends_before_the_session_id_is_understood(kind: PayloadType, at: Phase) -> None:
    session = logged_in(TinyBmc(statuses={kind: Status.INSUFFICIENT_RESOURCES}, terse=True))
    assert session.failure is not None
    assert session.failure.code.name == "no-session-slot"
    assert session.failure.at == at.value


def test_a_sealed_packet_of_another_session_is_dropped() -> None:
    bmc = TinyBmc()
    ours, theirs = logged_in(bmc), logged_in(bmc)
    theirs.ask(NetFn.CHASSIS, ChassisCommand.GET_STATUS)
    ours.ask(NetFn.CHASSIS, ChassisCommand.GET_STATUS)
    answer = bmc.receive(theirs.transmit())[0]
    assert not hand(ours, answer)
    # The same packet readdressed to us fails its authentication code.
    assert not hand(ours, answer[:6] + ours.console_id.to_bytes(4, "little") + answer[10:])
    assert ours.dropped == {"other-session": 1, "wrong-auth-code": 1}


def test_a_packet_in_clear_is_no_answer_in_a_sealed_session() -> None:
    bmc = TinyBmc()
    session = logged_in(bmc)
    session.ask(NetFn.CHASSIS, ChassisCommand.GET_STATUS)
    forged = Response(1, ChassisCommand.GET_STATUS, 0, b"\x01\0\0", session._rq_seq).encode()
    assert not hand(session, Packet(PayloadType.IPMI, forged, session.console_id, 9).encode())
    assert session.dropped["not-authenticated"] == 1


@pytest.mark.parametrize("flag", [0x80, 0x40], ids=["encrypted", "authenticated"])
def test_a_handshake_that_claims_to_be_sealed_is_dropped(flag: int) -> None:
    bmc = TinyBmc()
    session = ClientSession(terms())
    answer = bytearray(bmc.receive(session.transmit())[0])
    answer[5] |= flag
    assert not hand(session, bytes(answer))
    assert session.dropped == {"sealed-outside-session": 1}


@pytest.mark.parametrize(
    ("name", "password", "kg"),
    [(b"n" * 17, b"p", None), (b"n", b"p" * 21, None), (b"n", b"p", b"k" * 21)],
    ids=["name", "password", "kg"],
)
def test_what_ipmi_cannot_carry_is_refused_before_anything_is_sent(
    name: bytes, password: bytes, kg: bytes | None
) -> None:
    with pytest.raises(WireError, match="too-long"):
        terms(name=name, password=password, kg=kg)


def test_a_suite_that_proves_nothing_is_refused() -> None:
    with pytest.raises(WireError, match="proves nothing"):
        terms(SUITE_0)


def test_terms_do_not_show_their_secrets() -> None:
    assert "hunter" not in repr(terms(password=b"hunter2", kg=b"hunter3"))


@given(data=st.data())
def test_no_datagram_at_any_moment_breaks_the_session_or_its_promise(data: st.DataObject) -> None:
    """Garbage, cut, flipped and repeated datagrams arrive between the true ones; the truth still comes out."""
    bmc = TinyBmc()
    session = ClientSession(terms(data.draw(st.sampled_from([SUITE_3, SUITE_17]))))
    past: list[bytes] = [b""]

    def disturb() -> None:
        for _ in range(data.draw(st.integers(0, 3))):
            noise = bytearray(data.draw(st.sampled_from(past)))
            how = data.draw(st.sampled_from(["repeat", "cut", "flip", "garbage", "address"]))
            if how == "cut" and noise:
                del noise[data.draw(st.integers(0, len(noise) - 1)) :]
            elif how == "flip" and len(noise) > 16:
                # What a flipped bit in the handshake's own payload does is another test.
                sealed = noise[5] >= 0x40
                last = len(noise) - 1 if sealed else 15
                noise[data.draw(st.integers(4, last))] ^= data.draw(st.integers(1, 255))
            elif how == "garbage":
                noise = bytearray(data.draw(st.binary(max_size=60)))
            elif how == "address":
                ours = session.console_id.to_bytes(4, "little")
                kind = data.draw(st.sampled_from([0x00, 0xC0, 0x40, 0x80, 0x11, 0x13, 0x15]))
                rest = data.draw(st.binary(max_size=60))
                noise = bytearray(b"\x06\0\xff\x07\x06%c" % kind + ours + rest)
            before = session.phase, session.bmc_id, session.response
            assert not hand(session, bytes(noise))
            assert (session.phase, session.bmc_id, session.response) == before

    while phase(session) is not Phase.ACTIVE:
        disturb()
        past += bmc.receive(session.transmit())
        assert hand(session, past[-1])
    for power in (True, False, True):
        bmc.power = power
        session.ask(NetFn.CHASSIS, ChassisCommand.GET_STATUS)
        disturb()
        past += bmc.receive(session.transmit())
        assert hand(session, past[-1])
        assert session.response is not None
        assert commands.ChassisStatus.decode(session.response.data).on is power
        disturb()
    assert session.failure is None


@given(data=st.data())
def test_a_flipped_bit_in_a_login_can_only_make_it_fail(data: st.DataObject) -> None:
    bmc = TinyBmc()
    session = ClientSession(terms())
    while phase(session) not in (Phase.ACTIVE, Phase.FAILED):
        answers = bmc.receive(session.transmit())
        if not answers:
            break
        mangled = bytearray(answers[-1])
        mangled[data.draw(st.integers(0, len(mangled) - 1))] ^= data.draw(st.sampled_from([0, 1, 2, 0x80]))
        hand(session, bytes(mangled))
    if phase(session) is Phase.ACTIVE:
        assert bmc.open_sessions == [session.bmc_id]
        assert read(session, bmc) is False
    elif phase(session) is Phase.FAILED:
        assert session.failure is not None
