"""Wherever a drive is, it can be broken off, and its time can be over: what it leaves open is on record."""

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
import trio

from hostile_bmc import Fault, Faults, LabBmc
from laboratory import Lab
from powerfsm.actions.drive import Drive
from powerfsm.journal import Kind
from powerfsm.node import Policy
from powerfsm.operation import Operation, Status
from powerfsm.power import Ask, Command, Power
from powerfsm.spec import load

Play = Callable[[Lab], Awaitable[None]]


async def _let_it_be(lab: Lab) -> None:
    """Nothing has to be done to hold it there."""


async def _leave_a_session(lab: Lab) -> None:
    bmc = lab.bmc("n1")
    await lab.until(lambda: "sent command" in bmc.told())
    await lab.crash()
    bmc.faults = {"fence": [Faults.unfenced]}
    await lab.start()


def _slow_disk_once(deed: str) -> Play:
    async def play(lab: Lab) -> None:
        await lab.until(lambda: deed in lab.bmc("n1").told())
        lab.disk.sync = 8.0

    return play


@dataclass(frozen=True)
class Hold:
    """How a drive is held in one phase.

    Attributes:
        phase: Which.
        seconds: How long after its beginning the drive is there.
        faults: What the BMC does to calls.
        play: What else has to be done.
        ask: What is asked.
        left: It leaves a session behind that is not shown to be closed.
    """

    phase: str
    seconds: float = 5.0
    faults: dict[str, list[Fault | None]] = field(default_factory=dict)
    play: Play = _let_it_be
    ask: Ask = Ask.ON
    left: bool = False

    async def begin(self, lab: Lab, policy: Policy | None = None) -> Operation:
        await lab.add("n1", policy=policy, power=Power.OFF if self.ask is Ask.ON else Power.ON)
        bmc = lab.bmc("n1")
        bmc.faults = {verb: list(faults) for verb, faults in self.faults.items()}
        bmc.ignores = {Command.ON}
        operation = await lab.ask("n1", self.ask)
        await self.play(lab)
        return operation


HOLDS = [
    Hold("fencing", play=_leave_a_session, left=True),
    Hold("quarantined", 15.0, play=_leave_a_session, left=True),
    Hold("settling", 1.0),
    Hold("opening", faults={"open": [Faults.unreachable]}),
    Hold("recording", play=_slow_disk_once("opened")),
    Hold("checking", faults={"read": [Faults.unread]}),
    Hold("marking", play=_slow_disk_once("sent read"), ask=Ask.RESET),
    Hold("commanding", faults={"command": [Faults.lost_there]}),
    Hold("reading"),
    Hold("resting", faults={"open": [Faults.busy] * 100}),
]
"""All but `closing`: what closes a session is stopped by nothing."""

in_each_phase = pytest.mark.parametrize("hold", HOLDS, ids=lambda hold: hold.phase)


def _last_steps(lab: Lab) -> list[tuple[str | None, str, str | None]]:
    """The two steps with which the drive ended."""
    steps = [(each.before, each.event, each.after) for each in lab.disk.journal if each.kind is Kind.PHASE]
    return steps[-2:]


def _hold_to_the_way_out(lab: Lab, hold: Hold) -> None:
    bmc = lab.bmc("n1")
    assert len(bmc.sessions) == hold.left
    assert len(lab.disk.fleet.sessions) == hold.left, "it is on record if it is open"
    assert "closed" in bmc.told() or "opened" not in bmc.told() or hold.left


@in_each_phase
async def test_an_action_that_is_broken_off_withdraws(lab: Lab, hold: Hold) -> None:
    operation = await hold.begin(lab)
    begun = lab.registry.actions["n1"]
    started = lab.began if hold.play is not _leave_a_session else trio.current_time()
    await trio.sleep_until(started + hold.seconds)
    assert lab.registry.actions["n1"] is begun
    await lab.stop()
    assert _last_steps(lab) == [(hold.phase, "broken-off", "withdrawing"), ("withdrawing", "left", "withdrawn")]
    assert operation.id not in lab.disk.ended, "its work is left for the next start"
    _hold_to_the_way_out(lab, hold)


@in_each_phase
async def test_an_action_whose_time_is_over_gives_up(lab: Lab, hold: Hold) -> None:
    operation = await hold.begin(lab, Policy(timings=(("deadline", hold.seconds),)))
    with trio.fail_after(60):
        end = await lab.ended(operation)
    assert _last_steps(lab) == [(hold.phase, "expired", "giving-up"), ("giving-up", "left", "failed")]
    assert end.status is Status.FAILED
    assert lab.node("n1").state == "error"
    _hold_to_the_way_out(lab, hold)


