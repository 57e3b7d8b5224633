"""What cannot be run, or not as it was meant, is told with its line."""

from collections.abc import Callable

Told = Callable[..., list[str]]

LAST_BRANCH = "          - {to: idle, do: []}\n"
ASKS = "on, off, ready, soft-off, cycle, reset"


def test_a_pair_that_is_not_declared(told: Told) -> None:
    assert told(("        call: {to: going, do: []}\n", "")) == [
        (
            'power.yaml:55: machine drive: state "going": nothing is declared for event "call", '
            "expected a branch, ignore or reject"
        )
    ]


def test_transitions_for_a_state_that_is_not_declared(told: Told) -> None:
    assert told(("      idle: &row", "      idel: &row")) == [
        (
            'power.yaml:19: machine node: state "idle" has no transitions, '
            "expected one for each event (or the kind final)"
        ),
        'power.yaml:32: machine node: transitions for "idel", which is no state, expected one of idle, busy, over',
    ]


def test_a_transition_for_an_event_that_is_not_declared(told: Told) -> None:
    assert told(("        call: {to", "        cal: {to")) == [
        (
            'power.yaml:55: machine drive: state "going": nothing is declared for event "call", '
            "expected a branch, ignore or reject"
        ),
        (
            'power.yaml:58: machine drive: state "going": a transition for "cal", which is no event, '
            "expected one of arrive, wait, call"
        ),
    ]


def test_a_guard_that_is_not_declared(told: Told) -> None:
    assert told(("when: [fit]", "when: [fitt]")) == [
        (
            'power.yaml:34: machine node: state "idle", event "begin": guard "fitt" is not declared, '
            "expected one of fit, last"
        )
    ]


def test_a_guard_where_none_are_declared(told: Told) -> None:
    assert told(
        ("call: {to: going, do: []}", "call: [{when: [dim], to: going, do: []}, {to: going, do: []}]")
    ) == [
        (
            'power.yaml:58: machine drive: state "going", event "call": guard "dim" is not declared, '
            "expected none (none are declared)"
        )
    ]


def test_an_effect_that_is_not_declared(told: Told) -> None:
    assert told(("[keep, tell]", "[keep, tel]")) == [
        (
            'power.yaml:34: machine node: state "idle", event "begin": effect "tel" is not declared, '
            "expected one of keep, tell"
        )
    ]


def test_a_branch_to_a_state_that_is_not_declared(told: Told) -> None:
    assert told(("to: busy", "to: bussy")) == [
        (
            'power.yaml:34: machine node: state "idle", event "begin": leads to "bussy", which is no state, '
            "expected one of idle, busy, over"
        )
    ]


def test_an_initial_state_that_is_not_declared(told: Told) -> None:
    assert told(("initial: going", "initial: goin")) == [
        'power.yaml:44: machine drive: "goin" is no state, expected one of going, gone'
    ]


def test_a_state_that_cannot_be_reached(told: Told) -> None:
    assert told(("arrive: {to: gone", "arrive: {to: going")) == [
        'power.yaml:47: machine drive: state "gone" cannot be reached from "going", expected a way to it'
    ]


def test_states_that_lead_only_to_one_another_cannot_be_reached(told: Told) -> None:
    assert told(("when: [fit], to: busy", "when: [fit], to: idle")) == [
        'power.yaml:20: machine node: state "busy" cannot be reached from "idle", expected a way to it',
        'power.yaml:21: machine node: state "over" cannot be reached from "idle", expected a way to it',
    ]


def test_a_final_state_with_transitions(told: Told) -> None:
    assert told(("busy: {kind: driving", "busy: {kind: final")) == [
        'power.yaml:37: machine node: state "busy" is final and has transitions, expected none'
    ]


def test_a_state_without_transitions_that_is_not_final(told: Told) -> None:
    assert told(("gone: {kind: final", "gone: {kind: driving")) == [
        (
            'power.yaml:47: machine drive: state "gone" has no transitions, '
            "expected one for each event (or the kind final)"
        )
    ]


def test_power_declared_while_it_is_driven(told: Told) -> None:
    assert told(('about: "At work."', 'about: "At work.", declares: "on"')) == [
        (
            'power.yaml:20: machine node: state "busy" is driving and declares power, '
            "expected a resting state to do so"
        )
    ]


def test_a_branch_behind_one_without_guards(told: Told) -> None:
    assert told((LAST_BRANCH, LAST_BRANCH + "          - {when: [last], to: idle, do: []}\n")) == [
        (
            'power.yaml:36: machine node: state "idle", event "begin": this branch is never taken: '
            "branch 2 before it has no when, expected it before that one"
        )
    ]


