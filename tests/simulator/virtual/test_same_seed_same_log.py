"""The same seed gives the same log, byte for byte, in any process: with faults, and a real client."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

import seeded_site
from bmcsim import Fidelity


def _elsewhere(where: Path, hash_seed: int, seed: int, fidelity: Fidelity) -> tuple[bytes, bytes]:
    """Play a site in a process of its own; return its log and its claims."""
    log, claims = where / f"{hash_seed}-{seed}-{fidelity}.log", where / f"{hash_seed}-{seed}-{fidelity}.claims"
    command = [sys.executable, seeded_site.__file__, str(log), str(claims), str(seed), fidelity]
    environment = {**os.environ, "PYTHONHASHSEED": str(hash_seed)}
    environment["PYTHONPATH"] = str(Path(seeded_site.__file__).parent)
    subprocess.run(command, env=environment, check=True, capture_output=True)
    return log.read_bytes(), claims.read_bytes()


@pytest.mark.parametrize("fidelity", Fidelity)
def test_two_processes_with_different_hash_seeds_write_one_log(fidelity: Fidelity, tmp_path: Path) -> None:
    here = _elsewhere(tmp_path, 1, 5, fidelity)
    there = _elsewhere(tmp_path, 31337, 5, fidelity)
    assert here == there
    assert all(kind in here[0] for kind in (b'"drop"', b'"corrupt"', b'"busy"', b'"order-ignored"', b'"reboot"'))


def test_another_seed_gives_another_log(tmp_path: Path) -> None:
    assert _elsewhere(tmp_path, 1, 5, Fidelity.FAST) != _elsewhere(tmp_path, 1, 6, Fidelity.FAST)
