"""Every command of `docs/diagrams.md` is run, as it stands there, and the pictures are what it draws."""

import re
import shlex

import pytest

from command_line import run_here
from documents import ROOT, Document

DIAGRAMS = Document("docs/diagrams.md")
DRAWN = {
    "node.svg": "spec/generated/node.svg",
    "drive.svg": "spec/generated/drive.svg",
    "cancelling.svg": "docs/pictures/cancelling.svg",
    "r1n01.svg": "docs/pictures/r1n01.svg",
}
"""What is checked in of what the commands write."""


@pytest.mark.parametrize("command", DIAGRAMS.commands)
def test_a_command_draws_and_the_picture_is_what_it_draws(command: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    program, *words = shlex.split(command.partition(" > ")[0])
    assert program == "powerfsm"
    ran = run_here(*words)
    assert (ran.code, ran.err) == (0, "")
    assert ran.out
    file = DRAWN.get(command.partition(" > ")[2])
    if file:
        assert ran.out == (ROOT / file).read_text("utf-8"), f"{file} is stale; run scripts/generate"


def test_every_picture_that_is_shown_is_drawn_by_a_command_there() -> None:
    written = {command.partition(" > ")[2] for command in DIAGRAMS.commands}
    assert written > DRAWN.keys()
    shown = [link for link in DIAGRAMS.links if link.endswith(".svg")]
    assert len(shown) == 3
    for link in shown:
        file = (DIAGRAMS.path.parent / link).resolve().relative_to(ROOT)
        assert str(file) in DRAWN.values()


def test_what_is_said_to_be_drawn_anew_by_the_script_is_drawn_by_it() -> None:
    script = (ROOT / "scripts" / "generate").read_text("utf-8")
    for command in DIAGRAMS.commands:
        words, _, file = command.partition(" > ")
        if DRAWN.get(file, "").startswith("docs/"):
            assert f".venv/bin/{words} > {DRAWN[file]}\n" in script


def test_as_many_states_as_it_says_share_an_arrow() -> None:
    said = re.search("`any resting state` saves (five) equal arrows", DIAGRAMS.path.read_text("utf-8"))
    assert said is not None
    text = (ROOT / "spec" / "power.yaml").read_text("utf-8")
    node = text[text.index("  node:") : text.index("  drive:")]
    assert len(re.findall(r"\{kind: resting,", node)) == 5
