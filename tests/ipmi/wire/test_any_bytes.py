"""No bytes, however mangled, raise anything but the codec's own error."""

import contextlib
from collections.abc import Callable

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from powerfsm.ipmi.wire import WireError, asf, datagram, message, packet, packet15, rmcp
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
)
from powerfsm.ipmi.wire.handshake import (
    OpenSessionRequest,
    OpenSessionResponse,
    Rakp1,
    Rakp2,
    Rakp3,
    Rakp4,
)
from powerfsm.ipmi.wire.keys import SessionKeys
from powerfsm.ipmi.wire.packet import Packet
from powerfsm.ipmi.wire.seal import Seal
from powerfsm.ipmi.wire.suites import SUITES

DECODERS: list[Callable[[bytes], object]] = [
    datagram.decode,
    asf.decode,
    packet.decode,
    packet15.decode,
    rmcp.RmcpHeader.decode,
    message.decode,
    OpenSessionRequest.decode,
    OpenSessionResponse.decode,
    Rakp1.decode,
    Rakp2.decode,
    Rakp3.decode,
    Rakp4.decode,
    AuthCapabilities.decode,
    AuthCapabilitiesRequest.decode,
    CipherSuitesRequest.decode,
    ChassisStatus.decode,
    DeviceId.decode,
    decode_chassis_control,
    decode_cipher_suites,
    decode_close_session,
    decode_privilege,
]


@pytest.mark.parametrize("decode", DECODERS, ids=lambda d: d.__qualname__ + ":" + d.__module__)
@given(data=st.binary(max_size=80))
@example(data=b"")
def test_a_decoder_raises_only_its_own_error(decode: Callable[[bytes], object], data: bytes) -> None:
    with contextlib.suppress(WireError):
        decode(data)


headers = st.sampled_from(
    [bytes.fromhex(h) for h in ("0600ff07", "0600ff0706", "0600ff0700", "0600ff06", "06000087")]
)


@given(headers, st.binary(max_size=80))
def test_a_datagram_that_begins_well_raises_only_the_codecs_error(head: bytes, rest: bytes) -> None:
    with contextlib.suppress(WireError):
        datagram.decode(head + rest)


@pytest.mark.parametrize("number", SUITES)
@given(data=st.data())
def test_a_mangled_sealed_packet_never_opens_as_something_else(number: int, data: st.DataObject) -> None:
    suite = SUITES[number]
    seal = Seal(SessionKeys(suite, b"s" * 20, b"1" * 20, b"2" * 20))
    clear = data.draw(st.binary(min_size=7, max_size=40))
    sealed = bytearray(seal.seal(0x01020304, 9, clear))
    how = data.draw(st.sampled_from(["flip", "cut", "grow"]))
    if how == "flip":
        sealed[data.draw(st.integers(0, len(sealed) - 1))] ^= data.draw(st.integers(1, 255))
    elif how == "cut":
        del sealed[data.draw(st.integers(0, len(sealed) - 1)) :]
    else:
        sealed += data.draw(st.binary(min_size=1, max_size=20))
    try:
        decoded = datagram.decode(bytes(sealed))
        opened = seal.open(decoded) if isinstance(decoded, Packet) else None
    except WireError:
        return
    # What is not covered by the authentication code is the RMCP header; its reserved bits may flip.
    if suite.trailer_length:
        assert opened in (None, clear)


def test_the_reason_of_an_error_holds_nothing_from_the_datagram() -> None:
    with pytest.raises(WireError) as caught:
        datagram.decode(b"\x07secret-secret")
    assert caught.value.reason == "not-rmcp"
    with pytest.raises(WireError) as caught:
        datagram.decode(bytes.fromhex("06000087"))
    assert caught.value.reason == "rmcp-ack"
    with pytest.raises(WireError) as caught:
        datagram.decode(bytes.fromhex("0600ff0706"))
    assert caught.value.reason == "truncated"
