"""What one event does to one node, decided in a draft: what is durable and what follows, in each state.

The expectations are written by hand from what is promised.  Nothing runs: a decision is a pure step with the
effects that belong to it.
"""

from dataclasses import dataclass, replace

import pytest

from powerfsm.actions import Facts
from powerfsm.bmc import Bmc
from powerfsm.node import Drift, Node, Policy
from powerfsm.operation import Operation, Status
from powerfsm.power import Ask, Desired, Power
from powerfsm.registry.decisions import Decisions
from powerfsm.registry.draft import Draft
from powerfsm.registry.fleet import Fleet
from powerfsm.spec import load
from powerfsm.store.batch import Snapshot

AT_REST = ("unknown", "ready", "on", "off", "error")
DRIVING = ("powering-on", "powering-off", "quarantined")
NOW, READ_AT = 1000.0, 999.0
LATEST = Policy(ranking="latest-wins")
START, CANCEL = [("start", "n1")], [("cancel", "n1")]


@dataclass
class Decided:
    """What a decision has come to.

    Attributes:
        node: The node after it.
        given: The operation that a requester gets.
        operations: Operations that are new or changed, by id.
        live: What follows once it is on disk.
        kind: `transition`, `ignored` or `rejected`.
    """

    node: Node
    given: Operation | None
    operations: dict[int, Operation]
    live: list[tuple[str, str]]
    kind: str

    def status(self, number: int) -> Status:
        return self.operations[number].status


def decide(
    state: str,
    event: str,
    facts: Facts | None = None,
    *,
    in_play: Ask | None = None,
    waiting: Ask | None = None,
    leg: int = 0,
    node: Node | None = None,
) -> Decided:
    """Decide one event; operation 1 is in play, 2 waits, and the next is 3."""
    operations: list[Operation] = []
    if in_play is not None:
        operations.append(Operation(1, "n1", in_play, 7, Status.IN_PLAY, 1.0, leg=leg))
    if waiting is not None:
        operations.append(Operation(2, "n1", waiting, 7, Status.WAITING, 2.0))
    before = replace(
        node or Node("n1", Bmc("n1"), desired=Desired.ON, generation=7),
        state=state,
        in_play=None if in_play is None else 1,
        waiting=None if waiting is None else 2,
    )
    draft = Draft(Fleet(Snapshot([before], operations, [], 2, 0)), NOW)
    step, given = Decisions(load()).decide(draft, before, event, facts or Facts())
    after = draft.node("n1")
    assert after is not None
    return Decided(after, given, draft.batch.operations, draft.live, step.kind)


def node_of(
    policy: Policy | None = None,
    desired: Desired | None = None,
    *,
    drifted: bool = False,
    trouble: str | None = None,
) -> Node:
    return Node(
        "n1", Bmc("n1"), policy or Policy(), desired=desired, generation=7, drifted=drifted, trouble=trouble
    )


def read(power: Power) -> Facts:
    return Facts(reading=power, read_at=READ_AT, reason="read")


def driving(power: Power) -> str:
    return f"powering-{power}"


# Requests.


@pytest.mark.parametrize("ask", Ask)
@pytest.mark.parametrize("state", AT_REST)
def test_a_request_to_a_node_at_rest_is_desired_in_play_answered_and_started(state: str, ask: Ask) -> None:
    node = node_of(desired=Desired.ON if ask.desired is not Desired.ON else Desired.OFF, trouble="it was")
    after = decide(state, "request", Facts(ask=ask), node=node)
    assert after.node.state == driving(ask.legs[0])
    assert (after.node.desired, after.node.generation) == (ask.desired, 8)
    assert (after.node.in_play, after.node.waiting, after.node.trouble) == (3, None, None)
    assert after.given == after.operations[3]
    assert (after.operations[3].status, after.operations[3].ask) == (Status.IN_PLAY, ask)
    assert after.operations[3].generation == 8, "the generation that this request made"
    assert after.live == START


