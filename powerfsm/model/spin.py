"""Spin and the checker that it makes: built once, run for every size, property and mutant.

Spin turns a model into a C program, `pan`, which searches every state that can be reached.  The sizes of a run
come from its environment (`spec/environment/size.pml`), so that one program serves them all.  It is compiled
without optimisation, because gcc takes minutes over its one great function otherwise; without partial order
reduction, because nearly every statement here is seen by everybody, and the reduction costs more than it saves.
"""

import os
import re
import shutil
import subprocess
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

_SAFETY = ("-DSAFETY", "-DNOCLAIM", "-DNOFAIR")
# Fairness needs room for a counter of each party: 4 serve 14 of them.
_LIVENESS = ("-DNFAIR=4",)
_ALWAYS = ("-O0", "-w", "-DNOREDUCE", "-DNOBOUNDCHECK")
_NEEDED = {"spin": "spin", "gcc": "gcc"}


class MissingTools(Exception):
    """Programs that are needed are not installed; says which Debian packages have them.

    Attributes:
        packages: Their names.
    """

    def __init__(self, packages: tuple[str, ...]) -> None:
        self.packages = packages
        super().__init__(f"not found: {' and '.join(packages)}; as root: apt-get install {' '.join(packages)}")


class CheckerFailed(Exception):
    """Spin, gcc or the checker did not do what they were asked; carries what they said."""


@dataclass(frozen=True, slots=True)
class Search:
    """What one run of the checker found.

    Attributes:
        errors: 0: none; 1: it stopped at the first.
        states: Different states.
        transitions: Steps taken, those to a known state included.
        depth: The longest run without repetition.
        seconds: Elapsed, on the wall.
        megabytes: Memory.
        complete: Every state that can be reached was; else it gave up on depth, memory or time.
        unreached: Statements that were never executed, by party and number.
    """

    errors: int
    states: int
    transitions: int
    depth: int
    seconds: float
    megabytes: float
    complete: bool
    unreached: frozenset[tuple[str, int]]


def require_tools() -> None:
    """Be sure that Spin and gcc are here.

    Raises:
        MissingTools: They are not.
    """
    missing = tuple(package for program, package in _NEEDED.items() if shutil.which(program) is None)
    if missing:
        raise MissingTools(missing)


class Checker:
    """The checker of one model.

    Args:
        model: Text of the model (`powerfsm.model.promela`).
        folder: An empty directory, for what is made.
        liveness: For promises about the end, instead of those that hold always.

    Raises:
        MissingTools: Spin or gcc is not installed.
        CheckerFailed: They refuse the model.
    """

    def __init__(self, model: str, folder: Path, *, liveness: bool = False) -> None:
        require_tools()
        self._folder = folder
        self._words = _words(model)
        (folder / "model.pml").write_text(model, encoding="utf-8")
        self._do("spin", *(["-DLIVENESS"] if liveness else []), "-a", "model.pml")
        self._do("gcc", *_ALWAYS, *(_LIVENESS if liveness else _SAFETY), "-o", "pan", "pan.c")

    def search(
        self,
        settings: Mapping[str, int],
        *,
        claim: str | None = None,
        fair: bool = True,
        depth: int = 2_000_000,
        table: int = 22,
    ) -> Search:
        """Search every state that can be reached, up to the first error.

        Args:
            settings: The size of the run.
            claim: The promise about the end that is checked, by its name in Promela.
            fair: Whether who can go on always does so at last (weak fairness).
            depth: Longest run that is followed.
            table: Two to this power is the size of the table of states to begin with.

        Raises:
            CheckerFailed: The checker does not run.
        """
        arguments = [f"-m{depth}", f"-w{table}"]
        if claim is not None:
            arguments += ["-a", "-N", claim, *(["-f"] if fair else [])]
        began = time.monotonic()
        said = self._run(settings, *arguments, f"-t{_suffix(settings, claim)}")
        return _search(said, time.monotonic() - began)

    def trail(self, settings: Mapping[str, int], claim: str | None = None) -> str:
        """The run that led to the error of a search with these settings, a line for each thing that happened."""
        suffix = _suffix(settings, claim)
        arguments = [*(["-N", claim] if claim else []), "-r", "-S", f"model.pml.{suffix}"]
        return "\n".join(self._told(self._run(settings, *arguments))) + "\n"

    def never_executed(self, searches: Iterable[Search]) -> list[tuple[int, str]]:
        """The statements that none of these searches executed in any copy: line of the model, and text."""
        reached: set[tuple[int, str]] = set()
        known: set[tuple[int, str]] = set()
        unreached = frozenset.intersection(*(search.unreached for search in searches))
        for place, statement in _statements(self._run({}, "-d")):
            known.add(statement)
            if place not in unreached:
                reached.add(statement)
        return sorted(known - reached)

    def _told(self, said: str) -> Iterator[str]:
        for line in said.splitlines():
            if line.strip().startswith("@"):
                yield re.sub(r"#(\d+)", lambda found: self._words[int(found[1])], line.strip())

    def _run(self, settings: Mapping[str, int], *arguments: str) -> str:
        environment = os.environ | {name: str(value) for name, value in settings.items()}
        done = subprocess.run(  # noqa: S603 - the checker made here, and numbers
            ["./pan", *arguments], cwd=self._folder, env=environment, capture_output=True, text=True, check=False
        )
        if "recompile" in done.stdout or "aborting" in done.stdout + done.stderr:
            raise CheckerFailed(f"the checker gave up: {(done.stdout + done.stderr).strip()[:500]}")
        return done.stdout

    def _do(self, *command: str) -> None:
        done = subprocess.run(  # noqa: S603 - spin and gcc, on what was made here
            command, cwd=self._folder, capture_output=True, text=True, check=False
        )
        if done.returncode or "Error" in done.stdout:
            raise CheckerFailed(f"{command[0]} refuses the model: {(done.stdout + done.stderr).strip()[:2000]}")


