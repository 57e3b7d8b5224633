"""The same seed and the same calls give the same bytes on disk, in whichever process."""

import os
import subprocess
import sys
from pathlib import Path

import apsw

from lives import begun, live

SCRIPT = """
import hashlib, sys
from pathlib import Path
from lives import begun, live
disk = begun(Path(sys.argv[1]), seed=1)
for crash in range(3):
    mount = disk.mount()
    mount.die_at(disk.operations + 17 + 9 * crash)
    live(mount, 2, pragmas=("wal_autocheckpoint = 5",))
    mount.lose_power()
    for file in sorted(disk.mount().path.parent.iterdir()):
        print(file.name, disk.operations, hashlib.sha256(file.read_bytes()).hexdigest())
"""


def played(directory: Path, hash_seed: int) -> str:
    """What a process finds on disk after each of some crashes."""
    directory.mkdir()
    support = Path(__file__).parents[2] / "support"
    environment = {**os.environ, "PYTHONHASHSEED": str(hash_seed), "PYTHONPATH": str(support)}
    ended = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(directory)],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    return ended.stdout


def test_the_same_seed_gives_the_same_bytes_in_another_process(tmp_path: Path) -> None:
    first = played(tmp_path / "first", hash_seed=1)
    assert first.count("powerfsm.db-wal") >= 2
    assert played(tmp_path / "second", hash_seed=2) == first


def test_another_seed_gives_other_bytes(tmp_path: Path) -> None:
    logs = set()
    for seed in range(3):
        mount = begun(tmp_path / f"{seed}", seed).mount()
        mount.die_at(150)
        assert live(mount, 9).told
        logs.add(mount.path.with_name(f"{mount.path.name}-wal").read_bytes())
    assert len(logs) == 3


def test_whatever_else_uses_sqlite_has_its_own_random_numbers_back(tmp_path: Path) -> None:
    begun(tmp_path, 1)
    first = apsw.randomness(16)
    begun(tmp_path / "again", 1)
    assert apsw.randomness(16) != first
