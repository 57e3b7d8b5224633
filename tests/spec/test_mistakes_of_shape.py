"""What stands where it may not is told with its line, its place and what may stand there."""

from collections.abc import Callable

import pytest

Told = Callable[..., list[str]]

REJECT = '{reject: "nothing was begun"}'
FINISH = "machines.node.transitions.idle.finish"


@pytest.mark.parametrize(
    ("default", "wrong"),
    [
        ("default: -3", "is -3, expected 0 seconds or more"),
        ("default: soon", 'is "soon", expected a number of seconds'),
        ("default: .inf", "is inf, expected a finite number of seconds"),
        ("default: 2026-01-01", "is 2026-01-01, expected a number of seconds"),
        ("default: [3]", "is a list, expected a number of seconds"),
        ("default: {}", "is a mapping, expected a number of seconds"),
        ("default: ~", "is empty, expected a number of seconds"),
    ],
)
def test_a_timing_is_a_finite_number_of_seconds_and_not_negative(told: Told, default: str, wrong: str) -> None:
    assert told(("default: 3", default)) == [f"power.yaml:3: timings.settle.default {wrong}"]


def test_a_missing_key_is_told_at_what_misses_it(told: Told) -> None:
    assert told(("default: 3, ", "")) == [
        'power.yaml:3: timings.settle has no "default", expected the keys default, about'
    ]


def test_a_misspelt_key_is_told_beside_the_one_it_was_to_be(told: Told) -> None:
    assert told(("{to: idle, do: []}", "{to: idle, doo: []}")) == [
        'power.yaml:35: machines.node.transitions.idle.begin[2] has no "do", expected the keys when, to, do',
        "power.yaml:35: machines.node.transitions.idle.begin[2].doo is not known here, expected only when, to, do",
    ]


@pytest.mark.parametrize(
    ("change", "line", "place", "keys"),
    [
        (
            ("version: 1", "version: 1\nauthor: me"),
            2,
            "author",
            "version, timings, rankings, machines, facts, properties",
        ),
        (("{default: 3,", "{default: 3, most: 4,"), 3, "timings.settle.most", "default, about"),
        (("    outranks:", "    note: x\n    outranks:"), 7, "rankings.table.note", "about, outranks"),
        (
            ("    initial: idle", "    initial: idle\n    last: over"),
            18,
            "machines.node.last",
            "about, initial, states, events, guards, effects, transitions",
        ),
        (
            ('{kind: final, about: "Done."', '{kind: final, colour: red, about: "Done."'),
            21,
            "machines.node.states.over.colour",
            "kind, about, declares",
        ),
        (("{from: requester,", "{from: requester, to: us,"), 23, "machines.node.events.begin.to", "from, about"),
        (("{kind: live,", "{kind: live, when: now,"), 30, "machines.node.effects.tell.when", "kind, about"),
        ((REJECT, '{reject: "no", to: idle}'), 36, f"{FINISH}.to", "reject"),
        ((REJECT, '{ignore: "no", to: idle}'), 36, f"{FINISH}.to", "ignore"),
    ],
    ids=["file", "timing", "ranking", "machine", "state", "event", "effect", "reject", "ignore"],
)
def test_an_unknown_key_is_told_with_those_that_are_known_there(
    told: Told, change: tuple[str, str], line: int, place: str, keys: str
) -> None:
    assert told(change) == [f"power.yaml:{line}: {place} is not known here, expected only {keys}"]


def test_another_machine_than_node_and_drive_is_told(told: Told) -> None:
    assert told(("  drive:\n", "  drove:\n")) == [
        'power.yaml:14: machines has no "drive", expected the keys node, drive',
        "power.yaml:42: machines.drove is not known here, expected only node, drive",
    ]


@pytest.mark.parametrize(
    ("outcome", "wrong"),
    [
        ("idle", 'is "idle", expected a branch, a list of branches, ignore or reject'),
        ("", "is empty, expected a branch, a list of branches, ignore or reject"),
        ("[]", "is an empty list, expected at least one branch"),
    ],
)
def test_a_pair_has_a_branch_a_list_of_them_or_a_reason(told: Told, outcome: str, wrong: str) -> None:
    assert told((REJECT, outcome)) == [f"power.yaml:36: {FINISH} {wrong}"]


@pytest.mark.parametrize("nothing", ['""', '"  "', "''"])
def test_an_event_is_not_rejected_without_a_reason(told: Told, nothing: str) -> None:
    assert told((REJECT, f"{{reject: {nothing}}}")) == [
        f"power.yaml:36: {FINISH}.reject is empty, expected the reason why it cannot be"
    ]


@pytest.mark.parametrize("nothing", ['""', '"  "'])
def test_an_event_is_not_ignored_without_a_reason(told: Told, nothing: str) -> None:
    assert told((REJECT, f"{{ignore: {nothing}}}")) == [
        f"power.yaml:36: {FINISH}.ignore is empty, expected the reason why nothing happens"
    ]


def test_every_name_is_explained(told: Told) -> None:
    assert told(('"May begin."', '""')) == [
        "power.yaml:26: machines.node.guards.fit is empty, expected what it is about"
    ]


def test_names_are_lower_case_words_joined_by_hyphens(told: Told) -> None:
    assert told(("settle:", "Settle_2:"), ("to: busy", "to: Busy")) == [
        'power.yaml:3: timings.Settle_2: "Settle_2" is no name, expected lower-case words joined by hyphens',
        (
            'power.yaml:34: machines.node.transitions.idle.begin[1].to is "Busy", '
            "expected lower-case words joined by hyphens"
        ),
    ]


@pytest.mark.parametrize(
    ("change", "text"),
    [
        (("version: 1", "version: 2"), "1: version is 2, expected 1"),
        (
            ('driving, about: "At work."', 'drive, about: "At work."'),
            "20: machines.node.states.busy.kind is \"drive\", expected 'resting', 'driving', 'leaving' or 'final'",
        ),
        (
            ('declares: "off"', "declares: dim"),
            "19: machines.node.states.idle.declares is \"dim\", expected 'on' or 'off'",
        ),
        (
            ("[keep, tell]", "keep"),
            '34: machines.node.transitions.idle.begin[1].do is "keep", expected a list',
        ),
        (
            ("[keep, tell]", "[keep, 3]"),
            "34: machines.node.transitions.idle.begin[1].do[2] is 3, expected a word or a sentence",
        ),
    ],
    ids=["version", "kind", "declares", "list", "word"],
)
def test_a_value_that_may_not_stand_there_is_told(told: Told, change: tuple[str, str], text: str) -> None:
    assert told(change) == [f"power.yaml:{text}"]


def test_what_an_anchor_holds_is_told_once_however_many_aliases_repeat_it(told: Told) -> None:
    assert told(("when: [fit]", "whn: [fit]")) == [
        "power.yaml:34: machines.node.transitions.idle.begin[1].whn is not known here, expected only when, to, do"
    ]


def test_mistakes_of_writing_and_of_shape_are_told_together_in_the_order_of_the_file(told: Told) -> None:
    assert told(("version: 1", "version: 2"), ("default: 3", "default: soon"), ("to: busy", "to: on")) == [
        "power.yaml:1: version is 2, expected 1",
        'power.yaml:3: timings.settle.default is "soon", expected a number of seconds',
        'power.yaml:34: YAML reads a bare on as a boolean, expected it quoted: "on"',
    ]
