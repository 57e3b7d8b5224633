"""Hostlists: what they stand for, in what order, and what is refused before it costs anything."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from powerfsm.hostlist import HostlistError, check_name, expand, expand_numbers, fold


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("login1", ["login1"]),
        ("b,a", ["b", "a"]),
        ("a, b", ["a", "b"]),
        ("n[1-3,7]", ["n1", "n2", "n3", "n7"]),
        ("n[08-10]", ["n08", "n09", "n10"]),
        ("n[0-10/5]", ["n0", "n5", "n10"]),
        ("r[1-2]n[01-02]", ["r1n01", "r1n02", "r2n01", "r2n02"]),
        ("r[1-2][3-4]", ["r13", "r14", "r23", "r24"]),
        ("10.0.0.[9-10]", ["10.0.0.9", "10.0.0.10"]),
        ("n[1-2]-ilo,x", ["n1-ilo", "n2-ilo", "x"]),
        ("n2,n[1-3]", ["n2", "n1", "n3"]),
        ("fe80::1%eth0", ["fe80::1%eth0"]),
    ],
)
def test_a_hostlist_stands_for_its_names_in_written_order(text: str, names: list[str]) -> None:
    assert expand(text) == names


def test_a_digit_before_a_bracket_belongs_to_each_name_and_not_to_the_range() -> None:
    assert expand("n1[9-11]") == ["n19", "n110", "n111"]


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("", "a name is missing"),
        ("a,,b", "a name is missing"),
        ("a,", "a name is missing"),
        ("n[1-3", "not closed"),
        ("n1-3]", "no partner"),
        ("n[[1]]", "no partner"),
        ("n[]", "not a range"),
        ("n[a-b]", "not a range"),
        ("n[3-1]", "backwards"),
        ("n[1-3/0]", "step of 0"),
        ("n[01-2]", "padding"),
        ("a b", "white space"),
        ("a\x00", "control character"),
        ("@rack1", "groups"),
        ("n*", "wildcards"),
        ("n?", "wildcards"),
        ("n[1-3]!n2", "set operators"),
        ("n[1-3]&n2", "set operators"),
        ("n[1-3]^n2", "set operators"),
    ],
)
def test_a_mistake_is_named_and_an_example_shown(text: str, wrong: str) -> None:
    with pytest.raises(HostlistError, match=wrong) as caught:
        expand(text)
    assert "r1n[01-40],login1" in str(caught.value)


@pytest.mark.parametrize("text", ["n[1-1000001]", "x[1-99999]y[1-99999]", "n[0-999999999999999999]"])
def test_a_hostlist_that_is_too_long_is_refused_before_it_is_expanded(text: str) -> None:
    with pytest.raises(HostlistError, match="more than 1,000,000 names"):
        expand(text)


def test_groups_run_no_command() -> None:
    with pytest.raises(HostlistError, match="groups"):
        expand("@all:$(touch x)")


def test_a_long_mistake_is_not_repeated_in_full() -> None:
    with pytest.raises(HostlistError) as caught:
        expand("n[" + "1," * 10_000)
    assert len(str(caught.value)) < 300


@pytest.mark.parametrize(
    ("names", "folded"),
    [
        ([], ""),
        (["login"], "login"),
        (["n1", "n2", "n3"], "n[1-3]"),
        (["n01", "n02"], "n[01-02]"),
        (["r1n01", "r1n02", "r2n01", "r2n02"], "r[1-2]n[01-02]"),
        (["n1", "n1"], "n1"),
    ],
)
def test_names_are_folded(names: list[str], folded: str) -> None:
    assert fold(names) == folded


@given(st.lists(st.from_regex(r"[a-z0-9]{1,4}(-[0-9]{1,25})?[a-z0-9]{0,3}", fullmatch=True)))
def test_what_is_folded_unfolds_to_the_same_names(names: list[str]) -> None:
    folded = fold(names)
    assert set(expand(folded) if folded else []) == set(names)


@given(st.text(alphabet="abn019[]-/,. \t@*!é", max_size=30))
def test_no_text_raises_anything_else(text: str) -> None:
    try:
        names = expand(text, most=1000)
    except HostlistError:
        return
    assert len(names) <= 1000
    assert len(set(names)) == len(names)


def test_numbers_come_as_written() -> None:
    assert expand_numbers("6003,6001-6002") == [6003, 6001, 6002]


@pytest.mark.parametrize("text", ["", "a", "3-1", "1-99999999", "1,"])
def test_what_is_no_list_of_numbers_is_refused(text: str) -> None:
    with pytest.raises(HostlistError):
        expand_numbers(text)


@pytest.mark.parametrize("name", ["r1n01", "a", "node-7.rack_1", "fe80::1"])
def test_ordinary_names_are_taken(name: str) -> None:
    assert check_name(name) == name


@pytest.mark.parametrize("name", ["", "a/b", "a b", "n[1]", "-a", "a,b", "a\n", "é", "n" * 254, "..", "@a", "%41"])
def test_names_that_no_hostlist_or_path_could_hold_are_refused(name: str) -> None:
    with pytest.raises(HostlistError):
        check_name(name)
