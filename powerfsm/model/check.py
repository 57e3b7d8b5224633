"""Checking the spec: every run of a list of sizes, and a run that puts each property to the test.

A checker is built for each kind of run (one node or two; promises that hold always, or about the end) and then
started for each size.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from powerfsm.model.outcomes import symbol
from powerfsm.model.promela import promela
from powerfsm.model.sizes import WITNESSES, Size
from powerfsm.model.spin import Checker, Search
from powerfsm.spec import Spec


@dataclass(frozen=True, slots=True)
class Result:
    """What one size showed.

    Attributes:
        size: Which.
        search: What the checker says.
        trail: The counterexample, as lines that `powerfsm.model.trace` reads; empty where there is none.
    """

    size: Size
    search: Search
    trail: str = ""

    @property
    def good(self) -> bool:
        """Whether it is as it should be: no counterexample, or the one that is expected."""
        if self.size.fails:
            return self.search.errors > 0
        return self.search.errors == 0 and self.search.complete


@dataclass(frozen=True, slots=True)
class Unreached:
    """A statement of the model that no run executed.

    Attributes:
        line: In the text of the model.
        text: That line.
        why: Why nothing can execute it, or nothing within these bounds; None: nobody knows.
    """

    line: int
    text: str
    why: str | None


@dataclass(frozen=True, slots=True)
class Report:
    """What a check showed.

    Attributes:
        results: Of every size.
        witnesses: For each property by name, a run that puts it to the test; empty where none was found.
        unreached: What no run executed.
    """

    results: tuple[Result, ...]
    witnesses: Mapping[str, str]
    unreached: tuple[Unreached, ...]

    @property
    def good(self) -> bool:
        """Whether all promises hold, each is put to the test, and nothing of the model lies idle unexplained."""
        return (
            all(result.good for result in self.results)
            and all(self.witnesses.values())
            and all(each.why for each in self.unreached)
        )


class Check:
    """A spec to be checked.

    Args:
        spec: The spec.
        folder: An empty directory for what is made.
        jobs: Checkers that run at one time.

    Raises:
        MissingTools: Spin or gcc is not installed.
    """

    def __init__(self, spec: Spec, folder: Path, jobs: int = 2) -> None:
        self._spec = spec
        self._folder = folder
        self._jobs = jobs
        self._checkers: dict[tuple[int, bool], Checker] = {}

    def run(
        self,
        sizes: Sequence[Size],
        *,
        build: Callable[[str], None] = lambda _: None,
        told: Callable[[Result], None] = lambda _: None,
    ) -> Report:
        """Check everything.

        Args:
            sizes: The runs.
            build: Called with what is being built, before it is.
            told: Called with each result as it comes.
        """
        kinds = dict.fromkeys([(size.nodes, size.claim is not None) for size in (*sizes, *WITNESSES)])
        with ThreadPoolExecutor(self._jobs) as pool:
            build(f"{len(kinds)} checkers")
            list(pool.map(self._build, kinds))
            results = tuple(pool.map(partial(self._one, told), sizes))
            witnesses = dict(
                zip(self._spec.properties, pool.map(self.witness, self._spec.properties), strict=True)
            )
        return Report(results, witnesses, tuple(self._unreached(results)))

    def witness(self, name: str) -> str:
        """A run that puts a property to the test, as lines; empty where there is none within `WITNESSES`."""
        checker = self._checker(1, liveness=False)
        number = list(self._spec.properties).index(name) + 1
        for size in WITNESSES:
            settings = {**size.settings(self._spec), "LOOKING_FOR": number}
            if checker.search(settings, table=18).errors:
                return checker.trail(settings)
        return ""

    def _one(self, told: Callable[[Result], None], size: Size) -> Result:
        checker = self._checker(size.nodes, liveness=size.claim is not None)
        settings = size.settings(self._spec)
        claim = None if size.claim is None else symbol(size.claim)
        search = checker.search(settings, claim=claim, fair=size.fair)
        result = Result(size, search, checker.trail(settings, claim) if search.errors else "")
        told(result)
        return result

    def _build(self, kind: tuple[int, bool]) -> None:
        nodes, liveness = kind
        folder = self._folder / f"{nodes}-{'end' if liveness else 'always'}"
        folder.mkdir()
        self._checkers[kind] = Checker(promela(self._spec, nodes=nodes), folder, liveness=liveness)

    def _checker(self, nodes: int, *, liveness: bool) -> Checker:
        if (nodes, liveness) not in self._checkers:
            self._build((nodes, liveness))
        return self._checkers[nodes, liveness]

    def _unreached(self, results: Sequence[Result]) -> Iterator[Unreached]:
        """Of one node and what holds always: with two nodes or fewer asks, less is reached and nothing else."""
        whole = [r.search for r in results if r.size.nodes == 1 and r.size.claim is None and r.good]
        if whole:
            lines = promela(self._spec).splitlines()
            where = list(_places(lines))
            for line, statement in self._checker(1, liveness=False).never_executed(whole):
                text = f"{where[line - 1]}: {' '.join(lines[line - 1].split())}"
                yield Unreached(line, text, _why(text, statement))


def _places(lines: Sequence[str]) -> Iterator[str]:
    """Where each line of the model comes from: the file, or the pair of state and event whose outcome it is."""
    file = place = ""
    for line in lines:
        if line.startswith("/* ---- "):
            file = place = line.split()[2]
        elif line.startswith(("inline", "proctype", "}")):
            place = file
        elif line.endswith("*/") and "/* " in line and file == "steps.pml":
            place = line[line.index("/* ") + 3 : -3]
        yield place


# What is known to lie idle: part of the place and line, or of the statement, and the reason.
_KNOWN_IDLE = (
    ("rejected[n] = 1", "what the registry has nothing to do to never comes: that is checked"),
    ("node: unknown, next", "what waits is taken up by recover, in the commit that makes a node unknown"),
    ("(1<<3)", "three sessions on record at once take more misfortunes than these"),
    ("+3)", "three sessions on record at once take more misfortunes than these"),
    (
        "node: quarantined, read-",
        "a reading is given up where an action starts, and only one that runs quarantines",
    ),
    ("drive: giving-up,", "a drive on its way out is not disturbed"),
    ("drive: withdrawing,", "a drive on its way out is not disturbed"),
)


def _why(text: str, statement: str) -> str | None:
    return next((why for part, why in _KNOWN_IDLE if part in text or part in statement), None)