@pytest.mark.parametrize("state", DRIVING)
def test_a_request_equal_to_what_is_in_play_joins_it_and_what_waited_ends_superseded(state: str) -> None:
    after = decide(state, "request", Facts(ask=Ask.OFF), in_play=Ask.OFF, waiting=Ask.ON)
    assert after.node.state == state
    assert (after.node.in_play, after.node.waiting) == (1, None)
    assert (after.node.desired, after.node.generation) == (Desired.OFF, 8)
    assert after.given is not None
    assert after.given.id == 1
    assert after.status(2) is Status.SUPERSEDED
    assert after.live == []


@pytest.mark.parametrize("state", [*DRIVING, "cancelling"])
def test_a_request_equal_to_what_waits_joins_it(state: str) -> None:
    node = node_of(policy=LATEST, desired=Desired.ON)
    after = decide(state, "request", Facts(ask=Ask.READY), in_play=Ask.ON, waiting=Ask.READY, node=node)
    assert after.node.state == state
    assert (after.node.in_play, after.node.waiting) == (1, 2)
    assert (after.node.desired, after.node.generation) == (Desired.READY, 8)
    assert after.given is not None
    assert after.given.id == 2
    assert (after.operations, after.live) == ({}, [])


@pytest.mark.parametrize("waiting", [None, Ask.CYCLE])
@pytest.mark.parametrize("state", DRIVING)
def test_a_request_that_outranks_what_is_in_play_cancels_it_and_waits_in_the_place_of_what_waited(
    state: str, waiting: Ask | None
) -> None:
    after = decide(state, "request", Facts(ask=Ask.OFF), in_play=Ask.ON, waiting=waiting)
    assert after.node.state == "cancelling"
    assert (after.node.in_play, after.node.waiting) == (1, 3)
    assert (after.node.desired, after.node.generation) == (Desired.OFF, 8)
    assert after.given == after.operations[3]
    assert (after.status(3), after.operations[3].generation) == (Status.WAITING, 8)
    assert waiting is None or after.status(2) is Status.SUPERSEDED
    assert 1 not in after.operations, "it ends when its cancel is complete"
    assert after.live == CANCEL


@pytest.mark.parametrize("waiting", [None, Ask.CYCLE])
@pytest.mark.parametrize("state", [*DRIVING, "cancelling"])
def test_a_request_that_does_not_outrank_what_is_in_play_waits_in_the_place_of_what_waited(
    state: str, waiting: Ask | None
) -> None:
    node = node_of(desired=Desired.OFF)
    after = decide(state, "request", Facts(ask=Ask.ON), in_play=Ask.OFF, waiting=waiting, node=node)
    assert after.node.state == state
    assert (after.node.in_play, after.node.waiting) == (1, 3)
    assert (after.node.desired, after.node.generation) == (Desired.ON, 8)
    assert after.given == after.operations[3]
    assert (after.status(3), after.operations[3].generation) == (Status.WAITING, 8)
    assert waiting is None or after.status(2) is Status.SUPERSEDED
    assert after.live == []


def test_a_request_equal_to_what_is_being_cancelled_waits_behind_the_cancel() -> None:
    after = decide("cancelling", "request", Facts(ask=Ask.ON), in_play=Ask.ON, waiting=Ask.OFF)
    assert (after.node.state, after.node.in_play, after.node.waiting) == ("cancelling", 1, 3)
    assert after.status(2) is Status.SUPERSEDED
    assert after.live == [], "it is being cancelled already"


def test_an_equal_request_joins_even_where_the_table_would_have_the_latest_win() -> None:
    node = node_of(policy=LATEST, desired=Desired.ON)
    after = decide("powering-on", "request", Facts(ask=Ask.OFF), in_play=Ask.ON, waiting=Ask.OFF, node=node)
    assert (after.node.state, after.node.waiting, after.live) == ("powering-on", 2, [])


# What waits is taken up.


@pytest.mark.parametrize("ask", Ask)
@pytest.mark.parametrize("state", AT_REST)
def test_what_waits_is_taken_up_wherever_the_node_has_come_to_rest(state: str, ask: Ask) -> None:
    after = decide(state, "next", waiting=ask, node=node_of(trouble="it was"))
    assert after.node.state == driving(ask.legs[0])
    assert (after.node.in_play, after.node.waiting, after.node.trouble) == (2, None, None)
    assert after.status(2) is Status.IN_PLAY
    assert after.live == START


