"""Every command in the README is run, as it stands there; what it shows is what is printed."""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
DOCUMENTS = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
SCRIPTS = re.findall(r"^ {4}(scripts/\S+)", README, re.MULTILINE)
CONSOLE = re.findall(r"```console\n(.*?)```", README, re.DOTALL)
SETTINGS = re.findall(r"```yaml\n(.*?)```", README, re.DOTALL)


def _commands(console: str) -> list[tuple[str, str]]:
    """Each command with the output that the README shows below it."""
    blocks = [block.partition("\n") for block in console.split("$ ")[1:]]
    return [(command, output) for command, _, output in blocks]


@contextmanager
def _running(command: list[str], ready: Path, where: Path) -> Iterator[dict[str, object]]:
    environment = {**os.environ, "POWERFSM_TIMINGS_SETTLE": "0.2", "POWERFSM_TIMINGS_SWEEP": "1000"}
    process = subprocess.Popen(command, cwd=where, env=environment, stderr=subprocess.DEVNULL)
    try:
        while not ready.exists():
            assert process.poll() is None, f"{command} ended with {process.returncode}"
            time.sleep(0.02)
        told: dict[str, object] = json.loads(ready.read_text(encoding="ascii"))
        yield told
    finally:
        process.terminate()
        process.wait(30)


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """A directory with the README's own configuration and the secrets that its comment speaks of."""
    (settings,) = SETTINGS
    commented = re.search(r"credentials: (\S+) +# (.*)", settings)
    assert commented is not None
    (tmp_path / "powerfsm.yaml").write_text(settings.replace("8623", "0"), encoding="utf-8")
    for name, text in ((commented[1], commented[2] + "\n"), ("rack1.password", "password\n")):
        (tmp_path / name).write_text(text, encoding="utf-8")
        (tmp_path / name).chmod(0o600)
    return tmp_path


def test_the_console_session_runs_as_shown_over_forty_bmcs(site: Path) -> None:
    (console,) = CONSOLE
    (serve, _), *commands = _commands(console)
    python = [sys.executable, "-m"]
    # The README's BMCs are at 10.0.1.1 to 40; here they are at loopback addresses, simulated.
    bmcs = [
        *python,
        "bmcsim",
        "serve",
        "--nodes",
        "r1n[01-40]",
        "--addresses",
        "127.71.1.[1-40]",
        "--port",
        "6230",
    ]
    daemon = [*python, *shlex.split(serve), "--ready-file", str(site / "daemon.ready")]
    with (
        _running([*bmcs, "--ready-file", str(site / "bmcs.ready")], site / "bmcs.ready", site),
        _running(daemon, site / "daemon.ready", site) as ready,
    ):
        environment = {**os.environ, "POWERFSM_URL": str(ready["url"])}
        for command, shown in commands:
            words = shlex.split(command.replace("10.0.1.", "127.71.1."))
            if "add" in words:
                words += ["--port", "6230"]
            ran = subprocess.run(
                [*python, *words], cwd=site, env=environment, capture_output=True, text=True, check=False
            )
            assert ran.returncode == 0, f"{command}\n{ran.stderr}"
            if shown.strip():
                assert ran.stdout == shown


def test_the_two_scripts_are_those_that_are_tried() -> None:
    assert SCRIPTS == ["scripts/demo", "scripts/test"]


def test_scripts_test_finds_every_test() -> None:
    ran = subprocess.run(
        ["scripts/test", "--collect-only", "-q", "tests/docs"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "tests/docs/test_readme.py::test_scripts_test_finds_every_test" in ran.stdout


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_scripts_demo_holds_and_helps() -> None:
    helped = subprocess.run(["scripts/demo", "--help"], cwd=ROOT, capture_output=True, text=True, check=True)
    for option in ("--nodes", "--seed", "--seconds"):
        assert option in helped.stdout
    ran = subprocess.run(
        ["scripts/demo", "--nodes", "5", "--seconds", "5", "--seed", "1"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "holds:" in ran.stdout


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_link_leads_to_a_file(document: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)[^)]*\)", document.read_text(encoding="utf-8")):
        if "://" not in target and not target.startswith("/"):
            assert (document.parent / target).exists(), target


def test_every_script_that_contributors_are_told_of_is_there() -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    for script in set(re.findall(r"(?:scripts|\.ci)/\w+", text)):
        assert shutil.which(ROOT / script), script
