"""The machine `node`: every branch, ignored and rejected pair happens to the real core, and it does what it must.

What must be, a reference says that shares nothing with the spec and the code (`node_reference`).  Every situation
that a node can come into is visited, and everything told in it.  Random walks tell several nodes whatever comes,
in drafts that are committed, thrown away or lost; `POWERFSM_WALKS=5000` takes so many, other ones each time.  What
the spec says and nothing has caused is a failure here; `--spec-coverage` prints all the counts.
"""

import os
from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from node_core import decisions_of, explore
from node_walk import walk_of
from powerfsm.bmc import Bmc
from powerfsm.node import Node
from powerfsm.operation import Operation, Status
from powerfsm.power import Ask
from powerfsm.registry.draft import Draft
from powerfsm.registry.fleet import Fleet
from powerfsm.spec import Machine, Spec, load
from powerfsm.spec.schema import Branch, Ignore, Reject, branches
from powerfsm.store.batch import Snapshot
from spec_coverage import Cell, cells, counted, missing
from spec_coverage_report import publish

WALKS = os.environ.get("POWERFSM_WALKS")
SETTINGS = settings(
    max_examples=int(WALKS or 40),
    stateful_step_count=25,
    derandomize=WALKS is None,
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)

NOTHING_CAUSES = {
    Cell("unknown", "next", "1"): "an action ends in a state that it was driving in, never in unknown",
    Cell("unknown", "next", "2"): "likewise",
}
"""What the spec says for the sake of its completeness; that the core does it is shown all the same."""

Record = Callable[[str, object], None]


def test_everything_that_the_spec_says_happens_and_is_as_the_promises_want_it(record_property: Record) -> None:
    spec, node, _ = counted(load())
    situations = list(explore(spec))
    assert missing(node, node.taken) == list(NOTHING_CAUSES)
    assert {known.state for known in situations} == set(node.states)
    _tell_next_in_unknown(spec)
    assert missing(node, node.taken) == []
    publish(record_property, node, "every event in every situation", node.taken)


def _tell_next_in_unknown(spec: Spec) -> None:
    for ask, state in ((Ask.ON, "powering-on"), (Ask.OFF, "powering-off")):
        waiting = Operation(1, "n1", ask, 1, Status.WAITING, 0.0)
        draft = Draft(Fleet(Snapshot([Node("n1", Bmc("n1"), waiting=1)], [waiting], [], 1, 0)), 0.0)
        decisions_of(spec).decide(draft, draft.fleet.nodes["n1"], "next")
        node = draft.batch.nodes["n1"]
        assert (node.state, node.in_play, node.waiting) == (state, 1, None)
        assert draft.batch.operations[1].status is Status.IN_PLAY
        assert draft.live == [("start", "n1")]


def test_random_walks_over_several_nodes_go_nowhere_else(record_property: Record) -> None:
    spec, node, _ = counted(load())
    run_state_machine_as_test(walk_of(spec), settings=SETTINGS)
    assert not set(node.taken) & set(NOTHING_CAUSES), "it can be after all"
    assert {cell.state for cell in node.taken} == set(node.states), "they no longer come about"
    publish(record_property, node, "random walks", node.taken)


def _with(spec: Spec, state: str, event: str, outcome: Branch | list[Branch] | Ignore | Reject) -> Spec:
    """The spec with something else said about one pair."""
    rows = {each: dict(row) for each, row in spec.node.declared.transitions.items()}
    rows[state][event] = outcome
    return replace(spec, node=Machine("node", spec.node.declared.model_copy(update={"transitions": rows})))


@pytest.mark.parametrize(
    ("state", "event", "change", "told"),
    [
        ("powering-on", "confirmed", {"do": ["declare", "take-next"]}, "request on, confirmed"),
        ("powering-off", "confirmed", {"when": []}, "request off, confirmed"),
        ("ready", "request", {"do": ["put-in-play", "answer", "start"]}, "request"),
        ("quarantined", "gave-up", {"to": "off"}, "fence-unanswered, gave-up"),
        ("cancelling", "cancelled", {"do": ["promote", "start"]}, "cancelled"),
    ],
)
def test_a_spec_that_says_something_else_is_found_out(
    state: str, event: str, change: dict[str, object], told: str
) -> None:
    spec = load()
    first, *others = branches(spec.node.outcome(state, event))
    with pytest.raises(AssertionError, match=told):
        list(explore(_with(spec, state, event, [first.model_copy(update=change), *others])))


def test_what_nothing_causes_would_be_missed_in_the_count() -> None:
    node = load().node
    every = dict.fromkeys(cells(node), 1)
    assert missing(node, every) == []
    for cell in every:
        assert missing(node, {**every, cell: 0}) == [cell]
