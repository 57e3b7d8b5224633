"""The daemon's core over BMCs of which one of each kind lies: the others are served as if there were no liars."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from random import Random

import pytest
import structlog
import trio

from bmcsim import Fleet as Bmcs
from bmcsim import MemoryLog, Profile, Rule, in_memory
from bmcsim.check import Verdict, judge
from bmcsim.faults import (
    AuthCodeLength,
    CompletionCode,
    FalseLength,
    Fault,
    Foreign,
    ForeignAnswer,
    ForeignGuid,
    ForeignResponse,
    ForgedCode,
    ForgedProof,
    Misfit,
    NullSessionId,
    ReflectedAnswer,
    ReusedSessionId,
    SequenceJump,
    SessionLeak,
    Truncate,
    UnsealedAnswer,
    Way,
    WeakerSuite,
    WrongLength,
)
from bmcsim.machine import Power as Truth
from bmcsim.records import Claim
from bmcsim.virtual import noise
from laboratory import run_in_virtual_time
from lying_site import PASSWORD, SITE, Between, Lie
from powerfsm.actions import Workshop
from powerfsm.actions.limits import Limits
from powerfsm.actions.timings import Timings
from powerfsm.audit import Auditor
from powerfsm.bmc import Bmc
from powerfsm.credentials import Login
from powerfsm.drivers.ipmi import IpmiDriver, IpmiTimings
from powerfsm.ipmi.link import Address
from powerfsm.ipmi.transport import open_transport
from powerfsm.node import Node, Policy
from powerfsm.operation import Operation, Status
from powerfsm.power import Ask
from powerfsm.registry.fleet import Fleet
from powerfsm.registry.registry import Registry
from powerfsm.registry.requests import PowerRequest
from powerfsm.rehearsal.disk import Disk, DiskAccess
from powerfsm.spec import load

HONEST = [f"honest{number}" for number in range(4)]

STATUS, CONTROL, CLOSE = "chassis-status", "chassis-control", "close-session"

LIARS: Mapping[str, tuple[Fault, tuple[str, ...]]] = {
    "weaker-suite": (WeakerSuite(), ()),
    "foreign-guid": (ForeignGuid(), ()),
    "forged-proof": (ForgedProof(), ()),
    "forged-proof-of-key": (ForgedProof(), ("rakp3",)),
    "no-proof": (AuthCodeLength(0), ("rakp1",)),
    "foreign-tag": (ForeignAnswer(), ("rakp1",)),
    "foreign-session": (ForeignAnswer(Foreign.SESSION), ("open-session",)),
    "null-session": (NullSessionId(), ()),
    "same-session": (ReusedSessionId(), ()),
    "unsealed-reading": (UnsealedAnswer(), (STATUS,)),
    "unsealed-command": (UnsealedAnswer(), (CONTROL,)),
    "unsealed-close": (UnsealedAnswer(), (CLOSE,)),
    "forged-reading": (ForgedCode(), (STATUS,)),
    "forged-command": (ForgedCode(), (CONTROL,)),
    "forged-close": (ForgedCode(), (CLOSE,)),
    "reflected": (ReflectedAnswer(), ()),
    "foreign-sequence": (ForeignResponse(), (STATUS,)),
    "foreign-command": (ForeignResponse(Misfit.COMMAND), (CONTROL,)),
    "foreign-netfn": (ForeignResponse(Misfit.NETFN), (CLOSE,)),
    "no-data": (WrongLength(), (STATUS,)),
    "much-data": (WrongLength(200), ()),
    "long": (FalseLength(), ()),
    "short": (FalseLength(0), (CONTROL,)),
    "cut": (Truncate(Way.OUT), (CONTROL,)),
    "jumping": (SequenceJump(1000), (STATUS,)),
    "leaking": (SessionLeak(), ()),
    "denying": (CompletionCode(0xFF, done=True), (CONTROL,)),
}
"""What each of them does, always, and at which steps."""

IN_BETWEEN = ("other-port", "everything-twice", "old-packets", "echo")
"""Nodes whose BMCs are honest, and somebody in between is not."""


def in_between(addresses: Mapping[Address, str], asked: Sequence[bytes]) -> Lie:
    """Lie about what the BMCs of `IN_BETWEEN` say."""
    before: dict[str, list[bytes]] = {}

    def lie(answer: bytes, source: Address) -> Iterator[tuple[bytes, Address]]:
        node = addresses[source]
        old = before.setdefault(node, [])
        if node == "other-port":
            yield answer, (source[0], source[1] + 1)
            return
        if node == "old-packets":
            yield from ((packet, source) for packet in old[-5:])
        if node == "echo":
            yield asked[-1], source
        yield answer, source
        if node == "everything-twice":
            yield answer, source
        old.append(answer)

    return lie


@dataclass
class Outcome:
    """What came of it.

    Attributes:
        ended: The operations by node, as they ended.
        at: When, in seconds.
        truth: The power at the end.
        verdict: The simulator's judge's.
        findings: What an audit of the journal found.
        warned: Events of our log.
    """

    ended: dict[str, list[Operation]] = field(default_factory=dict)
    at: dict[str, list[float]] = field(default_factory=dict)
    truth: dict[str, Truth] = field(default_factory=dict)
    verdict: Verdict | None = None
    findings: list[object] = field(default_factory=list)
    warned: list[str] = field(default_factory=list)


class OneLogin:
    """The same for every node."""

    def lookup(self, _: str) -> Login:
        return Login("admin", PASSWORD.encode())


async def live(outcome: Outcome, liars: Sequence[str], between: Sequence[str]) -> None:
    """Ask every node for on and then for off, and wait for both to end."""
    log, claims = MemoryLog(), list[Claim]()
    profiles: dict[str, Profile] = dict.fromkeys([*HONEST, *liars, *between], SITE)
    bmcs = Bmcs(profiles, log=log, clock=trio.current_time)
    for name in liars:
        fault, steps = LIARS[name]
        bmcs.faults.add(Rule(fault, nodes=name, steps=frozenset(steps)))
    spec, disk = load(), Disk(lambda _: None)
    timings = Timings.of(spec.timings)
    async with in_memory(bmcs) as network, trio.open_nursery() as tasks:
        wire = Between(network.link())
        wire.lie = in_between({address: name for name, address in bmcs.addresses.items()}, wire.asked)
        with open_transport(tasks, wire, random=noise(0, "daemon")) as transport:
            patience = IpmiTimings(timings.answer, timings.retransmit, timings.fence)
            driver = IpmiDriver(transport, OneLogin(), patience)
            workshop = Workshop(spec, {"ipmi": driver}, Limits(), trio.current_time, random=Random(0))
            fleet = Fleet(disk.snapshot())
            registry = Registry(spec, DiskAccess(disk), fleet, workshop, trio.current_time)
            await tasks.start(registry.serve)
            registry.accepting = True
            await registry.add([Node(name, Bmc(*bmcs.addresses[name]), Policy()) for name in profiles])
            async with trio.open_nursery() as users:
                for name in profiles:
                    users.start_soon(use, outcome, registry, claims, name)
            await trio.sleep(200)
            assert transport.open_sessions == 0
            registry.close()
        tasks.cancel_scope.cancel()
    outcome.truth = {name: bmcs[name].machine.power for name in profiles}
    outcome.verdict = judge(list(log), claims)
    auditor = Auditor(spec)
    auditor.start_process()
    outcome.findings = list(auditor.feed(disk.journal))


async def use(outcome: Outcome, registry: Registry, claims: list[Claim], name: str) -> None:
    await trio.sleep(1)
    for ask, power in ((Ask.ON, Truth.ON), (Ask.OFF, Truth.OFF)):
        claims.append(Claim(trio.current_time(), name, power, declared=False, id=f"{name}-{ask}"))
        begun = (await registry.request([PowerRequest(name, ask)]))[0]
        ended = await registry.ended(begun.id)
        if ended.status is Status.SUCCEEDED:
            claims.append(Claim(trio.current_time(), name, power, declared=True, id=f"{name}-{ask}"))
        outcome.ended.setdefault(name, []).append(ended)
        outcome.at.setdefault(name, []).append(trio.current_time())


def lived(liars: Sequence[str] = (), between: Sequence[str] = ()) -> Outcome:
    outcome = Outcome()

    async def main() -> None:
        with structlog.testing.capture_logs() as logs:
            await live(outcome, liars, between)
        outcome.warned = [str(each["event"]) for each in logs]

    run_in_virtual_time(main, seed=1)
    return outcome


@pytest.fixture(scope="module")
def outcome() -> Outcome:
    """What comes of it with all the liars."""
    return lived(tuple(LIARS), IN_BETWEEN)


def test_the_honest_ones_are_served_as_if_there_were_no_liars(outcome: Outcome) -> None:
    alone = lived()
    for name in HONEST:
        assert [each.status for each in outcome.ended[name]] == [Status.SUCCEEDED, Status.SUCCEEDED]
        assert outcome.truth[name] is Truth.OFF
        assert outcome.at[name] == pytest.approx(alone.at[name], abs=0.5)


def test_nothing_is_declared_that_is_not_so_and_no_two_commands_overlap(outcome: Outcome) -> None:
    assert outcome.verdict is not None
    assert outcome.verdict.contradictions == ()
    # What is leaked was told to be closed, takes nothing any more, and is open in the simulator's own log.
    assert {each.node for each in outcome.verdict.overlaps} <= {"leaking"}
    assert outcome.verdict.unclosed == ()
    assert outcome.verdict.declared >= 2 * len(HONEST)
    assert outcome.findings == []


def test_every_operation_on_a_liar_ends_in_truth_or_in_failure_that_names_it_and_says_what_to_do(
    outcome: Outcome,
) -> None:
    ends = {each.status for each in chain.from_iterable(outcome.ended[name] for name in (*LIARS, *IN_BETWEEN))}
    assert ends == {Status.SUCCEEDED, Status.FAILED}
    for name in (*LIARS, *IN_BETWEEN):
        for operation in outcome.ended[name]:
            assert operation.reason
            if operation.status is Status.FAILED:
                assert name in operation.reason
                assert ":623" in operation.reason
                assert ";" in operation.reason, "what to do stands behind what is wrong"
            assert PASSWORD not in operation.reason
        last = outcome.ended[name][-1]
        assert last.status is Status.FAILED or outcome.truth[name] is Truth.OFF


@pytest.mark.parametrize(
    "name", ["same-session", "much-data", "leaking", "everything-twice", "old-packets", "echo"]
)
def test_what_a_lie_does_not_touch_goes_on(outcome: Outcome, name: str) -> None:
    assert [each.status for each in outcome.ended[name]] == [Status.SUCCEEDED, Status.SUCCEEDED]


@pytest.mark.parametrize(
    "name",
    [
        "weaker-suite",
        "foreign-guid",
        "forged-proof",
        "no-proof",
        "null-session",
        "other-port",
        "unsealed-reading",
        "forged-reading",
        "foreign-sequence",
    ],
)
def test_what_a_lie_stands_in_the_way_of_fails(outcome: Outcome, name: str) -> None:
    assert [each.status for each in outcome.ended[name]] == [Status.FAILED, Status.FAILED]
