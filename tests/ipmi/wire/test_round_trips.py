"""Whatever is encoded is decoded to the same thing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from powerfsm.ipmi.wire import WireError, asf, datagram, message, packet, packet15
from powerfsm.ipmi.wire.commands import (
    AuthCapabilities,
    AuthCapabilitiesRequest,
    ChassisStatus,
    CipherSuitesRequest,
    DeviceId,
    decode_chassis_control,
    decode_cipher_suites,
    decode_close_session,
    decode_privilege,
    encode_chassis_control,
    encode_cipher_suites,
    encode_close_session,
    encode_privilege,
)
from powerfsm.ipmi.wire.handshake import (
    OpenSessionRequest,
    OpenSessionResponse,
    Rakp1,
    Rakp2,
    Rakp3,
    Rakp4,
)
from powerfsm.ipmi.wire.suites import SUITES

byte = st.integers(0, 255)
word = st.integers(0, 0xFFFFFFFF)
lun = st.integers(0, 3)
nibble = st.integers(0, 15)
sixteen = st.binary(min_size=16, max_size=16)
algorithm = st.none() | st.integers(0, 63)
status = st.integers(1, 255)

requests = st.builds(
    message.Request,
    netfn=st.integers(0, 31).map(lambda n: n * 2),
    command=byte,
    data=st.binary(max_size=40),
    sequence=st.integers(0, 63),
    responder=byte,
    responder_lun=lun,
    requester=byte,
    requester_lun=lun,
)


@given(requests)
def test_a_request_comes_back(request: message.Request) -> None:
    assert message.decode(request.encode()) == request


@given(requests, byte, st.binary(max_size=40))
def test_an_answer_comes_back_and_knows_its_request(
    request: message.Request, completion: int, data: bytes
) -> None:
    response = request.answer(completion, data)
    decoded = message.decode(response.encode())
    assert decoded == response
    assert response.answers(request)
    assert (response.responder, response.requester) == (request.responder, request.requester)


def test_an_answer_to_another_request_is_told_apart() -> None:
    request = message.Request(6, 0x3B, sequence=5)
    for other in (
        message.Request(6, 0x3B, sequence=6),
        message.Request(6, 0x3C, sequence=5),
        message.Request(0, 0x3B, sequence=5),
    ):
        assert not request.answer(0).answers(other)


def test_a_request_looks_as_the_specification_draws_it() -> None:
    # Get Channel Authentication Capabilities for administrator, as any IPMI client begins.
    request = message.Request(6, 0x38, AuthCapabilitiesRequest(4).encode())
    assert request.encode() == bytes.fromhex("20 18 c8 81 00 38 8e 04 b5")
    assert packet15.Packet15(request.encode()).encode() == bytes.fromhex(
        "06 00 ff 07 00 00000000 00000000 09 20 18 c8 81 00 38 8e 04 b5"
    )


@given(st.builds(OpenSessionRequest, byte, word, nibble, algorithm, algorithm, algorithm))
def test_open_session_request(payload: OpenSessionRequest) -> None:
    assert OpenSessionRequest.decode(payload.encode()) == payload


@given(
    st.builds(OpenSessionResponse, byte, st.just(0), word, word, nibble, algorithm, algorithm, algorithm)
    | st.builds(OpenSessionResponse, byte, status, word, privilege=nibble)
)
def test_open_session_response(payload: OpenSessionResponse) -> None:
    assert OpenSessionResponse.decode(payload.encode()) == payload


@given(st.builds(Rakp1, byte, word, sixteen, byte, st.binary(max_size=16)))
def test_rakp_1(payload: Rakp1) -> None:
    assert Rakp1.decode(payload.encode()) == payload


@given(
    st.builds(Rakp2, byte, st.just(0), word, sixteen, sixteen, st.binary(max_size=32))
    | st.builds(Rakp2, byte, status, word)
)
def test_rakp_2(payload: Rakp2) -> None:
    assert Rakp2.decode(payload.encode()) == payload


@given(st.builds(Rakp3, byte, byte, word, st.binary(max_size=32)))
def test_rakp_3(payload: Rakp3) -> None:
    assert Rakp3.decode(payload.encode()) == payload


@given(st.builds(Rakp4, byte, byte, word, st.binary(max_size=16)))
def test_rakp_4(payload: Rakp4) -> None:
    assert Rakp4.decode(payload.encode()) == payload


def test_a_user_name_padded_with_zeros_to_16_bytes_is_read_without_them() -> None:
    payload = Rakp1(1, 2, bytes(16), 0x14, b"admin")
    assert Rakp1.decode(payload.encode() + bytes(11)) == payload


def test_a_user_name_that_is_too_long_is_handed_to_the_bmc_and_never_sent() -> None:
    long = Rakp1(1, 2, bytes(16), 0x14, b"a" * 16)
    grown = bytearray(long.encode() + b"a")
    grown[27] = 17
    assert Rakp1.decode(bytes(grown)).name == b"a" * 17
    with pytest.raises(WireError, match="17 bytes"):
        Rakp1.decode(bytes(grown)).encode()


@given(st.builds(packet.Packet, st.sampled_from([0, 0x10, 0x15]), st.binary(max_size=60), word, word))
def test_an_unsealed_packet(original: packet.Packet) -> None:
    assert datagram.decode(original.encode()) == original


def test_a_packet_that_claims_to_be_sealed_is_not_encoded_without_a_seal() -> None:
    with pytest.raises(WireError, match="unsealed"):
        packet.Packet(0, b"", authenticated=True).encode()


@given(
    st.builds(packet15.Packet15, st.binary(max_size=60), word, word)
    | st.builds(packet15.Packet15, st.binary(max_size=60), word, word, st.sampled_from([1, 2, 4, 5]), sixteen)
)
def test_an_ipmi_15_packet(original: packet15.Packet15) -> None:
    assert datagram.decode(original.encode()) == original


def test_a_byte_of_padding_behind_an_ipmi_15_packet_is_ignored() -> None:
    original = packet15.Packet15(b"x" * 42)
    assert datagram.decode(original.encode() + b"\0") == original


@given(st.builds(asf.Ping, byte, byte) | st.builds(asf.Pong, byte, st.booleans(), word, word, byte, byte))
def test_ping_and_pong(original: asf.Ping | asf.Pong) -> None:
    assert datagram.decode(original.encode()) == original


def test_a_ping_looks_as_the_specification_draws_it() -> None:
    assert asf.Ping(0x42).encode() == bytes.fromhex("06 00 ff 06 000011be 80 42 00 00")
    assert asf.Pong(0x42).encode() == bytes.fromhex(
        "06 00 ff 06 000011be 40 42 00 10 000011be 00000000 81 00 000000000000"
    )


@given(st.builds(AuthCapabilitiesRequest, nibble, nibble, st.booleans()))
def test_auth_capabilities_request(data: AuthCapabilitiesRequest) -> None:
    assert AuthCapabilitiesRequest.decode(data.encode()) == data


flag = st.booleans()


@given(
    st.builds(
        AuthCapabilities,
        nibble,
        st.integers(0, 63),
        flag,
        st.just(True),
        flag,
        flag,
        flag,
        flag,
        flag,
        flag,
    )
)
def test_auth_capabilities(data: AuthCapabilities) -> None:
    assert AuthCapabilities.decode(data.encode()) == data


def test_an_ipmi_15_bmc_is_recognised_by_the_missing_extension() -> None:
    plain = AuthCapabilities(1, 0x15, ipmi15=True, ipmi20=False).encode(extended=False)
    decoded = AuthCapabilities.decode(plain)
    assert decoded.ipmi15
    assert not decoded.ipmi20


@given(st.builds(CipherSuitesRequest, st.integers(0, 63), nibble, st.integers(0, 63), flag))
def test_cipher_suites_request(data: CipherSuitesRequest) -> None:
    assert CipherSuitesRequest.decode(data.encode()) == data


def test_cipher_suite_records() -> None:
    records = encode_cipher_suites([(s.number, *s.algorithms) for s in SUITES.values()])
    assert decode_cipher_suites(records) == list(SUITES)
    assert records[:5] == bytes.fromhex("c0 00 00 40 80")


def test_a_manufacturers_own_cipher_suite_is_passed_over() -> None:
    oem = bytes.fromhex("c1 80 0a 02 00 03 44 81")
    standard = encode_cipher_suites([(17, 3, 4, 1)])
    assert decode_cipher_suites(oem + standard) == [17]


@given(st.builds(ChassisStatus, flag, lun, flag, flag, byte, byte))
def test_chassis_status(data: ChassisStatus) -> None:
    assert ChassisStatus.decode(data.encode()) == data


@given(
    st.builds(
        DeviceId,
        byte,
        nibble,
        st.integers(0, 127),
        st.integers(0, 99),
        flag,
        st.tuples(nibble, nibble),
        byte,
        st.integers(0, 0xFFFFF),
        st.integers(0, 0xFFFF),
    )
)
def test_device_id(data: DeviceId) -> None:
    assert DeviceId.decode(data.encode()) == data


@given(nibble, word)
def test_the_small_ones(number: int, session_id: int) -> None:
    assert decode_privilege(encode_privilege(number)) == number
    assert decode_chassis_control(encode_chassis_control(number)) == number
    assert decode_close_session(encode_close_session(session_id)) == session_id