# Defects: of a driver, or our own.


@contextmanager
def defective(lab: Lab, verb: str) -> Iterator[None]:
    """Within the block, calls of a verb end in what no driver should raise."""
    whole = lab.driver.exchange

    async def exchange(bmc: LabBmc, asked: str, *rest: Any) -> object:
        if asked == verb:
            raise ZeroDivisionError("division by zero")
        return await whole(bmc, asked, *rest)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(lab.driver, "exchange", exchange)
        yield


async def test_a_defect_in_closing_claims_nothing_though_the_goal_was_read(lab: Lab) -> None:
    await lab.add("n1")
    with defective(lab, "close"):
        end = await lab.done("n1", Ask.ON)
    assert end.status is Status.FAILED
    assert end.reason is not None
    assert "ZeroDivisionError: division by zero; this is a defect" in end.reason
    assert _last_steps(lab) == [("closing", "broken-off", "withdrawing"), ("withdrawing", "left", "withdrawn")]
    assert list(lab.disk.fleet.sessions) == ["n1"], "its session is on record, for the next drive to close"


async def test_a_defect_while_giving_up_is_told_as_what_it_is_and_the_way_out_is_walked_on(lab: Lab) -> None:
    await lab.add("n1")
    lab.bmc("n1").faults["command"] = [Faults.final]
    with defective(lab, "close"):
        end = await lab.done("n1", Ask.ON)
    assert end.reason is not None
    assert "ZeroDivisionError: division by zero; this is a defect" in end.reason
    assert _last_steps(lab) == [("giving-up", "broken-off", "giving-up"), ("giving-up", "left", "failed")]


async def test_a_defect_while_withdrawing_is_walked_out_too_and_the_next_action_closes_what_is_left(
    lab: Lab,
) -> None:
    await lab.add("n1")
    bmc = lab.bmc("n1")
    bmc.ignores = {Command.ON}
    on = await lab.ask("n1", Ask.ON)
    await lab.until(lambda: bmc.commands() == ["on"])
    with defective(lab, "close"):
        off = await lab.ask("n1", Ask.OFF)
        await lab.until(lambda: on.id in lab.disk.ended)
    assert lab.disk.ended[on.id].status is Status.SUPERSEDED
    assert _last_steps(lab) == [("withdrawing", "broken-off", "withdrawing"), ("withdrawing", "left", "withdrawn")]
    assert (await lab.ended(off)).status is Status.SUCCEEDED
    assert bmc.told("sent fence") == ["sent fence"], "the session that was left is closed by its id"
    assert bmc.sessions == {}


async def test_a_phase_that_ends_by_what_is_not_its_own_fails_its_operation_as_a_defect(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def mistaken(drive: Drive) -> str:
        return "settled"

    monkeypatch.setattr(Drive, "_checking", mistaken)
    await lab.add("n1")
    end = await lab.done("n1", Ask.ON)
    assert (end.status, end.reason) == (
        Status.FAILED,
        "defect: 'settled' in phase 'checking': belongs to another phase",
    )
    assert lab.bmc("n1").sessions == {}
    assert lab.bmc("n1").told("sent command") == []


# What may end which phase.

OWN = {
    "fencing": {"fenced", "fence-unanswered"},
    "quarantined": {"quarantine-over"},
    "settling": {"settled"},
    "opening": {"opened", "failure"},
    "recording": {"recorded"},
    "checking": {"read-goal", "read-other", "failure"},
    "marking": {"marked"},
    "commanding": {"answered", "refused", "unanswered"},
    "reading": {"read-goal", "read-other", "failure"},
    "closing": {"closed", "failure"},
    "resting": {"rested"},
    "giving-up": {"left"},
    "withdrawing": {"left"},
}
ANYWHERE = {"expired", "broken-off"}
EVENTS = set().union(*OWN.values())


@pytest.mark.parametrize("phase", OWN)
def test_no_phase_ends_by_an_event_of_another(phase: str) -> None:
    for event in EVENTS - OWN[phase]:
        step = load().drive.step(phase, event)
        assert (step.kind, step.after) == ("rejected", phase), event


@pytest.mark.parametrize("event", sorted(ANYWHERE))
@pytest.mark.parametrize("phase", ["giving-up", "withdrawing"])
def test_nothing_turns_a_drive_back_that_is_on_its_way_out(phase: str, event: str) -> None:
    step = load().drive.step(phase, event)
    assert (step.kind, step.after, step.effects) == ("ignored", phase, ())
