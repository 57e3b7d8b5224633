"""Who does not know the password, or Kg, cannot get a session up with us, nor a proof of ours to crack it by."""

from collections.abc import Callable
from dataclasses import replace
from itertools import product

import pytest
import trio
import trio.testing

from bmcsim import Profile
from bmcsim import User as Account
from ipmi_bench import HOST, IpmiBench, ipmi_bench
from lying_site import SITE, lying_site
from packet_fields import with_field
from powerfsm.credentials import Login
from powerfsm.drivers import DriverError, LoginRefused, Unreachable
from powerfsm.ipmi import codes
from powerfsm.ipmi.link import Address
from powerfsm.ipmi.wire.handshake import OpenSessionResponse, Rakp2, Rakp4
from powerfsm.ipmi.wire.numbers import PayloadType
from powerfsm.ipmi.wire.packet15 import Packet15
from powerfsm.ipmi.wire.suites import SUITE_3, SUITE_17
from tiny_bmc import TinyBmc, User


def sent(bench: IpmiBench, kind: PayloadType) -> list[bytes]:
    """Return what the driver has sent of a kind of the login."""
    return [data for data, _ in bench.network.seen if data[5] == kind]


async def refused(bench: IpmiBench, tiny: TinyBmc) -> DriverError:
    """Have the driver log in at this BMC, and return why it does not."""
    bench.network.bmcs[HOST, 623] = tiny
    with pytest.raises((LoginRefused, Unreachable)) as told:
        await bench.driver.open(bench.bmc)
    assert told.value.advice
    assert bench.transport.open_sessions == 0
    # What takes the login back arrives a moment later, and is not for the next BMC.
    await trio.sleep(1)
    return told.value


# Proofs.

