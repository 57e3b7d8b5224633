"""Mutants before the model checker: which it kills, by which property, in how small a world.

One checker holds all mutants that a loader takes, and one more holds them for the promises about the end.  Each
mutant is looked for in one world after the other, the cheapest first, until a promise is broken.  As a program
this writes what it finds, as `tests/model/checked.yaml` has it; that takes a quarter of an hour.
"""

import re
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import yaml

from powerfsm.model.mutants import Mutant, mutants, refusals
from powerfsm.model.outcomes import symbol
from powerfsm.model.promela import promela
from powerfsm.model.sizes import ANY, HARD_ASKS, ON_OFF, Misfortune, Size
from powerfsm.model.spin import Checker
from powerfsm.power import Ask
from powerfsm.spec import Spec, load

_LATEST = "latest-wins"
WORLDS = (
    Size(name="one request", requests=1),
    Size(name="one request, one misfortune", requests=1, luck=1, kinds=ANY, asks=HARD_ASKS),
    Size(name="two requests", requests=2),
    Size(name="two requests, the latest wins", requests=2, ranking=_LATEST),
    Size(name="drift enforced", requests=1, luck=1, kinds=ANY, asks=HARD_ASKS, policy=2),
    Size(name="drift adopted", requests=1, luck=1, kinds=ANY, asks=HARD_ASKS, policy=1),
    Size(name="drift flagged", requests=1, luck=1, kinds=ANY, asks=HARD_ASKS, policy=0),
    Size(name="one request, two misfortunes", requests=1, luck=2),
    Size(name="one request, in the end", requests=1, claim="all-end"),
    Size(name="one request, reached in the end", requests=1, claim="converges"),
    Size(name="two requests and a misfortune", requests=2, luck=1, ranking=_LATEST),
    Size(name="three requests, the latest wins", requests=3, asks=(Ask.ON, Ask.OFF, Ask.CYCLE), ranking=_LATEST),
    Size(
        name="quarantined",
        requests=2,
        luck=2,
        kinds=Misfortune.LATE | Misfortune.CRASH,
        asks=ON_OFF,
        ranking=_LATEST,
    ),
    Size(name="three requests", requests=3, asks=(Ask.ON, Ask.OFF, Ask.READY)),
    Size(
        name="a button, and two requests",
        requests=2,
        luck=1,
        kinds=Misfortune.BUTTON,
        asks=(Ask.ON, Ask.READY),
        policy=2,
    ),
    Size(
        name="a failure while another waits",
        requests=2,
        luck=1,
        kinds=Misfortune.FAIL | Misfortune.EXPIRE | Misfortune.REFUSE,
        asks=ON_OFF,
    ),
)
"""Where mutants are looked for, in this order."""

_DEPTH = 20_000
_TABLE = 16


@dataclass(frozen=True, slots=True)
class Kill:
    """A mutant that the checker noticed.

    Attributes:
        mutant: Its name.
        world: The name of the size at which it was noticed.
        property: What it broke.
    """

    mutant: str
    world: str
    property: str


def visible(spec: Spec) -> list[Mutant]:
    """The mutants that a checker may be able to tell from the spec, in their order.

    Not those that no loader takes; and not those that ignore what the spec rejects, since no such event ever
    comes: that is one of the properties.
    """
    return [
        mutant
        for mutant in mutants(spec.file)
        if mutant.kind != "reject-becomes-ignore" and not refusals(mutant, spec.file)
    ]


class Hunt:
    """The checkers that hold every visible mutant of a spec.

    Args:
        spec: The spec.
        folder: An empty directory for what is made.

    Raises:
        MissingTools: Spin or gcc is not installed.
    """

    def __init__(self, spec: Spec, folder: Path) -> None:
        self.mutants = visible(spec)
        self._spec = spec
        self._folder = folder
        self._numbers = {mutant.name: number for number, mutant in enumerate(self.mutants, start=1)}
        with ThreadPoolExecutor() as pool:
            self._always, self._end = pool.map(self._build, (False, True))

    def _build(self, liveness: bool) -> Checker:
        folder = self._folder / ("end" if liveness else "always")
        folder.mkdir()
        return Checker(promela(self._spec, mutants=self.mutants), folder, liveness=liveness)

    def states(self, mutant: str, world: Size) -> int:
        """How many states a mutant has in a world in which it breaks nothing; the spec itself is called "".

        Raises:
            ValueError: It breaks something there.
        """
        found = self._always.search(self._settings(mutant, world), depth=_DEPTH, table=_TABLE)
        if found.errors:
            raise ValueError(f"{mutant or 'the spec'} breaks a promise: {world.name}")
        return found.states

    def strike(self, mutant: str, world: Size) -> str | None:
        """The property that a mutant breaks in a world, or None.

        Args:
            mutant: Its name; empty: the spec as it is.
            world: One of `WORLDS`.
        """
        settings = self._settings(mutant, world)
        if world.claim is not None:
            found = self._end.search(settings, claim=symbol(world.claim), depth=_DEPTH, table=_TABLE)
            return world.claim if found.errors else None
        if not self._always.search(settings, depth=_DEPTH, table=_TABLE).errors:
            return None
        broken = re.search(r"^@\d+ broken (\S+)$", self._always.trail(settings), re.MULTILINE)
        return broken[1] if broken else None

    def all(self, worlds: Sequence[Size] = WORLDS, jobs: int = 2) -> Iterator[Kill]:
        """Look for every mutant in one world after the other until it is killed."""
        left = [mutant.name for mutant in self.mutants]
        with ThreadPoolExecutor(jobs) as pool:
            for world in worlds:
                struck = dict(zip(left, pool.map(partial(self.strike, world=world), left), strict=True))
                yield from (Kill(name, world.name, broken) for name, broken in struck.items() if broken)
                left = [name for name, broken in struck.items() if not broken]

    def _settings(self, mutant: str, world: Size) -> Mapping[str, int]:
        return {**world.settings(self._spec), "MUTANT": self._numbers[mutant] if mutant else 0}


Written = dict[str, dict[str, dict[str, list[str]]]]

_HEAD = """\
# Which mutant of spec/power.yaml the model checker kills: the world in which it was looked for, the property that
# it breaks there, and its name, split where names begin alike.  Made by `python -m powerfsm.model.hunt`; each is
# killed again by tests/model/test_hunt.py.  What does not stand here breaks no property in these worlds; see
# tests/model/killers.yaml for the test that notices it.

"""


def written(kills: Sequence[Kill]) -> str:
    """Kills as YAML: world, property, and the names of mutants split where they begin alike."""
    tree: Written = {}
    for kill in kills:
        parts = kill.mutant.split("/")
        place = "/".join(parts[: 4 if len(parts) > 4 and parts[3].isdigit() else min(3, len(parts) - 1)])
        rests = tree.setdefault(kill.world, {}).setdefault(kill.property, {}).setdefault(place, [])
        rests.append(kill.mutant.removeprefix(f"{place}/"))
    return _HEAD + yaml.safe_dump(tree, sort_keys=False, width=112, default_flow_style=None)


def read(text: str) -> list[Kill]:
    """What `written` wrote."""
    tree: Written = yaml.safe_load(text)
    return [
        Kill(f"{place}/{rest}", world, name)
        for world, properties in tree.items()
        for name, places in properties.items()
        for place, rests in places.items()
        for rest in rests
    ]


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as _made:
        sys.stdout.write(written(list(Hunt(load(), Path(_made)).all())))
