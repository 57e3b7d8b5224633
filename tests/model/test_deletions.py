"""Whatever single transition, branch or effect is deleted from the text of the spec, something fails.

What is deleted in an anchor is gone wherever that is used, and what stood in the place of a merged pair gives way
to it: neither is what one mutant does, so the text itself is tried.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from killers import read_killers
from mutation import judge
from powerfsm.spec import SpecError, load, schema
from powerfsm.spec.reading import read

TEXT = (Path(__file__).parents[2] / "spec" / "power.yaml").read_text(encoding="utf-8")
FILE = load().file
KILLERS = read_killers()

PAIR = re.compile(r' {8}"?[a-z][a-z-]*"?:')
BRANCH = re.compile(r" {10}- \{.*to: ")
EFFECTS = re.compile(r"do: \[([a-z, -]+)\]")


@dataclass(frozen=True)
class Deletion:
    """The spec without one thing.

    Attributes:
        line: Where that stood.
        gone: What.
        text: What is left.
    """

    line: int
    gone: str
    text: str

    def changed(self) -> list[str] | None:
        """The pairs (`node/on/request`) whose outcome is another one now; None where the loader refuses it."""
        try:
            file = read(self.text.encode(), "power.yaml")
        except SpecError:
            return None
        before, after = _outcomes(FILE), _outcomes(file)
        return [pair for pair in before if before[pair] != after[pair]]


def _outcomes(file: schema.File) -> dict[str, schema.Outcome]:
    return {
        f"{name}/{state}/{event}": outcome
        for name, machine in (("node", file.machines.node), ("drive", file.machines.drive))
        for state, row in machine.transitions.items()
        for event, outcome in row.items()
    }


def deletions() -> Iterator[Deletion]:
    """Each pair, each branch and each effect that is written down, deleted."""
    lines = TEXT.splitlines(keepends=True)
    begins = [index for index, line in enumerate(lines) if line == "    transitions:\n"]
    for begin in begins:
        for index in range(begin + 1, len(lines)):
            line = lines[index]
            if line.strip() and not line.startswith("      "):
                break
            if PAIR.match(line) or BRANCH.match(line):
                yield Deletion(index + 1, line.strip(), "".join(_without(lines, index)))
            for do in EFFECTS.finditer(line):
                effects = do[1].split(", ")
                for effect in effects:
                    left = ", ".join(each for each in effects if each != effect)
                    shorter = f"{line[: do.start(1)]}{left}{line[do.end(1) :]}"
                    yield Deletion(
                        index + 1,
                        f"{effect} in {line.strip()}",
                        "".join([*lines[:index], shorter, *lines[index + 1 :]]),
                    )


def _without(lines: Sequence[str], index: int) -> list[str]:
    """The lines without a branch, or without a pair and the branches below it."""
    end = index + 1
    if PAIR.match(lines[index]):
        while end < len(lines) and BRANCH.match(lines[end]):
            end += 1
    return [*lines[:index], *lines[end:]]


def test_the_text_that_is_tried_is_that_of_the_package() -> None:
    assert read(TEXT.encode(), "power.yaml") == FILE
    written = list(deletions())
    assert len({(each.line, each.gone) for each in written}) == len(written) > 250


@pytest.fixture(scope="module")
def loading() -> list[tuple[Deletion, list[str]]]:
    """The deletions that the loader takes, each with the pairs that it changes."""
    tried = ((each, each.changed()) for each in deletions())
    return [(each, changed) for each, changed in tried if changed is not None]


@pytest.mark.slow
def test_nothing_can_be_left_out_without_a_difference(loading: list[tuple[Deletion, list[str]]]) -> None:
    assert [each.gone for each, changed in loading if not changed] == []


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_every_deletion_that_loads_is_noticed_by_the_tests_of_what_it_changes(
    loading: list[tuple[Deletion, list[str]]], tmp_path: Path
) -> None:
    plan: dict[str, list[str]] = {}
    for each, changed in loading:
        if changed:
            path = tmp_path / f"{each.line}-{len(plan)}.yaml"
            path.write_text(each.text)
            plan[str(path)] = _tests_of(changed)
    assert plan
    assert [verdict for verdict in judge(plan) if verdict.end != "killed"] == []


def _tests_of(pairs: Sequence[str]) -> list[str]:
    """The tests that are named for mutants of these pairs."""
    tests = [
        test
        for test, names in KILLERS.killed.items()
        if any(name.startswith(f"{pair}/") for name in names for pair in pairs)
    ]
    assert tests, pairs
    return tests
