"""Requesters claim what they can know: no more, or the judge is unfair; no less, or he sees nothing."""

from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
import trio
import trio.testing

from accepting_api import AcceptingApi
from powerfsm.client import Client
from powerfsm.demo import storm as storm_module
from powerfsm.demo.claims import Claims, now
from powerfsm.demo.storm import Gate, Storm
from powerfsm.operation import Status
from powerfsm.power import Ask

ReadClaims = Callable[[], list[dict[str, Any]]]


def dies(when: str) -> Callable[[str], None]:
    """The daemon dies before the request arrives, or after it was accepted and before it is answered."""

    def fault(point: str) -> None:
        if point == when:
            raise httpx.ReadError("")

    return fault


def away(point: str) -> None:
    """There is no daemon."""
    raise httpx.ConnectError("connection refused")


@asynccontextmanager
async def listening(storm: Storm) -> AsyncGenerator[None]:
    """Somebody listens for the ends of operations."""
    async with trio.open_nursery() as nursery:
        nursery.start_soon(storm.listen)
        yield
        nursery.cancel_scope.cancel()


@pytest.fixture
def forgetful(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Sets how often requesters give up."""
    return lambda share: monkeypatch.setattr(storm_module, "FORGETFUL", share)


async def test_request_that_was_answered_is_claimed_with_the_time_before_it(
    storm: Storm, read_claims: ReadClaims
) -> None:
    before = now()
    await storm.ask([("n1", Ask.ON), ("n2", Ask.READY)])
    first, second = read_claims()
    assert (first["node"], first["asked"], second["node"], second["asked"]) == ("n1", "on", "n2", "off")
    assert before <= first["t"] <= now()
    assert "way" not in first


@pytest.mark.parametrize("ask", [Ask.CYCLE, Ask.RESET])
async def test_ask_that_goes_through_off_tells_its_way(storm: Storm, read_claims: ReadClaims, ask: Ask) -> None:
    await storm.ask([("n1", ask)])
    (claim,) = read_claims()
    assert (claim["asked"], claim["way"]) == ("on", ask.value)


async def test_request_that_nobody_can_have_received_is_not_claimed_before_it_is_repeated(
    storm: Storm, api: AcceptingApi, read_claims: ReadClaims, forgetful: Callable[[float], None]
) -> None:
    forgetful(1.0)
    api.faults = [away]
    before = now()
    await storm.ask([("n1", Ask.ON)])
    (claim,) = read_claims()
    assert claim["t"] >= before + storm_module.AGAIN
    assert storm.tally.unknown == 0


async def test_request_that_may_have_arrived_is_repeated_with_its_key_and_claimed_from_its_first_attempt(
    storm: Storm, api: AcceptingApi, read_claims: ReadClaims, forgetful: Callable[[float], None]
) -> None:
    forgetful(0.0)
    # The client itself repeats once: so the requester repeats after two.
    api.faults = [dies("after"), dies("before")]
    before = now()
    await storm.ask([("n1", Ask.OFF)])
    (claim,) = read_claims()
    assert before <= claim["t"] < before + storm_module.AGAIN
    assert len({key for key, _ in api.asked}) == 1
    assert storm.tally.answered == len(storm.operations) == len(api.operations) == 1


async def test_request_that_is_given_up_is_claimed_all_the_same_and_asked_again_at_the_end(
    storm: Storm, api: AcceptingApi, read_claims: ReadClaims, forgetful: Callable[[float], None]
) -> None:
    forgetful(1.0)
    api.faults = [dies("after"), dies("before")]
    await storm.ask([("n1", Ask.OFF)])
    assert [claim["asked"] for claim in read_claims()] == ["off"]
    assert (storm.tally.unknown, storm.tally.answered) == (1, 0)

    await storm.make_certain()
    assert [claim["asked"] for claim in read_claims()] == ["off", "off"]
    assert storm.tally.answered == 1
    await storm.make_certain()
    assert storm.tally.answered == 1, "there was nothing left to be made certain"


async def test_success_of_a_shared_operation_is_claimed_for_the_last_request_that_it_answers(
    storm: Storm, api: AcceptingApi, read_claims: ReadClaims
) -> None:
    api.shared = {"n1"}
    async with listening(storm):
        await storm.ask([("n1", Ask.ON)])
        await storm.ask([("n1", Ask.ON)])
        api.end(1, "succeeded")
        await storm.quiet()
    first, last, declared = read_claims()
    assert first["id"] != last["id"] == declared["id"]
    assert (declared["declared"], declared["t"] >= last["t"]) == ("on", True)


@pytest.mark.parametrize("status", [Status.SUPERSEDED, Status.FAILED])
async def test_end_that_is_no_success_declares_nothing(
    storm: Storm, api: AcceptingApi, read_claims: ReadClaims, status: Status
) -> None:
    async with listening(storm):
        await storm.ask([("n1", Ask.ON)])
        api.end(1, status.value, "the BMC is on fire")
        await storm.quiet()
    assert len(read_claims()) == 1
    assert storm.tally.ended == {status: 1}
    assert storm.tally.failures == ({1: "the BMC is on fire"} if status is Status.FAILED else {})


async def test_operation_that_the_daemon_has_forgotten_is_counted_as_lost(
    storm: Storm, api: AcceptingApi, read_claims: ReadClaims
) -> None:
    async with listening(storm):
        await storm.ask([("n1", Ask.ON), ("n2", Ask.ON)])
        del api.operations[1]
        api.end(2, "succeeded")
        await storm.quiet()
    assert storm.tally.lost == {1}
    assert [claim["node"] for claim in read_claims() if "declared" in claim] == ["n2"]


async def test_nobody_asks_while_the_gate_is_shut(storm: Storm, api: AcceptingApi, gate: Gate) -> None:
    gate.shut()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(storm.ask, [("n1", Ask.ON)])
        await trio.testing.wait_all_tasks_blocked()
        assert not api.asked
        gate.open()
    assert len(api.asked) == 1


async def test_storm_ends_with_every_request_answered(storm: Storm, api: AcceptingApi) -> None:
    api.faults = [lambda _: None, lambda _: None, lambda _: storm.abate()]
    await storm.rage()
    assert storm.tally.answered == sum(len(wanted) for _, wanted in api.asked) >= 3


async def test_storm_ends_even_where_something_is_always_due(api: AcceptingApi, tmp_path: Path) -> None:
    gate = Gate()
    gate.open()
    with Claims(tmp_path / "all-due.jsonl") as claims:
        async with Client("http://127.0.0.1:1", transport=api) as client:
            storm = Storm(client, ["n1", "n2"], claims, gate, seed=1, pace=0.0)
            api.faults = [lambda _: None, lambda _: storm.abate()]
            with trio.fail_after(60):
                await storm.rage()
