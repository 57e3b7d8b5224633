"""Promise 4 on disk: whatever the instant of a crash, what was answered is there, and nothing is there by half."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import count, cycle
from pathlib import Path

import pytest

from lives import Life, begun, live, sound
from powerfsm.simulation.disk import Disk, Mount
from powerfsm.simulation.disk.vfs import Operation

CRASHES = {"killed": Mount.kill, "without power": Mount.lose_power}


@dataclass
class Record:
    """What is known of a disk over many lives.

    Attributes:
        told: The last batch that was answered or found: it and all before it must be there.
        begun: The last batch that anybody began: nothing later can be there.
        unanswered: Lives that began a batch which was found, though nobody had been answered.
        crashes: How many lives ended so.
    """

    told: int
    begun: int
    unanswered: int = 0
    crashes: int = 0

    def take(self, life: Life) -> None:
        """Judge what a life found, and remember what it told."""
        if life.found is not None:
            assert self.told <= life.found <= self.begun
            self.unanswered += life.found > self.told
            self.told = self.begun = life.found
        self.told = max(self.told, life.told)
        self.begun = max(self.begun, life.begun)


def die_everywhere(disk: Disk, told: int, crash: Callable[[Mount], None], pragmas: tuple[str, ...] = ()) -> Record:
    """Life after life, each of which dies one disk operation later in it, until one does not die."""
    record = Record(told, told)
    for offset in count(1):
        mount = disk.mount()
        mount.die_at(disk.operations + offset)
        record.take(life := live(mount, 1, pragmas=pragmas, seed=offset))
        if not mount.dead:
            assert life.told == life.begun > 0
            break
        record.crashes += 1
        crash(mount)
    record.take(live(disk.mount(), 0))
    assert sound(disk.mount().path)
    return record


@pytest.mark.parametrize(("crash", "seed"), [("killed", 1), ("without power", 2)])
def test_what_was_answered_survives_a_crash_before_any_disk_operation(
    tmp_path: Path, crash: str, seed: int
) -> None:
    record = die_everywhere(begun(tmp_path, seed), 1, CRASHES[crash])
    assert record.crashes > 20
    assert record.unanswered


def test_it_survives_a_power_loss_while_the_log_is_copied_back(tmp_path: Path) -> None:
    files: list[bytes] = []

    def note(_: int) -> None:
        files.append(mount.path.read_bytes())

    disk = begun(tmp_path, 3)
    mount = disk.mount()
    live(mount, 3, pragmas=(pragma := "wal_autocheckpoint = 1",), before=note)
    assert files[1] != files[2], "the log was copied back while the store was open"
    die_everywhere(disk, 4, Mount.lose_power, (pragma,))


@pytest.mark.parametrize(
    ("first", "step", "crashes"),
    [
        pytest.param(1, 3, ("killed", "without power"), id="some"),
        pytest.param(1, 1, ("killed",), id="killed", marks=pytest.mark.slow),
        pytest.param(1, 1, ("without power",), id="without power", marks=pytest.mark.slow),
    ],
)
def test_a_store_whose_making_crashed_before_a_disk_operation_is_made_by_the_next(
    tmp_path: Path, first: int, step: int, crashes: Sequence[str]
) -> None:
    for offset, crash in zip(count(first, step), cycle(crashes), strict=False):
        (directory := tmp_path / f"{offset}").mkdir()
        disk = Disk(directory, seed=offset)
        mount = disk.mount()
        mount.die_at(offset)
        if live(mount, 0).found is not None:
            break
        CRASHES[crash](mount)
        assert live(disk.mount(), 1).told == 1
    assert offset > 10


@pytest.mark.parametrize("seed", range(4))
def test_what_a_start_has_found_is_not_taken_back_by_a_power_loss(
    tmp_path: Path, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    disk = begun(tmp_path, seed)
    dying = disk.mount()
    admit = Mount.admit

    def die_before_the_sync(mount: Mount, operation: Operation, code: int) -> None:
        if mount is dying and operation == "sync" and begun_to == 3:
            mount.kill()
        admit(mount, operation, code)

    begun_to = 0

    def note(number: int) -> None:
        nonlocal begun_to
        begun_to = number

    monkeypatch.setattr(Mount, "admit", die_before_the_sync)
    assert live(dying, 2, before=note).told == 2
    finding = disk.mount()
    assert live(finding, 1, before=lambda _: finding.lose_power()).found == 3
    assert live(disk.mount(), 0).found == 3


def test_answers_of_a_store_that_does_not_sync_are_lost(tmp_path: Path) -> None:
    """The control: this very judgement finds what is lost."""
    lost = 0
    for seed in range(4):
        disk = begun(tmp_path / f"{seed}", seed)
        mount = disk.mount()

        def lose_power(number: int, mount: Mount = mount) -> None:
            if number == 4:
                mount.lose_power()

        life = live(mount, 3, pragmas=("synchronous = OFF",), before=lose_power)
        record = Record(told=1, begun=1)
        record.take(life)
        assert record.told == 3
        try:
            record.take(live(disk.mount(), 0))
        except AssertionError:
            lost += 1
    assert lost
