"""The walk of one drive, phase by phase, for each way in which a phase can end.

The phases are those that the journal tells; the expectations are written by hand from the protocol.  What went
over the wire meanwhile the judge of the laboratory holds against the promises.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest
import trio

from hostile_bmc import Fault, Faults, LabBmc
from laboratory import Lab
from powerfsm.journal import Kind
from powerfsm.node import Policy
from powerfsm.operation import Operation, Status
from powerfsm.power import Ask, Command, Power
from powerfsm.spec import load

BEGIN = ["settling", "opening", "recording", "checking"]
COMMAND = [*BEGIN, "commanding"]
END = ["closing", "done"]
AGAIN = ["resting", "fencing"]
GIVEN_UP = ["giving-up", "failed"]


def walked(lab: Lab, name: str = "n1") -> list[str | None]:
    """The phases that drives of a node have come to, in order; each began in `fencing`."""
    return [entry.after for entry in lab.disk.journal if entry.kind is Kind.PHASE and entry.node == name]


def commanded(lab: Lab) -> list[str]:
    """The commands that have left, in order."""
    told = [entry for entry in lab.disk.journal if entry.kind is Kind.COMMAND]
    return [entry.event for entry in told if entry.detail["outcome"] == "sent"]


async def done(lab: Lab, ask: Ask) -> Operation:
    """Ask, and wait for the end, if there is one."""
    operation = await lab.ask("n1", ask)
    await lab.until(lambda: operation.id in lab.disk.ended or len(lab.disk.journal) > 1000)
    assert operation.id in lab.disk.ended, "it goes round in circles"
    return await lab.ended(operation)


@dataclass(frozen=True)
class Case:
    """One walk.

    Attributes:
        told: What is shown.
        phases: The phases expected.
        sent: The commands expected to have left, accepted or not, in order.
        ask: What is asked.
        power: The node's power before.
        faults: What the BMC does to calls.
        soft_delay: Seconds in which the operating system obeys; None where it does not.
        end: How the operation ends.
    """

    told: str
    phases: Sequence[str]
    sent: Sequence[str]
    ask: Ask = Ask.ON
    power: Power = Power.OFF
    faults: dict[str, list[Fault | None]] = field(default_factory=dict)
    soft_delay: float | None = 0.0
    end: Status = Status.SUCCEEDED


CASES = [
    Case("on", [*COMMAND, "reading", *END], ["on"]),
    Case("what is as wanted is not commanded", [*BEGIN, *END], [], power=Power.ON),
    Case(
        "a login that fails for now",
        ["settling", "opening", *AGAIN, *COMMAND, "reading", *END],
        ["on"],
        faults={"open": [Faults.busy]},
    ),
    Case(
        "a login that is refused for good",
        ["settling", "opening", *GIVEN_UP],
        [],
        faults={"open": [Faults.refused_login]},
        end=Status.FAILED,
    ),
    Case(
        "a first reading that fails for now",
        [*BEGIN, *AGAIN, *COMMAND, "reading", *END],
        ["on"],
        faults={"read": [Faults.unread]},
    ),
    Case(
        "a first reading that is refused for good",
        [*BEGIN, *GIVEN_UP],
        [],
        faults={"read": [Faults.final]},
        end=Status.FAILED,
    ),
    Case(
        "a later reading that fails for now",
        [*COMMAND, "reading", *AGAIN, *BEGIN, *END],
        ["on"],
        faults={"read": [None, Faults.unread]},
    ),
    Case(
        "a later reading that is refused for good",
        [*COMMAND, "reading", *GIVEN_UP],
        ["on"],
        faults={"read": [None, Faults.final]},
        end=Status.FAILED,
    ),
    Case(
        "a command whose answer is lost is looked after behind a fence",
        [*COMMAND, "fencing", *BEGIN, *END],
        ["on"],
        faults={"command": [Faults.lost]},
    ),
    Case(
        "a command that is refused for now",
        [*COMMAND, *AGAIN, *COMMAND, "reading", *END],
        ["on", "on"],
        faults={"command": [Faults.busy]},
    ),
    Case(
        "a command that is refused for good",
        [*COMMAND, *GIVEN_UP],
        ["on"],
        faults={"command": [Faults.final]},
        end=Status.FAILED,
    ),
    Case(
        "an on that the BMC does not know is not followed by an off",
        [*COMMAND, *GIVEN_UP],
        ["on"],
        faults={"command": [Faults.unsupported]},
        end=Status.FAILED,
    ),
    Case(
        "a soft-off that the BMC does not know is followed by a hard one at once",
        [*COMMAND, "commanding", "reading", *END],
        ["soft-off", "off"],
        Ask.SOFT_OFF,
        Power.ON,
        faults={"command": [Faults.unsupported]},
    ),
    Case(
        "a soft-off that is refused for now is asked again",
        [*COMMAND, *AGAIN, *COMMAND, "reading", *END],
        ["soft-off", "soft-off"],
        Ask.SOFT_OFF,
        Power.ON,
        faults={"command": [Faults.busy]},
    ),
    Case(
        "a close that is not answered does not undo what was read",
        [*COMMAND, "reading", *END],
        ["on"],
        faults={"close": [Faults.unfenced]},
    ),
    Case(
        "a reset is marked before it is sent",
        [*BEGIN, "marking", "commanding", "reading", *END],
        ["reset"],
        Ask.RESET,
        Power.ON,
    ),
    Case("of a node that is off, a reset is an on", [*COMMAND, "reading", *END], ["on"], Ask.RESET),
    Case(
        "a reset whose answer is lost is not sent again, and not told as done",
        [*BEGIN, "marking", "commanding", "fencing", *BEGIN, *GIVEN_UP],
        ["reset"],
        Ask.RESET,
        Power.ON,
        faults={"command": [Faults.lost]},
        end=Status.FAILED,
    ),
    Case(
        "a reset that was answered is done when a later attempt reads on",
        [*BEGIN, "marking", "commanding", "reading", *AGAIN, *BEGIN, *END],
        ["reset"],
        Ask.RESET,
        Power.ON,
        faults={"read": [None, Faults.unread]},
    ),
    Case(
        "a reset that is refused for now may be sent again",
        [*BEGIN, "marking", "commanding", *AGAIN, *BEGIN, "marking", "commanding", "reading", *END],
        ["reset", "reset"],
        Ask.RESET,
        Power.ON,
        faults={"command": [Faults.busy]},
    ),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.told)
async def test_the_walk(lab: Lab, case: Case) -> None:
    await lab.add("n1", power=case.power)
    bmc = lab.bmc("n1")
    bmc.faults = {verb: list(faults) for verb, faults in case.faults.items()}
    bmc.soft_delay = case.soft_delay
    end = await done(lab, case.ask)
    assert walked(lab) == case.phases
    assert end.status is case.end
    assert commanded(lab) == case.sent
    if "close" not in case.faults:
        assert bmc.sessions == {}, "it is closed whatever came of it"


@pytest.mark.parametrize("event", ["closed", "failure", "expired"])
def test_what_was_read_stands_however_the_close_ends(event: str) -> None:
    assert load().drive.step("closing", event).after == "done"


# What is read while it is not yet as commanded.


async def _until_two_commands(lab: Lab, power: Power, ask: Ask, *timings: tuple[str, float]) -> LabBmc:
    await lab.add("n1", policy=Policy(timings=timings), power=power)
    bmc = lab.bmc("n1")
    bmc.ignores, bmc.soft_delay = {Command.ON}, None
    await lab.ask("n1", ask)
    await lab.until(lambda: len(bmc.told("sent command")) == 2)
    return bmc


async def test_a_command_without_effect_is_sent_again_in_the_same_session_when_patience_is_over(lab: Lab) -> None:
    bmc = await _until_two_commands(lab, Power.OFF, Ask.ON)
    bmc.ignores = set()
    await lab.quiet()
    phases = walked(lab)
    readings = [phase for phase in phases if phase == "reading"]
    assert phases == [*COMMAND, *readings[:-1], "commanding", "reading", *END]
    assert bmc.commands() == ["on", "on"]
    first, second = (deed.at for deed in bmc.deeds if deed.what == "command on")
    assert 20 <= second - first <= 25, "while it is patient it reads on"


async def test_a_soft_off_without_effect_is_followed_by_a_hard_one_in_the_same_session(lab: Lab) -> None:
    bmc = await _until_two_commands(lab, Power.ON, Ask.SOFT_OFF, ("soft-patience", 8.0))
    soft, hard = (deed.at for deed in bmc.deeds if deed.what == "sent command")
    assert 8 <= hard - soft <= 13, "it is given its time"
    await trio.sleep(0.01)
    assert bmc.commands() == ["soft-off", "off"]
    await lab.quiet()
    phases = walked(lab)
    readings = [phase for phase in phases if phase == "reading"]
    assert phases == [*COMMAND, *readings[:-1], "commanding", "reading", *END]


async def test_a_command_without_effect_is_sent_again_by_an_attempt_that_begins_after_its_patience(
    lab: Lab,
) -> None:
    await lab.add("n1", policy=Policy(timings=(("patience", 8.0),)))
    bmc = lab.bmc("n1")
    bmc.ignores = {Command.ON}
    bmc.faults["read"] = [None, Faults.unread]
    await lab.ask("n1", Ask.ON)
    await lab.until(lambda: bmc.commands() == ["on"])
    bmc.ignores = set()
    await lab.quiet()
    assert walked(lab) == [*COMMAND, "reading", *AGAIN, *COMMAND, "reading", *END]
    assert bmc.commands() == ["on", "on"]


async def test_a_soft_off_is_followed_by_a_hard_one_in_an_attempt_that_begins_after_its_patience(lab: Lab) -> None:
    await lab.add("n1", policy=Policy(timings=(("soft-patience", 8.0),)), power=Power.ON)
    bmc = lab.bmc("n1")
    bmc.faults["command"] = [Faults.lost_there]
    await lab.ask("n1", Ask.SOFT_OFF)
    await lab.quiet()
    assert walked(lab) == [*COMMAND, "fencing", *COMMAND, "reading", *END]
    assert bmc.commands() == ["off"], "the soft one was lost, and its time is over"


async def test_a_soft_off_is_asked_again_by_an_attempt_that_begins_within_its_patience(lab: Lab) -> None:
    await lab.add("n1", power=Power.ON)
    bmc = lab.bmc("n1")
    bmc.faults["command"] = [Faults.lost_there]
    await lab.done("n1", Ask.SOFT_OFF)
    assert walked(lab) == [*COMMAND, "fencing", *COMMAND, "reading", *END]
    assert bmc.commands() == ["soft-off"]


# A reset that may have been carried out.


async def test_a_reset_that_left_the_node_off_is_followed_by_no_command_in_the_same_session(lab: Lab) -> None:
    await lab.add("n1", policy=Policy(timings=(("patience", 1.0),)), power=Power.ON)
    bmc = lab.bmc("n1")
    reset = await lab.ask("n1", Ask.RESET)
    await lab.until(lambda: bmc.commands() == ["reset"])
    bmc.press(Power.OFF)
    assert (await lab.ended(reset)).status is Status.FAILED
    assert walked(lab)[-3:] == ["reading", *GIVEN_UP]
    assert bmc.sessions == {}
    assert bmc.commands() == ["reset"]


async def test_a_reset_that_left_the_node_off_is_followed_by_no_command_in_a_later_attempt(lab: Lab) -> None:
    await lab.add("n1", power=Power.ON)
    bmc = lab.bmc("n1")
    bmc.faults["command"] = [Faults.lost]
    reset = await lab.ask("n1", Ask.RESET)
    await lab.until(lambda: bmc.commands() == ["reset"])
    bmc.press(Power.OFF)
    assert (await lab.ended(reset)).status is Status.FAILED
    assert walked(lab) == [*BEGIN, "marking", "commanding", "fencing", *BEGIN, *GIVEN_UP]
    assert bmc.sessions == {}
    assert bmc.told("sent command") == ["sent command"]


# Quarantine.


async def test_after_the_quarantine_it_is_settled_before_anything_is_opened(lab: Lab) -> None:
    await lab.add("n1")
    bmc = lab.bmc("n1")
    bmc.faults = {"close": [Faults.unfenced], "fence": [Faults.unfenced]}
    await done(lab, Ask.ON)
    assert list(lab.disk.fleet.sessions) == ["n1"]
    first = len(walked(lab))
    await done(lab, Ask.OFF)
    assert walked(lab)[first:] == ["quarantined", *COMMAND, "reading", *END]
    assert lab.disk.fleet.sessions == {}, "the session that must be dead is off the record"
    steps = [step for step in lab.transitions("n1") if step[1] in ("fence-unanswered", "quarantine-over")]
    assert steps == [
        ("powering-off", "fence-unanswered", "quarantined"),
        ("quarantined", "quarantine-over", "powering-off"),
    ]
