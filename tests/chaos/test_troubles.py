"""Each trouble alone, in the middle of a storm: the promises hold, and what the daemon took it gives back.

`POWERFSM_CHAOS_SEED` repeats a run's dice.  `scripts/chaos` plays the same mixed, for as long as one likes.
"""

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from random import SystemRandom

import pytest

from chaos import namespace
from chaos.catalogue import TROUBLES
from chaos.conditions import CHAOS
from chaos.course import run
from command_line import ROOT
from real_site import forget_settings

SEED = int(os.environ.get("POWERFSM_CHAOS_SEED", SystemRandom().randrange(1_000_000)))
NODES = 20
KERNEL = frozenset({"netem", "nftables"})
"""Those that have to be alone on their network."""

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(600),
    # What HTTPX leaves behind of a request whose connection broke while it was sent.
    pytest.mark.filterwarnings("ignore:Async generator 'httpx._content.ByteStream:ResourceWarning"),
]


@pytest.fixture(autouse=True)
def plain_environment(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Nothing of whoever runs the tests leaks into the programs."""
    forget_settings(monkeypatch)
    return iter(())


@pytest.mark.parametrize("name", [name for name in TROUBLES if name not in KERNEL])
async def test_promises_hold_and_everything_is_given_back_after(name: str, tmp_path: Path) -> None:
    trouble = TROUBLES[name]
    if missing := trouble.missing():
        pytest.skip(missing)
    print(f"POWERFSM_CHAOS_SEED={SEED}")
    record = await run(tmp_path, [trouble], nodes=NODES, seed=SEED, seconds=0, rounds=1)
    assert record.holds, record
    assert record.commands > NODES


@pytest.mark.parametrize("name", sorted(KERNEL))
def test_promises_hold_in_a_network_that_the_kernel_makes_worse_by(name: str, tmp_path: Path) -> None:
    if missing := TROUBLES[name].missing():
        pytest.skip(missing)
    begin = namespace.prefix()
    assert begin is not None
    words = [f"--only={name}", "--minutes=0", f"--nodes={NODES}", f"--seed={SEED}", f"--keep={tmp_path / 'kept'}"]
    done = subprocess.run(
        [*begin, sys.executable, "-m", "chaos", *words],
        env=os.environ | {"PYTHONPATH": str(ROOT / "tests" / "support")},
        capture_output=True,
        text=True,
        check=False,
    )
    print(done.stdout, done.stderr)
    assert done.returncode == 0
    assert f"{name} (" in done.stdout


async def test_a_daemon_that_does_not_wait_for_slow_bmcs_is_found_out(tmp_path: Path) -> None:
    # BMCs that hold commands for longer than the daemon is told: what it declares cannot be true for long.
    slow = replace(CHAOS, latch=(0.5, 2.0)).without_settling()
    record = await run(tmp_path, [TROUBLES["load"]], nodes=NODES, seed=SEED, seconds=0, rounds=1, conditions=slow)
    assert not record.holds
    assert any("was declared" in told for each in record.rounds for told in each.broken), record
