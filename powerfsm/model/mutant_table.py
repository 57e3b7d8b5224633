"""What becomes of the mutants of the spec, counted: the table that people read."""

from collections.abc import Callable, Sequence
from typing import Literal

from powerfsm.model.mutants import KINDS, Mutant

Fate = Literal["loader", "checker", "test", "survivor"]
"""What notices a mutant: the loader, the model checker or a named test; or nothing does, and it survives."""

_HEADINGS: dict[Fate, str] = {
    "loader": "refused by the loader",
    "checker": "killed by the checker",
    "test": "killed by a named test",
    "survivor": "survivors",
}


def table(made: Sequence[Mutant], fate: Callable[[Mutant], Fate]) -> str:
    """A Markdown table: for each kind of mutant, how many there are and what becomes of them."""
    lines = [
        "| kind | mutants | " + " | ".join(_HEADINGS.values()) + " |",
        "|---|" + "---:|" * (1 + len(_HEADINGS)),
    ]
    for kind in (*KINDS, None):
        fates = [fate(mutant) for mutant in made if kind in (None, mutant.kind)]
        counts = [len(fates), *(fates.count(each) for each in _HEADINGS)]
        lines.append(f"| {kind or 'all'} | " + " | ".join(map(str, counts)) + " |")
    return "\n".join(lines) + "\n"
