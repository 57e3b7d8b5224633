"""A session sequence number is taken once, and only near the newest (IPMI 2.0, 6.12.13)."""

from hypothesis import given
from hypothesis import strategies as st

from powerfsm.ipmi.wire.window import SequenceWindow, following


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