def _suffix(settings: Mapping[str, int], claim: str | None) -> str:
    """A name for a trail that no other run of this checker gives its own."""
    return "-".join(["trail", *(f"{name}{value}" for name, value in sorted(settings.items())), claim or ""])


def _words(model: str) -> Mapping[int, str]:
    """The words of a model by their numbers: Spin counts them from the last to the first."""
    listed = model.split("mtype = {", 1)[1].split("};", 1)[0].split(",")
    names = [name.strip().replace("_", "-") for name in listed]
    return {len(names) - index: name for index, name in enumerate(names)}


def _search(said: str, seconds: float) -> Search:
    counted = re.search(r"errors: (\d+)", said)
    if counted is None:
        raise CheckerFailed(f"the checker said nothing of use: {said.strip()[:500]}")
    return Search(
        errors=int(counted[1]),
        states=int(_figure(r"(\d+) states, stored", said)),
        transitions=int(_figure(r"(\d+) transitions", said)),
        depth=int(_figure(r"depth reached (\d+)", said)),
        seconds=seconds,
        megabytes=_figure(r"([\d.]+)\s+total actual memory usage", said),
        complete=not re.search(r"Search not completed|max search depth too small|out of memory", said),
        unreached=frozenset(_unreached(said)),
    )


def _figure(pattern: str, said: str) -> float:
    found = re.search(pattern, said)
    return float(found[1]) if found else 0.0


def _unreached(said: str) -> Iterator[tuple[str, int]]:
    party = ""
    for line in said.splitlines():
        if heading := re.match(r"unreached in (?:proctype |claim |init)?(\w*)", line):
            party = heading[1] or "init"
        elif party and (found := re.match(r"\t\S+:\d+, state (\d+),", line)):
            yield party, int(found[1])


def _statements(said: str) -> Iterator[tuple[tuple[str, int], tuple[int, str]]]:
    party = ""
    for line in said.splitlines():
        if heading := re.match(r"(?:proctype|init|claim)\s*(\w*)", line):
            party = heading[1] or "init"
        elif found := re.match(r"\s*state\s+(\d+) -\(.*?\]\s+\S+?:(\d+) => (.*)", line):
            # What is written once is compiled once for each place that it is used at, and for each node.
            yield (party, int(found[1])), (int(found[2]), re.sub(r"\[[01]\]", "[n]", found[3]))
