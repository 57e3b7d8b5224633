"""Authentication codes of IPMI 1.5."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from powerfsm.ipmi.wire import WireError, auth15, datagram
from powerfsm.ipmi.wire.packet15 import AUTH_MD2, AUTH_MD5, AUTH_NONE, AUTH_PASSWORD, Packet15

KEY = b"secret".ljust(16, b"\0")

word = st.integers(0, 0xFFFFFFFF)
passwords = st.binary(max_size=16).filter(lambda password: not password.endswith(b"\0"))


def test_md5_is_over_password_id_payload_sequence_and_password() -> None:
    text = KEY + b"\x04\x03\x02\x01" + b"payload" + b"\x08\x07\x06\x05" + KEY
    assert auth15.auth_code(AUTH_MD5, b"secret", 0x01020304, 0x05060708, b"payload") == hashlib.md5(text).digest()


def test_a_straight_password_is_padded_with_zeros() -> None:
    assert auth15.auth_code(AUTH_PASSWORD, b"secret", 1, 2, b"payload") == KEY


def test_none_has_no_code() -> None:
    assert auth15.auth_code(AUTH_NONE, b"secret", 1, 2, b"payload") == b""


@given(st.sampled_from(auth15.AUTH_TYPES), passwords, word, word, st.binary(max_size=60))
def test_what_is_sealed_is_proven(
    auth_type: int, password: bytes, session_id: int, sequence: int, payload: bytes
) -> None:
    packet = datagram.decode(auth15.seal(auth_type, password, session_id, sequence, payload))
    assert packet == Packet15(
        payload,
        session_id,
        sequence,
        auth_type,
        auth15.auth_code(auth_type, password, session_id, sequence, payload),
    )
    assert isinstance(packet, Packet15)
    auth15.prove(packet, password)


@pytest.mark.parametrize("auth_type", [AUTH_MD5, AUTH_PASSWORD])
@given(passwords, passwords)
def test_another_password_proves_nothing(auth_type: int, one: bytes, other: bytes) -> None:
    packet = datagram.decode(auth15.seal(auth_type, one, 1, 2, b"payload"))
    assert isinstance(packet, Packet15)
    if one == other:
        return
    with pytest.raises(WireError, match="wrong-auth-code"):
        auth15.prove(packet, other)


@given(st.integers(0, 40), st.integers(1, 255))
def test_md5_covers_id_sequence_and_payload(place: int, flip: int) -> None:
    sealed = bytearray(auth15.seal(AUTH_MD5, b"secret", 0x11223344, 7, b"0123456789ab"))
    covered = [*range(5, 13), *range(30, 42)]
    sealed[covered[place % len(covered)]] ^= flip
    packet = datagram.decode(bytes(sealed))
    assert isinstance(packet, Packet15)
    with pytest.raises(WireError, match="wrong-auth-code"):
        auth15.prove(packet, b"secret")


def test_a_password_that_ipmi_15_cannot_hold_is_refused() -> None:
    with pytest.raises(WireError, match="17 bytes"):
        auth15.auth_code(AUTH_MD5, b"x" * 17, 1, 2, b"")


def test_md2_is_not_spoken() -> None:
    with pytest.raises(WireError, match="bad-auth-type"):
        auth15.auth_code(AUTH_MD2, b"x", 1, 2, b"")


def test_a_password_does_not_show() -> None:
    packet = datagram.decode(auth15.seal(AUTH_PASSWORD, b"open-sesame", 1, 2, b"payload"))
    assert "sesame" not in repr(packet)
