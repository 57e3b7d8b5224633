"""What a power loss leaves of a file: each change kept, dropped or torn between sectors, all else as it was."""

from random import Random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from powerfsm.simulation.disk import SECTOR, Unsynced

CHANGES = st.lists(
    st.one_of(
        st.tuples(st.just("write"), st.integers(0, 4 * SECTOR), st.integers(1, 3 * SECTOR)),
        st.tuples(st.just("truncate"), st.integers(0, 4 * SECTOR), st.just(0)),
        st.tuples(st.just("sync"), st.just(0), st.just(0)),
    ),
    max_size=8,
)


def play(content: bytearray, changes: list[tuple[str, int, int]]) -> tuple[Unsynced, bytes]:
    """Make changes, each write with a byte of its own; what is not synced, and what was at the last sync."""
    state = Unsynced(len(content))
    synced = bytes(content)
    for number, (what, offset, length) in enumerate(changes, 1):
        if what == "write":
            data = bytes([number]) * length
            before = bytes(content[offset : offset + length])
            content.extend(bytes(max(0, offset - len(content))))
            content[offset : offset + length] = data
            state.wrote(offset, data, before)
        elif what == "truncate":
            before = bytes(content[offset:])
            del content[offset:]
            if before:
                state.truncated(offset, before)
        else:
            state.synced()
            synced = bytes(content)
    assert state.size == len(content)
    return state, synced


class Never(Random):
    """Lets nothing survive."""

    def random(self) -> float:
        return 1.0

    def choice(self, seq: Any) -> Any:
        return seq[0]


class Always(Random):
    """Lets everything survive."""

    def random(self) -> float:
        return -1.0

    def choice(self, seq: Any) -> Any:
        return seq[-1]


@settings(max_examples=40)
@given(CHANGES)
def test_where_nothing_survives_the_last_sync_is_back(changes: list[tuple[str, int, int]]) -> None:
    content = bytearray(b"\xff" * (2 * SECTOR))
    state, synced = play(content, changes)
    assert state.after_power_loss(bytes(content), Never()) == synced


@settings(max_examples=40)
@given(CHANGES)
def test_where_everything_survives_nothing_is_lost(changes: list[tuple[str, int, int]]) -> None:
    content = bytearray(b"\xff" * (2 * SECTOR))
    state, _ = play(content, changes)
    assert state.after_power_loss(bytes(content), Always()) == content


@settings(max_examples=40)
@given(CHANGES, st.integers())
def test_no_byte_is_what_nobody_wrote_there(changes: list[tuple[str, int, int]], seed: int) -> None:
    content = bytearray(b"\xff" * (2 * SECTOR))
    state, synced = play(content, changes)
    left = state.after_power_loss(bytes(content), Random(seed))
    for at, byte in enumerate(left):
        assert (
            byte in (0, *synced[at : at + 1])
            or changes[byte - 1][1] <= at < changes[byte - 1][1] + changes[byte - 1][2]
        )
    assert state.size == len(left)
    assert not state.changes


@settings(max_examples=40)
@given(CHANGES, st.integers())
def test_after_a_power_loss_nothing_is_left_to_lose(changes: list[tuple[str, int, int]], seed: int) -> None:
    content = bytearray(b"\xff" * (2 * SECTOR))
    state, _ = play(content, changes)
    left = state.after_power_loss(bytes(content), Random(seed))
    assert state.after_power_loss(left, Never()) == left


def test_a_write_is_torn_between_sectors_and_nowhere_else() -> None:
    lengths = set()
    for seed in range(300):
        state = Unsynced(0)
        state.wrote(100, b"x" * (4 * SECTOR), b"")
        lengths.add(len(state.after_power_loss(b"\0" * 100 + b"x" * (4 * SECTOR), Random(seed))))
    assert lengths == {0, SECTOR, 2 * SECTOR, 3 * SECTOR, 4 * SECTOR, 4 * SECTOR + 100}


def test_a_later_write_may_survive_an_earlier_one() -> None:
    left = set()
    for seed in range(100):
        state = Unsynced(2)
        state.wrote(0, b"b", b"a")
        state.wrote(1, b"b", b"a")
        left.add(state.after_power_loss(b"bb", Random(seed)))
    assert left == {b"aa", b"ab", b"ba", b"bb"}
