"""What an audit allows for: what is lost with a process, clocks, policies that are not told, half a journal."""

from functools import partial

import pytest

from laboratory import Lab, run_in_virtual_time
from powerfsm.actions.kinds import ACTIONS
from powerfsm.audit import Auditor, Check
from powerfsm.audit.drive_walks import LEGS
from powerfsm.journal import Entry, Kind
from powerfsm.power import Ask
from powerfsm.spec import load
from recorded import audited, numbered, played, story
from scenes import Stage, scene


@pytest.mark.parametrize("seed", [0, 3, 26, 112])
def test_what_a_fleet_has_done_is_possible(seed: int) -> None:
    assert audited(played(seed).journal) == []


@pytest.mark.slow
def test_what_a_hundred_fleets_have_done_is_possible() -> None:
    async def play(seed: int) -> None:
        from laboratory import laboratory

        async with laboratory() as lab:
            await Stage(lab, scene(seed)).play()
            assert lab.audit() == []

    for seed in range(1000, 1100):
        run_in_virtual_time(partial(play, seed), seed=0)


def test_the_newest_entries_may_be_missing_before_a_start_whatever_they_were() -> None:
    """Cut off anywhere, with a start after it that takes up what was under way by then."""
    journal = story().journal
    last = next(place for place, entry in reversed(list(enumerate(journal))) if entry.event == "started")
    for end in range(last):
        assert audited(journal[:end]) == []
    auditor = Auditor(load())
    auditor.feed(journal)
    assert auditor.processes == 2
    assert (auditor.allowed.actions, auditor.allowed.commands, auditor.allowed.sessions) == (1, 1, 1)


def test_within_one_process_nothing_may_be_missing_that_was_written_without_waiting() -> None:
    journal = story().journal
    start = next(place for place, entry in enumerate(journal) if place and entry.event == "started")
    for place in range(4, start - 12):
        entry = journal[place]
        if entry.kind in (Kind.PHASE, Kind.COMMAND, Kind.OBSERVATION):
            assert audited(numbered([*journal[:place], *journal[place + 1 :]])) != [], entry


def test_a_clock_that_was_set_back_is_said_and_is_no_finding() -> None:
    journal = story().journal
    back = [entry._replace(at=entry.at - 2.0) if entry.seq > 100 else entry for entry in journal]
    told = [
        entry._replace(detail={**entry.detail, "read_at": entry.detail["read_at"] - 2.0})  # type: ignore[operator]
        if entry.seq > 100 and "read_at" in entry.detail
        else entry
        for entry in back
    ]
    auditor = Auditor(load())
    assert auditor.feed(told) == []
    assert auditor.allowed.clock_steps == 1
    assert 0 < auditor.allowed.clock_most <= 2.0


def test_the_half_of_a_journal_is_possible_and_says_that_it_is_half() -> None:
    journal = played(12).journal
    for begin in range(1, len(journal), 3):
        auditor = Auditor(load())
        assert auditor.feed(journal[begin:]) == [], begin
        assert auditor.first == begin + 1


def test_half_a_journal_is_held_to_the_model_once_its_nodes_are_known() -> None:
    half = story().journal[10:]
    place = next(place for place, entry in enumerate(half) if place > 80 and entry.event == "confirmed")
    edited = [*half[:place], half[place]._replace(after="error"), *half[place + 1 :]]
    assert [finding.check for finding in audited(edited)][:1] == [Check.STEP]


def _request(seq: int, ask: str, operation: int, generation: int, before: str, after: str) -> Entry:
    return Entry(
        seq,
        0.0,
        Kind.TRANSITION,
        "n1",
        "request",
        operation,
        generation,
        before,
        after,
        {"ask": ask, "by": "local"},
    )


def test_a_node_whose_policy_is_not_known_acts_by_one_policy_and_not_by_two() -> None:
    added = Entry(1, 0.0, Kind.CONFIGURATION, "n1", "added", None, 0)
    off_in_play = _request(2, "off", 1, 1, "unknown", "powering-off")
    waits = _request(3, "on", 2, 2, "powering-off", "powering-off")
    cancels = _request(3, "on", 2, 2, "powering-off", "cancelling")
    assert audited([added, off_in_play, waits]) == []
    assert audited([added, off_in_play, cancels]) == []
    # By off-outranks-on an on waits for an off; by latest-wins a cycle would cancel it.
    both = [added, off_in_play, waits, _request(4, "cycle", 3, 2, "powering-off", "cancelling")]
    (finding,) = audited(both)
    assert finding.check is Check.STEP
    assert "another policy than the node has shown before" in finding.found


def test_several_findings_go_on_behind_the_first_and_are_bounded_for_each_node() -> None:
    journal = story().journal
    edited = [entry._replace(generation=99) if entry.kind is Kind.PHASE else entry for entry in journal]
    findings = audited(edited)
    assert 1 < len(findings) <= 20
    rejected = [
        Entry(seq, 0.0, Kind.TRANSITION, "n1", "request", 1, 1, "on", "on", {"ask": "nonsense"})
        for seq in range(1, 99)
    ]
    assert len(audited(rejected)) == 10


def test_only_the_nodes_that_were_asked_for_are_audited() -> None:
    journal = story().journal
    edited = [
        entry._replace(operation=99) if entry.node == "n2" and entry.operation else entry for entry in journal
    ]
    auditor = Auditor(load(), {"n1"})
    assert auditor.feed(edited) == []
    assert auditor.entries == len(journal)
    assert Auditor(load(), {"n2"}).feed(edited) != []


def test_the_legs_of_what_can_be_asked_are_those_of_the_actions() -> None:
    """Written down a second time: the audit shares no code with what it judges."""
    for ask in Ask:
        assert [tuple(leg) for leg in LEGS[ask]] == [
            (leg.goal, leg.command, leg.once) for leg in ACTIONS[ask].legs
        ]


async def test_a_laboratory_whose_journal_cannot_be_is_found_when_it_is_left(lab: Lab) -> None:
    await lab.add("n1")
    await lab.done("n1", Ask.ON)
    lab.disk.journal.pop(5)
    lab.disk.journal[:] = numbered(lab.disk.journal)
    assert lab.audit() != []
    lab.audited = False
