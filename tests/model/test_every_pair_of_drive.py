"""The machine `drive`: the real drive takes every branch, and goes where the protocol wants it.

What the protocol wants, a reference says that shares nothing with the spec and the code (`drive_reference`); what
goes over the wire, the judge of the laboratory holds to the promises.  In each situation in which a walk comes to
choose, everything happens once that can: each answer of the BMC and none, a defect of the driver, a full disk, the
end of the daemon, the deadline.  `POWERFSM_WALKS=5000` takes so many random walks, other ones each time.

An event of another phase is one that no phase of the real drive tells; of those it is shown that the drive makes a
failure of them, which is told, and that nothing hangs.
"""

import os
from collections.abc import Callable
from dataclasses import replace

import pytest
import structlog
import trio
from hypothesis import given, settings
from hypothesis import strategies as st

from drive_walk import Always, Choices, Drawn, DriveWalk, explore_drive
from hostile_bmc import Faults
from laboratory import Lab
from powerfsm.actions.deadline import Deadline
from powerfsm.actions.drive import Drive, GaveUp
from powerfsm.actions.kinds import PowerOn
from powerfsm.operation import Operation, Status
from powerfsm.power import Ask
from powerfsm.spec import Machine, Spec, load
from powerfsm.spec.schema import branches
from spec_coverage import Cell, cells, counted, missing
from spec_coverage_report import publish

WALKS = os.environ.get("POWERFSM_WALKS")
SETTINGS = settings(max_examples=int(WALKS or 200), derandomize=WALKS is None, database=None, deadline=None)
DEADLINES = (400.0, 150.0, 60.0, 3.5, 2.0)

NOTHING_CAUSES = {
    Cell("closing", "expired", "1"): "a close that has begun is shielded, and nothing is waited for after it",
    Cell("giving-up", "expired", "ignored"): "nothing unshielded is waited for on the way out",
    Cell("withdrawing", "expired", "ignored"): "what withdraws has left the scope of the deadline",
}
"""What the spec says for the sake of its completeness; that the drive does it is shown all the same."""

Record = Callable[[str, object], None]


@pytest.mark.slow
def test_everything_that_the_spec_says_happens_and_is_as_the_protocol_wants_it(record_property: Record) -> None:
    spec, _, drive = counted(load())
    *_, walks = explore_drive(spec, drive)
    unfenced = Always(command=Faults.lost_there, close=Faults.unfenced, fence=Faults.unfenced)
    DriveWalk(spec, drive, unfenced, deadline=60).run()
    DriveWalk(spec, drive, Choices(()), deadline=2).run()
    assert walks > 500, "choices that walks came to before are no longer come to"
    assert [cell for cell in missing(drive, drive.taken) if cell.outcome != "rejected"] == list(NOTHING_CAUSES)
    assert not any(cell.outcome == "rejected" for cell in drive.taken)
    publish(record_property, drive, "every choice in every situation", drive.taken)


async def test_what_no_phase_tells_is_ignored_or_rejected_by_the_drive_as_the_spec_says(
    lab: Lab, record_property: Record
) -> None:
    spec, _, machine = counted(lab.spec)
    await lab.add("n1")
    lab.workshop.spec = spec
    operation = Operation(1, "n1", Ask.ON, 1, Status.IN_PLAY, 0.0)
    told = [cell for cell in cells(machine) if cell.outcome == "rejected" or cell in NOTHING_CAUSES]
    for state, event, outcome in told:
        drive = Drive(lab.workshop, lab.registry, lab.node("n1"), operation, PowerOn.legs[0], Deadline(300))
        drive._phase = state
        if outcome == "rejected":
            with pytest.raises(GaveUp, match=f"defect: '{event}' in phase '{state}': "):
                await drive._turn(event)
            assert drive._phase == state
        else:
            await drive._turn(event)
            assert drive._phase == ("done" if state == "closing" else state)
    assert set(machine.taken) == set(told)
    publish(record_property, machine, "telling the drive what none of its phases tells", machine.taken)
    # These steps belong to no operation, which an audit would find.
    lab.audited = False


async def test_a_drive_that_tells_what_cannot_be_fails_with_the_reason_and_leaves_no_session(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def tell(_: Drive) -> str:
        return "answered"

    monkeypatch.setattr(Drive, "_checking", tell)
    await lab.add("n1")
    with trio.fail_after(60), structlog.testing.capture_logs():
        end = await lab.done("n1", Ask.ON)
    assert end.status is Status.FAILED
    assert end.reason == "defect: 'answered' in phase 'checking': belongs to another phase"
    assert (lab.node("n1").state, lab.bmc("n1").sessions) == ("error", {})


def test_random_walks_go_nowhere_else(record_property: Record) -> None:
    spec, _, drive = counted(load())

    @settings(SETTINGS)
    @given(st.integers(0, 2**32), st.sampled_from(DEADLINES))
    def walk(seed: int, deadline: float) -> None:
        DriveWalk(spec, drive, Drawn(seed), deadline).run()

    walk()
    assert not set(drive.taken) & set(NOTHING_CAUSES), "it can be after all"
    publish(record_property, drive, "random walks", drive.taken)


def _with(spec: Spec, state: str, event: str, number: int, change: dict[str, object]) -> Spec:
    """The spec with another branch in the place of one, counted from 1."""
    rows = {each: dict(row) for each, row in spec.drive.declared.transitions.items()}
    those = list(branches(spec.drive.outcome(state, event)))
    those[number - 1] = those[number - 1].model_copy(update=change)
    rows[state][event] = those
    return replace(spec, drive=Machine("drive", spec.drive.declared.model_copy(update={"transitions": rows})))


@pytest.mark.parametrize(
    ("state", "event", "number", "change"),
    [
        ("fencing", "fenced", 1, {"to": "opening"}),
        ("opening", "opened", 1, {"to": "checking"}),
        ("commanding", "answered", 1, {"to": "closing"}),
        ("commanding", "answered", 1, {"do": []}),
        ("reading", "read-goal", 1, {"to": "resting"}),
        ("checking", "read-other", 2, {"do": []}),
    ],
)
def test_a_spec_that_says_something_else_is_found_out(
    state: str, event: str, number: int, change: dict[str, object]
) -> None:
    spec, _, drive = counted(_with(load(), state, event, number, change))
    with pytest.raises(AssertionError):
        for _ in explore_drive(spec, drive):
            pass
