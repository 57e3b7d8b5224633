"""The spec travels: an installed wheel reads its own copy, far from any checkout."""

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[2]

ASK_IT = """
import json, powerfsm
from powerfsm.spec import load
from powerfsm.spec.diagram import render
spec = load()
print(json.dumps({
    "file": powerfsm.__file__,
    "digest": spec.digest,
    "step": spec.node.step("unknown", "request", frozenset({"leads-on"})).after,
    "drawn": render("drive", "svg").startswith("<svg"),
}))
"""


def run(*command: str | Path, cwd: Path, env: dict[str, str] | None = None) -> str:
    """Run a program to its end; its output, which is shown where it fails."""
    done = subprocess.run(command, cwd=cwd, env=env, capture_output=True, text=True, check=False, timeout=100)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.slow
def test_a_wheel_made_from_the_source_distribution_loads_its_spec_outside_the_checkout(tmp_path: Path) -> None:
    dist, target, elsewhere = tmp_path / "dist", tmp_path / "installed", tmp_path / "elsewhere"
    elsewhere.mkdir()
    # Without naming a kind, `build` makes the source distribution first, and the wheel from that.
    run(sys.executable, "-m", "build", "--no-isolation", "--outdir", dist, cwd=REPOSITORY)
    (wheel,) = dist.glob("powerfsm-*.whl")
    pip = (sys.executable, "-m", "pip", "--disable-pip-version-check", "install", "--quiet")
    run(*pip, "--no-index", "--no-deps", "--target", target, wheel, cwd=elsewhere)

    env = os.environ | {"PYTHONPATH": str(target)}
    told = json.loads(run(sys.executable, "-P", "-c", ASK_IT, cwd=elsewhere, env=env))

    assert Path(told["file"]).is_relative_to(target)
    spec = (REPOSITORY / "spec" / "power.yaml").read_bytes()
    assert told["digest"] == hashlib.sha256(spec).hexdigest()
    assert told["step"] == "powering-on"
    assert told["drawn"]