PROOFS: dict[str, Callable[[bytes], bytes]] = {
    "none": lambda _: b"",
    "of one byte": lambda code: code[:1],
    "cut by a byte": lambda code: code[:-1],
    "cut by half": lambda code: code[: len(code) // 2],
    "zeros": lambda code: bytes(len(code)),
    "wrong in its first bit": lambda code: bytes((code[0] ^ 0x80,)) + code[1:],
    "wrong in its last bit": lambda code: code[:-1] + bytes((code[-1] ^ 1,)),
    "behind a zero": lambda code: b"\0" + code,
    "backwards": lambda code: code[::-1],
}


@pytest.mark.parametrize("proof", PROOFS.values(), ids=PROOFS)
async def test_a_wrong_proof_in_rakp_2_ends_the_login_before_we_prove_anything(
    proof: Callable[[bytes], bytes], nursery: trio.Nursery, autojump_clock: trio.testing.MockClock
) -> None:
    def mend(answer: object) -> object:
        return replace(answer, auth_code=proof(answer.auth_code)) if isinstance(answer, Rakp2) else answer

    with ipmi_bench(nursery) as bench:
        error = await refused(bench, TinyBmc(mend=mend))
        assert error.name == codes.WRONG_PASSWORD.name
        # What we send then is a refusal, with no proof of ours to crack a password by.
        assert all(len(data) == 16 + 8 for data in sent(bench, PayloadType.RAKP_3))


@pytest.mark.parametrize("proof", PROOFS.values(), ids=PROOFS)
async def test_a_wrong_proof_in_rakp_4_ends_the_login_before_anything_is_sealed(
    proof: Callable[[bytes], bytes], nursery: trio.Nursery, autojump_clock: trio.testing.MockClock
) -> None:
    def mend(answer: object) -> object:
        return replace(answer, check_value=proof(answer.check_value)) if isinstance(answer, Rakp4) else answer

    with ipmi_bench(nursery) as bench:
        error = await refused(bench, TinyBmc(mend=mend))
        assert error.name == codes.WRONG_KG.name
        assert all(data[5] & 0xC0 == 0 for data, _ in bench.network.seen)


async def test_a_bmc_with_another_password_or_another_kg_is_not_believed(
    nursery: trio.Nursery, autojump_clock: trio.testing.MockClock
) -> None:
    with ipmi_bench(nursery) as bench:
        assert (await refused(bench, TinyBmc({b"admin": User(b"other")}))).name == codes.WRONG_PASSWORD.name
        bench.logins.by_name["default"] = Login("admin", b"secret", b"k" * 20)
        for kg in (None, bytes(20), b"x" * 20):
            assert (await refused(bench, TinyBmc(kg=kg))).name == codes.WRONG_KG.name


@pytest.mark.parametrize("field", ["console-id", "bmc-id", "random", "guid", "tag"])
@pytest.mark.parametrize("kind", [PayloadType.OPEN_SESSION_RESPONSE, PayloadType.RAKP_2, PayloadType.RAKP_4])
async def test_another_id_guid_or_number_than_was_proven_is_no_login(
    field: str, kind: PayloadType, autojump_clock: trio.testing.MockClock
) -> None:
    async with lying_site() as site:
        changed = []

        def lie(answer: bytes, source: Address) -> list[tuple[bytes, Address]]:
            if answer[5] == kind and with_field(answer, field, 0x1234567) != answer:
                changed.append(kind)
                answer = with_field(answer, field, 0x1234567)
            return [(answer, source)]

        site.between.lie = lie
        if (kind, field) in ABSENT:
            await (await site.driver.open(site.bmc())).close()
            assert not changed
            return
        with pytest.raises((LoginRefused, Unreachable)):
            await site.driver.open(site.bmc())
        assert changed
        assert site.commands() == []


ABSENT = {
    (PayloadType.OPEN_SESSION_RESPONSE, "random"),
    (PayloadType.OPEN_SESSION_RESPONSE, "guid"),
    (PayloadType.RAKP_2, "bmc-id"),
    (PayloadType.RAKP_4, "bmc-id"),
    (PayloadType.RAKP_4, "random"),
    (PayloadType.RAKP_4, "guid"),
}
"""Fields that an answer does not have."""


async def test_a_login_recorded_once_opens_nothing_a_second_time(autojump_clock: trio.testing.MockClock) -> None:
    async with lying_site() as site:
        await (await site.driver.open(site.bmc())).close()
        recorded = {answer[5]: answer for answer in site.between.said}

        def replay(answer: bytes, source: Address) -> list[tuple[bytes, Address]]:
            # Tag and console's id are in clear in what we send: he makes them fit.
            asked, old = site.between.asked, recorded[answer[5]]
            ours = [each for each in asked if each[5] == PayloadType.OPEN_SESSION_REQUEST][-1][20:24]
            return [(old[:16] + asked[-1][16:17] + old[17:20] + ours + old[24:], source)]

        site.between.lie = replay
        with pytest.raises(LoginRefused) as told:
            await site.driver.open(site.bmc())
        assert told.value.name == codes.WRONG_PASSWORD.name


async def test_another_bmc_that_answers_at_the_address_is_known_by_its_password_only(
    autojump_clock: trio.testing.MockClock,
) -> None:
    """One password for a fleet lets each of its BMCs stand in for each other; docs/drivers.md says so."""
    other = Profile(users=(Account("admin", "another"),))
    fleet = {"n1": SITE, "n2": SITE, "n3": other}
    async with lying_site(fleet) as site:
        for node, believed in (("n2", True), ("n3", False)):
            site.between.redirect = {site.fleet.addresses["n1"]: site.fleet.addresses[node]}
            if believed:
                await (await site.driver.open(site.bmc("n1"))).close()
                continue
            with pytest.raises(LoginRefused) as told:
                await site.driver.open(site.bmc("n1"))
            assert told.value.name == codes.WRONG_PASSWORD.name
            assert f"{site.bmc('n1').host}:623" in str(told.value)


# Cipher suites.

ALGORITHMS = [
    each
    for each in product((None, 0, 1, 2, 3), (None, 0, 1, 2, 4), (None, 0, 1, 2))
    if each != SUITE_17.algorithms
]


def weaker(offer: tuple[int | None, int | None, int | None]) -> TinyBmc:
    """A BMC that answers with these algorithms, whatever it was asked for."""

    def mend(answer: object) -> object:
        if isinstance(answer, OpenSessionResponse):
            authentication, integrity, confidentiality = offer
            return replace(
                answer, authentication=authentication, integrity=integrity, confidentiality=confidentiality
            )
        return answer

    return TinyBmc(mend=mend)


async def test_no_other_algorithms_than_those_asked_for_are_taken_and_no_user_is_named_then(
    nursery: trio.Nursery, autojump_clock: trio.testing.MockClock
) -> None:
    with ipmi_bench(nursery) as bench:
        bench.bmc = replace(bench.bmc, cipher_suite=17)
        for offer in ALGORITHMS:
            assert (await refused(bench, weaker(offer))).name == codes.SUITE_CHANGED.name
        assert sent(bench, PayloadType.RAKP_1) == []
        assert b"admin" not in b"".join(data for data, _ in bench.network.seen)


async def test_where_the_choice_is_left_to_us_a_bmc_can_bring_it_down_to_suite_3_and_no_lower(
    nursery: trio.Nursery, autojump_clock: trio.testing.MockClock
) -> None:
    with ipmi_bench(nursery) as bench:
        for offer in ALGORITHMS:
            if offer != SUITE_3.algorithms:
                await refused(bench, weaker(offer))
        assert {data[28] for data in sent(bench, PayloadType.OPEN_SESSION_REQUEST)} == {3, 1}
        assert sent(bench, PayloadType.RAKP_1) == []


# Reflection, and older protocols.


async def test_our_own_packets_sent_back_to_us_open_nothing(autojump_clock: trio.testing.MockClock) -> None:
    async with lying_site() as site:
        site.between.lie = lambda _, source: [(site.between.asked[-1], source)]
        with pytest.raises(Unreachable, match="dropped"):
            await site.driver.open(site.bmc())


@pytest.mark.parametrize("kind", [PayloadType.OPEN_SESSION_RESPONSE, PayloadType.RAKP_2, PayloadType.RAKP_4])
async def test_our_own_message_under_the_type_of_its_answer_opens_nothing(
    kind: PayloadType, autojump_clock: trio.testing.MockClock
) -> None:
    async with lying_site() as site:

        def lie(answer: bytes, source: Address) -> list[tuple[bytes, Address]]:
            asked = site.between.asked[-1]
            if answer[5] == kind and asked[5] == kind - 1:
                own = site.between.asked[0][20:24]
                answer = asked[:5] + answer[5:6] + asked[6:17] + b"\0" + asked[18:20] + own + asked[24:]
            return [(answer, source)]

        site.between.lie = lie
        with pytest.raises((LoginRefused, Unreachable)):
            await site.driver.open(site.bmc())


async def test_a_bmc_that_speaks_ipmi_1_5_only_gets_no_password_out_of_us(
    autojump_clock: trio.testing.MockClock,
) -> None:
    async with lying_site() as site:
        site.between.lie = lambda answer, source: [(Packet15(answer[16:]).encode(), source)]
        with pytest.raises(Unreachable, match="not-rmcp-plus"):
            await site.driver.open(site.bmc())
        assert all(data[4] == 6 for data in site.between.asked)


@pytest.mark.parametrize("kind", [PayloadType.OPEN_SESSION_REQUEST, PayloadType.RAKP_1, PayloadType.RAKP_3])
async def test_an_error_status_never_opens_a_session_whichever_message_bears_it(
    kind: PayloadType, nursery: trio.Nursery, autojump_clock: trio.testing.MockClock
) -> None:
    with ipmi_bench(nursery) as bench:
        for status in range(1, 256):
            assert isinstance(await refused(bench, TinyBmc(statuses={kind: status})), LoginRefused)