@pytest.mark.parametrize("waiting", [None, Ask.ON, Ask.OFF, Ask.CYCLE])
@pytest.mark.parametrize(
    ("state", "in_play", "event", "rests", "end"),
    [
        ("powering-on", Ask.ON, "confirmed", "on", Status.SUCCEEDED),
        ("powering-off", Ask.OFF, "confirmed", "off", Status.SUCCEEDED),
        ("powering-off", Ask.SOFT_OFF, "confirmed", "off", Status.SUCCEEDED),
        ("powering-off", Ask.READY, "confirmed", "ready", Status.SUCCEEDED),
        ("powering-on", Ask.ON, "gave-up", "error", Status.FAILED),
        ("powering-off", Ask.OFF, "gave-up", "error", Status.FAILED),
        ("quarantined", Ask.OFF, "gave-up", "error", Status.FAILED),
    ],
)
def test_an_action_that_ends_gives_its_place_to_what_waits(
    state: str, in_play: Ask, event: str, rests: str, end: Status, waiting: Ask | None
) -> None:
    power = in_play.legs[-1]
    facts = read(power) if event == "confirmed" else Facts(reason="tried")
    node = node_of(desired=in_play.desired, drifted=True)
    after = decide(state, event, facts, in_play=in_play, waiting=waiting, node=node)
    assert (after.status(1), after.operations[1].reason) == (end, facts.reason)
    seen = (after.node.observed, after.node.observed_at, after.node.drifted)
    assert seen == ((power, READ_AT, False) if event == "confirmed" else (None, None, True))
    if waiting is None:
        assert (after.node.state, after.node.in_play, after.live) == (rests, None, [])
        assert after.node.trouble == ("tried" if event == "gave-up" else None)
    else:
        assert (after.node.state, after.node.in_play) == (driving(waiting.legs[0]), 2)
        assert (after.status(2), after.live) == (Status.IN_PLAY, START)


def test_a_leg_that_was_read_is_behind_the_operation_which_goes_on_to_the_next() -> None:
    node = node_of(desired=Desired.ON, drifted=True)
    after = decide("powering-off", "turned", read(Power.OFF), in_play=Ask.CYCLE, waiting=Ask.OFF, node=node)
    assert (after.node.state, after.node.in_play, after.node.waiting) == ("powering-on", 1, 2)
    assert (after.node.observed, after.node.observed_at, after.node.drifted) == (Power.OFF, READ_AT, False)
    assert (after.status(1), after.operations[1].leg) == (Status.IN_PLAY, 1)
    assert after.live == [], "the action that is in play goes on"


@pytest.mark.parametrize("waiting", Ask)
@pytest.mark.parametrize("event", ["confirmed", "gave-up", "cancelled"])
def test_a_cancelled_action_ends_superseded_however_it_ends_and_claims_nothing(event: str, waiting: Ask) -> None:
    after = decide("cancelling", event, read(Power.ON), in_play=Ask.RESET, waiting=waiting)
    assert after.node.state == driving(waiting.legs[0])
    assert (after.node.in_play, after.node.waiting) == (2, None)
    assert (after.status(1), after.status(2)) == (Status.SUPERSEDED, Status.IN_PLAY)
    assert after.operations[1].reason == f"superseded by operation 2 ({waiting})"
    assert (after.node.observed, after.node.trouble) == (None, None)
    assert after.live == START


# Quarantine.


@pytest.mark.parametrize("state", ["powering-on", "powering-off"])
def test_a_fence_that_is_not_answered_puts_the_node_in_quarantine_with_its_operation(state: str) -> None:
    after = decide(state, "fence-unanswered", in_play=Ask.OFF, waiting=Ask.ON)
    assert (after.node.state, after.node.in_play, after.node.waiting) == ("quarantined", 1, 2)
    assert (after.operations, after.live) == ({}, [])


