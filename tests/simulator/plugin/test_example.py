"""The example project's tests pass, as its README tells its reader to run them."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from documents import ROOT, Document

HERE = "examples/simulated-bmcs"
EXAMPLE = ROOT / HERE

# Whether or not the installed metadata tells pytest of the plugin, it is registered once; no file is left behind.
OPTIONS = ("-p", "no:bmcsim", "-p", "bmcsim.pytest_plugin", "-p", "no:cacheprovider", "-p", "no:xdist")


@pytest.mark.stranger
@pytest.mark.slow
@pytest.mark.parametrize("tests", sorted((EXAMPLE / "tests").glob("test_*.py")), ids=lambda path: path.stem)
def test_its_tests_pass(tests: Path) -> None:
    env = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    ran = subprocess.run(
        [sys.executable, "-B", "-m", "pytest", *OPTIONS, str(tests.relative_to(EXAMPLE))],
        cwd=EXAMPLE,
        env=env,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert ("skipped" in ran.stdout) == (
        shutil.which("ipmitool") is None and tests.stem in {"test_rackpower", "test_playbook"}
    ), ran.stdout


def test_its_readme_leads_to_every_test_and_tells_the_command_that_is_run_here() -> None:
    readme = Document(f"{HERE}/README.md")
    assert set(readme.links) == {f"tests/{path.name}" for path in (EXAMPLE / "tests").glob("test_*.py")}
    assert readme.commands[-1] == "pytest"
