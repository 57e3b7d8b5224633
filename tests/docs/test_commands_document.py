"""Every example of `docs/cli.md` is a command that is understood."""

import re
import shlex
from pathlib import Path

import pytest

from a_journal import as_database, as_lines
from command_line import run_here
from documents import Document

NOBODY = "http://127.0.0.1:1"
"""Where no daemon answers: a command that is understood ends with 3, one that is not with 2."""


def examples() -> list[str]:
    """The command lines of the examples, without the remarks beside them and what a shell would make of them."""
    lines = [line for block in Document("docs/cli.md").fenced("") for line in block.splitlines()]
    found = [re.search(r"powerfsm (?:[^>]*\S)?(?=   | > |$)", line) for line in lines]
    return sorted({match[0].split("   ")[0] for match in found if match})


@pytest.mark.parametrize("example", examples())
def test_an_example_is_understood(example: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    # The command that prints a completion leaves it set, which matters to nobody but others in this process.
    monkeypatch.setenv("_POWERFSM_COMPLETE", "")
    _, *words = shlex.split(example)
    match words[0]:
        case "serve" | "audit" | "check" | "simulate":
            # Not run here; its options are those that it knows.
            known = run_here(words[0], "--help").out
            assert {word for word in words if word.startswith("--")} <= set(known.split())
            return
        case "diagram" | "completion":
            if "--journal" in words:
                journal = Path(words[words.index("--journal") + 1])
                (as_lines if journal.suffix == ".json" else as_database)(journal)
            code = 0
        case "token":
            words[words.index("--append") + 1] = str(tmp_path / "tokens")
            code = 0
        case _:
            words += ["--url", NOBODY]
            code = 3
    ran = run_here(*words)
    assert ran.code == code, ran