@pytest.mark.parametrize(
    ("ask", "leg", "state"),
    [
        (Ask.ON, 0, "powering-on"),
        (Ask.OFF, 0, "powering-off"),
        (Ask.CYCLE, 0, "powering-off"),
        (Ask.CYCLE, 1, "powering-on"),
    ],
)
def test_after_the_quarantine_the_node_is_driven_on_in_the_leg_that_it_was_in(
    ask: Ask, leg: int, state: str
) -> None:
    waiting = Ask.ON if state == "powering-off" else Ask.OFF
    after = decide("quarantined", "quarantine-over", in_play=ask, leg=leg, waiting=waiting)
    assert (after.node.state, after.node.in_play, after.node.waiting) == (state, 1, 2)
    assert (after.operations, after.live) == ({}, []), "the action that waited it out goes on"


# Restart.


@pytest.mark.parametrize("state", [*DRIVING, "cancelling"])
def test_after_a_restart_nothing_is_claimed_of_a_node_with_work_outstanding(state: str) -> None:
    after = decide(state, "restarted", in_play=Ask.ON, waiting=Ask.OFF)
    assert (after.node.state, after.node.in_play, after.node.waiting) == ("unknown", 1, 2)
    assert (after.operations, after.live) == ({}, [])


@pytest.mark.parametrize("state", AT_REST)
def test_after_a_restart_a_node_at_rest_is_where_it_was(state: str) -> None:
    after = decide(state, "restarted")
    assert (after.kind, after.node.state, after.live) == ("transition", state, [])


@pytest.mark.parametrize(
    ("ask", "leg", "state"),
    [
        (Ask.ON, 0, "powering-on"),
        (Ask.OFF, 0, "powering-off"),
        (Ask.CYCLE, 0, "powering-off"),
        (Ask.CYCLE, 1, "powering-on"),
    ],
)
def test_what_was_in_play_is_taken_up_in_the_leg_that_it_was_in(ask: Ask, leg: int, state: str) -> None:
    after = decide("unknown", "recover", in_play=ask, leg=leg)
    assert (after.node.state, after.node.in_play) == (state, 1)
    assert (after.operations, after.live) == ({}, START)


@pytest.mark.parametrize("waiting", Ask)
def test_of_two_operations_the_newer_is_taken_up_and_the_other_ends_superseded(waiting: Ask) -> None:
    in_play = Ask.OFF if waiting.legs[0] is Power.ON else Ask.ON
    after = decide("unknown", "recover", in_play=in_play, waiting=waiting)
    assert (after.node.state, after.node.in_play, after.node.waiting) == (driving(waiting.legs[0]), 2, None)
    assert (after.status(1), after.status(2)) == (Status.SUPERSEDED, Status.IN_PLAY)
    assert after.live == START


# Readings that nobody asked for.

DECLARED = [("on", Desired.ON), ("off", Desired.OFF), ("ready", Desired.READY)]


@pytest.mark.parametrize("drift", Drift)
@pytest.mark.parametrize(("state", "desired"), DECLARED)
def test_a_reading_as_declared_is_noted_and_a_mark_of_drift_is_gone(
    state: str, desired: Desired, drift: Drift
) -> None:
    node = node_of(Policy(drift=drift), desired, drifted=True)
    after = decide(state, f"read-{desired.power}", read(desired.power), node=node)
    assert (after.node.state, after.node.desired, after.node.generation) == (state, desired, 7)
    assert (after.node.observed, after.node.observed_at, after.node.drifted) == (desired.power, READ_AT, False)
    assert (after.operations, after.live) == ({}, [])


@pytest.mark.parametrize(("state", "desired"), DECLARED)
def test_drift_is_flagged(state: str, desired: Desired) -> None:
    other = Power.OFF if desired.power is Power.ON else Power.ON
    after = decide(state, f"read-{other}", read(other), node=node_of(desired=desired))
    assert (after.node.state, after.node.desired, after.node.generation) == (state, desired, 7)
    assert (after.node.observed, after.node.observed_at, after.node.drifted) == (other, READ_AT, True)
    assert (after.operations, after.live) == ({}, [])


