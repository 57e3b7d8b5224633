"""What the protocol cannot do without: each part of it left out, what is broken then, and the run that shows it.

Some parts are left out in the spec, as mutants; those of which the spec does not speak are left out in the
environment (`LEFT_OUT` in `spec/environment/state.pml`).  As a program this writes `docs/counterexamples.md`.
"""

import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from powerfsm.model.mutants import mutants
from powerfsm.model.promela import promela
from powerfsm.model.sequence import mermaid
from powerfsm.model.sizes import ON_OFF, Misfortune, Size
from powerfsm.model.spin import Checker
from powerfsm.model.trace import parse
from powerfsm.spec import Spec, load

WORLD = Size(
    name="to be missed",
    requests=2,
    asks=ON_OFF,
    luck=1,
    kinds=Misfortune.COPY | Misfortune.LATE | Misfortune.CRASH,
    ranking="latest-wins",
)
"""Where something is missed: as small as can be."""

_DEPTH = 20_000
_TABLE = 16


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the protocol.

    Attributes:
        name: What is left out, or moved.
        shows: The property whose counterexample is drawn.
        mutant: The mutant of the spec that leaves it out; empty where the environment does.
        knob: The `LEFT_OUT` of the environment that does; 0 where a mutant does.
    """

    name: str
    shows: str
    mutant: str = ""
    knob: int = 0


@dataclass(frozen=True, slots=True)
class Missed:
    """What happens without a part.

    Attributes:
        part: Which.
        broken: The properties that do not hold any more, in the order of the spec.
        trail: A short run to `part.shows`, as lines that `powerfsm.model.trace` reads.
    """

    part: Part
    broken: tuple[str, ...]
    trail: str


PARTS = (
    Part("No fence: earlier sessions are left open", "declared-is-so", mutant="drive/initial/settling"),
    Part("The Close Session is sent, and its answer not awaited", "declared-is-so", knob=1),
    Part("Earlier sessions are closed after the power is read", "declared-is-so", knob=7),
    Part("No fence in recovery", "declared-is-so", knob=3),
    Part("The session goes on record after its first command", "declared-is-so", knob=2),
    Part("The session never goes on record", "declared-is-so", mutant="drive/opening/opened/1/skip/recording"),
    Part("A session is closed only where its action is cancelled", "declared-is-so", knob=4),
    Part("A session whose command was answered is not closed", "declared-is-so", knob=5),
    Part("No settling after the fence", "declared-is-so", mutant="drive/fencing/fenced/1/skip/settling"),
    Part(
        "No fence after a command that was not answered",
        "one-command",
        mutant="drive/commanding/unanswered/1/skip/fencing",
    ),
    Part(
        "The BMC's acknowledgement is enough", "declared-is-so", mutant="drive/commanding/answered/1/skip/reading"
    ),
    Part("A request is answered before it is on disk", "answered-survives", knob=6),
    Part(
        "What is desired is never written down",
        "answered-survives",
        mutant="node/unknown/request/1/drop-effect/persist-desired",
    ),
)
"""Whatever was tried without, and is needed."""


class Without:
    """One checker that can leave out any of `PARTS`.

    Args:
        spec: The spec.
        folder: An empty directory for what is made.

    Raises:
        MissingTools: Spin or gcc is not installed.
    """

    def __init__(self, spec: Spec, folder: Path) -> None:
        self._spec = spec
        by_name = {mutant.name: mutant for mutant in mutants(spec.file)}
        self._mutants = [part.mutant for part in PARTS if part.mutant]
        self._checker = Checker(promela(spec, mutants=[by_name[name] for name in self._mutants]), folder)
        self._numbers = {
            name: number for number, (name, declared) in enumerate(spec.properties.items(), 1) if declared.always
        }

    def missed(self, part: Part) -> Missed:
        """What happens without a part."""
        broken = tuple(name for name in self._numbers if self._errors(self._settings(part, name)))
        return Missed(part, broken, self.shortest(part))

    def shortest(self, part: Part) -> str:
        """A run that breaks what `part` shows; of those that a search of limited depth comes upon, a short one.

        Raises:
            LookupError: There is none.
        """
        settings, trail = self._settings(part, part.shows), ""
        low, high = 1, 1_000
        while high - low > 1:
            middle = (low + high) // 2
            if self._errors(settings, middle):
                high, trail = middle, self._checker.trail(settings)
            else:
                low = middle
        if not trail:
            raise LookupError(f"{part.shows} holds: {part.name}")
        return trail

    def _errors(self, settings: Mapping[str, int], depth: int = _DEPTH) -> bool:
        return self._checker.search(settings, depth=depth, table=_TABLE).errors > 0

    def _settings(self, part: Part, name: str) -> Mapping[str, int]:
        return {
            **WORLD.settings(self._spec),
            "LOOKING_FOR": -self._numbers[name],
            "LEFT_OUT": part.knob,
            "MUTANT": self._mutants.index(part.mutant) + 1 if part.mutant else 0,
        }


_HEAD = """\
# What the protocol cannot do without

Each part of the protocol is left out of the model here, or moved, and the model checker looks for a run that
breaks a promise. The table says which properties do not hold any more; below it is, for each part, one such run:
not the shortest there is, but a short one. Whatever is not named in the table holds without that part too, within
these bounds: {bounds}.

`python -m powerfsm.model.counterexamples` writes this page, and a test holds it to the model.

"""


def table(found: Sequence[Missed]) -> str:
    """A Markdown table: what is left out, and what is broken then."""
    lines = ["| left out or moved | what is broken |", "|---|---|"]
    lines += [f"| {each.part.name} | {', '.join(each.broken)} |" for each in found]
    return "\n".join(lines) + "\n"


def document(found: Sequence[Missed], spec: Spec) -> str:
    """The page: the table, and each counterexample drawn."""
    return _HEAD.format(bounds=WORLD.bounds()) + table(found) + "".join(_drawn(each, spec) for each in found)


def _drawn(missed: Missed, spec: Spec) -> str:
    return f"\n## {missed.part.name}\n\n```mermaid\n{mermaid(parse(missed.trail), spec)}```\n"


def all_missed(spec: Spec) -> Iterator[Missed]:
    """What happens without each part, in the order of `PARTS`."""
    with tempfile.TemporaryDirectory() as made:
        without = Without(spec, Path(made))
        yield from (without.missed(part) for part in PARTS)


if __name__ == "__main__":
    _spec = load()
    sys.stdout.write(document(list(all_missed(_spec)), _spec))
