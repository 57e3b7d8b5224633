"""A session sequence number is taken once, and only near the newest (IPMI 2.0, 6.12.13)."""

from hypothesis import given
from hypothesis import strategies as st

from powerfsm.ipmi.wire.window import ABOVE_15, BELOW_15, SequenceWindow, following


def test_the_first_number_is_1_and_0_is_none() -> None:
    window = SequenceWindow()
    assert not window.accept(0)
    assert window.accept(1)
    assert window.highest == 1


def test_nothing_before_the_beginning_is_taken() -> None:
    window = SequenceWindow()
    assert not any(window.accept(0xFFFFFFFF - back) for back in range(20))


def test_a_duplicate_is_dropped() -> None:
    window = SequenceWindow()
    assert window.accept(3)
    assert not window.accept(3)
    assert window.accept(1)
    assert not window.accept(1)


def test_15_ahead_is_taken_and_16_is_not() -> None:
    window = SequenceWindow()
    assert not window.accept(16)
    assert window.accept(15)
    assert not window.accept(31)
    assert window.accept(30)


def test_16_behind_is_taken_once_and_17_never() -> None:
    window = SequenceWindow()
    for sequence in (15, 30, 40):
        assert window.accept(sequence)
    assert window.accept(24)
    assert not window.accept(24)
    assert not window.accept(23)
    assert not window.accept(30)


def test_the_numbers_go_round_without_0() -> None:
    window = SequenceWindow()
    sequence = 0
    window._highest = 0xFFFFFFF0
    window._seen = 1
    sequence = window.highest
    for _ in range(40):
        sequence = following(sequence)
        assert sequence != 0
        assert window.accept(sequence)
    assert not window.accept(0xFFFFFFFF)


@given(st.lists(st.integers(0, 60), max_size=200))
def test_whatever_arrives_no_number_is_taken_twice_nor_far_from_the_newest(arriving: list[int]) -> None:
    window = SequenceWindow()
    taken: set[int] = set()
    for sequence in arriving:
        newest = max(taken, default=0)
        expected = sequence > 0 and sequence not in taken and newest - 16 <= sequence <= newest + 15
        assert window.accept(sequence) == expected
        if expected:
            taken.add(sequence)


def test_the_window_of_ipmi_15_begins_anywhere_and_is_8_wide_each_way() -> None:
    window = SequenceWindow(before=99, below=BELOW_15, above=ABOVE_15)
    assert not window.accept(99)
    assert not window.accept(108)
    assert window.accept(107)
    assert not window.accept(107)
    assert window.accept(100)
    assert window.accept(115)
    assert window.accept(108)
    assert not window.accept(106)


def test_the_window_of_ipmi_15_goes_on_past_the_highest_number() -> None:
    window = SequenceWindow(before=0xFFFFFFFD, below=BELOW_15, above=ABOVE_15)
    assert window.accept(0xFFFFFFFE)
    assert window.accept(2)
    assert window.accept(0xFFFFFFFF)
    assert not window.accept(0)
