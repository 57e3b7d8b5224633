"""Promise 4 on disk: whatever the instant of a crash, what was answered is there, and nothing is there by half."""

from collections.abc import Callable
from itertools import count
from pathlib import Path

import pytest

from lives import Life, begun, live, sound
from powerfsm.simulation.disk import Disk, Mount

COMMITS = 2

LOST = {"kill": Mount.kill, "power": Mount.lose_power}


class Record:
    """What is known of a disk over many lives.

    Attributes:
        told: The last batch that was answered: it and all before it must be there.
        begun: The last batch that anybody began: nothing later can be there.
        lives: How many died.
    """

    def __init__(self, told: int) -> None:
        self.told = self.begun = told
        self.lives = 0

    def take(self, life: Life) -> None:
        """Judge what a life found, and remember what it told."""
        if life.found is not None:
            assert self.told <= life.found <= self.begun
            # What was found is nobody's answer yet: it may have been written and not synced.
            self.begun = life.found
        self.told = max(self.told, life.told)
        self.begun = max(self.begun, life.begun)


def die_everywhere(
    disk: Disk, told: int, crash: Callable[[Mount], None], pragmas: tuple[str, ...] = ()
) -> Record:
    """Life after life, each of which dies one disk operation later in it than the one before; until one does not."""
    record = Record(told)
    for offset in count(1):
        mount = disk.mount()
        mount.die_at(disk.operations + offset)
        record.take(life := live(mount, COMMITS, pragmas=pragmas, seed=offset))
        if not mount.dead:
            assert life.told == life.begun > 0
            break
        record.lives += 1
        crash(mount)
    record.take(live(disk.mount(), 0))
    return record


@pytest.mark.parametrize("crash", LOST)
@pytest.mark.parametrize("seed", range(2))
def test_what_was_answered_survives_a_crash_before_any_disk_operation(
    tmp_path: Path, seed: int, crash: str
) -> None:
    disk = begun(tmp_path, seed)
    record = die_everywhere(disk, 1, LOST[crash])
    assert record.lives > 20
    assert sound(disk.mount().path)