@pytest.mark.parametrize(("state", "desired"), DECLARED)
def test_drift_is_adopted(state: str, desired: Desired) -> None:
    other, adopted = (Power.OFF, Desired.OFF) if desired.power is Power.ON else (Power.ON, Desired.ON)
    node = node_of(Policy(drift=Drift.ADOPT), desired, drifted=True)
    after = decide(state, f"read-{other}", read(other), node=node)
    assert (after.node.state, after.node.desired, after.node.generation) == (adopted, adopted, 8)
    assert (after.node.observed, after.node.observed_at, after.node.drifted) == (other, READ_AT, False)
    assert (after.operations, after.live) == ({}, [])


@pytest.mark.parametrize(("state", "desired"), DECLARED)
def test_what_is_desired_is_enforced_against_drift(state: str, desired: Desired) -> None:
    other = Power.OFF if desired.power is Power.ON else Power.ON
    node = node_of(Policy(drift=Drift.ENFORCE), desired, drifted=True)
    after = decide(state, f"read-{other}", read(other), node=node)
    assert (after.node.state, after.node.desired, after.node.generation) == (driving(desired.power), desired, 7)
    assert (after.node.observed, after.node.observed_at, after.node.drifted) == (other, READ_AT, False)
    assert (after.node.in_play, after.operations[3].ask) == (3, Ask(desired))
    assert after.live == START


@pytest.mark.parametrize("policy", Drift)
@pytest.mark.parametrize("power", Power)
@pytest.mark.parametrize(("state", "rests"), [("unknown", None), ("error", "error")])
def test_a_reading_of_a_node_of_which_nothing_is_declared_is_noted(
    state: str, rests: str | None, power: Power, policy: Drift
) -> None:
    node = node_of(Policy(drift=policy), Desired.ON, drifted=True, trouble="it was" if rests else None)
    after = decide(state, f"read-{power}", read(power), node=node)
    assert (after.node.state, after.node.desired) == (rests or power, Desired.ON)
    assert (after.node.observed, after.node.observed_at, after.node.drifted) == (power, READ_AT, False)
    assert (after.node.trouble, after.operations, after.live) == (node.trouble, {}, [])


# What cannot be, and what is let pass.

OF_ACTIONS = ("turned", "confirmed", "gave-up", "cancelled", "fence-unanswered", "quarantine-over")
CANNOT_BE = {
    "unknown": OF_ACTIONS,
    "ready": (*OF_ACTIONS, "recover"),
    "on": (*OF_ACTIONS, "recover"),
    "off": (*OF_ACTIONS, "recover"),
    "error": (*OF_ACTIONS, "recover"),
    "powering-on": ("next", "turned", "cancelled", "quarantine-over", "recover"),
    "powering-off": ("next", "cancelled", "quarantine-over", "recover"),
    "cancelling": ("next", "recover"),
    "quarantined": ("next", "turned", "confirmed", "cancelled", "fence-unanswered", "recover"),
}
LET_PASS = {
    "powering-on": ("read-on", "read-off"),
    "powering-off": ("read-on", "read-off"),
    "cancelling": ("turned", "fence-unanswered", "quarantine-over", "read-on", "read-off"),
    "quarantined": ("read-on", "read-off"),
}


def unchanged(state: str, event: str) -> Decided:
    in_play, waiting = (None, None) if state in AT_REST else (Ask.CYCLE, Ask.OFF)
    after = decide(state, event, read(Power.ON), in_play=in_play, waiting=waiting)
    assert after.node.state == state
    assert (after.node.observed, after.operations, after.live) == (None, {}, [])
    return after


@pytest.mark.parametrize(("state", "event"), [(state, event) for state in CANNOT_BE for event in CANNOT_BE[state]])
def test_an_event_that_cannot_be_is_a_defect_and_changes_nothing(state: str, event: str) -> None:
    assert unchanged(state, event).kind == "rejected"


@pytest.mark.parametrize(("state", "event"), [(state, event) for state in LET_PASS for event in LET_PASS[state]])
def test_an_event_that_comes_too_late_to_matter_is_no_defect_and_changes_nothing(state: str, event: str) -> None:
    assert unchanged(state, event).kind == "ignored"


def test_a_new_node_is_where_the_machine_begins() -> None:
    assert Node("n1", Bmc("n1")).state == load().node.initial
