"""Schemathesis tries the whole API by its description: examples, edges, nonsense, and what follows from answers.

    POWERFSM_FUZZ_SEED=7 POWERFSM_FUZZ_SECONDS=300 scripts/test tests/security/api/test_every_answer.py -n 0

tries another seed, for longer.
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import trio

from api_house import house, served
from powerfsm.api.access import Role

SEED = os.environ.get("POWERFSM_FUZZ_SEED", "1")
SECONDS = os.environ.get("POWERFSM_FUZZ_SECONDS")
EXAMPLES = "3"

LEFT_OUT = "positive_data_acceptance,unsupported_method"
"""A schema cannot say what a hostlist is, which parameters go together, or which generation a node is at.  To GET
`/v1/operations/wait` is to get the operation `wait`, which is no number: 422, and not 405."""


@pytest.mark.slow
@pytest.mark.timeout(900)
async def test_every_answer_is_one_that_is_described_and_none_is_the_daemons_fault(tmp_path: Path) -> None:
    async with house(tmp_path, with_tokens=True) as daemon, served(daemon.app) as url:
        # Names and ids of the examples in the description.
        await daemon.add("n1", "r1n01", "r1n02")
        for _ in range(17):
            await daemon.done("n1")
        command = [
            *(
                sys.executable,
                "-m",
                "schemathesis.cli",
                f"--config-file={Path(__file__).with_name('schemathesis.toml')}",
            ),
            *("run", f"{url}/openapi.json", f"--header=Authorization: Bearer {daemon.tokens[Role.ADMIN]}"),
            *(f"--seed={SEED}", "--checks=all", f"--exclude-checks={LEFT_OUT}", "--request-timeout=60"),
            *((f"--max-time={SECONDS}",) if SECONDS else (f"--max-examples={EXAMPLES}",)),
        ]
        ran = await trio.run_process(
            command, cwd=tmp_path, capture_stdout=True, stderr=subprocess.STDOUT, check=False
        )
    told = ran.stdout.decode()
    assert ran.returncode == 0, told
    assert "19 selected / 19 total" in told
    assert "Stateful" in told
