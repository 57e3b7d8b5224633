"""`tests/model/killers.yaml`: which named test notices which mutant of the spec, and which nothing can notice."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml

WRITTEN = Path(__file__).parents[1] / "model" / "killers.yaml"

Grouped = Mapping[str, Sequence[str]]
"""Names of mutants: by what they have in common, the rests (`node/on/request/1: [drop-branch, retarget/off]`)."""


@dataclass(frozen=True)
class Survivors:
    """Mutants that no behaviour tells from the spec, and why."""

    reason: str
    mutants: Sequence[str]


@dataclass(frozen=True)
class Killers:
    """What the file says.

    Attributes:
        killed: By the test that notices them, the names of mutants.
        survivors: Those that nothing can notice.
    """

    killed: Mapping[str, Sequence[str]]
    survivors: Sequence[Survivors]

    def named(self) -> Iterator[str]:
        """Every mutant that the file names, as often as it does."""
        for names in self.killed.values():
            yield from names
        for each in self.survivors:
            yield from each.mutants


def read_killers(text: str | None = None) -> Killers:
    """Read the file, or another text like it."""
    written = yaml.safe_load(WRITTEN.read_text() if text is None else text)
    return Killers(
        {test: list(_names(grouped)) for test, grouped in written["killed"].items()},
        [Survivors(each["reason"], list(_names(each["mutants"]))) for each in written["survivors"]],
    )


def _names(grouped: Grouped) -> Iterator[str]:
    for beginning, rests in grouped.items():
        for rest in rests:
            yield f"{beginning}/{rest}"
