"""Both ends derive the same keys, and a packet opens only with them."""

import hashlib
import hmac

import pytest
from hypothesis import given
from hypothesis import strategies as st

from powerfsm.ipmi.wire import WireError, datagram
from powerfsm.ipmi.wire.keys import Exchange, SessionKeys
from powerfsm.ipmi.wire.packet import Packet
from powerfsm.ipmi.wire.seal import Seal
from powerfsm.ipmi.wire.suites import SUITE_0, SUITE_3, SUITE_17, SUITES, CipherSuite

EXCHANGE_FIELDS = (0xA0A1A2A3, 0xB0B1B2B3, b"m" * 16, b"c" * 16, b"g" * 16, 0x14, b"admin")


def exchange(suite: CipherSuite) -> Exchange:
    return Exchange(suite, *EXCHANGE_FIELDS)


def opened(seal: Seal, sealed: bytes) -> bytes:
    decoded = datagram.decode(sealed)
    assert isinstance(decoded, Packet)
    return seal.open(decoded)


def test_the_proofs_are_those_of_the_specification_written_out() -> None:
    facts = exchange(SUITE_17)
    password = b"secret".ljust(20, b"\0")
    ids = bytes.fromhex("a3a2a1a0 b3b2b1b0")
    user = b"\x14\x05admin"
    text2 = ids + b"m" * 16 + b"c" * 16 + b"g" * 16 + user
    text3 = b"c" * 16 + ids[:4] + user
    assert facts.rakp2_code(b"secret") == hmac.new(password, text2, hashlib.sha256).digest()
    assert facts.rakp3_code(b"secret") == hmac.new(password, text3, hashlib.sha256).digest()
    kg = b"k" * 20
    sik = hmac.new(kg, b"m" * 16 + b"c" * 16 + user, hashlib.sha256).digest()
    keys = facts.keys(b"secret", kg)
    assert keys.sik == sik
    assert keys.k1 == hmac.new(sik, b"\x01" * 20, hashlib.sha256).digest()
    assert keys.k2 == hmac.new(sik, b"\x02" * 20, hashlib.sha256).digest()
    text4 = b"m" * 16 + ids[4:] + b"g" * 16
    assert facts.check_value(keys) == hmac.new(sik, text4, hashlib.sha256).digest()[:16]


def test_no_kg_and_a_kg_of_zeros_both_mean_the_password() -> None:
    facts = exchange(SUITE_3)
    assert facts.keys(b"secret", None) == facts.keys(b"secret", bytes(20))
    assert facts.keys(b"secret", b"k" * 20) != facts.keys(b"secret", None)


@pytest.mark.parametrize("suite", SUITES.values(), ids=lambda s: str(s.number))
def test_the_lengths_of_every_proof_are_the_suites(suite: CipherSuite) -> None:
    facts = exchange(suite)
    assert len(facts.rakp2_code(b"x")) == len(facts.rakp3_code(b"x")) == suite.code_length
    assert len(facts.check_value(facts.keys(b"x"))) == suite.check_length


def test_a_secret_of_21_bytes_is_refused_without_being_told() -> None:
    facts = exchange(SUITE_17)
    facts.rakp2_code(b"x" * 20)
    with pytest.raises(WireError, match="21 bytes") as caught:
        facts.rakp2_code(b"hunter2" * 3)
    assert "hunter2" not in str(caught.value)


def test_keys_do_not_show_in_a_repr() -> None:
    shown = repr(exchange(SUITE_17).keys(b"secret"))
    assert "sik" not in shown
    assert "k1" not in shown


@pytest.mark.parametrize("suite", SUITES.values(), ids=lambda s: str(s.number))
@given(clear=st.binary(min_size=1, max_size=80), sequence=st.integers(1, 0xFFFFFFFF))
def test_what_is_sealed_opens_with_the_same_keys(suite: CipherSuite, clear: bytes, sequence: int) -> None:
    keys = exchange(suite).keys(b"secret")
    sealed = Seal(keys).seal(0x11223344, sequence, clear)
    decoded = datagram.decode(sealed)
    assert isinstance(decoded, Packet)
    assert (decoded.session_id, decoded.sequence) == (0x11223344, sequence)
    assert Seal(keys).open(decoded) == clear
    if suite.trailer_length:
        covered = len(sealed) - 4 - suite.trailer_length
        assert covered % 4 == 0
        assert len(clear) < 8 or clear not in sealed


@pytest.mark.parametrize("suite", [SUITE_3, SUITE_17], ids=lambda s: str(s.number))
def test_other_keys_do_not_open_it(suite: CipherSuite) -> None:
    sealed = Seal(exchange(suite).keys(b"secret")).seal(1, 1, b"0123456789")
    with pytest.raises(WireError) as caught:
        opened(Seal(exchange(suite).keys(b"other")), sealed)
    assert caught.value.reason == "wrong-auth-code"


@pytest.mark.parametrize("suite", [SUITE_3, SUITE_17], ids=lambda s: str(s.number))
def test_a_packet_in_clear_is_no_packet_of_a_sealed_session(suite: CipherSuite) -> None:
    plain = Packet(0, b"0123456789", 1, 1).encode()
    with pytest.raises(WireError) as caught:
        opened(Seal(exchange(suite).keys(b"secret")), plain)
    assert caught.value.reason == "not-authenticated"


def test_a_packet_authenticated_but_in_clear_is_refused_where_the_suite_enciphers() -> None:
    keys = exchange(SUITE_17).keys(b"secret")
    # The same keys under a suite that authenticates alike, but hides nothing.
    bare = CipherSuite(15, 3, 4, 0, "sha256", 32, 16, 16)
    sealed = Seal(SessionKeys(bare, keys.sik, keys.k1, keys.k2)).seal(1, 1, b"0123456789")
    with pytest.raises(WireError) as caught:
        opened(Seal(keys), sealed)
    assert caught.value.reason == "not-encrypted"


def test_suite_0_is_in_clear() -> None:
    assert b"0123456789" in Seal(exchange(SUITE_0).keys(b"")).seal(1, 1, b"0123456789")


def test_the_same_message_never_looks_the_same_twice() -> None:
    seal = Seal(exchange(SUITE_17).keys(b"secret"))
    assert seal.seal(1, 1, b"0123456789")[16:] != seal.seal(1, 1, b"0123456789")[16:]
