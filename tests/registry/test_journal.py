"""The journal against the spec: what ran is what is declared, and all of what is declared has run.

That each step in the journal is one that the spec allows, and none was rejected, the judge holds after every
commit in every test over the laboratory; that he does is shown here, and that nothing declared is dead.
"""

from collections.abc import Iterator
from functools import partial
from itertools import chain

import pytest
import structlog
import trio

from hostile_bmc import Faults
from laboratory import Lab, laboratory, run_in_virtual_time
from powerfsm.actions import Facts
from powerfsm.journal import Entry, Kind
from powerfsm.node import Policy
from powerfsm.operation import Status
from powerfsm.power import Ask
from powerfsm.spec import load
from powerfsm.spec.schema import Ignore, Reject
from powerfsm.store.batch import Batch
from scenes import Stage, scene

CANNOT_BE = {
    ("unknown", "next"): "an action ends in a state that it was driving in, never in unknown",
    ("unknown", "restarted"): "only work that is outstanding is restarted, and a node at rest has none",
    ("ready", "restarted"): "likewise",
    ("on", "restarted"): "likewise",
    ("off", "restarted"): "likewise",
    ("error", "restarted"): "likewise",
}

TELLING = (0, 1, 3, 4, 5, 12, 16, 24, 25, 37, 48, 56, 64, 78)
"""Seeds of scenes that took something that none before them had; merely tried first."""


def test_every_transition_of_a_node_is_taken_by_some_scene() -> None:
    node = load().node
    due = {pair for pair in node.pairs() if not isinstance(node.outcome(*pair), Ignore | Reject)} - set(CANNOT_BE)
    taken = run_in_virtual_time(_give_up)
    for seed in _seeds():
        taken |= run_in_virtual_time(partial(_play, seed), seed=0)
        if due <= taken:
            break
    assert due - taken == set(), "no scene took these"
    assert taken & set(CANNOT_BE) == set(), "it can be after all"


def _seeds() -> Iterator[int]:
    return chain(TELLING, (seed for seed in range(150) if seed not in TELLING))


async def _play(seed: int) -> set[tuple[str, str]]:
    with structlog.testing.capture_logs():
        async with laboratory() as lab:
            await Stage(lab, scene(seed)).play()
            return lab.judge.steps


async def _give_up() -> set[tuple[str, str]]:
    """Actions that end in failure in quarantine, while being cancelled, and with another one waiting."""
    async with laboratory() as lab:
        await lab.add("n1", "n2", "n3", policy=Policy(timings=(("deadline", 40.0),)))
        for name in ("n1", "n2"):
            lab.bmc(name).faults["open"] = [Faults.refused_login]
        await lab.ask("n1", Ask.ON)
        await lab.ask("n2", Ask.CYCLE)
        await lab.ask("n2", Ask.ON)
        await lab.until(lambda: "sent open" in lab.bmc("n1").told())
        await trio.sleep(0.0015)
        await lab.ask("n1", Ask.OFF)
        await lab.quiet()
        lab.bmc("n3").faults = {"command": [Faults.lost], "close": [Faults.unfenced], "fence": [Faults.unfenced]}
        assert (await lab.done("n3", Ask.ON)).status is Status.FAILED
        return lab.judge.steps


async def test_a_rejected_event_is_a_defect_that_is_counted_journalled_and_changes_nothing(lab: Lab) -> None:
    await lab.add("n1")
    before = lab.node("n1")
    await lab.registry.report("n1", "confirmed", Facts())
    assert lab.registry.defects == 1
    assert lab.node("n1") == before
    entry = lab.disk.journal[-1]
    assert (entry.kind, entry.event, entry.before, entry.after) == (Kind.TRANSITION, "confirmed", "unknown", None)
    assert entry.detail == {"rejected": "no action is in play"}
    assert lab.judge.broken == ["n1: confirmed in unknown was rejected"]
    lab.judge.broken.clear()


async def test_an_ignored_event_is_journalled_with_the_reason_and_is_no_defect(lab: Lab) -> None:
    await lab.add("n1")
    await lab.ask("n1", Ask.ON)
    lab.audited = False  # no sweep has made the reading that is told
    await lab.registry.report("n1", "read-off", Facts())
    assert lab.registry.defects == 0
    told = [entry.detail for entry in lab.disk.journal if entry.event == "read-off"]
    assert told == [{"ignored": "a reading from outside the action in play proves nothing"}]


@pytest.mark.parametrize(("event", "after"), [("request", "on"), ("confirmed", "off"), ("turned", "powering-on")])
async def test_the_judge_knows_a_step_that_the_spec_does_not_allow(lab: Lab, event: str, after: str) -> None:
    await lab.add("n1")
    seq = len(lab.disk.journal) + 1
    lab.disk.write(Batch(journal=[Entry(seq, 0.0, Kind.TRANSITION, "n1", event, before="unknown", after=after)]))
    assert lab.judge.broken
    lab.judge.broken.clear()


async def test_the_journal_tells_one_operation_from_its_request_to_its_end(lab: Lab) -> None:
    await lab.add("n1")
    on = await lab.done("n1", Ask.ON)
    await trio.sleep(1)
    told = [(entry.kind, entry.event) for entry in lab.disk.journal if entry.operation == on.id]
    assert told == [
        (Kind.TRANSITION, "request"),
        (Kind.PHASE, "fenced"),
        (Kind.PHASE, "settled"),
        (Kind.PHASE, "opened"),
        (Kind.SESSION, "opened"),
        (Kind.PHASE, "recorded"),
        (Kind.OBSERVATION, "read-off"),
        (Kind.PHASE, "read-other"),
        (Kind.COMMAND, "on"),
        (Kind.COMMAND, "on"),
        (Kind.PHASE, "answered"),
        (Kind.OBSERVATION, "read-on"),
        (Kind.PHASE, "read-goal"),
        (Kind.SESSION, "closed"),
        (Kind.PHASE, "closed"),
        (Kind.TRANSITION, "confirmed"),
    ]
    outcomes = [entry.detail["outcome"] for entry in lab.disk.journal if entry.kind is Kind.COMMAND]
    assert outcomes == ["sent", "answered"]


async def test_each_drive_is_told_from_its_first_phase_to_its_last_whether_it_succeeds_fails_or_is_cancelled(
    lab: Lab,
) -> None:
    await lab.add("cancelled", "refused", "late", policy=Policy(timings=(("deadline", 20.0),)))
    await lab.ask("cancelled", Ask.ON)
    await lab.until(lambda: lab.bmc("cancelled").commands() == ["on"])
    await lab.done("cancelled", Ask.OFF)
    lab.bmc("refused").faults["open"] = [Faults.refused_login]
    await lab.done("refused", Ask.ON)
    lab.bmc("late").faults["read"] = [Faults.unread] * 100
    await lab.done("late", Ask.ON)
    drive, ends = load().drive, dict[str, list[str]]()
    for name in ("cancelled", "refused", "late"):
        phase: str | None = drive.initial
        for entry in lab.disk.journal:
            if entry.kind is Kind.PHASE and entry.node == name:
                assert entry.before == phase
                phase = entry.after
                assert phase is not None
                if drive.kind(phase) == "final":
                    ends.setdefault(name, []).append(phase)
                    phase = drive.initial
        assert phase == drive.initial, "the last one is told to its end"
    assert ends == {"cancelled": ["withdrawn", "done"], "refused": ["failed"], "late": ["failed"]}
