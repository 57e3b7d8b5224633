"""What is wrong with a spec as YAML is told with its line: equal keys, bare booleans, anchors, syntax."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from powerfsm.spec.mistakes import SpecError, SpecMistake
from powerfsm.spec.reading import read
from powerfsm.spec.schema import branches

Told = Callable[..., list[str]]


def test_a_spec_without_a_mistake_is_read(small: str) -> None:
    file = read(small.encode(), "power.yaml")
    assert list(file.machines.node.states) == ["idle", "busy", "over"]


def test_a_key_beside_a_merge_stands_in_its_place_and_is_no_mistake(small: str) -> None:
    rows = read(small.encode(), "power.yaml").machines.node.transitions
    assert rows["busy"]["begin"] == rows["idle"]["begin"]
    assert rows["busy"]["finish"] != rows["idle"]["finish"]


def test_of_two_merged_anchors_the_earlier_counts(small: str) -> None:
    merged = "        <<: [{wait: {to: going, do: []}}, {wait: {to: gone, do: []}}]\n"
    text = small.replace("        wait: {to: going, do: []}\n", merged)
    outcome = read(text.encode(), "power.yaml").machines.drive.transitions["going"]["wait"]
    assert [branch.to for branch in branches(outcome)] == ["going"]


@pytest.mark.parametrize(
    ("change", "line"),
    [
        (('      "on": []', "      on: []"), 8),
        (('"off": ["on", cycle]', '"off": [on, cycle]'), 9),
        (('declares: "off"', "declares: off"), 19),
    ],
    ids=["as a key", "in a list", "as a value"],
)
def test_a_bare_on_or_off_is_to_be_quoted(told: Told, change: tuple[str, str], line: int) -> None:
    word = "off" if line == 19 else "on"
    assert told(change) == [
        f'power.yaml:{line}: YAML reads a bare {word} as a boolean, expected it quoted: "{word}"'
    ]


def test_a_bare_yes_is_to_be_quoted_too(told: Told) -> None:
    assert told(('"May begin."', "yes")) == [
        'power.yaml:26: YAML reads a bare yes as a boolean, expected it quoted: "yes"'
    ]


def test_two_transitions_for_one_pair_are_told_once_though_an_alias_repeats_them(told: Told) -> None:
    row = '        finish: {reject: "nothing was begun"}\n'
    assert told((row, row + "        finish: {to: busy, do: []}\n")) == [
        (
            'power.yaml:37: machine node: two transitions for state "idle" and event "finish", '
            "expected one (the first is in line 36)"
        )
    ]


def test_two_transitions_beside_a_merge_are_told(told: Told) -> None:
    assert told(
        (
            "          - {to: idle, do: [tell]}\n",
            '          - {to: idle, do: [tell]}\n        finish: {reject: "no"}\n',
        )
    ) == [
        (
            'power.yaml:42: machine node: two transitions for state "busy" and event "finish", '
            "expected one (the first is in line 39)"
        )
    ]


def test_any_other_equal_keys_are_told(told: Told) -> None:
    assert told(("version: 1", "version: 1\nversion: 1")) == [
        'power.yaml:2: "version" stands here twice, expected it once (the first is in line 1)'
    ]


def test_a_merge_of_what_is_no_mapping_is_told(told: Told) -> None:
    assert told(("<<: *row", "<<: busy")) == [
        "power.yaml:38: << merges what is no mapping, expected an alias of one"
    ]


def test_a_second_merge_in_one_mapping_is_told(told: Told) -> None:
    assert told(("        <<: *row\n", "        <<: *row\n        <<: *row\n")) == [
        "power.yaml:39: a second << in one mapping, expected a list of aliases in the first"
    ]


@pytest.mark.parametrize(
    ("change", "line"),
    [
        (("idle: &row\n", "idle: &row\n        <<: *row\n"), 32),
        (("timings:\n", "timings: &all\n  more: *all\n"), 2),
        (("[keep, tell]", "&both [keep, *both]"), 34),
    ],
    ids=["by merging", "by a key", "in a list"],
)
def test_an_anchor_that_contains_itself_is_told(told: Told, change: tuple[str, str], line: int) -> None:
    assert told(change) == [f"power.yaml:{line}: this anchor contains itself, expected an end to it"]


def test_keys_that_are_no_names_are_told(told: Told) -> None:
    assert told(("version: 1", "version: 1\n? [a, b]\n: 3\n4: 5")) == [
        "power.yaml:2: a key that is no name, expected a name",
        "power.yaml:4: the key 4 is no name, expected a name",
    ]


def test_a_tag_that_would_run_code_is_refused(told: Told) -> None:
    assert told(("default: 3", "default: !!python/name:os.system 3")) == [
        'power.yaml:3: "3" is tagged tag:yaml.org,2002:python/name:os.system, expected a word or a number'
    ]


def test_a_tag_that_the_value_contradicts_is_refused(told: Told) -> None:
    assert told(("default: 3", "default: !!int soon")) == [
        'power.yaml:3: "soon" is tagged tag:yaml.org,2002:int, expected a word or a number'
    ]


@pytest.mark.parametrize(
    ("text", "line", "wrong"),
    [
        (b"", 1, "the file is empty, expected version, timings and machines"),
        (b"# nothing but a comment\n", 1, "the file is empty, expected version, timings and machines"),
        (b"- 1", 1, "the file is a list, expected a mapping"),
        (b"version", 1, 'the file is "version", expected a mapping'),
        (b"version: 1\nrankings: {a: [}\n", 2, "not YAML: did not find expected node content"),
        (b"version: 1\nnode: *nobody\n", 2, "not YAML: found undefined alias"),
        (b"version: 1\n---\nversion: 1\n", 2, "not YAML: but found another document"),
        (b"\xff\xfe\xfa", 1, "not YAML: unacceptable character #x-001: incomplete UTF-16 character"),
    ],
    ids=["empty", "comment", "list", "word", "syntax", "alias", "two documents", "bytes"],
)
def test_what_is_no_spec_at_all_is_told_with_a_line(text: bytes, line: int, wrong: str) -> None:
    with pytest.raises(SpecError) as caught:
        read(text, "power.yaml")
    assert str(caught.value) == f"power.yaml:{line}: {wrong}"


@given(data=st.data())
def test_whatever_is_done_to_a_spec_it_is_read_or_its_mistakes_are_told(small: str, data: st.DataObject) -> None:
    lines = small.splitlines()
    for _ in range(data.draw(st.integers(1, 3))):
        where = data.draw(st.integers(0, len(lines) - 1))
        other = data.draw(st.sampled_from(lines))
        column = data.draw(st.integers(0, len(lines[where])))
        odd = data.draw(
            st.sampled_from(["*row", "&row", "<<: ", "{", "]", ":", "~", "on", "3", "- ", '"', "\\", "!!set "])
        )
        lines[where] = data.draw(
            st.sampled_from(
                ["", other, lines[where][:column] + odd + lines[where][column:], lines[where][column:]]
            )
        )
    mistakes = mistakes_in("\n".join(lines).encode())
    assert all(1 <= mistake.line <= len(lines) and mistake.text for mistake in mistakes)


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_told(text: bytes) -> None:
    assert all(mistake.line >= 1 and mistake.text for mistake in mistakes_in(text))


def mistakes_in(text: bytes) -> tuple[SpecMistake, ...]:
    """What is told; nothing where the text can be read.  Any other exception is a defect."""
    try:
        read(text, "power.yaml")
    except SpecError as error:
        return error.mistakes
    return ()