def test_a_branch_behind_one_with_fewer_guards(told: Told) -> None:
    assert told((LAST_BRANCH, "          - {when: [last, fit], to: idle, do: []}\n" + LAST_BRANCH)) == [
        (
            'power.yaml:35: machine node: state "idle", event "begin": this branch is never taken: '
            "branch 1 is taken whenever it could be, expected it before that one"
        )
    ]


def test_a_list_of_branches_that_all_have_guards(told: Told) -> None:
    assert told((LAST_BRANCH, "")) == [
        (
            'power.yaml:34: machine node: state "idle", event "begin": nothing is left where no guard holds, '
            "expected a last branch without when"
        )
    ]


def test_a_single_branch_that_has_guards(told: Told) -> None:
    assert told(
        ("arrive: {to: gone", "arrive: {when: [dim], to: gone"), ("guards: {}", 'guards: {dim: "Dim."}')
    ) == [
        (
            'power.yaml:56: machine drive: state "going", event "arrive": nothing is left where no guard holds, '
            "expected a last branch without when"
        )
    ]


def test_events_guards_and_effects_that_are_never_used(told: Told) -> None:
    assert told(
        ("guards: {}", 'guards: {dim: "Dim."}'),
        ("effects: {}", 'effects: {hum: {kind: live, about: "Hum."}}'),
        ("call: {to: going, do: []}", 'call: {ignore: "never told"}'),
    ) == [
        'power.yaml:51: machine drive: event "call" is never used, expected a branch with it',
        'power.yaml:52: machine drive: guard "dim" is never used, expected a branch with it',
        'power.yaml:53: machine drive: effect "hum" is never used, expected a branch with it',
    ]


def test_a_live_effect_before_a_durable_one(told: Told) -> None:
    assert told(("[keep, tell]", "[tell, keep]")) == [
        (
            'power.yaml:34: machine node: state "idle", event "begin": the durable effect "keep" stands after '
            'the live "tell", expected durable ones first'
        )
    ]


def test_a_guard_or_an_effect_that_stands_twice(told: Told) -> None:
    assert told(("when: [last]", "when: [last, last]"), ("[keep, tell]", "[keep, keep, tell]")) == [
        'power.yaml:34: machine node: state "idle", event "begin": effect "keep" stands twice, expected it once',
        'power.yaml:40: machine node: state "busy", event "finish": guard "last" stands twice, expected it once',
    ]


def test_a_ranking_in_which_an_ask_outranks_itself(told: Told) -> None:
    assert told(("ready: []", "ready: [ready]")) == [
        'power.yaml:10: ranking table: "ready" outranks itself, expected equal asks to join'
    ]


def test_a_ranking_without_a_row_for_an_ask(told: Told) -> None:
    assert told(("      ready: []\n", "")) == [
        f'power.yaml:7: ranking table: there is no row for "ready", expected one for each of {ASKS}'
    ]


def test_a_ranking_of_what_cannot_be_asked(told: Told) -> None:
    assert told(("ready: []", "ready: []\n      nap: [doze]")) == [
        f'power.yaml:11: ranking table: "doze" is nothing that can be asked, expected one of {ASKS}',
        f'power.yaml:11: ranking table: "nap" is nothing that can be asked, expected one of {ASKS}',
    ]


def test_an_ask_that_is_outranked_twice(told: Told) -> None:
    assert told(("ready: []", "ready: [cycle, cycle]")) == [
        'power.yaml:10: ranking table: "ready" outranks "cycle" twice, expected it once'
    ]


def test_all_mistakes_of_meaning_are_told_at_once_with_those_of_writing(told: Told) -> None:
    assert told(
        ('      "on": []', "      on: []"),
        ("ready: []", "ready: [ready]"),
        ("[keep, tell]", "[tell, keep]"),
        ("arrive: {to: gone", "arrive: {to: going"),
    ) == [
        'power.yaml:8: YAML reads a bare on as a boolean, expected it quoted: "on"',
        'power.yaml:10: ranking table: "ready" outranks itself, expected equal asks to join',
        (
            'power.yaml:34: machine node: state "idle", event "begin": the durable effect "keep" stands after '
            'the live "tell", expected durable ones first'
        ),
        'power.yaml:47: machine drive: state "gone" cannot be reached from "going", expected a way to it',
    ]
