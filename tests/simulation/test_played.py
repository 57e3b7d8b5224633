"""What is told of a simulation: the counts, and the story before a promise was broken."""

from functools import partial

import pytest

from examinations import UNFENCED
from powerfsm.journal import Kind
from powerfsm.power import Ask
from powerfsm.simulation.crew import Crew, Done, Task
from powerfsm.simulation.extract import extract
from powerfsm.simulation.plan import Kill, NetworkPlan, NodePlan, Plan, Press, Request
from powerfsm.simulation.play import play
from powerfsm.simulation.played import Played, examine
from powerfsm.simulation.record import Asked, Died, Record, Seen, Sent
from powerfsm.simulation.seeds import Drawing
from powerfsm.simulation.tally import Tally, declared_transitions, tally
from powerfsm.spec import load

PLAN = Plan(
    scenario="by hand",
    seed=3,
    chaos=30,
    nodes=(NodePlan(name="n1", boot=(5, 5)), NodePlan(name="n2")),
    network=NetworkPlan(duplicate=0.5),
    deeds=(
        Request(at=1, by="ann", nodes=("n1",), ask=Ask.ON),
        Request(at=2, by="bob", nodes=("n2",), ask=Ask.ON),
        Kill(at=4, steps=0, down=1),
        Press(at=20, node="n2"),
    ),
)


@pytest.fixture(scope="module")
def record() -> Record:
    return play(PLAN)


@pytest.fixture(scope="module")
def counts(record: Record) -> Tally:
    return tally(record, load().drive)


def test_requests_commands_and_faults_are_counted(record: Record, counts: Tally) -> None:
    assert counts.requests == len({asked.number for asked in record.all(Asked)})
    assert counts.answered + counts.refused.total() == counts.requests
    assert counts.sent["on"] == len([sent for sent in record.all(Sent) if sent.what == "on"]) >= 2
    events = [seen.event for seen in record.all(Seen)]
    assert counts.accepted.total() == len([event for event in events if event["event"] == "command"])
    assert counts.faults["duplicated"] == len([event for event in events if event.get("kind") == "duplicated"]) > 0
    assert counts.seconds == record.story[-1].at


def test_a_kill_is_counted_by_what_was_being_done(record: Record, counts: Tally) -> None:
    assert counts.processes == {"killed": 1, "stopped": 1}
    # n1 takes five seconds to come on, and is read meanwhile; n2 was on at once.
    assert counts.kills == {"reading": 1}
    assert [died.process for died in record.all(Died)] == [1, 2]
    assert counts.deeds == {"ask": 2, "kill": 1, "press": 1}


def test_steps_of_the_machine_are_counted_as_the_journal_has_them(record: Record, counts: Tally) -> None:
    steps = [entry for entry in record.journal if entry.kind is Kind.TRANSITION]
    assert counts.transitions.total() == len(steps)
    assert counts.transitions["powering-on", "restarted", "unknown"] == 1
    assert counts.transitions.keys() <= {*declared_transitions(load().node)}


def test_counts_of_several_simulations_add_up(counts: Tally) -> None:
    both = Tally()
    both.add(counts)
    both.add(counts)
    assert (both.requests, both.seconds) == (2 * counts.requests, 2 * counts.seconds)
    assert both.transitions.total() == 2 * counts.transitions.total()


def test_the_story_of_a_node_ends_at_the_moment_and_is_of_no_other_node(record: Record) -> None:
    story = extract(record, "n1", 10.0, most=1000)
    times = [float(line.split()[0]) for line in story]
    assert times == sorted(times)
    assert times[-1] <= 10.0
    text = "\n".join(story)
    for told in (
        "ann asks on of n1 (request 0)",
        "daemon 1 sends n1 on in session",
        "phase answered commanding -> reading (operation 1)",
        "-- the daemon: it is killed in 0 steps; down for 1 s",
        "== daemon 1 ends: killed",
        "== daemon 2 serves",
    ):
        assert told in text, told
    assert "n2" not in text.replace("sessions on record: n1", "").replace(", n2 0x", "")
    assert extract(record, "n1", 10.0, most=5) == story[-5:]


def test_without_a_node_the_story_is_that_of_all(record: Record) -> None:
    text = "\n".join(extract(record, None, 30.0, most=10_000))
    assert "of n1" in text
    assert "of n2" in text
    assert "somebody presses the power button of n2" in text


def test_a_broken_promise_comes_with_its_node_and_what_went_before() -> None:
    played = examine(PLAN, assembly=UNFENCED.assembly())
    assert played.broken.keys() & UNFENCED.breaks
    first = played.violations[0]
    assert first.promise in played.broken
    assert float(played.story[-1].split()[0]) <= first.at + 0.001
    assert sum(played.broken.values()) >= len(played.violations)


def test_a_seed_is_the_same_simulation_in_a_crew_as_alone_and_after_others() -> None:
    drawing = Drawing("swarm", 2, 0.02)
    seeds = (8, 9, 8)
    with Crew(1, limit=600) as crew:
        tasks = (Task(number, partial(drawing.plan, seed)) for number, seed in enumerate(seeds))
        told = [news.outcome for news in crew.play(tasks) if isinstance(news, Done)]
    digests = [outcome.digest for outcome in told if isinstance(outcome, Played)]
    alone = play(drawing.plan(8)).digest()
    assert digests[0] == digests[2] == alone
    assert digests[1] != alone
